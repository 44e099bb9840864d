/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entry, exception vectors and the instructions under test
 *
 * enter() leaves for another context with an ERET and comes back with the next
 * exception, whatever it is. x18 is the vectors' scratch register and is not
 * used by anything else.
 */
#include "selftest.h"

	.macro	func name
	.text
	.balign	4
	.global	\name
\name:
	.endm

func _start
	mov	x0, #0
/* PSCI CPU_ON comes here with the context ID, our CPU number, in x0 */
func secondary_start
	adrp	x1, stack
	add	x1, x1, :lo12:stack
	add	x2, x0, #1
	add	x1, x1, x2, lsl #STACK_SHIFT
	mov	sp, x1

	mrs	x1, currentel
	cmp	x1, #(2 << 2)
	b.eq	1f
	adr	x1, vectors_el1
	msr	vbar_el1, x1
	b	2f
1:	adr	x1, vectors_el2
	msr	vbar_el2, x1
2:	isb
	bl	cpu_main
	b	.

/* long psci(long function, long a1, long a2, long a3) */
func psci
	mrs	x9, currentel
	cmp	x9, #(2 << 2)
	b.eq	1f
	hvc	#0
	ret
1:	smc	#0
	ret

/*
 * void enter(u64 elr, u64 spsr, u64 x0, struct out *out), by the names of the
 * registers: at EL2 with HCR_EL2.E2H, the names of EL1 are about EL2, too.
 */
	.macro	enter name, el, eret
func \name
	stp	x29, x30, [sp, #-96]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	mov	x9, sp
	str	x9, [x3, #OUT_SP]
	msr	tpidr_el0, x3
	msr	elr_el\el, x0
	msr	spsr_el\el, x1
	str	x1, [x3, #OUT_XT_BACK]
	mrs	x1, spsr_el\el
	str	x1, [x3, #OUT_SPSR_BACK]
	mov	x0, x2
	isb
	.inst	\eret
	.endm

	.macro	vectors el
	.text
	.balign	2048
vectors_el\el:
	.rept	16
	.balign	128
	b	back_el\el
	.endr

func back_el\el
	mrs	x18, tpidr_el0
	str	x0, [x18, #OUT_X0]
	mrs	x0, esr_el\el
	str	x0, [x18, #OUT_ESR]
	mrs	x0, elr_el\el
	str	x0, [x18, #OUT_ELR]
	mrs	x0, spsr_el\el
	str	x0, [x18, #OUT_SPSR]
	ldr	x9, [x18, #OUT_SP]
	mov	sp, x9
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #96
	ret
	.endm

	/* ERET, and ERETAA and ERETAB with pointer authentication left off */
	enter	enter_el1, 1, 0xd69f03e0
	enter	enter_el1_aa, 1, 0xd69f0bff
	enter	enter_el1_ab, 1, 0xd69f0fff
	enter	enter_el2, 2, 0xd69f03e0
	enter	enter_el2_aa, 2, 0xd69f0bff
	enter	enter_el2_ab, 2, 0xd69f0fff
	vectors	1
	vectors	2

/* AArch32 code for EL0: mov r0, #42; svc #0 */
func aarch32_code
	.inst	0xe3a0002a
	.inst	0xef000000
	b	.

/* The same in AArch64, to come back from EL0 on a CPU without AArch32 */
func aarch64_code
	mov	x0, #43
	svc	#0
	b	.

/*
 * BRK and load with what the plugin knows it has to fill in an upper half for.
 * BRK #0x1d00 + n is at brk_code + 8 * n, the address of the load is in x0.
 */
	.text
	.balign	8
	.global	brk_code
brk_code:
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14
	brk	#0x1d00 + \n
	b	.
	.endr
	.irp	n, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
	brk	#0x1d00 + \n
	b	.
	.endr
func brk_other_code
	brk	#0x1c01
	b	.
	.balign	8
	.global	impdef_code
impdef_code:
	.irp	n, 0, 1, 2, 3, 4
	brk	#0x1e00 + \n
	b	.
	.endr
	.balign	8
	.global	impdef_code_a32
impdef_code_a32:
	.irp	n, 0, 1, 2, 3, 4
	.inst	0xe121e070 + \n
	b	.
	.endr
func load_code
	ldrb	w0, [x0]
	b	.

/* One function for each of S3_0_C0_C0_0 to S3_0_C0_C7_7, eight bytes each */
	.text
	.balign	8
	.global	id_readers
id_readers:
	.irp	crm, 0, 1, 2, 3, 4, 5, 6, 7
	.irp	op2, 0, 1, 2, 3, 4, 5, 6, 7
	mrs	x0, S3_0_C0_C\crm\()_\op2
	ret
	.endr
	.endr

/* Three reads in a row, the last one into the register of the first */
func read_back_to_back
	mov	x9, x0
	mrs	x0, id_aa64pfr0_el1
	mrs	x1, id_isar0_el1
	mrs	x2, id_aa64pfr0_el1
	stp	x0, x1, [x9]
	mrs	x0, id_isar0_el1
	mrs	x0, id_aa64pfr0_el1
	stp	x2, x0, [x9, #16]
	ret

/* Rt is XZR: neither it nor SP, which has the same number, may change */
func read_to_xzr
	mov	x9, sp
	mov	x0, #0
	mrs	xzr, id_aa64pfr0_el1
	mov	x10, sp
	cmp	x9, x10
	cset	x0, ne
	add	x0, x0, xzr
	ret

/* Followed by a branch */
func read_before_branch
	mrs	x0, id_aa64pfr0_el1
	b	1f
	mov	x0, #0
1:	ret

/* The last instruction of a page ends its translated block */
	.text
	.balign	4096
	.space	4096 - 4
	.global	read_at_page_end
read_at_page_end:
	mrs	x0, id_aa64pfr0_el1
	ret

/* To be executed in a guest: x0 is what the hypervisor makes of it */
func guest_read
	mrs	x0, id_aa64pfr0_el1
	hvc	#0

	.text
	.balign	4096
	.space	4096 - 4
	.global	guest_read_at_page_end
guest_read_at_page_end:
	mrs	x0, id_aa64pfr0_el1
	hvc	#0

/* ldg x0, [x0] and stg x0, [x0] */
func load_tag
	.inst	0xd9600000
	hvc	#0
func store_tag
	.inst	0xd9200800
	hvc	#0

/* To be executed in a guest that is a hypervisor */
func guest_write_spsr_el1
	msr	spsr_el1, x0
	hvc	#0
func guest_write_spsr_el2
	msr	spsr_el2, x0
	hvc	#0
func guest_hyp_eret
	msr	spsr_el1, x0
	eret

/*
 * A guest that returns to AArch32, with a call of the hypervisor just before.
 * Its vectors report ESR_EL1 in x0.
 */
func guest_eret
	adr	x1, vectors_guest
	msr	vbar_el1, x1
	adr	x1, aarch32_code
	msr	elr_el1, x1
	msr	spsr_el1, x0
	hvc	#0
	eret

	.text
	.balign	2048
vectors_guest:
	.rept	16
	.balign	128
	mrs	x0, esr_el1
	hvc	#0
	.endr

	.bss
	.balign	4096
	.global	vncr_pages
vncr_pages:
	.space	CPUS << 12
	.balign	16
	.global	stack
stack:
	.space	CPUS << STACK_SHIFT
