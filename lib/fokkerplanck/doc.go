// Package fokkerplanck solves the Fokker-Planck equation
//
//	dp/dt = -div(f p) + D lap p,
//
// which the density p of dx = f dt + sqrt(2D) dB obeys, on the line and in the plane: what particles do without
// particles. It is a partial differential equation; on a grid of cells it becomes a linear ordinary one, dp/dt = L p.
//
// The cells exchange mass through their faces by the exponentially fitted fluxes of Scharfetter and Gummel (IEEE Trans.
// Electron Devices 16, 1969; for Fokker-Planck equations Chang and Cooper, J. Comput. Phys. 6, 1970): between two
// centers, drift and flux are taken to be constant and the equation is solved exactly. With no flux through the border
// L is the generator of a Markov jump process between neighboring cells, and what holds for the equation holds for the
// grid, not only in the limit: mass stays, densities stay positive, and where f = -D grad U the stationary distribution
// is exp(-U) exactly, whatever the size of the cells. The error elsewhere falls with the square of that size.
//
// Densities are float64 values at the centers of the cells, [n] on the line and [ny*nx] with x fastest in the plane;
// times have the unit of 1/f and D that of x^2/t. The package knows nothing of targets: drifts come as functions or
// potentials.
package fokkerplanck
