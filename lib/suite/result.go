package suite

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/png"
	"math"
	"path/filepath"
	"slices"
	"strings"
)

// Schema is the version of run.json. Results of another version are refused, never reinterpreted.
const Schema = 1

// Result is the content of run.json: everything that an experiment established, independent of time and machine. Its
// pictures and data are files beside it.
type Result struct {
	Experiment string
	Seed       int64
	Profile    Profile
	Backend    string
	Title      string
	Question   string
	Sources    []string
	Answer     string
	Checks     []Check
	Tables     []File
	Figures    []File
}

// File is a table or figure beside run.json.
type File struct {
	Name    string `json:"name"`
	Caption string `json:"caption"`
	SHA256  string `json:"sha256,omitempty"` // of its bytes, in hexadecimal
}

// Failed returns the checks that do not pass.
func (r *Result) Failed() []Check {
	return slices.DeleteFunc(slices.Clone(r.Checks), Check.Pass)
}

// Count is the number of checks with each verdict.
func (r *Result) Count() map[Verdict]int {
	count := map[Verdict]int{}
	for _, c := range r.Checks {
		count[c.Verdict()]++
	}
	return count
}

// key addresses a check within a suite.
type key struct {
	experiment string
	claim      ClaimID
	metric     string
}

func (k key) String() string {
	return fmt.Sprintf("%s, claim %s, metric %q", k.experiment, k.claim, k.metric)
}

// files lists the names of all files beside run.json.
func (r *Result) files() []string {
	var names []string
	for _, f := range slices.Concat(r.Tables, r.Figures) {
		names = append(names, f.Name)
	}
	return names
}

// newResult joins an experiment with its report. It returns errors for missing parts.
func (c Catalogue) newResult(e Experiment, l *Lab, backend string, report *Report) (*Result, error) {
	r := &Result{
		Experiment: e.ID, Seed: l.Seed, Profile: l.Profile, Backend: backend,
		Title: e.Title, Question: e.Question, Sources: e.Sources, Answer: report.Answer, Checks: report.Checks,
	}
	for _, t := range report.Tables {
		r.Tables = append(r.Tables, File{Name: t.Name + ".csv", Caption: t.Caption})
	}
	for _, f := range report.Figures {
		r.Figures = append(r.Figures, File{Name: f.Name, Caption: f.Caption})
	}
	var wrong []error
	if r.Answer == "" {
		wrong = append(wrong, errors.New("the report has no answer"))
	}
	if len(r.Checks) == 0 {
		wrong = append(wrong, errors.New("the report has no checks"))
	}
	for _, check := range r.Checks {
		wrong = append(wrong, c.find(check.Claim), check.validate())
	}
	for _, f := range report.Figures {
		wrong = append(wrong, f.validate())
	}
	wrong = append(wrong, r.distinct())
	return r, errors.Join(wrong...)
}

// validate returns an error for checks that could not fail or lack an explanation.
func (c Check) validate() error {
	switch {
	case c.Metric == "":
		return fmt.Errorf("a check of claim %q has no metric", c.Claim)
	case c.Why == "":
		return fmt.Errorf("metric %q does not say why its tolerance is what it is", c.Metric)
	case math.IsNaN(c.Want) || math.IsInf(c.Want, 0):
		return fmt.Errorf("metric %q is held against %v", c.Metric, c.Want)
	case math.IsInf(c.Tol, 0):
		return fmt.Errorf("metric %q has an infinite tolerance, so that its check cannot fail", c.Metric)
	case c.Band < 0 || math.IsNaN(c.Band) || math.IsInf(c.Band, 0):
		return fmt.Errorf("metric %q has the band %v: it must be positive, or 0 for the usual one", c.Metric, c.Band)
	case !(c.Alpha >= 0 && c.Alpha < 1):
		return fmt.Errorf("metric %q has the false-alarm probability %v", c.Metric, c.Alpha)
	case !slices.Contains([]Verdict{"", Confirmed, Qualified, Refuted}, c.Shows):
		return fmt.Errorf("metric %q shows %q: a verdict is confirmed, qualified or refuted", c.Metric, c.Shows)
	}
	return nil
}

// distinct returns an error for names that repeat or cannot be files.
func (r *Result) distinct() error {
	var wrong []error
	checks := map[key]bool{}
	for _, c := range r.Checks {
		k := key{r.Experiment, c.Claim, c.Metric}
		if checks[k] {
			wrong = append(wrong, fmt.Errorf("claim %q has the metric %q twice", c.Claim, c.Metric))
		}
		checks[k] = true
	}
	names := map[string]bool{strings.ToLower(runName): true, strings.ToLower(metaName): true}
	for _, name := range r.files() {
		if !fileName.MatchString(name) {
			wrong = append(wrong, fmt.Errorf("%q cannot name a file: use letters, digits, dots, dashes and underscores",
				name))
		}
		if names[strings.ToLower(name)] {
			wrong = append(wrong, fmt.Errorf("two files want the name %q", name))
		}
		names[strings.ToLower(name)] = true
	}
	return errors.Join(wrong...)
}

// validate returns an error for a picture that is damaged or blank.
func (f Figure) validate() error {
	switch ext := filepath.Ext(f.Name); ext {
	case ".svg":
		if !bytes.Contains(f.Data, []byte("<svg")) || !bytes.Contains(f.Data, []byte("</svg>")) {
			return fmt.Errorf("figure %q is no SVG picture", f.Name)
		}
	case ".png", ".gif":
		decode := png.Decode // by name: in a program that draws APNG, image.Decode reads PNG with the APNG decoder
		if ext == ".gif" {
			decode = gif.Decode
		}
		picture, err := decode(bytes.NewReader(f.Data))
		if err != nil {
			return fmt.Errorf("figure %q is no %s picture: %v", f.Name, strings.ToUpper(ext[1:]), err)
		}
		if blank(picture) {
			return fmt.Errorf("figure %q is blank", f.Name)
		}
	default:
		return fmt.Errorf("figure %q must be .png, .gif or .svg", f.Name)
	}
	return nil
}

// blank reports whether all pixels have one color.
func blank(picture image.Image) bool {
	b := picture.Bounds()
	if b.Empty() {
		return true
	}
	first := picture.At(b.Min.X, b.Min.Y)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if picture.At(x, y) != first {
				return false
			}
		}
	}
	return true
}

// Claims is the number of claims of the checks.
func (r *Result) Claims() int {
	distinct := map[ClaimID]bool{}
	for _, c := range r.Checks {
		distinct[c.Claim] = true
	}
	return len(distinct)
}
