/* SPDX-License-Identifier: GPL-2.0 */
/* Processes, credentials, signals, time, and what describes them. */

OP(ids)
{
	u32 a = 7, b = 7, c = 7;
	u16 x = 7, y = 7, z = 7;
	long pid = Q(getpid);

	IS(Q(gettid) == pid);
	IS(Q(getppid) > 0);
	C(getuid);
	C(getgid);
	C(geteuid);
	C(getegid);
	C(getuid32);
	C(getgid32);
	C(geteuid32);
	C(getegid32);
	C(setresgid32, 70001, 5, 6);
	C(setresuid32, 70000, 1, 0);
	C(getresuid32, &a, &b, &c);
	DUMP(a);
	DUMP(b);
	DUMP(c);
	C(getresuid, &x, &y, &z);
	DUMP(x);
	DUMP(y);
	DUMP(z);
	C(getresgid32, &a, &b, &c);
	DUMP(a);
	DUMP(b);
	DUMP(c);
	C(getresgid, &x, &y, &z);
	DUMP(x);
	DUMP(y);
	DUMP(z);
	C(getuid);
	C(getgid);
	C(geteuid);
	C(getegid);
	C(getuid32);
	C(getgid32);
	C(geteuid32);
	C(getegid32);
	C(setresuid, 0xffff, 0, 0xffff);
	C(setresgid, 3, 0xffff, 4);
	C(setreuid32, 2, 3);
	C(setreuid, 9, 9);
	C(getresuid, 4, &y, &z);
}

OP(setids)
{
	C(setregid, 3, 4);
	C(setregid32, 5, 6);
	C(setgid, 7);
	C(setgid32, 8);
	C(getegid32);
	C(setfsuid, 9);
	C(setfsuid32, -1);
	C(setfsuid32, 0);
	C(setfsgid, 9);
	C(setfsgid32, -1);
	C(setuid, 11);
	C(setuid32, 11);
	C(geteuid);
	C(setuid, 0);
	C(setuid32, 0);
	C(setgid32, 1);
	C(setreuid, 0, 0);
}

OP(groups)
{
	u32 g32[4] = { 1, 70000, 3 };
	u16 g16[4] = { 4, 5 };

	C(setgroups32, 3, g32);
	FRESH_VAR(g16);
	C(getgroups, 4, g16);
	DUMP(g16);
	FRESH_VAR(g32);
	C(getgroups32, 4, g32);
	DUMP(g32);
	g16[0] = 6;
	g16[1] = 7;
	C(setgroups, 2, g16);
	FRESH_VAR(g32);
	C(getgroups32, 4, g32);
	DUMP(g32);
	C(getgroups32, 1, g32);
	C(getgroups, 0, 0);
	C(getgroups, -1, 0);
	C(setgroups32, 100000, g32);
	C(setgroups, 2, 4);
}

OP(sessions)
{
	long pid = child(0, 10000), me = Q(getpid);

	C(setpgid, pid, pid);
	IS(Q(getpgid, pid) == pid);
	IS(Q(getpgrp) == me);
	C(setpgid, pid, 1);
	C(setpgid, -1, 0);
	C(getpgid, 0x7fffffff);
	C(setsid);
	Q(kill, pid, SIGKILL);
	Q(wait4, pid, 0, 0, 0);
	pid = Q(fork);
	if (!pid) {
		me = Q(getpid);
		if (Q(setsid) != me || Q(getsid, 0) != me || Q(getpgrp) != me)
			Q(exit, 1);
		Q(exit, 0);
	}
	IS(Q(getsid, 0) != pid);
	{
		s32 status = -1;

		Q(wait4, pid, &status, 0, 0);
		DUMP(status);
	}
}

OP(priorities)
{
	C(getpriority, PRIO_PROCESS, 0);
	C(nice, 3);
	C(setpriority, PRIO_PROCESS, 0, 7);
	C(getpriority, PRIO_PROCESS, 0);
	C(nice, -40);
	C(getpriority, PRIO_PROCESS, 0);
	C(setpriority, 9, 0, 0);
	C(setpriority, PRIO_PROCESS, 0x7fffffff, 0);
	C(ioprio_get, 1, 0);
	C(ioprio_set, 1, 0, 2 << 13 | 3);
	C(ioprio_get, 1, 0);
	C(ioprio_set, 1, 0, 7 << 13);
}

OP(scheduler)
{
	s32 prio = 5;
	u32 mask[32];
	struct ts32 t32;
	struct ts64 t64;
	u8 attr[56];
	u32 *a32 = (u32 *)attr;

	C(sched_getscheduler, 0);
	C(sched_setscheduler, 0, 2, &prio);		/* SCHED_RR */
	C(sched_getscheduler, 0);
	prio = 9;
	C(sched_setparam, 0, &prio);
	FRESH_VAR(prio);
	C(sched_getparam, 0, &prio);
	DUMP(prio);
	C(sched_get_priority_max, 1);
	C(sched_get_priority_min, 1);
	C(sched_get_priority_max, 77);
	FRESH_VAR(t32);
	FRESH_VAR(t64);
	C(sched_rr_get_interval, 0, &t32);
	DUMP(t32);
	C(sched_rr_get_interval_time64, 0, &t64);
	DUMP(t64);
	FRESH_VAR(attr);
	C(sched_getattr, 0, attr, 48, 0);
	DUMP(attr);
	memset(attr, 0, sizeof(attr));
	a32[0] = 48, a32[1] = 3, a32[4] = 11;		/* SCHED_BATCH, nice */
	C(sched_setattr, 0, attr, 0);
	C(getpriority, PRIO_PROCESS, 0);
	C(sched_getattr, 0, attr, 8, 0);
	C(sched_yield);
	memset(mask, 0, sizeof(mask));
	/* As many bytes as the machine has possible CPUs. */
	IS(Q(sched_getaffinity, 0, sizeof(mask), mask) > 0);
	mask[2] = 0;
	mask[1] = mask[2];
	IS(Q(sched_setaffinity, 0, 4, mask) == 0);
	C(sched_getaffinity, 0, 2, mask);
	C(sched_getaffinity, 0, 3, mask);
	C(sched_setaffinity, 0, 0, mask);
	C(sched_setaffinity, 0, 4, 4);
	C(sched_setscheduler, 0, 2, 4);
	C(sched_setscheduler, 0, 99, &prio);
}

OP(getcpu)
{
	u32 cpu = -1, node = -1;

	C(getcpu, &cpu, &node, 0);
	IS(cpu < 512);
	DUMP(node);
	C(getcpu, 4, 0, 0);
}

OP(limits)
{
	u32 r[2] = { 100, 200 };
	u64 r64[2] = { 1ull << 33, -1ull }, o64[2];

	C(setrlimit, RLIMIT_NOFILE, r);
	FRESH_VAR(r);
	C(ugetrlimit, RLIMIT_NOFILE, r);
	DUMP(r);
	/* What does not fit is infinity, in both directions. */
	C(prlimit64, 0, RLIMIT_FSIZE, r64, o64);
	DUMP(o64);
	FRESH_VAR(r);
	C(ugetrlimit, RLIMIT_FSIZE, r);
	DUMP(r);
	C(setrlimit, RLIMIT_FSIZE, r);
	C(prlimit64, 0, RLIMIT_FSIZE, 0, o64);
	DUMP(o64);
	r[0] = 5;
	r[1] = 4;
	C(setrlimit, RLIMIT_CORE, r);
	C(setrlimit, 99, r);
	C(ugetrlimit, 99, r);
	C(ugetrlimit, RLIMIT_CORE, 4);
	C(prlimit64, 0x7fffffff, RLIMIT_CORE, 0, o64);
}

OP(usage)
{
	u8 ru[80], t[24], si[72];

	FRESH_VAR(ru);
	C(getrusage, 0, ru);
	DUMP_BUT(ru, 0, 72);
	C(getrusage, 5, ru);
	C(getrusage, 0, 4);
	FRESH_VAR(t);
	OK(times, t);
	DUMP_BUT(t, 0, 16);
	FRESH_VAR(si);
	C(sysinfo, si);
	DUMP_BUT(si, 0, 42);
	C(sysinfo, 4);
}

OP(names)
{
	char buf[396];
	static const u16 blank[] = { 0, 65, 0, 65, 130, 65, 195, 65, 325, 65, 0, 0 };

	C(unshare, CLONE_NEWUTS);
	C(sethostname, "a-host", 6);
	C(setdomainname, "a-domain", 8);
	C(sethostname, "x", 65);
	C(sethostname, 4, 1);
	C(personality, PER_LINUX32);
	C(personality, -1);
	FRESH_VAR(buf);
	C(uname, buf);
	/* sysname, release and version may be the host's */
	dump_blank("utsname", buf, sizeof(buf), blank);
	say_str("machine", buf + 260);
	C(personality, PER_LINUX32 | ADDR_NO_RANDOMIZE);
	C(personality, 0);
	C(personality, -1);
	C(uname, 4);
}

OP(prctl)
{
	char name[20];
	s32 v;

	C(prctl, PR_SET_NAME, "thisnameistoolong");
	FRESH_VAR(name);
	C(prctl, PR_GET_NAME, name);
	DUMP(name);
	C(prctl, PR_SET_PDEATHSIG, SIGTERM);
	FRESH_VAR(v);
	C(prctl, PR_GET_PDEATHSIG, &v);
	DUMP(v);
	C(prctl, PR_SET_PDEATHSIG, 99);
	C(prctl, PR_SET_DUMPABLE, 0);
	C(prctl, PR_GET_DUMPABLE);
	C(prctl, PR_SET_CHILD_SUBREAPER, 1);
	FRESH_VAR(v);
	C(prctl, PR_GET_CHILD_SUBREAPER, &v);
	DUMP(v);
	C(prctl, PR_SET_TIMERSLACK, 12345);
	C(prctl, PR_GET_TIMERSLACK);
	C(prctl, PR_CAPBSET_READ, 3);
	C(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	C(prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	C(prctl, PR_SET_NO_NEW_PRIVS, 1, 2, 0, 0);
	C(prctl, PR_GET_SECCOMP);
	C(prctl, 0x7ffffff0, 0, 0, 0, 0);
	C(prctl, PR_SET_NAME, 4);
}

OP(capabilities)
{
	u32 hdr[2] = { 0x20080522, 0 }, data[6];

	FRESH_VAR(data);
	C(capget, hdr, data);
	DUMP_BUT(data, 0, 24);
	data[0] = 0;
	C(capset, hdr, data);
	C(chroot, ".");
	hdr[0] = 1;
	C(capget, hdr, data);
	DUMP(hdr);
	C(capset, hdr, data);
	C(capget, 4, data);
}

OP(seccomp)
{
	u32 action = 0x7ff00000;
	u16 sizes[3];
	/* Return EDOM for getppid(), allow all else; arch is not looked at. */
	struct { u16 code; u8 jt, jf; u32 k; } insn[] = {
		{ 0x20, 0, 0, 0 },
		{ 0x15, 0, 1, NR(getppid) },
		{ 0x06, 0, 0, 0x00050021 },
		{ 0x06, 0, 0, 0x7fff0000 },
	};
	struct { u16 len, pad; u32 filter; } prog = { 4, 0, A(insn) };
	long pid;

	C(seccomp, 2, 0, &action);
	action = 5;
	C(seccomp, 2, 0, &action);
	C(seccomp, 3, 0, sizes);
	DUMP(sizes);
	C(seccomp, 1, 0, &prog);
	C(getppid);
	prog.len = 0;
	C(seccomp, 1, 0, &prog);
	C(prctl, PR_SET_SECCOMP, 2, 4);
	prog.len = 4;
	C(prctl, PR_SET_SECCOMP, 2, &prog);
	C(getppid);
	C(prctl, PR_GET_SECCOMP);
	C(seccomp, 9, 0, 0);
	pid = Q(fork);
	if (!pid) {
		s32 status;

		pid = Q(fork);
		if (!pid) {
			Q(seccomp, 0, 0, 0);
			Q(getuid);
			Q(exit, 0);
		}
		Q(wait4, pid, &status, 0, 0);
		DUMP(status);
		leave(0);
	}
	text_len = 0;
	Q(wait4, pid, 0, 0, 0);
}

OP(children)
{
	s32 status;
	u8 si[132], ru[76];
	long pid;

	pid = child(3, 0);
	FRESH_VAR(status);
	FRESH_VAR(ru);
	IS(Q(wait4, pid, &status, 0, ru) == pid);
	DUMP(status);
	DUMP_BUT(ru, 0, 72);
	C(wait4, pid, &status, 0, 0);
	C(wait4, -1, &status, 0x80, 0);

	pid = child(4, 0);
	FRESH_VAR(si);
	FRESH_VAR(ru);
	C(waitid, P_PID, pid, si, WEXITED | WNOWAIT, ru);
	DUMP_BUT(si, 12, 4);
	DUMP_BUT(ru, 0, 72);
	C(waitid, P_PID, pid, 0, WEXITED, 0);
	C(waitid, P_PID, pid, si, WEXITED, 0);
	C(waitid, P_ALL, 0, si, 0, 0);

	pid = Q(fork);
	if (!pid) {
		Q(kill, Q(getpid), SIGSTOP);
		Q(exit, 0);
	}
	FRESH_VAR(si);
	C(waitid, P_PID, pid, si, WSTOPPED, 0);
	DUMP_BUT(si, 12, 4);
	Q(kill, pid, SIGKILL);
	FRESH_VAR(si);
	C(waitid, P_PID, pid, si, WEXITED, 0);
	DUMP_BUT(si, 12, 4);
	pid = child(0, 10000);
	C(wait4, pid, &status, WNOHANG, 0);
	FRESH_VAR(si);
	C(waitid, P_PID, pid, si, WEXITED | WNOHANG, 0);
	DUMP_LEN(si, 24);
	Q(kill, pid, SIGKILL);
}

OP(vfork)
{
	s32 status = -1;
	long pid = raw_vfork();

	IS(pid > 0);
	IS(Q(wait4, pid, &status, 0, 0) == pid);
	DUMP(status);
}

static volatile u32 thread_ran;

static void thread(void)
{
	thread_ran = Q(gettid);
}

OP(clone)
{
	static u32 ptid, ctid = 1;
	s32 status = -1;
	long pid;

	pid = raw_thread(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			 CLONE_THREAD | CLONE_PARENT_SETTID |
			 CLONE_CHILD_CLEARTID, thread_stack + ARRAY_SIZE(thread_stack),
			 &ptid, 0, &ctid, thread);
	IS(pid > 0);
	/* Either it has ended, or the kernel wakes this one when it does. */
	while (pid > 0 && *(volatile u32 *)&ctid)
		Q(futex, &ctid, FUTEX_WAIT, 1, 0, 0, 0);
	IS(thread_ran == (u32)pid);
	IS(ptid == (u32)pid);
	pid = Q(clone, SIGCHLD | CLONE_CHILD_SETTID, 0, 0, 0, &ctid);
	if (!pid)
		Q(exit, ctid == (u32)Q(gettid) ? 5 : 6);
	IS(Q(wait4, pid, &status, 0, 0) == pid);
	DUMP(status);
	C(clone, CLONE_THREAD, 0, 0, 0, 0);
	C(clone, CLONE_SIGHAND, 0, 0, 0, 0);
}

OP(clone3)
{
	struct { u64 flags, pidfd, ctid, ptid, exit, stack, size, tls; } args = {
		.flags = CLONE_PIDFD, .exit = SIGCHLD,
	};
	s32 fd = -1, status = -1;
	u8 si[128];
	long pid;

	args.pidfd = A(&fd);
	pid = Q(clone3, &args, sizeof(args));
	if (!pid)
		Q(exit, 8);
	IS(pid > 0);
	DUMP(fd);
	FRESH_VAR(si);
	C(waitid, P_PIDFD, fd, si, WEXITED | WNOWAIT, 0);
	DUMP_BUT(si, 12, 4);
	IS(Q(wait4, pid, &status, 0, 0) == pid);
	DUMP(status);
	C(clone3, &args, 8);
	C(clone3, 4, sizeof(args));
	args.exit = 1 << 20;
	C(clone3, &args, sizeof(args));
}

static void exec_and_wait(const char *what, int at)
{
	char path[] = "/proc/self/exe";
	u32 argv[] = { A("compat-ops"), A(what), 0 };
	u32 envp[] = { A("A=b"), 0 };
	s32 status = -1;
	long pid;

	flush();
	pid = Q(fork);
	if (!pid) {
		if (at)
			C(execveat, AT_FDCWD, path, argv, envp, 0);
		else
			C(execve, path, argv, envp);
		leave(1);
	}
	Q(wait4, pid, &status, 0, 0);
	DUMP(status);
}

OP(execve)
{
	u32 argv[] = { A("x"), 0 }, bad[] = { 4, 0 };

	exec_and_wait("exec_ve", 0);
	C(execve, "none", argv, 0);
	C(execve, ".", argv, argv);
	C(execve, "/proc/self/exe", bad, 0);
	C(execve, "/proc/self/exe", 4, 0);
	Q(close, file("script", "#!none\n"));
	C(execve, "script", argv, 0);
	Q(chmod, "script", 0755);
	C(execve, "script", argv, 0);
	Q(close, file("garbage", "garbage"));
	Q(chmod, "garbage", 0755);
	C(execve, "garbage", argv, 0);
}

OP(execveat)
{
	u32 argv[] = { A("x"), 0 };

	exec_and_wait("exec_veat", 1);
	C(execveat, AT_FDCWD, "", argv, 0, AT_EMPTY_PATH);
	C(execveat, AT_FDCWD, "none", argv, 0, 0x80000000);
	C(execveat, 99, "none", argv, 0, 0);
}

/* The heap of these programs is below 4 GiB, so brk() works in both. */
OP(brk)
{
	exec_and_wait("exec_brk", 0);
}

OP(exit)
{
	s32 status;
	long pid = Q(fork);

	if (!pid)
		Q(exit, 0x1234);
	Q(wait4, pid, &status, 0, 0);
	DUMP(status);
	pid = Q(fork);
	if (!pid)
		Q(exit_group, -1);
	Q(wait4, pid, &status, 0, 0);
	DUMP(status);
}

OP(kill)
{
	long me = Q(getpid);

	on_signal(SIGUSR1, handler, 0);
	C(kill, me, SIGUSR1);
	say("handled", handled);
	handled = 0;
	C(tkill, me, SIGUSR1);
	say("handled", handled);
	handled = 0;
	C(tgkill, me, me, SIGUSR1);
	say("handled", handled);
	handled = 0;
	C(kill, me, 99);
	C(kill, me, 0);
	C(kill, 0x7fffffff, 0);
	C(tkill, -1, SIGUSR1);
	C(tgkill, 1, me, SIGUSR1);
	C(kill, 0x80000000, 0);
}

OP(sigaction)
{
	u32 sa[4] = { 0x1234, 1 << 4, SA_RESTART }, old[5];
	struct rt_sa rt = { 0x5678, SA_SIGINFO, 0, { 0x10, 0x20 } };
	struct { struct rt_sa sa; u32 guard; } rtold;

	FRESH_VAR(old);
	C(sigaction, SIGUSR1, sa, old);
	DUMP_BUT(old, 8, 8);
	FRESH_VAR(rtold);
	C(rt_sigaction, SIGUSR1, &rt, &rtold, 8);
	DUMP_BUT(rtold, 8, 4);
	FRESH_VAR(rtold);
	C(rt_sigaction, SIGUSR1, 0, &rtold, 8);
	DUMP_BUT(rtold, 8, 4);
	FRESH_VAR(old);
	C(sigaction, SIGUSR1, 0, old);
	DUMP_BUT(old, 12, 4);
	C(sigaction, SIGKILL, sa, 0);
	C(rt_sigaction, SIGKILL, &rt, 0, 8);
	C(rt_sigaction, SIGUSR1, &rt, 0, 16);
	C(rt_sigaction, 65, &rt, 0, 8);
	C(rt_sigaction, SIGUSR1, 4, 0, 8);
	C(sigaction, SIGUSR1, sa, 4);
}

OP(sigprocmask)
{
	u32 set[2] = { 1 << 3, 1 << 5 }, old[3];

	FRESH_VAR(old);
	C(rt_sigprocmask, SIG_SETMASK, set, old, 8);
	DUMP(old);
	FRESH_VAR(old);
	C(sigprocmask, SIG_BLOCK, set + 1, old);
	DUMP(old);
	FRESH_VAR(old);
	C(rt_sigprocmask, SIG_UNBLOCK, set, old, 8);
	DUMP(old);
	FRESH_VAR(old);
	C(rt_sigprocmask, SIG_BLOCK, 0, old, 8);
	DUMP(old);
	C(rt_sigprocmask, 9, set, 0, 8);
	C(rt_sigprocmask, SIG_BLOCK, set, 0, 4);
	C(sigprocmask, SIG_BLOCK, 4, 0);
	C(sigprocmask, 9, set, 0);
}

OP(sigpending)
{
	u32 set[3];

	block_signal(SIGUSR1);
	block_signal(SIGRT);
	Q(kill, Q(getpid), SIGUSR1);
	Q(kill, Q(getpid), SIGRT);
	FRESH_VAR(set);
	C(sigpending, set);
	DUMP(set);
	FRESH_VAR(set);
	C(rt_sigpending, set, 8);
	DUMP(set);
	C(rt_sigpending, set, 16);
	C(rt_sigpending, 4, 8);
}

OP(sigqueue)
{
	long me = Q(getpid);
	u32 si[34] = { SIGRT, 0, -1, me, 0, 0xcafe };	/* SI_QUEUE */
	u32 set[2] = { 1 << (SIGUSR1 - 1), 1 << (SIGRT - 33) };
	struct ts32 t32 = { 0, 1000000 };
	struct ts64 t64 = { 0, 1000000 };

	on_signal(SIGRT, handler_info, SA_SIGINFO);
	C(rt_sigqueueinfo, me, SIGRT, si);
	say("handled", handled);
	say("si_code", (s32)handled_value);
	block_signal(SIGUSR1);
	block_signal(SIGRT);
	C(rt_tgsigqueueinfo, me, me, SIGRT, si);
	FRESH_VAR(si);
	C(rt_sigtimedwait, set, si, &t32, 8);
	DUMP_BUT(si, 12, 4);
	Q(kill, me, SIGUSR1);
	FRESH_VAR(si);
	C(rt_sigtimedwait_time64, set, si, &t64, 8);
	DUMP_BUT(si, 12, 4);
	C(rt_sigtimedwait, set, si, &t32, 8);
	C(rt_sigtimedwait_time64, set, si, &t64, 8);
	t32.nsec = -1;
	C(rt_sigtimedwait, set, si, &t32, 8);
	C(rt_sigtimedwait, set, si, &t32, 4);
	si[2] = 0;
	C(rt_sigqueueinfo, 1, SIGRT, si);
	C(rt_sigqueueinfo, me, SIGRT, 4);
	C(rt_tgsigqueueinfo, me, 1, SIGRT, si);
}

OP(sigsuspend)
{
	u32 none[2] = { 0, 0 };

	on_signal(SIGUSR1, handler, 0);
	block_signal(SIGUSR1);
	Q(kill, Q(getpid), SIGUSR1);
	C(rt_sigsuspend, none, 8);
	say("handled", handled);
	handled = 0;
	Q(kill, Q(getpid), SIGUSR1);
	C(sigsuspend, 0, 0, 0);
	say("handled", handled);
	C(rt_sigsuspend, none, 4);
	C(rt_sigsuspend, 4, 8);
}

OP(pause)
{
	s32 it[4] = { 0, 0, 0, 50000 };

	on_signal(SIGALRM, handler, 0);
	Q(setitimer, 0, it, 0);
	C(pause);
	say("handled", handled);
}

OP(sigaltstack)
{
	u32 ss[3] = { A(thread_stack), 0, 8192 }, old[4];

	FRESH_VAR(old);
	C(sigaltstack, 0, old);
	DUMP(old);
	C(sigaltstack, ss, 0);
	FRESH_VAR(old);
	C(sigaltstack, 0, old);
	IS(old[0] == ss[0]);
	DUMP_BUT(old, 0, 4);
	ss[2] = 2047;
	C(sigaltstack, ss, 0);
	ss[2] = 2048;
	C(sigaltstack, ss, 0);
	ss[1] = 77;
	C(sigaltstack, ss, 0);
	C(sigaltstack, 4, 0);
}

OP(restart)
{
	s32 it[4] = { 0, 0, 0, 300000 }, p[2];
	struct ts32 t = { 0, 900000000 }, rem;
	long pid;
	u8 c;

	/* A handler interrupts both kinds of calls ... */
	on_signal(SIGALRM, handler, 0);
	Q(pipe, p);
	Q(setitimer, 0, it, 0);
	C(read, p[0], &c, 1);
	Q(setitimer, 0, it, 0);
	FRESH_VAR(rem);
	C(nanosleep, &t, &rem);
	IS(rem.sec == 0 && rem.nsec > 0 && rem.nsec < 900000000);
	/* ... but SA_RESTART goes on with the one, ... */
	on_signal(SIGALRM, handler, SA_RESTART);
	pid = Q(fork);
	if (!pid) {
		pause_ms(900);
		Q(write, p[1], "y", 1);
		Q(exit, 0);
	}
	Q(setitimer, 0, it, 0);
	C(read, p[0], &c, 1);
	DUMP(c);
	Q(setitimer, 0, it, 0);
	C(nanosleep, &t, &rem);
	/* ... and without a handler also the other goes on. */
	pid = Q(fork);
	if (!pid) {
		pause_ms(200);
		Q(kill, Q(getppid), SIGSTOP);
		pause_ms(20);
		Q(kill, Q(getppid), SIGCONT);
		Q(exit, 0);
	}
	/* Long enough to be asleep when that comes, on a busy machine as well. */
	C(nanosleep, &t, &rem);
	C(restart_syscall);
}

OP(pidfd)
{
	long pid = child(0, 10000);
	s32 p[2];
	u8 c, si[128];

	Q(pipe, p);
	C(pidfd_open, pid, 0);
	C(pidfd_open, pid, 1);
	C(pidfd_open, -1, 0);
	Q(write, p[1], "z", 1);
	/* The same pipe, taken out of the child, which forked before it. */
	C(pidfd_getfd, 5, 99, 0);
	C(pidfd_getfd, 5, 1, 0);
	C(pidfd_getfd, 5, 1, 7);
	C(read, p[0], &c, 1);
	C(pidfd_send_signal, 5, SIGTERM, 0, 0);
	FRESH_VAR(si);
	C(waitid, P_PIDFD, 5, si, WEXITED, 0);
	DUMP_BUT(si, 12, 4);
	C(pidfd_send_signal, 5, SIGTERM, 0, 0);
	C(pidfd_send_signal, 1, SIGTERM, 0, 0);
	C(process_mrelease, 5, 0);
	C(process_mrelease, 99, 0);
}

OP(clocks)
{
	struct ts32 a, b;
	struct ts64 c;
	s32 tv[3], tz[3];
	u64 now, then;

	FRESH_VAR(a);
	FRESH_VAR(c);
	C(clock_gettime, CLOCK_MONOTONIC, &a);
	C(clock_gettime64, CLOCK_MONOTONIC, &c);
	now = (u64)a.sec * 1000000000 + a.nsec;
	then = (u64)c.sec * 1000000000 + c.nsec;
	IS(then >= now && then - now < 20000000000ull);
	FRESH_VAR(a);
	FRESH_VAR(c);
	C(clock_getres, CLOCK_MONOTONIC, &a);
	C(clock_getres_time64, CLOCK_MONOTONIC, &c);
	DUMP(a);
	DUMP(c);
	C(clock_gettime, 99, &a);
	C(clock_gettime64, 99, &c);
	C(clock_gettime, CLOCK_MONOTONIC, 4);
	C(clock_getres, 99, 0);
	FRESH_VAR(tv);
	FRESH_VAR(tz);
	C(gettimeofday, tv, tz);
	DUMP_BUT(tv, 0, 8);
	DUMP(tz);
	C(clock_gettime, CLOCK_REALTIME, &b);
	IS(b.sec - tv[0] <= 20);
	C(gettimeofday, 4, 0);
	/* Setting: only what is refused, and what changes nothing. */
	tv[1] = 1000000;
	C(settimeofday, tv, 0);
	C(settimeofday, 0, tz);
	b.nsec = -1;
	C(clock_settime, CLOCK_REALTIME, &b);
	c.nsec = 1ull << 40;
	C(clock_settime64, CLOCK_REALTIME, &c);
	C(clock_settime, CLOCK_MONOTONIC, &a);
}

OP(adjtimex)
{
	u8 tx32[136], tx64[216];
	u32 *p = (u32 *)tx32;

	FRESH_VAR(tx32);
	p[0] = 0;
	/* offset, freq, maxerror, esterror, time vary */
	OK(adjtimex, tx32);
	DUMP_BUT(tx32, 0, 128);
	p[0] = 0;
	OK(clock_adjtime, CLOCK_REALTIME, tx32);
	p[0] = 0x4000;			/* ADJ_TICK */
	p[10] = 1;
	C(adjtimex, tx32);
	FRESH_VAR(tx64);
	*(u32 *)tx64 = 0;
	OK(clock_adjtime64, CLOCK_REALTIME, tx64);
	DUMP_BUT(tx64, 0, 208);
	C(clock_adjtime, 99, tx32);
	C(clock_adjtime64, CLOCK_MONOTONIC, tx64);
	C(adjtimex, 4);
}

OP(sleep)
{
	struct ts32 t32 = { 0, 1000000 };
	struct ts64 t64 = { 0, 1000000 };

	C(nanosleep, &t32, 0);
	C(clock_nanosleep, CLOCK_MONOTONIC, 0, &t32, 0);
	C(clock_nanosleep_time64, CLOCK_MONOTONIC, 0, &t64, 0);
	C(clock_nanosleep_time64, CLOCK_REALTIME, TIMER_ABSTIME, &t64, 0);
	t32.nsec = 1000000000;
	C(nanosleep, &t32, 0);
	C(clock_nanosleep, 99, 0, &t32, 0);
	C(clock_nanosleep, CLOCK_MONOTONIC, 0, &t32, 0);
	t64.sec = -1;
	C(clock_nanosleep_time64, CLOCK_MONOTONIC, 0, &t64, 0);
	C(nanosleep, 4, 0);
}

OP(itimer)
{
	s32 it[4] = { 1000, 2, 3000, 4 }, old[5];

	FRESH_VAR(old);
	C(setitimer, 0, it, old);
	DUMP(old);
	FRESH_VAR(old);
	C(getitimer, 0, old);
	DUMP_BUT(old, 8, 8);
	IS(old[2] <= 3000 && old[2] > 2000);
	C(setitimer, 2, it, 0);
	C(getitimer, 5, old);
	it[3] = -1;
	C(setitimer, 0, it, 0);
	C(setitimer, 0, 4, 0);
}

OP(timer)
{
	u32 ev[16] = { 0xfeed, SIGRT, 0 }, set[2] = { 0, 1 << (SIGRT - 33) };
	struct { struct ts32 interval, value; } t32 = { { 0, 0 }, { 0, 1000000 } }, o32;
	struct { struct ts64 interval, value; } t64 = { { 100, 5 }, { 200, 6 } }, o64;
	s32 id = -1;
	u32 si[33];

	block_signal(SIGRT);
	C(timer_create, CLOCK_MONOTONIC, ev, &id);
	DUMP(id);
	C(timer_settime, id, 0, &t32, 0);
	FRESH_VAR(si);
	C(rt_sigtimedwait, set, si, 0, 8);
	DUMP(si);
	C(timer_getoverrun, id);
	FRESH_VAR(o64);
	C(timer_settime64, id, 0, &t64, &o64);
	DUMP(o64);
	FRESH_VAR(o32);
	C(timer_gettime, id, &o32);
	DUMP_BUT(o32, 8, 8);
	FRESH_VAR(o64);
	C(timer_gettime64, id, &o64);
	DUMP_BUT(o64, 16, 16);
	IS(o64.value.sec <= 200 && o64.value.sec > 100);
	C(timer_delete, id);
	C(timer_delete, id);
	C(timer_create, 99, ev, &id);
	ev[2] = 55;
	C(timer_create, CLOCK_MONOTONIC, ev, &id);
	C(timer_create, CLOCK_MONOTONIC, 4, &id);
	C(timer_gettime, 99, &o32);
	C(timer_getoverrun, 99);
	/* No event given: the signal carries the number of the timer. */
	C(timer_create, CLOCK_MONOTONIC, 0, &id);
	DUMP(id);
}

OP(robust_list)
{
	u32 head[3] = { A(head), 0, 0 }, got = 0, len = 0;

	C(set_robust_list, head, 12);
	C(get_robust_list, 0, &got, &len);
	IS(got == A(head));
	DUMP(len);
	C(set_robust_list, head, 24);
	C(get_robust_list, 0x7fffffff, &got, &len);
	C(get_robust_list, 0, 4, &len);
	IS(Q(set_tid_address, &len) == Q(gettid));
}

/* The mutex of a process that was killed is marked, by its 32-bit list. */
OP(robust_exit)
{
	/* next, futex_offset, list_op_pending; the lock follows its entry */
	volatile u32 *m;
	long pid;

	/* Shared with the child: a private mapping would be copied. */
	m = (void *)(ulong)(u32)Q(mmap2, 0, 4096, PROT_RW,
				  MAP_SHARED | MAP_ANON, -1, 0);
	m[0] = A(m + 8);		/* the head: one entry */
	m[1] = 4;
	m[2] = 0;
	m[8] = A(m);			/* the entry, back to the head */
	pid = Q(fork);
	if (!pid) {
		Q(set_robust_list, m, 12);
		m[9] = Q(gettid);
		m[10] = 1;
		for (;;)
			Q(pause);
	}
	while (!m[10])
		Q(sched_yield);
	Q(kill, pid, SIGKILL);
	Q(wait4, pid, 0, 0, 0);
	say("owner died", !!(m[9] & 0x40000000));
	say("owner left", m[9] & 0x3fffffff);
}

OP(rseq)
{
	static u32 area[8] __aligned(32);

	area[0] = -1;
	C(rseq, area, 32, 0, 0x53053053);
	IS(*(volatile u32 *)area < 512);
	C(rseq, area, 32, 0, 0x53053053);
	C(rseq, area, 32, 1, 0x53053054);
	C(rseq, area, 32, 1, 0x53053053);
	C(rseq, area, 7, 0, 0x53053053);
	C(rseq, 4, 32, 0, 0x53053053);
	C(rseq_slice_yield);
}

OP(kcmp)
{
	long me = Q(getpid);

	file("f", "");
	Q(dup, 3);
	C(kcmp, me, me, 0, 3, 4);
	IS(Q(kcmp, me, me, 0, 3, 1) > 0);
	C(kcmp, me, me, 0, 3, 99);
	C(kcmp, me, me, 99, 0, 0);
}

OP(process_vm)
{
	u32 data[2] = { 0x11223344, 0x55667788 };
	u8 buf[10];
	struct iov local[2] = { { A(buf), 3 }, { A(buf + 4), 5 } };
	struct iov remote = { A(data), 8 };
	long pid = child(0, 10000);

	FRESH_VAR(buf);
	C(process_vm_readv, pid, local, 2, &remote, 1, 0);
	DUMP(buf);
	local[0].base = A("xyz");
	local[0].len = 3;
	C(process_vm_writev, pid, local, 1, &remote, 1, 0);
	FRESH_VAR(buf);
	local[0].base = A(buf);
	C(process_vm_readv, pid, local, 1, &remote, 1, 0);
	DUMP(buf);
	C(process_vm_readv, pid, local, 1, &remote, 1, 1);
	remote.base = 4;
	C(process_vm_readv, pid, local, 1, &remote, 1, 0);
	C(process_vm_readv, 0x7fffffff, local, 1, &remote, 1, 0);
	C(process_vm_readv, pid, local, 2000, &remote, 1, 0);
	Q(kill, pid, SIGKILL);
}

OP(ptrace)
{
	u32 secret = 0x600dcafe, word = 0;
	s32 status = -1;
	u8 si[128];
	long pid = Q(fork);

	if (!pid) {
		Q(ptrace, 0, 0, 0, 0);
		Q(kill, Q(getpid), SIGSTOP);
		Q(exit, secret == 0xbad);
	}
	IS(Q(wait4, pid, &status, 0, 0) == pid);
	DUMP(status);
	C(ptrace, 2, pid, &secret, &word);	/* PEEKDATA */
	DUMP(word);
	C(ptrace, 5, pid, &secret, 0xbad);	/* POKEDATA */
	C(ptrace, 1, pid, 4, &word);
	FRESH_VAR(si);
	C(ptrace, 0x4202, pid, 0, si);		/* GETSIGINFO */
	DUMP_BUT(si, 12, 4);
	word = 0;
	C(ptrace, 0x4200, pid, 0, 1);		/* SETOPTIONS */
	C(ptrace, 0x4200, pid, 0, -1);
	C(ptrace, 0x4201, pid, 0, 4);		/* GETEVENTMSG */
	C(ptrace, 7, pid, 0, 99);		/* CONT, a bad signal */
	C(ptrace, 7, pid, 0, 0);
	IS(Q(wait4, pid, &status, 0, 0) == pid);
	DUMP(status);
	C(ptrace, 7, pid, 0, 0);
	C(ptrace, 16, Q(getpid), 0, 0);		/* ATTACH */
}

OP(unshare)
{
	C(unshare, 0);
	C(unshare, 1);
	C(unshare, CLONE_NEWIPC);
	C(open, "/proc/self/ns/ipc", O_RDONLY);
	C(setns, 3, CLONE_NEWUTS);
	C(setns, 3, CLONE_NEWIPC);
	C(setns, 99, 0);
	C(setns, 1, 0);
	C(listns, 4, 0, 0, 0);
}

OP(membarrier)
{
	IS(Q(membarrier, 0, 0, 0) > 0);
	C(membarrier, 8, 0, 0);		/* PRIVATE_EXPEDITED, unregistered */
	C(membarrier, 16, 0, 0);
	C(membarrier, 8, 0, 0);
	C(membarrier, 1 << 30, 0, 0);
	C(membarrier, 0, 1, 0);
}

OP(getrandom)
{
	u8 buf[8] = { 0 };

	C(getrandom, buf, 8, GRND_NONBLOCK);
	C(getrandom, buf, 8, 0x80);
	C(getrandom, 4, 8, 0);
}

OP(privileged)
{
	u8 buf[64];

	/* What is refused for its arguments, or missing in many kernels. */
	C(acct, "none");
	C(swapon, "none", 0);
	C(swapoff, "none");
	C(reboot, 1, 2, 3, 0);
	C(syslog, 99, 0, 0);
	C(syslog, 3, buf, -1);
	C(syslog, 3, 0, 0);
	C(quotactl, 99, "none", 0, 0);
	C(quotactl_fd, 99, 0, 0, 0);
	C(kexec_load, 0, 17, 4, 0);
	C(kexec_file_load, 99, 99, 0, 0, 0x80);
	C(sysfs, 3);
	C(bpf, 0, 4, 16);
	C(bpf, 999, 0, 0);
	C(perf_event_open, 4, 0, 0, -1, 0);
	C(perf_event_open, 0, 0, 0, -1, 0);
	C(userfaultfd, 0x80000000);
	C(bdflush, 1, 2);
	C(nfsservctl, 0);
	C(_sysctl, 0);
	C(vserver);
	C(lookup_dcookie, 0, 0, 0, 0);
	C(uselib, "none");
	C(init_module, 4, 5, "");
	C(delete_module, "none", 0);
	C(finit_module, 99, "", 0);
	C(pciconfig_iobase, 0, 0, 0);
	C(pciconfig_read, 0, 0, 0, 1, buf);
	C(pciconfig_write, 0, 0, 0, 1, buf);
	C(lsm_get_self_attr, 100, 0, buf, 0);
	C(lsm_set_self_attr, 100, 4, 8, 0);
	C(lsm_list_modules, 4, buf, 0);
	C(landlock_create_ruleset, 0, 0, 2);
	C(landlock_add_rule, 99, 1, 4, 0);
	C(landlock_restrict_self, 99, 0);
}

OP(landlock)
{
	u64 attr[3] = { 1 << 2 };	/* READ_FILE */
	struct { u64 access; s32 fd; } __packed rule = { 1 << 2 };
	long fd;

	Q(close, file("f", ""));
	Q(mkdir, "d", 0755);
	Q(close, file("d/f", ""));
	IS(Q(landlock_create_ruleset, 0, 0, 1) > 0);
	fd = C(landlock_create_ruleset, attr, 8, 0);
	rule.fd = Q(open, "d", O_PATH);
	C(landlock_add_rule, fd, 1, &rule, 0);
	C(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	C(landlock_restrict_self, fd, 0);
	C(open, "f", O_RDONLY);
	C(open, "d/f", O_RDONLY);
	C(landlock_create_ruleset, 4, 8, 0);
}

OP(keys)
{
	char buf[32];
	long key;

	OK(keyctl, 1, 0);		/* JOIN_SESSION_KEYRING */
	key = OK(add_key, "user", "a-key", "payload", 7, -3);
	FRESH_VAR(buf);
	C(keyctl, 11, key, buf, sizeof(buf));
	DUMP(buf);
	OK(request_key, "user", "a-key", 0, 0);
	C(request_key, "user", "no-key", 0, 0);
	C(keyctl, 6, key, buf, 4);	/* DESCRIBE: the length is enough */
	C(keyctl, 3, key);
	C(keyctl, 11, key, buf, sizeof(buf));
	C(keyctl, 99);
	C(add_key, "nonsense", "a", "b", 1, -3);
	C(add_key, 4, "a", "b", 1, -3);
}

OP(perf)
{
	u32 attr[32] = { 1, 128 };	/* PERF_TYPE_SOFTWARE, size */
	u64 id = 0, count = 0;

	attr[10] = 1 | 1 << 5;		/* disabled, exclude_kernel */
	C(perf_event_open, attr, 0, -1, -1, 0);
	C(ioctl, 3, 0x2400, 0);
	/* PERF_EVENT_IOC_ID as a 32-bit program spells it. */
	C(ioctl, 3, 0x80042407, &id);
	IS(id != 0);
	C(read, 3, &count, 8);
	C(read, 3, &count, 4);
}
