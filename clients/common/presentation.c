/* SPDX-License-Identifier: MIT */
#include "presentation.h"

#include <stdlib.h>
#include <time.h>

#include "presentation-time-client-protocol.h"

struct watch {
	struct wl_list link;
	struct presentation *presentation;
	struct wp_presentation_feedback *feedback;
	int64_t commit_ns;
	const void *output;
};

static void watch_destroy(struct watch *watch) {
	wl_list_remove(&watch->link);
	watch->presentation->num_pending--;
	wp_presentation_feedback_destroy(watch->feedback);
	free(watch);
}

static void answer(struct watch *watch, const struct stats_frame *frame) {
	struct presentation *presentation = watch->presentation;
	int64_t commit_ns = watch->commit_ns;
	watch_destroy(watch);
	if (presentation->answered) {
		presentation->answered(presentation->data, commit_ns, frame);
	}
}

static void handle_sync_output(
	void *data, struct wp_presentation_feedback *feedback, struct wl_output *output) {
	struct watch *watch = data;
	watch->output = output;
}

static void handle_presented(void *data, struct wp_presentation_feedback *feedback, uint32_t sec_hi,
	uint32_t sec_lo, uint32_t nsec, uint32_t refresh, uint32_t seq_hi, uint32_t seq_lo,
	uint32_t flags) {
	struct watch *watch = data;
	uint64_t seconds = (uint64_t)sec_hi << 32 | sec_lo;
	struct stats_frame frame = {
		.commit_ns = watch->commit_ns,
		.flip_ns = (int64_t)(seconds * 1000000000 + nsec),
		.refresh_ns = refresh,
		.sequence = (uint64_t)seq_hi << 32 | seq_lo,
		.output = watch->output,
		.flags = flags,
	};
	stats_presented(&watch->presentation->stats, &frame);
	answer(watch, &frame);
}

static void handle_discarded(void *data, struct wp_presentation_feedback *feedback) {
	struct watch *watch = data;
	watch->presentation->stats.discarded++;
	answer(watch, NULL);
}

static const struct wp_presentation_feedback_listener feedback_listener = {
	.sync_output = handle_sync_output,
	.presented = handle_presented,
	.discarded = handle_discarded,
};

bool presentation_init(struct presentation *presentation, struct connection *conn) {
	*presentation = (struct presentation){.conn = conn};
	wl_list_init(&presentation->pending);
	return stats_init(&presentation->stats, conn->presentation_clock == CLOCK_MONOTONIC);
}

void presentation_finish(struct presentation *presentation) {
	if (!presentation->conn) {
		return;
	}
	struct watch *watch, *next;
	wl_list_for_each_safe(watch, next, &presentation->pending, link) watch_destroy(watch);
	stats_finish(&presentation->stats);
	*presentation = (struct presentation){0};
}

void presentation_watch(
	struct presentation *presentation, struct wl_surface *surface, int64_t commit_ns) {
	struct watch *watch = calloc(1, sizeof(*watch));
	if (!watch) {
		return;
	}
	*watch = (struct watch){.presentation = presentation, .commit_ns = commit_ns};
	watch->feedback = wp_presentation_feedback(presentation->conn->presentation, surface);
	if (!watch->feedback) {
		free(watch);
		return;
	}
	wp_presentation_feedback_add_listener(watch->feedback, &feedback_listener, watch);
	wl_list_insert(&presentation->pending, &watch->link);
	presentation->num_pending++;
}
