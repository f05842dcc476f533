package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"scorelab/lib/backend"
)

// bench runs works on both sides.
type bench struct {
	python  string // of the peers' environment
	backend string
	rounds  int
	small   bool
	out     io.Writer
	status  func(format string, args ...any) // for terminals

	sides map[string]*side
	found *report
	wrong []error // numbers on which sides disagree
}

// here is the name of our side.
const here = "scorelab"

// all runs works one after the other.
func (b *bench) all(chosen []work) (*report, error) {
	b.sides = map[string]*side{}
	defer func() {
		for _, s := range b.sides {
			if s != nil {
				s.close()
			}
		}
	}()
	b.found = &report{Versions: map[string]string{}, Rounds: b.rounds, LeftOut: map[string]string{},
		Machine: machine{Processor: backend.Processor(), Processors: runtime.NumCPU()}}
	if b.found.Machine.Load = load(); b.found.Machine.Load > busy {
		fmt.Fprintf(b.out, "the machine is busy, with %g processes on average: the ratios mislead, above all those of "+
			"programs whose threads wait for each other\n", b.found.Machine.Load)
	}
	dir, err := os.MkdirTemp("", "bench-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for i, w := range chosen {
		b.status("%s (%d of %d)", w.Name, i+1, len(chosen))
		each := b.compare
		if w.Ours == nil {
			each = b.compareStarts
		}
		inputs := filepath.Join(dir, w.Name)
		if err := os.Mkdir(inputs, 0o755); err != nil {
			return nil, err
		}
		rows, err := each(w, inputs)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.Name, err)
		}
		_ = os.RemoveAll(inputs)
		b.found.Rows = append(b.found.Rows, rows...)
		b.status("")
		for _, r := range rows {
			fmt.Fprintln(b.out, r.line())
		}
	}
	b.found.Machine.Backend = b.found.Versions["backend"]
	delete(b.found.Versions, "backend")
	return b.found, errors.Join(b.wrong...)
}

// busy is the number of running processes above which a machine is not quiet.
const busy = .5

// load is the mean number of running processes in the last minute; 0: unknown.
func load() (processes float64) {
	text, err := os.ReadFile("/proc/loadavg")
	if err == nil {
		_, _ = fmt.Sscan(string(text), &processes)
	}
	return processes
}

// compare runs a work against each of its peers.
func (b *bench) compare(w work, dir string) (rows []row, err error) {
	s := w.sized(b.small)
	ask := request{Do: "prepare", Work: w.Name, Kind: w.Kind, Size: s, Dir: dir}
	ours, err := b.side(here)
	if err != nil {
		return nil, err
	}
	mine, err := ours.ask(ask)
	if err != nil {
		return nil, err
	}
	for _, p := range w.Peers {
		peer, err := b.side(p.Name)
		if err != nil {
			return nil, err
		}
		if peer == nil { // left out
			continue
		}
		b.status("%s, %s: the check", w.Name, p.Name)
		theirs, err := peer.ask(ask)
		if err != nil {
			return nil, err
		}
		if err := agree(mine, theirs, w.Tol); err != nil {
			b.wrong = append(b.wrong, fmt.Errorf("%s: %s and %s disagree: %w", w.Name, here, p.Name, err))
			fmt.Fprintln(b.out, b.wrong[len(b.wrong)-1])
			continue
		}
		r, err := b.race(w, p, func() (float64, error) { return ours.once() },
			func() (float64, error) { return peer.once() })
		if err != nil {
			return nil, err
		}
		r.Notes = notesOf(mine, theirs, p.Name)
		rows = append(rows, r)
		if _, err := peer.ask(request{Do: "drop"}); err != nil {
			return nil, err
		}
	}
	_, err = ours.ask(request{Do: "drop"})
	return rows, err
}

// once runs the prepared work and returns its time.
func (s *side) once() (float64, error) {
	a, err := s.ask(request{Do: "run"})
	return a.Seconds, err
}

// notesOf says what each side chose.
func notesOf(mine, theirs answer, peer string) map[string]string {
	notes := map[string]string{}
	for name, note := range mine.Notes {
		notes[here+", "+name] = note
	}
	for name, note := range theirs.Notes {
		notes[peer+", "+name] = note
	}
	return notes
}

// compareStarts runs processes that do the whole work.
func (b *bench) compareStarts(w work, _ string) (rows []row, err error) {
	text, err := json.Marshal(w.sized(b.small))
	if err != nil {
		return nil, err
	}
	start := func(name string) func() (float64, error) {
		return func() (float64, error) {
			command, env, err := b.cold(name, string(text))
			if err != nil {
				return 0, err
			}
			a, err := coldRun(name, command, env)
			if err == nil {
				if bad := a.holds("at " + name); bad != nil {
					b.wrong = append(b.wrong, fmt.Errorf("%s: %w", w.Name, bad))
				}
			}
			return a.Seconds, err
		}
	}
	for _, p := range w.Peers {
		ours, theirs := start(here), start(p.Name)
		for _, f := range []func() (float64, error){ours, theirs} { // fills the caches of files
			if _, err := f(); err != nil {
				return nil, err
			}
		}
		r, err := b.race(w, p, ours, theirs)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// race measures both sides in turn.
func (b *bench) race(w work, p peer, ours, theirs func() (float64, error)) (row, error) {
	var mine, others []float64
	for k := range b.rounds {
		b.status("%s, %s: round %d of %d", w.Name, p.Name, k+1, b.rounds)
		a, err := ours()
		if err != nil {
			return row{}, err
		}
		c, err := theirs()
		if err != nil {
			return row{}, err
		}
		mine, others = append(mine, a), append(others, c)
	}
	s := w.sized(b.small)
	r := row{Work: w.Name, About: w.About, Size: s, Peer: p.Name, Ours: median(mine), Theirs: median(others)}
	r.Ratio, r.Lo, r.Hi = ratio(mine, others)
	if p.Goal > 0 {
		r.Goal = &p.Goal
	}
	if w.Flops != nil {
		b.fraction(w, &r)
	}
	return r, nil
}

// fraction is that of the best matrix product so far, which the works named product set.
func (b *bench) fraction(w work, r *row) {
	best := &b.found.Products.Float32
	if w.Wide {
		best = &b.found.Products.Float64
	}
	flops := w.Flops(r.Size)
	if w.Kind == "product" {
		*best = max(*best, flops/r.Ours, flops/r.Theirs)
		return
	}
	if *best > 0 {
		part := flops / r.Ours / *best
		r.Gemm = &part
	}
}

// side returns a running side, and starts it the first time. It is nil for a peer that does not work here and may be
// left out.
func (b *bench) side(name string) (*side, error) {
	if s, known := b.sides[name]; known {
		return s, nil
	}
	command := []string{b.python, "scripts/bench/peer.py", name}
	if name == here {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		command = []string{self, "serve", b.backend}
	}
	b.status("%s: start", name)
	s, err := open(name, command, environment("JAX_PLATFORMS=cpu"))
	if err != nil && name == "torch.compile" {
		b.found.LeftOut[name] = strings.Join(strings.Fields(err.Error()), " ")
		fmt.Fprintf(b.out, "%s is left out: it does not work here\n", name)
		s, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	b.sides[name] = s
	if s != nil {
		maps.Copy(b.found.Versions, s.notes)
	}
	return s, nil
}

// cold is the command of a cold start.
func (b *bench) cold(name, size string) (command, env []string, err error) {
	if name == here {
		self, err := os.Executable()
		return []string{self, "cold", b.backend, size}, environment(), err
	}
	return []string{b.python, "scripts/bench/cold_" + name + ".py", size}, environment("JAX_PLATFORMS=cpu"), nil
}
