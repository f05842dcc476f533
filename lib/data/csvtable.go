package data

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// csvTable is the points as far as they are read.
type csvTable struct {
	limits    csvLimits
	points    Points
	fields    int      // in every line
	names     []string // of the fields
	label     int      // the field of the label; -1: none
	bad       int      // how many values are NaN or infinite
	first     *LineError
	firstLine int
}

// begin settles from the first line what the columns are.
func (t *csvTable) begin(record []string, line int, label string) error {
	t.fields, t.firstLine = len(record), line
	word, fraction := -1, -1
	for i, field := range record {
		v, ok := number(field)
		switch {
		case !ok && field != "" && word < 0:
			word = i
		case ok && v != math.Trunc(v) && fraction < 0:
			fraction = i
		}
	}
	if word >= 0 {
		t.names = slices.Clone(record)
		seen := map[string]int{}
		for i, name := range record {
			j, twice := seen[name]
			if seen[name] = i; twice {
				return t.fault(line, i, "the header has the name %s in column %d too: names must differ, and rows must be numbers", quoted(name), j+1)
			}
		}
		if fraction >= 0 {
			return t.fault(line, word, "%s, yet column %d is %s: a header has names only, a row numbers only",
				noNumber(record[word]), fraction+1, bare(record[fraction]))
		}
	}
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
	if t.label < 0 {
		return &LineError{Line: line, Problem: fmt.Sprintf("there is no column %s for the labels among %d: give a name of the header, or 1 .. %d, or -1 for the last",
			quoted(label), t.fields, t.fields)}
	}
	if t.fields == 1 {
		return &LineError{Line: line, Problem: "the only column is that of the labels: give points, too"}
	}
	return nil
}

// row adds one point.
func (t *csvTable) row(record []string, line int) error {
	if len(record) != t.fields {
		whose := "the first line"
		if t.names != nil {
			whose = "the header"
		}
		return &LineError{Line: line, Problem: fmt.Sprintf("%d fields, but %s, line %d, has %d: a field is missing or one too many",
			len(record), whose, t.firstLine, t.fields)}
	}
	if len(t.points.X)+t.fields > t.limits.values {
		return &LineError{Line: line, Problem: fmt.Sprintf("more than %d values: split the file", t.limits.values)}
	}
	for i, field := range record {
		v, ok := number(field)
		switch {
		case field == "":
			return t.fault(line, i, "the field is empty: fill it, or remove the line")
		case !ok:
			return t.fault(line, i, "%s", noNumber(field))
		case i == t.label && !(v >= 0 && v <= float64(t.limits.class) && v == float64(int(v))):
			return t.fault(line, i, "%s is no class label: these are integers in 0 .. %d", quoted(field), t.limits.class)
		case i == t.label:
			t.points.Labels = append(t.points.Labels, int(v))
			t.points.Classes = max(t.points.Classes, int(v)+1)
			continue
		case infinite(v):
			if t.bad++; t.first == nil {
				t.first = t.fault(line, i, "%s is NaN or infinite", bare(field))
			}
		}
		t.points.X = append(t.points.X, v)
	}
	t.points.N++
	return nil
}

// number is the value of a field; infinite where float64 ends.
func number(field string) (v float64, ok bool) {
	v, err := strconv.ParseFloat(field, 64)
	return v, err == nil || errors.Is(err, strconv.ErrRange)
}

// noNumber says what a field is not, and why it may not be.
func noNumber(field string) string {
	if strings.ContainsAny(field, ";\t") {
		return fmt.Sprintf("%s is no number: separate fields by commas", quoted(field))
	}
	return quoted(field) + " is no number"
}

// quoted is a field, or as much of it as a sentence bears.
func quoted(field string) string {
	if len(field) > 40 {
		return fmt.Sprintf("%q...", field[:40])
	}
	return strconv.Quote(field)
}

// bare is a field without quotes where it can stand in a sentence.
func bare(field string) string {
	if q := quoted(field); q != `"`+field+`"` {
		return q
	}
	return field
}

func (t *csvTable) fault(line, field int, format string, args ...any) *LineError {
	where := fmt.Sprintf("column %d: ", field+1)
	if field < len(t.names) && t.names[field] != "" {
		where = fmt.Sprintf("column %d (%s): ", field+1, bare(t.names[field]))
	}
	return &LineError{Line: line, Problem: where + fmt.Sprintf(format, args...)}
}

// finish is the whole table.
func (t *csvTable) finish() (*Points, error) {
	p := &t.points
	p.D = t.fields
	if t.label >= 0 {
		p.D--
	}
	switch {
	case t.bad > 0:
		t.first.Problem += fmt.Sprintf(", the first of %d such values among %d: remove or fill these points", t.bad, len(p.X))
		return nil, t.first
	case p.N == 0 && t.names != nil:
		return nil, &LineError{Line: t.firstLine, Problem: "no points follow the header: the data set is empty"}
	case p.N == 0:
		return nil, errors.New("data: the CSV text has no points: the data set is empty")
	}
	for i, name := range t.names {
		if i != t.label {
			p.Columns = append(p.Columns, name)
		}
	}
	return p, nil
}
