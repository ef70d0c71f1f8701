module pdesolve/internal/asm

go 1.26.0

require (
	github.com/mmcloughlin/avo v0.6.0
	pdesolve v0.0.0
)

require (
	github.com/expr-lang/expr v1.17.8 // indirect
	golang.org/x/mod v0.42.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/tools v0.52.0 // indirect
	gonum.org/v1/gonum v0.17.0 // indirect
)

replace pdesolve => ../..
