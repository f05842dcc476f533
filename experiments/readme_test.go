package experiments

import (
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The README's numbers are the ledger's: each row of its table names a claim, a value and a verdict, and the committed
// ledger has that value, to the digits given, with that verdict.
func TestReadmeQuotesTheLedger(t *testing.T) {
	data, err := os.ReadFile("../results/ledger.json")
	if err != nil {
		t.Fatal(err)
	}
	var ledger []struct {
		Claim, Verdict string
		Got            json.RawMessage
	}
	if err := json.Unmarshal(data, &ledger); err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	quoted := 0
	row := regexp.MustCompile("(?m)^\\| \\[`(00\\d/[a-z-]+)`\\]\\S+ \\|(.*)$")
	for _, match := range row.FindAllStringSubmatch(string(readme), -1) {
		quoted++
		cells := strings.Split(match[2], "|")
		claim, value, verdict := match[1], strings.TrimSpace(cells[1]), strings.TrimSpace(cells[3])
		found := false
		for _, l := range ledger {
			got, err := strconv.ParseFloat(string(l.Got), 64)
			if err != nil || l.Claim != claim || l.Verdict != verdict {
				continue
			}
			format, digits := byte('f'), len(value)-strings.IndexByte(value, '.')-1
			if mantissa, _, exponent := strings.Cut(value, "e"); exponent {
				format, digits = 'e', len(mantissa)-strings.IndexByte(mantissa, '.')-1
			} else if !strings.Contains(value, ".") {
				digits = 0
			}
			found = found || strconv.FormatFloat(got, format, digits, 64) == value
		}
		if !found {
			t.Errorf("README: %s, %s, %s is not in results/ledger.json", claim, value, verdict)
		}
	}
	if quoted < 5 {
		t.Errorf("README quotes %d rows of the ledger", quoted)
	}
	for _, d := range Catalogue.Documents {
		if !strings.Contains(string(readme), "| "+d.ID+" |") {
			t.Errorf("README does not list document %s", d.ID)
		}
	}
}
