// SPDX-License-Identifier: GPL-2.0
/*
 * Both kinds of calls in one process, where the kernel remembers something of
 * the one or the other: robust lists, rings, offsets of directories, files.
 */
#include <dirent.h>
#include <linux/futex.h>
#include <linux/loop.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include "compat.h"
#include "compat-ring.h"

FIXTURE(mixed) {
};

FIXTURE_SETUP(mixed)
{
	need_compat_calls();
}

FIXTURE_TEARDOWN(mixed)
{
}

/* ------------------------------------------------------------- robust lists */

/* A list with one lock in it, and the lock; of either size of pointers. */
struct list32 {
	uint32_t next, futex_offset, pending;
	uint32_t entry, lock;
};

struct list64 {
	uint64_t next, futex_offset, pending;
	uint64_t entry;
	uint32_t lock;
};

struct lists {
	struct list32 l32;
	struct list64 l64;
	volatile int ready;
};

static void hold(struct lists *l)
{
	uint32_t tid = gettid();

	l->l32.next = (uintptr_t)&l->l32.entry;
	l->l32.entry = (uintptr_t)&l->l32;
	l->l32.futex_offset = 4;
	l->l32.lock = tid;
	l->l64.next = (uintptr_t)&l->l64.entry;
	l->l64.entry = (uintptr_t)&l->l64;
	l->l64.futex_offset = 8;
	l->l64.lock = tid;
}

/* One thread has a list of each kind; whoever kills it, both are walked. */
TEST_F(mixed, robust_lists)
{
	struct lists *l = low_shared(sizeof(*l));
	pid_t pid = fork();

	if (!pid) {
		hold(l);
		if (native(set_robust_list, &l->l64, 24) ||
		    compat(set_robust_list, &l->l32, 12))
			_exit(1);
		l->ready = 1;
		pause();
	}
	while (!l->ready && !kill(pid, 0))
		usleep(1000);
	kill(pid, SIGKILL);
	EXPECT_EQ(128 + SIGKILL, wait_status(pid));
	EXPECT_EQ(FUTEX_OWNER_DIED, l->l32.lock & (FUTEX_OWNER_DIED | FUTEX_TID_MASK));
	EXPECT_EQ(FUTEX_OWNER_DIED, l->l64.lock & (FUTEX_OWNER_DIED | FUTEX_TID_MASK));
}

TEST_F(mixed, get_robust_list)
{
	uint32_t *head32 = low(8), *len32 = low(8);
	struct lists *l = low(sizeof(*l));
	uint64_t head64 = 0, len64 = 0;
	uint64_t old = 0, oldlen = 0;

	EXPECT_EQ(0, native(get_robust_list, 0, &old, &oldlen));
	EXPECT_EQ(0, compat(set_robust_list, &l->l32, 12));
	EXPECT_EQ(0, native(get_robust_list, 0, &head64, &len64));
	EXPECT_EQ(old, head64);
	len32[1] = 0x5a5a5a5a;
	head32[1] = len32[1];
	EXPECT_EQ(0, compat(get_robust_list, 0, head32, len32));
	EXPECT_EQ((uintptr_t)&l->l32, head32[0]);
	EXPECT_EQ(12, len32[0]);
	EXPECT_EQ(0x5a5a5a5a, head32[1]);
	EXPECT_EQ(0x5a5a5a5a, len32[1]);
	EXPECT_EQ(-EINVAL, compat(set_robust_list, &l->l32, 24));
	EXPECT_EQ(-EINVAL, native(set_robust_list, &l->l64, 12));
}

/* ------------------------------------------------------------------- rings */

/* What a ring's requests point to has the layout of the call that made it. */
TEST_F(mixed, io_uring)
{
	char *buf = low(64);
	uint32_t *iov32 = low(16), *msg32 = low(28);
	struct iovec *iov64 = low(32);
	struct msghdr *msg64 = low(sizeof(*msg64));
	struct io_uring_sqe sqe = { };
	struct ring c, n;
	int fd = memfd_create("f", 0), pair[2];

	if (ring_setup(&n, false, 0) == -ENOSYS)
		SKIP(return, "no io_uring");
	ASSERT_EQ(0, ring_setup(&c, true, 0));
	ASSERT_EQ(10, write(fd, "0123456789", 10));
	iov32[0] = (uintptr_t)buf;
	iov32[1] = 3;
	iov32[2] = (uintptr_t)buf + 8;
	iov32[3] = 4;
	iov64[0].iov_base = buf + 16;
	iov64[0].iov_len = 5;
	iov64[1].iov_base = buf + 32;
	iov64[1].iov_len = 2;
	sqe.opcode = IORING_OP_READV;
	sqe.fd = fd;
	sqe.len = 2;
	for (int i = 0; i < 3; i++) {
		memset(buf, 0, 64);
		sqe.addr = (uintptr_t)iov32;
		EXPECT_EQ(7, ring_do(&c, &sqe));
		EXPECT_STREQ("012", buf);
		EXPECT_STREQ("3456", buf + 8);
		sqe.addr = (uintptr_t)iov64;
		EXPECT_EQ(7, ring_do(&n, &sqe));
		EXPECT_STREQ("01234", buf + 16);
		EXPECT_STREQ("56", buf + 32);
		/* Whichever call it is that hands the request over. */
		c.compat = !c.compat;
		n.compat = !n.compat;
	}

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	msg32[2] = (uintptr_t)iov32;
	msg32[3] = 1;
	msg64->msg_iov = iov64;
	msg64->msg_iovlen = 1;
	memset(&sqe, 0, sizeof(sqe));
	sqe.opcode = IORING_OP_SENDMSG;
	sqe.fd = pair[0];
	sqe.len = 1;
	sqe.addr = (uintptr_t)msg32;
	EXPECT_EQ(3, ring_do(&c, &sqe));
	sqe.opcode = IORING_OP_RECVMSG;
	sqe.fd = pair[1];
	sqe.addr = (uintptr_t)msg64;
	memset(buf, 0, 64);
	EXPECT_EQ(3, ring_do(&n, &sqe));
	EXPECT_STREQ("012", buf + 16);
	close(c.fd);
	close(n.fd);
}

/* ------------------------------------------------------------------- files */

#define COMPAT_O_LARGEFILE	0400000

TEST_F(mixed, large_file)
{
	char path[] = "/tmp/compat-mixed-XXXXXX", *p;
	int fd = mkstemp(path);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(0, ftruncate(fd, 3UL << 30));
	p = low_str(path);
	EXPECT_EQ(-EOVERFLOW, compat(open, p, O_RDONLY));
	EXPECT_EQ(-EOVERFLOW, compat(openat, AT_FDCWD, p, O_RDONLY));
	EXPECT_GE(compat(open, p, O_RDONLY | COMPAT_O_LARGEFILE), 0);
	EXPECT_GE(compat(openat, AT_FDCWD, p, O_RDONLY | COMPAT_O_LARGEFILE), 0);
	EXPECT_GE(native(openat, AT_FDCWD, p, O_RDONLY), 0);
	/* The flag belongs to the file, not to the call that uses it. */
	ASSERT_EQ(0, ftruncate(fd, 0));
	close(fd);
	fd = compat(open, p, O_RDWR);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(-1, pwrite(fd, "x", 1, 3UL << 30));
	EXPECT_EQ(EFBIG, errno);
	close(fd);
	unlink(path);
}

/* ------------------------------------------------------ offsets of directories */

#define BLOCK		4096
#define BLOCKS		8192
#define INODES		256
#define INODE_TABLE	4
#define ROOT_BLOCK	(INODE_TABLE + INODES * 256 / BLOCK)
#define LINKS		10000

static void put16(char *p, int at, uint16_t v)
{
	memcpy(p + at, &v, 2);
}

static void put32(char *p, int at, uint32_t v)
{
	memcpy(p + at, &v, 4);
}

/*
 * An empty ext4 with hashed directories, of one group and without a journal,
 * since mkfs may not be at hand.
 */
static int make_ext4(void)
{
	int fd = memfd_create("ext4", 0);
	char *disk, *sb, *gd, *root, *dir;
	int used = ROOT_BLOCK + 1;

	if (fd < 0 || ftruncate(fd, BLOCKS * BLOCK))
		return -1;
	disk = mmap(NULL, BLOCKS * BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (disk == MAP_FAILED)
		return -1;
	sb = disk + 1024;
	put32(sb, 0, INODES);
	put32(sb, 4, BLOCKS);
	put32(sb, 12, BLOCKS - used);
	put32(sb, 16, INODES - 10);
	put32(sb, 24, 2);			/* 4K blocks */
	put32(sb, 28, 2);
	put32(sb, 32, 32768);			/* blocks, */
	put32(sb, 36, 32768);
	put32(sb, 40, INODES);			/* inodes of a group */
	put16(sb, 54, -1);
	put16(sb, 56, 0xef53);
	put16(sb, 58, 1);			/* clean */
	put16(sb, 60, 1);
	put32(sb, 76, 1);			/* dynamic revision */
	put32(sb, 84, 11);			/* first inode for files */
	put16(sb, 88, 256);			/* size of an inode */
	put32(sb, 92, 0x20);			/* dir_index */
	put32(sb, 96, 0x2);			/* filetype */
	put32(sb, 100, 0x1);			/* sparse_super */
	for (int i = 0; i < 4; i++)
		put32(sb, 236 + 4 * i, 0x12345678 + i);	/* seed of the hash */
	sb[252] = 1;				/* half MD4 */
	put32(sb, 352, 2);			/* unsigned hash */
	gd = disk + BLOCK;
	put32(gd, 0, 2);
	put32(gd, 4, 3);
	put32(gd, 8, INODE_TABLE);
	put16(gd, 12, BLOCKS - used);
	put16(gd, 14, INODES - 10);
	put16(gd, 16, 1);
	/* Bitmaps, with all that is beyond the end set. */
	memset(disk + 2 * BLOCK, 0xff, BLOCK);
	for (int i = used; i < BLOCKS; i++)
		disk[2 * BLOCK + i / 8] &= ~(1 << i % 8);
	memset(disk + 3 * BLOCK, 0xff, BLOCK);
	for (int i = 10; i < INODES; i++)
		disk[3 * BLOCK + i / 8] &= ~(1 << i % 8);
	root = disk + INODE_TABLE * BLOCK + 256;
	put16(root, 0, 040755);
	put32(root, 4, BLOCK);
	put16(root, 26, 2);
	put32(root, 28, BLOCK / 512);
	put32(root, 40, ROOT_BLOCK);
	put16(root, 128, 32);
	dir = disk + ROOT_BLOCK * BLOCK;
	put32(dir, 0, 2);
	put16(dir, 4, 12);
	dir[6] = 1;
	dir[7] = 2;
	dir[8] = '.';
	put32(dir, 12, 2);
	put16(dir, 16, BLOCK - 12);
	dir[18] = 2;
	dir[19] = 2;
	dir[20] = '.';
	dir[21] = '.';
	munmap(disk, BLOCKS * BLOCK);
	return fd;
}

struct entry64 {
	uint64_t ino, off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

struct seen {
	uint64_t off;		/* where the next one is */
	char name[16];
};

/* Reads all of it; the entries, with "." and "..", or -1. */
static int read_all(int fd, bool is_compat, struct seen *seen, int max)
{
	char *buf = low(32768);
	int n = 0;
	long len;

	while (true) {
		if (is_compat)
			len = compat(getdents64, fd, buf, 32768);
		else
			len = native(getdents64, fd, buf, 32768);
		if (len <= 0)
			return len ? -1 : n;
		for (char *p = buf; p < buf + len; ) {
			struct entry64 *d = (void *)p;

			if (n == max)
				return -1;
			seen[n].off = d->off;
			snprintf(seen[n++].name, 16, "%s", d->name);
			p += d->reclen;
		}
	}
}

TEST_F(mixed, ext4_directory)
{
	char dir[] = "/tmp/compat-mixed-XXXXXX", dev[32], name[16];
	int backing, ctl, loop = -1, fd, n, bad = 0, high = 0;
	struct seen *seen = calloc(LINKS + 2, sizeof(*seen));
	struct seen *again = calloc(LINKS + 2, sizeof(*seen));
	uint32_t *d32 = low(512);
	struct entry64 *d64 = low(512);
	uint64_t *pos = low(8);

	if (geteuid())
		SKIP(return, "needs root");
	backing = make_ext4();
	ASSERT_GE(backing, 0);
	ctl = open("/dev/loop-control", O_RDWR);
	n = ctl < 0 ? -1 : ioctl(ctl, LOOP_CTL_GET_FREE);
	if (n >= 0) {
		snprintf(dev, sizeof(dev), "/dev/loop%d", n);
		loop = open(dev, O_RDWR);
	}
	if (loop < 0 || ioctl(loop, LOOP_SET_FD, backing))
		SKIP(return, "no loop device (missing CONFIG_BLK_DEV_LOOP?)");
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	ASSERT_NE(NULL, mkdtemp(dir));
	/* It must not be open for writing to be mounted. */
	close(loop);
	if (mount(dev, dir, "ext4", 0, NULL)) {
		int err = errno;

		loop = open(dev, O_RDONLY);
		ioctl(loop, LOOP_CLR_FD, 0);
		ASSERT_EQ(ENODEV, err);
		SKIP(return, "missing CONFIG_EXT4_FS");
	}
	ASSERT_EQ(0, chdir(dir));
	close(open("file", O_CREAT | O_RDWR, 0600));
	for (int i = 0; i < LINKS - 1; i++) {
		snprintf(name, sizeof(name), "name%05d", i);
		ASSERT_EQ(0, link("file", name));
	}

	fd = open(".", O_RDONLY | O_DIRECTORY);
	EXPECT_EQ(LINKS + 2, read_all(fd, true, seen, LINKS + 2));
	for (int i = 0; i < LINKS + 1; i++)
		bad += seen[i].off >> 32 != 0;
	EXPECT_EQ(0, bad);
	/* From each offset on, the same entry follows, in all three ways. */
	for (int i = 0; i < LINKS; i += 61) {
		struct seen *next = &seen[i + 1];

		if (compat(lseek, fd, seen[i].off, SEEK_SET) != (long)seen[i].off ||
		    compat(getdents64, fd, d64, 64) <= 0 ||
		    strcmp(d64->name, next->name))
			bad++;
		if (compat(_llseek, fd, 0, seen[i].off, pos, SEEK_SET) ||
		    *pos != seen[i].off ||
		    compat(getdents, fd, d32, 64) <= 0 ||
		    strcmp((char *)d32 + 10, next->name) || d32[1] != next->off)
			bad++;
	}
	EXPECT_EQ(0, bad);
	close(fd);

	/* Native calls have what they had, with another file that is open. */
	fd = open(".", O_RDONLY | O_DIRECTORY);
	EXPECT_EQ(LINKS + 2, read_all(fd, false, again, LINKS + 2));
	for (int i = 0; i < LINKS; i++)
		high += again[i].off >> 32 != 0;
	EXPECT_GT(high, LINKS / 2);
	close(fd);
	/* A 32-bit layout of an ioctl() of this file system. */
	fd = open("file", O_RDWR);
	d32[1] = 0x5a5a5a5a;
	EXPECT_EQ(0, compat(ioctl, fd, 0x80046601, d32));	/* GETFLAGS */
	EXPECT_EQ(0x5a5a5a5a, d32[1]);
	EXPECT_EQ(-ENOTTY, native(ioctl, fd, 0x80046601, d32));
	close(fd);

	EXPECT_EQ(0, chdir("/"));
	EXPECT_EQ(0, umount(dir));
	rmdir(dir);
	loop = open(dev, O_RDONLY);
	ioctl(loop, LOOP_CLR_FD, 0);
	close(loop);
}

/* ------------------------------------------------------------------ sockets */

TEST_F(mixed, socket_timeout)
{
	uint32_t *tv32 = low(16), *len = low(4);
	struct timeval tv;
	socklen_t l = sizeof(tv);
	int pair[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	tv32[0] = 3;
	tv32[1] = 500000;
	EXPECT_EQ(0, compat(setsockopt, pair[0], SOL_SOCKET, 20, tv32, 8));
	EXPECT_EQ(0, getsockopt(pair[0], SOL_SOCKET, 20, &tv, &l));
	EXPECT_EQ(16, l);
	EXPECT_EQ(3, tv.tv_sec);
	tv.tv_sec = 4;
	tv.tv_usec = 0;
	EXPECT_EQ(0, setsockopt(pair[0], SOL_SOCKET, 20, &tv, sizeof(tv)));
	*len = 16;
	tv32[2] = 0x5a5a5a5a;
	EXPECT_EQ(0, compat(getsockopt, pair[0], SOL_SOCKET, 20, tv32, len));
	EXPECT_EQ(8, *len);
	EXPECT_EQ(4, tv32[0]);
	EXPECT_EQ(0x5a5a5a5a, tv32[2]);
	EXPECT_EQ(-EINVAL, native(setsockopt, pair[0], SOL_SOCKET, 20, tv32, 8));
}

/* A descriptor that one kind of call sends, and the other one receives. */
TEST_F(mixed, pass_descriptor)
{
	char control[CMSG_SPACE(sizeof(int))] = { }, c = 0;
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	uint32_t *m = low(64), *v = low(8), *cm = low(64);
	struct cmsghdr *cmsg;
	int pair[2], fd = memfd_create("f", 0), got;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	v[0] = (uintptr_t)low(8);
	v[1] = 1;
	cm[0] = 16;
	cm[1] = SOL_SOCKET;
	cm[2] = SCM_RIGHTS;
	cm[3] = fd;
	m[2] = (uintptr_t)v;
	m[3] = 1;
	m[4] = (uintptr_t)cm;
	m[5] = 16;
	EXPECT_EQ(1, compat(sendmsg, pair[0], m, 0));
	EXPECT_EQ(1, recvmsg(pair[1], &msg, 0));
	cmsg = CMSG_FIRSTHDR(&msg);
	ASSERT_NE(NULL, cmsg);
	EXPECT_EQ(CMSG_LEN(sizeof(int)), cmsg->cmsg_len);
	memcpy(&got, CMSG_DATA(cmsg), sizeof(int));
	EXPECT_GE(fcntl(got, F_GETFD), 0);

	msg.msg_controllen = sizeof(control);
	EXPECT_EQ(1, sendmsg(pair[0], &msg, 0));
	memset(cm, 0, 64);
	m[5] = 64;
	EXPECT_EQ(1, compat(recvmsg, pair[1], m, 0));
	EXPECT_EQ(16, m[5]);
	EXPECT_EQ(16, cm[0]);
	EXPECT_EQ(SCM_RIGHTS, cm[2]);
	EXPECT_GE(fcntl(cm[3], F_GETFD), 0);
}

TEST_HARNESS_MAIN
