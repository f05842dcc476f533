package backend

import (
	"os"
	"strings"
)

// flagsEnv is what XLA reads when its plugin compiles for the first time in a process: flags, or the name of a file of
// flags.
const flagsEnv = "XLA_FLAGS"

// wanted lists XLA's flags for each kind of device, by their names.
var wanted = map[string][][2]string{
	// One kernel for a whole loop whose state is below 64 kB, instead of a call for each of its operations: a chain
	// of few samples and many steps runs 4 times faster, and computes the same bits. From about 1 GB on, training
	// would be ten times slower, because its matrix products would leave their library.
	"cpu": {{"xla_backend_extra_options", "xla_cpu_small_while_loop_byte_threshold=65536"}},
	// The same seed gives the same bits: no sums in the order in which threads arrive.
	"cuda": {{"xla_gpu_deterministic_ops", "true"}},
}

// isFile reports whether a value of XLA_FLAGS is the name of a file of flags.
func isFile(flags string) bool {
	flags = strings.TrimSpace(flags)
	return flags != "" && !strings.HasPrefix(flags, "-")
}

// xlaFlags returns the value of XLA_FLAGS for a kind of device: what the user has set, and after it what we want and
// the user does not mention. A user's file of flags is left alone.
func xlaFlags(kind, user string) string {
	if isFile(user) {
		return user
	}
	fields := strings.Fields(user)
	for _, flag := range wanted[kind] {
		if !strings.Contains(user, "--"+flag[0]+"=") {
			fields = append(fields, "--"+flag[0]+"="+flag[1])
		}
	}
	return strings.Join(fields, " ")
}

// setFlags tells XLA our flags for a kind of device, before its plugin is loaded.
func setFlags(kind string) error { return os.Setenv(flagsEnv, xlaFlags(kind, os.Getenv(flagsEnv))) }
