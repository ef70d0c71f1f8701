package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
)

// outer writes the kernel of Outer for so many rows: two columns at a time, then one.
func (k *lane) outer(rows int) {
	k.begin(fmt.Sprintf("outer%dx", rows), "func(dst, x, y *byte, s *outerShape)")
	dst, x, y := k.param("dst"), k.param("x"), k.param("y")
	columns, terms, byXR, byXS, byYS, byYC := k.GP64(), k.GP64(), k.GP64(), k.GP64(), k.GP64(), k.GP64()
	k.shape("C", columns)
	k.shape("S", terms)
	k.shape("xR", byXR)
	k.shape("xS", byXS)
	k.shape("yS", byYS)
	k.shape("yC", byYC)
	for _, n := range []int{2, 1} {
		next := map[int]string{2: "columns1", 1: "done"}[n]
		k.Label(fmt.Sprintf("columns%d", n))
		k.CMPQ(columns, operand.U8(n))
		k.JLT(jump(next))
		// The cells of dst: row r, column c at dst + r·dstR + c·dstC.
		cells := func(do func(r, c int, m operand.Mem)) {
			byR, byC := k.GP64(), k.GP64()
			k.shape("dstC", byC)
			row := dst
			for r := range rows {
				if r > 0 {
					k.shape("dstR", byR)
					row = k.GP64()
					k.LEAQ(operand.Mem{Base: dst, Index: byR, Scale: 1}, row)
				}
				for c := range n {
					do(r, c, stride(row, byC, byC, c))
				}
			}
		}
		sum := map[[2]int]parts{}
		cells(func(r, c int, m operand.Mem) { sum[[2]int{r, c}] = k.loadAt(m) })
		px, py, count := k.GP64(), k.GP64(), k.GP64()
		k.MOVQ(x, px)
		k.MOVQ(y, py)
		k.MOVQ(terms, count)
		loop := fmt.Sprintf("terms%d", n)
		k.Label(loop)
		var row []parts
		for r := range rows {
			row = append(row, k.loadAt(stride(px, byXR, byXR, r)))
		}
		for c := range n {
			column := k.loadAt(stride(py, byYC, byYC, c))
			for r := range rows {
				for j, s := range sum[[2]int{r, c}] {
					k.fma(s, row[r][j], column[j])
				}
			}
		}
		k.ADDQ(byXS, px)
		k.ADDQ(byYS, py)
		k.DECQ(count)
		k.JNZ(jump(loop))
		cells(func(r, c int, m operand.Mem) { k.storeAt(sum[[2]int{r, c}], m) })
		if n == 2 {
			byC := k.GP64()
			k.shape("dstC", byC)
			k.LEAQ(operand.Mem{Base: dst, Index: byC, Scale: 2}, dst)
			k.LEAQ(operand.Mem{Base: y, Index: byYC, Scale: 2}, y)
			k.SUBQ(operand.U8(2), columns)
			k.JMP(jump("columns2"))
		}
	}
	k.Label("done")
	k.end()
}
