//go:build long

package pde

import "testing"

// The properties hold in more than ten thousand random cases of each implicit scheme.
func TestImplicitUpwindPropertiesLong(t *testing.T) {
	for range 13 {
		TestImplicitUpwindProperties(t)
		TestImplicitOrderTwoProperties(t)
	}
}
