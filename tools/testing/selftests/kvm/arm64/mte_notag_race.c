// SPDX-License-Identifier: GPL-2.0-only
/*
 * mte_notag_race - Memory without tags that changes while vCPUs run
 *
 * This test includes:
 *  - vCPUs that write data and tags, which a VMM upgrades, and takes back: no
 *    write is lost if the vCPUs stand still meanwhile
 *  - the same while they run: an access is done or exits, and nothing else
 *  - memslots that come and go, with and without the flag
 *  - KVM_ARM_MTE_COPY_TAGS, while the memory changes
 */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "kvm_test_harness.h"

#include "mte_notag.h"

#define NOTAG		KVM_MEM_ARM_NOTAG
#define DATA		0x80000000UL
#define NR_PAGES	8
#define SIZE		(NR_PAGES * SZ_4K)
#define SLOT		1
#define NR_VCPUS	4
#define SECONDS		3
/* On an emulated host, each step may take seconds. */
#define TIMEOUT		300
/* That many exits for one access are one too many. */
#define MAX_EXITS	1000

static struct mte_guest guest;
static pthread_rwlock_t running;	/* for reading: a vCPU; for writing: the VMM */
static bool upgraded[NR_PAGES];
static atomic_bool stop;
/* Memslots are taken away while the vCPUs run. */
static bool slots_go;
static atomic_int upgrades, downgrades, refused, done, bad;
static char *mem;
static int fd;

FIXTURE(race) {
};

FIXTURE_SETUP(race)
{
	pthread_rwlockattr_t attr;

	if (!notag_supported())
		SKIP(return, "no KVM_CAP_ARM_MTE_NOTAG");
	fd = notag_file(SIZE);
	if (fd < 0)
		SKIP(return, "cannot make a file in ramfs");
	mem = notag_map(NULL, fd, SIZE, MAP_SHARED);

	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&running, &attr);

	mte_guest_create(&guest);
	mte_guest_map(&guest, DATA, SIZE);
	ASSERT_EQ(notag_enable(guest.vm, 0, KVM_ARM_MTE_NOTAG_EXIT, 0, 0), 0);
	vm_enable_cap(guest.vm, KVM_CAP_ARM_NISV_TO_USER, 0);
	ASSERT_EQ(notag_set_slot(guest.vm, SLOT, NOTAG, DATA, SIZE, mem), 0);
	mte_guest_add_vcpus(&guest, NR_VCPUS);
}

FIXTURE_TEARDOWN(race)
{
	mte_guest_free(&guest);
}

static int access_data(int cpu, enum mte_op op, u64 addr, u64 val, u64 *result)
{
	return mte_guest_do_vcpu(guest.vcpus[cpu], MTE_PSTATE_EL1, op, addr, val, result);
}

static bool is_exit(int cpu, u64 addr)
{
	return notag_is_exit(guest.vcpus[cpu]->run, addr & ~MTE_TAG(0xf));
}

/* The VMM, with the vCPUs paused */
static void upgrade_page(int page)
{
	pthread_rwlock_wrlock(&running);
	if (!upgraded[page]) {
		if (notag_upgrade(mem + page * SZ_4K, SZ_4K))
			bad++;
		upgraded[page] = true;
		upgrades++;
	}
	pthread_rwlock_unlock(&running);
}

static void downgrade_page(int page)
{
	pthread_rwlock_wrlock(&running);
	if (upgraded[page]) {
		if (pwrite(fd, mem + page * SZ_4K, SZ_4K, page * SZ_4K) != SZ_4K ||
		    mmap(mem + page * SZ_4K, SZ_4K, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, fd, page * SZ_4K) == MAP_FAILED)
			bad++;
		upgraded[page] = false;
		downgrades++;
	}
	pthread_rwlock_unlock(&running);
}

/* Counts in a word of its own in each page, and tags the granule. */
static void *count_and_tag(void *arg)
{
	u64 counts[NR_PAGES] = {}, result;
	int cpu = (long)arg, exits = 0;

	for (unsigned int i = cpu; !stop; i++) {
		int page = i % NR_PAGES;
		u64 addr = DATA + page * SZ_4K + cpu * 0x80;
		u64 tag = cpu + 1;
		bool exited;

		pthread_rwlock_rdlock(&running);
		if (access_data(cpu, OP_LDR, addr, 0, &result) != MTE_DONE ||
		    result != counts[page] ||
		    access_data(cpu, OP_STR, addr, ++counts[page], &result) != MTE_DONE)
			bad++;
		exited = access_data(cpu, OP_STG, addr | MTE_TAG(tag), 0, &result) != MTE_DONE;
		if (exited) {
			if (!is_exit(cpu, addr) || upgraded[page] || ++exits > MAX_EXITS)
				bad++;
			refused++;
		} else {
			if (!upgraded[page] ||
			    access_data(cpu, OP_LDG, addr, 0, &result) != MTE_DONE ||
			    MTE_TAG_OF(result) != tag)
				bad++;
			exits = 0;
			done++;
		}
		pthread_rwlock_unlock(&running);
		if (exited)
			upgrade_page(page);
		if (bad)
			break;
	}
	return NULL;
}

static void start(pthread_t *threads, void *(*fn)(void *))
{
	stop = false;
	upgrades = 0;
	downgrades = 0;
	refused = 0;
	done = 0;
	bad = 0;
	memset(upgraded, 0, sizeof(upgraded));
	for (long i = 0; i < NR_VCPUS; i++)
		pthread_create(&threads[i], NULL, fn, (void *)i);
}

static void finish(pthread_t *threads)
{
	stop = true;
	for (int i = 0; i < NR_VCPUS; i++)
		pthread_join(threads[i], NULL);
}

/*
 * Until the time is up, and longer where that is not enough to see anything: the
 * host may be a slow one.
 */
static bool go_on(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return !bad && (now.tv_sec < begin->tv_sec + SECONDS || !refused || !done);
}

TEST_F_TIMEOUT(race, nothing_is_lost, TIMEOUT)
{
	pthread_t threads[NR_VCPUS];
	struct timespec begin;

	start(threads, count_and_tag);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (int i = 0; go_on(&begin) || (!bad && upgrades <= NR_PAGES); i++) {
		downgrade_page(i % NR_PAGES);
		usleep(2000);
	}
	finish(threads);
	TH_LOG("%d upgrades, %d downgrades; %d refused, %d done", upgrades, downgrades,
	       refused, done);
	EXPECT_EQ(bad, 0);
	EXPECT_GT(upgrades, NR_PAGES);
	EXPECT_GT(downgrades, 0);
	EXPECT_GT(done, 0);
}

static void *only_tag(void *arg)
{
	int cpu = (long)arg;
	u64 result;

	for (unsigned int i = cpu; !stop && !bad; i++) {
		u64 addr = DATA + i % NR_PAGES * SZ_4K + cpu * 0x80;

		switch (access_data(cpu, i & 8 ? OP_STG : OP_LDG, addr, 0, &result)) {
		case MTE_DONE:
			done++;
			break;
		case MTE_EXIT:
			/* Nothing there */
			if (!slots_go ||
			    guest.vcpus[cpu]->run->exit_reason != KVM_EXIT_ARM_NISV)
				bad++;
			break;
		case MTE_ERROR:
			if (is_exit(cpu, addr)) {
				refused++;
				break;
			}
			fallthrough;
		default:
			bad++;
		}
	}
	return NULL;
}

/* Nobody waits for anybody: data may be lost, but that is all. */
TEST_F_TIMEOUT(race, running_vcpus, TIMEOUT)
{
	pthread_t threads[NR_VCPUS];
	struct timespec begin;

	start(threads, only_tag);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	while (go_on(&begin)) {
		for (int page = 0; page < NR_PAGES; page++)
			if (notag_upgrade(mem + page * SZ_4K, SZ_4K))
				bad++;
		upgrades++;
		usleep(2000);
		mmap(mem, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
		usleep(2000);
	}
	finish(threads);
	TH_LOG("%d rounds; %d refused, %d done", upgrades, refused, done);
	EXPECT_EQ(bad, 0);
	EXPECT_GT(refused, 0);
	EXPECT_GT(done, 0);
}

TEST_F_TIMEOUT(race, memslots_come_and_go, TIMEOUT)
{
	char *anon = notag_map(NULL, -1, SIZE, MAP_PRIVATE);
	pthread_t threads[NR_VCPUS];
	struct timespec begin;

	slots_go = true;
	start(threads, only_tag);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (int i = 0; go_on(&begin); i++) {
		if (notag_set_slot(guest.vm, SLOT, 0, DATA, 0, NULL) ||
		    notag_set_slot(guest.vm, SLOT, i & 1 ? NOTAG : 0, DATA, SIZE,
				   i & 1 ? mem : anon))
			bad++;
		upgrades++;
		usleep(2000);
	}
	finish(threads);
	TH_LOG("%d memslots; %d refused, %d done", upgrades, refused, done);
	EXPECT_EQ(bad, 0);
	EXPECT_GT(refused, 0);
	EXPECT_GT(done, 0);
}

static void *copy_tags(void *arg)
{
	unsigned char tags[SIZE / MTE_GRANULE];

	memset(tags, 5, sizeof(tags));
	while (!stop) {
		switch (copy_guest_tags(guest.vm, KVM_ARM_TAGS_TO_GUEST, DATA, SIZE, tags)) {
		case -1:
			if (errno != EFAULT)
				bad++;
			refused++;
			break;
		case SIZE:
			done++;
		}
	}
	return NULL;
}

/* Who has the file does not get tags, whenever the file comes. */
TEST_F_TIMEOUT(race, copied_tags, TIMEOUT)
{
	struct timespec begin;
	pthread_t thread;

	if (page_has_tags(mem) < 0)
		SKIP(return, "no /proc/kpageflags");

	stop = false;
	refused = 0;
	done = 0;
	bad = 0;
	pthread_create(&thread, NULL, copy_tags, NULL);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (upgrades = 0; go_on(&begin); upgrades++) {
		if (notag_upgrade(mem, SIZE))
			bad++;
		sched_yield();
		mmap(mem, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
	}
	stop = true;
	pthread_join(thread, NULL);
	TH_LOG("%d rounds; %d refused, %d done", upgrades, refused, done);
	EXPECT_EQ(bad, 0);
	EXPECT_GT(refused, 0);
	EXPECT_GT(done, 0);
	for (int page = 0; page < NR_PAGES; page++)
		EXPECT_EQ(page_has_tags(mem + page * SZ_4K), 0);
}

TEST_HARNESS_MAIN
