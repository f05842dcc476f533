// Package figure draws the figures of the lab from plain tables of numbers, all in one style. Axes are labeled, text is
// legible at 800 px, and color-blind readers can distinguish the colors. The same input gives the same bytes.
//
// A [Panel] is a pair of axes with layers of data, a [Grid] arranges panels in rows, and [PNG], [GIF] and [APNG]
// encode:
//
//	field := figure.NewField(-3, 3, 101, -3, 3, 101, density)
//	panel := figure.Panel{
//		X:           figure.Axis{Label: "x_{1}", Min: -3, Max: 3},
//		Y:           figure.Axis{Label: "x_{2}", Min: -3, Max: 3},
//		Layers:      []figure.Layer{figure.Heat{Field: field}, figure.Points{X: xs, Y: ys}},
//		EqualAspect: true,
//	}
//	data, err := figure.PNG(figure.Row("t = 0.50", panel))
//
// An animation is a slice of figures. Its axes do not move if every panel sets Min, Max and a legend corner, and if
// either every frame or no frame has a title. [Images] is a figure too: a grid of small pictures.
//
// Zero values are defaults. Sizes are in logical pixels of a figure that is 800 wide. A PNG has two device pixels for
// each. Texts may contain x_{sub} and x^{sup}. Layers are drawn in order. NaN, infinities, unequal lengths and missing
// data are errors in every layer. On a logarithmic axis numbers that are not positive are errors, too.
//
// Layers draw on the canvas and with the fonts of gonum/plot, but not with its plotters. Those have no equal aspect and
// no grids of panels whose data areas line up and keep their place from frame to frame. They encode no animations with
// a common palette. They also draw a path for each point, a hundred times slower than a sprite for large clouds.
package figure
