// SPDX-License-Identifier: GPL-2.0
/*
 * What compat calls map is below 4 GiB, at a random place of its own; what
 * native calls map is where it always was.
 */
#include <elf.h>
#include <linux/aio_abi.h>
#include <sys/auxv.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/vfs.h>

#include "compat.h"

#define ANON		(MAP_PRIVATE | MAP_ANONYMOUS)
#define RW		(PROT_READ | PROT_WRITE)

static long page;

static long cmmap(uint64_t addr, uint64_t len, int prot, int flags)
{
	return compat(mmap2, addr, len, prot, flags, -1, 0);
}

/* Wholly within what 32-bit pointers reach, less the last page. */
static bool is_low(long addr, unsigned long len)
{
	return !is_error(addr) && addr > 0 &&
	       (unsigned long)addr + len <= TASK_SIZE_32 - page;
}

static bool is_mapped(unsigned long addr)
{
	unsigned char vec;

	return !mincore((void *)(addr & -page), page, &vec);
}

FIXTURE(mm) {
};

FIXTURE_SETUP(mm)
{
	need_compat_calls();
	page = sysconf(_SC_PAGESIZE);
}

FIXTURE_TEARDOWN(mm)
{
}

TEST_F(mm, mmap2_is_low)
{
	for (int i = 0; i < 100; i++) {
		EXPECT_TRUE(is_low(cmmap(0, 65536, RW, ANON), 65536));
		EXPECT_TRUE(native_mmap_is_high());
	}
}

TEST_F(mm, mremap_is_low)
{
	/* What a native call has put above comes down. */
	char *p = mmap(NULL, 65536, RW, ANON, -1, 0);
	long q = cmmap(0, 65536, RW, ANON), r;

	ASSERT_TRUE(is_low(q, 65536));
	*(char *)q = 7;
	/* Something behind it, so that it has to move. */
	cmmap(q + 65536, 65536, RW, ANON);
	r = compat(mremap, q, 65536, 1 << 20, MREMAP_MAYMOVE);
	EXPECT_TRUE(is_low(r, 1 << 20));
	EXPECT_EQ(7, *(char *)r);
	/* And a native one does not pull anything down. */
	p = mremap(p, 65536, 64 << 20, MREMAP_MAYMOVE);
	EXPECT_GE((unsigned long)p, TASK_SIZE_32);
}

TEST_F(mm, shmat_is_low)
{
	int id = shmget(IPC_PRIVATE, 65536, 0600);
	void *p;
	long q;

	if (id < 0 && errno == ENOSYS)
		SKIP(return, "missing CONFIG_SYSVIPC");
	ASSERT_GE(id, 0);
	q = compat(shmat, id, 0, 0);
	EXPECT_TRUE(is_low(q, 65536));
	p = shmat(id, NULL, 0);
	EXPECT_GE((unsigned long)p, TASK_SIZE_32);
	*(char *)q = 3;
	EXPECT_EQ(3, *(char *)p);
	/* Over the last page there is no place. */
	EXPECT_EQ(-ENOMEM, compat(shmat, id, 0xffff0000, SHM_REMAP));
	EXPECT_EQ(0, compat(shmdt, q));
	shmctl(id, IPC_RMID, NULL);
}

/* The kernel maps the ring itself, and the id is its address. */
TEST_F(mm, aio_ring_is_low)
{
	uint32_t *ctx = low(4), *list = low(4), *t = low(8);
	struct io_event *ev = low(sizeof(*ev));
	struct iocb *cb = low(sizeof(*cb));
	char *buf = low(16);
	unsigned long nctx = 0;
	long ret;

	ret = compat(io_setup, 8, ctx);
	if (ret == -ENOSYS)
		SKIP(return, "missing CONFIG_AIO");
	ASSERT_EQ(0, ret);
	EXPECT_TRUE(is_low(*ctx, page));
	cb->aio_lio_opcode = IOCB_CMD_PREAD;
	cb->aio_fildes = open("/proc/self/exe", O_RDONLY);
	cb->aio_buf = (uintptr_t)buf;
	cb->aio_nbytes = 4;
	*list = (uintptr_t)cb;
	t[0] = 5;
	EXPECT_EQ(1, compat(io_submit, *ctx, 1, list));
	EXPECT_EQ(1, compat(io_getevents, *ctx, 1, 1, ev, t));
	EXPECT_EQ((uintptr_t)cb, ev->obj);
	EXPECT_EQ(4, ev->res);
	EXPECT_EQ(0, memcmp(buf, ELFMAG, 4));
	EXPECT_EQ(0, compat(io_destroy, *ctx));
	ASSERT_EQ(0, native(io_setup, 8, &nctx));
	EXPECT_GE(nctx, TASK_SIZE_32);
	EXPECT_EQ(0, native(io_destroy, nctx));
}

/* ------------------------------------------------------------- fixed places */

#define LAST	(TASK_SIZE_32 - page)

TEST_F(mm, fixed_end)
{
	unsigned long start = LAST - 4 * page;
	long p;

	p = cmmap(start, 4 * page, RW, ANON | MAP_FIXED);
	EXPECT_EQ(start, p);
	*(char *)(start + page) = 5;
	/* To the end of all, or across it: nothing is unmapped. */
	EXPECT_EQ(-ENOMEM, cmmap(start + page, 4 * page, RW, ANON | MAP_FIXED));
	EXPECT_EQ(-ENOMEM, cmmap(start + page, 64 * page, RW, ANON | MAP_FIXED));
	EXPECT_EQ(-ENOMEM, cmmap(start + page, 64 * page, RW,
				 ANON | MAP_FIXED_NOREPLACE));
	EXPECT_EQ(-ENOMEM, cmmap(LAST, page, RW, ANON | MAP_FIXED));
	EXPECT_EQ(-ENOMEM, cmmap(LAST, page, RW, ANON | MAP_FIXED_NOREPLACE));
	EXPECT_EQ(5, *(char *)(start + page));
	EXPECT_FALSE(is_mapped(LAST));
	EXPECT_FALSE(is_mapped(TASK_SIZE_32));
}

TEST_F(mm, mremap_fixed_end)
{
	long p = cmmap(0, 4 * page, RW, ANON);
	long q = cmmap(LAST - 4 * page, 4 * page, RW, ANON | MAP_FIXED);

	ASSERT_TRUE(is_low(p, 4 * page));
	*(char *)q = 6;
	EXPECT_EQ(-ENOMEM, compat(mremap, p, 4 * page, 4 * page,
				  MREMAP_MAYMOVE | MREMAP_FIXED, q + page));
	EXPECT_EQ(-ENOMEM, compat(mremap, p, 4 * page, 8 * page,
				  MREMAP_MAYMOVE | MREMAP_FIXED, q));
	EXPECT_TRUE(is_mapped(p));
	EXPECT_EQ(6, *(char *)q);
	EXPECT_TRUE(is_mapped(q + page));
	/* In place, with room above for a native call. */
	EXPECT_EQ(-ENOMEM, compat(mremap, q, 4 * page, 8 * page, 0));
	EXPECT_FALSE(is_mapped(LAST));
	EXPECT_EQ(q, native(mremap, q, 4 * page, 8 * page, 0));
	EXPECT_TRUE(is_mapped(TASK_SIZE_32));
	/* Away from there. */
	q = compat(mremap, q, 8 * page, 16 * page, MREMAP_MAYMOVE);
	EXPECT_TRUE(is_low(q, 16 * page));
}

/* A native call can still map anything. */
TEST_F(mm, native_fixed)
{
	char *p = mmap((void *)(LAST - page), 4 * page, RW, ANON | MAP_FIXED_NOREPLACE,
		       -1, 0);

	EXPECT_EQ(LAST - page, (unsigned long)p);
	memset(p, 1, 4 * page);
}

TEST_F(mm, hints)
{
	EXPECT_EQ(0x30000000, cmmap(0x30000000, page, RW, ANON));
	/* Taken already: elsewhere, not refused. */
	EXPECT_TRUE(is_low(cmmap(0x30000000, page, RW, ANON), page));
	/* Rounded down. */
	EXPECT_EQ(0x31000000, cmmap(0x31000000 + 1, page, RW, ANON) & ~(page - 1));
	/* Too high to be of use. */
	EXPECT_TRUE(is_low(cmmap(LAST, 4 * page, RW, ANON), 4 * page));
	EXPECT_TRUE(is_low(cmmap(0xfffffffff000, 4 * page, RW, ANON), 4 * page));
	EXPECT_EQ(-EINVAL, cmmap(0, 0, RW, ANON));
	EXPECT_EQ(-ENOMEM, cmmap(0, 0xffffffff, RW, ANON));
	EXPECT_EQ(-ENOMEM, cmmap(0, LAST, RW, ANON));
	EXPECT_TRUE(native_mmap_is_high());
}

/* Until nothing is left: never an address that is too high. */
TEST_F(mm, exhaustion)
{
	unsigned long total = 0, lowest = -1UL;
	long ret;

	for (unsigned long size = 256 << 20; size >= 65536; size /= 4) {
		while (true) {
			ret = cmmap(0, size, PROT_NONE, ANON | MAP_NORESERVE);
			if (is_error(ret))
				break;
			ASSERT_TRUE(is_low(ret, size));
			if ((unsigned long)ret < lowest)
				lowest = ret;
			total += size;
		}
		EXPECT_EQ(-ENOMEM, ret);
	}
	/* Holes below where the search begins are found, too. */
	EXPECT_GT(total, 0xf0000000);
	EXPECT_LT(lowest, 0x02000000);
	EXPECT_TRUE(native_mmap_is_high());
}

/* ------------------------------------------------------ files that want more */

static long hugepage_size(void)
{
	char buf[4096], *s;

	if (read_text("/proc/meminfo", buf, sizeof(buf)) < 0)
		return 0;
	s = strstr(buf, "Hugepagesize:");
	return s ? atol(s + 13) * 1024 : 0;
}

TEST_F(mm, hugetlb)
{
	long size = hugepage_size(), ret;
	char old[32];
	int fd;

	if (!size)
		SKIP(return, "missing CONFIG_HUGETLBFS");
	if (geteuid() || read_text("/proc/sys/vm/nr_hugepages", old, sizeof(old)) < 0 ||
	    write_text("/proc/sys/vm/nr_hugepages", "4\n"))
		SKIP(return, "no huge pages can be reserved");
	ret = cmmap(0, size, RW, ANON | MAP_HUGETLB);
	EXPECT_TRUE(is_low(ret, size)) {
		TH_LOG("mmap2: %lx", ret);
	}
	EXPECT_EQ(0, ret & (size - 1));
	if (!is_error(ret))
		*(volatile char *)ret = 1;
	fd = memfd_create("huge", MFD_HUGETLB);
	ASSERT_GE(fd, 0);
	ret = compat(mmap2, 0, size, RW, MAP_SHARED, fd, 0);
	EXPECT_TRUE(is_low(ret, size));
	EXPECT_EQ(0, ret & (size - 1));
	if (!is_error(ret))
		*(volatile char *)ret = 1;
	/* A native one of the same file is above. */
	EXPECT_GE((unsigned long)mmap(NULL, size, RW, MAP_SHARED, fd, 0), TASK_SIZE_32);
	EXPECT_EQ(-ENOMEM, compat(mmap2, TASK_SIZE_32 - size, size, RW,
				  MAP_SHARED | MAP_FIXED, fd, 0));
	close(fd);
	write_text("/proc/sys/vm/nr_hugepages", old);
}

TEST_F(mm, hugetlbfs)
{
	char dir[] = "/tmp/compat-mm-XXXXXX";
	long size = hugepage_size(), ret;
	int fd;

	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	ASSERT_NE(NULL, mkdtemp(dir));
	if (mount("none", dir, "hugetlbfs", 0, NULL))
		SKIP(return, "missing CONFIG_HUGETLBFS");
	ASSERT_EQ(0, chdir(dir));
	fd = open("f", O_RDWR | O_CREAT, 0600);
	ret = compat(mmap2, 0, size, RW, MAP_SHARED | MAP_NORESERVE, fd, 0);
	EXPECT_TRUE(is_low(ret, size));
	EXPECT_EQ(0, ret & (size - 1));
	EXPECT_EQ(0, chdir("/"));
	umount2(dir, MNT_DETACH);
	rmdir(dir);
}

/* Big enough for THP, which a compat call is not aligned for. */
TEST_F(mm, shmem)
{
	int fd = memfd_create("f", 0);

	ASSERT_EQ(0, ftruncate(fd, 8 << 20));
	for (int i = 0; i < 8; i++) {
		EXPECT_TRUE(is_low(compat(mmap2, 0, 8 << 20, RW, MAP_SHARED, fd, 0),
				   8 << 20));
		EXPECT_TRUE(is_low(cmmap(0, 8 << 20, RW, ANON), 8 << 20));
	}
	EXPECT_GE((unsigned long)mmap(NULL, 8 << 20, RW, MAP_SHARED, fd, 0),
		  TASK_SIZE_32);
}

TEST_F(mm, offset)
{
	char *a, *b;
	int fd = memfd_create("f", 0);
	long p;

	ASSERT_EQ(0, ftruncate(fd, 0x200000000));
	ASSERT_EQ(1, pwrite(fd, "x", 1, 0x123450000));
	p = compat(mmap2, 0, page, PROT_READ, MAP_SHARED, fd, 0x123450000 >> 12);
	ASSERT_TRUE(is_low(p, page));
	a = (char *)p;
	EXPECT_EQ('x', *a);
	b = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0x123450000);
	EXPECT_EQ('x', *b);
	if (page > 4096)
		EXPECT_EQ(-EINVAL, compat(mmap2, 0, page, PROT_READ, MAP_SHARED, fd, 1));
}

/* The heap is that of the task, above, and no 32-bit value moves it. */
TEST_F(mm, brk)
{
	unsigned long now = (unsigned long)sbrk(0);

	ASSERT_GE(now, TASK_SIZE_32);
	EXPECT_EQ((uint32_t)now, compat(brk, 0));
	EXPECT_EQ((uint32_t)now, compat(brk, 0xffffffff));
	EXPECT_EQ((uint32_t)now, compat(brk, (uint32_t)now + page));
	EXPECT_EQ((uint32_t)now, compat(brk, now + page));
	EXPECT_EQ(now, (unsigned long)sbrk(0));
}

TEST_F(mm, shadow_stack)
{
	long ret = compat(map_shadow_stack, 0, 65536, 0);

	if (ret == -EOPNOTSUPP || ret == -ENOSYS)
		SKIP(return, "no GCS");
	EXPECT_TRUE(is_low(ret, 65536));
}

/* ---------------------------------------------------------------- the layout */

/* Run as a new image: where do the two kinds of calls map first? */
struct layout {
	uint64_t compat, native, stack;
};

static int print_layout(void)
{
	struct layout l;

	l.compat = cmmap(0, 65536, RW, ANON);
	l.native = (uint64_t)mmap(NULL, 65536, RW, ANON, -1, 0);
	l.stack = (uint64_t)&l;
	return write(1, &l, sizeof(l)) != sizeof(l);
}

static bool get_layout(struct layout *l, unsigned long persona, rlim_t stack)
{
	int p[2], n;
	pid_t pid;

	if (pipe(p))
		return false;
	pid = fork();
	if (!pid) {
		struct rlimit r;

		getrlimit(RLIMIT_STACK, &r);
		r.rlim_cur = stack;
		setrlimit(RLIMIT_STACK, &r);
		personality(persona);
		dup2(p[1], 1);
		execl("/proc/self/exe", "compat-mm", "layout", NULL);
		_exit(1);
	}
	close(p[1]);
	n = read(p[0], l, sizeof(*l));
	close(p[0]);
	return wait_status(pid) == 0 && n == sizeof(*l);
}

#define RUNS	200
#define STACK	(8 << 20)

static int rnd_bits(void)
{
	char buf[16];

	if (read_text("/proc/sys/vm/mmap_rnd_compat_bits", buf, sizeof(buf)) < 0)
		return 0;
	return atoi(buf);
}

TEST_F(mm, randomised)
{
	int bits = rnd_bits(), same = 0, related = 0;
	uint64_t or = 0, and = -1ULL, delta = 0;
	struct layout l, first = { };

	if (!bits)
		SKIP(return, "no vm.mmap_rnd_compat_bits");
	for (int i = 0; i < RUNS; i++) {
		ASSERT_TRUE(get_layout(&l, 0, STACK));
		ASSERT_TRUE(is_low(l.compat, 65536));
		ASSERT_GE(l.native, TASK_SIZE_32);
		if (!i) {
			first = l;
			continue;
		}
		same += l.compat == first.compat;
		/* Two draws: the pages of one do not follow from the other. */
		delta = (l.native - first.native) - (l.compat - first.compat);
		related += !(delta & ((page << bits) - 1));
		or |= l.compat;
		and &= l.compat;
	}
	/* As many bits vary as are to be random. */
	EXPECT_GE(__builtin_popcountll(or & ~and), bits);
	EXPECT_LT(same, 20);
	EXPECT_LT(related, 20);
}

TEST_F(mm, not_randomised)
{
	struct layout a, b;

	ASSERT_TRUE(get_layout(&a, ADDR_NO_RANDOMIZE, STACK));
	for (int i = 0; i < 5; i++) {
		ASSERT_TRUE(get_layout(&b, ADDR_NO_RANDOMIZE, STACK));
		EXPECT_EQ(a.compat, b.compat);
		EXPECT_EQ(a.native, b.native);
	}
}

/* From the bottom up, for both: above a third of each address space. */
static bool is_bottom_up(const struct layout *l)
{
	return l->compat >= 0x40000000 && l->compat < 0x60000000 &&
	       l->native >= TASK_SIZE_32 && l->native < l->stack / 2;
}

static bool is_top_down(const struct layout *l)
{
	return l->compat > 0xa0000000 && l->compat < LAST &&
	       l->native > l->stack / 2;
}

TEST_F(mm, top_down)
{
	struct layout l;

	ASSERT_TRUE(get_layout(&l, 0, STACK));
	EXPECT_TRUE(is_top_down(&l)) {
		TH_LOG("compat %lx, native %lx", l.compat, l.native);
	}
}

TEST_F(mm, legacy_personality)
{
	struct layout l;

	for (int i = 0; i < 10; i++) {
		ASSERT_TRUE(get_layout(&l, ADDR_COMPAT_LAYOUT, STACK));
		EXPECT_TRUE(is_bottom_up(&l)) {
			TH_LOG("compat %lx, native %lx", l.compat, l.native);
		}
	}
}

TEST_F(mm, legacy_unlimited_stack)
{
	struct rlimit r;
	struct layout l;

	getrlimit(RLIMIT_STACK, &r);
	if (r.rlim_max != RLIM_INFINITY)
		SKIP(return, "the stack is limited");
	ASSERT_TRUE(get_layout(&l, 0, RLIM_INFINITY));
	EXPECT_TRUE(is_bottom_up(&l)) {
		TH_LOG("compat %lx, native %lx", l.compat, l.native);
	}
}

TEST_F(mm, legacy_sysctl)
{
	struct layout l;
	char old[16];

	if (read_text("/proc/sys/vm/legacy_va_layout", old, sizeof(old)) < 0 ||
	    write_text("/proc/sys/vm/legacy_va_layout", "1"))
		SKIP(return, "vm.legacy_va_layout cannot be set");
	EXPECT_TRUE(get_layout(&l, 0, STACK));
	write_text("/proc/sys/vm/legacy_va_layout", old);
	EXPECT_TRUE(is_bottom_up(&l)) {
		TH_LOG("compat %lx, native %lx", l.compat, l.native);
	}
}

/* As in a 32-bit process there is a gap for a stack of that size. */
TEST_F(mm, stack_limits)
{
	struct layout l;

	ASSERT_TRUE(get_layout(&l, ADDR_NO_RANDOMIZE, 0x10000));
	EXPECT_TRUE(is_top_down(&l));
	EXPECT_GT(l.compat, 0xf0000000);
	ASSERT_TRUE(get_layout(&l, ADDR_NO_RANDOMIZE, 1UL << 30));
	EXPECT_TRUE(is_low(l.compat, 65536));
	EXPECT_LE(l.compat, TASK_SIZE_32 - (1UL << 30));
	ASSERT_TRUE(get_layout(&l, ADDR_NO_RANDOMIZE, 3UL << 30));
	EXPECT_TRUE(is_low(l.compat, 65536));
	ASSERT_TRUE(get_layout(&l, ADDR_NO_RANDOMIZE, 3UL << 40));
	EXPECT_TRUE(is_low(l.compat, 65536));
}

/* A 32-bit process has one base, as ever. */
static bool get_layout32(uint32_t *addr, unsigned long persona)
{
	char path[4096];
	ssize_t len, n;
	pid_t pid;
	int p[2];

	len = readlink("/proc/self/exe", path, sizeof(path) - 16);
	if (len < 0 || pipe(p))
		return false;
	path[len] = '\0';
	strcpy(strrchr(path, '/') + 1, "compat-ops32");
	pid = fork();
	if (!pid) {
		personality(persona);
		dup2(p[1], 1);
		execl(path, path, "layout", NULL);
		_exit(127);
	}
	close(p[1]);
	n = read(p[0], addr, sizeof(*addr));
	close(p[0]);
	return wait_status(pid) == 0 && n == sizeof(*addr);
}

TEST(aarch32_layout)
{
	uint32_t addr, or = 0, and = -1, first;

	page = sysconf(_SC_PAGESIZE);
	if (!have_aarch32() || !get_layout32(&addr, 0))
		SKIP(return, "no AArch32 program");
	for (int i = 0; i < RUNS; i++) {
		ASSERT_TRUE(get_layout32(&addr, 0));
		EXPECT_GT(addr, 0xa0000000);
		or |= addr;
		and &= addr;
	}
	EXPECT_GE(__builtin_popcount(or & ~and), rnd_bits());
	ASSERT_TRUE(get_layout32(&first, ADDR_NO_RANDOMIZE));
	EXPECT_GT(first, 0xf0000000);
	ASSERT_TRUE(get_layout32(&addr, ADDR_NO_RANDOMIZE));
	EXPECT_EQ(first, addr);
	ASSERT_TRUE(get_layout32(&addr, ADDR_COMPAT_LAYOUT));
	EXPECT_GE(addr, 0x40000000);
	EXPECT_LT(addr, 0x60000000);
}

int main(int argc, char **argv)
{
	page = sysconf(_SC_PAGESIZE);
	if (argc > 1 && !strcmp(argv[1], "layout"))
		return print_layout();
	return test_harness_run(argc, argv);
}
