/* SPDX-License-Identifier: MIT */
#include "output/cursor_plane.h"

#include <drm_fourcc.h>
#include <math.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/log.h>
#include <wlr/util/transform.h>

#include "backend/output.h"
#include "output/cursor_image.h"
#include "output/geometry.h"
#include "output/mapped_buffer.h"
#include "plan/reason.h"
#include "shell/shell.h"

/* Makes a buffer anew; without that, it stays as it is. */
static bool create_buffer(
	const struct latch_cursor_plane *cursor, struct kms_dumb_buffer **buffer, uint32_t width,
	uint32_t height) {
	struct kms_dumb_buffer *made = kms_dumb_buffer_create(
		cursor->kms->device, width, height, DRM_FORMAT_ARGB8888);
	if (made == NULL || kms_dumb_buffer_map(made) != 0 || kms_dumb_buffer_get_fb(made) == 0) {
		kms_dumb_buffer_destroy(made);
		return false;
	}
	kms_dumb_buffer_destroy(*buffer);
	*buffer = made;
	return true;
}

static bool create_buffers(struct latch_cursor_plane *cursor) {
	const struct kms_device *device = cursor->kms->device;
	for (unsigned i = 0; i < 2; i++) {
		if (!create_buffer(cursor, &cursor->buffers[i], device->cursor_width,
			    device->cursor_height)) {
			return false;
		}
	}
	return true;
}

/* The smallest size of the plane's that the image fits into: less is read for it. Without such a one
 * it is the size that the device takes for all. */
static bool fit_buffer(struct latch_cursor_plane *cursor, uint32_t width, uint32_t height) {
	const struct kms_device *device = cursor->kms->device;
	const struct kms_plane *plane = cursor->kms->cursor;
	uint32_t best_width = device->cursor_width, best_height = device->cursor_height;
	for (size_t i = 0; i < plane->sizes_len; i++) {
		const struct kms_plane_size *size = &plane->sizes[i];
		if (size->width >= width && size->height >= height &&
			(uint32_t)size->width * size->height < best_width * best_height) {
			best_width = size->width;
			best_height = size->height;
		}
	}
	struct kms_dumb_buffer **buffer = &cursor->buffers[!cursor->front];
	if ((*buffer)->width != best_width || (*buffer)->height != best_height) {
		create_buffer(cursor, buffer, best_width, best_height);
	}
	return (*buffer)->width >= width && (*buffer)->height >= height;
}

static void destroy_buffers(struct latch_cursor_plane *cursor) {
	for (unsigned i = 0; i < 2; i++) {
		kms_dumb_buffer_destroy(cursor->buffers[i]);
		cursor->buffers[i] = NULL;
	}
}

void latch_cursor_plane_give_up(
	struct latch_cursor_plane *cursor, const char *why, uint64_t reasons) {
	wlr_log(WLR_INFO, "%s: %s, the cursor is composed", cursor->kms->base.name, why);
	destroy_buffers(cursor);
	cursor->reasons = reasons;
	cursor->visible = false;
}

void latch_cursor_plane_init(struct latch_cursor_plane *cursor, struct latch_kms_output *kms) {
	*cursor = (struct latch_cursor_plane){.kms = kms};
	if (kms->cursor == NULL) {
		latch_cursor_plane_give_up(cursor, "no cursor plane", LATCH_REASON_NO_FREE_PLANE);
	} else if (!create_buffers(cursor)) {
		latch_cursor_plane_give_up(
			cursor, "no buffers for the cursor plane", LATCH_REASON_IMPORT_FAILED);
	}
}

void latch_cursor_plane_finish(struct latch_cursor_plane *cursor) {
	destroy_buffers(cursor);
	*cursor = (struct latch_cursor_plane){0};
}

/* Draws the image into the upper left corner of the buffer that is not on the plane. Returns the
 * reasons why it can't. */
static uint64_t draw_image(struct latch_cursor_plane *cursor,
	const struct latch_cursor_image *image, const struct wlr_output *output, int width,
	int height) {
	struct kms_dumb_buffer *target = cursor->buffers[!cursor->front];
	struct latch_cursor_source source = {
		.width = image->buffer->width,
		.height = image->buffer->height,
		.src = image->src,
		.transform = wlr_output_transform_compose(
			wlr_output_transform_invert(image->transform), output->transform),
	};
	struct wlr_dmabuf_attributes dmabuf;
	struct wlr_buffer *buffer = wlr_buffer_get_dmabuf(image->buffer, &dmabuf)
					    ? latch_mapped_buffer_get(image->buffer)
					    : image->buffer;
	void *data;
	if (buffer == NULL ||
		!wlr_buffer_begin_data_ptr_access(buffer, WLR_BUFFER_DATA_PTR_ACCESS_READ, &data,
			&source.fourcc, &source.stride)) {
		return LATCH_REASON_IMPORT_FAILED;
	}
	source.data = data;
	memset(target->map, 0, target->size);
	bool drawn =
		latch_cursor_image_draw(&source, target->map, (int)target->stride, width, height);
	wlr_buffer_end_data_ptr_access(buffer);
	return drawn ? 0 : LATCH_REASON_FORMAT;
}

/* In the plane's pixels (drm_plane_create_hotspot_properties()). */
static void set_hotspot(struct latch_cursor_plane *cursor, const struct latch_cursor_image *image,
	const struct wlr_output *output, int width, int height) {
	bool turned = (output->transform & WL_OUTPUT_TRANSFORM_90) != 0;
	struct wlr_box point = {
		.x = (int)round(image->hotspot_x * (double)output->scale),
		.y = (int)round(image->hotspot_y * (double)output->scale),
		.width = 1,
		.height = 1,
	};
	wlr_box_transform(&point, &point, wlr_output_transform_invert(output->transform),
		turned ? height : width, turned ? width : height);
	cursor->hotspot_x = point.x;
	cursor->hotspot_y = point.y;
}

/* The plane shows pixels as they are, so they are scaled and turned here: once, not whenever the
 * pointer moves. Returns the reasons why the image can't be on the plane. */
static uint64_t take_image(struct latch_cursor_plane *cursor,
	const struct latch_cursor_image *image, const struct wlr_output *output, int width,
	int height) {
	if (cursor->serial == image->serial && cursor->scale == output->scale &&
		cursor->transform == output->transform) {
		return 0;
	}
	if (!fit_buffer(cursor, (uint32_t)width, (uint32_t)height)) {
		return LATCH_REASON_SIZE;
	}
	const uint64_t reasons = draw_image(cursor, image, output, width, height);
	if (reasons == 0) {
		cursor->front = !cursor->front;
		cursor->serial = image->serial;
		cursor->scale = output->scale;
		cursor->transform = output->transform;
		set_hotspot(cursor, image, output, width, height);
	}
	return reasons;
}

bool latch_cursor_plane_show(struct latch_cursor_plane *cursor,
	const struct latch_cursor_image *image, double x, double y, const struct wlr_output *output,
	const struct wlr_box *box) {
	const bool was_visible = cursor->visible;
	cursor->visible = false;
	if (cursor->buffers[0] == NULL || image == NULL) {
		return was_visible;
	}
	if (cursor->kms->signal == LATCH_SIGNAL_HDR) {
		cursor->reasons = LATCH_REASON_COLOR; // what it draws is sRGB
		return was_visible;
	}
	struct wlr_box dst = latch_cursor_pixels(image, x, y, output, box);
	cursor->reasons = take_image(cursor, image, output, dst.width, dst.height);
	if (cursor->reasons != 0) {
		/* This image has to be composed; the next may fit the plane again. */
		return was_visible;
	}
	cursor->visible = dst.x < output->width && dst.y < output->height &&
			  dst.x + dst.width > 0 && dst.y + dst.height > 0;

	const struct kms_dumb_buffer *front = cursor->buffers[cursor->front];
	struct kms_plane_state state =
		kms_plane_state_whole(front->fb_id, front->width, front->height);
	state.dst_x = dst.x;
	state.dst_y = dst.y;
	state.zpos = kms_plane_top_zpos(cursor->kms->cursor);
	state.hotspot_x = cursor->hotspot_x;
	state.hotspot_y = cursor->hotspot_y;
	bool changed = cursor->visible != was_visible ||
		       (cursor->visible && !kms_plane_state_equal(&state, &cursor->state));
	cursor->state = state;
	return changed;
}
