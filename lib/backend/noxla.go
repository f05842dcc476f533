//go:build !cgo || noxla || !linux

// XLA is left out where go-xla cannot load plugins: without cgo, and on macOS, where according to go-xla they crash.

package backend

import (
	"errors"

	"github.com/gomlx/compute"
)

const xlaCompiled = false

func openXLA(string, string) (compute.Backend, error) {
	return nil, errors.New("XLA is not compiled in")
}
