// SPDX-License-Identifier: GPL-2.0
/*
 * The same calls made by an AArch32 program and by an AArch64 program through
 * bit 31 of x8 (see compat-ops.c) must leave the same log, byte for byte. What
 * is documented to differ is in a table here, with what each program gets.
 *
 * Where no AArch32 program runs, or none was built, the log of the 64-bit
 * program is compared with compat-ops.log, which an AArch32 program wrote on
 * the same machine with the same kernel configuration. To record it anew, run
 * "compat-diff record" there.
 */
#include <libgen.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include "compat.h"
#include "compat-filter.h"

#define MIN_CALLS	350
#define MAX_LOG		(4 << 20)

struct line {
	const char *text;
	const char *a32, *c64;
};

/* See Documentation/arch/arm64/compat-syscall.rst. */
static const struct line differences[] = {
	/* Checks of the end of the address space are those of a 64-bit task. */
	{ "differs: mremap -> ", "-22", "-12" },
	{ "differs: munmap -> ", "-22", "0" },
	{ "sweep: munmap(-4096) -> ", "-22", "0" },
	/* No vectors page. */
	{ "differs: write -> ", "4", "-14" },
};

static char here[4096];

static const char *sibling(const char *name)
{
	static char path[2][4200];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[0]), "%s/%s", here, name);
	return path[turn];
}

/* What a child does before, or instead of, executing the program. */
static void (*watch)(const char *program);

/* Replaces this process; by a compat call if so asked. */
static void exec(bool by_compat, const char *program, const char *arg,
		 const char *arg2)
{
	uint32_t *v;

	if (by_compat) {
		v = low(64);
		v[0] = (uintptr_t)low_str(program);
		v[1] = arg ? (uintptr_t)low_str(arg) : 0;
		compat(execve, v[0], v, v + 4);
	} else {
		execl(program, program, arg, arg2, NULL);
	}
}

/*
 * Runs it in an empty directory of its own, by way of another program or of a
 * compat execve(); NULL if it cannot be.
 */
static char *run_by(const char *emulator, bool by_compat, const char *program,
		    const char *arg)
{
	char dir[] = "/tmp/compat-diff-XXXXXX";
	char *log = calloc(1, MAX_LOG);
	ssize_t len, n;
	int out, status;
	pid_t pid;

	out = memfd_create("log", MFD_CLOEXEC);
	if (!log || out < 0 || !mkdtemp(dir))
		return NULL;
	pid = fork();
	if (!pid) {
		/* The size of what is put there is a matter of the log. */
		if (unshare(CLONE_NEWNS))
			_exit(126);
		mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL);
		if (mount("none", dir, "tmpfs", 0, "size=64m") || chdir(dir))
			_exit(126);
		dup2(open("/dev/null", O_RDONLY), 0);
		dup2(out, 1);
		dup2(open("/dev/null", O_WRONLY), 2);
		if (watch)
			watch(program);
		if (emulator)
			exec(false, emulator, program, arg);
		else
			exec(by_compat, program, arg, NULL);
		_exit(errno == ENOEXEC ? 127 : 125);
	}
	status = wait_status(pid);
	rmdir(dir);
	if (status) {
		printf("# %s: status %d\n", program, status);
		free(log);
		close(out);
		return NULL;
	}
	for (len = 0; len < MAX_LOG - 1; len += n) {
		n = pread(out, log + len, MAX_LOG - 1 - len, len);
		if (n <= 0)
			break;
	}
	close(out);
	return log;
}

static char *run(const char *program, const char *arg)
{
	return run_by(NULL, false, program, arg);
}

static char *read_log(const char *path)
{
	char *log = calloc(1, MAX_LOG);
	ssize_t len = 0, n;
	int fd = open(path, O_RDONLY);

	if (fd < 0 || !log)
		return NULL;
	while ((n = read(fd, log + len, MAX_LOG - 1 - len)) > 0)
		len += n;
	close(fd);
	return log;
}

/* Cuts the next line off. */
static char *next_line(char **log)
{
	char *line = *log, *end = strchr(line, '\n');

	if (!*line)
		return NULL;
	if (end)
		*end++ = '\0';
	*log = end ?: line + strlen(line);
	return line;
}

static bool same_line(const char *a, const char *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(differences); i++) {
		const struct line *d = &differences[i];
		size_t len = strlen(d->text);

		if (!strncmp(a, d->text, len))
			return !strncmp(b, d->text, len) &&
			       !strcmp(a + len, d->a32) && !strcmp(b + len, d->c64);
	}
	return !strcmp(a, b);
}

/*
 * The number of lines that are not the same. Both logs go in step by the
 * operation, so that one of them which ends early does not hide the others.
 */
static int compare(char *a32, char *c64)
{
	char *a = next_line(&a32), *b = next_line(&c64);
	char later[64];
	int bad = 0;

	while (a || b) {
		size_t la = a ? strcspn(a, ":") : 0, lb = b ? strcspn(b, ":") : 0;

		if (a && b && la == lb && !strncmp(a, b, la)) {
			if (!same_line(a, b) && bad++ < 100)
				printf("# AArch32: %s\n# compat:  %s\n", a, b);
			if (strstr(a, "WRONG: ") && bad++ < 100)
				printf("# AArch32: %s\n", a);
			a = next_line(&a32);
			b = next_line(&c64);
			continue;
		}
		/* One has more lines about an operation than the other. */
		if (bad++ < 100)
			printf("# AArch32: %s\n# compat:  %s\n", a ?: "-", b ?: "-");
		snprintf(later, sizeof(later), "\n%.*s:", (int)lb, b ?: "");
		if (a && (!b || strstr(a32, later)))
			a = next_line(&a32);
		else
			b = next_line(&c64);
	}
	return bad;
}

/* How many different calls the log tells of. */
static int count_calls(const char *log)
{
	char *copy = strdup(log), *rest = copy, *line;
	char *seen[512];	/* more than the table has */
	int n = 0, i;

	while ((line = next_line(&rest))) {
		char *name = strchr(line, ':'), *end = strstr(line, " -> ");

		if (!name || !end || n == ARRAY_SIZE(seen))
			continue;
		name += 2;
		*end = '\0';
		for (i = 0; i < n && strcmp(seen[i], name); i++)
			;
		if (i == n)
			seen[n++] = name;
	}
	free(copy);
	return n;
}

static bool have_a32_program(void)
{
	return have_aarch32() && !access(sibling("compat-ops32"), X_OK);
}

FIXTURE(diff) {
};

FIXTURE_SETUP(diff)
{
	need_compat_calls();
	if (geteuid())
		SKIP(return, "needs root");
}

FIXTURE_TEARDOWN(diff)
{
}

TEST_F_TIMEOUT(diff, same_as_aarch32, 600)
{
	char *a32, *c64;
	int calls;

	if (!have_a32_program())
		SKIP(return, "no AArch32 program to compare with");
	a32 = run(sibling("compat-ops32"), NULL);
	c64 = run(sibling("compat-ops64"), NULL);
	ASSERT_NE(NULL, a32);
	ASSERT_NE(NULL, c64);
	calls = count_calls(c64);
	TH_LOG("%d different calls", calls);
	EXPECT_GE(calls, MIN_CALLS);
	EXPECT_EQ(0, compare(a32, c64));
}

TEST_F_TIMEOUT(diff, same_as_recorded, 600)
{
	char *log, *c64;

	if (sysconf(_SC_PAGESIZE) != 4096)
		SKIP(return, "recorded with pages of 4K");
	log = read_log(sibling("compat-ops.log"));
	if (!log)
		SKIP(return, "no log was recorded");
	c64 = run(sibling("compat-ops64"), NULL);
	ASSERT_NE(NULL, c64);
	EXPECT_GE(count_calls(c64), MIN_CALLS);
	EXPECT_EQ(0, compare(log, c64));
}

TEST_F_TIMEOUT(diff, recorded_is_current, 600)
{
	char *log, *a32;

	if (!have_a32_program())
		SKIP(return, "no AArch32 program to compare with");
	if (sysconf(_SC_PAGESIZE) != 4096)
		SKIP(return, "recorded with pages of 4K");
	log = read_log(sibling("compat-ops.log"));
	if (!log)
		SKIP(return, "no log was recorded");
	a32 = run(sibling("compat-ops32"), NULL);
	ASSERT_NE(NULL, a32);
	EXPECT_STREQ(log, a32) {
		compare(log, a32);
	}
}

/* Nothing that an operation checks by itself may be wrong. */
TEST_F_TIMEOUT(diff, nothing_wrong, 600)
{
	char *log, *line;
	int wrong = 0;

	log = run(sibling("compat-ops64"), NULL);
	ASSERT_NE(NULL, log);
	while ((line = next_line(&log))) {
		if (strstr(line, "WRONG: ") && ++wrong)
			TH_LOG("%s", line);
	}
	EXPECT_EQ(0, wrong);
}

TEST_F_TIMEOUT(diff, sweep_same_as_aarch32, 600)
{
	char *a32, *c64;

	if (!have_a32_program())
		SKIP(return, "no AArch32 program to compare with");
	a32 = run(sibling("compat-ops32"), "sweep");
	c64 = run(sibling("compat-ops64"), "sweep");
	ASSERT_NE(NULL, a32);
	ASSERT_NE(NULL, c64);
	EXPECT_EQ(0, compare(a32, c64));
}

/* Without a second program: bits in the upper halves change nothing. */
TEST_F_TIMEOUT(diff, sweep_upper_halves, 600)
{
	char *log, *line;
	int lines = 0, differ = 0;

	log = run(sibling("compat-ops64"), "sweep");
	ASSERT_NE(NULL, log);
	while ((line = next_line(&log))) {
		lines++;
		if (strstr(line, "but with") && ++differ)
			TH_LOG("%s", line);
	}
	EXPECT_GT(lines, 1600);
	EXPECT_EQ(0, differ);
}

/* An AArch32 program is one, whoever has started it. */
TEST_F_TIMEOUT(diff, started_by_compat_call, 600)
{
	static const char *const ops[] = {
		"ioctl", "aio", "mmap2", "messages", "restart", "robust_exit",
	};
	char *one, *other;

	if (!have_a32_program())
		SKIP(return, "no AArch32 program to compare with");
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		one = run(sibling("compat-ops32"), ops[i]);
		other = run_by(NULL, true, sibling("compat-ops32"), ops[i]);
		ASSERT_NE(NULL, one);
		ASSERT_NE(NULL, other);
		EXPECT_LT(0, strlen(one));
		EXPECT_STREQ(one, other);
	}
}

/* The lines of a log that are not about one of these operations. */
static char *lines_but(char *log, const char *const *ops)
{
	char *out = calloc(1, MAX_LOG), *end = out, *line;

	while ((line = next_line(&log))) {
		size_t len = strcspn(line, ":");
		const char *const *op = ops;

		while (*op && (strlen(*op) != len || strncmp(*op, line, len)))
			op++;
		if (!*op)
			end += sprintf(end, "%s\n", line);
	}
	return out;
}

/*
 * What the emulator is not made for: threads, stacks for signals, new images,
 * and the one rseq() of a thread, which its C library has already.
 */
static const char *const not_emulated[] = {
	"clone", "execve", "exec_ve", "execveat", "exec_veat", "brk", "exec_brk",
	"sigaction", "sigaltstack", "rseq", NULL,
};

/*
 * The AArch32 program itself, instruction by instruction, where no CPU may have
 * them; its calls go through the bit.
 */
TEST_F_TIMEOUT(diff, emulated, 1200)
{
	char *log, *emu;

	if (access(sibling("compat-ops32"), R_OK))
		SKIP(return, "no AArch32 program to emulate");
	if (sysconf(_SC_PAGESIZE) != 4096)
		SKIP(return, "recorded with pages of 4K");
	log = read_log(sibling("compat-ops.log"));
	if (!log)
		SKIP(return, "no log was recorded");
	emu = run_by(sibling("compat-emu"), false, sibling("compat-ops32"), NULL);
	ASSERT_NE(NULL, emu);
	EXPECT_GE(count_calls(emu), MIN_CALLS);
	EXPECT_EQ(0, compare(lines_but(log, not_emulated),
			     lines_but(emu, not_emulated)));
}

/* --------------------------------------------- the same, by the slow way in */

/* Runs for each call, as it looks at an argument. */
static void filter_all(const char *program)
{
	struct sock_filter insn[] = {
		LOAD(args[5]),
		IF_EQ(0xdeadbeef, 1),
		RET(SECCOMP_RET_KILL_PROCESS),
		RET(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_SIZE(insn), insn };

	/* Root need not give up new privileges for it, which would show. */
	if (syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog))
		_exit(124);
}

/* Tasks that are made from now on are audited, if there is a rule at all. */
static bool audit_all(bool on)
{
	struct {
		struct nlmsghdr h;
		union {
			struct audit_status status;
			struct audit_rule_data rule;
			char data[8192];
		};
	} m = {
		.h = { .nlmsg_len = NLMSG_SPACE(sizeof(m.status)),
		       .nlmsg_type = AUDIT_SET,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.status = { .mask = AUDIT_STATUS_ENABLED, .enabled = on },
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	bool ok = fd >= 0 && send(fd, &m, m.h.nlmsg_len, 0) > 0;

	memset(&m, 0, sizeof(m));
	m.h.nlmsg_len = NLMSG_SPACE(sizeof(m.rule));
	m.h.nlmsg_type = on ? AUDIT_ADD_RULE : AUDIT_DEL_RULE;
	m.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	/* One that nothing meets: it is the way there that matters. */
	m.rule.flags = AUDIT_FILTER_EXIT;
	m.rule.action = AUDIT_ALWAYS;
	m.rule.field_count = 1;
	m.rule.fields[0] = AUDIT_PID;
	m.rule.values[0] = -1;
	m.rule.fieldflags[0] = AUDIT_EQUAL;
	memset(m.rule.mask, 0xff, sizeof(m.rule.mask));
	ok = ok && send(fd, &m, m.h.nlmsg_len, 0) > 0;
	/* The first answer, then the second one. */
	for (int i = 0; ok && i < 2; i++)
		ok = recv(fd, &m, sizeof(m), 0) > 0 &&
		     m.h.nlmsg_type == NLMSG_ERROR && !*(int *)m.data;
	close(fd);
	return ok;
}

FIXTURE(watched) {
	bool audited;
};

FIXTURE_VARIANT(watched) {
	void (*watch)(const char *program);
	bool audit;
	/* what is about a watcher itself */
	const char *const *but;
};

FIXTURE_VARIANT_ADD(watched, filter) {
	.watch = filter_all,
	.but = (const char *const []) { "prctl", "seccomp", NULL },
};

FIXTURE_VARIANT_ADD(watched, audit) {
	.audit = true,
	.but = (const char *const []) { NULL },
};

FIXTURE_SETUP(watched)
{
	need_compat_calls();
	if (geteuid())
		SKIP(return, "needs root");
}

FIXTURE_TEARDOWN(watched)
{
	watch = NULL;
	if (self->audited)
		audit_all(false);
}

/* Calls that are looked at are what they are without that. */
TEST_F_TIMEOUT(watched, same, 1200)
{
	char *log, *watched;

	if (sysconf(_SC_PAGESIZE) != 4096)
		SKIP(return, "recorded with pages of 4K");
	log = read_log(sibling("compat-ops.log"));
	if (!log)
		SKIP(return, "no log was recorded");
	if (variant->audit) {
		self->audited = audit_all(true);
		if (!self->audited)
			SKIP(return, "no audit (missing CONFIG_AUDIT?)");
	}
	watch = variant->watch;
	watched = run(sibling("compat-ops64"), NULL);
	ASSERT_NE(NULL, watched);
	EXPECT_GE(count_calls(watched), MIN_CALLS);
	EXPECT_EQ(0, compare(lines_but(log, variant->but),
			     lines_but(watched, variant->but)));
}

int main(int argc, char **argv)
{
	ssize_t len = readlink("/proc/self/exe", here, sizeof(here) - 1);

	if (len < 0)
		return KSFT_FAIL;
	here[len] = '\0';
	dirname(here);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1 && !strcmp(argv[1], "record")) {
		char *log = run(sibling("compat-ops32"), argc > 2 ? argv[2] : NULL);

		fputs(log ?: "", stdout);
		return !log;
	}
	if (argc > 1 && !strcmp(argv[1], "record64")) {
		char *log = run(sibling("compat-ops64"), argc > 2 ? argv[2] : NULL);

		fputs(log ?: "", stdout);
		return !log;
	}
	if (argc > 1 && !strcmp(argv[1], "emulate")) {
		char *log = run_by(sibling("compat-emu"), false, sibling("compat-ops32"),
				   argc > 2 ? argv[2] : NULL);

		fputs(log ?: "", stdout);
		return !log;
	}
	return test_harness_run(argc, argv);
}
