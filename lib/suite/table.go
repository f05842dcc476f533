package suite

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
)

// encode returns the table as CSV according to RFC 4180, with bare newlines. Numbers are read back exactly.
func (t Table) encode() ([]byte, error) {
	if len(t.Header) == 0 {
		return nil, fmt.Errorf("table %q has no header", t.Name)
	}
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	if err := w.Write(t.Header); err != nil {
		return nil, fmt.Errorf("table %q: %w", t.Name, err)
	}
	record := make([]string, len(t.Header))
	for i, row := range t.Rows {
		if len(row) != len(t.Header) {
			return nil, fmt.Errorf("table %q, row %d: %d cells under %d headings", t.Name, i+1, len(row), len(t.Header))
		}
		for j, cell := range row {
			switch v := cell.(type) {
			case string:
				record[j] = v
			case float64:
				record[j] = strconv.FormatFloat(v, 'g', -1, 64)
			case float32:
				record[j] = strconv.FormatFloat(float64(v), 'g', -1, 32)
			case int, int64, int32, uint64, uint32, bool:
				record[j] = fmt.Sprint(v)
			default:
				return nil, fmt.Errorf("table %q, row %d, %s: a cell is a string, an integer or a float64, not %T",
					t.Name, i+1, t.Header[j], cell)
			}
		}
		if err := w.Write(record); err != nil {
			return nil, fmt.Errorf("table %q: %w", t.Name, err)
		}
	}
	w.Flush()
	return text.Bytes(), w.Error()
}
