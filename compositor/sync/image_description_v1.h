/* SPDX-License-Identifier: MIT */
#pragma once

#include <wayland-server-core.h>

#include "color/color.h"

struct latch_gate;

/** The outputs' own image descriptions: that of the gate's options, and what is in its place where an
 * output can't have it. Clients' have higher numbers. */
#define LATCH_IMAGE_OUTPUT 1
#define LATCH_IMAGE_INSTEAD 2

/** What a wp_image_description_v1 stands for: its user data. */
struct latch_image {
	struct color_description color;
	/** 0: it failed, and is never ready. */
	uint64_t identity;
	/** get_information is allowed. */
	bool tells;
};

/** Makes the client's object, which has the version of its maker, and says that it is ready. */
void latch_image_create_ready(
	struct wl_resource *maker, uint32_t id, const struct latch_image *image);

/** Makes one that is none. cause: enum wp_image_description_v1_cause. */
void latch_image_create_failed(
	struct wl_resource *maker, uint32_t id, uint32_t cause, const char *why);

/** Makes a wp_image_description_creator_params_v1. */
void latch_image_creator_create(struct wl_resource *manager, uint32_t id, struct latch_gate *gate);

/** Tells a client that has a manager which names of transfer functions and primaries it may use. */
void latch_image_tell_names(struct wl_resource *manager);
