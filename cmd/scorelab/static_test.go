package main

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestStaticBinary builds the suite without cgo, as `make static` does, and runs part of it on the Go backend; `make
// nightly` runs all of it there.
func TestStaticBinary(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles everything again, without cgo")
	}
	binary := filepath.Join(t.TempDir(), "scorelab")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if runtime.GOARCH == "amd64" {
		build.Env = append(build.Env, "GOEXPERIMENT=simd")
	}
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if runtime.GOOS == "linux" {
		file, err := elf.Open(binary)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		for _, part := range file.Progs {
			if part.Type == elf.PT_INTERP || part.Type == elf.PT_DYNAMIC {
				t.Errorf("needs a dynamic linker: it has a %v", part.Type)
			}
		}
	}

	run := func(args ...string) (string, int) {
		cmd := exec.Command(binary, args...)
		cmd.Dir = t.TempDir()
		cmd.Env = []string{} // nothing of the machine's set-up
		out, err := cmd.CombinedOutput()
		if err != nil && cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
	if out, code := run("list"); code != 0 {
		t.Errorf("list: exit code %d\n%s", code, out)
	}
	if out, code := run("doctor"); code != 0 || strings.Contains(out, "xla:cpu") {
		t.Errorf("doctor: exit code %d\n%s", code, out)
	}
	// Chains, images and the gate that XLA's results set.
	const part = "ode-collapse|fokker-planck|digits-forward"
	results, err := filepath.Abs("../../results")
	if err != nil {
		t.Fatal(err)
	}
	fresh := filepath.Join(t.TempDir(), "results")
	if out, code := run("run", "-run", part, "-backend", "go", "-out", fresh); code != 0 {
		t.Errorf("run: exit code %d\n%s", code, out)
	}
	if out, code := run("check", "-run", part, "-baseline", results, fresh); code != 0 {
		t.Errorf("check: exit code %d\n%s", code, out)
	}
	if out, code := run("run", "-backend", "xla:cpu"); code != exitUsage || !strings.Contains(out, "not compiled in") {
		t.Errorf("run on XLA: exit code %d\n%s", code, out)
	}
}
