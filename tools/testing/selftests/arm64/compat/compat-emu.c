// SPDX-License-Identifier: GPL-2.0
/*
 * compat-emu PROGRAM [ARGUMENT]: run a static AArch32 program in a 64-bit
 * process, on a CPU that need not have AArch32.
 *
 * This interprets the instructions that gcc -marm makes of compat-ops.c, and is
 * of no other use; but it does with system calls what emulators do that people
 * use: those which are about the process that it is itself, like signals, it
 * emulates, and all others it hands to the kernel as they are, by setting bit
 * 31 of x8.
 */
#include <elf.h>
#include <err.h>

#define COMPAT_NO_TESTS
#include "compat.h"

struct cpu {
	uint32_t r[16];
	bool n, z, c, v;
	uint64_t d[32];
};

static struct cpu cpu;

#define SP	13
#define LR	14
#define PC	15
/* Where a handler returns to. */
#define HANDLER_RETURNS	0xfffffff0

static void *at(uint32_t addr)
{
	return (void *)(uintptr_t)addr;
}

#define MEM(type, addr)	(*(type *)at(addr))

static void __attribute__((__noreturn__)) unknown(uint32_t insn)
{
	errx(126, "instruction %08x at %08x", insn, cpu.r[PC] - 8);
}

/* ------------------------------------------------------------------ signals */

struct action32 {
	uint32_t handler, flags, restorer, mask[2];
};

static struct action32 actions[65];
static volatile sig_atomic_t pending;
static struct { int sig, error, code; } arrived[8];

static void run(void);

static void on_signal(int sig, siginfo_t *si, void *uc)
{
	if (pending == 8)
		errx(126, "too many signals");
	arrived[pending].sig = sig;
	arrived[pending].error = si->si_errno;
	arrived[pending].code = si->si_code;
	pending++;
}

/* Runs the handler of the program, on top of where it is. */
static void deliver(void)
{
	struct cpu saved = cpu;
	struct action32 sa;
	uint32_t sp = cpu.r[SP] - 1024;
	uint32_t *info = at((sp & ~7u) + 256);
	sigset_t all, old;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	info[0] = arrived[0].sig;
	info[1] = arrived[0].error;
	info[2] = arrived[0].code;
	pending--;
	for (int i = 0; i < pending; i++)
		arrived[i] = arrived[i + 1];
	sigprocmask(SIG_SETMASK, &old, NULL);
	sa = actions[info[0]];
	if (sa.flags & SA_RESETHAND)
		actions[info[0]].handler = 0;
	if (sa.handler > 1) {
		cpu.r[0] = info[0];
		cpu.r[1] = (uintptr_t)info;
		cpu.r[2] = 0;
		cpu.r[SP] = sp & ~7u;
		cpu.r[LR] = HANDLER_RETURNS;
		cpu.r[PC] = sa.handler;
		run();
	}
	cpu = saved;
}

/* The handler of the process is ours; the kernel is told the rest. */
static long do_rt_sigaction(uint32_t sig, uint32_t act, uint32_t old, uint32_t size)
{
	struct { uint64_t handler, flags, restorer, mask; } sa = { };
	struct action32 new, was;
	long ret;

	if (act)
		new = MEM(struct action32, act);
	if (act && new.handler > 1) {
		sa.handler = (uintptr_t)on_signal;
		sa.flags = (new.flags & ~0x04000000u) | SA_SIGINFO;
		sa.mask = new.mask[0] | (uint64_t)new.mask[1] << 32;
		ret = native(rt_sigaction, sig, &sa, 0, size);
	} else {
		ret = compat(rt_sigaction, sig, act, 0, size);
	}
	if (ret)
		return ret;
	was = actions[sig];
	if (act)
		actions[sig] = new;
	if (old)
		MEM(struct action32, old) = was;
	return 0;
}

/* -------------------------------------------------------------------- calls */

static void svc_insn(void)
{
	uint32_t *r = cpu.r, nr = r[7];
	long ret;

	switch (nr) {
	case __NR_compat32_vfork:
		/* There is one set of registers in this memory. */
		nr = __NR_compat32_fork;
		break;
	case __NR_compat32_clone:
		/* Threads would need one each. */
		if (r[0] & CLONE_VM && !(r[0] & CLONE_VFORK) && r[1]) {
			r[0] = -ENOSYS;
			return;
		}
		break;
	case __NR_compat32_rt_sigaction:
		r[0] = do_rt_sigaction(r[0], r[1], r[2], r[3]);
		return;
	case 0xf0002:	/* cacheflush */
	case 0xf0005:	/* set_tls */
		r[0] = 0;
		return;
	}
	ret = svc(__ARM64_COMPAT_SYSCALL_BIT | nr, r[0], r[1], r[2], r[3], r[4], r[5]);
	r[0] = ret;
}

/* ------------------------------------------------------------- instructions */

static bool condition(uint32_t cond)
{
	switch (cond >> 1) {
	case 0:	return cpu.z;
	case 1:	return cpu.c;
	case 2:	return cpu.n;
	case 3:	return cpu.v;
	case 4:	return cpu.c && !cpu.z;
	case 5:	return cpu.n == cpu.v;
	default: return cpu.n == cpu.v && !cpu.z;
	}
}

static bool passes(uint32_t cond)
{
	return cond >= 14 || condition(cond) != (cond & 1);
}

static uint32_t ror(uint32_t v, uint32_t n)
{
	n &= 31;
	return n ? v >> n | v << (32 - n) : v;
}

/* A shifted register; *carry is that of the shifter. */
static uint32_t shifted(uint32_t insn, bool *carry)
{
	uint32_t v = cpu.r[insn & 15], n, type = insn >> 5 & 3;

	if (insn & 16) {
		n = cpu.r[insn >> 8 & 15] & 255;
		if (!n)
			return v;
	} else {
		n = insn >> 7 & 31;
		if (!n) {
			if (type == 0)
				return v;
			if (type == 3) {	/* RRX */
				n = v & 1;
				v = v >> 1 | (uint32_t)*carry << 31;
				*carry = n;
				return v;
			}
			n = 32;
		}
	}
	switch (type) {
	case 0:
		*carry = n <= 32 ? (uint64_t)v << n >> 32 & 1 : 0;
		return n < 32 ? v << n : 0;
	case 1:
		*carry = n <= 32 ? (uint64_t)v << 1 >> n & 1 : 0;
		return n < 32 ? v >> n : 0;
	case 2:
		if (n > 31) {
			*carry = v >> 31;
			return (int32_t)v >> 31;
		}
		*carry = v >> (n - 1) & 1;
		return (int32_t)v >> n;
	default:
		v = ror(v, n);
		*carry = v >> 31;
		return v;
	}
}

static uint32_t add(uint32_t a, uint32_t b, bool carry, bool flags)
{
	uint64_t sum = (uint64_t)a + b + carry;

	if (flags) {
		cpu.c = sum >> 32;
		cpu.v = (~(a ^ b) & (a ^ sum)) >> 31 & 1;
	}
	return sum;
}

static void set_reg(uint32_t rd, uint32_t v)
{
	cpu.r[rd] = v;
	if (rd == PC)
		cpu.r[PC] &= ~3u;
}

static uint32_t compute(uint32_t op, uint32_t a, uint32_t b, bool flags)
{
	switch (op) {
	case 0: case 8:	return a & b;
	case 1: case 9:	return a ^ b;
	case 2: case 10: return add(a, ~b, true, flags);
	case 3:		return add(b, ~a, true, flags);
	case 4: case 11: return add(a, b, false, flags);
	case 5:		return add(a, b, cpu.c, flags);
	case 6:		return add(a, ~b, cpu.c, flags);
	case 7:		return add(b, ~a, cpu.c, flags);
	case 12:	return a | b;
	case 13:	return b;
	case 14:	return a & ~b;
	default:	return ~b;
	}
}

static void data_processing(uint32_t insn)
{
	uint32_t op = insn >> 21 & 15, rd = insn >> 12 & 15;
	uint32_t a = cpu.r[insn >> 16 & 15], b, v;
	bool flags = insn & 1 << 20, carry = cpu.c;

	if (insn & 1 << 25) {
		b = ror(insn & 255, insn >> 7 & 30);
		if (insn & 0xf00)
			carry = b >> 31;
	} else {
		b = shifted(insn, &carry);
	}
	v = compute(op, a, b, flags);
	if (flags) {
		cpu.n = v >> 31;
		cpu.z = !v;
		if (op < 2 || op == 8 || op == 9 || op > 11)
			cpu.c = carry;
	}
	if (op < 8 || op > 11)
		set_reg(rd, v);
}

static uint64_t product(uint32_t insn, uint32_t a, uint32_t b, uint64_t acc)
{
	switch (insn >> 21 & 7) {
	case 0:	return a * b;
	case 1:	return a * b + (uint32_t)acc;
	case 3:	return (uint32_t)acc - a * b;
	case 4:	return (uint64_t)a * b;
	case 5:	return (uint64_t)a * b + acc;
	case 6:	return (int64_t)(int32_t)a * (int32_t)b;
	case 7:	return (int64_t)(int32_t)a * (int32_t)b + acc;
	}
	unknown(insn);
}

static void multiply(uint32_t insn)
{
	uint32_t *r = cpu.r, hi = insn >> 16 & 15, lo = insn >> 12 & 15;
	uint64_t v = product(insn, r[insn & 15], r[insn >> 8 & 15],
			     (uint64_t)r[hi] << 32 | r[lo]);

	if (insn & 1 << 23) {
		r[lo] = v;
		r[hi] = v >> 32;
	} else {
		r[hi] = v;
	}
	if (insn & 1 << 20) {
		cpu.n = (insn & 1 << 23 ? v >> 63 : v >> 31) & 1;
		cpu.z = !(insn & 1 << 23 ? v : (uint32_t)v);
	}
}

/* Where a load or store goes; the base register is written back. */
static uint32_t address(uint32_t insn, uint32_t offset)
{
	uint32_t rn = insn >> 16 & 15, base = cpu.r[rn];
	uint32_t addr = insn & 1 << 23 ? base + offset : base - offset;

	if (!(insn & 1 << 24)) {
		cpu.r[rn] = addr;
		return base;
	}
	if (insn & 1 << 21)
		cpu.r[rn] = addr;
	return addr;
}

static void load_store(uint32_t insn)
{
	uint32_t rd = insn >> 12 & 15, v = cpu.r[rd], addr;
	bool carry = cpu.c;

	addr = address(insn, insn & 1 << 25 ? shifted(insn & ~16u, &carry) : insn & 0xfff);
	switch (insn >> 20 & 5) {
	case 0:
		MEM(uint32_t, addr) = v;
		break;
	case 1:
		set_reg(rd, MEM(uint32_t, addr));
		break;
	case 4:
		MEM(uint8_t, addr) = v;
		break;
	default:
		cpu.r[rd] = MEM(uint8_t, addr);
		break;
	}
}

static void load_store_extra(uint32_t insn)
{
	uint32_t rd = insn >> 12 & 15, *r = cpu.r, addr, v[2] = { r[rd], r[(rd + 1) & 15] };

	addr = address(insn, insn & 1 << 22 ? (insn >> 4 & 0xf0) | (insn & 15) :
						r[insn & 15]);
	switch ((insn >> 5 & 3) | (insn >> 18 & 4)) {
	case 1:
		MEM(uint16_t, addr) = v[0];
		break;
	case 2:
		r[rd] = MEM(uint32_t, addr);
		r[rd + 1] = MEM(uint32_t, addr + 4);
		break;
	case 3:
		MEM(uint32_t, addr) = v[0];
		MEM(uint32_t, addr + 4) = v[1];
		break;
	case 5:
		r[rd] = MEM(uint16_t, addr);
		break;
	case 6:
		r[rd] = MEM(int8_t, addr);
		break;
	case 7:
		r[rd] = MEM(int16_t, addr);
		break;
	default:
		unknown(insn);
	}
}

static void load_store_multiple(uint32_t insn)
{
	uint32_t rn = insn >> 16 & 15, *r = cpu.r, base = r[rn], addr;
	uint32_t n = 4 * __builtin_popcount(insn & 0xffff), v;
	bool up = insn & 1 << 23, load = insn & 1 << 20;

	addr = up ? base : base - n;
	if (up == !!(insn & 1 << 24))
		addr += 4;
	if (insn & 1 << 21)
		r[rn] = up ? base + n : base - n;
	for (int i = 0; i < 16; i++) {
		if (!(insn & 1 << i))
			continue;
		if (load) {
			v = MEM(uint32_t, addr);
			set_reg(i, v);
		} else {
			MEM(uint32_t, addr) = i == (int)rn ? base : r[i];
		}
		addr += 4;
	}
}

/* Registers of the FPU are used to copy memory. */
static void load_store_vfp(uint32_t insn)
{
	uint32_t rn = insn >> 16 & 15, base = cpu.r[rn] & (rn == PC ? ~3u : ~0u);
	uint32_t d = (insn >> 12 & 15) | (insn >> 18 & 16), n = insn & 255;
	bool up = insn & 1 << 23, load = insn & 1 << 20;

	if (!(insn & 1 << 8))
		unknown(insn);
	if ((insn & 1 << 24) && !(insn & 1 << 21)) {	/* one of them */
		base = up ? base + 4 * n : base - 4 * n;
		n = 2;
	} else {
		if (insn & 1 << 21)
			cpu.r[rn] = up ? base + 4 * n : base - 4 * n;
		if (!up)
			base -= 4 * n;
	}
	for (; n; n -= 2, base += 8, d++) {
		if (load)
			memcpy(&cpu.d[d & 31], at(base), 8);
		else
			memcpy(at(base), &cpu.d[d & 31], 8);
	}
}

static uint32_t extended(uint32_t insn, uint32_t v)
{
	switch (insn >> 20 & 7) {
	case 2:	return (int8_t)v;
	case 3:	return (int16_t)v;
	case 6:	return (uint8_t)v;
	case 7:	return (uint16_t)v;
	}
	unknown(insn);
}

static void media(uint32_t insn)
{
	uint32_t *r = cpu.r, rd = insn >> 12 & 15, v = r[insn & 15];
	uint32_t rn = insn >> 16 & 15, lsb = insn >> 7 & 31, msb = insn >> 16 & 31;

	if ((insn & 0x0f8003f0) == 0x06800070) {	/* extend, and add */
		v = extended(insn, ror(v, insn >> 7 & 24));
		r[rd] = v + (rn == PC ? 0 : r[rn]);
	} else if ((insn & 0x0fff0ff0) == 0x06bf0f30) {	/* REV */
		r[rd] = __builtin_bswap32(v);
	} else if ((insn & 0x0fa00070) == 0x07a00050) {	/* SBFX, UBFX */
		v <<= 31 - msb - lsb;
		r[rd] = insn & 1 << 22 ? v >> (31 - msb) : (uint32_t)((int32_t)v >> (31 - msb));
	} else if ((insn & 0x0fe00070) == 0x07c00010) {	/* BFI, BFC */
		uint32_t mask = (~0u >> (31 - (msb - lsb))) << lsb;

		v = (insn & 15) == 15 ? 0 : v << lsb;
		r[rd] = (r[rd] & ~mask) | (v & mask);
	} else {
		unknown(insn);
	}
}

static void branch_to(uint32_t target)
{
	if (target & 1 && target != HANDLER_RETURNS)
		errx(126, "Thumb code at %08x", target);
	cpu.r[PC] = target;
}

/* Its address is that of the next one, plus 4, while one is executed. */
static void execute(uint32_t insn)
{
	uint32_t *r = cpu.r;

	if (insn >> 28 == 15) {
		unknown(insn);
	} else if ((insn & 0x0fffffd0) == 0x012fff10) {	/* BX, BLX */
		uint32_t target = r[insn & 15];

		if (insn & 32)
			r[LR] = r[PC] - 4;
		branch_to(target);
	} else if ((insn & 0x0fff0ff0) == 0x016f0f10) {	/* CLZ */
		r[insn >> 12 & 15] = r[insn & 15] ? __builtin_clz(r[insn & 15]) : 32;
	} else if ((insn & 0x0fffff00) == 0x0320f000) {
		/* NOP */
	} else if ((insn & 0x0fb00000) == 0x03000000) {	/* MOVW, MOVT */
		uint32_t v = (insn >> 4 & 0xf000) | (insn & 0xfff), *rd = &r[insn >> 12 & 15];

		*rd = insn & 1 << 22 ? v << 16 | (*rd & 0xffff) : v;
	} else if ((insn & 0x0f0000f0) == 0x00000090) {
		multiply(insn);
	} else if ((insn & 0x0e000090) == 0x00000090 && insn & 0x60) {
		load_store_extra(insn);
	} else if ((insn & 0x0f900000) == 0x01000000 || (insn & 0x0f0000f0) == 0x01000090) {
		unknown(insn);
	} else if ((insn & 0x0c000000) == 0) {
		data_processing(insn);
	} else if ((insn & 0x0e000010) == 0x06000010) {
		media(insn);
	} else if ((insn & 0x0c000000) == 0x04000000) {
		load_store(insn);
	} else if ((insn & 0x0e000000) == 0x08000000) {
		load_store_multiple(insn);
	} else if ((insn & 0x0e000000) == 0x0a000000) {	/* B, BL */
		uint32_t target = r[PC] + ((int32_t)(insn << 8) >> 6);

		if (insn & 1 << 24)
			r[LR] = r[PC] - 4;
		branch_to(target);
	} else if ((insn & 0x0e000e00) == 0x0c000a00) {
		load_store_vfp(insn);
	} else if ((insn & 0x0f000000) == 0x0f000000) {
		svc_insn();
	} else {
		unknown(insn);
	}
}

static void run(void)
{
	uint32_t insn, pc;

	while (cpu.r[PC] != HANDLER_RETURNS) {
		pc = cpu.r[PC];
		insn = MEM(uint32_t, pc);
		cpu.r[PC] = pc + 8;
		if (passes(insn >> 28))
			execute(insn);
		if (cpu.r[PC] == pc + 8)
			cpu.r[PC] = pc + 4;
		while (pending)
			deliver();
	}
}

/* ------------------------------------------------------------------ the image */

static uint32_t load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf32_Ehdr eh;
	Elf32_Phdr ph;

	if (fd < 0 || pread(fd, &eh, sizeof(eh), 0) != sizeof(eh))
		err(126, "%s", path);
	if (memcmp(eh.e_ident, ELFMAG, SELFMAG) || eh.e_machine != EM_ARM)
		errx(126, "%s is no AArch32 program", path);
	for (int i = 0; i < eh.e_phnum; i++) {
		uintptr_t from, to;

		if (pread(fd, &ph, sizeof(ph), eh.e_phoff + i * sizeof(ph)) != sizeof(ph))
			err(126, "%s", path);
		if (ph.p_type != PT_LOAD)
			continue;
		from = ph.p_vaddr & ~0xffffUL;
		to = (ph.p_vaddr + ph.p_memsz + 0xffffUL) & ~0xffffUL;
		if (mmap((void *)from, to - from, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
			err(126, "%lx", from);
		if (pread(fd, at(ph.p_vaddr), ph.p_filesz, ph.p_offset) != (ssize_t)ph.p_filesz)
			err(126, "%s", path);
	}
	close(fd);
	return eh.e_entry;
}

int main(int argc, char **argv)
{
	uint32_t *stack;

	if (argc < 2)
		errx(126, "usage: compat-emu PROGRAM [ARGUMENT]");
	if (!have_compat_calls())
		errx(126, "no compat calls from 64-bit tasks");
	cpu.r[PC] = load(argv[1]);
	stack = (uint32_t *)((char *)low(65536) + 65536) - 64;
	stack[0] = argc - 1;
	for (int i = 1; i < argc; i++)
		stack[i] = (uintptr_t)low_str(argv[i]);
	cpu.r[SP] = (uintptr_t)stack;
	run();
	return 0;
}
