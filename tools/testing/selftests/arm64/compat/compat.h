/* SPDX-License-Identifier: GPL-2.0 */
/*
 * System calls of the AArch32 table, made by this 64-bit program: the number
 * with bit 31 set in w8, the arguments of an AArch32 program in x0 to x5.
 */
#ifndef COMPAT_H
#define COMPAT_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/types.h>

#include "compat-nr.h"
#ifndef COMPAT_NO_TESTS
#include "kselftest_harness.h"
#endif

/* Enough for an emulated machine, and for a debug kernel on it. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	300

#ifndef __ARM64_COMPAT_SYSCALL_BIT
#define __ARM64_COMPAT_SYSCALL_BIT	0x80000000
#endif

/* No 64-bit call has this many, and no number needs more bits. */
#define COMPAT_NR_MASK		0xfffffUL
#define TASK_SIZE_32		0x100000000ULL
#define SYSCTL			"/proc/sys/abi/compat_syscalls"

/* Any x8, any arguments, and the whole of x0 back. */
static inline long svc(uint64_t nr, uint64_t a, uint64_t b, uint64_t c,
		       uint64_t d, uint64_t e, uint64_t f)
{
	register uint64_t x8 asm("x8") = nr;
	register uint64_t x0 asm("x0") = a;
	register uint64_t x1 asm("x1") = b;
	register uint64_t x2 asm("x2") = c;
	register uint64_t x3 asm("x3") = d;
	register uint64_t x4 asm("x4") = e;
	register uint64_t x5 asm("x5") = f;

	asm volatile("svc #0"
		     : "+r"(x0), "+r"(x8)
		     : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
		     : "memory", "cc");
	return x0;
}

#define SVC_ARGS(a, b, c, d, e, f, ...)					\
	(uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d),	\
	(uint64_t)(e), (uint64_t)(f)
#define SVC(nr, ...)	svc(nr, SVC_ARGS(__VA_ARGS__, 0, 0, 0, 0, 0, 0))

/* compat(write, fd, buf, len), compat0(getpid), native(write, fd, buf, len) */
#define COMPAT_NR(name)		(__ARM64_COMPAT_SYSCALL_BIT | __NR_compat32_##name)
#define compat(name, ...)	SVC(COMPAT_NR(name), __VA_ARGS__)
#define compat0(name)		SVC(COMPAT_NR(name), 0)
#define native(name, ...)	SVC(__NR_##name, __VA_ARGS__)
#define native0(name)		SVC(__NR_##name, 0)

/* A 64-bit argument in two registers. */
#define LO(v)			((uint32_t)(uint64_t)(v))
#define HI(v)			((uint32_t)((uint64_t)(v) >> 32))

static inline bool is_error(long ret)
{
	return ret < 0 && ret >= -4095;
}

static inline bool have_compat_calls(void)
{
	return compat0(getpid) == getpid();
}

#define need_compat_calls()						\
	do {								\
		if (!have_compat_calls())				\
			SKIP(return, "no compat calls from 64-bit tasks"); \
	} while (0)

/* Memory that a 32-bit pointer reaches, zeroed, never freed. */
static inline void *low(size_t size)
{
	static uintptr_t hint = 0x20000000;
	size_t len = (size + 0xffff) & ~0xffffUL;

	while (hint < 0x7ff00000) {
		void *p = mmap((void *)hint, len, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			       -1, 0);

		hint += len + 0x10000;
		if (p != MAP_FAILED)
			return p;
	}
	fprintf(stderr, "no memory below 2 GiB\n");
	abort();
}

/* The same, shared with children to come. */
static inline void *low_shared(size_t size)
{
	void *p = low(size);

	return mmap(p, (size + 0xffff) & ~0xffffUL, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static inline char *low_str(const char *s)
{
	return strcpy(low(strlen(s) + 1), s);
}

/* A native mapping; it must never come to lie where compat ones do. */
static inline bool native_mmap_is_high(void)
{
	void *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return false;
	munmap(p, 65536);
	return (uintptr_t)p >= TASK_SIZE_32;
}

static inline int read_text(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -1;
	len = read(fd, buf, size - 1);
	close(fd);
	if (len < 0)
		return -1;
	buf[len] = '\0';
	return len;
}

static inline int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -1;
	len = write(fd, text, strlen(text));
	close(fd);
	return len == (ssize_t)strlen(text) ? 0 : -1;
}

/* The status of a child, or -1; a signal is 128 + its number. */
static inline int wait_status(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* An AArch32 program of a few instructions. */
static inline int image32_fd(const uint32_t *code, uint32_t size)
{
	const uint32_t header[] = {
		/* ELF header */
		0x464c457f, 0x00010101, 0, 0, 0x00280002, 1, 0x00010054,
		0x34, 0, 0x05000000, 0x00200034, 0x00280001, 0,
		/* program header: all of it, readable and executable */
		1, 0, 0x00010000, 0x00010000, 0x54 + size, 0x54 + size, 5, 0x1000,
	};
	int fd = memfd_create("image32", 0x10 /* MFD_EXEC */);

	if (fd < 0)
		fd = memfd_create("image32", 0);
	if (fd >= 0 && (write(fd, header, sizeof(header)) != sizeof(header) ||
			write(fd, code, size) != (ssize_t)size)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* exit(42) */
static inline int exit32_fd(void)
{
	/* mov r0, #42; mov r7, #1; svc #0 */
	static const uint32_t code[] = { 0xe3a0002a, 0xe3a07001, 0xef000000 };

	return image32_fd(code, sizeof(code));
}

static inline bool have_aarch32(void)
{
	static int known = -1;
	pid_t pid;

	if (known < 0) {
		pid = fork();
		if (!pid) {
			char *const argv[] = { "exit32", NULL };
			char *const envp[] = { NULL };
			char path[32];

			snprintf(path, sizeof(path), "/proc/self/fd/%d", exit32_fd());
			execve(path, argv, envp);
			_exit(1);
		}
		known = wait_status(pid) == 42;
	}
	return known;
}

#endif
