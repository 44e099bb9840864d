/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs to exec, built from instruction words.
 *
 * A 32-bit compiler is rarely at hand where arm64 tests are built, and the
 * programs these tests need are a dozen instructions each.  So every program
 * is a word array, put behind an ELF header into a memfd: nothing is left in
 * the file system, and /proc/self/fd/N names it for the next exec.
 *
 * The STEP programs stop themselves, so that the parent looks at a task that
 * is certainly past execve(), and, once continued, exec their next argument.
 * A chain such as STEP64, STEP32, STEP64 can be watched from step to step.
 */
#ifndef ASYM32_PAYLOAD_H
#define ASYM32_PAYLOAD_H

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/elf.h>
#include <linux/types.h>

#include "kselftest.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

#define EXIT32_STATUS	42
#define COPY_FROM	100
#define COPY_TO		101
#define MAX_CHAIN	8
#define MAX_SPAWNED	128

enum payload {
	END,		/* ends a chain */
	STEP32,		/* stop, then exec the next argument or stop again */
	STEP64,		/* the same as a native program */
	FORK32,		/* clone a sibling, then both go on as STEP32 */
	SPIN32,		/* stop, then loop in user space */
	CPU32,		/* exit with the number of the CPU it runs on */
	EXIT32,		/* exit with EXIT32_STATUS */
	EXIT64,		/* the same as a native program */
	COUNT32,	/* the same after some time in user space */
	WAIT32,		/* the same by way of a child */
	EXEC32,		/* exec the next argument */
	EXEC64,		/* the same as a native program */
	PING32,		/* exec argv[1] with the same arguments ... */
	PONG64,		/* ... which execs argv[0] with them, for ever */
	COPY32,		/* read(COPY_FROM), write(COPY_TO), stop, exit */
	NR_PAYLOADS
};

static const unsigned int step32_code[] = {
	0xe3a07014,	/* mov	r7, #20		getpid()	*/
	0xef000000,	/* svc	#0				*/
	0xe3a01013,	/* mov	r1, #19		SIGSTOP		*/
	0xe3a07025,	/* mov	r7, #37		kill()		*/
	0xef000000,	/* svc	#0				*/
	0xe59d0008,	/* ldr	r0, [sp, #8]	argv[1]		*/
	0xe3500000,	/* cmp	r0, #0				*/
	0x0afffff7,	/* beq	to the start			*/
	0xe28d1008,	/* add	r1, sp, #8	&argv[1]	*/
	0xe3a02000,	/* mov	r2, #0				*/
	0xe3a0700b,	/* mov	r7, #11		execve()	*/
	0xef000000,	/* svc	#0				*/
	0xe2600000,	/* rsb	r0, r0, #0			*/
	0xe3a07001,	/* mov	r7, #1		exit()		*/
	0xef000000,	/* svc	#0				*/
};

static const unsigned int step64_code[] = {
	0xd2801588,	/* mov	x8, #172	getpid()	*/
	0xd4000001,	/* svc	#0				*/
	0xd2800261,	/* mov	x1, #19		SIGSTOP		*/
	0xd2801028,	/* mov	x8, #129	kill()		*/
	0xd4000001,	/* svc	#0				*/
	0xf9400be0,	/* ldr	x0, [sp, #16]	argv[1]		*/
	0xb4ffff40,	/* cbz	x0, to the start		*/
	0x910043e1,	/* add	x1, sp, #16	&argv[1]	*/
	0xd2800002,	/* mov	x2, #0				*/
	0xd2801ba8,	/* mov	x8, #221	execve()	*/
	0xd4000001,	/* svc	#0				*/
	0xcb0003e0,	/* neg	x0, x0				*/
	0xd2800ba8,	/* mov	x8, #93		exit()		*/
	0xd4000001,	/* svc	#0				*/
};

static const unsigned int fork32_code[] = {
	0xe3a00902,	/* mov	r0, #0x8000	CLONE_PARENT	*/
	0xe3800011,	/* orr	r0, r0, #17	SIGCHLD		*/
	0xe3a01000,	/* mov	r1, #0				*/
	0xe3a02000,	/* mov	r2, #0				*/
	0xe3a03000,	/* mov	r3, #0				*/
	0xe3a04000,	/* mov	r4, #0				*/
	0xe3a07078,	/* mov	r7, #120	clone()		*/
	0xef000000,	/* svc	#0				*/
	/* step32_code follows */
};

static const unsigned int spin32_code[] = {
	0xe3a07014,	/* mov	r7, #20		getpid()	*/
	0xef000000,	/* svc	#0				*/
	0xe3a01013,	/* mov	r1, #19		SIGSTOP		*/
	0xe3a07025,	/* mov	r7, #37		kill()		*/
	0xef000000,	/* svc	#0				*/
	0xeafffffe,	/* b	.				*/
};

static const unsigned int cpu32_code[] = {
	0xe1a0000d,	/* mov	r0, sp				*/
	0xe3a01000,	/* mov	r1, #0				*/
	0xe3a02000,	/* mov	r2, #0				*/
	0xe3a07f55,	/* mov	r7, #340			*/
	0xe2877005,	/* add	r7, r7, #5	getcpu()	*/
	0xef000000,	/* svc	#0				*/
	0xe59d0000,	/* ldr	r0, [sp]			*/
	0xe3a07001,	/* mov	r7, #1		exit()		*/
	0xef000000,	/* svc	#0				*/
};

static const unsigned int exit32_code[] = {
	0xe3a0002a,	/* mov	r0, #42		EXIT32_STATUS	*/
	0xe3a07001,	/* mov	r7, #1		exit()		*/
	0xef000000,	/* svc	#0				*/
};

static const unsigned int exit64_code[] = {
	0xd2800540,	/* mov	x0, #42		EXIT32_STATUS	*/
	0xd2800ba8,	/* mov	x8, #93		exit()		*/
	0xd4000001,	/* svc	#0				*/
};

static const unsigned int count32_code[] = {
	0xe3a04701,	/* mov	r4, #0x40000			*/
	0xe2544001,	/* subs	r4, r4, #1			*/
	0x1afffffd,	/* bne	to the line before		*/
	0xe3a0002a,	/* mov	r0, #42		EXIT32_STATUS	*/
	0xe3a07001,	/* mov	r7, #1		exit()		*/
	0xef000000,	/* svc	#0				*/
};

static const unsigned int wait32_code[] = {
	0xe3a00011,	/* mov	r0, #17		SIGCHLD		*/
	0xe3a01000,	/* mov	r1, #0				*/
	0xe3a02000,	/* mov	r2, #0				*/
	0xe3a03000,	/* mov	r3, #0				*/
	0xe3a04000,	/* mov	r4, #0				*/
	0xe3a07078,	/* mov	r7, #120	clone()		*/
	0xef000000,	/* svc	#0				*/
	0xe3500000,	/* cmp	r0, #0				*/
	0x03a0002a,	/* moveq r0, #42	EXIT32_STATUS	*/
	0x0a000006,	/* beq	to exit()			*/
	0xe3e00000,	/* mvn	r0, #0		any child	*/
	0xe1a0100d,	/* mov	r1, sp				*/
	0xe3a02000,	/* mov	r2, #0				*/
	0xe3a03000,	/* mov	r3, #0				*/
	0xe3a07072,	/* mov	r7, #114	wait4()		*/
	0xef000000,	/* svc	#0				*/
	0xe5dd0001,	/* ldrb	r0, [sp, #1]	WEXITSTATUS()	*/
	0xe3a07001,	/* mov	r7, #1		exit()		*/
	0xef000000,	/* svc	#0				*/
};

static const unsigned int exec32_code[] = {
	0xe59d0008,	/* ldr	r0, [sp, #8]	argv[1]		*/
	0xe28d1008,	/* add	r1, sp, #8	&argv[1]	*/
	0xe3a02000,	/* mov	r2, #0				*/
	0xe3a0700b,	/* mov	r7, #11		execve()	*/
	0xef000000,	/* svc	#0				*/
	0xe2600000,	/* rsb	r0, r0, #0			*/
	0xe3a07001,	/* mov	r7, #1		exit()		*/
	0xef000000,	/* svc	#0				*/
};

static const unsigned int exec64_code[] = {
	0xf9400be0,	/* ldr	x0, [sp, #16]	argv[1]		*/
	0x910043e1,	/* add	x1, sp, #16	&argv[1]	*/
	0xd2800002,	/* mov	x2, #0				*/
	0xd2801ba8,	/* mov	x8, #221	execve()	*/
	0xd4000001,	/* svc	#0				*/
	0xcb0003e0,	/* neg	x0, x0				*/
	0xd2800ba8,	/* mov	x8, #93		exit()		*/
	0xd4000001,	/* svc	#0				*/
};

static const unsigned int ping32_code[] = {
	0xe59d0008,	/* ldr	r0, [sp, #8]	argv[1]		*/
	0xe28d1004,	/* add	r1, sp, #4	argv		*/
	0xe3a02000,	/* mov	r2, #0				*/
	0xe3a0700b,	/* mov	r7, #11		execve()	*/
	0xef000000,	/* svc	#0				*/
	0xe2600000,	/* rsb	r0, r0, #0			*/
	0xe3a07001,	/* mov	r7, #1		exit()		*/
	0xef000000,	/* svc	#0				*/
};

static const unsigned int pong64_code[] = {
	0xf94007e0,	/* ldr	x0, [sp, #8]	argv[0]		*/
	0x910023e1,	/* add	x1, sp, #8	argv		*/
	0xd2800002,	/* mov	x2, #0				*/
	0xd2801ba8,	/* mov	x8, #221	execve()	*/
	0xd4000001,	/* svc	#0				*/
	0xcb0003e0,	/* neg	x0, x0				*/
	0xd2800ba8,	/* mov	x8, #93		exit()		*/
	0xd4000001,	/* svc	#0				*/
};

static const unsigned int copy32_code[] = {
	0xe24dd040,	/* sub	sp, sp, #64			*/
	0xe3a00064,	/* mov	r0, #100	COPY_FROM	*/
	0xe1a0100d,	/* mov	r1, sp				*/
	0xe3a02040,	/* mov	r2, #64				*/
	0xe3a07003,	/* mov	r7, #3		read()		*/
	0xef000000,	/* svc	#0				*/
	0xe1a02000,	/* mov	r2, r0				*/
	0xe3a00065,	/* mov	r0, #101	COPY_TO		*/
	0xe1a0100d,	/* mov	r1, sp				*/
	0xe3a07004,	/* mov	r7, #4		write()		*/
	0xef000000,	/* svc	#0				*/
	0xe1a04000,	/* mov	r4, r0				*/
	0xe3a07014,	/* mov	r7, #20		getpid()	*/
	0xef000000,	/* svc	#0				*/
	0xe3a01013,	/* mov	r1, #19		SIGSTOP		*/
	0xe3a07025,	/* mov	r7, #37		kill()		*/
	0xef000000,	/* svc	#0				*/
	0xe1a00004,	/* mov	r0, r4				*/
	0xe3a07001,	/* mov	r7, #1		exit()		*/
	0xef000000,	/* svc	#0				*/
};

#define CODE_WORDS	32
#define IMAGE_BASE	0x10000

struct image32 {
	struct elf32_hdr ehdr;
	struct elf32_phdr phdr[2];
	unsigned int code[CODE_WORDS];
};

struct image64 {
	struct elf64_hdr ehdr;
	struct elf64_phdr phdr[2];
	unsigned int code[CODE_WORDS];
};

/* Each image is one loadable segment that holds the headers and the code. */
static const struct image32 image32 = {
	.ehdr = {
		.e_ident = {
			ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
			ELFCLASS32, ELFDATA2LSB, EV_CURRENT,
		},
		.e_type = ET_EXEC,
		.e_machine = EM_ARM,
		.e_version = EV_CURRENT,
		.e_entry = IMAGE_BASE + offsetof(struct image32, code),
		.e_phoff = offsetof(struct image32, phdr),
		.e_flags = 0x05000000,		/* EABI version 5 */
		.e_ehsize = sizeof(struct elf32_hdr),
		.e_phentsize = sizeof(struct elf32_phdr),
		.e_phnum = 2,
	},
	.phdr = {
		{
			.p_type = PT_LOAD,
			.p_vaddr = IMAGE_BASE,
			.p_paddr = IMAGE_BASE,
			.p_filesz = sizeof(struct image32),
			.p_memsz = sizeof(struct image32),
			.p_flags = PF_R | PF_X,
			.p_align = IMAGE_BASE,
		},
		{
			/* The stack need not be executable. */
			.p_type = PT_GNU_STACK,
			.p_flags = PF_R | PF_W,
		},
	},
};

static const struct image64 image64 = {
	.ehdr = {
		.e_ident = {
			ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
			ELFCLASS64, ELFDATA2LSB, EV_CURRENT,
		},
		.e_type = ET_EXEC,
		.e_machine = EM_AARCH64,
		.e_version = EV_CURRENT,
		.e_entry = IMAGE_BASE + offsetof(struct image64, code),
		.e_phoff = offsetof(struct image64, phdr),
		.e_ehsize = sizeof(struct elf64_hdr),
		.e_phentsize = sizeof(struct elf64_phdr),
		.e_phnum = 2,
	},
	.phdr = {
		{
			.p_type = PT_LOAD,
			.p_vaddr = IMAGE_BASE,
			.p_paddr = IMAGE_BASE,
			.p_filesz = sizeof(struct image64),
			.p_memsz = sizeof(struct image64),
			.p_flags = PF_R | PF_X,
			.p_align = IMAGE_BASE,
		},
		{
			/* The stack need not be executable. */
			.p_type = PT_GNU_STACK,
			.p_flags = PF_R | PF_W,
		},
	},
};

static inline size_t build_image64(const unsigned int *code, size_t size,
				   void *image)
{
	memcpy(image, &image64, sizeof(image64));
	memcpy(((struct image64 *)image)->code, code, size);
	return sizeof(image64);
}

/* The program as it would be in a file, and its size. */
static inline size_t build_image(enum payload payload, void *image)
{
	unsigned int *code = ((struct image32 *)image)->code;

	if (payload == STEP64)
		return build_image64(step64_code, sizeof(step64_code), image);
	if (payload == EXIT64)
		return build_image64(exit64_code, sizeof(exit64_code), image);
	if (payload == EXEC64)
		return build_image64(exec64_code, sizeof(exec64_code), image);
	if (payload == PONG64)
		return build_image64(pong64_code, sizeof(pong64_code), image);

	memcpy(image, &image32, sizeof(image32));
	switch (payload) {
	case FORK32:
		memcpy(code, fork32_code, sizeof(fork32_code));
		code += ARRAY_SIZE(fork32_code);
		memcpy(code, step32_code, sizeof(step32_code));
		break;
	case SPIN32:
		memcpy(code, spin32_code, sizeof(spin32_code));
		break;
	case CPU32:
		memcpy(code, cpu32_code, sizeof(cpu32_code));
		break;
	case EXIT32:
		memcpy(code, exit32_code, sizeof(exit32_code));
		break;
	case COUNT32:
		memcpy(code, count32_code, sizeof(count32_code));
		break;
	case WAIT32:
		memcpy(code, wait32_code, sizeof(wait32_code));
		break;
	case EXEC32:
		memcpy(code, exec32_code, sizeof(exec32_code));
		break;
	case PING32:
		memcpy(code, ping32_code, sizeof(ping32_code));
		break;
	case COPY32:
		memcpy(code, copy32_code, sizeof(copy32_code));
		break;
	default:
		memcpy(code, step32_code, sizeof(step32_code));
	}
	return sizeof(image32);
}

/* The path of the program, or NULL with errno set. */
static inline const char *payload_path(enum payload payload)
{
	static char path[NR_PAYLOADS][32];
	union {
		struct image32 image32;
		struct image64 image64;
	} image;
	size_t size;
	int fd;

	if (path[payload][0])
		return path[payload];

	fd = memfd_create("asym32", MFD_EXEC);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("asym32", 0);
	if (fd < 0)
		return NULL;

	size = build_image(payload, &image);
	if (write(fd, &image, size) != (ssize_t)size) {
		close(fd);
		return NULL;
	}

	snprintf(path[payload], sizeof(path[payload]), "/proc/self/fd/%d", fd);
	return path[payload];
}

struct spawn {
	const cpu_set_t *mask;		/* affinity to ask for before exec */
	const char *procs;		/* cgroup file to enter before that */
	bool deadline;			/* become SCHED_DEADLINE at last */
	enum payload chain[MAX_CHAIN];
};

static pid_t spawned[MAX_SPAWNED];

static inline void remember(pid_t pid)
{
	for (int i = 0; i < MAX_SPAWNED; i++) {
		if (spawned[i])
			continue;
		spawned[i] = pid;
		return;
	}
}

static inline void forget(pid_t pid)
{
	for (int i = 0; i < MAX_SPAWNED; i++) {
		if (spawned[i] == pid)
			spawned[i] = 0;
	}
}

/* Makes a task a SCHED_DEADLINE one; 0 is the caller. */
static inline int set_deadline(pid_t pid)
{
	/* The first version of struct sched_attr, which libc may not have. */
	struct {
		__u32 size;
		__u32 policy;
		__u64 flags;
		__s32 nice;
		__u32 priority;
		__u64 runtime;
		__u64 deadline;
		__u64 period;
	} attr = {
		.size = sizeof(attr),
		.policy = 6,		/* SCHED_DEADLINE */
		.runtime = 10000000,
		.deadline = 100000000,
		.period = 100000000,
	};

	return syscall(__NR_sched_setattr, pid, &attr, 0);
}

static inline void spawned_child(const struct spawn *s, char **argv)
{
	FILE *procs;

	/* A parent that is killed by its timeout takes its children along. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);

	if (s->procs) {
		procs = fopen(s->procs, "w");
		if (!procs || fputs("0", procs) < 0 || fclose(procs))
			_exit(errno);
	}
	if (s->mask && sched_setaffinity(0, sizeof(*s->mask), s->mask))
		_exit(errno);
	if (s->deadline && set_deadline(0))
		_exit(errno);

	execv(argv[0], argv);
	_exit(errno);
}

/* Starts the chain in a child. */
static inline pid_t spawn(const struct spawn *s)
{
	char *argv[MAX_CHAIN + 1] = {};
	pid_t pid;

	for (int i = 0; i < MAX_CHAIN && s->chain[i] != END; i++) {
		argv[i] = (char *)payload_path(s->chain[i]);
		if (!argv[i])
			return -1;
	}

	fflush(NULL);
	pid = fork();
	if (!pid)
		spawned_child(s, argv);
	if (pid > 0)
		remember(pid);
	return pid;
}

/*
 * 0 if the task has stopped itself, its exit status (the errno of a call that
 * failed, or what an EXIT32 or CPU32 program has to say) or -1 for anything
 * else.
 */
static inline int wait_step(pid_t pid)
{
	int status;

	if (pid <= 0 || waitpid(pid, &status, WUNTRACED) != pid)
		return -1;
	if (WIFSTOPPED(status))
		return 0;
	forget(pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline int next_step(pid_t pid)
{
	if (kill(pid, SIGCONT))
		return -1;
	return wait_step(pid);
}

static inline void end_step(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	forget(pid);
}

static inline void end_all(void)
{
	for (int i = 0; i < MAX_SPAWNED; i++)
		end_step(spawned[i]);
}

#endif /* ASYM32_PAYLOAD_H */
