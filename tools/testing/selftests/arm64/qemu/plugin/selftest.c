// SPDX-License-Identifier: GPL-2.0
/*
 * What the CPUs of a machine with the plugin look like to software
 *
 * Runs on QEMU's "virt" machine without an operating system: at EL1, or at EL2
 * if the machine has it. The CPUs go through the same checks one after the
 * other, and then all at the same time. What is to be expected is found in
 * memory, where the command line of QEMU puts it. Results are KTAP on the UART.
 */
#include "selftest.h"

#define STRESS_ROUNDS	500

/* Where selftest.sh lets QEMU's loader device put what to expect */
#define EXPECT_ADDR	((const u64 *)0x47000000)
#define EXPECT_64ONLY(cpu)	(load(EXPECT_ADDR) >> (cpu) & 1)
#define EXPECT_POISON	(load(EXPECT_ADDR) >> 8 & 1)
#define EXPECT_SET	(load(EXPECT_ADDR) >> 9 & 1)
#define EXPECT_ISS2	(load(EXPECT_ADDR) >> 10 & 1)
#define EXPECT_IMPDEF	(load(EXPECT_ADDR) >> 11 & 1)

#define POISON		0xdeadbeefUL

#define PSCI_SYSTEM_OFF	0x84000008UL
#define PSCI_CPU_ON	0xc4000003UL

/* Tag access faults are to be those of the architecture */
#define EXPECT_TAG_FAULTS	(load(EXPECT_ADDR) >> 12 & 1)

/* Names for the ID registers by CRm and op2 */
#define ID_REG(crm, op2)	((crm) * 8 + (op2))
#define ID_AA64PFR0	ID_REG(4, 0)
#define ID_AA64ISAR2	ID_REG(6, 2)
#define ID_AA64MMFR1	ID_REG(7, 1)
#define ID_AA64MMFR2	ID_REG(7, 2)

#define SPSR_USR32	0x1d0UL
#define SPSR_EL0	0x3c0UL
#define SPSR_EL1H	0x3c5UL
#define SPSR_MODE	0x1fUL
#define SPSR_AARCH32	0x10UL
#define SPSR_D		BIT(9)
#define SPSR_IL		BIT(20)
#define SPSR_SS		BIT(21)

#define ESR_EC(esr)	((esr) >> 26 & 0x3f)
#define EC_ILLEGAL	0x0e
#define EC_SVC32	0x11
#define EC_SVC64	0x15
#define EC_HVC64	0x16
#define EC_SYS64	0x18
#define EC_ERET		0x1a
#define EC_DABT_LOW	0x24
#define EC_STEP_SAME_EL	0x33
#define EC_BKPT32	0x38
#define EC_BRK64	0x3c

#define HCR_TID3	BIT(18)
#define HCR_TGE		BIT(27)
#define HCR_RW		BIT(31)
#define HCR_E2H		BIT(34)
#define HCR_NV		BIT(42)
#define HCR_NV1		BIT(43)
#define HCR_NV2		BIT(45)

#define MDSCR_SS	BIT(0)
#define MDSCR_KDE	BIT(13)

/* The results are printed last, behind a plan that has their number */
static char text[1 << 16];
static u32 text_len, nr_tests;

/* What the plugin should have counted for this CPU when the tests are over */
static u64 reads[CPUS], illegal_returns[CPUS], aarch32_insns[CPUS];
static u64 iss2_reads[CPUS], impdef_reads[CPUS];

static u64 cpu_done[CPUS], stress_go, stress_bad[CPUS];

static void print(const char *s)
{
	while (*s)
		uart_write(*s++);
}

static void add(const char *s)
{
	while (*s && text_len < sizeof(text) - 1)
		text[text_len++] = *s++;
}

static void add_number(u64 val, u64 base)
{
	char buf[20], *p = buf + sizeof(buf) - 1;

	*p = 0;
	do {
		*--p = "0123456789abcdef"[val % base];
		val /= base;
	} while (val);
	add(p);
}

static void result(bool ok, u64 cpu, const char *group, const char *name)
{
	add(ok ? "ok " : "not ok ");
	add_number(++nr_tests, 10);
	add(" cpu");
	add_number(cpu, 10);
	add(" ");
	add(group);
	add(name);
	add("\n");
}

static void value(const char *name, u64 val)
{
	add("# ");
	add(name);
	add(" 0x");
	add_number(val, 16);
	add("\n");
}

static void expect(u64 cpu, const char *group, const char *name, u64 val, u64 want)
{
	if (val != want) {
		value("expected", want);
		value("found", val);
	}
	result(val == want, cpu, group, name);
}

static u64 read_id(u32 reg)
{
	return ((u64 (*)(void))(id_readers + reg * 8))();
}

static u64 current_el(void)
{
	return read_sysreg(currentel) >> 2 & 3;
}

/* Fields EL0 and EL1 of ID_AA64PFR0_EL1. Without the plugin EL0 has AArch32 */
static bool pfr0_ok(u64 cpu, u64 pfr0)
{
	reads[cpu]++;
	if (!EXPECT_64ONLY(cpu))
		return (pfr0 & 0xf) == 2;
	return (pfr0 & 0xff) == 0x11;
}

static bool aarch32_id_ok(u64 cpu, u64 val)
{
	reads[cpu]++;
	if (EXPECT_64ONLY(cpu))
		return val == (EXPECT_POISON ? POISON : 0);
	return val && val != POISON;
}

static void test_id_registers(u64 cpu)
{
	static u64 first_mmfr1;
	u64 vals[4];
	u32 reg, bad = 0;

	result(pfr0_ok(cpu, read_id(ID_AA64PFR0)), cpu, "", "ID_AA64PFR0_EL1");

	/* ID_AFR0 is zero on every model, and so is most of what comes late */
	for (reg = ID_REG(1, 0); reg < ID_REG(4, 0); reg++)
		if (!aarch32_id_ok(cpu, read_id(reg)) &&
		    (EXPECT_64ONLY(cpu) || (reg < ID_REG(2, 6) && reg != ID_REG(1, 3))))
			bad++;
	expect(cpu, "", "AArch32 ID registers", bad, 0);

	/* As if an interrupt had come just before it: it still is not a trap */
	if (current_el() == 2)
		write_sysreg(read_at_page_end, elr_el2);
	else
		write_sysreg(read_at_page_end, elr_el1);
	result(pfr0_ok(cpu, read_at_page_end()), cpu, "", "read at the end of a page");
	result(pfr0_ok(cpu, read_before_branch()), cpu, "", "read before a branch");
	read_back_to_back(vals);
	reads[cpu]++;	/* overwritten by the next one */
	result(pfr0_ok(cpu, vals[0]) && aarch32_id_ok(cpu, vals[1]) &&
	       pfr0_ok(cpu, vals[2]) && pfr0_ok(cpu, vals[3]),
	       cpu, "", "reads back to back");
	expect(cpu, "", "read to XZR", read_to_xzr(), 0);

	if (!EXPECT_SET)
		return;
	vals[0] = read_id(ID_AA64MMFR1);
	if (!cpu)
		first_mmfr1 = vals[0];
	if (cpu & 1)
		expect(cpu, "", "field set on this CPU", vals[0] >> 16 & 0xf, 0xe);
	else
		result((vals[0] >> 16 & 0xf) != 0xe, cpu, "", "field not set on this CPU");
	expect(cpu, "", "rest of that register", vals[0] & ~0xf0000UL,
	       first_mmfr1 & ~0xf0000UL);
	expect(cpu, "", "field set on all CPUs", read_id(ID_AA64ISAR2) >> 4 & 0xff, 0x5a);
}

/* Returns to AArch32, by what came of them: a move and an SVC, or nothing */
static void count_eret32(u64 cpu, u64 esr)
{
	if (ESR_EC(esr) == EC_SVC32)
		aarch32_insns[cpu] += 2;
	else
		illegal_returns[cpu]++;
}

static void eret32(u64 cpu, enter_t *enter, u64 spsr, struct out *out)
{
	enter((u64)aarch32_code, spsr, 0, out);
	count_eret32(cpu, out->esr);
}

/* What came back from a return to AArch32 at EL0, or the lack of one */
static bool eret32_ok(u64 cpu, const struct out *out)
{
	if (!EXPECT_64ONLY(cpu))
		return ESR_EC(out->esr) == EC_SVC32 && out->x0 == 42 &&
		       out->spsr & SPSR_AARCH32 &&
		       out->elr == (u64)aarch32_code + 8;
	return ESR_EC(out->esr) == EC_ILLEGAL && out->spsr & SPSR_IL &&
	       !(out->spsr & SPSR_AARCH32) && out->spsr >> 2 & 3 &&
	       out->elr == (u64)aarch32_code;
}

static void eret32_result(u64 cpu, const struct out *out, const char *group,
			  const char *name)
{
	if (!eret32_ok(cpu, out)) {
		value("ESR", out->esr);
		value("ELR", out->elr);
		value("SPSR", out->spsr);
		value("x0", out->x0);
	}
	result(eret32_ok(cpu, out), cpu, group, name);
}

/* From the current exception level, by one of the names of its registers */
static void test_eret(u64 cpu, const char *group, enter_t *enter)
{
	struct out out;

	enter((u64)aarch64_code, SPSR_EL0, 0, &out);
	result(ESR_EC(out.esr) == EC_SVC64 && out.x0 == 43, cpu, group,
	       "return to AArch64");

	eret32(cpu, enter, SPSR_USR32, &out);
	eret32_result(cpu, &out, group, "return to AArch32");
	expect(cpu, group, "SPSR reads as written", out.spsr_back, SPSR_USR32);
	expect(cpu, group, "register written to SPSR", out.xt_back, SPSR_USR32);

	/* All modes of AArch32 can be written and read, whatever they lead to */
	for (u64 mode = 0x10; mode < 0x20; mode++) {
		eret32(cpu, enter, mode | 0xf00001c0UL, &out);
		if (out.spsr_back != (mode | 0xf00001c0UL))
			break;
	}
	expect(cpu, group, "SPSR reads as written in all modes", out.spsr_back,
	       0xf00001dfUL);
}

static void test_step(u64 cpu)
{
	u64 mdscr = read_sysreg(mdscr_el1);
	struct out out;

	/* An exception comes after the read and before what follows it */
	write_sysreg(0, oslar_el1);
	write_sysreg(mdscr | MDSCR_KDE | MDSCR_SS, mdscr_el1);
	enter_el1((u64)(id_readers + ID_AA64PFR0 * 8),
		  (SPSR_EL1H & ~SPSR_D) | SPSR_SS, 0, &out);
	write_sysreg(mdscr, mdscr_el1);
	expect(cpu, "", "software step over a read is taken", ESR_EC(out.esr),
	       EC_STEP_SAME_EL);
	result(pfr0_ok(cpu, out.x0), cpu, "", "read that was stepped over");
}

static void test_el1(u64 cpu)
{
	test_eret(cpu, "EL1: ", enter_el1);
	test_eret(cpu, "EL1, ERETAA: ", enter_el1_aa);
	test_eret(cpu, "EL1, ERETAB: ", enter_el1_ab);
	test_step(cpu);
}

static void set_hcr(u64 hcr)
{
	write_sysreg(hcr | HCR_RW, hcr_el2);
}

/*
 * A guest whose stage 1 is off, and is Tagged by HCR_EL2.DC and DCT. Stage 2
 * maps RAM as Normal Write-Back without access to tags, and nothing else.
 */
#define HCR_VM		BIT(0)
#define HCR_DC		BIT(12)
#define HCR_ATA		BIT(56)
#define HCR_DCT		BIT(57)
#define SCTLR_ATA	BIT(43)
/* 39 bits, starts at level 1: an entry is 1 GiB */
#define VTCR		(BIT(31) | 2UL << 16 | 3UL << 12 | 1UL << 10 | 1UL << 8 | \
			 1UL << 6 | 25UL)
#define S2_RAM		0x40000000UL
#define S2_BLOCK_NOTAG	(BIT(10) | 3UL << 8 | 3UL << 6 | 4UL << 2 | 1UL)

#define ESR_EC_TAG_WNR_TYPE	(0x3fUL << 26 | BIT(41) | BIT(6) | 0x3c)
#define ESR_TAG_FAULT	(0x24UL << 26 | BIT(41) | 0x0c)
#define ESR_TAG_FAULT_WNR	(ESR_TAG_FAULT | BIT(6))
#define ESR_NOT_MAPPED	(0x24UL << 26 | 0x04)

static _Alignas(4096) u64 stage2[512];
static u64 tag_faults[CPUS];

static void test_tag_fault(u64 cpu, const char *group, enter_t *enter)
{
	u64 addr = (u64)vncr_pages[cpu];
	struct out out;

	enter((u64)load_tag, SPSR_EL1H, addr, &out);
	expect(cpu, group, "load of a tag", out.esr & ESR_EC_TAG_WNR_TYPE, ESR_TAG_FAULT);
	enter((u64)store_tag, SPSR_EL1H, addr, &out);
	expect(cpu, group, "store of a tag", out.esr & ESR_EC_TAG_WNR_TYPE,
	       ESR_TAG_FAULT_WNR);
	tag_faults[cpu] += 2;
	enter((u64)load_tag, SPSR_EL1H, 0, &out);
	expect(cpu, group, "load of a tag that is not mapped",
	       out.esr & ESR_EC_TAG_WNR_TYPE, ESR_NOT_MAPPED);
}

static void test_tag_faults(u64 cpu, const char *group, u64 e2h)
{
	u64 sctlr = e2h ? read_sysreg(S3_5_C1_C0_0) : read_sysreg(sctlr_el1);

	if (!EXPECT_TAG_FAULTS)
		return;

	stage2[S2_RAM >> 30] = S2_RAM | S2_BLOCK_NOTAG;
	write_sysreg(VTCR, vtcr_el2);
	write_sysreg((u64)stage2, vttbr_el2);
	asm volatile("dsb sy\n\ttlbi vmalls12e1\n\tdsb sy" : : : "memory");
	set_hcr(e2h | HCR_VM | HCR_DC | HCR_DCT | HCR_ATA);
	if (e2h)
		write_sysreg(sctlr | SCTLR_ATA, S3_5_C1_C0_0);
	else
		write_sysreg(sctlr | SCTLR_ATA, sctlr_el1);
	test_tag_fault(cpu, group, enter_el2);
	if (e2h)
		test_tag_fault(cpu, "EL2, by EL1 names: ", enter_el1);
	if (e2h)
		write_sysreg(sctlr, S3_5_C1_C0_0);
	else
		write_sysreg(sctlr, sctlr_el1);
	set_hcr(e2h);
}

static void add_tag_report(u64 cpu)
{
	if (!EXPECT_TAG_FAULTS)
		return;
	add("# tag-faults cpu=");
	add_number(cpu, 10);
	add(" changed=");
	add_number(tag_faults[cpu], 10);
	add("\n");
}

/* A guest's read that traps is the hypervisor's business */
static void test_guest_read(u64 cpu, const char *group, const char *name, char *code)
{
	struct out out;

	enter_el2((u64)code, SPSR_EL1H, 0, &out);
	result(ESR_EC(out.esr) == EC_HVC64 && pfr0_ok(cpu, out.x0), cpu, group, name);

	set_hcr(read_sysreg(hcr_el2) | HCR_TID3);
	enter_el2((u64)code, SPSR_EL1H, 0x5a5a2222, &out);
	if (ESR_EC(out.esr) == EC_SYS64 && out.elr == (u64)code)
		expect(cpu, group, "the same, trapped: Rt", out.x0, 0x5a5a2222);
	else
		expect(cpu, group, "the same, trapped", ESR_EC(out.esr), EC_SYS64);
	enter_el2((u64)code + 4, SPSR_EL1H, 0x3333, &out);
	set_hcr(read_sysreg(hcr_el2) & ~HCR_TID3);
	expect(cpu, group, "the same, emulated", out.x0, 0x3333);
}

/* A guest goes to AArch32, and is saved and restored just before it does */
static void test_guest_eret(u64 cpu, const char *group)
{
	bool e2h = read_sysreg(hcr_el2) & HCR_E2H;
	struct out out;
	u64 spsr;

	enter_el2((u64)guest_eret, SPSR_EL1H, SPSR_USR32, &out);
	spsr = e2h ? read_sysreg(S3_5_C4_C0_0) : read_sysreg(spsr_el1);
	expect(cpu, group, "SPSR of the guest as saved", spsr, SPSR_USR32);
	if (e2h)
		write_sysreg(0x3c5, S3_5_C4_C0_0);
	else
		write_sysreg(0x3c5, spsr_el1);
	if (e2h)
		write_sysreg(spsr, S3_5_C4_C0_0);
	else
		write_sysreg(spsr, spsr_el1);
	enter_el2(out.elr, SPSR_EL1H, 0, &out);
	count_eret32(cpu, out.x0);
	expect(cpu, group, "guest returns to AArch32", ESR_EC(out.x0),
	       EXPECT_64ONLY(cpu) ? EC_ILLEGAL : EC_SVC32);
}

/*
 * A guest hypervisor's SPSR_ELx is the host's or memory. What it wants to be in
 * there is for the host to see.
 */
static void test_guest_hyp(u64 cpu, const char *group)
{
	u64 nv = read_id(ID_AA64MMFR2) >> 24 & 0xf;
	struct out out;

	if (!nv)
		return;
	set_hcr(read_sysreg(hcr_el2) | HCR_NV);
	enter_el2((u64)guest_write_spsr_el2, SPSR_EL1H, SPSR_USR32, &out);
	expect(cpu, group, "guest hypervisor writes SPSR_EL2: trap",
	       ESR_EC(out.esr), EC_SYS64);
	expect(cpu, group, "guest hypervisor writes SPSR_EL2: Rt", out.x0, SPSR_USR32);
	enter_el2((u64)guest_hyp_eret, SPSR_EL1H, SPSR_USR32, &out);
	expect(cpu, group, "guest hypervisor returns to AArch32: trap",
	       ESR_EC(out.esr), EC_ERET);

	if (nv < 2) {
		set_hcr(read_sysreg(hcr_el2) & ~HCR_NV);
		return;
	}
	set_hcr(read_sysreg(hcr_el2) | HCR_NV1 | HCR_NV2);
	write_sysreg(vncr_pages[cpu], S3_4_C2_C2_0);
	enter_el2((u64)guest_write_spsr_el1, SPSR_EL1H, SPSR_USR32, &out);
	set_hcr(read_sysreg(hcr_el2) & ~(HCR_NV | HCR_NV1 | HCR_NV2));
	expect(cpu, group, "guest hypervisor writes SPSR_EL1: no trap",
	       ESR_EC(out.esr), EC_HVC64);
	expect(cpu, group, "guest hypervisor writes SPSR_EL1: memory",
	       vncr_pages[cpu][VNCR_SPSR_EL1 / 8], SPSR_USR32);
}

/* The upper half of a syndrome: what the plugin is asked for, or none */
static u64 iss2(u64 cpu, u64 n)
{
	if (!EXPECT_ISS2 || !n || n > 26)
		return 0;
	iss2_reads[cpu]++;
	return n == 1 ? 0xffffff : n == 2 ? 0x5a5a5a : BIT(n - 3);
}

/* Exceptions of EL0 that are taken to EL2, by HCR_EL2.TGE */
static void test_iss2(u64 cpu, const char *group, enter_t *enter)
{
	u64 bad = 0;
	struct out out;

	for (u64 n = 0; n < 28; n++) {
		enter((u64)brk_code + 8 * n, SPSR_EL0, 0, &out);
		if (ESR_EC(out.esr) != EC_BRK64 ||
		    (out.esr & 0xffff) != 0x1d00 + n ||
		    out.esr >> 32 != iss2(cpu, n))
			bad++;
	}
	expect(cpu, group, "syndromes of BRK", bad, 0);
	enter((u64)brk_other_code, SPSR_EL0, 0, &out);
	expect(cpu, group, "syndrome of another BRK", out.esr >> 32, 0);
}

/* The MMU is off, and there is nothing at these addresses */
static void test_iss2_abort(u64 cpu, const char *group)
{
	u64 bad = 0;
	struct out out;

	for (u64 n = 0; n < 28; n++) {
		enter_el2((u64)load_code, SPSR_EL0, 0x5a5a5000 + 16 * n, &out);
		if (ESR_EC(out.esr) != EC_DABT_LOW ||
		    out.esr >> 32 != iss2(cpu, n))
			bad++;
	}
	expect(cpu, group, "syndromes of data aborts", bad, 0);
	enter_el2((u64)load_code, SPSR_EL0, 0x5a5a6010, &out);
	expect(cpu, group, "syndrome of another data abort", out.esr >> 32, 0);
}

/* What BRK and BKPT #0x1e00 + n stand for, or what they are */
static void test_impdef(u64 cpu, const char *group, enter_t *enter)
{
	/* EC, IL, op0 or condition, CRn or Rt2, Rt, CRm, direction */
	static const u32 accesses[] = { 0x62303c61, 0x62303c60, 0x62103c61, 0x62103c60 };
	static const u32 accesses_a32[] = { 0x0fe03c61, 0x0fe03c60, 0x13e0107f, 0x13e0107e };
	u64 bad = 0, bad_a32 = 0;
	struct out out;

	for (u64 n = 0; n < 5; n++) {
		bool access = EXPECT_IMPDEF && n < 4;

		enter((u64)impdef_code + 8 * n, SPSR_EL0, 0, &out);
		impdef_reads[cpu] += access;
		bad += out.esr != (access ? accesses[n] :
				   (u64)EC_BRK64 << 26 | BIT(25) | (0x1e00 + n));

		if (EXPECT_64ONLY(cpu))
			continue;
		enter((u64)impdef_code_a32 + 8 * n, SPSR_USR32, 0, &out);
		impdef_reads[cpu] += access;
		aarch32_insns[cpu]++;
		bad_a32 += out.esr != (access ? accesses_a32[n] :
				       (u64)EC_BKPT32 << 26 | BIT(25) | (0x1e00 + n));
	}
	expect(cpu, group, "syndromes of accesses", bad, 0);
	expect(cpu, group, "syndromes of accesses, AArch32", bad_a32, 0);
}

static void test_el2(u64 cpu, const char *group, u64 e2h)
{
	set_hcr(e2h | HCR_TGE);
	test_iss2(cpu, group, enter_el2);
	test_iss2_abort(cpu, group);
	test_impdef(cpu, group, enter_el2);
	if (e2h) {
		test_iss2(cpu, "EL2, by EL1 names: ", enter_el1);
		test_impdef(cpu, "EL2, by EL1 names: ", enter_el1);
	}
	test_eret(cpu, group, enter_el2);
	test_eret(cpu, group, enter_el2_aa);
	test_eret(cpu, group, enter_el2_ab);
	if (e2h)
		test_eret(cpu, "EL2, by EL1 names: ", enter_el1);
	set_hcr(e2h);
	test_guest_read(cpu, group, "guest read", guest_read);
	test_guest_read(cpu, group, "guest read at the end of a page",
			guest_read_at_page_end);
	test_guest_eret(cpu, group);
	test_guest_hyp(cpu, group);
	test_tag_faults(cpu, group, e2h);
}

/* The same code on all CPUs at the same time: they share translated blocks */
static void stress(u64 cpu)
{
	enter_t *enter = current_el() == 2 ? enter_el2 : enter_el1;
	struct out out;
	u32 i;

	if (current_el() == 2)
		set_hcr(HCR_TGE);
	while (!load(&stress_go))
		;
	for (i = 0; i < STRESS_ROUNDS; i++) {
		stress_bad[cpu] += !pfr0_ok(cpu, read_id(ID_AA64PFR0));
		stress_bad[cpu] += !pfr0_ok(cpu, read_at_page_end());
		eret32(cpu, enter, SPSR_USR32, &out);
		stress_bad[cpu] += !eret32_ok(cpu, &out);
		stress_bad[cpu] += out.spsr_back != SPSR_USR32;
	}
}

/* A line of the plugin's report as it should be */
static void add_report(u64 cpu)
{
	bool hidden = EXPECT_64ONLY(cpu);

	add("# cpu=");
	add_number(cpu, 10);
	add(hidden ? " 64only=1 rewrites=" : " 64only=0 rewrites=");
	add_number(hidden ? reads[cpu] : 0, 10);
	add(" illegal_returns=");
	add_number(hidden ? illegal_returns[cpu] : 0, 10);
	add(" aarch32_insns=");
	add_number(aarch32_insns[cpu], 10);
	add(" missed=0");
	if (EXPECT_ISS2) {
		add(" iss2=");
		add_number(iss2_reads[cpu], 10);
	}
	if (EXPECT_IMPDEF) {
		add(" impdef=");
		add_number(impdef_reads[cpu], 10);
	}
	add("\n");
}

static void run_cpu(u64 cpu)
{
	test_id_registers(cpu);
	if (current_el() == 1) {
		test_el1(cpu);
	} else {
		test_el2(cpu, "EL2: ", 0);
		test_el2(cpu, "EL2 with E2H: ", HCR_E2H);
	}
	store(&cpu_done[cpu], 1);
	if (cpu)
		stress(cpu);
	store(&cpu_done[cpu], 2);
}

void cpu_main(u64 cpu)
{
	u64 i;

	run_cpu(cpu);
	if (cpu)
		for (;;)
			asm volatile("wfi");

	for (i = 1; i < CPUS; i++) {
		if (psci(PSCI_CPU_ON, i, (u64)secondary_start, i))
			continue;
		while (!load(&cpu_done[i]))
			;
	}
	store(&stress_go, 1);
	stress(0);
	for (i = 1; i < CPUS; i++)
		while (load(&cpu_done[i]) != 2)
			;
	for (i = 0; i < CPUS; i++)
		expect(i, "", "together with the others", stress_bad[i], 0);
	for (i = 0; i < CPUS; i++)
		add_report(i);
	for (i = 0; i < CPUS; i++)
		add_tag_report(i);

	text[text_len] = 0;
	print("KTAP version 1\n1..");
	i = text_len;
	add_number(nr_tests, 10);
	add("\n");
	text[text_len] = 0;
	print(text + i);
	text[i] = 0;
	print(text);
	psci(PSCI_SYSTEM_OFF, 0, 0, 0);
}
