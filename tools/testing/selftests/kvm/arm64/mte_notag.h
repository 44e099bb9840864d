/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory without tags, and what a VMM does about it
 *
 * notag_replace() is the part of a VMM that gives a guest memory with tags in
 * the place of memory without. It is meant to be copied.
 */
#ifndef SELFTEST_KVM_ARM64_MTE_NOTAG_H
#define SELFTEST_KVM_ARM64_MTE_NOTAG_H

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include <linux/sizes.h>

#include "mte_guest.h"

static inline bool notag_supported(void)
{
	return kvm_check_cap(KVM_CAP_ARM_MTE_NOTAG) & KVM_ARM_MTE_NOTAG_EXIT;
}

static inline int notag_enable(struct kvm_vm *vm, u32 flags, u64 arg0, u64 arg1, u64 arg3)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_ARM_MTE_NOTAG,
		.flags = flags,
		.args = { arg0, arg1, 0, arg3 },
	};

	return __vm_ioctl(vm, KVM_ENABLE_CAP, &cap) ? errno : 0;
}

static inline int notag_set_slot(struct kvm_vm *vm, u32 slot, u32 flags, u64 gpa,
				 u64 size, void *hva)
{
	return __vm_set_user_memory_region2(vm, slot, flags, gpa, size, hva, 0, 0) ?
		errno : 0;
}

/* After KVM_RUN returned -1: is it about tags of the page at gpa? */
static inline bool notag_is_exit(struct kvm_run *run, u64 gpa)
{
	return errno == EFAULT && run->exit_reason == KVM_EXIT_MEMORY_FAULT &&
	       run->memory_fault.flags == KVM_MEMORY_EXIT_FLAG_ARM_TAG_ACCESS &&
	       run->memory_fault.gpa == (gpa & ~(getpagesize() - 1UL)) &&
	       run->memory_fault.size == (u64)getpagesize();
}

/*
 * Replace memory of a guest by memory that has tags, with the same contents.
 * No one may write to it meanwhile: the caller has stopped the vCPUs and all
 * else that writes to the guest's memory. KVM notices the new mapping.
 *
 * The new memory is anonymous, and out of a mapping that is as large as the
 * memslot, at the same offset. So what is replaced next to each other becomes
 * one mapping, of which a process can have vm.max_map_count. There is no memory
 * in it before, and it is not there any more afterwards.
 *
 * A VMM that has used mlock(), madvise(), mbind() or userfaultfd on the memory
 * has to do that again, and treats all of it as written to.
 */
static inline int notag_replace(void *hva, void *new, size_t size)
{
	memcpy(new, hva, size);
	return mremap(new, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, hva) == hva ? 0 : -1;
}

/* The same where it does not matter how many mappings there are */
static inline int notag_upgrade(void *hva, size_t size)
{
	void *new = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (new == MAP_FAILED)
		return -1;
	if (notag_replace(hva, new, size)) {
		munmap(new, size);
		return -1;
	}
	return 0;
}

/* A file whose memory has no tags: tmpfs and memfd have some, ramfs has none. */
static inline int notag_file(size_t size)
{
	char dir[] = "/tmp/notag.XXXXXX", path[64];
	int fd;

	if (!mkdtemp(dir))
		return -1;
	if (mount("ramfs", dir, "ramfs", 0, NULL)) {
		rmdir(dir);
		return -1;
	}
	snprintf(path, sizeof(path), "%s/file", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	umount2(dir, MNT_DETACH);
	rmdir(dir);
	if (fd >= 0 && ftruncate(fd, size)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Memory of a file, with an alignment that allows for blocks. */
static inline void *notag_map(void *at, int fd, size_t size, int flags)
{
	char *mem = at;

	if (!at) {
		mem = mmap(NULL, size + SZ_2M, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
		TEST_ASSERT(mem != MAP_FAILED, "mmap(): %d", errno);
		mem = (char *)(((u64)mem + SZ_2M - 1) & ~(SZ_2M - 1UL));
	}
	mem = mmap(mem, size, PROT_READ | PROT_WRITE,
		   flags | MAP_FIXED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
	TEST_ASSERT(mem != MAP_FAILED, "mmap(): %d", errno);
	return mem;
}

static inline int copy_guest_tags(struct kvm_vm *vm, u64 direction, u64 gpa, u64 size,
				  void *tags)
{
	struct kvm_arm_copy_mte_tags copy = {
		.guest_ipa = gpa,
		.length = size,
		.addr = tags,
		.flags = direction,
	};

	return __vm_ioctl(vm, KVM_ARM_MTE_COPY_TAGS, &copy);
}

/* Has a page of this process tags that the kernel keeps, PG_mte_tagged? */
#define KPF_ARCH_2	41

static inline int page_has_tags(void *addr)
{
	u64 pagemap, flags;
	int fd;

	/* There has to be a page. */
	READ_ONCE(*(char *)addr);
	fd = open("/proc/self/pagemap", O_RDONLY);
	if (fd < 0 || pread(fd, &pagemap, 8, (u64)addr / getpagesize() * 8) != 8)
		return -1;
	close(fd);
	fd = open("/proc/kpageflags", O_RDONLY);
	if (fd < 0 || pread(fd, &flags, 8, (pagemap & GENMASK_ULL(54, 0)) * 8) != 8)
		return -1;
	close(fd);
	return flags >> KPF_ARCH_2 & 1;
}

#endif /* SELFTEST_KVM_ARM64_MTE_NOTAG_H */
