/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Count guest instructions. For the machines named bench*: there the virtual
 * counter runs at 1 GHz of guest time and QEMU lets each instruction take
 * 1 ns, so the difference of two reads is a number of instructions, the same
 * on every host and in every run. Programs named *-bench are run by "bench";
 * they print "what <count>", one a line.
 */
#ifndef QEMU_BENCH_H
#define QEMU_BENCH_H

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The first turns are thrown away, so that caches of the kernel are filled. */
#define WARM_UP		20
#define TURNS		100

static inline uint64_t now(void)
{
	uint64_t t;

	asm volatile("isb; mrs %0, cntvct_el0" : "=r"(t) :: "memory");
	return t;
}

static inline void measure(const char *what, void (*turn)(void))
{
	uint64_t begin, best = UINT64_MAX;
	int i;

	for (i = 0; i < WARM_UP; i++)
		turn();
	/* The least of all turns is the one that no timer tick hit. */
	for (i = 0; i < TURNS; i++) {
		begin = now();
		turn();
		begin = now() - begin;
		if (begin < best)
			best = begin;
	}
	printf("%s %llu\n", what, (unsigned long long)best);
}

static inline void check_clock(void)
{
	uint64_t hz;

	/* Older CPU models count at 62.5 MHz: 16 instructions a tick. */
	asm("mrs %0, cntfrq_el0" : "=r"(hz));
	if (hz != 1000000000)
		errx(1, "the counter runs at %llu Hz, not at 1 GHz",
		     (unsigned long long)hz);
	setvbuf(stdout, NULL, _IOLBF, 0);
}

#endif
