//go:build !linux

package atomicdir

import "errors"

// exchange would swap two folders in one step, which this system does not support.
func exchange(string, string) error { return errors.ErrUnsupported }
