// SPDX-License-Identifier: GPL-2.0
/*
 * A guest of raw instructions, see raw_guest.h
 */
#include "raw_guest.h"

#define NR_VECTORS_A64	16
#define NR_VECTORS_A32	8

#define GIC_DIST	0x8000000ULL
#define GIC_REDIST	0x80a0000ULL

/* The first word of the code, which the guest never gets to, is its length. */
static u32 *code_words(struct kvm_vm *vm)
{
	return addr_gpa2hva(vm, RAW_GUEST_CODE);
}

bool raw_guest_supported(u32 features)
{
	if (features & BIT(KVM_ARM_VCPU_EL1_32BIT) &&
	    !kvm_has_cap(KVM_CAP_ARM_EL1_32BIT))
		return false;
	if (features & BIT(KVM_ARM_VCPU_HAS_EL2) && !kvm_has_cap(KVM_CAP_ARM_EL2))
		return false;
	return true;
}

struct kvm_vm *raw_guest_create_vm(u32 features)
{
	struct kvm_vm *vm = vm_create_barebones();
	u32 *vectors;

	vm_userspace_mem_region_add(vm, VM_MEM_SRC_ANONYMOUS, 0, 0,
				    RAW_GUEST_SIZE / vm->page_size, 0);

	vectors = addr_gpa2hva(vm, 0);
	if (features & BIT(KVM_ARM_VCPU_EL1_32BIT)) {
		/* str r12, [r12, #n * 8] */
		for (u32 n = 0; n < NR_VECTORS_A32; n++)
			vectors[n] = 0xe58cc000 | n * 8;
	} else {
		/* str xzr, [x28, #n * 8] */
		for (u32 n = 0; n < NR_VECTORS_A64; n++)
			vectors[n * 0x80 / 4] = 0xf900039f | n << 10;
	}

	return vm;
}

static int create_gic(struct kvm_vm *vm)
{
	u64 dist = GIC_DIST, redist = GIC_REDIST;
	int fd = kvm_create_device(vm, KVM_DEV_TYPE_ARM_VGIC_V3);

	kvm_device_attr_set(fd, KVM_DEV_ARM_VGIC_GRP_ADDR,
			    KVM_VGIC_V3_ADDR_TYPE_DIST, &dist);
	kvm_device_attr_set(fd, KVM_DEV_ARM_VGIC_GRP_ADDR,
			    KVM_VGIC_V3_ADDR_TYPE_REDIST, &redist);
	return fd;
}

void raw_guest_add_vcpus(struct kvm_vm *vm, u32 nr_vcpus, u32 features,
			 struct kvm_vcpu *vcpus[])
{
	bool el2 = features & BIT(KVM_ARM_VCPU_HAS_EL2);

	if (el2) {
		vm->arch.gic_fd = create_gic(vm);
		vm->arch.has_gic = true;
	}

	for (u32 i = 0; i < nr_vcpus; i++) {
		struct kvm_vcpu *vcpu = __vm_vcpu_add(vm, i);

		vm_ioctl(vm, KVM_ARM_PREFERRED_TARGET, &vcpu->init);
		vcpu->init.features[0] |= features;
		vcpu_ioctl(vcpu, KVM_ARM_VCPU_INIT, &vcpu->init);

		if (!(features & BIT(KVM_ARM_VCPU_EL1_32BIT)))
			vcpu_set_reg(vcpu, KVM_ARM64_SYS_REG(SYS_VBAR_EL1), 0);
		if (el2)
			vcpu_set_reg(vcpu, KVM_ARM64_SYS_REG(SYS_VBAR_EL2), 0);
		vcpus[i] = vcpu;
	}

	kvm_arch_vm_finalize_vcpus(vm);
}

struct kvm_vm *raw_guest_create(u32 nr_vcpus, u32 features,
				struct kvm_vcpu *vcpus[])
{
	struct kvm_vm *vm = raw_guest_create_vm(features);

	raw_guest_add_vcpus(vm, nr_vcpus, features, vcpus);
	return vm;
}

u64 raw_guest_add_words(struct kvm_vm *vm, const u32 *words, int nr, u32 store)
{
	u32 *code = code_words(vm);
	u32 start = code[0] ?: 1;

	TEST_ASSERT(RAW_GUEST_CODE + (start + nr + 1) * 4 <= RAW_GUEST_SIZE,
		    "No room for more instructions");
	memcpy(&code[start], words, nr * 4);
	code[start + nr] = store;
	code[0] = start + nr + 1;
	return RAW_GUEST_CODE + start * 4;
}

u64 raw_guest_add(struct kvm_vm *vm, u32 insn)
{
	return raw_guest_add_words(vm, &insn, 1, RAW_GUEST_STORE_A64);
}

u64 raw_guest_add_a32(struct kvm_vm *vm, u32 insn)
{
	return raw_guest_add_words(vm, &insn, 1, RAW_GUEST_STORE_A32);
}

enum raw_guest_outcome raw_guest_run(struct kvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	u64 offset;

	if (__vcpu_run(vcpu))
		return RAW_GUEST_ERROR;

	offset = run->mmio.phys_addr - RAW_GUEST_MMIO;
	if (run->exit_reason == KVM_EXIT_MMIO && run->mmio.is_write &&
	    offset <= RAW_GUEST_DONE * 8)
		return offset / 8;

	return RAW_GUEST_EXIT;
}

enum raw_guest_outcome raw_guest_run_at(struct kvm_vcpu *vcpu, u64 pc)
{
	bool aarch32 = vcpu->init.features[0] & BIT(KVM_ARM_VCPU_EL1_32BIT);

	if (vcpu->run->exit_reason == KVM_EXIT_MMIO) {
		vcpu_run_complete_io(vcpu);
		vcpu->run->exit_reason = KVM_EXIT_UNKNOWN;
	}

	raw_guest_set_x(vcpu, 28, RAW_GUEST_MMIO);
	if (aarch32 || vcpu_get_reg(vcpu, ARM64_CORE_REG(regs.pstate)) & 0x10)
		raw_guest_set_x(vcpu, 12, RAW_GUEST_MMIO);
	vcpu_set_reg(vcpu, ARM64_CORE_REG(regs.pc), pc);
	return raw_guest_run(vcpu);
}
