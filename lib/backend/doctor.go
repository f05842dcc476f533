package backend

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Finding is one item that Doctor examined.
type Finding struct {
	What  string
	Found string
	OK    bool   // false: something that this build needs is missing
	Fix   string // how to fix or improve it; empty if there is nothing to do
}

// Doctor examines everything that determines the backend and its speed when programs open the backend of a name. It
// opens the XLA CPU backend to be sure. For XLACUDA it opens that one, and for Go, which needs nothing, none.
func Doctor(name string) []Finding {
	list := []Finding{
		{What: "go", Found: fmt.Sprintf("%s %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH), OK: true},
		{What: "processors", Found: fmt.Sprintf("%d, of which %d used", runtime.NumCPU(), runtime.GOMAXPROCS(0)),
			OK: true},
		compiledFinding(),
	}
	if name == Go {
		return append(list, goFinding(true))
	}
	if name == XLACUDA {
		return append(list, cardFindings()...)
	}
	list = append(list, venvFinding())
	if xlaCompiled {
		list = append(list, pluginFinding(), clientFinding(), cudaFinding())
	}
	return append(list, goFinding(fallback(list)))
}

// fallback reports whether only the Go backend is available. Either XLA is not compiled in, or it does not open
// although set-up has done what it can.
func fallback(list []Finding) bool {
	ok := map[string]bool{}
	for _, f := range list {
		ok[f.What] = f.OK
	}
	return !xlaCompiled || ok[whatVenv] && !ok[XLACPU]
}

const whatVenv = "python environment"

func compiledFinding() Finding {
	f := Finding{What: "backends compiled in", Found: strings.Join(Compiled(), ", "), OK: true}
	if !xlaCompiled {
		f.Fix = "for XLA, build with CGO_ENABLED=1, a C compiler and without the tag noxla"
	}
	return f
}

func venvFinding() Finding {
	dir, err := os.Getwd()
	for err == nil {
		if venv := filepath.Join(dir, ".venv"); isFolder(venv) {
			return Finding{What: whatVenv, Found: venv, OK: true}
		}
		up := filepath.Dir(dir)
		if up == dir {
			break
		}
		dir = up
	}
	if set, ok := os.LookupEnv(pluginPathEnv); ok && set != "" {
		return Finding{What: whatVenv, Found: "none, and none needed: plugins are in " + pluginPathEnv + "=" + set,
			OK: true}
	}
	return Finding{What: whatVenv, Found: "no .venv here or above", OK: !xlaCompiled, Fix: "`make setup` makes it"}
}

func pluginFinding() Finding {
	f := Finding{What: "XLA plugin"}
	path, err := findPlugin("cpu")
	if err == nil {
		err = checkPlugin(path)
	}
	if err != nil {
		f.Found, f.Fix = fault(err), "`make setup` installs it"
		return f
	}
	f.Found, f.OK = path, true
	return f
}

// fault is an error without its advice, since a finding has its own.
func fault(err error) string {
	text, _, _ := strings.Cut(oneLine(err).Error(), ": `make ")
	return text
}

func clientFinding() Finding {
	f := Finding{What: XLACPU}
	b, _, err := Open(XLACPU)
	if err != nil {
		f.Found = "does not open: " + fault(err)
		f.Fix = "the Go backend serves; `make setup` installs the plugin that is known to work"
		return f
	}
	f.Found, f.OK = fmt.Sprintf("opens, %d device", b.NumDevices()), b.NumDevices() == 1
	return f
}

// cardFindings are those of someone who wants to compute on an NVIDIA card: the plugin, and whether it finds a card.
func cardFindings() []Finding {
	if !xlaCompiled {
		return []Finding{{What: XLACUDA, Found: "not compiled in", Fix: "build with CGO_ENABLED=1, a C compiler and " +
			"without the tag noxla"}}
	}
	plugin := Finding{What: "XLA plugin for cards"}
	path, err := findPlugin("cuda")
	if err == nil {
		err = checkPlugin(path)
	}
	if err != nil {
		plugin.Found, plugin.Fix = fault(err), "`make cuda` in a checkout of scorelab installs it; for one that JAX "+
			"brought see docs/gpu.md"
		return []Finding{plugin}
	}
	plugin.Found, plugin.OK = path, true
	card := Finding{What: XLACUDA}
	if b, _, err := Open(XLACUDA); err != nil {
		card.Found = "does not open: " + fault(err)
		card.Fix = "`nvidia-smi` must list a card; LD_LIBRARY_PATH must have the folder of libcuda.so.1"
	} else {
		card.Found, card.OK = fmt.Sprintf("opens, %d device", b.NumDevices()), true
	}
	return []Finding{plugin, card}
}

// cudaFinding does not open a card, which would take its memory.
func cudaFinding() Finding {
	path, err := findPlugin("cuda")
	if err != nil {
		return Finding{What: XLACUDA, Found: "no plugin, which is fine without an NVIDIA card", OK: true}
	}
	return Finding{What: XLACUDA, Found: path, OK: true}
}

// goFinding is about speed, which matters if only the Go backend is available.
func goFinding(alone bool) Finding {
	f := Finding{What: Go, Found: "vector instructions (simd) on", OK: true}
	switch {
	case simd:
	case !alone:
		f.Found = "compiled in"
	case runtime.GOARCH == "amd64":
		f.Found, f.Fix = "vector instructions (simd) off", "for speed, build with GOEXPERIMENT=simd, as `make "+
			"BACKEND=go build` does"
	default:
		f.Found = "no vector instructions (simd) on " + runtime.GOARCH
	}
	return f
}
