//go:build amd64 && !purego

package pde

func (r *inclineRow) run() {
	done := 0
	switch {
	case useAVX512:
		done = inclineAVX512(r)
	case useAVX2:
		done = inclineAVX2(r)
	}
	r.from(done)
}

func (r *gatherRow) run() {
	done := 0
	switch {
	case useAVX512:
		done = gatherAVX512(r)
	case useAVX2:
		done = gatherAVX2(r)
	}
	r.from(done)
}
