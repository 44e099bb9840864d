/* SPDX-License-Identifier: GPL-2.0 */
/* Less common uses of calls that others make as well. */

/* ------------------------------------------------------------------- files */

OP(tmpfile)
{
	char path[] = "/proc/self/fd/3";
	u8 buf[8];

	C(open, ".", O_RDWR | 020040000, 0600);		/* O_TMPFILE */
	C(write, 3, "data", 4);
	C(linkat, AT_FDCWD, path, AT_FDCWD, "now", 0x400);
	C(open, "now", O_RDONLY);
	FRESH_VAR(buf);
	C(read, 4, buf, 8);
	DUMP(buf);
	C(open, path, O_WRONLY | O_APPEND);
	C(open, ".", 020040000, 0600);
	C(linkat, AT_FDCWD, path, AT_FDCWD, "now", 0x400);
}

OP(long_names)
{
	static char name[5000];

	memset(name, 'a', 255);
	C(creat, name, 0600);
	memset(name, 'a', 256);
	C(creat, name, 0600);
	for (u32 i = 0; i < 4094; i++)
		name[i] = i % 2 ? '/' : '.';
	C(access, name, 0);
	name[4094] = '.';
	C(access, name, 0);
	name[4095] = '/';
	C(access, name, 0);
	C(symlink, name, "s");
	C(chdir, name);
}

/* Signals about files: who gets them, and which. */
OP(fcntl_signals)
{
	u32 set[2] = { 1 << (SIGUSR1 - 1), 1 << (SIGRT - 33) };
	u32 si[33], owner[2];
	s32 p[2];
	u64 hint = 2;

	block_signal(SIGUSR1);
	block_signal(SIGRT);
	C(pipe, p);
	C(fcntl64, p[0], F_SETOWN, Q(getpid));
	owner[0] = 1;
	owner[1] = Q(getpid);
	C(fcntl64, p[0], F_SETOWN_EX, owner);
	C(fcntl64, p[0], 10, SIGRT);		/* F_SETSIG */
	C(fcntl64, p[0], 11, 0);		/* F_GETSIG */
	C(fcntl64, p[0], F_SETFL, O_NONBLOCK | 020000);	/* O_ASYNC */
	C(write, p[1], "x", 1);
	FRESH_VAR(si);
	C(rt_sigtimedwait, set, si, 0, 8);
	DUMP(si);
	C(fcntl64, p[0], 10, 99);
	C(open, "f", O_RDWR | O_CREAT, 0600);
	C(fcntl64, 5, 1024, 1);			/* F_SETLEASE */
	C(fcntl64, 5, 1025, 0);			/* F_GETLEASE */
	C(fcntl64, 5, 1024, 2);
	C(fcntl64, 5, 1036, &hint);		/* F_SET_RW_HINT */
	hint = 0;
	C(fcntl64, 5, 1035, &hint);		/* F_GET_RW_HINT */
	DUMP(hint);
	C(fcntl64, 5, 1027, 5);			/* F_DUPFD_QUERY */
	C(open, ".", O_RDONLY);
	C(fcntl64, 6, 1026, 4);			/* F_NOTIFY */
}

OP(proc_files)
{
	u64 page;
	u32 word = 0x600dcafe, got = 0;
	char buf[16];
	long n;

	C(open, "/proc/self/mem", O_RDWR | O_LARGEFILE);
	C(pread64, 3, &got, 4, 0, PAIR((u64)A(&word)));
	DUMP(got);
	got = 0x1234;
	C(pwrite64, 3, &got, 4, 0, PAIR((u64)A(&word)));
	IS(*(volatile u32 *)&word == 0x1234);
	C(pread64, 3, &got, 4, 0, PAIR(4ull));
	/* The present bit, of an entry that is found by 64 bits. */
	C(open, "/proc/self/pagemap", O_RDONLY | O_LARGEFILE);
	C(pread64, 4, &page, 8, 0, PAIR((u64)(A(&word) / 4096) * 8));
	say("present", (u32)(page >> 32) >> 31);
	C(pread64, 4, &page, 7, 0, PAIR(0ull));
	C(open, "/proc/self/comm", O_RDWR);
	C(write, 5, "other", 5);
	C(lseek, 5, 0, SEEK_SET);
	FRESH_VAR(buf);
	n = C(read, 5, buf, sizeof(buf));
	DUMP_LEN(buf, n > 0 ? n : 0);
	C(readlink, "/proc/self/fd/5", buf, 6);
	C(open, "/proc/self/attr/none", O_RDONLY);
}

/* As many vectors as there may be, of which each takes eight bytes. */
OP(many_vectors)
{
	static struct iov v[1025];
	static u8 bytes[1025];
	s32 p[2];

	for (u32 i = 0; i < 1025; i++) {
		v[i].base = A(bytes + i);
		v[i].len = 1;
		bytes[i] = i;
	}
	Q(pipe, p);
	C(writev, p[1], v, 1024);
	C(writev, p[1], v, 1025);
	memset(bytes, 0, sizeof(bytes));
	C(readv, p[0], v + 1, 9);
	DUMP_LEN(bytes, 12);
	C(vmsplice, p[1], v, 12, 0);
	C(process_vm_readv, Q(getpid), v, 9, v + 1, 20, 0);
	C(readv, p[0], v, 0);
	C(readv, p[0], v, -1);
	v[1].base = 4;
	C(readv, p[0], v, 3);
}

/* -------------------------------------------------------------------- tasks */

static volatile u32 info_words[8];

static void keep_info(int sig, void *info, void *uc)
{
	memcpy((void *)info_words, info, 12);
	handled = sig;
}

/* What the first words of siginfo say, which both layouts have. */
OP(signal_codes)
{
	u32 set[2] = { 1 << (SIGCHLD - 1) }, si[33];
	long me = Q(getpid), pid;

	on_signal(SIGUSR1, keep_info, SA_SIGINFO);
	C(kill, me, SIGUSR1);
	DUMP_LEN((u32 *)info_words, 12);
	C(tgkill, me, me, SIGUSR1);
	DUMP_LEN((u32 *)info_words, 12);
	block_signal(SIGCHLD);
	pid = child(3, 0);
	FRESH_VAR(si);
	C(rt_sigtimedwait, set, si, 0, 8);
	IS(si[3] == (u32)pid);
	DUMP_BUT(si, 12, 4, 24, 8);
	Q(wait4, pid, 0, 0, 0);
	pid = child(0, 10000);
	Q(kill, pid, SIGSTOP);
	FRESH_VAR(si);
	C(rt_sigtimedwait, set, si, 0, 8);
	DUMP_BUT(si, 12, 4, 24, 8);
	Q(kill, pid, SIGKILL);
	FRESH_VAR(si);
	C(rt_sigtimedwait, set, si, 0, 8);
	DUMP_BUT(si, 12, 4, 24, 8);
}

/* A handler on a stack of its own, that is left by what the ABI has for it. */
OP(nested_signals)
{
	struct rt_sa sa = { A(keep_info), SA_SIGINFO | 0x40000000 };	/* NODEFER */
	u32 old[2];

	C(rt_sigaction, SIGUSR1, &sa, 0, 8);
	for (u32 i = 0; i < 3; i++) {
		handled = 0;
		C(kill, Q(getpid), SIGUSR1);
		say("handled", handled);
	}
	sa.flags |= SA_RESETHAND;
	sa.mask[0] = 1 << (SIGUSR2 - 1);
	C(rt_sigaction, SIGUSR1, &sa, 0, 8);
	C(kill, Q(getpid), SIGUSR1);
	FRESH_VAR(old);
	C(rt_sigprocmask, SIG_BLOCK, 0, old, 8);
	DUMP(old);
	C(rt_sigaction, SIGUSR1, 0, &sa, 8);
	say("default again", sa.handler);
}

OP(wait_groups)
{
	u8 si[132];
	s32 status;
	long pid = child(5, 50);

	C(setpgid, pid, pid);
	FRESH_VAR(si);
	C(waitid, 2, pid, si, WEXITED | WNOWAIT, 0);	/* P_PGID */
	DUMP_BUT(si, 12, 4);
	IS(Q(wait4, -pid, &status, 0, 0) == pid);
	DUMP(status);
	C(wait4, -pid, &status, 0, 0);
	C(wait4, 0, &status, WNOHANG, 0);
	C(wait4, 0x80000000, &status, WNOHANG, 0);
	C(waitid, 9, pid, si, WEXITED, 0);
	C(waitid, P_PIDFD, -1, si, WEXITED, 0);
}

OP(pid_namespace)
{
	s32 status;
	long pid;

	C(unshare, 0x20000000);			/* CLONE_NEWPID */
	flush();
	pid = Q(fork);
	if (!pid) {
		C(getpid);
		C(getppid);
		C(gettid);
		C(kill, 1, 0);
		C(kill, 2, 0);
		C(getpgid, 0);
		C(getsid, 0);
		leave(3);
	}
	C(unshare, 0x20000000);
	Q(wait4, pid, &status, 0, 0);
	DUMP(status);
	C(fork);
}

OP(seize)
{
	u64 mask = 1ull << (SIGRT - 1) | 1 << (SIGUSR1 - 1);
	struct { u64 off; u32 flags; s32 nr; } peek = { 0, 0, 4 };
	u8 si[256];
	s32 status = -1;
	long pid = child(0, 20000);

	C(ptrace, 0x4206, pid, 0, 0x100000);	/* SEIZE, EXITKILL */
	C(ptrace, 0x4207, pid, 0, 0);		/* INTERRUPT */
	IS(Q(wait4, pid, &status, 0, 0) == pid);
	DUMP(status);
	C(ptrace, 0x420b, pid, 8, &mask);	/* SETSIGMASK */
	mask = 0;
	C(ptrace, 0x420a, pid, 8, &mask);	/* GETSIGMASK */
	DUMP(mask);
	C(ptrace, 0x420a, pid, 4, &mask);
	Q(kill, pid, SIGUSR1);
	Q(kill, pid, SIGRT);
	/* To the process, not to the thread. */
	peek.flags = 1;
	FRESH_VAR(si);
	C(ptrace, 0x4209, pid, &peek, si);	/* PEEKSIGINFO */
	DUMP_BUT(si, 12, 4, 140, 4);
	peek.flags = 2;
	C(ptrace, 0x4209, pid, &peek, si);
	C(ptrace, 0x4208, pid, 0, 0);		/* LISTEN */
	C(ptrace, 0x4207, pid, 0, 0);
	Q(wait4, pid, &status, 0, 0);
	C(ptrace, 17, pid, 0, 0);		/* DETACH */
	C(ptrace, 17, pid, 0, 0);
	Q(kill, pid, SIGKILL);
}

/* The notification tells the call, the number and the ABI. */
OP(seccomp_notify)
{
	struct { u16 code; u8 jt, jf; u32 k; } insn[] = {
		{ 0x20, 0, 0, 0 },
		{ 0x15, 0, 1, NR(mkdir) },
		{ 0x06, 0, 0, 0x7fc00000 },
		{ 0x06, 0, 0, 0x7fff0000 },
	};
	struct { u16 len, pad; u32 filter; } prog = { 4, 0, A(insn) };
	struct { u64 id; u32 pid, flags; s32 nr; u32 arch; u64 ip, args[6]; } req;
	struct { u64 id; s64 val; s32 error; u32 flags; } resp = { 0 };
	s32 status = -1;
	long fd, pid;

	fd = C(seccomp, 1, 8, &prog);		/* NEW_LISTENER */
	pid = Q(fork);
	if (!pid)
		Q(exit, Q(mkdir, "path", 0765) == -33 && Q(mkdir, "path", 0) == 77 ? 5 : 6);
	for (u32 i = 0; i < 2; i++) {
		memset(&req, 0, sizeof(req));
		C(ioctl, fd, 0xc0502100, &req);	/* NOTIF_RECV */
		say("nr", req.nr);
		say("arch", req.arch);
		say("mode", req.args[1]);
		IS(!HI(req.args[0]) && req.args[0]);
		IS(req.pid == (u32)pid);
		C(ioctl, fd, 0x40082102, &req.id);	/* ID_VALID */
		resp.id = req.id;
		resp.error = i ? 0 : -33;
		resp.val = i ? 77 : 0;
		C(ioctl, fd, 0xc0182101, &resp);	/* NOTIF_SEND */
	}
	Q(wait4, pid, &status, 0, 0);
	DUMP(status);
	C(ioctl, fd, 0xc0182101, &resp);
	C(seccomp, 1, 8, &prog);
}

OP(sched_attr)
{
	struct { u32 size, policy; u64 flags; s32 nice; u32 prio;
		 u64 runtime, deadline, period; u32 min, max; } attr = {
		48, 1, 1, 0, 7,			/* FIFO, reset on fork */
	};

	C(sched_setattr, 0, &attr, 0);
	FRESH_VAR(attr);
	C(sched_getattr, 0, &attr, 48, 0);
	DUMP(attr);
	C(sched_getscheduler, 0);
	attr.size = 56;
	attr.flags = 0x10;			/* an idea of a lowest speed */
	C(sched_setattr, 0, &attr, 0);
	/* 64-bit times: more in each period than it has */
	attr.size = 48;
	attr.policy = 6;			/* DEADLINE */
	attr.flags = 0;
	attr.prio = 0;
	attr.runtime = 1ull << 40;
	attr.deadline = 1ull << 39;
	C(sched_setattr, 0, &attr, 0);
	C(sched_setattr, 0, &attr, 1);
	C(sched_setattr, 0, 4, 0);
	attr.size = 40;
	C(sched_setattr, 0, &attr, 0);
	say("size", attr.size);
}

/* Pointers in 64-bit fields, as bpf() always has them. */
OP(bpf)
{
	u32 attr[32] = { 1, 4, 8, 3 }, key = 2, next = 9;	/* HASH */
	u64 value = 0x1122334455667788ull;
	/* mov r0, 7; exit */
	u64 prog[2] = { 0x00000007000000b7ull, 0x95 };
	s32 pair[2];
	long map, fd;

	map = C(bpf, 0, attr, 20);		/* MAP_CREATE */
	memset(attr, 0, sizeof(attr));
	attr[0] = map;
	attr[2] = A(&key);
	attr[4] = A(&value);
	C(bpf, 2, attr, 32);			/* MAP_UPDATE_ELEM */
	value = 0;
	C(bpf, 1, attr, 32);			/* MAP_LOOKUP_ELEM */
	DUMP(value);
	attr[2] = 0;
	attr[4] = A(&next);
	C(bpf, 4, attr, 24);			/* MAP_GET_NEXT_KEY */
	DUMP(next);
	attr[2] = A(&key);
	C(bpf, 3, attr, 16);			/* MAP_DELETE_ELEM */
	C(bpf, 3, attr, 16);
	memset(attr, 0, sizeof(attr));
	attr[0] = 1;				/* SOCKET_FILTER */
	attr[1] = 2;
	attr[2] = A(prog);
	attr[4] = A("GPL");
	fd = C(bpf, 5, attr, 48);		/* PROG_LOAD */
	Q(socketpair, AF_UNIX, SOCK_DGRAM, 0, pair);
	C(setsockopt, pair[1], SOL_SOCKET, 50, &fd, 4);	/* SO_ATTACH_BPF */
	C(send, pair[0], "0123456789", 10, 0);
	C(recv, pair[1], attr, 16, MSG_DONTWAIT);
	attr[0] = 1;
	attr[1] = 2;
	attr[2] = 4;
	C(bpf, 5, attr, 48);
	C(bpf, 0, attr, 0xfff);
}

OP(perf_group)
{
	u32 attr[32] = { 1, 128 };		/* software, the task clock */
	u64 buf[8];
	char filter[] = "x";

	attr[2] = 1;
	attr[8] = 4 | 8;			/* id, group */
	attr[10] = 1 | 1 << 5;
	C(perf_event_open, attr, 0, -1, -1, 0);
	C(perf_event_open, attr, 0, -1, 3, 8);
	C(ioctl, 3, 0x2400, 1);
	pause_ms(1);
	C(ioctl, 3, 0x2401, 1);
	FRESH_VAR(buf);
	C(read, 3, buf, sizeof(buf));
	say("members", buf[0]);
	C(ioctl, 3, 0x40042406, filter);	/* SET_FILTER, a pointer */
	C(ioctl, 3, 0x40082406, filter);
	C(ioctl, 3, 0x40082404, 4);		/* PERIOD */
	OK(mmap2, 0, 8192, PROT_RW, MAP_SHARED, 3, 0);
	attr[1] = 7;
	C(perf_event_open, attr, 0, -1, -1, 0);
	say("size", attr[1]);
}

/* --------------------------------------------------------------------- time */

OP(timer_kinds)
{
	u32 ev[16] = { 0, 0, 1 }, set[2] = { 0, 1 << (SIGRT - 33) }, si[33];
	struct { struct ts32 interval, value; } t = { { 0, 0 }, { 1, 0 } };
	struct { struct ts64 interval, value; } t64 = { { 0, 0 }, { 0, 1 } };
	s32 id = -1;

	/* nobody is told */
	C(timer_create, CLOCK_MONOTONIC, ev, &id);
	C(timer_settime64, id, TIMER_ABSTIME, &t64, 0);
	pause_ms(2);
	C(timer_gettime64, id, &t64);
	DUMP(t64);
	/* one thread is */
	block_signal(SIGRT);
	ev[0] = 0x5555;
	ev[1] = SIGRT;
	ev[2] = 4;
	ev[3] = Q(gettid);
	C(timer_create, CLOCK_REALTIME, ev, &id);
	DUMP(id);
	C(timer_settime, id, TIMER_ABSTIME, &t, 0);
	FRESH_VAR(si);
	C(rt_sigtimedwait, set, si, 0, 8);
	DUMP(si);
	ev[3] = 1;
	C(timer_create, CLOCK_REALTIME, ev, &id);
	C(timer_create, CLOCK_PROCESS_CPUTIME, 0, &id);
	t.interval.nsec = 1000000000;
	C(timer_settime, id, 0, &t, 0);
	C(timer_settime, id, 0, 4, 0);
	C(timer_settime64, id, 0, 4, 0);
}

OP(timerfd_ioctl)
{
	struct { struct ts32 interval, value; } t32 = { { 0, 0 }, { 1000, 0 } };
	u64 n = 3, got = 0;

	C(timerfd_create, CLOCK_REALTIME, O_NONBLOCK | O_CLOEXEC);
	C(timerfd_settime, 3, 0, &t32, 0);
	C(read, 3, &got, 8);
	C(ioctl, 3, 0x40085400, &n);		/* TFD_IOC_SET_TICKS */
	C(read, 3, &got, 8);
	DUMP(got);
	n = 0;
	C(ioctl, 3, 0x40085400, &n);
	C(timerfd_settime, 3, 3, &t32, 0);	/* ABSTIME | CANCEL_ON_SET */
	C(timerfd_create, CLOCK_PROCESS_CPUTIME, 0);
}

/* --------------------------------------------------------------------- IPC */

OP(futex_pi)
{
	static u32 word, plain;
	struct ts32 t32 = { 0, 1000000 };
	struct ts64 t64 = { 0, 1000000 };

	C(futex, &word, 6, 0, 0, 0, 0);		/* LOCK_PI */
	IS((word & 0x3fffffff) == (u32)Q(gettid));
	C(futex, &word, 6, 0, 0, 0, 0);
	C(futex, &word, 8, 0, 0, 0, 0);		/* TRYLOCK_PI */
	C(futex, &word, 7, 0, 0, 0, 0);		/* UNLOCK_PI */
	say("word", word);
	C(futex, &word, 7, 0, 0, 0, 0);
	C(futex, &word, 8, 0, 0, 0, 0);
	C(futex, &word, 13, 0, &t32, 0, 0);	/* LOCK_PI2 */
	C(futex, &plain, 11, 0, &t32, &word, -1);	/* WAIT_REQUEUE_PI */
	C(futex_time64, &plain, 11, 0, &t64, &word, -1);
	C(futex, &plain, 12, 1, 0, &word, 0);	/* CMP_REQUEUE_PI */
	C(futex, &plain, 12, 1, 0, &word, 1);
}

/* Kinds of controls that look at all of them, by index. */
OP(ipc_by_index)
{
	u8 ds[92], info[44];
	long id;

	id = Q(shmget, IPC_PRIVATE, 4096, 0640);
	IS(id >= 0);
	FRESH_VAR(ds);
	OK(shmctl, id & 0x7fff, 13 | IPC_64, ds);	/* SHM_STAT */
	DUMP_BUT(ds, 24, 2, 40, 24, 64, 8);
	FRESH_VAR(ds);
	OK(shmctl, id & 0x7fff, 15 | IPC_64, ds);	/* SHM_STAT_ANY */
	DUMP_BUT(ds, 24, 2, 40, 24, 64, 8);
	ds[20] = 0;
	C(shmctl, id, IPC_SET | IPC_64, ds);
	C(shmctl, id, 11, 0);			/* SHM_LOCK */
	C(shmctl, id, 12, 0);
	FRESH_VAR(info);
	OK(shmctl, 0, SHM_INFO | IPC_64, info);
	DUMP_BUT(info, 0, 24);
	C(shmctl, id, IPC_RMID, 0);
	id = Q(msgget, 0x1234, IPC_CREAT | 0600);
	IS(id >= 0);
	FRESH_VAR(ds);
	OK(msgctl, id & 0x7fff, 11 | IPC_64, ds);	/* MSG_STAT */
	DUMP_BUT(ds, 24, 2, 36, 24);
	FRESH_VAR(info);
	OK(msgctl, 0, 12 | IPC_64, info);	/* MSG_INFO */
	DUMP_BUT(info, 0, 12);
	C(msgctl, id, IPC_RMID, 0);
	id = Q(semget, 0x1234, 2, IPC_CREAT | 0600);
	IS(id >= 0);
	FRESH_VAR(ds);
	OK(semctl, id & 0x7fff, 0, 18 | IPC_64, ds);	/* SEM_STAT */
	DUMP_BUT(ds, 24, 2, 36, 16);
	C(semctl, id, 1, 11, 0);		/* GETPID */
	C(semctl, id, 1, 15, 0);		/* GETZCNT */
	C(semctl, 0x7ff9, 0, 18 | IPC_64, ds);
	C(semget, 0x1234, 5, 0);
	C(semget, 0x1234, 2, IPC_CREAT | 02000);
	C(semctl, id, 0, IPC_RMID, 0);
}

OP(semaphore_undo)
{
	struct { u16 num; s16 op, flg; } op[2] = {
		{ 0, 3, 010000 }, { 1, 1, 0 },
	};
	long id = Q(semget, IPC_PRIVATE, 2, 0600), pid;

	flush();
	pid = Q(fork);
	if (!pid) {
		C(semop, id, op, 2);
		C(semctl, id, 0, SEM_GETVAL, 0);
		C(semctl, id, 1, SEM_GETVAL, 0);
		leave(0);
	}
	Q(wait4, pid, 0, 0, 0);
	C(semctl, id, 0, SEM_GETVAL, 0);
	C(semctl, id, 1, SEM_GETVAL, 0);
	op[0].num = 9;
	C(semop, id, op, 1);
	C(semop, id, op, 1000);
	C(semop, id, op, 0);
	C(semctl, id, 0, IPC_RMID, 0);
}

OP(keys_vectors)
{
	struct iov v[2] = { { A("pay"), 3 }, { A("load"), 4 } };
	char buf[16];
	long key;

	OK(keyctl, 1, 0);
	key = OK(add_key, "keyring", "ring", 0, 0, -3);
	C(keyctl, 20, key, v, 2, 0);		/* INSTANTIATE_IOV */
	C(keyctl, 20, key, 4, 2, 0);
	C(keyctl, 20, key, v, 2000, 0);
	OK(keyctl, 2, key, v, 0);		/* UPDATE */
	C(keyctl, 7, key);			/* CLEAR */
	C(keyctl, 17, key, buf, 16);		/* GET_SECURITY */
	C(keyctl, 5, key, 0x3f3f0000);		/* SETPERM */
	C(keyctl, 4, key, -1, -1);		/* CHOWN */
	FRESH_VAR(buf);
	C(keyctl, 31, buf, 8);			/* CAPABILITIES */
	C(keyctl, 23, 4, buf, 8, 0);		/* DH_COMPUTE */
}

OP(aio_eventfd)
{
	struct iocb { u64 data; u32 key, flags; u16 opcode; s16 prio; u32 fd;
		      u64 buf, len; s64 off; u64 res; u32 fl2, resfd; } cb[2];
	u32 ctx = 0, list[2] = { A(cb), A(cb + 1) };
	u64 count = 0, ev[8];
	s32 p[2];
	long efd = C(eventfd2, 0, O_NONBLOCK), fd = file("f", "");

	memset(cb, 0, sizeof(cb));
	Q(pipe, p);
	C(io_setup, 8, &ctx);
	cb[0].opcode = 1;			/* PWRITE */
	cb[0].fd = fd;
	cb[0].buf = A("written");
	cb[0].len = 7;
	cb[0].off = 0x100000000ll;
	cb[0].fl2 = 1;				/* RESFD */
	cb[0].resfd = efd;
	cb[1].opcode = 5;			/* POLL */
	cb[1].fd = p[1];
	cb[1].buf = POLLOUT;
	C(io_submit, ctx, 2, list);
	FRESH_VAR(ev);
	C(io_getevents, ctx, 2, 2, ev, 0);
	IS((s64)ev[2] == -27 || (s64)ev[6] == -27 || ev[2] == 7 || ev[6] == 7);
	C(read, efd, &count, 8);
	DUMP(count);
	C(io_submit, ctx, -1, list);
	C(io_getevents, ctx, 3, 2, ev, 0);
	C(io_destroy, ctx);
}

/* ------------------------------------------------------------------- memory */

OP(huge_pages)
{
	/* MFD_HUGETLB, and MAP_HUGETLB; there may be none of them. */
	C(memfd_create, "huge", 4 | 21 << 26);
	C(ftruncate64, 3, 0, PAIR(4ull << 20));
	C(ftruncate64, 3, 0, PAIR(4096ull));
	C(mmap2, 0, 4096, PROT_RW, MAP_SHARED, 3, 1);
	C(mmap2, 0x70001000, 2 << 20, PROT_RW, MAP_SHARED | MAP_FIXED, 3, 0);
	C(memfd_create, "huge", 4 | 3 << 26);
	C(shmget, IPC_PRIVATE, 4096, 04000 | 3 << 26);
	C(mmap2, 0, 4096, PROT_RW,
	  MAP_PRIVATE | MAP_ANON | 0x40000 | 3 << 26, -1, 0);
}

OP(fault_by_user)
{
	u64 api[3] = { 0xaa, 0 }, reg[4], copy[5];
	u8 *p = map(8192), *from = map(4096);
	long fd;

	fd = C(userfaultfd, O_NONBLOCK);
	C(ioctl, fd, 0xc018aa3f, api);
	reg[0] = A(p);
	reg[1] = 8192;
	reg[2] = 1;				/* MISSING */
	reg[3] = 0;
	C(ioctl, fd, 0xc020aa00, reg);		/* UFFDIO_REGISTER */
	from[0] = 0x5c;
	copy[0] = A(p);
	copy[1] = A(from);
	copy[2] = 4096;
	copy[3] = 0;
	copy[4] = 0;
	C(ioctl, fd, 0xc028aa03, copy);		/* UFFDIO_COPY */
	say("copied", copy[4]);
	say("byte", p[0]);
	C(ioctl, fd, 0xc028aa03, copy);
	copy[0] = A(p) + 4096;
	copy[1] = 4096;
	copy[2] = 0;
	C(ioctl, fd, 0xc020aa04, copy);		/* UFFDIO_ZEROPAGE */
	say("byte", p[4096]);
	C(ioctl, fd, 0x8010aa01, reg);		/* UFFDIO_UNREGISTER */
	reg[0]++;
	C(ioctl, fd, 0xc020aa00, reg);
}

OP(populate)
{
	u8 *p = map(16384), vec[4];

	C(madvise, p, 8192, 23);		/* POPULATE_WRITE */
	FRESH_VAR(vec);
	C(mincore, p, 16384, vec);
	DUMP(vec);
	C(madvise, p, 4096, 8);			/* FREE */
	C(madvise, p, 4096, 10);		/* DONTFORK */
	C(madvise, p, 4096, 18);		/* WIPEONFORK */
	C(madvise, p, 4096, 14);		/* HUGEPAGE */
	C(madvise, p, 0, 14);
	C(madvise, p, -1, 4);
	C(madvise, p, 4096, 102);		/* GUARD_INSTALL */
	C(process_vm_readv, Q(getpid), 0, 0, 0, 0, 0);
	C(write, Q(memfd_create, "f", 0), p, 16);
	C(madvise, p, 4096, 103);		/* GUARD_REMOVE */
	C(write, 3, p, 16);
}
