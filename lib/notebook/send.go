package notebook

import (
	"fmt"
	"html"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// send shows one output, in the richest form that the reader's program can show, and waits until it is shown.
func send(forms map[protocol.MIMEType]any) { sendSized(forms, nil) }

// sendSized is send with metadata of the forms, such as the width.
func sendSized(forms map[protocol.MIMEType]any, known map[string]any) {
	if !gonbui.IsNotebook { // a cell's code runs as a program, for example in a test
		fmt.Fprintln(stdout, forms[protocol.MIMETextPlain])
		return
	}
	gonbui.SendData(&protocol.DisplayData{Data: forms, Metadata: known})
	gonbui.Sync()
}

// Tests replace these to see how a cell ends.
var (
	stdout, stderr io.Writer = os.Stdout, os.Stderr
	exit                     = os.Exit
)

// Say shows a line of text, and explains the intervals in it.
func Say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	switch {
	case strings.Contains(text, " ± "):
		text += " (± is 5 s.e.)"
	case isInterval(text):
		text += " (the interval is that of 5 s.e.)"
	}
	send(map[protocol.MIMEType]any{protocol.MIMETextPlain: text})
}

// intervals explains an interval of [metrics.Summary], since readers may take ± for one standard error.
const intervals = "intervals are those of 5 standard errors"

// skewed matches an interval that extends farther to one side.
var skewed = regexp.MustCompile(`, between \S+ and \S`)

func isInterval(text string) bool { return strings.Contains(text, " ± ") || skewed.MatchString(text) }

// Must returns the value of a call. An error ends the cell.
func Must[T any](value T, err error) T {
	Check(err)
	return value
}

// Check ends the cell if there is an error.
func Check(err error) {
	if err == nil {
		return
	}
	gonbui.Sync()
	fmt.Fprintln(stderr, "error:", err)
	exit(1)
}

// link is a cell of a table with a link.
type link struct{ text, to string }

// Table shows rows under their header, and explains the intervals in them. Numbers are printed with six digits.
func Table(header []string, rows ...[]any) { tableWith(intervals, header, rows) }

// tableWith shows a table, with a note below it if it has intervals.
func tableWith(note string, header []string, rows [][]any) {
	var plain, rich strings.Builder
	noted := false
	plain.WriteString(strings.Join(header, "  "))
	rich.WriteString("<table><thead><tr>")
	for j, h := range header {
		fmt.Fprintf(&rich, "<th%s>%s</th>", aligned(rows, j), html.EscapeString(h))
	}
	rich.WriteString("</tr></thead><tbody>")
	for _, row := range rows {
		plain.WriteString("\n")
		rich.WriteString("<tr>")
		for j, v := range row {
			text, markup := cell(v)
			if j > 0 {
				plain.WriteString("  ")
			}
			plain.WriteString(text)
			noted = noted || isInterval(text)
			fmt.Fprintf(&rich, "<td%s>%s</td>", aligned(rows, j), markup)
		}
		rich.WriteString("</tr>")
	}
	rich.WriteString("</tbody></table>")
	if noted {
		plain.WriteString("\n" + note)
		fmt.Fprintf(&rich, "<p><small>%s</small></p>", html.EscapeString(note))
	}
	send(map[protocol.MIMEType]any{protocol.MIMETextPlain: plain.String(), protocol.MIMETextHTML: rich.String()})
}

// aligned sets a column of text to the left. Jupyter sets all columns to the right, which suits numbers.
func aligned(rows [][]any, j int) string {
	for _, row := range rows {
		switch row[j].(type) {
		case string, link:
		default:
			return ""
		}
	}
	return ` style="text-align:left"`
}

// cell is a value as text and as HTML.
func cell(v any) (text, markup string) {
	switch v := v.(type) {
	case float64:
		text = fmt.Sprintf("%.6g", v)
	case link:
		return v.text, fmt.Sprintf(`<a href="%s">%s</a>`, html.EscapeString(v.to), html.EscapeString(v.text))
	default:
		text = fmt.Sprint(v)
	}
	return text, html.EscapeString(text)
}
