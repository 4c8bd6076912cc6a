/* SPDX-License-Identifier: MIT */
/* wp_image_description_v1 and what makes one: the wire. A description is a value (color/color.h).
 */
#include "sync/image_description_v1.h"

#include <stdlib.h>

#include "color-management-v1-protocol.h"
#include "limits/resource.h"
#include "sync/private.h"

struct creator {
	struct latch_gate *gate;
	struct color_description color;
	bool has_primaries, has_luminances, has_mastering, has_cll, has_fall;
};

static const struct {
	uint32_t name, since, before;
	enum color_transfer transfer;
	uint32_t exponent;
} transfers[] = {
	{WP_COLOR_MANAGER_V1_TRANSFER_FUNCTION_COMPOUND_POWER_2_4, 2, UINT32_MAX, COLOR_SRGB, 0},
	{WP_COLOR_MANAGER_V1_TRANSFER_FUNCTION_SRGB, 1, 2, COLOR_SRGB, 0},
	{WP_COLOR_MANAGER_V1_TRANSFER_FUNCTION_GAMMA22, 1, UINT32_MAX, COLOR_POWER, 22000},
	{WP_COLOR_MANAGER_V1_TRANSFER_FUNCTION_GAMMA28, 1, UINT32_MAX, COLOR_POWER, 28000},
	{WP_COLOR_MANAGER_V1_TRANSFER_FUNCTION_BT1886, 1, UINT32_MAX, COLOR_BT1886, 0},
	{WP_COLOR_MANAGER_V1_TRANSFER_FUNCTION_ST2084_PQ, 1, UINT32_MAX, COLOR_PQ, 0},
	{WP_COLOR_MANAGER_V1_TRANSFER_FUNCTION_EXT_LINEAR, 1, UINT32_MAX, COLOR_LINEAR, 0},
};
#define TRANSFERS (sizeof(transfers) / sizeof(transfers[0]))

static const uint32_t primaries_names[COLOR_PRIMARIES_COUNT] = {
	[COLOR_PRIMARIES_SRGB] = WP_COLOR_MANAGER_V1_PRIMARIES_SRGB,
	[COLOR_PRIMARIES_BT2020] = WP_COLOR_MANAGER_V1_PRIMARIES_BT2020,
	[COLOR_PRIMARIES_DCI_P3] = WP_COLOR_MANAGER_V1_PRIMARIES_DCI_P3,
	[COLOR_PRIMARIES_DISPLAY_P3] = WP_COLOR_MANAGER_V1_PRIMARIES_DISPLAY_P3,
	[COLOR_PRIMARIES_ADOBE_RGB] = WP_COLOR_MANAGER_V1_PRIMARIES_ADOBE_RGB,
};

static bool is_offered(size_t transfer, struct wl_resource *resource) {
	const uint32_t version = (uint32_t)wl_resource_get_version(resource);
	return version >= transfers[transfer].since && version < transfers[transfer].before;
}

static void free_data(struct wl_resource *resource) {
	free(wl_resource_get_user_data(resource));
}

void latch_image_tell_names(struct wl_resource *manager) {
	for (size_t i = 0; i < TRANSFERS; i++) {
		if (is_offered(i, manager)) {
			wp_color_manager_v1_send_supported_tf_named(manager, transfers[i].name);
		}
	}
	for (size_t i = 0; i < COLOR_PRIMARIES_COUNT; i++) {
		wp_color_manager_v1_send_supported_primaries_named(manager, primaries_names[i]);
	}
}

static void send_transfer(struct wl_resource *info, const struct color_description *color) {
	for (size_t i = 0; i < TRANSFERS; i++) {
		if (is_offered(i, info) && transfers[i].transfer == color->transfer &&
			transfers[i].exponent == color->exponent) {
			wp_image_description_info_v1_send_tf_named(info, transfers[i].name);
		}
	}
	if (color->transfer == COLOR_POWER) {
		wp_image_description_info_v1_send_tf_power(info, color->exponent);
	}
}

static void send_info(struct wl_resource *info, const struct color_description *color) {
	const struct color_primaries *p = &color->primaries;
	wp_image_description_info_v1_send_primaries(info, p->red.x, p->red.y, p->green.x,
		p->green.y, p->blue.x, p->blue.y, p->white.x, p->white.y);
	for (size_t i = 0; i < COLOR_PRIMARIES_COUNT; i++) {
		if (color_primaries_equal(p, &color_primaries_named[i])) {
			wp_image_description_info_v1_send_primaries_named(info, primaries_names[i]);
		}
	}
	send_transfer(info, color);
	wp_image_description_info_v1_send_luminances(
		info, color->min, color->max, color->reference);
	wp_image_description_info_v1_send_target_primaries(info, p->red.x, p->red.y, p->green.x,
		p->green.y, p->blue.x, p->blue.y, p->white.x, p->white.y);
	wp_image_description_info_v1_send_target_luminance(info, color->min, color->max);
	wp_image_description_info_v1_send_done(info);
	wl_resource_destroy(info);
}

static void handle_get_information(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	const struct latch_image *image = wl_resource_get_user_data(resource);
	if (image->identity == 0 || !image->tells) {
		wl_resource_post_error(resource,
			image->identity == 0 ? WP_IMAGE_DESCRIPTION_V1_ERROR_NOT_READY
					     : WP_IMAGE_DESCRIPTION_V1_ERROR_NO_INFORMATION,
			image->identity == 0 ? "the image description is not ready"
					     : "what a client has made tells nothing");
		return;
	}
	struct wl_resource *info =
		latch_resource_create(client, &wp_image_description_info_v1_interface,
			(uint32_t)wl_resource_get_version(resource), id, NULL, NULL, NULL);
	if (info != NULL) {
		send_info(info, &image->color);
	}
}

/* The client's object for an image, which it owns. Returns NULL without memory. */
static struct wl_resource *create_image(
	struct wl_resource *maker, uint32_t id, const struct latch_image *of) {
	static const struct wp_image_description_v1_interface impl = {
		.destroy = latch_resource_handle_destroy,
		.get_information = handle_get_information,
	};
	struct latch_image *image = malloc(sizeof(*image));
	if (image == NULL) {
		wl_resource_post_no_memory(maker);
		return NULL;
	}
	*image = *of;
	struct wl_resource *resource = latch_resource_create(wl_resource_get_client(maker),
		&wp_image_description_v1_interface, (uint32_t)wl_resource_get_version(maker), id,
		&impl, image, free_data);
	if (resource == NULL) {
		free(image);
	}
	return resource;
}

void latch_image_create_ready(
	struct wl_resource *maker, uint32_t id, const struct latch_image *image) {
	struct wl_resource *resource = create_image(maker, id, image);
	if (resource != NULL && wl_resource_get_version(resource) >= 2) {
		wp_image_description_v1_send_ready2(
			resource, (uint32_t)(image->identity >> 32), (uint32_t)image->identity);
	} else if (resource != NULL) {
		wp_image_description_v1_send_ready(resource, (uint32_t)image->identity);
	}
}

void latch_image_create_failed(
	struct wl_resource *maker, uint32_t id, uint32_t cause, const char *why) {
	struct wl_resource *resource = create_image(maker, id, &(const struct latch_image){0});
	if (resource != NULL) {
		wp_image_description_v1_send_failed(resource, cause, why);
	}
}

#define REFUSE(resource, error, why)                                                               \
	wl_resource_post_error(resource, WP_IMAGE_DESCRIPTION_CREATOR_PARAMS_V1_ERROR_##error, why)

/* Of primaries, transfer and luminances. */

static bool is_set_already(struct wl_resource *resource, bool set) {
	if (set) {
		REFUSE(resource, ALREADY_SET, "it was set before");
	}
	return set;
}

static void handle_set_tf_named(
	struct wl_client *client, struct wl_resource *resource, uint32_t tf) {
	struct creator *creator = wl_resource_get_user_data(resource);
	if (is_set_already(resource, creator->color.transfer != COLOR_UNTAGGED)) {
		return;
	}
	for (size_t i = 0; i < TRANSFERS; i++) {
		if (transfers[i].name == tf && is_offered(i, resource)) {
			creator->color.transfer = transfers[i].transfer;
			creator->color.exponent = transfers[i].exponent;
			return;
		}
	}
	REFUSE(resource, INVALID_TF, "this transfer function is not offered");
}

static void handle_set_tf_power(
	struct wl_client *client, struct wl_resource *resource, uint32_t exponent) {
	struct creator *creator = wl_resource_get_user_data(resource);
	if (is_set_already(resource, creator->color.transfer != COLOR_UNTAGGED)) {
		return;
	}
	if (exponent < 10000 || exponent > 100000) {
		REFUSE(resource, INVALID_TF, "an exponent is from 1.0 to 10.0");
		return;
	}
	creator->color.transfer = COLOR_POWER;
	creator->color.exponent = exponent;
}

static void handle_set_primaries_named(
	struct wl_client *client, struct wl_resource *resource, uint32_t name) {
	struct creator *creator = wl_resource_get_user_data(resource);
	if (is_set_already(resource, creator->has_primaries)) {
		return;
	}
	for (size_t i = 0; i < COLOR_PRIMARIES_COUNT; i++) {
		if (primaries_names[i] == name) {
			creator->color.primaries = color_primaries_named[i];
			creator->has_primaries = true;
			return;
		}
	}
	REFUSE(resource, INVALID_PRIMARIES_NAMED, "these primaries are not offered");
}

static void handle_set_primaries(struct wl_client *client, struct wl_resource *resource,
	int32_t r_x, int32_t r_y, int32_t g_x, int32_t g_y, int32_t b_x, int32_t b_y, int32_t w_x,
	int32_t w_y) {
	struct creator *creator = wl_resource_get_user_data(resource);
	if (!is_set_already(resource, creator->has_primaries)) {
		creator->color.primaries =
			(struct color_primaries){{r_x, r_y}, {g_x, g_y}, {b_x, b_y}, {w_x, w_y}};
		creator->has_primaries = true;
	}
}

static void handle_set_luminances(struct wl_client *client, struct wl_resource *resource,
	uint32_t min, uint32_t max, uint32_t reference) {
	struct creator *creator = wl_resource_get_user_data(resource);
	if (is_set_already(resource, creator->has_luminances)) {
		return;
	}
	if (max * UINT64_C(10000) <= min || reference * UINT64_C(10000) <= min) {
		REFUSE(resource, INVALID_LUMINANCE, "white is darker than black");
		return;
	}
	creator->color.min = min;
	creator->color.max = max;
	creator->color.reference = reference;
	creator->has_luminances = true;
}

static void handle_set_mastering_primaries(struct wl_client *client, struct wl_resource *resource,
	int32_t r_x, int32_t r_y, int32_t g_x, int32_t g_y, int32_t b_x, int32_t b_y, int32_t w_x,
	int32_t w_y) {
	struct creator *creator = wl_resource_get_user_data(resource);
	if (!is_set_already(resource, creator->has_mastering)) {
		creator->color.mastering =
			(struct color_primaries){{r_x, r_y}, {g_x, g_y}, {b_x, b_y}, {w_x, w_y}};
		creator->has_mastering = true;
	}
}

static void handle_set_mastering_luminance(
	struct wl_client *client, struct wl_resource *resource, uint32_t min, uint32_t max) {
	struct creator *creator = wl_resource_get_user_data(resource);
	if (is_set_already(resource, creator->color.mastering_max != 0)) {
		return;
	}
	if (max * UINT64_C(10000) <= min) {
		REFUSE(resource, INVALID_LUMINANCE, "white is darker than black");
		return;
	}
	creator->color.mastering_min = min;
	creator->color.mastering_max = max;
}

static void handle_set_max_cll(
	struct wl_client *client, struct wl_resource *resource, uint32_t max_cll) {
	struct creator *creator = wl_resource_get_user_data(resource);
	if (!is_set_already(resource, creator->has_cll)) {
		creator->color.max_cll = max_cll;
		creator->has_cll = true;
	}
}

static void handle_set_max_fall(
	struct wl_client *client, struct wl_resource *resource, uint32_t max_fall) {
	struct creator *creator = wl_resource_get_user_data(resource);
	if (!is_set_already(resource, creator->has_fall)) {
		creator->color.max_fall = max_fall;
		creator->has_fall = true;
	}
}

/* The luminances that a transfer implies, where the client has set none. */
static void complete(struct creator *creator) {
	struct color_description *color = &creator->color;
	const struct color_description implied =
		color_description_make(COLOR_PRIMARIES_SRGB, color->transfer, color->exponent);
	if (!creator->has_luminances) {
		color->min = implied.min;
		color->reference = implied.reference;
		color->max = implied.max;
	} else if (color->transfer == COLOR_PQ) {
		color->max = implied.max;
	}
}

static bool is_inside(const struct color_description *color, bool set, uint32_t level) {
	const bool told = color->mastering_max != 0;
	return !set || (level * UINT64_C(10000) > (told ? color->mastering_min : color->min) &&
			       level <= (told ? color->mastering_max : color->max));
}

static bool has_valid_levels(const struct creator *creator, int version) {
	const struct color_description *color = &creator->color;
	return !(creator->has_cll && creator->has_fall && color->max_fall > color->max_cll) &&
	       (version >= 2 || (is_inside(color, creator->has_cll, color->max_cll) &&
					is_inside(color, creator->has_fall, color->max_fall)));
}

static void handle_create(struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	struct creator *creator = wl_resource_get_user_data(resource);
	if (creator->color.transfer == COLOR_UNTAGGED || !creator->has_primaries) {
		REFUSE(resource, INCOMPLETE_SET, "transfer function or primaries are missing");
		return;
	}
	complete(creator);
	if (!has_valid_levels(creator, wl_resource_get_version(resource))) {
		REFUSE(resource, INVALID_LUMINANCE, "max_cll and max_fall do not fit");
		return;
	}
	if (!color_primaries_valid(&creator->color.primaries)) {
		latch_image_create_failed(resource, id, WP_IMAGE_DESCRIPTION_V1_CAUSE_UNSUPPORTED,
			"the primaries span no colours");
	} else {
		const struct latch_image image = {
			creator->color, LATCH_IMAGE_INSTEAD + ++creator->gate->last_color, false};
		latch_image_create_ready(resource, id, &image);
	}
	wl_resource_destroy(resource);
}

void latch_image_creator_create(struct wl_resource *manager, uint32_t id, struct latch_gate *gate) {
	static const struct wp_image_description_creator_params_v1_interface impl = {
		.create = handle_create,
		.set_tf_named = handle_set_tf_named,
		.set_tf_power = handle_set_tf_power,
		.set_primaries_named = handle_set_primaries_named,
		.set_primaries = handle_set_primaries,
		.set_luminances = handle_set_luminances,
		.set_mastering_display_primaries = handle_set_mastering_primaries,
		.set_mastering_luminance = handle_set_mastering_luminance,
		.set_max_cll = handle_set_max_cll,
		.set_max_fall = handle_set_max_fall,
	};
	struct creator *creator = calloc(1, sizeof(*creator));
	if (creator == NULL) {
		wl_resource_post_no_memory(manager);
		return;
	}
	creator->gate = gate;
	if (latch_resource_create(wl_resource_get_client(manager),
		    &wp_image_description_creator_params_v1_interface,
		    (uint32_t)wl_resource_get_version(manager), id, &impl, creator,
		    free_data) == NULL) {
		free(creator);
	}
}
