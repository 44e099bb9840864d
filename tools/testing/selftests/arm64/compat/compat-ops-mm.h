/* SPDX-License-Identifier: GPL-2.0 */
/* Memory. */

OP(mmap2)
{
	long fd = file("f", "");
	u8 buf[4];
	u32 p;

	Q(ftruncate, fd, 12288);
	Q(pwrite64, fd, "page", 4, 0, PAIR(4096ull));
	p = OK(mmap2, 0, 4096, PROT_READ, MAP_SHARED, fd, 1);
	memcpy(buf, (void *)(ulong)p, 4);
	DUMP(buf);
	C(munmap, p, 4096);
	C(munmap, p, 4096);
	C(munmap, p + 1, 4096);
	C(mmap2, 0, 0, PROT_READ, MAP_SHARED, fd, 0);
	C(mmap2, 0, 4096, PROT_READ, 0, fd, 0);
	C(mmap2, 0, 4096, PROT_READ, MAP_PRIVATE, 99, 0);
	C(mmap2, 0, 0xfffff000, PROT_READ, MAP_PRIVATE | MAP_ANON, -1, 0);
	C(mmap2, 0, -1, PROT_READ, MAP_PRIVATE | MAP_ANON, -1, 0);
	/* Honoured as given, without a look at the rest of it. */
	C(mmap2, 0x50000000, 8192, PROT_RW, MAP_PRIVATE | MAP_ANON, -1, 0);
	C(mmap2, 0x50001000, 4096, PROT_RW,
	  MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0);
	C(mmap2, 0x50001000, 4096, PROT_RW,
	  MAP_PRIVATE | MAP_ANON | MAP_FIXED_NOREPLACE, -1, 0);
	C(mmap2, 0x50000001, 4096, PROT_RW,
	  MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0);
	/* Beyond the end of a 32-bit address space. */
	C(mmap2, 0xfffff000, 8192, PROT_RW,
	  MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0);
	C(mmap2, 0xffffe000, 12288, PROT_RW,
	  MAP_PRIVATE | MAP_ANON | MAP_FIXED_NOREPLACE, -1, 0);
	/* An offset of 44 bits. */
	OK(mmap2, 0, 4096, PROT_READ, MAP_SHARED, fd, 0xfff00000);
}

OP(mprotect)
{
	u8 *p = map(12288);

	C(mprotect, p, 4096, PROT_READ);
	C(mprotect, p + 1, 4096, PROT_READ);
	C(mprotect, p + 4096, 4096, 0x80000000);
	C(mprotect, 0x1000, 4096, PROT_READ);
	C(mprotect, p, 0xfffff000, PROT_READ);
	C(pkey_mprotect, p, 4096, PROT_READ, -1);
	C(pkey_mprotect, p, 4096, PROT_READ, 3);
	C(pkey_alloc, 1, 0);
	C(pkey_free, 9);
	C(mseal, p, 4096, 0);
	C(mprotect, p, 4096, PROT_RW);
	C(mseal, p, 4096, 1);
	C(mseal, p + 1, 4096, 0);
}

OP(mremap)
{
	u8 *p = map(8192);
	u32 q;

	p[5] = 9;
	q = OK(mremap, p, 8192, 16384, MREMAP_MAYMOVE);
	IS(((u8 *)(ulong)q)[5] == 9);
	OK(mremap, q, 16384, 4096, 0);
	C(mremap, q, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, 0x60000000);
	C(mremap, 0x60000000, 4096, 8192, 8);
	C(mremap, 0x60000000, 4096, 0, 0);
	C(mremap, 0x60000000, 4096, 4096, MREMAP_FIXED, 0x61000000);
	OK(mremap, 0x60000000, 4096, 0xf0000000, MREMAP_MAYMOVE);
	C(mremap, 0x1000, 4096, 8192, MREMAP_MAYMOVE);
	C(mremap, 0x60000001, 4096, 8192, MREMAP_MAYMOVE);
}

OP(advice)
{
	u8 *p = map(16384), vec[5];

	p[8192] = 1;
	p[0] = p[8192];
	FRESH_VAR(vec);
	C(mincore, p, 16384, vec);
	DUMP(vec);
	C(madvise, p, 4096, 4);		/* DONTNEED */
	say("cleared", !p[0]);
	C(madvise, p, 4096, 999);
	C(madvise, p + 1, 4096, 4);
	C(madvise, 0x1000, 4096, 4);
	C(mincore, p, 16384, 4);
	C(mincore, 0x1000, 4096, vec);
	C(msync, p, 4096, 4);
	C(msync, p, 4096, 5);
	C(msync, 0x1000, 4096, 4);
	C(remap_file_pages, p, 4096, 0, 0, 0);
	C(remap_file_pages, p, 4096, 1, 0, 0);
}

OP(mlock)
{
	u8 *p = map(8192);

	C(mlock, p, 4096);
	C(munlock, p, 4096);
	C(mlock2, p, 4096, 1);
	C(mlock2, p, 4096, 8);
	C(mlockall, 2);
	C(munlockall);
	C(mlockall, 0);
	C(mlock, 0x1000, 4096);
	C(munlock, 0x1000, 4096);
}

OP(process_madvise)
{
	u8 *p = map(8192);
	struct iov v = { A(p), 4096 };
	long fd = Q(pidfd_open, Q(getpid), 0);

	p[0] = 1;
	C(process_madvise, fd, &v, 1, 20, 0);	/* COLD */
	C(process_madvise, fd, &v, 1, 999, 0);
	C(process_madvise, fd, &v, 1, 20, 1);
	C(process_madvise, 99, &v, 1, 20, 0);
	v.len = -1;
	C(process_madvise, fd, &v, 1, 20, 0);
}

OP(numa)
{
	u32 mask[2] = { 1, 0 };
	s32 mode = -1, status = -1;
	u8 *p = map(4096);
	u32 pages = A(p);

	p[0] = 1;
	C(set_mempolicy, 1, mask, 32);		/* PREFERRED */
	FRESH_VAR(mask);
	C(get_mempolicy, &mode, mask, 32, 0, 0);
	DUMP(mode);
	DUMP(mask);
	mask[0] = 1;
	mask[1] = 0;
	C(mbind, p, 4096, 2, mask, 32, 0);
	C(mbind, p, 4096, 99, mask, 32, 0);
	C(mbind, p, 4096, 2, 4, 32, 0);
	C(set_mempolicy, 0, 0, 0);
	C(set_mempolicy, 0, mask, 32);
	C(migrate_pages, 0, 32, mask, mask);
	C(move_pages, 0, 1, &pages, 0, &status, 0);
	DUMP(status);
	C(move_pages, 0, 1, 4, 0, &status, 0);
	C(set_mempolicy_home_node, p, 4096, 0, 1);
	C(set_mempolicy_home_node, p, 4096, 0, 0);
}

OP(userfaultfd)
{
	u64 api[3] = { 0xaa, 0 };

	C(userfaultfd, O_NONBLOCK);
	C(ioctl, 3, 0xc018aa3f, api);
	say("api", api[0]);
	C(ioctl, 3, 0xc018aa3f, api);
	C(read, 3, api, 24);
}

OP(shadow_stack)
{
	/* EOPNOTSUPP where the CPU has no GCS. */
	OK(map_shadow_stack, 0, 4096, 0);
	C(map_shadow_stack, 1, 4096, 0);
	C(map_shadow_stack, 0, 4096, 0x80);
}

/*
 * What is documented to differ; compat-diff knows what each program gets. The
 * last page and what is beyond are part of the address space of a 64-bit task,
 * and it has no page of vectors.
 */
OP(differs)
{
	s32 p[2];

	Q(mmap2, 0x60000000, 4096, PROT_RW, MAP_PRIVATE | MAP_ANON | MAP_FIXED,
	  -1, 0);
	C(mremap, 0x60000000, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED,
	  0xfffff000);
	C(munmap, 0xfffff000, 4096);
	Q(pipe, p);
	C(write, p[1], 0xffff0000, 4);
}
