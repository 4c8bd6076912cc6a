#ifndef LATCH_DMABUF_FORMAT_TABLE_H
#define LATCH_DMABUF_FORMAT_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "dmabuf/format_list.h"

/** Tranches name formats by 16 bit indices. */
#define LATCH_FORMAT_TABLE_MAX (UINT16_MAX + 1)

/**
 * The table of zwp_linux_dmabuf_feedback_v1.format_table: every pair that was ever to be told to a
 * client. It only grows, so an index means the same in each of its versions, and a client that
 * allocates by what it was told a moment ago names nothing that is unknown. All feedback objects
 * are sent the same fd; there is a new one only after the table grew.
 */
struct latch_format_table {
	struct latch_format_list list;
	/** The table as a sealed memfd, -1 before it is asked for. */
	int fd;
	/** How many pairs are in fd. */
	size_t fd_len;
};

void latch_format_table_init(struct latch_format_table *table);
void latch_format_table_finish(struct latch_format_table *table);

/**
 * Adds pairs; those that are there already keep their place. Returns 0, -ENOMEM, or -ENOSPC when
 * the indices are used up; some may be added then.
 */
int latch_format_table_add(
	struct latch_format_table *table, const struct latch_format *pairs, size_t len);

/**
 * The table as a file of 16 bytes per pair, as the protocol has it: read-only and of constant size
 * for everybody. Borrowed, valid until the table is asked for again after it grew; its size in
 * bytes goes to *size. Negative errno when it can't be made.
 */
int latch_format_table_fd(struct latch_format_table *table, uint32_t *size);

#endif
