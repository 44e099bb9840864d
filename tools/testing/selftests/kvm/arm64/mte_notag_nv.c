// SPDX-License-Identifier: GPL-2.0-only
/*
 * mte_notag_nv - Memory without tags and nested guests
 *
 * This test includes:
 *  - tag accesses of a nested guest, whose exit has the address that its
 *    hypervisor has for the memory
 *  - what a VMM does about them
 *  - that the hypervisor's stage 2 has the first say
 *  - a hypervisor that invalidates its TLBs all the time
 *
 * The nested guest is at EL1, with stage 2 of its hypervisor on and off.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "kvm_test_harness.h"

#include "mte_notag.h"

#define NOTAG		KVM_MEM_ARM_NOTAG

/* As the hypervisor sees it, and as its guest does if there is a stage 2 */
#define DATA		0x80000000UL
#define SHIFTED		0x100000000UL
#define SIZE		SZ_64K
#define SLOT		1
#define PATTERN		0x0123456789abcdefUL

/* In seconds: a VM with EL2 takes its time on an emulated host. */
#define TIMEOUT		300
#define SECONDS		3

#define SZ_1GB		0x40000000UL
/* 39 bits, of blocks of 1 GiB; 4K granule, Write-Back, inner shareable */
#define VTCR		(BIT(31) | 2UL << 16 | 3UL << 12 | 1UL << 10 | 1UL << 8 | \
			 1UL << 6 | 25UL)
#define S2_BLOCK(s2ap)	(BIT(10) | 3UL << 8 | (s2ap) << 6 | 0xfUL << 2 | 1UL)
#define S2AP_R		1UL
#define S2AP_RW		3UL

FIXTURE(nv) {
	struct mte_guest g;
	int fd;
	char *mem;
	u64 *stage2;
	u64 addr;	/* of the nested guest */
};

FIXTURE_VARIANT(nv) {
	bool stage2;
};

FIXTURE_VARIANT_ADD(nv, stage2_off) {
	.stage2 = false,
};

FIXTURE_VARIANT_ADD(nv, stage2_on) {
	.stage2 = true,
};

FIXTURE_SETUP(nv)
{
	if (!notag_supported())
		SKIP(return, "no KVM_CAP_ARM_MTE_NOTAG");
	if (!kvm_has_cap(KVM_CAP_ARM_EL2))
		SKIP(return, "no guests with EL2");
	self->fd = notag_file(SIZE);
	if (self->fd < 0)
		SKIP(return, "cannot make a file in ramfs");
	self->mem = notag_map(NULL, self->fd, SIZE, MAP_SHARED);

	mte_guest_create_nested(&self->g);
	self->addr = DATA + (variant->stage2 ? SHIFTED : 0);
	mte_guest_map(&self->g, self->addr, SIZE);
	ASSERT_EQ(notag_enable(self->g.vm, 0, KVM_ARM_MTE_NOTAG_EXIT, 0, 0), 0);
	ASSERT_EQ(notag_set_slot(self->g.vm, SLOT, NOTAG, DATA, SIZE, self->mem), 0);
	/* The nested guest is on the first one. */
	mte_guest_add_vcpus(&self->g, 2);

	if (variant->stage2) {
		u64 gva = vm_alloc_page(self->g.vm);
		u64 hcr = vcpu_get_reg(self->g.vcpu, KVM_ARM64_SYS_REG(SYS_HCR_EL2));

		self->stage2 = addr_gva2hva(self->g.vm, gva);
		for (u64 i = 0; i < SZ_4K / 8; i++)
			self->stage2[i] = i * SZ_1GB | S2_BLOCK(S2AP_RW);
		self->stage2[self->addr / SZ_1GB] = DATA | S2_BLOCK(S2AP_RW);
		vcpu_set_reg(self->g.vcpu, KVM_ARM64_SYS_REG(SYS_VTCR_EL2), VTCR);
		vcpu_set_reg(self->g.vcpu, KVM_ARM64_SYS_REG(SYS_VTTBR_EL2),
			     addr_gva2gpa(self->g.vm, gva));
		vcpu_set_reg(self->g.vcpu, KVM_ARM64_SYS_REG(SYS_HCR_EL2), hcr | HCR_EL2_VM);
	}
}

FIXTURE_TEARDOWN(nv)
{
	mte_guest_free(&self->g);
}

#define DO(op, addr, val)	mte_guest_do(&self->g, (op), (addr), (val))

/*
 * KVM hides MTE from guests with EL2, and does not take from userspace what
 * enables it. But KVM does not trap what the nested guest does.
 */
#define SET_SCTLR(bits)	DO(OP_SCTLR, self->g.sctlr | (bits), 0)

#define EXPECT_TAG_EXIT(op, addr, page) do {				\
	EXPECT_EQ(DO((op), (addr), 0), MTE_ERROR);			\
	EXPECT_TRUE(notag_is_exit(self->g.vcpu->run, (page)))		\
		TH_LOG("%s: errno %d exit %u flags 0x%llx gpa 0x%llx", mte_op_names[op], \
		       errno, self->g.vcpu->run->exit_reason,		\
		       self->g.vcpu->run->memory_fault.flags,		\
		       self->g.vcpu->run->memory_fault.gpa);		\
	EXPECT_EQ(mte_guest_get_pc(self->g.vcpu), mte_op_pc((op), self->g.pstate)); \
} while (0)

TEST_F_TIMEOUT(nv, exits, TIMEOUT)
{
	ASSERT_EQ(SET_SCTLR(0), MTE_DONE);
	*(u64 *)self->mem = PATTERN;
	EXPECT_EQ(DO(OP_LDR, self->addr, 0), MTE_DONE);
	EXPECT_EQ(self->g.result, PATTERN);
	EXPECT_TAG_EXIT(OP_STG, self->addr | MTE_TAG(3), DATA);
	EXPECT_TAG_EXIT(OP_LDG, self->addr + 0x1230, DATA + 0x1000);
	ASSERT_EQ(SET_SCTLR(MTE_SCTLR_TCF_SYNC), MTE_DONE);
	EXPECT_TAG_EXIT(OP_LDR, self->addr + 0x2000, DATA + 0x2000);
	EXPECT_TAG_EXIT(OP_STR, self->addr + 0x3000, DATA + 0x3000);
}

TEST_F_TIMEOUT(nv, upgraded, TIMEOUT)
{
	ASSERT_EQ(SET_SCTLR(0), MTE_DONE);
	*(u64 *)(self->mem + 0x1000) = PATTERN;
	EXPECT_TAG_EXIT(OP_STG, (self->addr + 0x1000) | MTE_TAG(3), DATA + 0x1000);
	ASSERT_EQ(notag_upgrade(self->mem + 0x1000, SZ_4K), 0);
	EXPECT_EQ(mte_guest_continue(&self->g), MTE_DONE);
	EXPECT_EQ(mte_guest_tag(&self->g, self->addr + 0x1000), 3);
	EXPECT_EQ(mte_guest_tag(&self->g, self->addr + 0x1010), 0);
	EXPECT_EQ(DO(OP_LDR, self->addr + 0x1000, 0), MTE_DONE);
	EXPECT_EQ(self->g.result, PATTERN);
	EXPECT_TAG_EXIT(OP_STG, self->addr, DATA);
	EXPECT_TAG_EXIT(OP_STG, self->addr + 0x2000, DATA + 0x2000);
}

TEST_F_TIMEOUT(nv, inject, TIMEOUT)
{
	struct kvm_vcpu_events events = { .exception.ext_dabt_pending = 1 };
	u64 esr;

	ASSERT_EQ(SET_SCTLR(0), MTE_DONE);
	EXPECT_TAG_EXIT(OP_STG, self->addr, DATA);
	vcpu_events_set(self->g.vcpu, &events);
	EXPECT_EQ(mte_guest_continue(&self->g), MTE_SYNC_EL1);
	esr = vcpu_get_reg(self->g.vcpu, KVM_ARM64_SYS_REG(SYS_ESR_EL1));
	EXPECT_EQ(ESR_ELx_EC(esr), ESR_ELx_EC_DABT_CUR);
	EXPECT_EQ(esr & ESR_ELx_FSC, ESR_ELx_FSC_EXTABT);
}

/* A hypervisor that wants the aborts of its guest gets this one. */
TEST_F_TIMEOUT(nv, inject_into_hypervisor, TIMEOUT)
{
	u64 hcr = vcpu_get_reg(self->g.vcpu, KVM_ARM64_SYS_REG(SYS_HCR_EL2));
	struct kvm_vcpu_events events = { .exception.ext_dabt_pending = 1 };
	u64 esr;

	ASSERT_EQ(SET_SCTLR(0), MTE_DONE);
	vcpu_set_reg(self->g.vcpu, KVM_ARM64_SYS_REG(SYS_HCR_EL2), hcr | HCR_EL2_TEA);
	EXPECT_TAG_EXIT(OP_STG, self->addr + 0x120, DATA);
	vcpu_events_set(self->g.vcpu, &events);
	EXPECT_EQ(mte_guest_continue(&self->g), MTE_SYNC_EL0);
	esr = vcpu_get_reg(self->g.vcpu, KVM_ARM64_SYS_REG(SYS_ESR_EL2));
	EXPECT_EQ(ESR_ELx_EC(esr), ESR_ELx_EC_DABT_LOW);
	EXPECT_EQ(esr & ESR_ELx_FSC, ESR_ELx_FSC_EXTABT);
	EXPECT_EQ(vcpu_get_reg(self->g.vcpu, KVM_ARM64_SYS_REG(SYS_FAR_EL2)),
		  self->addr + 0x120);
	EXPECT_EQ(vcpu_get_reg(self->g.vcpu, KVM_ARM64_SYS_REG(SYS_ELR_EL2)),
		  mte_op_pc(OP_STG, MTE_PSTATE_EL1));
}

/* What the hypervisor does not permit does not get to userspace. */
TEST_F_TIMEOUT(nv, hypervisor_first, TIMEOUT)
{
	u64 esr;

	if (!variant->stage2)
		SKIP(return, "stage 2 is off");

	ASSERT_EQ(SET_SCTLR(0), MTE_DONE);
	self->stage2[self->addr / SZ_1GB] = DATA | S2_BLOCK(S2AP_R);
	EXPECT_EQ(DO(OP_STG, self->addr, 0), MTE_SYNC_EL0);
	esr = vcpu_get_reg(self->g.vcpu, KVM_ARM64_SYS_REG(SYS_ESR_EL2));
	EXPECT_EQ(ESR_ELx_EC(esr), ESR_ELx_EC_DABT_LOW);
	EXPECT_EQ(esr & ESR_ELx_FSC_TYPE, ESR_ELx_FSC_PERM);
	EXPECT_EQ(esr & ESR_ELx_WNR, ESR_ELx_WNR);
	EXPECT_EQ(vcpu_get_reg(self->g.vcpu, KVM_ARM64_SYS_REG(SYS_ELR_EL2)),
		  mte_op_pc(OP_STG, MTE_PSTATE_EL1));
}

static atomic_bool stop;
static atomic_int invalidations, bad_invalidations;

static void *invalidate(void *arg)
{
	struct kvm_vcpu *vcpu = arg;
	u64 result;

	while (!stop) {
		if (mte_guest_do_vcpu(vcpu, MTE_PSTATE_EL2, OP_TLBI, 0, 0, &result) !=
		    MTE_DONE)
			bad_invalidations++;
		invalidations++;
	}
	return NULL;
}

/*
 * The hypervisor has its guest's mappings removed, and the VMM changes them.
 * Each access to tags is refused or done as if there was nothing else.
 */
TEST_F_TIMEOUT(nv, invalidated, TIMEOUT)
{
	struct timespec begin, now;
	pthread_t thread;
	int rounds = 0;

	ASSERT_EQ(SET_SCTLR(0), MTE_DONE);
	pthread_create(&thread, NULL, invalidate, self->g.vcpus[1]);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		u64 off = rounds % 4 * SZ_4K;

		*(u64 *)(self->mem + off) = PATTERN + rounds;
		EXPECT_TAG_EXIT(OP_STG, (self->addr + off) | MTE_TAG(3), DATA + off);
		EXPECT_EQ(notag_upgrade(self->mem + off, SZ_4K), 0);
		EXPECT_EQ(mte_guest_continue(&self->g), MTE_DONE);
		EXPECT_EQ(mte_guest_tag(&self->g, self->addr + off), 3);
		EXPECT_EQ(DO(OP_LDR, self->addr + off, 0), MTE_DONE);
		EXPECT_EQ(self->g.result, PATTERN + rounds);
		notag_map(self->mem + off, self->fd, SZ_4K, MAP_SHARED);
		rounds++;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (__test_passed(_metadata) &&
		 (now.tv_sec < begin.tv_sec + SECONDS || !invalidations));
	stop = true;
	pthread_join(thread, NULL);
	TH_LOG("%d rounds, %d invalidations", rounds, invalidations);
	EXPECT_EQ(bad_invalidations, 0);
}

TEST_HARNESS_MAIN
