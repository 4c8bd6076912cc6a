#ifndef LATCH_OUTPUT_REASON_H
#define LATCH_OUTPUT_REASON_H

#include <stddef.h>
#include <stdint.h>

/**
 * Why a layer is not on a plane of its own. Every refusal has a bit and a stable name (see
 * latch_reason_name()); the names are in logs, traces and statistics, so they are not changed.
 */
enum latch_reason {
	/** The buffer lives in shared memory (wl_shm, single pixel): nothing a plane can read. */
	LATCH_REASON_NO_DMABUF = 1 << 0,
	/** The plane can't show the buffer's fourcc. */
	LATCH_REASON_FORMAT = 1 << 1,
	/** The plane can show the fourcc, but not in this modifier. */
	LATCH_REASON_MODIFIER = 1 << 2,
	/** The kernel did not make a framebuffer of the dma-buf (PRIME import or AddFB2). */
	LATCH_REASON_IMPORT_FAILED = 1 << 3,
	/** Other layers are visible too, and there is one plane for all of them. */
	LATCH_REASON_NO_FREE_PLANE = 1 << 4,
	/** The buffer would have to be scaled. */
	LATCH_REASON_SCALING = 1 << 5,
	/** The buffer would have to be rotated or mirrored. */
	LATCH_REASON_ROTATION = 1 << 6,
	/** Something behind shines through: the layer is not opaque all over. */
	LATCH_REASON_PARTLY_TRANSPARENT = 1 << 7,
	/** Nothing of it is to be seen, other layers or the screen's edge hide it. */
	LATCH_REASON_COVERED = 1 << 8,
	/** The kernel refused the arrangement in a TEST_ONLY commit. */
	LATCH_REASON_TEST_REFUSED = 1 << 9,
	/** Direct scanout is switched off by an option. */
	LATCH_REASON_DISABLED = 1 << 10,
	/** The output has no planes: latch runs in a window of another compositor. */
	LATCH_REASON_NO_KMS = 1 << 11,
};

#define LATCH_REASON_COUNT 12

/**
 * The stable name of one reason ("format", "no-free-plane", ...), or NULL when bit is not exactly
 * one of enum latch_reason.
 */
const char *latch_reason_name(uint64_t bit);

/**
 * Writes the names of all reasons in the set, separated by commas, "none" for the empty set.
 * Always terminated; cut off where size is too small. Returns buf.
 */
const char *latch_reasons_to_str(uint64_t reasons, char *buf, size_t size);

#endif
