// SPDX-License-Identifier: GPL-2.0
/* Guest instructions of hot paths that every series passes through. */
#include <sched.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

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
	/* A fair task may or may not be preempted by the one it wakes up. */
	struct sched_param param = { .sched_priority = 1 };
	char c;

	if (sched_setscheduler(0, SCHED_FIFO, &param))
		err(1, "sched_setscheduler");
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

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "nothing"))
		return 0;
	check_clock();
	/* Chance must not decide how many page tables a program has. */
	personality(ADDR_NO_RANDOMIZE);
	self = argv[0];

	measure("getppid", do_getppid);
	measure("fork, exit and wait", do_fork);
	measure("exec of a 64-bit program", do_exec);
	start_partner();
	measure("two context switches", do_switch);
	close(ping[1]);
	wait(NULL);
	return 0;
}
