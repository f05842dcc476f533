package suite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/gomlx/compute"

	"scorelab/lib/exec"
)

// Options are the settings of a run.
type Options struct {
	Seed        int64
	Profile     Profile
	Backend     compute.Backend
	BackendName string                               // as in results: "go", "xla:cpu"
	Progress    func(fraction float64, doing string) // nil: no progress
}

// PanicError is a panic of an experiment. Mistakes in building a compute graph cause panics.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

func (e *PanicError) Unwrap() error { err, _ := e.Value.(error); return err }

// RunError is the error of an experiment without a result.
type RunError struct {
	Experiment string
	Err        error
}

func (e *RunError) Error() string { return e.Experiment + ": " + firstLine(e.Err.Error()) }

func (e *RunError) Unwrap() error { return e.Err }

// Detail is the whole message, and the stack of a panic or of an error that has one.
func (e *RunError) Detail() string {
	detail := fmt.Sprintf("%s: %+v", e.Experiment, e.Err)
	if p := (*PanicError)(nil); errors.As(e.Err, &p) {
		detail += fmt.Sprintf("\n\n%+v\n\n%s", p.Value, p.Stack)
	}
	return detail
}

// Do runs one experiment and returns its result and report. Errors are *RunError, also for a panic, an invalid report
// or a canceled context. Then there is no partial result.
func (c Catalogue) Do(ctx context.Context, e Experiment, o Options) (*Result, *Report, error) {
	l := &Lab{Context: ctx, Backend: o.Backend, Seed: o.Seed, Profile: o.Profile, id: cmp.Or(e.Stream, e.ID),
		progress: o.Progress}
	report, err := guarded(e, l)
	if ctx.Err() != nil { // whatever the experiment returned
		return nil, nil, &RunError{e.ID, ctx.Err()}
	}
	if err == nil && report == nil {
		err = errors.New("returned no report")
	}
	if err != nil {
		return nil, nil, &RunError{e.ID, err}
	}
	result, err := c.newResult(e, l, o.BackendName, report)
	if err != nil {
		return nil, nil, &RunError{e.ID, err}
	}
	return result, report, nil
}

// guarded turns a panic of the experiment, and runtime.Goexit, into an error. A panic keeps its stack, for Detail.
func guarded(e Experiment, l *Lab) (report *Report, err error) {
	ended := exec.Try(func() {
		defer func() {
			if r := recover(); r != nil {
				err = &PanicError{Value: r, Stack: debug.Stack()}
			}
		}()
		report, err = e.Run(l)
	})
	if ended != nil {
		return nil, errors.New("ended its goroutine (runtime.Goexit); return an error instead")
	}
	return report, err
}

// firstLine shortens an error to one sentence. The rest of it is in the details.
func firstLine(text string) string {
	const most = 300 // some errors quote a whole tensor
	text, _, more := strings.Cut(strings.TrimSpace(text), "\n")
	if runes := []rune(text); len(runes) > most {
		text, more = string(runes[:most]), true
	}
	if more {
		text += " ..."
	}
	return text
}
