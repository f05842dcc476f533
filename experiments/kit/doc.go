// Package kit holds what several chapters of experiments share: trainings and their errors, exact densities on grids,
// checks and their reasons, targets, digits, and short forms for tables and figures.
//
// Functions that take a *suite.Lab compute on its backend and draw from its key: the purpose or name that they are
// given selects the random stream, so the same string always gives the same numbers.
package kit
