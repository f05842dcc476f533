package main

import (
	"fmt"

	"scorelab/internal/kernelspec"
)

// kernelCmd registers the kernel that runs the notebooks.
type kernelCmd struct {
	Install kernelInstallCmd `cmd:"" help:"Register the kernel Go (scorelab) with a Jupyter."`
	Remove  kernelRemoveCmd  `cmd:"" help:"Remove the kernel from Jupyter."`
}

type kernelInstallCmd struct {
	Root string `default:"." type:"existingdir" help:"Checkout whose modules the cells import."`
	Data string `help:"Jupyter's folder of data. Default: your own Jupyter's."`
}

type kernelRemoveCmd struct {
	Data string `help:"Jupyter's folder of data. Default: your own Jupyter's."`
}

// Run registers the kernel.
func (c *kernelInstallCmd) Run(e *env) error {
	data, err := jupyterData(c.Data)
	if err != nil {
		return err
	}
	path, err := kernelspec.Install(data, c.Root)
	if err == nil {
		fmt.Fprintln(e.stdout, "kernel:", path)
	}
	return err
}

// Run removes the kernel.
func (c *kernelRemoveCmd) Run(e *env) error {
	data, err := jupyterData(c.Data)
	if err != nil {
		return err
	}
	there, err := kernelspec.Remove(data)
	if err != nil {
		return err
	}
	if there {
		fmt.Fprintln(e.stdout, "kernel: removed from", data)
	} else {
		fmt.Fprintln(e.stdout, "kernel: there is none in", data)
	}
	return nil
}

func jupyterData(flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	return kernelspec.UserData()
}
