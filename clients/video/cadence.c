/* SPDX-License-Identifier: MIT */
#include "cadence.h"

#include <stdlib.h>

/* A pattern of more frames than this is none to the eye. */
#define MAX_FRAMES 6
/* The rates may differ from the pattern's by this part. */
#define CLOSE_DEN 200
/* A timestamp further from its place than this part of a frame is of another rhythm. */
#define JITTER_DEN 4

static int64_t divide_nearest(int64_t value, int64_t by) {
	return (value + (value < 0 ? -by / 2 : by / 2)) / by;
}

static int64_t due_of(const struct cadence *cadence, int64_t pts_ns) {
	return cadence->due_ns + pts_ns - cadence->pts_ns;
}

int64_t cadence_vblank_of(const struct cadence *cadence, int64_t flip_ns) {
	return cadence->refresh_ns == 0
		       ? 0
		       : cadence->vblank +
				 divide_nearest(flip_ns - cadence->vblank_ns, cadence->refresh_ns);
}

static int64_t time_of(const struct cadence *cadence, int64_t vblank) {
	return cadence->vblank_ns + (vblank - cadence->vblank) * cadence->refresh_ns;
}

/* The pattern begins anew with a frame at the vblank next to its time. */
static void begin_pattern(struct cadence *cadence, int64_t pts_ns) {
	cadence->first = cadence_vblank_of(cadence, due_of(cadence, pts_ns));
	cadence->count = 0;
	cadence->last_pts_ns = pts_ns;
}

static void find_pattern(struct cadence *cadence) {
	cadence->refreshes = cadence->frames = 0;
	if (cadence->refresh_ns == 0 || cadence->frame_ns == 0) {
		return;
	}
	for (int64_t frames = 1; frames <= MAX_FRAMES && cadence->frames == 0; frames++) {
		const int64_t film_ns = frames * cadence->frame_ns;
		const int64_t refreshes = divide_nearest(film_ns, cadence->refresh_ns);
		if (llabs(film_ns - refreshes * cadence->refresh_ns) <= film_ns / CLOSE_DEN) {
			cadence->refreshes = refreshes;
			cadence->frames = frames;
		}
	}
}

void cadence_start(
	struct cadence *cadence, int64_t pts_ns, int64_t flip_ns, int64_t refresh_ns, int lead) {
	*cadence = (struct cadence){
		.frame_ns = cadence->frame_ns,
		.refresh_ns = refresh_ns,
		.vblank_ns = flip_ns,
		.due_ns = flip_ns + lead * refresh_ns,
		.pts_ns = pts_ns,
		.slips = cadence->slips,
	};
	find_pattern(cadence);
	begin_pattern(cadence, pts_ns);
}

void cadence_flipped(struct cadence *cadence, int64_t flip_ns, int64_t refresh_ns) {
	const bool other = llabs(refresh_ns - cadence->refresh_ns) > cadence->refresh_ns / 1000;
	cadence->vblank = cadence_vblank_of(cadence, flip_ns);
	cadence->vblank_ns = flip_ns;
	cadence->refresh_ns = refresh_ns;
	if (other) {
		find_pattern(cadence);
		begin_pattern(cadence, cadence->last_pts_ns);
	}
}

/* Where the pattern has the frame, so many frames after the last. The timestamps are asked how far
 * it has drifted; what corrects it makes a long step short, or a short one long, not short ones
 * shorter. */
static int64_t place_in_pattern(struct cadence *cadence, int64_t pts_ns, int64_t steps) {
	const int64_t refreshes = cadence->refreshes, frames = cadence->frames;
	const int64_t before = divide_nearest(cadence->count * refreshes, frames);
	cadence->count += steps;
	cadence->last_pts_ns = pts_ns;
	const int64_t after = divide_nearest(cadence->count * refreshes, frames);
	const int64_t longer = (after - before) * frames - steps * refreshes;
	const int64_t ideal_ns = time_of(cadence, cadence->first) +
				 cadence->count * refreshes * cadence->refresh_ns / frames;
	const int64_t late_ns = ideal_ns - due_of(cadence, pts_ns);
	if (llabs(late_ns) > cadence->refresh_ns * 3 / 4 &&
		(late_ns > 0 ? longer >= 0 : longer <= 0)) {
		cadence->first -= divide_nearest(late_ns, cadence->refresh_ns);
		cadence->slips++;
	}
	return cadence->first + after;
}

struct cadence_place cadence_next(struct cadence *cadence, int64_t pts_ns) {
	struct cadence_place place = {.due_ns = due_of(cadence, pts_ns)};
	if (cadence->refresh_ns == 0) {
		return place;
	}
	const int64_t since_ns = pts_ns - cadence->last_pts_ns;
	if (cadence->frames > 0 && since_ns > 0) {
		const int64_t steps = divide_nearest(since_ns, cadence->frame_ns);
		const int64_t off_ns = since_ns - steps * cadence->frame_ns;
		if (steps > 0 && llabs(off_ns) <= cadence->frame_ns / JITTER_DEN) {
			place.vblank = place_in_pattern(cadence, pts_ns, steps);
			return place;
		}
	}
	begin_pattern(cadence, pts_ns);
	place.vblank = cadence->first;
	return place;
}

int64_t cadence_time_ns(const struct cadence *cadence, const struct cadence_place *place) {
	return cadence->refresh_ns == 0 ? place->due_ns : time_of(cadence, place->vblank);
}
