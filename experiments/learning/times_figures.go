package learning

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// timedFigures draws errors against noise, learned fields beside exact ones, and the loss above its floor.
func timedFigures(l *suite.Lab, r *suite.Report, nets []timedNet) error {
	for _, draw := range []func(*suite.Lab, []timedNet) (suite.Figure, error){timedErrors, timedFields, timedLoss} {
		f, err := draw(l, nets)
		if err != nil {
			return err
		}
		r.Figures = append(r.Figures, f)
	}
	return nil
}

// timedLabels are the legends of the networks.
var timedLabels = map[string]string{
	"unit targets":               "cross, unit-variance targets",
	"weight σ²":                  "weight σ^{2}",
	"weight 1":                   "weight 1, unit-variance output",
	"weight 1, no head":          "weight 1, score as output",
	"G1 on VP, predicting noise": "line (G1), predicting noise",
	"M8, eight dimensions":       "eight dimensions (M8)",
}

func timedErrors(l *suite.Lab, nets []timedNet) (suite.Figure, error) {
	nothing, err := gaussianErrors(l, nets[0])
	if err != nil {
		return suite.Figure{}, err
	}
	panel := func(title string, nets ...timedNet) figure.Panel {
		p := figure.Panel{Title: title, X: figure.Axis{Label: "noise level σ / α", Log: true, Min: .018, Max: 11},
			Y:      figure.Axis{Label: "E|s_{net} - s|^{2} / E|s|^{2}", Log: true, Min: 1e-9, Max: 20},
			Legend: figure.BottomLeft}
		for _, n := range nets {
			p.Layers = append(p.Layers, figure.Line{X: n.levels, Y: kit.Centers(n.errors), Color: n.color,
				Markers: true, Label: timedLabels[n.name]})
		}
		return p
	}
	weights := panel("the cross, four weightings", nets[:4]...)
	weights.Layers = append(weights.Layers, figure.Line{X: nets[0].levels, Y: kit.Centers(nothing), Color: figure.Ink,
		Dashed: true, Width: 1.3, Label: "score of N(0, (1 + σ^{2}) I)"})
	targets := panel("three targets", nets[0], nets[4], nets[5])
	targets.Layers = append(targets.Layers, figure.HLine{At: .05, Dashed: true, Width: 1, Label: "5 %"})
	return kit.PNG("errors", "Fisher error of one network at all noise levels, relative to the mean square of the "+
		"score. Left: the cross, the same budget under four weightings of the levels; dashed, a score made from mean "+
		"and covariance alone. A weight of 1 on unit targets learns no more than that. Right: three targets stay "+
		"below 5 % from σ = 0.1 up.",
		figure.Row("", weights, targets))
}

// timedFields are the exact score and the learned one at three noise levels.
func timedFields(l *suite.Lab, nets []timedNet) (suite.Figure, error) {
	const side, across = 3.6, 9
	n := nets[0]
	levels := []float64{2, .5, .1}
	times, err := diffusion.AtRatios(l.Backend, n.process, levels)
	if err != nil {
		return suite.Figure{}, err
	}
	shades, err := kit.DensityFields(l, n.target, n.process, side, 81, times...)
	if err != nil {
		return suite.Figure{}, err
	}
	nodes, _, err := density.Grid(-side*.9, side*.9, across, 2)
	if err != nil {
		return suite.Figure{}, err
	}
	build := n.build(l)
	exec, err := exec.NewModel(l.Backend, n.weights, func(scope *model.Scope, x, t *Node) (exact, got *Node) {
		return n.target.Model(n.process).ScoreAt(x, t), build(scope, nil).ScoreAt(x, t)
	})
	if err != nil {
		return suite.Figure{}, err
	}
	defer exec.Finalize()
	rows := make([][]figure.Panel, 2)
	for i, t := range times {
		out, err := exec.Call(nodes, t)
		if err != nil {
			return suite.Figure{}, err
		}
		x, longest := tensors.MustCopyFlatData[float64](nodes), 0.
		for k, v := range [][]float64{tensors.MustCopyFlatData[float64](out[0]), tensors.MustCopyFlatData[float64](
			out[1])} {
			arrows := figure.Arrows{Power: .5, Width: 1.3, Color: []figure.Color{figure.Ink, figure.Vermillion}[k]}
			for j := range len(x) / 2 {
				arrows.X, arrows.Y = append(arrows.X, x[2*j]), append(arrows.Y, x[2*j+1])
				arrows.U, arrows.V = append(arrows.U, v[2*j]), append(arrows.V, v[2*j+1])
				if k == 0 {
					longest = math.Max(longest, math.Hypot(v[2*j], v[2*j+1]))
				}
			}
			arrows.Scale = 1.4 * side / (across - 1) / math.Sqrt(longest) * 1.3
			rows[k] = append(rows[k], kit.Plane(fmt.Sprintf("%s, σ = %g", []string{"exact", "learned"}[k], levels[i]),
				side, figure.Contour{Field: shades[i], Count: 5, Color: figure.Sky}, arrows))
		}
	}
	return kit.PNG("fields", "Score of the noised cross at three noise levels: exact (top) and of one network "+
		"(bottom), over lines of equal density. Arrow lengths are square roots of the norm, with one scale a column. "+
		"The rows agree where there are data. At σ = 0.1 the learned arrows are too short between the arms, where "+
		"hardly any data fall.",
		figure.Grid{Rows: rows, Width: 600})
}

// timedLoss is the loss of training and the floor below it.
func timedLoss(_ *suite.Lab, nets []timedNet) (suite.Figure, error) {
	n := nets[0]
	var step, above []float64
	for i := range n.loss {
		step, above = append(step, float64((i+1)*timedEvery)), append(above, math.Max(1e-5, n.loss[i]-n.floor[i]))
	}
	x := figure.Axis{Label: "steps", Min: 0, Max: float64(n.steps)}
	log := x
	log.Log, log.Min = true, timedEvery
	return kit.PNG("loss", fmt.Sprintf("Training on the cross, means over %d steps. Left: the loss of the network, "+
		"and the floor: the loss of the exact score on the same batches, which no network can beat. Right: their "+
		"difference, which is half the weighted Fisher error and falls throughout.", timedEvery),
		figure.Row("", figure.Panel{Title: "loss", X: x, Y: figure.Axis{Label: "mean loss"},
			Legend: figure.TopRight, Layers: []figure.Layer{
				figure.Line{X: step, Y: n.loss, Color: figure.Blue, Width: 1.5, Label: "network"},
				figure.Line{X: step, Y: n.floor, Color: figure.Ink, Width: 1.2, Dashed: true,
					Label: "exact score (floor)"},
			}}, figure.Panel{Title: "above the floor", X: log, Y: figure.Axis{Label: "loss - floor", Log: true},
			Legend: figure.NoLegend, Layers: []figure.Layer{
				figure.Line{X: step, Y: above, Color: figure.Blue, Width: 1.5},
			}}))
}
