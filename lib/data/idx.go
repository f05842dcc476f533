package data

import (
	"errors"
	"fmt"
	"io"
)

// Type is the third byte of an IDX file, the type of its elements.
type Type byte

// The types of the IDX format (Y. LeCun, "The MNIST database", section "File formats"); all are big-endian.
const (
	Uint8   Type = 0x08
	Int8    Type = 0x09
	Int16   Type = 0x0B
	Int32   Type = 0x0C
	Float32 Type = 0x0D
	Float64 Type = 0x0E
)

// Size is the number of bytes of one element, and 0 for an unknown type.
func (t Type) Size() int {
	switch t {
	case Uint8, Int8:
		return 1
	case Int16:
		return 2
	case Int32, Float32:
		return 4
	case Float64:
		return 8
	}
	return 0
}

// IDX is the array of an IDX file. Raw has the big-endian elements in row-major order.
type IDX struct {
	Type Type
	Dims []int
	Raw  []byte
}

// Len is the number of elements, the product of Dims.
func (a *IDX) Len() int { return len(a.Raw) / a.Type.Size() }

// ReadIDX reads one array in IDX format: two zero bytes, the type, the rank, the dimensions as 32-bit integers and the
// elements. Gzip is detected by its magic bytes. The stream must hold exactly one array: a wrong magic number,
// dimensions of 0 or beyond MaxIDX, missing and trailing bytes are errors. They name the byte (of the unpacked stream)
// and how to fix it. Memory grows with the bytes that arrive, not with the size that a header states, and is bounded;
// see Reader.
func ReadIDX(r io.Reader) (*IDX, error) { return Reader{}.IDX(r) }

// IDX is ReadIDX with the settings of r.
func (r Reader) IDX(from io.Reader) (*IDX, error) {
	in, err := r.unpacked(from)
	if err != nil {
		return nil, err
	}
	a, err := readHeader(in, r.maxIDX())
	if err != nil {
		return nil, err
	}
	want, err := a.bytes(r.maxIDX())
	if err != nil {
		return nil, err
	}
	header := 4 + 4*len(a.Dims)
	for len(a.Raw) < want {
		a.Raw = grown(a.Raw, want)
		n, err := io.ReadFull(in, a.Raw[len(a.Raw):cap(a.Raw)])
		if a.Raw = a.Raw[:len(a.Raw)+n]; err == nil {
			continue
		}
		if !errors.Is(err, io.EOF) && err != io.ErrUnexpectedEOF {
			return nil, damaged(header+len(a.Raw), err)
		}
		return nil, fmt.Errorf("data: IDX of dimensions %v needs %d bytes after byte %d, but the data ends after %d: "+
			"truncated, get the file again", a.Dims, want, header, len(a.Raw))
	}
	switch _, err := in.ReadByte(); {
	case err == nil:
		return nil, fmt.Errorf("data: IDX of dimensions %v ends at byte %d, but more bytes follow: not one array, or "+
			"the dimensions are wrong", a.Dims, header+want)
	case err != io.EOF: // gzip checks its sum at the end, too
		return nil, damaged(header+want, err)
	}
	return a, nil
}

// readHeader reads the magic number and the dimensions, which must not exceed the limit.
func readHeader(in io.Reader, limit int) (*IDX, error) {
	var magic [4]byte
	if n, err := io.ReadFull(in, magic[:]); err != nil {
		return nil, short(n, "the magic number", err)
	}
	a := &IDX{Type: Type(magic[2])}
	if magic[0] != 0 || magic[1] != 0 || a.Type.Size() == 0 || magic[3] == 0 {
		return nil, fmt.Errorf("data: not an IDX file: it begins with % x, not with 00 00, a type (08, 09, 0b .. 0e) "+
			"and a rank above 0; the images of MNIST begin with 00 00 08 03", magic)
	}
	for i := range int(magic[3]) {
		var dim [4]byte
		if n, err := io.ReadFull(in, dim[:]); err != nil {
			return nil, short(4+4*i+n, fmt.Sprintf("dimension %d of %d", i+1, magic[3]), err)
		}
		d := uint32(dim[0])<<24 | uint32(dim[1])<<16 | uint32(dim[2])<<8 | uint32(dim[3])
		if d == 0 || int64(d) > int64(limit) {
			return nil, fmt.Errorf("data: IDX dimension %d of %d is %d at byte %d, not in 1 .. %d: the header is "+
				"wrong, or %s",
				i+1, magic[3], d, 4+4*i, limit, raise)
		}
		a.Dims = append(a.Dims, int(d))
	}
	return a, nil
}

// bytes is the number of bytes that the header states. It is an error if they exceed the limit.
func (a *IDX) bytes(limit int) (int, error) {
	n := a.Type.Size()
	for _, d := range a.Dims {
		if n > limit/d {
			return 0, fmt.Errorf(
				"data: IDX of dimensions %v with %d bytes an element exceeds %d bytes: the header is wrong, or %s",
				a.Dims, a.Type.Size(), limit, raise)
		}
		n *= d
	}
	return n, nil
}

// short is the error of reading what at byte n: the data end there, or the underlying reader failed.
func short(n int, what string, err error) error {
	if errors.Is(err, io.EOF) || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("data: IDX ends at byte %d, within %s: truncated, get the file again", n, what)
	}
	return damaged(n, err)
}

func damaged(at int, err error) error {
	return fmt.Errorf("data: IDX damaged near byte %d, get the file again: %w", at, err)
}
