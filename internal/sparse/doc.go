// Package sparse solves sparse linear systems: matrices in compressed sparse rows
// (CSR) that gonum's interfaces accept, conjugate gradients with incomplete Cholesky,
// BiCGStab with incomplete LU, and batches of tridiagonal systems; and the systems of
// balances on tensor grids (Transfer), by multigrid.
//
//	b := sparse.NewCOO(n, n)
//	b.Add(0, 0, 2) // … duplicates are summed
//	a := b.CSR()
//	m := sparse.NewILU(a)
//	if err := m.Factor(); err != nil { … }
//	res, err := sparse.NewBiCGStab(a, m, nil).Solve(x, rhs)
//
// It stands in for github.com/james-bowman/sparse, whose CSR has the same three
// arrays: sparse.NewCSR(r, c, A.Indptr, A.Ind, A.Data) takes one without a copy.
//
// A workspace (COO apart) serves one goroutine and allocates nothing after it is
// made. New values in the Data of a CSR, in the same pattern, need another Factor
// and nothing else. All sums have a fixed order.
//
// # References
//
//   - [Saad03] Y. Saad, Iterative Methods for Sparse Linear Systems, 2nd ed., SIAM,
//     2003: algorithms 9.1 (preconditioned conjugate gradients), 10.4 (ILU(0)), and
//     7.7 (BiCGStab), here with the preconditioner on the right.
package sparse
