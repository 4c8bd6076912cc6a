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
#include "output/content.h"
#include "output/output.h"
#include "output/scanout.h"
#include "output/window.h"
#include "server.h"
#include "shell/shell.h"

/* How soon a commit that the kernel refused is tried again. */
#define FAILURE_RETRY_NS INT64_C(100000000)

static bool output_exists(const struct latch_server *server, uint32_t id) {
	struct latch_output *output;
	wl_list_for_each(output, &server->outputs, link) {
		if (output->id == id) {
			return true;
		}
	}
	return false;
}

static void log_placement(struct latch_output *output, struct latch_surface *surface,
	const struct latch_layer *layer) {
	/* On two outputs the reasons may differ: the first one is told of. */
	bool other = surface->logged_output != output->id &&
		     output_exists(output->server, surface->logged_output);
	if (layer->covered || other ||
		(surface->logged_output == output->id &&
			surface->logged_reasons == layer->reasons)) {
		return;
	}
	surface->logged_output = output->id;
	surface->logged_reasons = layer->reasons;
	if (layer->reasons == 0) {
		wlr_log(WLR_INFO, "surface %u: on the primary plane of %s", surface->id,
			output->wlr_output->name);
		return;
	}
	char reasons[128];
	wlr_log(WLR_INFO, "surface %u: composed on %s: %s", surface->id, output->wlr_output->name,
		latch_reasons_to_str(layer->reasons, reasons, sizeof(reasons)));
}

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
	*layer = (struct latch_layer){
		.content = output->cursor_content,
		.fourcc = output->cursor_content->fourcc,
		.buffer_width = output->cursor_content->width,
		.buffer_height = output->cursor_content->height,
		.src = {.width = image->buffer->width, .height = image->buffer->height},
		.dst = latch_output_pixels(output->wlr_output, &logical),
		.transform = output->wlr_output->transform,
	};
	/* It was added behind everything: bring it to the front. */
	struct latch_layer_list *list = &output->collection.layers;
	struct latch_layer cursor = *layer;
	for (size_t i = list->len - 1; i > 0; i--) {
		list->layers[i] = list->layers[i - 1];
	}
	list->layers[0] = cursor;
}

/* The surface of a layer; NULL for the cursor. */
static struct latch_surface *layer_surface(struct latch_output *output, size_t i) {
	struct latch_collection *collection = &output->collection;
	size_t offset = collection->layers.len - collection->surfaces_len;
	return i < offset ? NULL : collection->surfaces[i - offset];
}

/* Takes what clients want to know of the frame, before it is submitted. Returns whether one of
 * them waits for a flip though its content may not be new. */
static bool take_feedback(struct latch_output *output) {
	bool wanted = false;
	for (size_t i = 0; i < output->collection.layers.len; i++) {
		struct latch_layer *layer = &output->collection.layers.layers[i];
		struct latch_surface *surface = layer_surface(output, i);
		if (surface == NULL || layer->covered) {
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
		struct latch_surface *surface = layer_surface(output, i);
		if (surface != NULL && !output->collection.layers.layers[i].covered) {
			wlr_surface_send_frame_done(surface->wlr_surface, &when);
		}
	}
	struct wlr_surface *cursor = latch_shell_cursor_surface(output->server->shell);
	if (cursor != NULL && latch_output_shows(output, cursor)) {
		wlr_surface_send_frame_done(cursor, &when);
	}
}

static bool fill_frame(struct latch_output *output, const struct latch_plan *plan) {
	struct latch_frame *frame = output->next;
	for (size_t i = 0; i < output->collection.layers.len; i++) {
		struct latch_layer *layer = &output->collection.layers.layers[i];
		if (layer->covered) {
			continue;
		}
		struct latch_surface *surface = layer_surface(output, i);
		uint32_t surface_id = surface != NULL ? surface->id : 0;
		if (!latch_frame_add(frame, layer, surface_id)) {
			return false;
		}
		if (!layer->content->submitted) {
			layer->content->record.reasons = layer->reasons;
		}
		frame->record.layers++;
		frame->record.on_planes += layer->on_primary;
		frame->record.composed += !layer->on_primary;
		if (surface != NULL) {
			log_placement(output, surface, layer);
		}
	}
	if (output->kms != NULL) {
		frame->plane_id = latch_kms_output_primary_id(output->kms);
		frame->plane_type = "primary";
	}
	if (plan->primary == NULL && (plan->visible > 0 || output->kms == NULL)) {
		bool first = output->composer.renderer->wlr_renderer == NULL;
		frame->composed = latch_composer_compose(&output->composer,
			output->collection.layers.layers, output->collection.layers.len);
		if (first) {
			latch_output_describe(output);
		}
	}
	return true;
}

static int submit(struct latch_output *output, const struct latch_plan *plan) {
	struct latch_frame *frame = output->next;
	frame->record.submit_start_ns = latch_now_ns();
	int ret = output->kms != NULL ? latch_scanout_submit(output, plan->primary, frame)
				      : latch_window_submit(output, frame);
	frame->record.submit_end_ns = latch_now_ns();
	return ret;
}

/* A commit that was refused although its test was not: drivers' tests are sometimes wrong. The
 * same frame is composed instead. */
static int submit_composed(struct latch_output *output, struct latch_plan *plan) {
	wlr_log(WLR_INFO, "%s: a plane was refused after a good test, composing",
		output->wlr_output->name);
	output->assign_memory.accepted = false;
	plan->primary->on_primary = false;
	plan->primary->reasons = LATCH_REASON_TEST_REFUSED;
	plan->primary = NULL;
	struct latch_flip_record record = output->next->record;
	record.layers = record.on_planes = record.composed = 0;
	latch_frame_clear(output->next);
	output->next->record = record;
	if (!fill_frame(output, plan)) {
		return -ENOMEM;
	}
	return submit(output, plan);
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

static struct latch_plan assign(struct latch_output *output) {
	struct latch_assign_input input = {
		.width = output->wlr_output->width,
		.height = output->wlr_output->height,
		.has_planes = output->kms != NULL,
		.scanout_allowed = output->server->options->scanout,
		.check_buffer = latch_scanout_check_buffer,
		.test = latch_scanout_test,
		.data = output,
	};
	return latch_assign(output->collection.layers.layers, output->collection.layers.len, &input,
		&output->assign_memory);
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
	if (output->kms == NULL || output->cursor.composed) {
		add_cursor_layer(output, &box);
	}
	struct latch_plan plan = assign(output);

	struct latch_frame *frame = output->next;
	latch_frame_clear(frame);
	frame->wake_ns = planned_ns;
	frame->record = (struct latch_flip_record){
		.output_id = output->id,
		.latch_ns = latch_ns,
		.predicted_ns = latch_deadline_next_vblank(&output->deadline, latch_ns),
		.refresh_ns = output->deadline.refresh_ns,
	};
	if (!fill_frame(output, &plan)) {
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

	int ret = submit(output, &plan);
	if (ret != 0 && ret != -EBUSY && ret != -EACCES && ret != -EPERM && plan.primary != NULL) {
		ret = submit_composed(output, &plan);
	}
	if (ret == 0) {
		output->logged_error = 0;
		note_submitted(output);
		send_frame_callbacks(output, latch_ns);
		return;
	}
	latch_frame_clear(output->next);
	handle_failure(output, ret);
}
