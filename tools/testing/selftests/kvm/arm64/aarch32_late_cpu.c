// SPDX-License-Identifier: GPL-2.0-only
/*
 * aarch32_late_cpu - VMs and the CPU that makes KVM offer AArch32
 *
 * As long as there may be a CPU without AArch32, guests must not use it.  This
 * brings the last CPU online and tests that
 *  - VMs that are created from then on are offered AArch32
 *  - those from before go on without it: what userspace reads from them can be
 *    written back, and their guests are stopped as before
 *
 * It works once in a boot, and changes what other tests find after it: they
 * have CPUs online that were not, and AArch32 offered that was not.
 */
#include "kselftest_harness.h"
#include "aarch32_guest.h"

/* Enough for an emulated machine, and for a debug kernel on it. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	120

#define MAX_REGS	64

struct regs {
	int nr;
	u64 id[MAX_REGS], val[MAX_REGS];
};

/* The feature ID registers */
static bool is_id_reg(u64 id)
{
	const u64 mask = KVM_REG_ARM64_SYSREG_OP0_MASK |
			 KVM_REG_ARM64_SYSREG_OP1_MASK |
			 KVM_REG_ARM64_SYSREG_CRN_MASK;

	if ((id & KVM_REG_ARM_COPROC_MASK) != KVM_REG_ARM64_SYSREG)
		return false;
	if ((id & mask) != (ARM64_SYS_REG(3, 0, 0, 0, 0) & mask))
		return false;
	return (id & KVM_REG_ARM64_SYSREG_CRM_MASK) >=
	       (1 << KVM_REG_ARM64_SYSREG_CRM_SHIFT);
}

/* The values of those and of PMCR_EL0, if there is a PMU */
static int read_regs(struct guest_vcpu *vcpu, struct regs *regs)
{
	struct kvm_reg_list n = {}, *list;
	int ret;

	ret = do_ioctl(vcpu->fd, KVM_GET_REG_LIST, &n);
	if (ret != E2BIG)
		return ret ?: ENOENT;
	list = calloc(1, sizeof(n) + n.n * sizeof(u64));
	if (!list)
		return errno;
	list->n = n.n;
	ret = do_ioctl(vcpu->fd, KVM_GET_REG_LIST, list);

	regs->nr = 0;
	for (u64 i = 0; !ret && i < list->n; i++) {
		if (!is_id_reg(list->reg[i]) && list->reg[i] != REG_PMCR)
			continue;
		if (regs->nr == MAX_REGS) {
			ret = ENOSPC;
			break;
		}
		regs->id[regs->nr] = list->reg[i];
		ret = get(vcpu, list->reg[i], &regs->val[regs->nr++]);
	}
	free(list);
	return ret;
}

/* Writes back what was read and returns how many did not take or keep it. */
static int restore_regs(struct guest_vcpu *vcpu, const struct regs *regs)
{
	int failed = 0;
	u64 val;

	for (int i = 0; i < regs->nr; i++) {
		int ret = set(vcpu, regs->id[i], regs->val[i]);

		if (!ret)
			ret = get(vcpu, regs->id[i], &val);
		if (!ret && val == regs->val[i])
			continue;
		printf("# register 0x%llx, value 0x%llx: %s\n",
		       (unsigned long long)regs->id[i],
		       (unsigned long long)regs->val[i],
		       ret ? strerror(ret) : "changed");
		failed++;
	}
	return failed;
}

/* Those that have not been online before, if all others run AArch32 */
static bool missing_cpus(cpu_set_t *missing)
{
	cpu_set_t online, possible, listed;

	if (!read_cpulist(CPUS "online", &online) ||
	    !read_cpulist(CPUS "possible", &possible) ||
	    !read_cpulist(AARCH32_EL0, &listed))
		return false;
	CPU_AND(missing, &possible, &listed);
	CPU_XOR(missing, missing, &possible);
	return is_subset(&online, &listed);
}

static int set_online(int cpu, bool online)
{
	char path[64];
	int fd, ret;

	snprintf(path, sizeof(path), CPUS "cpu%d/online", cpu);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return errno;
	ret = write(fd, online ? "1" : "0", 1) < 0 ? errno : 0;
	close(fd);
	return ret;
}

/* Does the vCPU run, and is its guest stopped when it drops to AArch32? */
static int run_and_catch(struct guest_vcpu *vcpu, int cpu)
{
	int ret;

	ret = start_at(vcpu, CODE_LOAD);
	if (!ret)
		ret = run(vcpu);
	if (ret || *is_mmio(vcpu))
		return ret ?: EIO;
	ret = drop_on(vcpu, cpu);
	if (ret != EINVAL || vcpu->run->exit_reason != KVM_EXIT_FAIL_ENTRY)
		return ret ?: EIO;
	return 0;
}

FIXTURE(late)
{
	struct host host;
	struct guest ran;	/* was run before the CPU comes online ... */
	struct guest fresh;	/* ... was not ... */
	struct guest empty;	/* ... and has no vCPU */
	bool pmu;
};

static int create_guests(struct guest *ran, struct guest *fresh,
			 struct guest *empty, bool pmu)
{
	struct kvm_device_attr attr = {
		.group = KVM_ARM_VCPU_PMU_V3_CTRL,
		.attr = KVM_ARM_VCPU_PMU_V3_INIT,
	};
	u32 features = pmu ? BIT(KVM_ARM_VCPU_PMU_V3) : 0;
	int ret;

	ret = create_guest(ran, 0, features);
	for (int i = 0; !ret && pmu && i < ran->nr_vcpus; i++)
		ret = do_ioctl(ran->vcpus[i].fd, KVM_SET_DEVICE_ATTR, &attr);
	if (!ret)
		ret = create_guest(fresh, 0, features);
	for (int i = 0; !ret && pmu && i < fresh->nr_vcpus; i++)
		ret = do_ioctl(fresh->vcpus[i].fd, KVM_SET_DEVICE_ATTR, &attr);
	if (ret)
		return ret;

	empty->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	return create_vm(empty, 0);
}

FIXTURE_SETUP(late)
{
	cpu_set_t missing;
	int kvm;

	if (access(AARCH32_EL0, F_OK))
		SKIP(return, "no allow_mismatched_32bit_el0");
	ASSERT_TRUE(probe_host(&self->host));
	if (self->host.guests || !CPU_COUNT(&self->host.el32))
		SKIP(return, "nothing is going to change");
	if (!missing_cpus(&missing))
		SKIP(return, "there are CPUs without AArch32");
	if (geteuid())
		SKIP(return, "needs root");
	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		SKIP(return, "no KVM");
	self->pmu = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_PMU_V3) > 0;
	close(kvm);
	ASSERT_EQ(0, create_guests(&self->ran, &self->fresh, &self->empty,
				   self->pmu));
}

FIXTURE_TEARDOWN(late)
{
	free_vm(&self->ran);
	free_vm(&self->fresh);
	free_vm(&self->empty);
}

TEST_F(late, last_cpu_allows)
{
	struct guest *old[] = { &self->ran, &self->fresh };
	struct regs regs[ARRAY_SIZE(old)];
	cpu_set_t missing, listed;
	struct guest after;
	int cpu, el32;
	u64 val;

	el32 = nth_cpu(&self->host.el32, 0);
	ASSERT_EQ(0, start_at(&self->ran.vcpus[0], CODE_LOAD));
	ASSERT_EQ(0, run(&self->ran.vcpus[0]));
	ASSERT_STREQ("", is_mmio(&self->ran.vcpus[0]));
	for (int i = 0; i < (int)ARRAY_SIZE(old); i++) {
		ASSERT_EQ(0, read_regs(&old[i]->vcpus[0], &regs[i]));
		ASSERT_LT(0, regs[i].nr);
	}

	ASSERT_TRUE(missing_cpus(&missing));
	for (int i = 0; i < CPU_COUNT(&missing); i++) {
		cpu = nth_cpu(&missing, i);
		ASSERT_EQ(0, set_online(cpu, true));
		ASSERT_TRUE(read_cpulist(AARCH32_EL0, &listed));
		if (!CPU_ISSET(cpu, &listed)) {
			set_online(cpu, false);
			SKIP(return, "there are CPUs without AArch32");
		}
	}
	ASSERT_TRUE(probe_host(&self->host));
	ASSERT_TRUE(self->host.guests);

	/* The VMs from before, first as userspace sees them ... */
	for (int i = 0; i < (int)ARRAY_SIZE(old); i++) {
		struct guest_vcpu *vcpu = &old[i]->vcpus[0];

		ASSERT_EQ(0, get(vcpu, REG_PFR0, &val));
		EXPECT_EQ(PFR0_AARCH64, PFR0_EL0(val));
		EXPECT_EQ(0, restore_regs(vcpu, &regs[i]));
		EXPECT_EQ(EINVAL, set(vcpu, REG_PSTATE, PSTATE_USR32));
		if (!self->pmu)
			continue;
		EXPECT_EQ(0, set(vcpu, REG_PMCR, 0));
		ASSERT_EQ(0, get(vcpu, REG_PMCR, &val));
		EXPECT_TRUE(val & ARMV8_PMU_PMCR_LC);
	}

	/* ... then as their guests do. The second vCPU starts only now. */
	for (int i = 0; i < (int)ARRAY_SIZE(old); i++) {
		EXPECT_EQ(0, run_and_catch(&old[i]->vcpus[0], el32));
		EXPECT_EQ(0, run_and_catch(&old[i]->vcpus[1], el32));
		ASSERT_EQ(0, init(&old[i]->vcpus[0]));
		EXPECT_EQ(0, run_and_catch(&old[i]->vcpus[0], el32));
	}

	/* What counts is when the VM was created, not its first vCPU. */
	EXPECT_EQ(0, ioctl(self->empty.vm, KVM_CHECK_EXTENSION,
			   KVM_CAP_ARM_EL1_32BIT));
	ASSERT_EQ(EINVAL, add_vcpu(&self->empty, BIT(KVM_ARM_VCPU_EL1_32BIT)));
	ASSERT_EQ(0, add_vcpu(&self->empty, 0));
	ASSERT_EQ(0, get(&self->empty.vcpus[1], REG_PFR0, &val));
	EXPECT_EQ(PFR0_AARCH64, PFR0_EL0(val));
	EXPECT_EQ(0, run_and_catch(&self->empty.vcpus[1], el32));

	/* A VM that is created now */
	ASSERT_EQ(0, create_guest(&after, 0, 0));
	ASSERT_EQ(0, get(&after.vcpus[0], REG_PFR0, &val));
	EXPECT_EQ(PFR0_AARCH32, PFR0_EL0(val));
	EXPECT_EQ(0, drop_on(&after.vcpus[0], el32));
	EXPECT_STREQ("", is_mmio(&after.vcpus[0]));
	free_vm(&after);
}

TEST_HARNESS_MAIN
