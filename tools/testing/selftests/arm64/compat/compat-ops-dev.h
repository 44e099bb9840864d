/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Drivers, whose ioctl(), and at times read() and write(), have a layout for
 * 32-bit programs.
 */

/* The first file in @dir whose name starts with @prefix, as a path. */
static char *find_entry(const char *dir, const char *prefix)
{
	static char path[256];
	static u8 buf[1024];
	long fd = Q(open, dir, O_RDONLY | O_DIRECTORY), len, at;
	u32 n = strlen(dir), p = strlen(prefix), i;

	while ((len = Q(getdents64, fd, buf, sizeof(buf))) > 0) {
		for (at = 0; at < len; at += buf[at + 16] | buf[at + 17] << 8) {
			const char *name = (char *)buf + at + 19;

			for (i = 0; i < p && name[i] == prefix[i]; i++)
				;
			if (i < p || n + 1 + strlen(name) >= sizeof(path))
				continue;
			memcpy(path, dir, n);
			path[n] = '/';
			memcpy(path + n + 1, name, strlen(name) + 1);
			Q(close, fd);
			return path;
		}
	}
	Q(close, fd);
	return "";
}

static void join(char *to, const char *a, const char *b)
{
	memcpy(to, a, strlen(a));
	memcpy(to + strlen(a), b, strlen(b) + 1);
}

/* ------------------------------------------------------------ block devices */

#define LOOP_SET_FD		0x4c00
#define LOOP_CLR_FD		0x4c01
#define LOOP_SET_STATUS		0x4c02
#define LOOP_GET_STATUS		0x4c03
#define LOOP_SET_BLOCK_SIZE	0x4c09
#define LOOP_CTL_GET_FREE	0x4c82

static char loop_path[16] = "/dev/loop0";

/* A free loop device over @fd. */
static long loop_over(long fd)
{
	long ctl = Q(open, "/dev/loop-control", O_RDWR), n, dev;

	n = Q(ioctl, ctl, LOOP_CTL_GET_FREE, 0);
	Q(close, ctl);
	loop_path[9] = '0' + n;
	dev = Q(open, loop_path, O_RDWR);
	IS(n >= 0 && n < 10 && dev >= 0);
	C(ioctl, dev, LOOP_SET_FD, fd);
	return dev;
}

static long disk(u32 size)
{
	long fd = Q(open, "disk", O_RDWR | O_CREAT | O_LARGEFILE, 0600);

	Q(ftruncate, fd, size);
	return fd;
}

OP(loop)
{
	long dev = loop_over(disk(1 << 20));
	u8 info[144];
	u32 *p = (u32 *)info;

	FRESH_VAR(info);
	C(ioctl, dev, LOOP_GET_STATUS, info);
	/* number, device, inode, device */
	DUMP_BUT(info, 0, 16);
	p[4] = 4096;			/* offset */
	p[7] = 4;			/* LO_FLAGS_AUTOCLEAR */
	memcpy(p + 8, "a name", 7);
	p[32] = 0x11223344;		/* lo_init */
	p[33] = 0x55667788;
	C(ioctl, dev, LOOP_SET_STATUS, info);
	FRESH_VAR(info);
	C(ioctl, dev, LOOP_GET_STATUS, info);
	DUMP_BUT(info, 0, 16);
	C(ioctl, dev, LOOP_GET_STATUS, 4);
	p[5] = 99;			/* encrypt_type */
	C(ioctl, dev, LOOP_SET_STATUS, info);
	C(ioctl, dev, LOOP_SET_BLOCK_SIZE, 1024);
	C(ioctl, dev, LOOP_SET_BLOCK_SIZE, 1000);
	C(ioctl, dev, LOOP_SET_FD, dev);
	C(ioctl, dev, LOOP_CLR_FD, 0);
}

OP(block_device)
{
	long dev = loop_over(disk(1 << 20));
	struct { s32 op, flags, len; u32 data; } pg = { 1, 0, 152, 4 };
	u64 bytes;
	u32 v[2];
	u8 geo[12];

	FRESH_VAR(v);
	C(ioctl, dev, 0x1260, v);		/* BLKGETSIZE: a long */
	DUMP(v);
	FRESH_VAR(bytes);
	C(ioctl, dev, 0x80041272, &bytes);	/* BLKGETSIZE64 of 32 bits */
	DUMP(bytes);
	C(ioctl, dev, 0x80081272, &bytes);
	FRESH_VAR(v);
	C(ioctl, dev, 0x80041270, v);		/* BLKBSZGET */
	DUMP(v);
	v[0] = 1024;
	C(ioctl, dev, 0x40041271, v);		/* BLKBSZSET */
	v[0] = 1000;
	C(ioctl, dev, 0x40041271, v);
	FRESH_VAR(v);
	C(ioctl, dev, 0x1268, v);		/* BLKSSZGET */
	DUMP(v);
	FRESH_VAR(v);
	C(ioctl, dev, 0x1267, v);		/* BLKSECTGET: a short */
	DUMP_LEN(v + 1, 4);
	C(ioctl, dev, 0x1262, 64);		/* BLKRASET */
	FRESH_VAR(v);
	C(ioctl, dev, 0x1263, v);		/* BLKRAGET: a long */
	DUMP(v);
	v[0] = 1;
	C(ioctl, dev, 0x125d, v);		/* BLKROSET */
	FRESH_VAR(v);
	C(ioctl, dev, 0x125e, v);		/* BLKROGET */
	DUMP(v);
	v[0] = 0;
	C(ioctl, dev, 0x125d, v);
	FRESH_VAR(geo);
	C(ioctl, dev, 0x301, geo);		/* HDIO_GETGEO */
	DUMP(geo);
	C(ioctl, dev, 0x1269, &pg);		/* BLKPG */
	C(ioctl, dev, 0x1269, 4);
	C(ioctl, dev, 0x125f, 0);		/* BLKRRPART */
	C(ioctl, dev, 0x1261, 0);		/* BLKFLSBUF */
	C(ioctl, dev, LOOP_CLR_FD, 0);
}

/* An empty FAT, whose directory has an ioctl() that only Wine uses. */
OP(vfat)
{
	static u8 sector[512];
	/* ino, off, len, name, twice: the short and the long one */
	static u8 both[2][268];
	long fd = disk(720 * 512), dev, dir;

	memcpy(sector, "\xeb\x3c\x90mkfsfat ", 11);
	sector[12] = 2;			/* 512 bytes in a sector, */
	sector[13] = 2;			/* 2 in a cluster, */
	sector[14] = 1;			/* 1 reserved */
	sector[16] = 1;			/* one FAT */
	sector[17] = 112;		/* entries of the root */
	sector[19] = 720 & 255;
	sector[20] = 720 >> 8;
	sector[21] = 0xf8;
	sector[22] = 3;			/* sectors of the FAT */
	sector[24] = 9;
	sector[26] = 2;
	sector[38] = 0x29;
	memcpy(sector + 43, "A VOLUME   FAT12   ", 19);
	sector[510] = 0x55;
	sector[511] = 0xaa;
	C(write, fd, sector, 512);
	memset(sector, 0, 512);
	memcpy(sector, "\xf8\xff\xff", 3);
	C(write, fd, sector, 512);
	/* It has to be closed to be mounted. */
	Q(close, loop_over(fd));
	Q(mkdir, "m", 0755);
	C(mount, loop_path, "m", "vfat", 0, "");
	Q(close, file("m/A longer name.text", "x"));
	dir = Q(open, "m", O_RDONLY | O_DIRECTORY);
	FRESH_VAR(both);
	C(ioctl, dir, 0x82187201, both);	/* VFAT_IOCTL_READDIR_BOTH32 */
	DUMP_LEN(both[0] + 8, 16);
	FRESH_VAR(both);
	C(ioctl, dir, 0x82187201, both);
	FRESH_VAR(both);
	C(ioctl, dir, 0x82187201, both);
	DUMP_LEN(both[0] + 8, 16);
	say_str("long", (char *)both[1] + 10);
	C(ioctl, dir, 0x82187202, both);	/* _SHORT32 */
	C(ioctl, dir, 0x82307201, both);	/* the other layout */
	Q(close, dir);
	C(umount2, "m", 0);
	dev = C(open, loop_path, O_RDWR);
	C(ioctl, dev, LOOP_CLR_FD, 0);
}

OP(rtc)
{
	u32 tm[10], v[2];
	u8 wk[44];
	long fd = C(open, "/dev/rtc0", O_RDONLY);

	FRESH_VAR(tm);
	C(ioctl, fd, 0x80247009, tm);		/* RTC_RD_TIME */
	IS(tm[5] > 100 && tm[5] < 200);
	DUMP_LEN(tm + 9, 4);
	FRESH_VAR(wk);
	C(ioctl, fd, 0x80287010, wk);		/* RTC_WKALM_RD */
	DUMP_LEN(wk + 40, 4);
	C(ioctl, fd, 0x4004700c, 1);
	FRESH_VAR(v);
	C(ioctl, fd, 0x8004700b, v);		/* RTC_IRQP_READ: a long */
	DUMP(v);
	C(ioctl, fd, 0x8008700b, v);
	C(ioctl, fd, 0x4004700c, 64);		/* RTC_IRQP_SET */
	FRESH_VAR(v);
	C(ioctl, fd, 0x8004700b, v);
	DUMP(v);
	C(ioctl, fd, 0x4004700c, 0);
	C(ioctl, fd, 0x8004700d, v);		/* RTC_EPOCH_READ */
	C(ioctl, fd, 0x7004, 0);		/* RTC_UIE_OFF */
	C(ioctl, fd, 0x80247009, 4);
	C(read, fd, v, 2);
}

/* ------------------------------------------------------------------- input */

#define EV_SYN		0
#define EV_KEY		1
#define EV_REL		2

struct event32 {
	u32 sec, usec;
	u16 type, code;
	s32 value;
};

/* A device of its own; *ev is what reads from it. */
static long input_device(long *ev)
{
	long ui = C(open, "/dev/uinput", O_RDWR);
	struct { u16 id[4]; char name[80]; u32 effects; } setup = {
		{ 3, 1, 2, 4 }, "compat-ops",
	};
	char name[64], dir[128];

	C(ioctl, ui, 0x40045564, EV_KEY);	/* UI_SET_EVBIT */
	C(ioctl, ui, 0x40045564, EV_REL);
	C(ioctl, ui, 0x40045565, 30);		/* UI_SET_KEYBIT */
	C(ioctl, ui, 0x40045565, 0x110);
	C(ioctl, ui, 0x40045566, 0);		/* UI_SET_RELBIT */
	C(ioctl, ui, 0x4004556c, "a/place");	/* UI_SET_PHYS of 32 bits */
	C(ioctl, ui, 0x4008556c, "a/place");
	C(ioctl, ui, 0x405c5503, &setup);	/* UI_DEV_SETUP */
	C(ioctl, ui, 0x5501, 0);		/* UI_DEV_CREATE */
	memset(name, 0, sizeof(name));
	Q(ioctl, ui, 0x8040552c, name);		/* UI_GET_SYSNAME */
	join(dir, "/sys/devices/virtual/input/", name);
	join(dir, "/dev/input/",
	     find_entry(dir, "event") + strlen(dir) + 1);
	*ev = C(open, dir, O_RDWR | O_NONBLOCK);
	return ui;
}

OP(evdev)
{
	struct event32 e[4] = {
		{ 0, 0, EV_REL, 0, -5 }, { 0, 0, EV_KEY, 30, 1 }, { 0, 0, EV_SYN },
	};
	long ev, ui = input_device(&ev);
	u8 some[20];

	C(write, ui, e, 48);
	FRESH_VAR(e);
	C(read, ev, e, 16);
	DUMP_BUT(e[0], 0, 8);
	FRESH_VAR(e);
	C(read, ev, e, 63);
	DUMP_BUT(e, 0, 8, 16, 8);
	C(read, ev, e, 15);
	C(read, ev, e, 64);
	/* Events that are put in: only those that a device can take. */
	e[0].type = EV_KEY;
	e[0].code = 30;
	e[0].value = 0;
	C(write, ev, e, 16);
	C(write, ev, e, 15);
	C(write, ui, e, 15);
	FRESH_VAR(some);
	C(read, ev, some, 16);
	C(ioctl, ui, 0x5502, 0);		/* UI_DEV_DESTROY */
	C(read, ev, e, 64);
}

OP(evdev_ioctl)
{
	struct { u32 type, size; u64 codes; } mask = { EV_KEY, 8 };
	long ev, ui = input_device(&ev);
	u8 bits[32], name[32];
	u32 v[3];

	FRESH_VAR(v);
	C(ioctl, ev, 0x80044501, v);		/* EVIOCGVERSION */
	DUMP(v);
	FRESH_VAR(v);
	C(ioctl, ev, 0x80084502, v);		/* EVIOCGID */
	DUMP(v);
	FRESH_VAR(name);
	C(ioctl, ev, 0x80204506, name);		/* EVIOCGNAME */
	DUMP(name);
	FRESH_VAR(name);
	C(ioctl, ev, 0x80204507, name);		/* EVIOCGPHYS */
	DUMP(name);
	/* Bitmaps are in units of a long, as is what is returned. */
	FRESH_VAR(bits);
	C(ioctl, ev, 0x80204520, bits);		/* EVIOCGBIT(0) */
	DUMP(bits);
	FRESH_VAR(bits);
	C(ioctl, ev, 0x80064522, bits);		/* EVIOCGBIT(EV_REL) */
	DUMP(bits);
	FRESH_VAR(bits);
	C(ioctl, ev, 0x80144518, bits);		/* EVIOCGKEY */
	DUMP(bits);
	FRESH_VAR(bits);
	mask.codes = A(bits);
	C(ioctl, ev, 0x80104592, &mask);	/* EVIOCGMASK */
	DUMP_LEN(bits, 12);
	C(ioctl, ev, 0x40104593, &mask);	/* EVIOCSMASK */
	v[0] = CLOCK_MONOTONIC;
	C(ioctl, ev, 0x400445a0, v);		/* EVIOCSCLOCKID */
	v[0] = 99;
	C(ioctl, ev, 0x400445a0, v);
	C(ioctl, ev, 0x40044590, 1);		/* EVIOCGRAB */
	C(ioctl, ev, 0x40044590, 1);
	C(ioctl, ev, 0x80084503, v);		/* EVIOCGREP */
	C(ioctl, ev, 0x40044591, 0);		/* EVIOCREVOKE */
	C(ioctl, ev, 0x80044501, v);
	C(ioctl, ui, 0x5501, 0);
	C(ioctl, ui, 0x5599, 0);
}

/* As programs did it before there was an ioctl() for that. */
OP(uinput_write)
{
	static struct { char name[80]; u16 id[4]; u32 ff; s32 abs[4][64]; } dev = {
		"compat-ops", { 3, 1, 2, 4 },
	};
	long ui = C(open, "/dev/uinput", O_RDWR);

	C(ioctl, ui, 0x40045564, EV_KEY);
	C(ioctl, ui, 0x40045565, 30);
	C(write, ui, &dev, sizeof(dev) - 4);
	C(write, ui, &dev, sizeof(dev));
	C(ioctl, ui, 0x5501, 0);
	C(ioctl, ui, 0x40045565, 31);
	C(read, ui, &dev, 15);
}

/* The old request to create a device has a pointer in it. */
OP(uhid)
{
	static const u8 desc[] = {
		0x05, 0x01, 0x09, 0x02, 0xa1, 0x01, 0x09, 0x01, 0xa1, 0x00,
		0x05, 0x09, 0x19, 0x01, 0x29, 0x03, 0x15, 0x00, 0x25, 0x01,
		0x95, 0x08, 0x75, 0x01, 0x81, 0x02, 0xc0, 0xc0,
	};
	static struct {
		u32 type;
		u8 name[128], phys[64], uniq[64];
		u32 data;
		u16 size, bus;
		u32 vendor, product, version, country;
	} __packed create = { 0, "compat-ops" };
	static u8 ev[4376 + 4];
	long fd = C(open, "/dev/uhid", O_RDWR | O_NONBLOCK);

	create.data = A(desc);
	create.size = sizeof(desc);
	create.bus = 3;
	create.vendor = 0x15d9;
	create.product = 0xa37;
	C(write, fd, &create, sizeof(create));
	pause_ms(100);
	FRESH_VAR(ev);
	/* UHID_START, the first of them */
	OK(read, fd, ev, sizeof(ev));
	DUMP_LEN(ev, 16);
	C(write, fd, &create, sizeof(create));
	create.type = 1;			/* UHID_DESTROY */
	C(write, fd, &create, 4);
	C(write, fd, &create, 4);
	create.type = 999;
	C(write, fd, &create, 4);
	C(write, fd, &create, 3);
	create.type = 0;
	create.data = 4;
	C(write, fd, &create, sizeof(create));
	C(read, fd, ev, 3);
}

/* ----------------------------------------------------------- media, graphics */

static long video_device(void)
{
	char path[] = "/dev/video0";
	u32 cap[26];

	for (int i = 0; i < 10; i++) {
		long fd;

		path[10] = '0' + i;
		fd = Q(open, path, O_RDWR);
		if (fd < 0)
			continue;
		memset(cap, 0, sizeof(cap));
		if (!Q(ioctl, fd, 0x80685600, cap) &&	/* VIDIOC_QUERYCAP */
		    streq((char *)cap, "vivid") && cap[22] & 1)
			return fd;
		Q(close, fd);
	}
	return -1;
}

OP(video_formats)
{
	long fd = video_device();
	u32 f[52] = { 0 };
	u8 in[84];

	f[0] = 1;			/* VIDEO_CAPTURE */
	C(ioctl, fd, 0xc0cc5604, f);		/* VIDIOC_G_FMT of 32 bits */
	DUMP_LEN(f, 52);
	C(ioctl, fd, 0xc0d05604, f);
	f[1] = 333;
	f[2] = 222;
	C(ioctl, fd, 0xc0cc5640, f);		/* VIDIOC_TRY_FMT */
	DUMP_LEN(f, 52);
	C(ioctl, fd, 0xc0cc5605, f);		/* VIDIOC_S_FMT */
	DUMP_LEN(f, 52);
	memset(f, 0, sizeof(f));
	f[1] = 1;
	C(ioctl, fd, 0xc0405602, f);		/* VIDIOC_ENUM_FMT */
	DUMP_LEN(f, 64);
	f[0] = 9999;
	C(ioctl, fd, 0xc0405602, f);
	memset(f, 0, sizeof(f));
	f[0] = 1;
	C(ioctl, fd, 0xc0cc5615, f);		/* VIDIOC_S_PARM */
	C(ioctl, fd, 0xc0cc5615 - 0x40000000, f);
	memset(in, 0, sizeof(in));
	C(ioctl, fd, 0xc050561a, in);		/* VIDIOC_ENUMINPUT */
	DUMP(in);
	C(ioctl, fd, 0xc04c561a, in);
}

OP(video_buffers)
{
	u32 req[5] = { 2, 1, 1 }, b[18] = { 0 }, type = 1;
	struct { u32 which, count, error, fd, pad, controls; } ext = { 0 };
	struct { u32 id, size, pad, lo, hi; } ctl = { 0x00980900 };
	u32 q[17] = { 0x00980900 };
	long fd = video_device();

	C(ioctl, fd, 0xc0145608, req);		/* VIDIOC_REQBUFS */
	DUMP(req);
	b[0] = 1;
	b[1] = 1;
	b[12] = 1;
	b[17] = 0x5a5a5a5a;
	C(ioctl, fd, 0xc0445609, b);		/* VIDIOC_QUERYBUF of 32 bits */
	DUMP_LEN(b, 72);
	C(ioctl, fd, 0xc0585609, b);
	OK(mmap2, 0, b[14], PROT_RW, MAP_SHARED, fd, b[13] / 4096);
	C(ioctl, fd, 0xc044560f, b);		/* VIDIOC_QBUF */
	C(ioctl, fd, 0xc044560f, b);
	C(ioctl, fd, 0x40045612, &type);	/* VIDIOC_STREAMON */
	memset(b, 0, sizeof(b));
	b[0] = 0;
	b[1] = 1;
	b[12] = 1;
	C(ioctl, fd, 0xc044560f, b);
	C(ioctl, fd, 0xc0445611, b);		/* VIDIOC_DQBUF */
	say("index", b[0]);
	C(ioctl, fd, 0x40045613, &type);	/* VIDIOC_STREAMOFF */
	/* brightness, in three ways */
	C(ioctl, fd, 0xc0445624, q);		/* VIDIOC_QUERYCTRL */
	DUMP(q);
	ctl.size = 128;
	C(ioctl, fd, 0xc008561c, &ctl);		/* VIDIOC_S_CTRL */
	C(ioctl, fd, 0xc008561b, &ctl);		/* VIDIOC_G_CTRL */
	say("value", ctl.size);
	ext.count = 1;
	ext.controls = A(&ctl);
	ctl.size = 0;
	ctl.lo = 0;
	C(ioctl, fd, 0xc0185647, &ext);		/* VIDIOC_G_EXT_CTRLS */
	DUMP(ctl);
	ctl.lo = 77;
	C(ioctl, fd, 0xc0185648, &ext);		/* VIDIOC_S_EXT_CTRLS */
	ctl.id = 1;
	C(ioctl, fd, 0xc0185647, &ext);
	say("error", ext.error);
	C(ioctl, fd, 0xc0205647, &ext);
	ext.controls = 4;
	C(ioctl, fd, 0xc0185647, &ext);
}

OP(drm)
{
	struct { s32 v[3]; u32 name_len, name, date_len, date, desc_len, desc; } ver = { 0 };
	struct { u32 height, width, bpp, flags, handle, pitch; u64 size; } dumb = { 16, 16, 32 };
	struct { u32 handle, pad; u64 offset; } m = { 0 };
	struct { u64 cap, value; } cap = { 1 };
	u32 unique[2] = { 0, 0 }, prime[3] = { 0, O_CLOEXEC, -1 };
	char name[16] = { 0 };
	long fd = C(open, "/dev/dri/card0", O_RDWR);

	C(ioctl, fd, 0xc0246400, &ver);		/* DRM_IOCTL_VERSION of 32 bits */
	DUMP(ver);
	ver.name = A(name);
	ver.name_len = 3;
	C(ioctl, fd, 0xc0246400, &ver);
	DUMP(name);
	say("name_len", ver.name_len);
	C(ioctl, fd, 0xc0406400, &ver);
	C(ioctl, fd, 0xc0086401, unique);	/* DRM_IOCTL_GET_UNIQUE */
	C(ioctl, fd, 0xc010640c, &cap);		/* DRM_IOCTL_GET_CAP */
	DUMP(cap);
	C(ioctl, fd, 0xc02064b2, &dumb);	/* DRM_IOCTL_MODE_CREATE_DUMB */
	DUMP(dumb);
	m.handle = dumb.handle;
	C(ioctl, fd, 0xc01064b3, &m);		/* DRM_IOCTL_MODE_MAP_DUMB */
	/* Beyond 4 GiB, which is what mmap2() is for. */
	IS(m.offset >= 1ull << 32);
	OK(mmap2, 0, 4096, PROT_RW, MAP_SHARED, fd, (u32)(m.offset >> 12));
	prime[0] = dumb.handle;
	C(ioctl, fd, 0xc00c642d, prime);	/* DRM_IOCTL_PRIME_HANDLE_TO_FD */
	DUMP(prime);
	C(ioctl, fd, 0xc00464b4, &dumb.handle);	/* DRM_IOCTL_MODE_DESTROY_DUMB */
	C(ioctl, fd, 0xc04064a0, &ver);		/* DRM_IOCTL_MODE_GETRESOURCES */
	C(ioctl, fd, 0xc010643a, &ver);		/* DRM_IOCTL_WAIT_VBLANK */
	C(ioctl, fd, 0x40086409, &m);		/* DRM_IOCTL_GEM_CLOSE */
	C(ioctl, fd, 0xc00c6418, prime);	/* an old one, of 32 bits */
}

OP(sound_control)
{
	static u8 info[380], value[716];
	u32 list[19] = { 0 };
	static u8 ids[4][64];
	u32 v;
	long fd = C(open, "/dev/snd/controlC0", O_RDWR);

	C(ioctl, fd, 0x80045500, &v);		/* PVERSION */
	FRESH_VAR(info);
	C(ioctl, fd, 0x81785501, info);		/* CARD_INFO */
	DUMP(info);
	list[1] = 4;
	list[4] = A(ids);
	list[18] = 0x5a5a5a5a;
	C(ioctl, fd, 0xc0485510, list);		/* ELEM_LIST of 32 bits */
	DUMP_BUT(list, 16, 4);
	DUMP(ids);
	C(ioctl, fd, 0xc0505510, list);
	memset(info, 0, sizeof(info));
	memcpy(info, ids[0], 64);
	C(ioctl, fd, 0xc1105511, info);		/* ELEM_INFO */
	DUMP_LEN(info, 272);
	memset(value, 0, sizeof(value));
	memcpy(value, ids[0], 64);
	C(ioctl, fd, 0xc2c85512, value);	/* ELEM_READ */
	DUMP_LEN(value, 96);
	C(ioctl, fd, 0xc2c85513, value);	/* ELEM_WRITE */
	memset(value, 0xff, 64);
	C(ioctl, fd, 0xc2c85512, value);
	C(ioctl, fd, 0xc2c45512, value);
	C(ioctl, fd, 0xc0045516, &v);		/* SUBSCRIBE_EVENTS */
	C(ioctl, fd, 0x80045530, &v);		/* PCM_NEXT_DEVICE */
}

static void pcm_interval(u32 *p, u32 n, u32 value)
{
	p[65 + n * 3] = value;
	p[66 + n * 3] = value;
	p[67 + n * 3] = 4;		/* an integer */
}

OP(sound_pcm)
{
	static u32 p[152], sw[27], st[28];
	static u8 frames[4096], info[292];
	struct { s32 result; u32 buf, frames; } xfer = { -1, A(frames), 64 };
	u32 delay[2], ch[5] = { 0 };
	long fd = C(open, "/dev/snd/pcmC0D0p", O_RDWR | O_NONBLOCK);

	FRESH_VAR(info);
	C(ioctl, fd, 0x81204101, info);		/* INFO */
	DUMP(info);
	memset(p + 1, 0xff, 256);
	for (u32 i = 0; i < 21; i++) {
		p[65 + i * 3] = 0;
		p[66 + i * 3] = -1;
		p[67 + i * 3] = 0;
	}
	p[128] = -1;			/* rmask */
	p[151] = 0x5a5a5a5a;
	C(ioctl, fd, 0xc25c4110, p);		/* HW_REFINE of 32 bits */
	DUMP(p);
	C(ioctl, fd, 0xc2604110, p);
	memset(p + 1, 0, 96);
	p[1] = 1 << 3;			/* RW_INTERLEAVED */
	p[9] = 1 << 2;			/* S16_LE */
	p[17] = 1;			/* the standard subformat */
	pcm_interval(p, 2, 2);		/* channels, */
	pcm_interval(p, 3, 48000);	/* rate, */
	pcm_interval(p, 5, 1024);	/* size of a period, */
	pcm_interval(p, 7, 4);		/* number of periods */
	p[128] = -1;
	C(ioctl, fd, 0xc25c4111, p);		/* HW_PARAMS */
	DUMP(p);
	sw[1] = 1;			/* period_step, */
	sw[3] = 1;			/* avail_min, */
	sw[5] = 0x7fffffff;		/* when to start: never, */
	sw[6] = 0x7fffffff;		/* and when to stop */
	sw[26] = 0x5a5a5a5a;
	C(ioctl, fd, 0xc0684113, sw);		/* SW_PARAMS */
	DUMP_BUT(sw, 36, 4);
	C(ioctl, fd, 0x4140, 0);		/* PREPARE */
	C(ioctl, fd, 0x400c4150, &xfer);	/* WRITEI_FRAMES */
	DUMP_BUT(xfer, 4, 4);
	C(ioctl, fd, 0x40184150, &xfer);
	FRESH_VAR(delay);
	C(ioctl, fd, 0x80044121, delay);	/* DELAY: a long */
	DUMP_LEN(delay + 1, 4);
	FRESH_VAR(st);
	C(ioctl, fd, 0x806c4120, st);		/* STATUS */
	DUMP_LEN(st + 27, 4);
	C(ioctl, fd, 0x80104132, ch);		/* CHANNEL_INFO */
	DUMP(ch);
	C(ioctl, fd, 0x4143, 0);		/* DROP */
	C(write, fd, frames, 64);
}

/* --------------------------------------------------------------- terminals */

OP(terminal)
{
	long m = C(open, "/dev/ptmx", O_RDWR | O_NONBLOCK), s;
	u8 t[40], t2[48], ta[20];
	u32 v[2] = { 0, 0 };
	char buf[16];

	C(ioctl, m, TIOCSPTLCK, v);
	s = C(ioctl, m, 0x5441, O_RDWR | O_NONBLOCK | 0400);	/* TIOCGPTPEER */
	FRESH_VAR(t);
	C(ioctl, s, TCGETS, t);
	DUMP(t);
	FRESH_VAR(t2);
	C(ioctl, s, 0x802c542a, t2);		/* TCGETS2 */
	DUMP(t2);
	FRESH_VAR(ta);
	C(ioctl, s, 0x5405, ta);		/* TCGETA */
	DUMP(ta);
	/* Line by line, with echo. */
	C(write, m, "ab\177c", 4);
	C(read, s, buf, 16);
	C(write, m, "\n", 1);
	pause_ms(100);			/* it gets there on its own */
	FRESH_VAR(buf);
	C(read, s, buf, 16);
	DUMP(buf);
	FRESH_VAR(buf);
	C(read, m, buf, 16);
	DUMP(buf);
	t[12] &= ~2;				/* ~ICANON */
	C(ioctl, s, 0x5402, t);			/* TCSETS */
	C(write, m, "xy", 2);
	pause_ms(100);
	C(ioctl, s, 0x541b, v);			/* TIOCINQ */
	DUMP(v);
	C(ioctl, s, 0x540b, 0);			/* TCFLSH */
	C(ioctl, s, 0x541b, v);
	DUMP(v);
	FRESH_VAR(v);
	C(ioctl, s, 0x5424, v);			/* TIOCGETD */
	DUMP(v);
	v[0] = 99;
	C(ioctl, s, 0x5423, v);			/* TIOCSETD */
	v[0] = 1;
	C(ioctl, m, 0x5420, v);			/* TIOCPKT */
	C(ioctl, s, 0x541e, t);			/* TIOCGSERIAL */
	C(ioctl, s, 0x540f, v);			/* TIOCGPGRP */
	C(ioctl, s, 0x5409, 1);			/* TCSBRK */
	C(ioctl, s, 0x5457, t);			/* not one of them */
	C(ioctl, s, TCGETS, 4);
}

OP(serial_port)
{
	u8 ss[64];
	u32 v[2];
	long fd = C(open, "/dev/ttyAMA0", O_RDWR | O_NONBLOCK | 0400);

	FRESH_VAR(ss);
	C(ioctl, fd, 0x541e, ss);		/* TIOCGSERIAL */
	/* the interrupt is the machine's */
	DUMP_BUT(ss, 12, 4);
	C(ioctl, fd, 0x541e, 4);
	FRESH_VAR(v);
	C(ioctl, fd, 0x5415, v);		/* TIOCMGET */
	DUMP_LEN(v + 1, 4);
	C(ioctl, fd, 0x545d, v);		/* TIOCGICOUNT */
	C(ioctl, fd, 0x80285442, ss);		/* TIOCGISO7816 */
	C(ioctl, fd, 0x542e, ss);		/* TIOCGRS485 */
}

OP(character_devices)
{
	u8 buf[8];
	u32 v;
	long fd;

	fd = C(open, "/dev/zero", O_RDWR);
	FRESH_VAR(buf);
	C(read, fd, buf, 8);
	DUMP(buf);
	C(write, fd, buf, -1);
	C(read, fd, 4, 8);
	fd = C(open, "/dev/full", O_RDWR);
	C(write, fd, buf, 8);
	fd = C(open, "/dev/null", O_RDWR);
	C(read, fd, buf, 8);
	C(lseek, fd, 7, SEEK_SET);
	fd = C(open, "/dev/urandom", O_RDONLY);
	C(ioctl, fd, 0x80045200, &v);		/* RNDGETENTCNT */
	C(ioctl, fd, 0x40085203, 4);		/* RNDADDENTROPY */
	C(ioctl, fd, 0x5299, 0);
	C(read, fd, buf, 8);
	fd = C(open, "/dev/mem", O_RDONLY);
	fd = C(open, "/dev/kmsg", O_RDONLY | O_NONBLOCK);
	C(read, fd, buf, 4);
}
