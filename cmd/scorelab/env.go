package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"scorelab/lib/backend"
)

type envCmd struct{}

// Run prints what a shell evaluates: eval "$(build/scorelab env)".
func (*envCmd) Run(e *env) error {
	settings, err := backend.Environment()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(e.stdout, "export %s=%s\n", name, shellWord(settings[name]))
	}
	return nil
}

// shellWord quotes a text for a shell, where it must be.
func shellWord(text string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%,"
	if text != "" && strings.Trim(text, plain) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
