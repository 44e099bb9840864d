/* SPDX-License-Identifier: GPL-2.0 */
/* Sockets, System V IPC, message queues, futexes, asynchronous I/O. */

OP(sockets)
{
	struct { u16 family; char path[14]; } un = { AF_UNIX, "sock" }, name;
	u32 len, cred[4];
	s32 on = 1, pair[2];
	char buf[8];

	C(socket, AF_UNIX, SOCK_STREAM, 0);
	C(bind, 3, &un, 7);
	C(listen, 3, 5);
	C(socket, AF_UNIX, SOCK_STREAM | O_CLOEXEC, 0);
	C(connect, 4, &un, 7);
	len = sizeof(name);
	FRESH_VAR(name);
	C(accept, 3, &name, &len);
	DUMP(len);
	C(connect, 4, &un, 7);
	C(socket, AF_UNIX, SOCK_STREAM, 0);
	C(connect, 6, &un, 7);
	C(accept4, 3, 0, 0, O_NONBLOCK);
	C(accept4, 3, 0, 0, 1);
	len = sizeof(name);
	FRESH_VAR(name);
	C(getsockname, 3, &name, &len);
	DUMP(len);
	DUMP(name);
	len = sizeof(name);
	FRESH_VAR(name);
	C(getpeername, 4, &name, &len);
	DUMP(len);
	DUMP(name);
	C(send, 4, "hi", 2, 0);
	FRESH_VAR(buf);
	C(recv, 5, buf, 8, MSG_PEEK);
	DUMP(buf);
	C(sendto, 4, "ho", 2, 0, 0, 0);
	len = sizeof(name);
	C(recvfrom, 5, buf, 8, 0, &name, &len);
	DUMP(buf);
	DUMP(len);
	C(recv, 5, buf, 8, MSG_DONTWAIT);
	C(recv, 7, buf, 8, 0);
	C(setsockopt, 4, SOL_SOCKET, SO_PASSCRED, &on, 4);
	len = 4;
	C(getsockopt, 4, SOL_SOCKET, SO_PASSCRED, &on, &len);
	DUMP(on);
	DUMP(len);
	len = 12;
	FRESH_VAR(cred);
	C(getsockopt, 4, SOL_SOCKET, SO_PEERCRED, cred, &len);
	DUMP_BUT(cred, 0, 4);
	C(getsockopt, 4, SOL_SOCKET, 9999, cred, &len);
	C(shutdown, 4, 1);
	C(send, 4, "x", 1, 0x4000);
	C(recv, 5, buf, 8, 0);
	C(shutdown, 4, 9);
	C(socketpair, AF_UNIX, SOCK_SEQPACKET, 0, pair);
	DUMP(pair);
	C(socketpair, AF_UNIX, 77, 0, pair);
	C(socket, 99, 1, 0);
	C(bind, 3, &un, 200);
	C(bind, 6, &un, 7);
	C(send, 99, "x", 1, 0);
}

/* A timeval or a timestamp, whose layout belongs to the ABI. */
OP(socket_times)
{
	s32 pair[2], tv[4] = { 5, 500000 };
	u32 len;
	s64 tv64[2] = { 7, 0 };

	Q(socketpair, AF_UNIX, SOCK_DGRAM, 0, pair);
	C(setsockopt, pair[0], SOL_SOCKET, SO_RCVTIMEO, tv, 8);
	FRESH_VAR(tv);
	len = 16;
	C(getsockopt, pair[0], SOL_SOCKET, SO_RCVTIMEO, tv, &len);
	DUMP(tv);
	DUMP(len);
	C(setsockopt, pair[0], SOL_SOCKET, SO_RCVTIMEO, tv, 7);
	C(setsockopt, pair[0], SOL_SOCKET, SO_RCVTIMEO_NEW, tv64, 16);
	FRESH_VAR(tv64);
	len = 16;
	C(getsockopt, pair[0], SOL_SOCKET, SO_RCVTIMEO_NEW, tv64, &len);
	DUMP(tv64);
	DUMP(len);
	tv[0] = 0;
	tv[1] = 1000;
	C(setsockopt, pair[0], SOL_SOCKET, SO_RCVTIMEO, tv, 8);
	C(recv, pair[0], tv, 4, 0);
	C(setsockopt, pair[0], SOL_SOCKET, SO_SNDTIMEO, 4, 8);
}

struct msghdr32 {
	u32 name, namelen, iov, iovlen, control, controllen, flags;
};

OP(messages)
{
	u32 cmsg[4] = { 16, SOL_SOCKET, SCM_RIGHTS }, got[16];
	u8 buf[8];
	struct iov v[2] = { { A("one"), 3 }, { A("two"), 3 } };
	struct msghdr32 m = { 0, 0, A(v), 2, A(cmsg), 16 };
	s32 pair[2], on = 1;

	Q(socketpair, AF_UNIX, SOCK_DGRAM, 0, pair);
	cmsg[3] = file("passed", "content");
	C(sendmsg, pair[0], &m, 0);
	v[0].base = A(buf);
	v[0].len = 2;
	v[1].base = A(buf + 3);
	v[1].len = 5;
	m.control = A(got);
	m.controllen = sizeof(got);
	FRESH_VAR(buf);
	FRESH_VAR(got);
	C(recvmsg, pair[1], &m, MSG_CMSG_CLOEXEC);
	DUMP(buf);
	DUMP(got);
	say("controllen", m.controllen);
	say("flags", m.flags);
	C(fcntl64, got[3], F_GETFD);
	/* Too little room for it. */
	m.control = A(cmsg);
	m.controllen = 16;
	Q(sendmsg, pair[0], &m, 0);
	m.control = A(got);
	m.controllen = 13;
	C(recvmsg, pair[1], &m, 0);
	say("flags", m.flags);
	/* Credentials and a time stamp, each in its 32-bit layout. */
	C(setsockopt, pair[1], SOL_SOCKET, SO_PASSCRED, &on, 4);
	C(setsockopt, pair[1], SOL_SOCKET, SO_TIMESTAMP, &on, 4);
	m.controllen = 0;
	m.control = m.controllen;
	Q(sendmsg, pair[0], &m, 0);
	m.control = A(got);
	m.controllen = sizeof(got);
	FRESH_VAR(got);
	C(recvmsg, pair[1], &m, 0);
	DUMP_BUT(got, 12, 8, 32, 4);
	say("controllen", m.controllen);
	cmsg[0] = 8;
	m.control = A(cmsg);
	m.controllen = 16;
	C(sendmsg, pair[0], &m, 0);
	m.iovlen = 2000;
	C(sendmsg, pair[0], &m, 0);
	C(sendmsg, pair[0], 4, 0);
	C(recvmsg, pair[0], 4, 0);
}

OP(many_messages)
{
	u8 buf[2][4];
	struct iov v[2] = { { A("abc"), 3 }, { A("de"), 2 } };
	struct { struct msghdr32 h; u32 len; } m[2] = {
		{ { 0, 0, A(v), 1 } }, { { 0, 0, A(v + 1), 1 } },
	};
	struct ts32 t32 = { 1, 0 };
	struct ts64 t64 = { 1, 0 };
	s32 pair[2];

	Q(socketpair, AF_UNIX, SOCK_DGRAM, 0, pair);
	C(sendmmsg, pair[0], m, 2, 0);
	say("len", m[0].len);
	say("len", m[1].len);
	Q(sendmmsg, pair[0], m, 2, 0);
	v[0].base = A(buf[0]);
	v[1].base = A(buf[1]);
	v[1].len = 4;
	v[0].len = v[1].len;
	FRESH_VAR(buf);
	C(recvmmsg, pair[1], m, 2, 0, &t32);
	DUMP(buf);
	say("len", m[0].len);
	say("len", m[1].len);
	FRESH_VAR(buf);
	C(recvmmsg_time64, pair[1], m, 2, 0, &t64);
	DUMP(buf);
	C(recvmmsg, pair[1], m, 2, MSG_DONTWAIT, 0);
	t32.nsec = -1;
	C(recvmmsg, pair[1], m, 2, 0, &t32);
	t64.nsec = -1;
	C(recvmmsg_time64, pair[1], m, 2, 0, &t64);
	C(sendmmsg, 99, m, 2, 0);
}

/* A filter whose pointer is 32 bits wide. */
OP(socket_filter)
{
	struct { u16 code; u8 jt, jf; u32 k; } insn = { 6, 0, 0, 0 };
	struct { u16 len, pad; u32 filter; } prog = { 1, 0, A(&insn) };
	s32 pair[2];
	u8 c;

	Q(socketpair, AF_UNIX, SOCK_DGRAM, 0, pair);
	C(setsockopt, pair[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, 8);
	C(send, pair[0], "x", 1, 0);
	C(recv, pair[1], &c, 1, MSG_DONTWAIT);
	prog.filter = 4;
	C(setsockopt, pair[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, 8);
	C(setsockopt, pair[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, 6);
}

OP(inet)
{
	u32 conf[2];
	u8 reqs[8 * 32], req[32] = "lo";
	s32 on = 1;
	u32 len = 4;
	struct { u16 family, port; u32 addr; u8 zero[8]; } in = { AF_INET, 0, 0x0100007f };

	C(socket, AF_INET, SOCK_DGRAM, 0);
	C(bind, 3, &in, 16);
	conf[0] = sizeof(reqs);
	conf[1] = A(reqs);
	/* Interfaces without an address are not in the list. */
	C(ioctl, 3, 0x8912, conf);		/* SIOCGIFCONF */
	DUMP_BUT(conf, 4, 4);
	C(ioctl, 3, 0x8913, req);		/* SIOCGIFFLAGS */
	DUMP_LEN(req, 20);
	C(ioctl, 3, 0x8921, req);		/* SIOCGIFMTU */
	DUMP_LEN(req, 20);
	memcpy(req, "none", 5);
	C(ioctl, 3, 0x8921, req);
	C(setsockopt, 3, 0, 10, &on, 4);	/* IP_MTU_DISCOVER */
	C(getsockopt, 3, 0, 2, &on, &len);	/* IP_TTL */
	DUMP(on);
	C(connect, 3, &in, 3);
}

OP(semaphores)
{
	u16 all[3] = { 5, 6, 7 };
	struct { u16 num; s16 op, flg; } sop = { 0, -9, IPC_NOWAIT };
	struct ts32 t32 = { 0, 1000000 };
	struct ts64 t64 = { 0, 1000000 };
	u8 ds[72], info[44];
	long id = Q(semget, IPC_PRIVATE, 3, 0600);

	IS(id >= 0);
	C(semctl, id, 0, SEM_SETALL | IPC_64, all);
	C(semctl, id, 1, SEM_SETVAL | IPC_64, 9);
	C(semctl, id, 1, SEM_GETVAL, 0);
	FRESH_VAR(all);
	C(semctl, id, 0, SEM_GETALL | IPC_64, all);
	DUMP(all);
	C(semop, id, &sop, 1);
	sop.op = -2;
	C(semop, id, &sop, 1);
	sop.op = -9;
	sop.flg = 0;
	C(semtimedop, id, &sop, 1, &t32);
	C(semtimedop_time64, id, &sop, 1, &t64);
	t64.nsec = -1;
	C(semtimedop_time64, id, &sop, 1, &t64);
	t32.nsec = -1;
	C(semtimedop, id, &sop, 1, &t32);
	FRESH_VAR(ds);
	C(semctl, id, 0, IPC_STAT | IPC_64, ds);
	DUMP_BUT(ds, 24, 2, 36, 16);
	FRESH_VAR(ds);
	C(semctl, id, 0, IPC_STAT, ds);
	DUMP_BUT(ds, 14, 10);
	FRESH_VAR(info);
	OK(semctl, 0, 0, IPC_INFO | IPC_64, info);
	DUMP_BUT(info, 0, 40);
	C(semctl, id, 7, SEM_GETVAL, 0);
	C(semctl, id, 0, 99, 0);
	C(semctl, id, 0, SEM_GETALL | IPC_64, 4);
	C(semctl, id, 0, IPC_RMID | IPC_64, 0);
	C(semctl, id, 0, IPC_RMID | IPC_64, 0);
	C(semget, IPC_PRIVATE, 100000, 0600);
}

OP(queues)
{
	struct { s32 type; char text[12]; } m = { 5, "message" };
	u8 ds[92];
	long id = Q(msgget, IPC_PRIVATE, 0600);

	IS(id >= 0);
	C(msgsnd, id, &m, 7, 0);
	m.type = 6;
	C(msgsnd, id, &m, 3, IPC_NOWAIT);
	FRESH_VAR(ds);
	C(msgctl, id, IPC_STAT | IPC_64, ds);
	DUMP_BUT(ds, 24, 2, 36, 24, 72, 8);
	FRESH_VAR(ds);
	C(msgctl, id, IPC_STAT, ds);
	DUMP_BUT(ds, 14, 22, 48, 4);
	FRESH_VAR(m);
	C(msgrcv, id, &m, 12, 6, 0);
	DUMP(m);
	FRESH_VAR(m);
	C(msgrcv, id, &m, 3, 0, 0);
	C(msgrcv, id, &m, 3, 0, 010000);
	DUMP(m);
	C(msgrcv, id, &m, 3, 0, IPC_NOWAIT);
	C(msgrcv, id, 4, 3, 0, IPC_NOWAIT);
	m.type = 0;
	C(msgsnd, id, &m, 3, 0);
	m.type = -3;
	C(msgsnd, id, &m, 3, 0);
	m.type = 1;
	C(msgsnd, id, &m, -1, 0);
	C(msgctl, id, IPC_RMID, 0);
	C(msgctl, id, 99, 0);
	C(msgget, 0x7777, 0);
}

OP(shared_memory)
{
	u8 ds[92], info[36];
	u32 p;
	long id = Q(shmget, IPC_PRIVATE, 8000, 0600);

	IS(id >= 0);
	p = OK(shmat, id, 0, 0);
	*(volatile u32 *)(ulong)p = 5;
	C(shmat, id, 0x62000000, 0);
	say("seen", *(volatile u32 *)0x62000000);
	C(shmat, id, 0x62000000, 0);
	C(shmat, id, 0x62000000, SHM_REMAP);
	/* COMPAT_SHMLBA: four pages. */
	C(shmat, id, 0x63001000, 0);
	C(shmat, id, 0x64001001, 020000);
	C(shmat, id, 0xffffc000, 0);
	FRESH_VAR(ds);
	C(shmctl, id, IPC_STAT | IPC_64, ds);
	DUMP_BUT(ds, 24, 2, 40, 24, 64, 8);
	FRESH_VAR(ds);
	C(shmctl, id, IPC_STAT, ds);
	DUMP_BUT(ds, 14, 2, 20, 12, 32, 4);
	FRESH_VAR(info);
	OK(shmctl, 0, IPC_INFO | IPC_64, info);
	DUMP(info);
	FRESH_VAR(info);
	OK(shmctl, 0, SHM_INFO | IPC_64, info);
	DUMP_BUT(info, 0, 24);
	C(shmdt, p);
	C(shmdt, p);
	C(shmctl, id, IPC_RMID, 0);
	C(shmctl, id, 99, 0);
	C(shmget, IPC_PRIVATE, -1, 0600);
	C(shmat, 0x7fffffff, 0, 0);
}

OP(message_queue)
{
	s32 attr[9] = { 0, 4, 16 };
	u32 ev[16] = { 0xabcd, SIGRT, 0 }, prio = 0, si[34];
	u32 set[2] = { 0, 1 << (SIGRT - 33) };
	struct ts32 t32 = { 1, 0 };
	struct ts64 t64 = { 1, 0 };
	char buf[16];

	C(unshare, CLONE_NEWIPC);
	C(mq_open, "queue", O_RDWR | O_CREAT, 0600, attr);
	FRESH_VAR(attr);
	C(mq_getsetattr, 3, 0, attr);
	DUMP(attr);
	block_signal(SIGRT);
	C(mq_notify, 3, ev);
	C(mq_notify, 3, ev);
	C(mq_timedsend, 3, "text", 4, 7, &t32);
	FRESH_VAR(si);
	C(rt_sigtimedwait, set, si, 0, 8);
	DUMP_BUT(si, 12, 4);
	C(mq_timedsend_time64, 3, "more", 4, 9, &t64);
	FRESH_VAR(buf);
	C(mq_timedreceive, 3, buf, 16, &prio, &t32);
	DUMP(buf);
	DUMP(prio);
	FRESH_VAR(buf);
	C(mq_timedreceive_time64, 3, buf, 16, &prio, &t64);
	DUMP(buf);
	DUMP(prio);
	C(mq_timedreceive, 3, buf, 16, &prio, &t32);
	C(mq_timedreceive_time64, 3, buf, 16, &prio, &t64);
	C(mq_timedreceive, 3, buf, 8, &prio, &t32);
	attr[0] = O_NONBLOCK;
	C(mq_getsetattr, 3, attr, 0);
	C(mq_timedreceive, 3, buf, 16, 0, 0);
	t32.nsec = -1;
	C(mq_timedsend, 3, "x", 1, 0, &t32);
	C(mq_timedsend, 3, "x", 100, 0, 0);
	C(mq_unlink, "queue");
	C(mq_unlink, "queue");
	C(mq_open, "none", O_RDWR, 0, 0);
	C(mq_open, "queue", O_RDWR | O_CREAT, 0600, 4);
}

OP(futex)
{
	static u32 word = 1, other;
	struct ts32 t32 = { 0, 1000000 };
	struct ts64 t64 = { 0, 1000000 };

	C(futex, &word, FUTEX_WAIT, 2, 0, 0, 0);
	C(futex, &word, FUTEX_WAIT, 1, &t32, 0, 0);
	C(futex, &word, FUTEX_WAKE, 1, 0, 0, 0);
	C(futex, &word, FUTEX_CMP_REQUEUE, 0, 1, &other, 1);
	C(futex, &word, FUTEX_CMP_REQUEUE, 0, 1, &other, 2);
	C(futex, &word, FUTEX_WAKE_OP, 1, 1, &other, 0x00005000);
	say("other", other);
	C(futex_time64, &word, FUTEX_WAIT | FUTEX_PRIVATE, 1, &t64, 0, 0);
	C(futex_time64, &word, FUTEX_WAIT_BITSET, 1, &t64, 0, -1);
	C(futex_time64, &word, FUTEX_WAIT_BITSET, 1, &t64, 0, 0);
	t64.nsec = -1;
	C(futex_time64, &word, FUTEX_WAIT, 1, &t64, 0, 0);
	C(futex, (u32)A(&word) + 1, FUTEX_WAKE, 1, 0, 0, 0);
	C(futex, 4, FUTEX_WAIT, 1, 0, 0, 0);
	C(futex, &word, 99, 1, 0, 0, 0);
}

OP(futex2)
{
	static u32 word = 1, other = 1;
	struct ts64 t64 = { 0, 1000000 };
	struct { u64 val, uaddr; u32 flags, res; } w[2] = {
		{ 1, A(&word), 2 }, { 1, A(&other), 2 },
	};

	C(futex_waitv, w, 2, 0, &t64, CLOCK_MONOTONIC);
	w[1].val = 9;
	C(futex_waitv, w, 2, 0, &t64, CLOCK_MONOTONIC);
	C(futex_waitv, w, 2, 1, 0, 0);
	C(futex_waitv, w, 200, 0, 0, 0);
	C(futex_wake, &word, -1, 1, 2);
	C(futex_wake, &word, -1, 1, 0x80);
	C(futex_wait, &word, 2, -1, 2, 0, CLOCK_MONOTONIC);
	C(futex_wait, &word, 1, -1, 2, &t64, CLOCK_MONOTONIC);
	C(futex_requeue, w, 0, 0, 1);
	w[1].val = 1;
	C(futex_requeue, w, 0, 1, 1);
}

OP(aio)
{
	struct iocb { u64 data; u32 key, flags; u16 opcode; s16 prio; u32 fd;
		      u64 buf, len; s64 off; u64 res; u32 fl2, resfd; } cb = { 0 };
	u32 ctx = 0, list[1] = { A(&cb) };
	u8 buf[8];
	struct iov v[2] = { { A(buf), 3 }, { A(buf + 4), 4 } };
	u64 ev[5];
	struct ts32 t32 = { 1, 0 };
	struct ts64 t64 = { 1, 0 };
	u32 none[2] = { 0, 0 }, sig[2] = { A(none), 8 };
	long fd = file("f", "0123456789");

	BUILD_BUG_ON(sizeof(cb) != 64);
	C(io_setup, 4, &ctx);
	IS(ctx != 0);
	cb.data = 0x1122334455667788ull;
	cb.opcode = 0;
	cb.fd = fd;
	cb.buf = A(buf);
	cb.len = 4;
	cb.off = 2;
	C(io_submit, ctx, 1, list);
	FRESH_VAR(ev);
	C(io_getevents, ctx, 1, 1, ev, &t32);
	DUMP_BUT(ev, 8, 8);
	IS((u32)ev[1] == A(&cb));
	/* The vector has 32-bit members. */
	cb.opcode = 7;
	cb.buf = A(v);
	cb.len = 2;
	cb.off = 1;
	FRESH_VAR(buf);
	C(io_submit, ctx, 1, list);
	FRESH_VAR(ev);
	C(io_pgetevents, ctx, 1, 1, ev, &t32, sig);
	DUMP_BUT(ev, 8, 8);
	DUMP(buf);
	C(io_submit, ctx, 1, list);
	FRESH_VAR(ev);
	C(io_pgetevents_time64, ctx, 1, 1, ev, &t64, sig);
	DUMP_BUT(ev, 8, 8);
	sig[1] = 4;
	C(io_pgetevents, ctx, 1, 1, ev, &t32, sig);
	C(io_cancel, ctx, &cb, ev);
	cb.opcode = 99;
	C(io_submit, ctx, 1, list);
	C(io_submit, ctx, 1, 4);
	C(io_submit, 4, 1, list);
	C(io_destroy, ctx);
	C(io_destroy, ctx);
	C(io_setup, 4, &ctx);
	C(io_setup, 4, 4);
	C(io_setup, 0, &none);
}

OP(io_uring)
{
	u32 par[31] = { 0 }, *ring, *sqe;
	u8 buf[8];
	struct iov v[2] = { { A(buf), 3 }, { A(buf + 4), 4 } };
	struct iov fixed = { A(buf), 8 };
	s32 fd = file("f", "0123456789"), ur;

	FRESH_VAR(par);
	memset(par, 0, 120);
	ur = C(io_uring_setup, 4, par);
	/* features differ between kernels, the layout of the rings too */
	DUMP_BUT(par, 20, 4, 40, 80);
	ring = (u32 *)(ulong)(u32)OK(mmap2, 0, 4096, PROT_RW, MAP_SHARED, ur, 0);
	sqe = (u32 *)(ulong)(u32)OK(mmap2, 0, 4096, PROT_RW, MAP_SHARED, ur, 0x10000);
	memset(sqe, 0, 128);
	sqe[0] = 1;				/* READV */
	sqe[1] = fd;
	sqe[2] = 2;
	sqe[4] = A(v);
	sqe[6] = 2;
	sqe[8] = 0xdead;
	sqe[9] = 0xbeef;
	ring[par[16] / 4] = 0;			/* sq_off.array */
	*(volatile u32 *)(ring + par[11] / 4) = 1;	/* sq_off.tail */
	FRESH_VAR(buf);
	C(io_uring_enter, ur, 1, 1, 1, 0, 0);
	DUMP(buf);
	DUMP_LEN((u8 *)ring + par[25], 16);	/* cq_off.cqes */
	/* buffers: an array of 32-bit vectors */
	C(io_uring_register, ur, 0, &fixed, 1);
	C(io_uring_register, ur, 1, 0, 0);
	C(io_uring_register, ur, 2, &fd, 1);
	C(io_uring_register, ur, 99, 0, 0);
	C(io_uring_register, 99, 0, 0, 0);
	C(io_uring_enter, fd, 1, 0, 0, 0, 0);
	C(io_uring_enter, ur, 0, 0, 0x80000000, 0, 0);
	C(io_uring_setup, 0, par);
	C(io_uring_setup, 4, 4);
}
