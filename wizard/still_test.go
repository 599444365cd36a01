package wizard

import (
	"strings"
	"testing"

	"palmail/steps"
)

// A still is what the screen shows at first.
func TestStill(t *testing.T) {
	for _, asked := range []any{secretPage(rightCheck), homeChoice, handOff, registerWork} {
		for _, size := range [][2]int{{80, 24}, {40, 10}} {
			got, err := Still(asked, size[0], size[1])
			if err != nil || !strings.Contains(got, "palmail") || strings.Count(got, "\n") >= size[1] {
				t.Errorf("%T: %v\n%s", asked, err, got)
			}
		}
	}
	if got, _ := Still(homeChoice, 40, 10); !strings.Contains(got, "❯ Renew the secret") {
		t.Errorf("the proposed option is not to be seen:\n%s", got)
	}
	if _, err := Still(steps.Frame{}, 80, 24); err == nil {
		t.Error("a frame is no question")
	}
}
