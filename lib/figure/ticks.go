package figure

import (
	"math"
	"strconv"
	"strings"
)

// tick is a mark on an axis. Minor ticks have no label.
type tick struct {
	at    float64
	label string
}

// ticks places marks on an axis of px pixels so that labels keep a gap between them. width measures a label.
func (s scale) ticks(px, gap float64, width func(string) float64) []tick {
	if s.log {
		for _, place := range []func(px, gap float64, width func(string) float64) []tick{s.decades, s.digits} {
			if t := place(px, gap, width); t != nil {
				return t
			}
		}
	}
	return s.linearTicks(px, gap, width)
}

// linearTicks takes the finest step of 1, 2, 5 times a power of ten whose labels fit. If none fit, there is a single
// tick.
func (s scale) linearTicks(px, gap float64, width func(string) float64) []tick {
	size := s.hi - s.lo
	exp := int(math.Floor(math.Log10(size))) - 2
	var coarsest []tick
	for n := range 12 {
		t := s.multiples([...]int{1, 2, 5}[n%3], exp+n/3)
		if s.fits(t, px, gap, width) {
			return t
		}
		if len(t) > 0 {
			coarsest = t[:1]
		}
	}
	return coarsest
}

// multiples lists the multiples of m 10^exp on the axis. Their labels come from integers, so they show no rounding.
func (s scale) multiples(m, exp int) []tick {
	step := float64(m) * math.Pow(10, float64(exp))
	eps := 1e-9 * (s.hi - s.lo) / step
	first, last := math.Ceil(s.lo/step-eps), math.Floor(s.hi/step+eps)
	if !(last-first <= 200) {
		return nil
	}
	var t []tick
	for i := range int(last-first) + 1 { // k itself may be too large to be incremented
		k := first + float64(i)
		t = append(t, tick{k * step, decimal(k*float64(m), exp, s.power())})
	}
	return t
}

// power is the power of ten that is factored out of the labels. It is 0 unless numbers are very large or small.
func (s scale) power() int {
	big := math.Max(math.Abs(s.lo), math.Abs(s.hi))
	if big >= 1e5 || big < 1e-3 {
		return int(math.Floor(math.Log10(big) + 1e-9))
	}
	return 0
}

// decimal writes k 10^exp, as a multiple of 10^power if power is not 0.
func decimal(k float64, exp, power int) string {
	if k == 0 {
		return "0"
	}
	digits := max(0, power-exp)
	text := strconv.FormatFloat(k*math.Pow(10, float64(exp-power)), 'f', digits, 64)
	if power != 0 {
		text += "·10^{" + strconv.Itoa(power) + "}"
	}
	return strings.ReplaceAll(text, "-", "−")
}

// fits reports whether there are labels and all neighbors keep their gap.
func (s scale) fits(t []tick, px, gap float64, width func(string) float64) bool {
	if len(t) == 0 {
		return false
	}
	for i := 1; i < len(t); i++ {
		room := (s.norm(t[i].at) - s.norm(t[i-1].at)) * px
		if room < (width(t[i].label)+width(t[i-1].label))/2+gap {
			return false
		}
	}
	return true
}

// digits marks multiples of powers of ten, for logarithmic axes of one or two decades: as many of 1..9 as fit.
// It returns nil when fewer than two fit.
func (s scale) digits(px, gap float64, width func(string) float64) []tick {
	for _, set := range [...][]int{{1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 5}, {1, 3}} {
		var t []tick
		for e := int(math.Floor(math.Log10(s.lo))); float64(e) <= math.Log10(s.hi); e++ {
			for _, d := range set {
				if v := float64(d) * math.Pow(10, float64(e)); v >= s.lo && v <= s.hi {
					t = append(t, tick{v, decimal(float64(d), e, s.power())})
				}
			}
		}
		if len(t) > 1 && s.fits(t, px, gap, width) {
			return t
		}
	}
	return nil
}

// decades marks the powers of ten, labels as many as fit, and adds minor ticks at 2..9 if decades are few. It returns
// nil when the axis holds fewer than two powers of ten.
func (s scale) decades(px, gap float64, width func(string) float64) []tick {
	const eps = 1e-9
	first, last := int(math.Ceil(math.Log10(s.lo)-eps)), int(math.Floor(math.Log10(s.hi)+eps))
	if last-first < 1 {
		return nil
	}
	plain := first >= -2 && last <= 3
	for every := 1; ; every++ {
		var labeled, t []tick
		for e := first - 1; e <= last; e++ {
			at := math.Pow(10, float64(e))
			if e >= first {
				t = append(t, tick{at: at})
				if mod(e, every) == 0 {
					t[len(t)-1].label = decade(e, plain)
					labeled = append(labeled, t[len(t)-1])
				}
			}
			for k := 2; k <= 9 && last-first <= 8; k++ {
				if v := float64(k) * at; v >= s.lo*(1-eps) && v <= s.hi*(1+eps) {
					t = append(t, tick{at: v})
				}
			}
		}
		if len(labeled) <= 1 || s.fits(labeled, px, gap, width) {
			return t
		}
	}
}

// decade writes 10^e.
func decade(e int, plain bool) string {
	if plain {
		return strconv.FormatFloat(math.Pow(10, float64(e)), 'f', max(0, -e), 64)
	}
	return "10^{" + strings.ReplaceAll(strconv.Itoa(e), "-", "−") + "}"
}

// mod is the remainder of e / n in [0, n).
func mod(e, n int) int { return ((e % n) + n) % n }
