#include "output/reason.h"

#include <stdio.h>

static const char *const names[LATCH_REASON_COUNT] = {
	"no-dmabuf",
	"format",
	"modifier",
	"import-failed",
	"no-free-plane",
	"scaling",
	"rotation",
	"partly-transparent",
	"covered",
	"test-refused",
	"disabled",
	"no-kms",
};

const char *latch_reason_name(uint64_t bit) {
	for (size_t i = 0; i < LATCH_REASON_COUNT; i++) {
		if (bit == UINT64_C(1) << i) {
			return names[i];
		}
	}
	return NULL;
}

const char *latch_reasons_to_str(uint64_t reasons, char *buf, size_t size) {
	size_t used = 0;
	snprintf(buf, size, "none");
	for (size_t i = 0; i < LATCH_REASON_COUNT; i++) {
		if ((reasons & UINT64_C(1) << i) == 0 || used >= size) {
			continue;
		}
		int n = snprintf(buf + used, size - used, "%s%s", used > 0 ? "," : "", names[i]);
		used += n > 0 ? (size_t)n : 0;
	}
	return buf;
}
