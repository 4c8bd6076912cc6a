/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "connection.h"
#include "pixels.h"

/** What a surface makes of its buffers. All zero is the usual thing. */
struct look_options {
	/* In surface coordinates, before scaling; width 0: the whole buffer. */
	uint32_t crop_x, crop_y, crop_width, crop_height;
	uint32_t scaled_width, scaled_height; /* 0: not scaled */
	enum wl_output_transform transform;
	bool has_alpha;
	double alpha; /* 0 to 1 */
	bool has_color;
	enum pixel_encoding encoding;
	enum pixel_range range;
	bool straight_alpha;
	bool has_description;
	unsigned description; /* of color_description_names */
};

struct look {
	struct look_options options;
	uint32_t width, height; /* of the surface, as it was said last */
	struct wp_viewport *viewport;
	struct wp_alpha_modifier_surface_v1 *alpha;
	struct wp_color_representation_surface_v1 *color;
	struct wp_color_management_surface_v1 *description;
};

/** Whether the compositor can be told that colours became YCbCr so. */
bool look_offers_color(
	const struct connection *conn, enum pixel_encoding encoding, enum pixel_range range);

/** The surface's size for a buffer of this size, where the compositor does not choose it. */
void look_surface_size(const struct look_options *options, uint32_t *width, uint32_t *height);

/**
 * The buffer's size.
 *
 * @param width, height what the user asked for: it stays when the buffer is cropped or scaled
 * @param surface_width, surface_height what the compositor has settled on
 */
void look_buffer_size(const struct look_options *options, uint32_t width, uint32_t height,
	uint32_t surface_width, uint32_t surface_height, uint32_t *buffer_width,
	uint32_t *buffer_height);

/**
 * Says it all to the compositor; it takes effect with the next commit.
 *
 * @param why which protocol, or which part of it, the compositor lacks, when it returns false;
 *            needs no freeing
 */
bool look_init(struct look *look, struct connection *conn, struct wl_surface *surface,
	const struct look_options *options, const char **why);

/** Call it while the surface is still there. */
void look_finish(struct look *look);

/** Says the surface's size where the buffer's does not; needed before each commit. */
void look_set_size(struct look *look, uint32_t width, uint32_t height);
