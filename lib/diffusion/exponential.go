package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Exponential integrators solve the linear part of the probability flow exactly and interpolate the rest by a
// polynomial in half the log SNR, lambda = ln(alpha/sigma) (Lu et al. 2022b, equation 8). Let u run from 0 to 1 over
// the step, and let h be its length in lambda:
//
//	x_to = sigma_to/sigma_from x + integral of alpha_to h e^(-h(1-u)) D(u) du                       in D
//	x_to = alpha_to/alpha_from x - integral of alpha_to h e^(-hu) sigma_from/alpha_from eps(u) du   in the noise
//
// So three choices define a method: one of the two forms, the values to interpolate, and the moments of the kernel.

// lambda is half the log SNR, unclamped: -inf where no data is left, and +inf where no noise is left.
func (c Coeffs) lambda() *Node { return Neg(Log(c.Ratio())) }

// kernel is one step of an exponential integrator: the linear part of x_to, and the moments of the kernel. The moments
// weight the powers of u.
type kernel struct {
	linear  *Node
	moments []*Node
}

// dataKernel is the kernel of D, with n moments of alpha_to h e^(-h(1-u)): m_k = alpha_to - k/h m_(k-1).
func dataKernel(from, to Coeffs, x *Node, n int) kernel {
	shrink := Div(to.Sigma, from.Sigma)
	first := Sub(to.Alpha, Mul(shrink, from.Alpha))
	return kernel{Mul(shrink, x), moments(first, to.Alpha, Neg(Reciprocal(Sub(to.lambda(), from.lambda()))), n)}
}

// noiseKernel is the kernel of eps, with n moments of alpha_to times the derivative of sigma/alpha in u: m_k = sigma_to
// + k/h m_(k-1).
func noiseKernel(from, to Coeffs, x *Node, n int) kernel {
	grow := Div(to.Alpha, from.Alpha)
	first := Sub(to.Sigma, Mul(grow, from.Sigma))
	return kernel{Mul(grow, x), moments(first, to.Sigma, Reciprocal(Sub(to.lambda(), from.lambda())), n)}
}

// moments continues m_0 by m_k = end + k rate m_(k-1), from integration by parts.
func moments(first, end, rate *Node, n int) []*Node {
	m := []*Node{first}
	for k := 1; k < n; k++ {
		m = append(m, Add(end, MulScalar(Mul(rate, m[k-1]), float64(k))))
	}
	return m
}

// step returns x_to for the polynomial with the given coefficients.
func (k kernel) step(polynomial []*Node) *Node {
	next := k.linear
	for i, c := range polynomial {
		next = Add(next, Mul(k.moments[i], c))
	}
	return next
}

// interpolate returns the coefficients c of the polynomial c[0] + c[1] u + ... through values at the nodes u (scalars),
// by Newton's divided differences.
func interpolate(values, u []*Node) []*Node {
	n := len(values)
	divided := append([]*Node(nil), values...)
	for level := 1; level < n; level++ {
		for i := n - 1; i >= level; i-- {
			divided[i] = Div(Sub(divided[i], divided[i-1]), Sub(u[i], u[i-level]))
		}
	}
	// Horner's scheme on polynomials: c <- divided[i] + (u - u_i) c.
	c := []*Node{divided[n-1]}
	for i := n - 2; i >= 0; i-- {
		next := make([]*Node, len(c)+1)
		next[0] = Sub(divided[i], Mul(u[i], c[0]))
		for k := 1; k < len(c); k++ {
			next[k] = Sub(c[k-1], Mul(u[i], c[k]))
		}
		next[len(c)] = c[len(c)-1]
		c = next
	}
	return c
}
