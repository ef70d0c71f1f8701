package pde

import (
	"math"

	"pdesolve/grid"
)

// leastSlab is the number of cells below which a part of a grid is not worth handing
// to another goroutine.
const leastSlab = 1 << 13

// ringLayers is how many layers of the first stage a slab keeps for the second: stage
// two of layer k needs those from k − 2 to k + 2.
const ringLayers = 5

// domain is the sweeps over one component: one slab, or several that a team shares.
// Each slab has scratch of its own and computes again, with the same bytes, what it
// needs from its neighbours.
type domain struct {
	sweep  *sweep // for drain, which is not divided
	slabs  []*slab
	team   *team
	stages int
	volume float64
	sums   []float64 // dissipation of every row of the grid …
	shares []float64 // … and Σψρ
	job    job
	work   func(i int) // does the job on slab i
}

// job is what a pass over the grid reads and writes.
type job struct {
	dst, rho, psi []float64
	mean, inPlace bool
	dt, margin    float64
}

// newDomain returns the domain on g for a scheme of one or two stages.
func newDomain(g *grid.Grid, l limiter, stages int, t *team) *domain {
	d := &domain{sweep: newSweep(g, l), team: t, stages: stages}
	w := d.sweep
	rows := w.layers * w.size / w.row
	d.volume, d.sums, d.shares = w.volume, make([]float64, rows), make([]float64, rows)
	n := max(1, min(t.size(), w.layers/8, w.layers*w.size/leastSlab))
	for i := range n {
		s := &slab{from: i * w.layers / n, to: (i + 1) * w.layers / n, ring: make([]float64, ringLayers*w.size)}
		for k := range stages {
			if k+i == 0 {
				s.sweep[k] = w
			} else {
				s.sweep[k] = newSweep(g, l)
			}
		}
		margin := 2 * stages * w.size
		if i > 0 {
			s.below = make([]float64, margin)
		}
		if i < n-1 {
			s.above = make([]float64, margin)
		}
		d.slabs = append(d.slabs, s)
	}
	d.work = func(i int) { d.slabs[i].do(d) }
	return d
}

// stage writes to dst the density rho after a forward Euler step dt with the first
// variation psi, or to rho itself. If mean is set, it writes the average of dst and of that density to dst
// instead. Without mean it returns the dissipation Σ_faces |C| ρ_up (ΔΨ/h)², where ρ_up
// is the reconstructed density on the upwind side of the face and |C| the cell volume.
// If dst is nil, that is all it does.
func (d *domain) stage(dst, rho, psi []float64, dt float64, mean bool) float64 {
	d.job = job{dst: dst, rho: rho, psi: psi, dt: dt, mean: mean}
	d.run()
	if mean {
		return 0
	}
	return d.total(d.sums) / dt
}

// step advances rho in place by a whole step dt, in which psi stays what it is, and
// returns the dissipation and ∫ψρ before it. It makes one pass over the grid: the second
// stage follows the first two layers behind.
func (d *domain) step(rho, psi []float64, dt float64) (dissipation, content float64) {
	d.job = job{dst: rho, rho: rho, psi: psi, dt: dt, inPlace: true}
	d.run()
	return d.total(d.sums) / dt, d.total(d.shares)
}

// total returns the sum over all rows, times the cell volume.
func (d *domain) total(rows []float64) float64 {
	var total compensated
	for _, v := range rows {
		total.add(v)
	}
	return total.value() * d.volume
}

// run does the job.
func (d *domain) run() {
	j := &d.job
	if d.sweep.limiter.kind == thirdOrder {
		j.margin = marginOf(d.sweep, j.rho)
	}
	if j.inPlace {
		for _, s := range d.slabs {
			s.save(d)
		}
	}
	d.team.run(len(d.slabs), d.work)
}

// slab is the layers from, …, to−1 of a domain along axis 0.
type slab struct {
	from, to     int
	sweep        [2]*sweep // of each stage
	below, above []float64 // copies of the layers around the slab, which others overwrite
	ring         []float64 // layers of the first stage
	l            layer
}

// save copies the layers of j.rho around the slab.
func (s *slab) save(d *domain) {
	st := d.sweep.size
	copy(s.below, d.job.rho[max(0, s.from*st-len(s.below)):])
	if s.above != nil {
		copy(s.above, d.job.rho[s.to*st:])
	}
}

// do does the slab's part of the job.
func (s *slab) do(d *domain) {
	for _, w := range s.sweep[:d.stages] {
		w.begin(d.job.dt, d.job.margin)
	}
	if d.job.inPlace && d.stages == 2 {
		s.both(d)
		return
	}
	s.prime(d, s.sweep[0], s.from, s.before)
	for k := s.from; k < s.to; k++ {
		s.rows(d, k, s.before)
		s.l.mean = d.job.mean
		s.sums(d, k)
		if s.l.out = s.ring[:d.sweep.size]; d.job.dst != nil {
			s.l.out = d.layer(d.job.dst, k)
		}
		s.sweep[0].advance(&s.l)
	}
}

// both does the two stages of a step, the second in place.
func (s *slab) both(d *domain) {
	first, end := max(0, s.from-2), min(d.sweep.layers, s.to+2)
	s.prime(d, s.sweep[0], first, s.before)
	for k := first; k < end; k++ {
		s.rows(d, k, s.before)
		s.l.out, s.l.mean, s.l.sums = s.between(d, k), false, nil
		if k >= s.from && k < s.to {
			s.sums(d, k)
		}
		s.sweep[0].advance(&s.l)
		s.second(d, k-2)
	}
	for k := max(0, end-2); k < s.to; k++ {
		s.second(d, k)
	}
}

// second does the second stage of layer k if that is one of the slab.
func (s *slab) second(d *domain, k int) {
	if k < s.from || k >= s.to {
		return
	}
	if k == s.from {
		s.prime(d, s.sweep[1], k, s.between)
	}
	s.rows(d, k, s.between)
	s.l.out, s.l.mean, s.l.sums = d.layer(d.job.rho, k), true, nil
	s.sweep[1].advance(&s.l)
}

// source returns layer k of a density.
type source func(d *domain, k int) []float64

// before returns layer k of the density that the job starts from.
func (s *slab) before(d *domain, k int) []float64 {
	st := d.sweep.size
	switch {
	case !d.job.inPlace:
	case k < s.from:
		return s.below[len(s.below)-(s.from-k)*st:][:st]
	case k >= s.to:
		return s.above[(k-s.to)*st:][:st]
	}
	return d.layer(d.job.rho, k)
}

// between returns layer k of the first stage.
func (s *slab) between(d *domain, k int) []float64 {
	return s.ring[k%ringLayers*d.sweep.size:][:d.sweep.size]
}

// rows points s.l at the density and Ψ of layer k and of the next ones.
func (s *slab) rows(d *domain, k int, from source) {
	last := d.sweep.layers - 1
	s.l.index = k
	s.l.r0, s.l.r1, s.l.r2 = from(d, k), from(d, min(k+1, last)), from(d, min(k+2, last))
	s.l.p0, s.l.p1 = d.layer(d.job.psi, k), d.layer(d.job.psi, min(k+1, last))
}

// prime lets w start with layer k.
func (s *slab) prime(d *domain, w *sweep, k int, from source) {
	switch {
	case d.sweep.layers == 1 && len(w.left) == 0:
	case k == 0:
		s.rows(d, 0, from)
		w.wall(w.left[0].slope, w.left[0].flux, s.l.r0, s.l.r1)
	default:
		for i := k - 2; i < k; i++ {
			s.rows(d, i, from)
			w.prime(&s.l)
		}
	}
}

// layer returns layer k of x.
func (d *domain) layer(x []float64, k int) []float64 {
	return x[k*d.sweep.size:][:d.sweep.size]
}

// sums lets the next pass over layer k write its sums.
func (s *slab) sums(d *domain, k int) {
	rows := d.sweep.size / d.sweep.row
	s.l.sums, s.l.shares = d.sums[k*rows:][:rows], d.shares[k*rows:][:rows]
}

// marginScale is, in units of the largest density over n², half the second difference of
// a wave between 0 and that density with four wavelengths in the box: its unlimited half
// slopes do not exceed that at its extrema.
const marginScale = (2 * math.Pi * 4) * (2 * math.Pi * 4) / 4

// marginOf returns by how much the limiter thirdOrder lets half slopes leave their bounds;
// see MUSCL.
func marginOf(w *sweep, rho []float64) float64 {
	n := float64(0)
	for _, m := range w.n {
		n = max(n, float64(m))
	}
	return marginScale * largest(rho) / (n * n)
}
