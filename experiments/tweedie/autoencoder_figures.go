package tweedie

import (
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// curlField is J12 - J21 over the square [-side, side]^2, on n x n points, at the level of the autoencoder.
func (s *scoredNet) curlField(l *suite.Lab, side float64, n int) (figure.Field, error) {
	nodes, _, err := density.Grid(-side, side, n, 2)
	if err != nil {
		return figure.Field{}, err
	}
	exec, err := s.jacobian(l, false)
	if err != nil {
		return figure.Field{}, err
	}
	defer exec.Finalize()
	out, err := exec.Call(nodes, s.timesAt([]float64{daeSigma})[0])
	if err != nil {
		return figure.Field{}, err
	}
	flat := tensors.MustCopyFlatData[float64](out[0])
	f := figure.Field{X0: -side, X1: side, Y0: -side, Y1: side, NX: n, NY: n, Z: make([]float64, n*n)}
	for i := range n { // the points run over x2 first, the field over x1
		for j := range n {
			f.Z[j*n+i] = flat[i*n+j]
		}
	}
	return f, nil
}

// daeFigure shows the errors by level, and the curl of the free and of the conservative score in the plane.
func daeFigure(l *suite.Lab, r *suite.Report, nets []scoredNet) error {
	errors := figure.Panel{Title: "relative squared error of the learned score", X: figure.Axis{Label: "noise level σ",
		Log: true},
		Y: figure.Axis{Label: "E|s_{net} - s|^{2} / E|s|^{2}", Log: true, Min: 1e-5, Max: 1e4}, Legend: figure.Outside}
	for _, n := range nets {
		errors.Layers = append(errors.Layers, figure.Line{X: daeSigmas, Y: kit.Centers(n.errors), Color: n.color,
			Markers: true, Label: n.name})
	}
	errors.Layers = append(errors.Layers, figure.VLine{At: daeSigma, Color: figure.Gray, Dashed: true,
		Label: "level of the first two"})
	var panels []figure.Panel
	for i, title := range []string{"curl of the free network", "curl of the energy's gradient"} {
		f, err := nets[i+2].curlField(l, 3, 81)
		if err != nil {
			return err
		}
		heat := figure.Heat{Field: f, Colors: figure.Diverging, Lo: -daeCurlScale, Hi: daeCurlScale}
		if i == 1 {
			heat.Bar = "J_{12} - J_{21}"
		}
		layers := []figure.Layer{heat}
		if i == 1 {
			layers = append(layers, figure.Note{Y: 0, Text: "0, up to rounding", Align: .5})
		}
		panels = append(panels, kit.Plane(title, 3, layers...))
	}
	f, err := kit.PNG("autoencoder", "Top: squared error of four learned scores of the cross, relative to the "+
		"score, by noise level. The autoencoder and the one-level network are trained at σ = 0.2 only, and are "+
		"useful only there. Bottom: curl J_12 - J_21 of the learned score at σ = 0.2. The free network has "+
		"some; the gradient of an energy has none.",
		figure.Grid{Rows: [][]figure.Panel{{errors}, panels}})
	r.Figures = append(r.Figures, f)
	return err
}
