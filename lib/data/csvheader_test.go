package data

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Settings decide what an ambiguous first line or first column is.
func TestCSVHeaderAndIndex(t *testing.T) {
	x := []float64{1, 2, 3, 4.5}
	points := func(columns ...string) Points { return Points{N: 2, D: 2, X: x, Columns: columns} }
	labeled := func(columns ...string) Points {
		return Points{N: 2, D: 2, X: x, Columns: columns, Labels: []int{0, 7}, Classes: 8}
	}
	for _, c := range []struct {
		name, text string
		settings   Reader
		want       Points
	}{
		{"pandas without names", "0,1\n1,2\n3,4.5\n", Reader{Header: HeaderYes}, points("0", "1")},
		{"a point 0, 1", "0,1\n1,2\n", Reader{Header: HeaderNo}, Points{N: 2, D: 2, X: []float64{0, 1, 1, 2}}},
		{"a point 0, 1 of another form", "0.0,1\n1,2\n", Reader{}, Points{N: 2, D: 2, X: []float64{0, 1, 1, 2}}},
		{"pandas with its index", ",x,y\n0,1,2\n1,3,4.5\n", Reader{Index: IndexDrop}, points("x", "y")},
		{"pandas with an index of text", ",x,y\nmon,1,2\ntue,3,4.5\n", Reader{Index: IndexDrop}, points("x", "y")},
		{"pandas with its index, without names", ",0,1\n0,1,2\n1,3,4.5\n",
			Reader{Index: IndexDrop, Header: HeaderYes}, points("0", "1")},
		{"an index without header", "0,1,2\n1,3,4.5\n", Reader{Index: IndexDrop}, Points{N: 2, D: 2, X: x}},
		{"a coordinate without a name", ",y\n1,2\n3,4.5\n", Reader{Index: IndexKeep}, points("", "y")},
		{"read and written again", "Unnamed: 0,x,y\n0,1,2\n1,3,4.5\n", Reader{Index: IndexDrop}, points("x", "y")},
		{"index and label", ",c,x,y\n0,0,1,2\n1,7,3,4.5\n", Reader{Index: IndexDrop, Label: "c"}, labeled("x", "y")},
		{"index and label by number", ",c,x,y\n0,0,1,2\n1,7,3,4.5\n",
			Reader{Index: IndexDrop, Label: "2"}, labeled("x", "y")},
		{"the name of the label makes a header", "class,0,1\n0,1,2\n7,3,4.5\n",
			Reader{Label: "class"}, labeled("0", "1")},
		{"a name before a number", "c,1,y\n1,0,2\n3,7,4.5\n",
			Reader{Label: "1", Header: HeaderYes}, labeled("c", "y")},
		{"names that look like numbers", "1st,2_000\n1,2\n3,4.5\n",
			Reader{Header: HeaderYes}, points("1st", "2_000")},
		{"sodium", "NA,K\n1,2\n3,4.5\n", Reader{Header: HeaderYes}, points("NA", "K")},
		{"two consecutive integers", "1,2\n3,4.5\n", Reader{}, points()},
		{"consecutive floats as numpy writes them", "0.00e+00,1.00e+00\n1,2\n",
			Reader{}, Points{N: 2, D: 2, X: []float64{0, 1, 1, 2}}},
		{"equal steps, and no years", "2,4,6\n1,2,3\n", Reader{}, Points{N: 2, D: 3, X: []float64{2, 4, 6, 1, 2, 3}}},
		{"years as a point", "2019,2020\n1,2\n", Reader{Header: HeaderNo},
			Points{N: 2, D: 2, X: []float64{2019, 2020, 1, 2}}},
		{"years as names", "2019,2020\n1,2\n3,4.5\n", Reader{Header: HeaderYes}, points("2019", "2020")},
		{"a kept name of pandas", "Unnamed: 0.1,y\n1,2\n3,4.5\n", Reader{Index: IndexKeep},
			points("Unnamed: 0.1", "y")},
		{"a label without a name", "Unnamed: 0,x,Unnamed: 1\n0,1,1\n", Reader{Index: IndexDrop, Label: "Unnamed: 1"},
			Points{N: 1, D: 1, X: []float64{1}, Columns: []string{"x"}, Labels: []int{1}, Classes: 2}},
		{"a column that counts by halves", "1,0.5\n2,1\n3,1.5\n4,2\n5,2.5\n6,3\n7,3.5\n8,4\n9,4.5\n9,5\n",
			Reader{}, Points{N: 10, D: 2, X: []float64{1, .5, 2, 1, 3, 1.5, 4, 2, 5, 2.5, 6, 3, 7, 3.5, 8, 4, 9, 4.5, 9,
				5}}},
		{"a column that counts", "t,x\n" + count(1, 12), Reader{Index: IndexKeep}, counted(1, 12, "t", "x")},
		{"nine points that count", "t,x\n" + count(0, 9), Reader{}, counted(0, 9, "t", "x")},
		{"labels that count", "c,x\n" + count(0, 12), Reader{Label: "c"}, classes(12)},
	} {
		got, err := c.settings.CSV(strings.NewReader(c.text))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if diff := cmp.Diff(&c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// count returns n lines of an integer that counts from a start, and a half.
func count(from, n int) string { return steps(from, 1, n) }

// steps is count with steps of another size.
func steps(from, step, n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "%d,0.5\n", from+i*step)
	}
	return text.String()
}

// counted are the points of count.
func counted(from, n int, columns ...string) Points {
	p := Points{N: n, D: 2, Columns: columns}
	for i := range n {
		p.X = append(p.X, float64(from+i), .5)
	}
	return p
}

// classes are the points of count with its first column as labels.
func classes(n int) Points {
	p := Points{N: n, D: 1, Columns: []string{"x"}, Classes: n}
	for i := range n {
		p.X, p.Labels = append(p.X, .5), append(p.Labels, i)
	}
	return p
}

const (
	askHeader = "set Header of a Reader to HeaderYes if it is a header, to HeaderNo if not"
	askIndex  = "set Index of a Reader to IndexDrop or IndexKeep"
	askKeep   = "set Index of a Reader to IndexKeep"
)

// ambiguousCSV are texts that need a setting of the Reader.
var ambiguousCSV = []struct {
	name, text string
	settings   Reader
	want       []string
}{
	{"pandas without names", "0,1\n1.5,2.5\n",
		Reader{}, []string{`line 1: the line "0,1" may be a point, or names`, askHeader}},
	{"pandas without names, one column", "# c\n0\n1.5\n",
		Reader{}, []string{`line 2: the line "0" may be`, askHeader}},
	{"pandas without names, with a label", "0,1,2\n1.5,2.5,0\n",
		Reader{Label: "-1"}, []string{`the line "0,1,2"`, askHeader}},
	{"pandas without names, as floats", "0.0,1.0\n1.5,2.5\n", Reader{},
		[]string{`the line "0.0,1.0" may be a point`, askHeader}},
	{"years", "2019,2020,2021\n1,2,4\n", Reader{}, []string{`line 1: the line "2019,2020,2021" may be a point`,
		askHeader}},
	{"two years over fractions", "2019,2020\n1.5,2.5\n", Reader{}, []string{"may be a point", askHeader}},
	{"years as floats, backwards", "2021.0,2020.0\n1.5,2.5\n", Reader{}, []string{"may be a point", askHeader}},
	{"decades", "1990,2000,2010\n1.5,2.5,3.5\n", Reader{}, []string{"may be a point", askHeader}},
	{"numbers from 1 on", "1,2,3\n4,5,7\n", Reader{}, []string{"may be a point", askHeader}},
	{"years under an index", ",2019,2020\n0,1.5,2.5\n", Reader{Index: IndexDrop},
		[]string{"may be a point", askHeader}},
	{"pandas with its index", ",x,y\n0,1.5,2.5\n",
		Reader{}, []string{"line 1: column 1: the column has no name", "index=False", askIndex}},
	{"pandas with its index, without names", ",0,1\n0,1.5,2.5\n",
		Reader{}, []string{"column 1: the field is empty", askIndex}},
	{"the same, dropped", ",0,1\n0,1.5,2.5\n", Reader{Index: IndexDrop}, []string{`may be a point`, askHeader}},
	{"read and written again", "Unnamed: 0,x\n0,1\n",
		Reader{}, []string{"column 1 (Unnamed: 0): the column has no name", askIndex}},
	{"and once more", "Unnamed: 0.1,x\n0,1\n",
		Reader{}, []string{"column 1 (Unnamed: 0.1): the column has no name", askIndex}},
	{"and once more, with an index", ",Unnamed: 0,x\n0,0,1\n", Reader{Index: IndexDrop},
		[]string{"column 2 (Unnamed: 0): the column has no name", askKeep}},
	{"an index without header", count(0, 10),
		Reader{}, []string{"line 1: column 1: the column counts the points", askIndex}},
	{"an index from 1 on", "id,x\n" + count(1, 10),
		Reader{}, []string{"line 1: column 1 (id): the column counts the points", askIndex}},
	{"an index without its first lines", count(2, 10), Reader{}, []string{"line 1: column 1: the column counts",
		askIndex}},
	{"an index of years", "year,x\n" + count(1990, 10), Reader{}, []string{"column 1 (year): the column counts",
		askIndex}},
	{"an index backwards", steps(12, -1, 10), Reader{}, []string{"column 1: the column counts", askIndex}},
	{"an index as floats", strings.ReplaceAll(count(4, 10), ",", ".0,"),
		Reader{}, []string{"column 1: the column counts", askIndex}},
	{"every other line", steps(5, 2, 10), Reader{}, []string{"column 1: the column counts", askIndex}},
	{"an id after the label", "c,id,x\n0," + strings.TrimSuffix(strings.ReplaceAll(count(7, 10), "\n", "\n0,"),
		"0,"),
		Reader{Label: "c"}, []string{"line 1: column 2 (id): the column counts", askKeep}},
	{"an index and a label", "id,x,c\n" + strings.ReplaceAll(count(1, 10), "\n", ",0\n"),
		Reader{Label: "c"}, []string{"counts the points", askIndex}},
	{"a missing value in the first row", "NA,3\n1,2\n", Reader{},
		[]string{`line 1: column 1 (NA): "NA" is no number, yet column 2 is 3`,
			"it marks a missing value; fill it, or remove the line; or set Header"}},
	{"missing values only", "NA,null\n1,2\n",
		Reader{}, []string{`line 1: column 1 (NA): "NA" marks a missing value`, askHeader}},
	{"a missing value among names", "x,?\n1,2\n",
		Reader{}, []string{`column 2 (?): "?" marks a missing value`, askHeader}},
	{"Go's numbers", "1_000,2_000\n1,2\n", Reader{},
		[]string{`column 1 (1_000): "1_000" starts like a number but is not one`,
			"write it without marks between the digits; or " + askHeader}},
	{"semicolons", "1,5;2,5\n3,5;4,5\n",
		Reader{}, []string{`"5;2" is no number, yet column 1 is 1`, "separate fields by commas; or " + askHeader}},
	{"tabs", "1\t2\n3\t4\n",
		Reader{}, []string{`starts like a number but is not one`, "separate fields by commas; or " + askHeader}},
	{"decimal commas in quotes", "\"1,5\",\"2,5\"\n",
		Reader{}, []string{`"1,5" starts like a number`, "write decimals with a point; or " + askHeader}},
	{"a comma at the end of the names", "x,y,\n1,2,\n",
		Reader{}, []string{"column 3: the column has no name: name it, or remove a comma too many"}},
	{"a label of no header", "0,1\n1,2\n", Reader{Label: "c"}, []string{`there is no column "c"`}},
	{"no askHeader, but names", "x,y\n1,2\n",
		Reader{Header: HeaderNo}, []string{`line 1: column 1: "x" is no number`}},
	{"only an index", "x\n1\n", Reader{Index: IndexDrop}, []string{"the only column is the index"}},
	{"the label is the index", "c,x\n1,2\n",
		Reader{Index: IndexDrop, Label: "c"}, []string{"the one that IndexDrop leaves out"}},
	{"only index and label", "i,c\n1,2\n",
		Reader{Index: IndexDrop, Label: "c"}, []string{"the only column is that of the labels"}},
}

// An ambiguous first line or column is refused. The error names the line and the setting that decides.
func TestCSVAmbiguities(t *testing.T) {
	for _, c := range ambiguousCSV {
		p, err := c.settings.CSV(strings.NewReader(c.text))
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %+v, %v, want %q", c.name, p, err, want)
			}
		}
		if at := (*LineError)(nil); err != nil && !errors.As(err, &at) {
			t.Errorf("%s: %v names no line", c.name, err)
		}
	}
}

// Numbers are decimal. Integers are read exactly or refused.
func TestCSVNumbers(t *testing.T) {
	for text, want := range map[string]float64{
		"9007199254740992": 1 << 53, "-9007199254740992": -1 << 53, "9007199254740994": 1<<53 + 2,
		"9007199254740994.00":   1<<53 + 2,
		"123456789012345680000": 123456789012345680000, "100000000000000000000000": 1e23,
		"99999999999999991611392": 1e23,
		"1e23":                    1e23, "0009": 9, "-.5e-3": -.0005, "0.1234567890123456789": .1234567890123456789,
		"1E400":                    math.Inf(1),
		"9.007199254740994000e+15": 1<<53 + 2, "9007199254740994e0": 1<<53 + 2, // integers that float64 holds
		"1.234567890123456779e+20": 123456789012345677877, // as numpy.savetxt writes the number
		"9007199254740993.5":       9007199254740994, "0e-400": 0, "0e-99999999999999999999": 0, "5e-324": 5e-324,
		"nan":      math.NaN(),
		"Infinity": math.Inf(1), "+inf": math.Inf(1), "-nan": math.NaN(), "1e-400": 0, "-0": math.Copysign(0, -1),
	} {
		v, ok := number(text)
		if !ok || math.Float64bits(v) != math.Float64bits(want) && !(math.IsNaN(v) && math.IsNaN(want)) ||
			rounded(text, v) {
			t.Errorf("%s: %v, %v, rounded %v, want %v", text, v, ok, rounded(text, v), want)
		}
	}
	for text, want := range map[string]string{
		"9007199254740993":       "9007199254740993 is beyond 2^53, where float64 does not hold every integer: it",
		"-9007199254740993.0":    "-9007199254740993.0 is beyond 2^53",
		"12345678901234567890":   "12345678901234567890 is beyond 2^53",
		"1_000":                  `"1_000" is no number: write it without marks between the digits`,
		"1 000":                  `"1 000" is no number: write it without marks`,
		"1'000":                  `"1'000" is no number: write it without marks`,
		"0x1p3":                  `"0x1p3" is no number: write it in decimals`,
		"-0X10":                  `"-0X10" is no number: write it in decimals`,
		"0b1":                    `"0b1" is no number`,
		"1e":                     `"1e" is no number`,
		"1-2":                    `"1-2" is no number`,
		".":                      `"." is no number: it marks a missing value`,
		"NA":                     `"NA" is no number: it marks a missing value; fill it, or remove the line`,
		"9007199254740993e0":     "9007199254740993e0 is beyond 2^53",
		"9.007199254740993E15":   "9.007199254740993E15 is beyond 2^53",
		"90071992547409930e-1":   "90071992547409930e-1 is beyond 2^53",
		"12345678901234567891e2": "12345678901234567891e2 is beyond 2^53",
		"1e-400":                 "1e-400 is not 0, but float64 would hold it as 0: scale it",
		"-0.001e-330":            "-0.001e-330 is not 0",
		"infinite":               `"infinite" is no number`,
		"Inf":                    "Inf is NaN or infinite, the first of 1",
		"-infinity":              "-infinity is NaN or infinite",
		"-nan":                   "-nan is NaN or infinite",
		`"1,5"`:                  `"1,5" is no number: write decimals with a point`,
		"1;5":                    `"1;5" is no number: separate fields by commas`,
	} {
		_, err := ReadCSV(strings.NewReader("x,y\n1,2\n3,"+text+"\n"), "")
		want = "line 3: column 2 (y): " + want
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
