package delivery

import (
	"strconv"

	"palmail/clean"
)

// number is a small number in words.
func number(n int) string {
	words := []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}
	if n >= 0 && n < len(words) {
		return words[n]
	}
	return strconv.Itoa(n)
}

// cut cleans text from outside and cuts it after n characters.
func cut(s string, n int) string {
	runes := []rune(clean.Line(s))
	if len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return string(runes)
}

// unknownWith is unknown, with the records that were found all the same.
func unknownWith(item Item, record string, err error) Item {
	records := item.Records
	item = unknown(item.Check, record, err)
	item.Records = records
	return item
}
