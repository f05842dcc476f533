package notebook

import (
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"time"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/janpfeifer/gonb/gonbui"

	"scorelab/lib/checkpoint"
	"scorelab/lib/figure"
	"scorelab/lib/train"
)

// Train takes steps of a plan, shows the curve of its loss, and keeps checkpoints under name, from which later cells load
// the weights. Stopped in the middle, it goes on from there when it is run again; done, it is not done twice. To start
// over, give another name or another plan.
func Train(name string, p train.Plan, steps int) {
	trainer, folder := resume(name, p)
	defer trainer.Close()
	defer folder.Close()
	if trainer.Step() >= steps {
		Say("%s: trained before, %d steps", name, trainer.Step())
		return
	}
	shown := newCurve(name, p.Floor != nil)
	var stopped error
	for report, err := range trainer.Run(Context(), steps) {
		shown.add(report)
		if stopped = errors.Join(err, trainer.Save(folder)); stopped != nil {
			break
		}
		shown.live(report.Step, steps)
	}
	shown.done()
	if Context().Err() != nil {
		Say("%s: stopped after %d of %d steps; run the cell again to go on", name, trainer.Step(), steps)
		return
	}
	Check(stopped)
	Show(shown.figure())
}

// Weights are those that Train left under this name, averaged where the plan keeps an average.
func Weights(name string, p train.Plan) *model.Store {
	trainer, folder := resume(name, p)
	defer trainer.Close()
	defer folder.Close()
	if trainer.Step() == 0 {
		Check(fmt.Errorf("nothing was trained under the name %q: run the cell that trains it first", name))
	}
	if p.Average.Decay > 0 {
		return Must(trainer.Average())
	}
	return Must(trainer.Weights())
}

// resume is a trainer where its newest checkpoint left it.
func resume(name string, p train.Plan) (*train.Trainer, *checkpoint.Folder) {
	dir := filepath.Join(Cache(), name)
	Check(os.MkdirAll(filepath.Dir(dir), 0o755))
	folder := Must(checkpoint.Open(dir, 1, func(line string) { Say("%s", line) }))
	trainer := Must(p.Begin(Backend()))
	if err := trainer.Resume(folder); err != nil {
		Check(fmt.Errorf("%s: %w", name, err))
	}
	return trainer, folder
}

// curve is the loss, a mean for each report, and its floor where it is known.
type curve struct {
	name               string
	steps, loss, floor []float64
	hasFloor           bool
	id                 string // of the live output; empty: nobody watches
	drawn              time.Time
}

// rest is how long a live curve stands before it is drawn anew: drawing takes a twentieth of that.
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
	c.steps = append(c.steps, float64(r.Step))
	c.loss = append(c.loss, r.Mean(train.LossCurve))
	if c.hasFloor {
		c.floor = append(c.floor, r.Mean(train.FloorCurve))
	}
}

// live shows how far training is, and its curve so far.
func (c *curve) live(step, steps int) {
	if c.id == "" || len(c.loss) < 2 || time.Since(c.drawn) < rest {
		return
	}
	c.drawn = time.Now()
	gonbui.UpdateHtml(c.id, fmt.Sprintf("<progress value=%d max=%d></progress> %s: step %d of %d, loss %.4g<br>%s",
		step, steps, html.EscapeString(c.name), step, steps, c.loss[len(c.loss)-1], inline(c.figure())))
}

// done takes the live output away.
func (c *curve) done() {
	if c.id != "" {
		gonbui.UpdateHtml(c.id, "")
	}
}

// figure is the curve so far.
func (c *curve) figure() figure.Figure {
	layers := []figure.Layer{figure.Line{X: c.steps, Y: c.loss, Label: "loss"}}
	if c.hasFloor {
		layers = append(layers, figure.Line{X: c.steps, Y: c.floor, Label: "its floor", Color: figure.Ink})
	}
	return figure.Row("", figure.Panel{Title: c.name, X: figure.Axis{Label: "step"}, Y: figure.Axis{Label: "loss"}, Layers: layers})
}
