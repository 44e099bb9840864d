/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the plugin of the test machines fills into the upper half of a syndrome
 * (see arm64/qemu/plugin). "kvm_test.iss2" on the kernel's command line
 * announces that it does.
 */
#ifndef SELFTEST_KVM_ARM64_ISS2_H
#define SELFTEST_KVM_ARM64_ISS2_H

#include <stdio.h>
#include <string.h>

#include "kvm_util.h"

/* A word on the kernel's command line that says what the machine does */
static inline bool machine_has(const char *word)
{
	char line[4096] = "";
	FILE *f = fopen("/proc/cmdline", "r");

	if (f) {
		if (!fgets(line, sizeof(line), f))
			line[0] = '\0';
		fclose(f);
	}
	return strstr(line, word);
}

static inline bool has_iss2(void)
{
	return machine_has("kvm_test.iss2");
}

/* ISS2 of the @n-th exception that the plugin knows */
static inline u32 iss2(unsigned int n)
{
	if (!n || !has_iss2())
		return 0;
	return n == 1 ? 0xffffff : n == 2 ? 0x5a5a5a : BIT(n - 3);
}

#endif /* SELFTEST_KVM_ARM64_ISS2_H */
