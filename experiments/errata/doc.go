// Package errata measures by how much sentences of the documents are loose or wrong.
//
// Each check names what is exact. Typos and artifacts of text extraction are not counted.
package errata

import (
	"scorelab/lib/suite"
)

// Experiments are the chapter's, in the order of the story.
var Experiments = []suite.Experiment{
	callouts,
}
