//go:build long

package pde

func init() { everySlow = true }
