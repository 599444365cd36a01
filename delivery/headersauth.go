package delivery

import "strings"

// results reads the value of an Authentication-Results field (RFC 8601 section 2.2), and Microsoft's dialect, which
// leaves out the server's name and writes results such as spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=….
func results(name, value string) Results {
	r := Results{Field: name}
	for i, part := range parts(value) {
		words, comment := tokens(part)
		if len(words) == 0 {
			continue
		}
		key, result, is := strings.Cut(words[0], "=")
		switch {
		case is && strings.EqualFold(key, "i") && r.Instance == "" && len(r.Methods) == 0:
			r.Instance = cut(result, 4)
			continue
		case !is && len(r.Methods) == 0 && r.Server == "" && i < 2:
			r.Server = cut(words[0], 255)
			continue
		case !is || len(r.Methods) >= maxMethods:
			continue
		}
		method, _, _ := strings.Cut(key, "/") // dkim/1
		m := Method{
			Name: cut(strings.ToLower(method), 40), Result: cut(strings.ToLower(result), 40),
			Comment: cut(comment, 300),
		}
		for _, word := range words[1:] {
			prop, v, ok := strings.Cut(word, "=")
			if !ok || len(m.Props) >= maxMethods {
				continue
			}
			if m.Props == nil {
				m.Props = map[string]string{}
			}
			if prop = cut(strings.ToLower(prop), 60); m.Props[prop] == "" {
				m.Props[prop] = cut(v, 255)
			}
		}
		r.Methods = append(r.Methods, m)
	}
	return r
}

// parts splits at semicolons that stand outside comments and quoted strings.
func parts(value string) []string {
	var list []string
	start := 0
	scan(value, func(i int, c byte, depth int, quoted bool) {
		if c == ';' && depth == 0 && !quoted && len(list) < 2*maxMethods {
			list = append(list, value[start:i])
			start = i + 1
		}
	})
	return append(list, value[start:])
}

// tokens splits a part into words without its comments, and the text of its comments. White space around an equals
// sign is allowed and left out.
func tokens(part string) (words []string, comment string) {
	var word, note strings.Builder
	flush := func() {
		if word.Len() > 0 && len(words) < 4*maxMethods {
			words = append(words, word.String())
			word.Reset()
		}
	}
	scan(part, func(_ int, c byte, depth int, quoted bool) {
		switch {
		case depth > 0 || c == ')':
			if depth == 1 && c == '(' || c == ')' && depth == 0 {
				note.WriteByte(' ')
				flush()
				return
			}
			note.WriteByte(c)
		case c == '"':
		case c == ' ' && !quoted:
			flush()
		default:
			word.WriteByte(c)
		}
	})
	flush()
	return joinEquals(words), strings.TrimSpace(note.String())
}

// joinEquals makes one word of "spf", "=", "pass", and of "dkim", "/", "1" in front.
func joinEquals(words []string) []string {
	var joined []string
	for _, w := range words {
		last := len(joined) - 1
		version := last == 0 && (strings.HasPrefix(w, "/") || strings.HasSuffix(joined[0], "/"))
		if last >= 0 && (version || strings.HasPrefix(w, "=") || strings.HasSuffix(joined[last], "=")) {
			joined[last] += w
			continue
		}
		joined = append(joined, w)
	}
	return joined
}

// scan calls do for every byte with the depth of comments after it and whether it stands in a quoted string. A
// backslash takes the next byte's meaning away. A comment or string that is never closed ends with the text.
func scan(s string, do func(i int, c byte, depth int, quoted bool)) {
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && (quoted || depth > 0) && i+1 < len(s):
			i++
			do(i, s[i], max(depth, 0), true)
			continue
		case quoted:
			quoted = c != '"'
			do(i, c, depth, true)
			continue
		case c == '"' && depth == 0:
			quoted = true
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		}
		do(i, c, depth, quoted)
	}
}
