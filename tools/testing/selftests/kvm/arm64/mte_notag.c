// SPDX-License-Identifier: GPL-2.0-only
/*
 * mte_notag - MTE guests with memory that has no tags
 *
 * This test includes:
 *  - which accesses end in userspace, from which exception level, with what
 *  - that all others work, also where the guest has not mapped memory as Tagged
 *  - memory of a device, which is never Tagged
 *  - what a VMM does about the exit: nothing, upgrade, inject
 *  - blocks, and what becomes of them: dirty logging, splitting, collapsing
 *  - KVM_ARM_MTE_COPY_TAGS, and going on in another VM
 *  - the syndrome that KVM got from the CPU
 *
 * kvm_test.tagperm on the kernel command line says that this is what the
 * architecture has; the emulated CPU has another one otherwise.
 */
#include <glob.h>
#include <sys/stat.h>

#include <linux/bitmap.h>

#include "kvm_test_harness.h"

#include "mte_notag.h"

#define NOTAG		KVM_MEM_ARM_NOTAG
#define LOG		KVM_MEM_LOG_DIRTY_PAGES

/* A memslot of two mappings: a file, and anonymous memory */
#define FILE_ADDR	0x80000000UL
#define FILE_SIZE	SZ_64K
#define ANON_ADDR	(FILE_ADDR + FILE_SIZE)
#define ANON_SIZE	SZ_64K
#define SLOT		1
/* Another one, for a block */
#define LARGE_ADDR	0x90000000UL
#define LARGE_SIZE	SZ_2M
#define LARGE_SLOT	2

#define PATTERN		0x0123456789abcdefUL
#define OTHER		0x1122334455667788UL

#define ESR_EC_DABT_SAME	0x25
#define ESR_FSC_SEA		0x10
#define ESR_TAG_ACCESS		BIT(41)

FIXTURE(notag) {
	struct mte_guest g;
	char *file, *anon;
	int fd;
};

FIXTURE_VARIANT(notag) {
	int map;
};

FIXTURE_VARIANT_ADD(notag, private_file) {
	.map = MAP_PRIVATE,
};

FIXTURE_VARIANT_ADD(notag, shared_file) {
	.map = MAP_SHARED,
};

FIXTURE_SETUP(notag)
{
	if (!notag_supported())
		SKIP(return, "no KVM_CAP_ARM_MTE_NOTAG");

	self->fd = notag_file(FILE_SIZE);
	if (self->fd < 0)
		SKIP(return, "cannot make a file in ramfs");
	self->file = notag_map(NULL, -1, FILE_SIZE + ANON_SIZE, MAP_PRIVATE);
	notag_map(self->file, self->fd, FILE_SIZE, variant->map);
	self->anon = self->file + FILE_SIZE;

	mte_guest_create(&self->g);
	mte_guest_map(&self->g, FILE_ADDR, FILE_SIZE + ANON_SIZE);
	ASSERT_EQ(notag_enable(self->g.vm, 0, KVM_ARM_MTE_NOTAG_EXIT, 0, 0), 0);
	ASSERT_EQ(notag_set_slot(self->g.vm, SLOT, NOTAG, FILE_ADDR,
				 FILE_SIZE + ANON_SIZE, self->file), 0);
	mte_guest_add_vcpus(&self->g, 1);
}

FIXTURE_TEARDOWN(notag)
{
	mte_guest_free(&self->g);
}

#define DO(op, addr, val)	mte_guest_do(&self->g, (op), (addr), (val))

#define GET_TAGS(gpa, size)						\
	copy_guest_tags(self->g.vm, KVM_ARM_TAGS_FROM_GUEST, (gpa), (size), tags)
#define SET_TAGS(gpa, size)						\
	copy_guest_tags(self->g.vm, KVM_ARM_TAGS_TO_GUEST, (gpa), (size), tags)

#define EXPECT_DONE(op, addr, val)					\
	EXPECT_EQ(DO((op), (addr), (val)), MTE_DONE)			\
		TH_LOG("%s: exit %u, flags 0x%llx, errno %d", mte_op_names[op],	\
		       self->g.vcpu->run->exit_reason,			\
		       self->g.vcpu->run->memory_fault.flags, errno)

/* The access is refused: in all places that can tell, and not done. */
#define EXPECT_TAG_EXIT_AT(op, addr, val, page) do {			\
	int __op = (op);						\
									\
	EXPECT_EQ(DO(__op, (addr), (val)), MTE_ERROR);			\
	EXPECT_TRUE(notag_is_exit(self->g.vcpu->run, (page)))		\
		TH_LOG("%s: errno %d exit %u flags 0x%llx gpa 0x%llx size 0x%llx", \
		       mte_op_names[__op], errno,			\
		       self->g.vcpu->run->exit_reason,			\
		       self->g.vcpu->run->memory_fault.flags,		\
		       self->g.vcpu->run->memory_fault.gpa,		\
		       self->g.vcpu->run->memory_fault.size);		\
	EXPECT_EQ(mte_guest_get_pc(self->g.vcpu), mte_op_pc(__op, self->g.pstate)); \
	EXPECT_EQ(mte_guest_get_x(self->g.vcpu, 2), 0);			\
} while (0)

#define EXPECT_TAG_EXIT(op, addr, val)					\
	EXPECT_TAG_EXIT_AT(op, addr, val, (addr) & ~MTE_TAG(0xf))

static const enum mte_op tag_ops[] = {
	OP_LDG, OP_STG, OP_ST2G, OP_STZG, OP_STZ2G, OP_STGP, OP_DCGVA, OP_DCGZVA,
};

static const enum mte_op tag_ops_el1[] = { OP_LDGM, OP_STGM, OP_STZGM };

TEST_F(notag, data_accesses)
{
	*(u64 *)self->file = PATTERN;
	EXPECT_DONE(OP_LDR, FILE_ADDR, 0);
	EXPECT_EQ(self->g.result, PATTERN);
	EXPECT_DONE(OP_STR, FILE_ADDR + 0x1000, OTHER);
	EXPECT_EQ(*(u64 *)(self->file + 0x1000), OTHER);
	EXPECT_DONE(OP_SWP, FILE_ADDR, OTHER);
	EXPECT_EQ(self->g.result, PATTERN);
	EXPECT_EQ(*(u64 *)self->file, OTHER);
	EXPECT_DONE(OP_LDXR, FILE_ADDR, 0);

	*(u32 *)(self->file + 0x2000) = MTE_INSN_REPORT;
	__builtin___clear_cache(self->file + 0x2000, self->file + 0x2004);
	EXPECT_DONE(OP_EXEC, FILE_ADDR + 0x2000, 0);

	/* A tag in the address does not matter when it is not checked. */
	EXPECT_DONE(OP_LDR, FILE_ADDR | MTE_TAG(3), 0);
	EXPECT_EQ(self->g.result, OTHER);
}

/* On a page that is not there yet, and on one that is */
TEST_F(notag, tag_accesses)
{
	for (int i = 0; i < ARRAY_SIZE(tag_ops); i++) {
		u64 addr = FILE_ADDR + (i + 1) * 0x1000;

		EXPECT_TAG_EXIT(tag_ops[i], addr | MTE_TAG(3), PATTERN);
		EXPECT_TAG_EXIT(tag_ops[i], addr + 0x7c0, PATTERN);
		/*
		 * Nothing was written. A store of data and a tag may be done in
		 * part, as a store of a pair may be.
		 */
		if (tag_ops[i] != OP_STGP)
			EXPECT_EQ(*(u64 *)(self->file + addr - FILE_ADDR), 0);
	}
}

TEST_F(notag, tag_accesses_of_el1)
{
	for (int i = 0; i < ARRAY_SIZE(tag_ops_el1); i++)
		EXPECT_TAG_EXIT(tag_ops_el1[i], FILE_ADDR + (i + 1) * 0x1000, PATTERN);
}

TEST_F(notag, tag_accesses_of_el0)
{
	self->g.pstate = MTE_PSTATE_EL0;
	*(u64 *)self->file = PATTERN;
	EXPECT_DONE(OP_LDR, FILE_ADDR, 0);
	EXPECT_EQ(self->g.result, PATTERN);
	EXPECT_DONE(OP_STR, FILE_ADDR, OTHER);
	for (int i = 0; i < ARRAY_SIZE(tag_ops); i++)
		EXPECT_TAG_EXIT(tag_ops[i], (FILE_ADDR + (i + 1) * 0x1000) | MTE_TAG(3),
				PATTERN);

	mte_guest_set_sctlr(&self->g, MTE_SCTLR_TCF0_SYNC);
	EXPECT_TAG_EXIT(OP_LDR, FILE_ADDR, 0);
	EXPECT_TAG_EXIT(OP_STR, FILE_ADDR, PATTERN);
	EXPECT_EQ(*(u64 *)self->file, OTHER);
}

TEST_F(notag, checked_accesses)
{
	static const u64 modes[] = { MTE_SCTLR_TCF_SYNC, MTE_SCTLR_TCF_ASYNC };

	*(u64 *)self->file = PATTERN;
	for (int i = 0; i < ARRAY_SIZE(modes); i++) {
		mte_guest_set_sctlr(&self->g, modes[i]);
		EXPECT_TAG_EXIT(OP_LDR, FILE_ADDR, 0);
		EXPECT_TAG_EXIT(OP_STR, FILE_ADDR, OTHER);
		EXPECT_TAG_EXIT(OP_LDR, FILE_ADDR | MTE_TAG(3), 0);
		EXPECT_TAG_EXIT(OP_SWP, FILE_ADDR, OTHER);
		EXPECT_EQ(*(u64 *)self->file, PATTERN);
	}
}

TEST_F(notag, unchecked_accesses)
{
	u64 tcr = vcpu_get_reg(self->g.vcpu, KVM_ARM64_SYS_REG(SYS_TCR_EL1));

	*(u64 *)self->file = PATTERN;

	mte_guest_set_sctlr(&self->g, MTE_SCTLR_TCF_SYNC);
	self->g.pstate = MTE_PSTATE_EL1 | MTE_PSTATE_TCO;
	EXPECT_DONE(OP_LDR, FILE_ADDR | MTE_TAG(3), 0);
	EXPECT_EQ(self->g.result, PATTERN);
	self->g.pstate = MTE_PSTATE_EL1;

	vcpu_set_reg(self->g.vcpu, KVM_ARM64_SYS_REG(SYS_TCR_EL1), tcr | MTE_TCR_TCMA0);
	EXPECT_DONE(OP_LDR, FILE_ADDR, 0);
	EXPECT_EQ(self->g.result, PATTERN);
	EXPECT_TAG_EXIT(OP_LDR, FILE_ADDR | MTE_TAG(3), 0);
}

/* The attribute means nothing where the guest does not want tags. */
TEST_F(notag, not_tagged_at_stage_1)
{
	mte_guest_set_type(&self->g, FILE_ADDR, MT_NORMAL_WT);
	mte_guest_set_type(&self->g, FILE_ADDR + 0x1000, MT_NORMAL_NC);
	mte_guest_set_type(&self->g, FILE_ADDR + 0x2000, MT_DEVICE_nGnRE);
	for (u64 addr = FILE_ADDR; addr < FILE_ADDR + 0x3000; addr += 0x1000) {
		mte_guest_set_sctlr(&self->g, 0);
		EXPECT_DONE(OP_LDG, addr, 0);
		EXPECT_EQ(MTE_TAG_OF(self->g.result), 0);
		EXPECT_DONE(OP_STG, addr | MTE_TAG(3), 0);
		EXPECT_DONE(OP_LDG, addr, 0);
		EXPECT_EQ(MTE_TAG_OF(self->g.result), 0);
		mte_guest_set_sctlr(&self->g, MTE_SCTLR_TCF_SYNC);
		EXPECT_DONE(OP_LDR, addr | MTE_TAG(3), 0);
	}
}

TEST_F(notag, each_mapping_for_itself)
{
	for (u64 addr = ANON_ADDR; addr < ANON_ADDR + ANON_SIZE; addr += 0x1000) {
		EXPECT_DONE(OP_STG, addr | MTE_TAG(3), 0);
		EXPECT_DONE(OP_LDG, addr, 0);
		EXPECT_EQ(MTE_TAG_OF(self->g.result), 3);
		EXPECT_DONE(OP_LDG, addr + MTE_GRANULE, 0);
		EXPECT_EQ(MTE_TAG_OF(self->g.result), 0);
	}
	EXPECT_TAG_EXIT(OP_STG, ANON_ADDR - 0x1000, 0);
	EXPECT_TAG_EXIT(OP_STG, ANON_ADDR - MTE_GRANULE, 0);
	EXPECT_DONE(OP_STG, ANON_ADDR | MTE_TAG(4), 0);
}

/* The page that is refused is not always that of the address. */
TEST_F(notag, across_pages)
{
	u64 addr = FILE_ADDR + 0x1000;

	ASSERT_EQ(notag_upgrade(self->file, 0x1000), 0);
	mte_guest_set_sctlr(&self->g, MTE_SCTLR_TCF_SYNC);
	EXPECT_DONE(OP_LDR, addr - 8, 0);
	EXPECT_TAG_EXIT_AT(OP_LDR, addr - 4, 0, addr);
	EXPECT_TAG_EXIT_AT(OP_ST2G, addr - MTE_GRANULE, 0, addr);
	EXPECT_TAG_EXIT_AT(OP_LDR, addr + 0xffc, 0, addr);
}

TEST_F(notag, nothing_is_done_about_it)
{
	EXPECT_TAG_EXIT(OP_STG, FILE_ADDR | MTE_TAG(3), PATTERN);
	for (int i = 0; i < 1000; i++) {
		ASSERT_EQ(mte_guest_continue(&self->g), MTE_ERROR);
		ASSERT_TRUE(notag_is_exit(self->g.vcpu->run, FILE_ADDR));
		ASSERT_EQ(mte_guest_get_pc(self->g.vcpu), mte_op_pc(OP_STG, MTE_PSTATE_EL1));
		ASSERT_EQ(mte_guest_get_x(self->g.vcpu, 0), FILE_ADDR | MTE_TAG(3));
		ASSERT_EQ(mte_guest_get_x(self->g.vcpu, 1), PATTERN);
	}
}

/* There is nothing in the vCPU that would have to be completed. */
TEST_F(notag, nothing_is_pending)
{
	struct kvm_vcpu *vcpu = self->g.vcpu;
	struct kvm_vcpu_events events;
	u64 pc;

	EXPECT_TAG_EXIT(OP_STG, FILE_ADDR, 0);
	vcpu->run->immediate_exit = 1;
	EXPECT_EQ(mte_guest_continue(&self->g), MTE_ERROR);
	EXPECT_EQ(errno, EINTR);
	vcpu->run->immediate_exit = 0;
	EXPECT_EQ(mte_guest_get_pc(vcpu), mte_op_pc(OP_STG, MTE_PSTATE_EL1));
	EXPECT_EQ(mte_guest_continue(&self->g), MTE_ERROR);
	EXPECT_TRUE(notag_is_exit(vcpu->run, FILE_ADDR));

	vcpu_events_get(vcpu, &events);
	EXPECT_EQ(events.exception.serror_pending, 0);
	EXPECT_EQ(events.exception.ext_dabt_pending, 0);

	/* Somewhere else, and that instruction is the next */
	pc = mte_op_pc(OP_NOP, MTE_PSTATE_EL1);
	vcpu_set_reg(vcpu, ARM64_CORE_REG(regs.pc), pc);
	EXPECT_EQ(mte_guest_continue(&self->g), MTE_DONE);
	EXPECT_EQ(mte_guest_get_pc(vcpu), pc + 4);

	/* After a reset there is no MMU, and no Tagged memory */
	EXPECT_TAG_EXIT(OP_STG, FILE_ADDR, 0);
	vcpu_ioctl(vcpu, KVM_ARM_VCPU_INIT, &vcpu->init);
	EXPECT_NE(mte_guest_get_pc(vcpu), mte_op_pc(OP_STG, MTE_PSTATE_EL1));
}

TEST_F(notag, inject)
{
	struct kvm_vcpu *vcpu = self->g.vcpu;
	struct kvm_vcpu_events events = { .exception.ext_dabt_pending = 1 };
	u64 pc = mte_op_pc(OP_STG, MTE_PSTATE_EL1), esr;

	EXPECT_TAG_EXIT(OP_STG, (FILE_ADDR + 0x120) | MTE_TAG(3), 0);
	vcpu_events_set(vcpu, &events);
	EXPECT_EQ(mte_guest_continue(&self->g), MTE_SYNC_EL1);

	esr = vcpu_get_reg(vcpu, KVM_ARM64_SYS_REG(SYS_ESR_EL1));
	EXPECT_EQ(ESR_ELx_EC(esr), ESR_EC_DABT_SAME);
	EXPECT_EQ(esr & ESR_ELx_FSC, ESR_FSC_SEA);
	EXPECT_EQ(esr & ESR_TAG_ACCESS, 0);
	EXPECT_EQ(vcpu_get_reg(vcpu, KVM_ARM64_SYS_REG(SYS_FAR_EL1)) & ~MTE_TAG(0xf),
		  FILE_ADDR + 0x120);
	EXPECT_EQ(vcpu_get_reg(vcpu, ARM64_CORE_REG(elr_el1)), pc);

	/* The same page is as before. */
	EXPECT_DONE(OP_LDR, FILE_ADDR, 0);
	EXPECT_TAG_EXIT(OP_LDG, FILE_ADDR, 0);
}

TEST_F(notag, upgraded)
{
	for (int i = 0; i < FILE_SIZE / 8; i++)
		((u64 *)self->file)[i] = PATTERN + i;
	/* What the guest wrote counts, too. */
	EXPECT_DONE(OP_STR, FILE_ADDR + 0x1008, OTHER);

	EXPECT_TAG_EXIT(OP_STG, (FILE_ADDR + 0x1000) | MTE_TAG(3), 0);
	ASSERT_EQ(notag_upgrade(self->file + 0x1000, 0x1000), 0);
	EXPECT_EQ(mte_guest_continue(&self->g), MTE_DONE);

	EXPECT_EQ(mte_guest_tag(&self->g, FILE_ADDR + 0x1000), 3);
	for (u64 off = 0x1010; off < 0x2000; off += MTE_GRANULE)
		ASSERT_EQ(mte_guest_tag(&self->g, FILE_ADDR + off), 0);
	for (u64 off = 0x1000; off < 0x2000; off += 8) {
		ASSERT_EQ(DO(OP_LDR, FILE_ADDR + off, 0), MTE_DONE);
		ASSERT_EQ(self->g.result, off == 0x1008 ? OTHER : PATTERN + off / 8);
	}
	EXPECT_TAG_EXIT(OP_STG, FILE_ADDR, 0);
	EXPECT_TAG_EXIT(OP_STG, FILE_ADDR + 0x2000, 0);

	/* Checks are done, with the tag that the guest has set. */
	mte_guest_set_sctlr(&self->g, MTE_SCTLR_TCF_SYNC);
	EXPECT_DONE(OP_LDR, (FILE_ADDR + 0x1000) | MTE_TAG(3), 0);
	EXPECT_EQ(DO(OP_LDR, (FILE_ADDR + 0x1000) | MTE_TAG(4), 0), MTE_SYNC_EL1);
}

static int nr_mappings(const char *mem, size_t size)
{
	unsigned long start, end;
	char line[512];
	int nr = 0;
	FILE *maps = fopen("/proc/self/maps", "r");

	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx", &start, &end) == 2 &&
		    start < (unsigned long)mem + size && end > (unsigned long)mem)
			nr++;
	if (maps)
		fclose(maps);
	return nr;
}

/* All of the file, a page a time and in no order. It ends as one mapping. */
TEST_F(notag, upgraded_bit_by_bit)
{
	char *new = notag_map(NULL, -1, FILE_SIZE, MAP_PRIVATE);
	u64 tag, off;

	for (int i = 0; i < FILE_SIZE / SZ_4K; i++) {
		off = i * 7 % (FILE_SIZE / SZ_4K) * SZ_4K;
		tag = MTE_TAG(i % 15 + 1);
		*(u64 *)(self->file + off) = PATTERN + off;
		EXPECT_TAG_EXIT(OP_STG, (FILE_ADDR + off) | tag, 0);
		ASSERT_EQ(notag_replace(self->file + off, new + off, SZ_4K), 0);
		ASSERT_EQ(mte_guest_continue(&self->g), MTE_DONE);
	}
	for (int i = 0; i < FILE_SIZE / SZ_4K; i++) {
		off = i * 7 % (FILE_SIZE / SZ_4K) * SZ_4K;
		EXPECT_EQ(mte_guest_tag(&self->g, FILE_ADDR + off), i % 15 + 1);
		EXPECT_DONE(OP_LDR, FILE_ADDR + off, 0);
		EXPECT_EQ(self->g.result, PATTERN + off);
	}
	EXPECT_EQ(nr_mappings(self->file, FILE_SIZE), 1);
}

/* Whatever comes with a mapping goes with it. */
TEST_F(notag, downgraded)
{
	ASSERT_EQ(notag_upgrade(self->file, 0x1000), 0);
	EXPECT_DONE(OP_STG, FILE_ADDR | MTE_TAG(3), 0);

	notag_map(self->file, self->fd, 0x1000, variant->map);
	EXPECT_DONE(OP_LDR, FILE_ADDR, 0);
	EXPECT_TAG_EXIT(OP_LDG, FILE_ADDR, 0);

	ASSERT_EQ(notag_upgrade(self->file, 0x1000), 0);
	EXPECT_EQ(mte_guest_tag(&self->g, FILE_ADDR), 0);
}

/* Without the flag, memory without tags is an error, also if it comes later. */
TEST_F(notag, slot_without_flag)
{
	char *mem = notag_map(NULL, -1, FILE_SIZE, MAP_PRIVATE);

	mte_guest_map(&self->g, LARGE_ADDR, FILE_SIZE);
	ASSERT_EQ(notag_set_slot(self->g.vm, LARGE_SLOT, 0, LARGE_ADDR, FILE_SIZE, mem), 0);
	EXPECT_DONE(OP_STG, LARGE_ADDR | MTE_TAG(3), 0);

	notag_map(mem, self->fd, FILE_SIZE, variant->map);
	for (u64 addr = LARGE_ADDR; addr <= LARGE_ADDR + 0x1000; addr += 0x1000) {
		EXPECT_EQ(DO(OP_LDR, addr, 0), MTE_ERROR);
		EXPECT_EQ(errno, EFAULT);
		EXPECT_EQ(self->g.vcpu->run->exit_reason, KVM_EXIT_UNKNOWN);
	}

	notag_map(mem, -1, FILE_SIZE, MAP_PRIVATE);
	EXPECT_EQ(mte_guest_tag(&self->g, LARGE_ADDR), 0);
}

/* A hole is an error as it always was, and not one about tags. */
TEST_F(notag, nothing_there)
{
	EXPECT_TAG_EXIT(OP_STG, FILE_ADDR, 0);
	ASSERT_EQ(munmap(self->file, 0x1000), 0);
	EXPECT_EQ(mte_guest_continue(&self->g), MTE_ERROR);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_EQ(self->g.vcpu->run->exit_reason, KVM_EXIT_UNKNOWN);
}

TEST_F(notag, read_only_slot)
{
	ASSERT_EQ(notag_set_slot(self->g.vm, SLOT, 0, FILE_ADDR, 0, NULL), 0);
	ASSERT_EQ(notag_set_slot(self->g.vm, SLOT, NOTAG | KVM_MEM_READONLY, FILE_ADDR,
				 FILE_SIZE + ANON_SIZE, self->file), 0);
	*(u64 *)self->file = PATTERN;
	EXPECT_DONE(OP_LDR, FILE_ADDR, 0);
	EXPECT_EQ(self->g.result, PATTERN);
	EXPECT_TAG_EXIT(OP_LDG, FILE_ADDR, 0);
	EXPECT_DONE(OP_LDG, ANON_ADDR, 0);

	/* To store a tag is to write, first of all. */
	for (u64 addr = FILE_ADDR; addr <= ANON_ADDR; addr += FILE_SIZE) {
		EXPECT_EQ(DO(OP_STG, addr, 0), MTE_ERROR);
		EXPECT_EQ(errno, ENOSYS);
		EXPECT_NE(self->g.vcpu->run->exit_reason, KVM_EXIT_MEMORY_FAULT);
	}
	vm_enable_cap(self->g.vm, KVM_CAP_ARM_NISV_TO_USER, 0);
	EXPECT_EQ(DO(OP_STG, FILE_ADDR, 0), MTE_EXIT);
	EXPECT_EQ(self->g.vcpu->run->exit_reason, KVM_EXIT_ARM_NISV);
}

/* A page of memory of some device, or NULL */
static void *device_page(void)
{
	static const char pattern[] = "/sys/bus/pci/devices/*/resource[0-5]";
	void *mem = NULL;
	glob_t files;

	if (glob(pattern, 0, NULL, &files))
		return NULL;
	for (size_t i = 0; i < files.gl_pathc && !mem; i++) {
		/* Ports do not let themselves be mapped. */
		int fd = open(files.gl_pathv[i], O_RDWR | O_SYNC);

		mem = mmap(NULL, SZ_4K, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (mem == MAP_FAILED)
			mem = NULL;
		if (fd >= 0)
			close(fd);
	}
	globfree(&files);
	return mem;
}

/*
 * The guest maps it as Tagged, which stage 2 makes it not to be: there are no
 * tags to access, and no one is told. What is read has no effect on the device.
 */
TEST_F(notag, device_memory)
{
	unsigned char tags[SZ_4K / MTE_GRANULE];
	void *mem = device_page();

	if (!mem)
		SKIP(return, "no device with memory");

	mte_guest_map(&self->g, LARGE_ADDR, SZ_4K);
	EXPECT_EQ(notag_set_slot(self->g.vm, LARGE_SLOT, 0, LARGE_ADDR, SZ_4K, mem), EINVAL);
	EXPECT_EQ(notag_set_slot(self->g.vm, LARGE_SLOT, NOTAG | LOG, LARGE_ADDR, SZ_4K, mem),
		  EINVAL);
	ASSERT_EQ(notag_set_slot(self->g.vm, LARGE_SLOT, NOTAG, LARGE_ADDR, SZ_4K, mem), 0);

	EXPECT_DONE(OP_LDR, LARGE_ADDR, 0);
	EXPECT_EQ(self->g.result, READ_ONCE(*(u64 *)mem));
	EXPECT_DONE(OP_STG, LARGE_ADDR | MTE_TAG(3), 0);
	EXPECT_DONE(OP_LDG, LARGE_ADDR, 0);
	EXPECT_EQ(MTE_TAG_OF(self->g.result), 0);
	mte_guest_set_sctlr(&self->g, MTE_SCTLR_TCF_SYNC);
	EXPECT_DONE(OP_LDR, LARGE_ADDR | MTE_TAG(3), 0);

	memset(tags, 0xff, sizeof(tags));
	EXPECT_EQ(GET_TAGS(LARGE_ADDR, SZ_4K), SZ_4K);
	for (int i = 0; i < sizeof(tags); i++)
		ASSERT_EQ(tags[i], 0);
	EXPECT_EQ(SET_TAGS(LARGE_ADDR, SZ_4K), -1);
	EXPECT_EQ(errno, EFAULT);
}

/* First the write fault, which the log wants, and then the tags. */
TEST_F(notag, dirty_log)
{
	unsigned long *bitmap = bitmap_zalloc((FILE_SIZE + ANON_SIZE) / getpagesize());

	ASSERT_EQ(notag_set_slot(self->g.vm, SLOT, NOTAG | LOG, FILE_ADDR,
				 FILE_SIZE + ANON_SIZE, self->file), 0);
	EXPECT_DONE(OP_LDR, FILE_ADDR, 0);
	EXPECT_DONE(OP_LDR, FILE_ADDR + 0x1000, 0);
	EXPECT_TAG_EXIT(OP_STG, FILE_ADDR, 0);
	EXPECT_TAG_EXIT(OP_LDG, FILE_ADDR + 0x1000, 0);
	kvm_vm_get_dirty_log(self->g.vm, SLOT, bitmap);
	EXPECT_EQ(bitmap[0], 1);

	/* Write-protected again, and made writable again */
	EXPECT_DONE(OP_STR, FILE_ADDR, PATTERN);
	EXPECT_TAG_EXIT(OP_STG, FILE_ADDR, 0);
	EXPECT_TAG_EXIT(OP_LDG, FILE_ADDR, 0);
	kvm_vm_get_dirty_log(self->g.vm, SLOT, bitmap);
	EXPECT_EQ(bitmap[0], 1);

	ASSERT_EQ(notag_set_slot(self->g.vm, SLOT, NOTAG, FILE_ADDR,
				 FILE_SIZE + ANON_SIZE, self->file), 0);
	EXPECT_DONE(OP_STR, FILE_ADDR, PATTERN);
	EXPECT_TAG_EXIT(OP_STG, FILE_ADDR, 0);
	free(bitmap);
}

/* The flag does not cost an exit where there are tags. */
TEST_F(notag, no_more_exits)
{
	u64 exits[2], before;
	char *mem = notag_map(NULL, -1, 2 * ANON_SIZE, MAP_PRIVATE);

	madvise(mem, 2 * ANON_SIZE, MADV_NOHUGEPAGE);
	for (int flag = 0; flag < 2; flag++) {
		u64 addr = LARGE_ADDR + flag * ANON_SIZE;

		mte_guest_map(&self->g, addr, ANON_SIZE);
		ASSERT_EQ(notag_set_slot(self->g.vm, LARGE_SLOT + flag, flag ? NOTAG : 0,
					 addr, ANON_SIZE, mem + flag * ANON_SIZE), 0);
		exits[flag] = -1;
		/* That page counts for which there was no interrupt. */
		for (u64 off = 0; off < ANON_SIZE; off += 0x1000) {
			before = vcpu_get_stat(self->g.vcpu, exits);
			EXPECT_DONE(OP_STR, addr + off, PATTERN);
			EXPECT_DONE(OP_STG, (addr + off) | MTE_TAG(3), 0);
			EXPECT_DONE(OP_LDG, addr + off, 0);
			EXPECT_EQ(MTE_TAG_OF(self->g.result), 3);
			exits[flag] = min(exits[flag],
					  vcpu_get_stat(self->g.vcpu, exits) - before);
		}
	}
	EXPECT_EQ(exits[0], exits[1]);
}

TEST_F(notag, copy_tags)
{
	unsigned char tags[SZ_8K / MTE_GRANULE];

	if (page_has_tags(self->anon) < 0)
		SKIP(return, "no /proc/kpageflags");

	*(u64 *)self->file = PATTERN;
	EXPECT_DONE(OP_LDR, FILE_ADDR, 0);
	memset(tags, 0xff, sizeof(tags));
	EXPECT_EQ(GET_TAGS(FILE_ADDR, SZ_8K), SZ_8K);
	for (int i = 0; i < sizeof(tags); i++)
		ASSERT_EQ(tags[i], 0);

	memset(tags, 5, sizeof(tags));
	EXPECT_EQ(SET_TAGS(FILE_ADDR, SZ_8K), -1);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_EQ(page_has_tags(self->file), 0);

	/* What comes before is done. */
	ASSERT_EQ(notag_upgrade(self->file, SZ_4K), 0);
	EXPECT_EQ(SET_TAGS(FILE_ADDR, SZ_8K), SZ_4K);
	EXPECT_EQ(page_has_tags(self->file), 1);
	EXPECT_EQ(page_has_tags(self->file + SZ_4K), 0);
	EXPECT_EQ(mte_guest_tag(&self->g, FILE_ADDR + 0x560), 5);
	EXPECT_EQ(*(u64 *)self->file, PATTERN);

	/* Both kinds at once */
	memset(tags, 0xff, sizeof(tags));
	EXPECT_EQ(GET_TAGS(FILE_ADDR, SZ_8K), SZ_8K);
	for (int i = 0; i < sizeof(tags); i++)
		ASSERT_EQ(tags[i], i < sizeof(tags) / 2 ? 5 : 0);
}

TEST_F(notag, copy_tags_of_nothing)
{
	unsigned char tags[SZ_4K / MTE_GRANULE];

	ASSERT_EQ(munmap(self->file, SZ_4K), 0);
	EXPECT_EQ(GET_TAGS(FILE_ADDR, SZ_4K), -1);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_EQ(GET_TAGS(LARGE_ADDR, SZ_4K), -1);
	EXPECT_EQ(errno, EFAULT);
}

/*
 * From the exit, the guest goes on in a VM that knows nothing of all this: its
 * memory has tags, and the guest cannot tell.
 */
TEST_F(notag, elsewhere_with_tags)
{
	struct mte_guest other;
	char *mem;

	*(u64 *)(self->file + 8) = PATTERN;
	EXPECT_TAG_EXIT(OP_STG, FILE_ADDR | MTE_TAG(3), 0);

	mem = notag_map(NULL, -1, FILE_SIZE, MAP_PRIVATE);
	memcpy(mem, self->file, FILE_SIZE);
	mte_guest_create(&other);
	mte_guest_map(&other, FILE_ADDR, FILE_SIZE);
	ASSERT_EQ(notag_set_slot(other.vm, SLOT, 0, FILE_ADDR, FILE_SIZE, mem), 0);
	mte_guest_add_vcpus(&other, 1);
	for (int i = 0; i < 29; i++)
		mte_guest_set_x(other.vcpu, i, mte_guest_get_x(self->g.vcpu, i));
	vcpu_set_reg(other.vcpu, ARM64_CORE_REG(regs.pc), mte_guest_get_pc(self->g.vcpu));
	vcpu_set_reg(other.vcpu, ARM64_CORE_REG(regs.pstate),
		     vcpu_get_reg(self->g.vcpu, ARM64_CORE_REG(regs.pstate)));

	EXPECT_EQ(mte_guest_continue(&other), MTE_DONE);
	EXPECT_EQ(mte_guest_tag(&other, FILE_ADDR), 3);
	EXPECT_EQ(mte_guest_do(&other, OP_LDR, FILE_ADDR + 8, 0), MTE_DONE);
	EXPECT_EQ(other.result, PATTERN);
	mte_guest_free(&other);
}

/* And in one that is alike, but for what was upgraded here. */
TEST_F(notag, elsewhere_without_tags)
{
	struct mte_guest other;
	char *mem;

	ASSERT_EQ(notag_upgrade(self->file, SZ_4K), 0);
	EXPECT_DONE(OP_STG, FILE_ADDR | MTE_TAG(3), 0);
	EXPECT_TAG_EXIT(OP_STG, (FILE_ADDR + SZ_4K) | MTE_TAG(4), 0);

	mem = notag_map(NULL, self->fd, FILE_SIZE, MAP_PRIVATE);
	ASSERT_EQ(notag_upgrade(mem, SZ_4K), 0);
	mte_guest_create(&other);
	mte_guest_map(&other, FILE_ADDR, FILE_SIZE);
	ASSERT_EQ(notag_enable(other.vm, 0, KVM_ARM_MTE_NOTAG_EXIT, 0, 0), 0);
	ASSERT_EQ(notag_set_slot(other.vm, SLOT, NOTAG, FILE_ADDR, FILE_SIZE, mem), 0);
	mte_guest_add_vcpus(&other, 1);

	EXPECT_EQ(mte_guest_do(&other, OP_STG, (FILE_ADDR + SZ_4K) | MTE_TAG(4), 0),
		  MTE_ERROR);
	EXPECT_TRUE(notag_is_exit(other.vcpu->run, FILE_ADDR + SZ_4K));
	EXPECT_EQ(mte_guest_do(&other, OP_STG, FILE_ADDR | MTE_TAG(5), 0), MTE_DONE);
	mte_guest_free(&other);
}

/* What KVM traced of the last guest fault with TagAccess */
struct traced_fault {
	u64 ipa, esr, far;
};

static const char trace_dir[] = "/sys/kernel/tracing/instances/mte_notag";

static int trace_write(const char *file, const char *text)
{
	char path[128];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/%s", trace_dir, file);
	fd = open(path, O_WRONLY | O_TRUNC);
	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text));
	close(fd);
	return ret < 0 ? -1 : 0;
}

static bool trace_last(struct traced_fault *fault)
{
	struct traced_fault f;
	bool found = false;
	char line[512], *p;
	FILE *trace;

	snprintf(line, sizeof(line), "%s/trace", trace_dir);
	trace = fopen(line, "r");
	while (trace && fgets(line, sizeof(line), trace)) {
		p = strstr(line, "ipa ");
		if (p && sscanf(p, "ipa %li, hsr %li, hxfar %li", (long *)&f.ipa,
				(long *)&f.esr, (long *)&f.far) == 3 &&
		    f.esr & ESR_TAG_ACCESS) {
			*fault = f;
			found = true;
		}
	}
	if (trace)
		fclose(trace);
	trace_write("trace", "");
	return found;
}

static bool is_tagperm(void)
{
	char line[4096] = "";
	int fd = open("/proc/cmdline", O_RDONLY);

	if (fd < 0 || read(fd, line, sizeof(line) - 1) < 0)
		return false;
	close(fd);
	return strstr(line, "kvm_test.tagperm");
}

TEST_F(notag, syndrome)
{
	static const struct {
		enum mte_op op;
		bool is_checked, is_write;
	} accesses[] = {
		{ OP_STG, false, true }, { OP_LDG, false, false },
		{ OP_STGP, false, true }, { OP_DCGVA, false, true },
		{ OP_LDR, true, false }, { OP_STR, true, false },
	};
	u64 addr = (FILE_ADDR + 0x3120) | MTE_TAG(3);
	struct traced_fault fault;

	if (mkdir(trace_dir, 0700) && errno != EEXIST)
		SKIP(return, "no trace instances");
	if (trace_write("events/kvm/kvm_guest_fault/enable", "1")) {
		rmdir(trace_dir);
		SKIP(return, "no trace events");
	}

	EXPECT_DONE(OP_STR, FILE_ADDR + 0x3120, 0);
	for (int i = 0; i < ARRAY_SIZE(accesses); i++) {
		/* Another fault leaves another address in HPFAR_EL2. */
		EXPECT_DONE(OP_LDR, ANON_ADDR + i * 0x1000, 0);
		trace_write("trace", "");
		mte_guest_set_sctlr(&self->g, accesses[i].is_checked ?
				    MTE_SCTLR_TCF_SYNC : 0);
		EXPECT_TAG_EXIT(accesses[i].op, addr, 0);
		mte_guest_set_sctlr(&self->g, 0);
		ASSERT_TRUE(trace_last(&fault));
		TH_LOG("%-6s ESR 0x%lx FAR 0x%lx IPA 0x%lx", mte_op_names[accesses[i].op],
		       fault.esr, fault.far, fault.ipa);
		EXPECT_EQ(ESR_ELx_EC(fault.esr), ESR_ELx_EC_DABT_LOW);
		EXPECT_EQ(!!(fault.esr & ESR_ELx_ISV), false);
		EXPECT_EQ(!!(fault.esr & ESR_ELx_S1PTW), false);
		EXPECT_EQ(fault.ipa & ~0xfffUL, FILE_ADDR + 0x3000);
		/* An instruction for many tags may have the start of its block. */
		EXPECT_EQ(fault.far & ~0xffUL, addr & ~0xffUL);
		/* A status code of QEMU's, or that of the architecture */
		if ((fault.esr & ESR_ELx_FSC) == 0 && !is_tagperm())
			continue;
		EXPECT_EQ(fault.esr & ESR_ELx_FSC_TYPE, ESR_ELx_FSC_PERM);
		EXPECT_EQ(!!(fault.esr & ESR_ELx_WNR), accesses[i].is_write);
	}
	rmdir(trace_dir);
}

/*
 * Blocks. The page cache of a block device is made of large folios, and has no
 * tags.
 */
FIXTURE(notag_block) {
	struct mte_guest g;
	char *mem;
};

FIXTURE_VARIANT(notag_block) {
	u64 split_chunk;
};

FIXTURE_VARIANT_ADD(notag_block, lazy_split) {
	.split_chunk = 0,
};

FIXTURE_VARIANT_ADD(notag_block, eager_split) {
	.split_chunk = LARGE_SIZE,
};

/* Accepted only while there are no memslots, and the library has made one. */
static void set_split_chunk(struct kvm_vm *vm, u64 size)
{
	struct userspace_mem_region *region = memslot2region(vm, 0);
	u64 memory_size = region->region.memory_size;

	region->region.memory_size = 0;
	vm_ioctl(vm, KVM_SET_USER_MEMORY_REGION2, &region->region);
	vm_enable_cap(vm, KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE, size);
	region->region.memory_size = memory_size;
	vm_ioctl(vm, KVM_SET_USER_MEMORY_REGION2, &region->region);
}

FIXTURE_SETUP(notag_block)
{
	int fd;

	if (!notag_supported())
		SKIP(return, "no KVM_CAP_ARM_MTE_NOTAG");
	fd = open("/dev/ram0", O_RDWR);
	if (fd < 0)
		SKIP(return, "no /dev/ram0");
	if (getpagesize() != SZ_4K)
		SKIP(return, "blocks are not of 2 MiB");

	self->mem = notag_map(NULL, fd, 2 * LARGE_SIZE, MAP_SHARED);
	close(fd);
	madvise(self->mem, 2 * LARGE_SIZE, MADV_HUGEPAGE);

	mte_guest_create(&self->g);
	if (variant->split_chunk)
		set_split_chunk(self->g.vm, variant->split_chunk);
	mte_guest_map(&self->g, LARGE_ADDR, LARGE_SIZE);
	ASSERT_EQ(notag_enable(self->g.vm, 0, KVM_ARM_MTE_NOTAG_EXIT, 0, 0), 0);
	mte_guest_add_vcpus(&self->g, 1);
}

FIXTURE_TEARDOWN(notag_block)
{
	mte_guest_free(&self->g);
}

/*
 * The entry of stage 2 for an address, from debugfs: 'B' for a block, 'P' for a
 * page, then 'T' for one with tags and 'N' for one without; "" if none.
 */
static const char *stage2_entry(struct kvm_vm *vm, u64 addr)
{
	static char path[128], line[512], entry[3];
	unsigned long start, end;
	FILE *dump;

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%d-%d/stage2_page_tables",
		 getpid(), vm->fd);
	entry[0] = 0;
	dump = fopen(path, "r");
	if (!dump)
		return "?";
	while (fgets(line, sizeof(line), dump)) {
		if (sscanf(line, "0x%lx-0x%lx", &start, &end) != 2 ||
		    addr < start || addr >= end || strstr(line, " F "))
			continue;
		entry[0] = strstr(line, "BLK") ? 'B' : 'P';
		entry[1] = strstr(line, "NOTAG") ? 'N' : 'T';
		break;
	}
	fclose(dump);
	return entry;
}

#define EXPECT_ENTRY(addr, entry)	\
	EXPECT_STREQ(stage2_entry(self->g.vm, (addr)), (entry))

#define SET_BLOCK(flags)	\
	notag_set_slot(self->g.vm, LARGE_SLOT, (flags), LARGE_ADDR, LARGE_SIZE, self->mem)

TEST_F(notag_block, log_on_and_off)
{
	u64 inside = LARGE_ADDR + SZ_1M;

	ASSERT_EQ(SET_BLOCK(NOTAG), 0);
	*(u64 *)self->mem = PATTERN;
	EXPECT_DONE(OP_STR, LARGE_ADDR + 8, OTHER);
	EXPECT_DONE(OP_LDR, LARGE_ADDR, 0);
	EXPECT_EQ(self->g.result, PATTERN);
	if (!strcmp(stage2_entry(self->g.vm, LARGE_ADDR), "?"))
		SKIP(return, "no stage2_page_tables in debugfs");
	EXPECT_ENTRY(inside, "BN");
	EXPECT_TAG_EXIT(OP_STG, inside, 0);
	EXPECT_TAG_EXIT(OP_LDG, LARGE_ADDR, 0);

	/* All of it is made pages, or the page that is written to */
	ASSERT_EQ(SET_BLOCK(NOTAG | LOG), 0);
	EXPECT_ENTRY(inside + SZ_4K, variant->split_chunk ? "PN" : "BN");
	EXPECT_TAG_EXIT(OP_LDG, inside, 0);
	EXPECT_DONE(OP_STR, inside, OTHER);
	EXPECT_ENTRY(inside, "PN");
	EXPECT_TAG_EXIT(OP_STG, inside, 0);
	EXPECT_TAG_EXIT(OP_LDG, inside + SZ_4K, 0);
	EXPECT_TAG_EXIT(OP_STG, inside + SZ_8K, 0);

	/* Without CTR_EL0.DIC, what was read faults again when it is executed. */
	*(u32 *)(self->mem + SZ_1M + SZ_16K) = MTE_INSN_REPORT;
	__builtin___clear_cache(self->mem + SZ_1M + SZ_16K, self->mem + SZ_1M + SZ_16K + 4);
	EXPECT_DONE(OP_LDR, inside + SZ_16K, 0);
	EXPECT_DONE(OP_EXEC, inside + SZ_16K, 0);
	EXPECT_TAG_EXIT(OP_LDG, inside + SZ_16K, 0);

	/* And a block again, by the permission fault of a page */
	ASSERT_EQ(SET_BLOCK(NOTAG), 0);
	ASSERT_EQ(SET_BLOCK(NOTAG | LOG), 0);
	EXPECT_DONE(OP_LDR, inside, 0);
	EXPECT_ENTRY(inside, "PN");
	ASSERT_EQ(SET_BLOCK(NOTAG), 0);
	EXPECT_DONE(OP_STR, inside, OTHER);
	EXPECT_ENTRY(inside, "BN");
	EXPECT_TAG_EXIT(OP_STG, inside, 0);
	EXPECT_TAG_EXIT(OP_LDG, LARGE_ADDR, 0);
}

TEST_F(notag_block, upgrade_in_a_block)
{
	u64 inside = LARGE_ADDR + SZ_1M;

	ASSERT_EQ(SET_BLOCK(NOTAG), 0);
	*(u64 *)(self->mem + SZ_1M) = PATTERN;
	EXPECT_TAG_EXIT(OP_STG, inside | MTE_TAG(3), 0);
	ASSERT_EQ(notag_upgrade(self->mem + SZ_1M, SZ_4K), 0);
	EXPECT_EQ(mte_guest_continue(&self->g), MTE_DONE);
	EXPECT_EQ(mte_guest_tag(&self->g, inside), 3);
	EXPECT_EQ(mte_guest_tag(&self->g, inside + MTE_GRANULE), 0);
	EXPECT_DONE(OP_LDR, inside, 0);
	EXPECT_EQ(self->g.result, PATTERN);
	EXPECT_TAG_EXIT(OP_STG, inside - SZ_4K, 0);
	EXPECT_TAG_EXIT(OP_STG, inside + SZ_4K, 0);
	EXPECT_TAG_EXIT(OP_STG, LARGE_ADDR, 0);
}

/* In the other direction: a block with tags becomes one without, and back. */
TEST_F(notag_block, whole_blocks)
{
	ASSERT_EQ(SET_BLOCK(NOTAG), 0);
	*(u64 *)self->mem = PATTERN;
	EXPECT_TAG_EXIT(OP_STG, LARGE_ADDR | MTE_TAG(3), 0);
	ASSERT_EQ(notag_upgrade(self->mem, LARGE_SIZE), 0);
	EXPECT_EQ(mte_guest_continue(&self->g), MTE_DONE);
	EXPECT_EQ(mte_guest_tag(&self->g, LARGE_ADDR), 3);
	for (u64 addr = LARGE_ADDR + SZ_4K; addr < LARGE_ADDR + LARGE_SIZE; addr += SZ_4K)
		ASSERT_EQ(mte_guest_tag(&self->g, addr + 0x80), 0);
	EXPECT_DONE(OP_LDR, LARGE_ADDR, 0);
	EXPECT_EQ(self->g.result, PATTERN);
}

/* Large pages that have tags, in a memslot with the flag */
#define EXPECT_BLOCK_WITH_TAGS() do {					\
	self->mem[0] = 1;						\
	ASSERT_EQ(SET_BLOCK(NOTAG), 0);					\
	EXPECT_DONE(OP_STG, LARGE_ADDR | MTE_TAG(3), 0);		\
	if (!strcmp(stage2_entry(self->g.vm, LARGE_ADDR), "?"))		\
		SKIP(return, "no stage2_page_tables in debugfs");	\
	EXPECT_ENTRY(LARGE_ADDR + SZ_1M, "BT");				\
	EXPECT_EQ(mte_guest_tag(&self->g, LARGE_ADDR), 3);		\
	EXPECT_EQ(mte_guest_tag(&self->g, LARGE_ADDR + SZ_1M), 0);	\
} while (0)

TEST_F(notag_block, anonymous_block)
{
	notag_map(self->mem, -1, LARGE_SIZE, MAP_PRIVATE);
	madvise(self->mem, LARGE_SIZE, MADV_HUGEPAGE);
	EXPECT_BLOCK_WITH_TAGS();
}

static void set_hugepages(const char *nr)
{
	int fd = open("/proc/sys/vm/nr_hugepages", O_WRONLY);

	if (fd < 0 || write(fd, nr, 1) != 1)
		ksft_print_msg("cannot set nr_hugepages\n");
	close(fd);
}

TEST_F(notag_block, hugetlb_block)
{
	set_hugepages("1");
	notag_map(self->mem, -1, LARGE_SIZE, MAP_PRIVATE | MAP_HUGETLB);
	EXPECT_BLOCK_WITH_TAGS();
	mte_guest_free(&self->g);
	munmap(self->mem, LARGE_SIZE);
	set_hugepages("0");
}

TEST_HARNESS_MAIN
