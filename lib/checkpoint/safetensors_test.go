package checkpoint

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"pgregory.net/rapid"
)

var regen = flag.Bool("regen", false, "write testdata/ours.safetensors anew, for testdata/golden.py to read")

func contents(t testing.TB, x *tensors.Tensor) (data []byte) {
	t.Helper()
	if err := x.ConstBytes(func(values []byte) { data = bytes.Clone(values) }); err != nil {
		t.Fatal(err)
	}
	return data
}

// same fails the test unless two groups have the same types, shapes and bits.
func same(t testing.TB, got, want Tensors) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d tensors, want %d", len(got), len(want))
	}
	for name, x := range want {
		y := got[name]
		if y == nil || !y.Shape().Equal(x.Shape()) || !bytes.Equal(contents(t, x), contents(t, y)) {
			t.Fatalf("tensor %q is %v, want %v", name, y, x)
		}
	}
}

// The format's own library writes the tensors that we read, and reads those that we write (testdata/golden.py).
func TestGolden(t *testing.T) {
	file, err := os.ReadFile("testdata/golden.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	golden, err := DecodeTensors(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"f64": [][]float64{{1.5, -2.25, 1e300}, {0, math.Copysign(0, -1), 5e-324}}, "i32": int32(-7),
		"i64": []int64{-1 << 63, 1<<63 - 1},
		"u8":  [][]uint8{{0}, {255}}, "bool": []bool{true, false, true}, `layer/0 "weights" σ`: []float32{3},
	} {
		if got := golden[name]; got == nil || fmt.Sprint(got.Value()) != fmt.Sprint(want) {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	ours, err := EncodeTensors(golden)
	if err != nil {
		t.Fatal(err)
	}
	if *regen {
		if err := os.WriteFile("testdata/ours.safetensors", ours, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile("testdata/ours.safetensors")
	if err != nil || !bytes.Equal(ours, committed) {
		t.Errorf("we write other bytes than testdata/ours.safetensors: %v", err)
	}
}

// Tensors are read back with the same bits, and their file has the same bytes each time.
func TestTensorsRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := Tensors{}
		for i := range rapid.IntRange(0, 4).Draw(rt, "tensors") {
			dtype := rapid.SampledFrom([]dtypes.DType{dtypes.Float64, dtypes.Float32, dtypes.BFloat16, dtypes.Int32,
				dtypes.Uint8}).Draw(rt, "type")
			x := tensors.FromShape(shapes.Make(dtype, rapid.SliceOfN(rapid.IntRange(1, 4), 0, 3).Draw(rt, "shape")...))
			err := x.MutableBytes(func(data []byte) {
				copy(data, rapid.SliceOfN(rapid.Byte(), len(data), len(data)).Draw(rt, "values"))
			})
			if err != nil {
				t.Fatal(err)
			}
			want[fmt.Sprint(rapid.String().Draw(rt, "name"), i)] = x
		}
		file, err := EncodeTensors(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeTensors(file)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, want)
		if again, err := EncodeTensors(got); err != nil || !bytes.Equal(file, again) {
			t.Fatalf("other bytes the second time: %v", err)
		}
	})
}

// file is a safetensors file with this header.
func file(header string, data ...byte) []byte {
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), data...)
}

// one is a file of one byte, described by these fields.
func one(fields string) []byte { return file(`{"x": {`+fields+`}}`, 0) }

// badFiles are files that are no safetensors, with the reason.
var badFiles = []struct {
	want string
	file []byte
}{
	{"0 bytes are no safetensors file", nil},
	{"7 bytes are no safetensors file", make([]byte, 7)},
	{"the header has 9 bytes, the file 10", append(binary.LittleEndian.AppendUint64(nil, 9), "{}"...)},
	{"the header has 18446744073709551615 bytes", bytes.Repeat([]byte{255}, 8)},
	{"no JSON object", file("[]")},
	{"no JSON object", file("")},
	{`tensor "x"`, file(`{"x": 1}`)},
	{"unknown field", file(`{"x": {"dtype": "U8", "shape": [], "data_offsets": [0, 1], "more": 1}}`, 0)},
	{`type "F31" is not known`, file(`{"x": {"dtype": "F31", "shape": [], "data_offsets": [0, 4]}}`, 0, 0, 0, 0)},
	{"bytes 1 to 2 of 2, and 0 were expected to come first",
		file(`{"x": {"dtype": "U8", "shape": [1], "data_offsets": [1, 2]}}`, 0, 0)},
	{"bytes 0 to 2 of 1", file(`{"x": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}}`, 0)},
	{"bytes 0 to 1 of 2, and 1",
		file(`{"x": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]},
			"y": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}`, 0, 0)},
	{"the tensors have 1 bytes, the file 2", file(`{"x": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}`, 0,
		0)},
	{"4 bytes are not 8", file(`{"x": {"dtype": "F64", "shape": [], "data_offsets": [0, 4]}}`, 0, 0, 0, 0)},
	{"8 bytes are too few", file(`{"x": {"dtype": "F64", "shape": [2], "data_offsets": [0, 8]}}`,
		make([]byte, 8)...)},
	{"too few", file(
		`{"x": {"dtype": "F64", "shape": [4294967296, 4294967296, 4294967296], "data_offsets": [0, 8]}}`,
		make([]byte, 8)...)},
	{"has no values", file(`{"x": {"dtype": "F64", "shape": [0], "data_offsets": [0, 0]}}`)},
	{"has no values", file(`{"x": {"dtype": "F64", "shape": [-1], "data_offsets": [0, 0]}}`)},
	{`has the key "x" twice`, file(`{"x": {"dtype": "U8", "shape": [], "data_offsets": [0, 1]},
		"x": {"dtype": "I8", "shape": [], "data_offsets": [0, 1]}}`, 0)},
	{`has the key "x" twice`, file(`{"x": {"dtype": "U8", "shape": [], "data_offsets": [0, 1]},
		"\u0078": {"dtype": "U8", "shape": [], "data_offsets": [1, 2]}}`, 0, 0)},
	{`has the key "dtype" twice`, one(`"dtype": "U8", "dtype": "I8", "shape": [], "data_offsets": [0, 1]`)},
	{`has no field "shape"`, one(`"dtype": "U8", "data_offsets": [0, 1]`)},
	{`shape is null`, one(`"dtype": "U8", "shape": null, "data_offsets": [0, 1]`)},
	{`shape[0] is null`, one(`"dtype": "U8", "shape": [null], "data_offsets": [0, 1]`)},
	{`unknown field "Shape" (it is "shape")`, one(`"dtype": "U8", "Shape": [], "data_offsets": [0, 1]`)},
	{`unknown field "DTYPE"`, one(`"DTYPE": "U8", "shape": [], "data_offsets": [0, 1]`)},
	{`has no field "dtype"`, one(`"shape": [], "data_offsets": [0, 1]`)},
	{`has no field "data_offsets"`, one(`"dtype": "U8", "shape": []`)},
	{"has 3 values instead of 2", one(`"dtype": "U8", "shape": [], "data_offsets": [0, 1, 7]`)},
	{"has 1 values instead of 2", one(`"dtype": "U8", "shape": [], "data_offsets": [0]`)},
	{"data_offsets is null", one(`"dtype": "U8", "shape": [], "data_offsets": null`)},
	{"the value is null", file(`{"x": null}`)},
	{"__metadata__: json: cannot unmarshal number", file(`{"__metadata__": {"a": 1}}`)},
	{`the key "a" twice`, file(`{"__metadata__": {"a": "1", "a": "2"}}`)},
	{"something follows the value", file(`{} {}`)},
	{"not UTF-8", file("{\"\xff\": 1}")},
	{"neither 0 nor 1", file(`{"x": {"dtype": "BOOL", "shape": [], "data_offsets": [0, 1]}}`, 2)},
}

// A file that is no file of tensors is refused with a reason.
func TestDecodeRejects(t *testing.T) {
	for _, c := range badFiles {
		if _, err := DecodeTensors(c.file); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(
			err.Error(), "\n") {
			t.Errorf("%.60q: got %v, want one line with %q", c.file, err, c.want)
		}
	}
	for name, x := range (Tensors{"x": tensors.FromScalar(complex64(1)), "__metadata__": tensors.FromScalar(1.5),
		"\xff": tensors.FromScalar(1.5)}) {
		if _, err := EncodeTensors(Tensors{name: x}); err == nil || !strings.Contains(err.Error(), "cannot hold") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// No bytes cause a panic or more memory than the file. Decoded tensors are encoded again to the same tensors.
func FuzzDecodeTensors(f *testing.F) {
	for _, name := range []string{"golden", "ours"} {
		data, err := os.ReadFile("testdata/" + name + ".safetensors")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(file(`{"x": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}}`, 0, 1))
	for _, fields := range []string{
		`"dtype": "U8", "data_offsets": [0, 1]`, `"dtype": "U8", "Shape": [], "data_offsets": [0, 1]`,
		`"dtype": "U8", "dtype": "I8", "shape": [], "data_offsets": [0, 1]`,
		`"dtype": "U8", "shape": null, "data_offsets": [0]`,
	} {
		f.Add(one(fields))
	}
	f.Add(file(`{"__metadata__": {"a": "b"}, "x": {"dtype": "U8", "shape": [], "data_offsets": [0, 1]}, "x": {}}`, 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := DecodeTensors(data)
		if err != nil {
			return
		}
		file, err := EncodeTensors(got)
		if err != nil {
			t.Fatal(err)
		}
		again, err := DecodeTensors(file)
		if err != nil {
			t.Fatal(err)
		}
		same(t, again, got)
	})
}
