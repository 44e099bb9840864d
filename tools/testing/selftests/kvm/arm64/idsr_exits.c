// SPDX-License-Identifier: GPL-2.0-only
/*
 * idsr_exits - Exits for IMPLEMENTATION DEFINED registers of AArch64
 *
 * This test includes:
 *  - what KVM_ENABLE_CAP accepts, and when
 *  - which instructions make KVM_RUN return, with which fields: all of them
 *  - each answer, and what takes the place of one
 *  - that nothing else in the run page matters, whoever writes to it
 *  - who does not get through: EL0, and protected VMs
 *
 * The guest is at EL1, or at EL2 with nested virtualization.
 */
#include <pthread.h>
#include <signal.h>

#include <linux/psci.h>

#include "kvm_test_harness.h"

#include "idsr.h"
#include "trace.h"

/* S3_1_C15_C2_3, as an example */
#define OP1	1
#define CRN	15
#define CRM	2
#define OP2	3
#define READ	A64_INSN(1, 3, OP1, CRN, CRM, OP2, 3)	/* into x3 */
#define WRITE	A64_INSN(0, 3, OP1, CRN, CRM, OP2, 4)	/* from x4 */

#define EL2		BIT(KVM_ARM_VCPU_HAS_EL2)

#define PATTERN		0xfedcba9876543210ULL
#define OTHER		0x5a5a5a5a5a5a5a5aULL

#define SCTLR_TIDCP	BIT(63)
#define PSTATE_A	BIT(8)
#define MPIDR_AFFINITY	0xff00ffffffULL

#define ESR_EC_UNDEF	0

FIXTURE(idsr) {
	struct kvm_vm *vm;
	struct kvm_vcpu *vcpu;
	struct kvm_run *run;
	u64 read, write, mmio_load;
	u32 esr_reg, elr_reg;
};

FIXTURE_VARIANT(idsr) {
	u32 features;
};

FIXTURE_VARIANT_ADD(idsr, el1) {
	.features = 0,
};

FIXTURE_VARIANT_ADD(idsr, el2) {
	.features = EL2,
};

FIXTURE_SETUP(idsr)
{
	if (!has_idsr())
		SKIP(return, "no KVM_CAP_ARM_IDSR_TO_USER");
	if (!raw_guest_supported(variant->features))
		SKIP(return, "no guests of this kind");

	self->vm = raw_guest_create(1, variant->features, &self->vcpu);
	self->run = self->vcpu->run;
	self->read = raw_guest_add(self->vm, READ);
	self->write = raw_guest_add(self->vm, WRITE);
	self->mmio_load = raw_guest_add(self->vm, 0xf9400383); /* ldr x3, [x28] */
	ASSERT_EQ(__enable_idsr(self->vm, SPACES_A64, KVM_ARM_IDSR_DEFAULT_EXIT), 0);

	self->esr_reg = variant->features & EL2 ? SYS_ESR_EL2 : SYS_ESR_EL1;
	self->elr_reg = variant->features & EL2 ? SYS_ELR_EL2 : SYS_ELR_EL1;
}

FIXTURE_TEARDOWN(idsr)
{
	if (self->vm)
		kvm_vm_free(self->vm);
}

/* Up to the exit for the example; x3 and x4 are as given. */
#define RUN_TO_EXIT(is_write) do {						\
	raw_guest_set_x(self->vcpu, 3, OTHER);					\
	raw_guest_set_x(self->vcpu, 4, PATTERN);				\
	ASSERT_EQ(raw_guest_run_at(self->vcpu, (is_write) ? self->write : self->read), \
		  RAW_GUEST_EXIT);						\
	ASSERT_TRUE(is_idsr_exit(self->run, KVM_ARM_IDSR_SPACE_A64_REG, 3,	\
				 OP1, CRN, CRM, OP2, is_write));		\
	ASSERT_EQ(self->run->arm_idsr.data, (is_write) ? PATTERN : 0);		\
	ASSERT_EQ(raw_guest_get_pc(self->vcpu), (is_write) ? self->write : self->read); \
} while (0)

#define EL1_ONLY() do {								\
	if (variant->features & EL2)						\
		SKIP(return, "for guests without EL2");				\
} while (0)

#define EXPECT_UNDEF(outcome, pc) do {						\
	EXPECT_EQ((outcome), RAW_GUEST_SYNC_SAME_EL);				\
	EXPECT_EQ(ESR_ELx_EC(raw_guest_get_sysreg(self->vcpu, self->esr_reg)),	\
		  ESR_EC_UNDEF);						\
	EXPECT_EQ(raw_guest_get_sysreg(self->vcpu, self->elr_reg), (pc));	\
} while (0)

TEST_F(idsr, read_returns_data)
{
	RUN_TO_EXIT(false);
	EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, PATTERN), RAW_GUEST_DONE);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), PATTERN);
}

TEST_F(idsr, write_delivers_data)
{
	RUN_TO_EXIT(true);
	EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, OTHER), RAW_GUEST_DONE);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 4), PATTERN);
}

TEST_F(idsr, undef_is_the_default)
{
	RUN_TO_EXIT(false);
	EXPECT_UNDEF(raw_guest_run(self->vcpu), self->read);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), OTHER);

	RUN_TO_EXIT(true);
	EXPECT_UNDEF(raw_guest_run(self->vcpu), self->write);
}

TEST_F(idsr, resume_repeats)
{
	RUN_TO_EXIT(false);
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_RESUME, PATTERN),
			  RAW_GUEST_EXIT);
		EXPECT_TRUE(is_idsr_exit(self->run, KVM_ARM_IDSR_SPACE_A64_REG, 3,
					 OP1, CRN, CRM, OP2, false));
		EXPECT_EQ(raw_guest_get_pc(self->vcpu), self->read);
		EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), OTHER);
	}
}

TEST_F(idsr, resume_keeps_what_userspace_did)
{
	RUN_TO_EXIT(false);
	raw_guest_set_x(self->vcpu, 3, PATTERN);
	vcpu_set_reg(self->vcpu, ARM64_CORE_REG(regs.pc), self->read + 4);
	EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_RESUME, 0), RAW_GUEST_DONE);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), PATTERN);
}

TEST_F(idsr, unknown_answer_is_refused)
{
	static const u8 bad[] = { 3, 4, 0x80, 0xff };

	RUN_TO_EXIT(false);
	for (int i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(answer(self->vcpu, bad[i], PATTERN), RAW_GUEST_ERROR);
		EXPECT_EQ(errno, EINVAL);
		EXPECT_EQ(answer_only(self->vcpu, bad[i], PATTERN), EINVAL);
		EXPECT_EQ(raw_guest_get_pc(self->vcpu), self->read);
		EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), OTHER);
	}
	EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, PATTERN), RAW_GUEST_DONE);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), PATTERN);
}

/* The answer is given effect before KVM_RUN looks at what makes it return. */
TEST_F(idsr, immediate_exit)
{
	RUN_TO_EXIT(false);
	EXPECT_EQ(answer_only(self->vcpu, KVM_ARM_IDSR_COMPLETE, PATTERN), EINTR);
	EXPECT_EQ(raw_guest_get_pc(self->vcpu), self->read + 4);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), PATTERN);

	/* And only once: what is still in the run page is no second answer. */
	raw_guest_set_x(self->vcpu, 3, OTHER);
	EXPECT_EQ(raw_guest_run(self->vcpu), RAW_GUEST_DONE);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), OTHER);

	RUN_TO_EXIT(true);
	EXPECT_EQ(answer_only(self->vcpu, KVM_ARM_IDSR_UNDEF, 0), EINTR);
	EXPECT_EQ(raw_guest_get_pc(self->vcpu), 0x200);
	EXPECT_EQ(raw_guest_get_sysreg(self->vcpu, self->elr_reg), self->write);
	EXPECT_EQ(raw_guest_run(self->vcpu), RAW_GUEST_SYNC_SAME_EL);
}

static void nothing(int sig)
{
}

TEST_F(idsr, pending_signal)
{
	struct {
		u32 len;
		u8 set[8];
	} mask = { .len = 8 };
	struct sigaction sa = { .sa_handler = nothing };
	sigset_t block;

	/* Blocked by this thread, but not while KVM_RUN executes */
	ASSERT_EQ(sigaction(SIGUSR1, &sa, NULL), 0);
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &block, NULL), 0);
	RUN_TO_EXIT(false);
	ASSERT_EQ(ioctl(self->vcpu->fd, KVM_SET_SIGNAL_MASK, &mask), 0);
	ASSERT_EQ(pthread_kill(pthread_self(), SIGUSR1), 0);

	EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, PATTERN), RAW_GUEST_ERROR);
	EXPECT_EQ(errno, EINTR);
	EXPECT_EQ(raw_guest_get_pc(self->vcpu), self->read + 4);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), PATTERN);
}

/* KVM knows what it asked for. */
TEST_F(idsr, run_page_is_not_trusted)
{
	RUN_TO_EXIT(false);
	self->run->exit_reason = KVM_EXIT_INTR;
	self->run->flags = 0xffff;
	self->run->arm_idsr.flags = ~0U;
	self->run->arm_idsr.op0 = 2;
	self->run->arm_idsr.op1 = 7;
	self->run->arm_idsr.crn = 7;
	self->run->arm_idsr.crm = 7;
	self->run->arm_idsr.op2 = 7;
	self->run->arm_idsr.is_write = 1;
	self->run->arm_idsr.space = 0xff;
	memset(self->run->arm_idsr.pad, 0xff, sizeof(self->run->arm_idsr.pad));
	EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, PATTERN), RAW_GUEST_DONE);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), PATTERN);

	/* An access that there was none of is not completed either. */
	self->run->exit_reason = KVM_EXIT_ARM_IDSR;
	self->run->arm_idsr.action = KVM_ARM_IDSR_COMPLETE;
	raw_guest_set_x(self->vcpu, 3, OTHER);
	vcpu_set_reg(self->vcpu, ARM64_CORE_REG(regs.pc), self->read);
	EXPECT_EQ(raw_guest_run(self->vcpu), RAW_GUEST_EXIT);
	EXPECT_EQ(raw_guest_get_pc(self->vcpu), self->read);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), OTHER);
}

/* Nor is an MMIO access that userspace made off with. */
TEST_F(idsr, forged_mmio)
{
	static const u8 actions[] = { KVM_ARM_IDSR_UNDEF, KVM_ARM_IDSR_COMPLETE };

	for (int i = 0; i < ARRAY_SIZE(actions); i++) {
		ASSERT_EQ(raw_guest_run_at(self->vcpu, self->mmio_load), RAW_GUEST_EXIT);
		ASSERT_EQ(self->run->exit_reason, KVM_EXIT_MMIO);
		self->run->exit_reason = KVM_EXIT_UNKNOWN;

		RUN_TO_EXIT(false);
		self->run->exit_reason = KVM_EXIT_MMIO;
		if (actions[i] == KVM_ARM_IDSR_UNDEF) {
			EXPECT_UNDEF(answer(self->vcpu, actions[i], 0), self->read);
			EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), OTHER);
		} else {
			EXPECT_EQ(answer(self->vcpu, actions[i], PATTERN),
				  RAW_GUEST_DONE);
			EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), PATTERN);
		}
	}
}

TEST_F(idsr, set_pc_cancels)
{
	/* To another instruction */
	RUN_TO_EXIT(false);
	vcpu_set_reg(self->vcpu, ARM64_CORE_REG(regs.pc), self->read + 4);
	EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, PATTERN), RAW_GUEST_DONE);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), OTHER);

	/* To where it is: the instruction is executed again. */
	RUN_TO_EXIT(false);
	vcpu_set_reg(self->vcpu, ARM64_CORE_REG(regs.pc), self->read);
	EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, PATTERN), RAW_GUEST_EXIT);
	EXPECT_EQ(self->run->exit_reason, KVM_EXIT_ARM_IDSR);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), OTHER);

	/* Then an answer that is no valid one is none at all. */
	vcpu_set_reg(self->vcpu, ARM64_CORE_REG(regs.pc), self->read + 4);
	EXPECT_EQ(answer(self->vcpu, 0xff, 0), RAW_GUEST_DONE);
}

TEST_F(idsr, other_registers_do_not_cancel)
{
	struct kvm_one_reg reg = { .id = ARM64_CORE_REG(regs.pc), .addr = 8 };
	u64 pstate;

	RUN_TO_EXIT(false);

	/* A write to PC that fails */
	ASSERT_EQ(__vcpu_ioctl(self->vcpu, KVM_SET_ONE_REG, &reg), -1);
	ASSERT_EQ(errno, EFAULT);
	ASSERT_NE(__vcpu_set_reg(self->vcpu, ARM64_CORE_REG(regs.pstate), 0x1f), 0);

	pstate = vcpu_get_reg(self->vcpu, ARM64_CORE_REG(regs.pstate));
	raw_guest_set_pstate(self->vcpu, pstate);
	raw_guest_set_x(self->vcpu, 3, 1);
	raw_guest_set_x(self->vcpu, 5, PATTERN);
	EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, PATTERN), RAW_GUEST_DONE);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), PATTERN);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 5), PATTERN);
}

TEST_F(idsr, external_abort_cancels)
{
	struct kvm_vcpu_events events = { .exception.ext_dabt_pending = 1 };

	for (int write = 0; write < 2; write++) {
		u64 esr;

		RUN_TO_EXIT(write);
		vcpu_events_set(self->vcpu, &events);
		EXPECT_EQ(raw_guest_get_pc(self->vcpu), 0x200);
		EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, PATTERN),
			  RAW_GUEST_SYNC_SAME_EL);
		esr = raw_guest_get_sysreg(self->vcpu, self->esr_reg);
		EXPECT_EQ(ESR_ELx_EC(esr), ESR_ELx_EC_DABT_CUR);
		EXPECT_EQ(esr & ESR_ELx_FSC, ESR_ELx_FSC_EXTABT);
		EXPECT_EQ(raw_guest_get_sysreg(self->vcpu, self->elr_reg),
			  write ? self->write : self->read);
		EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), OTHER);
	}
}

/* An SError that is masked waits, and so does the access. */
TEST_F(idsr, pended_serror_does_not_cancel)
{
	struct kvm_vcpu_events events = { .exception.serror_pending = 1 };

	RUN_TO_EXIT(false);
	vcpu_events_set(self->vcpu, &events);
	EXPECT_EQ(answer_only(self->vcpu, KVM_ARM_IDSR_COMPLETE, PATTERN), EINTR);
	EXPECT_EQ(raw_guest_get_pc(self->vcpu), self->read + 4);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), PATTERN);
}

/* One that is not masked is taken at once. */
TEST_F(idsr, delivered_serror_cancels)
{
	struct kvm_vcpu_events events = { .exception.serror_pending = 1 };

	EL1_ONLY();
	raw_guest_set_pstate(self->vcpu, RAW_GUEST_EL1H & ~PSTATE_A);
	RUN_TO_EXIT(false);
	vcpu_events_set(self->vcpu, &events);
	EXPECT_EQ(raw_guest_get_pc(self->vcpu), 0x380);
	EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, PATTERN),
		  RAW_GUEST_SERROR_SAME_EL);
	EXPECT_EQ(ESR_ELx_EC(raw_guest_get_sysreg(self->vcpu, SYS_ESR_EL1)),
		  ESR_ELx_EC_SERROR);
	EXPECT_EQ(raw_guest_get_sysreg(self->vcpu, SYS_ELR_EL1), self->read);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), OTHER);
}

TEST_F(idsr, init_cancels)
{
	RUN_TO_EXIT(false);
	vcpu_ioctl(self->vcpu, KVM_ARM_VCPU_INIT, &self->vcpu->init);
	EXPECT_EQ(answer_only(self->vcpu, KVM_ARM_IDSR_COMPLETE, PATTERN), EINTR);
	EXPECT_EQ(raw_guest_get_pc(self->vcpu), 0);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), 0);
	EXPECT_EQ(answer_only(self->vcpu, 0xff, PATTERN), EINTR);
}

TEST_F(idsr, zero_register)
{
	static const struct {
		bool write;
		u32 insn;
	} insns[] = {
		{ false, A64_INSN(1, 3, OP1, CRN, CRM, OP2, XZR) },
		{ true, A64_INSN(0, 3, OP1, CRN, CRM, OP2, XZR) },
		{ false, A64_INSN(1, 1, OP1, CRN, CRM, OP2, XZR) },
		{ true, A64_INSN(0, 1, OP1, CRN, CRM, OP2, XZR) },
	};
	u64 pc[ARRAY_SIZE(insns)], x[31];
	int i, n;

	for (i = 0; i < ARRAY_SIZE(insns); i++)
		pc[i] = raw_guest_add(self->vm, insns[i].insn);

	for (i = 0; i < ARRAY_SIZE(insns); i++) {
		ASSERT_EQ(raw_guest_run_at(self->vcpu, pc[i]), RAW_GUEST_EXIT);
		ASSERT_EQ(self->run->exit_reason, KVM_EXIT_ARM_IDSR);
		EXPECT_EQ(self->run->arm_idsr.is_write, insns[i].write);
		EXPECT_EQ(self->run->arm_idsr.data, 0);
		for (n = 0; n < 31; n++)
			x[n] = raw_guest_get_x(self->vcpu, n);
		EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, PATTERN),
			  RAW_GUEST_DONE);
		for (n = 0; n < 31; n++)
			EXPECT_EQ(raw_guest_get_x(self->vcpu, n), x[n]);
	}
}

/* What userspace enters next is the instruction after it, and no sooner. */
TEST_F(idsr, single_step)
{
	struct kvm_guest_debug dbg = {
		.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP,
	};

	vcpu_guest_debug_set(self->vcpu, &dbg);
	RUN_TO_EXIT(false);
	EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, PATTERN), RAW_GUEST_EXIT);
	EXPECT_EQ(self->run->exit_reason, KVM_EXIT_DEBUG);
	EXPECT_EQ(raw_guest_get_pc(self->vcpu), self->read + 4);
	EXPECT_EQ(raw_guest_get_x(self->vcpu, 3), PATTERN);
}

/* All op1, CRm and op2, reads and writes, and what is next to CRn 11 and 15 */
static const u8 all_crns[] = { 11, 15, 10, 12, 14 };
#define NR_ENCODINGS	(ARRAY_SIZE(all_crns) << 11)
#define ENC_OP2(n)	((n) & 7)
#define ENC_CRM(n)	((n) >> 3 & 15)
#define ENC_OP1(n)	((n) >> 7 & 7)
#define ENC_WRITE(n)	((n) >> 10 & 1)
#define ENC_CRN(n)	(all_crns[(n) >> 11])
#define ENC_IS_IMPDEF(n) (ENC_CRN(n) == 11 || ENC_CRN(n) == 15)

static void all_encodings(struct __test_metadata *_metadata, struct kvm_vm *vm,
			  struct kvm_vcpu *vcpu, u32 space, u8 op0)
{
	static u64 pc[NR_ENCODINGS];
	u32 n;

	for (n = 0; n < NR_ENCODINGS; n++)
		pc[n] = raw_guest_add(vm, A64_INSN(!ENC_WRITE(n), op0, ENC_OP1(n),
						   ENC_CRN(n), ENC_CRM(n), ENC_OP2(n), 3));

	for (n = 0; n < NR_ENCODINGS; n++) {
		u64 data = PATTERN ^ pc[n], written = ENC_WRITE(n) ? data : 0;
		enum raw_guest_outcome outcome;

		/* Of the others, reads do. A write may be a write to something. */
		if (!ENC_IS_IMPDEF(n) && ENC_WRITE(n))
			continue;

		raw_guest_set_x(vcpu, 3, data);
		outcome = raw_guest_run_at(vcpu, pc[n]);
		ASSERT_EQ(outcome == RAW_GUEST_EXIT, ENC_IS_IMPDEF(n)) {
			TH_LOG("S%d_%d_C%d_C%d_%d", op0, ENC_OP1(n), ENC_CRN(n),
			       ENC_CRM(n), ENC_OP2(n));
		}
		if (!ENC_IS_IMPDEF(n))
			continue;

		ASSERT_TRUE(is_idsr_exit(vcpu->run, space, op0, ENC_OP1(n), ENC_CRN(n),
					 ENC_CRM(n), ENC_OP2(n), ENC_WRITE(n)));
		ASSERT_EQ(vcpu->run->arm_idsr.data, written);
		ASSERT_EQ(answer(vcpu, KVM_ARM_IDSR_COMPLETE, ~data), RAW_GUEST_DONE);
		ASSERT_EQ(raw_guest_get_x(vcpu, 3), ENC_WRITE(n) ? data : ~data);
	}
}

TEST_F_TIMEOUT(idsr, all_registers, 600)
{
	all_encodings(_metadata, self->vm, self->vcpu, KVM_ARM_IDSR_SPACE_A64_REG, 3);
}

TEST_F_TIMEOUT(idsr, all_instructions, 600)
{
	all_encodings(_metadata, self->vm, self->vcpu, KVM_ARM_IDSR_SPACE_A64_INSN, 1);
}

/* Registers that KVM implements stay with KVM. */
TEST_F(idsr, implemented_registers)
{
	static const u32 regs[] = {
		SYS_ID_AA64PFR0_EL1, SYS_ID_AA64MMFR2_EL1, SYS_OSLSR_EL1,
		SYS_CLIDR_EL1, SYS_CTR_EL0, SYS_CNTVCT_EL0, SYS_ACTLR_EL1,
		SYS_PMCR_EL0, SYS_ICC_SRE_EL1,
	};
	u64 pc[ARRAY_SIZE(regs)];
	int i;

	for (i = 0; i < ARRAY_SIZE(regs); i++)
		pc[i] = raw_guest_add(self->vm, 0xd5200003 | regs[i]);
	for (i = 0; i < ARRAY_SIZE(regs); i++)
		EXPECT_NE(raw_guest_run_at(self->vcpu, pc[i]), RAW_GUEST_EXIT);
}

TEST_F(idsr, el0_is_undef)
{
	EL1_ONLY();
	raw_guest_set_pstate(self->vcpu, RAW_GUEST_EL0);
	EXPECT_EQ(raw_guest_run_at(self->vcpu, self->read), RAW_GUEST_SYNC_LOWER_64);
	EXPECT_EQ(ESR_ELx_EC(raw_guest_get_sysreg(self->vcpu, SYS_ESR_EL1)), ESR_EC_UNDEF);
	EXPECT_EQ(raw_guest_get_sysreg(self->vcpu, SYS_ELR_EL1), self->read);
}

/* The same if the CPU traps it to EL2. From EL1, it is an exit. */
TEST_F(idsr, el0_trapped_is_undef)
{
	u64 pc[4];
	int i;

	EL1_ONLY();
	if (!has_el0_traps())
		SKIP(return, "no access of EL0 is trapped here");

	for (i = 0; i < ARRAY_SIZE(pc); i++)
		pc[i] = raw_guest_add(self->vm, BRK_IMPDEF(i));
	take_breakpoints_to_el2(self->vcpu);

	for (i = 0; i < ARRAY_SIZE(pc); i++) {
		raw_guest_set_pstate(self->vcpu, RAW_GUEST_EL1H);
		ASSERT_EQ(raw_guest_run_at(self->vcpu, pc[i]), RAW_GUEST_EXIT);
		ASSERT_TRUE(is_idsr_exit(self->run, i < 2 ? KVM_ARM_IDSR_SPACE_A64_REG :
							    KVM_ARM_IDSR_SPACE_A64_INSN,
					 i < 2 ? 3 : 1, 0, 15, 0, 0, i & 1));

		raw_guest_set_pstate(self->vcpu, RAW_GUEST_EL0);
		ASSERT_EQ(raw_guest_run_at(self->vcpu, pc[i]), RAW_GUEST_SYNC_LOWER_64);
		EXPECT_EQ(ESR_ELx_EC(raw_guest_get_sysreg(self->vcpu, SYS_ESR_EL1)),
			  ESR_EC_UNDEF);
		EXPECT_EQ(raw_guest_get_sysreg(self->vcpu, SYS_ELR_EL1), pc[i]);
	}
}

/* FEAT_TIDCP1: the guest's kernel has asked for them. */
TEST_F(idsr, el0_with_tidcp1)
{
	u64 mmfr1 = raw_guest_get_sysreg(self->vcpu, SYS_ID_AA64MMFR1_EL1);
	u64 sctlr;

	EL1_ONLY();
	if (!SYS_FIELD_GET(ID_AA64MMFR1_EL1, TIDCP1, mmfr1))
		SKIP(return, "no FEAT_TIDCP1");

	sctlr = raw_guest_get_sysreg(self->vcpu, SYS_SCTLR_EL1);
	vcpu_set_reg(self->vcpu, KVM_ARM64_SYS_REG(SYS_SCTLR_EL1), sctlr | SCTLR_TIDCP);
	raw_guest_set_pstate(self->vcpu, RAW_GUEST_EL0);
	EXPECT_EQ(raw_guest_run_at(self->vcpu, self->read), RAW_GUEST_SYNC_LOWER_64);
	EXPECT_EQ(ESR_ELx_EC(raw_guest_get_sysreg(self->vcpu, SYS_ESR_EL1)),
		  ESR_ELx_EC_SYS64);
}

/* The statistics tell how often userspace was asked, and nothing else. */
TEST_F(idsr, statistics)
{
	EXPECT_EQ(vcpu_get_stat(self->vcpu, idsr_exits), 0);
	RUN_TO_EXIT(false);
	EXPECT_EQ(vcpu_get_stat(self->vcpu, idsr_exits), 1);
	EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_RESUME, 0), RAW_GUEST_EXIT);
	EXPECT_EQ(vcpu_get_stat(self->vcpu, idsr_exits), 2);
	EXPECT_EQ(answer(self->vcpu, KVM_ARM_IDSR_COMPLETE, 0), RAW_GUEST_DONE);
	ASSERT_EQ(raw_guest_run_at(self->vcpu, self->mmio_load), RAW_GUEST_EXIT);
	EXPECT_EQ(vcpu_get_stat(self->vcpu, idsr_exits), 2);
}

static void traced_access(char *text, size_t size, const char *what, u64 pc,
			  const char *verdict)
{
	snprintf(text, size,
		 "kvm_arm_idsr: A64_REG %s op1 %u, CRn %u, CRm %u, op2 %u, pc %#016lx: %s",
		 what, OP1, CRN, CRM, OP2, (unsigned long)pc, verdict);
}

TEST_F(idsr, traced)
{
	char read[128], write[128], undef[128];
	bool found[4];

	EL1_ONLY();
	if (!trace_start("kvm_arm_idsr") || !trace_start("kvm_userspace_exit"))
		SKIP(return, "no trace instances");

	traced_access(read, sizeof(read), "read", self->read, "exit");
	traced_access(write, sizeof(write), "write", self->write, "exit");
	traced_access(undef, sizeof(undef), "read", self->read, "undef");
	RUN_TO_EXIT(false);
	RUN_TO_EXIT(true);
	found[0] = trace_has(read);
	found[1] = trace_has(write);
	found[2] = trace_has(undef);
	found[3] = trace_has("KVM_EXIT_ARM_IDSR");
	trace_stop();
	EXPECT_TRUE(found[0]);
	EXPECT_TRUE(found[1]);
	EXPECT_FALSE(found[2]);
	EXPECT_TRUE(found[3]);
}

/* What a vCPU consists of, but for the access that waits */
static void copy_vcpu(struct kvm_vcpu *to, struct kvm_vcpu *from)
{
	struct kvm_reg_list *list = vcpu_get_reg_list(from);
	struct kvm_vcpu_events events;
	u8 buf[256];

	for (u64 i = 0; i < list->n; i++) {
		struct kvm_one_reg reg = { .id = list->reg[i], .addr = (u64)buf };

		vcpu_ioctl(from, KVM_GET_ONE_REG, &reg);
		/* Some can only be read. */
		(void)__vcpu_ioctl(to, KVM_SET_ONE_REG, &reg);
	}
	vcpu_events_get(from, &events);
	vcpu_events_set(to, &events);
	free(list);
}

TEST_F(idsr, save_and_restore)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	u64 pc;

	for (int answered = 0; answered < 2; answered++) {
		vm = raw_guest_create(1, variant->features, &vcpu);
		pc = raw_guest_add(vm, READ);
		ASSERT_EQ(pc, self->read);
		ASSERT_EQ(__enable_idsr(vm, SPACES_A64, KVM_ARM_IDSR_DEFAULT_EXIT), 0);

		RUN_TO_EXIT(false);
		if (answered)
			ASSERT_EQ(answer_only(self->vcpu, KVM_ARM_IDSR_COMPLETE, PATTERN),
				  EINTR);
		copy_vcpu(vcpu, self->vcpu);

		if (!answered) {
			/* Once more, on the destination */
			ASSERT_EQ(raw_guest_run(vcpu), RAW_GUEST_EXIT);
			ASSERT_EQ(vcpu->run->exit_reason, KVM_EXIT_ARM_IDSR);
			ASSERT_EQ(raw_guest_get_pc(vcpu), self->read);
			EXPECT_EQ(answer(vcpu, KVM_ARM_IDSR_COMPLETE, PATTERN),
				  RAW_GUEST_DONE);
		} else {
			EXPECT_EQ(raw_guest_run(vcpu), RAW_GUEST_DONE);
		}
		EXPECT_EQ(raw_guest_get_x(vcpu, 3), PATTERN);
		kvm_vm_free(vm);
	}
}

/*
 * A reset of KVM's own making: the answer is for an access that is no more. The
 * vCPU starts with the first instruction, and not with what is next to it.
 */
TEST(psci_reset_cancels)
{
	static const u8 actions[] = { KVM_ARM_IDSR_UNDEF, KVM_ARM_IDSR_COMPLETE, 0xff };
	struct kvm_mp_state stopped = { .mp_state = KVM_MP_STATE_STOPPED };
	static const u32 first = READ, second = WRITE;
	struct kvm_vcpu *vcpus[2];
	u64 read, hvc, entry;
	struct kvm_vm *vm;

	if (!has_idsr())
		SKIP(return, "no KVM_CAP_ARM_IDSR_TO_USER");

	for (int i = 0; i < ARRAY_SIZE(actions); i++) {
		vm = raw_guest_create(2, BIT(KVM_ARM_VCPU_PSCI_0_2), vcpus);
		read = raw_guest_add(vm, READ);
		hvc = raw_guest_add(vm, 0xd4000002);
		entry = raw_guest_add_words(vm, &first, 1, second);
		ASSERT_EQ(__enable_idsr(vm, SPACES_A64, KVM_ARM_IDSR_DEFAULT_EXIT), 0);

		ASSERT_EQ(raw_guest_run_at(vcpus[1], read), RAW_GUEST_EXIT);
		ASSERT_EQ(vcpus[1]->run->exit_reason, KVM_EXIT_ARM_IDSR);
		vcpu_mp_state_set(vcpus[1], &stopped);

		raw_guest_set_x(vcpus[0], 0, PSCI_0_2_FN64_CPU_ON);
		raw_guest_set_x(vcpus[0], 1,
				raw_guest_get_sysreg(vcpus[1], SYS_MPIDR_EL1) &
				MPIDR_AFFINITY);
		raw_guest_set_x(vcpus[0], 2, entry);
		raw_guest_set_x(vcpus[0], 3, PATTERN);
		ASSERT_EQ(raw_guest_run_at(vcpus[0], hvc), RAW_GUEST_DONE);
		ASSERT_EQ(raw_guest_get_x(vcpus[0], 0), PSCI_RET_SUCCESS);

		/* KVM_GET_ONE_REG would do the reset. */
		EXPECT_EQ(answer(vcpus[1], actions[i], OTHER), RAW_GUEST_EXIT);
		EXPECT_EQ(vcpus[1]->run->exit_reason, KVM_EXIT_ARM_IDSR);
		EXPECT_EQ(vcpus[1]->run->arm_idsr.is_write, 0);
		EXPECT_EQ(raw_guest_get_pc(vcpus[1]), entry);
		EXPECT_EQ(raw_guest_get_x(vcpus[1], 0), PATTERN);
		EXPECT_EQ(raw_guest_get_x(vcpus[1], 3), 0);
		kvm_vm_free(vm);
	}
}

/* Stage 1 on, the first gigabyte as it is: 4K granule, 39 bits from level 1 on */
static void mmu_on(struct kvm_vm *vm, struct kvm_vcpu *vcpu)
{
	const u64 table = RAW_GUEST_SIZE / 2;
	const struct {
		u32 reg;
		u64 val;
	} regs[] = {
		{ SYS_MAIR_EL1, 0xff },
		{ SYS_TCR_EL1, 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 },
		{ SYS_TTBR0_EL1, table },
		{ SYS_SCTLR_EL1, raw_guest_get_sysreg(vcpu, SYS_SCTLR_EL1) | SCTLR_ELx_M },
	};

	/* A block: access flag, inner shareable, first attribute of MAIR */
	*(u64 *)addr_gpa2hva(vm, table) = 1 << 10 | 3 << 8 | 1;
	for (int i = 0; i < ARRAY_SIZE(regs); i++)
		vcpu_set_reg(vcpu, KVM_ARM64_SYS_REG(regs[i].reg), regs[i].val);
}

/*
 * An abort after an exit that was none: bit 7 of its syndrome is not S1PTW. With
 * the MMU on, as KVM looks for the descriptor then.
 */
TEST(abort_after_debug_exit)
{
	struct kvm_guest_debug dbg = {
		.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_SW_BP,
	};
	struct kvm_vcpu_events events = { .exception.ext_dabt_pending = 1 };
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = raw_guest_create(1, 0, &vcpu);
	u64 brk = raw_guest_add(vm, 0xd4201000); /* brk #0x80 */
	u64 esr;

	mmu_on(vm, vcpu);
	vcpu_guest_debug_set(vcpu, &dbg);
	ASSERT_EQ(raw_guest_run_at(vcpu, brk), RAW_GUEST_EXIT);
	ASSERT_EQ(vcpu->run->exit_reason, KVM_EXIT_DEBUG);
	vcpu_events_set(vcpu, &events);
	EXPECT_EQ(raw_guest_get_pc(vcpu), 0x200);
	EXPECT_EQ(raw_guest_get_sysreg(vcpu, SYS_ELR_EL1), brk);
	esr = raw_guest_get_sysreg(vcpu, SYS_ESR_EL1);
	EXPECT_EQ(ESR_ELx_EC(esr), ESR_ELx_EC_DABT_CUR);
	EXPECT_EQ(esr & ESR_ELx_FSC, ESR_ELx_FSC_EXTABT);
	kvm_vm_free(vm);
}

/* A reset cancels MMIO as well, which it did not. */
TEST(init_cancels_mmio)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = raw_guest_create(1, 0, &vcpu);
	u64 load = raw_guest_add(vm, 0xf9400383); /* ldr x3, [x28] */

	ASSERT_EQ(raw_guest_run_at(vcpu, load), RAW_GUEST_EXIT);
	ASSERT_EQ(vcpu->run->exit_reason, KVM_EXIT_MMIO);
	memset(vcpu->run->mmio.data, 0x5a, sizeof(vcpu->run->mmio.data));
	vcpu_ioctl(vcpu, KVM_ARM_VCPU_INIT, &vcpu->init);
	vcpu_run_complete_io(vcpu);
	EXPECT_EQ(raw_guest_get_pc(vcpu), 0);
	EXPECT_EQ(raw_guest_get_x(vcpu, 3), 0);
	kvm_vm_free(vm);
}

TEST(check_extension)
{
	u32 spaces = SPACES_A64;

	if (!has_idsr())
		SKIP(return, "no KVM_CAP_ARM_IDSR_TO_USER");

	if (kvm_has_cap(KVM_CAP_ARM_EL1_32BIT))
		spaces |= SPACES_A32;
	EXPECT_EQ(kvm_check_cap(KVM_CAP_ARM_IDSR_TO_USER), spaces);
}

TEST(enable_errors)
{
	static const struct {
		u32 flags;
		u64 args[4];
	} bad[] = {
		{ .flags = 1, .args = { SPACES_A64 } },
		{ .args = { 0 } },
		{ .args = { 1 << 4 } },
		{ .args = { SPACES_A64 | 1ULL << 32 } },
		{ .args = { ~0ULL } },
		{ .args = { SPACES_A64, 2 } },
		{ .args = { SPACES_A64, 1ULL << 32 } },
		{ .args = { SPACES_A64, 0, 1 } },
		{ .args = { SPACES_A64, 0, 0, 1 } },
	};
	struct kvm_vm *vm = vm_create_barebones();

	if (!has_idsr()) {
		/* Not known, or refused: as is everything else. */
		EXPECT_EQ(__enable_idsr(vm, SPACES_A64, 0), EINVAL);
		kvm_vm_free(vm);
		SKIP(return, "no KVM_CAP_ARM_IDSR_TO_USER");
	}

	for (int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct kvm_enable_cap cap = {
			.cap = KVM_CAP_ARM_IDSR_TO_USER,
			.flags = bad[i].flags,
		};

		memcpy(cap.args, bad[i].args, sizeof(cap.args));
		EXPECT_EQ(__vm_ioctl(vm, KVM_ENABLE_CAP, &cap), -1);
		EXPECT_EQ(errno, EINVAL);
	}
	EXPECT_EQ(__enable_idsr(vm, SPACES_A64, KVM_ARM_IDSR_DEFAULT_UNDEF), 0);
	EXPECT_EQ(__enable_idsr(vm, SPACES_A64, KVM_ARM_IDSR_DEFAULT_UNDEF), EEXIST);
	EXPECT_EQ(__enable_idsr(vm, KVM_ARM_IDSR_SPACE_A64_REG, 0), EEXIST);
	kvm_vm_free(vm);
}

TEST(enable_on_other_fds)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_ARM_IDSR_TO_USER,
		.args = { SPACES_A64 },
	};
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	int kvm;

	if (!has_idsr())
		SKIP(return, "no KVM_CAP_ARM_IDSR_TO_USER");

	vm = raw_guest_create(1, 0, &vcpu);
	kvm = open_kvm_dev_path_or_exit();
	EXPECT_EQ(ioctl(kvm, KVM_ENABLE_CAP, &cap), -1);
	EXPECT_EQ(__vcpu_ioctl(vcpu, KVM_ENABLE_CAP, &cap), -1);
	EXPECT_EQ(__enable_idsr(vm, SPACES_A64, 0), 0);
	close(kvm);
	kvm_vm_free(vm);
}

TEST(enable_after_run)
{
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	u64 read;

	if (!has_idsr())
		SKIP(return, "no KVM_CAP_ARM_IDSR_TO_USER");

	vm = raw_guest_create(1, 0, &vcpu);
	read = raw_guest_add(vm, READ);
	EXPECT_EQ(raw_guest_run_at(vcpu, read), RAW_GUEST_SYNC_SAME_EL);
	EXPECT_EQ(__enable_idsr(vm, SPACES_A64, KVM_ARM_IDSR_DEFAULT_EXIT), EBUSY);
	EXPECT_EQ(raw_guest_run_at(vcpu, read), RAW_GUEST_SYNC_SAME_EL);
	kvm_vm_free(vm);
}

/* As it is without the capability, and on kernels that do not have it */
TEST(off_is_undef)
{
	/* The corners: CRm 0 and 15, op2 0 and 7 */
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm = raw_guest_create(1, 0, &vcpu);
	u64 pc[256];
	int n;

	for (n = 0; n < ARRAY_SIZE(pc); n++)
		pc[n] = raw_guest_add(vm, A64_INSN(n & 1, n & 2 ? 3 : 1, n >> 5 & 7,
						   n & 4 ? 11 : 15, n & 8 ? 15 : 0,
						   n & 16 ? 7 : 0, 3));

	while (n--) {
		ASSERT_EQ(raw_guest_run_at(vcpu, pc[n]), RAW_GUEST_SYNC_SAME_EL);
		ASSERT_EQ(ESR_ELx_EC(raw_guest_get_sysreg(vcpu, SYS_ESR_EL1)),
			  ESR_EC_UNDEF);
		ASSERT_EQ(raw_guest_get_sysreg(vcpu, SYS_ELR_EL1), pc[n]);
	}
	kvm_vm_free(vm);
}

/* One space does not open the other. */
TEST(spaces_are_separate)
{
	for (int i = 0; i < 2; i++) {
		struct kvm_vcpu *vcpu;
		struct kvm_vm *vm;
		u64 pc[2];

		if (!has_idsr())
			SKIP(return, "no KVM_CAP_ARM_IDSR_TO_USER");

		vm = raw_guest_create(1, 0, &vcpu);
		pc[0] = raw_guest_add(vm, A64_INSN(1, 3, 0, 15, 0, 0, 3));
		pc[1] = raw_guest_add(vm, A64_INSN(1, 1, 0, 15, 0, 0, 3));
		ASSERT_EQ(__enable_idsr(vm, 1 << i, KVM_ARM_IDSR_DEFAULT_EXIT), 0);
		EXPECT_EQ(raw_guest_run_at(vcpu, pc[i]), RAW_GUEST_EXIT);
		EXPECT_EQ(raw_guest_run_at(vcpu, pc[!i]), RAW_GUEST_SYNC_SAME_EL);
		kvm_vm_free(vm);
	}
}

/* Not a guest of the library's: it does not know protected VMs of arm64. */
TEST(protected_vm)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_ARM_IDSR_TO_USER,
		.args = { SPACES_A64 },
	};
	int kvm, fd;

	if (!has_idsr())
		SKIP(return, "no KVM_CAP_ARM_IDSR_TO_USER");
	kvm = open_kvm_dev_path_or_exit();
	fd = ioctl(kvm, KVM_CREATE_VM, KVM_VM_TYPE_ARM_PROTECTED);
	close(kvm);
	if (fd < 0)
		SKIP(return, "no protected VMs");

	EXPECT_EQ(ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_ARM_IDSR_TO_USER), 0);
	EXPECT_EQ(ioctl(fd, KVM_ENABLE_CAP, &cap), -1);
	EXPECT_EQ(errno, EINVAL);
	close(fd);
}

/* Several vCPUs, while another thread of the VMM writes to their run pages */

#define RACE_VCPUS	4
#define RACE_SECONDS	20

static struct {
	struct kvm_vcpu *vcpus[RACE_VCPUS];
	u64 read;
	bool stop;
	u64 rounds;
	int bad;
} race;

static void *scribble(void *arg)
{
	u32 seed = 1;

	while (!READ_ONCE(race.stop)) {
		for (int i = 0; i < RACE_VCPUS; i++) {
			struct kvm_run *run = race.vcpus[i]->run;

			seed = seed * 1664525 + 1013904223;
			WRITE_ONCE(run->arm_idsr.action, seed >> 24 & 3);
			WRITE_ONCE(run->arm_idsr.data, seed & 1 ? PATTERN : OTHER);
			WRITE_ONCE(run->arm_idsr.is_write, seed >> 1 & 1);
			WRITE_ONCE(run->arm_idsr.space, seed >> 2);
			WRITE_ONCE(run->exit_reason,
				   seed & 8 ? KVM_EXIT_MMIO : KVM_EXIT_ARM_IDSR);
		}
	}
	return NULL;
}

/* x3 is what it was, or what was offered; PC is at the access, or after it. */
static void *race_vcpu(void *arg)
{
	struct kvm_vcpu *vcpu = arg;
	u64 pc, x3, rounds = 0;
	int bad = 0;

	raw_guest_set_x(vcpu, 28, RAW_GUEST_MMIO);
	while (!READ_ONCE(race.stop)) {
		rounds++;
		raw_guest_set_x(vcpu, 3, 1);
		vcpu_set_reg(vcpu, ARM64_CORE_REG(regs.pc), race.read);
		if (__vcpu_run(vcpu) && errno != EINVAL)
			bad++;
		vcpu->run->immediate_exit = 1;
		if (!__vcpu_run(vcpu) || (errno != EINTR && errno != EINVAL))
			bad++;
		vcpu->run->immediate_exit = 0;

		pc = raw_guest_get_pc(vcpu);
		x3 = raw_guest_get_x(vcpu, 3);
		if (pc != race.read && pc != race.read + 4 && pc != 0x200)
			bad++;
		if (x3 != 1 && x3 != PATTERN && x3 != OTHER)
			bad++;
		if (pc == race.read && x3 != 1)
			bad++;
	}
	__sync_fetch_and_add(&race.bad, bad);
	__sync_fetch_and_add(&race.rounds, rounds);
	return NULL;
}

FIXTURE(race) {
};

FIXTURE_SETUP(race)
{
}

FIXTURE_TEARDOWN(race)
{
}

TEST_F_TIMEOUT(race, concurrent_writers, 300)
{
	pthread_t threads[RACE_VCPUS], writer;
	struct kvm_vm *vm;
	int i;

	if (!has_idsr())
		SKIP(return, "no KVM_CAP_ARM_IDSR_TO_USER");

	vm = raw_guest_create(RACE_VCPUS, 0, race.vcpus);
	race.read = raw_guest_add(vm, READ);
	ASSERT_EQ(__enable_idsr(vm, SPACES_A64, KVM_ARM_IDSR_DEFAULT_EXIT), 0);

	ASSERT_EQ(pthread_create(&writer, NULL, scribble, NULL), 0);
	for (i = 0; i < RACE_VCPUS; i++)
		ASSERT_EQ(pthread_create(&threads[i], NULL, race_vcpu, race.vcpus[i]), 0);
	sleep(RACE_SECONDS);
	WRITE_ONCE(race.stop, true);
	for (i = 0; i < RACE_VCPUS; i++)
		pthread_join(threads[i], NULL);
	pthread_join(writer, NULL);
	TH_LOG("%llu rounds", (unsigned long long)race.rounds);
	EXPECT_GE(race.rounds, RACE_VCPUS);
	EXPECT_EQ(race.bad, 0);
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
