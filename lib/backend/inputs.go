package backend

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
)

// heeded are the beginnings of names of environment variables that the backends and their libraries read.
var heeded = []string{"XLA_", "GOMLX_", "GOPJRT_", "PJRT_NPROC", "NPROC", "GODEBUG", "TF_", "OMP_", "LD_"}

// Inputs adds what the bits of results from an open backend depend on, besides the program: the plugin, the processor,
// the number of threads, and the environment. Name is that of the backend, as Name returns it. It returns an error
// where that is not known.
func Inputs(name string, into map[string]string) error {
	if flags := os.Getenv(flagsEnv); isFile(flags) {
		return fmt.Errorf("%s names the file %s, whose content is not known", flagsEnv, strings.TrimSpace(flags))
	}
	for _, setting := range os.Environ() {
		variable, value, _ := strings.Cut(setting, "=")
		if slices.ContainsFunc(heeded, func(of string) bool { return strings.HasPrefix(variable, of) }) {
			into["environment "+variable] = value
		}
	}
	into["processors"] = fmt.Sprintf("%d, of which %d used", runtime.NumCPU(), runtime.GOMAXPROCS(0))
	into["processor"] = Processor()
	features := sha256.Sum256([]byte(cpuinfo("flags") + cpuinfo("Features")))
	into["processor's features"] = hex.EncodeToString(features[:8])
	if name == Go {
		return nil
	}
	_, kind, _ := strings.Cut(name, ":")
	if kind != "cpu" {
		return fmt.Errorf("what %s computes depends on its driver and its libraries, which are not known", name)
	}
	path, err := findPlugin(kind)
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return err
	}
	into["plugin"] = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// Processor is the name of the processor, if the system provides it.
func Processor() string {
	if name := cpuinfo("model name"); name != "" {
		return name
	}
	return "unknown"
}

// cpuinfo is what Linux says about the first processor.
func cpuinfo(key string) string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
