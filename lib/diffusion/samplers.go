package diffusion

import "math"

// Samplers lists every sampler. A line here enrols it in the conformance tests.
var Samplers = []SamplerSpec{
	{"forward-em", OneStep(EulerMaruyama), ForwardKind, 1, true},
	{"forward-jump", OneStep(Jump), ForwardKind, math.Inf(1), true},
	{"score-ode", OneStep(ScoreODE), StaticKind, 1, false},
	{"langevin", OneStep(Langevin), StaticKind, 1, true},
	{"mala", MALA{}, StaticKind, math.NaN(), true},
	{"reverse-em", OneStep(ReverseEulerMaruyama), ReverseKind, 1, true},
	{"ancestral", Ancestral(PosteriorVariance), ReverseKind, 1, true},
	{"ancestral-kernel", Ancestral(KernelVariance), ReverseKind, 1, true},
	{"ddim", DDIM(0), ReverseKind, 1, false},
	{"ddim-eta", DDIM(.5), ReverseKind, 1, true},
	{"predictor-corrector", PredictorCorrector(ReverseEulerMaruyama, 1, .16), ReverseKind, math.NaN(), true},
	{"annealed-langevin", AnnealedLangevin(2, .1), ReverseKind, math.NaN(), true},
	{"flow-euler", Flow(EulerMethod), ReverseKind, 1, false},
	{"flow-midpoint", Flow(MidpointMethod), ReverseKind, 2, false},
	{"flow-heun", Flow(HeunMethod), ReverseKind, 2, false},
	{"flow-rk4", Flow(ClassicMethod), ReverseKind, 4, false},
	{"edm-heun", EDMHeun(Churn{}), ReverseKind, 2, false},
	{"dpm-solver-2", OneStep(DPMSolver2), ReverseKind, 2, false},
	{"dpm-solver++-2m", DPMSolverPP(2), ReverseKind, 2, false},
	{"dpm-solver++-3m", DPMSolverPP(3), ReverseKind, 2, false},
	{"exponential-adams-2", ExponentialAdams(2), ReverseKind, 2, false},
	{"exponential-adams-3", ExponentialAdams(3), ReverseKind, 3, false},
	{"deis-2", DEIS(2), ReverseKind, 2, false},
	{"deis-3", DEIS(3), ReverseKind, 3, false},
	{"unipc-2", NewUniPC(2), ReverseKind, 3, false},
	{"unipc-3", NewUniPC(3), ReverseKind, 4, false},
	{"flow-dopri5", DormandPrince{}, ReverseKind, math.NaN(), false},
}
