/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/util/log.h>

#include "../wire.h"
#include "composed.h"
#include "dmabuf/device.h"

struct world world;

int dmabuf_fd(size_t size) {
	int fd = memfd_create("dmabuf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);
	return fd;
}

static bool is_dmabuf(int fd) {
	int seals = fcntl(fd, F_GET_SEALS);
	return seals >= 0 && (seals & F_SEAL_GROW) != 0;
}

static int64_t size_of(int fd) {
	return lseek(fd, 0, SEEK_END);
}

static const struct latch_dmabuf_probe probe = {.is_dmabuf = is_dmabuf, .size = size_of};

static bool can_scanout(void *data, const struct wlr_dmabuf_attributes *dmabuf) {
	world.asked++;
	return world.can_scanout;
}

static bool can_compose(void *data, const struct wlr_dmabuf_attributes *dmabuf) {
	world.asked++;
	return world.can_compose;
}

static void handle_format(void *data, struct zwp_linux_dmabuf_v1 *manager, uint32_t format) {
	world.formats++;
}

static void handle_modifier(void *data, struct zwp_linux_dmabuf_v1 *manager, uint32_t format,
	uint32_t hi, uint32_t lo) {
	world.modifiers++;
	world.last_modifier = (uint64_t)hi << 32 | lo;
}

static const struct zwp_linux_dmabuf_v1_listener manager_listener = {
	.format = handle_format,
	.modifier = handle_modifier,
};

void world_sync(void) {
	wire_pump(world.server, world.client, 4);
}

void world_bind(void) {
	const bool had_manager = world.manager != NULL;
	struct wire_global globals[] = {
		{&wl_compositor_interface, 4, &world.compositor, 0},
		{&zwp_linux_dmabuf_v1_interface, world.manager_version, &world.manager, 0},
		{0},
	};
	wire_bind(world.server, world.client, globals);
	assert_non_null(world.compositor);
	assert_non_null(world.manager);
	if (!had_manager) {
		assert_int_equal(globals[1].offered, LATCH_DMABUF_VERSION);
		zwp_linux_dmabuf_v1_add_listener(world.manager, &manager_listener, NULL);
	}
	world_sync();
}

static void init_planes(void) {
	struct kms_format_set *primary = &world.planes[0].formats;
	struct kms_format_set *overlay = &world.planes[1].formats;
	int ret = kms_format_set_add(primary, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR) |
		  kms_format_set_add(primary, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_INVALID) |
		  kms_format_set_add(overlay, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR) |
		  kms_format_set_add(overlay, DRM_FORMAT_XRGB8888, I915_FORMAT_MOD_X_TILED) |
		  kms_format_set_add(overlay, DRM_FORMAT_NV12, DRM_FORMAT_MOD_LINEAR);
	assert_int_equal(ret, 0);
}

static void init(uint32_t version, const struct latch_limits *limits) {
	wlr_log_init(WLR_SILENT, NULL);
	world = (struct world){
		.fds_before = latch_fds_look().in_use,
		.can_scanout = true,
		.manager_version = version,
	};
	init_planes();
	world.kms_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	world.server = wl_display_create();
	world.clients = latch_clients_create(world.server, limits, NULL);
	assert_non_null(world.clients);
	assert_non_null(wlr_compositor_create(world.server, 6, NULL));
	struct wlr_drm_format_set composed = composed_formats();
	world.dmabuf = latch_dmabuf_create(&(struct latch_dmabuf_options){
		.display = world.server,
		.kms_fd = world.kms_fd,
		.planes = world.planes,
		.planes_len = 2,
		.scanout_formats = &world.planes[0].formats,
		.main_device = MAIN_DEVICE,
		.can_scanout = can_scanout,
		.can_compose = can_compose,
		.composed_formats = &composed,
		.test_probe = &probe,
	});
	wlr_drm_format_set_finish(&composed);
	assert_non_null(world.dmabuf);

	world.server_client = wire_connect(world.server, &world.client);
	assert_non_null(world.server_client);
	world.account = latch_account_ref(latch_account_find(world.server_client));
	world_bind();
}

void world_init(uint32_t version) {
	const struct latch_limits limits = latch_limits_default();
	init(version, &limits);
}

void world_init_limited(enum latch_limit limit, uint64_t max) {
	struct latch_limits limits = latch_limits_default();
	limits.max[limit] = max;
	init(5, &limits);
}

void world_finish(void) {
	if (world.manager != NULL) {
		zwp_linux_dmabuf_v1_destroy(world.manager);
	}
	wl_compositor_destroy(world.compositor);
	wl_display_flush(world.client);
	wl_display_disconnect(world.client);
	wire_pump(world.server, NULL, 2);
	assert_true(wl_list_empty(wl_display_get_client_list(world.server)));
	for (int i = 0; i < LATCH_LIMIT_COUNT; i++) {
		assert_int_equal(latch_account_get(world.account, (enum latch_limit)i), 0);
	}
	latch_account_unref(world.account);
	latch_dmabuf_destroy(world.dmabuf);
	latch_clients_destroy(world.clients);
	wl_display_destroy(world.server);
	close(world.kms_fd);
	kms_format_set_finish(&world.planes[0].formats);
	kms_format_set_finish(&world.planes[1].formats);
	assert_int_equal(latch_fds_look().in_use, world.fds_before);
}

int world_error(const char *interface) {
	const char *of;
	world_sync();
	int code = wire_error(world.client, &of);
	if (code >= 0) {
		assert_string_equal(of, interface);
	} else {
		assert_int_equal(wl_display_get_error(world.client), 0);
	}
	return code;
}

bool world_is_refused(void) {
	world_sync();
	return wire_is_refused(world.client);
}

struct wlr_surface *world_surface(struct wl_surface *surface) {
	world_sync();
	struct wl_resource *resource = wl_client_get_object(
		world.server_client, wl_proxy_get_id((struct wl_proxy *)surface));
	assert_non_null(resource);
	return wlr_surface_from_resource(resource);
}

struct commit {
	struct wl_listener listener;
	struct wlr_buffer *buffer;
};

static void handle_commit(struct wl_listener *listener, void *data) {
	struct commit *commit = wl_container_of(listener, commit, listener);
	struct wlr_surface *surface = data;
	commit->buffer = wlr_buffer_lock(surface->current.buffer);
}

struct wlr_buffer *world_show(struct wl_surface *surface, struct wl_buffer *buffer) {
	struct commit commit = {.listener.notify = handle_commit};
	wl_signal_add(&world_surface(surface)->events.commit, &commit.listener);
	wl_surface_attach(surface, buffer, 0, 0);
	wl_surface_commit(surface);
	world_sync();
	wl_list_remove(&commit.listener.link);
	assert_non_null(commit.buffer);
	return commit.buffer;
}

struct zwp_linux_buffer_params_v1 *params_create(int fd, int planes) {
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(world.manager);
	int own = fd < 0 ? dmabuf_fd(BYTES) : fd;
	for (int i = 0; i < planes; i++) {
		zwp_linux_buffer_params_v1_add(
			params, own, (uint32_t)i, (uint32_t)i * SIZE * SIZE, STRIDE, 0, 0);
	}
	if (fd < 0) {
		close(own);
	}
	return params;
}

struct wl_buffer *params_to_buffer(struct zwp_linux_buffer_params_v1 *params, int planes) {
	struct wl_buffer *buffer = zwp_linux_buffer_params_v1_create_immed(
		params, SIZE, SIZE, planes == 2 ? DRM_FORMAT_NV12 : DRM_FORMAT_XRGB8888, 0);
	zwp_linux_buffer_params_v1_destroy(params);
	return buffer;
}

struct wl_buffer *buffer_create(void) {
	return params_to_buffer(params_create(-1, 1), 1);
}
