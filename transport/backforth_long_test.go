//go:build long

package transport

import "testing"

func TestBackForthOnKnownDistancesFine(t *testing.T) { knownDistances(t, 256, 512, 1024) }
