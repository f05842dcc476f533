package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"scorelab/lib/suite"
)

// progress shows a run: one line for each experiment and, on a terminal, a bar below them. Times go to terminals only,
// so that the output of a pipe is the same every time.
type progress struct {
	*env
	experiments []suite.Experiment
	width       int
	timed       bool
	bar         *progressbar.ProgressBar // nil: no terminal
	barWidth    int

	sync.Mutex                   // of what follows, and of the bar
	running    map[int]*underway // by their places in the table
	ended      int
}

// underway is an experiment that is running.
type underway struct {
	fraction float64
	last     string // how long it took last time
}

// barSteps is how many steps of the bar one experiment takes.
const barSteps = 1000

func newProgress(e *env, experiments []suite.Experiment) *progress {
	p := &progress{env: e, experiments: experiments, timed: isTerminal(e.stdout.file), running: map[int]*underway{}}
	for _, experiment := range experiments {
		p.width = max(p.width, len(experiment.ID))
	}
	if width := barWidth(columns(e.stderr)); width > 0 {
		p.barWidth = width
		p.bar = progressbar.NewOptions(barSteps*len(experiments), progressbar.OptionSetWriter(e.stderr),
			progressbar.OptionSetWidth(width), progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionSetPredictTime(false), progressbar.OptionClearOnFinish())
	}
	return p
}

// beside is how many columns of the bar's line are neither bar nor description: " 100% |" and "| [1h59m59s] ".
const beside = 22

// barWidth is the width of the bar on a terminal; 0: the terminal is too narrow for it, and lines would wrap.
func barWidth(columns int) int {
	const least, most, description = 8, 24, 10
	width := min(most, columns-beside-description)
	if width < least {
		return 0
	}
	return width
}

// columns is the width of a terminal; 0: it is none.
func columns(w io.Writer) int {
	if f, ok := w.(*os.File); ok && isTerminal(w) {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
		return 80 // a terminal of unknown width
	}
	return 0
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// begin shows the experiment with index i, until end is called. former is its stored result, or nil.
func (p *progress) begin(i int, former *suite.Kept) (end func()) {
	p.Lock()
	last := ""
	if former != nil {
		last = fmt.Sprintf(" (%.0f s last time)", former.Meta.Seconds)
	}
	p.running[i] = &underway{last: last}
	p.Unlock()
	p.update(i, 0, "")
	return func() {
		p.Lock()
		defer p.Unlock()
		delete(p.running, i)
		p.ended++
	}
}

// unchanged prints the verdicts of an experiment that does not run, since nothing has changed that it depends on.
func (p *progress) unchanged(r *suite.Kept) {
	p.Lock()
	defer p.Unlock()
	p.ended++
	p.clear()
	fmt.Fprintf(p.stdout, "%-6s %-*s  %s, unchanged since %s\n", "ok", p.width, r.Experiment, r.Verdicts(),
		strings.Replace(strings.TrimSuffix(r.Meta.Started, "Z"), "T", " ", 1))
}

// update shows how far the experiment with index i is.
func (p *progress) update(i int, fraction float64, doing string) {
	p.Lock()
	defer p.Unlock()
	this := p.running[i]
	if p.bar == nil || this == nil {
		return
	}
	room := columns(p.stderr) - beside - p.barWidth
	if room < 0 { // the terminal has become narrower
		p.clear()
		return
	}
	this.fraction = min(max(fraction, 0), 0.999)
	sum := float64(p.ended)
	for _, other := range p.running {
		sum += other.fraction
	}
	p.bar.Describe(fitted(strings.TrimSpace(p.experiments[i].ID+this.last+" "+doing), room))
	_ = p.bar.Set(int(barSteps * sum))
}

// fitted cuts a text to some columns.
func fitted(text string, room int) string {
	if runes := []rune(text); len(runes) > room {
		return string(runes[:room])
	}
	return text
}

// result prints the verdicts of an experiment, and its failing checks in full.
func (p *progress) result(r *suite.Result, took time.Duration) {
	failed := r.Failed()
	word := "ok"
	if len(failed) > 0 {
		word = "FAIL"
	}
	p.Lock()
	defer p.Unlock()
	p.line(word, r.Experiment, r.Verdicts()+", ran", took)
	for _, c := range failed {
		fmt.Fprintf(p.stdout, "      %s, %s: %s\n", c.Claim, c.Metric, c.Miss())
	}
}

// broken prints an experiment that stopped with an error.
func (p *progress) broken(err *suite.RunError, took time.Duration) {
	p.Lock()
	defer p.Unlock()
	reason := strings.TrimPrefix(err.Error(), err.Experiment+": ")
	if !p.verbose {
		reason += " (-v shows where)"
	}
	p.line("BROKEN", err.Experiment, reason, took)
	if p.verbose {
		fmt.Fprintln(p.stderr, err.Detail())
	}
}

func (p *progress) line(word, id, text string, took time.Duration) {
	p.clear()
	if p.timed {
		text += fmt.Sprintf("  (%.1f s)", took.Seconds())
	}
	fmt.Fprintf(p.stdout, "%-6s %-*s  %s\n", word, p.width, id, text)
}

// finish removes the bar.
func (p *progress) finish() {
	p.Lock()
	defer p.Unlock()
	p.clear()
}

func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
