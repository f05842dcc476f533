package data

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Values are the elements of the array as float64, exactly, in 8 bytes each. NaN and infinite values are an error with
// their count and the index of the first.
func (a *IDX) Values() ([]float64, error) {
	size := a.Type.Size()
	out := make([]float64, a.Len())
	bad, first := 0, 0
	for i := range out {
		b := a.Raw[i*size : (i+1)*size]
		switch a.Type {
		case Uint8:
			out[i] = float64(b[0])
		case Int8:
			out[i] = float64(int8(b[0]))
		case Int16:
			out[i] = float64(int16(binary.BigEndian.Uint16(b)))
		case Int32:
			out[i] = float64(int32(binary.BigEndian.Uint32(b)))
		case Float32:
			out[i] = float64(math.Float32frombits(binary.BigEndian.Uint32(b)))
		case Float64:
			out[i] = math.Float64frombits(binary.BigEndian.Uint64(b))
		}
		if math.IsNaN(out[i]) || math.IsInf(out[i], 0) {
			if bad == 0 {
				first = i
			}
			bad++
		}
	}
	if bad > 0 {
		return nil, fmt.Errorf("data: %d of %d values are NaN or infinite, the first at index %d", bad, len(out), first)
	}
	return out, nil
}
