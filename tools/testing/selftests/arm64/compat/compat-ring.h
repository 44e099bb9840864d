/* SPDX-License-Identifier: GPL-2.0 */
/* A ring of io_uring that one kind of calls has made. */
#ifndef COMPAT_RING_H
#define COMPAT_RING_H

#include <linux/stddef.h>
#include <linux/io_uring.h>

#include "compat.h"

struct ring {
	bool compat;
	int fd;
	struct io_uring_params *p;
	void *rings;
	struct io_uring_sqe *sqes;
};

/* 0, or an error as it is returned. */
static inline long ring_setup(struct ring *r, bool compat, unsigned int flags)
{
	long ret;

	r->compat = compat;
	r->p = low(sizeof(*r->p));
	r->p->flags = flags;
	if (compat)
		ret = compat(io_uring_setup, 8, r->p);
	else
		ret = native(io_uring_setup, 8, r->p);
	if (ret < 0)
		return ret;
	r->fd = ret;
	r->rings = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
			IORING_OFF_SQ_RING);
	if (r->rings == MAP_FAILED) {
		r->rings = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
				r->fd, IORING_OFF_SQ_RING);
	}
	r->sqes = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
		       IORING_OFF_SQES);
	return r->rings == MAP_FAILED || r->sqes == MAP_FAILED ? -errno : 0;
}

static inline bool ring_has(unsigned int *tail, unsigned int head)
{
	return __atomic_load_n(tail, __ATOMIC_ACQUIRE) != head;
}

/* One request; its result, or the error of the call. */
static inline long ring_do(struct ring *r, const struct io_uring_sqe *sqe)
{
	unsigned int *tail = r->rings + r->p->sq_off.tail;
	unsigned int *head = r->rings + r->p->cq_off.head;
	unsigned int *ready = r->rings + r->p->cq_off.tail;
	unsigned int *array = r->rings + r->p->sq_off.array;
	unsigned int mask = *(unsigned int *)(r->rings + r->p->cq_off.ring_mask);
	struct io_uring_cqe *cqes = r->rings + r->p->cq_off.cqes;
	unsigned int flags = IORING_ENTER_GETEVENTS, n = *tail & 7;
	long ret;

	if (r->p->flags & IORING_SETUP_SQPOLL)
		flags |= IORING_ENTER_SQ_WAKEUP;
	r->sqes[n] = *sqe;
	array[n] = n;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (r->compat)
		ret = compat(io_uring_enter, r->fd, 1, 1, flags, 0, 0);
	else
		ret = native(io_uring_enter, r->fd, 1, 1, flags, 0, 0);
	if (ret < 0)
		return ret;
	for (int i = 0; i < 5000 && !ring_has(ready, *head); i++)
		usleep(1000);
	if (!ring_has(ready, *head))
		return -ETIME;
	ret = cqes[*head & mask].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return ret;
}

#endif
