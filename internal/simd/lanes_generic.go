//go:build !amd64 || purego

package simd

func mixVector(_, _, _ []float64, _ *Mix) bool { return false }

func outerVector(_, _, _ []float64, _ *Outer) bool { return false }

func softmaxVector([]float64) bool { return false }

func tiltVector(_, _ []float64) bool { return false }
