/* SPDX-License-Identifier: MIT */
/*
 * wp_color_management_v1: the wire. A description is a value (color/color.h); what a client says of
 * its surface waits with the rest of a commit, and comes to the layer by output/look.c. All outputs
 * have one description, which is also what is preferred for every surface; it never changes.
 */
#include <stdlib.h>
#include <wlr/types/wlr_output.h>

#include "color-management-v1-protocol.h"
#include "sync/extension.h"
#include "sync/image_description_v1.h"
#include "sync/private.h"

/* An object that is inert when what it is of has gone. */
struct inert {
	struct latch_gate *gate;
	struct wl_resource *resource;
	bool gone;
	struct wl_listener destroy;
};

/* Outputs, and surfaces' feedback. */

static void create_of_output(
	struct wl_resource *maker, uint32_t id, const struct latch_gate *gate) {
	latch_image_create_ready(maker, id,
		&(const struct latch_image){
			gate->options.color, LATCH_IMAGE_OUTPUT, .tells = true});
}

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
		latch_image_create_failed(resource, id, WP_IMAGE_DESCRIPTION_V1_CAUSE_NO_OUTPUT,
			"the output has gone");
	} else {
		create_of_output(resource, id, inert->gate);
	}
}

static void handle_get_preferred(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	const struct inert *inert = wl_resource_get_user_data(resource);
	if (inert->gone) {
		wl_resource_post_error(resource,
			WP_COLOR_MANAGEMENT_SURFACE_FEEDBACK_V1_ERROR_INERT,
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
