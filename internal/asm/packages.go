//go:build packages

package main

import _ "pdesolve/pde" // whose types the kernels take: for go.mod alone
