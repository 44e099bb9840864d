// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions that an access to an IMPLEMENTATION DEFINED register costs, from
 * KVM_RUN to KVM_RUN, and what it costs not to have any; see bench.h. Prints
 * nothing where there is no KVM.
 */
#include "../../arm64/qemu/guest/bench.h"

#include "idsr.h"

#define MRS_S3_0_C15_C0_0	A64_INSN(1, 3, 0, 15, 0, 0, 3)
#define MRS_ID_AA64PFR0		0xd5380403
#define LDR_X3_X28		0xf9400383
#define STR_XZR_X28		0xf900039f
#define HVC			0xd4000002
#define ERET			0xd69f03e0
#define B_BACK(n)		(0x17ffffff - ((n) - 1))

static struct kvm_vcpu *vcpu;

static void run(void)
{
	if (ioctl(vcpu->fd, KVM_RUN, NULL))
		err(1, "KVM_RUN");
}

static void run_and_answer(void)
{
	run();
	vcpu->run->arm_idsr.data = 1;
	vcpu->run->arm_idsr.action = KVM_ARM_IDSR_COMPLETE;
}

static void run_immediate(void)
{
	ioctl(vcpu->fd, KVM_RUN, NULL);
}

/* An endless loop of these instructions */
static struct kvm_vm *loop(const u32 *insns, int nr)
{
	struct kvm_vm *vm = raw_guest_create(1, 0, &vcpu);
	u32 *vectors = addr_gpa2hva(vm, 0);
	u64 pc = raw_guest_add_words(vm, insns, nr, B_BACK(nr));

	/* The vector is left again, to where the exception came from. */
	vectors[0x204 / 4] = ERET;
	raw_guest_set_x(vcpu, 28, RAW_GUEST_MMIO);
	vcpu_set_reg(vcpu, ARM64_CORE_REG(regs.pc), pc);
	return vm;
}

static void bench(const char *what, const u32 *insns, int nr)
{
	struct kvm_vm *vm = loop(insns, nr);

	measure(what, run);
	kvm_vm_free(vm);
}

/* With the capability, for instructions that userspace gets nothing of */
static void bench_enabled(const char *what, const u32 *insns, int nr, u64 action)
{
	struct kvm_vm *vm = loop(insns, nr);

	if (__enable_idsr(vm, SPACES_A64, action))
		errx(1, "no KVM_CAP_ARM_IDSR_TO_USER");
	measure(what, run);
	kvm_vm_free(vm);
}

/* An exit that needs no answer, for comparison */
static void bench_hypercall(const char *what)
{
	struct kvm_smccc_filter filter = {
		.base = 0xc6000000,
		.nr_functions = 1,
		.action = KVM_SMCCC_FILTER_FWD_TO_USER,
	};
	static const u32 hvc = HVC;
	struct kvm_vm *vm = loop(&hvc, 1);

	kvm_device_attr_set(vm->fd, KVM_ARM_VM_SMCCC_CTRL, KVM_ARM_VM_SMCCC_FILTER,
			    &filter);
	raw_guest_set_x(vcpu, 0, filter.base);
	measure(what, run);
	if (vcpu->run->exit_reason != KVM_EXIT_HYPERCALL)
		errx(1, "the hypercall does not end in userspace");
	kvm_vm_free(vm);
}

static void bench_idsr(const char *what, u32 nr_ranges)
{
	static const u32 insn = MRS_S3_0_C15_C0_0;
	struct kvm_vm *vm = loop(&insn, 1);

	if (__enable_idsr(vm, SPACES_A64, KVM_ARM_IDSR_DEFAULT_EXIT))
		errx(1, "no KVM_CAP_ARM_IDSR_TO_USER");
	for (u32 i = 0; i < nr_ranges; i++) {
		struct kvm_arm_idsr_filter filter = {
			.space = i & 1024 ? KVM_ARM_IDSR_SPACE_A64_INSN :
					    KVM_ARM_IDSR_SPACE_A64_REG,
			.base = KVM_ARM_IDSR_INDEX(i >> 7 & 7, 15, i >> 3 & 15, i & 7),
			.nr = 1,
			.read_action = KVM_ARM_IDSR_FILTER_EXIT,
			.write_action = i & 1,
		};

		if (__set_filter(vm, &filter))
			errx(1, "range %u is not accepted", i);
	}
	measure(what, run_and_answer);
	kvm_vm_free(vm);
}

int main(void)
{
	static const u32 mmio_read = LDR_X3_X28, mmio_write = STR_XZR_X28;
	static const u32 impdef = MRS_S3_0_C15_C0_0;
	static const u32 id_reg[] = { MRS_ID_AA64PFR0, STR_XZR_X28 };
	struct kvm_vm *vm;

	if (access("/dev/kvm", R_OK | W_OK))
		return 0;
	check_clock();

	vm = loop(&mmio_read, 1);
	vcpu->run->immediate_exit = 1;
	measure("KVM_RUN, immediate exit", run_immediate);
	kvm_vm_free(vm);

	bench("KVM_RUN, MMIO read", &mmio_read, 1);
	bench("KVM_RUN, MMIO write", &mmio_write, 1);
	bench("KVM_RUN, ID register and MMIO write", id_reg, ARRAY_SIZE(id_reg));
	bench("KVM_RUN, IMPDEF register is UNDEF, and MMIO write", &impdef, 1);
	bench_hypercall("KVM_RUN, hypercall");

	if (!has_idsr())
		return 0;
	bench_enabled("KVM_RUN, ID register and MMIO write, enabled", id_reg,
		      ARRAY_SIZE(id_reg), KVM_ARM_IDSR_DEFAULT_EXIT);
	bench_enabled("KVM_RUN, IMPDEF register is UNDEF by default, and MMIO write",
		      &impdef, 1, KVM_ARM_IDSR_DEFAULT_UNDEF);
	bench_idsr("KVM_RUN, IMPDEF register", 0);
	bench_idsr("KVM_RUN, IMPDEF register, 1 range", 1);
	bench_idsr("KVM_RUN, IMPDEF register, 64 ranges", 64);
	bench_idsr("KVM_RUN, IMPDEF register, 1024 ranges", 1024);
	return 0;
}
