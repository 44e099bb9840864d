/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest of single instructions whose memory is Tagged at stage 1
 *
 * The instructions that matter to MTE are in a table in this file. The test has
 * the guest execute one of them, with the registers that it wants, and KVM_RUN
 * returns when that is done, or when the guest took an exception, or for a
 * reason of its own: that is the outcome. There is no other guest code.
 *
 *	struct mte_guest g;
 *
 *	mte_guest_create(&g);
 *	mte_guest_map(&g, addr, size);
 *	mte_guest_add_vcpus(&g, 1);
 *	outcome = mte_guest_do(&g, OP_STG, addr, value);
 *
 * Guest virtual and physical addresses are the same. EL0 has mappings of its
 * own, MTE_GUEST_EL0 higher, which mte_guest_do() takes care of.
 */
#ifndef SELFTEST_KVM_ARM64_MTE_GUEST_H
#define SELFTEST_KVM_ARM64_MTE_GUEST_H

#include <asm/ptrace.h>

#include "kvm_util.h"
#include "processor.h"

#define MTE_GRANULE		16
#define MTE_TAG(tag)		((u64)(tag) << 56)
#define MTE_TAG_OF(val)		((val) >> 56 & 0xf)

/* No memory there: an access ends in userspace */
#define MTE_GUEST_MMIO		0x30000000UL
/* What EL0 may use is mapped again, that much higher */
#define MTE_GUEST_EL0		0x200000000UL

/* Not in the headers of tools/ */
#define MTE_TCR_TBI0		BIT(37)
#define MTE_TCR_TCMA0		BIT(57)
#define MTE_SCTLR_DZE		BIT(14)
#define MTE_SCTLR_ATA		BIT(43)
#define MTE_SCTLR_ATA0		BIT(42)
#define MTE_SCTLR_TCF_SYNC	BIT(40)
#define MTE_SCTLR_TCF_ASYNC	BIT(41)
#define MTE_SCTLR_TCF0_SYNC	BIT(38)
#define MTE_PSTATE_TCO		BIT(25)
#define MTE_PSTATE_EL0		0x3c0UL
#define MTE_PSTATE_EL1		0x3c5UL
#define MTE_PSTATE_EL2		0x3c9UL
/* Normal memory, Write-Back, Tagged */
#define MTE_MAIR_TAGGED		0xf0UL
#define MTE_PTE_USER		BIT(6)

/*
 * The instructions. x0 is the address, x1 a value; x2 is what is loaded, and is
 * returned. OP_STG and its like store the tag of x0.
 */
#define MTE_OPS(op)					\
	op(LDR,		"ldr x2, [x0]")			\
	op(STR,		"str x1, [x0]")			\
	op(LDG,		"ldg x2, [x0]")			\
	op(STG,		"stg x0, [x0]")			\
	op(ST2G,	"st2g x0, [x0]")		\
	op(STZG,	"stzg x0, [x0]")		\
	op(STZ2G,	"stz2g x0, [x0]")		\
	op(STGP,	"stgp x1, x1, [x0]")		\
	op(DCGVA,	"dc gva, x0")			\
	op(DCGZVA,	"dc gzva, x0")			\
	op(LDGM,	"ldgm x2, [x0]")		\
	op(STGM,	"stgm x1, [x0]")		\
	op(STZGM,	"stzgm x1, [x0]")		\
	op(LDXR,	"ldxr x2, [x0]")		\
	op(SWP,		".arch_extension lse; swp x1, x2, [x0]")	\
	op(EXEC,	"br x0")			\
	op(SCTLR,	"msr sctlr_el1, x0")		\
	op(TLBI,	"tlbi alle1is")			\
	op(NOP,		"nop")

#define MTE_OP_ENUM(name, insn)		OP_##name,
enum mte_op { MTE_OPS(MTE_OP_ENUM) NR_MTE_OPS };
#define MTE_OP_NAME(name, insn)		#name,
static const char * const mte_op_names[] = { MTE_OPS(MTE_OP_NAME) };

/* What OP_EXEC jumps to: str x2, [x28] */
#define MTE_INSN_REPORT		0xf9000382U

/*
 * Each of them is followed by a store to MTE_GUEST_MMIO, which x28 has, and so
 * is each vector, with the number of the vector in the address.
 */
#define MTE_OP_ASM(name, insn)		\
	"	.balign 16\n"		\
	"	" insn "\n"		\
	"	str x2, [x28]\n"	\
	"	b .\n"
asm(
"	.pushsection .text\n"
"	.arch	armv8.5-a+memtag\n"
"	.balign	2048\n"
"mte_guest_vectors:\n"
"	.set	n, 0\n"
"	.rept	16\n"
"	str	x2, [x28, #8 + 8 * n]\n"
"	b	.\n"
"	.balign	128\n"
"	.set	n, n + 1\n"
"	.endr\n"
"	.balign 4096\n"
"mte_guest_ops:\n"
	MTE_OPS(MTE_OP_ASM)
"	.balign 4096\n"
"	.popsection\n"
);

extern char mte_guest_vectors[], mte_guest_ops[];

enum mte_outcome {
	MTE_DONE,
	MTE_EXCEPTION,		/* + number of the vector */
	MTE_SYNC_EL1	= MTE_EXCEPTION + 4,
	MTE_SYNC_EL0	= MTE_EXCEPTION + 8,
	MTE_EXIT	= 32,	/* KVM_RUN returned 0 for another reason */
	MTE_ERROR,		/* KVM_RUN failed, see errno */
};

#define MTE_GUEST_MAX_VCPUS	4

struct mte_guest {
	struct kvm_vm *vm;
	struct kvm_vcpu *vcpus[MTE_GUEST_MAX_VCPUS];
	struct kvm_vcpu *vcpu;
	bool nested;		/* the instructions are of a guest of the guest */
	u64 sctlr;
	u64 pstate;		/* of the next instruction */
	u64 result;		/* of the last one */
};

static inline bool mte_guest_supported(void)
{
	return kvm_has_cap(KVM_CAP_ARM_MTE);
}

static inline void mte_guest_create(struct mte_guest *g)
{
	memset(g, 0, sizeof(*g));
	test_wants_mte();
	test_disable_default_vgic();
	g->vm = vm_create(MTE_GUEST_MAX_VCPUS);
	g->pstate = MTE_PSTATE_EL1;
}

/* With EL2, whose stage 2 is off. Instructions are executed at EL1 and EL0. */
static inline void mte_guest_create_nested(struct mte_guest *g)
{
	memset(g, 0, sizeof(*g));
	test_wants_mte();
	g->vm = vm_create(MTE_GUEST_MAX_VCPUS);
	g->pstate = MTE_PSTATE_EL1;
	g->nested = true;
}

/* Map guest addresses 1:1, and once more for EL0. */
static inline void mte_guest_map(struct mte_guest *g, u64 addr, u64 size)
{
	u64 page = g->vm->page_size;

	virt_map(g->vm, addr, addr, size / page);
	virt_map(g->vm, addr + MTE_GUEST_EL0, addr, size / page);
	for (u64 off = 0; off < size; off += page)
		*virt_get_pte_hva(g->vm, addr + MTE_GUEST_EL0 + off) |= MTE_PTE_USER;
}

/* Another memory type than Tagged */
static inline void mte_guest_set_type(struct mte_guest *g, u64 addr, int type)
{
	u64 *pte = virt_get_pte_hva(g->vm, addr);

	*pte = (*pte & ~PTE_ATTRINDX_MASK) | PTE_ATTRINDX(type);
}

static inline void mte_guest_set_sctlr(struct mte_guest *g, u64 bits)
{
	vcpu_set_reg(g->vcpu, KVM_ARM64_SYS_REG(SYS_SCTLR_EL1), g->sctlr | bits);
}

static inline void mte_guest_add_vcpus(struct mte_guest *g, int nr)
{
	u64 mair = DEFAULT_MAIR_EL1 & ~MAIR_ATTRIDX(0xffUL, MT_NORMAL);
	u64 ops = (u64)mte_guest_ops, tcr;
	struct kvm_vcpu_init init = {};

	vm_ioctl(g->vm, KVM_ARM_PREFERRED_TARGET, &init);
	if (g->nested)
		init.features[0] |= BIT(KVM_ARM_VCPU_HAS_EL2);
	mte_guest_map(g, MTE_GUEST_MMIO, g->vm->page_size);
	mte_guest_set_type(g, MTE_GUEST_MMIO, MT_DEVICE_nGnRE);
	mte_guest_set_type(g, MTE_GUEST_MMIO + MTE_GUEST_EL0, MT_DEVICE_nGnRE);
	/* EL1 cannot execute what EL0 can write: the instructions are mapped twice */
	virt_map(g->vm, ops + MTE_GUEST_EL0, addr_gva2gpa(g->vm, ops), 1);
	*virt_get_pte_hva(g->vm, ops + MTE_GUEST_EL0) |= MTE_PTE_USER | BIT(7);

	for (int i = 0; i < nr; i++) {
		g->vcpu = aarch64_vcpu_add(g->vm, i, &init, mte_guest_ops);
		g->vcpus[i] = g->vcpu;
		tcr = vcpu_get_reg(g->vcpu, ctxt_reg_alias(g->vcpu, SYS_TCR_EL1));
		vcpu_set_reg(g->vcpu, KVM_ARM64_SYS_REG(SYS_TCR_EL1), tcr | MTE_TCR_TBI0);
		vcpu_set_reg(g->vcpu, KVM_ARM64_SYS_REG(SYS_MAIR_EL1),
			     mair | MAIR_ATTRIDX(MTE_MAIR_TAGGED, MT_NORMAL));
		vcpu_set_reg(g->vcpu, KVM_ARM64_SYS_REG(SYS_VBAR_EL1),
			     (u64)mte_guest_vectors);
		g->sctlr = vcpu_get_reg(g->vcpu, KVM_ARM64_SYS_REG(SYS_SCTLR_EL1)) |
			   SCTLR_ELx_M | SCTLR_ELx_C | SCTLR_ELx_I |
			   MTE_SCTLR_ATA | MTE_SCTLR_ATA0 | MTE_SCTLR_DZE;
		mte_guest_set_sctlr(g, 0);
		if (!g->nested)
			continue;
		vcpu_set_reg(g->vcpu, KVM_ARM64_SYS_REG(SYS_TTBR0_EL1),
			     vcpu_get_reg(g->vcpu, KVM_ARM64_SYS_REG(SYS_TTBR0_EL2)));
		vcpu_set_reg(g->vcpu, KVM_ARM64_SYS_REG(SYS_CPACR_EL1), 3 << 20);
		vcpu_set_reg(g->vcpu, KVM_ARM64_SYS_REG(SYS_VBAR_EL2),
			     (u64)mte_guest_vectors);
		vcpu_set_reg(g->vcpu, KVM_ARM64_SYS_REG(SYS_HCR_EL2),
			     HCR_EL2_RW | HCR_EL2_E2H | HCR_EL2_ATA);
	}
	g->vcpu = g->vcpus[0];
	kvm_arch_vm_finalize_vcpus(g->vm);
}

static inline u64 mte_guest_get_x(struct kvm_vcpu *vcpu, int n)
{
	return vcpu_get_reg(vcpu, ARM64_CORE_REG(regs.regs[0]) +
			    n * (sizeof(u64) / sizeof(u32)));
}

static inline void mte_guest_set_x(struct kvm_vcpu *vcpu, int n, u64 val)
{
	vcpu_set_reg(vcpu, ARM64_CORE_REG(regs.regs[0]) +
		     n * (sizeof(u64) / sizeof(u32)), val);
}

static inline u64 mte_guest_get_pc(struct kvm_vcpu *vcpu)
{
	return vcpu_get_reg(vcpu, ARM64_CORE_REG(regs.pc));
}

/* Go on, as after an exit that was dealt with */
static inline int mte_guest_continue_vcpu(struct kvm_vcpu *vcpu, u64 *result)
{
	struct kvm_run *run = vcpu->run;
	int outcome;

	if (__vcpu_run(vcpu))
		return MTE_ERROR;
	if (run->exit_reason != KVM_EXIT_MMIO ||
	    (run->mmio.phys_addr & ~0xfffUL) != MTE_GUEST_MMIO)
		return MTE_EXIT;

	outcome = (run->mmio.phys_addr & 0xfff) / 8;
	if (outcome)
		outcome += MTE_EXCEPTION - 1;
	memcpy(result, run->mmio.data, sizeof(*result));
	return outcome;
}

static inline u64 mte_op_pc(enum mte_op op, u64 pstate)
{
	u64 pc = (u64)mte_guest_ops + 16 * op;

	return pstate & PSR_MODE_MASK & 0xc ? pc : pc + MTE_GUEST_EL0;
}

static inline int mte_guest_do_vcpu(struct kvm_vcpu *vcpu, u64 pstate, enum mte_op op,
				    u64 addr, u64 val, u64 *result)
{
	u64 el0 = pstate & 0xc ? 0 : MTE_GUEST_EL0;

	if (vcpu->run->exit_reason == KVM_EXIT_MMIO)
		vcpu_run_complete_io(vcpu);
	mte_guest_set_x(vcpu, 0, addr + el0);
	mte_guest_set_x(vcpu, 1, val);
	mte_guest_set_x(vcpu, 2, 0);
	mte_guest_set_x(vcpu, 28, MTE_GUEST_MMIO + el0);
	vcpu_set_reg(vcpu, ARM64_CORE_REG(regs.pstate), pstate);
	vcpu_set_reg(vcpu, ARM64_CORE_REG(regs.pc), mte_op_pc(op, pstate));
	return mte_guest_continue_vcpu(vcpu, result);
}

static inline int mte_guest_continue(struct mte_guest *g)
{
	return mte_guest_continue_vcpu(g->vcpu, &g->result);
}

static inline int mte_guest_do(struct mte_guest *g, enum mte_op op, u64 addr, u64 val)
{
	return mte_guest_do_vcpu(g->vcpu, g->pstate, op, addr, val, &g->result);
}

/* The tag that the guest sees, or 0xff */
static inline u8 mte_guest_tag(struct mte_guest *g, u64 addr)
{
	if (mte_guest_do(g, OP_LDG, addr, 0) != MTE_DONE)
		return 0xff;
	return MTE_TAG_OF(g->result);
}

static inline void mte_guest_free(struct mte_guest *g)
{
	if (g->vm)
		kvm_vm_free(g->vm);
	g->vm = NULL;
}

#endif /* SELFTEST_KVM_ARM64_MTE_GUEST_H */
