// Package claims names the statements of the theory documents, in our own words. An experiment refers to them by
// constants, so that a check of a claim that does not exist fails to compile.
package claims

import (
	"slices"

	"scorelab/lib/suite"
)

// Claims are all statements, in the order of the documents.
var Claims = slices.Concat(document000, document001, document002, document003, document004)

// Documents are the theory documents that the suite holds to their word.
var Documents = []suite.Document{
	{ID: "000", Title: "Diffusion Models: Score Matching Perspective", Author: "Author not named"},
	{ID: "001", Title: "Building Diffusion Model's theory from ground up", Author: "Ayan Das, ICLR Blogposts 2024"},
	{ID: "002", Title: "Score Matching and Diffusion Models: Generating Data by Learning to Denoise",
		Author: "Author not named; notes on EPFL's EE-556, Mathematics of Data"},
	{ID: "003", Title: "Untitled chapter on score matching and diffusion", Author: "Author not named"},
	{ID: "004", Title: "Deep Generative Models: Score Matching with Diffusion Models",
		Author: "René Vidal, University of Pennsylvania"},
}
