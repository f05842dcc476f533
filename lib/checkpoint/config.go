package checkpoint

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"scorelab/internal/strictjson"
)

// canonical is the JSON of a configuration with sorted keys: the same text for the same settings.
func canonical(config any) (json.RawMessage, error) {
	text, err := json.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("the configuration is no JSON: %w", err)
	}
	tree, err := parse(text)
	if err != nil {
		return nil, err
	}
	return json.Marshal(tree)
}

// parse reads JSON and keeps numbers as they are written.
func parse(text []byte) (tree any, err error) {
	if err := strictjson.Unmarshal(text, &tree); err != nil {
		return nil, fmt.Errorf("the configuration cannot be used: %w", err)
	}
	return tree, nil
}

// hashOf is the hexadecimal SHA-256 of some bytes.
func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// ConfigError is the error of a checkpoint that was made under other settings.
type ConfigError struct {
	Path        string
	Differences []string // "adam.Rate is 0.1 there, 0.2 here"
}

func (e *ConfigError) Error() string {
	const most = 8
	shown := e.Differences
	more := ""
	if len(shown) > most {
		shown, more = shown[:most], fmt.Sprintf(", and %d more", len(shown)-most)
	}
	return fmt.Sprintf("%s was made under another configuration: %s%s; train on with that one, or in another folder",
		e.Path, strings.Join(shown, ", "), more)
}

// differences lists the settings in which two configurations, in canonical JSON, differ.
func differences(there, here json.RawMessage) ([]string, error) {
	a, b := map[string]string{}, map[string]string{}
	for text, settings := range map[*json.RawMessage]map[string]string{&there: a, &here: b} {
		tree, err := parse(*text)
		if err != nil {
			return nil, err
		}
		flatten("", tree, settings)
	}
	names := maps.Clone(a)
	maps.Copy(names, b)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		x, isThere := a[name]
		y, isHere := b[name]
		switch {
		case !isThere:
			out = append(out, fmt.Sprintf("%s is %s here and missing there", name, y))
		case !isHere:
			out = append(out, fmt.Sprintf("%s is %s there and missing here", name, x))
		case x != y:
			out = append(out, fmt.Sprintf("%s is %s there, %s here", name, x, y))
		}
	}
	return out, nil
}

// flatten writes the leaves of a JSON tree by their paths. Different trees have different leaves. A key that could be
// read as a path or as an index of a list is quoted, as in adam."a.b".
func flatten(path string, tree any, into map[string]string) {
	place := cmp.Or(path, "the configuration") // no path has a space outside of quotes
	below := func(name string) string {
		if path == "" {
			return name
		}
		return path + "." + name
	}
	switch node := tree.(type) {
	case map[string]any:
		for key, value := range node {
			if !plainKey.MatchString(key) {
				key = strconv.Quote(key)
			}
			flatten(below(key), value, into)
		}
		if len(node) == 0 {
			into[place] = "{}"
		}
	case []any:
		for i, value := range node {
			flatten(below(strconv.Itoa(i)), value, into)
		}
		if len(node) == 0 {
			into[place] = "[]"
		}
	default:
		text, _ := json.Marshal(node) // a leaf of parsed JSON
		into[place] = string(text)
	}
}

var plainKey = regexp.MustCompile(`^[\pL_][\pL\pN_-]*$`)
