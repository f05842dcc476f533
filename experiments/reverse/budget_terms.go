package reverse

import (
	"math"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/suite"
)

// setting is how a sampler is used. It starts at noise level start, from N(0, start^2 I) in place of the noised
// data. It takes steps of equal ratio down to noise level end. Its score is wrong by a share of the way to the score
// of another distribution.
type setting struct {
	start, end float64
	steps      int
	wrong      float64
}

func (s setting) grid() ([]float64, error) { return diffusion.Geometric(s.start, s.end, s.steps) }

// terms are the four errors of a setting, in the order in which they enter.
type terms [4]float64

var termNames = [4]string{"truncation at the end", "prior at the start", "score", "steps"}

// sum and least bound the total by the triangle inequality: all terms in one direction, and the largest against the
// others.
func (t terms) sum() float64 { return t[0] + t[1] + t[2] + t[3] }
func (t terms) least() float64 {
	return max(0, 2*max(t[0], t[1], t[2], t[3])-t.sum())
}

// budget holds what one setting costs. alone: each term at the data, all else being exact. links: the same terms on
// the way from the exact sampler to the real one, each on top of those before it. total: the distance of the two
// samplers. For the links the triangle inequality is a theorem, for the terms alone an observation.
type budget struct {
	alone, links terms
	total        float64
}

// interplay is how much the terms change when they are added to others.
func (b budget) interplay() float64 {
	sum := 0.
	for k := range b.links {
		sum += math.Abs(b.links[k] - b.alone[k])
	}
	return sum
}

// bracket checks that the total lies between the bounds of the four terms alone, whose interplay widens them.
func (b budget) bracket(claim suite.ClaimID, metric string) suite.Check {
	least, sum := b.alone.least(), b.alone.sum()
	return suite.Equals{Claim: claim, Metric: metric, Got: b.total, Want: (least + sum) / 2, Tol: (sum-least)/2 +
		b.interplay(),
		Why: "the triangle inequality: between the largest term minus the others and the sum of all four, each " +
			"alone, widened by how much the terms change one another"}.Check()
}

// position is where the total stands between the bounds of its links: 0 at the least, 1 at the sum.
func (b budget) position() float64 {
	least, sum := b.links.least(), b.links.sum()
	return (b.total - least) / (sum - least)
}

// images are where the samplers between the exact one and the real one send each node.
type images struct {
	truncated *tensors.Tensor // exact, but ends at the setting's end
	started   *tensors.Tensor // exact from the setting's start to its end
	misled    *tensors.Tensor // that with the wrong score
	real      *tensors.Tensor // that in steps: the setting itself

	prior, score, steps *tensors.Tensor // one term each, all else exact
}

// run makes the images of a setting by one method.
func (p *pairing) run(method *exec.Exec, s setting) (i images, err error) {
	if i.truncated, err = p.level(s.end); err != nil {
		return i, err
	}
	if i.score, err = p.misledData(s.wrong); err != nil {
		return i, err
	}
	if i.steps, err = p.steps(method, s); err != nil {
		return i, err
	}
	z := p.from(s.start)
	if i.started, err = p.exactly(z, s.start, s.end, 0); err != nil {
		return i, err
	}
	if i.prior, err = p.exactly(i.started, s.end, allData, 0); err != nil {
		return i, err
	}
	if i.misled, err = p.exactly(z, s.start, s.end, s.wrong); err != nil {
		return i, err
	}
	grid, err := s.grid()
	if err != nil {
		return i, err
	}
	i.real, err = overGrid(method, z, grid, s.wrong)
	return i, err
}

// steps are the images of a setting whose only error is that it makes steps.
func (p *pairing) steps(method *exec.Exec, s setting) (*tensors.Tensor, error) {
	grid, err := s.grid()
	if err != nil {
		return nil, err
	}
	x, err := p.level(s.start)
	if err != nil {
		return nil, err
	}
	if x, err = overGrid(method, x, grid, 0); err != nil {
		return nil, err
	}
	return p.exactly(x, s.end, allData, 0)
}

// measure is the budget of a setting.
func (p *pairing) measure(method *exec.Exec, s setting) (budget, error) {
	i, err := p.run(method, s)
	if err != nil {
		return budget{}, err
	}
	truncation := p.distance(i.truncated, p.data)
	return budget{
		alone: terms{truncation, p.distance(i.prior, p.data), p.distance(i.score, p.data), p.distance(i.steps, p.data)},
		links: terms{truncation, p.distance(i.started, i.truncated), p.distance(i.misled, i.started),
			p.distance(i.real, i.misled)},
		total: p.distance(i.real, p.data),
	}, nil
}
