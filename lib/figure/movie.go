package figure

import (
	"fmt"
	"image"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Movie holds the settings of an animation.
type Movie struct {
	Delay time.Duration // of a frame; 0: 80 ms; resolved to 10 ms
	Hold  time.Duration // of the last frame; 0: 1.5 s
	Once  bool          // stop at the last frame instead of starting over
	Zoom  int           // device pixels per logical pixel; 0: 1
}

// hundredths is the duration of frame i of n in 1/100 s.
func (m Movie) hundredths(i, n int) int {
	d := m.Delay
	if d <= 0 {
		d = 80 * time.Millisecond
	}
	if i == n-1 && n > 1 {
		d = m.Hold
		if d <= 0 {
			d = 1500 * time.Millisecond
		}
	}
	return min(max(2, int(d/(10*time.Millisecond))), math.MaxUint16) // the range of the formats
}

// render draws the frames on all processors. They must have the same size. All are in memory at once, at 4 bytes a
// pixel, because the palette is chosen from all of them.
func (m Movie) render(frames []Figure) ([]*image.RGBA, error) {
	if len(frames) == 0 {
		return nil, fmt.Errorf("figure: an animation needs a frame")
	}
	images, errs := make([]*image.RGBA, len(frames)), make([]error, len(frames))
	parallel(len(frames), func(i int) { images[i], errs[i] = frames[i].render(max(1, m.Zoom)) })
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("frame %d: %w", i, err)
		}
		if images[i].Rect != images[0].Rect {
			return nil, fmt.Errorf("figure: frame %d is %v large but frame 0 is %v", i, images[i].Rect.Size(),
				images[0].Rect.Size())
		}
	}
	return images, nil
}

// parallel calls do(0) .. do(n-1) on all processors; each call may write only what belongs to its number.
func parallel(n int, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}

// changed is the smallest rectangle outside which two frames are equal. It has at least one pixel.
func changed(a, b *image.RGBA) image.Rectangle {
	r := a.Rect
	x0, y0, x1, y1 := r.Max.X, r.Max.Y, r.Min.X, r.Min.Y
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if a.RGBAAt(x, y) != b.RGBAAt(x, y) {
				x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x+1), y+1
			}
		}
	}
	if x0 >= x1 {
		return image.Rect(r.Min.X, r.Min.Y, r.Min.X+1, r.Min.Y+1)
	}
	return image.Rect(x0, y0, x1, y1)
}
