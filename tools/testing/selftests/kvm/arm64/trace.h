/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What KVM traces, as text. In a trace instance, so that nothing of it is
 * somebody else's.
 */
#ifndef SELFTEST_KVM_ARM64_TRACE_H
#define SELFTEST_KVM_ARM64_TRACE_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRACE_INSTANCE	"/sys/kernel/tracing/instances/kvm_selftest"

static inline bool trace_write(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_TRUNC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* False if there are no trace instances, or no such event of KVM */
static inline bool trace_start(const char *event)
{
	char file[256];

	if (mkdir(TRACE_INSTANCE, 0700) && errno != EEXIST)
		return false;
	snprintf(file, sizeof(file), TRACE_INSTANCE "/events/kvm/%s/enable", event);
	return trace_write(file, "1");
}

/* Has something of this text been traced since the start? */
static inline bool trace_has(const char *text)
{
	FILE *f = fopen(TRACE_INSTANCE "/trace", "r");
	char line[1024];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, text);
	if (f)
		fclose(f);
	return found;
}

static inline void trace_stop(void)
{
	rmdir(TRACE_INSTANCE);
}

#endif /* SELFTEST_KVM_ARM64_TRACE_H */
