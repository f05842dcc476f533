package data

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// begin settles from the first line what the columns are.
func (t *csvTable) begin(record []string, line int) error {
	t.fields, t.firstLine, t.counts = len(record), line, true
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

// isHeader reports whether the first line names the columns. What may or may not is refused: a guess would cost a
// point, or make one of the names.
func (t *csvTable) isHeader(record []string, line int) (bool, error) {
	if _, err := strconv.Atoi(t.settings.Label); t.settings.Header == HeaderAuto && t.settings.Label != "" && err != nil {
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
			return false, t.fault(line, i+t.from, "%s begins as a number does and is none, and in a header would be a name: %s",
				quoted(name), fixOr(name))
		}
	}
	return true, nil
}

// sayHeader ends what is said about a first line that may be a header or a point.
const sayHeader = "set Header of a Reader to HeaderYes if it is a header, to HeaderNo if not"

// fixOr says how to make a number of a field, and how to read the line otherwise.
func fixOr(field string) string {
	if fix := advice(field); fix != "" {
		return fix + "; or " + sayHeader
	}
	return sayHeader
}

// notNumbered refuses a line of numbers that may be names.
func (t *csvTable) notNumbered(record []string, line int) error {
	if record[0] == "" && t.from == 0 && len(record) > 1 && t.settings.Index == IndexRefuse {
		return t.fault(line, 0, "the field is empty: fill it; or, if this is a header over an index, %s", sayIndex)
	}
	for i, field := range record[t.from:] {
		if field != strconv.Itoa(i) {
			return nil
		}
	}
	return &LineError{Line: line, Problem: fmt.Sprintf(
		"the line %s may be a point, or names as pandas writes them over columns without names: %s",
		quoted(strings.Join(record, ",")), sayHeader)}
}

// setNames takes the first line for a header.
func (t *csvTable) setNames(record []string, line int) error {
	t.names = slices.Clone(record)
	seen := map[string]int{}
	for i, name := range record {
		if i < t.from {
			continue
		}
		if j, twice := seen[name]; twice {
			return t.fault(line, i, "the header has the name %s in column %d too: names must differ, and rows must be numbers",
				quoted(name), j+1)
		}
		seen[name] = i
		switch {
		case i == 0 && t.settings.Index == IndexRefuse && (name == "" || name == "Unnamed: 0"):
			return t.fault(line, i, "the column has no name, as an index that pandas writes: %s", sayIndex)
		case i > 0 && name == "":
			return t.fault(line, i, "the column has no name: name it, or remove a comma too many at the end of the lines")
		}
	}
	return nil
}

// sayIndex ends what is said about a column that counts the lines.
const sayIndex = "write the file without it (index=False), or set Index of a Reader to IndexDrop or IndexKeep"

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

// minIndex is how many points a column must count to be taken for an index: so many hardly lie there by chance.
const minIndex = 10

// noIndex refuses a first column that counts the points.
func (t *csvTable) noIndex() error {
	if t.settings.Index != IndexRefuse || !t.counts || t.points.N < minIndex || t.label == 0 || t.points.D < 2 {
		return nil
	}
	return t.fault(t.firstLine, 0, "the column counts the points, as an index does: %s", sayIndex)
}
