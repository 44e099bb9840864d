/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cpusets for the asym32 tests, of both cgroup versions.
 *
 * A hierarchy that is mounted is used where it is, and otherwise mounted where
 * nobody else sees it.  Whatever is changed in it is undone.
 */
#ifndef ASYM32_CPUSET_H
#define ASYM32_CPUSET_H

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "asym32.h"

#define CGROUP_DIR	"/sys/fs/cgroup"
#define PATIENCE	200	/* turns of 10 ms */
#define MAX_GROUPS	8
#define MAX_PATH	256

struct hierarchy {
	char root[MAX_PATH];		/* where it is mounted */
	bool mounted;			/* by us */
	bool enabled;			/* the controller, in the v2 root */
	char group[MAX_GROUPS][MAX_PATH];
	int nr_groups;
};

/* A word of a list that is separated by blanks or commas. */
static inline bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *s = strstr(list, word); s; s = strstr(s + 1, word)) {
		if ((s == list || strchr(" ,", s[-1])) &&
		    (!s[len] || strchr(" ,\n", s[len])))
			return true;
	}
	return false;
}

/* Finds the mount point of a hierarchy in /proc/self/mounts. */
static inline bool find_hierarchy(int version, char *root)
{
	char line[1024], dir[MAX_PATH], type[32], opts[512];
	bool found = false;
	FILE *mounts;

	mounts = fopen("/proc/self/mounts", "r");
	if (!mounts)
		return false;
	while (!found && fgets(line, sizeof(line), mounts)) {
		if (sscanf(line, "%*s %255s %31s %511s", dir, type, opts) != 3)
			continue;
		if (version == 2)
			found = !strcmp(type, "cgroup2");
		else
			found = !strcmp(type, "cgroup") &&
				has_word(opts, "cpuset");
	}
	fclose(mounts);
	if (found)
		snprintf(root, MAX_PATH, "%s", dir);
	return found;
}

static inline int mount_hierarchy(int version)
{
	int ret = -1;

	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -1;
	if (version == 2)
		return mount("none", CGROUP_DIR, "cgroup2", 0, NULL);

	/* The controller may still be on its way back from the v2 root. */
	for (int i = 0; ret && i < PATIENCE; i++) {
		ret = mount("none", CGROUP_DIR, "cgroup", 0, "cpuset");
		if (!ret || errno != EBUSY)
			break;
		usleep(10000);
	}
	return ret;
}

static inline bool has_controller(const char *root, const char *file)
{
	char path[MAX_PATH + 32], buf[512];

	snprintf(path, sizeof(path), "%s/%s", root, file);
	return read_file(path, buf, sizeof(buf)) > 0 &&
	       has_word(buf, "cpuset");
}

static inline int set_controller(const char *group, const char *value)
{
	char path[MAX_PATH + 32];

	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", group);
	return write_file(path, value);
}

/*
 * A v1 hierarchy that is unmounted while its last groups are being freed stays
 * forever and keeps its controllers from v2.
 */
static inline void unmount_hierarchy(const char *root)
{
	char buf[4096], *line;
	int groups;

	for (int i = 0; i < PATIENCE; i++) {
		if (read_file("/proc/cgroups", buf, sizeof(buf)) <= 0)
			break;
		line = strstr(buf, "\ncpuset\t");
		if (!line || sscanf(line, " cpuset %*d %d", &groups) != 1 ||
		    groups == 1)
			break;
		usleep(10000);
	}
	umount(root);
}

/* Even otherwise it takes some time to give them back. */
static inline bool await_controller(const char *root)
{
	for (int i = 0; i < PATIENCE; i++) {
		if (has_controller(root, "cgroup.controllers"))
			return true;
		usleep(10000);
	}
	return false;
}

static inline const char *group_file(const char *group, const char *file)
{
	static char path[4][MAX_PATH + 64];
	static int turn;
	char *s = path[turn++ % 4];

	snprintf(s, sizeof(path[0]), "%s/%s", group, file);
	return s;
}

static inline void remove_groups(struct hierarchy *h)
{
	while (h->nr_groups) {
		const char *group = h->group[--h->nr_groups];

		/* The last task may not be quite gone. */
		for (int i = 0; i < PATIENCE && rmdir(group); i++) {
			if (errno != EBUSY)
				break;
			usleep(10000);
		}
	}
}

/* Finds or mounts it, ready for groups; NULL or what is in the way. */
static inline const char *open_hierarchy(struct hierarchy *h, int version)
{
	static char why[128];

	memset(h, 0, sizeof(*h));
	if (!find_hierarchy(version, h->root)) {
		if (mount_hierarchy(version)) {
			snprintf(why, sizeof(why),
				 "cannot mount the v%d hierarchy: %s",
				 version, strerror(errno));
			return why;
		}
		snprintf(h->root, sizeof(h->root), "%s", CGROUP_DIR);
		h->mounted = true;
	}
	if (version == 1)
		return NULL;

	if (!await_controller(h->root))
		return "the v2 hierarchy has no cpuset controller";
	if (has_controller(h->root, "cgroup.subtree_control"))
		return NULL;
	if (set_controller(h->root, "+cpuset")) {
		snprintf(why, sizeof(why), "cannot enable cpusets: %s",
			 strerror(errno));
		return why;
	}
	h->enabled = true;
	return NULL;
}

static inline void close_hierarchy(struct hierarchy *h)
{
	remove_groups(h);
	if (h->enabled)
		set_controller(h->root, "-cpuset");
	if (h->mounted)
		unmount_hierarchy(h->root);
}

/*
 * Makes the group @parent/@name for these CPUs, and returns its path.  Without
 * a parent it is made in the root of the hierarchy.
 */
static inline const char *make_group(struct hierarchy *h, const char *parent,
				     const char *name, const cpu_set_t *cpus)
{
	char path[MAX_PATH], mems[256];
	const char *group;
	bool v2;

	if (h->nr_groups == MAX_GROUPS)
		return NULL;
	if (!parent)
		parent = h->root;
	v2 = !access(group_file(parent, "cgroup.controllers"), F_OK);
	if (v2 && !has_controller(parent, "cgroup.subtree_control") &&
	    set_controller(parent, "+cpuset"))
		return NULL;

	if (snprintf(path, sizeof(path), "%s/%s", parent, name) >= MAX_PATH ||
	    mkdir(path, 0755))
		return NULL;
	group = memcpy(h->group[h->nr_groups++], path, sizeof(path));

	if (write_file(group_file(group, "cpuset.cpus"), cpulist(cpus)))
		return NULL;
	if (v2)
		return group;

	/* A v1 group has no memory of its own to begin with. */
	if (read_file(group_file(parent, "cpuset.mems"), mems,
		      sizeof(mems)) <= 0 ||
	    write_file(group_file(group, "cpuset.mems"), mems))
		return NULL;
	return group;
}

static inline const char *tasks_file(const char *group)
{
	return group_file(group, "cgroup.procs");
}

static inline int set_cpus(const char *group, const cpu_set_t *cpus)
{
	return write_file(group_file(group, "cpuset.cpus"), cpulist(cpus));
}

/* "member", "root" or "isolated" */
static inline int set_partition(const char *group, const char *type)
{
	return write_file(group_file(group, "cpuset.cpus.partition"), type);
}

/* What became of it, such as "isolated invalid (the reason)". */
static inline const char *partition_state(const char *group)
{
	static char buf[256];

	if (read_file(group_file(group, "cpuset.cpus.partition"), buf,
		      sizeof(buf)) <= 0)
		return strerror(errno);
	buf[strcspn(buf, "\n")] = '\0';
	return buf;
}

/* Makes a group a valid partition, or says why it is none. */
static inline bool to_partition(const char *group, const char *type)
{
	if (set_partition(group, type))
		return false;
	if (!strcmp(partition_state(group), type))
		return true;
	ksft_print_msg("%s: %s\n", group, partition_state(group));
	return false;
}

/* A new group in the root of the hierarchy that is a valid partition */
static inline const char *make_partition(struct hierarchy *h, const char *name,
					 const cpu_set_t *cpus,
					 const char *type)
{
	const char *group = make_group(h, NULL, name, cpus);

	return group && to_partition(group, type) ? group : NULL;
}

static inline const char *effective_cpus(const char *group)
{
	static char buf[256];

	if (read_file(group_file(group, "cpuset.cpus.effective"), buf,
		      sizeof(buf)) <= 0)
		return strerror(errno);
	buf[strcspn(buf, "\n")] = '\0';
	return buf;
}

static inline int attach(const char *group, pid_t pid)
{
	char buf[16];

	snprintf(buf, sizeof(buf), "%d", pid);
	return write_file(tasks_file(group), buf);
}

#endif /* ASYM32_CPUSET_H */
