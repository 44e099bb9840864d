// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that a signal interrupts go on as what they were. The numbers collide:
 * 0, restart_syscall() of the AArch32 table, is io_setup() for a native call,
 * and 128, that of native calls, is init_module() in the table.
 */
#include <linux/futex.h>
#include <poll.h>

#include "compat.h"

#define SLEEP_MS	1000

enum sleeper {
	NANOSLEEP, CLOCK_NANOSLEEP, CLOCK_NANOSLEEP64, POLL, FUTEX, FUTEX64,
	NATIVE_NANOSLEEP, NATIVE_CLOCK_NANOSLEEP,
};

/* What each of them returns when its time is up. */
static long sleep_for(enum sleeper which, long ms)
{
	static int32_t *t32;
	static int64_t *t64;
	static uint32_t *word;
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	if (!t32) {
		t32 = low(8);
		t64 = low(16);
		word = low(4);
	}
	t64[0] = ts.tv_sec;
	t32[0] = t64[0];
	t64[1] = ts.tv_nsec;
	t32[1] = t64[1];
	switch (which) {
	case NANOSLEEP:
		return compat(nanosleep, t32, 0);
	case CLOCK_NANOSLEEP:
		return compat(clock_nanosleep, CLOCK_MONOTONIC, 0, t32, 0);
	case CLOCK_NANOSLEEP64:
		return compat(clock_nanosleep_time64, CLOCK_MONOTONIC, 0, t64, 0);
	case POLL:
		return compat(poll, 0, 0, ms);
	case FUTEX:
		return compat(futex, word, FUTEX_WAIT, 0, t32);
	case FUTEX64:
		return compat(futex_time64, word, FUTEX_WAIT, 0, t64);
	case NATIVE_NANOSLEEP:
		return native(nanosleep, &ts, NULL);
	case NATIVE_CLOCK_NANOSLEEP:
		return native(clock_nanosleep, CLOCK_MONOTONIC, 0, &ts, NULL);
	}
	return -1;
}

static long ms_since(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - begin->tv_sec) * 1000 +
	       (now.tv_nsec - begin->tv_nsec) / 1000000;
}

struct outcome {
	volatile long ready, ret[2], ms[2];
};

/* A child sleeps once or twice; it is stopped for a moment in each of them. */
static bool stopped_sleeps(struct outcome *o, const enum sleeper *which, int n)
{
	struct timespec begin;
	pid_t pid = fork();

	if (!pid) {
		sleep_for(NANOSLEEP, 1);
		for (int i = 0; i < n; i++) {
			clock_gettime(CLOCK_MONOTONIC, &begin);
			o->ready = i + 1;
			o->ret[i] = sleep_for(which[i], SLEEP_MS);
			o->ms[i] = ms_since(&begin);
		}
		_exit(native_mmap_is_high() ? 0 : 1);
	}
	for (int i = 0; i < n; i++) {
		while (o->ready < i + 1)
			usleep(1000);
		for (int j = 0; j < 2; j++) {
			usleep(j ? 600000 : 100000);
			kill(pid, SIGSTOP);
			waitpid(pid, NULL, WUNTRACED);
			usleep(20000);
			kill(pid, SIGCONT);
		}
	}
	return wait_status(pid) == 0;
}

FIXTURE(restart) {
	struct outcome *o;
};

FIXTURE_VARIANT(restart) {
	enum sleeper which;
	long ret;
};

FIXTURE_VARIANT_ADD(restart, nanosleep) {
	.which = NANOSLEEP,
};

FIXTURE_VARIANT_ADD(restart, clock_nanosleep) {
	.which = CLOCK_NANOSLEEP,
};

FIXTURE_VARIANT_ADD(restart, clock_nanosleep_time64) {
	.which = CLOCK_NANOSLEEP64,
};

FIXTURE_VARIANT_ADD(restart, poll) {
	.which = POLL,
};

FIXTURE_VARIANT_ADD(restart, futex) {
	.which = FUTEX, .ret = -ETIMEDOUT,
};

FIXTURE_VARIANT_ADD(restart, futex_time64) {
	.which = FUTEX64, .ret = -ETIMEDOUT,
};

FIXTURE_SETUP(restart)
{
	need_compat_calls();
	self->o = low_shared(sizeof(*self->o));
}

FIXTURE_TEARDOWN(restart)
{
}

/* With the time that remains, not with all of it again. */
TEST_F(restart, after_stop)
{
	ASSERT_TRUE(stopped_sleeps(self->o, &variant->which, 1));
	EXPECT_EQ(variant->ret, self->o->ret[0]);
	EXPECT_GE(self->o->ms[0], SLEEP_MS);
	EXPECT_LT(self->o->ms[0], SLEEP_MS * 3 / 2);
}

/* Nothing of it is left when the next call to be restarted is a native one. */
TEST_F(restart, then_native)
{
	enum sleeper which[] = { variant->which, NATIVE_NANOSLEEP };

	ASSERT_TRUE(stopped_sleeps(self->o, which, 2));
	EXPECT_EQ(variant->ret, self->o->ret[0]);
	EXPECT_EQ(0, self->o->ret[1]);
	EXPECT_GE(self->o->ms[1], SLEEP_MS);
}

TEST_F(restart, after_native)
{
	enum sleeper which[] = { NATIVE_CLOCK_NANOSLEEP, variant->which };

	ASSERT_TRUE(stopped_sleeps(self->o, which, 2));
	EXPECT_EQ(0, self->o->ret[0]);
	EXPECT_EQ(variant->ret, self->o->ret[1]);
	EXPECT_GE(self->o->ms[1], SLEEP_MS);
}

static volatile sig_atomic_t alarms;
static bool high_in_handler;

static void on_alarm(int sig)
{
	alarms++;
	high_in_handler = native_mmap_is_high();
}

static void alarm_in(long ms, int flags)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = flags };
	struct itimerval it = { .it_value = { 0, ms * 1000 } };

	alarms = 0;
	high_in_handler = false;
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

/* A handler ends the sleep, and the error has 64 bits. */
TEST_F(restart, handler)
{
	alarm_in(50, SA_RESTART);
	EXPECT_EQ(-EINTR, sleep_for(variant->which, 5000));
	EXPECT_EQ(1, alarms);
	EXPECT_TRUE(high_in_handler);
}

TEST(read_without_sa_restart)
{
	int p[2];

	need_compat_calls();
	ASSERT_EQ(0, pipe(p));
	alarm_in(50, 0);
	EXPECT_EQ(-EINTR, compat(read, p[0], low(8), 8));
	EXPECT_EQ(1, alarms);
	EXPECT_TRUE(high_in_handler);
}

/*
 * With SA_RESTART it is made again, and that again as a compat call: the
 * native call of that number is io_cancel().
 */
TEST(read_with_sa_restart)
{
	char *buf = low(8);
	int p[2];
	pid_t pid;

	need_compat_calls();
	ASSERT_EQ(0, pipe(p));
	pid = fork();
	if (!pid) {
		usleep(300000);
		_exit(write(p[1], "data", 4) != 4);
	}
	alarm_in(50, SA_RESTART);
	EXPECT_EQ(4, compat(read, p[0], buf, 8));
	EXPECT_EQ(1, alarms);
	EXPECT_TRUE(high_in_handler);
	EXPECT_EQ(0, memcmp(buf, "data", 4));
	EXPECT_EQ(0, wait_status(pid));
}

/* Without anything to restart. */
TEST(restart_syscall)
{
	need_compat_calls();
	EXPECT_EQ(-EINTR, compat0(restart_syscall));
	EXPECT_EQ(-EINTR, native0(restart_syscall));
}

TEST_HARNESS_MAIN
