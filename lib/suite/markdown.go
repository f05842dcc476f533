package suite

import (
	"fmt"
	"strings"
)

// badge is a verdict in words.
func badge(v Verdict) string {
	switch v {
	case Confirmed:
		return "**confirmed**"
	case Qualified:
		return "**qualified**"
	case Refuted:
		return "**refuted**"
	}
	return "not measured"
}

// mark is the outcome of one check. A check that fails is not yet a verdict on the document, but a fault to examine.
func mark(c Check) string {
	if !c.Pass() {
		return "**FAILED**"
	}
	return string(c.Verdict())
}

// badges counts the verdicts of an experiment, in Markdown.
func badges(r *Result) string { return r.verdicts("**") }

// Verdicts counts what the checks establish: "3 confirmed, 1 refuted, 1 FAILED". A check that fails is not yet a
// verdict on the document.
func (r *Result) Verdicts() string { return r.verdicts("") }

func (r *Result) verdicts(mark string) string {
	failed := len(r.Failed())
	count := r.Count()
	count[Refuted] -= failed
	var words []string
	for _, v := range []Verdict{Confirmed, Qualified, Refuted} {
		if count[v] > 0 {
			words = append(words, fmt.Sprintf("%d %s%s%s", count[v], mark, v, mark))
		}
	}
	if failed > 0 {
		words = append(words, fmt.Sprintf("%d %sFAILED%s", failed, mark, mark))
	}
	return strings.Join(words, ", ")
}

// Anchor is the target of links to a claim or a document within the ledger.
func Anchor(name string) string {
	return strings.ToLower(strings.NewReplacer("/", "-", " ", "-").Replace(name))
}

// prose escapes text that is mathematics and not markup: x~, a*b, <x>. Code in backticks and TeX between dollars stay
// unchanged.
func prose(text string) string {
	var out strings.Builder
	text = strings.Join(strings.Fields(text), " ")
	for len(text) > 0 {
		if c := text[0]; c == '`' || c == '$' {
			if end := strings.IndexByte(text[1:], c); end >= 0 {
				out.WriteString(text[:end+2])
				text = text[end+2:]
				continue
			}
		}
		switch text[0] {
		case '<':
			out.WriteString("&lt;")
		case '*', '~', '[', ']', '\\', '_':
			out.WriteString(`\` + text[:1])
		default:
			out.WriteByte(text[0])
		}
		text = text[1:]
	}
	return out.String()
}

// cell is prose inside a table.
func cell(text string) string { return strings.ReplaceAll(prose(text), "|", `\|`) }

// verb is the form for one or for more.
func verb(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

// plural writes a count with its noun.
func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
