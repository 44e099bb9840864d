// SPDX-License-Identifier: GPL-2.0-only
/*
 * mte_block_tags - A block that KVM installs has no tags of others
 *
 * Memory that the VMM gets from the kernel has the tags that whoever had it
 * before left in it, unless it was mapped with PROT_MTE. KVM clears the tags of
 * a page when it maps that for an MTE guest. This test makes KVM map a block
 * where a page was, by all of the ways there are, and looks at all its tags.
 */
#include <sys/mman.h>
#include <sys/prctl.h>

#include <linux/bitmap.h>
#include <linux/sizes.h>

#include "kvm_test_harness.h"

#include "mte_guest.h"

#ifndef PROT_MTE
#define PROT_MTE		0x20
#endif
#ifndef PR_MTE_TCF_NONE
#define PR_MTE_TCF_NONE		0
#endif

#define DATA			0x80000000UL
#define SLOT			1
#define SIZE			SZ_2M
/* Most of what is free, lest the block comes from elsewhere */
#define LITTER			(384UL * SZ_1M)

/* In seconds: that is a lot of tags for an emulated host. */
#define TIMEOUT			300

#define POOL			"/proc/sys/vm/nr_hugepages"

FIXTURE(block) {
	struct mte_guest g;
	unsigned char *mem;
	unsigned long *bitmap;
};

FIXTURE_VARIANT(block) {
	int hugetlb;
};

FIXTURE_VARIANT_ADD(block, thp) {};

/* A page of a pool. There is one in it, so that is the one with the tags. */
FIXTURE_VARIANT_ADD(block, hugetlb) {
	.hugetlb = MAP_HUGETLB,
};

static bool set_pool(const char *nr)
{
	int fd = open(POOL, O_WRONLY);
	bool ok = fd >= 0 && write(fd, nr, 1) == 1;

	close(fd);
	return ok;
}

/* Leave tags in the memory that is free. */
static void litter(int hugetlb)
{
	size_t size = hugetlb ? SIZE : LITTER;
	u64 tag = MTE_TAG(0xb);
	char *mem;

	mem = mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_MTE,
		   MAP_PRIVATE | MAP_ANONYMOUS | hugetlb, -1, 0);
	TEST_ASSERT(mem != MAP_FAILED, "mmap() with PROT_MTE: %d", errno);
	madvise(mem, size, MADV_HUGEPAGE);
	for (char *p = mem; p < mem + size; p += MTE_GRANULE)
		asm volatile(".arch armv8.5-a+memtag\n"
			     "stg %0, [%0]" :: "r" ((u64)p | tag) : "memory");
	munmap(mem, size);
}

FIXTURE_SETUP(block)
{
	if (!mte_guest_supported())
		SKIP(return, "no KVM_CAP_ARM_MTE");

	if (variant->hugetlb)
		ASSERT_TRUE(set_pool("1"));
	litter(variant->hugetlb);
	self->mem = mmap(NULL, variant->hugetlb ? SIZE : 2 * SIZE,
			 PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | variant->hugetlb, -1, 0);
	ASSERT_NE(self->mem, MAP_FAILED);
	if (!variant->hugetlb) {
		self->mem = (void *)(((u64)self->mem + SIZE - 1) & ~(SIZE - 1UL));
		ASSERT_EQ(madvise(self->mem, SIZE, MADV_HUGEPAGE), 0);
	}
	self->mem[0] = 1;
	self->bitmap = bitmap_zalloc(SIZE / getpagesize());

	mte_guest_create(&self->g);
	mte_guest_map(&self->g, DATA, SIZE);
	mte_guest_add_vcpus(&self->g, 1);
}

FIXTURE_TEARDOWN(block)
{
	mte_guest_free(&self->g);
	if (variant->hugetlb)
		set_pool("0");
}

#define SET_SLOT(flags)							\
	vm_set_user_memory_region2(self->g.vm, SLOT, (flags), DATA, SIZE, self->mem, 0, 0)

/* All of the block, a page a time: which of them have tags? */
#define EXPECT_NO_TAGS() do {						\
	int bad = 0;							\
									\
	for (u64 addr = DATA; addr < DATA + SIZE; addr += getpagesize())	\
		if (mte_guest_tag(&self->g, addr + 0x100))		\
			bad++;						\
	EXPECT_EQ(bad, 0) TH_LOG("%d pages with tags of others", bad);	\
} while (0)

TEST_F_TIMEOUT(block, first_access, TIMEOUT)
{
	SET_SLOT(0);
	EXPECT_EQ(mte_guest_do(&self->g, OP_STR, DATA, 1), MTE_DONE);
	EXPECT_NO_TAGS();
}

/* A page that is read while the log is on, and written when it is off */
TEST_F_TIMEOUT(block, write_after_log, TIMEOUT)
{
	SET_SLOT(KVM_MEM_LOG_DIRTY_PAGES);
	EXPECT_EQ(mte_guest_do(&self->g, OP_LDR, DATA + SIZE / 2, 0), MTE_DONE);
	SET_SLOT(0);
	EXPECT_EQ(mte_guest_do(&self->g, OP_STR, DATA + SIZE / 2, 1), MTE_DONE);
	EXPECT_NO_TAGS();
}

/* A page that the log made read-only again */
TEST_F_TIMEOUT(block, write_after_get_log, TIMEOUT)
{
	SET_SLOT(KVM_MEM_LOG_DIRTY_PAGES);
	EXPECT_EQ(mte_guest_do(&self->g, OP_STR, DATA + SIZE / 2, 1), MTE_DONE);
	kvm_vm_get_dirty_log(self->g.vm, SLOT, self->bitmap);
	SET_SLOT(0);
	EXPECT_EQ(mte_guest_do(&self->g, OP_STR, DATA + SIZE / 2, 2), MTE_DONE);
	EXPECT_NO_TAGS();
}

/* A page whose first access after the log is to execute from it */
TEST_F_TIMEOUT(block, exec_after_log, TIMEOUT)
{
	*(u32 *)(self->mem + SIZE / 2) = MTE_INSN_REPORT;
	__builtin___clear_cache((char *)self->mem + SIZE / 2,
				(char *)self->mem + SIZE / 2 + 4);
	SET_SLOT(KVM_MEM_LOG_DIRTY_PAGES);
	EXPECT_EQ(mte_guest_do(&self->g, OP_LDR, DATA + SIZE / 2, 0), MTE_DONE);
	SET_SLOT(0);
	EXPECT_EQ(mte_guest_do(&self->g, OP_EXEC, DATA + SIZE / 2, 0), MTE_DONE);
	EXPECT_NO_TAGS();
}

/* What the guest tagged stays tagged. */
TEST_F_TIMEOUT(block, keeps_own_tags, TIMEOUT)
{
	u64 addr = DATA + SIZE / 2;

	SET_SLOT(KVM_MEM_LOG_DIRTY_PAGES);
	EXPECT_EQ(mte_guest_do(&self->g, OP_STG, addr | MTE_TAG(5), 0), MTE_DONE);
	kvm_vm_get_dirty_log(self->g.vm, SLOT, self->bitmap);
	SET_SLOT(0);
	EXPECT_EQ(mte_guest_do(&self->g, OP_STR, addr, 2), MTE_DONE);
	EXPECT_EQ(mte_guest_tag(&self->g, addr), 5);
	EXPECT_EQ(mte_guest_tag(&self->g, addr + MTE_GRANULE), 0);
}

/* The VMM sets the tags of a page, before the guest uses any of it. */
TEST_F_TIMEOUT(block, copy_tags, TIMEOUT)
{
	unsigned char tags[SZ_4K / MTE_GRANULE] = { 7 };
	struct kvm_arm_copy_mte_tags copy = {
		.guest_ipa = DATA + SIZE / 2,
		.length = SZ_4K,
		.addr = tags,
		.flags = KVM_ARM_TAGS_TO_GUEST,
	};

	SET_SLOT(0);
	ASSERT_EQ(__vm_ioctl(self->g.vm, KVM_ARM_MTE_COPY_TAGS, &copy), SZ_4K);
	EXPECT_EQ(mte_guest_tag(&self->g, DATA + SIZE / 2), 7);
	EXPECT_NO_TAGS();
}

TEST_HARNESS_MAIN
