// Package exec compiles and calls graph functions. It is the one way in: whatever a graph function does wrong, panic
// with an error, with text or with a runtime fault, or end its goroutine, becomes one error that says what and where.
//
// GoMLX by itself turns only panics with errors into errors. After any other it still counts the graph as being
// compiled, so that freeing it waits for ever.
package exec
