/* SPDX-License-Identifier: MIT */
#include "kms/match.h"

#include <stdbool.h>
#include <string.h>

#define MAX_CRTCS 32
#define FREE SIZE_MAX

struct match {
	struct kms_match_head *heads;
	size_t heads_len, crtcs_len;
	size_t owners[MAX_CRTCS]; // places in heads, or FREE
	bool visited[MAX_CRTCS];
	bool moves_lit;
};

static bool is_possible(const struct match *match, size_t head, size_t crtc) {
	return (match->heads[head].possible_crtcs & UINT32_C(1) << crtc) != 0;
}

static bool may_move(const struct match *match, size_t head) {
	enum kms_match_kind kind = match->heads[head].kind;
	return kind != KMS_MATCH_FIXED && (kind != KMS_MATCH_MOVABLE || match->moves_lit);
}

static size_t count_users(const struct match *match, size_t crtc) {
	size_t users = 0;
	for (size_t i = 0; i < match->heads_len; i++) {
		users += is_possible(match, i, crtc);
	}
	return users;
}

/* The one it was on before, else the one that the fewest others could use. */
static size_t find_free(const struct match *match, size_t head) {
	size_t found = FREE;
	for (size_t i = 0; i < match->crtcs_len; i++) {
		if (!is_possible(match, head, i) || match->owners[i] != FREE) {
			continue;
		}
		if (match->heads[head].crtc == (int)i) {
			return i;
		}
		if (found == FREE || count_users(match, i) < count_users(match, found)) {
			found = i;
		}
	}
	return found;
}

/* Kuhn's algorithm: a head whose CRTCs are all taken gets one whose owner finds another, which may
 * push on others in turn, moves of them at most. */
static bool place(struct match *match, size_t head, size_t moves) {
	size_t crtc = find_free(match, head);
	if (crtc != FREE) {
		match->owners[crtc] = head;
		return true;
	}
	for (size_t i = 0; i < match->crtcs_len && moves > 0; i++) {
		size_t owner = match->owners[i];
		if (!is_possible(match, head, i) || match->visited[i] || owner == FREE ||
			!may_move(match, owner)) {
			continue;
		}
		match->visited[i] = true;
		match->owners[i] = head;
		if (place(match, owner, moves - 1)) {
			return true;
		}
		match->owners[i] = owner;
	}
	return false;
}

static void place_any(struct match *match, size_t head) {
	bool lit_too = match->heads[head].kind == KMS_MATCH_WANTED;
	for (int lit = 0; lit <= lit_too; lit++) {
		match->moves_lit = lit != 0;
		for (size_t moves = 0; moves <= match->heads_len; moves++) {
			memset(match->visited, 0, sizeof(match->visited));
			if (place(match, head, moves)) {
				return;
			}
		}
	}
}

void kms_match(struct kms_match_head *heads, size_t heads_len, size_t crtcs_len) {
	struct match match = {
		.heads = heads,
		.heads_len = heads_len,
		.crtcs_len = crtcs_len < MAX_CRTCS ? crtcs_len : MAX_CRTCS,
	};
	for (size_t i = 0; i < MAX_CRTCS; i++) {
		match.owners[i] = FREE;
	}
	for (size_t i = 0; i < heads_len; i++) {
		if (heads[i].kind == KMS_MATCH_FIXED || heads[i].kind == KMS_MATCH_MOVABLE) {
			match.owners[heads[i].crtc] = i;
		}
	}
	for (int kind = KMS_MATCH_WANTED; kind <= KMS_MATCH_LATER; kind++) {
		for (size_t i = 0; i < heads_len; i++) {
			if ((int)heads[i].kind == kind) {
				place_any(&match, i);
			}
		}
	}
	for (size_t i = 0; i < heads_len; i++) {
		heads[i].crtc = -1;
	}
	for (size_t i = 0; i < match.crtcs_len; i++) {
		if (match.owners[i] != FREE) {
			heads[match.owners[i]].crtc = (int)i;
		}
	}
}
