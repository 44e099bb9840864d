// SPDX-License-Identifier: GPL-2.0-only
/* A VMM with one IMPLEMENTATION DEFINED register, S3_1_C15_C2_0: it counts its reads. */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

static int check(int ret, const char *what)
{
	if (ret < 0) {
		perror(what);
		exit(1);
	}
	return ret;
}

int main(void)
{
	static const __u32 code[] = {
		0xd539f200,	/* mrs	x0, s3_1_c15_c2_0 */
		0xd539f201,	/* mrs	x1, s3_1_c15_c2_0 */
		0xf9000041,	/* str	x1, [x2] */
	};
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_ARM_IDSR_TO_USER,
		.args = { KVM_ARM_IDSR_SPACE_A64_REG, KVM_ARM_IDSR_DEFAULT_UNDEF },
	};
	struct kvm_arm_idsr_filter filter = {
		.space = KVM_ARM_IDSR_SPACE_A64_REG,
		.base = KVM_ARM_IDSR_INDEX(1, 15, 2, 0), .nr = 1,
		.read_action = KVM_ARM_IDSR_FILTER_EXIT,
	};
	struct kvm_device_attr attr = {
		.group = KVM_ARM_VM_IDSR_CTRL, .attr = KVM_ARM_VM_IDSR_FILTER,
		.addr = (__u64)&filter,
	};
	int kvm = check(open("/dev/kvm", O_RDWR), "/dev/kvm"), size, vm, vcpu;
	struct kvm_userspace_memory_region mem = { .memory_size = 0x10000 };
	__u64 x2 = 0x10000000, count = 0;
	struct kvm_one_reg reg = { .addr = (__u64)&x2 };
	struct kvm_vcpu_init init;
	struct kvm_run *run;
	__u32 *page;

	if (ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_OOT_STACK) != KVM_OOT_STACK_VERSION ||
	    ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_IDSR_TO_USER) <= 0)
		return 4;

	vm = check(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	check(ioctl(vm, KVM_ENABLE_CAP, &cap), "KVM_ENABLE_CAP");
	check(ioctl(vm, KVM_SET_DEVICE_ATTR, &attr), "KVM_SET_DEVICE_ATTR");

	page = mmap(NULL, mem.memory_size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (size = 0; size < 3; size++)
		page[size] = code[size];
	mem.userspace_addr = (__u64)page;
	check(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &mem), "memory");

	vcpu = check(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
	check(ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init), "target");
	check(ioctl(vcpu, KVM_ARM_VCPU_INIT, &init), "KVM_ARM_VCPU_INIT");
	reg.id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |
		 KVM_REG_ARM_CORE_REG(regs.regs[2]);
	check(ioctl(vcpu, KVM_SET_ONE_REG, &reg), "x2");
	size = check(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "size");
	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);

	for (;;) {
		check(ioctl(vcpu, KVM_RUN, 0), "KVM_RUN");
		if (run->exit_reason != KVM_EXIT_ARM_IDSR)
			break;
		run->arm_idsr.data = ++count;
		run->arm_idsr.action = KVM_ARM_IDSR_COMPLETE;
	}
	/* The guest stores what it has read to where there is no memory. */
	return run->exit_reason != KVM_EXIT_MMIO || *(__u64 *)run->mmio.data != 2;
}
