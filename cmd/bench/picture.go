package main

import (
	"math"

	"scorelab/lib/figure"
)

// picture draws the ratios on a logarithmic axis: one line for each row, the first on top.
func (r *report) picture() ([]byte, error) {
	const rowHeight, frame = 19, 90 // pixels
	least, most := .5, 2.
	colors := map[string]figure.Color{}
	palette := []figure.Color{figure.Blue, figure.Vermillion, figure.Orange, figure.Green, figure.Purple, figure.Sky}
	for i, p := range programs {
		colors[p.Name] = palette[i]
	}
	byPeer := map[string]*figure.Points{}
	var layers []figure.Layer
	goals := figure.Points{Size: 9, Ring: true, Color: figure.Yellow, Label: "goal"}
	for i, row := range r.Rows {
		y := float64(len(r.Rows) - i)
		least, most = min(least, row.Lo), max(most, row.Hi)
		color := colors[row.Peer]
		layers = append(layers, figure.Line{X: []float64{row.Lo, row.Hi}, Y: []float64{y, y}, Color: color, Width: 2})
		if byPeer[row.Peer] == nil {
			byPeer[row.Peer] = &figure.Points{Size: 7, Color: color, Label: row.Peer}
		}
		byPeer[row.Peer].X, byPeer[row.Peer].Y = append(byPeer[row.Peer].X, row.Ratio), append(byPeer[row.Peer].Y, y)
		if row.Goal != nil {
			goals.X, goals.Y = append(goals.X, *row.Goal), append(goals.Y, y)
		}
	}
	if len(goals.X) > 0 {
		layers = append(layers, goals)
	}
	for _, p := range programs {
		if points := byPeer[p.Name]; points != nil {
			layers = append(layers, *points)
		}
	}
	// Names stand to the left of the data, in a third of the width.
	left := least / math.Pow(most/least, .5) / 1.2
	for i, row := range r.Rows {
		layers = append(layers, figure.Note{X: left * 1.05, Y: float64(len(r.Rows) - i), Text: row.Work})
	}
	layers = append([]figure.Layer{figure.VLine{At: 1, Color: figure.Gray}}, layers...)
	return figure.PNG(figure.Grid{Title: "Time of other programs over ours; right of 1, ours is faster",
		Width: 800, RowHeight: frame + rowHeight*len(r.Rows), Rows: [][]figure.Panel{{{
			X:      figure.Axis{Label: "ratio of times, with intervals of 95 %", Log: true, Min: left, Max: most * 1.2},
			Y:      figure.Axis{Min: 0, Max: float64(len(r.Rows)) + 1, Hide: true},
			Layers: layers, Legend: figure.Outside}}}})
}
