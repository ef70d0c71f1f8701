package pde

import (
	"runtime"
	"sync/atomic"
)

// team is goroutines that share the passes over a grid. A helper that has done its part
// watches for the next one for a moment, because a goroutine that sleeps takes as long
// to wake as a small pass takes; after that it ends, so that a team needs no closing.
type team struct {
	helpers []*helper
	work    func(i int)
}

// newTeam returns a team of up to n goroutines, of which the caller of run is one.
func newTeam(n int) *team {
	t := &team{}
	for i := 1; i < min(n, runtime.GOMAXPROCS(0)); i++ {
		h := &helper{team: t, part: i, done: make(chan struct{}, 1)}
		h.loop = h.serve
		t.helpers = append(t.helpers, h)
	}
	return t
}

// size returns the number of goroutines.
func (t *team) size() int { return len(t.helpers) + 1 }

// run calls work for 0, …, n−1, at the same time, and returns when all are done. n is at
// most size. Parts that no helper has begun when the caller is done with its own, because
// other programs have the cores, the caller does itself. Concurrent calls are not allowed.
func (t *team) run(n int, work func(i int)) {
	if n > 1 {
		t.work = work
		for _, h := range t.helpers[:n-1] {
			h.call()
		}
	}
	work(0)
	for _, h := range t.helpers[:n-1] {
		h.wait()
	}
}

// helper is one goroutine of a team, other than the caller.
type helper struct {
	team  *team
	part  int
	loop  func() // serve, made once: a new closure would be an allocation
	state atomic.Uint32
	done  chan struct{} // tells a caller that sleeps
}

// The states of a helper.
const (
	gone    = iota // there is no goroutine
	idle           // it watches for a call
	called         // it has not yet seen the call
	working        // it works
	awaited        // it works, and the caller sleeps until it is done
)

// watchful and patient are how often a helper looks for a call, and a caller for the
// end of a part, before they give up watching: about a millisecond. It must be longer
// than a goroutine takes to wake, or each waits for the other to wake in every pass: with
// 50 µs two goroutines on 256² cells took 1.5 times as long as one, with this 0.7 times.
const watchful, patient = 1 << 20, 1 << 20

// call starts the helper's part.
func (h *helper) call() {
	if h.state.CompareAndSwap(idle, called) {
		return
	}
	h.state.Store(called)
	go h.loop()
}

// serve does the helper's part whenever it is called, until no call comes.
func (h *helper) serve() {
	for {
		if h.state.CompareAndSwap(called, working) {
			h.team.work(h.part)
			if !h.state.CompareAndSwap(working, idle) {
				h.state.Store(idle)
				h.done <- struct{}{}
			}
		}
		for n := 0; h.state.Load() == idle; n++ {
			if n >= watchful && h.state.CompareAndSwap(idle, gone) {
				return
			}
		}
	}
}

// wait returns when the helper's part is done.
func (h *helper) wait() {
	if h.state.CompareAndSwap(called, idle) {
		h.team.work(h.part)
		return
	}
	for range patient {
		if s := h.state.Load(); s == idle || s == gone {
			return
		}
	}
	if h.state.CompareAndSwap(working, awaited) {
		<-h.done
	}
}
