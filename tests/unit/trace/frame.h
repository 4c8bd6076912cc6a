/* SPDX-License-Identifier: MIT */
/* The update that tests record. */
#pragma once

#include "../test.h"
#include "trace/record.h"

#define REFRESH_NS INT64_C(16666667)

/* Number n of a surface, in time: 4 ms to its signal, 8 more to submit, 3 to the flip. */
static inline struct latch_frame_record test_frame(uint32_t surface_id, uint64_t n) {
	const int64_t flip_ns = 100000 * MS + (int64_t)n * REFRESH_NS;
	return (struct latch_frame_record){
		.surface_id = surface_id,
		.output_id = 1,
		.update_id = n,
		.sync = LATCH_SYNC_SYNCOBJ,
		.commit_ns = flip_ns - 15 * MS,
		.signalled_ns = flip_ns - 11 * MS,
		.ready_ns = flip_ns - 10 * MS,
		.latch_ns = flip_ns - 4 * MS,
		.submit_start_ns = flip_ns - 3 * MS,
		.submit_end_ns = flip_ns - 2 * MS,
		.flip_ns = flip_ns,
		.release_ns = flip_ns + REFRESH_NS,
		.refresh_ns = REFRESH_NS,
		.replaced_flip_ns = n > 1 ? flip_ns - REFRESH_NS : 0,
		.sequence = n,
		.placement = LATCH_ON_PLANE,
		.plane_id = 31,
		.plane_type = "primary",
		.presented = true,
		.buffer_id = (uint32_t)(n % 3 + 1),
		.told_ns = flip_ns + 1 * MS,
		.off_ns = flip_ns + REFRESH_NS,
		.end = LATCH_END_SHOWN,
		.release = LATCH_RELEASED_FENCE,
		.wake =
			{
				.why = "deadline",
				.planned_ns = flip_ns - 5 * MS,
				.vblank_ns = flip_ns,
				.margin_ns = 5 * MS,
				.kernel_ns = MS,
			},
	};
}

/* The flip that shows it. */
static inline struct latch_flip_record test_flip(const struct latch_frame_record *frame) {
	return (struct latch_flip_record){
		.output_id = 1,
		.latch_ns = frame->latch_ns,
		.submit_start_ns = frame->submit_start_ns,
		.submit_end_ns = frame->submit_end_ns,
		.wake = frame->wake,
		.flip_ns = frame->flip_ns,
		.refresh_ns = REFRESH_NS,
		.sequence = frame->sequence,
		.layers = 1,
		.on_planes = 1,
	};
}
