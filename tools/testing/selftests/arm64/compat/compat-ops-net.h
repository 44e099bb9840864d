/* SPDX-License-Identifier: GPL-2.0 */
/* The internet protocols, network interfaces, time stamps. */

enum {
	IPPROTO_IP = 0, IPPROTO_TCP = 6,
	SIOCGIFCONF = 0x8912, SIOCGIFFLAGS = 0x8913, SIOCSIFFLAGS = 0x8914,
	SIOCGIFADDR = 0x8915, SIOCSIFADDR = 0x8916, SIOCGIFNETMASK = 0x891b,
	SIOCGIFMTU = 0x8921, SIOCGIFHWADDR = 0x8927, SIOCGIFINDEX = 0x8933,
	SIOCGIFTXQLEN = 0x8942, SIOCETHTOOL = 0x8946, SIOCGIFMAP = 0x8970,
	SIOCADDRT = 0x890b, SIOCDELRT = 0x890c, SIOCGSTAMP_OLD = 0x8906,
	CLONE_NEWNET = 0x40000000,
};

struct in {
	u16 family, port;
	u32 addr;
	u8 zero[8];
};

#define LOOPBACK	0x0100007f

/* A network of its own, with an interface "lo" that is up. */
static long own_network(void)
{
	u8 req[32] = "lo";
	long fd;

	C(unshare, CLONE_NEWNET);
	fd = C(socket, AF_INET, SOCK_DGRAM, 0);
	C(ioctl, fd, SIOCGIFFLAGS, req);
	req[16] |= 1;
	C(ioctl, fd, SIOCSIFFLAGS, req);
	return fd;
}

OP(interface)
{
	long fd = own_network();
	u8 req[36] = "lo";
	u32 conf[2], data[52] = { 3 };		/* ETHTOOL_GDRVINFO */
	u8 reqs[4 * 32];

	C(ioctl, fd, SIOCGIFFLAGS, req);
	DUMP(req);
	C(ioctl, fd, SIOCGIFADDR, req);
	DUMP(req);
	C(ioctl, fd, SIOCGIFNETMASK, req);
	DUMP(req);
	C(ioctl, fd, SIOCGIFHWADDR, req);
	DUMP_LEN(req, 24);
	C(ioctl, fd, SIOCGIFINDEX, req);
	DUMP_LEN(req, 20);
	/* A request with pointers or longs in it. */
	fresh(req + 16, 20);
	C(ioctl, fd, SIOCGIFMAP, req);
	DUMP(req);
	fresh(req + 16, 20);
	C(ioctl, fd, SIOCGIFTXQLEN, req);
	DUMP_LEN(req, 20);
	*(u32 *)(req + 16) = A(data);
	C(ioctl, fd, SIOCETHTOOL, req);
	*(u32 *)(req + 16) = 4;
	C(ioctl, fd, SIOCETHTOOL, req);
	conf[0] = sizeof(reqs);
	conf[1] = A(reqs);
	FRESH_VAR(reqs);
	C(ioctl, fd, SIOCGIFCONF, conf);
	DUMP_BUT(conf, 4, 4);
	DUMP_LEN(reqs, 36);
	conf[1] = 0;
	C(ioctl, fd, SIOCGIFCONF, conf);
	DUMP(conf);
	C(ioctl, fd, 0x8910, req);		/* SIOCGIFNAME */
	C(ioctl, fd, 0x89e0, req);
}

OP(route)
{
	/* pad, destination, gateway, mask, flags, ..., device */
	struct {
		u32 pad1;
		struct in dst, gateway, mask;
		u16 flags, pad2;
		u32 pad3;
		u8 tos, class;
		u16 pad4;
		s16 metric;
		u32 dev, mtu, window;
		u16 irtt;
	} rt = {
		.dst = { AF_INET, 0, 0x00000a0a }, .mask = { AF_INET, 0, 0x0000ffff },
		.flags = 1, .dev = A("lo"),
	};
	long fd = own_network();

	C(ioctl, fd, SIOCADDRT, &rt);
	C(ioctl, fd, SIOCADDRT, &rt);
	C(ioctl, fd, SIOCDELRT, &rt);
	C(ioctl, fd, SIOCDELRT, &rt);
	rt.dev = A("none");
	C(ioctl, fd, SIOCADDRT, &rt);
	rt.dev = 4;
	C(ioctl, fd, SIOCADDRT, &rt);
}

OP(tcp)
{
	struct in in = { AF_INET, 0, LOOPBACK };
	u8 info[300], buf[8];
	u32 len, v;
	s32 on = 1;

	own_network();
	C(socket, AF_INET, SOCK_STREAM, 0);
	C(setsockopt, 4, SOL_SOCKET, SO_REUSEADDR, &on, 4);
	C(bind, 4, &in, 16);
	C(listen, 4, 1);
	len = 16;
	C(getsockname, 4, &in, &len);
	DUMP_BUT(in, 2, 2);
	C(socket, AF_INET, SOCK_STREAM, 0);
	C(connect, 5, &in, 16);
	C(accept4, 4, 0, 0, O_CLOEXEC);
	C(send, 5, "hello", 5, 0);
	C(recv, 6, buf, 2, 0);
	C(ioctl, 6, FIONREAD, &v);
	DUMP(v);
	C(ioctl, 6, 0x8905, &v);		/* SIOCATMARK */
	DUMP(v);
	len = sizeof(info);
	OK(getsockopt, 6, IPPROTO_TCP, 11, info, &len);	/* TCP_INFO */
	say("state", info[0]);
	len = 4;
	C(setsockopt, 6, IPPROTO_TCP, 1, &on, 4);	/* TCP_NODELAY */
	C(getsockopt, 6, IPPROTO_TCP, 1, &v, &len);
	DUMP(v);
	C(shutdown, 5, 1);
	C(recv, 6, buf, 8, 0x100);		/* MSG_WAITALL */
	C(recv, 6, buf, 8, 0);
	C(connect, 5, &in, 16);
	in.port = 0x0100;
	C(socket, AF_INET, SOCK_STREAM, 0);
	C(connect, 7, &in, 16);
}

/* The address of a group is 8-aligned for 64-bit programs. */
OP(multicast)
{
	struct { u32 interface; struct in group; u8 rest[112]; } greq = {
		0, { AF_INET, 0, 0x010000e0 + 0x05000000 },
	};
	struct {
		u32 interface;
		struct in group;
		u8 rest[112];
		struct in source;
		u8 rest2[112];
	} gsrc = {
		0, { AF_INET, 0, 0x070000e0 }, { 0 }, { AF_INET, 0, 0x0100000a },
	};
	struct {
		u32 interface;
		struct in group;
		u8 rest[112];
		u32 mode, n;
		struct in list;
		u8 rest2[112];
	} filter;
	u32 mreq[2] = { 0x090000e0, LOOPBACK }, len;
	long fd = own_network();

	BUILD_BUG_ON(sizeof(greq) != 132);
	greq.interface = 1;
	gsrc.interface = 1;
	C(setsockopt, fd, IPPROTO_IP, 35, mreq, 8);	/* IP_ADD_MEMBERSHIP */
	C(setsockopt, fd, IPPROTO_IP, 42, &greq, 132);	/* MCAST_JOIN_GROUP */
	C(setsockopt, fd, IPPROTO_IP, 42, &greq, 132);
	C(setsockopt, fd, IPPROTO_IP, 42, &greq, 131);
	C(setsockopt, fd, IPPROTO_IP, 46, &gsrc, 260);	/* _JOIN_SOURCE_GROUP */
	memset(&filter, 0, sizeof(filter));
	filter.interface = 1;
	filter.group = gsrc.group;
	filter.n = 1;
	len = sizeof(filter);
	C(getsockopt, fd, IPPROTO_IP, 48, &filter, &len);	/* MCAST_MSFILTER */
	say("mode", filter.mode);
	say("sources", filter.n);
	say("source", filter.list.addr);
	say("len", len);
	filter.mode = 0;			/* all but one */
	filter.list.addr = 0x0200000a;
	C(setsockopt, fd, IPPROTO_IP, 48, &filter, sizeof(filter));
	C(setsockopt, fd, IPPROTO_IP, 45, &greq, 132);	/* MCAST_LEAVE_GROUP */
	C(setsockopt, fd, IPPROTO_IP, 45, &greq, 132);
	C(setsockopt, fd, IPPROTO_IP, 47, &gsrc, 264);
}

/* Control messages with times: old and new ones, in the layout of the ABI. */
OP(timestamps)
{
	static const u8 opts[] = { 29, 35, 63, 64 };	/* and _NS, each _NEW */
	u8 buf[4];
	u32 got[16];
	struct iov v = { A(buf), 4 };
	struct msghdr32 m = { 0, 0, A(&v), 1 };
	struct ts32 stamp;
	s32 pair[2], on = 1;

	for (u32 i = 0; i < ARRAY_SIZE(opts); i++) {
		Q(socketpair, AF_UNIX, SOCK_DGRAM, 0, pair);
		say("option", opts[i]);
		C(setsockopt, pair[1], SOL_SOCKET, opts[i], &on, 4);
		C(send, pair[0], "x", 1, 0);
		m.control = A(got);
		m.controllen = sizeof(got);
		FRESH_VAR(got);
		C(recvmsg, pair[1], &m, 0);
		say("controllen", m.controllen);
		DUMP_LEN(got, 12);
		/* The upper half of seconds is a part of the new ones. */
		say("upper", opts[i] >= 63 ? got[4] : 0);
	}
	own_network();
	FRESH_VAR(stamp);
	C(ioctl, 11, SIOCGSTAMP_OLD, &stamp);
	C(ioctl, 11, 0x80108906, &stamp);	/* SIOCGSTAMP_NEW */
}

OP(tun)
{
	struct { u16 code; u8 jt, jf; u32 k; } insn = { 6, 0, 0, 0 };
	struct { u16 len, pad; u32 filter; } prog = { 1, 0, A(&insn) };
	u8 req[36] = "a-tap";
	u32 v = 0;
	long fd;

	own_network();
	fd = C(open, "/dev/net/tun", O_RDWR | O_NONBLOCK);
	C(ioctl, fd, 0x800454cf, &v);		/* TUNGETFEATURES */
	*(u16 *)(req + 16) = 0x1002;		/* IFF_TAP | IFF_NO_PI */
	C(ioctl, fd, 0x400454ca, req);		/* TUNSETIFF */
	DUMP(req);
	C(ioctl, fd, 0x400454ca, req);
	fresh(req, sizeof(req));
	C(ioctl, fd, 0x800454d2, req);		/* TUNGETIFF */
	DUMP_LEN(req, 18);
	C(ioctl, fd, 0x400854d5, &prog);	/* TUNATTACHFILTER of 32 bits */
	C(ioctl, fd, 0x401054d5, &prog);
	FRESH_VAR(prog);
	C(ioctl, fd, 0x800854db, &prog);	/* TUNGETFILTER */
	say("len", prog.len);
	C(ioctl, fd, 0x400854d6, &prog);	/* TUNDETACHFILTER */
	memset(req, 0, sizeof(req));
	C(ioctl, fd, 0x8927, req);		/* SIOCGIFHWADDR, of the device */
	DUMP_LEN(req + 16, 2);
	C(read, fd, req, 16);
	C(write, fd, req, 4);
	C(ioctl, fd, 0x54ff, 0);
}

OP(netlink)
{
	struct { u32 len; u16 type, flags; u32 seq, pid; u8 family, pad[15]; } req = {
		20, 18, 0x301, 77,		/* RTM_GETLINK, a dump */
	};
	struct { u16 family, pad; u32 pid, groups; } nl = { 16 };
	static u8 buf[8192];
	u32 *p = (u32 *)buf, len = sizeof(nl);
	long n;

	own_network();
	C(socket, 16, SOCK_DGRAM, 0);		/* AF_NETLINK, route */
	C(bind, 4, &nl, 12);
	FRESH_VAR(nl);
	C(getsockname, 4, &nl, &len);
	DUMP_LEN(&nl, 2);
	C(send, 4, &req, 32, 0);
	FRESH_VAR(buf);
	n = Q(recv, 4, buf, sizeof(buf), 0);
	IS(n > 0 && p[0] <= (u32)n);
	DUMP_LEN(buf + 4, 8);
	/* ifinfomsg: the type and the index of "lo" */
	DUMP_LEN(buf + 16, 8);
	req.type = 999;
	C(send, 4, &req, 32, 0);
	FRESH_VAR(buf);
	Q(recv, 4, buf, sizeof(buf), 0);
	C(recv, 4, buf, sizeof(buf), 0x40);
}
