package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"scorelab/internal/atomicdir"
	"scorelab/internal/strictjson"
	"scorelab/lib/backend"
)

// Schema is the version of the format. It increases with every change that older programs would misread.
const Schema = 1

const (
	formatName    = "scorelab checkpoint"
	headName      = "checkpoint.json"
	sumsName      = "SHA256SUMS"
	tensorsSuffix = ".safetensors"
)

// Checkpoint is the state of a computation after Step steps.
type Checkpoint struct {
	Step    int
	Backend string             // name of the backend; only the same one gives the same bits
	Config  any                // all settings that the steps depend on, as JSON; after reading a json.RawMessage
	Groups  map[string]Tensors // "weights", "optimizer", ...: one file for each

	Versions map[string]string // of the software; Save sets them
}

// head is checkpoint.json.
type head struct {
	Format     string            `json:"format"`
	Schema     int               `json:"schema"`
	Step       int               `json:"step"`
	Backend    string            `json:"backend"`
	Versions   map[string]string `json:"versions"`
	Groups     []string          `json:"groups"`
	ConfigHash string            `json:"config_sha256"`
	Config     json.RawMessage   `json:"config"`
}

// DamagedError is the error of a checkpoint with a file that differs from what was written.
type DamagedError struct{ Path, Problem string }

func (e *DamagedError) Error() string { return e.Path + " " + e.Problem }

// VersionError is the error of a checkpoint that a newer program has written.
type VersionError struct {
	Path   string
	Schema int
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%s has schema %d, newer than this program's %d: use the program that wrote it", e.Path,
		e.Schema, Schema)
}

var groupName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// encode makes the files of a checkpoint.
func (c Checkpoint) encode() (map[string][]byte, error) {
	if c.Step < 0 || len(c.Groups) == 0 {
		return nil, fmt.Errorf("a checkpoint of step %d with %d groups of tensors is none", c.Step, len(c.Groups))
	}
	config, err := canonical(c.Config)
	if err != nil {
		return nil, err
	}
	groups := slices.Sorted(maps.Keys(c.Groups))
	text, err := json.MarshalIndent(head{formatName, Schema, c.Step, c.Backend, backend.Versions(), groups,
		hashOf(config), config}, "", "  ")
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{headName: append(text, '\n')}
	for _, name := range groups {
		if !groupName.MatchString(name) {
			return nil, fmt.Errorf("a group of tensors cannot be named %q: give small letters, digits and -", name)
		}
		if files[name+tensorsSuffix], err = EncodeTensors(c.Groups[name]); err != nil {
			return nil, fmt.Errorf("group %s: %w", name, err)
		}
	}
	var sums bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&sums, "%s  %s\n", hashOf(files[name]), name)
	}
	files[sumsName] = sums.Bytes()
	return files, nil
}

// Read reads the checkpoint in a folder. The error of a damaged one is a *DamagedError, and of one that a newer program
// has written a *VersionError.
func Read(dir string) (*Checkpoint, error) {
	files, err := readFiles(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, headName)
	text, ok := files[headName]
	if !ok {
		return nil, &DamagedError{filepath.Join(dir, sumsName), "does not name " + headName}
	}
	h, err := parseHead(path, text)
	if err != nil {
		return nil, err
	}
	if len(h.Groups) == 0 || len(files) != 1+len(h.Groups) {
		return nil, &DamagedError{path, fmt.Sprintf("has %d groups, and %s %d files", len(h.Groups), sumsName,
			len(files))}
	}
	c := &Checkpoint{Step: h.Step, Backend: h.Backend, Config: h.Config, Groups: map[string]Tensors{},
		Versions: h.Versions}
	for _, group := range h.Groups {
		name := group + tensorsSuffix
		data, ok := files[name]
		if !ok {
			return nil, &DamagedError{filepath.Join(dir, sumsName), "does not name " + name}
		}
		if c.Groups[group], err = DecodeTensors(data); err != nil {
			return nil, &DamagedError{filepath.Join(dir, name), "cannot be used: " + err.Error()}
		}
	}
	return c, nil
}

// parseHead reads checkpoint.json. It reads the schema number first, since nothing else is certain under another
// schema.
func parseHead(path string, text []byte) (*head, error) {
	var first struct {
		Format string `json:"format"`
		Schema int    `json:"schema"`
	}
	if err := json.Unmarshal(text, &first); err != nil || first.Format != formatName || first.Schema < 1 {
		return nil, &DamagedError{path, "is of no checkpoint of this program"}
	}
	if first.Schema > Schema {
		return nil, &VersionError{path, first.Schema}
	}
	var h head
	if err := strictjson.Unmarshal(text, &h); err != nil {
		return nil, &DamagedError{path, "cannot be used: " + err.Error()}
	}
	config, err := canonical(h.Config)
	if err != nil || hashOf(config) != h.ConfigHash {
		return nil, &DamagedError{path, "holds a configuration of another hash"}
	}
	h.Config = config
	return &h, nil
}

var sumLine = regexp.MustCompile(`^([0-9a-f]{64})  ([a-z][a-z0-9-]*\.(?:json|safetensors))$`)

// filesOf reports which files in the folder of a checkpoint are part of it: those that SHA256SUMS names.
func filesOf(dir string) func(name string) bool {
	names := []string{sumsName}
	text, _ := os.ReadFile(filepath.Join(dir, sumsName)) // without it, all other files count as foreign
	for line := range strings.Lines(string(text)) {
		if parts := sumLine.FindStringSubmatch(strings.TrimSuffix(line, "\n")); parts != nil {
			names = append(names, parts[2])
		}
	}
	return func(name string) bool { return slices.Contains(names, name) }
}

// readFiles reads the files that SHA256SUMS names, and checks their hashes.
func readFiles(dir string) (map[string][]byte, error) {
	path := filepath.Join(dir, sumsName)
	text, err := readFile(path)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(string(text), "\n")
	last := len(lines) - 1
	if lines[last] != "" || last == 0 {
		return nil, &DamagedError{path, "is cut short"}
	}
	files := map[string][]byte{}
	for i, line := range lines[:last] {
		parts := sumLine.FindStringSubmatch(line)
		if parts == nil {
			return nil, &DamagedError{path, fmt.Sprintf("has no hash and name in line %d", i+1)}
		}
		hash, name := parts[1], parts[2]
		file := filepath.Join(dir, name)
		if files[name], err = readFile(file); err != nil {
			return nil, err
		}
		if got := hashOf(files[name]); got != hash {
			return nil, &DamagedError{file, fmt.Sprintf("has the SHA-256 %.8s..., and %s says %.8s...", got, sumsName,
				hash)}
		}
	}
	return files, nil
}

// readFile reads a file. A file that cannot be read is damage, except for a missing permission.
func readFile(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	switch {
	case err == nil:
		return data, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, &DamagedError{path, "is missing"}
	case errors.Is(err, fs.ErrPermission):
		return nil, atomicdir.Error("read", path, err)
	}
	return nil, &DamagedError{path, "cannot be read: " + err.Error()}
}
