package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	graphs "scorelab/lib/exec"
	"scorelab/lib/metrics"
	"scorelab/lib/network"
	"scorelab/lib/train"
)

// cost is our time and memory as one size grows.
type cost struct {
	Name  string // as WORK matches it, after cost-
	About string // what takes the time
	Of    string // what grows
	At    []int
	Ours  func(o *ours, n int) (run func() error, err error)
	Per   int // steps of a run
}

// costs lists the curves. Each point is a process of its own, so that its memory is known.
var costs = []cost{
	{"batch", "training step in the plane", "batch", []int{16, 64, 256, 1024, 4096}, trainingOf(0, 2), 50},
	{"dimension", "training step, batch 256", "dimension", []int{2, 8, 32, 128, 512, 1024}, trainingOf(256, 0), 50},
	{"steps", "2,000 samples with DDIM", "steps", []int{10, 30, 100, 300, 1000}, samplingOf, 1},
	{"components", "exact score of 1,000 points in float64", "components", []int{1, 4, 16, 64, 256}, scoreOf, 10},
	{"data", "ideal denoiser, batch 100, 784 dimensions", "images", []int{1000, 3000, 10_000, 30_000, 60_000},
		denoiserOf, 1},
}

// trainingOf is a run of training steps, whose batch or dimension is the size that grows: the one that is 0.
func trainingOf(batch, dim int) func(*ours, int) (func() error, error) {
	return func(o *ours, n int) (func() error, error) {
		batch, dim := batch, dim
		if batch == 0 {
			batch = n
		} else {
			dim = n
		}
		table := tensor(narrow(normals(rand.New(rand.NewPCG(1, 1)), rows*dim)), rows, dim)
		loss := network.Loss(diffusion.Denoising(diffusion.EpsHead(1), nil, times), process, net)
		trainer, err := train.Plan{Loss: loss, Data: train.Drawn(batch, table), Every: costSteps}.Begin(o.b)
		if err != nil {
			return nil, err
		}
		return func() error { return advance(trainer, costSteps) }, nil
	}
}

// costSteps is the number of training steps of a run.
const costSteps = 50

func samplingOf(o *ours, steps int) (func() error, error) {
	weights := model.NewStore() // sampling takes as long before training
	if err := network.Create(o.b, weights.RootScope(), net, dtypes.Float32, 2); err != nil {
		return nil, err
	}
	plan := diffusion.Plan{Build: network.Trained(process, net, diffusion.EpsHead(spread)), Store: weights,
		Sampler: diffusion.DDIM(0)}
	grid, err := diffusion.Uniform(1, 1e-3, steps)
	if err != nil {
		return nil, err
	}
	compiled, err := plan.Compile(o.b)
	return func() error {
		_, err := compiled.Run(grid, noise(2000))
		return err
	}, err
}

// scoreOf is ten evaluations of the score of a mixture of components in the plane.
func scoreOf(o *ours, components int) (func() error, error) {
	r := rand.New(rand.NewPCG(2, 2))
	each := make([]density.Component, components)
	for i := range each {
		each[i] = density.Component{Weight: 1 / float64(components), Mean: normals(r, 2),
			Cov: [][]float64{{.5, .2}, {.2, .4}}}
	}
	m, err := density.NewMixture("many", each...)
	if err != nil {
		return nil, err
	}
	score, err := graphs.New(o.b, func(x *Node) *Node {
		return m.Model(process).Score(x, Scalar(x.Graph(), x.DType(), .3))
	})
	if err != nil {
		return nil, err
	}
	t, err := repeated(score, 10, tensor(normals(r, 2000), 1000, 2))
	if err != nil {
		return nil, err
	}
	return t.run, nil
}

func denoiserOf(o *ours, images int) (func() error, error) {
	const d, batch = 784, 100
	r := rand.New(rand.NewPCG(3, 3))
	table, x := tensor(narrow(normals(r, images*d)), images, d), tensor(narrow(normals(r, batch*d)), batch, d)
	denoise, err := graphs.New(o.b, func(x, table *Node) *Node {
		return density.Empirical(process, table).Denoise(x, Scalar(x.Graph(), x.DType(), .3))
	})
	if err != nil {
		return nil, err
	}
	t, err := repeated(denoise, 1, x, table)
	if err != nil {
		return nil, err
	}
	return t.run, nil
}

// measureCost is the process of one point: it prints the time of a step and the memory beyond that of an idle process.
func measureCost(backend, name, size string, out io.Writer) error {
	n, err := strconv.Atoi(size)
	if err != nil {
		return err
	}
	for _, c := range costs {
		if c.Name != name {
			continue
		}
		o, _, err := newOurs(backend)
		if err != nil {
			return err
		}
		idle := memory("VmRSS")
		run, err := c.Ours(o, n)
		if err != nil {
			return err
		}
		if err := run(); err != nil { // compiles
			return err
		}
		// From here on the peak counts, without what compilation took.
		_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
		var took []float64
		for begin := time.Now(); len(took) < 3 || time.Since(begin) < time.Second && len(took) < 20; {
			start := time.Now()
			if err := run(); err != nil {
				return err
			}
			took = append(took, time.Since(start).Seconds()/float64(c.Per))
		}
		return json.NewEncoder(out).Encode(answer{Seconds: median(took),
			Values: map[string][]float64{"bytes": {memory("VmHWM") - idle}}})
	}
	return fmt.Errorf("there is no cost %q", name)
}

// memory is a number of bytes that Linux knows about this process; 0: unknown.
func memory(key string) float64 {
	text, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(text)) {
		if value, is := strings.CutPrefix(line, key+":"); is {
			var kilobytes float64
			_, _ = fmt.Sscan(value, &kilobytes)
			return kilobytes * 1024
		}
	}
	return 0
}

// curve is a cost that was measured.
type curve struct {
	Name    string          `json:"name"`
	About   string          `json:"about"`
	Of      string          `json:"of"`
	At      []float64       `json:"at"`
	Seconds []float64       `json:"seconds"`
	Bytes   []float64       `json:"bytes"` // beyond an idle process
	Time    metrics.Summary `json:"time_exponent"`
	Memory  metrics.Summary `json:"memory_exponent"`
}

// curves measures costs, one process after the other.
func (b *bench) curves(chosen []cost) (found []curve, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	for _, c := range chosen {
		one := curve{Name: c.Name, About: c.About, Of: c.Of}
		at := c.At
		if b.small {
			at = at[:3]
		}
		for _, n := range at {
			b.status("cost-%s: %s %d", c.Name, c.Of, n)
			printed := &tail{}
			cmd := exec.Command(self, "cost", b.backend, c.Name, strconv.Itoa(n))
			cmd.Stderr = printed
			out, err := cmd.Output()
			var a answer
			if err == nil {
				err = json.Unmarshal(out, &a)
			}
			if err != nil || len(a.Values["bytes"]) != 1 {
				return nil, fmt.Errorf("cost-%s at %d: %w: %s", c.Name, n, errors.Join(err), printed)
			}
			one.At = append(one.At, float64(n))
			one.Seconds = append(one.Seconds, a.Seconds)
			one.Bytes = append(one.Bytes, max(a.Values["bytes"][0], 1))
		}
		if one.Time, err = metrics.LogSlope(one.At, one.Seconds); err != nil {
			return nil, err
		}
		if one.Memory, err = metrics.LogSlope(one.At, one.Bytes); err != nil {
			return nil, err
		}
		b.status("")
		fmt.Fprintln(b.out, one.line())
		found = append(found, one)
	}
	return found, nil
}

// line is a curve for a terminal.
func (c curve) line() string {
	last := len(c.At) - 1
	return fmt.Sprintf("cost-%-15s %s to %s for %g to %g %s, exponent %s", c.Name, seconds(c.Seconds[0]),
		seconds(c.Seconds[last]), c.At[0], c.At[last], c.Of, exponent(c.Time))
}

// exponent writes a fitted exponent with its standard error.
func exponent(s metrics.Summary) string {
	return fmt.Sprintf("%.2f (s.e. %.2f)", s.Center, s.Half()/metrics.Width)
}
