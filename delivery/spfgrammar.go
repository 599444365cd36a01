package delivery

import (
	"net/netip"
	"strconv"
	"strings"
)

// isSPF says that a TXT record is an SPF record: "v=spf1" and then a space or the end, in any case of letters
// (RFC 7208 section 4.5).
func isSPF(txt string) bool {
	return len(txt) >= 6 && strings.EqualFold(txt[:6], "v=spf1") && (len(txt) == 6 || txt[6] == ' ')
}

func spfRecords(txts []string) []string {
	var records []string
	for _, txt := range txts {
		if isSPF(txt) {
			records = append(records, txt)
		}
	}
	return records
}

// badTerm returns the first term of an SPF record that breaks the grammar of RFC 7208 section 12, or "". A receiver
// must refuse such a record before it evaluates any of it (section 4.6), which the library below does not.
func badTerm(record string) string {
	seen := map[string]bool{}
	for _, term := range strings.Split(record[len("v=spf1"):], " ") {
		if term == "" {
			continue
		}
		for _, c := range []byte(term) {
			if c < 0x21 || c > 0x7E {
				return term
			}
		}
		if name, value, is := modifier(term); is {
			if name != "redirect" && name != "exp" {
				if !macroString(value) {
					return term
				}
				continue
			}
			if seen[name] || !domainSpec(value) { // each at most once (section 6)
				return term
			}
			seen[name] = true
			continue
		}
		if !mechanism(term) {
			return term
		}
	}
	return ""
}

// modifier splits name=value. The equals sign comes before any colon or slash (section 4.6.1).
func modifier(term string) (name, value string, is bool) {
	name, value, is = strings.Cut(term, "=")
	if !is || name == "" || !letter(name[0]) {
		return "", "", false
	}
	for _, c := range []byte(name) {
		if !letterOrDigit(c) && c != '-' && c != '_' && c != '.' {
			return "", "", false
		}
	}
	return strings.ToLower(name), value, true
}

func mechanism(term string) bool {
	if strings.IndexByte("+-?~", term[0]) >= 0 {
		term = term[1:]
	}
	end := strings.IndexAny(term, ":/")
	if end < 0 {
		end = len(term)
	}
	name, rest := strings.ToLower(term[:end]), term[end:]
	value, colon := strings.CutPrefix(rest, ":")
	switch name {
	case "all":
		return rest == ""
	case "include", "exists":
		return colon && domainSpec(value)
	case "ptr":
		return rest == "" || colon && domainSpec(value)
	case "a", "mx":
		domain, ok := cutMasks(rest)
		return ok && (domain == "" || domain[0] == ':' && domainSpec(domain[1:]))
	case "ip4", "ip6":
		return colon && network(value, name == "ip4")
	}
	return false
}

// cutMasks takes dual-cidr-length off: "/24", "//64" or "/24//64". A slash within a macro, such as
// %{l/}, is a delimiter.
func cutMasks(s string) (rest string, ok bool) {
	macro := 0 // the end of the last macro
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '%' && s[i+1] == '{' {
			macro = i + 1 + strings.IndexByte(s[i:], '}')
		}
	}
	if i := strings.LastIndex(s, "//"); i >= macro {
		if !mask(s[i+2:], 128) {
			return "", false
		}
		s = s[:i]
	}
	if i := strings.LastIndexByte(s, '/'); i >= macro {
		if !mask(s[i+1:], 32) {
			return "", false
		}
		s = s[:i]
	}
	return s, true
}

func mask(s string, most int) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 0 && n <= most && strconv.Itoa(n) == s
}

func network(s string, four bool) bool {
	address, bits, cut := strings.Cut(s, "/")
	most := 128
	if four {
		most = 32
	}
	ip, err := netip.ParseAddr(address)
	return err == nil && ip.Zone() == "" && ip.Is4() == four && (!cut || mask(bits, most))
}

// domainSpec is macro-string followed by a top label with a letter in it, or by a macro (section 7.1).
func domainSpec(s string) bool {
	ok, macro := macros(s)
	if !ok || s == "" || macro {
		return macro
	}
	s = strings.TrimSuffix(s, ".")
	dot := strings.LastIndexByte(s, '.')
	top := s[dot+1:]
	if dot < 0 || top == "" || top[0] == '-' || top[len(top)-1] == '-' {
		return false
	}
	word := false
	for _, c := range []byte(top) {
		if !letterOrDigit(c) && c != '-' {
			return false
		}
		word = word || !digit(c)
	}
	return word
}

func macroString(s string) bool {
	ok, _ := macros(s)
	return ok
}

// macros checks the macros in s: %%, %_, %- and %{letter digits r delimiters}. The letters c, r and t belong to
// explanations only (section 7.2). last says that s is valid and ends in a macro.
func macros(s string) (ok, last bool) {
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			last = false
			continue
		}
		i++
		if i == len(s) {
			return false, false
		}
		last = true
		switch s[i] {
		case '%', '_', '-':
			continue
		case '{':
		default:
			return false, false
		}
		end := strings.IndexByte(s[i:], '}')
		if end < 2 {
			return false, false
		}
		body := s[i+1 : i+end]
		i += end
		if strings.IndexByte("slodiphv", body[0]|0x20) < 0 || !letter(body[0]) {
			return false, false
		}
		body = strings.TrimLeft(body[1:], "0123456789")
		if body != "" && body[0]|0x20 == 'r' {
			body = body[1:]
		}
		if strings.Trim(body, ".-+,/_=") != "" {
			return false, false
		}
	}
	return true, last
}
