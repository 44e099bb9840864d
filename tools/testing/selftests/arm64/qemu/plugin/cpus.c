// SPDX-License-Identifier: GPL-2.0
/*
 * A QEMU TCG plugin that makes the CPUs of one machine differ
 *
 * QEMU's arm64 "virt" machine has CPUs of one model only. This plugin changes
 * what chosen vCPUs show of themselves and how they behave, so that the kernel
 * sees an asymmetric SoC:
 *
 *   64only=CPUS		no AArch32 at any exception level
 *   aarch32-regs=raz|poison	AArch32 ID registers of these CPUs (default raz)
 *   strict-eret=on|off		a return to AArch32 is illegal there (default on)
 *   refuse32=CPUS		a return to AArch32 is illegal on these CPUs, too,
 *				although they show AArch32: as if they were broken
 *   set=REG.LSB[:WIDTH]=VALUE[@CPUS]
 *				an ID register field reads as VALUE (repeatable)
 *   iss2=on|off		fill in the upper half of some syndromes (default off)
 *   impdef=on|off		report some breakpoint instructions as accesses to
 *				IMPLEMENTATION DEFINED registers (default off)
 *   report=FILE		counters, written when QEMU exits
 *
 * CPUS is a list of numbers and ranges joined by '+': 0+2-3.
 *
 *   tag-faults=qemu|perm	how accesses to tags that stage 2 does not permit are
 *				reported to EL2 (default qemu): with the status code
 *				that QEMU has for them, or with that of a permission
 *				fault, which the architecture has
 *
 * ID registers are changed after the read executed: the new value replaces Rt
 * before the next instruction. A read that traps to a hypervisor is therefore
 * left alone, and the hypervisor's own read is changed instead. Instructions
 * are matched by opcode only, as the kernel reads ID registers at EL2 and with
 * the MMU off, and the check for the vCPU is made at run time because
 * translated blocks are shared between vCPUs.
 *
 * Plugins cannot write SPSR_ELx. So an AArch32 mode on its way into SPSR_ELx is
 * replaced by a reserved AArch64 mode, which QEMU's ERET treats as the illegal
 * return that it is on real hardware. The mode asked for is kept in the upper
 * bits, and is put back into whatever is read from SPSR_ELx: software never
 * sees a value that it did not write, even if the register is saved here and
 * restored on another CPU.
 *
 * QEMU's syndromes have no upper half. With iss2=on, what EL2 reads from ESR_ELx
 * gets one if the exception asks for it: if it is a BRK #0x1d00 + n, or a data
 * abort or watchpoint from a lower exception level with an address of 0x5a5a5000
 * + 16 * n. ISS2 is then 0 for n = 0, 0xffffff for 1, 0x5a5a5a for 2, and one
 * bit, n - 3, for 3 to 26. No software does that by accident.
 *
 * Whether accesses of EL0 to IMPLEMENTATION DEFINED registers are trapped to EL2
 * is up to the CPU, and QEMU's CPUs do not trap them. With impdef=on, EL2 reads
 * the syndrome of such a trap from ESR_ELx if it has taken a BRK or BKPT #0x1e00
 * + n. The rest is the same as for a trap: ELR_ELx is where the instruction is.
 * For BRK, n = 0 to 3 is MRS x3, S3_0_C15_C0_0, MSR of the same register, and SYSL
 * and SYS of the same operands. For BKPT, it is MRC p15, 0, r3, c15, c0, 0, MCR of
 * the same register, and MRRC and MCRR p15, 0, r3, r4, c15.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qemu_plugin_api.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BIT_ULL(n)	(1ull << (n))

#define MAX_CPUS	64
#define MAX_RULES	32

/* The ID register space S3_0_C0_Cm_op2, as one number */
#define ID_REG(crm, op2)	((crm) << 3 | (op2))
#define NR_ID_REGS		ID_REG(8, 0)
#define ID_AA64PFR0		ID_REG(4, 0)

/* Not an ID register: a read of SPSR_ELx, which shares the fix-up code */
#define READ_SPSR		NR_ID_REGS
#define READ_ESR		(NR_ID_REGS + 1)

#define AARCH32_POISON		0xdeadbeefu

#define MRS_ID(insn)		(((insn) & 0xfffff800) == 0xd5380000)
#define SYSREG_OP(insn)		((insn) & 0xffffffe0)
#define RT(insn)		((insn) & 0x1f)
#define XZR			31

#define MSR_SPSR_EL1		0xd5184000
#define MSR_SPSR_EL12		0xd51d4000
#define MSR_SPSR_EL2		0xd51c4000
#define MSR_SPSR_EL3		0xd51e4000
#define MSR_TO_MRS		0x00200000

#define MRS_ESR_EL1		0xd5385200
#define MRS_ESR_EL2		0xd53c5200

#define ERET			0xd69f03e0
#define ERETAA			0xd69f0bff
#define ERETAB			0xd69f0fff

#define HCR_IMO			BIT_ULL(4)
#define HCR_NV			BIT_ULL(42)

#define PSTATE_AARCH32		0x10
#define PSTATE_EL(pstate)	((pstate) >> 2 & 3)
#define SPSR_MODE		0x1f
#define SPSR_MODE_RESERVED	0x01	/* EL0 with SP_EL1: no such mode */

/* An AArch32 mode kept aside in SPSR_ELx[63:48]: a mark and M[3:0] */
#define SPSR_KEPT_MARK		0xa320000000000000ull
#define SPSR_KEPT_MASK		0xfff0000000000000ull
#define SPSR_KEPT_SHIFT		48
#define SPSR_KEPT_MODE		0x0f

#define ESR_EC(esr)		((esr) >> 26 & 0x3f)
#define EC_CP15_32		0x03
#define EC_CP15_64		0x04
#define EC_SYS64		0x18
#define EC_DABT_LOW		0x24
#define EC_WATCHPT_LOW		0x34
#define EC_BKPT32		0x38
#define EC_BRK64		0x3c
#define ISS2_SHIFT		32

#define ISS2_BRK		0x1d00
#define ISS2_PAGE		0x5a5a5000

#define IMPDEF_BRK		0x1e00
/* EC, IL, and for AArch32 the condition AL */
#define ESR_TRAP(ec)		((uint64_t)(ec) << 26 | 1 << 25)
#define ESR_TRAP32(ec)		(ESR_TRAP(ec) | 1 << 24 | 0xe << 20)
#define ESR_RT2(n)		((n) << 10)
#define ESR_CRN(n)		((n) << 10)
#define ESR_RT(n)		((n) << 5)
#define ESR_CRM(n)		((n) << 1)

struct rule {
	const char *text;
	unsigned int reg;
	uint64_t mask;
	uint64_t value;
	uint64_t cpus;
};

enum pending_kind {
	PENDING_NONE,
	PENDING_READ,		/* Rt is to be changed, unless the MRS trapped */
	PENDING_RESTORE,	/* Rt is to be restored, come what may */
};

struct cpu {
	struct {
		unsigned int reg, rt, offset;
		uint64_t value;
	} pending;
	unsigned long long rewrites;
	unsigned long long illegal_returns;
	unsigned long long missed;
	unsigned long long iss2;
	unsigned long long impdef;
	unsigned long long rule_rewrites[MAX_RULES];
};

/* Members that translated code looks at without a call */
struct score {
	uint64_t pending;
	uint64_t strict;		/* returns to AArch32 are illegal */
	uint64_t aarch32_insns;
};

static struct {
	uint64_t cpus_64only;
	uint64_t refuse32;
	bool poison;
	bool strict_eret;
	bool iss2;
	bool impdef;
	const char *report;
	FILE *report_file;
	struct rule rules[MAX_RULES];
	unsigned int nr_rules;
} opt = { .strict_eret = true };

static struct cpu cpus[MAX_CPUS];
static unsigned int nr_cpus;

/* For each register, the CPUs on which reads of it are changed */
static uint64_t changed_on[NR_ID_REGS];

static struct qemu_plugin_u64 score_pending, score_strict, score_aarch32;

static struct {
	struct qemu_plugin_register *x[XZR], *pc, *cpsr, *hcr, *far_el2, *spsr[4], *elr[4];
} regs;

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_API_VERSION;

static bool is_64only(unsigned int cpu)
{
	return opt.cpus_64only >> cpu & 1;
}

/* The CPUs on which a return to AArch32 is illegal */
static uint64_t strict_cpus(void)
{
	return opt.refuse32 | (opt.strict_eret ? opt.cpus_64only : 0);
}

#define complain(fmt, ...)	fprintf(stderr, "cpus plugin: " fmt "\n", ##__VA_ARGS__)

static void broken(const char *what)
{
	complain("cannot %s: this QEMU does not fit", what);
	abort();
}

/* Callbacks run in the thread of their vCPU, or one vCPU after the other */
static struct g_byte_array *reg_buf(unsigned int len)
{
	static __thread struct g_byte_array *buf;

	if (!buf)
		buf = g_byte_array_new();
	return g_byte_array_set_size(buf, len);
}

/* Something was seen that the plugin cannot emulate: never let that pass */
static void miss(unsigned int cpu, const char *what)
{
	if (!cpus[cpu].missed++)
		complain("cpu %u: MISSED %s", cpu, what);
}

static uint64_t read_reg(struct qemu_plugin_register *reg)
{
	struct g_byte_array *buf = reg_buf(0);
	uint64_t val = 0;

	if (!reg || !qemu_plugin_read_register(reg, buf) || buf->len > sizeof(val))
		broken("read a register");
	memcpy(&val, buf->data, buf->len);
	return val;
}

static void write_x(unsigned int rt, uint64_t val)
{
	struct g_byte_array *buf = reg_buf(sizeof(val));

	memcpy(buf->data, &val, sizeof(val));
	if (!qemu_plugin_write_register(regs.x[rt], buf))
		broken("write a register");
}

/* SPSR_ELx: the value to write on this CPU, and the value that was written */

static uint64_t spsr_unkeep(uint64_t spsr)
{
	if ((spsr & SPSR_KEPT_MASK) != SPSR_KEPT_MARK)
		return spsr;
	return (uint32_t)(spsr & ~SPSR_MODE) | PSTATE_AARCH32 |
	       (spsr >> SPSR_KEPT_SHIFT & SPSR_KEPT_MODE);
}

static uint64_t spsr_keep(uint64_t spsr)
{
	return SPSR_KEPT_MARK | (spsr & SPSR_KEPT_MODE) << SPSR_KEPT_SHIFT |
	       (uint32_t)(spsr & ~SPSR_MODE) | SPSR_MODE_RESERVED;
}

/* ID registers */

static bool is_aarch32_id(unsigned int reg)
{
	return reg >= ID_REG(1, 0) && reg < ID_REG(4, 0);
}

static uint64_t without_aarch32(uint64_t pfr0)
{
	unsigned int shift;

	/* EL0 to EL3: "AArch64 and AArch32" is 2, "AArch64 only" is 1 */
	for (shift = 0; shift < 16; shift += 4)
		if ((pfr0 >> shift & 0xf) == 2)
			pfr0 -= 1ull << shift;
	return pfr0;
}

static uint64_t id_value(unsigned int cpu, unsigned int reg, uint64_t val)
{
	unsigned int i;

	if (is_64only(cpu)) {
		if (reg == ID_AA64PFR0)
			val = without_aarch32(val);
		else if (is_aarch32_id(reg))
			val = opt.poison ? AARCH32_POISON : 0;
		if (reg == ID_AA64PFR0 || is_aarch32_id(reg))
			cpus[cpu].rewrites++;
	}

	for (i = 0; i < opt.nr_rules; i++) {
		const struct rule *r = &opt.rules[i];

		if (r->reg != reg || !(r->cpus >> cpu & 1))
			continue;
		val = (val & ~r->mask) | r->value;
		cpus[cpu].rule_rewrites[i]++;
	}
	return val;
}

/* Syndromes. EL2 has the address that goes with it, whatever its name for ESR */

static unsigned int iss2_number(uint64_t esr)
{
	uint64_t far;

	switch (ESR_EC(esr)) {
	case EC_BRK64:
		return (esr & 0xff00) == ISS2_BRK ? esr & 0xff : 0;
	case EC_DABT_LOW:
	case EC_WATCHPT_LOW:
		far = read_reg(regs.far_el2);
		return (far & ~0xfffull) == ISS2_PAGE ? far >> 4 & 0xff : 0;
	}
	return 0;
}

/* The access that a breakpoint instruction stands for. Bit 0 is set for reads. */
static uint64_t impdef_access(uint64_t esr)
{
	unsigned int n = esr & 0xff, read = !(n & 1);

	if ((esr & 0xff00) != IMPDEF_BRK || n > 3)
		return 0;

	switch (ESR_EC(esr)) {
	case EC_BRK64:
		return ESR_TRAP(EC_SYS64) | (n < 2 ? 3 : 1) << 20 | ESR_CRN(15) |
		       ESR_RT(3) | read;
	case EC_BKPT32:
		if (n < 2)
			return ESR_TRAP32(EC_CP15_32) | ESR_CRN(15) | ESR_RT(3) | read;
		return ESR_TRAP32(EC_CP15_64) | ESR_RT2(4) | ESR_RT(3) |
		       ESR_CRM(15) | read;
	}
	return 0;
}

static uint64_t esr_value(unsigned int cpu, uint64_t esr)
{
	unsigned int n = opt.iss2 ? iss2_number(esr) : 0;
	uint64_t access = opt.impdef ? impdef_access(esr) : 0;
	uint64_t iss2;

	if (access) {
		cpus[cpu].impdef++;
		return access;
	}
	if (!n || n > 26)
		return esr;
	iss2 = n == 1 ? 0xffffff : n == 2 ? 0x5a5a5a : BIT_ULL(n - 3);
	cpus[cpu].iss2++;
	return esr | iss2 << ISS2_SHIFT;
}

static void change_read(unsigned int cpu, unsigned int reg, unsigned int rt)
{
	uint64_t val = read_reg(regs.x[rt]);
	uint64_t new;

	if (reg == READ_SPSR)
		new = spsr_unkeep(val);
	else if (reg == READ_ESR)
		new = esr_value(cpu, val);
	else
		new = id_value(cpu, reg, val);
	if (new != val)
		write_x(rt, new);
}

static bool reads_change(unsigned int cpu, unsigned int reg)
{
	if (reg == READ_ESR)
		return PSTATE_EL(read_reg(regs.cpsr)) == 2;
	return reg == READ_SPSR || changed_on[reg] >> cpu & 1;
}

/*
 * The callbacks get what they need to know about the instruction as a number
 * instead of a pointer: nothing has to be freed when QEMU drops a block.
 */
#define UDATA(reg, rt, offset)	((void *)(uintptr_t)((offset) << 16 | (reg) << 8 | (rt)))
#define UDATA_RT(udata)		((uintptr_t)(udata) & 0xff)
#define UDATA_REG(udata)	((uintptr_t)(udata) >> 8 & 0xff)
#define UDATA_OFFSET(udata)	((uintptr_t)(udata) >> 16)

/* Before the instruction that follows an MRS in the same block */
static void after_read(unsigned int cpu, void *udata)
{
	if (reads_change(cpu, UDATA_REG(udata)))
		change_read(cpu, UDATA_REG(udata), UDATA_RT(udata));
}

/* Before an MRS that ends its block: leave it to the next block, whichever */
static void before_last_read(unsigned int cpu, void *udata)
{
	struct cpu *c = &cpus[cpu];

	if (!reads_change(cpu, UDATA_REG(udata)))
		return;
	if (qemu_plugin_u64_get(score_pending, cpu))
		miss(cpu, "the start of a block");
	c->pending.reg = UDATA_REG(udata);
	c->pending.rt = UDATA_RT(udata);
	c->pending.offset = UDATA_OFFSET(udata);
	qemu_plugin_u64_set(score_pending, cpu, PENDING_READ);
}

/*
 * Is this a guest hypervisor? What it writes to SPSR_ELx may end up in memory,
 * and its ERET traps: it is the host that returns, with an MSR of its own.
 */
static bool in_guest_hyp(void)
{
	return PSTATE_EL(read_reg(regs.cpsr)) == 1 && regs.hcr &&
	       read_reg(regs.hcr) & HCR_NV;
}

/* KVM routes interrupts to EL2 when it enters a guest, and only then */
static bool in_guest(void)
{
	return PSTATE_EL(read_reg(regs.cpsr)) == 1 && regs.hcr &&
	       read_reg(regs.hcr) & HCR_IMO;
}

/* Before MSR SPSR_ELx, Xt: Xt is restored before whatever executes next */
static void before_spsr_write(unsigned int cpu, void *udata)
{
	struct cpu *c = &cpus[cpu];
	unsigned int rt = UDATA_RT(udata);
	uint64_t val = read_reg(regs.x[rt]);

	if (!(val & PSTATE_AARCH32) || in_guest_hyp())
		return;
	write_x(rt, spsr_keep(val));
	c->pending.rt = rt;
	c->pending.value = val;
	qemu_plugin_u64_set(score_pending, cpu, PENDING_RESTORE);
}

/*
 * Did the MRS that ended the previous block trap? If nothing came in between,
 * the next instruction follows it. Otherwise an exception was taken, which the
 * return address tells to be of the MRS or, like an interrupt, of what follows.
 * Offsets in the page do, as a block may be mapped more than once.
 */
static bool read_trapped(unsigned int cpu)
{
	unsigned int offset = cpus[cpu].pending.offset;
	unsigned int el = PSTATE_EL(read_reg(regs.cpsr));

	if ((read_reg(regs.pc) & 0xfff) == ((offset + 4) & 0xfff))
		return false;
	return el && (read_reg(regs.elr[el]) & 0xfff) == offset;
}

/* If something is pending on this CPU: at the start of a block, mostly */
static void finish_pending(unsigned int cpu, void *udata)
{
	struct cpu *c = &cpus[cpu];
	uint64_t kind = qemu_plugin_u64_get(score_pending, cpu);

	(void)udata;
	qemu_plugin_u64_set(score_pending, cpu, PENDING_NONE);
	if (kind == PENDING_RESTORE)
		write_x(c->pending.rt, c->pending.value);
	else if (!read_trapped(cpu))
		change_read(cpu, c->pending.reg, c->pending.rt);
}

/* Before an ERET on a 64-bit only CPU. At EL0 it is going to be undefined */
static void before_eret(unsigned int cpu, void *udata)
{
	unsigned int el = PSTATE_EL(read_reg(regs.cpsr));
	uint64_t spsr = el ? read_reg(regs.spsr[el]) : 0;
	uint64_t written = spsr_unkeep(spsr);

	(void)udata;
	if (!(written & PSTATE_AARCH32) || in_guest_hyp())
		return;
	if (written == spsr)
		miss(cpu, "a mode that did not get into SPSR_ELx by an MSR");
	else if (in_guest())	/* which may do what it likes */
		return;
	else if (!cpus[cpu].illegal_returns++)
		complain("cpu %u: illegal return to AArch32 from EL%u", cpu, el);
}

/* Calls back if the value is not zero on this CPU */
static void call_if(struct qemu_plugin_u64 score, struct qemu_plugin_insn *insn,
		    qemu_plugin_vcpu_cb_t cb, void *udata)
{
	qemu_plugin_register_vcpu_insn_exec_cond_cb(insn, cb, QEMU_PLUGIN_CB_RW_REGS,
						    QEMU_PLUGIN_COND_NE, score, 0, udata);
}

static void translate_mrs(struct qemu_plugin_tb *tb, size_t i, unsigned int reg,
			  unsigned int rt)
{
	struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
	unsigned int offset = qemu_plugin_insn_vaddr(insn) & 0xfff;
	qemu_plugin_vcpu_cb_t cb = before_last_read;

	if (rt == XZR || (reg < NR_ID_REGS && !changed_on[reg]))
		return;
	if (i + 1 < qemu_plugin_tb_n_insns(tb)) {
		insn = qemu_plugin_tb_get_insn(tb, i + 1);
		cb = after_read;
	}
	if (reg == READ_SPSR)
		call_if(score_strict, insn, cb, UDATA(reg, rt, offset));
	else
		qemu_plugin_register_vcpu_insn_exec_cb(insn, cb, QEMU_PLUGIN_CB_RW_REGS,
						       UDATA(reg, rt, offset));
}

/* QEMU ends a block with a write to a register, but for a guest hypervisor's */
static void translate_spsr_write(struct qemu_plugin_tb *tb, size_t i, unsigned int rt)
{
	if (rt == XZR)
		return;
	call_if(score_strict, qemu_plugin_tb_get_insn(tb, i), before_spsr_write,
		UDATA(0, rt, 0));
	if (i + 1 < qemu_plugin_tb_n_insns(tb))
		call_if(score_pending, qemu_plugin_tb_get_insn(tb, i + 1),
			finish_pending, NULL);
}

static void translate_insn(struct qemu_plugin_tb *tb, size_t i)
{
	struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
	uint32_t opcode = 0;

	qemu_plugin_insn_data(insn, &opcode, sizeof(opcode));

	if (MRS_ID(opcode)) {
		translate_mrs(tb, i, opcode >> 5 & (NR_ID_REGS - 1), RT(opcode));
		return;
	}
	if ((opt.iss2 || opt.impdef) && (SYSREG_OP(opcode) == MRS_ESR_EL1 ||
					 SYSREG_OP(opcode) == MRS_ESR_EL2)) {
		translate_mrs(tb, i, READ_ESR, RT(opcode));
		return;
	}
	if (!strict_cpus())
		return;

	switch (SYSREG_OP(opcode)) {
	case MSR_SPSR_EL1:
	case MSR_SPSR_EL12:
	case MSR_SPSR_EL2:
	case MSR_SPSR_EL3:
		translate_spsr_write(tb, i, RT(opcode));
		return;
	case MSR_SPSR_EL1 | MSR_TO_MRS:
	case MSR_SPSR_EL12 | MSR_TO_MRS:
	case MSR_SPSR_EL2 | MSR_TO_MRS:
	case MSR_SPSR_EL3 | MSR_TO_MRS:
		translate_mrs(tb, i, READ_SPSR, RT(opcode));
		return;
	}
	if (opcode == ERET || opcode == ERETAA || opcode == ERETAB)
		call_if(score_strict, insn, before_eret, NULL);
}

/*
 * A block is translated when a vCPU is about to execute it, and is for one
 * execution state only. In AArch32 QEMU has the program counter in R15, and
 * what plugins see as "pc" and "cpsr" stays as AArch64 left it: at the ERET.
 */
static bool is_aarch32(const struct qemu_plugin_tb *tb)
{
	const struct qemu_plugin_insn *first = qemu_plugin_tb_get_insn(tb, 0);

	return read_reg(regs.pc) != qemu_plugin_insn_vaddr(first);
}

/* The syndrome of a tag access fault, when EL2 has read it by either name */

#define MRS_ESR_EL1_OR_EL2(insn)	(((insn) & 0xfffbffe0) == 0xd5385200)
#define ESR_EC_FSC			(0x3full << 26 | 0x3f)
#define ESR_EC_DABT_LOW			(0x24ull << 26)
#define ESR_TAG_ACCESS			BIT_ULL(41)
#define ESR_FSC_PERM_L3			0x0f

static struct {
	bool perm;
	struct qemu_plugin_u64 score;	/* Rt + 1 if it was read last in a block */
	unsigned long long changed[MAX_CPUS];
} tag_faults;

static void after_esr_read(unsigned int cpu, void *udata)
{
	unsigned int rt = UDATA_RT(udata);
	uint64_t esr = read_reg(regs.x[rt]);

	if (!(esr & ESR_TAG_ACCESS) || (esr & ESR_EC_FSC) != ESR_EC_DABT_LOW ||
	    PSTATE_EL(read_reg(regs.cpsr)) != 2)
		return;
	write_x(rt, esr | ESR_FSC_PERM_L3);
	tag_faults.changed[cpu]++;
}

/* EL2 does not trap, so all that can come next is at EL2 as well. */
static void before_last_esr_read(unsigned int cpu, void *udata)
{
	if (PSTATE_EL(read_reg(regs.cpsr)) == 2)
		qemu_plugin_u64_set(tag_faults.score, cpu, UDATA_RT(udata) + 1);
}

static void finish_esr_read(unsigned int cpu, void *udata)
{
	unsigned int rt = qemu_plugin_u64_get(tag_faults.score, cpu) - 1;

	(void)udata;
	qemu_plugin_u64_set(tag_faults.score, cpu, 0);
	after_esr_read(cpu, UDATA(0, rt, 0));
}

static void translate_esr_reads(struct qemu_plugin_tb *tb, size_t n)
{
	uint32_t opcode;
	size_t i;

	if (!tag_faults.perm)
		return;
	qemu_plugin_register_vcpu_tb_exec_cond_cb(tb, finish_esr_read,
						  QEMU_PLUGIN_CB_RW_REGS,
						  QEMU_PLUGIN_COND_NE,
						  tag_faults.score, 0, NULL);
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		qemu_plugin_vcpu_cb_t cb = before_last_esr_read;

		opcode = 0;
		qemu_plugin_insn_data(insn, &opcode, sizeof(opcode));
		if (!MRS_ESR_EL1_OR_EL2(opcode) || RT(opcode) == XZR)
			continue;
		if (i + 1 < n) {
			insn = qemu_plugin_tb_get_insn(tb, i + 1);
			cb = after_esr_read;
		}
		qemu_plugin_register_vcpu_insn_exec_cb(insn, cb, QEMU_PLUGIN_CB_RW_REGS,
						       UDATA(0, RT(opcode), 0));
	}
}

static void translate(struct qemu_plugin_tb *tb, void *udata)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	size_t i;

	(void)udata;
	qemu_plugin_register_vcpu_tb_exec_cond_cb(tb, finish_pending,
						  QEMU_PLUGIN_CB_RW_REGS,
						  QEMU_PLUGIN_COND_NE,
						  score_pending, PENDING_NONE, NULL);

	if (is_aarch32(tb)) {
		qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(tb,
								  QEMU_PLUGIN_INLINE_ADD_U64,
								  score_aarch32, n);
		return;
	}
	for (i = 0; i < n; i++)
		translate_insn(tb, i);
	translate_esr_reads(tb, n);
}

static struct qemu_plugin_register *find_reg(const struct g_array *array,
					     const char *name)
{
	const struct qemu_plugin_reg_desc *desc = (const void *)array->data;
	unsigned int i;

	for (i = 0; i < array->len; i++)
		if (!strcmp(desc[i].name, name))
			return desc[i].handle;
	return NULL;
}

/* The vCPUs are of one model and have the same handles: the first one's do */
static void find_regs(void)
{
	struct g_array *array = qemu_plugin_get_registers();
	char name[16];
	int i;

	for (i = 0; i < XZR; i++) {
		snprintf(name, sizeof(name), "x%d", i);
		regs.x[i] = find_reg(array, name);
	}
	regs.pc = find_reg(array, "pc");
	regs.cpsr = find_reg(array, "cpsr");
	regs.hcr = find_reg(array, "HCR_EL2");
	regs.far_el2 = find_reg(array, "FAR_EL2");
	for (i = 1; i < 4; i++) {
		snprintf(name, sizeof(name), "SPSR_EL%d", i);
		regs.spsr[i] = find_reg(array, name);
		snprintf(name, sizeof(name), "ELR_EL%d", i);
		regs.elr[i] = find_reg(array, name);
	}
	g_array_free(array, 1);
}

/*
 * With one thread for all vCPUs (thread=single, icount) QEMU translates blocks
 * for the vCPU that comes first, and then tells us its index on all of them.
 */
static void check_thread(unsigned int cpu)
{
	static __thread bool used;

	if (used) {
		complain("CPU %u has no thread of its own: use -accel tcg,thread=multi or -smp 1",
			 cpu);
		_exit(1);
	}
	used = true;
}

static void vcpu_init(unsigned int cpu, void *udata)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)udata;
	check_thread(cpu);
	pthread_once(&once, find_regs);
	if (strict_cpus() >> cpu & 1)
		qemu_plugin_u64_set(score_strict, cpu, 1);
}

static void write_report(void *udata)
{
	FILE *f = opt.report_file;
	unsigned int cpu, i;

	(void)udata;
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		fprintf(f, "cpu=%u 64only=%d rewrites=%llu", cpu, is_64only(cpu),
			cpus[cpu].rewrites);
		fprintf(f, " illegal_returns=%llu aarch32_insns=%llu missed=%llu",
			cpus[cpu].illegal_returns,
			(unsigned long long)qemu_plugin_u64_get(score_aarch32, cpu),
			cpus[cpu].missed);
		if (opt.iss2)
			fprintf(f, " iss2=%llu", cpus[cpu].iss2);
		if (opt.impdef)
			fprintf(f, " impdef=%llu", cpus[cpu].impdef);
		fputc('\n', f);
	}
	for (i = 0; i < opt.nr_rules; i++)
		for (cpu = 0; cpu < nr_cpus; cpu++)
			if (opt.rules[i].cpus >> cpu & 1)
				fprintf(f, "set=%s cpu=%u rewrites=%llu\n",
					opt.rules[i].text, cpu,
					cpus[cpu].rule_rewrites[i]);
	for (cpu = 0; tag_faults.perm && cpu < nr_cpus; cpu++)
		fprintf(f, "tag-faults cpu=%u changed=%llu\n", cpu,
			tag_faults.changed[cpu]);
	if (fclose(f))
		complain("report=%s: %s", opt.report, strerror(errno));
}

/* Options */

static const struct {
	const char *name;
	unsigned int reg;
} id_names[] = {
	{ "id_aa64pfr0_el1", ID_REG(4, 0) },	{ "id_aa64pfr1_el1", ID_REG(4, 1) },
	{ "id_aa64pfr2_el1", ID_REG(4, 2) },	{ "id_aa64zfr0_el1", ID_REG(4, 4) },
	{ "id_aa64smfr0_el1", ID_REG(4, 5) },	{ "id_aa64fpfr0_el1", ID_REG(4, 7) },
	{ "id_aa64dfr0_el1", ID_REG(5, 0) },	{ "id_aa64dfr1_el1", ID_REG(5, 1) },
	{ "id_aa64dfr2_el1", ID_REG(5, 2) },	{ "id_aa64afr0_el1", ID_REG(5, 4) },
	{ "id_aa64afr1_el1", ID_REG(5, 5) },	{ "id_aa64isar0_el1", ID_REG(6, 0) },
	{ "id_aa64isar1_el1", ID_REG(6, 1) },	{ "id_aa64isar2_el1", ID_REG(6, 2) },
	{ "id_aa64isar3_el1", ID_REG(6, 3) },	{ "id_aa64mmfr0_el1", ID_REG(7, 0) },
	{ "id_aa64mmfr1_el1", ID_REG(7, 1) },	{ "id_aa64mmfr2_el1", ID_REG(7, 2) },
	{ "id_aa64mmfr3_el1", ID_REG(7, 3) },	{ "id_aa64mmfr4_el1", ID_REG(7, 4) },
};

/* Takes a number off the front of *s */
static bool parse_number(const char **s, uint64_t *val)
{
	char *end;

	if (**s < '0' || **s > '9')
		return false;
	errno = 0;
	*val = strtoull(*s, &end, 0);
	*s = end;
	return !errno;
}

static bool parse_cpus(const char *opt_text, const char *s, uint64_t *mask)
{
	uint64_t first, last;

	*mask = 0;
	for (;; s++) {
		if (!parse_number(&s, &first))
			break;
		last = first;
		if (*s == '-' && (s++, !parse_number(&s, &last)))
			break;
		if (first > last)
			break;
		if (last >= nr_cpus) {
			complain("%s: there is no CPU %llu, only 0-%u", opt_text,
				 (unsigned long long)last, nr_cpus - 1);
			return false;
		}
		for (; first <= last; first++)
			*mask |= 1ull << first;
		if (!*s)
			return true;
		if (*s != '+')
			break;
	}
	complain("%s: not a list of CPUs like 0+2-3", opt_text);
	return false;
}

static bool parse_reg(const char *name, size_t len, unsigned int *reg)
{
	char buf[32], tail;
	unsigned int i, crm, op2;

	if (len >= sizeof(buf))
		return false;
	memcpy(buf, name, len);
	buf[len] = '\0';
	for (i = 0; i < ARRAY_SIZE(id_names); i++) {
		if (!strcmp(buf, id_names[i].name)) {
			*reg = id_names[i].reg;
			return true;
		}
	}
	if (sscanf(buf, "s3_0_c0_c%1u_%1u%c", &crm, &op2, &tail) != 2 ||
	    crm > 7 || op2 > 7)
		return false;
	*reg = ID_REG(crm, op2);
	return true;
}

/* REG.LSB[:WIDTH]=VALUE[@CPUS] */
static bool parse_set(const char *text, const char *s)
{
	struct rule *r = &opt.rules[opt.nr_rules];
	const char *dot = strchr(s, '.');
	uint64_t lsb, width = 4;

	if (opt.nr_rules == MAX_RULES) {
		complain("%s: more than %d rules", text, MAX_RULES);
		return false;
	}
	if (!dot || !parse_reg(s, dot - s, &r->reg)) {
		complain("%s: unknown ID register", text);
		return false;
	}
	r->text = s;
	s = dot + 1;
	if (!parse_number(&s, &lsb) ||
	    (*s == ':' && (s++, !parse_number(&s, &width))) ||
	    !width || lsb >= 64 || width > 64 - lsb || *s != '=') {
		complain("%s: not a field like .LSB=VALUE or .LSB:WIDTH=VALUE", text);
		return false;
	}
	s++;
	r->mask = ~0ull >> (64 - width);
	if (!parse_number(&s, &r->value) || r->value & ~r->mask || (*s && *s != '@')) {
		complain("%s: not a number of %u bits", text, (unsigned int)width);
		return false;
	}
	r->mask <<= lsb;
	r->value <<= lsb;
	r->cpus = ~0ull >> (64 - nr_cpus);
	if (*s == '@' && !parse_cpus(text, s + 1, &r->cpus))
		return false;
	changed_on[r->reg] |= r->cpus;
	opt.nr_rules++;
	return true;
}

/* Exactly one of two words */
static bool parse_word(const char *text, const char *s, const char *no,
		       const char *yes, bool *val)
{
	*val = !strcmp(s, yes);
	if (*val || !strcmp(s, no))
		return true;
	complain("%s: neither %s nor %s", text, yes, no);
	return false;
}

static bool parse_option(const char *text)
{
	const char *val = strchr(text, '=');
	size_t len = val ? (size_t)(val - text) : 0;

#define IS(name)	(len == sizeof(name) - 1 && !memcmp(text, name, len))
	val++;
	if (IS("64only"))
		return parse_cpus(text, val, &opt.cpus_64only);
	if (IS("refuse32"))
		return parse_cpus(text, val, &opt.refuse32);
	if (IS("aarch32-regs"))
		return parse_word(text, val, "raz", "poison", &opt.poison);
	if (IS("strict-eret"))
		return parse_word(text, val, "off", "on", &opt.strict_eret);
	if (IS("iss2"))
		return parse_word(text, val, "off", "on", &opt.iss2);
	if (IS("impdef"))
		return parse_word(text, val, "off", "on", &opt.impdef);
	if (IS("set"))
		return parse_set(text, val);
	if (IS("report") && *val) {
		opt.report = val;
		return true;
	}
	if (IS("tag-faults"))
		return parse_word(text, val, "qemu", "perm", &tag_faults.perm);
#undef IS
	complain("%s: unknown option", text);
	return false;
}

static struct qemu_plugin_u64 score_member(struct qemu_plugin_scoreboard *score,
					   size_t offset)
{
	return (struct qemu_plugin_u64){ .score = score, .offset = offset };
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(uint64_t id,
					   const struct qemu_plugin_info *info,
					   int argc, char **argv)
{
	struct qemu_plugin_scoreboard *score;
	unsigned int reg;
	int i;

	if (!info->system_emulation || strcmp(info->target_name, "aarch64")) {
		complain("this is for qemu-system-aarch64");
		return -1;
	}
	nr_cpus = info->system.smp_vcpus;
	if (!nr_cpus || nr_cpus > MAX_CPUS) {
		complain("%u CPUs, can do %d", nr_cpus, MAX_CPUS);
		return -1;
	}
	for (i = 0; i < argc; i++)
		if (!parse_option(argv[i]))
			return -1;

	/* Now, so that a report of an earlier run is gone if this one is killed */
	if (opt.report) {
		opt.report_file = fopen(opt.report, "w");
		if (!opt.report_file) {
			complain("report=%s: %s", opt.report, strerror(errno));
			return -1;
		}
	}

	for (reg = ID_REG(1, 0); reg < ID_REG(4, 0); reg++)
		changed_on[reg] |= opt.cpus_64only;
	changed_on[ID_AA64PFR0] |= opt.cpus_64only;

	score = qemu_plugin_scoreboard_new(sizeof(struct score));
	score_pending = score_member(score, offsetof(struct score, pending));
	score_strict = score_member(score, offsetof(struct score, strict));
	score_aarch32 = score_member(score, offsetof(struct score, aarch32_insns));
	tag_faults.score = score_member(qemu_plugin_scoreboard_new(sizeof(uint64_t)), 0);

	qemu_plugin_register_vcpu_init_cb(id, vcpu_init, NULL);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate, NULL);
	if (opt.report)
		qemu_plugin_register_atexit_cb(id, write_report, NULL);
	return 0;
}
