//go:build amd64 && !purego

#include "go_asm.h"
#include "textflag.h"

// Written by hand: four doubles at a time, unaligned, no fused multiply-add. The
// loops they must agree with, bit for bit, are in kernel.go. Operands are in Go's
// order: VSUBPD b, a, c is c = a − b.

// func drainsAVX2(w, p, lo, hi *float64, n int, c float64)
TEXT ·drainsAVX2(SB), NOSPLIT, $0-48
	MOVQ w+0(FP), DI
	MOVQ p+8(FP), SI
	MOVQ lo+16(FP), DX
	MOVQ hi+24(FP), CX
	MOVQ n+32(FP), BX
	VBROADCASTSD c+40(FP), Y15
	VXORPD Y14, Y14, Y14
	XORQ AX, AX
drainsLoop:
	VMOVUPD (SI)(AX*8), Y0
	VSUBPD  (DX)(AX*8), Y0, Y1
	VSUBPD  (CX)(AX*8), Y0, Y2
	VMAXPD  Y1, Y14, Y1              // a NaN is the second operand, which VMAXPD keeps
	VMAXPD  Y2, Y1, Y1
	VMULPD  Y15, Y1, Y1
	VADDPD  (DI)(AX*8), Y1, Y1
	VMOVUPD Y1, (DI)(AX*8)
	ADDQ    $4, AX
	CMPQ    AX, BX
	JLT     drainsLoop
	VZEROUPPER
	RET

// func drainSumsAVX2(w, p, lo, hi *float64, n int, c float64)
TEXT ·drainSumsAVX2(SB), NOSPLIT, $0-48
	MOVQ w+0(FP), DI
	MOVQ p+8(FP), SI
	MOVQ lo+16(FP), DX
	MOVQ hi+24(FP), CX
	MOVQ n+32(FP), BX
	VBROADCASTSD c+40(FP), Y15
	VXORPD Y14, Y14, Y14
	XORQ AX, AX
drainSumsLoop:
	VMOVUPD (SI)(AX*8), Y0
	VSUBPD  (DX)(AX*8), Y0, Y1
	VSUBPD  (CX)(AX*8), Y0, Y2
	VMAXPD  Y1, Y14, Y1
	VMAXPD  Y2, Y14, Y2
	VADDPD  Y2, Y1, Y1
	VMULPD  Y15, Y1, Y1
	VADDPD  (DI)(AX*8), Y1, Y1
	VMOVUPD Y1, (DI)(AX*8)
	ADDQ    $4, AX
	CMPQ    AX, BX
	JLT     drainSumsLoop
	VZEROUPPER
	RET

// func sumMinAVX2(x *float64, n int, s, m *lanes)
TEXT ·sumMinAVX2(SB), NOSPLIT, $0-32
	MOVQ x+0(FP), SI
	MOVQ n+8(FP), BX
	MOVQ s+16(FP), DX
	MOVQ m+24(FP), CX
	VMOVUPD (DX), Y0
	VMOVUPD (CX), Y1
	XORQ AX, AX
sumMinLoop:
	VMOVUPD (SI)(AX*8), Y2
	VADDPD  Y2, Y0, Y0
	VMINPD  Y2, Y1, Y1
	ADDQ    $4, AX
	CMPQ    AX, BX
	JLT     sumMinLoop
	VMOVUPD Y0, (DX)
	VMOVUPD Y1, (CX)
	VZEROUPPER
	RET

// func sumMaxAVX2(x *float64, n int, s, m *lanes)
TEXT ·sumMaxAVX2(SB), NOSPLIT, $0-32
	MOVQ x+0(FP), SI
	MOVQ n+8(FP), BX
	MOVQ s+16(FP), DX
	MOVQ m+24(FP), CX
	VMOVUPD (DX), Y0
	VMOVUPD (CX), Y1
	XORQ AX, AX
sumMaxLoop:
	VMOVUPD (SI)(AX*8), Y2
	VADDPD  Y2, Y0, Y0
	VMAXPD  Y2, Y1, Y1
	ADDQ    $4, AX
	CMPQ    AX, BX
	JLT     sumMaxLoop
	VMOVUPD Y0, (DX)
	VMOVUPD Y1, (CX)
	VZEROUPPER
	RET
