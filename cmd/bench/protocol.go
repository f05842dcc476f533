package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"strings"
)

// request asks a side to prepare a work, to run it once, or to drop it. It is one line of JSON.
type request struct {
	Do   string `json:"do"` // prepare, run, drop
	Work string `json:"work,omitempty"`
	Kind string `json:"kind,omitempty"`
	Size size   `json:"size,omitempty"`
	Dir  string `json:"dir,omitempty"` // of the inputs, which our side writes and the peers read
}

// answer is the line that follows. Values are numbers on which both sides must agree; Bounds must hold on each side.
type answer struct {
	Values  map[string][]float64 `json:"values,omitempty"`
	Bounds  map[string]bound     `json:"bounds,omitempty"`
	Notes   map[string]string    `json:"notes,omitempty"` // versions at the start; what a side chose, at prepare
	Seconds float64              `json:"seconds,omitempty"`
	Error   string               `json:"error,omitempty"`
}

// bound is a number that must lie between two others.
type bound struct {
	Got float64 `json:"got"`
	Lo  float64 `json:"lo"`
	Hi  float64 `json:"hi"`
}

// side is a long-lived process that does works.
type side struct {
	name    string
	notes   map[string]string // versions
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	printed *tail
}

// open starts a side. Its first line says which versions it has.
func open(name string, command []string, env []string) (*side, error) {
	s := &side{name: name, cmd: exec.Command(command[0], command[1:]...), printed: &tail{}}
	s.cmd.Env, s.cmd.Stderr = env, s.printed
	var err error
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.out = bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	hello, err := s.read()
	s.notes = hello.Notes
	return s, err
}

// ask sends a request and waits for its answer.
func (s *side) ask(r request) (answer, error) {
	line, err := json.Marshal(r)
	if err != nil {
		return answer{}, err
	}
	if _, err := s.in.Write(append(line, '\n')); err != nil {
		return answer{}, fmt.Errorf("%s has ended: %s", s.name, s.printed)
	}
	return s.read()
}

func (s *side) read() (a answer, err error) {
	line, err := s.out.ReadBytes('\n')
	if err != nil {
		_ = s.cmd.Wait()
		return a, fmt.Errorf("%s has ended: %s", s.name, s.printed)
	}
	if err := json.Unmarshal(line, &a); err != nil {
		return a, fmt.Errorf("%s answers %q: %w", s.name, line, err)
	}
	if a.Error != "" {
		err = fmt.Errorf("%s: %s", s.name, a.Error)
	}
	return a, err
}

func (s *side) close() {
	_ = s.in.Close()
	_ = s.cmd.Wait()
}

// tail keeps the end of what a process prints.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-2000):]
	return len(p), nil
}

func (t *tail) String() string { return strings.TrimSpace(string(t.text)) }

// agree returns an error unless the numbers of our side and of a peer are the same up to tol, relative to the largest,
// and all bounds hold.
func agree(ours, theirs answer, tol float64) error {
	if len(ours.Values) != len(theirs.Values) || len(ours.Values)+len(ours.Bounds) == 0 {
		return fmt.Errorf("there are %d lists of numbers here and %d there", len(ours.Values), len(theirs.Values))
	}
	for name, a := range ours.Values {
		b := theirs.Values[name]
		if len(a) != len(b) {
			return fmt.Errorf("%s has %d numbers here and %d there", name, len(a), len(b))
		}
		largest, apart, at := 0., 0., 0
		for i := range a {
			largest = max(largest, math.Abs(a[i]))
			if d := math.Abs(a[i] - b[i]); !(d <= apart) {
				apart, at = d, i
			}
		}
		if !(apart <= tol*largest) {
			return fmt.Errorf("%s, number %d: %.12g here, %.12g there; they may differ by %.3g", name, at, a[at], b[at],
				tol*largest)
		}
	}
	return errors.Join(ours.holds("here"), theirs.holds("there"))
}

// holds returns an error for a bound that does not hold.
func (a answer) holds(where string) error {
	for name, b := range a.Bounds {
		if !(b.Lo <= b.Got && b.Got <= b.Hi) {
			return fmt.Errorf("%s is %.6g %s, not between %.6g and %.6g", name, b.Got, where, b.Lo, b.Hi)
		}
	}
	return nil
}

// environment is that of every side. Libraries choose their own kernels, whatever the user's shell says.
func environment(extra ...string) []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "OPENBLAS_") {
			env = append(env, v)
		}
	}
	return append(env, extra...)
}
