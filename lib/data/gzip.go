package data

import (
	"bufio"
	"compress/gzip"
	"io"
)

// unpacked reads r through gzip if its first two bytes are those of gzip.
func unpacked(r io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReader(r)
	if magic, err := in.Peek(2); err != nil || magic[0] != 0x1f || magic[1] != 0x8b {
		return in, nil
	}
	out, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	return bufio.NewReader(out), nil
}
