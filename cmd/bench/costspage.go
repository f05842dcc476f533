package main

import (
	"fmt"

	"scorelab/lib/figure"
	"scorelab/lib/metrics"
)

// costsPage adds the curves to the page.
func (r *report) costsPage(p func(format string, args ...any)) {
	if len(r.Costs) == 0 {
		return
	}
	p("\n## What a size costs\n")
	p("Time and memory of our side as one size grows. The exponent is the slope of a line through all points on")
	p("logarithmic axes: small sizes lower it, where a fixed cost prevails. Memory is the peak of a run beyond an idle")
	p("process; what compilation leaves is in it.\n")
	p("![Time and memory against each size, on logarithmic axes](bench-costs.png)\n")
	p("| Name | Work | Size | Time | Exponent | Memory | Exponent |")
	p("|---|---|---|---|---|---|---|")
	for _, c := range r.Costs {
		last := len(c.At) - 1
		p("| `cost-%s` | %s | %s %g to %g | %s to %s | %s | %s to %s | %s |", c.Name, c.About, c.Of, c.At[0],
			c.At[last], seconds(c.Seconds[0]), seconds(c.Seconds[last]), exponent(c.Time), megabytes(c.Bytes[0]),
			megabytes(c.Bytes[last]), exponent(c.Memory))
	}
}

func megabytes(b float64) string { return metrics.Digits(b/1e6, 3) + " MB" }

// costsPicture draws each curve, time beside memory.
func (r *report) costsPicture() ([]byte, error) {
	var rows [][]figure.Panel
	for _, c := range r.Costs {
		x := figure.Axis{Label: c.Of, Log: true}
		mega := make([]float64, len(c.Bytes))
		for i, b := range c.Bytes {
			mega[i] = b / 1e6
		}
		rows = append(rows, []figure.Panel{
			{Title: fmt.Sprintf("%s: exponent %.2f", c.About, c.Time.Center), X: x,
				Y: figure.Axis{Label: "seconds", Log: true}, Legend: figure.NoLegend,
				Layers: curveOf(c.At, c.Seconds)},
			{Title: fmt.Sprintf("memory: exponent %.2f", c.Memory.Center), X: x,
				Y: figure.Axis{Label: "MB", Log: true}, Legend: figure.NoLegend, Layers: curveOf(c.At, mega)},
		})
	}
	return figure.PNG(figure.Grid{Width: 800, RowHeight: 230, Rows: rows})
}

// curveOf is one curve.
func curveOf(x, y []float64) []figure.Layer {
	return []figure.Layer{figure.Line{X: x, Y: y, Color: figure.Blue, Markers: true}}
}
