/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** What comes of the acquire fence of a content update. */
enum fence_kind {
	FENCE_READY,	      /* it has signalled when the commit is made */
	FENCE_NEVER,	      /* it does not signal while we live; vgem's: for 10 s */
	FENCE_LATE,	      /* it signals after a while */
	FENCE_ERROR,	      /* it signals with an error, as after a reset of the GPU */
	FENCE_FUTURE,	      /* ours to end, by the next commit; a point has none before */
	FENCE_PROXY,	      /* it stands for the release of what is shown before: a circle */
	FENCE_USER,	      /* a word in memory decides: ours, when we have been answered */
	FENCE_UNMATERIALISED, /* a point that never gets a fence */
	FENCE_RANDOM,	      /* any of them that ends in time, another for each commit */
};

/** What was asked for: a kind, and how late. */
struct fence_spec {
	enum fence_kind kind;
	int64_t late_ns; /* FENCE_LATE */
};

/** "never", "late:50" (milliseconds), and so on; "late" alone is 100 ms. */
bool fence_spec_parse(const char *text, struct fence_spec *spec);

/** Whether it is this process that ends it when something has happened; a point of such a kind has
 * no fence before. */
bool fence_kind_is_ours(enum fence_kind kind);

/** The word for each, without the time. */
extern const char *const fence_kind_names[];

/**
 * What the next commit gets: spec itself, or one of many where that is random: half of them 0 to
 * 50 ms late, an eighth up to a fifth of a second, the rest ready, or future where the client can
 * do that. All of them end.
 *
 * @param seed   not 0; the same seed gives the same row
 * @param points whether timelines are in use: only their points can be there before their fences
 */
struct fence_spec fence_next(const struct fence_spec *spec, bool points, uint64_t *seed);
