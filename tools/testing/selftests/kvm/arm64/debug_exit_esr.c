// SPDX-License-Identifier: GPL-2.0-only
/*
 * debug_exit_esr - What KVM_EXIT_DEBUG tells about the exception
 *
 * This test includes:
 *  - the layout of what userspace shares with KVM, on hosts of both byte orders
 *  - each kind of debug exception: syndrome, far, and run->flags
 *  - that the upper half of the syndrome gets through, where there is one. It
 *    takes a machine that fills it in: it is announced by "kvm_test.iss2" on
 *    the kernel's command line
 *  - that other exits, and runs that fail early, do not have the flag
 *
 * The guest is driven from here: a case sets PC to an instruction and looks at
 * what comes of it.
 */
#include <signal.h>
#include <stddef.h>
#include <sys/time.h>

#include <linux/psci.h>

#include "kvm_test_harness.h"
#include "kvm_util.h"
#include "processor.h"
#include "test_util.h"

#include "iss2.h"
#include "trace.h"

/* Emulated machines, and nested ones in them, are slow. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	300

static_assert(sizeof(struct kvm_debug_exit_arch) == 16);
static_assert(__alignof__(struct kvm_debug_exit_arch) == 8);
static_assert(offsetof(struct kvm_debug_exit_arch, hsr) == 0);
static_assert(offsetof(struct kvm_debug_exit_arch, hsr_high) == 4);
static_assert(offsetof(struct kvm_debug_exit_arch, far) == 8);
static_assert(offsetof(struct kvm_run, exit_reason) == 8);
static_assert(offsetof(struct kvm_run, flags) == 14);
static_assert(offsetof(struct kvm_run, debug.arch) == 32);

/* No memory there: an access ends in userspace. */
#define MMIO_ADDR	0x8000000ULL
/* Memory that is logged */
#define DIRTY_ADDR	0x60000000ULL

/*
 * What the plugin of the test machines looks for (see arm64/qemu/plugin): with
 * BRK_ISS2 + n, or an access to WATCH_ADDR + 16 * n, the syndrome gets iss2(n).
 */
#define BRK_ISS2	0x1d00
#define WATCH_ADDR	0x5a5a5000ULL
#define NR_ISS2		27

#define BCR_ENABLE	(0xf << 5 | 1 << 1 | 1)
#define WCR_ENABLE	(0xff << 5 | 3 << 3 | 1 << 1 | 1)

#define ESR_WNR		BIT(6)

#define PSTATE_USR32	0x1d0
#define SCTLR_MMU_OFF	0x30d00800
#define A32_BKPT	0xe1200070

extern char insn_brk[], insn_nop[], insn_load[], insn_store[], insn_ldp[];
extern char insn_smc[], insn_loop[], insn_dirty[], insn_bkpt32[];
asm(
"	.pushsection .text, \"ax\"\n"
"	.balign	4\n"
"insn_brk:\n"
"	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13\n"
"	brk	#0x1d00 + \\n\n"
"	.endr\n"
"	.irp	n, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26\n"
"	brk	#0x1d00 + \\n\n"
"	.endr\n"
"insn_nop:\n"
"	nop\n"
"	nop\n"
"insn_load:\n"
"	ldr	x1, [x0]\n"
"	b	.\n"
"insn_store:\n"
"	str	x1, [x0]\n"
"	b	.\n"
"insn_ldp:\n"
"	ldp	x1, x2, [x0]\n"
"	b	.\n"
"insn_smc:\n"
"	smc	#0\n"
"	b	.\n"
"insn_loop:\n"
"	b	.\n"
"insn_dirty:\n"
"	str	xzr, [x0]\n"
"	add	x0, x0, #1, lsl #12\n"
"	b	insn_dirty\n"
"insn_bkpt32:\n"
"	.inst	0xe1200070\n"
"	.popsection\n"
);

static u64 page_of(struct kvm_vm *vm, u64 addr)
{
	return addr & ~(u64)(vm->page_size - 1);
}

FIXTURE(debug_exit) {
	struct kvm_vcpu *vcpu;
	struct kvm_run *run;
	struct kvm_vm *vm;
};

FIXTURE_SETUP(debug_exit)
{
	struct kvm_vcpu_init init;
	gva_t gva;

	self->vm = vm_create(1);
	kvm_get_default_vcpu_target(self->vm, &init);
	init.features[0] |= BIT(KVM_ARM_VCPU_PSCI_0_2);
	self->vcpu = aarch64_vcpu_add(self->vm, 0, &init, insn_nop);
	kvm_arch_vm_finalize_vcpus(self->vm);
	self->run = self->vcpu->run;

	virt_map(self->vm, MMIO_ADDR, MMIO_ADDR, 1);
	gva = vm_alloc(self->vm, self->vm->page_size, page_of(self->vm, WATCH_ADDR));
	ASSERT_EQ(gva, page_of(self->vm, WATCH_ADDR));
}

FIXTURE_TEARDOWN(debug_exit)
{
	kvm_vm_free(self->vm);
}

static void debug(struct kvm_vcpu *vcpu, u32 control, u64 bvr, u64 wvr)
{
	struct kvm_guest_debug dbg = { .control = KVM_GUESTDBG_ENABLE | control };

	if (bvr) {
		dbg.arch.dbg_bvr[0] = bvr;
		dbg.arch.dbg_bcr[0] = BCR_ENABLE;
	}
	if (wvr) {
		dbg.arch.dbg_wvr[0] = wvr;
		dbg.arch.dbg_wcr[0] = WCR_ENABLE;
	}
	vcpu_guest_debug_set(vcpu, &dbg);
}

/* Runs the guest from an instruction, with an address in x0. */
static int run_at(struct kvm_vcpu *vcpu, void *insn, u64 x0)
{
	vcpu_set_reg(vcpu, ARM64_CORE_REG(regs.pc), (u64)insn);
	vcpu_set_reg(vcpu, ARM64_CORE_REG(regs.regs[0]), x0);
	return __vcpu_run(vcpu);
}

static u64 pc(struct kvm_vcpu *vcpu)
{
	return vcpu_get_reg(vcpu, ARM64_CORE_REG(regs.pc));
}

/* For each debug exit: the flag, no other flag, and this syndrome. */
#define EXPECT_DEBUG(ret, ec, iss, high) do {				\
	ASSERT_EQ((ret), 0);						\
	ASSERT_EQ(self->run->exit_reason, KVM_EXIT_DEBUG);		\
	EXPECT_EQ(self->run->flags, KVM_DEBUG_ARCH_HSR_HIGH_VALID);	\
	EXPECT_EQ(ESR_ELx_EC((u64)self->run->debug.arch.hsr), (ec));	\
	EXPECT_EQ(self->run->debug.arch.hsr & 0xffff & ~(u32)(iss), 0);	\
	EXPECT_EQ(self->run->debug.arch.hsr & (u32)(iss), (u32)(iss));	\
	EXPECT_EQ(self->run->debug.arch.hsr_high, (high));		\
} while (0)

/* For each other exit: no flag is set. There was a debug exit before. */
#define EXPECT_NO_FLAGS(ret, reason) do {				\
	ASSERT_EQ((ret), 0);						\
	ASSERT_EQ(self->run->exit_reason, (reason));			\
	EXPECT_EQ(self->run->flags, 0);					\
} while (0)

#define DEBUG_EXIT_FIRST() do {						\
	debug(self->vcpu, KVM_GUESTDBG_USE_SW_BP, 0, 0);		\
	ASSERT_EQ(run_at(self->vcpu, insn_brk, 0), 0);			\
	ASSERT_EQ(self->run->exit_reason, KVM_EXIT_DEBUG);		\
	ASSERT_EQ(self->run->flags, KVM_DEBUG_ARCH_HSR_HIGH_VALID);	\
} while (0)

TEST_F(debug_exit, brk)
{
	debug(self->vcpu, KVM_GUESTDBG_USE_SW_BP, 0, 0);
	self->run->debug.arch.hsr_high = 0x12345678;
	EXPECT_DEBUG(run_at(self->vcpu, insn_brk, 0), ESR_ELx_EC_BRK64, BRK_ISS2, 0);
	EXPECT_TRUE(self->run->debug.arch.hsr & ESR_ELx_IL);
	EXPECT_EQ(pc(self->vcpu), (u64)insn_brk);
}

TEST_F(debug_exit, single_step)
{
	debug(self->vcpu, KVM_GUESTDBG_SINGLESTEP, 0, 0);
	self->run->debug.arch.hsr_high = 0x12345678;
	ASSERT_EQ(run_at(self->vcpu, insn_nop, 0), 0);
	ASSERT_EQ(self->run->exit_reason, KVM_EXIT_DEBUG);
	EXPECT_EQ(self->run->flags, KVM_DEBUG_ARCH_HSR_HIGH_VALID);
	EXPECT_EQ(ESR_ELx_EC((u64)self->run->debug.arch.hsr), ESR_ELx_EC_SOFTSTP_LOW);
	EXPECT_EQ(self->run->debug.arch.hsr_high, 0);
	EXPECT_EQ(pc(self->vcpu), (u64)insn_nop + 4);
}

TEST_F(debug_exit, breakpoint)
{
	debug(self->vcpu, KVM_GUESTDBG_USE_HW, (u64)insn_nop + 4, 0);
	self->run->debug.arch.hsr_high = 0x12345678;
	ASSERT_EQ(run_at(self->vcpu, insn_nop, 0), 0);
	ASSERT_EQ(self->run->exit_reason, KVM_EXIT_DEBUG);
	EXPECT_EQ(self->run->flags, KVM_DEBUG_ARCH_HSR_HIGH_VALID);
	EXPECT_EQ(ESR_ELx_EC((u64)self->run->debug.arch.hsr), ESR_ELx_EC_BREAKPT_LOW);
	EXPECT_EQ(self->run->debug.arch.hsr_high, 0);
	EXPECT_EQ(pc(self->vcpu), (u64)insn_nop + 4);
}

FIXTURE(watchpoint) {
	struct kvm_vcpu *vcpu;
	struct kvm_run *run;
	struct kvm_vm *vm;
};

FIXTURE_VARIANT(watchpoint) {
	char *insn;
	u32 wnr;
};

FIXTURE_VARIANT_ADD(watchpoint, load) {
	.insn = insn_load,
};

FIXTURE_VARIANT_ADD(watchpoint, store) {
	.insn = insn_store,
	.wnr = ESR_WNR,
};

FIXTURE_SETUP(watchpoint)
{
	gva_t gva;

	self->vm = vm_create_with_one_vcpu(&self->vcpu, NULL);
	self->run = self->vcpu->run;
	gva = vm_alloc(self->vm, self->vm->page_size, page_of(self->vm, WATCH_ADDR));
	ASSERT_EQ(gva, page_of(self->vm, WATCH_ADDR));
}

FIXTURE_TEARDOWN(watchpoint)
{
	kvm_vm_free(self->vm);
}

TEST_F(watchpoint, hit)
{
	debug(self->vcpu, KVM_GUESTDBG_USE_HW, 0, WATCH_ADDR);
	self->run->debug.arch.hsr_high = 0x12345678;
	ASSERT_EQ(run_at(self->vcpu, variant->insn, WATCH_ADDR), 0);
	ASSERT_EQ(self->run->exit_reason, KVM_EXIT_DEBUG);
	EXPECT_EQ(self->run->flags, KVM_DEBUG_ARCH_HSR_HIGH_VALID);
	EXPECT_EQ(ESR_ELx_EC((u64)self->run->debug.arch.hsr), ESR_ELx_EC_WATCHPT_LOW);
	EXPECT_EQ(self->run->debug.arch.hsr & ESR_WNR, variant->wnr);
	EXPECT_EQ(self->run->debug.arch.far, WATCH_ADDR);
	EXPECT_EQ(pc(self->vcpu), (u64)variant->insn);
}

TEST_F(watchpoint, upper_half)
{
	if (!has_iss2())
		SKIP(return, "nothing fills in the upper half here");

	for (unsigned int n = 0; n < NR_ISS2; n++) {
		u64 addr = WATCH_ADDR + 16 * n;

		debug(self->vcpu, KVM_GUESTDBG_USE_HW, 0, addr);
		ASSERT_EQ(run_at(self->vcpu, variant->insn, addr), 0);
		ASSERT_EQ(self->run->exit_reason, KVM_EXIT_DEBUG);
		EXPECT_EQ(self->run->flags, KVM_DEBUG_ARCH_HSR_HIGH_VALID);
		EXPECT_EQ(ESR_ELx_EC((u64)self->run->debug.arch.hsr),
			  ESR_ELx_EC_WATCHPT_LOW);
		EXPECT_EQ(self->run->debug.arch.hsr & ESR_WNR, variant->wnr);
		EXPECT_EQ(self->run->debug.arch.hsr_high, iss2(n));
		EXPECT_EQ(self->run->debug.arch.far, addr);
	}
}

TEST_F(debug_exit, brk_upper_half)
{
	if (!has_iss2())
		SKIP(return, "nothing fills in the upper half here");

	debug(self->vcpu, KVM_GUESTDBG_USE_SW_BP, 0, 0);
	for (unsigned int n = 0; n < NR_ISS2; n++)
		EXPECT_DEBUG(run_at(self->vcpu, insn_brk + 4 * n, 0),
			     ESR_ELx_EC_BRK64, BRK_ISS2 + n, iss2(n));
}

/* kvm_exit has all of it, too. */
TEST_F(debug_exit, traced)
{
	char text[64];
	bool found;

	if (!trace_start("kvm_exit"))
		SKIP(return, "no trace instances");

	snprintf(text, sizeof(text), "ESR: 0x%016llx", (unsigned long long)iss2(2) << 32 |
		 (unsigned long long)ESR_ELx_EC_BRK64 << ESR_ELx_EC_SHIFT |
		 ESR_ELx_IL | (BRK_ISS2 + 2));
	debug(self->vcpu, KVM_GUESTDBG_USE_SW_BP, 0, 0);
	EXPECT_EQ(run_at(self->vcpu, insn_brk + 4 * 2, 0), 0);
	found = trace_has(text);
	trace_stop();
	EXPECT_TRUE(found)
		TH_LOG("%s", text);
}

TEST_F(debug_exit, bkpt32)
{
	u64 pfr0 = vcpu_get_reg(self->vcpu, KVM_ARM64_SYS_REG(SYS_ID_AA64PFR0_EL1));

	if (SYS_FIELD_GET(ID_AA64PFR0_EL1, EL0, pfr0) != ID_AA64PFR0_EL1_EL0_AARCH32)
		SKIP(return, "AArch32 is not offered to this guest");

	/* Without MMU, as EL0 may not execute what the library mapped. */
	vcpu_set_reg(self->vcpu, KVM_ARM64_SYS_REG(SYS_SCTLR_EL1), SCTLR_MMU_OFF);
	vcpu_set_reg(self->vcpu, ARM64_CORE_REG(regs.pstate), PSTATE_USR32);
	debug(self->vcpu, KVM_GUESTDBG_USE_SW_BP, 0, 0);
	self->run->debug.arch.hsr_high = 0x12345678;
	EXPECT_DEBUG(run_at(self->vcpu,
			    (void *)addr_gva2gpa(self->vm, (gva_t)insn_bkpt32), 0),
		     ESR_ELx_EC_BKPT32, 0, 0);
}

TEST_F(debug_exit, mmio_has_no_flags)
{
	DEBUG_EXIT_FIRST();
	EXPECT_NO_FLAGS(run_at(self->vcpu, insn_load, MMIO_ADDR), KVM_EXIT_MMIO);
}

TEST_F(debug_exit, nisv_has_no_flags)
{
	vm_enable_cap(self->vm, KVM_CAP_ARM_NISV_TO_USER, 0);
	DEBUG_EXIT_FIRST();
	EXPECT_NO_FLAGS(run_at(self->vcpu, insn_ldp, MMIO_ADDR), KVM_EXIT_ARM_NISV);
}

TEST_F(debug_exit, system_event_has_no_flags)
{
	DEBUG_EXIT_FIRST();
	EXPECT_NO_FLAGS(run_at(self->vcpu, insn_smc, PSCI_0_2_FN_SYSTEM_OFF),
			KVM_EXIT_SYSTEM_EVENT);
}

TEST_F(debug_exit, hypercall_has_no_flags)
{
	struct kvm_smccc_filter filter = {
		.base = PSCI_0_2_FN_PSCI_VERSION,
		.nr_functions = 1,
		.action = KVM_SMCCC_FILTER_FWD_TO_USER,
	};

	kvm_device_attr_set(self->vm->fd, KVM_ARM_VM_SMCCC_CTRL,
			    KVM_ARM_VM_SMCCC_FILTER, &filter);
	DEBUG_EXIT_FIRST();
	EXPECT_NO_FLAGS(run_at(self->vcpu, insn_smc, PSCI_0_2_FN_PSCI_VERSION),
			KVM_EXIT_HYPERCALL);
}

/* An exit that is made before the guest is entered */
TEST(dirty_ring_full_has_no_flags)
{
	u32 nr = getpagesize() / sizeof(struct kvm_dirty_gfn);
	struct kvm_vcpu_init init;
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;

	if (!kvm_check_cap(KVM_CAP_DIRTY_LOG_RING_ACQ_REL))
		SKIP(return, "no dirty rings");

	vm = vm_create(1);
	vm_enable_dirty_ring(vm, nr * sizeof(struct kvm_dirty_gfn));
	kvm_get_default_vcpu_target(vm, &init);
	vcpu = aarch64_vcpu_add(vm, 0, &init, insn_nop);
	kvm_arch_vm_finalize_vcpus(vm);
	vm_userspace_mem_region_add(vm, VM_MEM_SRC_ANONYMOUS, DIRTY_ADDR, 1, nr,
				    KVM_MEM_LOG_DIRTY_PAGES);
	virt_map(vm, DIRTY_ADDR, DIRTY_ADDR, nr);

	debug(vcpu, KVM_GUESTDBG_USE_SW_BP, 0, 0);
	ASSERT_EQ(run_at(vcpu, insn_brk, 0), 0);
	ASSERT_EQ(vcpu->run->flags, KVM_DEBUG_ARCH_HSR_HIGH_VALID);
	ASSERT_EQ(run_at(vcpu, insn_dirty, DIRTY_ADDR), 0);
	ASSERT_EQ(vcpu->run->exit_reason, KVM_EXIT_DIRTY_RING_FULL);
	EXPECT_EQ(vcpu->run->flags, 0);
	kvm_vm_free(vm);
}

static void nothing(int sig)
{
}

TEST_F(debug_exit, signal_has_no_flags)
{
	const struct itimerval soon = { .it_value.tv_usec = 50000 };
	struct sigaction sa = { .sa_handler = nothing };

	DEBUG_EXIT_FIRST();
	ASSERT_EQ(sigaction(SIGALRM, &sa, NULL), 0);
	ASSERT_EQ(setitimer(ITIMER_REAL, &soon, NULL), 0);
	ASSERT_EQ(run_at(self->vcpu, insn_loop, 0), -1);
	ASSERT_EQ(errno, EINTR);
	EXPECT_EQ(self->run->exit_reason, KVM_EXIT_INTR);
	EXPECT_EQ(self->run->flags, 0);
}

/* A run that does not get as far as the guest leaves everything as it was. */
TEST_F(debug_exit, immediate_exit_keeps_all)
{
	struct kvm_debug_exit_arch arch;

	DEBUG_EXIT_FIRST();
	arch = self->run->debug.arch;

	self->run->immediate_exit = 1;
	ASSERT_EQ(__vcpu_run(self->vcpu), -1);
	ASSERT_EQ(errno, EINTR);
	EXPECT_EQ(self->run->exit_reason, KVM_EXIT_DEBUG);
	EXPECT_EQ(self->run->flags, KVM_DEBUG_ARCH_HSR_HIGH_VALID);
	EXPECT_EQ(memcmp(&self->run->debug.arch, &arch, sizeof(arch)), 0);

	self->run->immediate_exit = 0;
	EXPECT_NO_FLAGS(run_at(self->vcpu, insn_load, MMIO_ADDR), KVM_EXIT_MMIO);
}

TEST_F(debug_exit, enoexec_keeps_all)
{
	struct kvm_vm *vm = vm_create_barebones();
	struct kvm_vcpu *vcpu = __vm_vcpu_add(vm, 0);

	vcpu->run->exit_reason = KVM_EXIT_DEBUG;
	vcpu->run->flags = KVM_DEBUG_ARCH_HSR_HIGH_VALID;
	vcpu->run->debug.arch.hsr_high = 0x5a5a5a;
	EXPECT_EQ(__vcpu_run(vcpu), -1);
	EXPECT_EQ(errno, ENOEXEC);
	EXPECT_EQ(vcpu->run->exit_reason, KVM_EXIT_DEBUG);
	EXPECT_EQ(vcpu->run->flags, KVM_DEBUG_ARCH_HSR_HIGH_VALID);
	EXPECT_EQ(vcpu->run->debug.arch.hsr_high, 0x5a5a5a);
	kvm_vm_free(vm);
}

/* What userspace writes to the run page does not show in the next exit. */
TEST_F(debug_exit, scribble)
{
	DEBUG_EXIT_FIRST();

	self->run->flags = 0xffff;
	memset(&self->run->debug.arch, 0xff, sizeof(self->run->debug.arch));
	EXPECT_NO_FLAGS(run_at(self->vcpu, insn_load, MMIO_ADDR), KVM_EXIT_MMIO);

	self->run->exit_reason = KVM_EXIT_UNKNOWN;
	self->run->flags = 0xffff;
	memset(&self->run->debug.arch, 0xff, sizeof(self->run->debug.arch));
	EXPECT_DEBUG(run_at(self->vcpu, insn_brk, 0), ESR_ELx_EC_BRK64, BRK_ISS2, 0);
}

TEST_F(debug_exit, alternate)
{
	for (int i = 0; i < 1000; i++) {
		debug(self->vcpu, KVM_GUESTDBG_SINGLESTEP, 0, 0);
		ASSERT_EQ(run_at(self->vcpu, insn_nop, 0), 0);
		ASSERT_EQ(self->run->exit_reason, KVM_EXIT_DEBUG);
		ASSERT_EQ(self->run->flags, KVM_DEBUG_ARCH_HSR_HIGH_VALID);

		debug(self->vcpu, 0, 0, 0);
		ASSERT_EQ(run_at(self->vcpu, insn_load, MMIO_ADDR), 0);
		ASSERT_EQ(self->run->exit_reason, KVM_EXIT_MMIO);
		ASSERT_EQ(self->run->flags, 0);
		self->run->exit_reason = KVM_EXIT_UNKNOWN;
	}
}

TEST_HARNESS_MAIN
