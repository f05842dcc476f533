package density

// Normal is N(mean, variance I), a mixture of one component. It returns an error unless the variance is positive.
func Normal(mean []float64, variance float64) (*Mixture, error) {
	cov := make([][]float64, len(mean))
	for i := range cov {
		cov[i] = make([]float64, len(mean))
		cov[i][i] = variance
	}
	return NewMixture("normal", Component{Weight: 1, Mean: mean, Cov: cov})
}
