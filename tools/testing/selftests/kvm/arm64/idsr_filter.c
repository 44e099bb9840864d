// SPDX-License-Identifier: GPL-2.0-only
/*
 * idsr_filter - Which IMPLEMENTATION DEFINED registers userspace wants to see
 *
 * This test includes:
 *  - what KVM_ARM_VM_IDSR_FILTER accepts, and when
 *  - ranges that let accesses through, and ranges that do not, for both default
 *    actions, and for reads and writes apart
 */
#include "kvm_test_harness.h"

#include "idsr.h"

#define REG	KVM_ARM_IDSR_SPACE_A64_REG
#define INSN	KVM_ARM_IDSR_SPACE_A64_INSN
#define UNDEF	KVM_ARM_IDSR_FILTER_UNDEF
#define EXIT	KVM_ARM_IDSR_FILTER_EXIT

/* S3_0_C15_C2_0 to S3_0_C15_C2_7 */
#define BASE	KVM_ARM_IDSR_INDEX(0, 15, 2, 0)

FIXTURE(filter) {
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	u64 read[10], write[10];	/* from S3_0_C15_C1_7 on */
};

FIXTURE_VARIANT(filter) {
	u64 action;
};

FIXTURE_VARIANT_ADD(filter, default_exit) {
	.action = KVM_ARM_IDSR_DEFAULT_EXIT,
};

FIXTURE_VARIANT_ADD(filter, default_undef) {
	.action = KVM_ARM_IDSR_DEFAULT_UNDEF,
};

FIXTURE_SETUP(filter)
{
	if (!has_idsr())
		SKIP(return, "no KVM_CAP_ARM_IDSR_TO_USER");

	self->vm = raw_guest_create(1, 0, &self->vcpu);
	for (u32 i = 0; i < ARRAY_SIZE(self->read); i++) {
		u32 n = BASE - 1 + i;

		self->read[i] = raw_guest_add(self->vm, A64_INSN(1, 3, 0, 15, n >> 3 & 15,
								 n & 7, 3));
		self->write[i] = raw_guest_add(self->vm, A64_INSN(0, 3, 0, 15, n >> 3 & 15,
								  n & 7, 3));
	}
	ASSERT_EQ(__enable_idsr(self->vm, REG, variant->action), 0);
}

FIXTURE_TEARDOWN(filter)
{
	if (self->vm)
		kvm_vm_free(self->vm);
}

static int add_filter(struct kvm_vm *vm, u32 base, u32 nr, u8 read, u8 write)
{
	struct kvm_arm_idsr_filter filter = {
		.space = REG,
		.base = base,
		.nr = nr,
		.read_action = read,
		.write_action = write,
	};

	return __set_filter(vm, &filter);
}

#define DEFAULT_OUTCOME							\
	(variant->action == KVM_ARM_IDSR_DEFAULT_EXIT ? RAW_GUEST_EXIT : \
							RAW_GUEST_SYNC_SAME_EL)

TEST_F(filter, bad_arguments)
{
	static const struct kvm_arm_idsr_filter good = {
		.space = REG,
		.base = BASE,
		.nr = 8,
		.read_action = EXIT,
	}, bad[] = {
		{ .space = 0, .base = BASE, .nr = 8 },
		{ .space = INSN, .base = BASE, .nr = 8 },
		{ .space = REG | INSN, .base = BASE, .nr = 8 },
		{ .space = 1 << 4, .base = BASE, .nr = 8 },
		{ .space = 1U << 31 | REG, .base = BASE, .nr = 8 },
		{ .space = REG, .base = BASE, .nr = 0 },
		{ .space = REG, .base = BASE, .nr = ~0U },
		{ .space = REG, .base = ~0U, .nr = 1 },
		{ .space = REG, .base = ~0U, .nr = 2 },
		{ .space = REG, .base = BASE, .nr = 8, .read_action = 2 },
		{ .space = REG, .base = BASE, .nr = 8, .write_action = 0xff },
		{ .space = REG, .base = BASE, .nr = 8, .pad = { 1 } },
		{ .space = REG, .base = BASE, .nr = 8, .pad = { [17] = 1 } },
		/* No such encodings, at the first or the last of the range */
		{ .space = REG, .base = KVM_ARM_IDSR_INDEX(0, 14, 15, 7), .nr = 2 },
		{ .space = REG, .base = KVM_ARM_IDSR_INDEX(0, 15, 15, 7), .nr = 2 },
		{ .space = REG, .base = KVM_ARM_IDSR_INDEX(0, 10, 0, 0), .nr = 1 },
		{ .space = REG, .base = KVM_ARM_IDSR_INDEX(7, 15, 15, 7), .nr = 2 },
		{ .space = REG, .base = KVM_ARM_IDSR_INDEX(8, 15, 0, 0), .nr = 1 },
	};

	for (int i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(__set_filter(self->vm, &bad[i]), EINVAL)
			TH_LOG("%d", i);
	}
	EXPECT_EQ(__set_filter(self->vm, NULL), EFAULT);

	/* None of these has left anything behind. */
	EXPECT_EQ(__set_filter(self->vm, &good), 0);
	EXPECT_EQ(add_filter(self->vm, KVM_ARM_IDSR_INDEX(7, 15, 0, 0), 128, EXIT, EXIT), 0);
	EXPECT_EQ(add_filter(self->vm, KVM_ARM_IDSR_INDEX(0, 11, 0, 0), 128, EXIT, EXIT), 0);
}

TEST_F(filter, attribute)
{
	struct kvm_device_attr attr = {
		.group = KVM_ARM_VM_IDSR_CTRL,
		.attr = KVM_ARM_VM_IDSR_FILTER,
	};
	struct kvm_vm *vm = vm_create_barebones();

	EXPECT_EQ(__vm_ioctl(self->vm, KVM_HAS_DEVICE_ATTR, &attr), 0);
	/* It cannot be read. */
	EXPECT_NE(__vm_ioctl(self->vm, KVM_GET_DEVICE_ATTR, &attr), 0);
	attr.attr++;
	EXPECT_EQ(__vm_ioctl(self->vm, KVM_HAS_DEVICE_ATTR, &attr), -1);
	EXPECT_EQ(errno, ENXIO);
	EXPECT_EQ(__vm_ioctl(self->vm, KVM_SET_DEVICE_ATTR, &attr), -1);
	EXPECT_EQ(errno, ENXIO);
	attr.attr--;

	/* There is none without the capability. */
	EXPECT_EQ(__vm_ioctl(vm, KVM_HAS_DEVICE_ATTR, &attr), -1);
	EXPECT_EQ(errno, ENXIO);
	EXPECT_EQ(add_filter(vm, BASE, 8, EXIT, EXIT), ENXIO);
	EXPECT_EQ(__enable_idsr(vm, REG, variant->action), 0);
	EXPECT_EQ(__vm_ioctl(vm, KVM_HAS_DEVICE_ATTR, &attr), 0);
	EXPECT_EQ(add_filter(vm, BASE, 8, EXIT, EXIT), 0);
	kvm_vm_free(vm);
}

TEST_F(filter, overlap)
{
	ASSERT_EQ(add_filter(self->vm, BASE + 2, 4, EXIT, UNDEF), 0);
	EXPECT_EQ(add_filter(self->vm, BASE + 2, 4, EXIT, UNDEF), EEXIST);
	EXPECT_EQ(add_filter(self->vm, BASE + 2, 4, UNDEF, EXIT), EEXIST);
	EXPECT_EQ(add_filter(self->vm, BASE, 3, EXIT, EXIT), EEXIST);
	EXPECT_EQ(add_filter(self->vm, BASE + 5, 3, EXIT, EXIT), EEXIST);
	EXPECT_EQ(add_filter(self->vm, BASE, 8, EXIT, EXIT), EEXIST);
	EXPECT_EQ(add_filter(self->vm, BASE + 3, 1, EXIT, EXIT), EEXIST);
	EXPECT_EQ(add_filter(self->vm, BASE, 2, EXIT, EXIT), 0);
	EXPECT_EQ(add_filter(self->vm, BASE + 6, 2, EXIT, EXIT), 0);
}

TEST_F(filter, after_run)
{
	ASSERT_EQ(raw_guest_run_at(self->vcpu, self->read[0]), DEFAULT_OUTCOME);
	EXPECT_EQ(add_filter(self->vm, BASE, 8, EXIT, EXIT), EBUSY);
}

/* S3_0_C15_C2_0 to S3_0_C15_C2_7 are subject to the filter, the next ones not. */
static void try_all(struct __test_metadata *_metadata, struct kvm_vcpu *vcpu,
		    const u64 *pc, enum raw_guest_outcome inside,
		    enum raw_guest_outcome outside)
{
	for (int i = 0; i < 10; i++) {
		EXPECT_EQ(raw_guest_run_at(vcpu, pc[i]),
			  i && i < 9 ? inside : outside)
			TH_LOG("%d", i);
	}
}

TEST_F(filter, reads_exit)
{
	ASSERT_EQ(add_filter(self->vm, BASE, 8, EXIT, UNDEF), 0);
	try_all(_metadata, self->vcpu, self->read, RAW_GUEST_EXIT, DEFAULT_OUTCOME);
	try_all(_metadata, self->vcpu, self->write, RAW_GUEST_SYNC_SAME_EL, DEFAULT_OUTCOME);
}

TEST_F(filter, writes_exit)
{
	ASSERT_EQ(add_filter(self->vm, BASE, 8, UNDEF, EXIT), 0);
	try_all(_metadata, self->vcpu, self->read, RAW_GUEST_SYNC_SAME_EL, DEFAULT_OUTCOME);
	try_all(_metadata, self->vcpu, self->write, RAW_GUEST_EXIT, DEFAULT_OUTCOME);
}

TEST_F(filter, all_exit)
{
	ASSERT_EQ(add_filter(self->vm, BASE, 8, EXIT, EXIT), 0);
	try_all(_metadata, self->vcpu, self->read, RAW_GUEST_EXIT, DEFAULT_OUTCOME);
	try_all(_metadata, self->vcpu, self->write, RAW_GUEST_EXIT, DEFAULT_OUTCOME);
}

TEST_F(filter, none_exits)
{
	for (u32 i = 0; i < 8; i++)
		ASSERT_EQ(add_filter(self->vm, BASE + i, 1, UNDEF, UNDEF), 0);
	try_all(_metadata, self->vcpu, self->read, RAW_GUEST_SYNC_SAME_EL, DEFAULT_OUTCOME);
	try_all(_metadata, self->vcpu, self->write, RAW_GUEST_SYNC_SAME_EL, DEFAULT_OUTCOME);
}

/* A register of the same number, but in another space */
TEST(spaces_are_separate)
{
	struct kvm_arm_idsr_filter filter = {
		.space = INSN,
		.base = BASE,
		.nr = 1,
		.read_action = EXIT,
		.write_action = EXIT,
	};
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	u64 reg, insn;

	if (!has_idsr())
		SKIP(return, "no KVM_CAP_ARM_IDSR_TO_USER");

	vm = raw_guest_create(1, 0, &vcpu);
	reg = raw_guest_add(vm, A64_INSN(1, 3, 0, 15, 2, 0, 3));
	insn = raw_guest_add(vm, A64_INSN(1, 1, 0, 15, 2, 0, 3));
	ASSERT_EQ(__enable_idsr(vm, REG | INSN, KVM_ARM_IDSR_DEFAULT_UNDEF), 0);
	ASSERT_EQ(__set_filter(vm, &filter), 0);
	EXPECT_EQ(raw_guest_run_at(vcpu, reg), RAW_GUEST_SYNC_SAME_EL);
	EXPECT_EQ(raw_guest_run_at(vcpu, insn), RAW_GUEST_EXIT);
	kvm_vm_free(vm);
}

/* Nobody but the VM has it. */
TEST(not_on_other_fds)
{
	struct kvm_device_attr attr = {
		.group = KVM_ARM_VM_IDSR_CTRL,
		.attr = KVM_ARM_VM_IDSR_FILTER,
	};
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	if (!has_idsr())
		SKIP(return, "no KVM_CAP_ARM_IDSR_TO_USER");

	vm = raw_guest_create(1, 0, &vcpu);
	ASSERT_EQ(__enable_idsr(vm, REG, KVM_ARM_IDSR_DEFAULT_EXIT), 0);
	EXPECT_EQ(__vcpu_ioctl(vcpu, KVM_HAS_DEVICE_ATTR, &attr), -1);
	EXPECT_EQ(errno, ENXIO);
	EXPECT_EQ(__vcpu_ioctl(vcpu, KVM_SET_DEVICE_ATTR, &attr), -1);
	EXPECT_EQ(errno, ENXIO);
	kvm_vm_free(vm);
}

TEST_HARNESS_MAIN
