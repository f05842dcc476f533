package data

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestReadCSV(t *testing.T) {
	plain := Points{N: 2, D: 2, X: []float64{1, 2, 3, 4.5}}
	named := Points{N: 2, D: 2, X: plain.X, Columns: []string{"x", "y"}}
	classes := Points{N: 2, D: 2, X: plain.X, Labels: []int{0, 7}, Classes: 8}
	namedClasses := Points{N: 2, D: 2, X: plain.X, Columns: []string{"x", "y"}, Labels: []int{0, 7}, Classes: 8}
	for _, c := range []struct {
		name, text, label string
		want              Points
	}{
		{"plain", "1,2\n3,4.5\n", "", plain},
		{"no last newline", "1,2\n3,4.5", "", plain},
		{"CRLF", "x,y\r\n1,2\r\n3,4.5\r\n", "", named},
		{"byte order mark", "\ufeffx,y\n1,2\n3,4.5\n", "", named},
		{"byte order mark, no header", "\ufeff1,2\n3,4.5\n", "", plain},
		{"quotes", "\"x\",\"y\"\n\"1\",2\n3,\"4.5\"\n", "", named},
		{"spaces", " x , y\n 1 , 2\n3,4.5 \n", "", named},
		{"comments and blank lines", "# from \"a\n\n1,2\n  # and \xe2\x82\xac\n\r\n3,4.5\n\n", "", plain},
		{"forms of numbers", "+1e0,2.\n3,.45E1", "", plain},
		{"names that are numbers", "class,0,1\n0,1,2\n7,3,4.5\n", "class", Points{N: 2, D: 2, X: plain.X,
			Columns: []string{"0", "1"}, Labels: []int{0, 7}, Classes: 8}},
		{"label by name", "x,c,y\n1,0,2\n3,7,4.5\n", "c", namedClasses},
		{"label by number", "1,0,2\n3,7.0,4.5\n", "2", classes},
		{"label from the end", "1,2,0\n3,4.5,7\n", "-1", classes},
	} {
		for _, in := range []io.Reader{strings.NewReader(c.text),
			iotest.OneByteReader(bytes.NewReader(zip([]byte(c.text))))} {
			got, err := ReadCSV(in, c.label)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			} else if diff := cmp.Diff(&c.want, got); diff != "" {
				t.Errorf("%s: %s", c.name, diff)
			}
		}
	}
}

// Text that encoding/csv writes is read back bit for bit.
func TestCSVRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &Points{N: rapid.IntRange(1, 5).Draw(t, "n"), D: rapid.IntRange(1, 4).Draw(t, "d")}
		p.X = rapid.SliceOfN(rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64), p.N*p.D, p.N*p.D).Draw(t, "x")
		var text bytes.Buffer
		w := csv.NewWriter(&text)
		w.UseCRLF = rapid.Bool().Draw(t, "CRLF")
		for i := range p.N {
			var record []string
			for _, v := range p.Row(i) {
				record = append(record, strconv.FormatFloat(v, 'g', -1, 64))
			}
			_ = w.Write(record)
		}
		w.Flush()
		got, err := Reader{Header: HeaderNo}.CSV(&text) // the point 0, 1 may be drawn
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

var (
	smallCSV  = csvLimits{text: 400, line: 60, fields: 25, field: 30, values: 8, class: 9}
	brokenCSV = withBadChecksum([]byte("1,2\n3,4\n"))
)

// withBadChecksum is a text under gzip whose checksum is wrong.
func withBadChecksum(text []byte) []byte {
	zipped := zip(text)
	zipped[len(zipped)-8] ^= 1
	return zipped
}

// badCSV are texts that ReadCSV refuses, under the limits smallCSV.
var badCSV = []struct{ name, text, label, want string }{
	{"empty", "", "", "data: the CSV text has no points: the data set is empty"},
	{"only comments", "# 1\n\n", "", "the data set is empty"},
	{"only a header", "\nx,y\n", "", "data: line 2: no points follow the header"},
	{"too few fields", "x,y\n1,2\n3\n", "", "data: line 3: 1 fields, but the header, line 1, has 2"},
	{"too many fields", "# c\n1,2\n3,4,5\n", "", "data: line 3: 3 fields, but the first line, line 2, has 2"},
	{"header of another width", "x\n1,2\n", "", "data: line 2: 2 fields, but the header, line 1, has 1"},
	{"text", "x,y\n1,2\n3,four\n", "", `data: line 3: column 2 (y): "four" is no number`},
	{"text without header", "1,2\n3,four\n", "", `data: line 2: column 2: "four" is no number`},
	{"long text", "1\n" + strings.Repeat("x", 29) + strings.Repeat("y", 2) + "\n", "", "column 1: a field of 31 " +
		"bytes"},
	{"damaged first row", "1.5,2x\n3,4\n", "",
		`data: line 1: column 2 (2x): "2x" is no number, yet column 1 is 1.5`},
	{"NaN among names", "a,nan\n3,4\n", "", "yet column 2 is nan"},
	{"repeated name", "0,0,1x\n3,4,5\n", "",
		`data: line 1: column 2 (0): the header has the name "0" in column 1 too`},
	{"semicolons", "1;2\n3;4\n", "", `data: line 1: column 1 (1;2): "1;2" starts like a number but is not one`},
	{"decimal commas", "x,y\n1,2\n1,5,2,3\n", "", "4 fields, but the header"},
	{"empty field", "x,y\n1,\n", "", "data: line 2: column 2 (y): the field is empty"},
	{"empty field in the first row", "1,,2\n", "", "data: line 1: column 2: the field is empty"},
	{"NaN", "x,y\n1,2\n3,NaN\n-inf,4\n", "", "data: line 3: column 2 (y): NaN is NaN or infinite, the first of 2 " +
		"such values among 6"},
	{"overflow", "1,2\n1,-1e999\n", "", "line 2: column 2: -1e999 is NaN or infinite, the first of 1"},
	{"overflow in the first row", "1,1e999\n", "", "line 1: column 2: 1e999 is NaN or infinite"},
	{"Latin-1", "x,y\n1,2\n3,\xe9\n", "", "data: line 3: byte 3 is not UTF-8"},
	{"UTF-16", "\xff\xfe1\x00,\x002\x00\n\x00", "", "data: line 1: byte 1 is not UTF-8"},
	{"zero byte", "1,2\n3,4\x00\n", "", "line 2: there is a zero byte"},
	{"open quote", "1,2\n\"3,4\n5,6\n", "", "data: line 2: a quote is not closed in its line"},
	{"quote within a field", "1,2\n3,4\"5\"\n", "", `data: line 2: byte 4: bare " in non-quoted-field`},
	{"long field", strings.Repeat("1", 31) + ",2\n", "", "data: line 1: column 1: a field of 31 bytes, and at " +
		"most 30"},
	{"long line", strings.Repeat("1,", 30) + "2\n", "", "data: line 1: the line has more than 60 bytes"},
	{"long text", strings.Repeat("# 5678901234567890\n", 30), "",
		"data: line 22: the text has more than 400 bytes"},
	{"many values", "1,2,4\n4,5,6\n7,8,9\n", "", "data: line 3: more than 8 values"},
	{"no such label", "x,y\n1,2\n", "z", `there is no column "z" for the labels among 2`},
	{"label 0", "1,2\n", "0", "give a name of the header, or 1 .. 2, or -1"},
	{"label 3", "1,2\n", "3", `there is no column "3"`},
	{"label -3", "1,2\n", "-3", `there is no column "-3"`},
	{"nothing but labels", "1\n", "1", "the only column is that of the labels"},
	{"label 1.5", "1,1.5\n", "2", `data: line 1: column 2: "1.5" is no class label: these are integers in 0 .. 9`},
	{"label -1", "1,-1\n", "2", `"-1" is no class label`},
	{"label 10", "1,10\n", "2", `"10" is no class label`},
	{"label of no size", "1,1e-400\n", "2", "line 1: column 2: 1e-400 is not 0"},
	{"label NaN", "x,c\n1,nan\n", "c", `column 2 (c): "nan" is no class label`},
	{"gzip", "\x1f\x8b", "", "gzip damaged"},
	{"gzip checksum", string(brokenCSV), "", "CSV damaged, get the file again: gzip: invalid checksum"},
	{"gzip cut", string(brokenCSV[:15]), "", "CSV damaged, get the file again: unexpected EOF"},
}

func TestCSVFaults(t *testing.T) {
	for _, c := range badCSV {
		_, err := Reader{Label: c.label}.readCSV(strings.NewReader(c.text), smallCSV)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := ReadCSV(iotest.ErrReader(errors.New("disk on fire")), ""); err == nil || !strings.Contains(err.Error(),
		"disk on fire") {
		t.Errorf("reader: %v", err)
	}
}

// OpenCSV names file and line as compilers do, so that editors find the place.
func TestOpenCSV(t *testing.T) {
	path := filepath.Join(t.TempDir(), "points.csv")
	for text, want := range map[string]string{
		"x,y\n1,2\n3,four\n": path + `:3: column 2 (y): "four" is no number`,
		"x,y\n1,2\n3\n":      path + ":3: 1 fields, but the header, line 1, has 2",
		"\xe9\n":             path + ":1: byte 1 is not UTF-8",
		"":                   path + ": data: the CSV text has no points",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenCSV(path, ""); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if err := os.WriteFile(path, zip([]byte("1,2\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err := OpenCSV(path, ""); err != nil || p.N != 1 || p.D != 2 {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := OpenCSV(path+".not", ""); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

// FuzzReadCSV: any text gives a one-sentence error or finite points, with memory in proportion to the text.
func FuzzReadCSV(f *testing.F) {
	for _, seed := range []string{"", "1,2\n3,4.5\n", "x,y\r\n1,2\r\n", "\ufeffx,c\n1,2\n", "1,\"2\"\n", "\"1\n2\",3\n",
		"# c\n\n1\n",
		"1,NaN\n", "1,,2\n", "\xff\xfe1\x00", "1;2\n3;4\n", string(zip([]byte("1,2\n"))), "\x1f\x8b\x08",
		"1e999,-1e-999\n",
		"0x1p3,1_0\n", "0,1\n1,2\n", ",x,y\n0,1,2\n", "NA,3\n1,2\n", "x\n9007199254740993\n", "-nan,1\n",
		"Unnamed: 0,x\n0,1\n",
		"x,y,\n1,2,\n", count(0, 12), "2019,2020\n1,2\n", "0.0,1.0\n1,2\n", "9007199254740993e0,1e-400\n",
		"9.007199254740993e15\n", "90071992547409930e-1\n"} {
		f.Add(seed, "")
		f.Add(seed, "-1")
	}
	f.Fuzz(func(t *testing.T, text, label string) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p, err := ReadCSV(strings.NewReader(text), label)
		runtime.ReadMemStats(&after)
		size := uint64(len(text))
		if strings.HasPrefix(text, "\x1f\x8b") {
			size *= 1032 // the largest factor of deflate
		}
		if got, bound := after.TotalAlloc-before.TotalAlloc, 1<<20+200*size; got > bound {
			t.Errorf("%d bytes allocated for %d of text", got, size)
		}
		if err != nil {
			if strings.Contains(err.Error(), "\n") || len(err.Error()) > 500 {
				t.Errorf("not one sentence: %v", err)
			}
			return
		}
		if err := p.finite(); err != nil {
			t.Error(err)
		}
		if p.Columns != nil && len(p.Columns) != p.D || p.Labels != nil && len(p.Labels) != p.N || (label == "") !=
			(p.Labels == nil) {
			t.Errorf("%d columns, %d labels for [%d, %d]", len(p.Columns), len(p.Labels), p.N, p.D)
		}
	})
}
