package exec

import (
	"errors"
	"fmt"
	"path"
	"runtime"
	"strings"
)

// errEnded reports a call of runtime.Goexit.
var errEnded = errors.New("the graph function ended its goroutine (runtime.Goexit, which FailNow and Fatal of a test " +
	"call, too); panic with an error instead")

// Try runs fn and returns what it panicked with, as an error. It runs fn in a separate goroutine, so that
// runtime.Goexit is an error as well.
func Try(fn func()) (err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		returned := false
		defer func() {
			if r := recover(); r != nil {
				err = asError(r)
			} else if !returned {
				err = errEnded
			}
		}()
		fn()
		returned = true
	}()
	<-done
	return err
}

// asError returns the value of a panic as an error of one line. Errors that code panics with deliberately stay as they
// are; runtime faults and text get the place where they were raised. It is for deferred functions, where the stack is
// still that of the panic.
func asError(value any) error {
	err, chosen := value.(error)
	if _, fault := value.(runtime.Error); chosen && !fault {
		return err
	}
	text := strings.Join(strings.Fields(fmt.Sprint(value)), " ")
	return fmt.Errorf("a graph function panicked: %s%s", text, origin())
}

// origin returns " (folder/file.go:line)" of the code that first raised the current panic. Other code may have raised
// it again.
func origin() (at string) {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs[:])])
	raised := false
	for {
		frame, more := frames.Next()
		switch {
		case frame.Function == "runtime.gopanic":
			raised = true
		case raised && !strings.HasPrefix(frame.Function, "runtime."):
			at = fmt.Sprintf(" (%s/%s:%d)", path.Base(path.Dir(frame.File)), path.Base(frame.File), frame.Line)
			raised = false
		}
		if !more {
			return at
		}
	}
}

// Cause returns what went wrong in a graph, without the names of the functions that GoMLX wraps around it. It is nil
// for nil.
func Cause(err error) error {
	for next := err; next != nil; next = errors.Unwrap(next) {
		err = next
	}
	return err
}
