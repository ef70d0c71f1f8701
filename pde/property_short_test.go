//go:build !long

package pde

const propertyCases = 300

// implicitRounds is how often the implicit schemes' properties are checked.
const implicitRounds = 1
