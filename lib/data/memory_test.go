package data

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"
)

// repeated returns n bytes of a repeated text.
func repeated(text string, n int) io.Reader {
	block := bytes.Repeat([]byte(text), 1+1<<16/len(text))
	return &io.LimitedReader{R: &cycle{block: block}, N: int64(n)}
}

type cycle struct {
	block []byte
	at    int
}

func (c *cycle) Read(p []byte) (int, error) {
	n := copy(p, c.block[c.at:])
	c.at = (c.at + n) % len(c.block)
	return n, nil
}

// zipped is r through gzip.
func zipped(t *testing.T, readers ...io.Reader) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.Copy(w, io.MultiReader(readers...)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const manyBytes = 1 << 22

// memoryCase is a file that unpacks to much more than its size.
type memoryCase struct {
	name  string
	file  []byte
	read  func(Reader, io.Reader) (int, error)
	label string
	bytes int // of the values; 0: there are none
	text  int // bytes of text that the reader drops, besides the values
}

// memoryCases are the files of all readers.
func memoryCases(t *testing.T) []memoryCase {
	points := func(read func(Reader, io.Reader) (*Points, error)) func(Reader, io.Reader) (int, error) {
		return func(r Reader, in io.Reader) (int, error) {
			p, err := read(r, in)
			if err != nil {
				return 0, err
			}
			return 8 * (len(p.X) + len(p.Labels)), nil
		}
	}
	csv, npys := points(Reader.CSV), points(Reader.NPY)
	idx := func(r Reader, in io.Reader) (int, error) {
		a, err := r.IDX(in)
		if err != nil {
			return 0, err
		}
		return len(a.Raw), nil
	}
	head := func(text string) io.Reader { return strings.NewReader(text) }
	array := func(fortran bool, n int) []byte {
		shape := fmt.Sprintf("(%d,)", n)
		return zipped(t, bytes.NewReader(npy(1, dict("|u1", fortran, shape), nil)), repeated("\x05", n))
	}
	return []memoryCase{
		{"CSV", zipped(t, repeated("5\n", manyBytes)), csv, "", 8 * manyBytes / 2, 8 * manyBytes},
		{"CSV of labels", zipped(t, repeated("5,3\n", manyBytes)), csv, "1", 8 * manyBytes / 2, 8 * manyBytes},
		{"CSV of one line", zipped(t, repeated("5,", 1<<20), head("5\n")), csv, "", 8 * (1<<19 + 1), 128 << 20},
		{"CSV of blank lines", zipped(t, repeated("\n", manyBytes)), csv, "", 0, 0},
		{"CSV of a line that does not end", zipped(t, repeated("5", 1<<24)), csv, "", 0, 128 << 20},
		{"CSV of commas", zipped(t, repeated(",", 1<<24)), csv, "", 0, 128 << 20},
		{"NPY", array(false, manyBytes), npys, "", 8 * manyBytes, 0},
		{"NPY, Fortran", array(true, manyBytes-3), npys, "", 8 * (manyBytes - 3), 0},
		{"IDX", zipped(t, bytes.NewReader(header(Uint8, 2048, 2048)), repeated("\x05", manyBytes)), idx, "", manyBytes,
			0},
	}
}

// A small gzipped file that unpacks to a large one takes no more memory than Reader states. If its values fit, that is
// twice their bytes. If not, it is twice the bound until the file is refused.
func TestReadersMemory(t *testing.T) {
	for _, c := range memoryCases(t) {
		c.check(t)
	}
}

// measure reads the file under a bound. It returns the bytes of the values and the bytes allocated. Freed memory
// counts, too, so a bound on TotalAlloc bounds the memory in use.
func (c memoryCase) measure(bound int) (got int, allocated uint64, err error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, err = c.read(Reader{MaxBytes: bound, Label: c.label}, bytes.NewReader(c.file))
	runtime.ReadMemStats(&after)
	return got, after.TotalAlloc - before.TotalAlloc, err
}

func (c memoryCase) check(t *testing.T) {
	t.Helper()
	const slack = 2 << 20
	got, allocated, err := c.measure(max(c.bytes, 1<<20))
	if got != c.bytes || (err == nil) != (c.bytes > 0) {
		t.Errorf("%s: %d bytes of values, want %d: %v", c.name, got, c.bytes, err)
	}
	if most := uint64(3*c.bytes + c.text + slack); allocated > most {
		t.Errorf("%s: %d bytes allocated for %d of values, want at most %d", c.name, allocated, c.bytes, most)
	}
	t.Logf("%-32s %8d bytes zipped, %10d of values, %10d allocated", c.name, len(c.file), got, allocated)
	if c.bytes == 0 {
		return
	}
	_, allocated, err = c.measure(c.bytes / 4)
	if err == nil || !strings.Contains(err.Error(), "split the file or set MaxBytes of a Reader") {
		t.Errorf("%s, with a quarter of what it takes: %v", c.name, err)
	}
	if most := uint64(3*c.bytes/4 + c.text/4 + slack); c.name != "CSV of one line" && allocated > most {
		t.Errorf("%s: %d bytes allocated until it is refused at %d, want at most %d", c.name, allocated, c.bytes/4,
			most)
	}
}

// Invalid settings of a Reader are refused.
func TestReaderRejects(t *testing.T) {
	for _, r := range []Reader{{MaxBytes: -1}, {Header: 3}, {Header: -1}, {Index: 3}, {Index: -1}} {
		_, csvErr := r.CSV(strings.NewReader("1,2\n"))
		_, npyErr := r.NPY(bytes.NewReader(npy(1, dict("|u1", false, "(1,)"), []byte{1})))
		_, idxErr := r.IDX(bytes.NewReader(append(header(Uint8, 1), 1)))
		for _, err := range []error{csvErr, npyErr, idxErr} {
			if err == nil || !strings.Contains(err.Error(), "of a Reader is ") {
				t.Errorf("%+v: %v", r, err)
			}
		}
	}
	_, err := Reader{MaxBytes: 8}.CSV(strings.NewReader("1,2\n"))
	if at := (*LineError)(nil); !errors.As(err, &at) {
		t.Errorf("one value allowed, two read: %v", err)
	}
}

// Growing keeps the values, and never makes more room than needed.
func TestGrown(t *testing.T) {
	for _, want := range []int{1, 2, 4095, 4096, 4097, 8193, 100_003, 1 << 17, 1<<17 + 1} {
		var x []int
		copied := 0
		for i := range want {
			if len(x) == cap(x) {
				copied += len(x)
			}
			if x = append(grown(x, want), i); cap(x) > want {
				t.Fatalf("room for %d of %d", cap(x), want)
			}
		}
		var p pieces[int]
		for i, v := range x {
			if v != i {
				t.Fatalf("value %d of %d is %d", i, want, v)
			}
			p.add(v)
		}
		if copied > want+int(math.Log2(float64(want))) {
			t.Errorf("%d values copied for %d", copied, want)
		}
		joined := p.join()
		if len(joined) != want {
			t.Fatalf("%d of %d values", len(joined), want)
		}
		for i, v := range joined {
			if v != i {
				t.Fatalf("value %d of %d is %d", i, want, v)
			}
		}
	}
	if (&pieces[int]{}).join() != nil {
		t.Error("an empty list is not nil")
	}
}
