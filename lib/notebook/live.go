package notebook

import (
	"fmt"
	"html"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/widgets"

	"scorelab/lib/figure"
)

// patience is how long a live slider waits for a hand before it lets the cells behind it run.
const patience = 30 * time.Second

// positions of a live slider.
const positions = 100

// wide gives GoNB's slider, which is 100 pixels long, room for them: as much as that of a film has.
const wide = `<style>input[type="range"][id^="gonb_slider"] { width: min(100%, 600px) }</style>`

// Live shows a slider from lo to hi and draws its picture anew wherever it is moved to, in the kernel, so that there is
// nothing precomputed about it. The cells behind wait meanwhile: the stop button ends it, and so does patience. Where
// nobody watches it is a film of a few pictures.
func Live(label string, lo, hi, start float64, draw func(value float64) figure.Figure) {
	if headless() || !gonbui.IsNotebook {
		const stills = 9
		frames := make([]Frame, stills)
		for i := range frames {
			value := lo + (hi-lo)*float64(i)/(stills-1)
			frames[i] = Frame{fmt.Sprintf("%s = %.3g", label, value), draw(value)}
		}
		Film(frames...)
		return
	}
	picture := gonbui.UniqueId()
	show := func(value float64) {
		gonbui.UpdateHtml(picture, fmt.Sprintf("%s<p>%s = %.3g</p>%s", wide, html.EscapeString(label), value, inline(draw(value))))
	}
	at := func(position int) float64 { return lo + (hi-lo)*float64(position)/positions }
	show(start)
	slider := widgets.Slider(0, positions, int(positions*(start-lo)/(hi-lo))).Done()
	moves := slider.Listen()
	defer moves.Close()
	ctx := Context()
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(patience):
			Say("the slider rests: run the cell again to move it")
			return
		case position := <-moves.C:
			for len(moves.C) > 0 { // only where the hand is now
				position = <-moves.C
			}
			show(at(position))
		}
	}
}
