package main

import (
	"fmt"
	"io"
	"os"
	"strings"
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
	current     int
}

// barSteps is how many steps of the bar one experiment takes.
const barSteps = 1000

func newProgress(e *env, experiments []suite.Experiment) *progress {
	p := &progress{env: e, experiments: experiments, timed: isTerminal(e.stdout.file)}
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

func (p *progress) begin(i int) {
	p.current = i
	p.update(0, "")
}

// update is called by the running experiment.
func (p *progress) update(fraction float64, doing string) {
	if p.bar == nil {
		return
	}
	room := columns(p.stderr) - beside - p.barWidth
	if room < 0 { // the terminal has become narrower
		p.finish()
		return
	}
	p.bar.Describe(fitted(strings.TrimSpace(p.experiments[p.current].ID+" "+doing), room))
	_ = p.bar.Set(p.current*barSteps + int(barSteps*min(max(fraction, 0), 0.999)))
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
	p.line(word, r.Experiment, r.Verdicts(), took)
	for _, c := range failed {
		fmt.Fprintf(p.stdout, "      %s, %s: %s\n", c.Claim, c.Metric, c.Miss())
	}
}

// broken prints an experiment that stopped with an error.
func (p *progress) broken(err *suite.RunError, took time.Duration) {
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
	p.finish()
	if p.timed {
		text += fmt.Sprintf("  (%.1f s)", took.Seconds())
	}
	fmt.Fprintf(p.stdout, "%-6s %-*s  %s\n", word, p.width, id, text)
}

// finish removes the bar.
func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
