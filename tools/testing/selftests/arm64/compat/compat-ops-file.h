/* SPDX-License-Identifier: GPL-2.0 */
/* Files, directories, mounts, and what polls them. */

OP(open_close)
{
	char buf[8];

	C(open, "none", O_RDONLY);
	C(open, "f", O_RDWR | O_CREAT, 0640);
	C(write, 3, "hello", 5);
	C(lseek, 3, 1, SEEK_SET);
	FRESH_VAR(buf);
	C(read, 3, buf, sizeof(buf));
	DUMP(buf);
	C(close, 3);
	C(close, 3);
	C(creat, "g", 0600);
	C(open, "f", O_RDONLY | O_DIRECTORY);
	C(open, "f", O_CREAT | O_EXCL, 0600);
	C(openat, AT_FDCWD, "f", O_WRONLY | O_CLOEXEC);
	C(fcntl64, 4, F_GETFD);
	C(read, 4, buf, 1);
	C(openat, 77, "f", O_RDONLY);
	C(open, "", O_RDONLY);
	C(open, 0, O_RDONLY);
	C(open, ".", O_PATH);
	C(read, 5, buf, 1);
}

OP(openat2)
{
	struct { u64 flags, mode, resolve; } how = { O_RDWR | O_CREAT, 0600 };

	C(openat2, AT_FDCWD, "f", &how, sizeof(how));
	how.resolve = 0x08;	/* RESOLVE_BENEATH */
	how.flags = O_RDONLY;
	how.mode = 0;
	C(openat2, AT_FDCWD, "../x", &how, sizeof(how));
	how.flags = 1ull << 40;
	C(openat2, AT_FDCWD, "f", &how, sizeof(how));
	C(openat2, AT_FDCWD, "f", &how, 8);
}

/* Only a compat open() can yield a file without O_LARGEFILE. */
OP(large_file)
{
	long fd = Q(open, "big", O_RDWR | O_CREAT | O_LARGEFILE, 0600);
	u64 pos = 0;

	C(ftruncate64, fd, 0, PAIR(3ull << 30));
	C(open, "big", O_RDONLY);
	C(openat, AT_FDCWD, "big", O_RDONLY);
	C(open, "big", O_RDONLY | O_LARGEFILE);
	C(fcntl, fd, F_GETFL);
	C(lseek, fd, 0, SEEK_END);
	C(_llseek, fd, 1, 5, &pos, SEEK_SET);
	DUMP(pos);
	C(lseek, fd, 0, SEEK_CUR);
	C(_llseek, fd, 0, 0, &pos, 99);
	C(_llseek, fd, 0, 0, &pos, SEEK_END);
	DUMP(pos);
	C(truncate64, "big", 0, PAIR(5ull << 30));
	C(truncate, "big", 0x7fffffff);
	C(_llseek, fd, 0, 0, &pos, SEEK_END);
	DUMP(pos);
	C(ftruncate, fd, 100);
	C(ftruncate, fd, -1);
	C(truncate, "big", -2);
	C(lseek, fd, 0, SEEK_HOLE);
	C(lseek, fd, 0, SEEK_DATA);
}

OP(small_open_write)
{
	long fd = Q(open, "f", O_RDWR | O_CREAT, 0600);

	/* Without O_LARGEFILE the end is at 2 GiB - 1. */
	C(pwrite64, fd, "x", 1, 0, PAIR(0x7ffffffeull));
	C(pwrite64, fd, "x", 1, 0, PAIR(0x7fffffffull));
	C(ftruncate64, fd, 0, PAIR(0x80000000ull));
	C(ftruncate, fd, 0x7fffffff);
}

OP(pread_pwrite)
{
	long fd = Q(open, "f", O_RDWR | O_CREAT | O_LARGEFILE, 0600);
	u8 buf[8];

	C(pwrite64, fd, "abc", 3, 0, PAIR(0x100000001ull));
	FRESH_VAR(buf);
	C(pread64, fd, buf, 8, 0, PAIR(0x100000000ull));
	DUMP(buf);
	C(pread64, fd, buf, 8, 0, PAIR(-1ull));
	/* All of a file, of which there is nothing from there on. */
	C(pread64, fd, buf, -1, 0, PAIR(0x200000000ull));
	C(pwrite64, 99, buf, 1, 0, PAIR(0ull));
}

OP(vectors)
{
	long fd = Q(open, "f", O_RDWR | O_CREAT | O_LARGEFILE, 0600);
	u8 a[4], b[8];
	struct iov out[2] = { { A("1234"), 4 }, { A("567"), 3 } };
	struct iov in[2] = { { A(a), 4 }, { A(b), 8 } };
	struct iov bad[2] = { { A(a), 4 }, { A(b), -1 } };

	C(writev, fd, out, 2);
	C(pwritev, fd, out, 2, PAIR(0x100000000ull));
	C(pwritev2, fd, out, 2, PAIR(-1ull), 0x10);	/* RWF_APPEND */
	C(lseek, fd, 0, SEEK_SET);
	FRESH_VAR(a);
	FRESH_VAR(b);
	C(readv, fd, in, 2);
	DUMP(a);
	DUMP(b);
	FRESH_VAR(a);
	FRESH_VAR(b);
	C(preadv, fd, in, 2, PAIR(0x100000003ull));
	DUMP(a);
	DUMP(b);
	FRESH_VAR(a);
	FRESH_VAR(b);
	C(preadv2, fd, in, 2, PAIR(0x100000007ull), 0);
	DUMP(a);
	DUMP(b);
	C(preadv2, fd, in, 2, PAIR(0ull), 0x40000000);
	C(readv, fd, bad, 2);
	C(writev, fd, in, 1025);
	C(writev, fd, 4, 1);
	C(preadv, fd, in, 2, PAIR(-5ull));
}

OP(links)
{
	char buf[16];

	file("f", "x");
	C(link, "f", "g");
	C(linkat, AT_FDCWD, "f", AT_FDCWD, "h", 0);
	C(link, "f", "g");
	C(symlink, "f", "s");
	C(symlinkat, "nowhere", AT_FDCWD, "t");
	FRESH_VAR(buf);
	C(readlink, "t", buf, sizeof(buf));
	DUMP(buf);
	FRESH_VAR(buf);
	C(readlinkat, AT_FDCWD, "t", buf, 3);
	DUMP(buf);
	C(readlink, "f", buf, sizeof(buf));
	C(readlink, "t", buf, 0);
	C(readlink, "t", buf, -1);
	C(rename, "g", "g2");
	C(renameat, AT_FDCWD, "g2", AT_FDCWD, "g3");
	C(renameat2, AT_FDCWD, "g3", AT_FDCWD, "h", 1);	/* NOREPLACE */
	C(renameat2, AT_FDCWD, "g3", AT_FDCWD, "t", 2);	/* EXCHANGE */
	C(readlink, "g3", buf, sizeof(buf));
	C(unlink, "h");
	C(unlinkat, AT_FDCWD, "s", 0);
	C(unlink, "none");
	C(open, "f", O_RDONLY | O_NOFOLLOW);
}

OP(directories)
{
	char buf[64];
	long n;

	C(mkdir, "d", 0755);
	C(mkdirat, AT_FDCWD, "d/e", 0700);
	C(mkdir, "d", 0755);
	C(chdir, "d/e");
	FRESH_VAR(buf);
	n = Q(getcwd, buf, sizeof(buf));
	IS(n > 4 && buf[n - 1] == 0 && streq(buf + n - 5, "/d/e"));
	C(getcwd, buf, 2);
	C(getcwd, 8, 64);
	C(chdir, "..");
	C(open, ".", O_RDONLY | O_DIRECTORY);
	C(chdir, "..");
	C(fchdir, 4);
	C(fchdir, 3);
	C(rmdir, "e");
	C(unlinkat, AT_FDCWD, "../d/none", AT_REMOVEDIR);
	C(rmdir, "../d");
	C(rmdir, "..");
}

OP(chroot)
{
	char buf[16];

	Q(mkdir, "root", 0755);
	C(chroot, "root");
	C(chdir, "/");
	FRESH_VAR(buf);
	C(getcwd, buf, sizeof(buf));
	DUMP(buf);
	C(chroot, "/none");
	C(open, "/proc", O_RDONLY);
}

/* Entries are sorted by name here, and their inode numbers left out. */
static void entries(const char *what, const u8 *p, long len, u32 reclen_at,
		    u32 name_at, int type_last)
{
	char names[16][24];
	int n = 0, i, j;
	long at;

	for (at = 0; at < len && n < 16; n++) {
		u16 reclen = p[at + reclen_at] | p[at + reclen_at + 1] << 8;
		char *out = names[n];

		for (i = 0; i < 16 && p[at + name_at + i]; i++)
			out[i] = p[at + name_at + i];
		out[i++] = ' ';
		out[i++] = 'a' + reclen / 8;
		out[i++] = '0' + (type_last ? p[at + reclen - 1] : p[at + 18]);
		out[i] = '\0';
		at += reclen;
	}
	for (i = 0; i < n; i++) {
		for (j = i + 1; j < n; j++) {
			char tmp[24];

			if (names[i][0] < names[j][0] ||
			    (names[i][0] == names[j][0] && names[i][1] < names[j][1]))
				continue;
			memcpy(tmp, names[i], 24);
			memcpy(names[i], names[j], 24);
			memcpy(names[j], tmp, 24);
		}
		say_str(what, names[i]);
	}
}

OP(getdents)
{
	u8 buf[1024];
	long fd, n;

	Q(mkdir, "d", 0755);
	file("d/alpha", "");
	file("d/b", "");
	Q(mkdir, "d/cc", 0755);
	Q(symlink, "x", "d/e");
	fd = Q(open, "d", O_RDONLY | O_DIRECTORY);
	n = C(getdents, fd, buf, sizeof(buf));
	entries("dirent", buf, n, 8, 10, 1);
	C(getdents, fd, buf, sizeof(buf));
	C(lseek, fd, 0, SEEK_SET);
	n = C(getdents64, fd, buf, sizeof(buf));
	entries("dirent64", buf, n, 16, 19, 0);
	C(lseek, fd, 0, SEEK_SET);
	C(getdents, fd, buf, 8);
	C(getdents64, fd, buf, 8);
	C(getdents64, fd, 4, 1024);
	C(getdents, 0x7fff, buf, 8);
	C(getdents, Q(open, "d/b", O_RDONLY), buf, 64);
}

OP(nodes)
{
	u8 st[64];

	C(mknod, "fifo", S_IFIFO | 0644, 0);
	C(mknodat, AT_FDCWD, "sock", S_IFSOCK | 0600, 0);
	C(mknod, "null", S_IFCHR | 0666, 0x103);
	C(mknod, "null", S_IFREG, 0);
	FRESH_VAR(st);
	C(stat, "null", st);
	DUMP_BUT(st, 0, 8, 32, 24);
}

OP(modes)
{
	long fd = file("f", "");

	C(chmod, "f", 0601);
	C(fchmod, fd, 0602);
	C(fchmodat, AT_FDCWD, "f", 0603);
	C(fchmodat2, AT_FDCWD, "f", 0604, 0);
	C(fchmodat2, AT_FDCWD, "f", 0604, 1);
	C(chmod, "none", 0);
	C(umask, 077);
	C(umask, 022);
	C(access, "f", 4);
	C(access, "f", 8);
	C(faccessat, AT_FDCWD, "f", 2);
	C(faccessat2, AT_FDCWD, "f", 2, AT_EACCESS);
	C(faccessat2, AT_FDCWD, "f", 2, 0x80000000);
	C(access, "none", 0);
}

OP(owners)
{
	long fd = file("f", "");
	u8 st[104];

	Q(symlink, "f", "s");
	set_times("f");
	C(chown, "f", 1, 2);
	C(fchown, fd, 0xffff, 3);
	C(lchown, "s", 5, 0xffff);
	FRESH_VAR(st);
	C(lstat64, "s", st);
	DUMP_BUT(st, 0, 16, 72, 32);
	C(chown32, "f", 70000, 70001);
	C(fchown32, fd, -1, 70002);
	C(lchown32, "s", 70003, -1);
	C(fchownat, AT_FDCWD, "f", 70004, -1, 0);
	FRESH_VAR(st);
	C(stat64, "f", st);
	DUMP_BUT(st, 0, 16, 88, 16);
	FRESH_VAR(st);
	/* Does not fit into 16 bits: the overflow id. */
	C(stat, "f", st);
	DUMP_BUT(st, 0, 8, 48, 8);
	C(fchownat, AT_FDCWD, "", 1, 1, 0);
}

OP(stat)
{
	long fd = file("f", "0123456789");
	u8 st[72], st64[112], stx[264];

	set_times("f");
	FRESH_VAR(st);
	C(stat, "f", st);
	DUMP_BUT(st, 0, 8, 48, 8);
	FRESH_VAR(st);
	C(fstat, fd, st);
	DUMP_BUT(st, 0, 8, 48, 8);
	FRESH_VAR(st64);
	C(stat64, "f", st64);
	DUMP_BUT(st64, 0, 16, 88, 16);
	FRESH_VAR(st64);
	C(fstat64, fd, st64);
	DUMP_BUT(st64, 0, 16, 88, 16);
	FRESH_VAR(st64);
	C(fstatat64, AT_FDCWD, "f", st64, AT_SYMLINK_NOFOLLOW);
	DUMP_BUT(st64, 0, 16, 88, 16);
	Q(symlink, "a longer target", "s");
	set_times("s");
	FRESH_VAR(st);
	C(lstat, "s", st);
	DUMP_BUT(st, 0, 8, 48, 8);
	FRESH_VAR(stx);
	C(statx, AT_FDCWD, "f", 0, 0x7ff, stx);
	/* ino, btime, ctime, dev, mnt_id */
	DUMP_BUT(stx, 32, 8, 80, 32, 136, 16);
	C(statx, AT_FDCWD, "f", 0, 0x80000000, stx);
	C(stat, "none", st);
	C(stat, "f", 4);
	C(fstat, 99, st);
	C(fstatat64, AT_FDCWD, "f", st64, 0x80000000);
	/* A size that the old structure cannot hold. */
	Q(ftruncate64, Q(open, "big", O_RDWR | O_CREAT | O_LARGEFILE, 0600), 0,
	  PAIR(1ull << 32));
	C(stat, "big", st);
	FRESH_VAR(st64);
	C(stat64, "big", st64);
	DUMP_BUT(st64, 0, 16, 72, 32);
}

OP(statfs)
{
	u8 buf[68], buf64[92];
	u32 ustat[5];

	Q(mkdir, "m", 0755);
	C(mount, "x", "m", "tmpfs", 0, "size=1m,nr_inodes=100");
	FRESH_VAR(buf);
	C(statfs, "m", buf);
	DUMP_BUT(buf, 28, 8);
	FRESH_VAR(buf);
	C(fstatfs, Q(open, "m", O_RDONLY), buf);
	DUMP_BUT(buf, 28, 8);
	FRESH_VAR(buf64);
	C(statfs64, "m", 88, buf64);
	DUMP_BUT(buf64, 48, 8);
	FRESH_VAR(buf64);
	C(fstatfs64, 3, 84, buf64);
	DUMP_BUT(buf64, 48, 8);
	C(statfs64, "m", 80, buf64);
	C(fstatfs, 99, buf);
	C(ustat, 0xffff, ustat);
	C(umount2, "m", 0x40);
	C(umount2, "m", 2);
	C(umount2, "m", 0);
}

OP(utimes)
{
	s32 tv[4] = { 1000, 5, 2000, 6 };
	struct ts32 t32[2] = { { 3000, 7 }, { 0, UTIME_OMIT } };
	struct ts64 t64[2] = { { 5000000000ll, 8 }, { 4000, 9 } };
	u8 st[104];

	file("f", "");
	C(utimes, "f", tv);
	FRESH_VAR(st);
	Q(stat64, "f", st);
	DUMP_LEN(st + 72, 16);
	C(futimesat, AT_FDCWD, "f", tv);
	tv[1] = 1000000;
	C(utimes, "f", tv);
	C(utimensat, AT_FDCWD, "f", t32, 0);
	FRESH_VAR(st);
	Q(stat64, "f", st);
	DUMP_LEN(st + 72, 16);
	C(utimensat_time64, AT_FDCWD, "f", t64, 0);
	FRESH_VAR(st);
	Q(stat64, "f", st);
	DUMP_LEN(st + 72, 16);
	t64[0].nsec = 1ull << 32;
	C(utimensat_time64, AT_FDCWD, "f", t64, 0);
	t32[0].nsec = 1000000000;
	C(utimensat, AT_FDCWD, "f", t32, 0);
	C(utimensat, AT_FDCWD, "f", 4, 0);
	C(utimensat, AT_FDCWD, "none", t32, 0);
}

OP(dup)
{
	file("f", "");
	C(dup, 3);
	C(dup2, 3, 10);
	C(dup2, 10, 10);
	C(dup2, 99, 10);
	C(dup3, 3, 11, O_CLOEXEC);
	C(dup3, 3, 3, 0);
	C(fcntl64, 11, F_GETFD);
	C(fcntl64, 3, F_DUPFD_CLOEXEC, 50);
	C(close_range, 4, 11, 0);
	C(close_range, 5, 4, 0);
	C(dup, 10);
	C(close_range, 40, -1, 4);	/* CLOSE_RANGE_CLOEXEC */
	C(close_range, 3, 3, 0x80);
	C(dup2, 3, -1);
}

OP(pipe)
{
	s32 fd[2];
	u8 buf[4];

	C(pipe, fd);
	DUMP(fd);
	C(pipe2, fd, O_NONBLOCK | O_CLOEXEC);
	DUMP(fd);
	C(read, 5, buf, 1);
	C(fcntl, 5, F_GETFL);
	C(fcntl, 6, F_SETPIPE_SZ, 8192);
	C(fcntl, 6, F_GETPIPE_SZ);
	C(write, 6, "ab", 2);
	C(ioctl, 5, FIONREAD, fd);
	DUMP(fd);
	C(close, 6);
	FRESH_VAR(buf);
	C(read, 5, buf, 4);
	DUMP(buf);
	C(read, 5, buf, 4);
	C(pipe2, fd, 1);
	C(pipe, 4);
}

OP(fcntl)
{
	long fd = file("f", "0123456789");
	struct { s16 type, whence; s32 start, len, pid; } lk = { 1, 0, 2, 3 };
	struct { s16 type, whence; s32 pad; s64 start, len; s32 pid, pad2; }
		lk64 = { 1, 0, 0, 0x100000000ll, 5, 0 };
	s32 owner[2] = { 1, 0 };
	long pid;

	C(fcntl, fd, F_GETFL);
	C(fcntl64, fd, F_SETFL, O_APPEND | O_NONBLOCK);
	C(fcntl64, fd, F_GETFL);
	C(fcntl64, fd, F_SETFD, 1);
	C(fcntl64, fd, F_GETFD);
	C(fcntl64, fd, F_SETLK, &lk);
	C(fcntl64, fd, F_SETLK64, &lk64);
	C(fcntl, fd, F_SETLK64, &lk64);
	pid = Q(fork);
	if (!pid) {
		lk.len = 0;
		lk.start = lk.len;
		C(fcntl64, fd, F_GETLK, &lk);
		DUMP_BUT(lk, 12, 4);
		lk64.len = 0;
		lk64.start = lk64.len;
		lk64.type = 0;
		C(fcntl64, fd, F_GETLK64, &lk64);
		DUMP_BUT(lk64, 24, 4);
		lk64.start = 0x100000000ll;
		lk64.type = 1;
		C(fcntl64, fd, F_GETLK64, &lk64);
		DUMP_BUT(lk64, 24, 4);
		/* The lock starts where the structure cannot say it. */
		lk.type = 1;
		lk.start = 5;
		lk.len = 0;
		C(fcntl64, fd, F_GETLK, &lk);
		lk64.pid = 0;
		lk64.type = 1;
		C(fcntl64, Q(open, "f", O_RDWR), F_OFD_SETLK, &lk64);
		C(fcntl64, fd, F_SETLK, &lk);
		leave(0);
	}
	text_len = 0;
	Q(wait4, pid, 0, 0, 0);
	C(fcntl64, fd, F_SETOWN_EX, owner);
	C(fcntl64, fd, F_GETOWN_EX, owner);
	DUMP(owner);
	C(fcntl64, fd, F_GETOWN);
	C(fcntl, fd, F_GETLK64, 4);
	C(fcntl64, fd, F_GETLK, 4);
	C(fcntl64, fd, 9999, 0);
	C(fcntl64, 99, F_GETFL);
}

OP(flock)
{
	long fd = file("f", ""), fd2 = Q(open, "f", O_RDWR);

	C(flock, fd, 2);
	C(flock, fd2, 2 | 4);
	C(flock, fd, 8);
	C(flock, fd2, 1);
	C(flock, fd, 77);
}

OP(sync)
{
	long fd = file("f", "abc");

	C(fsync, fd);
	C(fdatasync, fd);
	C(sync);
	C(syncfs, fd);
	C(syncfs, 99);
	C(arm_sync_file_range, fd, 7, PAIR(0ull), PAIR(10ull));
	C(arm_sync_file_range, fd, 8, PAIR(0ull), PAIR(10ull));
	C(arm_sync_file_range, fd, 7, PAIR(-1ull), PAIR(10ull));
	C(arm_fadvise64_64, fd, 2, PAIR(1ull << 33), PAIR(10ull));
	C(arm_fadvise64_64, fd, 99, PAIR(0ull), PAIR(10ull));
	C(arm_fadvise64_64, fd, 2, PAIR(0ull), PAIR(-1ull));
	C(readahead, fd, 0, PAIR(0ull), 100);
	C(readahead, 99, 0, PAIR(0ull), 100);
}

OP(fallocate)
{
	long fd = Q(open, "f", O_RDWR | O_CREAT | O_LARGEFILE, 0600);
	u64 pos;

	C(fallocate, fd, 0, PAIR(0ull), PAIR(8192ull));
	C(fallocate, fd, 1, PAIR(0x200000000ull), PAIR(4096ull));
	C(_llseek, fd, 0, 0, &pos, SEEK_END);
	DUMP(pos);
	C(fallocate, fd, 3, PAIR(0ull), PAIR(4096ull));
	C(lseek, fd, 0, SEEK_DATA);
	C(fallocate, fd, 0, PAIR(0ull), PAIR(0ull));
	C(fallocate, fd, 0x1000, PAIR(0ull), PAIR(10ull));
	C(fallocate, 99, 0, PAIR(0ull), PAIR(10ull));
}

OP(sendfile)
{
	long in = file("in", "0123456789"), out = file("out", "");
	s32 off = 2;
	u64 off64 = 3;
	u8 buf[8];

	C(sendfile, out, in, &off, 4);
	DUMP(off);
	C(sendfile64, out, in, &off64, 2);
	DUMP(off64);
	off = -1;
	C(sendfile, out, in, &off, 4);
	C(sendfile, out, in, 4, 4);
	C(lseek, in, 0, SEEK_SET);
	C(sendfile, out, in, 0, 2);
	FRESH_VAR(buf);
	C(pread64, out, buf, sizeof(buf), 0, PAIR(0ull));
	DUMP(buf);
}

OP(splice)
{
	long in = file("in", "0123456789");
	s32 p[2], q[2];
	u64 off = 4;
	struct iov v = { A("vm"), 2 };
	u8 buf[16];

	Q(pipe, p);
	Q(pipe, q);
	C(splice, in, &off, p[1], 0, 3, 0);
	DUMP(off);
	C(tee, p[0], q[1], 2, 0);
	C(vmsplice, q[1], &v, 1, 0);
	FRESH_VAR(buf);
	C(read, p[0], buf, sizeof(buf));
	DUMP(buf);
	FRESH_VAR(buf);
	C(read, q[0], buf, sizeof(buf));
	DUMP(buf);
	C(splice, in, 0, in, 0, 3, 0);
	C(splice, in, &off, p[1], &off, 3, 0);
	C(tee, in, q[1], 2, 0);
	C(vmsplice, in, &v, 1, 0);
}

OP(copy_file_range)
{
	long in = file("in", "0123456789"), out = file("out", "");
	u64 from = 2, to = 1;
	u8 buf[8];

	C(copy_file_range, in, &from, out, &to, 5, 0);
	DUMP(from);
	DUMP(to);
	FRESH_VAR(buf);
	C(pread64, out, buf, sizeof(buf), 0, PAIR(0ull));
	DUMP(buf);
	C(copy_file_range, in, 0, out, 0, 5, 1);
}

OP(xattr)
{
	long fd = file("f", "");
	u8 buf[64];
	struct { u64 value; u32 size, flags; } args = { A("four"), 4, 0 };

	Q(symlink, "f", "s");
	C(setxattr, "f", "trusted.a", "1", 1, 0);
	C(lsetxattr, "s", "trusted.b", "22", 2, 0);
	C(fsetxattr, fd, "trusted.c", "333", 3, 1);
	C(fsetxattr, fd, "trusted.c", "333", 3, 1);
	C(setxattrat, AT_FDCWD, "f", 0, "trusted.d", &args, sizeof(args));
	FRESH_VAR(buf);
	C(getxattr, "f", "trusted.a", buf, 8);
	DUMP_LEN(buf, 8);
	FRESH_VAR(buf);
	C(lgetxattr, "s", "trusted.b", buf, 8);
	DUMP_LEN(buf, 8);
	FRESH_VAR(buf);
	C(fgetxattr, fd, "trusted.c", buf, 8);
	DUMP_LEN(buf, 8);
	FRESH_VAR(buf);
	args.value = A(buf);
	args.size = 8;
	C(getxattrat, AT_FDCWD, "f", 0, "trusted.d", &args, sizeof(args));
	DUMP_LEN(buf, 8);
	C(getxattr, "f", "trusted.c", buf, 2);
	C(getxattr, "f", "trusted.c", 0, 0);
	C(listxattr, "f", buf, sizeof(buf));
	C(llistxattr, "s", buf, sizeof(buf));
	C(flistxattr, fd, buf, sizeof(buf));
	C(listxattrat, AT_FDCWD, "f", 0, buf, sizeof(buf));
	C(listxattr, "f", buf, 1);
	C(removexattr, "f", "trusted.a");
	C(lremovexattr, "s", "trusted.b");
	C(fremovexattr, fd, "trusted.c");
	C(removexattrat, AT_FDCWD, "f", 0, "trusted.d");
	C(removexattr, "f", "trusted.a");
	C(getxattr, "f", "nonsense", buf, 8);
	C(setxattr, "f", "trusted.a", 4, 8, 0);
}

OP(inotify)
{
	u8 buf[64];

	C(inotify_init);
	C(inotify_init1, O_NONBLOCK);
	C(inotify_add_watch, 4, ".", 0x100);	/* IN_CREATE */
	file("file", "");
	FRESH_VAR(buf);
	C(read, 4, buf, sizeof(buf));
	DUMP_LEN(buf, 36);
	C(read, 4, buf, sizeof(buf));
	C(inotify_rm_watch, 4, 1);
	C(inotify_rm_watch, 4, 9);
	C(inotify_add_watch, 4, "none", 0x100);
	C(inotify_init1, 1);
}

OP(fanotify)
{
	u8 buf[24];

	C(fanotify_init, O_NONBLOCK, O_RDONLY);
	C(fanotify_mark, 3, 1, PAIR(0x2ull), AT_FDCWD, ".");	/* ADD, MODIFY */
	C(fanotify_mark, 3, 1, PAIR(0x08000002ull), AT_FDCWD, ".");
	file("file", "x");
	FRESH_VAR(buf);
	C(read, 3, buf, sizeof(buf));
	DUMP_BUT(buf, 16, 8);
	C(fanotify_mark, 3, 1, PAIR(1ull << 40), AT_FDCWD, ".");
	C(fanotify_mark, 3, 2, PAIR(0x08000002ull), AT_FDCWD, ".");
	C(fanotify_mark, 99, 1, PAIR(0x2ull), AT_FDCWD, ".");
	C(fanotify_init, 0x80000000, 0);
}

OP(handles)
{
	struct { u32 bytes; s32 type; u8 h[64]; } h = { 0 };
	s32 mnt;
	u8 buf[4];

	file("f", "abc");
	C(name_to_handle_at, AT_FDCWD, "f", &h, &mnt, 0);
	say("bytes", h.bytes);
	C(name_to_handle_at, AT_FDCWD, "f", &h, &mnt, 0);
	say("type", h.type);
	C(open_by_handle_at, AT_FDCWD, &h, O_RDONLY);
	FRESH_VAR(buf);
	C(read, 4, buf, 3);
	DUMP(buf);
	h.bytes = 1000;
	C(open_by_handle_at, AT_FDCWD, &h, O_RDONLY);
}

OP(cachestat)
{
	long fd = file("f", "abc");
	struct { u64 off, len; } r = { 0, 0 };
	u64 cs[5];

	FRESH_VAR(cs);
	C(cachestat, fd, &r, cs, 0);
	DUMP_LEN(cs, 8);
	C(cachestat, fd, &r, cs, 1);
	C(cachestat, fd, 4, cs, 0);
}

OP(file_attr)
{
	u8 attr[32];

	file("f", "");
	FRESH_VAR(attr);
	C(file_getattr, AT_FDCWD, "f", attr, 24, 0);
	DUMP(attr);
	C(file_setattr, AT_FDCWD, "f", attr, 24, 0);
	C(file_getattr, AT_FDCWD, "f", attr, 8, 0);
	C(file_getattr, AT_FDCWD, "none", attr, 24, 0);
}

OP(ioctl)
{
	long fd = file("f", "0123");
	s32 v = -1, on = 1;
	u8 buf[40];
	u16 ws[4] = { 24, 80, 1, 2 };

	C(ioctl, fd, FIONREAD, &v);
	DUMP(v);
	C(ioctl, fd, FIOCLEX, 0);
	C(fcntl64, fd, F_GETFD);
	C(ioctl, fd, FIONBIO, &on);
	C(fcntl64, fd, F_GETFL);
	C(ioctl, fd, FS_IOC32_GETFLAGS, &v);
	DUMP(v);
	v |= 0x40;	/* FS_NODUMP_FL */
	C(ioctl, fd, FS_IOC32_SETFLAGS, &v);
	FRESH_VAR(v);
	C(ioctl, fd, FS_IOC32_GETFLAGS, &v);
	DUMP(v);
	/* The number that only native calls use. */
	C(ioctl, fd, 0x80086601, &v);
	C(ioctl, fd, TCGETS, buf);
	C(ioctl, 99, FIONREAD, &v);
	C(ioctl, fd, 0xffffffff, &v);
	C(open, "/dev/ptmx", O_RDWR | O_CLOEXEC);
	v = 0;
	C(ioctl, 4, TIOCSPTLCK, &v);
	C(ioctl, 4, TIOCSWINSZ, ws);
	memset(ws, 0, sizeof(ws));
	C(ioctl, 4, TIOCGWINSZ, ws);
	DUMP(ws);
	FRESH_VAR(buf);
	C(ioctl, 4, TCGETS, buf);
	DUMP(buf);
}

OP(poll)
{
	s32 p[2];
	struct { s32 fd; s16 events, revents; } fds[3];
	struct ts32 t32 = { 0, 1000000 };
	struct ts64 t64 = { 0, 1000000 };
	u32 set[2] = { 0, 0 };

	Q(pipe, p);
	Q(write, p[1], "x", 1);
	fds[0].fd = p[0];
	fds[0].events = POLLIN;
	fds[1].fd = p[1];
	fds[1].events = POLLIN | POLLOUT;
	fds[2].fd = 99;
	fds[2].events = POLLIN;
	C(poll, fds, 3, 1000);
	DUMP(fds);
	fds[1].events = 0;
	C(poll, fds + 1, 1, 1);
	C(ppoll, fds, 1, &t32, set, 8);
	DUMP(fds[0]);
	C(ppoll, fds + 1, 1, &t32, set, 8);
	DUMP(t32);
	C(ppoll_time64, fds + 1, 1, &t64, set, 8);
	DUMP(t64);
	t32.nsec = -1;
	C(ppoll, fds, 1, &t32, set, 8);
	C(ppoll, fds, 1, 0, set, 4);
	t64.sec = 0;
	t64.nsec = 1000000000;
	C(ppoll_time64, fds, 1, &t64, 0, 8);
	C(poll, 4, 1, 0);
	C(poll, fds, -1, 0);
}

OP(select)
{
	s32 p[2], tv[2] = { 0, 1000 };
	u32 r[34] = { 0 }, w[34] = { 0 };
	struct ts32 t32 = { 0, 1000000 };
	struct ts64 t64 = { 0, 1000000 };
	u32 set[2] = { 0, 0 }, sig[2] = { A(set), 8 };

	Q(pipe, p);
	Q(dup2, p[0], 40);
	Q(write, p[1], "x", 1);
	r[1] = 1 << 8;
	w[0] = 1 << 4;
	C(_newselect, 41, r, w, 0, 0);
	DUMP_LEN(r, 8);
	DUMP_LEN(w, 8);
	r[1] = 0;
	w[0] = 0;
	r[0] = 1 << 4;
	C(_newselect, 41, r, w, 0, tv);
	DUMP(tv);
	DUMP_LEN(r, 8);
	r[1] = 1 << 8;
	C(pselect6, 41, r, 0, 0, &t32, sig);
	DUMP_LEN(r, 8);
	r[1] = 0;
	r[0] = 1 << 4;
	C(pselect6_time64, 41, r, 0, 0, &t64, sig);
	DUMP(t64);
	sig[1] = 7;
	C(pselect6, 41, r, 0, 0, &t32, sig);
	C(_newselect, -1, r, 0, 0, tv);
	tv[1] = -1;
	C(_newselect, 1, r, 0, 0, tv);
	r[1] = 1 << 20;
	C(_newselect, 60, r, 0, 0, 0);
}

OP(epoll)
{
	s32 p[2];
	struct { u32 events, pad; u64 data; } ev = { POLLIN, 0, 0x123456789abcdefull };
	struct ts64 t64 = { 0, 1000000 };
	u32 set[2] = { 0, 0 };

	Q(pipe, p);
	C(epoll_create, 1);
	C(epoll_create, 0);
	C(epoll_create1, O_CLOEXEC);
	C(epoll_ctl, 5, EPOLL_CTL_ADD, p[0], &ev);
	C(epoll_ctl, 5, EPOLL_CTL_ADD, p[0], &ev);
	FRESH_VAR(ev);
	C(epoll_wait, 5, &ev, 1, 1);
	Q(write, p[1], "x", 1);
	C(epoll_wait, 5, &ev, 1, -1);
	DUMP_BUT(ev, 4, 4);
	FRESH_VAR(ev);
	C(epoll_pwait, 5, &ev, 1, -1, set, 8);
	DUMP_BUT(ev, 4, 4);
	FRESH_VAR(ev);
	C(epoll_pwait2, 5, &ev, 1, &t64, set, 8);
	DUMP_BUT(ev, 4, 4);
	t64.nsec = -1;
	C(epoll_pwait2, 5, &ev, 1, &t64, set, 8);
	C(epoll_pwait, 5, &ev, 1, 0, set, 5);
	C(epoll_ctl, 5, EPOLL_CTL_DEL, p[0], 0);
	C(epoll_ctl, 5, 9, p[0], &ev);
	C(epoll_wait, 5, &ev, 0, 0);
}

OP(eventfd)
{
	u64 v = 3;

	C(eventfd, 5);
	C(eventfd2, 0, O_NONBLOCK);
	C(read, 4, &v, 8);
	C(write, 3, &v, 8);
	C(read, 3, &v, 8);
	DUMP(v);
	C(read, 3, &v, 4);
	v = -1;
	C(write, 3, &v, 8);
	C(eventfd2, 0, 0x80);
}

OP(timerfd)
{
	struct { struct ts32 interval, value; } t32 = { { 100, 1 }, { 200, 2 } }, o32;
	struct { struct ts64 interval, value; } t64 = { { 5000000000ll, 1 }, { 0, 1 } }, o64;
	u64 n = 0;

	C(timerfd_create, CLOCK_MONOTONIC, 0);
	C(timerfd_create, 99, 0);
	FRESH_VAR(o32);
	C(timerfd_settime, 3, 0, &t32, &o32);
	DUMP(o32);
	FRESH_VAR(o32);
	C(timerfd_gettime, 3, &o32);
	DUMP_BUT(o32, 8, 8);
	IS(o32.value.sec >= 100 && o32.value.sec <= 200);
	FRESH_VAR(o64);
	C(timerfd_settime64, 3, 0, &t64, &o64);
	DUMP_BUT(o64, 16, 16);
	C(read, 3, &n, 8);
	DUMP(n);
	FRESH_VAR(o64);
	C(timerfd_gettime64, 3, &o64);
	DUMP_BUT(o64, 16, 16);
	t32.value.nsec = -1;
	C(timerfd_settime, 3, 0, &t32, 0);
	C(timerfd_settime, 3, 0, 4, 0);
	C(timerfd_gettime, 99, &o32);
	C(timerfd_settime64, 3, 0x80, &t64, 0);
}

OP(signalfd)
{
	u32 set[2] = { 1 << (SIGUSR1 - 1) | 1 << (SIGALRM - 1) };
	u8 si[136];

	block_signal(SIGUSR1);
	C(signalfd, -1, set, 8);
	C(signalfd4, -1, set, 8, O_NONBLOCK | O_CLOEXEC);
	C(read, 4, si, sizeof(si));
	Q(kill, Q(getpid), SIGUSR1);
	FRESH_VAR(si);
	C(read, 3, si, sizeof(si));
	DUMP_BUT(si, 12, 4);
	C(signalfd, -1, set, 4);
	C(signalfd4, 99, set, 8, 0);
	C(signalfd4, 3, set, 8, 1);
	C(signalfd, -1, 4, 8);
}

OP(memfd)
{
	C(memfd_create, "name", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	C(memfd_create, "name", 0x40000000);
	C(memfd_create, 4, 0);
	C(write, 3, "xy", 2);
	C(fcntl64, 3, F_ADD_SEALS, 8);		/* F_SEAL_WRITE */
	C(fcntl64, 3, F_GET_SEALS);
	C(write, 3, "xy", 2);
	C(mmap2, 0, 4096, PROT_RW, MAP_SHARED, 3, 0);
}

OP(mounts)
{
	struct { u64 set, clr, prop, userns; } attr = { 1 };	/* RDONLY */
	u8 buf[16];

	C(unshare, CLONE_NEWNS);
	Q(mkdir, "a", 0755);
	Q(mkdir, "b", 0755);
	C(mount, 0, "/", 0, 0x44000, 0);	/* MS_REC | MS_PRIVATE */
	C(mount, "none", "a", "tmpfs", 0, "size=64k");
	C(mount, "none", "a", "nofs", 0, 0);
	C(open_tree, AT_FDCWD, "a", 1);
	C(move_mount, 3, "", AT_FDCWD, "b", 4);
	C(mount_setattr, AT_FDCWD, "b", 0, &attr, sizeof(attr));
	C(open, "b/x", O_CREAT | O_RDWR, 0600);
	C(mount_setattr, AT_FDCWD, "b", 0, &attr, 8);
	C(fsopen, "tmpfs", 0);
	C(fsconfig, 4, 1, "size", "128k", 0);
	C(fsconfig, 4, 1, "bogus", "1", 0);
	FRESH_VAR(buf);
	Q(read, 4, buf, sizeof(buf));
	C(fsconfig, 4, 6, 0, 0, 0);
	C(fsmount, 4, 0, 0);
	C(fspick, AT_FDCWD, "a", 0);
	C(open_tree_attr, AT_FDCWD, "a", 1, &attr, sizeof(attr));
	C(fsopen, "nofs", 0);
	C(umount2, "b", 2);
	C(pivot_root, "a", "b");
}

OP(mount_info)
{
	u64 id, ids[4];
	struct { u32 size, spare; u64 id, param, ns; } req = { 24 };
	u8 stx[256], sm[512];
	u32 *p = (u32 *)sm;

	FRESH_VAR(stx);
	Q(statx, AT_FDCWD, ".", 0, 0x4000, stx);	/* MNT_ID_UNIQUE */
	memcpy(&id, stx + 144, 8);
	req.id = id;
	req.param = 2;		/* STATMOUNT_MNT_BASIC */
	FRESH_VAR(sm);
	C(statmount, &req, sm, sizeof(sm), 0);
	say("size", p[0]);
	req.param = 0;
	req.id = -1ull;		/* LSMT_ROOT */
	IS(Q(listmount, &req, ids, 4, 0) > 0);
	req.size = 8;
	C(statmount, &req, sm, sizeof(sm), 0);
	C(listmount, &req, ids, 4, 0);
	C(statmount, 4, sm, sizeof(sm), 0);
}
