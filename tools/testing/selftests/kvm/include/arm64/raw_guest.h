/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest of raw instructions
 *
 * For tests of single instructions, at any exception level, in AArch64 and
 * AArch32. There is no guest code to compile, and neither MMU, stack nor ucall:
 * the test puts instruction words into the guest's memory, sets PC and other
 * registers with vcpu_set_reg(), and has one of them executed:
 *
 *	vm = raw_guest_create(1, 0, &vcpu);
 *	pc = raw_guest_add(vm, 0xd53bf000);	// mrs x0, S3_3_C15_C0_0
 *	outcome = raw_guest_run_at(vcpu, pc);
 *
 * The instruction is followed by a store that ends in userspace, and so is each
 * exception vector. Which of the stores it was tells what the instruction came
 * to, and all registers are as the instruction or the exception left them.
 *
 * With KVM_ARM_VCPU_EL1_32BIT, EL1 is AArch32, and a test binary that is 64-bit
 * itself runs a 32-bit guest. An AArch64 guest can run EL0 in AArch32.
 *
 * All instructions have to be added before a vCPU runs: with the MMU off, the
 * guest sees memory, not the caches that the test writes to.
 */
#ifndef SELFTEST_KVM_RAW_GUEST_H
#define SELFTEST_KVM_RAW_GUEST_H

#include "kvm_util.h"
#include "processor.h"

/* The guest's memory. VBAR_EL1, VBAR_EL2 and the AArch32 vectors are at 0. */
#define RAW_GUEST_CODE		0x10000UL
#define RAW_GUEST_SIZE		0x200000UL

/* No memory there: an access ends in userspace. In x28 or r12 of the guest. */
#define RAW_GUEST_MMIO		0x20000000UL

/* Initial values of PSTATE, to be set with vcpu_set_reg() */
#define RAW_GUEST_EL0		0x3c0UL
#define RAW_GUEST_EL1H		0x3c5UL
#define RAW_GUEST_EL2H		0x3c9UL
#define RAW_GUEST_USR		0x1d0UL
#define RAW_GUEST_SVC		0x1d3UL
#define RAW_GUEST_THUMB		BIT(5)

/*
 * What an instruction came to: the number of a vector, in the order of the
 * table, or one of the others.
 */
enum raw_guest_outcome {
	RAW_GUEST_SYNC_SAME_EL	= 4,	/* AArch64, current EL with SP_ELx */
	RAW_GUEST_SERROR_SAME_EL = 7,
	RAW_GUEST_SYNC_LOWER_64	= 8,
	RAW_GUEST_SYNC_LOWER_32	= 12,

	RAW_GUEST_AA32_UNDEF	= 1,
	RAW_GUEST_AA32_SVC	= 2,
	RAW_GUEST_AA32_PABT	= 3,
	RAW_GUEST_AA32_DABT	= 4,

	RAW_GUEST_DONE		= 32,	/* The next instruction was reached */
	RAW_GUEST_EXIT		= 64,	/* KVM_RUN returned for another reason */
	RAW_GUEST_ERROR		= 65,	/* KVM_RUN failed */
};

/* Can there be a guest with these features (BIT(KVM_ARM_VCPU_...))? */
bool raw_guest_supported(u32 features);

/* A VM that is ready to run. A guest with EL2 has a GICv3, others have none. */
struct kvm_vm *raw_guest_create(u32 nr_vcpus, u32 features,
				struct kvm_vcpu *vcpus[]);
/* The same in two steps, for what has to be done before vCPUs are added */
struct kvm_vm *raw_guest_create_vm(u32 features);
void raw_guest_add_vcpus(struct kvm_vm *vm, u32 nr_vcpus, u32 features,
			 struct kvm_vcpu *vcpus[]);

/*
 * Add instructions and the store after them, and return where they are. The
 * words of the latter are stored in memory in the order of their halfwords.
 */
u64 raw_guest_add(struct kvm_vm *vm, u32 insn);
u64 raw_guest_add_a32(struct kvm_vm *vm, u32 insn);
u64 raw_guest_add_words(struct kvm_vm *vm, const u32 *words, int nr, u32 store);
#define RAW_GUEST_STORE_A64	0xf900839fU	/* str xzr, [x28, #0x100] */
#define RAW_GUEST_STORE_A32	0xe58cc100U	/* str r12, [r12, #0x100] */
#define RAW_GUEST_STORE_T32	0xc100f8ccU	/* str.w r12, [r12, #0x100] */

/* Run from there on. An MMIO access of the last run is completed before. */
enum raw_guest_outcome raw_guest_run_at(struct kvm_vcpu *vcpu, u64 pc);
/* Go on, as after an exit that was handled */
enum raw_guest_outcome raw_guest_run(struct kvm_vcpu *vcpu);

static inline u64 raw_guest_get_x(struct kvm_vcpu *vcpu, int n)
{
	return vcpu_get_reg(vcpu, ARM64_CORE_REG(regs.regs[0]) +
			    n * (sizeof(u64) / sizeof(u32)));
}

static inline void raw_guest_set_x(struct kvm_vcpu *vcpu, int n, u64 val)
{
	vcpu_set_reg(vcpu, ARM64_CORE_REG(regs.regs[0]) +
		     n * (sizeof(u64) / sizeof(u32)), val);
}

static inline u64 raw_guest_get_pc(struct kvm_vcpu *vcpu)
{
	return vcpu_get_reg(vcpu, ARM64_CORE_REG(regs.pc));
}

static inline u64 raw_guest_get_sysreg(struct kvm_vcpu *vcpu, u32 reg)
{
	/* To userspace, this one is a core register. */
	if (reg == SYS_ELR_EL1)
		return vcpu_get_reg(vcpu, ARM64_CORE_REG(elr_el1));
	return vcpu_get_reg(vcpu, KVM_ARM64_SYS_REG(reg));
}

static inline void raw_guest_set_pstate(struct kvm_vcpu *vcpu, u64 pstate)
{
	vcpu_set_reg(vcpu, ARM64_CORE_REG(regs.pstate), pstate);
}

#endif /* SELFTEST_KVM_RAW_GUEST_H */
