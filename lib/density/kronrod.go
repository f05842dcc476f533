package density

// These are the nodes and weights of Kronrod's 15-point rule on [-1, 1], exact for polynomials of degree 22, and of the
// 7-point Gauss rule within it, of degree 13 (Piessens et al. 1983, QUADPACK, routine QK15). Nodes run from the end to
// the middle. Gauss uses every second node.
var (
	kronrodNodes = [8]float64{
		.991455371120812639206854697526329, .949107912342758524526189684047851, .864864423359769072789712788640926,
		.741531185599394439863864773280788, .586087235467691130294691838258730, .405845151377397166906606412076961,
		.207784955007898467600689403773245, 0}
	kronrodWeights = [8]float64{
		.022935322010529224963732008058970, .063092092629978553290700663189204, .104790010322250183839876322541518,
		.140653259715525918745189590510238, .169004726639267902826583426598550, .190350578064785409913256402421014,
		.204432940075298892414161999234649, .209482141084727828012999174891714}
	gaussWeights = [4]float64{
		.129484966168869693270611432679082, .279705391489276667901467771423780, .381830050505118944950369775488975,
		.417959183673469387755102040816327}
)

// kronrod returns both rules with nodes in ascending order. The Gauss weights are 0 at nodes that only Kronrod's rule
// uses.
func kronrod() (nodes, fine, coarse [15]float64) {
	for i, x := range kronrodNodes {
		for _, k := range [2]int{i, 14 - i} {
			nodes[k], fine[k] = x, kronrodWeights[i]
			if i%2 == 1 {
				coarse[k] = gaussWeights[i/2]
			}
		}
		nodes[i] = -x
	}
	return nodes, fine, coarse
}

// kronrodBox returns the rules on [-1, 1]^d: nodes [15^d][d], flat, and the weights of both.
func kronrodBox(d int) (nodes, fine, coarse []float64) {
	x, f, c := kronrod()
	fine, coarse = []float64{1}, []float64{1}
	places := [][]float64{nil}
	for range d {
		var nextPlaces [][]float64
		var nextFine, nextCoarse []float64
		for i, p := range places {
			for k := range x {
				nextPlaces = append(nextPlaces, append(append([]float64(nil), p...), x[k]))
				nextFine, nextCoarse = append(nextFine, fine[i]*f[k]), append(nextCoarse, coarse[i]*c[k])
			}
		}
		places, fine, coarse = nextPlaces, nextFine, nextCoarse
	}
	return flatten(places), fine, coarse
}
