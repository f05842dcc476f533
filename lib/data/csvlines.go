package data

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"
)

// csvLines checks lines before encoding/csv reads them. encoding/csv accepts any length and encoding, and reads an
// unclosed quote as one field up to the end. It drops the byte order mark and empties comments, so that lines keep
// their numbers.
type csvLines struct {
	in     *bufio.Reader
	limits csvLimits
	line   int
	read   int
	rest   []byte // of the current line
	buffer []byte
	err    error
}

// Read implements io.Reader.
func (c *csvLines) Read(p []byte) (int, error) {
	for len(c.rest) == 0 {
		if c.err != nil {
			return 0, c.err
		}
		if c.rest, c.err = c.next(); c.err != nil && c.err != io.EOF {
			c.rest = nil
		}
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// newline replaces a line that was left out.
var newline = []byte("\n")

// next is the next line; the last one comes with io.EOF.
func (c *csvLines) next() ([]byte, error) {
	c.line++
	c.buffer = c.buffer[:0]
	var err error
	for {
		var part []byte
		part, err = c.in.ReadSlice('\n')
		c.buffer = append(c.buffer, part...)
		c.read += len(part)
		if len(c.buffer) > c.limits.line {
			return nil, c.fault("the line has more than %d bytes: one point a line", c.limits.line)
		}
		if c.read > c.limits.text {
			return nil, c.fault("the text has more than %d bytes: split the file", c.limits.text)
		}
		if err != bufio.ErrBufferFull {
			break
		}
	}
	line := c.buffer
	if c.line == 1 {
		line = bytes.TrimPrefix(line, []byte("\ufeff"))
	}
	if !utf8.Valid(line) {
		return nil, c.fault("byte %d is not UTF-8: save the file as UTF-8 text", invalidAt(line))
	}
	if bytes.IndexByte(line, 0) >= 0 {
		return nil, c.fault("there is a zero byte: this is no text")
	}
	switch trimmed := bytes.TrimSpace(line); {
	case len(trimmed) == 0 || trimmed[0] == '#':
		return newline, err
	case bytes.Count(line, []byte(`"`))%2 == 1:
		return nil, c.fault("a quote is not closed in its line")
	case bytes.Count(line, []byte(",")) >= c.limits.fields:
		return nil, c.fault("the line has more than %d fields: one point a line", c.limits.fields)
	}
	return line, err
}

func (c *csvLines) fault(format string, args ...any) error {
	return &LineError{Line: c.line, Problem: fmt.Sprintf(format, args...)}
}

// invalidAt is the position, counted from 1, of the first byte that is not UTF-8.
func invalidAt(line []byte) int {
	for i := 0; i < len(line); {
		r, size := utf8.DecodeRune(line[i:])
		if r == utf8.RuneError && size <= 1 {
			return i + 1
		}
		i += size
	}
	return len(line)
}
