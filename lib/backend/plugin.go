package backend

import (
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// pluginPathEnv names folders with PJRT plugins. If it is set, no other folder is searched.
const pluginPathEnv = "PJRT_PLUGIN_LIBRARY_PATH"

// fixes describes how to get the plugin of a kind.
var fixes = map[string]string{
	"cpu":  "`make setup` in a checkout of scorelab installs it",
	"cuda": "`make cuda` in a checkout of scorelab installs it on linux/amd64 with an NVIDIA card",
}

// elsewhere describes how a program outside a checkout finds its plugins.
const elsewhere = "; elsewhere, set " + pluginPathEnv + " to its folder, as `scorelab env` prints it"

// pluginFolders lists the folders in which plugins may be, the first choice first.
func pluginFolders() []string {
	if list, ok := os.LookupEnv(pluginPathEnv); ok {
		return slices.DeleteFunc(filepath.SplitList(list), func(s string) bool { return s == "" })
	}
	var folders []string
	if dir, err := os.Getwd(); err == nil {
		folders = append(folders, venvAbove(dir)...)
	}
	if exe, err := os.Executable(); err == nil {
		folders = append(folders, venvAbove(filepath.Dir(exe))...)
	}
	if root, ok := checkout(); ok {
		folders = append(folders, venvIn(root)...)
	}
	// The folders of go-xla's own installer.
	if home, err := os.UserHomeDir(); err == nil {
		folders = append(folders, filepath.Join(home, ".local/lib/go-xla/nvidia"),
			filepath.Join(home, ".local/lib/go-xla"))
	}
	return append(folders, "/usr/local/lib/go-xla/nvidia", "/usr/local/lib/go-xla")
}

// checkout is the folder of this module's source, if it is still where this program was built. It may be the target of
// a replace directive of a user's module. Builds with -trimpath do not contain it.
func checkout() (root string, ok bool) {
	_, file, _, ok := runtime.Caller(0)
	root = filepath.Dir(filepath.Dir(filepath.Dir(file)))
	if !ok || !filepath.IsAbs(file) {
		return "", false
	}
	info, err := os.Stat(filepath.Join(root, "go.mod"))
	return root, err == nil && info.Mode().IsRegular()
}

// Environment returns the settings with which other programs find the same plugins and download none.
func Environment() (map[string]string, error) {
	var with []string
	for _, folder := range pluginFolders() {
		found, err := filepath.Glob(filepath.Join(folder, "pjrt_c_api_*_plugin.so"))
		if err != nil || len(found) == 0 {
			continue
		}
		if folder, err = filepath.Abs(folder); err != nil {
			return nil, err
		}
		if !slices.Contains(with, folder) {
			with = append(with, folder)
		}
	}
	if len(with) == 0 {
		_, err := findPlugin("cpu")
		return nil, err
	}
	folders := strings.Join(with, string(filepath.ListSeparator))
	return map[string]string{pluginPathEnv: folders, "GOMLX_NO_AUTO_INSTALL": "1"}, nil
}

// venvIn returns the plugin folders of the virtual environment in dir, which `make setup` and `make cuda` fill.
func venvIn(dir string) (folders []string) {
	if venv := filepath.Join(dir, ".venv"); isFolder(venv) {
		folders = append(folders, filepath.Join(venv, "pjrt"), filepath.Join(venv, "lib/go-xla/nvidia"))
	}
	return folders
}

// venvAbove returns the plugin folders of the virtual environments in dir and above it.
func venvAbove(dir string) (folders []string) {
	for {
		folders = append(folders, venvIn(dir)...)
		up := filepath.Dir(dir)
		if up == dir {
			return folders
		}
		dir = up
	}
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// findPlugin returns the absolute path of the first plugin of a kind. The path is absolute, because go-xla reads its
// search path before main starts. Loading by path also avoids opening every other plugin.
func findPlugin(kind string) (string, error) {
	folders := pluginFolders()
	for _, folder := range folders {
		for _, pattern := range []string{"pjrt_c_api_" + kind + "_plugin", "pjrt_c_api_" + kind + "_v*_plugin"} {
			found, err := filepath.Glob(filepath.Join(folder, pattern+".so"))
			if err == nil && len(found) > 0 {
				return filepath.Abs(found[0])
			}
		}
	}
	if set, ok := os.LookupEnv(pluginPathEnv); ok {
		return "", fmt.Errorf("no PJRT plugin for %s in %s=%s: %s", kind, pluginPathEnv, set, fixes[kind])
	}
	return "", fmt.Errorf("no PJRT plugin for %s in .venv/pjrt here or above, nor in go-xla's folders: %s%s",
		kind, fixes[kind], elsewhere)
}

// checkPlugin returns an error for files on which dlopen gives a long error, or crashes if they are truncated.
func checkPlugin(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("PJRT plugin: %w", err)
	}
	defer file.Close()
	lib, err := elf.NewFile(file)
	if err != nil {
		return fmt.Errorf("%s is no PJRT plugin, or is damaged (%v): remove it and run `make setup`", path, err)
	}
	machine, known := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[runtime.GOARCH]
	if lib.Type != elf.ET_DYN || known && lib.Machine != machine {
		return fmt.Errorf("%s is no PJRT plugin for %s: %v, %v", path, runtime.GOARCH, lib.Type, lib.Machine)
	}
	symbols, err := lib.DynamicSymbols()
	if err != nil {
		return fmt.Errorf("%s is damaged (%v): remove it and run `make setup`", path, err)
	}
	if !slices.ContainsFunc(symbols, func(s elf.Symbol) bool { return s.Name == "GetPjrtApi" }) {
		return fmt.Errorf("%s is no PJRT plugin: it has no GetPjrtApi", path)
	}
	return nil
}

// misleading reports whether go-xla would misread a CPU plugin's path. It reads text after a comma as options, and any
// path with these words as that of a CUDA plugin.
func misleading(path string) bool {
	upper := strings.ToUpper(path)
	return strings.Contains(upper, ",") || strings.Contains(upper, "CUDA") || strings.Contains(upper, "NVIDIA")
}
