/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

/**
 * Why a layer is not on a plane of its own. Every refusal has a bit and a stable name (see
 * latch_reason_name()); the names are in logs, traces, statistics and the inspector, the bits in
 * traces, so neither is changed.
 */
enum latch_reason {
	/** The buffer is memory that no plane can read: one pixel, or shared memory where no udmabuf
	 * can be had. */
	LATCH_REASON_NO_DMABUF = 1 << 0,
	/** No plane that is free for it can show the buffer's fourcc. */
	LATCH_REASON_FORMAT = 1 << 1,
	/** A plane can show the fourcc, but not in this modifier. */
	LATCH_REASON_MODIFIER = 1 << 2,
	/** The kernel did not make a framebuffer of the dma-buf (PRIME import or AddFB2). */
	LATCH_REASON_IMPORT_FAILED = 1 << 3,
	/** The planes that could show it are taken by other layers or other outputs. */
	LATCH_REASON_NO_FREE_PLANE = 1 << 4,
	/** The kernel refused it because the buffer would have to be scaled. */
	LATCH_REASON_SCALING = 1 << 5,
	/** No plane rotates or mirrors like this, or the kernel refused to. */
	LATCH_REASON_ROTATION = 1 << 6,
	/** Something shines through it that no plane below it shows. */
	LATCH_REASON_PARTLY_TRANSPARENT = 1 << 7,
	/** Nothing of it is to be seen, other layers or the screen's edge hide it. */
	LATCH_REASON_COVERED = 1 << 8,
	/** The kernel refused the arrangement in a TEST_ONLY commit, or in the real one. */
	LATCH_REASON_TEST_REFUSED = 1 << 9,
	/** Direct scanout is switched off by an option. */
	LATCH_REASON_DISABLED = 1 << 10,
	/** The output has no planes: latch runs in a window of another compositor. */
	LATCH_REASON_NO_KMS = 1 << 11,
	/** Planes are free, but not at a height in the stack that would show it right. */
	LATCH_REASON_Z_ORDER = 1 << 12,
	/** The kernel refused it because of where it is, over the screen's edge for example. */
	LATCH_REASON_POSITION = 1 << 13,
	/** No plane can fade the whole layer (alpha-modifier), or the kernel refused to. */
	LATCH_REASON_ALPHA = 1 << 14,
	/** No plane blends pixels in this way (straight alpha), or the kernel refused to. */
	LATCH_REASON_BLEND = 1 << 15,
	/** No plane converts this YCbCr encoding or range, or the kernel refused to. */
	LATCH_REASON_COLOR_ENCODING = 1 << 16,
	/** A fence came onto the buffer after its commit, and the plane would wait for it. */
	LATCH_REASON_NOT_READY = 1 << 17,
	/** A client takes a picture of the screen: this frame is composed for it. */
	LATCH_REASON_CAPTURED = 1 << 18,
	/** It changed its place or shape just now: it goes to a plane when it stays as it is. */
	LATCH_REASON_SETTLING = 1 << 19,
	/** It changes too seldom: composing it once costs less than a plane. */
	LATCH_REASON_IDLE = 1 << 20,
	/** Test commits are up for this arrangement, see --max-tests. */
	LATCH_REASON_TESTS_SPENT = 1 << 21,
	/** The image is larger than the cursor plane. */
	LATCH_REASON_SIZE = 1 << 22,
	/** The kernel refused it because its crop divides a block of chroma samples. */
	LATCH_REASON_CROP = 1 << 23,
	/** The buffer is shared memory, of a pool that is no memfd sealed against shrinking. */
	LATCH_REASON_SHM_UNSEALED = 1 << 24,
	/** The buffer is shared memory of a client that takes longer than a refresh for a frame, has
	 * two buffers, and is alone on the output: it is copied, so that it is free before the
	 * flip. */
	LATCH_REASON_DRAWS_AHEAD = 1 << 25,
	/** No plane makes the output's colours of its own (color-management), or the kernel refused
	 * to; translucent ones, and YCbCr's, are never left to planes. */
	LATCH_REASON_COLOR = 1 << 26,
};

#define LATCH_REASON_COUNT 27

/**
 * The stable name of one reason ("format", "no-free-plane", ...), or NULL when bit is not exactly
 * one of enum latch_reason.
 */
const char *latch_reason_name(uint64_t bit);

/** What it means, for people: half a sentence, or NULL like latch_reason_name(). */
const char *latch_reason_text(uint64_t bit);

/** What would help: what its client, or whoever runs latch, can do. NULL where nothing can or need be
 * done, or like latch_reason_name(). */
const char *latch_reason_help(uint64_t bit);

/** The reason of a stable name, 0 for another. */
uint64_t latch_reason_find(const char *name);

/**
 * Writes the names of all reasons in the set, separated by commas, "none" for the empty set.
 * Always terminated; cut off where size is too small. Returns buf.
 */
const char *latch_reasons_to_str(uint64_t reasons, char *buf, size_t size);
