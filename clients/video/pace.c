/* SPDX-License-Identifier: MIT */
/*
 * When frames are committed.
 *
 * The first one goes as soon as it can; its flip is where the film's time and the vblanks meet.
 * From then on each frame has its vblank (cadence.h). With commit-timing the compositor is given
 * frames ahead, each with the time of its vblank, and fifo keeps one from replacing another.
 * Without, each is committed in the midst of a refresh, early enough for its vblank, which the
 * flips teach.
 */
#include <hdr/hdr_histogram.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/minmax.h"
#include "commit-timing-v1-client-protocol.h"
#include "fifo-v1-client-protocol.h"
#include "video.h"

/* A frame that is later than this is no use, and neither is the time it was to have. */
#define GIVE_UP_NS INT64_C(500000000)
/* So many frames in a row are late before each is committed a refresh earlier. */
#define LATE_IN_ROW 3
#define MAX_LEAD 3
/* Frames that commit-timing holds. */
#define MAX_AHEAD 3
/* By this part of a refresh the time that the compositor is told comes before the vblank. */
#define EARLY_DEN 8
/* Where there are no vblanks to tell by. */
#define LATE_NS INT64_C(2000000)
/* A camera's frames are so many refreshes late, so that its own unevenness does not show. */
#define LIVE_LEAD 2

const char *video_pace_name(const struct video *video) {
	return video_pace_names[video->timer ? VIDEO_PACE_TIMING : VIDEO_PACE_TIMER];
}

static int64_t now_ns(const struct video *video) {
	clockid_t clock = video->conn.presentation_clock;
	return latch_clock_ns(clock < 0 ? CLOCK_MONOTONIC : clock);
}

/* Frames that the compositor may hold: one more is on the screen, one is filled. */
static size_t most_pending(const struct video *video) {
	const int most = video->buffers.ring->num_buffers - 2;
	return (size_t)(video->timer ? latch_min(most, MAX_AHEAD) : most);
}

static void count_shown(struct video *video, struct video_frame *frame) {
	struct video_frame *last = &video->last;
	if (last->shown_ns && video->cadence.refresh_ns) {
		int64_t step = frame->shown - last->shown;
		video->steps[latch_clamp(step, 0, VIDEO_MAX_STEP)]++;
		video->uneven += frame->planned_ns && step != frame->planned - last->planned;
	}
	bool late = frame->planned_ns && frame->shown_ns - frame->planned_ns >
						 latch_max(video->cadence.refresh_ns / 2, LATE_NS);
	video->late += late;
	video->late_in_row = late ? video->late_in_row + 1 : 0;
	if (!video->timer && video->late_in_row >= LATE_IN_ROW && video->lead < MAX_LEAD) {
		video->lead++;
		video->late_in_row = 0;
	}
	*last = *frame;
	if (frame->planned_ns) {
		hdr_record_value(video->errors, llabs(frame->shown_ns - frame->planned_ns));
	}
	if (video->options.json && latch_array_reserve(&video->frames, &video->frames_capacity,
					   video->num_frames + 1, sizeof(*frame))) {
		video->frames[video->num_frames++] = *frame;
	}
}

static void start(struct video *video, struct video_frame *frame, const struct stats_frame *flip) {
	cadence_start(&video->cadence, frame->pts_ns, flip->flip_ns, flip->refresh_ns,
		video->source.format.live ? LIVE_LEAD : 0);
	frame->due_ns = flip->flip_ns;
	frame->planned = video->planned = 0;
	video->last = (struct video_frame){0};
	video->running = true;
	video->placed = false;
}

void video_answered(void *data, int64_t commit_ns, const struct stats_frame *flip) {
	struct video *video = data;
	for (size_t i = 0; i < video->num_pending; i++) {
		struct video_frame frame = video->pending[i];
		if (frame.commit_ns != commit_ns) {
			continue;
		}
		video->pending[i] = video->pending[--video->num_pending];
		if (flip && !video->running) {
			start(video, &frame, flip);
		} else if (flip) {
			cadence_flipped(&video->cadence, flip->flip_ns, flip->refresh_ns);
		}
		if (flip) {
			frame.shown_ns = flip->flip_ns;
			frame.shown = cadence_vblank_of(&video->cadence, flip->flip_ns);
			count_shown(video, &frame);
		}
		return;
	}
}

/* The largest part of the window's bounds that has the picture's shape. */
static void fit(struct video *video) {
	const struct source_format *format = &video->source.format;
	struct window *window = &video->window;
	if (!video->look.viewport) {
		window->width = format->width;
		window->height = format->height;
		return;
	}
	if (!window->needs_ack && window->width > 0) {
		return;
	}
	double width = format->width * format->pixel_aspect, height = format->height;
	double scale = 1.0;
	const struct video_options *options = &video->options;
	uint32_t most_width = window->width ? window->width : options->width;
	uint32_t most_height = window->height ? window->height : options->height;
	if (most_width > 0 && most_height > 0) {
		double across = most_width / width, down = most_height / height;
		scale = across < down ? across : down;
	}
	window->width = (uint32_t)(width * scale + 0.5);
	window->height = (uint32_t)(height * scale + 0.5);
}

static bool commit(struct video *video, const struct video_frame *wanted) {
	struct window *window = &video->window;
	struct ring_buffer *buffer = video->next;
	fit(video);
	window_ack(window);
	look_set_size(&video->look, window->width, window->height);
	window_attach(window, &video->conn, buffer->wl_buffer);
	if (video->timer) {
		wp_fifo_v1_wait_barrier(video->fifo);
		wp_fifo_v1_set_barrier(video->fifo);
		if (wanted->planned_ns > 0) {
			/* Not a hair after the vblank as the compositor knows it. */
			const struct timespec time = latch_ns_timespec(
				wanted->planned_ns - video->cadence.refresh_ns / EARLY_DEN);
			wp_commit_timer_v1_set_timestamp(video->timer,
				(uint32_t)((uint64_t)time.tv_sec >> 32), (uint32_t)time.tv_sec,
				(uint32_t)time.tv_nsec);
		}
	}
	if (!sync_slot_commit(&buffer->slot, -1)) {
		return false;
	}
	struct video_frame *frame = &video->pending[video->num_pending++];
	*frame = *wanted;
	frame->commit_ns = now_ns(video);
	presentation_watch(&video->presentation, window->surface, frame->commit_ns);
	wl_surface_commit(window->surface);
	video->next = NULL;
	video->dropped_last = false;
	return true;
}

static void drop(struct video *video) {
	if (video->source.type->drop) {
		video->source.type->drop(&video->source, video->next);
	}
	video->next = NULL;
	video->dropped_last = true;
	video->dropped++;
}

/* Whether the frame is to be dropped: another one has its vblank, or it would be the second that is
 * too late. Where all are, every other one is shown. */
static bool is_superfluous(const struct video *video, int64_t late_ns) {
	const struct cadence *cadence = &video->cadence;
	if (cadence->refresh_ns > 0 && video->place.vblank <= video->planned) {
		return true;
	}
	return late_ns > latch_max(cadence->frame_ns, cadence->refresh_ns) && !video->dropped_last;
}

static bool fetch(struct video *video, enum client_exit *status) {
	enum source_result result =
		video->source.type->next(&video->source, &video->next, &video->next_pts_ns);
	if (result != SOURCE_FRAME) {
		video->next = NULL;
		video->source_ended |= result == SOURCE_END;
		*status = result == SOURCE_BROKEN ? CLIENT_EXIT_NO_SOURCE : CLIENT_EXIT_OK;
	}
	video->placed = false;
	return result == SOURCE_FRAME;
}

/* What becomes of the frame that is there: true when it is gone, by a commit or dropped. */
static bool dispatch(struct video *video, int64_t *until_ns, enum client_exit *status) {
	struct video_frame frame = {.pts_ns = video->next_pts_ns};
	struct cadence *cadence = &video->cadence;
	const uint64_t presented = video->presentation.stats.presented;
	if (video->num_pending >= (video->running ? most_pending(video) : 1) ||
		(video->options.frames &&
			presented + video->num_pending >= video->options.frames)) {
		return false;
	}
	if (video->running && !video->placed) {
		video->place = cadence_next(cadence, video->next_pts_ns);
		video->placed = true;
	}
	if (video->running) {
		frame.due_ns = video->place.due_ns;
		frame.planned_ns = cadence_time_ns(cadence, &video->place);
		frame.planned = video->place.vblank;
		int64_t now = now_ns(video), late_ns = now - frame.planned_ns;
		if (late_ns > GIVE_UP_NS) {
			video->running = false;
			video->restarts++;
			return dispatch(video, until_ns, status);
		}
		if (is_superfluous(video, late_ns)) {
			drop(video);
			return true;
		}
		int64_t before_ns = cadence->refresh_ns / 2 + video->lead * cadence->refresh_ns;
		if (!video->timer && frame.planned_ns - before_ns > now) {
			*until_ns = latch_now_ns() + frame.planned_ns - before_ns - now;
			return false;
		}
		video->planned = frame.planned;
	}
	*status = commit(video, &frame) ? CLIENT_EXIT_OK : CLIENT_EXIT_FAILURE;
	return true;
}

enum client_exit video_advance(struct video *video, int64_t *until_ns) {
	enum client_exit status = CLIENT_EXIT_OK;
	*until_ns = INT64_MAX;
	while (video->window.configured && status == CLIENT_EXIT_OK &&
		(video->next || (!video->source_ended && fetch(video, &status))) &&
		dispatch(video, until_ns, &status)) {
	}
	return status;
}
