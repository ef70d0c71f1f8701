package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// progress shows how far a computation is: a bar on a terminal, otherwise a line
// every few seconds.
type progress interface {
	// update says that the given part, 0 to 1, is done, how long the rest will take, which
	// may be unknown, and what is being done.
	update(done float64, left time.Duration, label string)
	// stop ends the display.
	stop()
}

// lineInterval is the time between lines off a terminal.
const lineInterval = 5 * time.Second

func newProgress(w io.Writer) progress {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return newBar(w)
	}
	return &lines{w: w, start: time.Now(), last: time.Now()}
}

// unknown is a time left of which nothing is known but the part done.
const unknown time.Duration = -1

// remaining returns the time left or, if it is unknown, what the time passed makes of it.
func remaining(left, passed time.Duration, done float64) time.Duration {
	if left >= 0 {
		return left
	}
	if done <= 0 {
		return 0
	}
	return time.Duration(float64(passed) * (1 - done) / done)
}

// lines prints plain lines.
type lines struct {
	sync.Mutex
	w           io.Writer
	start, last time.Time
}

func (l *lines) update(done float64, left time.Duration, label string) {
	l.Lock()
	defer l.Unlock()
	if time.Since(l.last) < lineInterval {
		return
	}
	l.last = time.Now()
	passed := time.Since(l.start)
	fmt.Fprintf(l.w, "%3.0f %%  after %s, about %s left  %s\n", 100*done,
		passed.Round(time.Second), remaining(left, passed, done).Round(time.Second), label)
}

func (l *lines) stop() {}

// barParts is the resolution of the bar.
const barParts = 1000

// bar draws a bar.
type bar struct {
	sync.Mutex
	container *mpb.Progress
	bar       *mpb.Bar
	start     time.Time
	done      float64
	left      time.Duration
	label     string
}

func newBar(w io.Writer) *bar {
	b := &bar{start: time.Now(), left: unknown, container: mpb.New(mpb.WithOutput(w), mpb.WithWidth(40))}
	b.bar = b.container.AddBar(barParts, mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Percentage(decor.WC{W: 5})),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
			b.Lock()
			defer b.Unlock()
			passed := time.Since(b.start)
			return fmt.Sprintf("about %s left  %-30.30s", remaining(b.left, passed, b.done).Round(time.Second), b.label)
		})))
	return b
}

func (b *bar) update(done float64, left time.Duration, label string) {
	b.Lock()
	b.done, b.left, b.label = done, left, label
	b.Unlock()
	b.bar.SetCurrent(int64(min(done, 0.999) * barParts)) // the last part is left to stop
}

func (b *bar) stop() {
	b.bar.Abort(true)
	b.container.Wait()
}
