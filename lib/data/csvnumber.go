package data

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// number is the value of a field: a decimal number, infinite beyond the range of float64, or a word for NaN or
// infinity. Numbers in Go's notation only, such as 1_000 and 0x1p3, are not accepted.
func number(field string) (v float64, ok bool) {
	for i := range len(field) {
		if c := field[i]; (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return notFinite(field)
		}
	}
	v, err := strconv.ParseFloat(field, 64)
	return v, err == nil || errors.Is(err, strconv.ErrRange)
}

// notFinite is number for the words for NaN and infinity.
func notFinite(field string) (v float64, ok bool) {
	if word := strings.ToLower(strings.TrimLeft(field, "+-")); word != "nan" && word != "inf" && word != "infinity" {
		return 0, false
	}
	if v, err := strconv.ParseFloat(field, 64); err == nil {
		return v, true
	}
	return math.NaN(), true // -nan, as C writes it
}

// rounded reports whether a field is an integer that differs from its value v in float64. An integer with as many
// digits as float64 needs, followed by zeros, counts as v, since programs write v so.
func rounded(field string, v float64) bool {
	if infinite(v) {
		return false
	}
	digits := wholeDigits(field)
	v = math.Abs(v)
	if digits == "" || strconv.FormatFloat(v, 'f', -1, 64) == digits {
		return false
	}
	exact, _ := new(big.Float).SetFloat64(v).Int(nil)
	return exact.String() != digits
}

// wholeDigits are the digits of an integer of at least 16 significant digits, in any notation: of 1.2345678901234567e16
// they are 12345678901234567. They are empty for all other fields. float64 represents shorter integers exactly, and
// 1.2345678901234567e20 without its last digits is rounded already.
func wholeDigits(field string) string {
	if len(field) < 16 {
		return ""
	}
	mantissa, exponent := field, 0
	if e := strings.IndexAny(field, "eE"); e >= 0 {
		mantissa = field[:e]
		exponent, _ = strconv.Atoi(field[e+1:])
	}
	whole, fraction, point := strings.Cut(strings.TrimLeft(mantissa, "+-"), ".")
	if digits := whole + fraction; len(strings.Trim(digits, "0")) < 16 {
		return ""
	}
	switch {
	case exponent > len(fraction) && point, exponent > 400, exponent < -len(whole):
		return ""
	case exponent > len(fraction):
		whole += strings.Repeat("0", exponent)
	case exponent >= 0:
		whole, fraction = whole+fraction[:exponent], fraction[exponent:]
	default:
		at := len(whole) + exponent
		whole, fraction = whole[:at], whole[at:]+fraction
	}
	if strings.Trim(fraction, "0") != "" {
		return ""
	}
	return strings.TrimLeft(whole, "0")
}

// vanished reports whether a field whose float64 is 0 has a digit other than 0.
func vanished(field string) bool {
	if e := strings.IndexAny(field, "eE"); e >= 0 {
		field = field[:e]
	}
	return strings.ContainsAny(field, "123456789")
}

// missing reports whether a field marks a missing value.
func missing(field string) bool {
	marks := []string{"NA", "<NA>", "N/A", "#N/A", "n/a", "NULL", "null", "None", "none", "NaT", "?", ".", "-", "--"}
	return slices.Contains(marks, field)
}

// likeNumber reports whether a field starts like a number.
func likeNumber(field string) bool {
	rest := strings.TrimPrefix(strings.TrimLeft(field, "+-"), ".")
	return rest != "" && rest[0] >= '0' && rest[0] <= '9'
}

// noNumber is the error text for a field that is no number, with advice.
func noNumber(field string) string {
	if fix := advice(field); fix != "" {
		return quoted(field) + " is no number: " + fix
	}
	return quoted(field) + " is no number"
}

// advice describes how to turn a field into a number. It is empty if there is no advice.
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
