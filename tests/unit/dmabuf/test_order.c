/* Objects end in any order, and what is left does no harm. */

#include "world.h"

#include <drm_fourcc.h>
#include <unistd.h>
#include <wlr/types/wlr_buffer.h>

enum thing { MANAGER, PARAMS, FEEDBACK, SURFACE, BUFFER, SHOWN, THINGS };

struct scene {
	struct world world;
	struct zwp_linux_buffer_params_v1 *params;
	struct zwp_linux_dmabuf_feedback_v1 *feedback;
	struct wl_surface *surface;
	struct wl_buffer *buffer, *dead_buffer;
	/* The compositor's lock, until it shows the buffer no more. */
	struct wlr_buffer *shown;
};

static void add(struct zwp_linux_buffer_params_v1 *params) {
	int fd = dmabuf_fd(64 * 256);
	zwp_linux_buffer_params_v1_add(params, fd, 0, 0, 256, 0, 0);
	close(fd);
}

static struct wl_buffer *make_buffer(struct scene *scene, bool alive) {
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(scene->world.manager);
	add(params);
	scene->world.can_scanout = alive;
	struct wl_buffer *buffer =
		zwp_linux_buffer_params_v1_create_immed(params, 64, 64, DRM_FORMAT_XRGB8888, 0);
	world_sync(&scene->world);
	zwp_linux_buffer_params_v1_destroy(params);
	return buffer;
}

static void begin(struct scene *scene) {
	*scene = (struct scene){0};
	world_init(&scene->world, 5);
	scene->surface = wl_compositor_create_surface(scene->world.compositor);
	scene->params = zwp_linux_dmabuf_v1_create_params(scene->world.manager);
	add(scene->params);
	scene->feedback =
		zwp_linux_dmabuf_v1_get_surface_feedback(scene->world.manager, scene->surface);
	scene->buffer = make_buffer(scene, true);
	scene->dead_buffer = make_buffer(scene, false);
	scene->world.can_scanout = true;
	struct wlr_surface *surface = world_surface(&scene->world, scene->surface);
	/* It waits to be told. */
	const struct kms_plane *overlay = &scene->world.planes[1];
	latch_dmabuf_advise_surface(scene->world.dmabuf, surface, &overlay, 1, 0);
	scene->shown = world_show(&scene->world, scene->surface, scene->buffer);
}

static void finish_thing(struct scene *scene, enum thing thing) {
	switch (thing) {
	case MANAGER:
		zwp_linux_dmabuf_v1_destroy(scene->world.manager);
		scene->world.manager = NULL;
		break;
	case PARAMS:
		zwp_linux_buffer_params_v1_destroy(scene->params);
		break;
	case FEEDBACK:
		zwp_linux_dmabuf_feedback_v1_destroy(scene->feedback);
		break;
	case SURFACE:
		wl_surface_destroy(scene->surface);
		break;
	case BUFFER:
		wl_buffer_destroy(scene->buffer);
		break;
	case SHOWN:
		wlr_buffer_unlock(scene->shown);
		break;
	case THINGS:
		break;
	}
	world_sync(&scene->world);
}

static void end(struct scene *scene) {
	wl_buffer_destroy(scene->dead_buffer);
	world_finish(&scene->world);
}

static int permutations;

static void permute(enum thing *order, int len) {
	if (len == 1) {
		struct scene scene;
		begin(&scene);
		for (int i = 0; i < THINGS; i++) {
			finish_thing(&scene, order[i]);
		}
		assert_int_equal(world_error(&scene.world, ""), -1);
		end(&scene);
		permutations++;
		return;
	}
	for (int i = 0; i < len; i++) {
		enum thing last = order[len - 1];
		order[len - 1] = order[i];
		order[i] = last;
		permute(order, len - 1);
		order[i] = order[len - 1];
		order[len - 1] = last;
	}
}

static void every_order(void **state) {
	enum thing order[THINGS];
	for (int i = 0; i < THINGS; i++) {
		order[i] = (enum thing)i;
	}
	permute(order, THINGS);
	assert_int_equal(permutations, 6 * 5 * 4 * 3 * 2);
}

/* The connection breaks while everything stands. */
static void client_is_killed(void **state) {
	struct scene scene;
	begin(&scene);
	wl_client_destroy(scene.world.server_client);
	for (int i = 0; i < THINGS; i++) {
		finish_thing(&scene, (enum thing)i);
	}
	end(&scene);
}

TEST_MAIN("dmabuf-order", UNIT(every_order), UNIT(client_is_killed))
