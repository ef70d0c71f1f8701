package grid

import "math"

// Compensated is a running sum by Neumaier's algorithm: its error is about one rounding
// of the result, whatever the number and the signs of the terms. Its zero value is 0. See
// Sum for a slice.
type Compensated struct{ sum, rest float64 }

// Add adds a term.
func (c *Compensated) Add(v float64) {
	t := c.sum + v
	if math.Abs(c.sum) >= math.Abs(v) {
		c.rest += (c.sum - t) + v
	} else {
		c.rest += (v - t) + c.sum
	}
	c.sum = t
}

// Value returns the sum. One that is infinite is returned as it is, and not as the NaN
// that its compensation would make of it.
func (c *Compensated) Value() float64 {
	if math.IsInf(c.sum, 0) {
		return c.sum
	}
	return c.sum + c.rest
}
