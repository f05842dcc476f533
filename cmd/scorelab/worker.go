package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"scorelab/lib/backend"
	"scorelab/lib/suite"
)

// task is a line that a worker reads: an experiment to run.
type task struct {
	Experiment string       `json:"experiment"`
	Inputs     suite.Inputs `json:"inputs,omitempty"`
}

// answer is a line that a worker writes: progress, or the end of its task.
type answer struct {
	Fraction float64 `json:"fraction,omitempty"`
	Doing    string  `json:"doing,omitempty"`
	Done     bool    `json:"done,omitempty"`
	Broken   *string `json:"broken,omitempty"` // the error of an experiment without a result
	Detail   string  `json:"detail,omitempty"` // the same with stacks
	Failed   string  `json:"failed,omitempty"` // an error that ends the run: the result cannot be stored
}

// workerCmd is the other side of worker: it stores results in a folder of its own. It ends with its input, and at once
// when it is told to stop, since then nobody waits for its results.
type workerCmd struct {
	Profile suite.Profile `required:"" enum:"quick,full"`
	Seed    int64         `required:""`
	Backend string        `required:""`
	Shard   string
	Out     string `required:""`
}

// Run performs the tasks of the input, one by one.
func (c *workerCmd) Run(e *env) error {
	tasks := make(chan task)
	go read(os.Stdin, tasks) // from now on the end of the input ends the process
	b, _, err := backend.Open(c.Backend)
	if err != nil {
		return err
	}
	store, err := suite.OpenStore(c.Out)
	if err != nil {
		return err
	}
	defer store.Close()
	out := json.NewEncoder(e.stdout.file)
	shard, err := parseShard(c.Shard, os.LookupEnv)
	if err != nil {
		return err
	}
	h := here{&runner{Catalogue: e.Catalogue, store: store, shard: shard,
		options: suite.Options{Seed: c.Seed, Profile: c.Profile, Backend: b, BackendName: backend.Name(b)}}}
	known, _ := newInputs(h.options)
	for t := range tasks {
		found := e.Named(t.Experiment)
		if found == nil {
			return fmt.Errorf("no experiment %q", t.Experiment)
		}
		if err := same(known, *found, t.Inputs); err != nil {
			return errors.Join(err, out.Encode(answer{Failed: err.Error()}))
		}
		_, err := h.perform(context.Background(), job{now: t.Inputs, Experiment: *found}, func(fraction float64,
			doing string) {
			_ = out.Encode(answer{Fraction: fraction, Doing: doing})
		})
		last := answer{Done: true}
		if broken := (*suite.RunError)(nil); errors.As(err, &broken) {
			text := strings.TrimPrefix(broken.Error(), broken.Experiment+": ")
			last.Broken, last.Detail = &text, broken.Detail()
		} else if err != nil {
			last.Failed = err.Error()
		}
		if err := out.Encode(last); err != nil {
			return err
		}
	}
	return nil
}

// same returns an error if what this process depends on is not what the other process, which gave the task, has seen.
func same(known *inputs, e suite.Experiment, theirs suite.Inputs) error {
	if len(theirs) == 0 {
		return nil
	}
	ours := suite.Inputs(nil)
	if known != nil {
		ours, _ = known.of(e)
	}
	if changed := theirs.Changed(ours); len(changed) > 0 {
		return fmt.Errorf("%s has changed during the run: run again", changed[0])
	}
	return nil
}

// read passes on the tasks of the input. Its end, while a task is running, ends the process: whoever asked is gone.
func read(in io.Reader, tasks chan<- task) {
	lines := json.NewDecoder(in)
	for {
		var t task
		if err := lines.Decode(&t); err != nil {
			os.Exit(0)
		}
		tasks <- t
	}
}

// worker is a process that runs jobs. One that crashes loses its job only: another takes its place.
type worker struct {
	*runner
	dir     string // where it stores results
	process *exec.Cmd
	in      io.WriteCloser
	out     *json.Decoder
	errs    bytes.Buffer
}

func (r *runner) newWorker() (*worker, error) {
	dir, err := os.MkdirTemp("", "scorelab-run-*")
	if err != nil {
		return nil, err
	}
	w := &worker{runner: r, dir: dir}
	if err := w.launch(); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return w, nil
}

func (w *worker) launch() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	w.errs.Reset()
	w.process = exec.Command(self, "worker", "--profile", string(w.options.Profile),
		fmt.Sprintf("--seed=%d", w.options.Seed), "--backend", w.options.BackendName, "--shard="+w.shard.String(),
		"--out", w.dir)
	w.process.Stderr = io.MultiWriter(&w.errs, w.progress.stderr)
	w.process.SysProcAttr = apart()
	in, err := w.process.StdinPipe()
	if err != nil {
		return err
	}
	out, err := w.process.StdoutPipe()
	if err != nil {
		return err
	}
	w.in, w.out = in, json.NewDecoder(out)
	return w.process.Start()
}

func (w *worker) close() {
	_ = w.stop()
	os.RemoveAll(w.dir)
}

// stop ends the process: its input ends. One that hangs in a driver is killed.
func (w *worker) stop() error {
	const patience = 5 * time.Second
	w.in.Close()
	defer time.AfterFunc(patience, func() { _ = w.process.Process.Kill() }).Stop()
	return w.process.Wait()
}

func (w *worker) perform(ctx context.Context, j job, progress func(float64, string)) (*suite.Result, error) {
	if ctx.Err() != nil {
		return nil, &suite.RunError{Experiment: j.ID, Err: ctx.Err()}
	}
	in := w.in
	defer context.AfterFunc(ctx, func() { in.Close() })()
	if err := json.NewEncoder(w.in).Encode(task{j.ID, j.now}); err != nil {
		return nil, w.crashed(ctx, j)
	}
	for {
		var a answer
		if err := w.out.Decode(&a); err != nil {
			return nil, w.crashed(ctx, j)
		}
		switch {
		case a.Failed != "":
			return nil, errors.New(a.Failed)
		case a.Broken != nil:
			return nil, &suite.RunError{Experiment: j.ID, Err: remote{*a.Broken, a.Detail}}
		case a.Done:
			w.storing.Lock()
			defer w.storing.Unlock()
			return w.store.Adopt(w.dir, j.ID)
		}
		progress(a.Fraction, a.Doing)
	}
}

// crashed is the error of a job whose process has ended. A new process takes its place.
func (w *worker) crashed(ctx context.Context, j job) error {
	err := w.stop()
	if ctx.Err() != nil {
		return &suite.RunError{Experiment: j.ID, Err: ctx.Err()}
	}
	text := strings.TrimSpace(w.errs.String())
	broken := &suite.RunError{Experiment: j.ID, Err: remote{fmt.Sprintf("its process ended: %v", err), text}}
	if err := w.launch(); err != nil {
		return err
	}
	return broken
}

// remote is an error of another process.
type remote struct{ text, detail string }

func (e remote) Error() string { return e.text }

// Format writes the detail, too, for %+v.
func (e remote) Format(f fmt.State, verb rune) {
	text := e.text
	if verb == 'v' && f.Flag('+') && e.detail != "" {
		text = e.detail
	}
	fmt.Fprint(f, text)
}
