package metrics

import (
	"math"
	"testing"
)

func TestGoldenDistances(t *testing.T) {
	g := readGolden(t)
	planeX, planeY := must(PointsOf(g.PlaneX)), must(PointsOf(g.PlaneY))
	spaceX, spaceY := must(PointsOf(g.SpaceX)), must(PointsOf(g.SpaceY))
	half := spaceY.slice(0, spaceX.N)
	near(t, "w2", must(W2(planeX, planeY)).Center, g.W2Plane, 1e-14)
	near(t, "w2", must(W2(spaceX, half)).Center, g.W2Space, 1e-14)
	near(t, "energy", must(EnergyDistance(planeX, planeY)).Center, g.EnergyPlane, 1e-14)
	near(t, "energy", must(EnergyDistance(spaceX, spaceY)).Center, g.EnergySpace, 1e-14)
	near(t, "median", MedianDistance(spaceX, spaceY), g.MedianSpace, 1e-14)
	near(t, "mmd2", must(MMD2(planeX, planeY, .7)).Center, g.MMD2Plane, 1e-14)
	near(t, "mmd2", must(MMD2(spaceX, spaceY, 0)).Center, g.MMD2Space, 1e-14)
	near(t, "ksd2", must(KSD2(planeX, planeX.each(func(v float64) float64 { return -v }), 1)).Center, g.KSD2Plane,
		1e-14)
	score := spaceY.each(func(v float64) float64 { return -(v - .2) / .49 })
	for i := range score.N {
		for d := range score.D {
			before := spaceY.Row(i)[(d+score.D-1)%score.D]
			score.Row(i)[d] += .1 * before * before
		}
	}
	near(t, "ksd2", must(KSD2(spaceY, score, .8)).Center, g.KSD2Space, 1e-14)
	for _, c := range []struct {
		got  Summary
		want [3]float64
	}{{must(C2ST(planeX, planeY, 5)), g.C2STPlane}, {must(C2ST(spaceX, half, 3)), g.C2STSpace}} {
		near(t, "c2st", c.got.Center, c.want[0], 1e-15)
		near(t, "its lower end", c.got.Lo, c.want[1], 1e-9)
		near(t, "its upper end", c.got.Hi, c.want[2], 1e-9)
	}
	for _, row := range g.KSPairs {
		near(t, "p / scipy's", must(KSBetweenPValue(row[0], int(row[1]), int(row[2])))/row[3], 1, 1e-11)
	}
}

func TestGoldenDivergences(t *testing.T) {
	g := readGolden(t)
	planeX, planeY := must(PointsOf(g.PlaneX)), must(PointsOf(g.PlaneY))
	near(t, "js of histograms", must(HistogramJS(planeX, planeY, 4)).Center, g.HistogramsPlane[0], 1e-14)
	near(t, "kl of histograms", must(HistogramKL(planeX, planeY, 4)).Center, g.HistogramsPlane[1], 1e-14)
	near(t, "js of histograms", must(HistogramJS(Line(g.X), Line(g.Y), 7)).Center, g.HistogramsLine[0], 1e-14)
	near(t, "kl of histograms", must(HistogramKL(Line(g.X), Line(g.Y), 7)).Center, g.HistogramsLine[1], 1e-14)
	const cell = .02
	var p, q []float64
	for z := -14.; z < 14; z += cell {
		p, q = append(p, math.Log(mixtureDensity(z))), append(q, logNormal(z, .3, 1.5))
	}
	near(t, "kl", must(KL(p, q, cell)).Center, g.Divergences[0], 1e-12)
	near(t, "js", must(JS(p, q, cell)).Center, g.Divergences[1], 1e-12)
}

func logNormal(z, mean, sd float64) float64 {
	return -(z-mean)*(z-mean)/(2*sd*sd) - math.Log(sd*math.Sqrt(2*math.Pi))
}

// mixtureDensity is the density of Bimodal.
func mixtureDensity(z float64) float64 {
	return .3*math.Exp(logNormal(z, -2, .4)) + .7*math.Exp(logNormal(z, 1, .6))
}
