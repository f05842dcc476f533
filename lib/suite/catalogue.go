package suite

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Catalogue is the whole suite: experiments, claims of the documents, and the documents. The order of each table is the
// order of every listing.
type Catalogue struct {
	Experiments []Experiment
	Claims      []Claim
	Documents   []Document
	Chapters    []Chapter  // the experiments again, by subject; empty: one chapter
	Surprises   []Surprise // of the index
}

// UnknownError is the error of a pattern that matches no experiment.
type UnknownError struct {
	Pattern string
	Nearest []string
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("no experiment matches %q; the nearest are %s; `scorelab list` shows all",
		e.Pattern, strings.Join(e.Nearest, ", "))
}

// fileName matches names of folders, tables and figures that are safe in paths, links and Markdown.
var fileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// Match returns the experiments whose ID matches the regular expression, in table order. A pattern that matches none
// is an *UnknownError.
func (c Catalogue) Match(pattern string) ([]Experiment, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("pattern %q is no regular expression: %v", pattern, err)
	}
	var matching []Experiment
	for _, e := range c.Experiments {
		if re.MatchString(e.ID) {
			matching = append(matching, e)
		}
	}
	if len(matching) == 0 {
		return nil, &UnknownError{Pattern: pattern, Nearest: nearest(pattern, c.ids())}
	}
	return matching, nil
}

// Named returns the experiment with an ID, or nil.
func (c Catalogue) Named(id string) *Experiment {
	if i := c.rank(id); i >= 0 {
		return &c.Experiments[i]
	}
	return nil
}

// Validate returns the mistakes in the tables: names that repeat, that cannot be folders, or that refer to nothing.
func (c Catalogue) Validate() error {
	var wrong []error
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	seen := map[string]bool{}
	first := func(kind, id string) {
		if seen[kind+id] {
			complain("%s %q is in the table twice", kind, id)
		}
		seen[kind+id] = true
	}
	for _, d := range c.Documents {
		first("document", d.ID)
		if d.Title == "" || d.Author == "" {
			complain("document %q lacks a title or an author", d.ID)
		}
	}
	for _, claim := range c.Claims {
		first("claim", string(claim.ID))
		switch {
		case !seen["document"+claim.Document]:
			complain("claim %q is of document %q, which is not in the table of documents", claim.ID, claim.Document)
		case !strings.HasPrefix(string(claim.ID), claim.Document+"/"):
			complain("claim %q must begin with its document, %q", claim.ID, claim.Document+"/")
		case claim.Section == "" || claim.Statement == "":
			complain("claim %q lacks a section or a statement", claim.ID)
		}
	}
	for _, e := range c.Experiments {
		first("experiment", e.ID)
		switch {
		case !fileName.MatchString(e.ID):
			complain("experiment %q cannot name a folder: use letters, digits, dots, dashes and underscores", e.ID)
		case e.Title == "" || e.Question == "":
			complain("experiment %q lacks a title or a question", e.ID)
		case e.Run == nil:
			complain("experiment %q has no Run", e.ID)
		}
	}
	return errors.Join(wrong...)
}

func (c Catalogue) ids() []string {
	ids := make([]string, len(c.Experiments))
	for i, e := range c.Experiments {
		ids[i] = e.ID
	}
	return ids
}

// rank is the index of an experiment in the table, or -1.
func (c Catalogue) rank(id string) int {
	return slices.IndexFunc(c.Experiments, func(e Experiment) bool { return e.ID == id })
}

func (c Catalogue) claim(id ClaimID) (Claim, bool) {
	i := slices.IndexFunc(c.Claims, func(claim Claim) bool { return claim.ID == id })
	if i < 0 {
		return Claim{}, false
	}
	return c.Claims[i], true
}

// find returns an error unless a claim is in the table. The error names the nearest ones.
func (c Catalogue) find(claim ClaimID) error {
	if _, ok := c.claim(claim); ok {
		return nil
	}
	ids := make([]string, len(c.Claims))
	for i := range c.Claims {
		ids[i] = string(c.Claims[i].ID)
	}
	return fmt.Errorf("claim %q is not in the table of claims; the nearest are %s",
		claim, strings.Join(nearest(string(claim), ids), ", "))
}

// nearest returns up to three words that are closest to a pattern.
func nearest(pattern string, words []string) []string {
	plain := strings.ToLower(strings.Trim(pattern, `^$.*+?()[]{}|\ `))
	words = slices.Clone(words)
	slices.SortStableFunc(words, func(a, b string) int {
		return unlikeness(plain, a) - unlikeness(plain, b)
	})
	return words[:min(3, len(words))]
}

// unlikeness is the edit distance of a name to the closest part of a word: "langvin" is near "E03-langevin".
func unlikeness(name, word string) int {
	word = strings.ToLower(word)
	best := levenshtein.ComputeDistance(name, word)
	for i, r := range word {
		if strings.ContainsRune("-/_", r) {
			best = min(best, levenshtein.ComputeDistance(name, word[:i]),
				levenshtein.ComputeDistance(name, word[i+1:]))
		}
	}
	return best
}
