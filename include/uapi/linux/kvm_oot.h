/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef __LINUX_KVM_OOT_H
#define __LINUX_KVM_OOT_H

/*
 * Numbers of KVM features that are not in mainline. Included by <linux/kvm.h>.
 *
 * Mainline allots capabilities, exit reasons and device attribute groups
 * upwards from zero, so what is free today is taken tomorrow. The numbers here
 * start at KVM_OOT_BASE, in blocks of 16, one block for each feature. Its
 * capability, its exit reason and its device attribute group are the first
 * number of its block. They are the same on every kernel that has the feature,
 * and are not given to another one, even if the feature is dropped.
 *
 * Bits cannot be set apart like that. Mainline takes them from bit 0 up, and
 * features that are not in mainline take them from the far end down. Taken are:
 *
 *   kvm_run.flags (arm64)					15
 *   kvm_run.memory_fault.flags (arm64)				62
 *   kvm_userspace_memory_region2.flags (arm64)			15
 *   kvm_run.fail_entry.hardware_entry_failure_reason (arm64)	62, 61, 60, 59
 */
#define KVM_OOT_BASE		0x4f540000	/* "OT" */
#define KVM_OOT_BLOCK(n)	(KVM_OOT_BASE + 0x10 * (n))

/*
 * Block 0: this scheme itself. KVM_CHECK_EXTENSION returns the version of the
 * scheme, or 0 if none of these numbers has the meaning that it has here. To be
 * looked at before any other of them.
 */
#define KVM_CAP_OOT_STACK	KVM_OOT_BLOCK(0)
#define KVM_OOT_STACK_VERSION	1

/*
 * Block 1 (arm64): exits for accesses to IMPLEMENTATION DEFINED system
 * registers.
 */
#define KVM_CAP_ARM_IDSR_TO_USER	KVM_OOT_BLOCK(1)
#define KVM_EXIT_ARM_IDSR		KVM_OOT_BLOCK(1)
#define KVM_ARM_VM_IDSR_CTRL		KVM_OOT_BLOCK(1)

/*
 * Block 2 (arm64): exits for accesses that the NoTagAccess attribute of stage 2
 * forbids.
 */
#define KVM_CAP_ARM_MTE_NOTAG	KVM_OOT_BLOCK(2)
/* KVM_CAP_ARM_MTE_NOTAG, args[0] */
#define KVM_ARM_MTE_NOTAG_EXIT	(1 << 0)

#endif /* __LINUX_KVM_OOT_H */
