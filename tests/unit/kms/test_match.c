/* SPDX-License-Identifier: MIT */
#include "../test.h"
#include "kms/match.h"

#define MAX_HEADS 6
#define FIXED KMS_MATCH_FIXED
#define MOVABLE KMS_MATCH_MOVABLE
#define WANTED KMS_MATCH_WANTED
#define LATER KMS_MATCH_LATER

struct example {
	const char *name;
	size_t crtcs_len, heads_len;
	struct kms_match_head heads[MAX_HEADS];
	int expected[MAX_HEADS];
};

static const struct example examples[] = {
	{"one head stays where it was", 4, 1, {{WANTED, 0xf, 2}}, {2}},
	{"one that was nowhere leaves those that many can use", 3, 2,
		{{WANTED, 0x7, -1}, {LATER, 0x3, -1}}, {2, 0}},
	/* DSI can use the last two video ports only, HDMI every one: the firmware had HDMI on one of
	 * DSI's, and the second DSI comes later. */
	{"rk3588: HDMI goes out of the way of two DSI panels before it is lit", 4, 3,
		{{WANTED, 0xf, 2}, {LATER, 0xc, 3}, {LATER, 0xc, -1}}, {0, 3, 2}},
	{"rk3588: a lit HDMI goes out of the way of a DSI panel", 4, 3,
		{{MOVABLE, 0xf, 2}, {MOVABLE, 0xc, 3}, {WANTED, 0xc, -1}}, {0, 3, 2}},
	{"rk3588: but not of one that is lit later", 4, 3,
		{{MOVABLE, 0xf, 2}, {MOVABLE, 0xc, 3}, {LATER, 0xc, -1}}, {2, 3, -1}},
	{"rk3588: nor where it may not be moved", 4, 3,
		{{FIXED, 0xf, 2}, {FIXED, 0xc, 3}, {WANTED, 0xc, -1}}, {2, 3, -1}},
	/* pixelvalve 2 is HDMI0's and 4 is HDMI1's, with the DSI/DPI ones beside. */
	{"vc4: HDMI1 gets its only one", 5, 3,
		{{WANTED, 0x1a, 4}, {LATER, 0x10, 4}, {LATER, 0x1, 0}}, {1, 4, 0}},
	{"nvidia: all heads can do all, nothing moves", 4, 4,
		{{MOVABLE, 0xf, 3}, {MOVABLE, 0xf, 0}, {WANTED, 0xf, 3}, {WANTED, 0xf, -1}},
		{3, 0, 1, 2}},
	{"nvidia with DSC on two heads: a chain of two moves", 3, 3,
		{{MOVABLE, 0x6, 1}, {MOVABLE, 0x3, 0}, {WANTED, 0x1, -1}}, {2, 1, 0}},
	/* The unlit one has another place: lit ones stay, though they are looked at first. */
	{"no lit one moves where an unlit one can", 3, 3,
		{{MOVABLE, 0x5, 0}, {WANTED, 0x6, 1}, {WANTED, 0x3, -1}}, {0, 2, 1}},
	{"too few: the first wanted one wins", 1, 3,
		{{LATER, 0x1, 0}, {WANTED, 0x1, -1}, {WANTED, 0x1, 0}}, {-1, 0, -1}},
	{"a connector that no CRTC drives", 2, 1, {{WANTED, 0, -1}}, {-1}},
};

static void test_examples(void **state) {
	for (size_t i = 0; i < LEN(examples); i++) {
		struct kms_match_head heads[MAX_HEADS];
		memcpy(heads, examples[i].heads, sizeof(heads));
		kms_match(heads, examples[i].heads_len, examples[i].crtcs_len);
		for (size_t j = 0; j < examples[i].heads_len; j++) {
			if (heads[j].crtc != examples[i].expected[j]) {
				fail_msg("%s: head %zu gets CRTC %d, not %d", examples[i].name, j,
					heads[j].crtc, examples[i].expected[j]);
			}
		}
	}
}

/* How many of the wanted heads can have a CRTC at most, by trying everything. */
static int try_all(const struct kms_match_head *heads, size_t len, size_t at, uint32_t taken) {
	if (at == len) {
		return 0;
	}
	const struct kms_match_head *head = &heads[at];
	bool lit = head->kind == FIXED || head->kind == MOVABLE;
	int best = lit ? -1000 : try_all(heads, len, at + 1, taken);
	for (int crtc = 0; crtc < 5; crtc++) {
		uint32_t bit = 1u << crtc;
		if ((head->possible_crtcs & bit) == 0 || (taken & bit) != 0 ||
			(head->kind == FIXED && crtc != head->crtc)) {
			continue;
		}
		int found = try_all(heads, len, at + 1, taken | bit) + !lit;
		best = found > best ? found : best;
	}
	return best;
}

static void test_random(void **state) {
	srandom(7);
	for (int round = 0; round < 20000; round++) {
		struct kms_match_head heads[MAX_HEADS], before[MAX_HEADS];
		uint32_t taken = 0;
		for (size_t i = 0; i < MAX_HEADS; i++) {
			int crtc = (int)(random() % 5);
			bool lit = random() % 2 == 0 && (taken & 1u << crtc) == 0;
			heads[i] = (struct kms_match_head){
				.kind = !lit ? WANTED : random() % 3 == 0 ? FIXED : MOVABLE,
				.possible_crtcs = (uint32_t)(random() & random()) & 0x1f,
				.crtc = lit || random() % 2 == 0 ? crtc : -1,
			};
			heads[i].possible_crtcs |= lit ? 1u << crtc : 0;
			taken |= lit ? 1u << crtc : 0;
		}
		memcpy(before, heads, sizeof(before));
		kms_match(heads, MAX_HEADS, 5);
		int matched = 0;
		taken = 0;
		for (size_t i = 0; i < MAX_HEADS; i++) {
			if (heads[i].crtc < 0) {
				assert_int_equal(heads[i].kind, WANTED);
				continue;
			}
			uint32_t bit = 1u << heads[i].crtc;
			assert_true(heads[i].possible_crtcs & bit);
			assert_false(taken & bit);
			taken |= bit;
			if (heads[i].kind == FIXED) {
				assert_int_equal(heads[i].crtc, before[i].crtc);
			}
			matched += heads[i].kind == WANTED;
		}
		assert_int_equal(matched, try_all(before, MAX_HEADS, 0, 0));
	}
}

TEST_MAIN("kms-match", UNIT(test_examples), UNIT(test_random))
