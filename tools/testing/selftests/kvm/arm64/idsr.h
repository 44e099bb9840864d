/* SPDX-License-Identifier: GPL-2.0-only */
/* Common to the tests of exits for IMPLEMENTATION DEFINED registers */
#ifndef IDSR_H
#define IDSR_H

#include "kvm_util.h"
#include "processor.h"
#include "raw_guest.h"
#include "test_util.h"

#include "iss2.h"

/* Emulated machines, and nested ones in them, are slow. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	300

#define SPACES_A64	(KVM_ARM_IDSR_SPACE_A64_REG | KVM_ARM_IDSR_SPACE_A64_INSN)
#define SPACES_A32	(KVM_ARM_IDSR_SPACE_A32_REG | KVM_ARM_IDSR_SPACE_A32_REG64)

/* MRS (read, op0 3), MSR (op0 3), SYSL (read, op0 1), SYS (op0 1) */
#define A64_INSN(read, op0, op1, crn, crm, op2, rt)			\
	(0xd5000000 | (u32)(read) << 21 | (op0) << 19 | (op1) << 16 |	\
	 (crn) << 12 | (crm) << 8 | (op2) << 5 | (rt))
#define XZR		31

/*
 * QEMU does not trap these accesses of EL0 to EL2, as some CPUs do. So, where
 * the kernel's command line has "kvm_test.impdef", the plugin of the test machines
 * (see arm64/qemu/plugin) reports such an access for these instructions. They are
 * taken to EL2 if userspace debugs the guest.
 */
#define BRK_IMPDEF(n)	(0xd4200000 | (0x1e00 + (n)) << 5)
#define BKPT_IMPDEF(n)	(0xe121e070 + (n))

static inline bool has_el0_traps(void)
{
	return machine_has("kvm_test.impdef");
}

static inline void take_breakpoints_to_el2(struct kvm_vcpu *vcpu)
{
	struct kvm_guest_debug dbg = {
		.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_SW_BP,
	};

	vcpu_guest_debug_set(vcpu, &dbg);
}

static inline bool has_idsr(void)
{
	return kvm_check_cap(KVM_CAP_OOT_STACK) == KVM_OOT_STACK_VERSION &&
	       kvm_check_cap(KVM_CAP_ARM_IDSR_TO_USER) > 0;
}

/* These return the errno. */

static inline int __enable_idsr(struct kvm_vm *vm, u64 spaces, u64 action)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_ARM_IDSR_TO_USER,
		.args = { spaces, action },
	};

	return __vm_ioctl(vm, KVM_ENABLE_CAP, &cap) ? errno : 0;
}

static inline int __set_filter(struct kvm_vm *vm,
			       const struct kvm_arm_idsr_filter *filter)
{
	return __kvm_device_attr_set(vm->fd, KVM_ARM_VM_IDSR_CTRL,
				     KVM_ARM_VM_IDSR_FILTER, (void *)filter) ? errno : 0;
}

/* Is this the exit for that access? The answer and the data are not looked at. */
static inline bool is_idsr_exit(const struct kvm_run *run, u32 space, u8 op0,
				u8 op1, u8 crn, u8 crm, u8 op2, bool is_write)
{
	static const u8 no_pad[sizeof(run->arm_idsr.pad)];

	return run->exit_reason == KVM_EXIT_ARM_IDSR && !run->flags &&
	       !run->arm_idsr.flags && run->arm_idsr.space == space &&
	       run->arm_idsr.op0 == op0 && run->arm_idsr.op1 == op1 &&
	       run->arm_idsr.crn == crn && run->arm_idsr.crm == crm &&
	       run->arm_idsr.op2 == op2 && run->arm_idsr.is_write == is_write &&
	       run->arm_idsr.action == KVM_ARM_IDSR_UNDEF &&
	       !memcmp(run->arm_idsr.pad, no_pad, sizeof(no_pad));
}

static inline enum raw_guest_outcome answer(struct kvm_vcpu *vcpu, u8 action, u64 data)
{
	vcpu->run->arm_idsr.action = action;
	vcpu->run->arm_idsr.data = data;
	return raw_guest_run(vcpu);
}

/* The access is done with, but nothing else happens. */
static inline int answer_only(struct kvm_vcpu *vcpu, u8 action, u64 data)
{
	int ret;

	vcpu->run->arm_idsr.action = action;
	vcpu->run->arm_idsr.data = data;
	vcpu->run->immediate_exit = 1;
	ret = __vcpu_run(vcpu) ? errno : 0;
	vcpu->run->immediate_exit = 0;
	return ret;
}

#endif /* IDSR_H */
