package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// output is standard output. It keeps its errors, so that a command that writes to a full disk does not succeed.
type output struct {
	file *os.File
	err  error
}

func (o *output) Write(text []byte) (int, error) {
	n, err := o.file.Write(text)
	o.err = errors.Join(o.err, err)
	return n, err
}

// close returns an error unless everything was written.
func (o *output) close() error {
	err := o.err
	if err == nil {
		err = o.file.Close() // some file systems say only now that they are full
	}
	if err == nil || errors.Is(err, os.ErrClosed) {
		return nil
	}
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("cannot write to standard output: %w", err)
}
