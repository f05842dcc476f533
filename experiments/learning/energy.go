package learning

import (
	"fmt"
	"math"
	"sort"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/metrics"
	"scorelab/lib/network"
	"scorelab/lib/suite"
	"scorelab/lib/train"
)

var energyModels = suite.Experiment{
	ID:     "energy",
	Stream: "E25-energy",
	Title:  "A learned energy gives the density, up to one constant",
	Question: "The energy of a network is trained so that minus its gradient is the score. Does this energy give the " +
		"density, up to the normalizer Z?",
	Sources: []string{"002, section 1", "003, Energy-Based Interpretation"},
	Run:     runEnergyModels,
}

// energyCase is a target that an energy learns by denoising at one noise level, and the grid on which Z is computed.
type energyCase struct {
	target     *density.Mixture
	sigma      float64
	side       float64
	nodes      int
	steps      int        // of training, in the quick profile
	maxError   [2]float64 // accepted errors of log p on the regions
	otherSeeds [2]string  // what they give
}

// energySigma is the noise level at which the energies are learned.
const energySigma = .4

var energyCases = []energyCase{
	{density.Bimodal(), energySigma, 8, 1601, 2500, [2]float64{.1, .15}, [2]string{"0.012 to 0.026", "0.015 to 0.029"}},
	{density.Cross(), energySigma, 8, 201, 6000, [2]float64{.1, .15}, [2]string{"0.023 to 0.053", "0.058 to 0.090"}},
}

// energyHead gives the network inputs and targets of unit variance.
var energyHead = diffusion.EDMHead(1)

func runEnergyModels(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "Yes. With Z computed by quadrature, an energy trained by denoising alone gives log p " +
		"to a few hundredths of a nat: for G1 on the region that holds 99 % of the mass, for the cross on that of 95 " +
		"%. In the narrow valleys between the arms of the cross, where few samples fall, it is off by up to a tenth " +
		"of a nat. Its score has no curl, to rounding. A constant added to the energy leaves the score unchanged, to " +
		"the bit. A free network learns the score just as well, but its output is not the gradient of any function. " +
		"Integrating it along two paths to the same point gives log densities more than half a nat apart."}
	table := suite.Table{Name: "energies", Caption: "Networks with three hidden layers of 64 after the same number " +
		"of denoising steps. The regions are those of highest density with 95 and 99 % of the mass; J is the " +
		"Jacobian of the score. Path-dependence: largest difference in log density between integrating the score " +
		"first along one axis and first along the other",
		Header: []string{"target", "sigma", "network", "relative Fisher error", "rms |J - J^T| over rms |J|",
			"largest path-dependence on 99 %, nats", "largest error of log p on 95 %, nats", "on 99 %",
			"KL(exact, learned)"}}
	for i, c := range energyCases {
		if err := learnEnergy(l, r, &table, c); err != nil {
			return nil, err
		}
		if err := l.Progress(float64(i+1)/2, "the cross"); err != nil {
			return nil, err
		}
	}
	r.Tables = append(r.Tables, table)
	return r, nil
}

// widened converts weights to float64.
func widened(l *suite.Lab, weights *model.Store) (*model.Store, error) {
	wide := model.NewStore()
	for v := range weights.IterVariables() {
		x, err := v.Value()
		if err != nil {
			return nil, err
		}
		if x, err = exec.Once(l.Backend, func(x *Node) *Node { return ConvertDType(x, dtypes.Float64) }, x); err !=
			nil {
			return nil, err
		}
		wide.VariableWithValue(v.Path(), x).SetTrainable(v.Trainable)
	}
	return wide, nil
}

// energyLearners are an energy and, in the plane, where a field can have curl, a free network with the same body.
func energyLearners(l *suite.Lab, c energyCase) []kit.Learner {
	body := network.MLP{Hidden: []int{64, 64, 64}, Init: "lecun", Key: l.Key("body " + c.target.Name())}
	loss := kit.InPairs(diffusion.Denoising(energyHead, diffusion.Plain, diffusion.FixedTime(c.sigma)))
	learners := []kit.Learner{
		{Name: "energy", Net: network.Energy{Body: body}, Path: diffusion.EDM{}, Loss: loss, Scorer: energyHead.Score},
		{Name: "free", Net: body, Path: diffusion.EDM{}, Loss: loss, Scorer: energyHead.Score},
	}
	return learners[:c.target.Dim()]
}

// regionMasses are the masses of the regions of highest density on which errors of log p are measured.
var regionMasses = [2]float64{.95, .99}

// energyFields are the outputs of a trained energy (0) and a trained free network (1) on a grid of n nodes.
type energyFields struct {
	x       []float64 // nodes, [n, d]
	exact   []float64 // log density
	learned []float64 // log density of the energy, normalized
	scores  [2][]float64
	fisher  [2]float64 // relative errors
	curl    [2]float64
	region  [2][]bool  // of highest density, with 95 and 99 % of the mass
	edge    [2]float64 // log density at the border of each
	cell    float64
}

func learnEnergy(l *suite.Lab, r *suite.Report, table *suite.Table, c energyCase) error {
	d, learners := c.target.Dim(), energyLearners(l, c)
	weights, err := trainEnergy(l, c, learners)
	if err != nil {
		return err
	}
	f, err := evaluateEnergy(l, c, weights, learners)
	if err != nil {
		return err
	}
	worst, kl := f.logDensityErrors()
	name := c.target.Name()
	paths := [2]float64{}
	if d == 2 {
		for k := range paths {
			paths[k] = pathDependence(c, f, k)
		}
	}
	table.Rows = append(table.Rows, []any{name, c.sigma, "energy", f.fisher[0], f.curl[0], paths[0], worst[0], worst[1],
		kl})
	for k, share := range regionMasses {
		r.Add(suite.Between{Claim: claims.D002EnergyDensity, Metric: fmt.Sprintf("largest error of log p on the "+
			"region of %g %%, in nats, Z by quadrature: %s under noise of %g", 100*share, name, c.sigma),
			Got: metrics.Exactly(worst[k]), Lo: 0, Hi: c.maxError[k], Alpha: 1e-6,
			Why: "calibrated on trainings from 6 seeds, which give " + c.otherSeeds[k], OfTraining: true})
	}
	if d == 2 {
		table.Rows = append(table.Rows, []any{name, c.sigma, "free", f.fisher[1], f.curl[1], paths[1], "none", "none",
			"none"})
		r.Add(
			suite.Below{Claim: claims.D003EnergyLandscape,
				Metric: "rms |J - J^T| over rms |J| of the energy's score, cross", Got: f.curl[0], Bound: 1e-13,
				Why: "rounding in float64: J is a Hessian"},
			suite.Between{Claim: claims.D003EnergyLandscape,
				Metric: "rms |J - J^T| over rms |J| of a free network that learned the same score: no energy has it",
				Got:    metrics.Exactly(f.curl[1]), Lo: .005, Hi: .2, Alpha: 1e-6,
				Why: "calibrated on trainings from 6 seeds, which give 0.029 to 0.038", OfTraining: true,
				Shows: suite.Qualified})
	}
	if err := shiftEnergy(l, r, c, weights, learners[0]); err != nil {
		return err
	}
	return energyFigures(r, c, f)
}

// trainEnergy trains the learners side by side and returns their average weights in float64.
func trainEnergy(l *suite.Lab, c energyCase, learners []kit.Learner) (*model.Store, error) {
	steps := l.Size(c.steps, 12000)
	plan := train.Plan{Data: kit.FreshBatches(c.target, 512, false), Key: l.Key("training " + c.target.Name()),
		Every: 500,
		EMA:   train.EMA{Decay: .995},
		Step:  kit.TrainJointly(train.Adam{Rate: 3e-3, Cosine: steps, Final: .01}, learners)}
	weights, err := kit.Train(l, plan, steps, nil)
	if err != nil {
		return nil, err
	}
	return widened(l, weights)
}

// logDensityErrors are the largest errors of log p on each region, in nats, and KL(exact, learned).
func (f *energyFields) logDensityErrors() (worst [2]float64, kl float64) {
	for i, v := range f.exact {
		for k := range worst {
			if f.region[k][i] {
				worst[k] = math.Max(worst[k], math.Abs(f.learned[i]-v))
			}
		}
		kl += f.cell * math.Exp(f.exact[i]) * (f.exact[i] - f.learned[i])
	}
	return worst, kl
}

// evaluateEnergy evaluates both networks on the grid.
func evaluateEnergy(l *suite.Lab, c energyCase, weights *model.Store, learners []kit.Learner) (*energyFields, error) {
	lattice, cell, err := density.Grid(-c.side, c.side, c.nodes, c.target.Dim())
	if err != nil {
		return nil, err
	}
	if err := density.CheckOnGrid(l.Backend, c.target, diffusion.EDM{}, lattice, cell, c.sigma); err != nil {
		return nil, err
	}
	out, err := exec.ModelOnceN(l.Backend, weights, func(scope *model.Scope, x *Node) []*Node {
		t := kit.ScalarLike(x, c.sigma)
		m := c.target.Model(diffusion.EDM{})
		exact, log := m.Score(x, t), m.LogDensity(x, t)
		p := MulScalar(Exp(log), cell)
		energy := learners[0].Net.(network.Energy).LogDensity(scope.At("%s", learners[0].Name), energyHead,
			diffusion.EDM{},
			nil)(x, t)
		all := []*Node{x, log, energy}
		for _, learner := range learners {
			s := energyHead.Score(diffusion.EDM{}, learner.Bound(scope), nil)(x, t)
			size := ReduceAllSum(Mul(p, ReduceSum(Square(exact), 1)))
			all = append(all, s, Div(kit.SquaredScoreError(s, exact, p), size), relativeCurl(x, s, p))
		}
		return all
	}, lattice)
	if err != nil {
		return nil, err
	}
	flat := kit.Map(out, tensors.MustCopyFlatData[float64])
	f := &energyFields{x: flat[0], exact: flat[1], learned: flat[2], cell: cell}
	for k := range learners {
		f.scores[k], f.fisher[k], f.curl[k] = flat[3+3*k], flat[4+3*k][0], flat[5+3*k][0]
	}
	f.normalize()
	f.findRegions()
	return f, nil
}

// relativeCurl is rms |J - J^T| over rms |J| for the Jacobian J of s(x), under the weights p of the rows.
func relativeCurl(x, s, p *Node) *Node {
	var rows []*Node
	for i := range x.Shape().Dim(1) {
		rows = append(rows, InsertAxes(Gradient(ReduceAllSum(Slice(s, AxisRange(), AxisElem(i))), x)[0], 1))
	}
	j := Concatenate(rows, 1)
	mean := func(v *Node) *Node { return ReduceAllSum(Mul(p, ReduceSum(Square(v), 1, 2))) }
	return Sqrt(Div(mean(Sub(j, Transpose(j, 1, 2))), mean(j)))
}

// normalize subtracts ln Z from the learned log density, Z by quadrature.
func (f *energyFields) normalize() {
	top := f.learned[0]
	for _, v := range f.learned {
		top = math.Max(top, v)
	}
	z := 0.
	for _, v := range f.learned {
		z += f.cell * math.Exp(v-top)
	}
	logZ := top + math.Log(z)
	for i := range f.learned {
		f.learned[i] -= logZ
	}
}

// findRegions marks the nodes of highest exact density that hold each share of the mass.
func (f *energyFields) findRegions() {
	order := make([]int, len(f.exact))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(a, b int) bool { return f.exact[order[a]] > f.exact[order[b]] })
	for k, share := range regionMasses {
		f.region[k] = make([]bool, len(order))
		mass := 0.
		for _, i := range order {
			f.region[k][i], f.edge[k] = true, f.exact[i]
			if mass += f.cell * math.Exp(f.exact[i]); mass > share {
				break
			}
		}
	}
}

// pathDependence integrates the score of network k from the origin along one axis and then along the other, in either
// order, by the trapezoidal rule. It returns the largest difference of the two log densities on the region of 99 %.
func pathDependence(c energyCase, f *energyFields, k int) float64 {
	n, s := c.nodes, f.scores[k]
	h, middle := 2*c.side/float64(n-1), c.nodes/2
	at := func(i, j, axis int) float64 { return s[2*(i*n+j)+axis] }
	// along integrates one component from the middle node to every node of a line.
	along := func(of func(i int) float64) []float64 {
		out := make([]float64, n)
		for i := middle + 1; i < n; i++ {
			out[i] = out[i-1] + h*(of(i)+of(i-1))/2
		}
		for i := middle - 1; i >= 0; i-- {
			out[i] = out[i+1] - h*(of(i)+of(i+1))/2
		}
		return out
	}
	axis1 := along(func(i int) float64 { return at(i, middle, 0) })
	axis2 := along(func(j int) float64 { return at(middle, j, 1) })
	gap := make([]float64, n*n)
	for i := range n {
		for j, v := range along(func(j int) float64 { return at(i, j, 1) }) {
			gap[i*n+j] += axis1[i] + v
		}
		for j, v := range along(func(j int) float64 { return at(j, i, 0) }) {
			gap[j*n+i] -= axis2[i] + v
		}
	}
	worst := 0.
	for i, v := range gap {
		if f.region[1][i] {
			worst = math.Max(worst, math.Abs(v))
		}
	}
	return worst
}

// shiftEnergy adds a constant to the energy by the bias of its last layer: Z changes, the score does not, to the bit.
func shiftEnergy(l *suite.Lab, r *suite.Report, c energyCase, weights *model.Store, p kit.Learner) error {
	const by = 3.
	x, err := c.target.Sample(l.Backend, l.Key("shifted"), 1000)
	if err != nil {
		return err
	}
	shiftedBy := model.NewStore()
	for v := range weights.IterVariables() {
		value, err := v.Value()
		if err != nil {
			return err
		}
		if value, err = value.LocalClone(); err != nil {
			return err
		}
		if strings.HasPrefix(v.Path(), "/"+p.Name+"/last/") && v.Name() == "bias" {
			value = tensors.FromFlatDataAndDimensions([]float64{tensors.MustCopyFlatData[float64](value)[0] + by},
				v.Shape().Dimensions...)
		}
		shiftedBy.VariableWithValue(v.Path(), value)
	}
	var outs [2][][]float64
	for k, store := range []*model.Store{weights, shiftedBy} {
		out, err := exec.ModelOnceN(l.Backend, store, func(scope *model.Scope, x *Node) []*Node {
			t := kit.ScalarLike(x, c.sigma)
			energy := p.Net.(network.Energy)
			log := energy.LogDensity(scope.At("%s", p.Name), energyHead, diffusion.EDM{}, nil)(x, t)
			_, out, in := energyHead(diffusion.EDM{}.At(t))
			return []*Node{energyHead.Score(diffusion.EDM{}, p.Bound(scope), nil)(x, t), log,
				Div(Div(out, Square(t)), in)}
		}, x)
		if err != nil {
			return err
		}
		outs[k] = kit.Map(out, tensors.MustCopyFlatData[float64])
	}
	moved := kit.Differences(outs[0][1], outs[1][1])
	want := by * outs[0][2][0]
	for i := range moved {
		moved[i] = moved[i]/want - 1
	}
	name := c.target.Name()
	r.Add(
		suite.Equals{Claim: claims.D002ZDropsOut, Metric: "largest change of the score when the bias of the last " +
			"layer adds 3 to the energy, " + name, Got: kit.LargestDifference(outs[0][0], outs[1][0]), Want: 0, Tol: 0,
			Why: "equal to the bit: the gradient does not depend on the bias"},
		suite.Below{Claim: claims.D002EnergyDensity, Metric: "the log density before normalising moves by as much " +
			"everywhere: largest relative difference, " + name, Got: kit.LargestAbs(moved), Bound: 1e-11,
			Why: kit.WhyRounding})
	return nil
}
