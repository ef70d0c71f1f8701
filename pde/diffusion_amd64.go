//go:build amd64 && !purego

package pde

func (x *legendreRow) run() {
	done := 0
	switch {
	case useAVX512:
		done = legendreAVX512(x)
	case useAVX2:
		done = legendreAVX2(x)
	}
	x.from(done)
}

func (x *outflowRow) run() {
	done := 0
	switch {
	case useAVX512:
		done = outflowAVX512(x)
	case useAVX2:
		done = outflowAVX2(x)
	}
	x.from(done)
}

func (x *fiveRow) run() {
	done := 0
	switch {
	case useAVX512:
		done = fiveAVX512(x)
	case useAVX2:
		done = fiveAVX2(x)
	}
	x.from(done)
}

func relax(out, z, d []float64, eps, kappa float64) {
	n, k := len(out), 0
	z, d = z[:n], d[:n]
	switch {
	case useAVX512:
		k = relaxAVX512(out, z, d, eps, kappa)
	case useAVX2:
		k = relaxAVX2(out, z, d, eps, kappa)
	}
	relaxGo(out[k:], z[k:], d[k:], eps, kappa)
}

func fiveTerms(out, y1, y0, d, d0 []float64, x *fiveRow) {
	n, k := len(out), 0
	y1, y0, d, d0 = y1[:n], y0[:n], d[:n], d0[:n]
	switch {
	case useAVX512:
		k = fiveTermsAVX512(out, y1, y0, d, d0, x)
	case useAVX2:
		k = fiveTermsAVX2(out, y1, y0, d, d0, x)
	}
	fiveTermsGo(out[k:], y1[k:], y0[k:], d[k:], d0[k:], x)
}

func squares(dst, x []float64) {
	x = x[:len(dst)]
	k := 0
	switch {
	case useAVX512:
		k = squaresAVX512(dst, x)
	case useAVX2:
		k = squaresAVX2(dst, x)
	}
	squaresGo(dst[k:], x[k:])
}

func blend(dst, y0, z []float64, b float64) {
	n, k := len(dst), 0
	y0, z = y0[:n], z[:n]
	switch {
	case useAVX512:
		k = blendAVX512(dst, y0, z, b)
	case useAVX2:
		k = blendAVX2(dst, y0, z, b)
	}
	blendGo(dst[k:], y0[k:], z[k:], b)
}

func production(z, zn, a, b, p, pn []float64, s *lanes) {
	n, k := len(z), 0
	zn, a, b, p, pn = zn[:n], a[:n], b[:n], p[:n], pn[:n]
	switch {
	case useAVX512:
		k = productionAVX512(z, zn, a, b, p, pn, s)
	case useAVX2:
		k = productionAVX2(z, zn, a, b, p, pn, s)
	}
	productionGo(z[k:], zn[k:], a[k:], b[k:], p[k:], pn[k:], s)
}

func potentials(psi, r, u []float64, c float64, s *lanes) {
	n, k := len(psi), 0
	r, u = r[:n], u[:n]
	switch {
	case useAVX512:
		k = potentialsAVX512(psi, r, u, c, s)
	case useAVX2:
		k = potentialsAVX2(psi, r, u, c, s)
	}
	potentialsGo(psi[k:], r[k:], u[k:], c, s)
}

func entropies(psi, r, w []float64, c, low float64, s *lanes) {
	n, k := len(psi), 0
	r, w = r[:n], w[:n]
	switch {
	case useAVX512:
		k = entropiesAVX512(psi, r, w, c, low, s)
	case useAVX2:
		k = entropiesAVX2(psi, r, w, c, low, s)
	}
	entropiesGo(psi[k:], r[k:], w[k:], c, low, s)
}

func logarithms(high, low, r []float64, floor, head, rest float64) {
	n, k := len(high), 0
	low, r = low[:n], r[:n]
	switch {
	case useAVX512:
		k = logarithmsAVX512(high, low, r, floor, head, rest)
	case useAVX2:
		k = logarithmsAVX2(high, low, r, floor, head, rest)
	}
	logarithmsGo(high[k:], low[k:], r[k:], floor, head, rest)
}
