#include "plan/reason.h"

#include <stdio.h>

static const struct {
	const char *name, *text;
} reasons_table[LATCH_REASON_COUNT] = {
	{"no-dmabuf", "the buffer is memory that no plane can read"},
	{"format", "no plane for it can show this pixel format"},
	{"modifier", "no plane for it can show this modifier"},
	{"import-failed", "the kernel makes no framebuffer of the buffer"},
	{"no-free-plane", "the planes that could show it are taken"},
	{"scaling", "the kernel does not scale it"},
	{"rotation", "no plane rotates or mirrors it"},
	{"partly-transparent", "what shines through it can't be put below it"},
	{"covered", "nothing of it is to be seen"},
	{"test-refused", "the kernel refused it on a plane"},
	{"disabled", "direct scanout is switched off by an option"},
	{"no-kms", "the output is a window and has no planes"},
	{"z-order", "no free plane is at the right height in the stack"},
	{"position", "the kernel does not show it at this place"},
	{"alpha", "no plane can fade it"},
	{"blend", "no plane blends its alpha in this way"},
	{"color-encoding", "no plane converts its YCbCr encoding or range"},
	{"not-ready", "a fence is pending on the buffer again"},
	{"captured", "the frame is composed for a picture of the screen"},
	{"settling", "it has changed its place or shape just now"},
	{"idle", "it changes too seldom to be worth a plane"},
	{"tests-spent", "no more test commits for this arrangement"},
	{"size", "the image is larger than the cursor plane"},
	{"crop", "the kernel does not crop its YCbCr at an odd pixel"},
	{"shm-unsealed", "the buffer is shared memory that is not sealed against shrinking"},
	{"draws-ahead",
		"its client draws ahead of the flips with two buffers of shared memory: it is copied"},
	{"color", "no plane converts its colours to the output's"},
};

static size_t index_of(uint64_t bit) {
	return __builtin_popcountll(bit) == 1 ? (size_t)__builtin_ctzll(bit) : LATCH_REASON_COUNT;
}

const char *latch_reason_name(uint64_t bit) {
	size_t i = index_of(bit);
	return i < LATCH_REASON_COUNT ? reasons_table[i].name : NULL;
}

const char *latch_reason_text(uint64_t bit) {
	size_t i = index_of(bit);
	return i < LATCH_REASON_COUNT ? reasons_table[i].text : NULL;
}

const char *latch_reasons_to_str(uint64_t reasons, char *buf, size_t size) {
	size_t used = 0;
	snprintf(buf, size, "none");
	for (size_t i = 0; i < LATCH_REASON_COUNT; i++) {
		if ((reasons & UINT64_C(1) << i) == 0 || used >= size) {
			continue;
		}
		int n = snprintf(buf + used, size - used, "%s%s", used > 0 ? "," : "",
			reasons_table[i].name);
		used += n > 0 ? (size_t)n : 0;
	}
	return buf;
}
