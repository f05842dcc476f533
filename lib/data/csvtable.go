package data

import (
	"errors"
	"fmt"
	"strconv"
)

// csvTable holds the points read so far.
type csvTable struct {
	settings  Reader
	limits    csvLimits
	points    Points
	x         pieces[float64]
	labels    pieces[int]
	fields    int      // in every line
	from      int      // the first field that is read
	names     []string // of the fields
	label     int      // the field of the label; -1: none
	bad       int      // how many values are NaN or infinite
	first     *LineError
	firstLine int
}

// row adds one point.
func (t *csvTable) row(record []string, line int) error {
	if len(record) != t.fields {
		whose := "the first line"
		if t.names != nil {
			whose = "the header"
		}
		return &LineError{Line: line, Problem: fmt.Sprintf(
			"%d fields, but %s, line %d, has %d: a field is missing or one too many",
			len(record), whose, t.firstLine, t.fields)}
	}
	if (t.points.N+1)*t.fields > t.limits.values {
		return &LineError{Line: line, Problem: fmt.Sprintf("more than %d values: %s", t.limits.values, raise)}
	}
	for i := t.from; i < t.fields; i++ {
		field := record[i]
		v, ok := number(field)
		switch {
		case field == "":
			return t.fault(line, i, "the field is empty: fill it, or remove the line")
		case !ok:
			return t.fault(line, i, "%s", noNumber(field))
		case v == 0 && vanished(field):
			return t.fault(line, i, "%s is not 0, but float64 would hold it as 0: scale it", bare(field))
		case i == t.label && !(v >= 0 && v <= float64(t.limits.class) && v == float64(int(v))):
			return t.fault(line, i, "%s is no class label: these are integers in 0 .. %d", quoted(field),
				t.limits.class)
		case i == t.label:
			t.labels.add(int(v))
			t.points.Classes = max(t.points.Classes, int(v)+1)
			continue
		case rounded(field, v):
			return t.fault(line, i,
				"%s is beyond 2^53, where float64 does not hold every integer: it would become %.0f; scale it",
				bare(field), v)
		case infinite(v):
			if t.bad++; t.first == nil {
				t.first = t.fault(line, i, "%s is NaN or infinite", bare(field))
			}
		}
		t.x.add(v)
	}
	t.points.N++
	return nil
}

// quoted is a field in quotes, shortened for an error message.
func quoted(field string) string {
	if len(field) > 40 {
		return fmt.Sprintf("%q...", field[:40])
	}
	return strconv.Quote(field)
}

// bare is a field without quotes where it is readable in an error message.
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

// finish returns the whole table.
func (t *csvTable) finish() (*Points, error) {
	p := &t.points
	p.X, p.Labels = t.x.join(), t.labels.join()
	p.D = t.fields - t.from
	if t.label >= 0 {
		p.D--
	}
	switch {
	case t.bad > 0:
		t.first.Problem += fmt.Sprintf(", the first of %d such values among %d: remove or fill these points", t.bad,
			len(p.X))
		return nil, t.first
	case p.N == 0 && t.names != nil:
		return nil, &LineError{Line: t.firstLine, Problem: "no points follow the header: the data set is empty"}
	case p.N == 0:
		return nil, errors.New("data: the CSV text has no points: the data set is empty")
	}
	if err := t.noIndex(); err != nil {
		return nil, err
	}
	for i, name := range t.names {
		if i != t.label && i >= t.from {
			p.Columns = append(p.Columns, name)
		}
	}
	return p, nil
}
