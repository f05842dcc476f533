package suite

import (
	"bytes"
	"fmt"
	"path"
	"slices"
)

// Pages of a folder of results, besides its README.md.
const (
	ledgerPage = "ledger.md"
	// toIndex is at the top of every page below the index, and distinguishes our pages from foreign ones.
	toIndex = "[All results](../" + readmeName + ")"
)

// page is a Markdown page under construction.
type page struct {
	Catalogue
	results []*Result
	text    bytes.Buffer
}

func (p *page) line(format string, args ...any) { fmt.Fprintf(&p.text, format+"\n", args...) }

// summaries are the files that are derived from the results, by their path in the folder.
func (c Catalogue) summaries(results []*Result) (map[string][]byte, error) {
	ledger, err := c.Ledger(results)
	if err != nil {
		return nil, err
	}
	for _, s := range c.Surprises {
		if r := find(results, s.Experiment); r != nil {
			if err := s.missing(r); err != nil {
				return nil, err
			}
		}
	}
	text, err := encodeJSON(ledger)
	files := map[string][]byte{ledgerName: text, ledgerPage: c.LedgerPage(results), readmeName: c.Index(results)}
	for _, r := range results {
		files[path.Join(r.Experiment, readmeName)] = c.ResultPage(r)
	}
	return files, err
}

// verdict is the verdict on a claim, with a link to its line in the ledger.
func (p *page) verdict(claim Claim, all []measurement) string {
	return fmt.Sprintf("[%s](%s#%s)", badge(verdictOf(all)), ledgerPage, Anchor(string(claim.ID)))
}

// places links the experiments that measured a claim.
func places(all []measurement) (links []string) {
	for _, m := range all {
		link := fmt.Sprintf("[%s](%s/%s)", m.result.Experiment, m.result.Experiment, readmeName)
		if !slices.Contains(links, link) {
			links = append(links, link)
		}
	}
	return links
}
