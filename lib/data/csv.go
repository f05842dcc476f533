package data

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// LineError is a mistake in a text file: where it is, counted from 1, and how to mend it.
type LineError struct {
	Path    string // empty: the reader knew none
	Line    int
	Problem string
}

func (e *LineError) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("data: line %d: %s", e.Line, e.Problem)
	}
	return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Problem)
}

// OpenCSV reads the CSV file at path, plain or gzipped, as ReadCSV does. Its errors name the file.
func OpenCSV(path, label string) (*Points, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	defer file.Close()
	p, err := ReadCSV(file, label)
	if at := (*LineError)(nil); errors.As(err, &at) {
		at.Path = path
		return nil, at
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// ReadCSV reads one point a line: numbers with a decimal point, separated by commas, in UTF-8 (a byte order mark and
// CRLF are accepted), quoted or not, plain or gzipped. Blank lines and lines that begin with # are left out.
//
// The first line is a header when a field of it is no number. Its names must differ, and fractions among them are
// taken for a damaged row. Every line has as many fields as the first one, none of them empty, NaN or infinite.
//
// Label is the column of class labels, integers from 0 on: a name of the header, or else a number, 1 for the first
// column and -1 for the last; empty: there is none. Mistakes are a *LineError. Lines, fields, the text and the number
// of values are bounded, and so is the memory.
func ReadCSV(r io.Reader, label string) (*Points, error) {
	return readCSV(r, label, csvLimits{text: 1 << 30, line: 1 << 24, field: 1 << 10, values: MaxValues, class: 1<<16 - 1})
}

type csvLimits struct{ text, line, field, values, class int }

func readCSV(r io.Reader, label string, limits csvLimits) (*Points, error) {
	in, err := unpacked(r)
	if err != nil {
		return nil, fmt.Errorf("data: gzip damaged, get the file again: %w", err)
	}
	lines := csv.NewReader(&csvLines{in: in, limits: limits})
	lines.FieldsPerRecord, lines.ReuseRecord, lines.TrimLeadingSpace = -1, true, true
	t := &csvTable{limits: limits, label: -1}
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
				return nil, t.fault(line, i, "a field of %d bytes, and at most %d make a number: it may lack a comma", len(field), limits.field)
			}
		}
		if t.fields == 0 {
			if err := t.begin(record, line, label); err != nil {
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

// csvFault makes an error of encoding/csv or of gzip one of ours.
func csvFault(err error) error {
	if at := (*LineError)(nil); errors.As(err, &at) {
		return at
	}
	if at := (*csv.ParseError)(nil); errors.As(err, &at) {
		return &LineError{Line: at.Line, Problem: fmt.Sprintf("byte %d: %v: quote a whole field or none of it", at.Column, at.Err)}
	}
	return fmt.Errorf("data: CSV damaged, get the file again: %w", err)
}
