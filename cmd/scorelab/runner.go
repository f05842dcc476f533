package main

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"runtime"
	"slices"
	"sync"
	"time"

	"scorelab/lib/backend"
	"scorelab/lib/suite"
)

// runner runs experiments and stores what they measured.
type runner struct {
	suite.Catalogue
	progress *progress
	store    *suite.Store
	shard    suite.Shard
	options  suite.Options
	fresh    bool // run also what has not changed
	inputs   *inputs
	kept     int // results that were used again

	storing sync.Mutex // allows one performer at a time to store a result
}

// job is an experiment of a run.
type job struct {
	index  int         // in the order of the table
	former *suite.Kept // its stored result, or nil
	holds  bool        // whether that is the result of this run, too
	now    suite.Inputs
	suite.Experiment
}

// outcome is what became of a job. Err is a *suite.RunError where the experiment broke off.
type outcome struct {
	index     int
	unchanged *suite.Kept // the stored result, where it holds
	result    *suite.Result
	took      time.Duration
	err       error
}

// performer runs one job after another and stores their results. Progress reports what the job does.
type performer interface {
	perform(ctx context.Context, j job, progress func(fraction float64, doing string)) (*suite.Result, error)
	close()
}

// runAll counts the experiments that fail or break off. It ends early, without an error, when ctx is canceled. On a
// terminal, lines appear as experiments end. Elsewhere they are in the order of the table, the same each time.
func (r *runner) runAll(ctx context.Context, experiments []suite.Experiment, jobs int) (bad int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	work := r.split(experiments)
	done := make(chan outcome, len(work))
	finish, err := r.start(ctx, work, done, jobs)
	if err != nil {
		cancel()
		return 0, err
	}
	defer finish()
	defer cancel() // before finish, which waits
	for o := range r.ordered(done, len(work)) {
		failed, err := r.report(ctx, o)
		switch {
		case errors.Is(err, context.Canceled):
			return bad, nil
		case err != nil:
			return bad, err
		case failed:
			bad++
		}
	}
	return bad, nil
}

// ordered passes on n outcomes, in the order of the table unless there is a terminal. An error that ends the run comes
// at once.
func (r *runner) ordered(done <-chan outcome, n int) iter.Seq[outcome] {
	return func(yield func(outcome) bool) {
		waiting := map[int]outcome{}
		for shown := 0; shown < n; {
			o := <-done
			if broken := (*suite.RunError)(nil); o.err != nil && !errors.As(o.err, &broken) {
				yield(o)
				return
			}
			next := shown
			if r.progress.timed {
				next = o.index
			}
			waiting[o.index] = o
			for o, ok := waiting[next]; ok; o, ok = waiting[next] {
				if !yield(o) {
					return
				}
				delete(waiting, next)
				next, shown = next+1, shown+1
			}
		}
	}
}

// report prints what became of a job. Its error ends the run.
func (r *runner) report(ctx context.Context, o outcome) (failed bool, err error) {
	if o.err != nil && ctx.Err() != nil && errors.Is(o.err, context.Canceled) {
		return false, ctx.Err()
	}
	if broken := (*suite.RunError)(nil); errors.As(o.err, &broken) {
		r.progress.broken(broken, o.took)
		return true, nil
	}
	if o.err != nil {
		return false, o.err
	}
	if o.unchanged != nil {
		r.kept++
		r.progress.unchanged(o.unchanged)
		return false, nil
	}
	r.progress.result(o.result, o.took)
	return len(o.result.Failed()) > 0, nil
}

// split finds the experiments that have to run. Those whose results hold are jobs without work.
func (r *runner) split(experiments []suite.Experiment) []job {
	work := make([]job, len(experiments))
	for i, experiment := range experiments {
		now := r.inputsOf(experiment)
		former, _ := suite.ReadKept(r.store.Dir, experiment.ID)
		holds := !r.fresh && r.Holds(former, now)
		work[i] = job{i, former, holds, now, experiment}
	}
	return work
}

// start hands the jobs to performers, each in its goroutine. finish waits for them.
func (r *runner) start(ctx context.Context, work []job, done chan<- outcome, jobs int) (finish func(), err error) {
	var run []job
	for _, j := range work {
		if j.holds {
			done <- outcome{index: j.index, unchanged: j.former}
		} else {
			run = append(run, j)
		}
	}
	performers, err := r.performers(min(r.atOnce(jobs), len(run)))
	if err != nil {
		return nil, err
	}
	queue := make(chan job, len(run))
	for _, j := range longestFirst(run, len(performers)) {
		queue <- j
	}
	close(queue)
	var group sync.WaitGroup
	for _, p := range performers {
		group.Go(func() {
			defer p.close()
			for j := range queue {
				began := time.Now()
				end := r.progress.begin(j.index, j.former)
				result, err := p.perform(ctx, j, func(fraction float64, doing string) {
					r.progress.update(j.index, fraction, doing)
				})
				end()
				done <- outcome{j.index, nil, result, time.Since(began), err}
			}
		})
	}
	return group.Wait, nil
}

// longestFirst sorts jobs for several performers, so that none is left alone with a long one in the end. What never ran
// here stands in the order of the table.
func longestFirst(work []job, performers int) []job {
	if performers > 1 {
		work = slices.Clone(work)
		slices.SortStableFunc(work, func(a, b job) int { return cmp.Compare(b.duration(), a.duration()) })
	}
	return work
}

// duration is how long a job is expected to take, in seconds.
func (j job) duration() float64 {
	switch {
	case j.former != nil:
		return j.former.Meta.Seconds
	case j.Long:
		return 60
	}
	return 0
}

// atOnce is how many experiments run at the same time. A card is not shared: each process would claim its memory.
func (r *runner) atOnce(jobs int) int {
	switch {
	case jobs > 0:
		return jobs
	case r.options.BackendName == backend.XLACUDA:
		return 1
	}
	return min(4, runtime.GOMAXPROCS(0))
}

// performers are n processes, or this one alone.
func (r *runner) performers(n int) ([]performer, error) {
	if n < 2 {
		return []performer{here{r}}, nil
	}
	var all []performer
	for range n {
		w, err := r.newWorker()
		if err != nil {
			for _, p := range all {
				p.close()
			}
			return nil, err
		}
		all = append(all, w)
	}
	return all, nil
}

// inputsOf returns what an experiment depends on. It returns nothing if that is unknown, and then the experiment runs;
// scorelab why says the reason.
func (r *runner) inputsOf(experiment suite.Experiment) suite.Inputs {
	if r.inputs == nil {
		return nil
	}
	now, err := r.inputs.of(experiment)
	if err != nil {
		return nil
	}
	return now
}

// here runs jobs in this process.
type here struct{ *runner }

func (here) close() {}

func (h here) perform(ctx context.Context, j job, progress func(float64, string)) (*suite.Result, error) {
	options := h.options
	options.Progress = progress
	started := time.Now()
	result, report, err := h.Do(ctx, j.Experiment, options)
	if err != nil {
		return nil, err
	}
	meta := suite.NewMeta(started, h.options.Backend.Description())
	meta.Shard, meta.Inputs = h.shard.String(), j.now
	return result, h.store.Put(result, report, meta)
}
