package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Another configuration is refused, and the error names every setting that differs.
func TestOtherConfiguration(t *testing.T) {
	dir := t.TempDir()
	f, _ := open(t, dir, 3)
	save(t, f, 1)
	other := settings()
	other["rate"], other["layers"], other["adam"] = 2e-3, []int{2, 3, 4}, map[string]any{"clip": 1}
	_, err := f.Load(other, "go")
	oneLine(t, err, "step-00000001 was made under another configuration: adam.beta is 0.9 there and missing here, "+
		"layers.2 is 4 here and missing there, rate is 0.001 there, 0.002 here")
	if wrong := (*ConfigError)(nil); !errors.As(err, &wrong) || len(wrong.Differences) != 3 {
		t.Errorf("%v", err)
	}
	many := map[string]any{}
	for i := range 20 {
		many[fmt.Sprint(i)] = i
	}
	_, err = f.Load(many, "go")
	oneLine(t, err, "and 18 more")
	if _, err := f.Load(func() {}, "go"); err == nil {
		t.Error("a function is no configuration")
	}
}

// Two configurations are equal only if their JSON is, for any keys.
func TestConfigurationsDiffer(t *testing.T) {
	for _, pair := range [][2]string{
		{`{"a.b": 1}`, `{"a": {"b": 1}}`}, {`{"a": [1]}`, `{"a": {"0": 1}}`}, {`{"a[0]": 1}`, `{"a": [1]}`},
		{`{"": 1}`, `1`},
		{`{"a": {"": 1}}`, `{"a": 1}`}, {`{"a": {}}`, `{"a": []}`}, {`{"a": {}}`, `{"a": "{}"}`}, {`{"a": null}`, `{}`},
		{`{"a": {}}`, `{}`}, {`["x"]`, `{"0": "x"}`}, {`[[1]]`, `{"0.0": 1}`},
		{`{"\"a\"": {"b": 1}}`, `{"a.b": 1}`}, {`{"a": 1}`, `{"A": 1}`}, {`{"the configuration": 1}`, `1`},
		{`{}`, `[]`},
	} {
		dir := t.TempDir()
		f, _ := open(t, dir, 1)
		c := state(1)
		c.Config = json.RawMessage(pair[0])
		if err := f.Save(c); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Load(json.RawMessage(pair[0]), "go"); err != nil {
			t.Errorf("%s against itself: %v", pair[0], err)
		}
		_, err := f.Load(json.RawMessage(pair[1]), "go")
		if wrong := (*ConfigError)(nil); !errors.As(err, &wrong) {
			t.Errorf("%s is taken for %s: %v", pair[1], pair[0], err)
		}
		oneLine(t, err, "was made under another configuration")
		c.Config = json.RawMessage(`{"a": 1, "a": 2}`)
		oneLine(t, f.Save(c), `has the key "a" twice`)
	}
	key := rapid.SampledFrom([]string{"", "a", "b", "0", "a.b", `"a"`, "a[0]", "[0]", "the configuration"})
	var tree func(depth int) *rapid.Generator[any]
	tree = func(depth int) *rapid.Generator[any] {
		leaf := rapid.SampledFrom([]any{nil, "{}", 0, 1})
		if depth == 0 {
			return leaf
		}
		return rapid.OneOf(leaf, rapid.Map(rapid.SliceOfN(tree(depth-1), 0, 2), func(list []any) any { return list }),
			rapid.Map(rapid.MapOfN(key, tree(depth-1), 0, 2), func(object map[string]any) any { return object }))
	}
	rapid.Check(t, func(t *rapid.T) {
		a, err := canonical(tree(3).Draw(t, "there"))
		if err != nil {
			t.Fatal(err)
		}
		b, err := canonical(tree(3).Draw(t, "here"))
		if err != nil {
			t.Fatal(err)
		}
		diff, err := differences(a, b)
		if err != nil || (len(diff) == 0) != (string(a) == string(b)) {
			t.Fatalf("%s and %s: %q, %v", a, b, diff, err)
		}
	})
}

// A step before that of the newest checkpoint would never be loaded, so saving it is an error and writes nothing.
func TestSaveRefusesEarlierSteps(t *testing.T) {
	for _, keep := range []int{1, 2, 5} {
		dir := t.TempDir()
		f, _ := open(t, dir, keep)
		save(t, f, 10, 30)
		oneLine(t, f.Save(state(5)), dir+" holds the checkpoint of step 30", "instead of step 5: remove the later")
		before := list(t, dir)
		oneLine(t, f.Save(state(29)), "instead of step 29")
		if after := list(t, dir); !slices.Equal(before, after) {
			t.Errorf("there are %q, and were %q", after, before)
		}
		f.Close()
		f, _ = open(t, dir, keep)
		if c, err := f.Load(settings(), "go"); err != nil {
			t.Fatal(err)
		} else {
			whole(t, c, 30)
		}
		oneLine(t, f.Save(state(5)), "instead of step 5")
		save(t, f, 30, 31)
	}
}
