package suite

// Chapter is a list of experiments on one subject, with its theorem.
type Chapter struct {
	Title       string
	Theorem     string // the theorem in one or two sentences, for readers of the index
	Experiments []Experiment
}

// Surprise is a result that readers do not expect, for the top of the index.
type Surprise struct {
	Experiment string   // its ID
	Figure     string   // one of its figures, by name
	Title      string   // the result in a few words
	Text       string   // one or two sentences, with a %s for each number
	Metrics    []string // the metrics of the experiment whose values fill in Text
}

// chapters are the chapters of the suite, or one that holds everything.
func (c Catalogue) chapters() []Chapter {
	if len(c.Chapters) > 0 {
		return c.Chapters
	}
	return []Chapter{{Title: "Experiments", Experiments: c.Experiments}}
}
