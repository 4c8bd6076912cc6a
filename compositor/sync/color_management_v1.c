/* SPDX-License-Identifier: MIT */
/*
 * wp_color_management_v1: the wire. A description is a value (color/color.h); what a client says of
 * its surface waits with the rest of a commit, and comes to the layer by output/look.c. What is
 * preferred for a surface is its output's description.
 */
#include <stdlib.h>
#include <wlr/types/wlr_output.h>

#include "color-management-v1-protocol.h"
#include "sync/extension.h"
#include "sync/gate.h"
#include "sync/image_description_v1.h"
#include "sync/outputs.h"
#include "sync/private.h"

/* An object that tells of the colours of an output, or of those that are preferred for a surface. It is
 * inert when that has gone: both are NULL then. */
struct colored {
	struct latch_gate *gate;
	struct wl_resource *resource;
	const struct wlr_output *output;
	const struct wlr_surface *surface;
	uint64_t told; /* the description's identity */
	struct wl_listener destroy;
	struct wl_list link; /* latch_gate.colored */
};

static bool is_inert(const struct colored *colored) {
	return colored->output == NULL && colored->surface == NULL;
}

static const struct color_description *find_color(const struct colored *colored) {
	const struct latch_gate_options *options = &colored->gate->options;
	const struct color_description *color = NULL;
	if (colored->surface != NULL) {
		color = latch_outputs_color(options->outputs, colored->surface);
	}
	const struct latch_gate_output *output;
	wl_list_for_each(output, options->outputs, link) {
		color = output->wlr_output == colored->output ? output->color : color;
	}
	return color != NULL ? color : &options->color;
}

static uint64_t identify(const struct colored *colored) {
	return color_description_equal(find_color(colored), &colored->gate->options.color)
		       ? LATCH_IMAGE_OUTPUT
		       : LATCH_IMAGE_INSTEAD;
}

static void create_image(struct colored *colored, uint32_t id) {
	colored->told = identify(colored);
	latch_image_create_ready(colored->resource, id,
		&(const struct latch_image){*find_color(colored), colored->told, .tells = true});
}

static void tell_changed(const struct colored *colored) {
	const uint32_t high = (uint32_t)(colored->told >> 32), low = (uint32_t)colored->told;
	if (colored->output != NULL) {
		wp_color_management_output_v1_send_image_description_changed(colored->resource);
	} else if (wl_resource_get_version(colored->resource) >= 2) {
		wp_color_management_surface_feedback_v1_send_preferred_changed2(
			colored->resource, high, low);
	} else {
		wp_color_management_surface_feedback_v1_send_preferred_changed(
			colored->resource, low);
	}
}

void latch_gate_colors_changed(struct latch_gate *gate) {
	struct colored *colored;
	wl_list_for_each(colored, &gate->colored, link) {
		const uint64_t told = colored->told;
		colored->told = identify(colored);
		if (!is_inert(colored) && colored->told != told) {
			tell_changed(colored);
		}
	}
}

static void handle_gone(struct wl_listener *listener, void *data) {
	struct colored *colored = wl_container_of(listener, colored, destroy);
	colored->output = NULL;
	colored->surface = NULL;
	wl_list_remove(&colored->destroy.link);
	wl_list_init(&colored->destroy.link);
}

static void destroy_colored(struct wl_resource *resource) {
	struct colored *colored = wl_resource_get_user_data(resource);
	wl_list_remove(&colored->destroy.link);
	wl_list_remove(&colored->link);
	free(colored);
}

/* what: its output or surface. gone: when that goes; NULL: it has gone. */
static void create_colored(struct wl_resource *manager, uint32_t id,
	const struct wl_interface *interface, const void *impl, const struct colored *what,
	struct wl_signal *gone) {
	const struct latch_extension_global *global = wl_resource_get_user_data(manager);
	struct colored *colored = malloc(sizeof(*colored));
	if (colored == NULL) {
		wl_resource_post_no_memory(manager);
		return;
	}
	*colored = *what;
	colored->gate = global->gate;
	colored->told = identify(colored);
	colored->destroy.notify = handle_gone;
	wl_list_init(&colored->destroy.link);
	colored->resource = latch_resource_create(wl_resource_get_client(manager), interface,
		(uint32_t)wl_resource_get_version(manager), id, impl, colored, destroy_colored);
	if (colored->resource == NULL) {
		free(colored);
		return;
	}
	wl_list_insert(&colored->gate->colored, &colored->link);
	if (gone != NULL) {
		wl_signal_add(gone, &colored->destroy);
	}
}

static void handle_get_output_image(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	struct colored *colored = wl_resource_get_user_data(resource);
	if (is_inert(colored)) {
		latch_image_create_failed(resource, id, WP_IMAGE_DESCRIPTION_V1_CAUSE_NO_OUTPUT,
			"the output has gone");
	} else {
		create_image(colored, id);
	}
}

static void handle_get_preferred(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	struct colored *colored = wl_resource_get_user_data(resource);
	if (is_inert(colored)) {
		wl_resource_post_error(resource,
			WP_COLOR_MANAGEMENT_SURFACE_FEEDBACK_V1_ERROR_INERT,
			"the wl_surface has been destroyed");
	} else {
		create_image(colored, id);
	}
}

/* Surfaces. */

static void handle_set_image(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *image_resource, uint32_t intent) {
	struct latch_surface_sync *sync =
		latch_extension_surface(resource, WP_COLOR_MANAGEMENT_SURFACE_V1_ERROR_INERT);
	const struct latch_image *image = wl_resource_get_user_data(image_resource);
	if (sync == NULL) {
		return;
	}
	if (image->identity == 0) {
		wl_resource_post_error(resource,
			WP_COLOR_MANAGEMENT_SURFACE_V1_ERROR_IMAGE_DESCRIPTION,
			"the image description is not ready");
	} else if (intent != WP_COLOR_MANAGER_V1_RENDER_INTENT_PERCEPTUAL) {
		wl_resource_post_error(resource, WP_COLOR_MANAGEMENT_SURFACE_V1_ERROR_RENDER_INTENT,
			"this rendering intent is not offered");
	} else {
		sync->pending.color = image->color;
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
	create_colored(manager, id, &wp_color_management_output_v1_interface, &impl,
		&(const struct colored){.output = wlr_output},
		wlr_output != NULL ? &wlr_output->events.destroy : NULL);
}

static void handle_get_feedback(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wl_resource *surface) {
	static const struct wp_color_management_surface_feedback_v1_interface impl = {
		.destroy = latch_resource_handle_destroy,
		.get_preferred = handle_get_preferred,
		.get_preferred_parametric = handle_get_preferred,
	};
	struct wlr_surface *wlr_surface = wlr_surface_from_resource(surface);
	create_colored(manager, id, &wp_color_management_surface_feedback_v1_interface, &impl,
		&(const struct colored){.surface = wlr_surface}, &wlr_surface->events.destroy);
}

static void handle_create_parametric(
	struct wl_client *client, struct wl_resource *manager, uint32_t id) {
	const struct latch_extension_global *global = wl_resource_get_user_data(manager);
	latch_image_creator_create(manager, id, global->gate);
}

static void handle_unsupported(struct wl_client *client, struct wl_resource *manager, uint32_t id) {
	wl_resource_post_error(
		manager, WP_COLOR_MANAGER_V1_ERROR_UNSUPPORTED_FEATURE, "this is not offered");
}

/* Nobody makes references here. */
static void handle_get_image(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wl_resource *reference) {
	latch_image_create_failed(
		manager, id, WP_IMAGE_DESCRIPTION_V1_CAUSE_UNSUPPORTED, "not a description");
}

static void handle_bound(struct wl_resource *manager) {
	static const uint32_t features[] = {
		WP_COLOR_MANAGER_V1_FEATURE_PARAMETRIC,
		WP_COLOR_MANAGER_V1_FEATURE_SET_PRIMARIES,
		WP_COLOR_MANAGER_V1_FEATURE_SET_TF_POWER,
		WP_COLOR_MANAGER_V1_FEATURE_SET_LUMINANCES,
		WP_COLOR_MANAGER_V1_FEATURE_SET_MASTERING_DISPLAY_PRIMARIES,
	};
	wp_color_manager_v1_send_supported_intent(
		manager, WP_COLOR_MANAGER_V1_RENDER_INTENT_PERCEPTUAL);
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		wp_color_manager_v1_send_supported_feature(manager, features[i]);
	}
	latch_image_tell_names(manager);
	wp_color_manager_v1_send_done(manager);
}

const struct latch_extension latch_color_extension = {
	.manager = &wp_color_manager_v1_interface,
	.object = &wp_color_management_surface_v1_interface,
	.version = 3,
	.manager_impl =
		&(const struct wp_color_manager_v1_interface){
			.destroy = latch_resource_handle_destroy,
			.get_output = handle_get_output,
			.get_surface = latch_extension_handle_get,
			.get_surface_feedback = handle_get_feedback,
			.create_icc_creator = handle_unsupported,
			.create_parametric_creator = handle_create_parametric,
			.create_windows_scrgb = handle_unsupported,
			.create_windows_bt2100 = handle_unsupported,
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
