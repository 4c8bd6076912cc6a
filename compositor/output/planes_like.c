/* SPDX-License-Identifier: MIT */
#include "output/planes_like.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/log.h>

#include "backend/output.h"
#include "base/minmax.h"
#include "kms/device.h"
#include "output/frame.h"

/* Keeps the formats that both sets have. Returns false without memory. */
static bool keep_formats(struct kms_format_set *formats, const struct kms_format_set *wanted) {
	struct kms_format_set kept = {0};
	bool ok = true;
	for (size_t i = 0; i < formats->len; i++) {
		const struct kms_format *format = &formats->formats[i];
		for (size_t j = 0; j < format->modifiers_len; j++) {
			const uint64_t modifier = format->modifiers[j];
			if (kms_format_set_has(wanted, format->fourcc, modifier)) {
				ok = kms_format_set_add(&kept, format->fourcc, modifier) == 0 && ok;
			}
		}
	}
	kms_format_set_finish(formats);
	*formats = kept;
	return ok;
}

static void keep_properties(
	struct kms_plane_properties *props, const struct kms_plane_properties *wanted) {
	for (size_t i = 0; i < kms_plane_specs_len; i++) {
		const size_t offset = kms_plane_specs[i].offset;
		struct kms_property *property = (void *)((char *)props + offset);
		property->mask &= kms_property_at(wanted, &kms_plane_specs[i])->mask;
	}
	if (wanted->alpha.id == 0) {
		props->alpha.id = 0;
	}
	if (wanted->zpos.id == 0 || wanted->zpos.immutable) {
		props->zpos.immutable = true;
		props->zpos.min = props->zpos.max = props->zpos.value;
	}
}

/* The plane of the profile that one of the device stands for: the first overlay for the first one,
 * and so on for each type. */
static const struct kms_plane *find_like(
	const struct latch_profile *profile, const struct kms_device *device, size_t index) {
	const struct kms_plane *plane = &device->planes[index];
	size_t before = 0;
	for (size_t i = 0; i < index; i++) {
		const struct kms_plane *other = &device->planes[i];
		before += other->type == plane->type &&
			  (other->possible_crtcs & plane->possible_crtcs) != 0;
	}
	for (size_t i = 0; i < profile->len; i++) {
		if (profile->planes[i].type == plane->type && before-- == 0) {
			return &profile->planes[i];
		}
	}
	return NULL;
}

/* Cursors get the largest size that the profile's plane takes; where it takes any, the device's. */
static void keep_sizes(struct kms_device *device, const struct kms_plane *cursor) {
	int64_t width = 0, height = 0;
	for (size_t i = 0; cursor != NULL && i < cursor->sizes_len; i++) {
		width = latch_max(width, cursor->sizes[i].width);
		height = latch_max(height, cursor->sizes[i].height);
	}
	if (width > 0) {
		device->cursor_width = (uint32_t)width;
		device->cursor_height = (uint32_t)height;
	}
}

/* A plane that stands for none of the profile can't be used: it loses its formats, and is made an
 * overlay, so that no output takes it for its cursor's or its primary plane. */
static bool restrict_device(struct latch_planes_like *like, struct kms_device *device) {
	bool ok = true;
	keep_sizes(device, latch_profile_cursor(like->profile));
	for (size_t i = 0; i < device->planes_len && i < LATCH_PLANES_LIKE_MAX; i++) {
		like->as[i] = find_like(like->profile, device, i);
	}
	for (size_t i = 0; i < device->planes_len; i++) {
		static const struct kms_format_set nothing;
		struct kms_plane *plane = &device->planes[i];
		const struct kms_plane *as = i < LATCH_PLANES_LIKE_MAX ? like->as[i] : NULL;
		ok = keep_formats(&plane->formats, as != NULL ? &as->formats : &nothing) && ok;
		if (as == NULL) {
			plane->type = KMS_PLANE_OVERLAY;
			continue;
		}
		keep_properties(&plane->props, &as->props);
		if (as->sizes_len > 0) {
			memcpy(plane->sizes, as->sizes, sizeof(plane->sizes));
			plane->sizes_len = as->sizes_len;
		}
	}
	return ok;
}

int latch_planes_like_create(
	struct latch_planes_like **made, const char *profile, struct kms_device *device) {
	char why[256] = "out of memory";
	struct latch_planes_like *like = calloc(1, sizeof(*like));
	*made = like;
	if (like != NULL) {
		like->profile = latch_profile_read(profile, why, sizeof(why));
	}
	if (like == NULL || like->profile == NULL) {
		return latch_exit_with(LATCH_EXIT_USAGE, "--planes-like %s: %s", profile, why);
	}
	if (device != NULL && !restrict_device(like, device)) {
		return latch_exit_with(LATCH_EXIT_FAILURE, "no memory for --planes-like");
	}
	wlr_log(WLR_INFO, "planes are like those of %s%s", like->profile->name,
		device != NULL ? "" : ", but everything is composed");
	return LATCH_EXIT_OK;
}

void latch_planes_like_destroy(struct latch_planes_like *like) {
	if (like != NULL) {
		latch_profile_destroy(like->profile);
		free(like);
	}
}

int latch_planes_like_check(const struct latch_output *output, const struct latch_frame *frame) {
	const struct latch_planes_like *like = output->core->planes_like;
	struct latch_profile_shown shown[LATCH_PLAN_MAX_PLANES + 2];
	if (like == NULL) {
		return 0;
	}
	size_t len = latch_profile_show_layers(shown, frame->layers, frame->len);
	if (frame->scanout.own.fb_id != 0) {
		shown[len++] = (struct latch_profile_shown){.plane = output->kms->primary,
			.state = frame->scanout.own,
			.fourcc = DRM_FORMAT_XRGB8888};
	}
	if (frame->scanout.cursor.fb_id != 0) {
		shown[len++] = (struct latch_profile_shown){.plane = output->kms->cursor,
			.state = frame->scanout.cursor,
			.fourcc = DRM_FORMAT_ARGB8888};
	}
	for (size_t i = 0; i < len; i++) {
		const unsigned index = shown[i].plane->index;
		shown[i].plane = index < LATCH_PLANES_LIKE_MAX ? like->as[index] : NULL;
		if (shown[i].plane == NULL) {
			return -EINVAL;
		}
	}
	return latch_profile_check(like->profile, output->wlr_output->width,
		output->wlr_output->height, shown, len);
}

size_t latch_planes_like_add(struct latch_output *output, struct latch_plan_input *input,
	const struct kms_plane *planes[LATCH_PLAN_MAX_PLANES]) {
	struct latch_profile *profile = output->core->planes_like->profile;
	const struct latch_plan_input like =
		latch_profile_input(profile, input->width, input->height, planes);
	input->planes = like.planes;
	input->planes_len = like.planes_len;
	input->primary = like.primary;
	input->stacks_by_id = like.stacks_by_id;
	input->primary_alpha = like.primary_alpha;
	input->import = like.import;
	input->test = like.test;
	input->data = like.data;
	const struct kms_plane *cursor = latch_profile_cursor(profile);
	struct latch_layer *first = output->layers.layers;
	if (cursor == NULL || output->layers.len == 0 || first->id != 0) {
		return 0;
	}
	first->place = LATCH_LAYER_ON_PLANE;
	first->plane = cursor;
	return 1;
}

void latch_planes_like_compose(struct latch_output *output) {
	for (size_t i = 0; i < output->layers.len; i++) {
		struct latch_layer *layer = &output->layers.layers[i];
		if (layer->place == LATCH_LAYER_ON_PLANE) {
			layer->place = LATCH_LAYER_COMPOSED;
			layer->underlay = false;
		}
	}
}
