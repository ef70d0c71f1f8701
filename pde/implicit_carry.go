package pde

// carry writes the solution for ψ = psi and the right-hand side rhs to rho, which
// must not be rhs.
func (b *balance) carry(rho, rhs, psi []float64, tau float64) {
	b.transport(psi, tau)
	copy(rho, rhs)
	if line, ok := b.system.(*lineSystem); ok {
		line.axis.solveLines(rho, b.pivot)
		return
	}
	b.queue()
	for _, at := range b.order {
		i := int(at)
		out := 1.0
		for k := range b.axes {
			a := &b.axes[k]
			out += a.up[i] + a.downBelow[i]
		}
		v := rho[i] / out
		rho[i] = v
		for k := range b.axes {
			a := &b.axes[k]
			if r := a.up[i]; r > 0 {
				rho[i+a.stride] += r * v
			}
			if r := a.downBelow[i]; r > 0 {
				rho[i-a.stride] += r * v
			}
		}
	}
}

// queue sets order to one in which every cell comes after all those that pass mass to
// it, for rates that pass mass one way only and never round: those of transport.
func (b *balance) queue() {
	clear(b.waits)
	for k := range b.axes {
		a := &b.axes[k]
		st := a.stride
		a.faces(b.size, func(from, to, _ int) {
			up, down, lo, hi := a.up[from:to], a.down[from:to], b.waits[from:to], b.waits[from+st:to+st]
			for i, r := range up {
				if r > 0 {
					hi[i]++
				}
				if down[i] > 0 {
					lo[i]++
				}
			}
		})
	}
	order := b.order[:0]
	for i, w := range b.waits {
		if w == 0 {
			order = append(order, int32(i))
		}
	}
	for at := 0; at < len(order); at++ {
		i := int(order[at])
		for k := range b.axes {
			a := &b.axes[k]
			if a.up[i] > 0 {
				if b.waits[i+a.stride]--; b.waits[i+a.stride] == 0 {
					order = append(order, int32(i+a.stride))
				}
			}
			if a.downBelow[i] > 0 {
				if b.waits[i-a.stride]--; b.waits[i-a.stride] == 0 {
					order = append(order, int32(i-a.stride))
				}
			}
		}
	}
	b.order = order
}

// push writes rho after the flows in up and down, in masses a cell, to dst. A cell that has
// less than it would pass on passes on all that it has, in the same proportions. It returns
// the number of such cells. dst ≥ 0, and its sum is that of rho to rounding.
func (b *balance) push(dst, rho []float64) (limited int) {
	b.queue()
	for i, w := range b.waits { // where rounding makes mass run in circles
		if w > 0 {
			b.order = append(b.order, int32(i))
		}
	}
	copy(dst, rho)
	for _, at := range b.order {
		i := int(at)
		out := 0.0
		for k := range b.axes {
			a := &b.axes[k]
			out += a.up[i] + a.downBelow[i]
		}
		share := 1.0
		if out > dst[i] {
			share = dst[i] / out
			dst[i] = 0
			limited++
		} else {
			dst[i] -= out
		}
		for k := range b.axes {
			a := &b.axes[k]
			if r := a.up[i]; r > 0 {
				dst[i+a.stride] += share * r
			}
			if r := a.downBelow[i]; r > 0 {
				dst[i-a.stride] += share * r
			}
		}
	}
	return limited
}
