package data

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// number is the value of a field: a decimal number, infinite where float64 ends, or a word for NaN or infinity. What Go
// alone takes for numbers, as 1_000 and 0x1p3, is none.
func number(field string) (v float64, ok bool) {
	for i := range len(field) {
		if c := field[i]; (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return notFinite(field)
		}
	}
	v, err := strconv.ParseFloat(field, 64)
	return v, err == nil || errors.Is(err, strconv.ErrRange)
}

// notFinite is number for words.
func notFinite(field string) (v float64, ok bool) {
	if word := strings.ToLower(strings.TrimLeft(field, "+-")); word != "nan" && word != "inf" && word != "infinity" {
		return 0, false
	}
	if v, err := strconv.ParseFloat(field, 64); err == nil {
		return v, true
	}
	return math.NaN(), true // -nan, as C writes it
}

// rounded reports whether a field is an integer that its value v in float64 is not. An integer with as many digits as
// float64 needs, and zeros after them, is v as programs write it.
func rounded(field string, v float64) bool {
	digits := strings.TrimLeft(field, "+-")
	if whole, fraction, ok := strings.Cut(digits, "."); ok && strings.Trim(fraction, "0") == "" {
		digits = whole
	}
	digits = strings.TrimLeft(digits, "0")
	if len(digits) < 16 || infinite(v) || strings.Trim(digits, "0123456789") != "" {
		return false
	}
	if v < 0 {
		v = -v
	}
	if strconv.FormatFloat(v, 'f', -1, 64) == digits {
		return false
	}
	exact, _ := new(big.Float).SetFloat64(v).Int(nil)
	return exact.String() != digits
}

// missing reports whether a field is a mark of a missing value.
func missing(field string) bool {
	marks := []string{"NA", "<NA>", "N/A", "#N/A", "n/a", "NULL", "null", "None", "none", "NaT", "?", ".", "-", "--"}
	return slices.Contains(marks, field)
}

// likeNumber reports whether a field begins as a number does.
func likeNumber(field string) bool {
	rest := strings.TrimPrefix(strings.TrimLeft(field, "+-"), ".")
	return rest != "" && rest[0] >= '0' && rest[0] <= '9'
}

// noNumber says what a field is not, and what to do.
func noNumber(field string) string {
	if fix := advice(field); fix != "" {
		return quoted(field) + " is no number: " + fix
	}
	return quoted(field) + " is no number"
}

// advice is how to make a number of a field; empty: nobody knows.
func advice(field string) string {
	digits := strings.ContainsAny(field, "0123456789")
	switch {
	case strings.ContainsAny(field, ";\t"):
		return "separate fields by commas"
	case missing(field):
		return "it marks a missing value; fill it, or remove the line"
	case strings.HasPrefix(strings.ToLower(strings.TrimLeft(field, "+-")), "0x"):
		return "write it in decimals"
	case digits && strings.Contains(field, ","):
		return "write decimals with a point"
	case likeNumber(field) && strings.ContainsAny(field, "_ '\u00a0\u202f"):
		return "write it without marks between the digits"
	}
	return ""
}
