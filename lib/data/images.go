package data

import "fmt"

// Images are N gray images of H x W pixels, each with a class label. Pixel (row i, column j) of image n is
// Pixels[(n*H+i)*W+j], which is the layout [N, H, W, 1]. A byte b becomes b/127.5 - 1 in [-1, 1], so 0, the background
// of MNIST, becomes -1. Other ranges of gray are scaled to [-1, 1] as well. Labels are in 0 .. Classes-1.
type Images struct {
	N, H, W int
	Pixels  []float32
	Labels  []int
	Classes int
}

// Image is the pixels of image n, [H*W], in shared memory.
func (im *Images) Image(n int) []float32 {
	size := im.H * im.W
	return im.Pixels[n*size : (n+1)*size : (n+1)*size]
}

// Slice is the images from .. to-1, in shared memory.
func (im *Images) Slice(from, to int) (*Images, error) {
	if from < 0 || from >= to || to > im.N {
		return nil, fmt.Errorf("data: no images %d .. %d of %d", from, to-1, im.N)
	}
	out, size := *im, im.H*im.W
	out.N = to - from
	out.Pixels = im.Pixels[from*size : to*size : to*size]
	out.Labels = im.Labels[from:to:to]
	return &out, nil
}

// Split returns the first train images, and the others, which are held out. Both share memory with im and must not be
// empty.
func (im *Images) Split(train int) (first, rest *Images, err error) {
	if first, err = im.Slice(0, train); err != nil {
		return nil, nil, err
	}
	if rest, err = im.Slice(train, im.N); err != nil {
		return nil, nil, fmt.Errorf("data: a split after %d of %d images holds none out", train, im.N)
	}
	return first, rest, nil
}

// OfClass returns a copy of the images of one class. It is an error if there are none.
func (im *Images) OfClass(class int) (*Images, error) {
	out := &Images{H: im.H, W: im.W, Classes: im.Classes}
	for i, label := range im.Labels {
		if label == class {
			out.N++
			out.Pixels = append(out.Pixels, im.Image(i)...)
			out.Labels = append(out.Labels, label)
		}
	}
	if out.N == 0 {
		return nil, fmt.Errorf("data: no image of class %d among %d of classes 0 .. %d", class, im.N, im.Classes-1)
	}
	return out, nil
}

// Float64 is the pixels of all images as float64, [N*H*W].
func (im *Images) Float64() []float64 {
	out := make([]float64, len(im.Pixels))
	for i, v := range im.Pixels {
		out[i] = float64(v)
	}
	return out
}

// Counts is the number of images of each class, [Classes].
func (im *Images) Counts() []int {
	counts := make([]int, im.Classes)
	for _, label := range im.Labels {
		counts[label]++
	}
	return counts
}

// Byte is the gray value 0 .. 255 of a pixel in [-1, 1]: the inverse of the scaling of Images, clipped.
func Byte(pixel float32) byte {
	return byte(min(255, max(0, (pixel+1)*127.5+.5)))
}

// NewImages makes images from arrays of bytes: images of rank 3, [N, H, W], and labels of rank 1, [N], all below
// classes. Classes 0 means one more than the largest label.
func NewImages(images, labels *IDX, classes int) (*Images, error) {
	if images.Type != Uint8 || len(images.Dims) != 3 {
		return nil, fmt.Errorf("data: images are bytes (type 08) in rank 3, not type %02x of dimensions %v: are these "+
			"the labels?", byte(images.Type), images.Dims)
	}
	if labels.Type != Uint8 || len(labels.Dims) != 1 {
		return nil, fmt.Errorf("data: labels are bytes (type 08) in rank 1, not type %02x of dimensions %v: are these "+
			"the images?", byte(labels.Type), labels.Dims)
	}
	if images.Dims[0] != labels.Dims[0] {
		return nil, fmt.Errorf("data: %d images (dimensions %v) but %d labels: files of different sets?",
			images.Dims[0], images.Dims, labels.Dims[0])
	}
	im := &Images{N: images.Dims[0], H: images.Dims[1], W: images.Dims[2], Classes: classes,
		Pixels: make([]float32, len(images.Raw)), Labels: make([]int, len(labels.Raw))}
	for i, b := range images.Raw {
		im.Pixels[i] = float32(b)/127.5 - 1
	}
	bad, first := 0, 0
	for i, b := range labels.Raw {
		im.Labels[i] = int(b)
		if classes == 0 {
			im.Classes = max(im.Classes, int(b)+1)
		} else if int(b) >= classes {
			if bad == 0 {
				first = i
			}
			bad++
		}
	}
	if bad > 0 {
		return nil, fmt.Errorf("data: %d labels are not in 0 .. %d, the first is %d at index %d",
			bad, classes-1, im.Labels[first], first)
	}
	return im, nil
}

// LoadImages reads a pair of IDX files like the original ones of MNIST, Fashion-MNIST or EMNIST (whose images are
// transposed, and whose letters count from 1), plain or gzipped. Classes 0 means one more than the largest label.
func LoadImages(imagesPath, labelsPath string, classes int) (*Images, error) {
	return Reader{}.LoadImages(imagesPath, labelsPath, classes)
}

// LoadImages is LoadImages with the settings of r. Each byte of the file takes four bytes more as a pixel.
func (r Reader) LoadImages(imagesPath, labelsPath string, classes int) (*Images, error) {
	images, err := r.OpenIDX(imagesPath)
	if err != nil {
		return nil, err
	}
	labels, err := r.OpenIDX(labelsPath)
	if err != nil {
		return nil, err
	}
	im, err := NewImages(images, labels, classes)
	if err != nil {
		return nil, fmt.Errorf("%s with %s: %w", imagesPath, labelsPath, err)
	}
	return im, nil
}
