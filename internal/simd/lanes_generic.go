//go:build !amd64 || purego

package simd

func mixVector[E Float](_, _, _ []E, _ *mixShape) bool { return false }

func outerVector[E Float](_, _, _ []E, _ *Outer[E]) bool { return false }

func softmaxVector[E Float]([]E) bool { return false }

func expVector[E Float](_, _ []E, _ E) bool { return false }

func inverseVector[E Float]([]E) bool { return false }

func tiltVector[E Float](_, _ []E) bool { return false }

// tanhVector does doubles.
func tanhVector[E Float](dst, x []E) bool {
	d, ok := any(dst).([]float64)
	if ok {
		Tanh(d, any(x).([]float64))
	}
	return ok
}
