package suite

import "strings"

// ResultPage is README.md of the folder of one result. It has the question, the answer, the figures, and every check
// with its tolerance and the reason for it, by claim.
func (c Catalogue) ResultPage(r *Result) []byte {
	p := &page{Catalogue: c, results: []*Result{r}}
	p.line("# %s\n", prose(r.Title))
	p.line("%s · [ledger](../%s) · %s\n", toIndex, ledgerPage, badges(r))
	p.line("> %s\n", prose(r.Question))
	p.line("%s\n", prose(r.Answer))
	for _, f := range r.Figures {
		p.figure(f)
	}
	p.line("## Checks\n")
	p.line("The verdict before each claim is that of this experiment. The ledger combines all experiments on a " +
		"claim.\n")
	for _, claim := range p.Claims {
		if all := about(claim, p.results); len(all) > 0 {
			p.checksOf(claim, all)
		}
	}
	p.line("## Data\n")
	p.line("- [%s](%s): every check, for programs", runName, runName)
	for _, t := range r.Tables {
		p.line("- [%s](%s)%s", t.Name, t.Name, afterColon(t.Caption))
	}
	if len(r.Sources) > 0 {
		p.line("\nRaised in %s.", prose(strings.Join(r.Sources, "; ")))
	}
	return p.text.Bytes()
}

func (p *page) figure(f File) {
	alt := strings.NewReplacer("[", "(", "]", ")", "\n", " ").Replace(f.Caption)
	p.line("![%s](%s)\n", alt, f.Name)
	if f.Caption != "" {
		p.line("*%s*\n", prose(f.Caption))
	}
}

// checksOf shows the checks of a claim in one result.
func (p *page) checksOf(claim Claim, all []measurement) {
	p.line("**%s** — [%s](../%s#%s): %s\n", badgeless(verdictOf(all)), claim.ID, ledgerPage, Anchor(string(claim.ID)),
		prose(claim.Statement))
	p.line("| | Measured | Value (± 5 s.e.) | Must be | Why this tolerance |")
	p.line("|---|---|--:|--:|---|")
	for _, m := range all {
		p.line("| %s | %s | %s | %s | %s |", mark(m.Check), cell(m.Metric), m.Got.String(), accepted(m.Check),
			cell(m.Why))
	}
	p.line("")
}

// badgeless is a verdict with a capital letter, for the start of a paragraph.
func badgeless(v Verdict) string { return strings.ToUpper(string(v[:1])) + string(v[1:]) }

// accepted writes the accepted values of a check, with a mark if the check is weak.
func accepted(c Check) string {
	if c.Weak() {
		return mustBe(c) + " *" + weakMark + "*"
	}
	return mustBe(c)
}

// afterColon is a caption for the rest of a list item.
func afterColon(caption string) string {
	if caption == "" {
		return ""
	}
	return ": " + strings.TrimSuffix(prose(caption), ".")
}
