package exec

import "log/slog"

// Warn reports something suspicious to a function, or to the default logger of log/slog where there is none.
func Warn(to func(sentence string), sentence string) {
	if to == nil {
		slog.Warn(sentence)
		return
	}
	to(sentence)
}
