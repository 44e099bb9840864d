// SPDX-License-Identifier: GPL-2.0-only
/*
 * idsr_fuzz - What a VMM gone mad does with IMPLEMENTATION DEFINED registers
 *
 * Random ioctls in random order, with arguments that are good, nearly good or
 * random, on VMs and vCPUs of each kind, while another thread writes to the run
 * pages. Nothing is expected but that KVM_RUN returns, and that the kernel does
 * not complain; for that, run it on a kernel with debug options.
 *
 * Arguments: [-s seed] [-t seconds]
 */
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "idsr.h"

#define NR_VCPUS	2
#define NR_INSNS	64
#define SECONDS		10

static u64 state;
static bool stop;
static struct kvm_vcpu *vcpus[NR_VCPUS];

static u64 next_random(u64 *s)
{
	/* xorshift64 */
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

static u64 rnd(u64 n)
{
	return next_random(&state) % n;
}

/* Few bits, many bits, or what is next to something interesting */
static u64 some_value(void)
{
	static const u64 values[] = {
		0, 1, 2, 3, 4, 8, 15, 16, 0xff, 0xffff, 1ULL << 31, ~0U, 1ULL << 32, ~0ULL,
	};

	switch (rnd(4)) {
	case 0:
		return next_random(&state);
	case 1:
		return 1ULL << rnd(64);
	default:
		return values[rnd(ARRAY_SIZE(values))];
	}
}

static void fuzz_cap(struct kvm_vm *vm)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_IDSR_TO_USER };

	cap.args[0] = rnd(4) ? rnd(16) : some_value();
	cap.args[1] = rnd(4) ? rnd(2) : some_value();
	if (!rnd(8))
		cap.args[2 + rnd(2)] = some_value();
	if (!rnd(8))
		cap.flags = some_value();
	(void)__vm_ioctl(vm, KVM_ENABLE_CAP, &cap);
}

static void fuzz_filter(struct kvm_vm *vm)
{
	static const u8 crns[] = { 9, 10, 11, 15 };
	struct kvm_arm_idsr_filter filter = {
		.space = 1 << rnd(4),
		.base = KVM_ARM_IDSR_INDEX(rnd(8), crns[rnd(4)], rnd(16), rnd(8)),
		.nr = 1 + rnd(16),
		.read_action = rnd(2),
		.write_action = rnd(2),
	};
	struct kvm_device_attr attr = {
		.group = KVM_ARM_VM_IDSR_CTRL,
		.attr = rnd(8) ? KVM_ARM_VM_IDSR_FILTER : some_value(),
		.addr = rnd(16) ? (u64)&filter : some_value(),
	};

	if (!rnd(4))
		((u8 *)&filter)[rnd(sizeof(filter))] = some_value();
	if (!rnd(4))
		filter.nr = some_value();
	(void)ioctl(vm->fd, rnd(8) ? KVM_SET_DEVICE_ATTR : KVM_HAS_DEVICE_ATTR, &attr);
}

static void fuzz_vm_ioctl(struct kvm_vm *vm)
{
	if (rnd(4))
		fuzz_filter(vm);
	else
		fuzz_cap(vm);
}

static void fuzz_vcpu(struct kvm_vcpu *vcpu, const u64 *pc)
{
	struct kvm_vcpu_events events = {};
	struct itimerval soon = {
		.it_value.tv_usec = 2000,
		.it_interval.tv_usec = 2000,
	}, never = {};
	u64 hcr;

	switch (rnd(12)) {
	case 0:
		(void)__vcpu_ioctl(vcpu, KVM_ARM_VCPU_INIT, &vcpu->init);
		break;
	case 1:
		events.exception.ext_dabt_pending = rnd(2);
		events.exception.serror_pending = rnd(2);
		(void)__vcpu_ioctl(vcpu, KVM_SET_VCPU_EVENTS, &events);
		break;
	case 2:
		(void)__vcpu_set_reg(vcpu, ARM64_CORE_REG(regs.pstate),
				     rnd(2) ? RAW_GUEST_EL0 + rnd(16) : 0x1c0 + rnd(0x40));
		break;
	case 3:
		/* KVM warns about one of these two without the other. */
		hcr = some_value() & ~(HCR_EL2_IMO | HCR_EL2_FMO);
		if (rnd(2))
			hcr |= HCR_EL2_IMO | HCR_EL2_FMO;
		(void)__vcpu_set_reg(vcpu, KVM_ARM64_SYS_REG(SYS_HCR_EL2), hcr);
		break;
	case 4:
		vcpu->run->immediate_exit = rnd(2);
		break;
	case 5:
		vcpu->run->exit_reason = rnd(2) ? KVM_EXIT_MMIO : KVM_EXIT_ARM_IDSR;
		break;
	case 6:
	case 7:
		(void)__vcpu_set_reg(vcpu, ARM64_CORE_REG(regs.pc),
				     rnd(16) ? pc[rnd(NR_INSNS)] : some_value());
		(void)__vcpu_set_reg(vcpu, ARM64_CORE_REG(regs.regs[28]), RAW_GUEST_MMIO);
		(void)__vcpu_set_reg(vcpu, ARM64_CORE_REG(regs.regs[12]), RAW_GUEST_MMIO);
		break;
	default:
		/* A guest that is lost somewhere is stopped by the timer. */
		vcpu->run->arm_idsr.action = rnd(8) ? rnd(3) : some_value();
		vcpu->run->arm_idsr.data = some_value();
		setitimer(ITIMER_REAL, &soon, NULL);
		(void)__vcpu_run(vcpu);
		setitimer(ITIMER_REAL, &never, NULL);
	}
}

static void *scribble(void *arg)
{
	u64 s = *(u64 *)arg | 1;
	sigset_t alarm;

	/* The timer is for KVM_RUN. */
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, NULL);

	while (!READ_ONCE(stop)) {
		struct kvm_run *run = vcpus[next_random(&s) % NR_VCPUS]->run;
		u8 *p = (u8 *)&run->arm_idsr;
		u64 r = next_random(&s);

		if (r & 1)
			p[(r >> 8) % sizeof(run->arm_idsr)] = r >> 32;
		else if (r & 2)
			run->arm_idsr.action = r >> 8 & 3;
		else
			run->exit_reason = r & 4 ? KVM_EXIT_MMIO : r >> 40;
		if (!(r & 0xff0000))
			usleep(100);
	}
	return NULL;
}

static void fuzz_vm(u32 features)
{
	u64 seed = next_random(&state), pc[NR_INSNS];
	static const u8 crns[] = { 9, 10, 11, 15 };
	struct kvm_vm *vm = raw_guest_create_vm(features);
	pthread_t thread;
	int i;

	for (i = 0; i < NR_INSNS; i++) {
		u32 read = rnd(2), crn = crns[rnd(4)], crm = rnd(16);

		if (features & BIT(KVM_ARM_VCPU_EL1_32BIT))
			pc[i] = raw_guest_add_a32(vm, rnd(4) ?
				0xee000f10 | rnd(8) << 21 | read << 20 | crn << 16 |
				3 << 12 | rnd(8) << 5 | crm :
				0xec440f0f | read << 20 | 3 << 12 | rnd(16) << 4);
		else
			pc[i] = raw_guest_add(vm, A64_INSN(read, rnd(2) ? 3 : 1, rnd(8),
							   crn, crm, rnd(8), 3));
	}

	for (i = rnd(4); i; i--)
		fuzz_cap(vm);
	for (i = rnd(8); i; i--)
		fuzz_filter(vm);
	raw_guest_add_vcpus(vm, NR_VCPUS, features, vcpus);
	for (i = rnd(8); i; i--)
		fuzz_vm_ioctl(vm);

	WRITE_ONCE(stop, false);
	TEST_ASSERT(!pthread_create(&thread, NULL, scribble, &seed), "pthread_create()");
	for (i = 0; i < 300; i++) {
		fuzz_vcpu(vcpus[rnd(NR_VCPUS)], pc);
		if (!rnd(64))
			fuzz_vm_ioctl(vm);
	}
	WRITE_ONCE(stop, true);
	pthread_join(thread, NULL);
	kvm_vm_free(vm);
}

static void nothing(int sig)
{
}

int main(int argc, char *argv[])
{
	static const u32 kinds[] = {
		0, BIT(KVM_ARM_VCPU_EL1_32BIT), BIT(KVM_ARM_VCPU_HAS_EL2),
		BIT(KVM_ARM_VCPU_PSCI_0_2),
	};
	struct sigaction sa = { .sa_handler = nothing };
	int seconds = SECONDS, vms = 0, opt;
	struct timespec start, now;

	state = 1;
	while ((opt = getopt(argc, argv, "s:t:")) != -1) {
		if (opt == 's')
			state = strtoull(optarg, NULL, 0) ?: 1;
		else if (opt == 't')
			seconds = atoi(optarg);
		else
			return KSFT_FAIL;
	}

	ksft_print_header();
	if (!has_idsr())
		ksft_exit_skip("no KVM_CAP_ARM_IDSR_TO_USER\n");
	ksft_set_plan(1);
	ksft_print_msg("seed %#lx, %d seconds\n", (unsigned long)state, seconds);

	sigaction(SIGALRM, &sa, NULL);
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		u32 features = kinds[rnd(ARRAY_SIZE(kinds))];

		if (raw_guest_supported(features)) {
			fuzz_vm(features);
			vms++;
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec < seconds);

	ksft_print_msg("%d VMs\n", vms);
	ksft_test_result_pass("fuzz\n");
	ksft_finished();
}
