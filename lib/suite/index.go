package suite

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"scorelab/lib/metrics"
)

// indexTitle is the first line of the page of a folder of results.
const indexTitle = "# Results: the theory of score-based diffusion, measured"

// Index is README.md of a folder of results. It shows surprising results, then the chapters with one picture, one
// sentence and the verdicts of each experiment, then the documents and their figures. The same results give the same
// bytes.
func (c Catalogue) Index(results []*Result) []byte {
	p := &page{Catalogue: c, results: results}
	p.line(indexTitle + "\n")
	p.outcome()
	p.surprises()
	for _, chapter := range c.chapters() {
		p.chapter(chapter)
	}
	p.documentFigures()
	p.documents()
	p.howToRead()
	return p.text.Bytes()
}

// outcome summarizes the results in three lines.
func (p *page) outcome() {
	checks, failed := 0, 0
	for _, r := range p.results {
		checks += len(r.Checks)
		failed += len(r.Failed())
	}
	p.line("Every figure and claim of %s is an experiment, and every experiment ends in numbers that are compared",
		plural(len(p.Documents), "theory document"))
	p.line("with exact values: **%s** with **%s**; %s. The", plural(len(p.results), "experiment"),
		plural(checks, "check"), failures(failed))
	p.line("[ledger](%s) goes through the statements of the documents one by one.\n", ledgerPage)
}

func failures(failed int) string {
	if failed == 0 {
		return "all of them hold"
	}
	return fmt.Sprintf("**%d of them FAIL**", failed)
}

// surprises shows the results that readers do not expect, for experiments that have run.
func (p *page) surprises() {
	var rows []string
	for _, s := range p.Surprises {
		r := find(p.results, s.Experiment)
		if r == nil {
			continue
		}
		rows = append(rows, fmt.Sprintf("| [%s](%s/%s) | **[%s](%s/%s).** %s |",
			thumbnail(s.Figure, s.Title, s.Experiment),
			s.Experiment, readmeName, cell(s.Title), s.Experiment, readmeName, cell(s.text(r))))
	}
	if len(rows) == 0 {
		return
	}
	p.line("## What readers do not expect\n\n| | |\n|---|---|\n%s\n", strings.Join(rows, "\n"))
}

// chapter shows the experiments of a chapter that have run.
func (p *page) chapter(c Chapter) {
	var rows []string
	for _, e := range c.Experiments {
		r := find(p.results, e.ID)
		if r == nil {
			continue
		}
		picture := ""
		if len(r.Figures) > 0 {
			picture = fmt.Sprintf("[%s](%s/%s)", thumbnail(r.Figures[0].Name, r.Title, r.Experiment), r.Experiment,
				readmeName)
		}
		rows = append(rows, fmt.Sprintf("| %s | **[%s](%s/%s)**<br>*%s*<br>%s | %s |", picture, cell(r.Title),
			r.Experiment, readmeName, cell(r.Question), cell(lead(r.Answer)), badges(r)))
	}
	if len(rows) == 0 {
		return
	}
	p.line("## %s\n", prose(c.Title))
	if c.Theorem != "" {
		p.line("%s\n", prose(c.Theorem))
	}
	p.line("| | Experiment | Checks |\n|---|---|---|\n%s\n", strings.Join(rows, "\n"))
}

// thumbnail is a small figure of an experiment.
func thumbnail(name, title, experiment string) string {
	alt := strings.NewReplacer(`"`, "'", "<", "", ">", "", "|", "", "[", "(", "]", ")").Replace(title)
	return fmt.Sprintf(`<img src="%s/%s" width="240" alt="%s">`, experiment, name, alt)
}

// endOfSentence is a mark after which the next sentence begins.
var endOfSentence = regexp.MustCompile(`[.!?] [A-Z(]`)

// lead is the beginning of an answer: whole sentences, enough to say something.
func lead(answer string) string {
	const enough = 60
	from := 0
	for {
		at := endOfSentence.FindStringIndex(answer[from:])
		if at == nil {
			return answer
		}
		if from += at[0] + 1; from >= enough {
			return answer[:from]
		}
	}
}

// documentFigures lists the figures of the documents beside the experiments that reproduce them. These are the claims
// whose section names a figure.
func (p *page) documentFigures() {
	var rows []string
	for _, claim := range p.Claims {
		if !strings.Contains(claim.Section, "figure") {
			continue
		}
		all := about(claim, p.results)
		if len(all) == 0 {
			continue
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s | %s |", claim.Document, cell(claim.Section),
			cell(claim.Statement), strings.Join(places(all), ", "), p.verdict(claim, all)))
	}
	if len(rows) > 0 {
		p.line("## The figures of the documents, and ours\n\n| Document | Figure | What it shows | Reproduced in | " +
			"Verdict |")
		p.line("|---|---|---|---|---|\n%s\n", strings.Join(rows, "\n"))
	}
}

// documents counts the documents' claims by verdict.
func (p *page) documents() {
	p.line("## The documents\n\n| Document | Claims | Confirmed | Qualified | Refuted | Not measured |")
	p.line("|---|--:|--:|--:|--:|--:|")
	total := map[Verdict]int{}
	for _, d := range p.Documents {
		count := map[Verdict]int{}
		for _, claim := range p.Claims {
			if claim.Document == d.ID {
				v := verdictOf(about(claim, p.results))
				count[v]++
				total[v]++
			}
		}
		p.line("| [%s](%s#%s) %s — %s | %s |", d.ID, ledgerPage, Anchor(d.ID), cell(d.Title), cell(d.Author),
			counts(count))
	}
	p.line("| **All** | %s |\n", counts(total))
}

func counts(n map[Verdict]int) string {
	return fmt.Sprintf("%d | %d | %d | %d | %d", n[Confirmed]+n[Qualified]+n[Refuted]+n[""],
		n[Confirmed], n[Qualified], n[Refuted], n[""])
}

// howToRead explains the marks of the pages.
func (p *page) howToRead() {
	weak := 0
	for _, r := range p.results {
		weak += len(r.Weak())
	}
	p.line("## How to read this\n")
	p.line("- %s: true as written. %s: true under a condition that the statement leaves out. %s: wrong as written; the",
		badge(Confirmed), badge(Qualified), badge(Refuted))
	p.line("  check measures what is exact.")
	p.line("- A value with ± is an estimate with an interval of five standard errors (s.e.). A value without ± is " +
		"computed")
	p.line("  to rounding.")
	if weak > 0 {
		p.line("- %s with the mark *%s* %s little: %s.", plural(weak, "check"), weakMark, verb(weak, "tests", "test"),
			WeakMeans)
	}
	p.line("- %s", settings(p.results))
	p.line("- False alarms: correct code fails this suite by chance %s.", OnceIn(FalseAlarm(p.results)))
	p.line("- [`%s`](%s) holds every check for programs.", ledgerName, ledgerName)
}

// settings describes how the results were made, once if they agree.
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

// text fills in the numbers of a surprise, which its result has: see missing.
func (s Surprise) text(r *Result) string {
	numbers := make([]any, len(s.Metrics))
	for i, metric := range s.Metrics {
		c, _ := r.named(metric)
		numbers[i] = metrics.Digits(c.Got.Center, 3)
	}
	return fmt.Sprintf(s.Text, numbers...)
}

// missing returns an error if a surprise names a figure or metric that its result lacks.
func (s Surprise) missing(r *Result) error {
	if !slices.ContainsFunc(r.Figures, func(f File) bool { return f.Name == s.Figure }) {
		return fmt.Errorf("the surprise %q shows %s, which %s does not have", s.Title, s.Figure,
			path.Join(r.Experiment, runName))
	}
	for _, metric := range s.Metrics {
		if _, measured := r.named(metric); !measured {
			return fmt.Errorf("the surprise %q quotes %q, which %s does not measure", s.Title, metric, r.Experiment)
		}
	}
	return nil
}

// named is the first check of a metric.
func (r *Result) named(metric string) (Check, bool) {
	i := slices.IndexFunc(r.Checks, func(c Check) bool { return c.Metric == metric })
	if i < 0 {
		return Check{}, false
	}
	return r.Checks[i], true
}
