// SPDX-License-Identifier: GPL-2.0-only
/*
 * nested_esr - What a guest hypervisor finds in ESR_EL2
 *
 * This test includes:
 *  - stage-2 faults of the nested guest, translation and permission, of which
 *    KVM makes the syndrome from the one of its own fault
 *  - a debug exception that is given to the guest hypervisor as it is
 *  - the same one, if it is userspace that debugs
 *
 * Where the upper half of the syndrome is filled in (see debug_exit_esr), the
 * guest hypervisor has to find what its CPU has, and nothing else.
 *
 * Both guests are a page of instructions, without MMU. The hypervisor's part is
 * mostly done from here: it starts with the ERET to its guest, and leaves its
 * vector with an access that ends in userspace.
 */
#include <asm/sysreg.h>

#include "kvm_test_harness.h"
#include "kvm_util.h"
#include "processor.h"
#include "test_util.h"

#include "iss2.h"

/* Emulated machines, and nested ones in them, are slow. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	300

#define CODE_ADDR	0x10000000ULL
#define S2_TABLES	(CODE_ADDR + 0x2000)
#define CODE_PAGES	8
/* No memory there: an access ends in userspace. */
#define MMIO_ADDR	0x20000000ULL
/* What the plugin of the test machines looks for (see arm64/qemu/plugin) */
#define MAGIC_ADDR	0x5a5a5000ULL
#define BRK_ISS2	0x1d00
#define NR_ISS2		27

/* Offsets from CODE_ADDR */
#define CODE_ERET	0x000
#define CODE_LOAD	0x010
#define CODE_STORE	0x020
#define CODE_BRK	0x100
#define CODE_VECTORS	0x800
#define VECTOR_LOWER_A64_SYNC	0x400

#define A64_ERET	0xd69f03e0
#define A64_LDR_X1_X0	0xf9400001
#define A64_STR_X1_X0	0xf9000001
#define A64_STR_XZR_X28	0xf900039f
#define A64_BRK(n)	(0xd4200000 | (n) << 5)

#define PSTATE_EL1H	0x3c5
#define PSTATE_EL2H	0x3c9

/* 4K pages, 39 bits of IPA from level 1 on, 40 bits of PA */
#define VTCR		(25 | 1 << 6 | 2 << 16)
#define S2_TABLE	3
#define S2_BLOCK	1
#define S2_PAGE		3
#define S2_ATTR(ap)	(1ULL << 10 | 3 << 8 | (ap) << 6 | 0xf << 2)
#define S2_RO		1
#define S2_RW		3

#define ESR_WNR		BIT(6)
#define ESR_FSC		0x3f
#define FSC_TRANS_L1	0x05
#define FSC_PERM_L3	0x0f

FIXTURE(nested_esr) {
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	u64 *tables;
};

FIXTURE_SETUP(nested_esr)
{
	struct kvm_vcpu_init init;
	u32 *code;

	if (!kvm_check_cap(KVM_CAP_ARM_EL2))
		SKIP(return, "no guests with EL2");

	self->vm = vm_create(1);
	kvm_get_default_vcpu_target(self->vm, &init);
	init.features[0] |= BIT(KVM_ARM_VCPU_HAS_EL2);
	self->vcpu = aarch64_vcpu_add(self->vm, 0, &init, NULL);
	kvm_arch_vm_finalize_vcpus(self->vm);

	vm_userspace_mem_region_add(self->vm, VM_MEM_SRC_ANONYMOUS, CODE_ADDR, 1,
				    CODE_PAGES * 4096 / self->vm->page_size ?: 1, 0);
	code = addr_gpa2hva(self->vm, CODE_ADDR);
	code[CODE_ERET / 4] = A64_ERET;
	code[CODE_LOAD / 4] = A64_LDR_X1_X0;
	code[CODE_STORE / 4] = A64_STR_X1_X0;
	for (unsigned int n = 0; n < NR_ISS2; n++)
		code[CODE_BRK / 4 + n] = A64_BRK(BRK_ISS2 + n);
	code[(CODE_VECTORS + VECTOR_LOWER_A64_SYNC) / 4] = A64_STR_XZR_X28;

	/* The first gigabyte is as it is, and there is nothing else ... */
	self->tables = addr_gpa2hva(self->vm, S2_TABLES);
	self->tables[0] = S2_ATTR(S2_RW) | S2_BLOCK;
}

FIXTURE_TEARDOWN(nested_esr)
{
	if (self->vm)
		kvm_vm_free(self->vm);
}

/* ... unless MAGIC_ADDR is mapped to the start of CODE_ADDR, read-only. */
static void map_magic_page(u64 *tables)
{
	u64 *l2 = tables + 512, *l3 = tables + 1024;

	l3[MAGIC_ADDR >> 12 & 511] = CODE_ADDR | S2_ATTR(S2_RO) | S2_PAGE;
	l2[MAGIC_ADDR >> 21 & 511] = (S2_TABLES + 0x2000) | S2_TABLE;
	tables[MAGIC_ADDR >> 30] = (S2_TABLES + 0x1000) | S2_TABLE;
}

static u64 get_sysreg(struct kvm_vcpu *vcpu, u32 reg)
{
	return vcpu_get_reg(vcpu, KVM_ARM64_SYS_REG(reg));
}

/* Has the nested guest execute one instruction, with an address in x0. */
static void run_nested(struct kvm_vcpu *vcpu, u64 offset, u64 x0)
{
	const struct {
		u64 id, val;
	} regs[] = {
		{ KVM_ARM64_SYS_REG(SYS_SCTLR_EL2), 0x30c50830 },
		{ KVM_ARM64_SYS_REG(SYS_SCTLR_EL1), 0x30d00800 },
		{ KVM_ARM64_SYS_REG(SYS_HCR_EL2),
		  HCR_EL2_RW | HCR_EL2_E2H | HCR_EL2_VM },
		{ KVM_ARM64_SYS_REG(SYS_VTCR_EL2), VTCR },
		{ KVM_ARM64_SYS_REG(SYS_VTTBR_EL2), S2_TABLES },
		{ KVM_ARM64_SYS_REG(SYS_VBAR_EL2), CODE_ADDR + CODE_VECTORS },
		{ KVM_ARM64_SYS_REG(SYS_ELR_EL2), CODE_ADDR + offset },
		{ KVM_ARM64_SYS_REG(SYS_SPSR_EL2), PSTATE_EL1H },
		{ KVM_ARM64_SYS_REG(SYS_ESR_EL2), ~0ULL },
		{ ARM64_CORE_REG(regs.pc), CODE_ADDR + CODE_ERET },
		{ ARM64_CORE_REG(regs.pstate), PSTATE_EL2H },
		{ ARM64_CORE_REG(regs.regs[0]), x0 },
		{ ARM64_CORE_REG(regs.regs[28]), MMIO_ADDR },
	};

	/* Not the one that is pending: the registers are set anew. */
	vcpu->run->exit_reason = KVM_EXIT_UNKNOWN;
	for (int i = 0; i < ARRAY_SIZE(regs); i++)
		vcpu_set_reg(vcpu, regs[i].id, regs[i].val);
	vcpu_run(vcpu);
}

#define ASSERT_IN_HYP() do {						\
	ASSERT_EQ(self->vcpu->run->exit_reason, KVM_EXIT_MMIO);		\
	ASSERT_EQ(self->vcpu->run->mmio.phys_addr, MMIO_ADDR);		\
	ASSERT_EQ(vcpu_get_reg(self->vcpu, ARM64_CORE_REG(regs.pc)),	\
		  CODE_ADDR + CODE_VECTORS + VECTOR_LOWER_A64_SYNC);	\
} while (0)

/* The bits of ISS2 that describe the access, if this CPU has them */
static u64 allowed(struct kvm_vcpu *vcpu)
{
	u64 isar1 = get_sysreg(vcpu, SYS_ID_AA64ISAR1_EL1);
	u64 pfr1 = get_sysreg(vcpu, SYS_ID_AA64PFR1_EL1);
	u64 mask = 0;

	if (SYS_FIELD_GET(ID_AA64ISAR1_EL1, LS64, isar1) >= ID_AA64ISAR1_EL1_LS64_LS64_V)
		mask |= GENMASK(4, 0);
	if (SYS_FIELD_GET(ID_AA64PFR1_EL1, GCS, pfr1))
		mask |= BIT(8);
	return mask;
}

TEST_F(nested_esr, s2_translation)
{
	for (unsigned int n = 0; n < NR_ISS2; n++) {
		u64 addr = MAGIC_ADDR + 16 * n, esr;

		run_nested(self->vcpu, CODE_LOAD, addr);
		ASSERT_IN_HYP();
		esr = get_sysreg(self->vcpu, SYS_ESR_EL2);
		EXPECT_EQ(ESR_ELx_EC(esr), ESR_ELx_EC_DABT_LOW);
		EXPECT_EQ(esr & (ESR_WNR | ESR_FSC), FSC_TRANS_L1);
		EXPECT_EQ(esr >> 32, iss2(n) & allowed(self->vcpu));
		EXPECT_EQ(get_sysreg(self->vcpu, SYS_FAR_EL2), addr);
	}
}

TEST_F(nested_esr, s2_permission)
{
	map_magic_page(self->tables);
	for (unsigned int n = 0; n < NR_ISS2; n++) {
		u64 addr = MAGIC_ADDR + 16 * n, esr;

		run_nested(self->vcpu, CODE_STORE, addr);
		ASSERT_IN_HYP();
		esr = get_sysreg(self->vcpu, SYS_ESR_EL2);
		EXPECT_EQ(ESR_ELx_EC(esr), ESR_ELx_EC_DABT_LOW);
		EXPECT_EQ(esr & (ESR_WNR | ESR_FSC), ESR_WNR | FSC_PERM_L3);
		EXPECT_EQ(esr >> 32, iss2(n) & allowed(self->vcpu));
		EXPECT_EQ(get_sysreg(self->vcpu, SYS_FAR_EL2), addr);
	}
}

TEST_F(nested_esr, brk_to_hypervisor)
{
	vcpu_set_reg(self->vcpu, KVM_ARM64_SYS_REG(SYS_MDCR_EL2), MDCR_EL2_TDE);
	for (unsigned int n = 0; n < NR_ISS2; n++) {
		u64 esr;

		run_nested(self->vcpu, CODE_BRK + 4 * n, 0);
		ASSERT_IN_HYP();
		esr = get_sysreg(self->vcpu, SYS_ESR_EL2);
		EXPECT_EQ(ESR_ELx_EC(esr), ESR_ELx_EC_BRK64);
		EXPECT_EQ(esr & 0xffff, BRK_ISS2 + n);
		EXPECT_EQ(esr >> 32, iss2(n));
	}
}

TEST_F(nested_esr, brk_to_userspace)
{
	struct kvm_guest_debug dbg = {
		.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_SW_BP,
	};

	vcpu_guest_debug_set(self->vcpu, &dbg);
	for (unsigned int n = 0; n < NR_ISS2; n++) {
		struct kvm_run *run = self->vcpu->run;

		run_nested(self->vcpu, CODE_BRK + 4 * n, 0);
		ASSERT_EQ(run->exit_reason, KVM_EXIT_DEBUG);
		EXPECT_EQ(run->flags, KVM_DEBUG_ARCH_HSR_HIGH_VALID);
		EXPECT_EQ(ESR_ELx_EC((u64)run->debug.arch.hsr), ESR_ELx_EC_BRK64);
		EXPECT_EQ(run->debug.arch.hsr & 0xffff, BRK_ISS2 + n);
		EXPECT_EQ(run->debug.arch.hsr_high, iss2(n));
	}
}

TEST_HARNESS_MAIN
