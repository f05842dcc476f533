// Package figure draws the figures of the lab from plain tables of numbers, all in one style: labeled axes, text that
// is legible at 800 px, colors that color-blind readers can tell apart, and the same bytes for the same input.
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
// An animation is a slice of figures. Its axes stand still when every panel gives Min and Max and a legend corner, and
// when every frame has a title or none has. [Images] is a figure too: a grid of small pictures.
//
// Zero values are defaults. Sizes are in logical pixels of a figure that is 800 wide; a PNG has two device pixels for
// each. Texts may hold x_{sub} and x^{sup}. Layers are drawn in order, and all of them refuse NaN, infinities, unequal
// lengths and no data; a logarithmic axis also refuses numbers that are not positive.
package figure
