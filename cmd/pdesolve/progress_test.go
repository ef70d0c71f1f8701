package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestLines: off a terminal a line appears every few seconds, not at every step.
func TestLines(t *testing.T) {
	var w bytes.Buffer
	p, ok := newProgress(&w).(*lines)
	if !ok {
		t.Fatal("a buffer is no terminal")
	}
	for range 1000 {
		p.update(0.25, unknown, "at once")
	}
	p.start, p.last = p.start.Add(-10*time.Second), p.last.Add(-10*time.Second)
	p.update(0.25, unknown, "later")
	p.update(0.26, unknown, "at once again")
	p.stop()
	if got := w.String(); got != " 25 %  after 10s, about 30s left  later\n" {
		t.Errorf("got %q", got)
	}
}

// TestBar: the bar takes updates from several goroutines and ends when it is told
// to, although not all is done.
func TestBar(t *testing.T) {
	var w bytes.Buffer
	b := newBar(&w)
	done := make(chan struct{})
	for i := range 4 {
		go func() {
			for k := range 100 {
				b.update(float64(k)/200, unknown, strings.Repeat("x", i))
			}
			done <- struct{}{}
		}()
	}
	for range 4 {
		<-done
	}
	b.stop()
}

func TestDuration(t *testing.T) {
	for seconds, want := range map[float64]string{0.2: "below a second", 30: "30 s", 600: "10 min", 3 * 3600: "3 h", 10 * 24 * 3600: "10 days"} {
		if got := duration(seconds); got != want {
			t.Errorf("duration(%v) = %q, want %q", seconds, got, want)
		}
	}
}
