/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that drops to AArch32 at EL0, and the host that it does so on.
 *
 * The guest is a page of instructions without MMU, so that EL0 may execute
 * what EL1 does, and without library: it has to run at EL1 of each kind of VM.
 */
#ifndef AARCH32_GUEST_H
#define AARCH32_GUEST_H

#include <ctype.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/personality.h>

#include <perf/arm_pmuv3.h>

#include "kvm_util.h"
#include "processor.h"

#define GUEST_CODE	0x10000000UL
#define GUEST_SIZE	0x1000
/* No memory there: an access ends in userspace. */
#define GUEST_MMIO	0x20000000UL

#define PSTATE_DAIF	0x3c0UL
#define PSTATE_EL1H	(PSTATE_DAIF | 5)
#define PSTATE_EL2H	(PSTATE_DAIF | 9)
#define PSTATE_USR32	0x1d0UL

/* Offsets in the page. All end in loads from x1, which is GUEST_MMIO ... */
#define CODE_LOAD	0x000	/* x3: ID_AA64PFR0_EL1 */
#define CODE_DROP	0x100	/* return with x0 as PSTATE to x2 */
#define CODE_A32	0x200	/* in AArch32 */
#define CODE_SPIN32	0x300	/* ... but this, in AArch32, too */
#define CODE_VECTORS	0x800
#define CODE_SYNC	0xa00	/* vector for EL1h; x3: ESR_EL1 */

static const struct {
	size_t offset;
	u32 insn[4];
} guest_code[] = {
	{ CODE_LOAD, { 0xd5380403,	/* mrs	x3, id_aa64pfr0_el1 */
		       0xb9400024,	/* ldr	w4, [x1] */
		       0x17ffffff } },	/* b	.-4 */
	{ CODE_DROP, { 0xd5184000,	/* msr	spsr_el1, x0 */
		       0xd5184022,	/* msr	elr_el1, x2 */
		       0xd69f03e0 } },	/* eret */
	{ CODE_A32, { 0xe5914000,	/* ldr	r4, [r1] */
		      0xeafffffd } },	/* b	.-4 */
	{ CODE_SPIN32, { 0xeafffffe } }, /* b	. */
	{ CODE_SYNC, { 0xd5385203,	/* mrs	x3, esr_el1 */
		       0xb9400024,	/* ldr	w4, [x1] */
		       0x17ffffff } },	/* b	.-4 */
};

#define REG_X(n)	ARM64_CORE_REG(regs.regs[n])
#define REG_PC		ARM64_CORE_REG(regs.pc)
#define REG_PSTATE	ARM64_CORE_REG(regs.pstate)
#define REG_PFR0	KVM_ARM64_SYS_REG(SYS_ID_AA64PFR0_EL1)
#define REG_PMCR	KVM_ARM64_SYS_REG(SYS_PMCR_EL0)

#define PFR0_EL0(val)	((val) & 0xf)
#define PFR0_AARCH64	1
#define PFR0_AARCH32	2

/* The host */

#define CPUS		"/sys/devices/system/cpu/"
#define AARCH32_EL0	CPUS "aarch32_el0"

struct host {
	cpu_set_t el32;		/* usable CPUs that run AArch32 ... */
	cpu_set_t el64;		/* ... and those that do not */
	bool guests;		/* AArch32 has to be offered to plain guests */
	bool seen;		/* all CPUs that were online run AArch32 */
};

/* As the kernel prints it: "0-2,5" */
static inline bool read_cpulist(const char *path, cpu_set_t *set)
{
	char buf[1024], *s = buf;
	ssize_t len;
	int fd;

	CPU_ZERO(set);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	len = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (len < 0)
		return false;
	buf[len] = '\0';

	while (isdigit(*s)) {
		long first = strtol(s, &s, 10), last = first;

		if (*s == '-')
			last = strtol(s + 1, &s, 10);
		for (long cpu = first; cpu <= last && cpu < CPU_SETSIZE; cpu++)
			CPU_SET(cpu, set);
		if (*s == ',')
			s++;
	}
	return *s == '\n';
}

static inline bool is_subset(const cpu_set_t *a, const cpu_set_t *b)
{
	cpu_set_t set;

	CPU_AND(&set, a, b);
	return CPU_EQUAL(&set, a);
}

static inline bool probe_host(struct host *h)
{
	cpu_set_t cpus, online, possible, listed;
	int ret;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) ||
	    !read_cpulist(CPUS "online", &online) ||
	    !read_cpulist(CPUS "possible", &possible))
		return false;

	if (access(AARCH32_EL0, F_OK)) {
		/* All CPUs are taken for what they have in common. */
		ret = personality(PER_LINUX32);
		if (ret >= 0)
			personality(ret);
		listed = possible;
		if (ret < 0)
			CPU_ZERO(&listed);
	} else if (!read_cpulist(AARCH32_EL0, &listed)) {
		return false;
	}

	CPU_AND(&h->el32, &cpus, &listed);
	CPU_XOR(&h->el64, &cpus, &h->el32);
	h->guests = is_subset(&possible, &listed);
	h->seen = is_subset(&online, &listed);
	return true;
}

static inline int nth_cpu(const cpu_set_t *set, int nth)
{
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, set) && !nth--)
			return cpu;
	}
	return -1;
}

/* The VM */

#define MAX_VCPUS	2

struct guest_vcpu {
	int fd;
	struct kvm_run *run;
	struct kvm_vcpu_init init;
};

struct guest {
	int kvm, vm;
	int run_size;
	void *page;
	struct guest_vcpu vcpus[MAX_VCPUS];
	int nr_vcpus;
};

/* These return the errno. */

static inline int do_ioctl(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) < 0 ? errno : 0;
}

static inline int run(struct guest_vcpu *vcpu)
{
	return do_ioctl(vcpu->fd, KVM_RUN, NULL);
}

static inline int init(struct guest_vcpu *vcpu)
{
	struct kvm_vcpu_init copy = vcpu->init;

	return do_ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &copy);
}

static inline int get(struct guest_vcpu *vcpu, u64 id, u64 *val)
{
	struct kvm_one_reg reg = { .id = id, .addr = (u64)val };

	return do_ioctl(vcpu->fd, KVM_GET_ONE_REG, &reg);
}

static inline int set(struct guest_vcpu *vcpu, u64 id, u64 val)
{
	struct kvm_one_reg reg = { .id = id, .addr = (u64)&val };

	return do_ioctl(vcpu->fd, KVM_SET_ONE_REG, &reg);
}

static inline int create_vm(struct guest *g, unsigned long type)
{
	struct kvm_userspace_memory_region mem = {
		.guest_phys_addr = GUEST_CODE,
		.memory_size = GUEST_SIZE,
	};

	g->vm = ioctl(g->kvm, KVM_CREATE_VM, type);
	if (g->vm < 0)
		return errno;

	g->page = mmap(NULL, GUEST_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (g->page == MAP_FAILED)
		return errno;
	for (int i = 0; i < (int)ARRAY_SIZE(guest_code); i++)
		memcpy(g->page + guest_code[i].offset, guest_code[i].insn,
		       sizeof(guest_code[i].insn));

	mem.userspace_addr = (u64)g->page;
	return do_ioctl(g->vm, KVM_SET_USER_MEMORY_REGION, &mem);
}

static inline int add_vcpu(struct guest *g, u32 features)
{
	struct guest_vcpu *vcpu = &g->vcpus[g->nr_vcpus];
	int ret;

	vcpu->fd = ioctl(g->vm, KVM_CREATE_VCPU, g->nr_vcpus);
	if (vcpu->fd < 0)
		return errno;
	g->nr_vcpus++;

	g->run_size = ioctl(g->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	vcpu->run = mmap(NULL, g->run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			 vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED)
		return errno;

	ret = do_ioctl(g->vm, KVM_ARM_PREFERRED_TARGET, &vcpu->init);
	if (ret)
		return ret;
	vcpu->init.features[0] |= features;
	return init(vcpu);
}

/* A vCPU with EL2 does not run without one. */
static inline int add_vgic(struct guest *g)
{
	struct kvm_create_device dev = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	u64 dist = 0x8000000, redist = 0x80a0000;
	struct kvm_device_attr attrs[] = {
		{
			.group = KVM_DEV_ARM_VGIC_GRP_ADDR,
			.attr = KVM_VGIC_V3_ADDR_TYPE_DIST,
			.addr = (u64)&dist,
		}, {
			.group = KVM_DEV_ARM_VGIC_GRP_ADDR,
			.attr = KVM_VGIC_V3_ADDR_TYPE_REDIST,
			.addr = (u64)&redist,
		}, {
			.group = KVM_DEV_ARM_VGIC_GRP_CTRL,
			.attr = KVM_DEV_ARM_VGIC_CTRL_INIT,
		},
	};
	int ret;

	ret = do_ioctl(g->vm, KVM_CREATE_DEVICE, &dev);
	for (int i = 0; !ret && i < (int)ARRAY_SIZE(attrs); i++)
		ret = do_ioctl(dev.fd, KVM_SET_DEVICE_ATTR, &attrs[i]);
	return ret;
}

static inline void free_vm(struct guest *g)
{
	for (int i = 0; i < g->nr_vcpus; i++) {
		munmap(g->vcpus[i].run, g->run_size);
		close(g->vcpus[i].fd);
	}
	close(g->vm);
	if (g->page)
		munmap(g->page, GUEST_SIZE);
	close(g->kvm);
}

#define NO_SUCH_GUEST	-1

/* 0, NO_SUCH_GUEST or an errno; free_vm() can follow in any case. */
static inline int create_guest(struct guest *g, unsigned long type,
			       u32 features)
{
	int ret;

	memset(g, 0, sizeof(*g));
	g->vm = -1;
	g->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (g->kvm < 0)
		return NO_SUCH_GUEST;
	if (features & BIT(KVM_ARM_VCPU_HAS_EL2) &&
	    ioctl(g->kvm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_EL2) <= 0)
		return NO_SUCH_GUEST;

	ret = create_vm(g, type);
	if (ret == EINVAL && type & KVM_VM_TYPE_ARM_PROTECTED)
		return NO_SUCH_GUEST;
	for (int i = 0; !ret && i < MAX_VCPUS; i++)
		ret = add_vcpu(g, features);
	if (!ret && features & BIT(KVM_ARM_VCPU_HAS_EL2))
		ret = add_vgic(g);
	return ret;
}

/*
 * Have the vCPU start at an offset of the page, at EL1. KVM does not complete
 * the access that the last exit was for, if it was.
 */
static inline int start_at(struct guest_vcpu *vcpu, size_t offset)
{
	const struct {
		u64 id, val;
	} regs[] = {
		{ REG_X(0), PSTATE_USR32 },
		{ REG_X(1), GUEST_MMIO },
		{ REG_X(2), GUEST_CODE + CODE_A32 },
		{ REG_X(3), 0 },
		{ REG_PC, GUEST_CODE + offset },
		{ REG_PSTATE, PSTATE_EL1H },
		{ KVM_ARM64_SYS_REG(SYS_VBAR_EL1), GUEST_CODE + CODE_VECTORS },
		{ KVM_ARM64_SYS_REG(SYS_HCR_EL2), HCR_EL2_RW },
	};
	bool el2 = vcpu->init.features[0] & BIT(KVM_ARM_VCPU_HAS_EL2);
	int ret = 0;

	vcpu->run->exit_reason = KVM_EXIT_UNKNOWN;
	for (int i = 0; !ret && i < (int)ARRAY_SIZE(regs) - !el2; i++)
		ret = set(vcpu, regs[i].id, regs[i].val);
	return ret;
}

/* Of what a KVM_RUN was, in the order of the members; "" if it is all there. */
static inline const char *is_mmio(struct guest_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	if (run->exit_reason != KVM_EXIT_MMIO)
		return "not an access without memory";
	if (run->mmio.phys_addr != GUEST_MMIO || run->mmio.len != 4 ||
	    run->mmio.is_write)
		return "not the load from GUEST_MMIO";
	if (run->flags)
		return "flags of another exit";
	return "";
}

/* Pins this thread and has the vCPU drop to AArch32. */
static inline int drop_on(struct guest_vcpu *vcpu, int cpu)
{
	int ret;

	pin_self_to_cpu(cpu);
	ret = start_at(vcpu, CODE_DROP);
	return ret ?: run(vcpu);
}

#endif /* AARCH32_GUEST_H */
