package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"scorelab/lib/backend"
	"scorelab/lib/checkpoint"
	"scorelab/lib/random"
)

// config holds everything that the steps depend on, except for the code.
type config struct {
	Settings any        `json:"settings"`
	Adam     *Adam      `json:"adam,omitempty"`
	Average  EMA        `json:"average"`
	Data     any        `json:"data"`
	Key      random.Key `json:"key"`
}

// describe returns the configuration of a plan. It is expensive, since it hashes the data.
func (p *Plan) describe() (json.RawMessage, error) {
	c := config{Settings: p.Settings, Average: p.EMA, Data: p.Data.settings(), Key: p.Key}
	if p.Loss != nil {
		adam := p.Adam.withDefaults()
		c.Adam = &adam
	}
	text, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("the plan's Settings are no JSON: %w", err)
	}
	return text, nil
}

// Groups of a checkpoint's tensors: the weights, their averages under the same names, and the state of the optimizer.
const (
	WeightsGroup   = "weights"
	AverageGroup   = "average"
	OptimizerGroup = "optimizer"
)

// groupOf returns the group and the name under which a variable of the trainer's store is saved.
func groupOf(path string) (group, name string) {
	if !within(path, own) {
		return WeightsGroup, strings.TrimPrefix(path, "/")
	}
	name = strings.TrimPrefix(path, own+"/")
	if averaged, ok := strings.CutPrefix(name, AverageGroup+"/"); ok {
		return AverageGroup, averaged
	}
	return OptimizerGroup, name
}

// Save writes the state of the training into a folder of checkpoints. Call it between two reports.
func (t *Trainer) Save(to *checkpoint.Folder) error {
	c := checkpoint.Checkpoint{Step: t.step, Backend: backend.Name(t.b), Config: t.config,
		Groups: map[string]checkpoint.Tensors{}}
	for v := range t.store.IterVariables() {
		x, err := v.Value()
		if err != nil {
			return fmt.Errorf("saving step %d: %w", t.step, err)
		}
		group, name := groupOf(v.Path())
		if c.Groups[group] == nil {
			c.Groups[group] = checkpoint.Tensors{}
		}
		c.Groups[group][name] = x
	}
	return to.Save(c)
}

// Resume loads the newest good checkpoint in a folder, if there is one. The next steps then equal those of the training
// that wrote it. It returns an error if Settings, Adam, EMA, Data or Key of the checkpoint's plan differ, and if its
// variables do not fit.
func (t *Trainer) Resume(from *checkpoint.Folder) error {
	c, err := from.Load(t.config, backend.Name(t.b))
	if errors.Is(err, checkpoint.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	left := map[string]bool{}
	for group, list := range c.Groups {
		for name := range list {
			left[group+" of "+name] = true
		}
	}
	for v := range t.store.IterVariables() { // check all before changing any
		group, name := groupOf(v.Path())
		x := c.Groups[group][name]
		if x == nil {
			return fmt.Errorf("the checkpoint of step %d has no %s of %s: its network was another", c.Step, group, name)
		}
		if !x.Shape().Equal(v.Shape()) {
			return fmt.Errorf("the checkpoint of step %d has %s of %s with shape %s, the network %s", c.Step, group,
				name, x.Shape(), v.Shape())
		}
		delete(left, group+" of "+name)
	}
	if len(left) > 0 {
		return fmt.Errorf("the checkpoint of step %d has %s, which the network lacks", c.Step,
			slices.Sorted(maps.Keys(left))[0])
	}
	for v := range t.store.IterVariables() {
		group, name := groupOf(v.Path())
		if err := v.SetValue(c.Groups[group][name]); err != nil {
			return err
		}
	}
	t.step = c.Step
	return nil
}
