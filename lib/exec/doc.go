// Package exec compiles and calls graph functions. It is the only package that does so. A graph function may panic with
// an error, with text or with a runtime fault, or it may end its goroutine. Each becomes one error that says what
// happened and where.
//
// GoMLX by itself turns only panics with errors into errors. After any other panic it still counts the graph as being
// compiled, so freeing that graph waits forever.
package exec
