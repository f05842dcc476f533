//go:build cgo && !noxla && linux

package backend

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/pjrt"
)

const xlaCompiled = true

func openXLA(kind, path string) (b compute.Backend, err error) {
	defer func() { // go-xla panics on some failures
		if r := recover(); r != nil {
			b, err = nil, fmt.Errorf("PJRT plugin %s: %v", path, r)
		}
	}()
	if err := checkPlugin(path); err != nil {
		return nil, err
	}
	if err := setFlags(kind); err != nil {
		return nil, err
	}
	xla.EnableAutoInstall(false)
	// go-xla asks for TF32 on a card, which has 10 bits of mantissa.
	config, options := path+",noshared_buffers,tf32=false", pjrt.NamedValuesMap(nil)
	if kind == "cpu" {
		// The plugin's default of four virtual devices costs 30 % of the speed.
		config, options = path, pjrt.NamedValuesMap{"cpu_device_count": int64(1)}
		if misleading(path) {
			link, err := plainLink(path)
			if err != nil {
				return nil, err
			}
			defer os.RemoveAll(filepath.Dir(link)) // the plugin is loaded by then
			config = link
		}
	}
	opened, err := xla.NewWithOptions(config, options)
	if err != nil {
		return nil, fmt.Errorf("XLA does not start with %s: %w", path, err)
	}
	if opened.NumDevices() == 0 {
		return nil, fmt.Errorf("XLA finds no device with %s", path)
	}
	return opened, nil
}

// plainLink makes a link to a plugin under a path that go-xla reads correctly.
func plainLink(path string) (string, error) {
	dir, err := os.MkdirTemp("", "pjrt-*")
	if err != nil {
		return "", err
	}
	link := filepath.Join(dir, "pjrt_c_api_cpu_plugin"+filepath.Ext(path))
	return link, os.Symlink(path, link)
}
