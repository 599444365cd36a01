package diagnose

import "math"

// automaton finds many words in one pass (Aho and Corasick, 1975), so that
// the time does not grow with the table.
type automaton struct {
	next []uint16   // state*symbols+symbol: the state after it
	ends [][]uint16 // the words that end in a state
}

const symbols = 36

func newAutomaton(words []string) *automaton {
	most := 1 // states: that of no letter, and one for each letter at most
	for _, w := range words {
		most += len(w)
	}
	if most > math.MaxUint16 {
		panic("the table of causes has become too long: make the states of its automaton larger numbers")
	}
	a := &automaton{next: make([]uint16, most*symbols), ends: make([][]uint16, 1, most)}
	for id, w := range words {
		state := uint16(0)
		for i := range len(w) {
			at := int(state)*symbols + int(class[w[i]])
			if a.next[at] == 0 {
				a.next[at] = uint16(len(a.ends))
				a.ends = append(a.ends, nil)
			}
			state = a.next[at]
		}
		if state != 0 {
			a.ends[state] = append(a.ends[state], uint16(id))
		}
	}
	a.link()
	return a
}

// link makes a complete machine of the tree: where a word breaks off, it goes
// on with the longest word that its end begins.
func (a *automaton) link() {
	fail := make([]uint16, len(a.ends))
	queue := make([]uint16, 0, len(a.ends))
	for s := range symbols {
		if to := a.next[s]; to != 0 {
			queue = append(queue, to)
		}
	}
	for i := 0; i < len(queue); i++ { // which grows meanwhile
		state := queue[i]
		a.ends[state] = append(a.ends[state], a.ends[fail[state]]...)
		for s := range symbols {
			at := int(state)*symbols + s
			back := a.next[int(fail[state])*symbols+s]
			if to := a.next[at]; to != 0 {
				fail[to] = back
				queue = append(queue, to)
			} else {
				a.next[at] = back
			}
		}
	}
}

// squeezed is w as the automaton sees it: letters and digits only, in lower case.
func squeezed(w string) string {
	const symbol = "0123456789abcdefghijklmnopqrstuvwxyz"
	out := make([]byte, 0, len(w))
	for i := range len(w) {
		if n := class[w[i]]; n >= 0 {
			out = append(out, symbol[n])
		}
	}
	return string(out)
}
