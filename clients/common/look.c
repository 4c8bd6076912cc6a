/* SPDX-License-Identifier: MIT */
#include "look.h"

#include "alpha-modifier-v1-client-protocol.h"
#include "color-management-v1-client-protocol.h"
#include "color-representation-v1-client-protocol.h"
#include "util.h"
#include "viewporter-client-protocol.h"

#define PRIMARIES(name) WP_COLOR_MANAGER_V1_PRIMARIES_##name
#define TRANSFER(name) WP_COLOR_MANAGER_V1_TRANSFER_FUNCTION_##name

/* In the order of color_description_names. */
static const struct {
	uint32_t primaries, transfer;
} descriptions[] = {
	{PRIMARIES(SRGB), TRANSFER(COMPOUND_POWER_2_4)},
	{PRIMARIES(SRGB), TRANSFER(GAMMA22)},
	{PRIMARIES(SRGB), TRANSFER(BT1886)},
	{PRIMARIES(DISPLAY_P3), TRANSFER(COMPOUND_POWER_2_4)},
	{PRIMARIES(ADOBE_RGB), TRANSFER(GAMMA22)},
	{PRIMARIES(BT2020), TRANSFER(BT1886)},
	{PRIMARIES(BT2020), TRANSFER(COMPOUND_POWER_2_4)},
	{PRIMARIES(BT2020), TRANSFER(ST2084_PQ)},
	{PRIMARIES(SRGB), TRANSFER(EXT_LINEAR)},
};

static bool is_viewed(const struct look_options *options) {
	return options->crop_width > 0 || options->scaled_width > 0;
}

void look_surface_size(const struct look_options *options, uint32_t *width, uint32_t *height) {
	if (options->scaled_width > 0) {
		*width = options->scaled_width;
		*height = options->scaled_height;
	} else if (options->crop_width > 0) {
		*width = options->crop_width;
		*height = options->crop_height;
	}
}

void look_buffer_size(const struct look_options *options, uint32_t width, uint32_t height,
	uint32_t surface_width, uint32_t surface_height, uint32_t *buffer_width,
	uint32_t *buffer_height) {
	uint32_t upright_width = is_viewed(options) ? width : surface_width;
	uint32_t upright_height = is_viewed(options) ? height : surface_height;
	/* All that turn by a quarter are odd: 90, 270, and these two flipped. */
	bool quarter = options->transform & WL_OUTPUT_TRANSFORM_90;
	*buffer_width = quarter ? upright_height : upright_width;
	*buffer_height = quarter ? upright_width : upright_height;
}

static uint32_t encoding_of(enum pixel_encoding encoding) {
	static const uint32_t coefficients[] = {
		[PIXEL_BT601] = WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_BT601,
		[PIXEL_BT709] = WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_BT709,
		[PIXEL_BT2020] = WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_BT2020,
	};
	return coefficients[encoding];
}

static uint32_t range_of(enum pixel_range range) {
	return range == PIXEL_FULL ? WP_COLOR_REPRESENTATION_SURFACE_V1_RANGE_FULL
					    : WP_COLOR_REPRESENTATION_SURFACE_V1_RANGE_LIMITED;
}

bool look_offers_color(
	const struct connection *conn, enum pixel_encoding encoding, enum pixel_range range) {
	return conn->color_manager &&
	       (conn->color_ranges[encoding_of(encoding)] & 1u << range_of(range)) != 0;
}

#define STRAIGHT WP_COLOR_REPRESENTATION_SURFACE_V1_ALPHA_MODE_STRAIGHT

/* What is not offered must not be asked for: that would be a protocol error. */
static const char *find_missing(const struct look_options *options, const struct connection *conn) {
	const bool has_color = options->has_color, straight = options->straight_alpha;
	const uint32_t modes = conn->alpha_modes;
	const struct rule rules[] = {
		{is_viewed(options) && !conn->viewporter,
			"--crop and --scale-to need wp_viewporter"},
		{options->has_alpha && !conn->alpha_modifier, "--alpha needs wp_alpha_modifier_v1"},
		{(has_color || straight) && !conn->color_manager,
			"--encoding, --range and --straight-alpha need "
			"wp_color_representation_manager_v1"},
		{has_color && !look_offers_color(conn, options->encoding, options->range),
			"this --encoding in this --range is not offered"},
		{options->has_description && !conn->image_manager,
			"--color needs wp_color_manager_v1"},
		{options->has_description &&
				!(conn->primaries & 1u << descriptions[options->description]
								    .primaries &&
					conn->transfer_functions &
						1u << descriptions[options->description].transfer),
			"this --color is not offered"},
		{straight && !(modes & 1u << STRAIGHT), "straight alpha is not offered"},
	};
	return rules_broken(rules, sizeof(rules) / sizeof(rules[0]));
}

static void image_failed(
	void *data, struct wp_image_description_v1 *image, uint32_t cause, const char *why) {
}

static void image_ready(void *data, struct wp_image_description_v1 *image, uint32_t identity) {
}

static void image_ready2(
	void *data, struct wp_image_description_v1 *image, uint32_t high, uint32_t low) {
	*(bool *)data = true;
}

static const struct wp_image_description_v1_listener image_listener = {
	.failed = image_failed, .ready = image_ready, .ready2 = image_ready2};

/* Waits for the compositor to have it ready. */
static bool describe(struct look *look, struct connection *conn, struct wl_surface *surface) {
	struct wp_image_description_creator_params_v1 *creator =
		wp_color_manager_v1_create_parametric_creator(conn->image_manager);
	wp_image_description_creator_params_v1_set_tf_named(
		creator, descriptions[look->options.description].transfer);
	wp_image_description_creator_params_v1_set_primaries_named(
		creator, descriptions[look->options.description].primaries);
	struct wp_image_description_v1 *image =
		wp_image_description_creator_params_v1_create(creator);
	bool ready = false;
	wp_image_description_v1_add_listener(image, &image_listener, &ready);
	if (wl_display_roundtrip(conn->display) >= 0 && ready) {
		look->description = wp_color_manager_v1_get_surface(conn->image_manager, surface);
		wp_color_management_surface_v1_set_image_description(
			look->description, image, WP_COLOR_MANAGER_V1_RENDER_INTENT_PERCEPTUAL);
	}
	wp_image_description_v1_destroy(image);
	return ready;
}

bool look_init(struct look *look, struct connection *conn, struct wl_surface *surface,
	const struct look_options *options, const char **why) {
	*look = (struct look){.options = *options};
	*why = find_missing(options, conn);
	if (*why) {
		return false;
	}
	if (is_viewed(options)) {
		look->viewport = wp_viewporter_get_viewport(conn->viewporter, surface);
	}
	if (options->crop_width > 0) {
		wp_viewport_set_source(look->viewport, wl_fixed_from_int((int)options->crop_x),
			wl_fixed_from_int((int)options->crop_y),
			wl_fixed_from_int((int)options->crop_width),
			wl_fixed_from_int((int)options->crop_height));
	}
	if (options->has_alpha) {
		look->alpha = wp_alpha_modifier_v1_get_surface(conn->alpha_modifier, surface);
		wp_alpha_modifier_surface_v1_set_multiplier(
			look->alpha, (uint32_t)(options->alpha * UINT32_MAX));
	}
	if (options->has_color || options->straight_alpha) {
		look->color = wp_color_representation_manager_v1_get_surface(
			conn->color_manager, surface);
	}
	if (options->has_color) {
		wp_color_representation_surface_v1_set_coefficients_and_range(
			look->color, encoding_of(options->encoding), range_of(options->range));
	}
	if (options->straight_alpha) {
		wp_color_representation_surface_v1_set_alpha_mode(look->color, STRAIGHT);
	}
	wl_surface_set_buffer_transform(surface, (int32_t)options->transform);
	if (options->has_description && !describe(look, conn, surface)) {
		*why = "the compositor does not make the image description";
		return false;
	}
	return true;
}

void look_finish(struct look *look) {
	if (look->viewport) {
		wp_viewport_destroy(look->viewport);
	}
	if (look->alpha) {
		wp_alpha_modifier_surface_v1_destroy(look->alpha);
	}
	if (look->color) {
		wp_color_representation_surface_v1_destroy(look->color);
	}
	if (look->description) {
		wp_color_management_surface_v1_destroy(look->description);
	}
	*look = (struct look){0};
}

void look_set_size(struct look *look, uint32_t width, uint32_t height) {
	if (!look->viewport || (look->width == width && look->height == height)) {
		return;
	}
	wp_viewport_set_destination(look->viewport, (int32_t)width, (int32_t)height);
	look->width = width;
	look->height = height;
}
