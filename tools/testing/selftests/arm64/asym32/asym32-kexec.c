// SPDX-License-Identifier: GPL-2.0
/*
 * Start the next kernel while 32-bit tasks want to run.  kexec takes all CPUs
 * but one offline with user space still alive, and the tasks have to be put
 * somewhere until the end.
 *
 * This is not a test for "make run_tests", as it is another kernel that says
 * how it went: it is given the same job, finds a word on its command line, and
 * ends with 0 if 32-bit programs run there, too.
 */
#include <sys/reboot.h>

#include <linux/reboot.h>

#include "hotplug.h"

#define WORD	"asym32_next_kernel"
#define SPINNERS	3

static int trouble(const char *what)
{
	fprintf(stderr, "asym32-kexec: %s: %s\n", what, strerror(errno));
	return KSFT_FAIL;
}

static int load(const char *kernel, const char *initrd, const char *cmdline)
{
	int kernel_fd, initrd_fd;

	kernel_fd = open(kernel, O_RDONLY | O_CLOEXEC);
	if (kernel_fd < 0)
		return trouble(kernel);
	initrd_fd = open(initrd, O_RDONLY | O_CLOEXEC);
	if (initrd_fd < 0)
		return trouble(initrd);
	if (syscall(__NR_kexec_file_load, kernel_fd, initrd_fd,
		    strlen(cmdline) + 1, cmdline, 0))
		return trouble("kexec_file_load");
	return 0;
}

int main(int argc, char **argv)
{
	static char cmdline[2048];
	struct machine m;
	ssize_t len;
	pid_t pid;

	if (argc != 3) {
		fprintf(stderr, "usage: %s KERNEL INITRD\n", argv[0]);
		return KSFT_FAIL;
	}
	len = read_file("/proc/cmdline", cmdline,
			sizeof(cmdline) - sizeof(WORD) - 1);
	if (len <= 0 || !probe_machine(&m))
		return trouble("/proc/cmdline");
	if (strstr(cmdline, WORD)) {
		printf("This is the next kernel, 32-bit programs: %s\n",
		       m.err ? strerror(m.err) : "yes");
		return m.err ? KSFT_FAIL : KSFT_PASS;
	}
	if (no_aarch32(&m)) {
		printf("%s\n", NO_AARCH32);
		return KSFT_SKIP;
	}

	if (cmdline[len - 1] == '\n')
		len--;
	strcpy(cmdline + len, " " WORD);
	if (load(argv[1], argv[2], cmdline))
		return KSFT_FAIL;
	for (int i = 0; i < SPINNERS; i++) {
		pid = spawn(&(struct spawn){ .chain = { SPIN32 } });
		if (wait_step(pid) || kill(pid, SIGCONT))
			return trouble("cannot start a 32-bit program");
	}
	printf("The next kernel is loaded, CPUs %s run 32-bit programs\n",
	       cpulist(&m.el32));
	fflush(stdout);
	sleep(1);
	reboot(LINUX_REBOOT_CMD_KEXEC);
	return trouble("kexec");
}
