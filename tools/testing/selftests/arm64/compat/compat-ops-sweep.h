/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every entry of the table, with arguments that are wrong in several ways.
 * Each call is made twice, the second time with bits in the upper halves of
 * the registers of the 64-bit program, and must give the same both times.
 */

static const struct { u16 nr; const char *name; } all_calls[] = {
#define COMPAT_CALL(nr, name)	{ nr, #name },
#include "compat-nr.inc"
#undef COMPAT_CALL
};

/* Of no effect as flag, length, pointer, descriptor or process. */
static const u32 bad_args[] = { 0, 0xffffffff, 0xfffff000, 0x7ffffffe };

/* Those that do not return, that wait for ever, or take the terminal away. */
static int not_swept(u32 nr, u32 arg)
{
	switch (nr) {
	case NR(exit):
	case NR(exit_group):
	case NR(fork):
	case NR(vfork):
	case NR(clone):
	case NR(sigreturn):
	case NR(rt_sigreturn):
	case NR(pause):
	case NR(sigsuspend):
	case NR(vhangup):
		return 1;
	case NR(_newselect):
	case NR(pselect6):
	case NR(pselect6_time64):
	case NR(ppoll):
	case NR(ppoll_time64):
		return arg == 0;
	}
	return 0;
}

static void sweep_one(u32 nr, const char *name, u32 arg)
{
	static volatile s32 *shared;
	s32 status;
	long pid;

	if (!shared)
		shared = (void *)(ulong)(u32)Q(mmap2, 0, 4096, PROT_RW,
					       MAP_SHARED | MAP_ANON, -1, 0);
	shared[1] = 0x12345678;
	shared[0] = shared[1];
	for (int dirty = 0; dirty < 2; dirty++) {
		pid = Q(fork);
		if (!pid) {
			long ret;

			Q(close_range, 0, -1, 0);
			if (dirty)
				ret = raw_call_dirty(nr, arg, arg, arg, arg, arg, arg);
			else
				ret = raw_call(nr, arg, arg, arg, arg, arg, arg);
			if (nr == NR(msgget) && ret >= 0)
				Q(msgctl, ret, IPC_RMID, 0);
			/* Numbers of processes and the like are not the same. */
			shared[dirty] = ret < 0 && ret >= -4095 ? ret : ret != 0;
			Q(exit, 0);
		}
		Q(wait4, pid, &status, 0, 0);
		if (status) {
			say(name, arg);
			say(" status", status);
		}
	}
	begin_line();
	put(name);
	put("(");
	put_dec((s32)arg);
	put(") -> ");
	put_dec(shared[0]);
	if (shared[1] != shared[0]) {
		put(", but with the upper halves ");
		put_dec(shared[1]);
	}
	put("\n");
}

static void sweep(void)
{
	u32 i, j;

	op_name = "sweep";
	/* What some calls would set is that of a namespace then. */
	Q(unshare, CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNS);
	for (i = 0; i < ARRAY_SIZE(all_calls); i++) {
		for (j = 0; j < ARRAY_SIZE(bad_args); j++) {
			if (!not_swept(all_calls[i].nr, bad_args[j]))
				sweep_one(all_calls[i].nr, all_calls[i].name,
					  bad_args[j]);
		}
		flush();
	}
	/* What is no entry. */
	for (i = 0; i < 1024; i++) {
		for (j = 0; j < ARRAY_SIZE(all_calls); j++) {
			if (all_calls[j].nr == i)
				break;
		}
		if (j < ARRAY_SIZE(all_calls))
			continue;
		begin_line();
		put_dec(i);
		put(" -> ");
		put_dec(raw_call(i, 0, 0, 0, 0, 0, 0));
		put("\n");
	}
	leave(0);
}
