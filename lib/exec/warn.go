package exec

import "log/slog"

// Warn hands a sentence about what runs, and may not be what was meant, to whoever asked for such; nobody: to the default
// logger of log/slog.
func Warn(to func(sentence string), sentence string) {
	if to == nil {
		slog.Warn(sentence)
		return
	}
	to(sentence)
}
