package suite

import (
	"math"
	"testing"

	"scorelab/lib/random"
)

// A seed gives every experiment and every purpose in it a separate stream. This also holds for seeds at the ends of
// their range.
func TestStreamsOfExperiments(t *testing.T) {
	seen := map[random.Key]string{}
	for _, seed := range []int64{0, 1, -1, math.MinInt64, math.MaxInt64} {
		c := fake()
		for i := range c.Experiments {
			id := c.Experiments[i].ID
			c.Experiments[i].Run = func(l *Lab) (*Report, error) {
				for _, purpose := range []string{"noise", "start", ""} {
					key := l.Key(purpose)
					if other, twice := seen[key]; twice {
						t.Errorf("seed %d, %s, %q has the stream of %s", seed, id, purpose, other)
					}
					if seen[key] = id + " " + purpose; key != l.Key(purpose) {
						t.Errorf("%s has two streams for one purpose", id)
					}
				}
				return runMass(l)
			}
			if _, _, err := c.Do(t.Context(), c.Experiments[i], Options{Seed: seed, Profile: Quick,
				BackendName: "go"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(seen) != 5*2*3 {
		t.Errorf("%d streams", len(seen))
	}
}

// An experiment with a new name keeps its random streams.
func TestStreamKeepsItsName(t *testing.T) {
	c := fake()
	renamed := c.Experiments[0]
	renamed.ID, renamed.Stream = "moments", renamed.ID
	c.Experiments = append(c.Experiments, renamed)
	var got []float64
	for _, e := range []Experiment{c.Experiments[0], renamed} {
		r, _, err := c.Do(t.Context(), e, quick)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r.Checks[0].Got.Center)
	}
	if got[0] != got[1] {
		t.Errorf("%v under the old name, %v under the new one", got[0], got[1])
	}
}
