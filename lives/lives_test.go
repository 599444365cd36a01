package lives

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
)

// fixedSeeds is how many lives the README's command runs, always the same ones.
const fixedSeeds = 200

// Nothing that holds for every life is broken in these.
func TestLives(t *testing.T) {
	first, n := uint64(1), fixedSeeds
	if text := os.Getenv("PALMAIL_LIVES"); text != "" {
		a, b, _ := strings.Cut(text, "+")
		seed, err := strconv.ParseUint(a, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		first = seed
		if n, err = strconv.Atoi(b); err != nil {
			n = 1
		}
	}
	cover := NewCoverage()
	kinds := map[string]int{}
	example := map[string]string{}
	for seed := first; seed < first+uint64(n); seed++ {
		synctest.Test(t, func(t *testing.T) {
			r := Live(seed, cover)
			if r.Broken != nil {
				k := fmt.Sprintf("%.90s", r.Broken.String())
				kinds[k]++
				if example[k] == "" {
					example[k] = fmt.Sprint(seed)
				}
			}
			if n == 1 {
				fmt.Println(strings.Join(r.Story, "\n"))
				fmt.Println(r.Events, r.Visits, r.Steps)
			}
		})
	}
	for k, c := range kinds {
		fmt.Println(c, k, example[k])
	}
}
