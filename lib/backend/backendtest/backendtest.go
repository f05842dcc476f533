// Package backendtest runs tests on the backends of this machine.
package backendtest

import (
	"os"
	"testing"

	"github.com/gomlx/compute"

	"scorelab/lib/backend"
)

// Variables of the environment that the Makefile sets.
const (
	BackendEnv = "SCORELAB_BACKEND"     // the backend of Default; go leaves XLA out of Each
	RequireEnv = "SCORELAB_REQUIRE_XLA" // 1: a missing XLA fails instead of skipping
)

// Each runs f as a subtest on the Go backend and, where it loads, on XLA's CPU backend.
func Each(t *testing.T, f func(t *testing.T, b compute.Backend)) {
	t.Helper()
	for _, name := range []string{backend.Go, backend.XLACPU} {
		t.Run(name, func(t *testing.T) { f(t, open(t, name)) })
	}
}

// Default opens the backend that BackendEnv names, or the one that auto gives.
func Default(t testing.TB) compute.Backend {
	t.Helper()
	b, note, err := backend.Open(os.Getenv(BackendEnv))
	if err != nil {
		t.Fatal(err)
	}
	if note != "" {
		if required() {
			t.Fatalf("%s=1, but %s", RequireEnv, note)
		}
		t.Log(note)
	}
	return b
}

// Interpreter opens the Go backend. It builds a graph in a millisecond, where XLA optimizes it for a quarter of a
// second: for tests that build many graphs, or that are about the host.
func Interpreter(t testing.TB) compute.Backend {
	t.Helper()
	b, _, err := backend.Open(backend.Go)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func required() bool { return os.Getenv(RequireEnv) == "1" }

func open(t *testing.T, name string) compute.Backend {
	t.Helper()
	if name != backend.Go && os.Getenv(BackendEnv) == backend.Go {
		t.Skipf("%s=%s", BackendEnv, backend.Go)
	}
	b, _, err := backend.Open(name)
	switch {
	case err == nil:
		return b
	case required() || name == backend.Go:
		t.Fatal(err)
	default:
		t.Skip(err)
	}
	return nil
}
