// SPDX-License-Identifier: GPL-2.0
/*
 * PID 1 of the test machines: builds the root from what the host shares, runs
 * one job, and says how it went.
 *
 * The host shares folders over 9p, all read-only: "root" (an arm64 user space),
 * "tests" (installed kselftests), "job" (what to do) and "boot" (this kernel).
 * Everything the guest writes goes to a tmpfs. There are three virtio ports:
 *
 *   out, err	standard output and error of the job
 *   verdict	findings, one a line, and as the very last line
 *		"end exit=<status of the job> checks=<status of /job/finish>"
 *
 * The last line is written after /job/finish has looked at the kernel log, the
 * taint flags and kmemleak, and nothing that counts happens after it. A guest
 * that dies earlier leaves a file without that line.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static noreturn void die(const char *fmt, ...)
{
	va_list ap;

	/* No verdict is written: the host sees a machine that never ended. */
	fputs("init: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, ": %s\n", strerror(errno));
	fflush(stderr);
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void mount_at(const char *src, const char *dir, const char *type,
		     unsigned long flags, const char *opts)
{
	if (mkdir(dir, 0755) && errno != EEXIST)
		die("mkdir %s", dir);
	if (mount(src, dir, type, flags, opts))
		die("mount %s on %s", src, dir);
}

/* For what a kernel may be configured without. */
static void try_mount(const char *src, const char *dir, const char *type)
{
	mkdir(dir, 0755);
	if (mount(src, dir, type, 0, NULL))
		rmdir(dir);
}

/* Or the initrd has it all, because the devices will not be there always. */
static int is_packed;

static void mount_share(const char *tag, const char *dir)
{
	char packed[64];

	snprintf(packed, sizeof(packed), "/packed-%s", tag);
	if (!access(packed, F_OK)) {
		is_packed = 1;
		mount_at(packed, dir, NULL, MS_BIND, NULL);
		return;
	}
	mount_at(tag, dir, "9p", MS_RDONLY,
		 "trans=virtio,version=9p2000.L,msize=262144,cache=loose");
}

/* A writable view of the read-only @lower at @dir, @name under the tmpfs. */
static void mount_overlay(const char *name, const char *lower, const char *dir)
{
	char upper[64], work[64], opts[256];

	snprintf(upper, sizeof(upper), "/rw/%s", name);
	snprintf(work, sizeof(work), "/rw/%s.work", name);
	if (mkdir(upper, 0755) || mkdir(work, 0755))
		die("mkdir %s", upper);
	snprintf(opts, sizeof(opts), "lowerdir=%s,upperdir=%s,workdir=%s",
		 lower, upper, work);
	mount_at("overlay", dir, "overlay", 0, opts);
}

static void set_up_root(void)
{
	mount_at("rw", "/rw", "tmpfs", 0, "mode=755");
	mount_share("root", "/lower");
	mount_share("tests", "/lower-tests");
	mount_share("job", "/lower-job");
	mount_overlay("root", "/lower", "/root");
	mount_overlay("tests", "/lower-tests", "/root/kselftest");
	mount_at("/lower-job", "/root/job", NULL, MS_BIND, NULL);
	if (!is_packed)
		mount_share("boot", "/root/boot");

	mount_at("proc", "/root/proc", "proc", 0, NULL);
	mount_at("sysfs", "/root/sys", "sysfs", 0, NULL);
	mount_at("dev", "/root/dev", "devtmpfs", 0, NULL);
	if (symlink("/proc/self/fd", "/root/dev/fd") ||
	    symlink("/proc/self/fd/0", "/root/dev/stdin") ||
	    symlink("/proc/self/fd/1", "/root/dev/stdout") ||
	    symlink("/proc/self/fd/2", "/root/dev/stderr"))
		die("symlinks in /dev");
	mount_at("devpts", "/root/dev/pts", "devpts", 0, "ptmxmode=0666");
	mount_at("shm", "/root/dev/shm", "tmpfs", 0, NULL);
	mount_at("run", "/root/run", "tmpfs", 0, NULL);
	mount_at("tmp", "/root/tmp", "tmpfs", 0, "mode=1777");
	try_mount("debugfs", "/root/sys/kernel/debug", "debugfs");
	try_mount("tracefs", "/root/sys/kernel/tracing", "tracefs");
	/* The kernel's modules, if the job has a list of those that it needs. */
	if (!access("/root/job/modules", F_OK))
		mount_share("modules", "/root/lib/modules");

	if (chdir("/root") || chroot("."))
		die("chroot");
}

/* Port @name of the virtio console device, or -1 if there is none. */
static int open_port(const char *name)
{
	static const char base[] = "/sys/class/virtio-ports";
	char path[512], found[64];
	struct dirent *de;
	int fd = -1;
	DIR *dir;

	dir = opendir(base);
	while (dir && fd < 0 && (de = readdir(dir))) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s/name", base, de->d_name);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fscanf(f, "%63s", found) == 1 && !strcmp(found, name)) {
			snprintf(path, sizeof(path), "/dev/%s", de->d_name);
			fd = open(path, O_WRONLY | O_CLOEXEC);
		}
		fclose(f);
	}
	if (dir)
		closedir(dir);
	return fd;
}

/* A port that was just made known needs a moment. */
static int await_port(const char *name)
{
	int i, fd;

	for (i = 0; i < 500; i++) {
		fd = open_port(name);
		if (fd >= 0)
			return fd;
		usleep(10000);
	}
	die("no port %s", name);
}

static pid_t start(const char *script, int in, int out, int err, int tty)
{
	char *const env[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/work", "USER=root", "LC_ALL=C", NULL
	};
	struct rlimit nolimit = { RLIM_INFINITY, RLIM_INFINITY };
	sigset_t none;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid)
		return pid;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (tty)
		ioctl(in, TIOCSCTTY, 1);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(126);
	setrlimit(RLIMIT_MEMLOCK, &nolimit);
	if (chdir("/work"))
		_exit(126);
	execle("/bin/sh", "sh", script, NULL, env);
	fprintf(stderr, "init: cannot run /bin/sh: %s\n", strerror(errno));
	_exit(127);
}

static int status_of(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

static int wait_for(pid_t pid)
{
	int status;
	pid_t got;

	/* PID 1 inherits what the tests leave behind: reap that too. */
	do {
		got = wait(&status);
		if (got < 0 && errno != EINTR)
			die("wait");
	} while (got != pid);
	return status_of(status);
}

/* Returns false once there is nothing more to read, now or ever. */
static int pump(int from, int to)
{
	char buf[4096], *p = buf;
	ssize_t n, done;

	n = read(from, buf, sizeof(buf));
	if (n < 0 && errno == EINTR)
		return 1;
	if (n <= 0)
		return 0;
	for (; n; n -= done, p += done) {
		done = write(to, p, n);
		if (done < 0)
			die("write to the host");
	}
	return 1;
}

static void on_child(int sig)
{
	(void)sig;
}

/*
 * Run the job with its output going to the ports. There is a pipe between,
 * for a port can be open only once, and scripts open /dev/stdout again.
 */
static int run_piped(int null, int *port)
{
	struct sigaction sa = { .sa_handler = on_child };
	int pipes[2][2], status, i;
	struct pollfd fds[2];
	sigset_t child, old;
	pid_t pid, got;

	if (pipe2(pipes[0], O_CLOEXEC) || pipe2(pipes[1], O_CLOEXEC))
		die("pipe");
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &old);
	sigaction(SIGCHLD, &sa, NULL);
	pid = start("/job/cmd", null, pipes[0][1], pipes[1][1], 0);
	for (i = 0; i < 2; i++) {
		close(pipes[i][1]);
		fds[i].fd = pipes[i][0];
		fds[i].events = POLLIN;
	}

	for (got = 0; got != pid;) {
		if (ppoll(fds, 2, NULL, &old) > 0) {
			for (i = 0; i < 2; i++)
				if (fds[i].revents && !pump(fds[i].fd, port[i]))
					fds[i].fd = -1;
		}
		do {
			got = waitpid(-1, &status, WNOHANG);
		} while (got > 0 && got != pid);
	}

	/* What the job left running must not outlive it. */
	kill(-1, SIGKILL);
	for (i = 0; i < 2; i++) {
		fcntl(pipes[i][0], F_SETFL, O_NONBLOCK);
		while (pump(pipes[i][0], port[i]))
			;
		close(pipes[i][0]);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return status_of(status);
}

static int write_all(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	close(fd);
	return ret;
}

/*
 * After a hibernation the ports wait for ever for the host to open them, for
 * the driver asks before it listens: start it again.
 */
static void restart_ports(void)
{
	static const char driver[] = "/sys/bus/virtio/drivers/virtio_console";
	char path[128];
	struct dirent *de;
	DIR *dir;

	dir = opendir(driver);
	while (dir && (de = readdir(dir))) {
		if (strncmp(de->d_name, "virtio", strlen("virtio")))
			continue;
		snprintf(path, sizeof(path), "%s/unbind", driver);
		if (write_all(path, de->d_name))
			die("%s", path);
		snprintf(path, sizeof(path), "%s/bind", driver);
		if (write_all(path, de->d_name))
			die("%s", path);
		break;
	}
	if (dir)
		closedir(dir);
}

/* The output goes to files, and to the ports at the end. */
static int run_packed(int null)
{
	static const char * const names[] = { "out", "err" };
	int i, port, file[2], status;
	char path[32];

	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/run/%s", names[i]);
		file[i] = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC,
			       0644);
		if (file[i] < 0)
			die("%s", path);
	}
	/* What is in a file is lost when the guest dies. */
	fputs("init: the job begins\n", stderr);
	status = wait_for(start("/job/cmd", null, file[0], file[1], 0));
	kill(-1, SIGKILL);
	restart_ports();
	for (i = 0; i < 2; i++) {
		port = await_port(names[i]);
		lseek(file[i], 0, SEEK_SET);
		while (pump(file[i], port))
			;
		close(port);
	}
	return status;
}

int main(void)
{
	int null, tty, verdict, exit_status, checks, port[2];

	set_up_root();
	if (mkdir("/work", 0755) && errno != EEXIST)
		die("mkdir /work");

	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	verdict = open_port("verdict");
	port[0] = open_port("out");
	port[1] = open_port("err");
	if (null < 0 || verdict < 0)
		die("no verdict port");

	if (is_packed && port[0] >= 0) {
		close(verdict);
		close(port[0]);
		close(port[1]);
		exit_status = run_packed(null);
		verdict = await_port("verdict");
	} else if (port[0] < 0) {
		/* No output ports: a person sits at the console. */
		tty = open("/dev/console", O_RDWR | O_CLOEXEC);
		if (tty < 0)
			die("open /dev/console");
		exit_status = wait_for(start("/job/cmd", tty, tty, tty, 1));
	} else {
		exit_status = run_piped(null, port);
	}
	checks = wait_for(start("/job/finish", null, verdict, verdict, 0));
	dprintf(verdict, "end exit=%d checks=%d\n", exit_status, checks);
	sync();
	reboot(RB_POWER_OFF);
	die("power off");
}
