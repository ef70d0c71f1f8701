package compare

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Options adjusts Execute; nil means the defaults.
type Options struct {
	// Progress is called as work gets done, from one goroutine at a time. Default:
	// nothing.
	Progress func(Event)
	// Resamples of the bootstrap of every rate. Default 2000.
	Resamples int
}

// Event reports progress: predicted seconds of work done and in all, on one
// core.
type Event struct {
	Done, Total float64
	Label       string // the run that made progress
	Finished    *Run   // set once, when that run has finished
}

// Execute carries out a study: it makes every run, several at a time, measures
// their distances from their references and fits the rates. The result does not
// depend on the number of workers.
//
// If ctx is done or a run fails, the error says so and the result holds the runs
// that had finished, without ladders.
func Execute(ctx context.Context, s Study, o *Options) (*Result, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if o == nil {
		o = &Options{}
	}
	start := time.Now()
	p := newPlan(&s)
	err := p.work(ctx, o)
	r := &Result{Study: s}
	for _, t := range p.tasks {
		if t.result != nil {
			r.Runs = append(r.Runs, t.result)
		}
	}
	r.Wall = time.Since(start)
	r.Notes = append(r.Notes, Uncertified(r.Runs)...)
	if err != nil {
		r.Notes = append(r.Notes, "incomplete: "+err.Error())
		return r, err
	}
	for i := range p.ladders {
		r.Ladders = append(r.Ladders, p.ladders[i].measure(&s, o)...)
	}
	r.Wall = time.Since(start)
	return r, nil
}

// Cost predicts the study's work in seconds on one core of a current machine. It
// is rough: the number of steps is guessed from the horizon.
func Cost(s Study) (seconds float64, runs int) {
	p := newPlan(&s)
	for _, t := range p.tasks {
		seconds += t.cost
	}
	return seconds, len(p.tasks)
}

// task is one run to make. Tasks are shared between the ladders that need them.
type task struct {
	run    Run     // what is known before
	cost   float64 // predicted seconds
	do     func(ctx context.Context, progress func(tau float64)) (*Run, error)
	result *Run // once done
}

// work makes all runs, the longest first, on the study's workers.
func (p *plan) work(ctx context.Context, o *Options) error {
	order := slices.Clone(p.tasks)
	slices.SortStableFunc(order, func(a, b *task) int {
		switch {
		case a.cost > b.cost:
			return -1
		case a.cost < b.cost:
			return 1
		}
		return 0
	})
	workers := p.study.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	m := &meter{report: o.Progress, done: map[*task]float64{}}
	for _, t := range order {
		m.total += t.cost
	}
	end := p.study.end()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for _, t := range order {
		g.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			begin := time.Now()
			r, err := t.do(ctx, func(tau float64) { m.update(t, tau/end, nil) })
			if err != nil {
				if ctx.Err() != nil && errors.Is(err, context.Canceled) {
					return err
				}
				return fmt.Errorf("run %s: %w", t.run.ID, err)
			}
			r.Wall = time.Since(begin)
			t.result = r
			m.update(t, 1, r)
			return nil
		})
	}
	return g.Wait()
}

// meter adds up the progress of concurrent tasks.
type meter struct {
	sync.Mutex
	report func(Event)
	total  float64
	sum    float64
	done   map[*task]float64
}

func (m *meter) update(t *task, fraction float64, finished *Run) {
	if m.report == nil {
		return
	}
	m.Lock()
	defer m.Unlock()
	m.sum += (fraction - m.done[t]) * t.cost
	m.done[t] = fraction
	m.report(Event{Done: m.sum, Total: m.total, Label: t.run.ID, Finished: finished})
}
