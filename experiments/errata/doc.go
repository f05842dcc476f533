// Package errata measures how much some statements of the documents differ from what is exact.
//
// Each check names the exact value. Typos and artifacts of text extraction are not counted.
package errata

import (
	"scorelab/lib/suite"
)

// Experiments are the chapter's, in the order of the story.
var Experiments = []suite.Experiment{
	callouts,
}
