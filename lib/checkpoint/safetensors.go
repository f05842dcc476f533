package checkpoint

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/internal/strictjson"
)

// A file of tensors in the safetensors format is
//
//	8 bytes   length of the header, little-endian
//	header    JSON {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}, padded with spaces
//	data      the values, little-endian, in row-major order; the offsets count from here and leave no gaps
//
// Its key "__metadata__", a map of strings, is ignored.

// Tensors are tensors by name.
type Tensors map[string]*tensors.Tensor

// typeNames are the format's names of the types that GoMLX has, too.
var typeNames = map[dtypes.DType]string{
	dtypes.Float64: "F64", dtypes.Float32: "F32", dtypes.Float16: "F16", dtypes.BFloat16: "BF16",
	dtypes.Int64: "I64", dtypes.Int32: "I32", dtypes.Int16: "I16", dtypes.Int8: "I8",
	dtypes.Uint64: "U64", dtypes.Uint32: "U32", dtypes.Uint16: "U16", dtypes.Uint8: "U8", dtypes.Bool: "BOOL",
}

const (
	metadataKey = "__metadata__"
	maxHeader   = 100_000_000 // the format's own limit
)

// entry is a tensor in the header.
type entry struct {
	Type    string    `json:"dtype"`
	Shape   []int     `json:"shape"`
	Offsets [2]uint64 `json:"data_offsets"`
}

// EncodeTensors writes tensors in the safetensors format. The same tensors give the same bytes. Wide types come first,
// so that all values are aligned. It returns an error for a type that the format lacks.
func EncodeTensors(list Tensors) ([]byte, error) {
	if err := littleEndian(); err != nil {
		return nil, err
	}
	names := slices.SortedFunc(maps.Keys(list), func(a, b string) int {
		return cmp.Or(cmp.Compare(list[b].DType().Size(), list[a].DType().Size()), cmp.Compare(a, b))
	})
	header, data := map[string]entry{}, []byte(nil)
	for _, name := range names {
		x := list[name]
		typeName, ok := typeNames[x.DType()]
		if !ok || name == metadataKey || !utf8.ValidString(name) {
			return nil, fmt.Errorf("safetensors cannot hold %q of type %s", name, x.DType())
		}
		begin := uint64(len(data))
		if err := x.ConstBytes(func(values []byte) { data = append(data, values...) }); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		dims := append([]int{}, x.Shape().Dimensions...)
		header[name] = entry{typeName, dims, [2]uint64{begin, uint64(len(data))}}
	}
	text, err := json.Marshal(header)
	if err != nil {
		return nil, err
	}
	for len(text)%8 != 0 {
		text = append(text, ' ')
	}
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
	return append(append(out, text...), data...), nil
}

// DecodeTensors reads a file of EncodeTensors or another program. It returns an error for a header with duplicate or
// missing keys. It takes memory only for the bytes of the file.
func DecodeTensors(file []byte) (Tensors, error) {
	if err := littleEndian(); err != nil {
		return nil, err
	}
	if len(file) < 8 {
		return nil, fmt.Errorf("%d bytes are no safetensors file", len(file))
	}
	length := binary.LittleEndian.Uint64(file)
	if length > maxHeader || length > uint64(len(file)-8) {
		return nil, fmt.Errorf("the header has %d bytes, the file %d", length, len(file))
	}
	text, data := file[8:8+length], file[8+length:]
	var raw map[string]json.RawMessage
	if err := strictjson.Unmarshal(text, &raw); err != nil {
		return nil, fmt.Errorf("the header is no JSON object of tensors: %w", err)
	}
	if metadata, ok := raw[metadataKey]; ok {
		if err := strictjson.Unmarshal(metadata, &map[string]string{}); err != nil {
			return nil, fmt.Errorf("%s: %w", metadataKey, err)
		}
		delete(raw, metadataKey)
	}
	header := map[string]entry{}
	for name, text := range raw {
		var e entry
		err := strictjson.Unmarshal(text, &e)
		if err == nil && e.Shape == nil {
			err = errors.New("shape is null: a single number has the shape []")
		}
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		header[name] = e
	}
	names := slices.SortedFunc(maps.Keys(header), func(a, b string) int {
		x, y := header[a].Offsets, header[b].Offsets
		return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1]), cmp.Compare(a, b))
	})
	out, end := Tensors{}, uint64(0)
	for _, name := range names {
		e := header[name]
		if e.Offsets[0] != end || e.Offsets[1] < end || e.Offsets[1] > uint64(len(data)) {
			return nil, fmt.Errorf("tensor %q has the bytes %d to %d of %d, and %d were expected to come first", name,
				e.Offsets[0], e.Offsets[1], len(data), end)
		}
		end = e.Offsets[1]
		x, err := e.tensor(data[e.Offsets[0]:end])
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		out[name] = x
	}
	if end != uint64(len(data)) {
		return nil, fmt.Errorf("the tensors have %d bytes, the file %d", end, len(data))
	}
	return out, nil
}

// tensor makes a tensor of these bytes. It returns an error if they do not fit.
func (e entry) tensor(values []byte) (*tensors.Tensor, error) {
	var dtype dtypes.DType
	for d, name := range typeNames {
		if name == e.Type {
			dtype = d
		}
	}
	if dtype == dtypes.InvalidDType {
		return nil, fmt.Errorf("type %q is not known here", e.Type)
	}
	size := dtype.Size()
	for _, dim := range e.Shape {
		if dim < 1 {
			return nil, fmt.Errorf("shape %v has no values", e.Shape)
		}
		if size > len(values)/dim {
			return nil, fmt.Errorf("%d bytes are too few for shape %v of %s", len(values), e.Shape, e.Type)
		}
		size *= dim
	}
	if size != len(values) {
		return nil, fmt.Errorf("%d bytes are not %d, those of shape %v of %s", len(values), size, e.Shape, e.Type)
	}
	if dtype == dtypes.Bool && slices.ContainsFunc(values, func(b byte) bool { return b > 1 }) {
		return nil, errors.New("a BOOL is neither 0 nor 1")
	}
	x := tensors.FromShape(shapes.Make(dtype, e.Shape...))
	return x, x.MutableBytes(func(to []byte) { copy(to, values) })
}

// littleEndian returns an error on machines whose byte order differs from that of the format.
func littleEndian() error {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		return errors.New("safetensors files are little-endian, and this machine is not")
	}
	return nil
}
