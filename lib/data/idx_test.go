package data

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var types = []Type{Uint8, Int8, Int16, Int32, Float32, Float64}

// encode writes what ReadIDX reads.
func encode(a *IDX) []byte {
	out := []byte{0, 0, byte(a.Type), byte(len(a.Dims))}
	for _, d := range a.Dims {
		out = binary.BigEndian.AppendUint32(out, uint32(d))
	}
	return append(out, a.Raw...)
}

func zip(raw []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(raw)
	_ = w.Close()
	return out.Bytes()
}

// header is an IDX file up to its data.
func header(t Type, dims ...int) []byte { return encode(&IDX{t, dims, nil}) }

func TestIDXRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := &IDX{Type: rapid.SampledFrom(types).Draw(t, "type"), Dims: rapid.SliceOfN(rapid.IntRange(1, 4), 1, 5).Draw(
			t, "dims")}
		n := a.Type.Size()
		for _, d := range a.Dims {
			n *= d
		}
		a.Raw = rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "raw")
		for _, file := range [][]byte{encode(a), zip(encode(a))} {
			got, err := ReadIDX(iotest.OneByteReader(bytes.NewReader(file)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(a, got); diff != "" {
				t.Fatal(diff)
			}
			if got.Len()*a.Type.Size() != n {
				t.Fatalf("%d elements", got.Len())
			}
		}
	})
}

func TestValues(t *testing.T) {
	f32, f64 := math.Float32bits(-1.5), math.Float64bits(1e-300)
	for _, c := range []struct {
		a    IDX
		want []float64
	}{
		{IDX{Uint8, []int{2}, []byte{0, 255}}, []float64{0, 255}},
		{IDX{Int8, []int{2}, []byte{0x7f, 0x80}}, []float64{127, -128}},
		{IDX{Int16, []int{1, 2}, []byte{1, 2, 0xff, 0xfe}}, []float64{258, -2}},
		{IDX{Int32, []int{1}, []byte{0xff, 0xff, 0xff, 0xff}}, []float64{-1}},
		{IDX{Float32, []int{1}, binary.BigEndian.AppendUint32(nil, f32)}, []float64{-1.5}},
		{IDX{Float64, []int{1}, binary.BigEndian.AppendUint64(nil, f64)}, []float64{1e-300}},
	} {
		got, err := c.a.Values()
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("type %02x: %v, %v, want %v", byte(c.a.Type), got, err, c.want)
		}
	}
	bad := IDX{Float32, []int{3}, []byte{0, 0, 0, 0, 0x7f, 0x80, 0, 0, 0x7f, 0xc0, 0, 0}}
	if _, err := bad.Values(); err == nil || !strings.Contains(err.Error(), "2 of 3 values are NaN or infinite, the "+
		"first at index 1") {
		t.Error(err)
	}
}

func TestIDXFaults(t *testing.T) {
	broken := errors.New("disk on fire")
	whole := append(header(Uint8, 2, 3), 1, 2, 3, 4, 5, 6)
	flipped := zip(whole)
	flipped[len(flipped)-8] ^= 1 // the checksum
	for _, c := range []struct {
		name string
		in   io.Reader
		want string
	}{
		{"empty", strings.NewReader(""), "ends at byte 0, within the magic number"},
		{"three bytes", strings.NewReader("\x00\x00\x08"), "ends at byte 3, within the magic number"},
		{"text", strings.NewReader("label,pixel0,pixel1\n"), "begins with 6c 61 62 65"},
		{"type", bytes.NewReader([]byte{0, 0, 0x0a, 1, 0, 0, 0, 1}), "not an IDX file"},
		{"rank 0", bytes.NewReader([]byte{0, 0, 8, 0}), "rank above 0"},
		{"half a dimension", bytes.NewReader(header(Uint8, 2, 3)[:10]), "ends at byte 10, within dimension 2 of 2"},
		{"zero", bytes.NewReader(header(Uint8, 7, 0)), "dimension 2 of 2 is 0 at byte 8"},
		{"negative", bytes.NewReader(header(Uint8, -1)), "dimension 1 of 1 is 4294967295 at byte 4"},
		{"overflow", bytes.NewReader(header(Float64, 1<<30, 1<<30, 1<<30, 1<<30)), "exceeds 1073741824 bytes"},
		{"just too large", bytes.NewReader(header(Int16, 1<<15, 1<<14+1)), "exceeds 1073741824 bytes"},
		{"promises", bytes.NewReader(append(header(Uint8, 1<<30), 1, 2)), "needs 1073741824 bytes after byte 8, but " +
			"the data ends after 2"},
		{"truncated", bytes.NewReader(whole[:len(whole)-1]), "needs 6 bytes after byte 12, but the data ends after 5"},
		{"trailing", bytes.NewReader(append(slices.Clone(whole), 0)), "ends at byte 18, but more bytes follow"},
		{"truncated gzip", bytes.NewReader(zip(whole)[:20]), "get the file again"},
		{"gzip of nothing", bytes.NewReader([]byte{0x1f, 0x8b}), "gzip damaged, get the file again"},
		{"gzip checksum", bytes.NewReader(flipped), "damaged near byte 18, get the file again: gzip: invalid checksum"},
		{"gzip trailing", bytes.NewReader(append(zip(whole), "a file after it"...)), "gzip: invalid header"},
		{"reader", io.MultiReader(bytes.NewReader(whole[:14]), iotest.ErrReader(broken)), "damaged near byte 14"},
		{"reader in the header", io.MultiReader(bytes.NewReader(whole[:6]), iotest.ErrReader(broken)), "disk on fire"},
	} {
		if _, err := ReadIDX(c.in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
	path := filepath.Join(t.TempDir(), "short.idx")
	if err := os.WriteFile(path, whole[:13], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenIDX(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v does not name %s", err, path)
	}
	if _, err := OpenIDX(path + ".not"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

// FuzzReadIDX: any bytes give an error or the array that they encode, with memory in proportion to the bytes.
func FuzzReadIDX(f *testing.F) {
	whole := append(header(Int16, 1, 2), 1, 2, 3, 4)
	for _, seed := range [][]byte{nil, whole, zip(whole), whole[:9], append(whole[:12:12], 0, 0, 0, 0, 9),
		header(Uint8, 1<<30),
		header(Float64, 1<<16, 1<<16), {0x1f, 0x8b, 8}, zip(nil), zip(header(Uint8, 1<<29)), []byte("P5 28 28 255\n")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		a, err := ReadIDX(bytes.NewReader(raw))
		runtime.ReadMemStats(&after)
		zipped := bytes.HasPrefix(raw, []byte{0x1f, 0x8b})
		bound := uint64(1<<20 + 16*len(raw))
		if zipped {
			bound += 4 * 1032 * uint64(len(raw)) // the largest factor of deflate, in a buffer that doubles
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > bound {
			t.Errorf("%d bytes allocated for %d", got, len(raw))
		}
		if err == nil && !zipped && !bytes.Equal(encode(a), raw) {
			t.Errorf("% x read as %+v", raw, a)
		}
		if err == nil {
			_, _ = a.Values()
		}
	})
}
