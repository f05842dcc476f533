package data

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// LineError is a mistake in a text file. It gives line and column, counted from 1, and how to fix it.
type LineError struct {
	Path    string // empty: read from no file
	Line    int
	Problem string
}

func (e *LineError) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("data: line %d: %s", e.Line, e.Problem)
	}
	return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Problem)
}

// ReadCSV reads one point a line: decimal numbers with a point, separated by commas, in UTF-8 (a byte order mark and
// CRLF are accepted), quoted or not, plain or gzipped. Blank lines and lines that begin with # are left out.
//
// The first line is a header if all its fields are names, which must differ. It is a point if all are numbers. See
// HeaderAuto for lines that are refused, and Reader for how to read them. Every line has as many fields as the first
// one. A field must not be empty, NaN, infinite, an integer that float64 rounds, or so small that it becomes 0.
//
// Label is the column of class labels; see Reader. A mistake is a *LineError. Lines, fields, the text and the number of
// values are bounded, and so is the memory.
func ReadCSV(r io.Reader, label string) (*Points, error) { return Reader{Label: label}.CSV(r) }

// CSV is ReadCSV with the settings of r.
func (r Reader) CSV(in io.Reader) (*Points, error) {
	return r.readCSV(in, csvLimits{
		text: 1 << 30, line: 1 << 23, fields: 1 << 20, field: 1 << 10, values: r.maxValues(), class: 1<<16 - 1,
	})
}

type csvLimits struct{ text, line, fields, field, values, class int }

func (r Reader) readCSV(from io.Reader, limits csvLimits) (*Points, error) {
	in, err := r.unpacked(from)
	if err != nil {
		return nil, err
	}
	lines := csv.NewReader(&csvLines{in: in, limits: limits})
	lines.FieldsPerRecord, lines.ReuseRecord, lines.TrimLeadingSpace = -1, true, true
	t := &csvTable{settings: r, limits: limits, label: -1}
	for {
		record, err := lines.Read()
		if err == io.EOF {
			return t.finish()
		}
		if err != nil {
			return nil, csvFault(err)
		}
		line, _ := lines.FieldPos(0)
		for i, field := range record {
			if record[i] = strings.TrimSpace(field); len(record[i]) > limits.field {
				return nil, t.fault(line, i, "a field of %d bytes, and at most %d make a number: it may lack a comma",
					len(field), limits.field)
			}
		}
		if t.fields == 0 {
			if err := t.begin(record, line); err != nil {
				return nil, err
			}
			if t.names != nil {
				continue
			}
		}
		if err := t.row(record, line); err != nil {
			return nil, err
		}
	}
}

// csvFault converts an error of encoding/csv or gzip to an error of this package.
func csvFault(err error) error {
	if at := (*LineError)(nil); errors.As(err, &at) {
		return at
	}
	if at := (*csv.ParseError)(nil); errors.As(err, &at) {
		return &LineError{Line: at.Line,
			Problem: fmt.Sprintf("byte %d: %v: quote a whole field or none of it", at.Column, at.Err)}
	}
	return fmt.Errorf("data: CSV damaged, get the file again: %w", err)
}
