#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_presentation_time.h>
#include <wlr/util/log.h>

#include "clock.h"
#include "output/content.h"
#include "output/output.h"
#include "output/present.h"
#include "server.h"
#include "trace/trace.h"

/* wlroots sends all versions the same. Where both ask of one surface, 0 is right for both. */
static bool is_old(const struct wlr_presentation_feedback *feedback) {
	struct wl_resource *resource;
	wl_resource_for_each(resource, &feedback->resources) {
		if (wl_resource_get_version(resource) < 2) {
			return true;
		}
	}
	return false;
}

static void send_presented(struct latch_output *output, struct latch_frame_item *item,
	const struct wlr_presentation_event *event) {
	struct latch_content *content = item->content;
	if (content->feedback == NULL) {
		return;
	}
	struct wlr_presentation_event own = *event;
	if (item->layer.place == LATCH_LAYER_ON_PLANE) {
		own.flags |= WLR_OUTPUT_PRESENT_ZERO_COPY;
	}
	if (output->vrr.active && is_old(content->feedback)) {
		own.refresh = 0; // version 1 knows no shortest interval
	}
	wlr_presentation_feedback_send_presented(content->feedback, &own);
	wlr_presentation_feedback_destroy(content->feedback);
	content->feedback = NULL;
}

static void note_presented(struct latch_output *output, struct latch_content *content,
	int64_t flip_ns, uint64_t sequence) {
	if (content->presented) {
		return;
	}
	content->presented = true;
	content->record.output_id = output->id;
	content->record.flip_ns = flip_ns;
	content->record.sequence = sequence;
	/* One that made no vblank has missed none. */
	content->record.refresh_ns =
		output->on_screen->async ? 0 : output->deadline.refresh_ns;
}

static void finish_frame(struct latch_output *output, struct latch_frame *frame, int64_t flip_ns,
	uint64_t sequence, uint32_t flags) {
	struct timespec when = latch_ns_timespec(flip_ns);
	struct wlr_presentation_event event = {
		.output = output->wlr_output,
		.tv_sec = (uint64_t)when.tv_sec,
		.tv_nsec = (uint32_t)when.tv_nsec,
		.refresh = latch_present_refresh(output->deadline.refresh_ns, frame->async),
		.seq = sequence,
		.flags = flags,
	};
	for (size_t i = 0; i < frame->len; i++) {
		note_presented(output, frame->items[i].content, flip_ns, sequence);
		send_presented(output, &frame->items[i], &event);
	}
	frame->record.flip_ns = flip_ns;
	frame->record.sequence = sequence;
	latch_trace_flip(output->server->trace, &frame->record);
}

static void count_flip(struct latch_server *server) {
	server->flips++;
	if (server->options->frames != 0 && server->flips >= server->options->frames) {
		latch_server_end(server, LATCH_EXIT_OK);
	}
}

/* The pending frame takes the place of the one on screen, whose buffers nobody reads any more. */
static struct latch_frame *replace_frame(struct latch_output *output) {
	struct latch_frame *frame = output->pending, *replaced = output->on_screen;
	output->flip_pending = false;
	output->on_screen = frame;
	output->pending = replaced;
	return replaced;
}

static void look_again(struct latch_output *output) {
	if (output->dirty || output->force) {
		latch_output_schedule(output);
	}
}

/* A flip that came a vblank late has cost everybody who is ready a refresh: they are not made to
 * wait for the deadline of the next one as well. */
static bool is_late(const struct latch_output *output, const struct latch_flip_record *record) {
	return record->predicted_ns != 0 && !output->on_screen->async &&
	       record->flip_ns > record->predicted_ns + output->deadline.refresh_ns / 2;
}

void latch_output_flipped(
	struct latch_output *output, int64_t flip_ns, uint64_t sequence, uint32_t flags) {
	if (!output->flip_pending) {
		return; // of a frame from before the session was switched away
	}
	struct latch_frame *replaced = replace_frame(output), *frame = output->on_screen;
	if (!frame->async) {
		latch_deadline_flipped(&output->deadline, frame->wake_ns,
			frame->record.submit_end_ns, flip_ns);
	}
	finish_frame(output, frame, flip_ns, sequence, flags);
	latch_frame_clear(replaced);
	if (output->dirty && is_late(output, &frame->record)) {
		latch_output_wait_until(output, latch_now_ns());
	} else {
		look_again(output);
	}
	count_flip(output->server);
}

void latch_output_not_flipped(struct latch_output *output) {
	if (!output->flip_pending) {
		return;
	}
	struct latch_frame *replaced = replace_frame(output);
	for (size_t i = 0; i < output->on_screen->len; i++) {
		struct latch_content *content = output->on_screen->items[i].content;
		wlr_presentation_feedback_destroy(content->feedback); // tells it was discarded
		content->feedback = NULL;
	}
	latch_frame_clear(replaced);
	look_again(output);
}
