package exec

import "log/slog"

// Warn passes a warning to a function, or to the default logger of log/slog if the function is nil.
func Warn(to func(sentence string), sentence string) {
	if to == nil {
		slog.Warn(sentence)
		return
	}
	to(sentence)
}
