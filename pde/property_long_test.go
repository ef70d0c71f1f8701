//go:build long

package pde

const propertyCases = 10000
