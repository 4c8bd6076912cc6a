#include <errno.h>
#include <string.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_presentation_time.h>
#include <wlr/util/log.h>

#include "backend/output.h"
#include "clock.h"
#include "output/assign.h"
#include "output/content.h"
#include "output/output.h"
#include "output/scanout.h"
#include "output/window.h"
#include "server.h"
#include "shell/shell.h"

/* How soon a commit that the kernel refused is tried again. */
#define FAILURE_RETRY_NS INT64_C(100000000)

/* Where the cursor has no plane it is the frontmost layer. */
static void add_cursor_layer(struct latch_output *output, const struct wlr_box *box) {
	struct latch_server *server = output->server;
	double x, y;
	const struct latch_cursor_image *image = latch_shell_cursor(server->shell, &x, &y);
	if (image == NULL) {
		return;
	}
	if (output->cursor_content == NULL || output->cursor_content_serial != image->serial) {
		latch_content_unref(output->cursor_content);
		output->cursor_content =
			latch_content_from_buffer(server->contents, image->buffer, image->serial);
		output->cursor_content_serial = image->serial;
	}
	if (output->cursor_content == NULL) {
		return;
	}
	struct latch_layer *layer = latch_layer_list_add(&output->collection.layers);
	if (layer == NULL) {
		return;
	}
	struct wlr_fbox logical = {
		.x = x - image->hotspot_x - box->x,
		.y = y - image->hotspot_y - box->y,
		.width = image->width,
		.height = image->height,
	};
	layer->content = output->cursor_content;
	layer->serial = output->cursor_content->serial;
	layer->fourcc = output->cursor_content->fourcc;
	layer->buffer_width = output->cursor_content->width;
	layer->buffer_height = output->cursor_content->height;
	layer->src = (struct wlr_fbox){
		.width = image->buffer->width,
		.height = image->buffer->height,
	};
	layer->dst = latch_output_pixels(output->wlr_output, &logical);
	layer->transform = output->wlr_output->transform;
	/* It was added behind everything: bring it to the front. */
	struct latch_layer_list *list = &output->collection.layers;
	struct latch_layer cursor = *layer;
	for (size_t i = list->len - 1; i > 0; i--) {
		list->layers[i] = list->layers[i - 1];
	}
	list->layers[0] = cursor;
}

/* Takes what clients want to know of the frame, before it is submitted. Returns whether one of
 * them waits for a flip though its content may not be new. */
static bool take_feedback(struct latch_output *output) {
	bool wanted = false;
	for (size_t i = 0; i < output->collection.layers.len; i++) {
		struct latch_layer *layer = &output->collection.layers.layers[i];
		struct latch_surface *surface = latch_collection_surface(&output->collection, i);
		if (surface == NULL || layer->place == LATCH_LAYER_COVERED) {
			continue;
		}
		if (layer->content->feedback == NULL) {
			layer->content->feedback =
				wlr_presentation_surface_sampled(surface->wlr_surface);
		}
		wanted = wanted || layer->content->feedback != NULL;
	}
	return wanted;
}

static void send_frame_callbacks(struct latch_output *output, int64_t time_ns) {
	struct timespec when = latch_ns_timespec(time_ns);
	for (size_t i = 0; i < output->collection.layers.len; i++) {
		struct latch_surface *surface = latch_collection_surface(&output->collection, i);
		if (surface != NULL &&
			output->collection.layers.layers[i].place != LATCH_LAYER_COVERED) {
			wlr_surface_send_frame_done(surface->wlr_surface, &when);
		}
	}
	struct wlr_surface *cursor = latch_shell_cursor_surface(output->server->shell);
	if (cursor != NULL && latch_output_shows(output, cursor)) {
		wlr_surface_send_frame_done(cursor, &when);
	}
}

static bool fill_frame(struct latch_output *output) {
	struct latch_frame *frame = output->next;
	for (size_t i = 0; i < output->collection.layers.len; i++) {
		struct latch_layer *layer = &output->collection.layers.layers[i];
		if (layer->place == LATCH_LAYER_COVERED) {
			continue;
		}
		struct latch_surface *surface = latch_collection_surface(&output->collection, i);
		uint32_t surface_id = surface != NULL ? surface->id : 0;
		if (!latch_frame_add(frame, layer, surface_id)) {
			return false;
		}
		if (!layer->content->submitted) {
			layer->content->record.reasons = layer->reasons;
		}
		bool on_plane = layer->place == LATCH_LAYER_ON_PLANE;
		frame->record.layers++;
		frame->record.on_planes += on_plane;
		frame->record.composed += !on_plane;
	}
	if (output->plan.composed || output->kms == NULL || output->picture_wanted) {
		bool first = output->composer.renderer->wlr_renderer == NULL;
		frame->composed = latch_composer_compose(&output->composer,
			output->collection.layers.layers, output->collection.layers.len);
		if (first) {
			latch_output_describe(output);
		}
	}
	return true;
}

static int submit(struct latch_output *output) {
	struct latch_frame *frame = output->next;
	frame->record.submit_start_ns = latch_now_ns();
	int ret = output->kms != NULL ? latch_scanout_submit(output, frame)
				      : latch_window_submit(output, frame);
	frame->record.submit_end_ns = latch_now_ns();
	return ret;
}

static bool is_refusal(int ret) {
	return ret != 0 && ret != -EBUSY && ret != -EACCES && ret != -EPERM;
}

/* A commit may be refused although its test was not: drivers' tests are sometimes wrong. The same
 * frame then goes down the ladder until something is taken. */
static int submit_down_the_ladder(struct latch_output *output) {
	int ret = submit(output);
	while (is_refusal(ret) && output->plan.on_planes > 0) {
		wlr_log(WLR_INFO, "%s: refused after a good test (%s), planning anew",
			output->wlr_output->name, strerror(-ret));
		latch_plan_refused(&output->plan_memory, ret);
		latch_output_assign(output);
		struct latch_flip_record record = output->next->record;
		int64_t wake_ns = output->next->wake_ns;
		record.layers = record.on_planes = record.composed = 0;
		latch_frame_clear(output->next);
		output->next->record = record;
		output->next->wake_ns = wake_ns;
		if (!fill_frame(output)) {
			return -ENOMEM;
		}
		ret = submit(output);
	}
	return ret;
}

static void note_submitted(struct latch_output *output) {
	struct latch_frame *frame = output->next;
	for (size_t i = 0; i < frame->len; i++) {
		struct latch_content *content = frame->items[i].content;
		struct latch_content *replaced =
			latch_frame_find(output->on_screen, frame->items[i].surface_id);
		if (content->submitted) {
			continue;
		}
		if (replaced != NULL) {
			content->record.replaced_flip_ns = replaced->record.flip_ns;
			content->record.visible_ns = output->active_since_ns;
		} else {
			/* Its surface was hidden, or is new: nobody could have shown it before. */
			content->record.visible_ns = frame->record.latch_ns;
		}
	}
	latch_frame_note_submit(frame);
	output->next = output->pending;
	output->pending = frame;
	output->flip_pending = true;
	output->force = false;
}

/* Nothing was submitted: what is on screen stays, and the frame is tried again, soon when the
 * kernel was only busy, else at a pace that costs nothing. */
static void handle_failure(struct latch_output *output, int error) {
	if (error == -EBUSY) {
		latch_output_retry(output);
		return;
	}
	if (output->logged_error != error) {
		wlr_log(WLR_ERROR, "%s: the frame could not be submitted: %s",
			output->wlr_output->name, strerror(-error));
		output->logged_error = error;
	}
	output->force = true;
	latch_output_wait_until(output, latch_now_ns() + FAILURE_RETRY_NS);
}

void latch_output_latch(struct latch_output *output, int64_t planned_ns) {
	struct latch_server *server = output->server;
	output->wakeups++;
	if (!output->active || output->flip_pending || latch_window_is_busy(output)) {
		output->dirty = true; // looked at again when that is over
		return;
	}
	int64_t latch_ns = latch_now_ns();
	int64_t hold_until_ns = latch_capture_hold_until(output, latch_ns);
	if (hold_until_ns > latch_ns) {
		latch_output_wait_until(output, hold_until_ns);
		return;
	}
	output->dirty = false;

	struct wlr_box box;
	wlr_output_layout_get_box(server->layout, output->wlr_output, &box);
	if (!latch_collect(&output->collection, server->shell, server->contents, output->wlr_output,
		    &box)) {
		wlr_log(WLR_ERROR, "%s: no memory for its layers", output->wlr_output->name);
		return;
	}
	bool cursor_changed =
		output->kms != NULL &&
		latch_cursor_plane_update(&output->cursor, server->shell, output->wlr_output, &box);
	output->picture_wanted = latch_output_wants_picture(output);
	bool cursor_wanted = output->picture_wanted && latch_output_wants_cursor_in_picture(output);
	if (cursor_wanted) {
		cursor_changed = cursor_changed || output->cursor.visible;
		output->cursor.visible = false;
	}
	if (output->kms == NULL || output->cursor.composed || cursor_wanted) {
		add_cursor_layer(output, &box);
	}
	latch_output_assign(output);

	struct latch_frame *frame = output->next;
	latch_frame_clear(frame);
	frame->wake_ns = planned_ns;
	frame->record = (struct latch_flip_record){
		.output_id = output->id,
		.wake_ns = planned_ns,
		.latch_ns = latch_ns,
		.predicted_ns = latch_deadline_next_vblank(&output->deadline, latch_ns),
		.refresh_ns = output->deadline.refresh_ns,
	};
	if (!fill_frame(output)) {
		latch_output_retry(output);
		return;
	}

	bool wanted = take_feedback(output) || output->force || cursor_changed ||
		      output->capture.state == LATCH_CAPTURE_WANTED;
	if (!wanted && latch_frame_equal(frame, output->on_screen)) {
		latch_frame_clear(frame);
		/* Nobody's picture changed, but somebody may wait for a frame callback: at the
		 * display's rate, not as fast as clients can ask. */
		if (latch_ns < output->callbacks_after_ns) {
			latch_output_wait_until(output, output->callbacks_after_ns);
		} else {
			output->callbacks_after_ns = latch_ns + output->deadline.refresh_ns;
			send_frame_callbacks(output, latch_ns);
		}
		return;
	}

	int ret = submit_down_the_ladder(output);
	if (ret == 0) {
		output->logged_error = 0;
		note_submitted(output);
		if (output->picture_wanted && output->pending->composed != NULL) {
			latch_output_give_picture(output, output->pending->composed, latch_ns);
		}
		send_frame_callbacks(output, latch_ns);
		return;
	}
	latch_frame_clear(output->next);
	handle_failure(output, ret);
}
