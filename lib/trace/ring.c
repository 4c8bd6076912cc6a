/* SPDX-License-Identifier: MIT */
#include "trace/ring.h"

#include "base/minmax.h"

#include <stdlib.h>
#include <string.h>

#define WORD sizeof(uint32_t)
#define GROUP (32 * WORD) /* so many bytes have their bits together */

/* The longest record: all words of a full list of what is shown, with their bits. */
#define RECORD_MAX 1024

struct latch_ring_block {
	struct latch_ring_block *next;
	int64_t newest_ns;
	uint32_t used;
	uint8_t bytes[LATCH_RING_BLOCK_BYTES - 24];
};

/* The last record of each kind in a block, which the next one is compared with. */
struct latch_ring_last {
	struct latch_frame_record commit, frame;
	struct latch_flip_record flip;
	struct latch_shown_list shown;
	struct latch_gone_record gone;
};

struct latch_ring {
	struct latch_ring_block *oldest, *newest;
	size_t length, capacity;
	int64_t whole_since_ns;
	struct latch_ring_last last;
	struct latch_ring_block blocks[];
};

/* Where the last record of a kind is, and its length; of an update that was taken in what is known
 * then, and of a list all but its updates. */
static const struct {
	size_t offset, size;
} kinds[] = {
	[LATCH_RING_COMMIT] = {offsetof(struct latch_ring_last, commit), LATCH_COMMIT_BYTES},
	[LATCH_RING_FRAME] = {offsetof(struct latch_ring_last, frame),
		sizeof(struct latch_frame_record)},
	[LATCH_RING_FLIP] = {offsetof(struct latch_ring_last, flip),
		sizeof(struct latch_flip_record)},
	[LATCH_RING_SHOWN] = {offsetof(struct latch_ring_last, shown),
		offsetof(struct latch_shown_list, shown)},
	[LATCH_RING_GONE] = {offsetof(struct latch_ring_last, gone),
		sizeof(struct latch_gone_record)},
};

/*
 * Writes for each 32 words of the record one word of bits, 1 for a word that differs from the last
 * record's, and behind it the words that differ. Makes the last record this one. Records are of
 * whole pairs of words, which are compared first, as most pairs stay; of a time mostly one word
 * differs.
 */
static uint8_t *pack(uint8_t *at, void *last, const void *record, size_t size) {
	uint8_t *was = last;
	const uint8_t *now = record, *end = now + size;
	while (now < end) {
		const uint8_t *stop = (size_t)(end - now) > GROUP ? now + GROUP : end;
		uint8_t *head = at;
		uint32_t bits = 0;
		at += WORD;
		for (uint32_t bit = 1; now < stop; bit <<= 2, was += 2 * WORD, now += 2 * WORD) {
			if (memcmp(was, now, 2 * WORD) == 0) {
				continue;
			}
			for (size_t i = 0; i < 2; i++) {
				if (memcmp(was + i * WORD, now + i * WORD, WORD) != 0) {
					memcpy(at, now + i * WORD, WORD);
					at += WORD;
					bits |= bit << i;
				}
			}
			memcpy(was, now, 2 * WORD);
		}
		memcpy(head, &bits, WORD);
	}
	return at;
}

/* Makes the last record the packed one. Returns where the next one begins. */
static const uint8_t *unpack(const uint8_t *at, void *last, size_t size) {
	uint32_t bits = 0;
	for (size_t done = 0; done < size; done += WORD, bits >>= 1) {
		if (done % GROUP == 0) {
			memcpy(&bits, at, WORD);
			at += WORD;
		}
		if ((bits & 1) != 0) {
			memcpy((uint8_t *)last + done, at, WORD);
			at += WORD;
		}
	}
	return at;
}

static void append(struct latch_ring *ring, struct latch_ring_block *block) {
	block->next = NULL;
	block->used = 0;
	if (ring->newest != NULL) {
		ring->newest->next = block;
	} else {
		ring->oldest = block;
	}
	ring->newest = block;
	memset(&ring->last, 0, sizeof(ring->last));
}

struct latch_ring *latch_ring_create(size_t blocks) {
	struct latch_ring *ring = calloc(1, sizeof(*ring) + blocks * sizeof(ring->blocks[0]));
	if (ring != NULL) {
		ring->capacity = blocks;
		ring->whole_since_ns = INT64_MIN;
		append(ring, &ring->blocks[ring->length++]);
	}
	return ring;
}

void latch_ring_destroy(struct latch_ring *ring) {
	free(ring);
}

static void next_block(struct latch_ring *ring, int64_t ns) {
	struct latch_ring_block *oldest = ring->oldest;
	if (oldest != ring->newest && (ring->length == ring->capacity ||
					      ns - oldest->newest_ns >= LATCH_RING_NS)) {
		ring->oldest = oldest->next;
		ring->whole_since_ns = latch_max(ring->whole_since_ns, oldest->newest_ns + 1);
		append(ring, oldest);
	} else {
		append(ring, &ring->blocks[ring->length++]);
	}
	ring->newest->newest_ns = ns;
}

void latch_ring_add(
	struct latch_ring *ring, enum latch_ring_kind kind, int64_t ns, const void *record) {
	if (ring->newest->used + RECORD_MAX > sizeof(ring->newest->bytes)) {
		next_block(ring, ns);
	}
	struct latch_ring_block *block = ring->newest;
	uint8_t *at = block->bytes + block->used;
	*at++ = (uint8_t)kind;
	memcpy(at, &ns, sizeof(ns));
	at += sizeof(ns);
	at = pack(at, (char *)&ring->last + kinds[kind].offset, record, kinds[kind].size);
	if (kind == LATCH_RING_SHOWN) {
		const struct latch_shown_list *list = record;
		at = pack(at, ring->last.shown.shown, list->shown,
			list->length * sizeof(list->shown[0]));
	}
	block->used = (uint32_t)(at - block->bytes);
	block->newest_ns = latch_max(block->newest_ns, ns);
}

int64_t latch_ring_whole_since(const struct latch_ring *ring) {
	return ring->whole_since_ns;
}

struct latch_ring *latch_ring_copy(const struct latch_ring *ring, int64_t from_ns) {
	const struct latch_ring_block *block = ring->oldest;
	while (block->next != NULL && block->newest_ns < from_ns) {
		block = block->next;
	}
	size_t blocks = 0;
	for (const struct latch_ring_block *each = block; each != NULL; each = each->next) {
		blocks++;
	}
	struct latch_ring *copy = latch_ring_create(blocks);
	if (copy == NULL) {
		return NULL;
	}
	copy->length = 0;
	copy->oldest = copy->newest = NULL;
	for (; block != NULL; block = block->next) {
		struct latch_ring_block *to = &copy->blocks[copy->length++];
		append(copy, to);
		to->newest_ns = block->newest_ns;
		to->used = block->used;
		memcpy(to->bytes, block->bytes, block->used);
	}
	return copy;
}

struct latch_ring_reader latch_ring_read_begin(const struct latch_ring *ring) {
	return (struct latch_ring_reader){
		.block = ring->oldest, .last = calloc(1, sizeof(struct latch_ring_last))};
}

void latch_ring_read_end(struct latch_ring_reader *reader) {
	free(reader->last);
}

bool latch_ring_read(struct latch_ring_reader *reader, struct latch_ring_record *record_out) {
	if (reader->last == NULL) {
		return false;
	}
	while (reader->at == reader->block->used) {
		if (reader->block->next == NULL) {
			return false;
		}
		reader->block = reader->block->next;
		reader->at = 0;
		memset(reader->last, 0, sizeof(*reader->last));
	}
	const uint8_t *at = reader->block->bytes + reader->at;
	record_out->kind = *at++;
	memcpy(&record_out->ns, at, sizeof(record_out->ns));
	void *last = (char *)reader->last + kinds[record_out->kind].offset;
	at = unpack(at + sizeof(record_out->ns), last, kinds[record_out->kind].size);
	if (record_out->kind == LATCH_RING_SHOWN) {
		struct latch_shown_list *list = last;
		at = unpack(at, list->shown, list->length * sizeof(list->shown[0]));
	}
	record_out->any = last;
	reader->at = (size_t)(at - reader->block->bytes);
	return true;
}
