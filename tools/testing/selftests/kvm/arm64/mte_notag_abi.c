// SPDX-License-Identifier: GPL-2.0-only
/*
 * mte_notag_abi - What KVM_CAP_ARM_MTE_NOTAG and KVM_MEM_ARM_NOTAG accept
 *
 * This test includes:
 *  - the capability: parameters, order, and hosts that do not have it
 *  - the flag: where it may be used, and that it does not change
 *  - memslots without the flag, which are as they were
 */
#include "kvm_test_harness.h"

#include "mte_notag.h"

#define EXIT		KVM_ARM_MTE_NOTAG_EXIT
#define NOTAG		KVM_MEM_ARM_NOTAG
#define LOG		KVM_MEM_LOG_DIRTY_PAGES
#define RO		KVM_MEM_READONLY
#define DATA		0x80000000UL
#define SIZE		SZ_64K
#define SLOT		1

FIXTURE(abi) {
	struct kvm_vm *vm;
	void *file, *anon;
};

FIXTURE_SETUP(abi)
{
	int fd;

	self->vm = vm_create_barebones();
	fd = notag_file(SIZE);
	if (fd < 0)
		SKIP(return, "cannot make a file in ramfs");
	self->file = notag_map(NULL, fd, SIZE, MAP_SHARED);
	self->anon = notag_map(NULL, -1, SIZE, MAP_PRIVATE);
	close(fd);
}

FIXTURE_TEARDOWN(abi)
{
	kvm_vm_free(self->vm);
}

#define NEEDS_CAP() do {						\
	if (!notag_supported())						\
		SKIP(return, "no KVM_CAP_ARM_MTE_NOTAG");		\
} while (0)

#define ENABLE() do {							\
	NEEDS_CAP();							\
	vm_enable_cap(self->vm, KVM_CAP_ARM_MTE, 0);			\
	ASSERT_EQ(notag_enable(self->vm, 0, EXIT, 0, 0), 0);		\
} while (0)

#define SET(flags, mem)	notag_set_slot(self->vm, SLOT, (flags), DATA, SIZE, (mem))
#define DELETE()	notag_set_slot(self->vm, SLOT, 0, DATA, 0, NULL)

/* A host that does not offer it refuses all of it. */
TEST_F(abi, unsupported_is_refused)
{
	if (notag_supported())
		SKIP(return, "KVM_CAP_ARM_MTE_NOTAG is there");

	EXPECT_EQ(kvm_check_cap(KVM_CAP_ARM_MTE_NOTAG), 0);
	EXPECT_EQ(vm_check_cap(self->vm, KVM_CAP_ARM_MTE_NOTAG), 0);
	__vm_enable_cap(self->vm, KVM_CAP_ARM_MTE, 0);
	EXPECT_EQ(notag_enable(self->vm, 0, EXIT, 0, 0), EINVAL);
	EXPECT_EQ(SET(NOTAG, self->anon), EINVAL);
	EXPECT_EQ(SET(NOTAG, self->file), EINVAL);
}

TEST_F(abi, check_extension)
{
	NEEDS_CAP();
	EXPECT_EQ(kvm_check_cap(KVM_CAP_ARM_MTE_NOTAG), EXIT);
	EXPECT_EQ(vm_check_cap(self->vm, KVM_CAP_ARM_MTE_NOTAG), EXIT);
}

TEST_F(abi, enable_parameters)
{
	NEEDS_CAP();
	vm_enable_cap(self->vm, KVM_CAP_ARM_MTE, 0);
	EXPECT_EQ(notag_enable(self->vm, 1, EXIT, 0, 0), EINVAL);
	EXPECT_EQ(notag_enable(self->vm, 0, 0, 0, 0), EINVAL);
	EXPECT_EQ(notag_enable(self->vm, 0, 2, 0, 0), EINVAL);
	EXPECT_EQ(notag_enable(self->vm, 0, EXIT | 2, 0, 0), EINVAL);
	EXPECT_EQ(notag_enable(self->vm, 0, EXIT | BIT(63), 0, 0), EINVAL);
	EXPECT_EQ(notag_enable(self->vm, 0, EXIT, 1, 0), EINVAL);
	EXPECT_EQ(notag_enable(self->vm, 0, EXIT, 0, 1), EINVAL);
	/* Nothing of that was in vain. */
	EXPECT_EQ(notag_enable(self->vm, 0, EXIT, 0, 0), 0);
}

TEST_F(abi, enable_needs_mte)
{
	NEEDS_CAP();
	EXPECT_EQ(notag_enable(self->vm, 0, EXIT, 0, 0), EINVAL);
	vm_enable_cap(self->vm, KVM_CAP_ARM_MTE, 0);
	EXPECT_EQ(notag_enable(self->vm, 0, EXIT, 0, 0), 0);
}

TEST_F(abi, enable_once)
{
	ENABLE();
	EXPECT_EQ(notag_enable(self->vm, 0, EXIT, 0, 0), EEXIST);
	EXPECT_EQ(SET(NOTAG, self->file), 0);
}

TEST_F(abi, enable_before_vcpus)
{
	NEEDS_CAP();
	vm_enable_cap(self->vm, KVM_CAP_ARM_MTE, 0);
	__vm_vcpu_add(self->vm, 0);
	EXPECT_EQ(notag_enable(self->vm, 0, EXIT, 0, 0), EBUSY);
	EXPECT_EQ(SET(NOTAG, self->file), EINVAL);
}

/* Also on a host that has never heard of the capability */
TEST_F(abi, flag_needs_cap)
{
	EXPECT_EQ(SET(NOTAG, self->anon), EINVAL);
	__vm_enable_cap(self->vm, KVM_CAP_ARM_MTE, 0);
	EXPECT_EQ(SET(NOTAG, self->anon), EINVAL);
}

TEST_F(abi, flag_needs_region2)
{
	ENABLE();
	EXPECT_EQ(__vm_set_user_memory_region(self->vm, SLOT, NOTAG, DATA, SIZE, self->anon),
		  -1);
	EXPECT_EQ(errno, EINVAL);
}

TEST_F(abi, other_flags_are_refused)
{
	ENABLE();
	for (int bit = 3; bit < 32; bit++) {
		if (bit == 15)
			continue;
		EXPECT_EQ(SET(NOTAG | BIT(bit), self->anon), EINVAL);
		EXPECT_EQ(SET(BIT(bit), self->anon), EINVAL);
	}
}

TEST_F(abi, flag_does_not_change)
{
	ENABLE();
	ASSERT_EQ(SET(NOTAG, self->anon), 0);
	EXPECT_EQ(SET(0, self->anon), EINVAL);
	EXPECT_EQ(DELETE(), 0);
	ASSERT_EQ(SET(0, self->anon), 0);
	EXPECT_EQ(SET(NOTAG, self->anon), EINVAL);
}

TEST_F(abi, flag_with_others)
{
	ENABLE();
	/* The log comes and goes, and the slot moves. */
	ASSERT_EQ(SET(NOTAG, self->file), 0);
	EXPECT_EQ(SET(NOTAG | LOG, self->file), 0);
	EXPECT_EQ(SET(LOG, self->file), EINVAL);
	EXPECT_EQ(SET(NOTAG, self->file), 0);
	EXPECT_EQ(notag_set_slot(self->vm, SLOT, NOTAG, DATA + SIZE, SIZE, self->file), 0);
	EXPECT_EQ(notag_set_slot(self->vm, SLOT, 0, DATA, SIZE, self->file), EINVAL);
	EXPECT_EQ(DELETE(), 0);

	ASSERT_EQ(SET(NOTAG | RO, self->file), 0);
	EXPECT_EQ(SET(NOTAG, self->file), EINVAL);
	EXPECT_EQ(DELETE(), 0);
	ASSERT_EQ(SET(NOTAG | RO | LOG, self->file), 0);
}

/* This is how a VMM learns that it made a mistake. */
TEST_F(abi, no_flag_is_as_before)
{
	ENABLE();
	EXPECT_EQ(SET(0, self->file), EINVAL);
	EXPECT_EQ(SET(LOG, self->file), EINVAL);
	EXPECT_EQ(SET(0, self->anon), 0);
}

TEST_F(abi, no_cap_is_as_before)
{
	if (!mte_guest_supported())
		SKIP(return, "no KVM_CAP_ARM_MTE");

	vm_enable_cap(self->vm, KVM_CAP_ARM_MTE, 0);
	EXPECT_EQ(SET(0, self->file), EINVAL);
	EXPECT_EQ(SET(0, self->anon), 0);
}

TEST_F(abi, no_mte_is_as_before)
{
	EXPECT_EQ(SET(0, self->file), 0);
}

TEST_F(abi, guest_memfd_is_refused)
{
	int fd;

	ENABLE();
	if (!vm_check_cap(self->vm, KVM_CAP_GUEST_MEMFD))
		SKIP(return, "no guest_memfd");

	fd = vm_create_guest_memfd(self->vm, SIZE, 0);
	EXPECT_EQ(__vm_set_user_memory_region2(self->vm, SLOT, NOTAG | KVM_MEM_GUEST_MEMFD,
					       DATA, SIZE, self->anon, fd, 0), -1);
	EXPECT_EQ(errno, EINVAL);
	close(fd);
}

/* The guest is not told. */
TEST_F(abi, not_in_the_id_registers)
{
	struct kvm_vcpu_init init = {};
	struct kvm_vcpu *vcpu;

	ENABLE();
	vm_ioctl(self->vm, KVM_ARM_PREFERRED_TARGET, &init);
	vcpu = __vm_vcpu_add(self->vm, 0);
	vcpu_ioctl(vcpu, KVM_ARM_VCPU_INIT, &init);
	EXPECT_EQ(SYS_FIELD_GET(ID_AA64PFR2_EL1, MTEPERM,
				vcpu_get_reg(vcpu, KVM_ARM64_SYS_REG(SYS_ID_AA64PFR2_EL1))), 0);
}

TEST_HARNESS_MAIN
