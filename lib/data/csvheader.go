package data

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// begin determines the columns from the first line.
func (t *csvTable) begin(record []string, line int) error {
	t.fields, t.firstLine = len(record), line
	if t.settings.Index == IndexDrop {
		if t.from = 1; t.fields == 1 {
			return &LineError{Line: line,
				Problem: "the only column is the index, which IndexDrop leaves out: give points, too"}
		}
	}
	header, err := t.isHeader(record, line)
	if err != nil {
		return err
	}
	if header {
		if err := t.setNames(record, line); err != nil {
			return err
		}
	}
	return t.setLabel(line)
}

// isHeader reports whether the first line names the columns. It refuses an ambiguous line, since a wrong guess would
// lose a point or turn the names into one.
func (t *csvTable) isHeader(record []string, line int) (bool, error) {
	if _, err := strconv.Atoi(t.settings.Label); t.settings.Header == HeaderAuto && t.settings.Label != "" && err !=
		nil {
		return true, nil // the name of a column
	}
	if t.settings.Header != HeaderAuto {
		return t.settings.Header == HeaderYes, nil
	}
	word, value := -1, -1
	for i, field := range record[t.from:] {
		_, ok := number(field)
		switch {
		case ok && value < 0:
			value = i + t.from
		case !ok && field != "" && word < 0:
			word = i + t.from
		}
	}
	if word < 0 {
		return false, t.notNumbered(record, line)
	}
	if err := t.setNames(record, line); err != nil {
		return false, err
	}
	if value >= 0 {
		return false, t.fault(line, word,
			"%s is no number, yet column %d is %s: a header has names only, a row numbers only; %s",
			quoted(record[word]), value+1, bare(record[value]), fixOr(record[word]))
	}
	for i, name := range record[t.from:] {
		switch {
		case missing(name):
			return false, t.fault(line, i+t.from, "%s marks a missing value, and in a header would be a name: %s",
				quoted(name), sayHeader)
		case likeNumber(name):
			return false, t.fault(line, i+t.from, "%s starts like a number but is not one: %s", quoted(name),
				fixOr(name))
		}
	}
	return true, nil
}

// sayHeader ends the error about a first line that may be a header or a point.
const sayHeader = "set Header of a Reader to HeaderYes if it is a header, to HeaderNo if not"

// fixOr describes how to turn a field into a number, and how to read the line otherwise.
func fixOr(field string) string {
	if fix := advice(field); fix != "" {
		return fix + "; or " + sayHeader
	}
	return sayHeader
}

// notNumbered returns an error for a line of numbers that may be names.
func (t *csvTable) notNumbered(record []string, line int) error {
	if record[0] == "" && t.from == 0 && len(record) > 1 && t.settings.Index == IndexRefuse {
		return t.fault(line, 0, "the field is empty: fill it; or, if this is a header over an index, %s", sayIndex)
	}
	if !numbersAsNames(record[t.from:]) {
		return nil
	}
	return &LineError{Line: line, Problem: fmt.Sprintf(
		"the line %s may be a point, or names, such as years or the numbers of the columns: %s",
		quoted(strings.Join(record, ",")), sayHeader)}
}

// numbersAsNames reports whether the numbers of a line may be names: integers in equal steps, all written as 7 or all
// as 7.0. Points often have two consecutive integers, or steps other than 1 and -1. In those cases the integers must be
// 0 and 1, as pandas numbers columns, or years.
func numbersAsNames(fields []string) bool {
	if len(fields) == 1 {
		return fields[0] == "0"
	}
	var first, step int
	suffix := ""
	if strings.HasSuffix(fields[0], ".0") {
		suffix = ".0"
	}
	for i, field := range fields {
		v, err := strconv.Atoi(strings.TrimSuffix(field, suffix))
		if err != nil || strconv.Itoa(v)+suffix != field {
			return false
		}
		switch {
		case i == 0:
			first = v
		case i == 1:
			step = v - first
		}
		if v != first+i*step {
			return false
		}
	}
	years := isYear(first) && isYear(first+step*(len(fields)-1))
	switch consecutive := step == 1 || step == -1; {
	case len(fields) == 2:
		return first == 0 && step == 1 || consecutive && years
	case consecutive:
		return true
	}
	return years && step != 0
}

func isYear(v int) bool { return 1000 <= v && v < 3000 }

// setNames reads the first line as a header.
func (t *csvTable) setNames(record []string, line int) error {
	t.names = slices.Clone(record)
	seen := map[string]int{}
	for i, name := range record {
		if i < t.from {
			continue
		}
		if j, twice := seen[name]; twice {
			return t.fault(line, i, "the header has the name %s in column %d too: names must differ, and rows must "+
				"be numbers",
				quoted(name), j+1)
		}
		seen[name] = i
		switch {
		case i == 0 && t.settings.Index == IndexRefuse && (name == "" || unnamed(name)):
			return t.fault(line, i, "the column has no name, as an index that pandas writes: %s", sayIndex)
		case unnamed(name) && t.settings.Index != IndexKeep && name != t.settings.Label:
			return t.fault(line, i, "the column has no name, as an index that pandas has read and written again: %s",
				sayColumn)
		case i > 0 && name == "":
			return t.fault(line, i, "the column has no name: name it, or remove a comma too many at the end of the "+
				"lines")
		}
	}
	return nil
}

// The ends of the error about a column that counts the lines: the first column, or a later one.
const (
	sayIndex  = "write the file without it (index=False), or set Index of a Reader to IndexDrop or IndexKeep"
	sayColumn = "write the file without it, or set Index of a Reader to IndexKeep if it is a coordinate"
)

// unnamed reports whether pandas made the name of a column without one: "Unnamed: 0", "Unnamed: 0.1" and so on.
func unnamed(name string) bool { return strings.HasPrefix(name, "Unnamed: ") }

// setLabel finds the column of the labels.
func (t *csvTable) setLabel(line int) error {
	label := t.settings.Label
	if label == "" {
		return nil
	}
	t.label = slices.Index(t.names, label)
	if n, err := strconv.Atoi(label); t.label < 0 && err == nil {
		if n < 0 {
			n += t.fields + 1
		}
		if 1 <= n && n <= t.fields {
			t.label = n - 1
		}
	}
	switch {
	case t.label < 0:
		return &LineError{Line: line, Problem: fmt.Sprintf(
			"there is no column %s for the labels among %d: give a name of the header, or 1 .. %d, or -1 for the last",
			quoted(label), t.fields, t.fields)}
	case t.label < t.from:
		return &LineError{Line: line,
			Problem: "the column of the labels is the one that IndexDrop leaves out: choose another"}
	case t.fields == t.from+1:
		return &LineError{Line: line, Problem: "the only column is that of the labels: give points, too"}
	}
	return nil
}

// minIndex is the least number of points for which a counting column is taken for an index. So many hardly occur by
// chance.
const minIndex = 10

// noIndex returns an error for a column that counts the points.
func (t *csvTable) noIndex() error {
	p := &t.points
	if t.settings.Index != IndexRefuse || p.N < minIndex || p.D < 2 {
		return nil
	}
	for field, j := 0, 0; j < p.D; field++ {
		if field == t.label {
			continue
		}
		if counts(p.X[j:], p.D) {
			say := sayColumn
			if field == 0 {
				say = sayIndex
			}
			return t.fault(t.firstLine, field, "the column counts the points, as an index does: %s", say)
		}
		j++
	}
	return nil
}

// counts reports whether a column of a table with d columns holds integers in equal steps, from its first value on.
func counts(x []float64, d int) bool {
	step := x[d] - x[0]
	if step == 0 || step != math.Trunc(step) || x[0] != math.Trunc(x[0]) {
		return false
	}
	for i := 0; i*d < len(x); i++ {
		if x[i*d] != x[0]+float64(i)*step {
			return false
		}
	}
	return true
}
