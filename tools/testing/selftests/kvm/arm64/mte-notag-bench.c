// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions that stage 2 faults of MTE guests cost, from KVM_RUN to KVM_RUN,
 * see bench.h. Each of them includes an exit for MMIO, which comes first. Prints
 * nothing where there is no KVM.
 */
#include "../../arm64/qemu/guest/bench.h"

#include "mte_notag.h"

#define DATA	0x80000000UL
#define PAGES	(WARM_UP + TURNS + 8UL)
#define SLOT	1

/*
 * Where the guest finds the pages, however far they are apart: a table of its
 * own for each block would be one more fault.
 */
#define VIEW	0x40000000UL

/* A page a turn, and a store that ends in userspace after it */
asm(
"	.pushsection .text\n"
"	.arch	armv8.5-a+memtag\n"
"	.balign	4096\n"
"loop_nothing:\n"
"	str	x2, [x28]\n"
"	b	loop_nothing\n"
"loop_load:\n"
"	ldr	x2, [x0]\n"
"	add	x0, x0, #4096\n"
"	str	x2, [x28]\n"
"	b	loop_load\n"
"loop_tag:\n"
"	stg	x0, [x0]\n"
"	add	x0, x0, #4096\n"
"	str	x2, [x28]\n"
"	b	loop_tag\n"
"	.popsection\n"
);

extern char loop_nothing[], loop_load[], loop_tag[];

static struct mte_guest g;
static char *mem;

static void run(void)
{
	if (__vcpu_run(g.vcpu) || g.vcpu->run->exit_reason != KVM_EXIT_MMIO)
		err(1, "KVM_RUN, exit %u", g.vcpu->run->exit_reason);
}

static void run_refused(void)
{
	if (!__vcpu_run(g.vcpu))
		errx(1, "a tag was stored, exit %u", g.vcpu->run->exit_reason);
}

static void upgrade(size_t size)
{
	run_refused();
	if (notag_upgrade(mem + g.vcpu->run->memory_fault.gpa - DATA, size))
		err(1, "upgrade");
	run();
}

static void run_upgrade(void)
{
	upgrade(SZ_4K);
}

static void run_upgrade_2m(void)
{
	upgrade(SZ_2M);
}

/* The pages that are accessed are unit bytes apart. */
static void bench(const char *what, void (*turn)(void), char *loop, int file, bool mte,
		  u32 flags, size_t unit)
{
	size_t size = PAGES * unit;

	memset(&g, 0, sizeof(g));
	mem = notag_map(NULL, file, size, file < 0 ? MAP_PRIVATE : MAP_SHARED);
	madvise(mem, size, unit == SZ_2M ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	/* What the host does to get the memory is not measured. */
	for (char *p = mem; p < mem + size; p += SZ_4K)
		*p = 1;

	if (mte) {
		mte_guest_create(&g);
	} else {
		test_disable_default_vgic();
		g.vm = vm_create(1);
	}
	for (u64 i = 0; i < PAGES; i++)
		virt_map(g.vm, VIEW + i * SZ_4K, DATA + i * unit, 1);
	if (flags && notag_enable(g.vm, 0, KVM_ARM_MTE_NOTAG_EXIT, 0, 0))
		errx(1, "no KVM_CAP_ARM_MTE_NOTAG");
	if (notag_set_slot(g.vm, SLOT, flags, DATA, size, mem))
		errx(1, "no memslot");
	mte_guest_add_vcpus(&g, 1);
	mte_guest_set_x(g.vcpu, 0, VIEW);
	mte_guest_set_x(g.vcpu, 28, MTE_GUEST_MMIO);
	vcpu_set_reg(g.vcpu, ARM64_CORE_REG(regs.pstate), MTE_PSTATE_EL1);
	vcpu_set_reg(g.vcpu, ARM64_CORE_REG(regs.pc), (u64)loop);
	measure(what, turn);
	mte_guest_free(&g);
	munmap(mem, size);
}

int main(void)
{
	int file;

	if (access("/dev/kvm", R_OK | W_OK))
		return 0;
	check_clock();
	file = notag_file(PAGES * SZ_2M);
	if (file < 0)
		err(1, "cannot make a file in ramfs");

	bench("KVM_RUN, MMIO write", run, loop_nothing, -1, false, 0, SZ_4K);
	bench("KVM_RUN, page fault, anonymous", run, loop_load, -1, false, 0, SZ_4K);
	bench("KVM_RUN, page fault, file", run, loop_load, file, false, 0, SZ_4K);
	bench("KVM_RUN, page fault, 2M", run, loop_load, -1, false, 0, SZ_2M);
	if (!mte_guest_supported())
		return 0;
	bench("KVM_RUN, MMIO write, MTE", run, loop_nothing, -1, true, 0, SZ_4K);
	bench("KVM_RUN, page fault, MTE, anonymous", run, loop_load, -1, true, 0, SZ_4K);
	bench("KVM_RUN, page fault, MTE, 2M", run, loop_load, -1, true, 0, SZ_2M);
	if (!notag_supported())
		return 0;
	bench("KVM_RUN, page fault, NOTAG, anonymous", run, loop_load, -1, true,
	      KVM_MEM_ARM_NOTAG, SZ_4K);
	bench("KVM_RUN, page fault, NOTAG, file", run, loop_load, file, true,
	      KVM_MEM_ARM_NOTAG, SZ_4K);
	bench("KVM_RUN, refused tag access", run_refused, loop_tag, file, true,
	      KVM_MEM_ARM_NOTAG, SZ_4K);
	bench("KVM_RUN, refused tag access, upgrade, MMIO write", run_upgrade, loop_tag,
	      file, true, KVM_MEM_ARM_NOTAG, SZ_4K);
	bench("KVM_RUN, refused tag access, upgrade of 2M, MMIO write", run_upgrade_2m,
	      loop_tag, file, true, KVM_MEM_ARM_NOTAG, SZ_2M);
	return 0;
}
