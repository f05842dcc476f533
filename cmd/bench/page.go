package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"scorelab/lib/metrics"
)

// line is a row for a terminal.
func (r row) line() string {
	goal := ""
	if r.Goal != nil {
		goal = fmt.Sprintf(", goal %g: %s", *r.Goal, r.verdict())
	}
	return fmt.Sprintf("%-20s %-13s %9s %9s   ratio %s [%s, %s]%s", r.Work, r.Peer, seconds(r.Ours), seconds(r.Theirs),
		metrics.Digits(r.Ratio, 3), metrics.Digits(r.Lo, 3), metrics.Digits(r.Hi, 3), goal)
}

// verdict says whether the goal is reached. A goal inside the interval is open.
func (r row) verdict() string {
	switch {
	case r.Goal == nil:
		return ""
	case r.Lo >= *r.Goal:
		return "reached"
	case r.Ratio >= *r.Goal:
		return "reached, within noise"
	case r.Hi >= *r.Goal:
		return "missed, within noise"
	}
	return "missed"
}

// seconds writes a time with its unit.
func seconds(s float64) string {
	switch {
	case s < 1e-3:
		return metrics.Digits(s*1e6, 3) + " us"
	case s < 1:
		return metrics.Digits(s*1e3, 3) + " ms"
	}
	return metrics.Digits(s, 3) + " s"
}

// goals counts the goals that are reached, and all of them.
func (r *report) goals() (reached, all int) {
	for _, row := range r.Rows {
		if row.Goal != nil {
			all++
			if row.Ratio >= *row.Goal {
				reached++
			}
		}
	}
	return reached, all
}

// page is bench.md.
func (r *report) page() string {
	var text strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	reached, all := r.goals()
	p("# Speed beside other programs\n")
	p("%d of %d goals are reached on %s, %d cores, with the backend `%s`. `make bench` writes this page and", reached,
		all, r.Machine.Processor, r.Machine.Processors, r.Machine.Backend)
	p("[bench.json](bench.json).\n")
	p("![Ratios of times on a logarithmic axis, with their intervals and goals](bench.png)\n")
	p("Each row is one work that both sides do. The ratio is the other program's time over ours: above 1, ours is")
	p("faster. Times are medians of %d rounds, in which the sides take turns. The interval is that of the", r.Rounds)
	p("median ratio of a round, with at least 95 %% probability if there are 6 rounds or more. Both sides are")
	p("processes that stay alive, so compilation and imports do not count, except in the cold start. Before the")
	p("first round the two sides compare numbers, such as losses and distances of the same inputs, and the bench")
	p("fails if they differ.\n")
	if r.Products.Float32 > 0 {
		p("\"Products\" is the share of the machine's best matrix product that our side reaches. The best of all")
		p("programs here is %s in float32 and %s in float64.\n", gigaflops(r.Products.Float32),
			gigaflops(r.Products.Float64))
	}
	if r.Machine.Load > busy {
		p("**The machine was busy** with %g processes on average before the first round, so the ratios mislead.\n",
			r.Machine.Load)
	}
	p("| Name | Work | Beside | Ours | Theirs | Ratio | Interval | Goal | | Products |")
	p("|---|---|---|--:|--:|--:|---|--:|---|--:|")
	for _, row := range r.Rows {
		goal, part := "", ""
		if row.Goal != nil {
			goal = fmt.Sprint(*row.Goal)
		}
		if row.Gemm != nil {
			part = fmt.Sprintf("%.0f %%", 100**row.Gemm)
		}
		p("| `%s` | %s | %s | %s | %s | %s | %s to %s | %s | %s | %s |", row.Work, row.About, row.Peer,
			seconds(row.Ours), seconds(row.Theirs), metrics.Digits(row.Ratio, 3), metrics.Digits(row.Lo, 3),
			metrics.Digits(row.Hi, 3), goal, row.verdict(), part)
	}
	r.costsPage(p)
	r.remarks(p)
	return text.String()
}

// remarks are what the numbers depend on.
func (r *report) remarks(p func(format string, args ...any)) {
	p("\n## What is compared\n")
	for _, other := range programs {
		if why, out := r.LeftOut[other.Name]; out {
			p("- `%s` is left out, since it does not work on this machine: %s", other.Name, why)
		} else {
			p("- `%s`: %s.", other.Name, other.About)
		}
	}
	p("- A training step is timed in one call of many steps; a row shows the time of the call. The network has")
	p("  3 x 128 hidden units with swish and 16 frequencies of the noise level. Batches are drawn from 10,000 points.")
	p("  Each side has its own random numbers of equal distribution.")
	p("- Divergences in JAX are forward passes, which are cheaper than the reverse passes of this library.")
	p("- `w2`, `sliced-w2` and `mmd2` of this library also compute an interval, which the others do not. W2 needs two")
	p("  more pairings for it.")
	p("- The flow to an error of 0.01: the root mean squared distance of the samples to a solution with 1,000 steps.")
	p("  Each side takes the sampler and grid with the fewest evaluations among those that it has:")
	for _, row := range r.Rows {
		for _, name := range slices.Sorted(maps.Keys(row.Notes)) {
			p("  %s: %s;", name, row.Notes[name])
		}
	}
	p("- A training step on images is left out, since this library has no network for images.")
	p("\nVersions: %s.", versions(r.Versions))
}

func gigaflops(rate float64) string { return metrics.Digits(rate/1e9, 3) + " GFLOP/s" }

// versions lists versions by name.
func versions(of map[string]string) string {
	var each []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		each = append(each, name+" "+of[name])
	}
	return strings.Join(each, ", ")
}
