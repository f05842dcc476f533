package main

import (
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"

	"scorelab"
	"scorelab/internal/source"
	"scorelab/lib/backend"
	"scorelab/lib/suite"
)

// inputs finds what results of this program depend on.
type inputs struct {
	tree    *source.Tree
	machine suite.Inputs // and build: what is the same for all experiments
	options suite.Options
}

// suiteFolder is the folder whose packages are read declaration by declaration.
const suiteFolder = "experiments"

// newInputs reads the source inside this program, and what the backend depends on. It returns an error where the
// program cannot tell with what it was built, as in a test.
func newInputs(o suite.Options) (*inputs, error) {
	machine, err := buildInputs()
	if err != nil {
		return nil, err
	}
	if err := backend.Inputs(o.BackendName, machine); err != nil {
		return nil, err
	}
	tree, err := source.New(scorelab.Source, suiteFolder)
	if err != nil {
		return nil, err
	}
	return &inputs{tree, machine, o}, nil
}

// buildInputs are the compiler, its settings, and the modules in this program.
func buildInputs() (suite.Inputs, error) {
	info, ok := debug.ReadBuildInfo()
	if !ok || len(info.Deps) == 0 {
		return nil, fmt.Errorf("this program does not say with what it was built")
	}
	in := suite.Inputs{"go": info.GoVersion}
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		if module.Sum == "" { // a folder, a workspace or a vendored copy
			return nil, fmt.Errorf("the content of module %s is not known", module.Path)
		}
		in["module "+module.Path] = module.Version + " " + module.Sum
	}
	for _, setting := range info.Settings {
		if !strings.HasPrefix(setting.Key, "vcs") {
			in["build "+setting.Key] = setting.Value
		}
	}
	return in, nil
}

// of returns the inputs of an experiment.
func (in *inputs) of(e suite.Experiment) (suite.Inputs, error) {
	function := runtime.FuncForPC(reflect.ValueOf(e.Run).Pointer()).Name()
	found, err := in.tree.Inputs(function)
	if err != nil {
		return nil, err
	}
	all := suite.Inputs(found).Of(e, in.options)
	maps.Copy(all, in.machine)
	return all, nil
}
