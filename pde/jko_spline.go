package pde

import "math"

// spline is the cubic spline through values at the centers of equal cells, with
// continuous third derivatives at the second and the last but one (not a knot); of
// fourth order in the cell width. Beyond the outermost centers their cubics go on.
type spline struct {
	first, h float64 // center of the first cell, cell width
	value    []float64
	second   []float64 // derivatives at the centers
	pivot    []float64
}

func newSpline(first, h float64, n int) *spline {
	s := &spline{first: first, h: h, value: make([]float64, n), second: make([]float64, n), pivot: make([]float64, n)}
	for i := range s.pivot { // of the matrix with the rows 1 4 1
		s.pivot[i] = 0.25
		if i > 2 {
			s.pivot[i] = 1 / (4 - s.pivot[i-1])
		}
	}
	return s
}

// set takes new values. The second derivatives solve m_{i−1} + 4m_i + m_{i+1} = 6δ²_i;
// with the end conditions m_0 = 2m_1 − m_2 the equation of i = 1 is m_1 = δ²_1.
func (s *spline) set(values []float64) {
	copy(s.value, values)
	n, m := len(s.value), s.second
	if n < 3 {
		return // linear
	}
	v, q := s.value, 1/(s.h*s.h)
	for i := 1; i < n-1; i++ {
		m[i] = (v[i-1] - 2*v[i] + v[i+1]) * q
	}
	if n > 4 {
		last := m[n-2]
		for i := 2; i < n-2; i++ {
			m[i] *= 6
		}
		m[2] -= m[1]
		m[n-3] -= last
		for i := 3; i < n-2; i++ {
			m[i] -= m[i-1] * s.pivot[i-1]
		}
		m[n-3] *= s.pivot[n-3]
		for i := n - 4; i >= 2; i-- {
			m[i] = (m[i] - m[i+1]) * s.pivot[i]
		}
	}
	if n == 3 {
		m[0], m[2] = m[1], m[1]
		return
	}
	m[0], m[n-1] = 2*m[1]-m[2], 2*m[n-2]-m[n-3]
}

// at returns the spline and its first two derivatives at x.
func (s *spline) at(x float64) (v, d1, d2 float64) {
	n := len(s.value)
	if n == 1 {
		return s.value[0], 0, 0
	}
	t := (x - s.first) / s.h
	i := min(max(int(math.Floor(t)), 0), n-2)
	t -= float64(i)
	a, b, ma, mb, h := s.value[i], s.value[i+1], s.second[i], s.second[i+1], s.h
	u := 1 - t
	v = u*a + t*b - h*h/6*(u*(1-u*u)*ma+t*(1-t*t)*mb)
	d1 = (b-a)/h + h/6*((1-3*u*u)*ma-(1-3*t*t)*mb)
	return v, d1, u*ma + t*mb
}

// convex reports whether the spline is convex in all cells.
func (s *spline) convex() bool {
	n := len(s.second)
	for i, v := range s.second {
		// Half a cell beyond an end the second derivative, linear there, is this:
		switch {
		case n < 3:
		case i == 0:
			v = min(v, (3*v-s.second[1])/2)
		case i == n-1:
			v = min(v, (3*v-s.second[n-2])/2)
		}
		if v < 0 {
			return false
		}
	}
	return true
}
