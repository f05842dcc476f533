package density

import (
	"fmt"
	"math"
	"sort"

	"github.com/gomlx/gomlx/core/tensors"
)

// evaluate integrates over each box. Each call takes the same number of boxes.
func (c cubature) evaluate(boxes []box) ([]part, error) {
	parts := make([]part, 0, len(boxes))
	for from := 0; from < len(boxes); from += c.boxes {
		batch := boxes[from:min(len(boxes), from+c.boxes)]
		fine, coarse, err := c.call(batch)
		if err != nil {
			return nil, err
		}
		functions := len(fine) / c.boxes
		for i, b := range batch {
			p := part{box: b, value: fine[i*functions : (i+1)*functions], error: make([]float64, functions)}
			for k, v := range p.value {
				p.error[k] = math.Abs(v - coarse[i*functions+k])
				if math.IsNaN(p.error[k]) || math.IsInf(p.error[k], 0) {
					return nil, fmt.Errorf("the function or the density is not finite near %.6g", b.center)
				}
			}
			parts = append(parts, p)
		}
	}
	return parts, nil
}

// call evaluates one batch, filled up with copies of its first box.
func (c cubature) call(batch []box) (fine, coarse []float64, err error) {
	d := len(batch[0].center)
	var centers, halves []float64
	for i := range c.boxes {
		b := batch[0]
		if i < len(batch) {
			b = batch[i]
		}
		centers, halves = append(centers, b.center...), append(halves, b.half...)
	}
	out, err := c.exec.Call(tensors.FromFlatDataAndDimensions(centers, c.boxes, d), tensors.FromFlatDataAndDimensions(
		halves, c.boxes, d), c.time)
	if err != nil {
		return nil, nil, err
	}
	if fine, err = tensors.CopyFlatData[float64](out[0]); err != nil {
		return nil, nil, err
	}
	coarse, err = tensors.CopyFlatData[float64](out[1])
	return fine, coarse, err
}

// worst returns the boxes to split, the worst first, at most so many. It returns none when the differences are small.
// Each of the first functions is judged on its own. The others share a unit, so a function that vanishes is not refined
// because of its rounding.
func worst(parts []part, alone, most int) []int {
	size, gap := gaps(parts, alone)
	done := true
	for k := range size {
		done = done && !(gap[k] > cubatureTolerance*size[k])
	}
	if done {
		return nil
	}
	errors := make([]float64, len(parts))
	var split []int
	for i, p := range parts {
		for k, e := range p.error {
			if size[k] > 0 {
				errors[i] = math.Max(errors[i], e/size[k])
			}
		}
		if errors[i] > cubatureTolerance/float64(len(parts)) {
			split = append(split, i)
		}
	}
	sort.SliceStable(split, func(a, b int) bool { return errors[split[a]] > errors[split[b]] })
	return split[:min(most, len(split))]
}

// gaps returns for each function the summed difference of the two rules and the size to compare it with. The size is
// the integral of the magnitude. Functions that share a unit take the largest of theirs.
func gaps(parts []part, alone int) (size, gap []float64) {
	size, gap = make([]float64, len(parts[0].value)), make([]float64, len(parts[0].value))
	for _, p := range parts {
		for k, v := range p.value {
			size[k], gap[k] = size[k]+math.Abs(v), gap[k]+p.error[k]
		}
	}
	shared := 0.
	for _, v := range size[alone:] {
		shared = math.Max(shared, v)
	}
	for k := alone; k < len(size); k++ {
		size[k] = shared
	}
	return size, gap
}

// converged returns an error if the two rules still differ when all boxes are used.
func converged(parts []part, alone int) error {
	size, gap := gaps(parts, alone)
	for k := range size {
		if !(gap[k] <= convergedTolerance*size[k]) {
			return fmt.Errorf("the integral has not converged: with %d boxes it is known to a relative error of only "+
				"%.1g; "+
				"the function varies too fast for them, so smooth it or integrate it by samples", len(parts),
				gap[k]/size[k])
		}
	}
	return nil
}

// total is the integral of each function.
func total(parts []part) []float64 {
	sums := make([]float64, len(parts[0].value))
	for _, p := range parts {
		for k, v := range p.value {
			sums[k] += v
		}
	}
	return sums
}
