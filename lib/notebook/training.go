package notebook

import (
	"context"
	"errors"
	"fmt"
	"html"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/janpfeifer/gonb/gonbui"

	"scorelab/internal/atomicdir"
	"scorelab/lib/checkpoint"
	"scorelab/lib/figure"
	"scorelab/lib/train"
)

// Train takes steps of a plan, shows the curve of its loss, and keeps checkpoints under name, from which later cells
// load the weights. The stop button ends the cell, and the curve so far stays. Running the cell again continues the
// training. A completed training is not repeated. To start over, give another name or another plan.
func Train(name string, p train.Plan, steps int) {
	// Only during training: afterwards the stop button ends the cell like any other.
	ctx, release := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer release()
	trainer, kept := resume(name, p)
	defer trainer.Close()
	defer kept.Close()
	Check(writeGoal(name, steps))
	if trainer.Step() >= steps {
		Say("%s: trained before, %d steps", name, trainer.Step())
		return
	}
	shown := newCurve(name, p.Floor != nil)
	var stopped, unsaved error
	for report, err := range trainer.Run(ctx, steps) {
		shown.add(report)
		if stopped, unsaved = err, trainer.Save(kept); stopped != nil || unsaved != nil {
			break
		}
		shown.live(report.Step, steps)
	}
	shown.done()
	if ctx.Err() != nil {
		stopped = fmt.Errorf("%s: interrupted after %d of %d steps; run the cell again to go on",
			name, trainer.Step(), steps)
	}
	Check(errors.Join(stopped, unsaved))
}

// Weights returns the weights that Train saved under this name, averaged if the plan keeps an average. If Train was
// stopped early, it shows a line about that.
func Weights(name string, p train.Plan) *model.Store {
	trainer, kept := resume(name, p)
	defer trainer.Close()
	defer kept.Close()
	if trainer.Step() == 0 {
		Check(fmt.Errorf("nothing was trained under the name %q: run the cell that trains it first", name))
	}
	if goal := Must(readGoal(name)); trainer.Step() < goal {
		Say("%s: only %d of %d steps are trained; run the cell that trains it again to go on",
			name, trainer.Step(), goal)
	}
	if p.EMA.Decay > 0 {
		return Must(trainer.EMA())
	}
	return Must(trainer.Weights())
}

// goalPath is the file in which Train records its number of steps.
func goalPath(name string) string { return filepath.Join(Cache(), name+".steps") }

func writeGoal(name string, steps int) error {
	return atomicdir.Writer{}.File(goalPath(name), []byte(strconv.Itoa(steps)))
}

// readGoal is the number of steps of the last call of Train, or 0 without a record.
func readGoal(name string) (int, error) {
	text, err := os.ReadFile(goalPath(name))
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	steps, err := strconv.Atoi(string(text))
	if err != nil {
		return 0, fmt.Errorf("%s should hold a number of steps: %w; remove it", goalPath(name), err)
	}
	return steps, nil
}

// resume returns a trainer at its newest checkpoint.
func resume(name string, p train.Plan) (*train.Trainer, *checkpoint.Folder) {
	dir := filepath.Join(Cache(), name)
	Check(os.MkdirAll(filepath.Dir(dir), 0o755))
	kept := Must(checkpoint.Open(dir, 1, func(line string) { Say("%s", line) }))
	trainer := Must(p.Begin(Backend()))
	if err := trainer.Resume(kept); err != nil {
		Check(fmt.Errorf("%s: %w", name, err))
	}
	return trainer, kept
}

// curve is the loss, a mean for each report, and its floor if it is known.
type curve struct {
	name               string
	steps, loss, floor []float64
	hasFloor           bool
	id                 string // of the live output; empty: headless
	drawn              time.Time
}

// rest is the time between redraws of a live curve. Drawing takes a twentieth of that.
const rest = time.Second

func newCurve(name string, hasFloor bool) *curve {
	c := &curve{name: name, hasFloor: hasFloor}
	if !headless() && gonbui.IsNotebook {
		c.id = gonbui.UniqueId()
	}
	return c
}

func (c *curve) add(r train.Report) {
	if len(r.Loss()) == 0 {
		return
	}
	loss := r.Mean(train.LossCurve)
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return // if a training diverges, show the curve before
	}
	c.steps = append(c.steps, float64(r.Step))
	c.loss = append(c.loss, loss)
	if c.hasFloor {
		c.floor = append(c.floor, r.Mean(train.FloorCurve))
	}
}

// live shows the progress of the training and its curve so far.
func (c *curve) live(step, steps int) {
	if c.id == "" || len(c.loss) < 2 || time.Since(c.drawn) < rest {
		return
	}
	c.drawn = time.Now()
	gonbui.UpdateHtml(c.id, fmt.Sprintf("<progress value=%d max=%d></progress> %s: step %d of %d, loss %.4g<br>%s",
		step, steps, html.EscapeString(c.name), step, steps, c.loss[len(c.loss)-1], inline(c.figure())))
}

// done replaces the live output by the curve, however the training ended.
func (c *curve) done() {
	if c.id != "" {
		gonbui.UpdateHtml(c.id, "")
	}
	if len(c.loss) > 0 {
		Show(c.figure())
	}
}

// figure is the curve so far.
func (c *curve) figure() figure.Figure {
	layers := []figure.Layer{figure.Line{X: c.steps, Y: c.loss, Label: "loss"}}
	if c.hasFloor {
		layers = append(layers, figure.Line{X: c.steps, Y: c.floor, Label: "its floor", Color: figure.Ink})
	}
	return figure.Row("", figure.Panel{Title: c.name, X: figure.Axis{Label: "step"}, Y: figure.Axis{Label: "loss"},
		Layers: layers})
}
