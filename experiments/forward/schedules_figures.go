package forward

import (
	"math"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/suite"
)

// clockColors are those of the registered schedules, which follow the Ornstein-Uhlenbeck process in the list.
var clockColors = []figure.Color{figure.Vermillion, figure.Orange, figure.Green, figure.Blue, figure.Sky, figure.Purple}

// scheduleLabels name the registered schedules in figures.
var scheduleLabels = map[string]string{"linear": "linear β", "scaled-linear": "scaled linear β",
	"sigmoid-beta": "sigmoid β",
	"cosine":       "cosine α²", "sigmoid": "sigmoid α²", "exponential": "exponential"}

// eachSchedule draws every registered schedule in its color.
func eachSchedule(clocks []clock, draw func(c clock, color figure.Color)) {
	for i, color := range clockColors {
		draw(clocks[ouClock+1+i], color)
	}
}

// scheduleFigures draws what schedules share, and what they do not.
func scheduleFigures(l *suite.Lab, r *suite.Report, clocks []clock) error {
	planes, err := pathPanel(l, clocks)
	if err != nil {
		return err
	}
	apart, together, err := marginalPanels(l, clocks)
	if err != nil {
		return err
	}
	grids, err := gridPanel(l, clocks)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name, caption string
		width         int
		panels        []figure.Panel
	}{
		{"schedules", "How fast each schedule removes the data: power alpha^2 of the signal (left) and log SNR " +
			"(right) against time, as a share of the schedule's horizon. All start at infinite log SNR; they end at " +
			"different ones. DDPM's table of 1000 steps lies on the linear schedule.", 720, curvePanels(clocks)},
		{"marginals", "The density of G1 on its way to noise. Left: at equal time, schedules have reached different " +
			"densities. Right: at equal noise, all curves are one.", 720, []figure.Panel{apart, together}},
		{"paths", "Probability paths from data, at (1, 0), to noise. All schedules share the circle of " +
			"variance-preserving paths; dots mark equal time steps, which the linear and the cosine schedule space " +
			"differently.",
			440, []figure.Panel{planes}},
		{"ddim", "Relative error of the standard deviation (sd), which is too small, after DDIM steps with the exact " +
			"score on N(0, 0.25), from σ/α = 14 to 1/14. In steps equal in time, the error depends on the schedule; " +
			"in 20 steps equal in log SNR (black dot), it is the same for all.", 700,
			[]figure.Panel{ddimPanel(r)}},
		{"grids", "Noise levels that 20 sampling steps visit: between 14 and 1/14 in equal steps of each schedule's " +
			"time, and by two rules for the noise level. Below, three spacings of 20 of DDPM's 1000 steps; after " +
			"these, data follows at noise 0.", 800,
			[]figure.Panel{grids}},
	} {
		drawn, err := kit.PNG(f.name, f.caption, figure.Grid{Rows: [][]figure.Panel{f.panels}, Width: f.width})
		if err != nil {
			return err
		}
		r.Figures = append(r.Figures, drawn)
	}
	return nil
}

// curvePanels show alpha^2 and log SNR against time.
func curvePanels(clocks []clock) []figure.Panel {
	kept := figure.Panel{X: figure.Axis{Label: "t", Min: 0, Max: 1},
		Y: figure.Axis{Label: "signal power α^{2}", Min: 0, Max: 1}, Legend: figure.TopRight}
	snr := figure.Panel{X: kept.X, Y: figure.Axis{Label: "log SNR", Min: -20, Max: 11}, Legend: figure.BottomLeft}
	eachSchedule(clocks, func(c clock, color figure.Color) {
		alpha2, log := make([]float64, len(c.curve.T)), make([]float64, len(c.curve.T))
		for k := range c.curve.T {
			alpha2[k] = c.curve.Alpha[k] * c.curve.Alpha[k]
			log[k] = 2 * math.Log(c.curve.Alpha[k]/c.curve.Sigma[k])
		}
		kept.Layers = append(kept.Layers, figure.Line{X: c.curve.T, Y: alpha2, Color: color})
		snr.Layers = append(snr.Layers, figure.Line{X: c.curve.T, Y: log, Color: color, Label: scheduleLabels[c.name]})
	})
	table := clocks[len(clocks)-1].curve
	dots := figure.Points{Color: figure.Ink, Label: "DDPM's table, t/1000", Size: 4}
	for k := 0; k < len(table.T); k += 10 {
		dots.X, dots.Y = append(dots.X, table.T[k]/1000), append(dots.Y, table.Alpha[k]*table.Alpha[k])
	}
	kept.Layers = append(kept.Layers, dots)
	return []figure.Panel{kept, snr}
}

// marginalPanels show the densities of G1 under four schedules: at one time, and at one noise level.
func marginalPanels(l *suite.Lab, clocks []clock) (apart, together figure.Panel, err error) {
	const at, half = 60, .02 // of the 200 steps of the curve over its horizon
	apart = figure.Panel{Title: "at equal time, t = 0.3", X: figure.Axis{Label: "x", Min: -4, Max: 4},
		Y: figure.Axis{Label: "density", Min: 0, Max: .6}, Legend: figure.TopLeft}
	together = figure.Panel{Title: "at equal noise, α^{2} = 0.5", X: apart.X, Y: apart.Y, Legend: figure.TopLeft}
	density := func(alpha, sigma float64) (line figure.Line, err error) {
		noised, err := density.Bimodal().Noised(alpha, sigma)
		if err != nil {
			return line, err
		}
		for x := -4.; x <= 4; x += 2 * half {
			line.X, line.Y = append(line.X, x), append(line.Y, (noised.CDF(x+half)-noised.CDF(x-half))/(2*half))
		}
		return line, nil
	}
	eachSchedule(clocks, func(c clock, color figure.Color) {
		if c.name == "sigmoid-beta" || c.name == "sigmoid" || err != nil {
			return
		}
		draw := func(panel *figure.Panel, alpha, sigma, width float64, dashed bool, label string) {
			var line figure.Line
			if line, err = density(alpha, sigma); err == nil {
				line.Color, line.Width, line.Dashed, line.Label = color, width, dashed, label
				panel.Layers = append(panel.Layers, line)
			}
		}
		draw(&apart, c.curve.Alpha[at], c.curve.Sigma[at], 2, false, scheduleLabels[c.name])
		n := float64(len(together.Layers))
		draw(&together, c.even.Alpha[equalLevel], c.even.Sigma[equalLevel], 8-2*n, false, scheduleLabels[c.name])
	})
	return apart, together, err
}

// pathPanel is the plane of (alpha, sigma).
func pathPanel(l *suite.Lab, clocks []clock) (figure.Panel, error) {
	panel := figure.Panel{X: figure.Axis{Label: "α", Min: 0, Max: 1.1}, Y: figure.Axis{Label: "σ", Min: 0, Max: 1.1},
		EqualAspect: true, Legend: figure.BottomLeft}
	for _, path := range []struct {
		name    string
		process diffusion.Process
		color   figure.Color
		dashed  bool
	}{{"variance preserving", diffusion.VP{}, figure.Gray, false}, {"sub-VP", diffusion.SubVP{}, figure.Green, false},
		{"linear flow", diffusion.Linear{}, figure.Purple, false}, {"VE", diffusion.VE{}, figure.Ink, true}} {
		_, hi := path.process.Horizon()
		if path.name == "VE" {
			hi *= .54 // to sigma = 1
		}
		var times []float64
		for k := range 201 {
			times = append(times, hi*math.Pow(float64(k)/200, 2)) // denser where paths bend
		}
		at, err := diffusion.CoefficientsAt(l.Backend, path.process, times)
		if err != nil {
			return panel, err
		}
		panel.Layers = append(panel.Layers, figure.Line{X: at[0].Alpha, Y: at[0].Sigma, Color: path.color,
			Label: path.name, Dashed: path.dashed})
	}
	eachSchedule(clocks, func(c clock, color figure.Color) {
		if c.name != "linear" && c.name != "cosine" {
			return
		}
		dots := figure.Points{Color: color, Size: 7, Ring: true, Label: scheduleLabels[c.name] + ", t = 0.1 .. 0.9"}
		if c.name == "linear" {
			dots.Size = 11 // shows under the other
		}
		for k := 20; k < len(c.curve.T)-1; k += 20 {
			dots.X, dots.Y = append(dots.X, c.curve.Alpha[k]), append(dots.Y, c.curve.Sigma[k])
		}
		panel.Layers = append(panel.Layers, dots)
	})
	return panel, nil
}

// ddimPanel draws the table of ddimErrors.
func ddimPanel(r *suite.Report) figure.Panel {
	panel := figure.Panel{X: figure.Axis{Label: "number of DDIM steps", Min: 4, Max: 200, Log: true},
		Y:      figure.Axis{Label: "relative error of the sd", Min: .005, Max: .8, Log: true},
		Legend: figure.Outside}
	counts := kit.Map(ddimSteps, func(n int) float64 { return float64(n) })
	var even float64
	for _, table := range r.Tables {
		if table.Name != "ddim" {
			continue
		}
		for i, row := range table.Rows {
			color := figure.Gray
			if i > ouClock && i <= len(clockColors) {
				color = clockColors[i-1]
			} else if i != ouClock {
				continue // DDPM's table lies on the linear schedule
			}
			errs := kit.Map(row[1:1+len(counts)], func(v any) float64 { return -v.(float64) })
			label := row[0].(string)
			if name, known := scheduleLabels[label]; known {
				label = name
			}
			line := figure.Line{X: counts, Y: errs, Color: color, Markers: true, Label: label}
			if row[0] == "cosine" {
				line.Width = 4 // shows under the sigmoid, which nearly equals it
			}
			panel.Layers = append(panel.Layers, line)
			even = -row[len(row)-1].(float64)
		}
	}
	panel.Layers = append(panel.Layers, figure.Points{X: []float64{evenSteps}, Y: []float64{even}, Color: figure.Ink,
		Size: 9, Ring: true, Label: "equal in log SNR, all"})
	return panel
}

// gridPanel shows where 20 steps fall, one row for each rule.
func gridPanel(l *suite.Lab, clocks []clock) (figure.Panel, error) {
	const rows = 12
	panel := figure.Panel{X: figure.Axis{Label: "noise level σ/α", Min: 5e-4, Max: 300, Log: true},
		Y: figure.Axis{Min: 0, Max: rows + 1, Hide: true}}
	row := 0
	strip := func(name string, color figure.Color, levels []float64) {
		row++
		y := float64(rows + 1 - row)
		panel.Layers = append(panel.Layers, figure.Note{X: 6e-4, Y: y, Text: name},
			figure.Points{X: levels, Y: kit.Map(levels, func(float64) float64 { return y }), Color: color, Size: 6,
				Alpha: .8})
	}
	strip("equal in t, Ornstein-Uhlenbeck", figure.Gray, clocks[ouClock].own.Ratio())
	eachSchedule(clocks, func(c clock, color figure.Color) {
		strip("equal in t, "+scheduleLabels[c.name], color, c.own.Ratio())
	})
	karras, err := diffusion.Karras(7)(mostNoise, 1/mostNoise, evenSteps)
	if err != nil {
		return panel, err
	}
	strip("equal in log SNR", figure.Ink, noiseToSignal)
	strip("Karras et al., ρ = 7", figure.Ink, karras)
	ddpm := clocks[len(clocks)-1]
	for _, spec := range diffusion.Spacings {
		grid, err := spec.Spacing(1000, evenSteps)
		if err != nil {
			return panel, err
		}
		at, err := diffusion.CoefficientsAt(l.Backend, ddpm.process, grid[:evenSteps]) // the last time is data
		if err != nil {
			return panel, err
		}
		strip("DDPM's table, "+spec.Name, figure.Vermillion, at[0].Ratio())
	}
	return panel, nil
}
