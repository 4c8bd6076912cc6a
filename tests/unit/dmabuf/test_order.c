/* Objects end in any order, the compositor's side among them, and what is left does no harm. */

#include "world.h"

#include <drm_fourcc.h>
#include <unistd.h>
#include <wlr/types/wlr_buffer.h>

enum thing { MANAGER, PARAMS, FEEDBACK, SURFACE, BUFFER, SHOWN, SERVER, THINGS };

struct scene {
	struct world world;
	struct zwp_linux_buffer_params_v1 *params;
	struct zwp_linux_dmabuf_feedback_v1 *feedback;
	struct wl_surface *surface;
	struct wl_buffer *buffer, *dead_buffer;
	struct latch_format format;
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
	*scene = (struct scene){.format = {DRM_FORMAT_XRGB8888, I915_FORMAT_MOD_X_TILED}};
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
	/* Its timer runs. */
	assert_true(latch_dmabuf_set_surface_tranches(scene->world.dmabuf, surface,
		&(struct latch_dmabuf_tranche){scene->world.kms_device, true, &scene->format, 1},
		1));
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
	case SERVER:
		latch_dmabuf_destroy(scene->world.dmabuf);
		scene->world.dmabuf = NULL;
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
	assert_int_equal(permutations, 7 * 6 * 5 * 4 * 3 * 2);
}

static void handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params) {
	(*(int *)data)++;
}

static void handle_created(
	void *data, struct zwp_linux_buffer_params_v1 *params, struct wl_buffer *buffer) {
}

static const struct zwp_linux_buffer_params_v1_listener listener = {
	.created = handle_created,
	.failed = handle_failed,
};

/* Objects from before and from after its end: everything fails, nobody is killed. */
static void compositor_side_goes_first(void **state) {
	struct scene scene;
	begin(&scene);
	finish_thing(&scene, SERVER);
	int failed = 0;
	zwp_linux_buffer_params_v1_add_listener(scene.params, &listener, &failed);
	struct wl_buffer *buffer = zwp_linux_buffer_params_v1_create_immed(
		scene.params, 64, 64, DRM_FORMAT_XRGB8888, 0);
	struct zwp_linux_buffer_params_v1 *late =
		zwp_linux_dmabuf_v1_create_params(scene.world.manager);
	zwp_linux_buffer_params_v1_add_listener(late, &listener, &failed);
	add(late);
	zwp_linux_buffer_params_v1_create(late, 64, 64, DRM_FORMAT_XRGB8888, 0);
	struct zwp_linux_dmabuf_feedback_v1 *feedback =
		zwp_linux_dmabuf_v1_get_default_feedback(scene.world.manager);
	struct zwp_linux_dmabuf_feedback_v1 *surface_feedback =
		zwp_linux_dmabuf_v1_get_surface_feedback(scene.world.manager, scene.surface);
	assert_int_equal(world_error(&scene.world, ""), -1);
	assert_int_equal(failed, 2);
	wl_surface_attach(scene.surface, buffer, 0, 0);
	wl_surface_commit(scene.surface);
	assert_int_equal(world_error(&scene.world, ""), -1);
	zwp_linux_dmabuf_feedback_v1_destroy(feedback);
	zwp_linux_dmabuf_feedback_v1_destroy(surface_feedback);
	zwp_linux_buffer_params_v1_destroy(late);
	wl_buffer_destroy(buffer);
	for (int i = 0; i < SERVER; i++) {
		finish_thing(&scene, (enum thing)i);
	}
	end(&scene);
}

/* The connection breaks while everything stands. */
static void client_is_killed(void **state) {
	struct scene scene;
	begin(&scene);
	wl_client_destroy(scene.world.server_client);
	for (int i = 0; i < SERVER; i++) {
		finish_thing(&scene, (enum thing)i);
	}
	end(&scene);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_order),
		cmocka_unit_test(compositor_side_goes_first),
		cmocka_unit_test(client_is_killed),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
