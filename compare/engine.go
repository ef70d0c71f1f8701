package compare

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"pdesolve/finite"
	"pdesolve/pde"
	"pdesolve/pde/transformer"
)

// Options adjusts Execute; nil means the defaults.
type Options struct {
	// Progress is called as work gets done, from one goroutine at a time. Default:
	// nothing.
	Progress func(Event)
	// Resamples of the bootstrap of every rate. Default 2000.
	Resamples int
	// Store, if not nil, gives the runs that it holds and keeps the others as they
	// finish.
	Store *Store
	// Shard restricts the work to a part of the runs. Default: all of them.
	Shard Shard
}

// Shard is one of Count parts of the runs of a study, of about the same predicted cost,
// for as many machines. Its zero value is all of them.
type Shard struct{ Index, Count int }

// Validate reports parts that there are not.
func (s Shard) Validate() error {
	if s != (Shard{}) && (s.Count < 1 || s.Index < 1 || s.Index > s.Count) {
		return fmt.Errorf("compare: shard %d/%d: want i/n with 1 ≤ i ≤ n", s.Index, s.Count)
	}
	return nil
}

// MissingError says that a study cannot be measured yet: the store lacks runs of other
// shards.
type MissingError struct{ Missing, All int }

func (e *MissingError) Error() string {
	return fmt.Sprintf("%d of %d runs are missing", e.Missing, e.All)
}

// Event reports progress: predicted seconds of work done and in all, on one
// core.
type Event struct {
	Done, Total float64
	Label       string // the run that made progress
	Runs        int    // of the study as it stands; more if seeds are added
	Round       int    // of seeds, from 1
	Finished    *Run   // set once, when that run has finished
	// Left predicts how long the rest of the round will take, by what runs of the same kind
	// have taken so far, here or where they were made.
	Left time.Duration
}

// Execute carries out a study: it makes every run, several at a time, measures
// their distances from their references and fits the rates. The result does not
// depend on the number of workers.
//
// If ctx is done or a run fails, the error says so and the result holds the runs
// that had finished, without ladders, and of one that diverged the way to its last good
// state (Run.Stopped). So it does if o.Shard leaves runs to others that
// o.Store does not hold; the error is then a *MissingError.
func Execute(ctx context.Context, s Study, o *Options) (*Result, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if o == nil {
		o = &Options{}
	}
	if err := o.Shard.Validate(); err != nil {
		return nil, err
	}
	start := time.Now()
	p := newPlan(&s)
	for {
		r, err := p.round(ctx, o)
		r.Wall = time.Since(start)
		if err != nil {
			return r, err
		}
		next := p.next()
		if next == nil {
			err := p.conclude(ctx, o, r)
			r.Wall = time.Since(start)
			return r, err
		}
		p = next
	}
}

// round makes the runs of the plan that have not been made and measures the ladders that
// seeds are added for.
func (p *plan) round(ctx context.Context, o *Options) (*Result, error) {
	err := p.work(ctx, o)
	r := &Result{Study: *p.study}
	for _, t := range p.tasks {
		switch {
		case t.result != nil:
			r.Runs = append(r.Runs, t.result)
			if t.recalled {
				r.Reused++
			}
		case t.partly != nil:
			r.Runs = append(r.Runs, t.partly)
		}
	}
	if n := len(p.tasks) - len(r.Runs); err == nil && n > 0 {
		err = &MissingError{n, len(p.tasks)}
	}
	r.Notes = append(r.Notes, Uncertified(r.Runs)...)
	r.Notes = append(r.Notes, Warned(r.Runs)...)
	if err != nil {
		r.Notes = append(r.Notes, "incomplete: "+err.Error())
		return r, err
	}
	if p.study.Networks.UntilHalfWidth > 0 {
		err = p.measure(ctx, o, (*ladderPlan).chance)
	}
	return r, err
}

// measure measures the ladders that are wanted and have not been measured.
func (p *plan) measure(ctx context.Context, o *Options, wanted func(*ladderPlan) bool) error {
	for i := range p.ladders {
		l := &p.ladders[i]
		if l.measured != nil || !wanted(l) {
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		p.meter.say("measures " + string(l.against))
		l.measured = l.measure(p.study, o)
	}
	return nil
}

// conclude measures what is left once there are seeds enough: all ladders and findings.
func (p *plan) conclude(ctx context.Context, o *Options, r *Result) error {
	if err := p.measure(ctx, o, func(*ladderPlan) bool { return true }); err != nil {
		return err
	}
	for i := range p.ladders {
		r.Ladders = append(r.Ladders, p.ladders[i].measured...)
	}
	for i, find := range p.findings {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		p.meter.say(fmt.Sprintf("finding %d of %d", i+1, len(p.findings)))
		f, err := find(p.study, o)
		if err != nil {
			r.Notes = append(r.Notes, err.Error())
			continue
		}
		r.Findings = append(r.Findings, *f)
	}
	if p.study.Networks.UntilHalfWidth > 0 {
		r.Notes = append(r.Notes, p.enough(r))
	}
	return nil
}

// next returns the plan of the next round of seeds, which keeps what has been made; nil
// if there are seeds enough.
func (p *plan) next() *plan {
	more := p.more()
	if more == nil {
		return nil
	}
	s := *p.study
	s.draws = more
	n := newPlan(&s)
	n.meter = p.meter
	for id, t := range n.byID {
		if old := p.byID[id]; old != nil {
			t.result, t.recalled = old.result, old.recalled
		}
	}
	return n
}

// Cost predicts the study's work in seconds on one core of a current machine. It
// is rough: the number of steps is guessed from the horizon.
func Cost(s Study) (seconds float64, runs int) { return newPlan(&s).cost() }

// MostCost predicts what Cost does for as many seeds as a study that adds them
// (Networks.UntilHalfWidth) may come to.
func MostCost(s Study) (seconds float64, runs int) {
	if s.Networks.UntilHalfWidth > 0 {
		s.draws = newPlan(&s).most()
	}
	return newPlan(&s).cost()
}

func (p *plan) cost() (seconds float64, runs int) {
	for _, t := range p.tasks {
		seconds += t.cost
	}
	return seconds, len(p.tasks)
}

// task is one run to make. Tasks are shared between the ladders that need them.
type task struct {
	run      Run                                                        // what is known before
	cost     float64                                                    // predicted seconds
	inputs   []any                                                      // plain values of which the run is made, beside its ID
	do       func(ctx context.Context, o *finite.Options) (*Run, error) // of o, a grid run knows Progress only
	allowed  float64                                                    // error of the run's integration in time, in any quantity, by its tolerance
	partly   *Run                                                       // what there is of a run that diverged
	result   *Run                                                       // once done
	recalled bool                                                       // whether it came from the store
}

// make makes the run of a task, or takes it from the store.
func (t *task) make(ctx context.Context, m *transformer.Model, o *Options, progress func(tau float64)) error {
	if o.Store != nil {
		if r := o.Store.recall(m, t); r != nil {
			t.result, t.recalled = r, true
			return nil
		}
	}
	begin, before, work := time.Now(), time.Duration(0), &finite.Options{Progress: progress}
	if o.Store != nil {
		work.Checkpoint, before = o.Store.checkpoint(t)
	}
	r, err := t.do(ctx, work)
	if r != nil {
		r.Wall = before + time.Since(begin)
	}
	if err != nil {
		t.partly = stopped(r, err)
		return err
	}
	if o.Store != nil {
		if err := o.Store.keep(m, t, r); err != nil {
			return err
		}
	}
	t.result = r
	return nil
}

// stopped returns what there is of a run that diverged: its curve up to the last good
// state, which is the last entry, and the reason; nil if nothing was saved.
func stopped(r *Run, err error) *Run {
	var diverged *pde.DivergedError
	if !errors.As(err, &diverged) || r == nil || r.Trajectory == nil || !hasStates(r) {
		return nil
	}
	r.Stopped = err.Error()
	return r
}

// share returns the tasks of the shard and, as far as the store holds them, those of
// the others: tasks go in turn, the longest first, to the shard that has least to do.
// It depends on nothing but the plan.
func (p *plan) share(order []*task, o *Options) []*task {
	if o.Shard.Count < 2 {
		return order
	}
	load := make([]float64, o.Shard.Count)
	var mine []*task
	for _, t := range order {
		least := 0
		for i, l := range load {
			if l < load[least] {
				least = i
			}
		}
		load[least] += t.cost
		if least == o.Shard.Index-1 || o.Store != nil && o.Store.recall(&p.study.Model, t) != nil {
			mine = append(mine, t)
		}
	}
	return mine
}

// byCost returns the tasks that no earlier round has made, the longest first.
func (p *plan) byCost() []*task {
	order := slices.DeleteFunc(slices.Clone(p.tasks), func(t *task) bool { return t.result != nil })
	slices.SortStableFunc(order, func(a, b *task) int {
		switch {
		case a.cost > b.cost:
			return -1
		case a.cost < b.cost:
			return 1
		}
		return 0
	})
	return order
}

// work makes all runs, the longest first, on the study's workers.
func (p *plan) work(ctx context.Context, o *Options) error {
	order := p.share(p.byCost(), o)
	if p.meter == nil {
		p.meter = newMeter(o.Progress, p.study.workers())
	}
	m := p.meter
	m.round(order, len(p.tasks))
	end := p.study.end()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(p.study.workers())
	for _, t := range order {
		g.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			m.begin(t)
			err := t.make(ctx, &p.study.Model, o, func(tau float64) { m.update(t, tau/end, nil) })
			if err != nil {
				if ctx.Err() != nil && errors.Is(err, context.Canceled) {
					return err
				}
				return fmt.Errorf("run %s: %w", t.run.ID, err)
			}
			m.update(t, 1, t.result)
			return nil
		})
	}
	return g.Wait()
}
