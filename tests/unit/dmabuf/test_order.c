/* SPDX-License-Identifier: MIT */
/* Objects end in any order, and what is left does no harm. */

#include "world.h"

#include <wlr/types/wlr_buffer.h>

enum thing { MANAGER, PARAMS, FEEDBACK, SURFACE, BUFFER, SHOWN, THINGS };

static struct {
	struct zwp_linux_buffer_params_v1 *params;
	struct zwp_linux_dmabuf_feedback_v1 *feedback;
	struct wl_surface *surface;
	struct wl_buffer *buffer, *dead_buffer;
	/* The compositor's lock, until it shows the buffer no more. */
	struct wlr_buffer *shown;
} scene;

static void begin(void) {
	world_init(5);
	scene.surface = wl_compositor_create_surface(world.compositor);
	scene.params = params_create(-1, 1);
	scene.feedback = zwp_linux_dmabuf_v1_get_surface_feedback(world.manager, scene.surface);
	scene.buffer = buffer_create();
	world_sync();
	world.can_scanout = false;
	scene.dead_buffer = buffer_create();
	world_sync();
	world.can_scanout = true;
	/* It waits to be told. */
	const struct kms_plane *overlay = &world.planes[1];
	latch_dmabuf_advise_surface(world.dmabuf, world_surface(scene.surface), &overlay, 1, 0);
	scene.shown = world_show(scene.surface, scene.buffer);
}

static void finish_thing(int thing) {
	switch (thing) {
	case MANAGER:
		zwp_linux_dmabuf_v1_destroy(world.manager);
		world.manager = NULL;
		break;
	case PARAMS:
		zwp_linux_buffer_params_v1_destroy(scene.params);
		break;
	case FEEDBACK:
		zwp_linux_dmabuf_feedback_v1_destroy(scene.feedback);
		break;
	case SURFACE:
		wl_surface_destroy(scene.surface);
		break;
	case BUFFER:
		wl_buffer_destroy(scene.buffer);
		break;
	case SHOWN:
		wlr_buffer_unlock(scene.shown);
		break;
	}
	world_sync();
}

static void end(void) {
	wl_buffer_destroy(scene.dead_buffer);
	world_finish();
}

static void run_order(const int *things, int len) {
	begin();
	for (int i = 0; i < len; i++) {
		finish_thing(things[i]);
	}
	assert_int_equal(world_error(""), -1);
	end();
}

static int things[THINGS] = {MANAGER, PARAMS, FEEDBACK, SURFACE, BUFFER, SHOWN};

static void every_order(void **state) {
	assert_int_equal(test_each_order(things, THINGS, 0, run_order), 6 * 5 * 4 * 3 * 2);
}

/* The connection breaks while everything stands. */
static void client_is_killed(void **state) {
	begin();
	wl_client_destroy(world.server_client);
	for (int i = 0; i < THINGS; i++) {
		finish_thing(things[i]);
	}
	end();
}

TEST_MAIN("dmabuf-order", UNIT(every_order), UNIT(client_is_killed))
