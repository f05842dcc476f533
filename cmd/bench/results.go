package main

import (
	"encoding/json"
	"os"
	"path/filepath"

	"scorelab/internal/atomicdir"
	"scorelab/internal/strictjson"
)

// report is results/bench.json.
type report struct {
	Machine  machine           `json:"machine"`
	Versions map[string]string `json:"versions"`
	Rounds   int               `json:"rounds"`
	// Products are the best matrix products of any side, in operations a second.
	Products products `json:"products"`
	Rows     []row    `json:"rows"`
	Costs    []curve  `json:"costs"`
	// LeftOut says why a peer is missing, by its name.
	LeftOut map[string]string `json:"left_out"`
}

type machine struct {
	Processor  string  `json:"processor"`
	Processors int     `json:"processors"`
	Backend    string  `json:"backend"`
	Load       float64 `json:"load"` // running processes before the bench
}

type products struct {
	Float32 float64 `json:"float32"`
	Float64 float64 `json:"float64"`
}

// row is a work against one peer. Times are medians in seconds; Ratio is the peer's over ours.
type row struct {
	Work   string            `json:"work"`
	About  string            `json:"about"`
	Size   size              `json:"size"`
	Peer   string            `json:"peer"`
	Ours   float64           `json:"ours_s"`
	Theirs float64           `json:"peer_s"`
	Ratio  float64           `json:"ratio"`
	Lo     float64           `json:"lo"`
	Hi     float64           `json:"hi"`
	Goal   *float64          `json:"goal"` // nil: none
	Gemm   *float64          `json:"gemm"` // our fraction of the best matrix product; nil: the work is no product
	Notes  map[string]string `json:"notes,omitempty"`
}

// readReport reads a report.
func readReport(path string) (*report, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &report{}
	return r, strictjson.Unmarshal(text, r)
}

// encode is the text of a report.
func (r *report) encode() ([]byte, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	return append(text, '\n'), err
}

// write writes the report, its page and its picture into a folder.
func (r *report) write(dir string) error {
	text, err := r.encode()
	if err != nil {
		return err
	}
	picture, err := r.picture()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	files := map[string][]byte{"bench.json": text, "bench.png": picture, "bench.md": []byte(r.page())}
	if len(r.Costs) > 0 {
		if files["bench-costs.png"], err = r.costsPicture(); err != nil {
			return err
		}
	}
	for name, text := range files {
		if err := (atomicdir.Writer{}).File(filepath.Join(dir, name), text); err != nil {
			return err
		}
	}
	return nil
}
