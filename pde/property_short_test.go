//go:build !long

package pde

const propertyCases = 300
