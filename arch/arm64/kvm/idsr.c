// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses to IMPLEMENTATION DEFINED system registers
 *
 * KVM implements none of them. It can leave that to userspace.
 */

#include <linux/bits.h>
#include <linux/kvm_host.h>
#include <linux/log2.h>
#include <linux/maple_tree.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <asm/kvm_emulate.h>
#include <asm/kvm_nested.h>

#include "sys_regs.h"
#include "trace.h"

/*
 * Does the architecture leave this encoding to the implementation? These are
 * the encodings that are trapped by HCR_EL2.TIDCP, but for CRn 15 of AArch32
 * (CRm 15 of MRRC and MCRR), which is trapped by HSTR_EL2.T15.
 */
bool kvm_is_impdef_reg(u32 space, u8 crn, u8 crm)
{
	switch (space) {
	case KVM_ARM_IDSR_SPACE_A64_REG:
	case KVM_ARM_IDSR_SPACE_A64_INSN:
		return kvm_is_impdef_sys_reg(crn);
	case KVM_ARM_IDSR_SPACE_A32_REG:
		switch (crn) {
		case 9:
			return BIT(crm) & (GENMASK(2, 0) | GENMASK(8, 5));
		case 10:
			return BIT(crm) & (BIT(0) | BIT(1) | BIT(4) | BIT(8));
		case 11:
			return BIT(crm) & (GENMASK(8, 0) | BIT(15));
		case 15:
			return true;
		}
		return false;
	case KVM_ARM_IDSR_SPACE_A32_REG64:
		return crm == 15;
	}

	return false;
}

/* The spaces that userspace can ask for. */
u32 kvm_idsr_supported_spaces(struct kvm *kvm)
{
	u32 spaces = KVM_ARM_IDSR_SPACE_A64_REG | KVM_ARM_IDSR_SPACE_A64_INSN;

	if (kvm_vm_ioctl_check_extension(kvm, KVM_CAP_ARM_EL1_32BIT) > 0)
		spaces |= KVM_ARM_IDSR_SPACE_A32_REG |
			  KVM_ARM_IDSR_SPACE_A32_REG64;

	return spaces;
}

int kvm_idsr_enable(struct kvm *kvm, const struct kvm_enable_cap *cap)
{
	u64 spaces = cap->args[0];
	u64 action = cap->args[1];

	if (!spaces || spaces & ~(u64)kvm_idsr_supported_spaces(kvm) ||
	    action > KVM_ARM_IDSR_DEFAULT_UNDEF || cap->args[2] || cap->args[3])
		return -EINVAL;

	guard(mutex)(&kvm->arch.config_lock);

	if (kvm_vm_has_ran_once(kvm))
		return -EBUSY;
	if (kvm->arch.idsr.spaces)
		return -EEXIST;

	kvm->arch.idsr.default_exit = action == KVM_ARM_IDSR_DEFAULT_EXIT;
	kvm->arch.idsr.spaces = spaces;
	return 0;
}

/* Keys and values of the filter */
#define FILTER_KEY(space, index)	((unsigned long)(space) << 16 | (index))
#define FILTER_READ			BIT(0)
#define FILTER_WRITE			BIT(1)

static bool is_impdef_index(u32 space, u32 index)
{
	if (space == KVM_ARM_IDSR_SPACE_A32_REG64)
		return index < KVM_ARM_IDSR_INDEX64(16, 0) &&
		       kvm_is_impdef_reg(space, 0, index & 0xf);

	return index < KVM_ARM_IDSR_INDEX(8, 0, 0, 0) &&
	       kvm_is_impdef_reg(space, index >> 7 & 0xf, index >> 3 & 0xf);
}

static u32 params_to_index(u32 space, const struct sys_reg_params *p)
{
	if (space == KVM_ARM_IDSR_SPACE_A32_REG64)
		return KVM_ARM_IDSR_INDEX64(p->Op1, p->CRm);

	return KVM_ARM_IDSR_INDEX(p->Op1, p->CRn, p->CRm, p->Op2);
}

static int kvm_idsr_set_filter(struct kvm *kvm,
			       struct kvm_arm_idsr_filter __user *uaddr)
{
	struct kvm_arm_idsr_filter filter;
	unsigned long actions = 0;
	u32 end;

	if (copy_from_user(&filter, uaddr, sizeof(filter)))
		return -EFAULT;

	guard(mutex)(&kvm->arch.config_lock);

	if (!kvm->arch.idsr.spaces)
		return -ENXIO;
	if (kvm_vm_has_ran_once(kvm))
		return -EBUSY;

	if (memchr_inv(filter.pad, 0, sizeof(filter.pad)))
		return -EINVAL;
	if (filter.read_action > KVM_ARM_IDSR_FILTER_EXIT ||
	    filter.write_action > KVM_ARM_IDSR_FILTER_EXIT)
		return -EINVAL;
	if (!is_power_of_2(filter.space) ||
	    filter.space & ~kvm->arch.idsr.spaces)
		return -EINVAL;

	end = filter.base + filter.nr - 1;
	if (!filter.nr || end < filter.base)
		return -EINVAL;
	/* This ends with the first index that is out of the space. */
	for (u32 i = filter.base; i <= end; i++) {
		if (!is_impdef_index(filter.space, i))
			return -EINVAL;
	}

	if (filter.read_action == KVM_ARM_IDSR_FILTER_EXIT)
		actions |= FILTER_READ;
	if (filter.write_action == KVM_ARM_IDSR_FILTER_EXIT)
		actions |= FILTER_WRITE;

	return mtree_insert_range(&kvm->arch.idsr.filter,
				  FILTER_KEY(filter.space, filter.base),
				  FILTER_KEY(filter.space, end),
				  xa_mk_value(actions), GFP_KERNEL_ACCOUNT);
}

static bool kvm_idsr_wants_exit(struct kvm *kvm, u32 space,
				const struct sys_reg_params *params)
{
	unsigned long key = FILTER_KEY(space, params_to_index(space, params));
	void *entry = mtree_load(&kvm->arch.idsr.filter, key);

	if (!entry)
		return kvm->arch.idsr.default_exit;

	return xa_to_value(entry) & (params->is_write ? FILTER_WRITE : FILTER_READ);
}

int kvm_vm_idsr_has_attr(struct kvm *kvm, struct kvm_device_attr *attr)
{
	if (attr->attr != KVM_ARM_VM_IDSR_FILTER || !kvm->arch.idsr.spaces)
		return -ENXIO;

	return 0;
}

int kvm_vm_idsr_set_attr(struct kvm *kvm, struct kvm_device_attr *attr)
{
	if (attr->attr != KVM_ARM_VM_IDSR_FILTER)
		return -ENXIO;

	return kvm_idsr_set_filter(kvm, u64_to_user_ptr(attr->addr));
}

void kvm_idsr_init_vm(struct kvm *kvm)
{
	mt_init(&kvm->arch.idsr.filter);
}

void kvm_idsr_destroy_vm(struct kvm *kvm)
{
	mtree_destroy(&kvm->arch.idsr.filter);
}

/**
 * kvm_idsr_exit - give an access to userspace, if it wants to have it
 * @vcpu:	the vCPU
 * @params:	the access, which KVM does not know how to emulate
 * @space:	KVM_ARM_IDSR_SPACE_*
 * @rt2:	the register of the upper half, for 64-bit accesses of AArch32
 *
 * Return: true if the vCPU has to return to userspace. If false, the access is
 * UNDEFINED.
 */
bool kvm_idsr_exit(struct kvm_vcpu *vcpu, const struct sys_reg_params *params,
		   u32 space, u8 rt2)
{
	struct kvm *kvm = vcpu->kvm;
	struct kvm_run *run = vcpu->run;
	bool to_user;

	if (!(kvm->arch.idsr.spaces & space) ||
	    !kvm_is_impdef_reg(space, params->CRn, params->CRm))
		return false;

	/*
	 * Whether the trap is taken for EL0, too, is up to the CPU. Where it is
	 * not, EL1 gets an UNDEF. Unprivileged code of the guest must neither
	 * see the difference, nor get through to userspace.
	 */
	to_user = vcpu_mode_priv(vcpu) && kvm_idsr_wants_exit(kvm, space, params);

	trace_kvm_arm_idsr(*vcpu_pc(vcpu), space, params->Op1, params->CRn,
			   params->CRm, params->Op2, params->is_write, to_user);
	if (!to_user)
		return false;

	vcpu->stat.idsr_exits++;

	vcpu->arch.idsr.space = space;
	vcpu->arch.idsr.is_write = params->is_write;
	vcpu->arch.idsr.rt = kvm_vcpu_sys_get_rt(vcpu);
	vcpu->arch.idsr.rt2 = rt2;
	vcpu_set_flag(vcpu, IDSR_PENDING);

	/*
	 * Userspace may have made off with an MMIO access, and can pretend at
	 * any time that it is the reason of this exit. It is not any more.
	 */
	vcpu->mmio_needed = false;

	memset(&run->arm_idsr, 0, sizeof(run->arm_idsr));
	run->exit_reason = KVM_EXIT_ARM_IDSR;
	run->arm_idsr.op0 = params->Op0;
	run->arm_idsr.op1 = params->Op1;
	run->arm_idsr.crn = params->CRn;
	run->arm_idsr.crm = params->CRm;
	run->arm_idsr.op2 = params->Op2;
	run->arm_idsr.is_write = params->is_write;
	run->arm_idsr.space = space;
	if (params->is_write)
		run->arm_idsr.data = space == KVM_ARM_IDSR_SPACE_A32_REG ?
				     lower_32_bits(params->regval) :
				     params->regval;

	return true;
}

static void set_read_result(struct kvm_vcpu *vcpu, u64 data)
{
	const u64 nzcv = PSR_AA32_N_BIT | PSR_AA32_Z_BIT |
			 PSR_AA32_C_BIT | PSR_AA32_V_BIT;

	switch (vcpu->arch.idsr.space) {
	case KVM_ARM_IDSR_SPACE_A32_REG64:
		vcpu_set_reg(vcpu, vcpu->arch.idsr.rt2, upper_32_bits(data));
		data = lower_32_bits(data);
		break;
	case KVM_ARM_IDSR_SPACE_A32_REG:
		data = lower_32_bits(data);
		/* R15 stands for the flags. */
		if (vcpu->arch.idsr.rt == 31)
			*vcpu_cpsr(vcpu) = (*vcpu_cpsr(vcpu) & ~nzcv) | (data & nzcv);
		break;
	}

	vcpu_set_reg(vcpu, vcpu->arch.idsr.rt, data);
}

/**
 * kvm_idsr_complete - do what userspace answered to the access
 * @vcpu:	the vCPU, which must be loaded
 *
 * The run page is userspace's to write to, at any time. What access it is, and
 * that there is one, is taken from what kvm_idsr_exit() has kept.
 *
 * Return: 0, or -EINVAL if it is no answer. Then the access stays pending.
 */
int kvm_idsr_complete(struct kvm_vcpu *vcpu)
{
	u8 action = READ_ONCE(vcpu->run->arm_idsr.action);
	u64 data = READ_ONCE(vcpu->run->arm_idsr.data);

	if (action > KVM_ARM_IDSR_RESUME)
		return -EINVAL;

	vcpu_clear_flag(vcpu, IDSR_PENDING);

	switch (action) {
	case KVM_ARM_IDSR_UNDEF:
		kvm_inject_undefined(vcpu);
		break;
	case KVM_ARM_IDSR_COMPLETE:
		if (!vcpu->arch.idsr.is_write)
			set_read_result(vcpu, data);
		kvm_incr_pc(vcpu);
		break;
	}

	return 0;
}
