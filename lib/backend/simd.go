//go:build amd64 && goexperiment.simd

package backend

const simd = true // the Go backend multiplies matrices with vector instructions
