package data

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// npy is a file in NPY format with this header.
func npy(version byte, header string, raw []byte) []byte {
	out := append([]byte("\x93NUMPY"), version, 0)
	if version == 1 {
		out = binary.LittleEndian.AppendUint16(out, uint16(len(header)))
	} else {
		out = binary.LittleEndian.AppendUint32(out, uint32(len(header)))
	}
	return append(append(out, header...), raw...)
}

// dict is a header as numpy writes it.
func dict(descr string, fortran bool, shape string) string {
	order := "False"
	if fortran {
		order = "True"
	}
	return fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }   \n", descr, order, shape)
}

// Files that numpy wrote give the values that numpy reads from them: testdata/npy.py.
func TestNPYGolden(t *testing.T) {
	text, err := os.ReadFile("testdata/npy.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden map[string]struct {
		N, D int
		X    []float64
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob("testdata/npy/*.npy")
	if len(files) != len(golden) || len(files) < 20 {
		t.Errorf("%d files, %d arrays", len(files), len(golden))
	}
	for name, want := range golden {
		got, err := OpenNPY("testdata/npy/" + name + ".npy")
		if err != nil {
			t.Error(err)
		} else if diff := cmp.Diff(&Points{N: want.N, D: want.D, X: want.X}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Arrays of any rank and order agree with a plain loop over the index, also gzipped and byte by byte.
func TestNPYShapes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(1, 4), 1, 5).Draw(t, "shape")
		fortran := rapid.Bool().Draw(t, "fortran")
		total, text := 1, ""
		for _, s := range shape {
			total *= s
			text += fmt.Sprint(s, ",")
		}
		values := make([]uint16, total) // the value of an element is its index in C order
		for i := range values {
			at := i
			if fortran {
				at = 0
				rest, stride := i, total
				for k := len(shape) - 1; k >= 0; k-- { // the axes from the last one, which runs slowest in the file
					stride /= shape[k]
					at += rest % shape[k] * stride
					rest /= shape[k]
				}
			}
			values[at] = uint16(i)
		}
		raw, _ := binary.Append(nil, binary.BigEndian, values)
		file := npy(byte(rapid.IntRange(1, 3).Draw(t, "version")), dict(">u2", fortran, "("+text+")"), raw)
		for _, in := range []io.Reader{bytes.NewReader(file), iotest.OneByteReader(bytes.NewReader(zip(file)))} {
			p, err := ReadNPY(in)
			if err != nil {
				t.Fatal(err)
			}
			if p.N != shape[0] || p.N*p.D != total {
				t.Fatalf("[%d, %d] from %v", p.N, p.D, shape)
			}
			for i, v := range p.X {
				if v != float64(i) {
					t.Fatalf("shape %v, fortran %v: %v", shape, fortran, p.X)
				}
			}
		}
	})
}

var (
	rawNPY           = make([]byte, 48)
	wholeNPY         = npyOfShape("(3, 2)")
	nanNPY, _        = binary.Append(nil, binary.LittleEndian, []float64{1, 2, 3, math.NaN(), math.Inf(1), 6})
	beyondFloat64, _ = binary.Append(nil, binary.LittleEndian, []int64{1, 1<<53 + 1})
)

// npyOfShape is a file with the given shape. The next functions make files with a wrong type or header.
func npyOfShape(s string) []byte { return npy(1, dict("<f8", false, s), rawNPY) }
func npyOfType(s string) []byte  { return npy(1, dict(s, false, "(3, 2)"), rawNPY) }
func npyWith(s string) []byte    { return npy(1, s, rawNPY) }

// badNPY are files that ReadNPY refuses.
var badNPY = []struct {
	name string
	file []byte
	want string
}{
	{"empty file", nil, "NPY ends within the magic number"},
	{"three bytes", []byte("\x93NU"), "NPY ends within the magic number"},
	{"seven bytes", []byte("\x93NUMPY\x01"), "NPY ends within the magic number"},
	{"text", []byte("x,y\n1,2\n"), "not an NPY file: it begins with 78 2c"},
	{"npz", []byte("PK\x03\x04 and so on"), "this is an archive of arrays (.npz): save the one you want"},
	{"version", []byte("\x93NUMPY\x04\x00\x00\x00"), "NPY format 4.0"},
	{"minor version", []byte("\x93NUMPY\x01\x01\x00\x00"), "NPY format 1.1"},
	{"no length", []byte("\x93NUMPY\x02\x00\x00\x00"), "ends within the length of the header"},
	{"short header", []byte("\x93NUMPY\x01\x00\x10\x00{"), "ends within the header"},
	{"huge header", []byte("\x93NUMPY\x02\x00\xff\xff\xff\xff{"), "the NPY header has 4294967295 bytes"},
	{"no dictionary", npyWith("[1]"), "it does not begin with {"},
	{"Python", npyWith("{'descr': __import__('os').system('true'), }"), "is no string in quotes"},
	{"escape", npyWith(`{'descr': '\x3cf8', }`), "is no string in quotes"},
	{"open string", npyWith("{'descr': '<f8, }"), "is no string in quotes"},
	{"open dictionary", npyWith("{'descr': '<f8'"), "neither , nor } follows the value of descr"},
	{"no colon", npyWith("{'descr' '<f8', }"), `no colon follows the key "descr"`},
	{"key twice", npyWith("{'shape': (3,), 'shape': (3,), }"), `the key "shape" is there twice`},
	{"other key", npyWith("{'shape': (3,), 'title': 'x', }"), `there is no key "title"`},
	{"key missing", npyWith("{'descr': '<f8', 'shape': (3,), }"), "it has 2 of the keys"},
	{"more", npyWith(strings.TrimSpace(dict("<f8", false, "(3, 2)")) + " 1"), `"1" follows the }`},
	{"truth", npyWith("{'fortran_order': 1, }"), "is not True or False"},
	{"shape without parentheses", npyOfShape("3"), "is no shape in parentheses"},
	{"number in parentheses", npyOfShape("(3)"), "(3) is a number"},
	{"negative", npyOfShape("(-3, 2)"), "is no length of an axis"},
	{"float", npyOfShape("(3.0, 2)"), "is no length of an axis"},
	{"beyond int", npyOfShape("(99999999999999999999, 2)"), "is no length of an axis that fits"},
	{"no comma", npyOfShape("(3 2)"), "is no length of an axis"},
	{"many axes", npyOfShape("(" + strings.Repeat("1,", 65) + ")"), "more than 64 axes"},
	{"no axes", npyOfShape("()"), "is a single number"},
	{"no points", npyOfShape("(0, 2)"), "shape [0 2] is empty"},
	{"no columns", npyOfShape("(3, 0)"), "shape [3 0] is empty"},
	{"absurd", npyOfShape("(67108864, 2)"), "more than 67108864 values"},
	{"overflow", npyOfShape("(4294967296, 4294967296)"), "more than 67108864 values"},
	{"promises", npyOfShape("(67108864,)"), "NPY ends within value 7 of 67108864"},
	{"truncated", wholeNPY[:len(wholeNPY)-1], "NPY ends within value 6 of 6: truncated"},
	{"trailing", append(wholeNPY[:len(wholeNPY):len(wholeNPY)], 0), "bytes follow the 6 values of the NPY array: the " +
		"shape [3 2] is wrong"},
	{"half precision", npyOfType("<f2"), `its values are of type "<f2": save the array as float64`},
	{"complex", npyOfType("<c16"), `of type "<c16"`},
	{"text values", npyOfType("<U3"), `of type "<U3"`},
	{"no byte order", npyOfType("|f8"), `of type "|f8"`},
	{"native order", npyOfType("=f8"), `of type "=f8"`},
	{"objects", npyOfType("|O"), "Python objects, and pickles run code"},
	{"records", npyWith("{'descr': [('x', '<f8'), ('y', '<f8')], 'fortran_order': False, 'shape': (3,), }"),
		"an array of records"},
	{"bool", npy(1, dict("|b1", false, "(2,)"), []byte{1, 2}), "value 2 of 2 is the byte 2, not 0 or 1"},
	{"beyond 2^53", npy(1, dict("<i8", false, "(2,)"), beyondFloat64), "value 2 of 2 is 9007199254740993, beyond 2^53"},
	{"below -2^53", npy(1, dict(">i8", false, "(1,)"), []byte{0xff, 0xdf, 255, 255, 255, 255, 255, 255}),
		"value 1 of 1 is -9007199254740993, beyond 2^53"},
	{"unsigned beyond 2^53", npy(1, dict("<u8", false, "(2,)"), beyondFloat64), "value 2 of 2 is 9007199254740993, " +
		"beyond 2^53"},
	{"NaN", npy(1, dict("<f8", false, "(3, 2)"), nanNPY), "2 of 6 values are NaN or infinite, the first at row 1, " +
		"column 1"},
	{"NaN, Fortran", npy(1, dict("<f8", true, "(3, 2)"), nanNPY), "2 of 6 values are NaN or infinite, the first at " +
		"row 0, column 1"},
	{"gzip", []byte("\x1f\x8b"), "gzip damaged"},
	{"gzip checksum", withBadChecksum(wholeNPY), "NPY damaged at the end, get the file again: gzip: invalid checksum"},
}

func TestNPYFaults(t *testing.T) {
	for _, c := range badNPY {
		_, err := ReadNPY(bytes.NewReader(c.file))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := ReadNPY(io.MultiReader(bytes.NewReader(wholeNPY[:100]),
		iotest.ErrReader(errors.New("disk on fire")))); err == nil || !strings.Contains(err.Error(), "disk on fire") {
		t.Errorf("reader: %v", err)
	}
	path := filepath.Join(t.TempDir(), "short.npy")
	if err := os.WriteFile(path, wholeNPY[:90], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenNPY(path); err == nil || !strings.HasPrefix(err.Error(), path+": data: NPY ends within") {
		t.Errorf("%v does not name %s", err, path)
	}
	if _, err := OpenNPY(path + ".not"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

// FuzzReadNPY: any bytes give a one-sentence error or finite points, with memory in proportion to the bytes.
func FuzzReadNPY(f *testing.F) {
	files, _ := filepath.Glob("testdata/npy/*.npy")
	for _, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	for _, seed := range [][]byte{nil, npy(1, dict("<f8", false, "(67108864,)"), nil),
		npy(1, dict(">i8", true, "(1,1)"), []byte{0, 32, 0, 0, 0, 0, 0, 1}), npy(1, dict("<f4", false, "()"),
			make([]byte, 4)), npy(2, dict("|u1", true, "(2,2)"), []byte("abcd")),
		npy(3, "{'shape':(1,),\"descr\":\"|b1\",'fortran_order':True}", []byte{1}),
		zip(npy(1, dict("|i1", false, "(2,)"), []byte{1, 2})), []byte("PK\x03\x04")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p, err := ReadNPY(bytes.NewReader(raw))
		runtime.ReadMemStats(&after)
		size := uint64(len(raw))
		if bytes.HasPrefix(raw, []byte{0x1f, 0x8b}) {
			size *= 1032
		}
		if got, bound := after.TotalAlloc-before.TotalAlloc, 1<<20+64*size; got > bound {
			t.Errorf("%d bytes allocated for %d", got, size)
		}
		switch {
		case err != nil && strings.Contains(err.Error(), "\n"):
			t.Errorf("not one line: %v", err)
		case err == nil && p.finite() != nil:
			t.Error(p.finite())
		}
	})
}
