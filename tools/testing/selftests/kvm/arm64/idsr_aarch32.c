// SPDX-License-Identifier: GPL-2.0-only
/*
 * idsr_aarch32 - Exits for IMPLEMENTATION DEFINED registers of AArch32
 *
 * This test includes:
 *  - which encodings of coprocessor 15 make KVM_RUN return: exactly those that
 *    the architecture leaves to the implementation
 *  - MRC, MCR, MRRC and MCRR: fields, data and answers
 *  - conditions and IT blocks
 *  - what does not get through: user mode, coprocessor 14, a space that is not
 *    enabled
 *
 * The guest's EL1 is AArch32.
 */
#include "kvm_test_harness.h"

#include "idsr.h"

#define REG	KVM_ARM_IDSR_SPACE_A32_REG
#define REG64	KVM_ARM_IDSR_SPACE_A32_REG64

#define ALWAYS		0xeU
#define COND_NE		0x1U

/* MRC (read) and MCR, MRRC and MCRR */
#define A32_INSN(cond, read, cp, opc1, crn, crm, opc2, rt)		\
	((cond) << 28 | 0x0e000010 | (opc1) << 21 | (u32)(read) << 20 |	\
	 (crn) << 16 | (rt) << 12 | (cp) << 8 | (opc2) << 5 | (crm))
#define A32_INSN64(read, cp, opc1, crm, rt, rt2)			\
	(ALWAYS << 28 | 0x0c400000 | (u32)(read) << 20 | (rt2) << 16 |	\
	 (rt) << 12 | (cp) << 8 | (opc1) << 4 | (crm))

#define PSR_Z		BIT(30)
#define LR_UND		22	/* where AArch64 has it */
#define PATTERN		0xfedcba9876543210ULL
#define OTHER		0x5a5a5a5aULL

FIXTURE(aarch32) {
	struct kvm_vcpu *vcpu;
	struct kvm_run *run;
	struct kvm_vm *vm;
};

FIXTURE_SETUP(aarch32)
{
	if (!has_idsr())
		SKIP(return, "no KVM_CAP_ARM_IDSR_TO_USER");
	if (!raw_guest_supported(BIT(KVM_ARM_VCPU_EL1_32BIT)))
		SKIP(return, "no guests of this kind");

	self->vm = raw_guest_create(1, BIT(KVM_ARM_VCPU_EL1_32BIT), &self->vcpu);
	self->run = self->vcpu->run;
	ASSERT_EQ(__enable_idsr(self->vm, SPACES_A32, KVM_ARM_IDSR_DEFAULT_EXIT), 0);
}

FIXTURE_TEARDOWN(aarch32)
{
	if (self->vm)
		kvm_vm_free(self->vm);
}

/* As the architecture lists them */
static bool is_impdef(int crn, int crm)
{
	switch (crn) {
	case 9:
		return crm <= 2 || (crm >= 5 && crm <= 8);
	case 10:
		return crm == 0 || crm == 1 || crm == 4 || crm == 8;
	case 11:
		return crm <= 8 || crm == 15;
	case 15:
		return true;
	}
	return false;
}

TEST_F_TIMEOUT(aarch32, all_reads, 600)
{
	static const u8 crns[] = { 9, 10, 11, 15 };
	static u64 pc[ARRAY_SIZE(crns) << 10];
	u32 n;

	for (n = 0; n < ARRAY_SIZE(pc); n++)
		pc[n] = raw_guest_add_a32(self->vm, A32_INSN(ALWAYS, 1, 15, n >> 7 & 7,
							     crns[n >> 10], n >> 3 & 15,
							     n & 7, 3));
	for (n = 0; n < ARRAY_SIZE(pc); n++) {
		u8 opc1 = n >> 7 & 7, crn = crns[n >> 10], crm = n >> 3 & 15, opc2 = n & 7;
		enum raw_guest_outcome outcome = raw_guest_run_at(self->vcpu, pc[n]);

		ASSERT_EQ(outcome == RAW_GUEST_EXIT, is_impdef(crn, crm)) {
			TH_LOG("p15 %d c%d c%d %d", opc1, crn, crm, opc2);
		}
		if (outcome != RAW_GUEST_EXIT)
			continue;
		ASSERT_TRUE(is_idsr_exit(self->run, REG, 0, opc1, crn, crm, opc2, false));
		ASSERT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, pc[n]), RAW_GUEST_DONE);
		ASSERT_EQ(raw_guest_get_x(self->vcpu, 3), pc[n]);
	}
}

TEST_F(aarch32, writes)
{
	static const struct {
		u8 opc1, crn, crm, opc2;
	} regs[] = {
		{ 0, 9, 0, 0 }, { 1, 9, 0, 2 }, { 7, 9, 8, 7 }, { 0, 10, 4, 0 },
		{ 3, 11, 15, 3 }, { 0, 15, 0, 0 }, { 7, 15, 15, 7 },
	};
	u64 pc[ARRAY_SIZE(regs)];
	int i;

	for (i = 0; i < ARRAY_SIZE(regs); i++)
		pc[i] = raw_guest_add_a32(self->vm, A32_INSN(ALWAYS, 0, 15, regs[i].opc1,
							     regs[i].crn, regs[i].crm,
							     regs[i].opc2, 4));
	raw_guest_set_x(self->vcpu, 4, OTHER);
	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		ASSERT_EQ(raw_guest_run_at(self->vcpu, pc[i]), RAW_GUEST_EXIT);
		EXPECT_TRUE(is_idsr_exit(self->run, REG, 0, regs[i].opc1, regs[i].crn,
					 regs[i].crm, regs[i].opc2, true));
		EXPECT_EQ(self->run->arm_idsr.data, OTHER);
		EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, 0), RAW_GUEST_DONE);
		EXPECT_EQ(raw_guest_get_x(self->vcpu, 4), OTHER);
	}
}

/* As they are encoded elsewhere: to tell a mistake in the macros */
TEST_F(aarch32, known_words)
{
	static const struct {
		u32 insn;
		u8 opc1, crn, crm, opc2;
		bool write;
	} insns[] = {
		{ 0xee1f1f10, 0, 15, 0, 0, false },
		{ 0xee0f1f10, 0, 15, 0, 0, true },
		{ 0xee391f50, 1, 9, 0, 2, false },	/* L2CTLR */
		{ 0xee1a1f10, 0, 10, 0, 0, false },
		{ 0xee0b1f10, 0, 11, 0, 0, true },
	};
	u64 pc[ARRAY_SIZE(insns)];
	int i;

	for (i = 0; i < ARRAY_SIZE(insns); i++)
		pc[i] = raw_guest_add_a32(self->vm, insns[i].insn);
	for (i = 0; i < ARRAY_SIZE(insns); i++) {
		ASSERT_EQ(raw_guest_run_at(self->vcpu, pc[i]), RAW_GUEST_EXIT);
		EXPECT_TRUE(is_idsr_exit(self->run, REG, 0, insns[i].opc1, insns[i].crn,
					 insns[i].crm, insns[i].opc2, insns[i].write));
		EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, 0), RAW_GUEST_DONE);
	}
}

TEST_F(aarch32, read_takes_32_bits)
{
	u64 pc = raw_guest_add_a32(self->vm, A32_INSN(ALWAYS, 1, 15, 0, 15, 0, 0, 3));

	ASSERT_EQ(raw_guest_run_at(self->vcpu, pc), RAW_GUEST_EXIT);
	EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, PATTERN), RAW_GUEST_DONE);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), (u32)PATTERN);
}

/* MRC p15, 0, APSR_nzcv, c15, c0, 0 */
TEST_F(aarch32, read_to_flags)
{
	u64 pc = raw_guest_add_a32(self->vm, A32_INSN(ALWAYS, 1, 15, 0, 15, 0, 0, 15));

	raw_guest_set_pstate(self->vcpu, RAW_GUEST_SVC | PSR_Z);
	ASSERT_EQ(raw_guest_run_at(self->vcpu, pc), RAW_GUEST_EXIT);
	EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, 0x9fffffff), RAW_GUEST_DONE);
	EXPECT_EQ(vcpu_get_reg(self->vcpu, ARM64_CORE_REG(regs.pstate)),
		  RAW_GUEST_SVC | 9UL << 28);
}

TEST_F(aarch32, mrrc)
{
	u64 pc[16];
	int i;

	for (i = 0; i < 16; i++)
		pc[i] = raw_guest_add_a32(self->vm, A32_INSN64(1, 15, i, 15, 3, 4));
	for (i = 0; i < 16; i++) {
		raw_guest_set_x(self->vcpu, 3, OTHER);
		raw_guest_set_x(self->vcpu, 4, OTHER);
		ASSERT_EQ(raw_guest_run_at(self->vcpu, pc[i]), RAW_GUEST_EXIT);
		EXPECT_TRUE(is_idsr_exit(self->run, REG64, 0, i, 0, 15, 0, false));
		EXPECT_EQ(self->run->arm_idsr.data, 0);
		EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, PATTERN), RAW_GUEST_DONE);
		EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), (u32)PATTERN);
		EXPECT_EQ(raw_guest_get_x(self->vcpu, 4), PATTERN >> 32);
	}
}

TEST_F(aarch32, mcrr)
{
	u64 pc = raw_guest_add_a32(self->vm, A32_INSN64(0, 15, 1, 15, 3, 4));

	raw_guest_set_x(self->vcpu, 3, (u32)PATTERN);
	raw_guest_set_x(self->vcpu, 4, PATTERN >> 32);
	ASSERT_EQ(raw_guest_run_at(self->vcpu, pc), RAW_GUEST_EXIT);
	EXPECT_TRUE(is_idsr_exit(self->run, REG64, 0, 1, 0, 15, 0, true));
	EXPECT_EQ(self->run->arm_idsr.data, PATTERN);
	EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, 0), RAW_GUEST_DONE);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), (u32)PATTERN);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 4), PATTERN >> 32);
}

/* Other CRm are not left to the implementation; the PMU has CRm 9. */
TEST_F(aarch32, other_mrrc)
{
	u64 pc[15];
	int i;

	for (i = 0; i < 15; i++)
		pc[i] = raw_guest_add_a32(self->vm, A32_INSN64(1, 15, 7, i, 3, 4));
	for (i = 0; i < 15; i++)
		EXPECT_NE(raw_guest_run_at(self->vcpu, pc[i]), RAW_GUEST_EXIT);
}

TEST_F(aarch32, undef_is_the_default)
{
	u64 pc[] = {
		raw_guest_add_a32(self->vm, A32_INSN(ALWAYS, 1, 15, 0, 15, 0, 0, 3)),
		raw_guest_add_a32(self->vm, A32_INSN64(0, 15, 0, 15, 3, 4)),
	};

	for (int i = 0; i < ARRAY_SIZE(pc); i++) {
		raw_guest_set_pstate(self->vcpu, RAW_GUEST_SVC);
		ASSERT_EQ(raw_guest_run_at(self->vcpu, pc[i]), RAW_GUEST_EXIT);
		EXPECT_EQ(raw_guest_run(self->vcpu), RAW_GUEST_AA32_UNDEF);
		EXPECT_EQ(raw_guest_get_x(self->vcpu, LR_UND), pc[i] + 4);
	}
}

TEST_F(aarch32, failed_condition)
{
	u64 pc = raw_guest_add_a32(self->vm, A32_INSN(COND_NE, 1, 15, 0, 15, 0, 0, 3));

	raw_guest_set_pstate(self->vcpu, RAW_GUEST_SVC | PSR_Z);
	EXPECT_EQ(raw_guest_run_at(self->vcpu, pc), RAW_GUEST_DONE);
	raw_guest_set_pstate(self->vcpu, RAW_GUEST_SVC);
	EXPECT_EQ(raw_guest_run_at(self->vcpu, pc), RAW_GUEST_EXIT);
}

/* ITE EQ; MRCEQ p15, 0, r3, c15, c0, 0; MOVNE r5, #1: one of them, and no more */
TEST_F(aarch32, it_block)
{
	static const u32 words[] = {
		0xee1fbf0c,	/* ite eq; mrceq, first half */
		0x25013f10,	/* second half; movne r5, #1 */
	};
	u64 pc = raw_guest_add_words(self->vm, words, ARRAY_SIZE(words),
				     RAW_GUEST_STORE_T32);

	raw_guest_set_pstate(self->vcpu, RAW_GUEST_SVC | RAW_GUEST_THUMB | PSR_Z);
	raw_guest_set_x(self->vcpu, 5, 0);
	ASSERT_EQ(raw_guest_run_at(self->vcpu, pc), RAW_GUEST_EXIT);
	EXPECT_TRUE(is_idsr_exit(self->run, REG, 0, 0, 15, 0, 0, false));
	EXPECT_EQ(raw_guest_get_pc(self->vcpu), pc + 2);
	EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, OTHER), RAW_GUEST_DONE);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), OTHER);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 5), 0);

	raw_guest_set_pstate(self->vcpu, RAW_GUEST_SVC | RAW_GUEST_THUMB);
	EXPECT_EQ(raw_guest_run_at(self->vcpu, pc), RAW_GUEST_DONE);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 5), 1);
}

TEST_F(aarch32, user_mode_is_undef)
{
	u64 pc[] = {
		raw_guest_add_a32(self->vm, A32_INSN(ALWAYS, 1, 15, 0, 15, 0, 0, 3)),
		raw_guest_add_a32(self->vm, A32_INSN(ALWAYS, 1, 15, 0, 9, 0, 0, 3)),
		raw_guest_add_a32(self->vm, A32_INSN64(1, 15, 0, 15, 3, 4)),
	};

	for (int i = 0; i < ARRAY_SIZE(pc); i++) {
		raw_guest_set_pstate(self->vcpu, RAW_GUEST_USR);
		EXPECT_EQ(raw_guest_run_at(self->vcpu, pc[i]), RAW_GUEST_AA32_UNDEF);
	}
}

/* The same if the CPU traps it to EL2. From privileged modes, it is an exit. */
TEST_F(aarch32, user_mode_trapped_is_undef)
{
	u64 pc[4];
	int i;

	if (!has_el0_traps())
		SKIP(return, "no access of EL0 is trapped here");

	for (i = 0; i < ARRAY_SIZE(pc); i++)
		pc[i] = raw_guest_add_a32(self->vm, BKPT_IMPDEF(i));
	take_breakpoints_to_el2(self->vcpu);

	for (i = 0; i < ARRAY_SIZE(pc); i++) {
		bool wide = i >= 2;

		raw_guest_set_pstate(self->vcpu, RAW_GUEST_SVC);
		ASSERT_EQ(raw_guest_run_at(self->vcpu, pc[i]), RAW_GUEST_EXIT);
		ASSERT_TRUE(is_idsr_exit(self->run, wide ? REG64 : REG, 0, 0,
					 wide ? 0 : 15, wide ? 15 : 0, 0, i & 1));

		raw_guest_set_pstate(self->vcpu, RAW_GUEST_USR);
		EXPECT_EQ(raw_guest_run_at(self->vcpu, pc[i]), RAW_GUEST_AA32_UNDEF);
		EXPECT_EQ(raw_guest_get_x(self->vcpu, LR_UND), pc[i] + 4);
	}
}

TEST_F(aarch32, coprocessor_14)
{
	u64 pc = raw_guest_add_a32(self->vm, A32_INSN(ALWAYS, 1, 14, 0, 15, 0, 0, 3));

	raw_guest_set_pstate(self->vcpu, RAW_GUEST_SVC);
	EXPECT_NE(raw_guest_run_at(self->vcpu, pc), RAW_GUEST_EXIT);
}

/* Registers that KVM implements stay with KVM: c10 c2, PMCR, MIDR. */
TEST_F(aarch32, implemented_registers)
{
	u64 pc[] = {
		raw_guest_add_a32(self->vm, A32_INSN(ALWAYS, 1, 15, 0, 10, 2, 0, 3)),
		raw_guest_add_a32(self->vm, A32_INSN(ALWAYS, 1, 15, 0, 9, 12, 0, 3)),
		raw_guest_add_a32(self->vm, A32_INSN(ALWAYS, 1, 15, 0, 0, 0, 0, 3)),
	};

	for (int i = 0; i < ARRAY_SIZE(pc); i++) {
		raw_guest_set_pstate(self->vcpu, RAW_GUEST_SVC);
		EXPECT_NE(raw_guest_run_at(self->vcpu, pc[i]), RAW_GUEST_EXIT);
	}
}

/* A filter sees the same numbers as the exit. */
TEST_F(aarch32, filter)
{
	struct kvm_arm_idsr_filter filters[] = {
		{ .space = REG, .base = KVM_ARM_IDSR_INDEX(1, 9, 0, 2), .nr = 1 },
		{ .space = REG64, .base = KVM_ARM_IDSR_INDEX64(3, 15), .nr = 1 },
	}, bad[] = {
		{ .space = REG, .base = KVM_ARM_IDSR_INDEX(1, 9, 3, 0), .nr = 1 },
		{ .space = REG, .base = KVM_ARM_IDSR_INDEX(1, 10, 2, 0), .nr = 1 },
		{ .space = REG, .base = KVM_ARM_IDSR_INDEX(1, 9, 2, 7), .nr = 2 },
		{ .space = REG64, .base = KVM_ARM_IDSR_INDEX64(3, 14), .nr = 1 },
		{ .space = REG64, .base = KVM_ARM_IDSR_INDEX64(3, 15), .nr = 2 },
		{ .space = REG64, .base = KVM_ARM_IDSR_INDEX64(16, 15), .nr = 1 },
	};
	const struct {
		u64 pc;
		bool exits;
	} insns[] = {
		{ raw_guest_add_a32(self->vm, 0xee391f50), false },
		{ raw_guest_add_a32(self->vm, A32_INSN(ALWAYS, 1, 15, 1, 9, 0, 3, 3)), true },
		{ raw_guest_add_a32(self->vm, A32_INSN64(1, 15, 3, 15, 3, 4)), false },
		{ raw_guest_add_a32(self->vm, A32_INSN64(1, 15, 4, 15, 3, 4)), true },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(__set_filter(self->vm, &bad[i]), EINVAL);
	for (i = 0; i < ARRAY_SIZE(filters); i++)
		ASSERT_EQ(__set_filter(self->vm, &filters[i]), 0);
	for (i = 0; i < ARRAY_SIZE(insns); i++) {
		raw_guest_set_pstate(self->vcpu, RAW_GUEST_SVC);
		EXPECT_EQ(raw_guest_run_at(self->vcpu, insns[i].pc),
			  insns[i].exits ? RAW_GUEST_EXIT : RAW_GUEST_AA32_UNDEF);
	}
}

/* As it is without the capability, and on kernels that do not have it */
TEST(off_is_undef)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	u64 pc[3];

	if (!raw_guest_supported(BIT(KVM_ARM_VCPU_EL1_32BIT)))
		SKIP(return, "no guests of this kind");

	vm = raw_guest_create(1, BIT(KVM_ARM_VCPU_EL1_32BIT), &vcpu);
	pc[0] = raw_guest_add_a32(vm, A32_INSN(ALWAYS, 1, 15, 0, 15, 0, 0, 3));
	pc[1] = raw_guest_add_a32(vm, A32_INSN(ALWAYS, 0, 15, 0, 11, 0, 0, 3));
	pc[2] = raw_guest_add_a32(vm, A32_INSN64(1, 15, 0, 15, 3, 4));
	for (int i = 0; i < ARRAY_SIZE(pc); i++) {
		raw_guest_set_pstate(vcpu, RAW_GUEST_SVC);
		EXPECT_EQ(raw_guest_run_at(vcpu, pc[i]), RAW_GUEST_AA32_UNDEF);
	}
	kvm_vm_free(vm);
}

/* AArch64 alone does not open AArch32, nor MRC MRRC. */
TEST(spaces_are_separate)
{
	static const struct {
		u64 spaces;
		enum raw_guest_outcome mrc, mrrc;
	} cases[] = {
		{ SPACES_A64, RAW_GUEST_AA32_UNDEF, RAW_GUEST_AA32_UNDEF },
		{ REG, RAW_GUEST_EXIT, RAW_GUEST_AA32_UNDEF },
		{ REG64, RAW_GUEST_AA32_UNDEF, RAW_GUEST_EXIT },
	};

	if (!has_idsr())
		SKIP(return, "no KVM_CAP_ARM_IDSR_TO_USER");
	if (!raw_guest_supported(BIT(KVM_ARM_VCPU_EL1_32BIT)))
		SKIP(return, "no guests of this kind");

	for (int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kvm_vcpu *vcpu;
		struct kvm_vm *vm;
		u64 mrc, mrrc;

		vm = raw_guest_create(1, BIT(KVM_ARM_VCPU_EL1_32BIT), &vcpu);
		mrc = raw_guest_add_a32(vm, A32_INSN(ALWAYS, 1, 15, 0, 15, 0, 0, 3));
		mrrc = raw_guest_add_a32(vm, A32_INSN64(1, 15, 0, 15, 3, 4));
		ASSERT_EQ(__enable_idsr(vm, cases[i].spaces, 0), 0);
		EXPECT_EQ(raw_guest_run_at(vcpu, mrc), cases[i].mrc);
		raw_guest_set_pstate(vcpu, RAW_GUEST_SVC);
		EXPECT_EQ(raw_guest_run_at(vcpu, mrrc), cases[i].mrrc);
		kvm_vm_free(vm);
	}
}

/* AArch32 at EL0 only: the guest's EL1 takes the exception. */
TEST(el0_of_64bit_el1)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	u64 spaces, pc;

	if (!has_idsr())
		SKIP(return, "no KVM_CAP_ARM_IDSR_TO_USER");

	vm = raw_guest_create(1, 0, &vcpu);
	if (SYS_FIELD_GET(ID_AA64PFR0_EL1, EL0,
			  raw_guest_get_sysreg(vcpu, SYS_ID_AA64PFR0_EL1)) !=
	    ID_AA64PFR0_EL1_EL0_AARCH32) {
		kvm_vm_free(vm);
		SKIP(return, "AArch32 is not offered to this guest");
	}
	pc = raw_guest_add_a32(vm, A32_INSN(ALWAYS, 1, 15, 0, 15, 0, 0, 3));
	spaces = kvm_check_cap(KVM_CAP_ARM_IDSR_TO_USER);
	ASSERT_EQ(__enable_idsr(vm, spaces, KVM_ARM_IDSR_DEFAULT_EXIT), 0);
	raw_guest_set_pstate(vcpu, RAW_GUEST_USR);
	EXPECT_EQ(raw_guest_run_at(vcpu, pc), RAW_GUEST_SYNC_LOWER_32);
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
