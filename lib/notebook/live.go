package notebook

import (
	"context"
	_ "embed"
	"fmt"
	"html"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/comms"
	"github.com/janpfeifer/gonb/gonbui/dom"
	"github.com/janpfeifer/gonb/gonbui/widgets"

	"scorelab/lib/figure"
)

// A live slider ends after patience without a move, and after reach if no page shows it: notebooks load what is in
// view.
const (
	patience = 30 * time.Second
	reach    = 5 * time.Second
)

// positions of a live slider.
const positions = 100

// wide gives GoNB's slider, which is 100 pixels long, room for them: as much as that of a film has.
const wide = `<style>input[type="range"][id^="gonb_slider"] { width: min(100%, 600px) }</style>`

// Live shows a slider from lo to hi and draws its picture anew wherever it is moved to, in the kernel, so that there
// is nothing precomputed about it. A kernel runs one cell at a time, so the slider ends as soon as another cell is to
// run: Run All does not wait for it. It also ends with the stop button, and 30 s after the last move. Where nobody
// watches it is a film of a few pictures.
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
	ctx, release := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer release()
	picture := gonbui.UniqueId()
	show := func(value float64) {
		page := fmt.Sprintf("%s<p>%s = %.3g</p>%s", wide, html.EscapeString(label), value, inline(draw(value)))
		gonbui.UpdateHtml(picture, page)
	}
	show(start)
	moves, queued := slide(int(positions * (start - lo) / (hi - lo)))
	end := follow(ctx, moves, queued, func(position int) { show(lo + (hi-lo)*float64(position)/positions) })
	if end != "" {
		Say("%s: run this cell again to move the slider", end)
	}
}

//go:embed live.js
var watchQueue string

// slide shows the slider. Its positions come through moves; queued says whether other cells wait, again and again
// while a page shows the slider.
func slide(start int) (moves <-chan int, queued <-chan bool) {
	positionsMoved, waiting := make(chan int, 1), make(chan bool, 1)
	go func() { // Done returns when a page shows it, which may be never
		slider := widgets.Slider(0, positions, start).Done()
		comms.Subscribe(slider.Address(), func(_ string, position int) { latest(positionsMoved, position) })
		address := slider.Address() + "/queued"
		comms.Subscribe(address, func(_ string, cells int) { latest(waiting, cells > 0) })
		script := strings.NewReplacer("{{slider}}", slider.HtmlId(), "{{address}}", address).Replace(watchQueue)
		dom.TransientJavascript(script)
	}()
	return positionsMoved, waiting
}

// latest puts a value into a channel with room for one, in the place of one that nobody has read.
func latest[T any](c chan T, value T) {
	for {
		select {
		case c <- value:
			return
		default:
		}
		select {
		case <-c:
		default:
		}
	}
}

// follow draws every position until something ends the slider, and returns what; "" if the reader did.
func follow(ctx context.Context, moves <-chan int, queued <-chan bool, show func(position int)) string {
	shown, rest := time.After(reach), time.NewTimer(patience)
	for {
		select {
		case <-ctx.Done():
			return ""
		case <-shown:
			return "no page shows the slider"
		case <-rest.C:
			return fmt.Sprintf("the slider rests after %v without a move", patience)
		case others := <-queued:
			shown = nil
			if others {
				return "other cells are to run"
			}
		case position := <-moves:
			rest.Reset(patience)
			show(position)
		}
	}
}
