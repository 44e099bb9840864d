// SPDX-License-Identifier: GPL-2.0-only
/*
 * idsr_nv - IMPLEMENTATION DEFINED registers and nested virtualization
 *
 * This test includes:
 *  - a guest hypervisor that sets HCR_EL2.TIDCP gets the accesses of its guest
 *  - one that does not leaves them to userspace, like its own
 *  - its EL0 does not get through
 *  - an abort from userspace that is taken to the guest hypervisor is the end of
 *    the access of the nested guest, be that to a register or to MMIO
 *
 * The guest hypervisor is at EL2, the nested guest at EL1 without stage 2.
 */
#include "kvm_test_harness.h"

#include "idsr.h"

#define FEATURES	BIT(KVM_ARM_VCPU_HAS_EL2)
#define REG		KVM_ARM_IDSR_SPACE_A64_REG
#define INSN		KVM_ARM_IDSR_SPACE_A64_INSN

#define HCR_NESTED	(HCR_EL2_RW | HCR_EL2_E2H)
#define HCR_HOST	(HCR_EL2_RW | HCR_EL2_E2H | HCR_EL2_TGE)

#define VECTOR_SYNC_SAME	0x200
#define VECTOR_SYNC_LOWER	0x400

#define PATTERN		0xfedcba9876543210ULL
#define OTHER		0x5a5a5a5a5a5a5a5aULL

FIXTURE(nv) {
	struct kvm_vcpu *vcpu;
	struct kvm_run *run;
	struct kvm_vm *vm;
	u64 eret, mmio_load, brk;
	u64 insns[4];	/* read and write, of either space */
};

static const struct {
	u32 space;
	u8 op0;
	bool is_write;
} insns[4] = {
	{ REG, 3, false }, { REG, 3, true }, { INSN, 1, false }, { INSN, 1, true },
};

FIXTURE_SETUP(nv)
{
	if (!raw_guest_supported(FEATURES))
		SKIP(return, "no guests with EL2");

	self->vm = raw_guest_create(1, FEATURES, &self->vcpu);
	self->run = self->vcpu->run;
	self->eret = raw_guest_add(self->vm, 0xd69f03e0);
	self->mmio_load = raw_guest_add(self->vm, 0xf9400383); /* ldr x3, [x28] */
	self->brk = raw_guest_add(self->vm, BRK_IMPDEF(0));
	for (int i = 0; i < 4; i++)
		self->insns[i] = raw_guest_add(self->vm,
					       A64_INSN(!insns[i].is_write, insns[i].op0,
							1, 15, 2, 3, 3));
	if (has_idsr())
		ASSERT_EQ(__enable_idsr(self->vm, SPACES_A64, KVM_ARM_IDSR_DEFAULT_EXIT), 0);
}

FIXTURE_TEARDOWN(nv)
{
	if (self->vm)
		kvm_vm_free(self->vm);
}

/* The hypervisor returns to an instruction, at the level of PSTATE. */
static enum raw_guest_outcome run_nested(struct kvm_vcpu *vcpu, u64 eret, u64 hcr,
					 u64 pstate, u64 pc)
{
	vcpu_set_reg(vcpu, KVM_ARM64_SYS_REG(SYS_HCR_EL2), hcr);
	vcpu_set_reg(vcpu, KVM_ARM64_SYS_REG(SYS_ELR_EL2), pc);
	vcpu_set_reg(vcpu, KVM_ARM64_SYS_REG(SYS_SPSR_EL2), pstate);
	raw_guest_set_x(vcpu, 3, OTHER);
	raw_guest_set_pstate(vcpu, RAW_GUEST_EL2H);
	return raw_guest_run_at(vcpu, eret);
}

#define PSTATE_EL(vcpu)	(vcpu_get_reg((vcpu), ARM64_CORE_REG(regs.pstate)) >> 2 & 3)

TEST_F(nv, tidcp_forwards)
{
	for (int i = 0; i < 4; i++) {
		u64 esr;

		ASSERT_EQ(run_nested(self->vcpu, self->eret, HCR_NESTED | HCR_EL2_TIDCP,
				     RAW_GUEST_EL1H, self->insns[i]),
			  RAW_GUEST_SYNC_LOWER_64);
		EXPECT_EQ(PSTATE_EL(self->vcpu), 2);
		esr = raw_guest_get_sysreg(self->vcpu, SYS_ESR_EL2);
		EXPECT_EQ(ESR_ELx_EC(esr), ESR_ELx_EC_SYS64);
		EXPECT_EQ(raw_guest_get_sysreg(self->vcpu, SYS_ELR_EL2), self->insns[i]);
		EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), OTHER);
	}
}

TEST_F(nv, no_tidcp_exits)
{
	if (!has_idsr())
		SKIP(return, "no KVM_CAP_ARM_IDSR_TO_USER");

	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(run_nested(self->vcpu, self->eret, HCR_NESTED, RAW_GUEST_EL1H,
				     self->insns[i]), RAW_GUEST_EXIT);
		EXPECT_TRUE(is_idsr_exit(self->run, insns[i].space, insns[i].op0, 1, 15,
					 2, 3, insns[i].is_write));
		EXPECT_EQ(PSTATE_EL(self->vcpu), 1);
		EXPECT_EQ(raw_guest_get_pc(self->vcpu), self->insns[i]);
		EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, PATTERN),
			  RAW_GUEST_DONE);
		EXPECT_EQ(PSTATE_EL(self->vcpu), 1);
		EXPECT_EQ(raw_guest_get_x(self->vcpu, 3),
			  insns[i].is_write ? OTHER : PATTERN);
	}
}

/* The UNDEF goes where that of hardware goes: to EL1 of the nested guest. */
TEST_F(nv, undef_is_taken_by_the_nested_guest)
{
	if (!has_idsr())
		SKIP(return, "no KVM_CAP_ARM_IDSR_TO_USER");

	ASSERT_EQ(run_nested(self->vcpu, self->eret, HCR_NESTED, RAW_GUEST_EL1H,
			     self->insns[0]), RAW_GUEST_EXIT);
	EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_UNDEF, 0), RAW_GUEST_SYNC_SAME_EL);
	EXPECT_EQ(PSTATE_EL(self->vcpu), 1);
	EXPECT_EQ(raw_guest_get_sysreg(self->vcpu, SYS_ELR_EL1), self->insns[0]);
}

TEST_F(nv, hypervisor_exits)
{
	if (!has_idsr())
		SKIP(return, "no KVM_CAP_ARM_IDSR_TO_USER");

	/* TIDCP is for lower exception levels. */
	vcpu_set_reg(self->vcpu, KVM_ARM64_SYS_REG(SYS_HCR_EL2),
		     HCR_NESTED | HCR_EL2_TIDCP);
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(raw_guest_run_at(self->vcpu, self->insns[i]), RAW_GUEST_EXIT);
		EXPECT_TRUE(is_idsr_exit(self->run, insns[i].space, insns[i].op0, 1, 15,
					 2, 3, insns[i].is_write));
		EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, PATTERN),
			  RAW_GUEST_DONE);
		EXPECT_EQ(PSTATE_EL(self->vcpu), 2);
	}
}

static void el0_is_undef(struct __test_metadata *_metadata, struct kvm_vcpu *vcpu,
			 u64 eret, u64 pc)
{
	u64 hcr[] = { HCR_HOST, HCR_NESTED };

	for (int i = 0; i < ARRAY_SIZE(hcr); i++) {
		bool host = hcr[i] == HCR_HOST;

		ASSERT_EQ(run_nested(vcpu, eret, hcr[i], RAW_GUEST_EL0, pc),
			  RAW_GUEST_SYNC_LOWER_64);
		EXPECT_EQ(PSTATE_EL(vcpu), host ? 2 : 1);
		EXPECT_EQ(ESR_ELx_EC(raw_guest_get_sysreg(vcpu, host ? SYS_ESR_EL2 :
								       SYS_ESR_EL1)), 0);
		EXPECT_EQ(raw_guest_get_sysreg(vcpu, host ? SYS_ELR_EL2 : SYS_ELR_EL1), pc);
	}
}

TEST_F(nv, el0_is_undef)
{
	el0_is_undef(_metadata, self->vcpu, self->eret, self->insns[0]);
}

/* The same if the CPU traps it to EL2. From the hypervisor, it is an exit. */
TEST_F(nv, el0_trapped_is_undef)
{
	if (!has_idsr())
		SKIP(return, "no KVM_CAP_ARM_IDSR_TO_USER");
	if (!has_el0_traps())
		SKIP(return, "no access of EL0 is trapped here");

	take_breakpoints_to_el2(self->vcpu);
	ASSERT_EQ(raw_guest_run_at(self->vcpu, self->brk), RAW_GUEST_EXIT);
	ASSERT_TRUE(is_idsr_exit(self->run, REG, 3, 0, 15, 0, 0, false));
	el0_is_undef(_metadata, self->vcpu, self->eret, self->brk);
}

/*
 * An exit of the nested guest, and then an abort that its hypervisor takes. The
 * next run must start with the first instruction of the hypervisor's vector.
 */
static void abort_to_hypervisor(struct __test_metadata *_metadata,
				struct kvm_vcpu *vcpu, u64 eret, u64 pc, u32 reason)
{
	struct kvm_vcpu_events events = { .exception.ext_dabt_pending = 1 };
	static const u32 el1_regs[] = {
		SYS_TPIDR_EL1, SYS_TTBR0_EL1, SYS_CONTEXTIDR_EL1, SYS_TTBR1_EL1,
	};
	u64 esr;
	int i;

	for (i = 0; i < ARRAY_SIZE(el1_regs); i++)
		vcpu_set_reg(vcpu, KVM_ARM64_SYS_REG(el1_regs[i]), 0x1000 * (i + 1));

	ASSERT_EQ(run_nested(vcpu, eret, HCR_NESTED | HCR_EL2_TEA, RAW_GUEST_EL1H, pc),
		  RAW_GUEST_EXIT);
	ASSERT_EQ(vcpu->run->exit_reason, reason);
	memset(vcpu->run->mmio.data, 0x77, sizeof(vcpu->run->mmio.data));

	vcpu_events_set(vcpu, &events);
	EXPECT_EQ(PSTATE_EL(vcpu), 2);
	EXPECT_EQ(raw_guest_get_pc(vcpu), VECTOR_SYNC_LOWER);

	if (reason == KVM_EXIT_ARM_IDSR)
		vcpu->run->arm_idsr.action = KVM_ARM_IDSR_COMPLETE;
	vcpu_run_complete_io(vcpu);
	EXPECT_EQ(raw_guest_get_pc(vcpu), VECTOR_SYNC_LOWER);
	EXPECT_EQ(raw_guest_get_x(vcpu, 3), OTHER);
	EXPECT_EQ(raw_guest_run(vcpu), RAW_GUEST_SYNC_LOWER_64);

	esr = raw_guest_get_sysreg(vcpu, SYS_ESR_EL2);
	EXPECT_EQ(ESR_ELx_EC(esr), ESR_ELx_EC_DABT_LOW);
	EXPECT_EQ(esr & ESR_ELx_FSC, ESR_ELx_FSC_EXTABT);
	EXPECT_EQ(raw_guest_get_sysreg(vcpu, SYS_ELR_EL2), pc);

	/* The nested guest is as it was. */
	for (i = 0; i < ARRAY_SIZE(el1_regs); i++)
		EXPECT_EQ(raw_guest_get_sysreg(vcpu, el1_regs[i]), 0x1000 * (i + 1));
}

TEST_F(nv, abort_cancels)
{
	if (!has_idsr())
		SKIP(return, "no KVM_CAP_ARM_IDSR_TO_USER");
	abort_to_hypervisor(_metadata, self->vcpu, self->eret, self->insns[0],
			    KVM_EXIT_ARM_IDSR);
}

TEST_F(nv, abort_cancels_mmio)
{
	abort_to_hypervisor(_metadata, self->vcpu, self->eret, self->mmio_load,
			    KVM_EXIT_MMIO);
}

/* KVM_SET_VCPU_EVENTS loads the vCPU: it need not be ready to run for that. */
TEST(abort_without_gic)
{
	struct kvm_vcpu_events events = { .exception.ext_dabt_pending = 1 };
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	if (!raw_guest_supported(FEATURES))
		SKIP(return, "no guests with EL2");

	vm = vm_create_barebones();
	vcpu = __vm_vcpu_add(vm, 0);
	EXPECT_EQ(__vcpu_ioctl(vcpu, KVM_SET_VCPU_EVENTS, &events), -1);
	EXPECT_EQ(errno, ENOEXEC);

	vm_ioctl(vm, KVM_ARM_PREFERRED_TARGET, &vcpu->init);
	vcpu->init.features[0] |= FEATURES;
	vcpu_ioctl(vcpu, KVM_ARM_VCPU_INIT, &vcpu->init);
	vcpu_set_reg(vcpu, KVM_ARM64_SYS_REG(SYS_VBAR_EL2), 0);
	vcpu_events_set(vcpu, &events);
	EXPECT_EQ(PSTATE_EL(vcpu), 2);
	EXPECT_EQ(raw_guest_get_pc(vcpu), VECTOR_SYNC_SAME);
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
