package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/gomlx/compute"

	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend"
)

// task is a work that is ready to run.
type task struct {
	answer
	run   func() error
	close func()
}

// ours is our side, with what its works share.
type ours struct {
	b       compute.Backend
	trained *model.Store // weights after a short training
}

// newOurs opens the backend.
func newOurs(name string) (*ours, map[string]string, error) {
	b, _, err := backend.Open(name)
	if err != nil {
		return nil, nil, err
	}
	notes := backend.Versions()
	notes["backend"] = backend.Name(b)
	return &ours{b: b}, notes, nil
}

// serve answers requests until the input ends.
func serve(name string, in io.Reader, out io.Writer) error {
	o, notes, err := newOurs(name)
	if err != nil {
		return err
	}
	to, lines := json.NewEncoder(out), bufio.NewScanner(in)
	if err := to.Encode(answer{Notes: notes}); err != nil {
		return err
	}
	var current *task
	for lines.Scan() {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return err
		}
		var a answer
		if current, a, err = o.do(current, r); err != nil {
			a = answer{Error: err.Error()}
		}
		if err := to.Encode(a); err != nil {
			return err
		}
	}
	return lines.Err()
}

// do carries out one request. It returns the task that is then ready.
func (o *ours) do(current *task, r request) (*task, answer, error) {
	switch {
	case r.Do == "prepare":
		at := slices.IndexFunc(works, func(w work) bool { return w.Name == r.Work })
		if at < 0 {
			return nil, answer{}, fmt.Errorf("there is no work %q", r.Work)
		}
		in := &inputs{dir: r.Dir}
		t, err := works[at].Ours(o, r.Size, in)
		if err == nil {
			err = in.err
		}
		if err == nil {
			err = t.run() // compiles what is left to compile
		}
		if err != nil {
			return nil, answer{}, err
		}
		return t, t.answer, nil
	case current == nil:
		return nil, answer{}, fmt.Errorf("%s: no work is prepared", r.Do)
	case r.Do == "run":
		start := time.Now()
		err := current.run()
		return current, answer{Seconds: time.Since(start).Seconds()}, err
	case r.Do == "drop":
		if current.close != nil {
			current.close()
		}
		return nil, answer{}, nil
	}
	return current, answer{}, fmt.Errorf("there is no request %q", r.Do)
}
