package forward

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/stat/distuv"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

var digitsForward = suite.Experiment{
	ID:       "digits-forward",
	Title:    "Real digits under noise: seven schedules on four probability paths",
	Question: "What do the forward processes do to images of digits, and how much of the signal is left at each time?",
	Sources:  []string{"000, 2.1", "002, section 5", "004, Rewriting the Score Function"},
	Run:      runDigits,
}

// shares are the fractions of the horizon at which digits are shown and measured.
var shares = []float64{0, .1, .2, .3, .4, .5, .6, .8, 1}

func runDigits(l *suite.Lab) (*suite.Report, error) {
	digits, err := kit.LoadDigits()
	if err != nil {
		return nil, err
	}
	r := &suite.Report{Answer: "Every process ends in noise: the signal-to-noise ratio at the end is -38 dB or " +
		"lower. The speed differs by process. After exact transitions from time to time, the noise in each picture " +
		"is standard normal and independent of the digit, and its strength is sigma(t)."}
	d := digitRun{
		clean: kit.FirstRows(digits.Held, l.Size(200, 1000)),
		power: kit.SignalPower(kit.Points(digits.Held)), // of the data, however many of them are noised
		table: suite.Table{Name: "snr", Caption: "Signal-to-noise ratio of the held-out digits, alpha^2 times the " +
			"variance of the pixels over sigma^2; measured with 5 s.e.",
			Header: []string{"process", "t", "alpha", "sigma", "SNR dB, exact", "SNR dB, measured", "lo", "hi"}},
	}
	var rows []digitRow
	for i, process := range diffusion.Processes {
		row, err := d.along(l, r, process)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
		if err := l.Progress(float64(i+1)/float64(len(diffusion.Processes)+1), process.Name); err != nil {
			return nil, err
		}
	}
	r.Tables = append(r.Tables, d.table)
	r.Figures, err = digitFigures(rows)
	return r, err
}

// digitRun carries clean digits [n, pixels] of a mean power along processes, and tabulates their signal-to-noise
// ratio.
type digitRun struct {
	clean *tensors.Tensor
	power float64
	table suite.Table
}

// along carries the digits along one process, by one exact transition from each time to the next, and checks their
// noise.
func (d *digitRun) along(l *suite.Lab, r *suite.Report, process diffusion.ProcessSpec) (digitRow, error) {
	p := process.Process
	lo, hi := p.Horizon()
	grid := kit.Map(shares, func(s float64) float64 { return lo + s*(hi-lo) })
	// The horizon starts at tMin > 0, where digits already have a little noise.
	start, err := exec.Once(l.Backend, func(x *Node) *Node {
		eps := random.New(x.Graph(), l.Key(process.Name+" start")).Normal(x)
		return p.At(kit.ScalarLike(x, lo)).Forward(x, eps)
	}, d.clean)
	if err != nil {
		return digitRow{}, err
	}
	build := diffusion.Fixed(func() diffusion.Model { return diffusion.Model{Process: p} })
	plan := diffusion.Plan{Build: build, Sampler: diffusion.OneStep(diffusion.Transition), Grid: grid,
		Noise: l.Key(process.Name)}
	row := digitRow{process: process.Name}
	for s, err := range plan.Trace(l.Backend, start) {
		if err != nil {
			return digitRow{}, err
		}
		at := noisyDigits{process: process.Name, share: shares[s.Step], power: d.power, clean: kit.Points(d.clean),
			x: kit.Points(s.X)}
		if at.alpha, at.sigma, err = diffusion.PathAt(l.Backend, p, s.Time); err != nil {
			return digitRow{}, err
		}
		measured, err := at.checks(r)
		if err != nil {
			return digitRow{}, err
		}
		d.table.Rows = append(d.table.Rows, []any{process.Name, s.Time, at.alpha, at.sigma, at.snr(), measured.Center,
			measured.Lo, measured.Hi})
		row.add(at)
	}
	return row, nil
}

// noisyDigits are digits x = alpha x0 + sigma eps at a share of a process's horizon.
type noisyDigits struct {
	process             string
	share, alpha, sigma float64
	power               float64 // of the clean digits
	clean, x            metrics.Points
}

// snr is the exact signal-to-noise ratio in dB.
func (d noisyDigits) snr() float64 {
	return kit.Decibel(d.alpha * d.alpha * d.power / (d.sigma * d.sigma))
}

// noise recovers eps of every pixel, and the means over each digit of eps times x0 and of eps squared.
func (d noisyDigits) noise() (eps, product, square []float64) {
	x := d.x
	eps, product, square = make([]float64, len(x.X)), make([]float64, x.N), make([]float64, x.N)
	for i := range eps {
		eps[i] = (x.X[i] - d.alpha*d.clean.X[i]) / d.sigma
		product[i/x.D] += eps[i] * d.clean.X[i] / float64(x.D)
		square[i/x.D] += eps[i] * eps[i] / float64(x.D)
	}
	return eps, product, square
}

// checks compares the noise with N(0, 1), and its correlation with the digits with 0. It returns the measured signal-
// to-noise ratio in dB.
func (d noisyDigits) checks(r *suite.Report) (metrics.Summary, error) {
	eps, product, square := d.noise()
	noise, err := metrics.Mean(square)
	if err != nil {
		return metrics.Summary{}, err
	}
	snr := d.snr()
	measured := metrics.Summary{
		Center: snr - kit.Decibel(noise.Center), Lo: snr - kit.Decibel(noise.Hi), Hi: snr - kit.Decibel(noise.Lo),
		N: noise.N}
	at := fmt.Sprintf("%s at t = %g T", d.process, d.share)
	if d.share == .5 || d.share == 1 {
		ks, err := kit.KSCheck(claims.D002ClosedFormMarginal,
			"KS distance of (x_t - alpha x_0)/sigma from N(0, 1), "+at, eps, distuv.UnitNormal.CDF, 0, "")
		if err != nil {
			return metrics.Summary{}, err
		}
		independent, err := metrics.Mean(product)
		if err != nil {
			return metrics.Summary{}, err
		}
		r.Add(
			suite.Near{Claim: claims.D002ClosedFormMarginal, Metric: "signal-to-noise ratio in dB, " + at,
				Got: measured, Want: snr,
				Why: kit.WhySE + "; exact: alpha^2 / sigma^2 times the variance of the pixels"},
			ks,
			suite.Near{Claim: claims.D002ClosedFormMarginal, Metric: "mean of noise times pixel, " + at,
				Got: independent, Want: 0, Why: kit.WhySE})
	}
	if d.share == 1 && d.process == "vp" {
		return measured, d.endChecks(r)
	}
	return measured, nil
}

// endChecks compares the end of VP with pure noise.
func (d noisyDigits) endChecks(r *suite.Report) error {
	ks, err := kit.KSCheck(claims.D000ForwardToNoise, "KS distance of the pixels at the end from N(0, 1), vp", d.x.X,
		distuv.UnitNormal.CDF, .003,
		", plus 0.003 for the signal that is left: a mean pixel of -0.74 times 0.0066 shifts the distribution by 0.002")
	if err != nil {
		return err
	}
	r.Add(ks,
		suite.Below{Claim: claims.D000ForwardToNoise, Metric: "share of a digit's amplitude left at the end, vp",
			Got: d.alpha, Bound: .01, Why: "alpha(1) = exp(-10.05/2) = 0.0066"})
	return nil
}
