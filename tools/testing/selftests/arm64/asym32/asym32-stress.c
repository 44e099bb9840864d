// SPDX-License-Identifier: GPL-2.0
/*
 * 32-bit and 64-bit programs come and go as fast as they can, while CPUs,
 * cpusets and affinities change under them.  No program may get lost, and
 * each has to end the way it should; what the kernel log has to say is for
 * others to read.
 *
 * ASYM32_STRESS_SECONDS is how long each case takes; ASYM32_STRESS_SEED
 * repeats the choices of a run, though not what the scheduler makes of them.
 */
#include <limits.h>
#include <sys/random.h>

#include "kselftest_harness.h"
#include "cpuset.h"
#include "hotplug.h"

#define SECONDS		3
#define WORKERS		6
#define RUNNERS		4
#define HELPERS		4
#define PATIENCE_S	120	/* for the last program to end */

/* A program that could not even be started. */
#define NOT_STARTED	99

/* Programs that end, each with EXIT32_STATUS. */
static const enum payload chains[][MAX_CHAIN] = {
	{ EXIT32 },
	{ COUNT32 },
	{ WAIT32 },
	{ EXEC64, EXIT32 },
	{ EXEC32, EXEC64, COUNT32 },
	{ EXEC64, EXEC32, EXEC64, EXEC32, EXIT32 },
	{ EXEC32, EXEC32, WAIT32 },
};

struct counts {
	bool stop;
	unsigned long started;
	unsigned long ended;
	unsigned long wrong;
	unsigned long changes;	/* of what the helpers change */
	int status;		/* the last wrong one */
};

struct stress {
	struct machine m;
	struct hierarchy h;
	cpu_set_t online;
	cpu_set_t movable;	/* the CPUs that may go offline */
	const char *group[2];
	struct counts *counts;
	unsigned int seed;
	int wrong_cpus;
	int seconds;
	bool cpusets;

	pid_t worker[WORKERS];	/* start programs of the table above */
	pid_t runner[RUNNERS];	/* exec for ever */
	pid_t helper[HELPERS];	/* change things */
};

FIXTURE(stress)
{
	struct stress s;
};

static int number(const char *name, int value)
{
	const char *set = getenv(name);

	return set && *set ? atoi(set) : value;
}

FIXTURE_SETUP(stress)
{
	struct stress *s = &self->s;
	cpu_set_t kept, late;

	CPU_ZERO(&s->online);
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(probe_machine(&s->m));
	if (no_aarch32(&s->m))
		SKIP(return, NO_AARCH32);
	if (CPU_COUNT(&s->m.cpus) < 3)
		SKIP(return, "needs three CPUs");
	ASSERT_TRUE(late_cpus(&late));
	ASSERT_TRUE(read_cpulist(CPU_DIR "online", &s->online));
	kept = kept_cpus(&s->m.cpus);
	/* One stays in any case. */
	if (!CPU_COUNT(&kept))
		CPU_SET(nth_cpu(&s->m.cpus, 0), &kept);
	s->movable = cpus_andnot(&s->m.cpus, &kept);

	for (int i = END + 1; i < NR_PAYLOADS; i++)
		ASSERT_NE(NULL, payload_path(i));
	s->counts = mmap(NULL, sizeof(*s->counts), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, s->counts);
	s->wrong_cpus = wrong_cpus();
	s->seconds = number("ASYM32_STRESS_SECONDS", SECONDS);
	ASSERT_EQ(0, getentropy(&s->seed, sizeof(s->seed)));
	s->seed = number("ASYM32_STRESS_SEED", s->seed & INT_MAX);
}

FIXTURE_TEARDOWN(stress)
{
	struct stress *s = &self->s;

	if (s->counts)
		s->counts->stop = true;
	end_all();
	all_online(&s->online);
	if (s->cpusets)
		close_hierarchy(&s->h);
}

static bool stopped(const struct counts *c)
{
	return __atomic_load_n(&c->stop, __ATOMIC_RELAXED);
}

static void count(unsigned long *nr)
{
	__atomic_add_fetch(nr, 1, __ATOMIC_RELAXED);
}

static unsigned int choose(unsigned int *seed, unsigned int nr)
{
	return (unsigned int)rand_r(seed) % nr;
}

/* Some of @set, at least one. */
static cpu_set_t choose_cpus(unsigned int *seed, const cpu_set_t *set)
{
	cpu_set_t some;
	int cpu;

	CPU_ZERO(&some);
	for (cpu = next_cpu(-1, set); cpu >= 0; cpu = next_cpu(cpu, set)) {
		if (choose(seed, 2))
			CPU_SET(cpu, &some);
	}
	if (!CPU_COUNT(&some))
		CPU_SET(nth_cpu(set, choose(seed, CPU_COUNT(set))), &some);
	return some;
}

typedef void change_fn(struct stress *s, unsigned int *seed);

/* Forks a process that calls @change until it is told to stop. */
static pid_t start(struct stress *s, change_fn *change)
{
	unsigned int seed = s->seed++;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid > 0)
		remember(pid);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!stopped(s->counts))
		change(s, &seed);
	_exit(0);
}

static void work(struct stress *s, unsigned int *seed)
{
	const enum payload *chain = chains[choose(seed, ARRAY_SIZE(chains))];
	struct counts *c = s->counts;
	char *argv[MAX_CHAIN + 1] = {};
	bool pin = !choose(seed, 4);
	cpu_set_t mask = choose_cpus(seed, &s->m.cpus);
	int status;
	pid_t pid;

	for (int i = 0; i < MAX_CHAIN && chain[i] != END; i++)
		argv[i] = (char *)payload_path(chain[i]);

	pid = fork();
	if (pid < 0)
		return;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* Which may be in vain, if none of them is there. */
		if (pin)
			sched_setaffinity(0, sizeof(mask), &mask);
		execv(argv[0], argv);
		_exit(NOT_STARTED);
	}
	count(&c->started);
	if (waitpid(pid, &status, 0) != pid)
		return;
	count(&c->ended);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT32_STATUS)
		return;
	count(&c->wrong);
	c->status = status;
}

static void change_hotplug(struct stress *s, unsigned int *seed)
{
	int cpu = nth_cpu(&s->movable,
			  choose(seed, CPU_COUNT(&s->movable)));

	if (!set_online(cpu, choose(seed, 2)))
		count(&s->counts->changes);
}

static void change_affinity(struct stress *s, unsigned int *seed)
{
	cpu_set_t mask = choose_cpus(seed, &s->m.cpus);

	/* One that no kind of task has a reason to refuse. */
	CPU_SET(nth_cpu(&s->m.el32,
			choose(seed, CPU_COUNT(&s->m.el32))), &mask);
	if (!sched_setaffinity(s->runner[choose(seed, RUNNERS)],
			       sizeof(mask), &mask))
		count(&s->counts->changes);
}

static void change_cpuset(struct stress *s, unsigned int *seed)
{
	cpu_set_t cpus = choose_cpus(seed, &s->m.cpus);

	if (!set_cpus(s->group[choose(seed, 2)], &cpus))
		count(&s->counts->changes);
}

static void change_group(struct stress *s, unsigned int *seed)
{
	pid_t pid = choose(seed, 2) ? s->runner[choose(seed, RUNNERS)] :
				      s->worker[choose(seed, WORKERS)];
	unsigned int where = choose(seed, 3);

	if (pid > 0 && !attach(where < 2 ? s->group[where] : s->h.root,
			       pid))
		count(&s->counts->changes);
}

static void change_partition(struct stress *s, unsigned int *seed)
{
	static const char * const kinds[] = { "member", "root", "isolated" };

	if (!write_file(group_file(s->group[choose(seed, 2)],
				   "cpuset.cpus.partition"),
			kinds[choose(seed, ARRAY_SIZE(kinds))]))
		count(&s->counts->changes);
	usleep(1000);
}

static void change_masks(struct stress *s, unsigned int *seed)
{
	if (choose(seed, 2))
		change_cpuset(s, seed);
	else
		change_affinity(s, seed);
}

static void start_workers(struct stress *s)
{
	for (int i = 0; i < WORKERS; i++)
		s->worker[i] = start(s, work);
}

/* Each is one task that is a 32-bit and a 64-bit one in turn. */
static void start_runners(struct stress *s)
{
	char *argv[3] = {};

	argv[0] = (char *)payload_path(PING32);
	argv[1] = (char *)payload_path(PONG64);
	for (int i = 0; i < RUNNERS; i++) {
		s->runner[i] = fork();
		if (!s->runner[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			execv(argv[i & 1], argv);
			_exit(NOT_STARTED);
		}
		if (s->runner[i] > 0)
			remember(s->runner[i]);
	}
}

static const char *make_groups(struct stress *s)
{
	cpu_set_t half[2];
	const char *why;

	s->cpusets = true;
	why = open_hierarchy(&s->h, 2);
	if (why)
		return why;
	/* One of each kind, where there are two. */
	half[0] = CPU_COUNT(&s->m.el64) ? s->m.el64 : s->m.el32;
	half[1] = s->m.cpus;
	CPU_CLR(nth_cpu(&s->m.cpus, 0), &half[1]);
	s->group[0] = make_group(&s->h, NULL, "asym32-a", &half[0]);
	s->group[1] = make_group(&s->h, NULL, "asym32-b", &half[1]);
	return s->group[0] && s->group[1] ? NULL : "cannot make groups";
}

/* What waitpid() has to say of a process that should end by itself. */
static bool ended(pid_t pid, int *status)
{
	for (int i = 0; i < PATIENCE_S * 100; i++) {
		if (waitpid(pid, status, WNOHANG) == pid) {
			forget(pid);
			return true;
		}
		usleep(10000);
	}
	return false;
}

static void wait_and_stop(struct __test_metadata *const _metadata,
			  struct stress *s, unsigned int seed)
{
	struct counts *c = s->counts;
	unsigned long before = 0;
	int status;

	for (int i = 1; i <= s->seconds; i++) {
		if (i % 60 == 1)
			before = c->ended;
		sleep(1);
		/* An emulated machine may need long for one, but not that long. */
		if (i % 60 == 0 && s->worker[0])
			EXPECT_NE(before, c->ended);
	}

	c->stop = true;
	for (int i = 0; i < HELPERS; i++) {
		if (!s->helper[i])
			continue;
		ASSERT_LT(0, s->helper[i]);
		ASSERT_TRUE(ended(s->helper[i], &status))
			TH_LOG("helper %d hangs", i);
	}
	EXPECT_EQ(0, all_online(&s->online));
	for (int i = 0; i < WORKERS; i++) {
		if (!s->worker[i])
			continue;
		ASSERT_LT(0, s->worker[i]);
		ASSERT_TRUE(ended(s->worker[i], &status))
			TH_LOG("worker %d waits for a lost program", i);
		EXPECT_EQ(0, status);
	}
	for (int i = 0; i < RUNNERS; i++) {
		if (!s->runner[i])
			continue;
		ASSERT_LT(0, s->runner[i]);
		/* It is there still, and listens. */
		EXPECT_EQ(0, waitpid(s->runner[i], &status, WNOHANG))
			TH_LOG("runner %d: wait status %#x", i, status);
		kill(s->runner[i], SIGKILL);
		ASSERT_TRUE(ended(s->runner[i], &status))
			TH_LOG("runner %d is lost", i);
	}

	EXPECT_EQ(c->started, c->ended);
	EXPECT_EQ(0, c->wrong)
		TH_LOG("the last of them: wait status %#x", c->status);
	EXPECT_LT(0, c->changes);
	EXPECT_EQ(0, try_exec32(NULL));
	EXPECT_EQ(s->wrong_cpus, wrong_cpus());
	ksft_print_msg("seed %u: %lu programs started, %lu ended, %lu changes\n",
		       seed, c->started, c->ended, c->changes);
}

/* CPUs come and go while tasks do. */
TEST_F_TIMEOUT(stress, hotplug, 7200)
{
	struct stress *s = &self->s;
	unsigned int seed = s->seed;

	start_workers(s);
	s->helper[0] = start(s, change_hotplug);
	wait_and_stop(_metadata, s, seed);
}

/* Tasks are moved from cpuset to cpuset while they exec. */
TEST_F_TIMEOUT(stress, attach_vs_exec, 7200)
{
	struct stress *s = &self->s;
	const char *why = make_groups(s);
	unsigned int seed = s->seed;

	if (why)
		SKIP(return, "%s", why);
	start_workers(s);
	start_runners(s);
	s->helper[0] = start(s, change_group);
	wait_and_stop(_metadata, s, seed);
}

/* The cpuset of tasks changes while they exec. */
TEST_F_TIMEOUT(stress, update_vs_exec, 7200)
{
	struct stress *s = &self->s;
	const char *why = make_groups(s);
	unsigned int seed = s->seed;

	if (why)
		SKIP(return, "%s", why);
	start_workers(s);
	start_runners(s);
	for (int i = 0; i < WORKERS; i++)
		EXPECT_EQ(0, attach(s->group[i & 1], s->worker[i]));
	for (int i = 0; i < RUNNERS; i++)
		EXPECT_EQ(0, attach(s->group[i & 1], s->runner[i]));
	s->helper[0] = start(s, change_cpuset);
	wait_and_stop(_metadata, s, seed);
}

/* Somebody else asks for another affinity while they exec. */
TEST_F_TIMEOUT(stress, setaffinity_vs_exec, 7200)
{
	struct stress *s = &self->s;
	unsigned int seed = s->seed;

	start_runners(s);
	s->helper[0] = start(s, change_affinity);
	s->helper[1] = start(s, change_affinity);
	wait_and_stop(_metadata, s, seed);
}

/* All that at the same time, and the groups are partitions now and then. */
TEST_F_TIMEOUT(stress, storm, 7200)
{
	struct stress *s = &self->s;
	const char *why = make_groups(s);
	unsigned int seed = s->seed;

	if (why)
		SKIP(return, "%s", why);
	start_workers(s);
	start_runners(s);
	s->helper[0] = start(s, change_hotplug);
	s->helper[1] = start(s, change_group);
	s->helper[2] = start(s, change_partition);
	s->helper[3] = start(s, change_masks);
	wait_and_stop(_metadata, s, seed);
}

TEST_HARNESS_MAIN
