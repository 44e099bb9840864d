/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Common to the test in C and in assembly, and access to the hardware
 */
#ifndef SELFTEST_H
#define SELFTEST_H

#define CPUS		4
#define STACK_SHIFT	14

/* Offsets in struct out, which is below */
#define OUT_X0		0
#define OUT_ESR		8
#define OUT_ELR		16
#define OUT_SPSR	24
#define OUT_SPSR_BACK	32
#define OUT_XT_BACK	40
#define OUT_SP		48

#ifndef __ASSEMBLER__

#include <stdbool.h>

typedef unsigned int u32;
typedef unsigned long u64;

#define BIT(n)		(1UL << (n))

/* What came back from another context */
struct out {
	u64 x0, esr, elr, spsr;
	u64 spsr_back;	/* SPSR_ELx as read after it was written */
	u64 xt_back;	/* the register that was written to it, afterwards */
	u64 sp;
};

typedef void enter_t(u64 elr, u64 spsr, u64 x0, struct out *out);

/* ERET, ERETAA and ERETAB, with registers by their names for EL1 and EL2 */
enter_t enter_el1, enter_el1_aa, enter_el1_ab;
enter_t enter_el2, enter_el2_aa, enter_el2_ab;

extern char secondary_start[], id_readers[], aarch32_code[], aarch64_code[];
extern char brk_code[], brk_other_code[], load_code[];
extern char impdef_code[], impdef_code_a32[];
extern char guest_read[], guest_read_at_page_end[], guest_eret[];
extern char guest_write_spsr_el1[], guest_write_spsr_el2[], guest_hyp_eret[];

/* A page for each CPU at VNCR_EL2, and the offset of SPSR_EL1 in there */
extern u64 vncr_pages[CPUS][512];
#define VNCR_SPSR_EL1	0x160

/* Of the memory at the address in x0 */
extern char load_tag[], store_tag[];

long psci(long function, long a1, long a2, long a3);
void read_back_to_back(u64 *vals);
u64 read_at_page_end(void);
u64 read_before_branch(void);
u64 read_to_xzr(void);

#define read_sysreg(name) ({						\
	u64 val_;							\
	asm volatile("mrs %0, " #name : "=r" (val_) : : "memory");	\
	val_;								\
})

#define write_sysreg(val, name) ({					\
	asm volatile("msr " #name ", %0\n\tisb"				\
		     : : "r" ((u64)(val)) : "memory");			\
})

/* Memory that another CPU looks at, too */
static inline u64 load(const u64 *p)
{
	u64 val;

	asm volatile("ldr %0, %1\n\tdmb sy" : "=r" (val) : "m" (*p) : "memory");
	return val;
}

static inline void store(u64 *p, u64 val)
{
	asm volatile("dmb sy\n\tstr %1, %0" : "=m" (*p) : "r" (val) : "memory");
}

static inline void uart_write(char c)
{
	asm volatile("str %w0, [%1]" : : "r" (c), "r" (0x09000000UL) : "memory");
}

#endif /* __ASSEMBLER__ */
#endif /* SELFTEST_H */
