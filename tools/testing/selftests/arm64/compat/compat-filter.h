/* SPDX-License-Identifier: GPL-2.0 */
/* Seccomp filters that tell both kinds of calls apart. */
#ifndef COMPAT_FILTER_H
#define COMPAT_FILTER_H

#include <linux/elf-em.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "compat.h"

/* linux/audit.h may leave that to the architecture's own headers. */
#ifndef AUDIT_ARCH_ARM
#define AUDIT_ARCH_ARM	(EM_ARM | __AUDIT_ARCH_LE)
#endif

#define LOAD(field)							\
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LOAD_HIGH(field)						\
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field) + 4)
/* Goes on with the next instruction, or else skips @n more. */
#define IF_EQ(value, n)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, n)
#define RET(value)	BPF_STMT(BPF_RET | BPF_K, value)

static inline int set_filter(struct sock_filter *insn, int n, int flags)
{
	struct sock_fprog prog = { n, insn };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

/* @action for one number of one ABI; all else is allowed. */
#define FILTER_CALL(arch_, nr_, action)					\
	{								\
		LOAD(arch),						\
		IF_EQ(arch_, 3),					\
		LOAD(nr),						\
		IF_EQ(nr_, 1),						\
		RET(action),						\
		RET(SECCOMP_RET_ALLOW),					\
	}

static inline int filter_call(uint32_t arch, uint32_t nr, uint32_t action, int flags)
{
	struct sock_filter insn[] = FILTER_CALL(arch, nr, action);

	return set_filter(insn, ARRAY_SIZE(insn), flags);
}

#endif
