/*
 * wp_color_management_v1: the wire. A description is a value (color/color.h); what a client says of
 * its surface waits with the rest of a commit, and comes to the layer by output/look.c. All outputs
 * have one description, which is also what is preferred for every surface; it never changes.
 */
#include <stdlib.h>
#include <wlr/types/wlr_output.h>

#include "color-management-v1-protocol.h"
#include "sync/extension.h"
#include "sync/private.h"

#define OUTPUT_IDENTITY 1

/* What an image description's object stands for. */
struct image {
	struct color_description color;
	uint64_t identity; // 0: it failed
	bool tells;	   // get_information
};

/* An object that is inert when what it is of has gone. */
struct inert {
	struct latch_gate *gate;
	struct wl_resource *resource;
	bool gone;
	struct wl_listener destroy;
};

struct creator {
	struct latch_gate *gate;
	struct color_description color;
	bool has_primaries, has_luminances;
	uint32_t max_cll, max_fall;
	bool has_cll, has_fall;
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

/* Image descriptions. */

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
	const struct image *image = wl_resource_get_user_data(resource);
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
	struct wl_resource *maker, uint32_t id, const struct image *of) {
	static const struct wp_image_description_v1_interface impl = {
		.destroy = latch_resource_handle_destroy,
		.get_information = handle_get_information,
	};
	struct image *image = malloc(sizeof(*image));
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

static void create_ready(struct wl_resource *maker, uint32_t id, const struct image *image) {
	struct wl_resource *resource = create_image(maker, id, image);
	if (resource != NULL && wl_resource_get_version(resource) >= 2) {
		wp_image_description_v1_send_ready2(
			resource, (uint32_t)(image->identity >> 32), (uint32_t)image->identity);
	} else if (resource != NULL) {
		wp_image_description_v1_send_ready(resource, (uint32_t)image->identity);
	}
}

static void create_failed(struct wl_resource *maker, uint32_t id, uint32_t cause, const char *why) {
	struct wl_resource *resource = create_image(maker, id, &(const struct image){0});
	if (resource != NULL) {
		wp_image_description_v1_send_failed(resource, cause, why);
	}
}

static void create_of_output(
	struct wl_resource *maker, uint32_t id, const struct latch_gate *gate) {
	create_ready(maker, id,
		&(const struct image){gate->options.color, OUTPUT_IDENTITY, .tells = true});
}

/* Of primaries, transfer and luminances. */

static bool is_set_already(struct wl_resource *resource, bool set) {
	if (set) {
		wl_resource_post_error(resource,
			WP_IMAGE_DESCRIPTION_CREATOR_PARAMS_V1_ERROR_ALREADY_SET,
			"it was set before");
	}
	return set;
}

static void refuse(struct wl_resource *resource, uint32_t error, const char *why) {
	wl_resource_post_error(resource, error, "%s", why);
}

#define REFUSE(resource, error, why)                                                               \
	refuse(resource, WP_IMAGE_DESCRIPTION_CREATOR_PARAMS_V1_ERROR_##error, why)

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
	REFUSE(resource, UNSUPPORTED_FEATURE, "mastering displays are not supported");
}

static void handle_set_mastering_luminance(
	struct wl_client *client, struct wl_resource *resource, uint32_t min, uint32_t max) {
	REFUSE(resource, UNSUPPORTED_FEATURE, "mastering displays are not supported");
}

static void handle_set_max_cll(
	struct wl_client *client, struct wl_resource *resource, uint32_t max_cll) {
	struct creator *creator = wl_resource_get_user_data(resource);
	if (!is_set_already(resource, creator->has_cll)) {
		creator->max_cll = max_cll;
		creator->has_cll = true;
	}
}

static void handle_set_max_fall(
	struct wl_client *client, struct wl_resource *resource, uint32_t max_fall) {
	struct creator *creator = wl_resource_get_user_data(resource);
	if (!is_set_already(resource, creator->has_fall)) {
		creator->max_fall = max_fall;
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
	return !set || (level * UINT64_C(10000) > color->min && level <= color->max);
}

static bool has_valid_levels(const struct creator *creator, int version) {
	return !(creator->has_cll && creator->has_fall && creator->max_fall > creator->max_cll) &&
	       (version >= 2 ||
		       (is_inside(&creator->color, creator->has_cll, creator->max_cll) &&
			       is_inside(&creator->color, creator->has_fall, creator->max_fall)));
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
		create_failed(resource, id, WP_IMAGE_DESCRIPTION_V1_CAUSE_UNSUPPORTED,
			"the primaries span no colours");
	} else {
		const struct image image = {
			creator->color, OUTPUT_IDENTITY + ++creator->gate->last_color, false};
		create_ready(resource, id, &image);
	}
	wl_resource_destroy(resource);
}

/* Outputs, and surfaces' feedback. */

static void handle_gone(struct wl_listener *listener, void *data) {
	struct inert *inert = wl_container_of(listener, inert, destroy);
	inert->gone = true;
	wl_list_remove(&inert->destroy.link);
	wl_list_init(&inert->destroy.link);
}

static void destroy_inert(struct wl_resource *resource) {
	struct inert *inert = wl_resource_get_user_data(resource);
	wl_list_remove(&inert->destroy.link);
	free(inert);
}

/* signal: when what it is of goes; NULL: it has gone. */
static void create_inert(struct wl_resource *manager, uint32_t id,
	const struct wl_interface *interface, const void *impl, struct wl_signal *signal) {
	const struct latch_extension_global *global = wl_resource_get_user_data(manager);
	struct inert *inert = malloc(sizeof(*inert));
	if (inert == NULL) {
		wl_resource_post_no_memory(manager);
		return;
	}
	*inert = (struct inert){.gate = global->gate, .gone = signal == NULL};
	inert->destroy.notify = handle_gone;
	wl_list_init(&inert->destroy.link);
	inert->resource = latch_resource_create(wl_resource_get_client(manager), interface,
		(uint32_t)wl_resource_get_version(manager), id, impl, inert, destroy_inert);
	if (inert->resource == NULL) {
		free(inert);
	} else if (signal != NULL) {
		wl_signal_add(signal, &inert->destroy);
	}
}

static void handle_get_output_image(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	const struct inert *inert = wl_resource_get_user_data(resource);
	if (inert->gone) {
		create_failed(resource, id, WP_IMAGE_DESCRIPTION_V1_CAUSE_NO_OUTPUT,
			"the output has gone");
	} else {
		create_of_output(resource, id, inert->gate);
	}
}

static void handle_get_preferred(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	const struct inert *inert = wl_resource_get_user_data(resource);
	if (inert->gone) {
		refuse(resource, WP_COLOR_MANAGEMENT_SURFACE_FEEDBACK_V1_ERROR_INERT,
			"the wl_surface has been destroyed");
	} else {
		create_of_output(resource, id, inert->gate);
	}
}

/* Surfaces. */

static void handle_set_image(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *image_resource, uint32_t intent) {
	struct latch_surface_sync *sync =
		latch_extension_surface(resource, WP_COLOR_MANAGEMENT_SURFACE_V1_ERROR_INERT);
	const struct image *image = wl_resource_get_user_data(image_resource);
	if (sync == NULL) {
		return;
	}
	if (image->identity == 0) {
		refuse(resource, WP_COLOR_MANAGEMENT_SURFACE_V1_ERROR_IMAGE_DESCRIPTION,
			"the image description is not ready");
	} else if (intent != WP_COLOR_MANAGER_V1_RENDER_INTENT_PERCEPTUAL) {
		refuse(resource, WP_COLOR_MANAGEMENT_SURFACE_V1_ERROR_RENDER_INTENT,
			"this rendering intent is not offered");
	} else {
		const struct color_description *output = &sync->gate->options.color;
		sync->pending.color = color_conversion_make(&image->color, output).needed
					      ? image->color
					      : (struct color_description){0};
	}
}

static void handle_unset_image(struct wl_client *client, struct wl_resource *resource) {
	struct latch_surface_sync *sync =
		latch_extension_surface(resource, WP_COLOR_MANAGEMENT_SURFACE_V1_ERROR_INERT);
	if (sync != NULL) {
		sync->pending.color = (struct color_description){0};
	}
}

static void handle_destroyed(struct wl_resource *resource) {
	struct latch_surface_sync *sync = wl_resource_get_user_data(resource);
	if (sync != NULL) {
		sync->pending.color = (struct color_description){0};
	}
	latch_extension_forget(resource);
}

/* The manager. */

static void handle_get_output(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wl_resource *output) {
	static const struct wp_color_management_output_v1_interface impl = {
		.destroy = latch_resource_handle_destroy,
		.get_image_description = handle_get_output_image,
	};
	struct wlr_output *wlr_output = wlr_output_from_resource(output);
	create_inert(manager, id, &wp_color_management_output_v1_interface, &impl,
		wlr_output != NULL ? &wlr_output->events.destroy : NULL);
}

static void handle_get_feedback(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wl_resource *surface) {
	static const struct wp_color_management_surface_feedback_v1_interface impl = {
		.destroy = latch_resource_handle_destroy,
		.get_preferred = handle_get_preferred,
		.get_preferred_parametric = handle_get_preferred,
	};
	create_inert(manager, id, &wp_color_management_surface_feedback_v1_interface, &impl,
		&wlr_surface_from_resource(surface)->events.destroy);
}

static void handle_create_parametric(
	struct wl_client *client, struct wl_resource *manager, uint32_t id) {
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
	const struct latch_extension_global *global = wl_resource_get_user_data(manager);
	struct creator *creator = calloc(1, sizeof(*creator));
	if (creator == NULL) {
		wl_resource_post_no_memory(manager);
		return;
	}
	creator->gate = global->gate;
	if (latch_resource_create(client, &wp_image_description_creator_params_v1_interface,
		    (uint32_t)wl_resource_get_version(manager), id, &impl, creator,
		    free_data) == NULL) {
		free(creator);
	}
}

static void handle_unsupported(struct wl_client *client, struct wl_resource *manager, uint32_t id) {
	refuse(manager, WP_COLOR_MANAGER_V1_ERROR_UNSUPPORTED_FEATURE, "this is not offered");
}

/* Nobody makes references here. */
static void handle_get_image(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wl_resource *reference) {
	create_failed(manager, id, WP_IMAGE_DESCRIPTION_V1_CAUSE_UNSUPPORTED, "not a description");
}

static void handle_bound(struct wl_resource *manager) {
	static const uint32_t features[] = {
		WP_COLOR_MANAGER_V1_FEATURE_PARAMETRIC,
		WP_COLOR_MANAGER_V1_FEATURE_SET_PRIMARIES,
		WP_COLOR_MANAGER_V1_FEATURE_SET_TF_POWER,
		WP_COLOR_MANAGER_V1_FEATURE_SET_LUMINANCES,
	};
	wp_color_manager_v1_send_supported_intent(
		manager, WP_COLOR_MANAGER_V1_RENDER_INTENT_PERCEPTUAL);
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		wp_color_manager_v1_send_supported_feature(manager, features[i]);
	}
	for (size_t i = 0; i < TRANSFERS; i++) {
		if (is_offered(i, manager)) {
			wp_color_manager_v1_send_supported_tf_named(manager, transfers[i].name);
		}
	}
	for (size_t i = 0; i < COLOR_PRIMARIES_COUNT; i++) {
		wp_color_manager_v1_send_supported_primaries_named(manager, primaries_names[i]);
	}
	wp_color_manager_v1_send_done(manager);
}

const struct latch_extension latch_color_extension = {
	.manager = &wp_color_manager_v1_interface,
	.object = &wp_color_management_surface_v1_interface,
	.version = 2,
	.manager_impl =
		&(const struct wp_color_manager_v1_interface){
			.destroy = latch_resource_handle_destroy,
			.get_output = handle_get_output,
			.get_surface = latch_extension_handle_get,
			.get_surface_feedback = handle_get_feedback,
			.create_icc_creator = handle_unsupported,
			.create_parametric_creator = handle_create_parametric,
			.create_windows_scrgb = handle_unsupported,
			.get_image_description = handle_get_image,
		},
	.bound = handle_bound,
	.object_impl =
		&(const struct wp_color_management_surface_v1_interface){
			.destroy = latch_resource_handle_destroy,
			.set_image_description = handle_set_image,
			.unset_image_description = handle_unset_image,
		},
	.kind = LATCH_EXTENSION_COLOR,
	.exists = WP_COLOR_MANAGER_V1_ERROR_SURFACE_EXISTS,
	.destroyed = handle_destroyed,
};
