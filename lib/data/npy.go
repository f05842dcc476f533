package data

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// ReadNPY reads one array in numpy's NPY format, version 1.0 to 3.0, plain or gzipped. Elements are float32, float64,
// bool or integers of any size, in either byte order, in C or Fortran order. The first axis counts the points. An array
// of rank 1 is points of dimension 1. Further axes, as of images, are flattened in C order.
//
// NaN and infinite values, integers beyond 2^53, which float64 may round, and missing or trailing bytes are errors.
// Objects (pickles), complex numbers, text and records are refused. Memory grows with the bytes that arrive, not with
// the size that a header states, and is bounded; see Reader.
func ReadNPY(r io.Reader) (*Points, error) { return Reader{}.NPY(r) }

// NPY is ReadNPY with the settings of r.
func (r Reader) NPY(from io.Reader) (*Points, error) {
	in, err := r.unpacked(from)
	if err != nil {
		return nil, err
	}
	h, err := readNPYHeader(in)
	if err != nil {
		return nil, err
	}
	n, d, err := h.size(r.maxValues())
	if err != nil {
		return nil, err
	}
	p := &Points{N: n, D: d}
	chunk := make([]byte, h.bytes*min(n*d, 1<<13))
	for len(p.X) < n*d {
		part := chunk[:min(len(chunk), h.bytes*(n*d-len(p.X)))]
		if got, err := io.ReadFull(in, part); err != nil {
			return nil, npyShort(fmt.Sprintf("value %d of %d", len(p.X)+got/h.bytes+1, n*d), err)
		}
		for ; len(part) > 0; part = part[h.bytes:] {
			x, err := h.value(part[:h.bytes])
			if err != nil {
				return nil, fmt.Errorf("data: NPY value %d of %d %w", len(p.X)+1, n*d, err)
			}
			p.X = append(grown(p.X, n*d), x)
		}
	}
	switch _, err := in.ReadByte(); {
	case err == nil:
		return nil, fmt.Errorf(
			"data: bytes follow the %d values of the NPY array: the shape %v is wrong, or there is more than one array",
			n*d, h.shape)
	case err != io.EOF: // gzip checks its sum at the end, too
		return nil, npyShort("the end", err)
	}
	if h.fortran {
		p.X = cOrder(p.X, h.shape)
	}
	return p, p.finite()
}

// value decodes one element.
func (h *npyHeader) value(raw []byte) (float64, error) {
	var bits uint64
	switch h.bytes {
	case 1:
		bits = uint64(raw[0])
	case 2:
		bits = uint64(h.order.Uint16(raw))
	case 4:
		bits = uint64(h.order.Uint32(raw))
	case 8:
		bits = h.order.Uint64(raw)
	}
	const exact = 1 << 53
	switch h.kind {
	case 'f':
		if h.bytes == 4 {
			return float64(math.Float32frombits(uint32(bits))), nil
		}
		return math.Float64frombits(bits), nil
	case 'i':
		shift := 64 - 8*h.bytes
		v := int64(bits<<shift) >> shift
		if v > exact || v < -exact {
			return 0, fmt.Errorf("is %d, beyond 2^53, which float64 does not hold: scale it", v)
		}
		return float64(v), nil
	case 'b':
		if bits > 1 {
			return 0, fmt.Errorf("is the byte %d, not 0 or 1 as a bool is: the type is wrong", bits)
		}
	}
	if bits > exact {
		return 0, fmt.Errorf("is %d, beyond 2^53, which float64 does not hold: scale it", bits)
	}
	return float64(bits), nil
}

// cOrder turns values in Fortran order, where the first index runs fastest, into C order, where the last one does.
func cOrder(x []float64, shape []int) []float64 {
	strides, index := make([]int, len(shape)), make([]int, len(shape))
	for k, stride := 0, 1; k < len(shape); k++ {
		strides[k] = stride
		stride *= shape[k]
	}
	out, from := make([]float64, len(x)), 0
	for i := range out {
		out[i] = x[from]
		for k := len(shape) - 1; k >= 0; k-- { // the next index, like an odometer
			index[k]++
			from += strides[k]
			if index[k] < shape[k] {
				break
			}
			from -= strides[k] * shape[k]
			index[k] = 0
		}
	}
	return out
}

// npyShort is the error of reading what: the data end there, or the underlying reader failed.
func npyShort(what string, err error) error {
	if errors.Is(err, io.EOF) || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("data: NPY ends within %s: truncated, get the file again", what)
	}
	return fmt.Errorf("data: NPY damaged at %s, get the file again: %w", what, err)
}

// npyOrders are the byte orders by their mark; | is for single bytes.
var npyOrders = map[byte]binary.ByteOrder{'<': binary.LittleEndian, '>': binary.BigEndian, '|': nil}
