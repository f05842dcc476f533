package suite

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"scorelab/internal/strictjson"
	"scorelab/lib/metrics"
)

// number is a float64 in JSON: the shortest form that reads back the same. NaN and infinities are strings.
type number float64

func (x number) MarshalJSON() ([]byte, error) {
	text := strconv.FormatFloat(float64(x), 'g', -1, 64)
	if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
		text = strconv.Quote(text)
	}
	return []byte(text), nil
}

func (x *number) UnmarshalJSON(text []byte) error {
	text = bytes.Trim(text, `"`)
	value, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return fmt.Errorf("%q is no number", text)
	}
	*x = number(value)
	return nil
}

// runJSON and checkJSON fix the names and the order in run.json.
type runJSON struct {
	Experiment string      `json:"experiment"`
	Schema     int         `json:"schema"`
	Seed       int64       `json:"seed"`
	Profile    Profile     `json:"profile"`
	Backend    string      `json:"backend"`
	Title      string      `json:"title"`
	Question   string      `json:"question"`
	Sources    []string    `json:"sources"`
	Answer     string      `json:"answer"`
	Checks     []checkJSON `json:"checks"`
	Tables     []File      `json:"tables"`
	Figures    []File      `json:"figures"`
}

type checkJSON struct {
	Claim   ClaimID `json:"claim"`
	Metric  string  `json:"metric"`
	Got     number  `json:"got"`
	Lo      number  `json:"lo"`
	Hi      number  `json:"hi"`
	N       int     `json:"n"`
	Want    number  `json:"want"`
	Tol     number  `json:"tol"`
	Why     string  `json:"why"`
	Pass    bool    `json:"pass"`
	Verdict Verdict `json:"verdict"`
	Shows   Verdict `json:"shows,omitempty"` // the verdict of a pass, unless it is confirmed
	Band    number  `json:"band,omitempty"`
	Alpha   number  `json:"alpha,omitempty"`

	OfTraining bool `json:"of_training,omitempty"`
}

// encode returns the text of run.json: the same bytes for the same result.
func (r *Result) encode() ([]byte, error) {
	out := runJSON{
		Experiment: r.Experiment, Schema: Schema, Seed: r.Seed, Profile: r.Profile, Backend: r.Backend, Title: r.Title,
		Question: r.Question, Sources: orEmpty(r.Sources), Answer: r.Answer, Checks: []checkJSON{},
		Tables: orEmpty(r.Tables), Figures: orEmpty(r.Figures),
	}
	for _, c := range r.Checks {
		out.Checks = append(out.Checks, checkJSON{
			Claim: c.Claim, Metric: c.Metric, Got: number(c.Got.Center), Lo: number(c.Got.Lo), Hi: number(c.Got.Hi),
			N: c.Got.N, Want: number(c.Want), Tol: number(c.Tol), Why: c.Why, Pass: c.Pass(), Verdict: c.Verdict(),
			Shows: c.Shows, Band: number(c.Band), Alpha: number(c.Alpha), OfTraining: c.OfTraining,
		})
	}
	return encodeJSON(out)
}

// decodeResult reads run.json. It accepts only text that encode can have written, since a result edited by hand or by
// another version of this program is no evidence.
func decodeResult(text []byte) (*Result, error) {
	var head struct {
		Schema *int `json:"schema"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, explain(text, err)
	}
	switch {
	case head.Schema == nil:
		return nil, errors.New("it has no schema number, so it is no result of this suite")
	case *head.Schema < Schema:
		return nil, fmt.Errorf("it has schema %d, older than this program's %d", *head.Schema, Schema)
	case *head.Schema > Schema:
		return nil, fmt.Errorf("it has schema %d, newer than this program's %d", *head.Schema, Schema)
	}
	var in runJSON
	if err := strictjson.Unmarshal(text, &in); err != nil {
		return nil, explain(text, err)
	}
	r := &Result{
		Experiment: in.Experiment, Seed: in.Seed, Profile: in.Profile, Backend: in.Backend, Title: in.Title,
		Question: in.Question, Sources: orNil(in.Sources), Answer: in.Answer, Tables: orNil(in.Tables),
		Figures: orNil(in.Figures),
	}
	for _, c := range in.Checks {
		check := Check{
			Claim: c.Claim, Metric: c.Metric, Want: float64(c.Want), Tol: float64(c.Tol), Why: c.Why, Shows: c.Shows,
			Got:  metrics.Summary{Center: float64(c.Got), Lo: float64(c.Lo), Hi: float64(c.Hi), N: c.N},
			Band: float64(c.Band), Alpha: float64(c.Alpha), OfTraining: c.OfTraining,
		}
		if c.Pass != check.Pass() || c.Verdict != check.Verdict() {
			return nil, fmt.Errorf("metric %q is stored as pass %v, %s, but its numbers say pass %v, %s: it was "+
				"changed by hand",
				c.Metric, c.Pass, c.Verdict, check.Pass(), check.Verdict())
		}
		if err := check.validate(); err != nil {
			return nil, err
		}
		r.Checks = append(r.Checks, check)
	}
	if len(r.Checks) == 0 {
		return nil, errors.New("it holds no checks")
	}
	if err := r.distinct(); err != nil {
		return nil, err
	}
	written, err := r.encode()
	if err != nil {
		return nil, err
	}
	return r, sameText(text, written)
}

// sameText returns an error for a text that differs from what this program writes for the same result: other spaces,
// digits or order.
func sameText(text, written []byte) error {
	if bytes.Equal(text, written) {
		return nil
	}
	is, want := bytes.Split(text, []byte("\n")), bytes.Split(written, []byte("\n"))
	line := 0
	for line < min(len(is), len(want))-1 && bytes.Equal(is[line], want[line]) {
		line++
	}
	return fmt.Errorf("line %d is %s, where this program writes %s: it was changed by hand",
		line+1, quoted(is[line]), quoted(want[line]))
}

func quoted(line []byte) string {
	const most = 80
	text := string(bytes.TrimSpace(line))
	if len(text) > most {
		text = text[:most] + " ..."
	}
	return strconv.Quote(text)
}

// encodeJSON indents, keeps <, > and & readable, and ends with a newline.
func encodeJSON(value any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(value)
	return text.Bytes(), err
}

// explain adds the line to an error of encoding/json. Errors of strictjson have it already.
func explain(text []byte, err error) error {
	if refused := (*strictjson.Error)(nil); errors.As(err, &refused) {
		return err
	}
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	offset := int64(-1)
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset = kind.Offset
		err = fmt.Errorf("%s must not be a JSON %s", kind.Field, kind.Value)
	}
	if offset < 0 || offset > int64(len(text)) {
		return fmt.Errorf("it is no JSON of this suite: %w", err)
	}
	return fmt.Errorf("line %d: %w", 1+bytes.Count(text[:offset], []byte("\n")), err)
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func orNil[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}
