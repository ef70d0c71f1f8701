package pde

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkRows measures the kernels on rows that fit in the cache nearest to the core. 250
// is not a multiple of any vector; the rows begin at different places in a page and in a
// line of the cache.
func BenchmarkRows(b *testing.B) {
	for _, n := range []int{250, 512} {
		rnd := rand.New(rand.NewPCG(1, 2))
		var rows [10][]float64
		room := make([]float64, len(rows)*(n+61))
		for i := range rows {
			rows[i] = room[i*(n+61):][:n+2]
			for j := range rows[i] {
				rows[i][j] = 0.5 + rnd.Float64()
			}
		}
		in, out, u := rows[:8], rows[8][:n], rows[9][:n]
		for j := range u {
			u[j] = rnd.NormFloat64()
		}
		l := legendreRow{out: out, z: in[0], lo: in[1], hi: in[2], a: in[3], b: in[4], loA: 0.1, loB: 0.2, hiA: 0.1, hiB: 0.2, eps: 0.1, kappa: 0.6}
		o := outflowRow{out: out, z: in[0], lo: in[1], hi: in[2], loA: in[3], loB: in[4], hiA: in[5], hiB: in[6]}
		f := fiveRow{out: out, y1: in[0], y0: in[1], d0: in[2], u: in[3], lo: in[4], hi: in[5], w: in[6], loW: 0.1, hiW: 0.2, mu: 0.9, nu: -0.9, mt: 0.3, gt: -0.2}
		near := near{in[0][:n], in[1][:n], in[2][:n], in[3][:n], in[4][:n], in[5][:n]}
		var s, m lanes
		for _, k := range []struct {
			name string
			run  func()
		}{
			{"legendre", l.run},
			{"outflow", o.run},
			{"five", f.run},
			{"relax", func() { relax(out, in[0], in[1], 0.3, 0.6) }},
			{"fiveTerms", func() { fiveTerms(out, in[0], in[1], in[2], in[3], &f) }},
			{"squares", func() { squares(out, in[0]) }},
			{"blend", func() { blend(out, in[0], in[1], 0.3) }},
			{"production", func() { production(in[0][:n], in[1], in[2], in[3], in[4], in[5], &s) }},
			{"potentials", func() { potentials(out, in[0], in[1], 0.7, &s) }},
			{"entropies", func() { entropies(out, in[0], in[1], 0.7, -36, &s) }},
			{"powers", func() { powers(out, in[0][:n], 0.7, 0) }},
			{"drains", func() { drains(out, in[0], in[1], in[2], 0.3) }},
			{"drainSums", func() { drainSums(out, in[0], in[1], in[2], 0.3) }},
			{"sumMin", func() { sumMin(in[0][:n], &s, &m) }},
			{"sumMax", func() { sumMax(in[0][:n], &s, &m) }},
			{"reconstruct5", func() { reconstruct5(out, &near, u, 1e-12) }},
			{"apply", func() { apply(out, &near, 3, n, toPoint[2]) }},
		} {
			b.Run(fmt.Sprint(k.name, "/", n), func(b *testing.B) {
				clear(out) // or the sums of drains would grow without end
				for b.Loop() {
					k.run()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/cell")
			})
		}
	}
}
