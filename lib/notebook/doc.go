// Package notebook serves the cells of the notebooks. It shows figures, films, tables and rows of the ledger, trains
// with a live curve, and compares a cell's numbers with results/.
//
// All output goes to the notebook through one pipe, and each call waits for it, so that outputs are in the order of the
// calls. Use [Say] for text, since text that a cell prints itself is not in order. An error ends the cell with one
// sentence, without the stack of a generated main package.
//
// Each cell is a separate program. Only declarations and the files below [Cache] persist from one to the next.
package notebook
