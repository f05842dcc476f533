//go:build !unix

package atomicdir

// noFollow makes opening a symbolic link an error, where the system can; elsewhere regular alone looks for one.
const noFollow = 0
