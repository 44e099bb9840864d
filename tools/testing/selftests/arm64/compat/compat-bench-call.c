// SPDX-License-Identifier: GPL-2.0
/*
 * Guest instructions of an AArch32 getppid(), one call in a loop of its own:
 * by an AArch32 program, and by an AArch64 program through bit 31 of x8. Like
 * compat-ops.c, this file is built as both of them. See compat-bench.c.
 */
typedef unsigned int u32;
typedef unsigned long long u64;

#include "compat-ops-start.h"
#include "compat-nr.h"

#define WARM_UP	20
#define TURNS	100

const char *arg;
static char stack[16384] __attribute__((aligned(16)));
void *stack_top = stack + sizeof(stack);

static u64 now(void)
{
	u64 t;

#ifdef __aarch64__
	asm volatile("isb; mrs %0, cntvct_el0" : "=r"(t) : : "memory");
#else
	asm volatile("isb; mrrc p15, 1, %Q0, %R0, c14" : "=r"(t) : : "memory");
#endif
	return t;
}

void start(void)
{
	static char text[16];
	u32 best = -1, spent, len = sizeof(text);
	u64 begin;

	for (int i = 0; i < WARM_UP + TURNS; i++) {
		begin = now();
		raw_call(__NR_compat32_getppid, 0, 0, 0, 0, 0, 0);
		spent = now() - begin;
		if (i >= WARM_UP && spent < best)
			best = spent;
	}
	text[--len] = '\n';
	do {
		text[--len] = '0' + best % 10;
	} while (best /= 10);
	raw_call(__NR_compat32_write, 1, (unsigned long)text + len,
		 sizeof(text) - len, 0, 0, 0);
	raw_call(__NR_compat32_exit_group, 0, 0, 0, 0, 0, 0);
}
