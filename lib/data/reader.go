package data

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
)

// Default bounds of readers.
const (
	// MaxValues is the largest number of values of points, 512 MiB of float64.
	MaxValues = 1 << 26
	// MaxIDX is the largest number of data bytes in an IDX file, 1 GiB. EMNIST, by class, has 547 MB.
	MaxIDX = 1 << 30
)

// raise is the advice about a limit.
const raise = "split the file or set MaxBytes of a Reader"

// Reader holds the settings for reading data files. The zero Reader reads as ReadCSV, ReadNPY and ReadIDX do.
type Reader struct {
	// MaxBytes bounds the values in memory: 8 bytes for each value of Points, the data of the file for an IDX. 0 means
	// MaxValues of 8 bytes, or MaxIDX. A file with more is refused, even if it is small when gzipped. While it reads, a
	// reader uses at most twice as many bytes. A CSV also needs memory for its longest line, at most 8 MiB.
	MaxBytes int

	// Label is the column of class labels in a CSV, integers from 0 on. It is a name of the header, or else a number, 1
	// for the first column and -1 for the last. Empty means no labels. A name implies a header.
	Label  string
	Header Header
	Index  Index
}

// Header tells whether the first line of a CSV is a header.
type Header int

const (
	// HeaderAuto reads a line of names as a header and a line of numbers as a point. It refuses a line that may be
	// both. A name does not start like a number and does not mark a missing value. Numbers may be names, too. These are
	// 0, 1 and so on, which pandas writes above columns without names, three or more consecutive integers, and years in
	// equal steps. All are without decimals or all with ".0".
	HeaderAuto Header = iota
	HeaderYes         // the first line names the columns
	HeaderNo          // the first line is a point
)

// Index tells what to do with the first column of a CSV if it only counts the lines.
type Index int

const (
	// IndexRefuse refuses a first column without a name ("Unnamed: 0" or "Unnamed: 0.1" after pandas has read and
	// written it again). It also refuses any column that counts ten points or more, by integers in equal steps from any
	// start. As a coordinate it would spoil the data. Such a column is almost impossible by chance.
	IndexRefuse Index = iota
	IndexDrop         // the first column is left out, whatever it is; the others may count
	IndexKeep         // the first column is a coordinate like the others
)

// OpenCSV reads the CSV file at path, plain or gzipped, as ReadCSV does. Its errors name the file.
func OpenCSV(path, label string) (*Points, error) { return Reader{Label: label}.OpenCSV(path) }

// OpenNPY reads the NPY file at path, plain or gzipped, as ReadNPY does. Its errors name the file.
func OpenNPY(path string) (*Points, error) { return Reader{}.OpenNPY(path) }

// OpenIDX reads the IDX file at path, plain or gzipped, as ReadIDX does. Its errors name the file.
func OpenIDX(path string) (*IDX, error) { return Reader{}.OpenIDX(path) }

// OpenCSV is OpenCSV with the settings of r.
func (r Reader) OpenCSV(path string) (*Points, error) { return open(path, r.CSV) }

// OpenNPY is OpenNPY with the settings of r.
func (r Reader) OpenNPY(path string) (*Points, error) { return open(path, r.NPY) }

// OpenIDX is OpenIDX with the settings of r.
func (r Reader) OpenIDX(path string) (*IDX, error) { return open(path, r.IDX) }

// open reads the file at path. Its errors name the file.
func open[T any](path string, read func(io.Reader) (*T, error)) (*T, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	defer file.Close()
	out, err := read(file)
	if at := (*LineError)(nil); errors.As(err, &at) {
		at.Path = path
		return nil, at
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return out, nil
}

// validate returns an error for invalid settings.
func (r Reader) validate() error {
	switch {
	case r.MaxBytes < 0:
		return fmt.Errorf("data: MaxBytes of a Reader is %d: give 1 or more, or 0 for the usual bound", r.MaxBytes)
	case r.Header < HeaderAuto || r.Header > HeaderNo:
		return fmt.Errorf("data: Header of a Reader is %d: give HeaderAuto, HeaderYes or HeaderNo", r.Header)
	case r.Index < IndexRefuse || r.Index > IndexKeep:
		return fmt.Errorf("data: Index of a Reader is %d: give IndexRefuse, IndexDrop or IndexKeep", r.Index)
	}
	return nil
}

// unpacked checks the settings, and unpacks the input if it is gzipped.
func (r Reader) unpacked(from io.Reader) (*bufio.Reader, error) {
	if err := r.validate(); err != nil {
		return nil, err
	}
	in, err := unpacked(from)
	if err != nil {
		return nil, fmt.Errorf("data: gzip damaged, get the file again: %w", err)
	}
	return in, nil
}

// maxValues is the largest number of values of points.
func (r Reader) maxValues() int {
	if r.MaxBytes == 0 {
		return MaxValues
	}
	return r.MaxBytes / 8
}

// maxIDX is the largest number of data bytes of an IDX file.
func (r Reader) maxIDX() int {
	if r.MaxBytes == 0 {
		return MaxIDX
	}
	return r.MaxBytes
}

// grown returns x with room for more, when the final length is want. Room doubles, and the last step makes exactly the
// room needed. So at most half as much memory again is in use at once.
func grown[T any](x []T, want int) []T {
	if len(x) < cap(x) {
		return x
	}
	room := want
	for room > 1<<12 && (room+1)/2 > len(x) {
		room = (room + 1) / 2
	}
	out := make([]T, len(x), room)
	copy(out, x)
	return out
}

// pieces is a list that grows without copying. At most twice its size is in use at once, when it is joined.
type pieces[T any] struct {
	full [][]T
	last []T
	n    int
}

func (p *pieces[T]) add(v T) {
	const size = 1 << 16
	if len(p.last) == size {
		p.full = append(p.full, p.last)
		p.last = make([]T, 0, size)
	}
	p.last = append(p.last, v)
	p.n++
}

// join returns the whole list, nil if it is empty. p must not be used afterwards.
func (p *pieces[T]) join() []T {
	if p.full == nil {
		return p.last
	}
	out := make([]T, 0, p.n)
	for i, piece := range p.full {
		out = append(out, piece...)
		p.full[i] = nil
	}
	return append(out, p.last...)
}
