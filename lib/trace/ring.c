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

struct commit {
	uint32_t surface_id, buffer_id;
	uint64_t update_id;
	int64_t commit_ns;
};

/* The last record of each kind in a block, which the next one is compared with. */
struct latch_ring_last {
	struct commit commit;
	struct latch_frame_record frame;
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

/* Room for the last record of a kind, and its length; of a list, without its updates. */
static void *find_last(struct latch_ring_last *last, enum latch_ring_kind kind, size_t *size_out) {
	switch (kind) {
	case LATCH_RING_COMMIT:
		*size_out = sizeof(last->commit);
		return &last->commit;
	case LATCH_RING_FRAME:
		*size_out = sizeof(last->frame);
		return &last->frame;
	case LATCH_RING_FLIP:
		*size_out = sizeof(last->flip);
		return &last->flip;
	case LATCH_RING_SHOWN:
		*size_out = offsetof(struct latch_shown_list, shown);
		return &last->shown;
	default:
		*size_out = sizeof(last->gone);
		return &last->gone;
	}
}

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
	struct commit commit;
	if (kind == LATCH_RING_COMMIT) {
		const struct latch_frame_record *frame = record;
		commit = (struct commit){frame->surface_id, frame->buffer_id, frame->update_id,
			frame->commit_ns};
		record = &commit;
	}
	size_t size;
	void *last = find_last(&ring->last, kind, &size);
	at = pack(at, last, record, size);
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

static const uint8_t *read_record(struct latch_ring_reader *reader, const uint8_t *at,
	struct latch_ring_record *record) {
	size_t size;
	void *last = find_last(reader->last, record->kind, &size);
	at = unpack(at, last, size);
	const struct commit *commit = &reader->last->commit;
	switch (record->kind) {
	case LATCH_RING_COMMIT:
		record->frame = (struct latch_frame_record){.surface_id = commit->surface_id,
			.buffer_id = commit->buffer_id,
			.update_id = commit->update_id,
			.commit_ns = commit->commit_ns};
		break;
	case LATCH_RING_FRAME:
		record->frame = reader->last->frame;
		break;
	case LATCH_RING_FLIP:
		record->flip = reader->last->flip;
		break;
	case LATCH_RING_SHOWN:
		at = unpack(at, reader->last->shown.shown,
			reader->last->shown.length * sizeof(record->shown.shown[0]));
		record->shown = reader->last->shown;
		break;
	default:
		record->gone = reader->last->gone;
		break;
	}
	return at;
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
	at = read_record(reader, at + sizeof(record_out->ns), record_out);
	reader->at = (size_t)(at - reader->block->bytes);
	return true;
}
