package suite

import (
	"runtime"
	"runtime/debug"
	"time"

	"scorelab/lib/backend"
)

// Meta describes a run besides its result: when, where and with which code. It never enters a comparison.
type Meta struct {
	Started  string            `json:"started"` // RFC 3339, UTC
	Seconds  float64           `json:"seconds"`
	Go       string            `json:"go"`
	System   string            `json:"system"` // "linux/amd64"
	CPU      string            `json:"cpu"`
	CPUs     int               `json:"cpus"`
	Threads  int               `json:"threads"` // GOMAXPROCS
	Device   string            `json:"device"`
	Shard    string            `json:"shard,omitempty"`    // "2/4": which part of the suite ran with it
	Revision string            `json:"revision,omitempty"` // of this repository
	Modules  map[string]string `json:"modules"`
	Result   string            `json:"result,omitempty"` // SHA-256 of run.json
	Inputs   Inputs            `json:"inputs,omitempty"` // what the result depends on
}

// NewMeta describes a run that started at the given time and ends now.
func NewMeta(started time.Time, device string) Meta {
	m := Meta{
		Started: started.UTC().Format(time.RFC3339), Seconds: time.Since(started).Seconds(), Go: runtime.Version(),
		System: runtime.GOOS + "/" + runtime.GOARCH, CPU: backend.Processor(), CPUs: runtime.NumCPU(),
		Threads: runtime.GOMAXPROCS(0), Device: device, Modules: map[string]string{},
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			m.Modules[module.Path] = module.Version
		}
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				m.Revision = setting.Value + m.Revision
			}
			if setting.Key == "vcs.modified" && setting.Value == "true" {
				m.Revision += " (modified)"
			}
		}
	}
	return m
}
