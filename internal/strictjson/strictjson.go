// Package strictjson reads JSON that a program wrote for a program. It refuses text that encoding/json accepts:
// duplicate keys, keys in another case, unknown or missing keys, null, lists of another length, and bytes that are not
// UTF-8.
package strictjson

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Error is the error of a text that breaks the rules, with its place.
type Error struct {
	Line    int // from 1
	Problem string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Problem) }

// Unmarshal is json.Unmarshal for one value and nothing after it. No object may have a key twice. A struct must have
// all its fields under their exact names, except for those with omitempty, and no others. Null is allowed only for
// pointers, lists, maps and interfaces. An array has as many values as its type. Numbers in an interface are
// json.Number.
//
// Invalid JSON and other types give an error of encoding/json, everything else an *Error. After an error the value of
// into must not be used.
func Unmarshal(text []byte, into any) error {
	if !utf8.Valid(text) {
		at := 0
		for r, size := utf8.DecodeRune(text); r != utf8.RuneError || size > 1; r, size = utf8.DecodeRune(text[at:]) {
			at += size
		}
		return &Error{lineAt(text, at), "bytes that are not UTF-8"}
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	if rest := bytes.TrimLeft(text[decoder.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return &Error{lineAt(text, len(text)-len(rest)), "something follows the value"}
	}
	c := checker{text: text, in: json.NewDecoder(bytes.NewReader(text))}
	c.in.UseNumber()
	return c.value("", reflect.TypeOf(into).Elem())
}

// checker checks a text that encoding/json has read into a type.
type checker struct {
	text []byte
	in   *json.Decoder
}

func (c *checker) fault(format string, args ...any) error {
	return &Error{lineAt(c.text, int(c.in.InputOffset())), fmt.Sprintf(format, args...)}
}

func lineAt(text []byte, offset int) int { return 1 + bytes.Count(text[:offset], []byte("\n")) }

// value checks the next value, which is at path, against a type. nil means any type.
func (c *checker) value(path string, t reflect.Type) error {
	token, err := c.in.Token()
	if err != nil {
		return err
	}
	for t != nil && t.Kind() == reflect.Pointer && token != nil {
		if decodesItself(t) {
			t = nil
			break
		}
		t = t.Elem()
	}
	if t != nil && (t.Kind() == reflect.Interface || decodesItself(reflect.PointerTo(t))) {
		t = nil
	}
	switch token {
	case nil:
		if t != nil && t.Kind() != reflect.Pointer && t.Kind() != reflect.Slice && t.Kind() != reflect.Map {
			return c.fault("%s is null", place(path))
		}
		return nil
	case json.Delim('{'):
		return c.object(path, t)
	case json.Delim('['):
		return c.list(path, t)
	}
	return nil
}

func (c *checker) object(path string, t reflect.Type) error {
	known := map[string]field{}
	isStruct := t != nil && t.Kind() == reflect.Struct
	if isStruct {
		fieldsOf(t, known)
	}
	seen := map[string]bool{}
	for c.in.More() {
		token, err := c.in.Token()
		if err != nil {
			return err
		}
		key := token.(string) // of an object of valid JSON
		var below reflect.Type
		switch f, ok := known[key]; {
		case seen[key]:
			return c.fault("%s has the key %q twice", place(path), key)
		case ok:
			below = f.t
		case isStruct:
			return c.fault("%s has the unknown field %q%s", place(path), key, nearIn(known, key))
		case t != nil && t.Kind() == reflect.Map:
			below = t.Elem()
		}
		seen[key] = true
		if err := c.value(path+"."+key, below); err != nil {
			return err
		}
	}
	for name, f := range known {
		if f.required && !seen[name] {
			return c.fault("%s has no field %q", place(path), name)
		}
	}
	_, err := c.in.Token()
	return err
}

func (c *checker) list(path string, t reflect.Type) error {
	var below reflect.Type
	n := 0
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
		below = t.Elem()
	}
	for ; c.in.More(); n++ {
		if err := c.value(path+"["+strconv.Itoa(n)+"]", below); err != nil {
			return err
		}
	}
	if t != nil && t.Kind() == reflect.Array && n != t.Len() {
		return c.fault("%s has %d values instead of %d", place(path), n, t.Len())
	}
	_, err := c.in.Token()
	return err
}

// field is a field of a struct by its name in JSON.
type field struct {
	t        reflect.Type
	required bool
}

// fieldsOf adds the fields of a struct, and those of the structs that are embedded in it.
func fieldsOf(t reflect.Type, into map[string]field) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if inside := f.Type; f.Anonymous && name == "" {
			if inside.Kind() == reflect.Pointer {
				inside = inside.Elem()
			}
			if inside.Kind() == reflect.Struct {
				fieldsOf(inside, into)
				continue
			}
		}
		if !f.IsExported() || name == "-" && options == "" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		optional := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
		into[name] = field{f.Type, !optional}
	}
}

// nearIn returns the field that differs from key only in case.
func nearIn(known map[string]field, key string) string {
	for name := range known {
		if strings.EqualFold(name, key) {
			return fmt.Sprintf(" (it is %q)", name)
		}
	}
	return ""
}

var (
	unmarshaler     = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// decodesItself reports whether a type has its own method to read JSON.
func decodesItself(t reflect.Type) bool {
	return t.Implements(unmarshaler) || t.Implements(textUnmarshaler)
}

// place writes a path for an error message.
func place(path string) string { return cmp.Or(strings.TrimPrefix(path, "."), "the value") }
