/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a Linux guest is started with, written by hand
 *
 *  - cpio_*(): an initramfs, the files of which come from the host
 *  - fdt_*(): a devicetree
 *  - ext4_file(): a file on ext4, as memory of a guest that has no tags
 * and bare_guest, which is there before Linux
 */
#ifndef SELFTEST_KVM_ARM64_NOTAG_VMM_H
#define SELFTEST_KVM_ARM64_NOTAG_VMM_H

#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/loop.h>
#include <linux/sizes.h>

#include "kvm_util.h"

/* Read a file to where there is room for so much of it, and return its size. */
static inline size_t read_file(const char *path, void *to, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t size = 0;
	ssize_t n;

	TEST_ASSERT(fd >= 0, "%s: %d", path, errno);
	while ((n = read(fd, to + size, room - size)) > 0)
		size += n;
	TEST_ASSERT(!n && size < room, "%s: %d", path, errno);
	close(fd);
	return size;
}

/* An initramfs, see Documentation/driver-api/early-userspace/buffer-format.rst */
struct cpio {
	char *start, *at, *end;
};

static inline void cpio_pad(struct cpio *cpio)
{
	while ((cpio->at - cpio->start) % 4)
		*cpio->at++ = 0;
}

/* The contents are at the place where they belong already. */
static inline void cpio_entry(struct cpio *cpio, const char *name, mode_t mode,
			      size_t size, int major, int minor)
{
	static int ino;

	/* Owner, group and time are 0, and so are the device and the checksum. */
	const u32 fields[] = {
		++ino, mode, 0, 0, 1, 0, size, 0, 0, major, minor, strlen(name) + 1, 0,
	};

	cpio->at = stpcpy(cpio->at, "070701");
	for (int i = 0; i < ARRAY_SIZE(fields); i++)
		cpio->at += sprintf(cpio->at, "%08x", fields[i]);
	cpio->at = stpcpy(cpio->at, name) + 1;
	cpio_pad(cpio);
}

static inline void cpio_dir(struct cpio *cpio, const char *name)
{
	cpio_entry(cpio, name, S_IFDIR | 0755, 0, 0, 0);
}

static inline void cpio_file(struct cpio *cpio, const char *name, const char *from)
{
	struct stat st;

	TEST_ASSERT(!stat(from, &st), "%s: %d", from, errno);
	cpio_entry(cpio, name, S_IFREG | 0755, st.st_size, 0, 0);
	TEST_ASSERT(cpio->end - cpio->at > st.st_size + SZ_4K,
		    "no room for %s", from);
	cpio->at += read_file(from, cpio->at, cpio->end - cpio->at);
	cpio_pad(cpio);
}

static inline size_t cpio_finish(struct cpio *cpio)
{
	cpio_entry(cpio, "TRAILER!!!", 0, 0, 0, 0);
	return cpio->at - cpio->start;
}

/*
 * A devicetree blob: a header, nodes and properties as a stream of big endian
 * words, and the names of properties. See the Devicetree Specification, 5.
 */
struct fdt {
	__be32 *start, *at;
	char names[SZ_1K];
	size_t names_size;
};

enum { FDT_BEGIN = 1, FDT_END, FDT_PROP, FDT_FINISH = 9 };

#define FDT_HEADER_WORDS	10
#define FDT_RESERVED_WORDS	4	/* an empty list of reserved memory */

static inline void fdt_word(struct fdt *fdt, u32 word)
{
	*fdt->at++ = htobe32(word);
}

static inline void fdt_bytes(struct fdt *fdt, const void *bytes, size_t size)
{
	memcpy(fdt->at, bytes, size);
	fdt->at += (size + 3) / 4;
}

/* The memory has to be zeroed. */
static inline void fdt_start(struct fdt *fdt, void *mem)
{
	memset(fdt, 0, sizeof(*fdt));
	fdt->start = mem;
	fdt->at = fdt->start + FDT_HEADER_WORDS + FDT_RESERVED_WORDS;
}

static inline void fdt_begin(struct fdt *fdt, const char *name)
{
	fdt_word(fdt, FDT_BEGIN);
	fdt_bytes(fdt, name, strlen(name) + 1);
}

static inline void fdt_end(struct fdt *fdt)
{
	fdt_word(fdt, FDT_END);
}

static inline void fdt_prop(struct fdt *fdt, const char *name, const void *val,
			    size_t size)
{
	fdt_word(fdt, FDT_PROP);
	fdt_word(fdt, size);
	fdt_word(fdt, fdt->names_size);
	fdt_bytes(fdt, val, size);
	TEST_ASSERT(fdt->names_size + strlen(name) < sizeof(fdt->names),
		    "too many properties");
	fdt->names_size += sprintf(fdt->names + fdt->names_size, "%s", name) + 1;
}

/* Strings that have 0 between them are one string here. */
#define fdt_strings(fdt, name, val)	fdt_prop(fdt, name, val, sizeof(val))

static inline void fdt_string(struct fdt *fdt, const char *name, const char *val)
{
	fdt_prop(fdt, name, val, strlen(val) + 1);
}

static inline void __fdt_cells(struct fdt *fdt, const char *name, const u32 *cells,
			       int nr)
{
	__be32 val[32];

	TEST_ASSERT(nr <= ARRAY_SIZE(val), "%s: %d cells", name, nr);
	for (int i = 0; i < nr; i++)
		val[i] = htobe32(cells[i]);
	fdt_prop(fdt, name, val, nr * sizeof(*val));
}

#define fdt_cells(fdt, name, ...)	do {				\
	const u32 __cells[] = { __VA_ARGS__ };				\
									\
	__fdt_cells(fdt, name, __cells, ARRAY_SIZE(__cells));		\
} while (0)

static inline void fdt_finish(struct fdt *fdt)
{
	size_t nodes = FDT_HEADER_WORDS + FDT_RESERVED_WORDS, size;

	fdt_word(fdt, FDT_FINISH);
	size = (fdt->at - fdt->start) * sizeof(u32);
	memcpy(fdt->at, fdt->names, fdt->names_size);

	fdt->at = fdt->start;
	fdt_word(fdt, 0xd00dfeed);
	fdt_word(fdt, size + fdt->names_size);
	fdt_word(fdt, nodes * sizeof(u32));
	fdt_word(fdt, size);				/* the names */
	fdt_word(fdt, FDT_HEADER_WORDS * sizeof(u32));	/* reserved memory */
	fdt_word(fdt, 17);				/* version */
	fdt_word(fdt, 16);				/* compatible with */
	fdt_word(fdt, 0);				/* boot CPU */
	fdt_word(fdt, fdt->names_size);
	fdt_word(fdt, size - nodes * sizeof(u32));
}

/*
 * An ext4 file system of block groups that are all alike: bitmaps and inodes
 * first, then data. There is a root directory and nothing else, and no journal:
 * it is gone with the test. See Documentation/filesystems/ext4/.
 */
#define EXT4_BLOCK		SZ_4K
#define EXT4_GROUP_BLOCKS	(8 * EXT4_BLOCK)
#define EXT4_INODES		64	/* of a group */
#define EXT4_INODE_SIZE		256
#define EXT4_INODE_BLOCKS	(EXT4_INODES * EXT4_INODE_SIZE / EXT4_BLOCK)
#define EXT4_RESERVED_INODES	10

static inline void ext4_put(void *block, size_t offset, size_t size, u32 val)
{
	val = htole32(val);
	memcpy(block + offset, &val, size);
}

static inline void ext4_mark(u8 *bitmap, int from, int to)
{
	for (int i = from; i < to; i++)
		bitmap[i / 8] |= 1 << i % 8;
}

static inline int ext4_format(int fd, int groups)
{
	u64 size = (u64)groups * EXT4_GROUP_BLOCKS * EXT4_BLOCK;
	u32 free = 0, used, first;
	void *fs, *group, *inode, *dir;

	if (ftruncate(fd, size))
		return -1;
	fs = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fs == MAP_FAILED)
		return -1;

	for (int i = 0; i < groups; i++) {
		/* The first has superblock and descriptors, and the directory. */
		first = i * EXT4_GROUP_BLOCKS + (i ? 0 : 2);
		used = (i ? 0 : 3) + 2 + EXT4_INODE_BLOCKS;
		group = fs + EXT4_BLOCK + i * 32;
		ext4_put(group, 0x0, 4, first);
		ext4_put(group, 0x4, 4, first + 1);
		ext4_put(group, 0x8, 4, first + 2);
		ext4_put(group, 0xc, 2, EXT4_GROUP_BLOCKS - used);
		ext4_put(group, 0xe, 2, EXT4_INODES - (i ? 0 : EXT4_RESERVED_INODES));
		ext4_put(group, 0x10, 2, !i);
		ext4_mark(fs + (u64)first * EXT4_BLOCK, 0, used);
		ext4_mark(fs + (u64)(first + 1) * EXT4_BLOCK, 0,
			  i ? 0 : EXT4_RESERVED_INODES);
		ext4_mark(fs + (u64)(first + 1) * EXT4_BLOCK, EXT4_INODES,
			  8 * EXT4_BLOCK);
		free += EXT4_GROUP_BLOCKS - used;
	}

	/* The root directory is inode 2. */
	inode = fs + 4 * EXT4_BLOCK + EXT4_INODE_SIZE;
	first = 4 + EXT4_INODE_BLOCKS;
	ext4_put(inode, 0x0, 2, S_IFDIR | 0755);
	ext4_put(inode, 0x4, 4, EXT4_BLOCK);
	ext4_put(inode, 0x1a, 2, 2);			/* links */
	ext4_put(inode, 0x1c, 4, EXT4_BLOCK / 512);
	ext4_put(inode, 0x28, 4, first);		/* its only block */
	ext4_put(inode, 0x80, 2, 32);			/* extra size */
	dir = fs + first * EXT4_BLOCK;
	for (int i = 1; i <= 2; i++, dir += 12) {	/* . and .. */
		ext4_put(dir, 0x0, 4, 2);		/* inode */
		ext4_put(dir, 0x4, 2, i == 1 ? 12 : EXT4_BLOCK - 12);
		ext4_put(dir, 0x6, 1, i);
		ext4_put(dir, 0x7, 1, 2);		/* a directory */
		memset(dir + 8, '.', i);
	}

	fs += 1024;
	ext4_put(fs, 0x0, 4, groups * EXT4_INODES);
	ext4_put(fs, 0x4, 4, groups * EXT4_GROUP_BLOCKS);
	ext4_put(fs, 0xc, 4, free);
	ext4_put(fs, 0x10, 4, groups * EXT4_INODES - EXT4_RESERVED_INODES);
	ext4_put(fs, 0x18, 4, 2);			/* size of blocks */
	ext4_put(fs, 0x1c, 4, 2);			/* size of clusters */
	ext4_put(fs, 0x20, 4, EXT4_GROUP_BLOCKS);
	ext4_put(fs, 0x24, 4, EXT4_GROUP_BLOCKS);
	ext4_put(fs, 0x28, 4, EXT4_INODES);
	ext4_put(fs, 0x36, 2, 0xffff);			/* mounts without a check */
	ext4_put(fs, 0x38, 2, 0xef53);
	ext4_put(fs, 0x3a, 2, 1);			/* clean */
	ext4_put(fs, 0x3c, 2, 1);			/* go on after errors */
	ext4_put(fs, 0x4c, 4, 1);			/* revision */
	ext4_put(fs, 0x54, 4, EXT4_RESERVED_INODES + 1);
	ext4_put(fs, 0x58, 2, EXT4_INODE_SIZE);
	ext4_put(fs, 0x5c, 4, 0x200);			/* two backups, or none */
	ext4_put(fs, 0x60, 4, 0x40 | 0x2);		/* extents, file types */
	ext4_put(fs, 0x64, 4, 0x40 | 0x2);		/* extra size, large files */
	ext4_put(fs, 0x15c, 2, 32);
	ext4_put(fs, 0x15e, 2, 32);
	munmap(fs - 1024, size);
	return 0;
}

/* A new file of that size on an ext4 file system of its own, or why not */
static inline int ext4_file(size_t size, const char **why)
{
	struct loop_config config = { .info.lo_flags = LO_FLAGS_AUTOCLEAR };
	int groups = size / (EXT4_GROUP_BLOCKS * EXT4_BLOCK) + 1;
	char dir[] = "/tmp/notag.XXXXXX", path[64];
	int control, loop = -1, hold = -1, fd = -1;

	*why = "no room for a disk";
	config.fd = memfd_create("disk", MFD_CLOEXEC);
	if (config.fd < 0 || ext4_format(config.fd, groups))
		return -1;

	*why = "no loop devices";
	control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	snprintf(path, sizeof(path), "/dev/loop%d", ioctl(control, LOOP_CTL_GET_FREE));
	loop = open(path, O_RDWR | O_CLOEXEC);
	if (loop < 0 || ioctl(loop, LOOP_CONFIGURE, &config))
		goto out;
	/* A device that is open for writing may not be mounted. */
	hold = open(path, O_RDONLY | O_CLOEXEC);
	close(loop);

	*why = "no ext4";
	if (!mkdtemp(dir) || mount(path, dir, "ext4", 0, NULL))
		goto out;

	/* It stays until the file is closed. */
	snprintf(path, sizeof(path), "%s/memory", dir);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	umount2(dir, MNT_DETACH);
	*why = "cannot make a file on ext4";
	if (fd >= 0 && ftruncate(fd, size)) {
		close(fd);
		fd = -1;
	}
out:
	rmdir(dir);
	close(hold);
	close(control);
	close(config.fd);
	return fd;
}

/*
 * Before Linux there is a guest without an OS, for what Linux does not do: it
 * accesses tags of the window, and the register that is IMPLEMENTATION DEFINED.
 * Its result is in x2. It is at a page of its own, vectors first.
 */
asm(
"	.pushsection .text\n"
"	.arch	armv8.5-a+memtag\n"
"	.balign	4096\n"
"bare_guest:\n"
"	.rept	16\n"
"	str	x2, [x28, #8]\n"
"	b	.\n"
"	.balign	128\n"
"	.endr\n"
"bare_guest_tags:\n"
"	ldr	x2, [x0]\n"
"bare_guest_stg:\n"
"	stg	x0, [x0]\n"
"	str	x2, [x28]\n"
"	b	.\n"
"bare_guest_impdef:\n"
"	mrs	x2, s3_1_c15_c2_0\n"
"	str	x2, [x28]\n"
"	b	.\n"
"	.balign	4096\n"
"	.popsection\n"
);

extern char bare_guest[], bare_guest_tags[], bare_guest_stg[], bare_guest_impdef[];

enum { REPORT_DONE, REPORT_EXCEPTION };

#endif /* SELFTEST_KVM_ARM64_NOTAG_VMM_H */
