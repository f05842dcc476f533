package notebook

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/random"
	"scorelab/lib/train"
)

// meanOfFour learns the mean of four numbers.
func meanOfFour() train.Plan {
	return train.Plan{
		Data: train.Shuffled(2, tensors.FromValue([]float64{1, 2, 3, 4})), Adam: train.Adam{Rate: .1},
		Key: Key("test"), Every: 10,
		Loss: func(scope *model.Scope, batch []*Node, _ *random.Source) *Node {
			return Square(Sub(scope.VariableWithValue("mean", 0.).NodeValue(batch[0]), batch[0]))
		},
	}
}

// TestTrain trains in one cell and reads the weights in another. A completed training is not repeated.
func TestTrain(t *testing.T) {
	t.Setenv(CacheEnv, t.TempDir())
	t.Setenv(backendEnv, "go")
	t.Setenv(HeadlessEnv, "1")
	plan := meanOfFour
	_, failed, status := cellOutput(t, func() { Weights("mean", plan()) })
	if status != 1 || !strings.Contains(failed, "run the cell that trains it first") {
		t.Errorf("before: %q", failed)
	}
	shown, failed, status := cellOutput(t, func() { Train("mean", plan(), 100) })
	if status != 0 || shown != "[figure]\n" {
		t.Fatalf("%q, %q", shown, failed)
	}
	weights := Weights("mean", plan())
	if got := weights.GetVariable("/mean").MustValue().Value().(float64); got < 1.5 || got > 3.5 {
		t.Errorf("the mean of 1 to 4 is %g", got)
	}
	shown, _, _ = cellOutput(t, func() { Train("mean", plan(), 100) })
	if shown != "mean: trained before, 100 steps\n" {
		t.Errorf("again: %q", shown)
	}
	other := plan()
	other.Adam.Rate = .2
	_, failed, status = cellOutput(t, func() { Train("mean", other, 100) })
	if status != 1 || !strings.Contains(failed, "mean: ") {
		t.Errorf("another plan: %q", failed)
	}
}

// TestInterruptedTraining: the stop button ends the cell, with the curve so far and the steps reached. Later cells
// report that the training is incomplete. Run again, it continues to the end.
func TestInterruptedTraining(t *testing.T) {
	t.Setenv(CacheEnv, t.TempDir())
	t.Setenv(backendEnv, "go")
	t.Setenv(HeadlessEnv, "1")
	const many = 100_000_000
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	shown, failed, status := cellOutput(t, func() {
		go func() {
			for !trained(t, "mean") { // a signal before Train handles it would end the tests
				time.Sleep(10 * time.Millisecond)
			}
			if err := self.Signal(os.Interrupt); err != nil {
				t.Error(err)
			}
		}()
		Train("mean", meanOfFour(), many)
		Say("after %d steps", many)
	})
	interrupted := strings.Contains(failed, "error: mean: interrupted after ") && !strings.Contains(failed, " 0 of ")
	if status != 1 || shown != "[figure]\n" || !interrupted {
		t.Fatalf("%q, %q, %d", shown, failed, status)
	}
	shown, _, status = cellOutput(t, func() { Weights("mean", meanOfFour()) })
	if status != 0 || !strings.Contains(shown, "of 100000000 steps are trained; run the cell") {
		t.Errorf("weights: %q", shown)
	}
	var reached int
	if _, err := fmt.Sscanf(failed, "error: mean: interrupted after %d of", &reached); err != nil {
		t.Fatal(err)
	}
	shown, failed, status = cellOutput(t, func() { Train("mean", meanOfFour(), reached+20) })
	if status != 0 || shown != "[figure]\n" {
		t.Errorf("again: %q, %q", shown, failed)
	}
	if shown, _, _ := cellOutput(t, func() { Weights("mean", meanOfFour()) }); shown != "" {
		t.Errorf("weights at the end: %q", shown)
	}
}

// trained reports whether there is a checkpoint under that name.
func trained(t *testing.T, name string) bool {
	found, err := filepath.Glob(filepath.Join(Cache(), name, "step-*"))
	if err != nil {
		t.Error(err)
	}
	return len(found) > 0
}

// TestDivergedTraining: a training that ends with an error shows its curve, too.
func TestDivergedTraining(t *testing.T) {
	t.Setenv(CacheEnv, t.TempDir())
	t.Setenv(backendEnv, "go")
	t.Setenv(HeadlessEnv, "1")
	plan := meanOfFour()
	learn := plan.Loss
	plan.Loss = func(scope *model.Scope, batch []*Node, r *random.Source) *Node {
		loss := learn(scope, batch, r)
		mean := scope.VariableWithValue("mean", 0.).NodeValue(loss.Graph())
		return Where(GreaterThan(mean, Const(loss.Graph(), 1.5)), Log(Neg(loss)), loss) // NaN from there on
	}
	shown, failed, status := cellOutput(t, func() { Train("mean", plan, 1000) })
	if status != 1 || shown != "[figure]\n" || failed == "" {
		t.Errorf("%q, %q, %d", shown, failed, status)
	}
}
