/* SPDX-License-Identifier: MIT */
/* The newest records, in memory of a fixed size. */
#pragma once

#include "trace/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Of a record only the words are kept that differ from the last record of its kind: some 12 KiB a
 * second for a client at 60 Hz, in a microsecond for each frame. Records go into blocks, and blocks
 * into a queue. The oldest block is used again once its newest record is LATCH_RING_NS old, before
 * a block that was never used: so the ring touches no more memory than LATCH_RING_NS need. When all
 * blocks are in use, the oldest is used again in any case. Texts are static, and kept as pointers.
 */
struct latch_ring;

#define LATCH_RING_NS INT64_C(30000000000)
#define LATCH_RING_BLOCK_BYTES 16384
#define LATCH_RING_BLOCKS 256

/* Updates in one record of what is shown; a longer list takes several. */
#define LATCH_SHOWN_PART 48

enum latch_ring_kind {
	LATCH_RING_COMMIT, /* the first LATCH_COMMIT_BYTES of struct latch_frame_record */
	LATCH_RING_FRAME,  /* struct latch_frame_record */
	LATCH_RING_FLIP,   /* struct latch_flip_record */
	LATCH_RING_SHOWN,  /* struct latch_shown_list */
	LATCH_RING_GONE,   /* struct latch_gone_record */
};

/* A surface that has gone. As all records it is of whole pairs of words (ring.c). */
struct latch_gone_record {
	uint32_t surface_id, unused;
};

/* What an output shows from a time on, or a part of it. */
struct latch_shown_list {
	uint32_t output_id;
	uint32_t length;
	int64_t time_ns;
	uint64_t sequence;
	bool more; /* another part follows */
	struct latch_shown_record shown[LATCH_SHOWN_PART];
};

/** Makes an empty ring of so many blocks, at least 2. Each takes memory from its first use on. */
struct latch_ring *latch_ring_create(size_t blocks);
void latch_ring_destroy(struct latch_ring *ring);

/** Adds a record of this kind, which belongs to this time. Allocates nothing. */
void latch_ring_add(
	struct latch_ring *ring, enum latch_ring_kind kind, int64_t ns, const void *record);

/** The time from which on no record has gone; INT64_MIN: none has gone yet. */
int64_t latch_ring_whole_since(const struct latch_ring *ring);

/** Copies the records from this time on, and up to a block of those before. NULL without memory. */
struct latch_ring *latch_ring_copy(const struct latch_ring *ring, int64_t from_ns);

/* A record as it was added, until the next one is read. Its texts are the ring's. */
struct latch_ring_record {
	enum latch_ring_kind kind;
	int64_t ns;
	union {
		const void *any;
		const struct latch_frame_record *frame; /* COMMIT, too */
		const struct latch_flip_record *flip;
		const struct latch_shown_list *shown;
		const struct latch_gone_record *gone;
	};
};

struct latch_ring_reader {
	const struct latch_ring_block *block;
	size_t at;
	struct latch_ring_last *last; /* NULL without memory: then there is nothing to read */
};

struct latch_ring_reader latch_ring_read_begin(const struct latch_ring *ring);
void latch_ring_read_end(struct latch_ring_reader *reader);

/** The next one, the oldest first. Returns false after the last. */
bool latch_ring_read(struct latch_ring_reader *reader, struct latch_ring_record *record_out);
