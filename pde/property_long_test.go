//go:build long

package pde

const propertyCases = 10000

// implicitRounds is how often the implicit schemes' properties are checked: more than ten
// thousand random cases of each scheme.
const implicitRounds = 13
