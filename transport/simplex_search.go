package transport

import "math"

// runLength is the number of points of a run that a search looks at or passes over.
const runLength = 32

// search finds the smallest c(x, y_j) − v_j over the points of a measure in the order
// of a k-d tree: runs of points that cannot have them, by the distance of their box
// and their largest v, are passed over.
type search struct {
	cost         Cost
	a, b         *Measure
	runs         runs
	middle, half []float64 // of the boxes: axis k of run r at k·count + r
	v            []float64 // set by with
	most         []float64 // largest v of the run
	low          []float64 // scratch: what a run has at least
	row          []float64 // scratch of a run's length
}

// newSearch returns a search from the points of a to those of b.
func newSearch(c Cost, a, b *Measure) *search {
	s := &search{cost: c, a: a, b: b, runs: runsOf(b.N, runLength)}
	count := s.runs.count
	s.middle, s.half = make([]float64, b.Dim*count), make([]float64, b.Dim*count)
	s.most = make([]float64, count)
	for r := range count {
		lo, hi := s.runs.run(r)
		for k := range b.Dim {
			first, last := math.Inf(1), math.Inf(-1)
			for _, y := range b.Coordinate(k)[lo:hi] {
				first, last = min(first, y), max(last, y)
			}
			s.middle[k*count+r], s.half[k*count+r] = (first+last)/2, (last-first)/2
		}
	}
	return s.fork()
}

// with sets v and returns the search.
func (s *search) with(v []float64) *search {
	s.v = v
	for r := range s.most {
		lo, hi := s.runs.run(r)
		s.most[r] = math.Inf(-1)
		for _, w := range v[lo:hi] {
			s.most[r] = max(s.most[r], w)
		}
	}
	return s
}

// fork returns a search that shares all but the scratch.
func (s *search) fork() *search {
	f := *s
	f.low, f.row = make([]float64, s.runs.count), make([]float64, runLength)
	return &f
}

// bounds fills low for point i and returns the run with the lowest.
func (s *search) bounds(i int) (at int) {
	low := s.low
	clear(low)
	for k := range s.a.Dim {
		x := s.a.Points[k*s.a.N+i]
		middle, half := s.middle[k*len(low):], s.half[k*len(low):]
		middle, half = middle[:len(low)], half[:len(low)]
		for r := range low {
			z := math.Abs(x-middle[r]) - half[r]
			z = (z + math.Abs(z)) / 2
			low[r] += z * z
		}
	}
	best := math.Inf(1)
	for r, most := range s.most {
		z := low[r]
		if s.cost == Euclidean {
			z = math.Sqrt(z)
		}
		z -= most
		low[r] = z
		if z < best {
			best, at = z, r
		}
	}
	return at
}

// lowest returns the smallest c(x_i, y_j) − v_j that is below the limit and the j that
// has it, or the limit and −1.
func (s *search) lowest(i int, limit float64) (best float64, at int) {
	best, at = limit, -1
	first := s.bounds(i)
	best, at = s.scan(i, first, best, at)
	for r, low := range s.low {
		if low < best && r != first {
			best, at = s.scan(i, r, best, at)
		}
	}
	return best, at
}

// scan looks at the points of run r for one below best.
func (s *search) scan(i, r int, best float64, at int) (float64, int) {
	lo, hi := s.runs.run(r)
	row := s.row[:hi-lo]
	s.cost.fill(row, s.a, s.b, i, lo)
	for j, w := range s.v[lo:hi] {
		if z := row[j] - w; z < best {
			best, at = z, lo+j
		}
	}
	return best, at
}

// smallest appends the points that have the keep smallest c(x_i, y_j) − v_j, and
// returns the smallest.
func (s *search) smallest(dst []int32, i int) ([]int32, float64) {
	var value [keep]float64
	count, limit := 0, math.Inf(1)
	first := s.bounds(i)
	look := func(r int) {
		lo, hi := s.runs.run(r)
		row := s.row[:hi-lo]
		s.cost.fill(row, s.a, s.b, i, lo)
		for j, w := range s.v[lo:hi] {
			z := row[j] - w
			if !(z < limit) {
				continue
			}
			if count < keep {
				count++
				dst = append(dst, 0)
			}
			k := count - 1
			for ; k > 0 && value[k-1] > z; k-- {
				value[k], dst[k] = value[k-1], dst[k-1]
			}
			value[k], dst[k] = z, int32(lo+j)
			if count == keep {
				limit = value[keep-1]
			}
		}
	}
	look(first)
	for r, low := range s.low {
		if low < limit && r != first {
			look(r)
		}
	}
	return dst, value[0]
}
