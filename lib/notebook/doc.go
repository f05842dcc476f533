// Package notebook is what the cells of the notebooks call: it shows figures, films, tables and rows of the ledger,
// trains with a live curve, and holds a cell's numbers against results/.
//
// Everything goes to the notebook through one pipe and is waited for, so that outputs stand in the order of the calls;
// text through [Say], since what a cell prints by itself takes another way. An error ends the cell with one sentence:
// cells are short, and nobody reads a stack of a generated main package.
//
// Cells are programs of their own. What lasts from one to the next are declarations, and the files below [Cache].
package notebook
