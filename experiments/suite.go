package main

import "scorelab/lib/suite"

// Experiments is the suite, in the order of the story. A line here enrols an experiment everywhere.
var Experiments = []suite.Experiment{
	e01,
	e02,
	e03,
	e04,
	e05,
	e06,
	e07,
	e08,
	e09ISM,
	e09Hutchinson,
	e09SideBySide,
	e10DSM,
	e11,
	e12,
	e13,
	e13Sampler,
	e14,
	e15,
	e15Trained,
	e16,
	e17,
	e18Bayes,
	e18Laws,
	e18Dropout,
	e18Digits,
	e19,
	e19Thin,
	e20Versus,
	e20Autoencoder,
	e21,
	e22,
	e23,
	e24,
	e25,
	e34,
	e35,
	e36,
	e37,
	digitsForward,
	digitsTweedie,
	errata,
}

// Documents are the theory documents that the suite holds to their word.
var Documents = []suite.Document{
	{ID: "000", Title: "Diffusion Models: Score Matching Perspective", Author: "author not named"},
	{ID: "001", Title: "Building Diffusion Model's theory from ground up", Author: "Ayan Das, ICLR Blogposts 2024"},
	{ID: "002", Title: "Score Matching and Diffusion Models: Generating Data by Learning to Denoise", Author: "author not named; notes on EPFL's EE-556, Mathematics of Data"},
	{ID: "003", Title: "Score fields and flows (diffusion models as score matching; chapter of Deep Learning with PyTorch)", Author: "author not named"},
	{ID: "004", Title: "Deep Generative Models: Score Matching with Diffusion Models", Author: "René Vidal, University of Pennsylvania"},
}
