package data

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSets checks every row of the registry against its declaration.
func TestSets(t *testing.T) {
	for _, s := range Sets {
		t.Run(s.Name, func(t *testing.T) {
			im, err := s.Load()
			if err != nil {
				t.Fatal(err)
			}
			if im.N != s.N || im.H != s.H || im.W != s.W || im.Classes != s.Classes {
				t.Errorf("%d images of %d x %d in %d classes, declared %d of %d x %d in %d",
					im.N, im.H, im.W, im.Classes, s.N, s.H, s.W, s.Classes)
			}
			if len(im.Pixels) != s.N*s.H*s.W || len(im.Labels) != s.N {
				t.Fatalf("%d pixels, %d labels", len(im.Pixels), len(im.Labels))
			}
			if lo, hi := slices.Min(im.Pixels), slices.Max(im.Pixels); lo != -1 || hi != 1 {
				t.Errorf("pixels in [%g, %g]", lo, hi)
			}
			train, held, err := im.Split(s.Train)
			if err != nil {
				t.Fatal(err)
			}
			for name, part := range map[string]*Images{"training": train, "held-out": held} {
				if slices.Min(part.Counts()) == 0 {
					t.Errorf("the %s part has classes without images: %v", name, part.Counts())
				}
			}
			if again, _ := s.Load(); &again.Pixels[0] == &im.Pixels[0] || !slices.Equal(again.Pixels, im.Pixels) {
				t.Error("a second load is not an equal copy")
			}
			if s.Licence == "" || s.Attribution == "" || s.About == "" {
				t.Error("about, license or attribution missing")
			}
		})
	}
}

func TestDigits(t *testing.T) {
	im, err := Digits()
	if err != nil {
		t.Fatal(err)
	}
	want := []int{1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978}
	if !slices.Equal(im.Counts(), want) {
		t.Errorf("class counts %v, want %v", im.Counts(), want)
	}
	train, held, err := im.Split(DigitsTrain)
	if err != nil || train.N != 9000 || held.N != 1000 || held.Labels[0] != im.Labels[9000] {
		t.Fatalf("split: %v", err)
	}
	if &held.Image(0)[0] != &im.Pixels[9000*28*28] {
		t.Error("held-out images are not the last ones")
	}
	// A border pixel is background in nearly every image and the middle in few, so rows and columns are not mixed up.
	border, middle := 0, 0
	for n := range im.N {
		if im.Image(n)[0] == -1 {
			border++
		}
		if im.Image(n)[14*28+14] == -1 {
			middle++
		}
	}
	if border != im.N || middle > im.N/2 {
		t.Errorf("%d corners and %d middles are background", border, middle)
	}
}

// The classes of a set have all of its images, each exactly once and in order.
func TestOfClass(t *testing.T) {
	im, err := Optdigits()
	if err != nil {
		t.Fatal(err)
	}
	place := make([]int, im.Classes)
	classes := make([]*Images, im.Classes)
	for c := range classes {
		if classes[c], err = im.OfClass(c); err != nil || classes[c].N != im.Counts()[c] || classes[c].H != im.H {
			t.Fatalf("class %d: %v", c, err)
		}
	}
	for i, label := range im.Labels {
		if !slices.Equal(im.Image(i), classes[label].Image(place[label])) {
			t.Fatalf("image %d is not image %d of class %d", i, place[label], label)
		}
		place[label]++
	}
	if x := im.Float64(); len(x) != len(im.Pixels) || x[77] != float64(im.Pixels[77]) {
		t.Error("other pixels in float64")
	}
	few, _ := im.Slice(0, 1)
	if _, err := few.OfClass(im.Labels[0] + 1); err == nil || !strings.Contains(err.Error(), "no image of class") {
		t.Errorf("a class that is not there: %v", err)
	}
}

func TestOptdigits(t *testing.T) {
	im, err := Optdigits()
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{178, 182, 177, 183, 181, 182, 181, 179, 174, 180}; !slices.Equal(im.Counts(), want) {
		t.Errorf("class counts %v, want %v", im.Counts(), want)
	}
	// The first row of the first image, a zero: 0 0 5 13 9 1 0 0.
	if want := []float32{-1, -1, -.375, .625, .125, -.875, -1, -1}; !slices.Equal(im.Image(0)[:8], want) ||
		im.Labels[0] != 0 {
		t.Errorf("first row %v of class %d, want %v of class 0", im.Image(0)[:8], im.Labels[0], want)
	}
}

func TestByteInverts(t *testing.T) {
	for b := range 256 {
		if got := Byte(float32(b)/127.5 - 1); int(got) != b {
			t.Errorf("%d becomes %d", b, got)
		}
	}
	if Byte(-1.7) != 0 || Byte(2) != 255 {
		t.Error("pixels outside [-1, 1] are not clipped")
	}
}

func TestLoadImages(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, raw []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	images := file("images", append(header(Uint8, 2, 1, 3), 0, 51, 255, 255, 0, 0))
	labels := file("labels.gz", zip(append(header(Uint8, 2), 4, 1)))
	im, err := LoadImages(images, labels, 0)
	if err != nil {
		t.Fatal(err)
	}
	if im.Classes != 5 || !slices.Equal(im.Labels, []int{4, 1}) || !slices.Equal(im.Image(0), []float32{-1, -.6, 1}) {
		t.Errorf("%+v", im)
	}
	floats := file("floats", append(header(Float32, 1, 1, 1), 0, 0, 0, 0))
	three := file("three", append(header(Uint8, 3), 1, 2, 3))
	for _, c := range []struct {
		images, labels string
		classes        int
		want           string
	}{
		{images, three, 0, "2 images (dimensions [2 1 3]) but 3 labels"},
		{labels, images, 0, "are these the labels?"},
		{images, images, 0, "are these the images?"},
		{floats, labels, 0, "not type 0d of dimensions [1 1 1]"},
		{images, labels, 4, "1 labels are not in 0 .. 3, the first is 4 at index 0"},
		{filepath.Join(dir, "none"), labels, 0, "no such file"},
		{images, filepath.Join(dir, "none"), 0, "no such file"},
	} {
		_, err := LoadImages(c.images, c.labels, c.classes)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	_, err = Reader{MaxBytes: 5}.LoadImages(images, labels, 0)
	if err == nil || !strings.Contains(err.Error(), "exceeds 5 bytes") {
		t.Errorf("six bytes where five are allowed: %v", err)
	}
	for _, train := range []int{-1, 0, 2, 3} {
		if _, _, err := im.Split(train); err == nil {
			t.Errorf("a split after %d of 2 images is no error", train)
		}
	}
}
