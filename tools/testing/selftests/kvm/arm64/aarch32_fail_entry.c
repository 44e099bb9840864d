// SPDX-License-Identifier: GPL-2.0-only
/*
 * aarch32_fail_entry - guests that use AArch32 although they must not
 *
 * A guest is not offered AArch32 on a host that has, or may still get, CPUs
 * without it, nor if it has EL2 or is protected.  But nothing keeps it from
 * AArch32 at EL0 on a CPU that runs AArch32.  This tests that
 *  - what is refused is not advertised, and what is advertised works
 *  - what older kernels advertised can still be restored
 *  - such a guest leaves with KVM_EXIT_FAIL_ENTRY, and with what about it
 *    Documentation/virt/kvm/api.rst promises
 *  - its vCPU does not run again until KVM_ARM_VCPU_INIT, and then does
 */
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "kselftest_harness.h"
#include "aarch32_guest.h"

/* Enough for an emulated machine, and for a debug kernel on it. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	120

#define REG_MPIDR	KVM_ARM64_SYS_REG(SYS_MPIDR_EL1)
#define REG_CLIDR	KVM_ARM64_SYS_REG(SYS_CLIDR_EL1)
#define REG_DFR0	KVM_ARM64_SYS_REG(SYS_ID_DFR0_EL1)

/* NULL if a guest that uses AArch32 is to be stopped. */
static const char *cannot_be_caught(const struct host *h, bool offered)
{
	if (offered)
		return "AArch32 is offered to this guest";
	if (!CPU_COUNT(&h->el32))
		return "no CPU in reach runs AArch32";
	return NULL;
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

static const u32 aarch32_ids[] = {
	SYS_ID_PFR0_EL1, SYS_ID_DFR0_EL1, SYS_ID_ISAR0_EL1, SYS_MVFR0_EL1,
};

/* The ID registers and the interfaces agree on whether there is AArch32. */
TEST_F(aarch32, advertised)
{
	int el0 = self->offered ? PFR0_AARCH32 : PFR0_AARCH64;
	u64 pfr0, val;

	ASSERT_EQ(0, get(self->vcpu, REG_PFR0, &pfr0));
	EXPECT_EQ(el0, PFR0_EL0(pfr0));
	/* nor at EL1 to EL3 */
	if (!self->offered)
		EXPECT_EQ(0, pfr0 & 0x2220);

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

/*
 * Userspace may write what older kernels gave to guests that they did not let
 * use AArch32, so that VMs can be restored, but nothing comes of it.
 */
TEST_F(aarch32, restored)
{
	bool given = self->host.seen && !variant->features;
	u64 pfr0, val;

	if (self->offered)
		SKIP(return, "AArch32 is offered to this guest");

	ASSERT_EQ(0, get(self->vcpu, REG_PFR0, &pfr0));
	pfr0 = (pfr0 & ~0xfUL) | PFR0_AARCH64;
	EXPECT_EQ(0, set(self->vcpu, REG_PFR0, pfr0));
	EXPECT_EQ(given ? 0 : EINVAL, set(self->vcpu, REG_PFR0, pfr0 + 1));
	/* There is no such thing. */
	EXPECT_EQ(EINVAL, set(self->vcpu, REG_PFR0, pfr0 + 2));
	ASSERT_EQ(0, get(self->vcpu, REG_PFR0, &val));
	EXPECT_EQ(pfr0, val);

	for (int i = 0; i < (int)ARRAY_SIZE(aarch32_ids); i++) {
		u64 id = KVM_ARM64_SYS_REG(aarch32_ids[i]);

		EXPECT_EQ(0, set(self->vcpu, id, ~0UL));
		ASSERT_EQ(0, get(self->vcpu, id, &val));
		EXPECT_EQ(0, val) {
			TH_LOG("AArch32 ID register %d is written", i);
		}
	}

	/* The same after a run, which settles the registers */
	ASSERT_EQ(0, start_at(self->vcpu, CODE_LOAD));
	ASSERT_EQ(0, run(self->vcpu));
	ASSERT_EQ(0, get(self->vcpu, REG_PFR0, &pfr0));
	EXPECT_EQ(PFR0_AARCH64, PFR0_EL0(pfr0));
	EXPECT_EQ(given ? 0 : EBUSY, set(self->vcpu, REG_PFR0, pfr0 + 1));
	EXPECT_EQ(0, set(self->vcpu, REG_PFR0, pfr0));
}

/* A guest that was not offered AArch32 can move to a host that offers it. */
TEST_F(aarch32, restored_dfr0)
{
	u64 val;

	EXPECT_EQ(0, set(self->vcpu, REG_DFR0, 0));
	ASSERT_EQ(0, get(self->vcpu, REG_DFR0, &val));
	EXPECT_EQ(0, val);
}

/* The AArch32 ID registers are writable if they are there. */
TEST_F(aarch32, writable_masks)
{
	u64 masks[KVM_ARM_FEATURE_ID_RANGE_SIZE];
	struct reg_mask_range range = { .addr = (u64)masks };

	if (ioctl(self->g.vm, KVM_CHECK_EXTENSION,
		  KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES) <= 0)
		SKIP(return, "no writable masks for this kind of guest");

	ASSERT_EQ(0, do_ioctl(self->g.vm, KVM_ARM_GET_REG_WRITABLE_MASKS,
			      &range));
	for (int i = 0; i < (int)ARRAY_SIZE(aarch32_ids); i++) {
		/* The other fields of the encoding do not count here. */
		int idx = KVM_ARM64_SYS_REG(aarch32_ids[i]) &
			  (KVM_REG_ARM64_SYSREG_CRM_MASK |
			   KVM_REG_ARM64_SYSREG_OP2_MASK);

		EXPECT_EQ(self->offered, masks[idx] != 0) {
			TH_LOG("AArch32 ID register %d: mask 0x%llx", i,
			       (unsigned long long)masks[idx]);
		}
	}
}

/* PMCR_EL0.LC can only be cleared for a guest that has AArch32. */
TEST_F(aarch32, pmcr)
{
	struct guest g = { .kvm = self->g.kvm };
	u64 val;

	if (ioctl(self->g.vm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_PMU_V3) <= 0)
		SKIP(return, "no PMU for this kind of guest");

	ASSERT_EQ(0, create_vm(&g, variant->type));
	ASSERT_EQ(0, add_vcpu(&g, variant->features |
				  BIT(KVM_ARM_VCPU_PMU_V3)));
	ASSERT_EQ(0, set(&g.vcpus[0], REG_PMCR, 0));
	ASSERT_EQ(0, get(&g.vcpus[0], REG_PMCR, &val));
	EXPECT_EQ(!self->offered, !!(val & ARMV8_PMU_PMCR_LC));
	g.kvm = -1;
	free_vm(&g);
}

/* A vCPU that is AArch32 at EL1 is one that can be run. */
TEST_F(aarch32, advertised_el1)
{
	struct guest g = { .kvm = self->g.kvm };
	int host_cap, cap, ret;

	host_cap = ioctl(g.kvm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_EL1_32BIT);
	EXPECT_TRUE(self->host.guests || !host_cap);
	cap = ioctl(self->g.vm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_EL1_32BIT);
	EXPECT_EQ(self->offered ? host_cap : 0, cap);
	if (self->offered)
		pin_self_to_cpu(nth_cpu(&self->host.el32, 0));

	ASSERT_EQ(0, create_vm(&g, variant->type));
	ret = add_vcpu(&g, variant->features | BIT(KVM_ARM_VCPU_EL1_32BIT));
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

static void ignore_signal(int sig)
{
}

/* Interrupts this thread twice a second: there need not be a tick. */
static int start_interrupts(void)
{
	const struct itimerval timer = {
		.it_interval.tv_usec = 500000,
		.it_value.tv_usec = 500000,
	};
	/* no SA_RESTART */
	const struct sigaction action = { .sa_handler = ignore_signal };

	if (sigaction(SIGALRM, &action, NULL) ||
	    setitimer(ITIMER_REAL, &timer, NULL))
		return errno;
	return 0;
}

/* The same without an instruction that exits: it is found at an interrupt. */
TEST_F(aarch32, fail_entry_at_interrupt)
{
	const char *why_not;
	int ret;

	why_not = cannot_be_caught(&self->host, self->offered);
	if (why_not)
		SKIP(return, "%s", why_not);

	ASSERT_EQ(0, start_at(self->vcpu, CODE_DROP));
	ASSERT_EQ(0, set(self->vcpu, REG_X(2), GUEST_CODE + CODE_SPIN32));
	pin_self_to_cpu(nth_cpu(&self->host.el32, 0));
	ASSERT_EQ(0, start_interrupts());
	/* It may also interrupt what comes before the guest runs. */
	do {
		ret = run(self->vcpu);
	} while (ret == EINTR);
	EXPECT_EQ(EINVAL, ret);
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

/*
 * From EL2 to its own userspace (HCR_EL2.TGE): KVM emulates the return, and it
 * is illegal on each CPU.
 */
TEST_F(aarch32, el2_illegal_return)
{
	u64 esr;

	if (!(variant->features & BIT(KVM_ARM_VCPU_HAS_EL2)))
		SKIP(return, "a guest without EL2");

	ASSERT_EQ(0, start_at(self->vcpu, CODE_DROP));
	ASSERT_EQ(0, set(self->vcpu, REG_PSTATE, PSTATE_EL2H));
	ASSERT_EQ(0, set(self->vcpu, KVM_ARM64_SYS_REG(SYS_VBAR_EL2),
			 GUEST_CODE + CODE_VECTORS));
	ASSERT_EQ(0, set(self->vcpu, KVM_ARM64_SYS_REG(SYS_HCR_EL2),
			 HCR_EL2_RW | HCR_EL2_E2H | HCR_EL2_TGE));
	ASSERT_EQ(0, run(self->vcpu));
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
			/* ASSERT, as the SKIP below overrides an EXPECT. */
			ASSERT_STREQ("", is_mmio(self->vcpu));
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
		/* flags are those of this exit */
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

/*
 * Not even an access that the guest had made before is completed. If it were,
 * KVM would skip the instruction that the vCPU starts with after its reset.
 */
TEST_F(caught, enoexec_before_mmio)
{
	struct guest_vcpu *vcpu = self->other;
	u64 pfr0;

	ASSERT_EQ(0, start_at(vcpu, CODE_LOAD));
	ASSERT_EQ(0, run(vcpu));
	ASSERT_STREQ("", is_mmio(vcpu));

	/* It is not completed now, for start_at() is called ... */
	ASSERT_EQ(0, start_at(vcpu, CODE_DROP));
	ASSERT_EQ(EINVAL, run(vcpu));
	ASSERT_EQ(KVM_EXIT_FAIL_ENTRY, vcpu->run->exit_reason);

	/* ... and must not be here, whatever userspace says. */
	vcpu->run->exit_reason = KVM_EXIT_MMIO;
	ASSERT_EQ(ENOEXEC, run(vcpu));

	ASSERT_EQ(0, init(vcpu));
	ASSERT_EQ(0, start_at(vcpu, CODE_LOAD));
	ASSERT_EQ(0, run(vcpu));
	EXPECT_STREQ("", is_mmio(vcpu));
	ASSERT_EQ(0, get(vcpu, REG_X(3), &pfr0));
	EXPECT_EQ(PFR0_AARCH64, PFR0_EL0(pfr0));
}

TEST_F(caught, onereg_enoexec)
{
	struct kvm_vcpu_events events = {};
	struct kvm_reg_list list = {};
	int what = KVM_ARM_VCPU_SVE;
	int fd = self->vcpu->fd;
	u64 val;

	EXPECT_EQ(ENOEXEC, get(self->vcpu, REG_PC, &val));
	EXPECT_EQ(ENOEXEC, set(self->vcpu, REG_PC, 0));
	EXPECT_EQ(ENOEXEC, do_ioctl(fd, KVM_GET_REG_LIST, &list));
	EXPECT_EQ(ENOEXEC, do_ioctl(fd, KVM_GET_VCPU_EVENTS, &events));
	EXPECT_EQ(ENOEXEC, do_ioctl(fd, KVM_SET_VCPU_EVENTS, &events));
	EXPECT_EQ(ENOEXEC, do_ioctl(fd, KVM_ARM_VCPU_FINALIZE, &what));
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

TEST_HARNESS_MAIN
