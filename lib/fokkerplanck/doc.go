// Package fokkerplanck solves the Fokker-Planck equation
//
//	dp/dt = -div(f p) + D lap p,
//
// for the density p of dx = f dt + sqrt(2D) dB, on the line and in the plane. It gives the density of particles without
// simulating particles. On a grid of cells the partial differential equation becomes a linear ordinary one, dp/dt = L
// p.
//
// The cells exchange mass through their faces by the exponentially fitted fluxes of Scharfetter and Gummel (IEEE Trans.
// Electron Devices 16, 1969; for Fokker-Planck equations Chang and Cooper, J. Comput. Phys. 6, 1970). Between two
// centers, drift and flux are assumed constant and the equation is solved exactly. With no flux through the border, L
// is the generator of a Markov jump process between neighboring cells. Properties of the equation then hold exactly on
// every grid: mass is conserved, densities stay positive, and for f = -D grad U the stationary density is proportional
// to exp(-U). All other errors fall with the square of the cell size.
//
// Densities are float64 values at the centers of the cells, [n] on the line and [ny*nx] with x fastest in the plane.
// Times have the unit of x/f, and D that of x^2/t. Drifts are given as functions or potentials.
package fokkerplanck
