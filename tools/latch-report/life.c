/* SPDX-License-Identifier: MIT */
#include "life.h"

#include "run.h"

const struct life_stage_words life_stages[LIFE_STAGES] = {
	[LIFE_ACQUIRE] = {"acquire", "the client's GPU draws"},
	[LIFE_GATE] = {"gate", "latch notices the fence"},
	[LIFE_WAIT] = {"wait", "for the flip before, and the deadline"},
	[LIFE_ASSIGN] = {"assign", "latch chooses planes"},
	[LIFE_COMPOSE] = {"compose", "the GPU, or the CPU, draws our own picture"},
	[LIFE_SUBMIT] = {"submit", "the atomic commit"},
	[LIFE_FLIP] = {"flip", "the kernel waits for the vblank"},
};

bool life_marks(const struct latch_frame_record *record, int64_t marks_out[LIFE_STAGES + 1]) {
	if (!record->presented || record->commit_ns <= 0 || record->flip_ns <= 0) {
		return false;
	}
	const bool drew = record->compose_start_ns > 0 && record->compose_end_ns > 0;
	const int64_t times[LIFE_STAGES + 1] = {record->commit_ns, record->signalled_ns,
		record->ready_ns, record->latch_ns,
		drew ? record->compose_start_ns : record->submit_start_ns,
		drew ? record->compose_end_ns : record->submit_start_ns, record->submit_end_ns,
		record->flip_ns};
	marks_out[0] = times[0];
	for (size_t i = 1; i <= LIFE_STAGES; i++) {
		marks_out[i] = times[i] > marks_out[i - 1] ? times[i] : marks_out[i - 1];
	}
	return true;
}

bool life_count(struct life *life, const struct run *run, uint32_t surface_id) {
	*life = (struct life){.surface_id = surface_id};
	for (size_t i = 0; i < run->frames_length; i++) {
		const struct latch_frame_record *record = &run->frames[i].record;
		int64_t marks[LIFE_STAGES + 1];
		if (record->surface_id != surface_id || !life_marks(record, marks)) {
			continue;
		}
		bool counted = true;
		for (size_t j = 0; j < LIFE_STAGES; j++) {
			counted &=
				latch_durations_add(&life->stages[j], marks[j + 1] - marks[j]) >= 0;
		}
		/* As in the table: a flip before its commit is 0. */
		const int64_t total = record->flip_ns - record->commit_ns;
		counted &= latch_durations_add(&life->total, total > 0 ? total : 0) >= 0;
		if (!counted) {
			life_finish(life);
			return false;
		}
	}
	return true;
}

void life_finish(struct life *life) {
	for (size_t i = 0; i < LIFE_STAGES; i++) {
		latch_durations_finish(&life->stages[i]);
	}
	latch_durations_finish(&life->total);
}
