//go:build linux && amd64

// Command cuda puts go-xla's PJRT plugin for NVIDIA cards, and the libraries that it needs, into a folder.
package main

import (
	"fmt"
	"os"

	"github.com/gomlx/go-xla/installer"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: cuda VERSION FOLDER/lib/go-xla")
		os.Exit(2)
	}
	if err := installer.CudaInstall("cuda13", os.Args[1], os.Args[2], false, installer.Normal); err != nil {
		fmt.Fprintln(os.Stderr, "cuda:", err)
		os.Exit(1)
	}
}
