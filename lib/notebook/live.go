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

// A live slider ends after patience without a move, and after reach if no page shows it. Notebooks load only visible
// outputs.
const (
	patience = 30 * time.Second
	reach    = 5 * time.Second
)

// positions is the number of positions of a live slider.
const positions = 100

// wide makes GoNB's slider, which is 100 pixels long, as long as that of a film.
const wide = `<style>input[type="range"][id^="gonb_slider"] { width: min(100%, 600px) }</style>`

// Live shows a slider from lo to hi. The kernel draws the picture of each position when the slider moves there, so
// nothing is precomputed. A kernel runs one cell at a time, so the slider ends as soon as another cell is queued, and
// Run All does not wait for it. It also ends with the stop button, and 30 s after the last move. In headless runs it is
// a film of a few pictures.
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

// slide shows the slider. moves yields its positions. queued yields repeatedly, while a page shows the slider, whether
// other cells wait.
func slide(start int) (moves <-chan int, queued <-chan bool) {
	positionsMoved, waiting := make(chan int, 1), make(chan bool, 1)
	go func() { // Done returns when a page shows the slider, possibly never
		slider := widgets.Slider(0, positions, start).Done()
		comms.Subscribe(slider.Address(), func(_ string, position int) { latest(positionsMoved, position) })
		address := slider.Address() + "/queued"
		comms.Subscribe(address, func(_ string, cells int) { latest(waiting, cells > 0) })
		script := strings.NewReplacer("{{slider}}", slider.HtmlId(), "{{address}}", address).Replace(watchQueue)
		dom.TransientJavascript(script)
	}()
	return positionsMoved, waiting
}

// latest puts a value into a channel of capacity one, and replaces an unread value.
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

// follow draws every position until the slider ends. It returns the reason, or "" if the reader stopped it.
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
