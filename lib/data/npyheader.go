package data

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// maxNPYHeader is the longest header accepted. numpy itself warns beyond 10,000 bytes.
const maxNPYHeader = 1 << 16

// npyHeader is a parsed header, for example {'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }.
type npyHeader struct {
	kind    byte // f, i, u or b
	bytes   int  // of one value
	order   binary.ByteOrder
	fortran bool
	shape   []int
}

// readNPYHeader reads up to the first value.
func readNPYHeader(in io.Reader) (*npyHeader, error) {
	var start [8]byte
	n, err := io.ReadFull(in, start[:])
	if err != nil && (n < 4 || strings.HasPrefix("\x93NUMPY", string(start[:min(n, 6)]))) {
		return nil, npyShort("the magic number", err)
	}
	switch {
	case strings.HasPrefix(string(start[:]), "PK\x03\x04"):
		return nil, fmt.Errorf("data: this is an archive of arrays (.npz): save the one you want with numpy.save")
	case string(start[:6]) != "\x93NUMPY":
		return nil, fmt.Errorf(
			"data: not an NPY file: it begins with % x, not with 93 4e 55 4d 50 59 (\"\\x93NUMPY\"); numpy.save "+
				"writes one",
			start[:6])
	case start[6] < 1 || start[6] > 3 || start[7] != 0:
		return nil, fmt.Errorf(
			"data: NPY format %d.%d: save the array with numpy.save, which writes 1.0, 2.0 or 3.0", start[6], start[7])
	}
	size := make([]byte, 2)
	if start[6] > 1 {
		size = make([]byte, 4)
	}
	if _, err := io.ReadFull(in, size); err != nil {
		return nil, npyShort("the length of the header", err)
	}
	length := uint64(binary.LittleEndian.Uint16(size))
	if start[6] > 1 {
		length = uint64(binary.LittleEndian.Uint32(size))
	}
	if length > maxNPYHeader {
		return nil, fmt.Errorf(
			"data: the NPY header has %d bytes, and at most %d make sense for an array of numbers", length,
			maxNPYHeader)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(in, text); err != nil {
		return nil, npyShort("the header", err)
	}
	h, err := parseNPYHeader(string(text))
	if err != nil {
		return nil, fmt.Errorf("data: NPY header %s: %w", quoted(strings.TrimSpace(string(text))), err)
	}
	return h, nil
}

// parseNPYHeader reads the dictionary: the three keys in any order, each once, and nothing else.
func parseNPYHeader(text string) (*npyHeader, error) {
	h, s := &npyHeader{}, npyScanner{text}
	if !s.take("{") {
		return nil, fmt.Errorf("it does not begin with {")
	}
	seen := []string{}
	for !s.take("}") {
		key, err := s.text()
		if err != nil {
			return nil, err
		}
		if slices.Contains(seen, key) {
			return nil, fmt.Errorf("the key %s is there twice", quoted(key))
		}
		if seen = append(seen, key); !s.take(":") {
			return nil, fmt.Errorf("no colon follows the key %s", quoted(key))
		}
		switch key {
		case "descr":
			err = h.descr(&s)
		case "fortran_order":
			h.fortran, err = s.truth()
		case "shape":
			h.shape, err = s.tuple()
		default:
			err = fmt.Errorf("there is no key %s: there are descr, fortran_order and shape", quoted(key))
		}
		if err != nil {
			return nil, err
		}
		if !s.take(",") && !strings.HasPrefix(s.rest, "}") {
			return nil, fmt.Errorf("neither , nor } follows the value of %s", key)
		}
	}
	if len(seen) < 3 {
		return nil, fmt.Errorf("it has %d of the keys descr, fortran_order and shape", len(seen))
	}
	if s.rest != "" {
		return nil, fmt.Errorf("%s follows the }", quoted(s.rest))
	}
	return h, nil
}

// descr reads the type of the values.
func (h *npyHeader) descr(s *npyScanner) error {
	if strings.HasPrefix(s.rest, "[") {
		return fmt.Errorf("it is an array of records: save its columns as one array of float64")
	}
	text, err := s.text()
	if err != nil {
		return err
	}
	if len(text) == 3 {
		h.kind, h.bytes = text[1], int(text[2]-'0')
		order, known := npyOrders[text[0]]
		h.order = order
		if known && slices.Contains([]string{"f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"},
			text[1:]) &&
			(order != nil || h.bytes == 1) {
			return nil
		}
	}
	if strings.HasSuffix(text, "O") {
		return fmt.Errorf("its values are Python objects, and pickles run code: save the array as float64")
	}
	return fmt.Errorf("its values are of type %s: save the array as float64", quoted(text))
}

// size returns the number of points and their dimension. It is an error if there are more than limit values.
func (h *npyHeader) size(limit int) (n, d int, err error) {
	if len(h.shape) == 0 {
		return 0, 0, fmt.Errorf("data: the NPY array is a single number: give points, of shape (n, d)")
	}
	total := 1
	for _, s := range h.shape {
		if s == 0 {
			return 0, 0, fmt.Errorf("data: the NPY array of shape %v is empty: give at least two points", h.shape)
		}
		if s > limit/total {
			return 0, 0, fmt.Errorf("data: the NPY array of shape %v has more than %d values: the header is wrong, "+
				"or %s",
				h.shape, limit, raise)
		}
		total *= s
	}
	return h.shape[0], total / h.shape[0], nil
}

// npyScanner reads the few Python literals that a header may contain.
type npyScanner struct{ rest string }

// take removes a word and the white space around it, if it comes next.
func (s *npyScanner) take(word string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(s.rest, " \t\r\n"), word)
	if ok {
		s.rest = strings.TrimLeft(rest, " \t\r\n")
	}
	return ok
}

// text reads a quoted string without escapes.
func (s *npyScanner) text() (string, error) {
	for _, quote := range []string{"'", `"`} {
		if strings.HasPrefix(s.rest, quote) {
			text, rest, ok := strings.Cut(s.rest[1:], quote)
			if !ok || strings.Contains(text, `\`) {
				break
			}
			s.rest = strings.TrimLeft(rest, " \t\r\n")
			return text, nil
		}
	}
	return "", fmt.Errorf("%s is no string in quotes", quoted(s.rest))
}

func (s *npyScanner) truth() (bool, error) {
	switch {
	case s.take("True"):
		return true, nil
	case s.take("False"):
		return false, nil
	}
	return false, fmt.Errorf("%s is not True or False", quoted(s.rest))
}

// tuple reads a tuple of lengths: (), (3,), (3, 2) or (3, 2,). A rank beyond numpy's 64 is refused.
func (s *npyScanner) tuple() ([]int, error) {
	if !s.take("(") {
		return nil, fmt.Errorf("%s is no shape in parentheses", quoted(s.rest))
	}
	shape, comma := []int{}, true
	for !s.take(")") {
		digits := len(s.rest) - len(strings.TrimLeft(s.rest, "0123456789"))
		length, err := strconv.Atoi(s.rest[:digits])
		if err != nil || !comma {
			return nil, fmt.Errorf("%s is no length of an axis that fits, in a shape", quoted(s.rest))
		}
		if shape = append(shape, length); len(shape) > 64 {
			return nil, fmt.Errorf("the shape has more than 64 axes")
		}
		s.rest = s.rest[digits:]
		comma = s.take(",")
	}
	if len(shape) == 1 && !comma {
		return nil, fmt.Errorf("(%d) is a number: a shape of one axis is (%d,)", shape[0], shape[0])
	}
	return shape, nil
}
