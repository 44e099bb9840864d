// SPDX-License-Identifier: GPL-2.0-only
/*
 * aarch32_fail_entry - guests that use AArch32 although they must not
 *
 * A guest is not offered AArch32 on a host that has, or may still get, CPUs
 * without it, nor if it has EL2 or is protected.  But nothing keeps it from
 * AArch32 at EL0 on a CPU that runs AArch32.  This tests that
 *  - what is refused is not advertised, and what is advertised works
 *  - such a guest leaves with KVM_EXIT_FAIL_ENTRY, and with what about it
 *    Documentation/virt/kvm/api.rst promises
 *  - its vCPU does not run again until KVM_ARM_VCPU_INIT, and then does
 *
 * The guest is a page of instructions without MMU, so that EL0 may execute
 * what EL1 does, and without library: it has to run at EL1 of each kind of VM.
 */
#include <ctype.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/personality.h>

#include "kselftest_harness.h"
#include "kvm_util.h"
#include "processor.h"

/* Enough for an emulated machine, and for a debug kernel on it. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	120

#define GUEST_CODE	0x10000000UL
#define GUEST_SIZE	0x1000
/* No memory there: an access ends in userspace. */
#define GUEST_MMIO	0x20000000UL

#define PSTATE_DAIF	0x3c0UL
#define PSTATE_EL1H	(PSTATE_DAIF | 5)
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
#define REG_MPIDR	KVM_ARM64_SYS_REG(SYS_MPIDR_EL1)
#define REG_CLIDR	KVM_ARM64_SYS_REG(SYS_CLIDR_EL1)

#define PFR0_EL0(val)	((val) & 0xf)
#define PFR0_AARCH64	1
#define PFR0_AARCH32	2

/* The host */

#define AARCH32_EL0	"/sys/devices/system/cpu/aarch32_el0"

struct host {
	cpu_set_t el32;		/* usable CPUs that run AArch32 ... */
	cpu_set_t el64;		/* ... and those that do not */
	bool guests;		/* AArch32 has to be offered to plain guests */
};

/* As the kernel prints it: "0-2,5" */
static bool read_cpulist(const char *path, cpu_set_t *set)
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

static bool is_subset(const cpu_set_t *a, const cpu_set_t *b)
{
	cpu_set_t set;

	CPU_AND(&set, a, b);
	return CPU_EQUAL(&set, a);
}

static bool probe_host(struct host *h)
{
	cpu_set_t cpus, possible, listed;
	int ret;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) ||
	    !read_cpulist("/sys/devices/system/cpu/possible", &possible))
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
	return true;
}

static int nth_cpu(const cpu_set_t *set, int nth)
{
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, set) && !nth--)
			return cpu;
	}
	return -1;
}

/* NULL if a guest that uses AArch32 is to be stopped. */
static const char *cannot_be_caught(const struct host *h, bool offered)
{
	if (offered)
		return "AArch32 is offered to this guest";
	if (!CPU_COUNT(&h->el32))
		return "no CPU in reach runs AArch32";
	return NULL;
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

static int do_ioctl(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) < 0 ? errno : 0;
}

static int run(struct guest_vcpu *vcpu)
{
	return do_ioctl(vcpu->fd, KVM_RUN, NULL);
}

static int init(struct guest_vcpu *vcpu)
{
	struct kvm_vcpu_init copy = vcpu->init;

	return do_ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &copy);
}

static int get(struct guest_vcpu *vcpu, u64 id, u64 *val)
{
	struct kvm_one_reg reg = { .id = id, .addr = (u64)val };

	return do_ioctl(vcpu->fd, KVM_GET_ONE_REG, &reg);
}

static int set(struct guest_vcpu *vcpu, u64 id, u64 val)
{
	struct kvm_one_reg reg = { .id = id, .addr = (u64)&val };

	return do_ioctl(vcpu->fd, KVM_SET_ONE_REG, &reg);
}

struct call {
	int (*fn)(struct guest_vcpu *vcpu);
	struct guest_vcpu *vcpu;
	int ret;
};

static void *do_call(void *arg)
{
	struct call *c = arg;

	c->ret = c->fn(c->vcpu);
	return NULL;
}

static int from_another_thread(int (*fn)(struct guest_vcpu *vcpu),
			       struct guest_vcpu *vcpu)
{
	struct call c = { .fn = fn, .vcpu = vcpu };
	pthread_t thread;
	int ret;

	ret = pthread_create(&thread, NULL, do_call, &c);
	if (ret)
		return ret;
	pthread_join(thread, NULL);
	return c.ret;
}

static int create_vm(struct guest *g, unsigned long type)
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

static int add_vcpu(struct guest *g, u32 features)
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
static int add_vgic(struct guest *g)
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

static void free_vm(struct guest *g)
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
static int create_guest(struct guest *g, unsigned long type, u32 features)
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

/* Have the vCPU start at an offset of the page, at EL1. */
static int start_at(struct guest_vcpu *vcpu, size_t offset)
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

	for (int i = 0; !ret && i < (int)ARRAY_SIZE(regs) - !el2; i++)
		ret = set(vcpu, regs[i].id, regs[i].val);
	return ret;
}

/* Of what a KVM_RUN was, in the order of the members; "" if it is all there. */
static const char *is_mmio(struct guest_vcpu *vcpu)
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

FIXTURE(aarch32)
{
	struct host host;
	struct guest g;
	struct guest_vcpu *vcpu;
	bool offered;		/* to this guest */
};

FIXTURE_VARIANT(aarch32)
{
	unsigned long type;
	u32 features;
	bool offered;		/* to this kind of guest, if the host can */
};

FIXTURE_VARIANT_ADD(aarch32, plain)
{
	.offered = true,
};

FIXTURE_VARIANT_ADD(aarch32, nested)
{
	.features = BIT(KVM_ARM_VCPU_HAS_EL2),
};

FIXTURE_VARIANT_ADD(aarch32, protected)
{
	.type = KVM_VM_TYPE_ARM_PROTECTED,
};

FIXTURE_SETUP(aarch32)
{
	int ret;

	ASSERT_TRUE(probe_host(&self->host));
	ret = create_guest(&self->g, variant->type, variant->features);
	if (ret == NO_SUCH_GUEST)
		SKIP(return, "no guests of this kind");
	ASSERT_EQ(0, ret);
	self->vcpu = &self->g.vcpus[0];
	self->offered = self->host.guests && variant->offered;
}

FIXTURE_TEARDOWN(aarch32)
{
	free_vm(&self->g);
}

/* The ID registers and the interfaces agree on whether there is AArch32. */
TEST_F(aarch32, advertised)
{
	static const u32 aarch32_ids[] = {
		SYS_ID_PFR0_EL1, SYS_ID_DFR0_EL1, SYS_ID_ISAR0_EL1,
		SYS_MVFR0_EL1,
	};
	int el0 = self->offered ? PFR0_AARCH32 : PFR0_AARCH64;
	u64 pfr0, val;

	ASSERT_EQ(0, get(self->vcpu, REG_PFR0, &pfr0));
	EXPECT_EQ(el0, PFR0_EL0(pfr0));
	if (!self->offered) {
		/* nor at EL1 to EL3, and userspace cannot claim it */
		EXPECT_EQ(0, pfr0 & 0x2220);
		EXPECT_EQ(EINVAL, set(self->vcpu, REG_PFR0, pfr0 + 1));
	}

	for (int i = 0; i < (int)ARRAY_SIZE(aarch32_ids); i++) {
		ASSERT_EQ(0, get(self->vcpu, KVM_ARM64_SYS_REG(aarch32_ids[i]),
				 &val));
		EXPECT_EQ(self->offered, val != 0) {
			TH_LOG("AArch32 ID register %d: 0x%llx", i,
			       (unsigned long long)val);
		}
	}

	EXPECT_EQ(self->offered ? 0 : EINVAL,
		  set(self->vcpu, REG_PSTATE, PSTATE_USR32));

	/* What the guest itself reads */
	ASSERT_EQ(0, start_at(self->vcpu, CODE_LOAD));
	ASSERT_EQ(0, run(self->vcpu));
	ASSERT_STREQ("", is_mmio(self->vcpu));
	ASSERT_EQ(0, get(self->vcpu, REG_X(3), &val));
	EXPECT_EQ(el0, PFR0_EL0(val));
}

/* A vCPU that is AArch32 at EL1 is one that can be run. */
TEST_F(aarch32, advertised_el1)
{
	struct guest g = { .kvm = self->g.kvm };
	int cap, ret;

	if (variant->type || variant->features)
		SKIP(return, "AArch32 at EL1 is for plain guests");

	cap = ioctl(g.kvm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_EL1_32BIT);
	EXPECT_TRUE(self->offered || !cap);
	if (self->offered)
		pin_self_to_cpu(nth_cpu(&self->host.el32, 0));

	ASSERT_EQ(0, create_vm(&g, 0));
	ret = add_vcpu(&g, BIT(KVM_ARM_VCPU_EL1_32BIT));
	if (!cap) {
		EXPECT_EQ(EINVAL, ret);
	} else {
		ASSERT_EQ(0, ret);
		ASSERT_EQ(0, set(&g.vcpus[0], REG_X(1), GUEST_MMIO));
		ASSERT_EQ(0, set(&g.vcpus[0], REG_PC, GUEST_CODE + CODE_A32));
		EXPECT_EQ(0, run(&g.vcpus[0]));
		EXPECT_STREQ("", is_mmio(&g.vcpus[0]));
	}
	g.kvm = -1;
	free_vm(&g);
}

/* Pins this thread and has the vCPU drop to AArch32. */
static int drop_on(struct guest_vcpu *vcpu, int cpu)
{
	int ret;

	pin_self_to_cpu(cpu);
	ret = start_at(vcpu, CODE_DROP);
	return ret ?: run(vcpu);
}

/* Where AArch32 is offered, it works. */
TEST_F(aarch32, works)
{
	u64 pstate;

	if (!self->offered)
		SKIP(return, "AArch32 is not offered to this guest");

	ASSERT_EQ(0, drop_on(self->vcpu, nth_cpu(&self->host.el32, 0)));
	EXPECT_STREQ("", is_mmio(self->vcpu));
	ASSERT_EQ(0, get(self->vcpu, REG_PSTATE, &pstate));
	EXPECT_EQ(PSTATE_USR32, pstate & 0x1ff);
}

/* The exit of a guest that uses what is not offered */
TEST_F(aarch32, fail_entry)
{
	struct kvm_run *run = self->vcpu->run;
	const char *why_not;
	int cpu;

	why_not = cannot_be_caught(&self->host, self->offered);
	if (why_not)
		SKIP(return, "%s", why_not);

	/* Each CPU, the last first: none of them is the default. */
	for (int i = CPU_COUNT(&self->host.el32) - 1; i >= 0; i--) {
		cpu = nth_cpu(&self->host.el32, i);
		memset(&run->fail_entry, 0x5a, sizeof(run->fail_entry));
		ASSERT_EQ(EINVAL, drop_on(self->vcpu, cpu));
		ASSERT_EQ(KVM_EXIT_FAIL_ENTRY, run->exit_reason);
		EXPECT_EQ(KVM_FAIL_ENTRY_REASON_VALID, run->flags);
		EXPECT_EQ(KVM_EXIT_FAIL_ENTRY_NO_AARCH32 |
			  KVM_EXIT_FAIL_ENTRY_NEEDS_INIT,
			  run->fail_entry.hardware_entry_failure_reason);
		EXPECT_EQ(cpu, run->fail_entry.cpu);
		ASSERT_EQ(0, init(self->vcpu));
	}
}

/* The same without an instruction that exits: it is found at an interrupt. */
TEST_F(aarch32, fail_entry_at_interrupt)
{
	const char *why_not;

	why_not = cannot_be_caught(&self->host, self->offered);
	if (why_not)
		SKIP(return, "%s", why_not);

	ASSERT_EQ(0, start_at(self->vcpu, CODE_DROP));
	ASSERT_EQ(0, set(self->vcpu, REG_X(2), GUEST_CODE + CODE_SPIN32));
	pin_self_to_cpu(nth_cpu(&self->host.el32, 0));
	EXPECT_EQ(EINVAL, run(self->vcpu));
	EXPECT_EQ(KVM_EXIT_FAIL_ENTRY, self->vcpu->run->exit_reason);
	EXPECT_EQ(ENOEXEC, run(self->vcpu));
}

/* On a CPU without AArch32, the return is illegal for the guest, no exit. */
TEST_F(aarch32, guest_illegal_return)
{
	u64 esr;

	if (!CPU_COUNT(&self->host.el32) || !CPU_COUNT(&self->host.el64))
		SKIP(return, "the CPUs in reach are all of one kind");

	ASSERT_EQ(0, drop_on(self->vcpu, nth_cpu(&self->host.el64, 0)));
	ASSERT_STREQ("", is_mmio(self->vcpu));
	ASSERT_EQ(0, get(self->vcpu, REG_X(3), &esr));
	EXPECT_EQ(ESR_ELx_EC_ILL, ESR_ELx_EC(esr));
}

/* A host CPU that refuses the state that KVM enters the guest with */
TEST_F(aarch32, illegal_eret)
{
	struct kvm_run *kvm_run = self->vcpu->run;
	int ret, refused = 0;
	u64 val;

	if (!self->offered)
		SKIP(return, "AArch32 is not offered to this guest");

	for (int i = 0; i < CPU_COUNT(&self->host.el32); i++) {
		int cpu = nth_cpu(&self->host.el32, i);

		ASSERT_EQ(0, start_at(self->vcpu, CODE_A32));
		ASSERT_EQ(0, set(self->vcpu, REG_PSTATE, PSTATE_USR32));
		pin_self_to_cpu(cpu);
		ret = run(self->vcpu);
		if (!ret) {
			/* This also tells that flags are cleared. */
			EXPECT_STREQ("", is_mmio(self->vcpu));
			continue;
		}
		refused++;
		EXPECT_EQ(EINVAL, ret);
		EXPECT_EQ(KVM_EXIT_FAIL_ENTRY, kvm_run->exit_reason);
		EXPECT_EQ(KVM_FAIL_ENTRY_REASON_VALID, kvm_run->flags);
		EXPECT_EQ(KVM_EXIT_FAIL_ENTRY_ILLEGAL_ERET,
			  kvm_run->fail_entry.hardware_entry_failure_reason);
		EXPECT_EQ(cpu, kvm_run->fail_entry.cpu);

		/* The vCPU is as initialised as before. */
		EXPECT_EQ(0, get(self->vcpu, REG_PC, &val));
		ASSERT_EQ(0, start_at(self->vcpu, CODE_LOAD));
		ASSERT_EQ(0, run(self->vcpu));
		EXPECT_STREQ("", is_mmio(self->vcpu));
	}
	if (!refused)
		SKIP(return, "each CPU runs the AArch32 that it shows");
}

FIXTURE(caught)
{
	struct host host;
	struct guest g;
	struct guest_vcpu *vcpu, *other;
	u64 mpidr, clidr;	/* as set before the first run */
};

FIXTURE_VARIANT(caught)
{
	unsigned long type;
	u32 features;
	bool offered;
};

FIXTURE_VARIANT_ADD(caught, plain)
{
	.offered = true,
};

FIXTURE_VARIANT_ADD(caught, nested)
{
	.features = BIT(KVM_ARM_VCPU_HAS_EL2),
};

FIXTURE_VARIANT_ADD(caught, protected)
{
	.type = KVM_VM_TYPE_ARM_PROTECTED,
};

/* A vCPU that was caught in AArch32 */
FIXTURE_SETUP(caught)
{
	const char *why_not;
	int ret;

	ASSERT_TRUE(probe_host(&self->host));
	ret = create_guest(&self->g, variant->type, variant->features);
	if (ret == NO_SUCH_GUEST)
		SKIP(return, "no guests of this kind");
	ASSERT_EQ(0, ret);
	why_not = cannot_be_caught(&self->host,
				   self->host.guests && variant->offered);
	if (why_not)
		SKIP(return, "%s", why_not);

	self->vcpu = &self->g.vcpus[0];
	self->other = &self->g.vcpus[1];

	/* Neither is what KVM chose: another affinity, another LoC. */
	ASSERT_EQ(0, get(self->vcpu, REG_MPIDR, &self->mpidr));
	self->mpidr ^= 5;
	ASSERT_EQ(0, set(self->vcpu, REG_MPIDR, self->mpidr));
	ASSERT_EQ(0, get(self->vcpu, REG_CLIDR, &self->clidr));
	self->clidr ^= 6UL << 24;
	ASSERT_EQ(0, set(self->vcpu, REG_CLIDR, self->clidr));

	ASSERT_EQ(EINVAL, drop_on(self->vcpu, nth_cpu(&self->host.el32, 0)));
	ASSERT_EQ(KVM_EXIT_FAIL_ENTRY, self->vcpu->run->exit_reason);
}

FIXTURE_TEARDOWN(caught)
{
	free_vm(&self->g);
}

TEST_F(caught, enoexec_same_thread)
{
	EXPECT_EQ(ENOEXEC, run(self->vcpu));
	EXPECT_EQ(ENOEXEC, run(self->vcpu));
}

TEST_F(caught, enoexec_other_thread)
{
	EXPECT_EQ(ENOEXEC, from_another_thread(run, self->vcpu));
	EXPECT_EQ(ENOEXEC, from_another_thread(run, self->vcpu));
	EXPECT_EQ(ENOEXEC, run(self->vcpu));
}

/* Not even the access that the guest had made is completed. */
TEST_F(caught, enoexec_before_mmio)
{
	self->vcpu->run->exit_reason = KVM_EXIT_MMIO;
	EXPECT_EQ(ENOEXEC, run(self->vcpu));
}

TEST_F(caught, onereg_enoexec)
{
	struct kvm_reg_list list = {};
	u64 val;

	EXPECT_EQ(ENOEXEC, get(self->vcpu, REG_PC, &val));
	EXPECT_EQ(ENOEXEC, set(self->vcpu, REG_PC, 0));
	EXPECT_EQ(ENOEXEC, do_ioctl(self->vcpu->fd, KVM_GET_REG_LIST, &list));
}

TEST_F(caught, other_vcpu_runs)
{
	ASSERT_EQ(0, start_at(self->other, CODE_LOAD));
	ASSERT_EQ(0, run(self->other));
	EXPECT_STREQ("", is_mmio(self->other));
	EXPECT_EQ(ENOEXEC, run(self->vcpu));
}

/* Step by step as in Documentation/virt/kvm/api.rst */
TEST_F(caught, reinit_runs)
{
	struct kvm_run *kvm_run = self->vcpu->run;
	u64 val;

	ASSERT_TRUE(kvm_run->flags & KVM_FAIL_ENTRY_REASON_VALID);
	ASSERT_TRUE(kvm_run->fail_entry.hardware_entry_failure_reason &
		    KVM_EXIT_FAIL_ENTRY_NEEDS_INIT);

	ASSERT_EQ(0, init(self->vcpu));
	ASSERT_EQ(0, get(self->vcpu, REG_X(1), &val));
	EXPECT_EQ(0, val);
	ASSERT_EQ(0, get(self->vcpu, REG_PSTATE, &val));
	EXPECT_EQ(0, val & 0x10);

	ASSERT_EQ(0, start_at(self->vcpu, CODE_LOAD));
	ASSERT_EQ(0, run(self->vcpu));
	/* flags of the failed entry included */
	EXPECT_STREQ("", is_mmio(self->vcpu));
	ASSERT_EQ(0, get(self->vcpu, REG_X(3), &val));
	EXPECT_EQ(PFR0_AARCH64, PFR0_EL0(val));

	/* It is watched as before. */
	EXPECT_EQ(EINVAL, drop_on(self->vcpu, nth_cpu(&self->host.el32, 0)));
	EXPECT_EQ(ENOEXEC, run(self->vcpu));
}

TEST_F(caught, reinit_other_thread)
{
	ASSERT_EQ(0, from_another_thread(init, self->vcpu));
	ASSERT_EQ(0, start_at(self->vcpu, CODE_LOAD));
	ASSERT_EQ(0, from_another_thread(run, self->vcpu));
	EXPECT_STREQ("", is_mmio(self->vcpu));
	ASSERT_EQ(0, run(self->vcpu));
}

/* With other features it is not the same vCPU. */
TEST_F(caught, reinit_other_features)
{
	self->vcpu->init.features[0] ^= BIT(KVM_ARM_VCPU_PSCI_0_2);
	EXPECT_EQ(EINVAL, init(self->vcpu));
	EXPECT_EQ(ENOEXEC, run(self->vcpu));
}

TEST_F(caught, reinit_keeps_id_registers)
{
	u64 val;

	ASSERT_EQ(0, init(self->vcpu));
	ASSERT_EQ(0, get(self->vcpu, REG_MPIDR, &val));
	EXPECT_EQ(self->mpidr, val);
	ASSERT_EQ(0, get(self->vcpu, REG_CLIDR, &val));
	EXPECT_EQ(self->clidr, val);
}

/*
 * As long as there may be a CPU without AArch32, guests must not use it. This
 * comes last: it leaves all CPUs online.
 */
FIXTURE(late)
{
	struct host host;
	struct guest g;
};

FIXTURE_SETUP(late)
{
	ASSERT_TRUE(probe_host(&self->host));
	if (access(AARCH32_EL0, F_OK))
		SKIP(return, "no allow_mismatched_32bit_el0");
	if (self->host.guests || !CPU_COUNT(&self->host.el32))
		SKIP(return, "nothing is going to change");
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_EQ(0, create_guest(&self->g, 0, 0));
}

FIXTURE_TEARDOWN(late)
{
	free_vm(&self->g);
}

TEST_F(late, last_cpu_allows)
{
	struct guest after;
	cpu_set_t possible;
	char path[64];
	u64 pfr0;

	ASSERT_TRUE(read_cpulist("/sys/devices/system/cpu/possible", &possible));
	for (int i = 0; i < CPU_COUNT(&possible); i++) {
		int fd;

		snprintf(path, sizeof(path),
			 "/sys/devices/system/cpu/cpu%d/online",
			 nth_cpu(&possible, i));
		fd = open(path, O_WRONLY);
		if (fd < 0)
			continue;
		/* fails for one that is online, too */
		if (write(fd, "1", 1) < 0)
			TH_LOG("%s: %s", path, strerror(errno));
		close(fd);
	}
	ASSERT_TRUE(probe_host(&self->host));
	if (!self->host.guests)
		SKIP(return, "there are CPUs without AArch32");

	/* The VM from before keeps what it was promised. */
	ASSERT_EQ(0, get(&self->g.vcpus[0], REG_PFR0, &pfr0));
	EXPECT_EQ(PFR0_AARCH64, PFR0_EL0(pfr0));

	ASSERT_EQ(0, create_guest(&after, 0, 0));
	ASSERT_EQ(0, get(&after.vcpus[0], REG_PFR0, &pfr0));
	EXPECT_EQ(PFR0_AARCH32, PFR0_EL0(pfr0));
	EXPECT_EQ(0, drop_on(&after.vcpus[0], nth_cpu(&self->host.el32, 0)));
	EXPECT_STREQ("", is_mmio(&after.vcpus[0]));
	free_vm(&after);
}

TEST_HARNESS_MAIN
