// SPDX-License-Identifier: GPL-2.0
/*
 * Drivers have a layout for 32-bit programs, in ioctl(), and some in read()
 * and write(). A compat call gets that, a native call on the same file gets
 * the other one.
 */
#include <dirent.h>
#include <linux/fs.h>
#include <linux/input.h>
#include <linux/loop.h>
#include <linux/uinput.h>
#include <linux/videodev2.h>
#include <pthread.h>
#include <sys/ioctl.h>

#include "compat.h"
#include "compat-ring.h"

#define GUARD	0x5a5a5a5a

/* A fresh area for a structure, with something behind it that must stay. */
static uint32_t *area(size_t len)
{
	uint32_t *p = low(4096);

	p[len / 4] = GUARD;
	return p;
}

FIXTURE(ioctl) {
};

FIXTURE_SETUP(ioctl)
{
	need_compat_calls();
	if (geteuid())
		SKIP(return, "needs root");
}

FIXTURE_TEARDOWN(ioctl)
{
}

/* ------------------------------------------------------------ block devices */

#define BLKGETSIZE64_32		0x80041272
#define BLKBSZGET_32		0x80041270
#define LOOP_INFO32_SIZE	140

/* A loop device on top of @backing. */
static int get_loop(char *path, size_t len, int backing)
{
	int ctl = open("/dev/loop-control", O_RDWR), n, fd;

	if (ctl < 0)
		return -1;
	n = ioctl(ctl, LOOP_CTL_GET_FREE);
	close(ctl);
	if (n < 0)
		return -1;
	snprintf(path, len, "/dev/loop%d", n);
	fd = open(path, O_RDWR);
	if (fd >= 0 && ioctl(fd, LOOP_SET_FD, backing)) {
		close(fd);
		return -1;
	}
	return fd;
}

TEST_F(ioctl, loop)
{
	struct loop_info64 info = { .lo_offset = 4096 };
	int backing = memfd_create("disk", 0), fd;
	struct loop_info native;
	uint32_t *p, size;
	unsigned long sectors = 0;
	uint64_t bytes = 0;
	char path[32];

	ASSERT_EQ(0, ftruncate(backing, 1 << 20));
	fd = get_loop(path, sizeof(path), backing);
	if (fd < 0)
		SKIP(return, "no loop device (missing CONFIG_BLK_DEV_LOOP?)");
	strcpy((char *)info.lo_file_name, "a name");
	EXPECT_EQ(0, ioctl(fd, LOOP_SET_STATUS64, &info));

	p = area(LOOP_INFO32_SIZE);
	EXPECT_EQ(0, compat(ioctl, fd, LOOP_GET_STATUS, p));
	EXPECT_EQ(0, ioctl(fd, LOOP_GET_STATUS, &native));
	EXPECT_EQ(native.lo_number, (int)p[0]);
	EXPECT_EQ(4096, p[4]);
	EXPECT_STREQ("a name", (char *)(p + 8));
	EXPECT_STREQ("a name", native.lo_name);
	EXPECT_EQ(GUARD, p[LOOP_INFO32_SIZE / 4]);
	/* And the way back. */
	p[4] = 8192;
	EXPECT_EQ(0, compat(ioctl, fd, LOOP_SET_STATUS, p));
	EXPECT_EQ(0, ioctl(fd, LOOP_GET_STATUS64, &info));
	EXPECT_EQ(8192, info.lo_offset);

	p = area(4);
	EXPECT_EQ(0, compat(ioctl, fd, BLKGETSIZE, p));
	EXPECT_EQ(0, ioctl(fd, BLKGETSIZE, &sectors));
	EXPECT_EQ(((1 << 20) - 8192) / 512, sectors);
	EXPECT_EQ(sectors, p[0]);
	EXPECT_EQ(GUARD, p[1]);
	/* Numbers have the size of a pointer in them. */
	p = area(8);
	EXPECT_EQ(0, compat(ioctl, fd, BLKGETSIZE64_32, p));
	EXPECT_EQ(0, ioctl(fd, BLKGETSIZE64, &bytes));
	EXPECT_EQ(bytes, *(uint64_t *)p);
	EXPECT_EQ(-ENOTTY, compat(ioctl, fd, BLKGETSIZE64, p));
	EXPECT_GT(0, native(ioctl, fd, BLKGETSIZE64_32, p));
	EXPECT_EQ(0, compat(ioctl, fd, BLKBSZGET_32, p));
	/* What this tells is something else than for 64-bit programs. */
	EXPECT_EQ(0, ioctl(fd, BLKSSZGET, &size));
	EXPECT_EQ(size, p[0]);
	ioctl(fd, LOOP_CLR_FD, 0);
	close(fd);
}

TEST_F(ioctl, rtc)
{
	int fd = open("/dev/rtc0", O_RDONLY);
	uint32_t *p = area(36);
	unsigned long freq = 0;

	if (fd < 0)
		SKIP(return, "no /dev/rtc0");
	EXPECT_EQ(0, compat(ioctl, fd, 0x80247009, p));		/* RTC_RD_TIME */
	EXPECT_GT(p[5], 70);
	EXPECT_EQ(GUARD, p[9]);
	/* RTC_IRQP_READ writes a long, RTC_IRQP_READ32 does not. */
	p = area(4);
	EXPECT_EQ(0, compat(ioctl, fd, 0x8004700b, p));
	EXPECT_EQ(GUARD, p[1]);
	EXPECT_EQ(0, ioctl(fd, 0x8008700b, &freq));
	EXPECT_EQ(freq, p[0]);
	EXPECT_NE(0, native(ioctl, fd, 0x8004700b, p));
	close(fd);
}

TEST_F(ioctl, kvm)
{
	int fd = open("/dev/kvm", O_RDWR);
	long copy;

	if (fd < 0)
		SKIP(return, "no /dev/kvm");
	/* It has no 32-bit ABI on arm64; the file itself can be opened. */
	EXPECT_EQ(-EINVAL, compat(ioctl, fd, 0xae00, 0));
	EXPECT_EQ(12, ioctl(fd, 0xae00, 0));
	copy = compat(open, low_str("/dev/kvm"), O_RDWR);
	EXPECT_GE(copy, 0);
	EXPECT_EQ(12, ioctl(copy, 0xae00, 0));
	close(copy);
	close(fd);
}

/* ----------------------------------------------------------- media, graphics */

#define VIDIOC_G_FMT32		0xc0cc5604
#define VIDIOC_QUERYBUF32	0xc0445609
#define VIDIOC_QBUF32		0xc044560f

static int open_video(void)
{
	struct v4l2_capability cap;
	char path[32];
	int fd;

	for (int i = 0; i < 16; i++) {
		snprintf(path, sizeof(path), "/dev/video%d", i);
		fd = open(path, O_RDWR);
		if (fd < 0)
			continue;
		if (!ioctl(fd, VIDIOC_QUERYCAP, &cap) &&
		    !strcmp((char *)cap.driver, "vivid") &&
		    cap.device_caps & V4L2_CAP_VIDEO_CAPTURE)
			return fd;
		close(fd);
	}
	return -1;
}

TEST_F(ioctl, vivid)
{
	struct v4l2_requestbuffers *req = low(sizeof(*req));
	struct v4l2_format fmt = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
	struct v4l2_buffer buf = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
				   .memory = V4L2_MEMORY_MMAP };
	int fd = open_video();
	uint32_t *p;

	if (fd < 0)
		SKIP(return, "no vivid (missing CONFIG_VIDEO_VIVID?)");
	p = area(204);
	p[0] = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	EXPECT_EQ(0, compat(ioctl, fd, VIDIOC_G_FMT32, p));
	EXPECT_EQ(0, ioctl(fd, VIDIOC_G_FMT, &fmt));
	EXPECT_GT(p[1], 0);
	EXPECT_EQ(fmt.fmt.pix.width, p[1]);
	EXPECT_EQ(fmt.fmt.pix.height, p[2]);
	EXPECT_EQ(fmt.fmt.pix.pixelformat, p[3]);
	EXPECT_EQ(GUARD, p[51]);
	EXPECT_EQ(-ENOTTY, native(ioctl, fd, VIDIOC_G_FMT32, p));

	req->count = 2;
	req->type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	req->memory = V4L2_MEMORY_MMAP;
	EXPECT_EQ(0, compat(ioctl, fd, VIDIOC_REQBUFS, req));
	p = area(68);
	p[0] = 1;
	p[1] = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	p[12] = V4L2_MEMORY_MMAP;
	EXPECT_EQ(0, compat(ioctl, fd, VIDIOC_QUERYBUF32, p));
	buf.index = 1;
	EXPECT_EQ(0, ioctl(fd, VIDIOC_QUERYBUF, &buf));
	EXPECT_EQ(buf.m.offset, p[13]);
	EXPECT_EQ(buf.length, p[14]);
	EXPECT_EQ(GUARD, p[17]);
	EXPECT_FALSE(buf.flags & V4L2_BUF_FLAG_QUEUED);
	EXPECT_EQ(0, compat(ioctl, fd, VIDIOC_QBUF32, p));
	EXPECT_EQ(0, ioctl(fd, VIDIOC_QUERYBUF, &buf));
	EXPECT_TRUE(buf.flags & V4L2_BUF_FLAG_QUEUED);
	close(fd);
}

#define DRM_IOCTL_VERSION32	0xc0246400

TEST_F(ioctl, vgem)
{
	char path[32], *name = low(16);
	uint32_t *p = area(36);
	bool found = false;

	for (int i = 0; i < 8 && !found; i++) {
		int fd;

		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		fd = open(path, O_RDWR);
		if (fd < 0)
			continue;
		memset(name, 0, 16);
		p[3] = 15;
		p[4] = (uintptr_t)name;
		EXPECT_EQ(0, compat(ioctl, fd, DRM_IOCTL_VERSION32, p));
		EXPECT_EQ(GUARD, p[9]);
		found = !strcmp(name, "vgem");
		if (found) {
			EXPECT_EQ(4, p[3]);
			EXPECT_EQ(1, p[0]);
		}
		close(fd);
	}
	if (!found)
		SKIP(return, "no vgem (missing CONFIG_DRM_VGEM?)");
}

#define HW_PARAMS32_SIZE	604
#define PCM_HW_REFINE32		0xc25c4110
#define PCM_HW_REFINE		0xc2604110
#define CTL_ELEM_LIST32		0xc0485510
#define CTL_ELEM_LIST		0xc0505510

/* Anything goes: all bits of the masks, all values of the intervals. */
static void any_params(uint32_t *p)
{
	memset(p + 1, 0xff, 256);
	for (int i = 0; i < 21; i++) {
		p[65 + i * 3] = 0;
		p[66 + i * 3] = -1;
		p[67 + i * 3] = 0;
	}
	p[128] = -1;		/* rmask */
}

TEST_F(ioctl, snd_aloop)
{
	uint32_t *p = area(HW_PARAMS32_SIZE), *q = area(608);
	int fd = open("/dev/snd/pcmC0D0p", O_RDWR | O_NONBLOCK);

	if (fd < 0)
		SKIP(return, "no sound card (missing CONFIG_SND_ALOOP?)");
	any_params(p);
	any_params(q);
	EXPECT_EQ(0, compat(ioctl, fd, PCM_HW_REFINE32, p));
	EXPECT_EQ(0, ioctl(fd, PCM_HW_REFINE, q));
	/* All but fifo_size, a long, is at the same place. */
	EXPECT_EQ(0, memcmp(p, q, 536));
	EXPECT_NE(0, p[130]);
	EXPECT_EQ(q[134], p[134]);
	EXPECT_EQ(GUARD, p[HW_PARAMS32_SIZE / 4]);
	EXPECT_EQ(-ENOTTY, compat(ioctl, fd, PCM_HW_REFINE, q));
	EXPECT_EQ(-ENOTTY, native(ioctl, fd, PCM_HW_REFINE32, p));
	close(fd);

	fd = open("/dev/snd/controlC0", O_RDWR);
	ASSERT_GE(fd, 0);
	p = area(72);
	q = area(80);
	EXPECT_EQ(0, compat(ioctl, fd, CTL_ELEM_LIST32, p));
	EXPECT_EQ(0, ioctl(fd, CTL_ELEM_LIST, q));
	EXPECT_NE(0, p[3]);
	EXPECT_EQ(q[3], p[3]);
	close(fd);
}

/* ------------------------------------------------------------------- input */

#define EVENT32		16
#define EVENT64		24

struct event32 {
	uint32_t sec, usec;
	uint16_t type, code;
	int32_t value;
};

struct device {
	int ui, ev;
};

/* A device that an emulated program would read from; -1 without uinput. */
static int create(struct device *d, bool ff)
{
	struct uinput_setup setup = { .ff_effects_max = ff ? 4 : 0 };
	char name[64], path[512];
	struct dirent *e;
	DIR *dir;

	d->ui = open("/dev/uinput", O_RDWR);
	if (d->ui < 0)
		return -1;
	strcpy(setup.name, "compat-ioctl");
	ioctl(d->ui, UI_SET_EVBIT, EV_REL);
	ioctl(d->ui, UI_SET_RELBIT, REL_X);
	if (ff) {
		ioctl(d->ui, UI_SET_EVBIT, EV_FF);
		ioctl(d->ui, UI_SET_FFBIT, FF_PERIODIC);
		ioctl(d->ui, UI_SET_FFBIT, FF_SINE);
	}
	if (ioctl(d->ui, UI_DEV_SETUP, &setup) || ioctl(d->ui, UI_DEV_CREATE) ||
	    ioctl(d->ui, UI_GET_SYSNAME(sizeof(name)), name) < 0)
		return -1;
	snprintf(path, sizeof(path), "/sys/devices/virtual/input/%s", name);
	dir = opendir(path);
	if (!dir)
		return -1;
	d->ev = -1;
	while ((e = readdir(dir))) {
		if (strncmp(e->d_name, "event", 5))
			continue;
		snprintf(path, sizeof(path), "/dev/input/%s", e->d_name);
		d->ev = open(path, O_RDWR);
	}
	closedir(dir);
	return d->ev < 0 ? -1 : 0;
}

static long emit_native(struct device *d, int value)
{
	struct input_event e[2] = {
		{ .type = EV_REL, .code = REL_X, .value = value },
		{ .type = EV_SYN },
	};

	return write(d->ui, e, sizeof(e));
}

static long emit_compat(struct device *d, int value)
{
	struct event32 *e = low(2 * sizeof(*e));

	e[0].type = EV_REL;
	e[0].code = REL_X;
	e[0].value = value;
	e[1].type = EV_SYN;
	return compat(write, d->ui, e, 2 * EVENT32);
}

TEST_F(ioctl, evdev)
{
	struct event32 *e32 = low(256);
	struct input_event e64[8];
	struct device d;

	if (create(&d, false))
		SKIP(return, "no uinput or evdev");
	for (int i = 1; i <= 4; i++) {
		/* Written and read by either kind of call. */
		EXPECT_EQ(i & 1 ? 2 * EVENT64 : 2 * EVENT32,
			  i & 1 ? emit_native(&d, i) : emit_compat(&d, i));
		if (i <= 2) {
			EXPECT_EQ(2 * EVENT32, compat(read, d.ev, e32, 256));
			EXPECT_EQ(EV_REL, e32[0].type);
			EXPECT_EQ(i, e32[0].value);
			EXPECT_EQ(EV_SYN, e32[1].type);
			EXPECT_GT(e32[0].sec, 0);
		} else {
			EXPECT_EQ(2 * EVENT64, read(d.ev, e64, sizeof(e64)));
			EXPECT_EQ(EV_REL, e64[0].type);
			EXPECT_EQ(i, e64[0].value);
			EXPECT_EQ(EV_SYN, e64[1].type);
		}
	}
	/* One of two events each. */
	emit_native(&d, 7);
	EXPECT_EQ(EVENT32, compat(read, d.ev, e32, EVENT32));
	EXPECT_EQ(7, e32[0].value);
	EXPECT_EQ(EVENT64, read(d.ev, e64, EVENT64));
	EXPECT_EQ(EV_SYN, e64[0].type);
	/* Too short for the one, long enough for the other. */
	emit_native(&d, 8);
	EXPECT_EQ(-EINVAL, native(read, d.ev, e64, EVENT32));
	EXPECT_EQ(EVENT32, compat(read, d.ev, e32, EVENT32 + 4));
	EXPECT_EQ(-EINVAL, compat(read, d.ev, e32, EVENT32 - 4));
	close(d.ev);
	close(d.ui);
}

#define EVIOCSFF32	0x402c4580

static struct ff_effect uploaded;

/* The driver of the device, until it has been told to forget the effect. */
static void *upload_daemon(void *arg)
{
	struct device *d = arg;
	struct input_event e;
	struct uinput_ff_upload up = { };
	struct uinput_ff_erase erase = { };

	while (read(d->ui, &e, sizeof(e)) == sizeof(e)) {
		if (e.type != EV_UINPUT)
			continue;
		if (e.code == UI_FF_UPLOAD) {
			up.request_id = e.value;
			if (ioctl(d->ui, UI_BEGIN_FF_UPLOAD, &up))
				break;
			uploaded = up.effect;
			up.retval = 0;
			ioctl(d->ui, UI_END_FF_UPLOAD, &up);
		} else if (e.code == UI_FF_ERASE) {
			erase.request_id = e.value;
			if (ioctl(d->ui, UI_BEGIN_FF_ERASE, &erase))
				break;
			erase.retval = 0;
			ioctl(d->ui, UI_END_FF_ERASE, &erase);
			break;
		}
	}
	return NULL;
}

/* An effect with a pointer in it. */
TEST_F(ioctl, force_feedback)
{
	struct {
		uint16_t type;
		int16_t id;
		uint16_t direction, trigger[2], replay[2], pad;
		uint16_t waveform, period;
		int16_t magnitude, offset;
		uint16_t phase, envelope[4], pad2;
		uint32_t custom_len, custom_data;
	} *e = low(4096);
	struct device d;
	pthread_t t;

	_Static_assert(sizeof(*e) == 44, "the 32-bit layout");
	if (create(&d, true))
		SKIP(return, "no uinput or evdev");
	ASSERT_EQ(0, pthread_create(&t, NULL, upload_daemon, &d));
	e->type = FF_PERIODIC;
	e->id = -1;
	e->direction = 0x4000;
	e->waveform = FF_SINE;
	e->period = 100;
	e->magnitude = 0x1234;
	e->offset = -5;
	e->envelope[3] = 0x77;
	/* The thread waits for ever if it was not asked. */
	ASSERT_EQ(0, compat(ioctl, d.ev, EVIOCSFF32, e));
	ASSERT_EQ(0, compat(ioctl, d.ev, EVIOCRMFF, e->id));
	pthread_join(t, NULL);
	EXPECT_EQ(0, e->id);
	EXPECT_EQ(FF_PERIODIC, uploaded.type);
	EXPECT_EQ(0x4000, uploaded.direction);
	EXPECT_EQ(0x1234, uploaded.u.periodic.magnitude);
	EXPECT_EQ(-5, uploaded.u.periodic.offset);
	EXPECT_EQ(0x77, uploaded.u.periodic.envelope.fade_level);
	close(d.ev);
	close(d.ui);
}

/* --------------------------------------------------------- workers of a ring */

FIXTURE(worker) {
	struct device d;
	struct ring r;
};

FIXTURE_VARIANT(worker) {
	unsigned int setup;
	unsigned char sqe;
};

/* By a thread that polls for requests, or one that is given those that block. */
FIXTURE_VARIANT_ADD(worker, sqpoll) {
	.setup = IORING_SETUP_SQPOLL,
};

FIXTURE_VARIANT_ADD(worker, io_wq) {
	.sqe = IOSQE_ASYNC,
};

FIXTURE_SETUP(worker)
{
	need_compat_calls();
	if (create(&self->d, false))
		SKIP(return, "no uinput or evdev");
	/* Only then a request is tried at once, in the call. */
	fcntl(self->d.ev, F_SETFL, O_RDWR | O_NONBLOCK);
	if (ring_setup(&self->r, true, variant->setup))
		SKIP(return, "no io_uring");
}

FIXTURE_TEARDOWN(worker)
{
}

/*
 * Threads that a compat call has made are in no call: the layout is that of a
 * 64-bit task. In the call itself, it is the other one.
 */
TEST_F(worker, makes_no_compat_calls)
{
	char *buf = low(256);
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_READ, .fd = self->d.ev,
		.addr = (uintptr_t)buf, .len = 2 * EVENT64, .flags = variant->sqe,
	};

	emit_native(&self->d, 5);
	EXPECT_EQ(2 * EVENT64, ring_do(&self->r, &sqe));
	if (variant->setup)
		return;
	emit_native(&self->d, 6);
	sqe.flags = 0;
	sqe.len = 2 * EVENT32;
	EXPECT_EQ(2 * EVENT32, ring_do(&self->r, &sqe));
}

TEST_HARNESS_MAIN
