// SPDX-License-Identifier: GPL-2.0
/* Guest instructions that a 32-bit program costs; see bench.h. */
#include <sys/personality.h>

#include "payload.h"
#include "../qemu/guest/bench.h"

static void exec_32(void)
{
	pid_t pid = spawn(&(struct spawn){ .chain = { EXIT32 } });

	if (wait_step(pid) != EXIT32_STATUS)
		errx(1, "the program does not run");
}

/* Fork included, as in the other. */
static void exec_64(void)
{
	pid_t pid = spawn(&(struct spawn){ .chain = { EXIT64 } });

	if (wait_step(pid) != EXIT32_STATUS)
		errx(1, "the program does not run");
}

/* From a 32-bit program back to a 64-bit one. */
static void exec_32_64(void)
{
	pid_t pid = spawn(&(struct spawn){ .chain = { STEP32, EXIT64 } });

	if (wait_step(pid) || next_step(pid) != EXIT32_STATUS)
		errx(1, "the program does not run");
}

int main(void)
{
	check_clock();
	/* Chance must not decide how many page tables a program has. */
	personality(ADDR_NO_RANDOMIZE);
	measure("fork, exec of a tiny 64-bit program", exec_64);
	measure("fork, exec of a tiny 32-bit program", exec_32);
	measure("fork, exec of 32-bit, then of 64-bit", exec_32_64);
	return 0;
}
