package strictjson

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

type inner struct {
	Shape   []int     `json:"shape"`
	Offsets [2]uint64 `json:"data_offsets"`
}

type embedded struct {
	Extra string `json:"extra,omitempty"`
}

// own is a type with its own method to read JSON.
type own float64

func (x *own) UnmarshalJSON([]byte) error { *x = 7; return nil }

type outer struct {
	Name   string           `json:"name"`
	Inner  inner            `json:"inner"`
	Many   []inner          `json:"many,omitempty"`
	ByName map[string]inner `json:"by_name,omitempty"`
	Maybe  *inner           `json:"maybe,omitempty"`
	Any    any              `json:"any,omitempty"`
	Raw    json.RawMessage  `json:"raw,omitempty"`
	Own    own              `json:"own,omitempty"`
	Plain  int              `json:",omitempty"`
	hidden int
	Not    int `json:"-"`
	embedded
}

const in = `{"shape": [1], "data_offsets": [0, 1]}`

func TestUnmarshal(t *testing.T) {
	text := ` {"name": "a", "inner": ` + in + `, "many": [` + in + `],
		"by_name": {"Shape": ` + in + `}, "maybe": ` + in +
		`, "any": [1e400, {"name": null}], "raw": {"x": [null]}, "own": "x",
		"Plain": 3, "extra": "e"}
	`
	one := inner{[]int{1}, [2]uint64{0, 1}}
	want := outer{Name: "a", Inner: one, Many: []inner{one}, ByName: map[string]inner{"Shape": one}, Maybe: &one,
		Own: 7, Plain: 3, Any: []any{json.Number("1e400"), map[string]any{"name": nil}},
		Raw: json.RawMessage(`{"x": [null]}`)}
	want.Extra = "e"
	var got outer
	if err := Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) || got.hidden != 0 {
		t.Errorf("%+v, want %+v", got, want)
	}
	for _, text := range []string{
		`{"name": "", "inner": ` + in + `, "many": null, "by_name": null, "maybe": null, "any": null}`,
		`{"name": "\ud800", "inner": ` + in + `}`} {
		if err := Unmarshal([]byte(text), &got); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Unmarshal refuses text that encoding/json accepts or reads differently.
func TestUnmarshalRefuses(t *testing.T) {
	rest := `"inner": ` + in + `}`
	for _, c := range []struct{ want, text string }{
		{`line 1: the value has the key "name" twice`, `{"name": "a", "name": "b", ` + rest},
		{`line 3: the value has the unknown field "Name" (it is "name")`, "{\n\"name\": \"a\",\n\"Name\": \"b\", " +
			rest},
		{`the value has the unknown field "more"`, `{"name": "a", "more": 1, ` + rest},
		{`unknown field "hidden"`, `{"name": "a", "hidden": 1, ` + rest},
		{`unknown field "Not"`, `{"name": "a", "Not": 1, ` + rest},
		{`unknown field "-"`, `{"name": "a", "-": 1, ` + rest},
		{`unknown field "embedded"`, `{"name": "a", "embedded": 1, ` + rest},
		{`the value has no field "name"`, `{` + rest},
		{`name is null`, `{"name": null, ` + rest},
		{`inner has no field "data_offsets"`, `{"name": "a", "inner": {"shape": [1]}}`},
		{`inner is null`, `{"name": "a", "inner": null}`},
		{`many[1] has no field "data_offsets"`, `{"name": "a", "many": [` + in + `, {"shape": []}], ` + rest},
		{`maybe has the unknown field "SHAPE" (it is "shape")`,
			`{"name": "a", "maybe": {"SHAPE": [], "data_offsets": [0, 1]}, ` + rest},
		{`by_name has the key "b" twice`, `{"name": "a", "by_name": {"b": ` + in + `, "b": ` + in + `}, ` + rest},
		{`by_name has the key "b" twice`, `{"name": "a", "by_name": {"b": ` + in + `, "\u0062": ` + in + `}, ` + rest},
		{`inner.data_offsets has 1 values instead of 2`, `{"name": "a", "inner": {"shape": [], "data_offsets": [0]}}`},
		{`inner.data_offsets has 3 values instead of 2`,
			`{"name": "a", "inner": {"shape": [], "data_offsets": [0, 1, 2]}}`},
		{`inner.shape[0] is null`, `{"name": "a", "inner": {"shape": [null], "data_offsets": [0, 1]}}`},
		{`any.x[0] has the key "y" twice`, `{"name": "a", "any": {"x": [{"y": 1, "y": 2}]}, ` + rest},
		{`raw has the key "y" twice`, `{"name": "a", "raw": {"y": 1, "y": 2}, ` + rest},
		{`own has the key "y" twice`, `{"name": "a", "own": {"y": 1, "y": 2}, ` + rest},
		{`line 2: something follows the value`, `{"name": "a", ` + rest + "\n{}"},
		{`something follows the value`, `{"name": "a", ` + rest + `]`},
		{`line 2: bytes that are not UTF-8`, "{\"name\": \"a\",\n\"any\": \"\xff\", " + rest},
		{"unexpected EOF", ""},
		{"unexpected EOF", `{"name": "a", `},
		{"cannot unmarshal number", `{"name": 1, ` + rest},
		{"cannot unmarshal array", `[]`},
		{"exceeded max depth", strings.Repeat("[", 20000)},
	} {
		var got outer
		err := Unmarshal([]byte(c.text), &got)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.99s: got %v, want one line with %q", c.text, err, c.want)
		}
	}
	var tree any
	if err := Unmarshal([]byte(strings.Repeat("[", 20000)), &tree); err == nil {
		t.Error("a tree without end is read")
	}
	if err := Unmarshal([]byte(`null`), &tree); err != nil || tree != nil {
		t.Errorf("null: %v, %v", tree, err)
	}
}

// No text causes a panic, and values equal those of encoding/json.
func FuzzUnmarshal(f *testing.F) {
	for _, seed := range []string{
		"", "null", `{"name": "a", "inner": ` + in + `}`, `{"name": "a", "name": "b"}`,
		`{"any": [{}, [], 1e9, "\ud800"]}`, "{}{}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var tree any
		if err := Unmarshal([]byte(text), &tree); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("not one line: %v", err)
		}
		var got, want outer
		if err := Unmarshal([]byte(text), &got); err != nil {
			return
		}
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatalf("encoding/json refuses: %v", err)
		}
		got.Any, want.Any = nil, nil // numbers have another type
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, encoding/json reads %+v", got, want)
		}
	})
}
