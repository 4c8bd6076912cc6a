/* SPDX-License-Identifier: MIT */
/* A frame's life in parts: the seven stages that the pictures show, per surface. */
#pragma once

#include "trace/durations.h"
#include "trace/record.h"

#include <stdbool.h>

struct run;

/* Finer than the table's, and one after the other without a gap from commit to flip. */
enum {
	LIFE_ACQUIRE, /* commit to signalled: the client's GPU */
	LIFE_GATE,    /* signalled to ready */
	LIFE_WAIT,    /* ready to latch: for the flip before, and for the deadline */
	LIFE_ASSIGN,  /* latch to the start of our own job, or of the ioctl */
	LIFE_COMPOSE, /* our own job, up to the signal of its fence */
	LIFE_SUBMIT,  /* the ioctl, and latch noticing that fence */
	LIFE_FLIP,    /* its end to the flip: for the vblank */
};
#define LIFE_STAGES 7

struct life {
	uint32_t surface_id;
	struct latch_durations stages[LIFE_STAGES];
	struct latch_durations total; /* commit to flip */
};

/** A word for each, "acquire", "gate", "wait", ...; and who or what it is spent for. */
extern const struct life_stage_words { const char *name, *text; } life_stages[LIFE_STAGES];

/**
 * The ends of the stages, marks_out[0] is the commit, in order: a time that is unknown or before
 * its predecessor counts as its predecessor. Returns false for an update that was not presented.
 */
bool life_marks(const struct latch_frame_record *record, int64_t marks_out[LIFE_STAGES + 1]);

/** Counts all updates of a surface that were presented. Returns false when memory is out. */
bool life_count(struct life *life, const struct run *run, uint32_t surface_id);

void life_finish(struct life *life);
