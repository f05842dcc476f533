package suite

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"scorelab/lib/metrics"
)

// galleryTitle is the first line of a README of results.
const galleryTitle = "# Results: the theory of score-based diffusion, measured"

// Gallery is the README of a folder of results: what was asked, seen and established. The same results give the same
// bytes.
func (c Catalogue) Gallery(results []*Result) []byte {
	g := &gallery{Catalogue: c, results: results}
	g.intro()
	g.summary()
	g.contents()
	for _, r := range results {
		g.experiment(r)
	}
	g.ledger()
	return g.text.Bytes()
}

type gallery struct {
	Catalogue
	results []*Result
	text    bytes.Buffer
}

func (g *gallery) line(format string, args ...any) { fmt.Fprintf(&g.text, format+"\n", args...) }

func (g *gallery) intro() {
	checks, failed, weak := 0, 0, 0
	for _, r := range g.results {
		checks += len(r.Checks)
		failed += len(r.Failed())
		weak += len(r.Weak())
	}
	g.line(galleryTitle + "\n")
	g.line("Every figure and claim of %s is an experiment here, and every experiment ends in numbers that are",
		plural(len(g.Documents), "theory document"))
	g.line("held against what they must be. **%s** made **%s**; %s.",
		plural(len(g.results), "experiment"), plural(checks, "check"), outcome(failed))
	g.line("Below each picture stands what it establishes; the [ledger](#the-ledger-of-claims) at the end lists the " +
		"documents'")
	g.line("statements one by one, and [`%s`](%s) holds it for programs.\n", ledgerName, ledgerName)
	g.line("- %s: true as written. %s: true under a condition that the statement leaves out. %s: wrong as",
		badge(Confirmed),
		badge(Qualified), badge(Refuted))
	g.line("  written, and the check measures what is exact instead.")
	g.line("- A value with ± is an estimate with its interval of five standard errors (s.e.); one without is " +
		"computed exactly,")
	g.line("  up to rounding.")
	if weak > 0 {
		g.line("- %s with the mark *%s* %s little: %s.", plural(weak, "check"), weakMark, verb(weak, "tests", "test"),
			WeakMeans)
	}
	g.line("- %s", settings(g.results))
	g.line("- False alarms: a correct code fails this suite by chance %s.\n", OnceIn(FalseAlarm(g.results)))
}

func outcome(failed int) string {
	if failed == 0 {
		return "all of them hold"
	}
	return fmt.Sprintf("**%d of them FAIL**", failed)
}

// settings says how the results were made, once if they agree.
func settings(results []*Result) string {
	var all []string
	for _, r := range results {
		s := fmt.Sprintf("seed %d, profile %s, backend `%s`", r.Seed, r.Profile, r.Backend)
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		return "Nothing has been run yet."
	}
	return "Made with " + strings.Join(all, "; and with ") + "."
}

// summary counts the documents' claims by verdict.
func (g *gallery) summary() {
	g.line("| Document | Claims | Confirmed | Qualified | Refuted | Not measured |")
	g.line("|---|--:|--:|--:|--:|--:|")
	total := map[Verdict]int{}
	for _, d := range g.Documents {
		count := map[Verdict]int{}
		for _, claim := range g.Claims {
			if claim.Document == d.ID {
				v := verdictOf(about(claim, g.results))
				count[v]++
				total[v]++
			}
		}
		g.line("| [%s](#%s) %s — %s | %s |", d.ID, Anchor(d.ID), cell(d.Title), cell(d.Author), counts(count))
	}
	g.line("| **All** | %s |\n", counts(total))
}

func counts(n map[Verdict]int) string {
	return fmt.Sprintf("%d | %d | %d | %d | %d", n[Confirmed]+n[Qualified]+n[Refuted]+n[""],
		n[Confirmed], n[Qualified], n[Refuted], n[""])
}

func (g *gallery) contents() {
	g.line("## Experiments\n")
	for _, r := range g.results {
		g.line("- [%s](#%s) — %s", cell(r.Title), Anchor(r.Experiment), badges(r))
	}
	g.line("")
}

func (g *gallery) experiment(r *Result) {
	g.line("<a id=\"%s\"></a>\n", Anchor(r.Experiment))
	g.line("### %s\n", prose(r.Title))
	g.line("> %s\n", prose(r.Question))
	if len(r.Figures) > 0 {
		g.figure(r, r.Figures[0])
	}
	g.line("%s\n", prose(r.Answer))
	g.line("%s\n", badges(r))
	g.line("| | Measured | Value (± 5 s.e.) | Must be (± tolerance) |")
	g.line("|---|---|--:|--:|")
	shown := leading(r.Checks)
	for _, c := range shown {
		g.line("| %s | %s | %s | %s |", mark(c), cell(c.Metric), c.Got.String(), accepted(c))
	}
	g.line("")
	summary := "Claims, tolerances and where they come from"
	if rest := len(r.Checks) - len(shown); rest > 0 {
		summary = fmt.Sprintf("%d more numbers; claims, tolerances and where they come from", rest)
	}
	g.line("<details><summary>%s</summary>\n", summary)
	g.line("| Claim | Measured | Value (± 5 s.e.) | Must be | Tolerance | Why |")
	g.line("|---|---|--:|--:|--:|---|")
	for _, c := range r.Checks {
		g.line("| %s | %s | %s | %s | %s | %s |", g.claim(c.Claim), cell(c.Metric), c.Got.String(), accepted(c),
			metrics.Digits(c.Tol, 3), cell(c.Why))
	}
	g.line("\n</details>\n")
	if len(r.Figures) > 1 {
		g.line("<details><summary>%s</summary>\n", plural(len(r.Figures)-1, "more figure"))
		for _, f := range r.Figures[1:] {
			g.figure(r, f)
		}
		g.line("</details>\n")
	}
	source := ""
	if len(r.Sources) > 0 {
		source = "Raised in " + prose(strings.Join(r.Sources, "; ")) + ". "
	}
	g.line("<sub>%sData: %s</sub>\n", source, strings.Join(g.data(r), ", "))
}

// accepted is what a check accepts, with a mark where that is too much to test it.
func accepted(c Check) string {
	if c.Weak() {
		return mustBe(c) + " *" + weakMark + "*"
	}
	return mustBe(c)
}

// leading are the checks that stand beside the figure: all of a few; of many those that fail, the first of each claim,
// and those that do more than confirm, up to a dozen.
func leading(checks []Check) []Check {
	const most = 12
	if len(checks) <= most {
		return checks
	}
	picked, claims, count := make([]bool, len(checks)), map[ClaimID]bool{}, 0
	pick := func(wanted func(c Check) bool, limit int) {
		for i, c := range checks {
			if count < limit && !picked[i] && wanted(c) {
				picked[i], claims[c.Claim] = true, true
				count++
			}
		}
	}
	pick(func(c Check) bool { return !c.Pass() }, len(checks))
	pick(func(c Check) bool { return !claims[c.Claim] }, most)
	pick(func(c Check) bool { return c.Verdict() != Confirmed }, most)
	pick(func(Check) bool { return true }, most)
	var shown []Check
	for i, c := range checks {
		if picked[i] {
			shown = append(shown, c)
		}
	}
	return shown
}

// data links what an experiment stored besides its figures.
func (g *gallery) data(r *Result) []string {
	links := []string{fmt.Sprintf("[%s](%s/%s)", runName, r.Experiment, runName)}
	for _, t := range r.Tables {
		link := fmt.Sprintf("[%s](%s/%s)", t.Name, r.Experiment, t.Name)
		if t.Caption != "" {
			link += " (" + strings.TrimSuffix(prose(t.Caption), ".") + ")"
		}
		links = append(links, link)
	}
	return links
}

func (g *gallery) figure(r *Result, f File) {
	alt := strings.NewReplacer("[", "(", "]", ")", "\n", " ").Replace(f.Caption)
	g.line("![%s](%s/%s)\n", alt, r.Experiment, f.Name)
	if f.Caption != "" {
		g.line("<sub>%s</sub>\n", prose(f.Caption))
	}
}

// ledger lists the claims by document.
func (g *gallery) ledger() {
	g.line("## The ledger of claims\n")
	for _, d := range g.Documents {
		g.line("<a id=\"%s\"></a>\n", Anchor(d.ID))
		g.line("### %s. %s\n", d.ID, prose(d.Title))
		g.line("by %s\n", prose(d.Author))
		g.line("| Section | Statement | Verdict | Measured in |")
		g.line("|---|---|---|---|")
		for _, claim := range g.Claims {
			if claim.Document != d.ID {
				continue
			}
			all := about(claim, g.results)
			g.line("| <a id=\"%s\"></a>%s | %s | %s | %s |", Anchor(string(claim.ID)), cell(claim.Section),
				cell(claim.Statement),
				badge(verdictOf(all)), strings.Join(g.places(all), ", "))
		}
		g.line("")
	}
}

// places links the experiments that measured a claim.
func (g *gallery) places(all []measurement) (links []string) {
	for _, m := range all {
		link := fmt.Sprintf("[%s](#%s)", m.result.Experiment, Anchor(m.result.Experiment))
		if !slices.Contains(links, link) {
			links = append(links, link)
		}
	}
	return links
}
