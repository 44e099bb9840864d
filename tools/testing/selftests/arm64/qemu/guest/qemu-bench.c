// SPDX-License-Identifier: GPL-2.0
/*
 * Guest instructions of hot paths. For the machines named bench*: there the
 * virtual counter runs at 1 GHz of guest time and QEMU lets each instruction
 * take 1 ns, so the difference of two reads is a number of instructions, the
 * same on every host and in every run. Prints "what <count>", one a line.
 *
 * The first turns are thrown away, so that caches of the kernel are filled.
 */
#include <err.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WARM_UP		20
#define TURNS		100

static uint64_t now(void)
{
	uint64_t t;

	asm volatile("isb; mrs %0, cntvct_el0" : "=r"(t) :: "memory");
	return t;
}

static const char *self;

static void do_getppid(void)
{
	syscall(SYS_getppid);
}

static void do_fork(void)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
}

static void do_exec(void)
{
	pid_t pid = vfork();

	if (pid < 0)
		err(1, "vfork");
	if (!pid) {
		execl(self, self, "nothing", NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

static int ping[2], pong[2];

/* Two switches a turn: there is one CPU. */
static void do_switch(void)
{
	char c = 0;

	if (write(ping[1], &c, 1) != 1 || read(pong[0], &c, 1) != 1)
		err(1, "pipe");
}

static void start_partner(void)
{
	char c;

	if (pipe(ping) || pipe(pong))
		err(1, "pipe");
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		close(ping[1]);
		while (read(ping[0], &c, 1) == 1)
			if (write(pong[1], &c, 1) != 1)
				break;
		_exit(0);
	}
}

static void measure(const char *what, void (*turn)(void))
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

int main(int argc, char **argv)
{
	uint64_t hz;

	if (argc > 1 && !strcmp(argv[1], "nothing"))
		return 0;
	/* Older CPU models count at 62.5 MHz: 16 instructions a tick. */
	asm("mrs %0, cntfrq_el0" : "=r"(hz));
	if (hz != 1000000000)
		errx(1, "the counter runs at %llu Hz, not at 1 GHz",
		     (unsigned long long)hz);
	self = argv[0];
	setvbuf(stdout, NULL, _IOLBF, 0);

	measure("getppid", do_getppid);
	measure("fork, exit and wait", do_fork);
	measure("exec of a 64-bit program", do_exec);
	start_partner();
	measure("two context switches", do_switch);
	close(ping[1]);
	wait(NULL);
	return 0;
}
