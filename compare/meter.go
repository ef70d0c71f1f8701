package compare

import (
	"sync"
	"time"
)

// meter adds up the progress of concurrent tasks and learns what they cost, for the
// prediction of the time that is left and nothing else: no result depends on it.
//
// The time that a kind of run takes is its predicted cost times a factor: the seconds
// that its runs have taken over those predicted for what is done of them, both with
// learnt added as if so much had gone at the pace of all kinds together, and that of all
// kinds likewise at the predicted pace. Runs that a store gives count with the
// time that they took when they were made.
type meter struct {
	sync.Mutex
	report  func(Event)
	now     func() time.Time
	workers int
	event   Event
	tasks   map[*task]*taskTime
	kinds   map[string]*pace
}

// learnt is the weight of what is known before, in seconds.
const learnt = 1

// taskTime is how far a task has come, and in how long.
type taskTime struct {
	last     time.Time
	fraction float64
	spent    float64 // seconds
	cost     float64 // predicted seconds
}

// pace is what is known of a kind of runs, in seconds.
type pace struct {
	left      float64 // predicted for what is not done
	predicted float64 // for what is done
	spent     float64 // on what is done
}

func newMeter(report func(Event), workers int) *meter {
	return &meter{report: report, now: time.Now, workers: workers, tasks: map[*task]*taskTime{}, kinds: map[string]*pace{}}
}

// kind says whose runs a task is like.
func (t *task) kind() string { return string(t.run.Kind) + " " + t.run.Scheme }

// round adds the tasks of a round of seeds, of a study of so many runs.
func (m *meter) round(order []*task, runs int) {
	m.event.Runs = runs
	m.event.Round++
	for _, t := range order {
		m.event.Total += t.cost
		m.of(t).left += t.cost
	}
}

// of returns what is known of the task's kind.
func (m *meter) of(t *task) *pace {
	k := m.kinds[t.kind()]
	if k == nil {
		k = &pace{}
		m.kinds[t.kind()] = k
	}
	return k
}

// begin takes note that a task begins.
func (m *meter) begin(t *task) {
	m.Lock()
	defer m.Unlock()
	m.tasks[t] = &taskTime{last: m.now(), cost: t.cost}
}

// update takes note of how far a task has come, and of its run once it has finished.
func (m *meter) update(t *task, fraction float64, finished *Run) {
	if m.report == nil {
		return
	}
	m.Lock()
	defer m.Unlock()
	k, at, now := m.of(t), m.tasks[t], m.now()
	spent := at.spent + now.Sub(at.last).Seconds()
	if finished != nil {
		spent = finished.Wall.Seconds()
	}
	done := (fraction - at.fraction) * t.cost
	k.left -= done
	k.predicted += done
	k.spent += spent - at.spent
	at.last, at.fraction, at.spent = now, fraction, spent
	if finished != nil {
		delete(m.tasks, t)
	}
	m.event.Done += done
	m.event.Label, m.event.Finished, m.event.Left = t.run.ID, finished, m.left()
	m.report(m.event)
}

// say reports what is done once the runs are.
func (m *meter) say(what string) {
	if m.report == nil {
		return
	}
	m.Lock()
	defer m.Unlock()
	m.event.Label, m.event.Finished, m.event.Left = what, nil, 0
	m.report(m.event)
}

// factor returns how much longer than predicted runs take, if nothing is known of their
// kind but the factor of all.
func (p pace) factor(all float64) float64 {
	return (p.spent + learnt*all) / (p.predicted + learnt)
}

// left predicts the time that is left: that of all work on all workers, or that of the
// longest run at hand, if it is more.
func (m *meter) left() time.Duration {
	var all pace
	for _, k := range m.kinds {
		all.spent, all.predicted = all.spent+k.spent, all.predicted+k.predicted
	}
	common := all.factor(1)
	work, longest := 0.0, 0.0
	for _, k := range m.kinds {
		work += k.left * k.factor(common)
	}
	for t, at := range m.tasks {
		longest = max(longest, (1-at.fraction)*at.cost*m.of(t).factor(common))
	}
	return time.Duration(max(work/float64(m.workers), longest) * float64(time.Second))
}
