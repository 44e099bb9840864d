// SPDX-License-Identifier: GPL-2.0-only
/*
 * notag_vmm - A VMM that runs Linux with MTE in memory that has no tags
 *
 * All RAM of the guest is a file on ext4. The guest is the kernel of this host
 * with an initramfs of this program and the selftests of arm64/mte, and takes
 * each page that it puts tags into from the VMM, which upgrades it at that time.
 * Nothing in the guest knows.
 *
 * This test includes:
 *  - the selftests of arm64/mte in such a guest
 *  - a window that is not upgraded: an access to its tags is an external abort
 *  - a register that is IMPLEMENTATION DEFINED, and is up to the VMM
 *
 * There is no more to the VMM than that takes: two vCPUs, GICv3, PSCI, a PL011
 * and a devicetree. What a VMM has to do for KVM_CAP_ARM_MTE_NOTAG is in
 * create_vm(), add_slot() and tag_access(), and in notag_replace() of
 * mte_notag.h. "notag_vmm -v" shows the console of the guest.
 */
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <time.h>

#include "kselftest.h"
#include "mte_notag.h"
#include "notag_vmm.h"

#define NR_VCPUS	2
/* On an emulated host, a guest of the guest takes its time. */
#define TIMEOUT		300
#define TIMEOUT_SLOW	1200

/* What is where in the guest */
#define GIC_DIST	0x08000000U
#define GIC_REDIST	0x080a0000U
#define UART		0x09000000U
#define UART_SPI	1
#define REPORT		0x0a000000U	/* to this, see bare_guest */
#define RAM		0x40000000U
#define WINDOW		0x80000000U
#define WINDOW_SIZE	SZ_2M

/* What is where in RAM, on top of which the kernel is */
#define FDT_OFFSET	SZ_64M
#define BARE_OFFSET	(FDT_OFFSET + SZ_64K)
#define INITRD_OFFSET	(FDT_OFFSET + SZ_2M)

#define WINDOW_PATTERN	0x5a5aa5a5c3c33c3cUL
/* S3_1_C15_C2_0: the CPU of some vendor has it, and so has this machine. */
#define IMPDEF_VALUE	0x1d5eUL

#define BOOTARGS	"console=ttyAMA0 printk.devkmsg=on panic=-1"
/* A character is two exits at least. */
#define BOOTARGS_SHORT	BOOTARGS " quiet"
#define BOOTARGS_LONG	BOOTARGS " earlycon ignore_loglevel"

/* What the guest says of a test, in its kernel log */
#define GUEST_SAYS	"notag-guest: "

struct mte_test {
	const char *name;
	const char *needs;	/* fails without that */
	bool slow;
};

static const struct mte_test mte_tests[] = {
	{ "check_buffer_fill" },
	{ "check_child_memory" },
	/* Ten million system calls, and not one page with tags */
	{ "check_gcr_el1_cswitch", .slow = true },
	{ "check_hugetlb_options" },
	{ "check_ksm_options", .needs = "/sys/kernel/mm/ksm" },
	{ "check_mmap_options" },
	{ "check_prctl" },
	{ "check_tags_inclusion" },
	{ "check_user_mem" },
};

struct result {
	bool known;
	int status;
	int pass, fail, skip;
};

enum policy { UPGRADE, INJECT };

/*
 * A memslot, with what is done when the guest accesses tags that are not there.
 * RAM has to be upgraded, for an OS uses tags wherever it likes.
 */
struct slot {
	enum policy policy;
	u64 gpa, size;
	char *hva;
	char *spare;		/* what it is upgraded with */
	bool *upgraded;		/* chunks */
	int upgrades, injected;
};

struct cpu {
	struct kvm_vcpu *vcpu;
	struct kvm_vcpu_init init;
	pthread_t thread;
	bool has_thread;
	int tag_exits, idsr_exits;
};

static struct {
	struct kvm_vm *vm;
	struct cpu cpus[NR_VCPUS];
	struct slot slots[2];
	u64 chunk;
	/* For reading: KVM_RUN. For writing: memory that no vCPU may write to */
	pthread_rwlock_t running;
	double paused;		/* seconds */
	/* What follows is guarded by the lock. */
	pthread_mutex_t lock;
	double begin;
	bool ended;
	u32 system_event;
	sem_t end;
	u64 reports[2];
	bool reported[2];
	u32 uart[SZ_4K / 4];
	int uart_level;
	FILE *console;
	char line[1024];
	size_t line_size;
	bool booted;
	struct result results[ARRAY_SIZE(mte_tests)];
} machine;

static struct {
	const char *image, *file;
	char tests[PATH_MAX];
	u64 ram_size;
	bool verbose, slow;
} options = { .image = "/boot/Image", .ram_size = SZ_256M };

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/*
 * The guest, once it is Linux: PID 1 is this program. It runs all tests, and
 * says so in the kernel log, whose lines remain in one piece.
 */
static __printf(1, 2) void guest_say(const char *fmt, ...)
{
	int kmsg = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	char text[900] = "<3>" GUEST_SAYS;
	int size = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	size += vsnprintf(text + size, sizeof(text) - size, fmt, ap);
	va_end(ap);
	/* Each write is a line. */
	if (write(kmsg, text, min_t(int, size, sizeof(text) - 1)) < 0)
		perror("/dev/kmsg");
	close(kmsg);
}

static void guest_run(const struct mte_test *test)
{
	struct result r = { .status = KSFT_SKIP };
	char path[64], line[800];
	int status, fds[2];
	FILE *out;
	pid_t pid;

	snprintf(path, sizeof(path), "/mte/%s", test->name);
	if (access(path, X_OK) || (test->needs && access(test->needs, F_OK)))
		goto out;
	if (pipe(fds))
		goto out;
	pid = fork();
	if (!pid) {
		dup2(fds[1], 1);
		dup2(fds[1], 2);
		close(fds[0]);
		close(fds[1]);
		execl(path, test->name, NULL);
		_exit(127);
	}
	close(fds[1]);
	out = fdopen(fds[0], "r");
	while (fgets(line, sizeof(line), out)) {
		line[strcspn(line, "\n")] = 0;
		if (sscanf(line, "# Totals: pass:%d fail:%d xfail:%*d xpass:%*d skip:%d",
			   &r.pass, &r.fail, &r.skip) != 3 && strncmp(line, "ok ", 3))
			guest_say("| %s", line);
	}
	fclose(out);
	waitpid(pid, &status, 0);
	r.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
out:
	guest_say("%s status=%d pass=%d fail=%d skip=%d", test->name, r.status, r.pass,
		  r.fail, r.skip);
}

/* Comes before the constructor of the library, which wants /dev/kvm. */
static __attribute__((constructor(101))) void guest_init(void)
{
	if (getpid() != 1)
		return;

	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	mkdir("/dev/shm", 0777);
	mount("shm", "/dev/shm", "tmpfs", 0, NULL);
	mount("tmp", "/tmp", "tmpfs", 0, NULL);

	guest_say("up");
	for (int i = 0; i < ARRAY_SIZE(mte_tests); i++)
		guest_run(&mte_tests[i]);
	guest_say("down");
	reboot(RB_POWER_OFF);
}

/* On the host: what the guest says */
static void console_line(const char *line)
{
	const char *said = strstr(line, GUEST_SAYS);
	struct result r = { .known = true };
	char name[64];

	fprintf(machine.console, "# %s\n", line);
	if (options.verbose)
		printf("# %s\n", line);
	if (!said)
		return;
	said += strlen(GUEST_SAYS);
	if (!options.verbose && *said != '|')
		ksft_print_msg("[%5.1f s] %s\n", now() - machine.begin, said);
	if (!strcmp(said, "up"))
		machine.booted = true;
	if (sscanf(said, "%63s status=%d pass=%d fail=%d skip=%d", name, &r.status,
		   &r.pass, &r.fail, &r.skip) != 5)
		return;
	for (int i = 0; i < ARRAY_SIZE(mte_tests); i++)
		if (!strcmp(name, mte_tests[i].name))
			machine.results[i] = r;
}

static void console_char(char c)
{
	if (c == '\n' || machine.line_size == sizeof(machine.line) - 1) {
		machine.line[machine.line_size] = 0;
		machine.line_size = 0;
		console_line(machine.line);
	}
	if (c != '\n' && c != '\r')
		machine.line[machine.line_size++] = c;
}

/*
 * A PL011 that has always sent all that was written to it, and never receives
 * anything. There is an interrupt for each character, if the guest wants so.
 */
enum {
	UART_DR		= 0x000,
	UART_FR		= 0x018,
	UART_IMSC	= 0x038,
	UART_RIS	= 0x03c,
	UART_MIS	= 0x040,
	UART_ICR	= 0x044,
	UART_ID		= 0xfe0,
};

#define UART_FR_EMPTY	(BIT(7) | BIT(4))
#define UART_INT_TX	BIT(5)

static u32 uart_read(u32 reg)
{
	static const u8 id[] = { 0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

	switch (reg) {
	case UART_FR:
		return UART_FR_EMPTY;
	case UART_MIS:
		return machine.uart[UART_RIS / 4] & machine.uart[UART_IMSC / 4];
	case UART_ID ... SZ_4K - 4:
		return id[(reg - UART_ID) / 4];
	default:
		return machine.uart[reg / 4];
	}
}

static void uart_write(u32 reg, u32 val)
{
	int level;

	switch (reg) {
	case UART_DR:
		console_char(val);
		machine.uart[UART_RIS / 4] |= UART_INT_TX;
		break;
	case UART_ICR:
		machine.uart[UART_RIS / 4] &= ~val;
		break;
	case UART_RIS:
	case UART_MIS:
		break;
	default:
		machine.uart[reg / 4] = val;
	}

	level = !!uart_read(UART_MIS);
	if (level != machine.uart_level)
		kvm_irq_line(machine.vm, KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT |
			     (32 + UART_SPI), level);
	machine.uart_level = level;
}

/* Memory that vCPUs must not write to: they have left KVM_RUN, and wait. */
static void stop_vcpus(void)
{
	for (int i = 0; i < NR_VCPUS; i++) {
		struct cpu *cpu = &machine.cpus[i];

		/* The flag is for a vCPU that is about to enter KVM_RUN. */
		WRITE_ONCE(cpu->vcpu->run->immediate_exit, 1);
		if (cpu->has_thread)
			pthread_kill(cpu->thread, SIGUSR1);
	}
	pthread_rwlock_wrlock(&machine.running);
	for (int i = 0; i < NR_VCPUS; i++)
		WRITE_ONCE(machine.cpus[i].vcpu->run->immediate_exit, 0);
}

static void continue_vcpus(void)
{
	pthread_rwlock_unlock(&machine.running);
}

static void leave_kvm_run(int sig)
{
}

/* The guest accesses tags of a page that has none. */
static void tag_access(struct cpu *cpu)
{
	struct kvm_vcpu_events events = { .exception.ext_dabt_pending = 1 };
	u64 gpa = cpu->vcpu->run->memory_fault.gpa, chunk;
	struct slot *slot = machine.slots;
	double begin = now();

	while (gpa < slot->gpa || gpa >= slot->gpa + slot->size)
		TEST_ASSERT(++slot < machine.slots + ARRAY_SIZE(machine.slots),
			    "no memory at 0x%lx", (unsigned long)gpa);
	cpu->tag_exits++;

	if (slot->policy == INJECT) {
		/* The access is not repeated: the guest goes on at its vector. */
		vcpu_events_set(cpu->vcpu, &events);
		slot->injected++;
		return;
	}

	chunk = (gpa - slot->gpa) / machine.chunk;
	stop_vcpus();
	/* Another vCPU may have come here first, for the same chunk. */
	if (!slot->upgraded[chunk]) {
		u64 offset = chunk * machine.chunk;

		TEST_ASSERT(!notag_replace(slot->hva + offset, slot->spare + offset,
					   machine.chunk),
			    "cannot upgrade 0x%lx: %d", (unsigned long)gpa, errno);
		slot->upgraded[chunk] = true;
		slot->upgrades++;
	}
	machine.paused += now() - begin;
	continue_vcpus();
}

/* Call with machine.lock held. */
static void end_vm(void)
{
	machine.ended = true;
	sem_post(&machine.end);
}

static void mmio(struct kvm_run *run)
{
	u64 addr = run->mmio.phys_addr, data = 0;

	if (run->mmio.is_write)
		memcpy(&data, run->mmio.data, run->mmio.len);

	if (addr >= UART && addr < UART + SZ_4K) {
		if (run->mmio.is_write)
			uart_write(addr - UART, data);
		else
			data = uart_read(addr - UART);
	} else if (addr >= REPORT && addr < REPORT + sizeof(machine.reports)) {
		machine.reports[(addr - REPORT) / sizeof(u64)] = data;
		machine.reported[(addr - REPORT) / sizeof(u64)] = true;
		end_vm();
	} else {
		TEST_FAIL("no device at 0x%lx", (unsigned long)addr);
	}

	if (!run->mmio.is_write)
		memcpy(run->mmio.data, &data, run->mmio.len);
}

#ifdef KVM_CAP_ARM_IDSR_TO_USER
/* One register is known. For all others, the answer remains UNDEF. */
static bool idsr(struct cpu *cpu)
{
	struct kvm_run *run = cpu->vcpu->run;

	if (run->exit_reason != KVM_EXIT_ARM_IDSR)
		return false;

	cpu->idsr_exits++;
	if (run->arm_idsr.space == KVM_ARM_IDSR_SPACE_A64_REG && !run->arm_idsr.is_write &&
	    run->arm_idsr.op1 == 1 && run->arm_idsr.crn == 15 && run->arm_idsr.crm == 2 &&
	    run->arm_idsr.op2 == 0) {
		run->arm_idsr.data = IMPDEF_VALUE;
		run->arm_idsr.action = KVM_ARM_IDSR_COMPLETE;
		return true;
	}
	printf("# UNDEF: %s of S%d_%d_C%d_C%d_%d\n",
	       run->arm_idsr.is_write ? "write" : "read", run->arm_idsr.op0,
	       run->arm_idsr.op1, run->arm_idsr.crn, run->arm_idsr.crm, run->arm_idsr.op2);
	return true;
}

static bool idsr_enable(struct kvm_vm *vm)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_ARM_IDSR_TO_USER,
		.args = { KVM_ARM_IDSR_SPACE_A64_REG, KVM_ARM_IDSR_DEFAULT_EXIT },
	};

	if (kvm_check_cap(KVM_CAP_OOT_STACK) != KVM_OOT_STACK_VERSION ||
	    kvm_check_cap(KVM_CAP_ARM_IDSR_TO_USER) <= 0)
		return false;
	vm_ioctl(vm, KVM_ENABLE_CAP, &cap);
	return true;
}
#else
static bool idsr(struct cpu *cpu)
{
	return false;
}

static bool idsr_enable(struct kvm_vm *vm)
{
	return false;
}
#endif

static void handle_exit(struct cpu *cpu)
{
	struct kvm_run *run = cpu->vcpu->run;

	pthread_mutex_lock(&machine.lock);
	switch (run->exit_reason) {
	case KVM_EXIT_MMIO:
		mmio(run);
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		machine.system_event = run->system_event.type;
		end_vm();
		break;
	default:
		TEST_ASSERT(idsr(cpu), "unexpected exit %u (%s)", run->exit_reason,
			    exit_reason_str(run->exit_reason));
	}
	pthread_mutex_unlock(&machine.lock);
}

static void *run_vcpu(void *arg)
{
	struct cpu *cpu = arg;
	int ret, err;

	while (!READ_ONCE(machine.ended)) {
		pthread_rwlock_rdlock(&machine.running);
		ret = __vcpu_run(cpu->vcpu);
		err = errno;
		pthread_rwlock_unlock(&machine.running);

		errno = err;
		if (!ret)
			handle_exit(cpu);
		else if (notag_is_exit(cpu->vcpu->run, cpu->vcpu->run->memory_fault.gpa))
			tag_access(cpu);
		else
			TEST_ASSERT(err == EINTR, "KVM_RUN: %d", err);
	}
	return NULL;
}

/* Returns what is to be skipped for, if so. */
static const char *add_slot(int nr, enum policy policy, u64 gpa, u64 size,
			    const char *file)
{
	struct slot *slot = &machine.slots[nr];
	const char *why = "cannot open the file";
	int fd;

	if (file) {
		fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd >= 0 && ftruncate(fd, size))
			return "cannot set the size of the file";
	} else {
		fd = ext4_file(size, &why);
	}
	if (fd < 0)
		return why;

	*slot = (struct slot) { .policy = policy, .gpa = gpa, .size = size };
	slot->hva = notag_map(NULL, fd, size, MAP_SHARED);
	slot->spare = notag_map(NULL, -1, size, MAP_PRIVATE | MAP_NORESERVE);
	slot->upgraded = calloc(size / machine.chunk, sizeof(bool));
	close(fd);
	TEST_ASSERT(!notag_set_slot(machine.vm, nr, KVM_MEM_ARM_NOTAG, gpa, size, slot->hva),
		    "memslot %d: %d", nr, errno);
	return NULL;
}

/* Capabilities first, then memslots, vCPUs, and what belongs to the vCPUs. */
static void create_vm(void)
{
	machine.vm = vm_create_barebones();
	vm_enable_cap(machine.vm, KVM_CAP_ARM_MTE, 0);
	TEST_ASSERT(!notag_enable(machine.vm, 0, KVM_ARM_MTE_NOTAG_EXIT, 0, 0),
		    "KVM_CAP_ARM_MTE_NOTAG: %d", errno);
}

static void add_vcpus(void)
{
	u64 dist = GIC_DIST, redist = GIC_REDIST | (u64)NR_VCPUS << 52;
	u32 nr_irqs = 64;
	int gic;

	for (int i = 0; i < NR_VCPUS; i++) {
		struct cpu *cpu = &machine.cpus[i];

		cpu->vcpu = __vm_vcpu_add(machine.vm, i);
		vm_ioctl(machine.vm, KVM_ARM_PREFERRED_TARGET, &cpu->init);
		cpu->init.features[0] |= BIT(KVM_ARM_VCPU_PSCI_0_2);
		/* The guest starts the others by PSCI. */
		if (i)
			cpu->init.features[0] |= BIT(KVM_ARM_VCPU_POWER_OFF);
		vcpu_ioctl(cpu->vcpu, KVM_ARM_VCPU_INIT, &cpu->init);
	}

	gic = kvm_create_device(machine.vm, KVM_DEV_TYPE_ARM_VGIC_V3);
	kvm_device_attr_set(gic, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &nr_irqs);
	kvm_device_attr_set(gic, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &dist);
	kvm_device_attr_set(gic, KVM_DEV_ARM_VGIC_GRP_ADDR,
			    KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION, &redist);
	kvm_device_attr_set(gic, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

static void set_reg(struct cpu *cpu, int x, u64 val)
{
	mte_guest_set_x(cpu->vcpu, x, val);
}

static void set_sysreg(struct cpu *cpu, u32 reg, u64 val)
{
	vcpu_set_reg(cpu->vcpu, KVM_ARM64_SYS_REG(reg), val);
}

static u64 bare_addr(char *sym)
{
	return RAM + BARE_OFFSET + (sym - bare_guest);
}

/* Blocks of 1 GiB, which are what they are for the host: devices, RAM, window. */
static void bare_create(void)
{
	u64 *table = (void *)machine.slots[0].hva + BARE_OFFSET + SZ_4K;

	memcpy(machine.slots[0].hva + BARE_OFFSET, bare_guest, SZ_4K);
	for (u64 i = 0; i < 3; i++)
		table[i] = i * SZ_1G | PTE_VALID | PTE_AF | PTE_SHARED |
			   PTE_ATTRINDX(i ? MT_NORMAL : MT_DEVICE_nGnRE);
}

static void bare_run(char *code)
{
	u64 mair = DEFAULT_MAIR_EL1 & ~MAIR_ATTRIDX(0xffUL, MT_NORMAL);
	struct cpu *cpu = &machine.cpus[0];

	/* A vCPU that has left for a device is not done with the instruction. */
	if (cpu->vcpu->run->exit_reason == KVM_EXIT_MMIO)
		vcpu_run_complete_io(cpu->vcpu);
	vcpu_ioctl(cpu->vcpu, KVM_ARM_VCPU_INIT, &cpu->init);
	set_sysreg(cpu, SYS_MAIR_EL1, mair | MAIR_ATTRIDX(MTE_MAIR_TAGGED, MT_NORMAL));
	set_sysreg(cpu, SYS_TTBR0_EL1, RAM + BARE_OFFSET + SZ_4K);
	set_sysreg(cpu, SYS_TCR_EL1, TCR_T0SZ(39) | TCR_TG0_4K | TCR_IRGN0_WBWA |
		   TCR_ORGN0_WBWA | TCR_SH0_INNER | TCR_EPD1_MASK | TCR_IPS_40_BITS |
		   MTE_TCR_TBI0);
	set_sysreg(cpu, SYS_SCTLR_EL1,
		   vcpu_get_reg(cpu->vcpu, KVM_ARM64_SYS_REG(SYS_SCTLR_EL1)) |
		   SCTLR_ELx_M | SCTLR_ELx_C | SCTLR_ELx_I | MTE_SCTLR_ATA);
	set_sysreg(cpu, SYS_VBAR_EL1, bare_addr(bare_guest));
	set_reg(cpu, 0, WINDOW | MTE_TAG(3));
	set_reg(cpu, 28, REPORT);
	vcpu_set_reg(cpu->vcpu, ARM64_CORE_REG(regs.pc), bare_addr(code));

	memset(machine.reported, 0, sizeof(machine.reported));
	machine.ended = false;
	run_vcpu(cpu);
}

static void test_window(void)
{
	struct kvm_vcpu *vcpu = machine.cpus[0].vcpu;
	struct slot *window = &machine.slots[1];
	u64 esr, far, elr;

	*(u64 *)window->hva = WINDOW_PATTERN;
	bare_run(bare_guest_tags);
	esr = vcpu_get_reg(vcpu, KVM_ARM64_SYS_REG(SYS_ESR_EL1));
	far = vcpu_get_reg(vcpu, KVM_ARM64_SYS_REG(SYS_FAR_EL1)) & ~MTE_TAG(0xf);
	elr = vcpu_get_reg(vcpu, ARM64_CORE_REG(elr_el1));

	ksft_test_result(machine.reports[REPORT_EXCEPTION] == WINDOW_PATTERN,
			 "window.data\n");
	ksft_print_msg("STG: ESR_EL1 0x%lx, FAR_EL1 0x%lx\n", (long)esr, (long)far);
	ksft_test_result(machine.reported[REPORT_EXCEPTION] &&
			 !machine.reported[REPORT_DONE] &&
			 ESR_ELx_EC(esr) == ESR_ELx_EC_DABT_CUR &&
			 (esr & ESR_ELx_FSC) == ESR_ELx_FSC_EXTABT && far == WINDOW &&
			 elr == bare_addr(bare_guest_stg) && window->injected == 1 &&
			 !window->upgrades, "window.inject\n");
}

static void test_impdef(bool supported)
{
	if (!supported) {
		ksft_test_result_code(KSFT_SKIP, "impdef.read", "no KVM_CAP_ARM_IDSR_TO_USER");
		return;
	}
	bare_run(bare_guest_impdef);
	ksft_test_result(machine.reported[REPORT_DONE] &&
			 machine.reports[REPORT_DONE] == IMPDEF_VALUE &&
			 machine.cpus[0].idsr_exits == 1, "impdef.read\n");
}

/* The programs and what they are linked with. The first one is this program. */
static size_t write_initrd(char *mem, size_t room)
{
	static const char * const libs[] = {
		"/lib/ld-linux-aarch64.so.1",
		"/lib/aarch64-linux-gnu/libc.so.6",
		"/lib64/libc.so.6",
	};
	static const char * const dirs[] = {
		"dev", "proc", "sys", "tmp", "mte", "lib", "lib/aarch64-linux-gnu", "lib64",
	};
	struct cpio cpio = { mem, mem, mem + room };
	char to[64], from[PATH_MAX + 64];

	for (int i = 0; i < ARRAY_SIZE(dirs); i++)
		cpio_dir(&cpio, dirs[i]);
	cpio_entry(&cpio, "dev/console", S_IFCHR | 0600, 0, 5, 1);
	cpio_file(&cpio, "init", "/proc/self/exe");
	for (int i = 0; i < ARRAY_SIZE(libs); i++)
		if (!access(libs[i], R_OK))
			cpio_file(&cpio, libs[i] + 1, libs[i]);
	for (int i = 0; i < ARRAY_SIZE(mte_tests); i++) {
		if (mte_tests[i].slow && !options.slow)
			continue;
		snprintf(from, sizeof(from), "%s/%s", options.tests, mte_tests[i].name);
		snprintf(to, sizeof(to), "mte/%s", mte_tests[i].name);
		cpio_file(&cpio, to, from);
	}
	return cpio_finish(&cpio);
}

static void write_fdt(void *mem, u64 ram_size, u64 initrd_size)
{
	enum { GIC = 1, CLOCK };		/* phandles */
	enum { SPI, PPI };			/* first cell of an interrupt */
	enum { LEVEL = 4 };			/* third cell */
	struct fdt fdt;
	char name[16];

	fdt_start(&fdt, mem);
	fdt_begin(&fdt, "");
	fdt_string(&fdt, "compatible", "linux,dummy-virt");
	fdt_cells(&fdt, "#address-cells", 2);
	fdt_cells(&fdt, "#size-cells", 2);
	fdt_cells(&fdt, "interrupt-parent", GIC);

	fdt_begin(&fdt, "chosen");
	fdt_string(&fdt, "bootargs", options.verbose ? BOOTARGS_LONG : BOOTARGS_SHORT);
	fdt_string(&fdt, "stdout-path", "/serial@9000000");
	fdt_cells(&fdt, "linux,initrd-start", 0, RAM + INITRD_OFFSET);
	fdt_cells(&fdt, "linux,initrd-end", 0, RAM + INITRD_OFFSET + initrd_size);
	fdt_end(&fdt);

	fdt_begin(&fdt, "memory@40000000");
	fdt_string(&fdt, "device_type", "memory");
	fdt_cells(&fdt, "reg", 0, RAM, 0, ram_size);
	fdt_end(&fdt);

	fdt_begin(&fdt, "cpus");
	fdt_cells(&fdt, "#address-cells", 1);
	fdt_cells(&fdt, "#size-cells", 0);
	for (int i = 0; i < NR_VCPUS; i++) {
		snprintf(name, sizeof(name), "cpu@%d", i);
		fdt_begin(&fdt, name);
		fdt_string(&fdt, "device_type", "cpu");
		fdt_string(&fdt, "compatible", "arm,armv8");
		fdt_string(&fdt, "enable-method", "psci");
		fdt_cells(&fdt, "reg", i);
		fdt_end(&fdt);
	}
	fdt_end(&fdt);

	fdt_begin(&fdt, "psci");
	fdt_strings(&fdt, "compatible", "arm,psci-1.0\0arm,psci-0.2");
	fdt_string(&fdt, "method", "hvc");
	fdt_end(&fdt);

	fdt_begin(&fdt, "timer");
	fdt_string(&fdt, "compatible", "arm,armv8-timer");
	fdt_cells(&fdt, "interrupts", PPI, 13, LEVEL, PPI, 14, LEVEL, PPI, 11, LEVEL,
		  PPI, 10, LEVEL);
	fdt_end(&fdt);

	fdt_begin(&fdt, "interrupt-controller@8000000");
	fdt_string(&fdt, "compatible", "arm,gic-v3");
	fdt_prop(&fdt, "interrupt-controller", NULL, 0);
	fdt_cells(&fdt, "#interrupt-cells", 3);
	fdt_cells(&fdt, "reg", 0, GIC_DIST, 0, KVM_VGIC_V3_DIST_SIZE,
		  0, GIC_REDIST, 0, NR_VCPUS * KVM_VGIC_V3_REDIST_SIZE);
	fdt_cells(&fdt, "phandle", GIC);
	fdt_end(&fdt);

	fdt_begin(&fdt, "clock");
	fdt_string(&fdt, "compatible", "fixed-clock");
	fdt_cells(&fdt, "#clock-cells", 0);
	fdt_cells(&fdt, "clock-frequency", 24000000);
	fdt_cells(&fdt, "phandle", CLOCK);
	fdt_end(&fdt);

	fdt_begin(&fdt, "serial@9000000");
	fdt_strings(&fdt, "compatible", "arm,pl011\0arm,primecell");
	fdt_cells(&fdt, "reg", 0, UART, 0, SZ_4K);
	fdt_cells(&fdt, "interrupts", SPI, UART_SPI, LEVEL);
	fdt_cells(&fdt, "clocks", CLOCK, CLOCK);
	fdt_strings(&fdt, "clock-names", "uartclk\0apb_pclk");
	fdt_end(&fdt);

	fdt_end(&fdt);
	fdt_finish(&fdt);
}

/* See Documentation/arch/arm64/booting.rst. */
static void load_linux(void)
{
	struct slot *ram = &machine.slots[0];
	struct cpu *cpu = &machine.cpus[0];
	const char *image = options.image;
	size_t size, image_size;
	u64 text_offset;

	size = read_file(image, ram->hva, FDT_OFFSET);
	TEST_ASSERT(size > SZ_4K && !memcmp(ram->hva + 56, "ARM\x64", 4),
		    "%s is no Image of arm64", image);
	memcpy(&text_offset, ram->hva + 8, sizeof(text_offset));
	memcpy(&image_size, ram->hva + 16, sizeof(image_size));
	TEST_ASSERT(!text_offset && image_size < FDT_OFFSET, "%s is too large", image);

	size = write_initrd(ram->hva + INITRD_OFFSET, ram->size - INITRD_OFFSET);
	memset(ram->hva + FDT_OFFSET, 0, SZ_64K);
	write_fdt(ram->hva + FDT_OFFSET, ram->size, size);

	if (cpu->vcpu->run->exit_reason == KVM_EXIT_MMIO)
		vcpu_run_complete_io(cpu->vcpu);
	vcpu_ioctl(cpu->vcpu, KVM_ARM_VCPU_INIT, &cpu->init);
	set_reg(cpu, 0, RAM + FDT_OFFSET);
	vcpu_set_reg(cpu->vcpu, ARM64_CORE_REG(regs.pc), RAM + text_offset);
}

/* Returns false if the guest does not end. */
static bool run_linux(void)
{
	struct timespec until;
	bool ended;

	machine.ended = false;
	machine.begin = now();
	sem_init(&machine.end, 0, 0);
	for (int i = 0; i < NR_VCPUS; i++) {
		struct cpu *cpu = &machine.cpus[i];

		pthread_create(&cpu->thread, NULL, run_vcpu, cpu);
		cpu->has_thread = true;
	}

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += options.slow ? TIMEOUT_SLOW : TIMEOUT;
	do {
		ended = !sem_timedwait(&machine.end, &until);
	} while (!ended && errno == EINTR);

	WRITE_ONCE(machine.ended, true);
	stop_vcpus();
	continue_vcpus();
	for (int i = 0; i < NR_VCPUS; i++)
		pthread_join(machine.cpus[i].thread, NULL);
	return ended;
}

static void test_linux(void)
{
	struct slot *ram = &machine.slots[0];
	double end;
	int pass = 0, fail = 0, exits = 0;
	bool ended;

	ended = run_linux();
	end = now();

	ksft_test_result(machine.booted, "linux.boots\n");
	for (int i = 0; i < ARRAY_SIZE(mte_tests); i++) {
		const struct mte_test *test = &mte_tests[i];
		struct result *r = &machine.results[i];
		char name[64];

		pass += r->pass;
		fail += r->fail;
		snprintf(name, sizeof(name), "linux.%s", test->name);
		if (r->known && r->status == KSFT_SKIP)
			ksft_test_result_code(KSFT_SKIP, name, "%s",
					      test->slow ? "is slow, see -s" :
					      test->needs ? "not in this kernel" :
					      "skipped in the guest");
		else
			ksft_test_result_code(r->known && !r->status && r->pass && !r->fail ?
					      KSFT_PASS : KSFT_FAIL, name,
					      "%d passed, %d failed", r->pass, r->fail);
	}
	ksft_test_result(ended && machine.system_event == KVM_SYSTEM_EVENT_SHUTDOWN,
			 "linux.powers_off\n");
	ksft_test_result(ram->upgrades > 0, "ram.upgraded\n");

	for (int i = 0; i < NR_VCPUS; i++)
		exits += machine.cpus[i].tag_exits;
	ksft_print_msg("Linux ran for %.1f s. arm64/mte: %d passed, %d failed.\n",
		       end - machine.begin, pass, fail);
	ksft_print_msg("%d of %d chunks of %d KiB were upgraded after %d exits, in %.2f s.\n",
		       ram->upgrades, (int)(ram->size / machine.chunk),
		       (int)(machine.chunk / SZ_1K), exits, machine.paused);
}

static void help(const char *name)
{
	fprintf(stderr, "usage: %s [-vs] [-c KiB] [-m MiB] [-f FILE] [-i IMAGE] [-t FOLDER]\n"
		"  -v  show the console\n"
		"  -s  run slow tests, too\n"
		"  -c  upgrade that much at a time, a power of 2 [64]\n"
		"  -m  size of the RAM [256]\n"
		"  -f  the RAM is this file [a new one on ext4]\n"
		"  -i  the kernel [/boot/Image]\n"
		"  -t  where the selftests of arm64/mte are\n", name);
	exit(KSFT_FAIL);
}

/* As installed, or where they are built */
static bool find_tests(char *tests, size_t size)
{
	static const char * const places[] = { "../arm64", "../../arm64/mte" };
	char self[PATH_MAX / 2] = "", path[PATH_MAX];

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return false;
	dirname(self);
	for (int i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(tests, size, "%s/%s", self, places[i]);
		snprintf(path, sizeof(path), "%s/%s/%s", self, places[i], mte_tests[0].name);
		if (!access(path, X_OK))
			return true;
	}
	return false;
}

static void parse_options(int argc, char **argv)
{
	int opt;

	machine.chunk = SZ_64K;
	while ((opt = getopt(argc, argv, "vsc:m:f:i:t:")) != -1) {
		switch (opt) {
		case 'v':
			options.verbose = true;
			break;
		case 's':
			options.slow = true;
			break;
		case 'c':
			machine.chunk = strtoul(optarg, NULL, 0) * SZ_1K;
			break;
		case 'm':
			options.ram_size = strtoul(optarg, NULL, 0) * SZ_1M;
			break;
		case 'f':
			options.file = optarg;
			break;
		case 'i':
			options.image = optarg;
			break;
		case 't':
			snprintf(options.tests, sizeof(options.tests), "%s", optarg);
			break;
		default:
			help(argv[0]);
		}
	}
	if (optind < argc || !machine.chunk || machine.chunk % getpagesize() ||
	    machine.chunk & (machine.chunk - 1) || machine.chunk > SZ_2M ||
	    options.ram_size % SZ_2M || options.ram_size < SZ_128M ||
	    options.ram_size > WINDOW - RAM)
		help(argv[0]);
}

static void init_locks(void)
{
	struct sigaction sa = { .sa_handler = leave_kvm_run };
	pthread_rwlockattr_t attr;

	/* Who wants to stop the vCPUs is next: none of them gets in again. */
	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&machine.running, &attr);
	pthread_mutex_init(&machine.lock, NULL);
	sigaction(SIGUSR1, &sa, NULL);
}

int main(int argc, char **argv)
{
	size_t console_size;
	const char *why;
	char *console;
	bool impdef;

	parse_options(argc, argv);
	ksft_print_header();
	if (!notag_supported())
		ksft_exit_skip("no KVM_CAP_ARM_MTE_NOTAG\n");
	if (access(options.image, R_OK))
		ksft_exit_skip("no %s\n", options.image);
	if (!options.tests[0] && !find_tests(options.tests, sizeof(options.tests)))
		ksft_exit_skip("no selftests of arm64/mte\n");

	machine.console = open_memstream(&console, &console_size);
	init_locks();
	create_vm();
	impdef = idsr_enable(machine.vm);
	why = add_slot(0, UPGRADE, RAM, options.ram_size, options.file);
	if (!why)
		why = add_slot(1, INJECT, WINDOW, WINDOW_SIZE, NULL);
	if (why)
		ksft_exit_skip("%s\n", why);
	add_vcpus();

	ksft_set_plan(3 + 1 + ARRAY_SIZE(mte_tests) + 2);
	bare_create();
	test_window();
	test_impdef(impdef);
	load_linux();
	test_linux();

	fclose(machine.console);
	if (ksft_get_fail_cnt() && !options.verbose)
		fputs(console, stdout);
	ksft_finished();
}
