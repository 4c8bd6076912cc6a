#ifndef LATCH_TEST_DMABUF_TOLD_H
#define LATCH_TEST_DMABUF_TOLD_H

#include <sys/types.h>

#include "world.h"

struct pair {
	uint32_t fourcc;
	uint64_t modifier;
};

struct told_tranche {
	dev_t device;
	uint32_t flags;
	struct pair formats[4096];
	size_t formats_len;
	int events;
};

/* What a feedback object has told, as of its last done event. */
struct told {
	struct zwp_linux_dmabuf_feedback_v1 *object;
	int dones, tables;
	dev_t main_device;
	struct told_tranche tranches[4];
	size_t tranches_len;
	/* The last table: a copy, and its file. */
	struct pair table[4096];
	size_t table_len;
	ino_t table_inode;
	int table_fd;
};

/* Takes the object; told_destroy() destroys it. */
struct told *told_create(struct zwp_linux_dmabuf_feedback_v1 *object);
void told_destroy(struct told *told);

#endif
