package steps

import (
	"slices"
	"testing"

	"palmail/steps/progress"
)

// Every stage that a record can be in is asked for by one step, in the same order.
func TestSequenceHasEveryStage(t *testing.T) {
	var asked []progress.Stage
	for _, st := range sequence {
		asked = append(asked, st.stage)
		if st.stage.Title() == "" || st.run == nil {
			t.Errorf("%s has no title, or nothing asks for it", st.stage)
		}
	}
	if !slices.Equal(asked, progress.Stages()) {
		t.Errorf("steps %v, stages %v", asked, progress.Stages())
	}
}
