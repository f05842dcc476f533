package notebook

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestSliderEnds: a live slider draws the positions it is moved to. It ends when another cell is queued, without moves,
// if no page shows it, and with the stop button. It does not end before.
func TestSliderEnds(t *testing.T) {
	for name, test := range map[string]struct {
		reader func(moves chan<- int, queued chan<- bool, stop func())
		want   string
		after  time.Duration
	}{
		"other cells wait": {func(_ chan<- int, queued chan<- bool, _ func()) {
			queued <- false
			time.Sleep(20 * time.Second)
			queued <- true
		}, "other cells are to run", 20 * time.Second},
		"no page":     {func(chan<- int, chan<- bool, func()) {}, "no page shows the slider", reach},
		"never moved": {func(_ chan<- int, queued chan<- bool, _ func()) { queued <- false }, "rests", patience},
		"moved, rests": {func(moves chan<- int, queued chan<- bool, _ func()) {
			queued <- false
			time.Sleep(29 * time.Second)
			moves <- 7
		}, "rests", 29*time.Second + patience},
		"stop button": {func(_ chan<- int, queued chan<- bool, stop func()) {
			queued <- false
			time.Sleep(time.Second)
			stop()
		}, "", time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(context.Background())
				defer stop()
				moves, queued := make(chan int), make(chan bool)
				go test.reader(moves, queued, stop)
				began, drawn := time.Now(), 0
				end := follow(ctx, moves, queued, func(int) { drawn++ })
				took := time.Since(began)
				if (end == "") != (test.want == "") || !strings.Contains(end, test.want) || took != test.after {
					t.Errorf("%q after %v, want %q after %v", end, took, test.want, test.after)
				}
				if (drawn == 1) != (name == "moved, rests") {
					t.Errorf("drawn %d times", drawn)
				}
			})
		})
	}
}

// TestLatest: a slider that moves faster than its picture is drawn jumps to its latest position.
func TestLatest(t *testing.T) {
	c := make(chan int, 1)
	for i := range 5 {
		latest(c, i)
	}
	if got := <-c; got != 4 || len(c) != 0 {
		t.Errorf("%d, and %d more", got, len(c))
	}
}
