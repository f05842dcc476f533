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
	{"ddim", OneStep(DDIM), ReverseKind, 1, false},
	{"flow-euler", Flow(EulerMethod), ReverseKind, 1, false},
	{"flow-midpoint", Flow(MidpointMethod), ReverseKind, 2, false},
	{"flow-heun", Flow(HeunMethod), ReverseKind, 2, false},
	{"flow-rk4", Flow(ClassicMethod), ReverseKind, 4, false},
}
