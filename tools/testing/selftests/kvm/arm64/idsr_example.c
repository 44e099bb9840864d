// SPDX-License-Identifier: GPL-2.0-only
/* A VMM with one IMPLEMENTATION DEFINED register, S3_1_C15_C2_0: it counts its reads. */
#include <err.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

static int do_ioctl(int fd, unsigned long nr, unsigned long arg)
{
	int ret = ioctl(fd, nr, arg);

	if (ret < 0)
		err(1, "ioctl %#lx", nr);
	return ret;
}

int main(void)
{
	static const __u32 code[] = {
		0xd539f200,	/* mrs	x0, s3_1_c15_c2_0 */
		0xd539f201,	/* mrs	x1, s3_1_c15_c2_0 */
		0xd2a20002,	/* mov	x2, #0x10000000 */
		0xf9000041,	/* str	x1, [x2] */
	};
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_ARM_IDSR_TO_USER,
		.args = { KVM_ARM_IDSR_SPACE_A64_REG, KVM_ARM_IDSR_DEFAULT_EXIT },
	};
	void *page = mmap(NULL, 0x10000, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region mem = {
		.memory_size = 0x10000, .userspace_addr = (unsigned long)page,
	};
	int kvm = open("/dev/kvm", O_RDWR), vm, vcpu, count = 0;
	struct kvm_vcpu_init init;
	struct kvm_run *run;

	if (ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_OOT_STACK) != KVM_OOT_STACK_VERSION ||
	    ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_IDSR_TO_USER) <= 0)
		return 4;
	vm = do_ioctl(kvm, KVM_CREATE_VM, 0);
	do_ioctl(vm, KVM_ENABLE_CAP, (unsigned long)&cap);
	memcpy(page, code, sizeof(code));
	do_ioctl(vm, KVM_SET_USER_MEMORY_REGION, (unsigned long)&mem);
	vcpu = do_ioctl(vm, KVM_CREATE_VCPU, 0);
	do_ioctl(vm, KVM_ARM_PREFERRED_TARGET, (unsigned long)&init);
	do_ioctl(vcpu, KVM_ARM_VCPU_INIT, (unsigned long)&init);
	run = mmap(NULL, do_ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0),
		   PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);

	while (do_ioctl(vcpu, KVM_RUN, 0) == 0 && run->exit_reason == KVM_EXIT_ARM_IDSR) {
		if (run->arm_idsr.op1 != 1 || run->arm_idsr.crn != 15 || run->arm_idsr.crm != 2 ||
		    run->arm_idsr.op2 != 0 || run->arm_idsr.is_write)
			continue;	/* the answer to all others is an UNDEF exception */
		run->arm_idsr.data = ++count;
		run->arm_idsr.action = KVM_ARM_IDSR_COMPLETE;
	}
	/* The guest stores what it has read to where there is no memory. */
	return run->exit_reason != KVM_EXIT_MMIO || run->mmio.data[0] != 2;
}
