// SPDX-License-Identifier: GPL-2.0
/* Guest instructions that compat calls cost, and cost others; see bench.h. */
#include <libgen.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#define COMPAT_NO_TESTS
#include "compat.h"
#include "../qemu/guest/bench.h"

static void do_getppid(void)
{
	native0(getppid);
}

static void do_bad_number(void)
{
	svc(-1, 0, 0, 0, 0, 0, 0);
}

static void do_mmap(void)
{
	long p = native(mmap, 0, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);

	native(munmap, p, 65536);
}

/* What a program prints that is built as two. */
static void show(const char *what, const char *name)
{
	char path[4200], here[4096] = "";

	if (readlink("/proc/self/exe", here, sizeof(here) - 1) < 0)
		err(1, "readlink");
	snprintf(path, sizeof(path), "%s/%s", dirname(here), name);
	if (access(path, X_OK))
		return;
	printf("%s ", what);
	fflush(stdout);
	if (system(path))
		errx(1, "%s does not run", name);
}

static void filter_all(void)
{
	struct sock_filter allow[] = {
		/* Not one that is known to allow a call without being run. */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xdeadbeef, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(allow) / sizeof(*allow), allow };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		err(1, "seccomp");
}

int main(void)
{
	check_clock();
	measure("native getppid", do_getppid);
	measure("number -1", do_bad_number);
	measure("native mmap and munmap", do_mmap);
	show("getppid of an AArch32 program", "compat-bench-call32");
	if (have_compat_calls())
		show("compat getppid of an AArch64 program",
		     "compat-bench-call64");
	filter_all();
	measure("native getppid with a filter", do_getppid);
	return 0;
}
