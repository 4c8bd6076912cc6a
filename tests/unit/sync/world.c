/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_shm.h>
#include <wlr/types/wlr_subcompositor.h>
#include <wlr/util/log.h>

#include "../dmabuf/composed.h"
#include "../wire.h"
#include "dmabuf/linux_dmabuf_v1.h"
#include "fence/timeline.h"
#include "limits/client.h"

struct server {
	struct wl_client *client;
	struct latch_clients *clients;
	struct latch_timeline_device *device;
	struct latch_dmabuf *dmabuf;
	struct wl_listener new_surface;
	bool leaves_surfaces;
	struct wlr_output output;
	struct latch_gate_output clock;
	struct wl_list clocks;
	struct surface *surfaces[64];
	int num_surfaces;
	struct wl_proxy *kept[64];
	int num_kept;
	int fds[128];
	int num_fds;
	int fds_before;
};

struct world world;

static bool accept_fd(int fd) {
	return true;
}

static int64_t size_of(int fd) {
	return 64 * 64 * 4;
}

static const struct latch_dmabuf_probe probe = {.is_dmabuf = accept_fd, .size = size_of};

static bool accept_dmabuf(void *data, const struct wlr_dmabuf_attributes *attributes) {
	return true;
}

static void create_dmabuf_global(struct server *server) {
	struct wlr_drm_format_set composed = composed_formats();
	server->dmabuf = latch_dmabuf_create(&(struct latch_dmabuf_options){
		.display = world.server_display,
		.kms_fd = -1,
		.main_device = 1,
		.can_compose = accept_dmabuf,
		.composed_formats = &composed,
		.test_probe = &probe,
	});
	wlr_drm_format_set_finish(&composed);
	assert_non_null(server->dmabuf);
}

static void bind_globals(void) {
	struct wire_global globals[] = {
		{&wl_compositor_interface, 6, &world.compositor, 0},
		{&wl_subcompositor_interface, 1, &world.subcompositor, 0},
		{&wl_shm_interface, 1, &world.shm, 0},
		{&zwp_linux_dmabuf_v1_interface, 3, &world.dmabuf, 0},
		{&wp_linux_drm_syncobj_manager_v1_interface, 1, &world.syncobj, 0},
		{&zwp_linux_explicit_synchronization_v1_interface, 2, &world.explicit, 0},
		{&wp_fifo_manager_v1_interface, 1, &world.fifo, 0},
		{&wp_commit_timing_manager_v1_interface, 1, &world.timing, 0},
		{&wp_tearing_control_manager_v1_interface, 1, &world.tearing, 0},
		{&wp_color_manager_v1_interface, 3, &world.color, 0},
		{0},
	};
	wire_bind(world.server_display, world.client, globals);
	world_sync();
	for (const struct wire_global *global = globals; global->interface != NULL; global++) {
		world_keep(*(void **)global->object);
	}
}

void world_sync(void) {
	wire_pump(world.server_display, world.client, 4);
}

void world_wait(int ms) {
	int64_t end_ns = latch_now_ns() + ms * MS;
	do {
		poll(NULL, 0, 1);
		world_sync();
	} while (latch_now_ns() < end_ns);
}

static bool logging;

/* What latch itself says, not libwayland through wlroots. */
static void handle_log(enum wlr_log_importance level, const char *format, va_list args) {
	char line[512];
	vsnprintf(line, sizeof(line), format, args);
	if (!logging || level > WLR_INFO || strstr(line, "compositor/") == NULL) {
		return;
	}
	world.logged++;
	snprintf(world.log, sizeof(world.log), "%s", strstr(line, "] ") + 2);
}

void surface_drop_release(struct surface *surface) {
	latch_release_finish(&surface->update.release);
}

static void handle_applied(
	void *data, struct latch_surface_sync *sync, struct latch_update *update) {
	struct surface *surface = wl_container_of(sync, surface, sync);
	if (surface->name == '\0') { // not made by surface_create(): nobody takes it
		return;
	}
	surface->applied++;
	size_t len = strlen(world.order);
	if (len + 1 < sizeof(world.order)) {
		world.order[len] = surface->name;
	}
	if (update != NULL) {
		assert_non_null(surface->server->current.buffer);
		surface_drop_release(surface);
		surface->update = *update;
		latch_release_move(&surface->update.release, &update->release);
	}
	if (world.applied != NULL) {
		world.applied(surface);
	}
}

static void handle_committed(
	void *data, struct latch_surface_sync *sync, struct latch_update *update) {
	if (world.committed != NULL && update != NULL) {
		world.committed(update);
	}
}

static void handle_untaken(
	void *data, const struct latch_update *update, enum latch_record_end why) {
	if (world.untaken != NULL) {
		world.untaken(update, why);
	}
}

static void handle_surface_destroy(struct wl_listener *listener, void *data) {
	struct surface *surface = wl_container_of(listener, surface, destroy);
	if (!world.server->leaves_surfaces) {
		latch_surface_sync_finish(&surface->sync);
	}
	surface->server = NULL;
	wl_list_remove(&surface->destroy.link);
}

static void handle_new_surface(struct wl_listener *listener, void *data) {
	struct server *server = wl_container_of(listener, server, new_surface);
	struct surface *surface = calloc(1, sizeof(*surface));
	assert_non_null(surface);
	assert_true(server->num_surfaces < 64);
	server->surfaces[server->num_surfaces++] = surface;
	surface->server = data;
	if (!server->leaves_surfaces) {
		assert_true(latch_surface_sync_init(&surface->sync, world.gate, surface->server,
			world.account, (uint32_t)server->num_surfaces));
	}
	surface->destroy.notify = handle_surface_destroy;
	wl_signal_add(&surface->server->events.destroy, &surface->destroy);
}

void world_set_color(const struct color_description *color) {
	world.server->clock.color = color;
	latch_gate_colors_changed(world.gate);
}

void world_leave_surfaces(void) {
	world.server->leaves_surfaces = true;
}

/* The one output, which has no picture. */
static void init_output(struct server *server) {
	server->clock = (struct latch_gate_output){
		.wlr_output = &server->output,
		.deadline = &world.deadline,
		.active = &world.active,
	};
	wl_list_init(&server->output.resources);
	wl_signal_init(&server->output.events.bind);
	wl_signal_init(&server->output.events.destroy);
	wl_list_init(&server->clocks);
	wl_list_insert(&server->clocks, &server->clock.link);
}

static void init(const struct latch_limits *limits, struct latch_gate_options options) {
	wlr_log_init(WLR_INFO, handle_log);
	int fds_before = count_fds();
	struct server *server = calloc(1, sizeof(*server));
	assert_non_null(server);
	world = (struct world){.server = server, .active = true};
	server->fds_before = fds_before;

	world.server_display = wl_display_create();
	server->clients = latch_clients_create(world.server_display, limits, NULL);
	assert_non_null(server->clients);
	world.server_compositor = wlr_compositor_create(world.server_display, 6, NULL);
	wlr_subcompositor_create(world.server_display);
	const uint32_t formats[] = {DRM_FORMAT_ARGB8888, DRM_FORMAT_XRGB8888};
	wlr_shm_create(world.server_display, 1, formats, 2);
	create_dmabuf_global(server);

	int drm_fd = kernel_drm_open(true);
	server->device = latch_timeline_device_create(drm_fd);
	assert_non_null(server->device);
	close(drm_fd);
	init_output(server);
	options.outputs = &server->clocks;
	options.timeline_device = server->device;
	options.tearing = true;
	options.color = color_description_make(COLOR_PRIMARIES_SRGB, COLOR_SRGB, 0);
	world.gate = latch_gate_create(world.server_display, &options);
	assert_non_null(world.gate);
	latch_gate_listen(world.gate, &(struct latch_gate_events){
					      .applied = handle_applied,
					      .committed = handle_committed,
					      .untaken = handle_untaken,
				      });
	server->new_surface.notify = handle_new_surface;
	wl_signal_add(&world.server_compositor->events.new_surface, &server->new_surface);

	server->client = wire_connect(world.server_display, &world.client);
	world.account = latch_account_ref(latch_account_find(server->client));
	assert_non_null(world.account);
	bind_globals();
	world.logged = 0;
	logging = true;
}

void world_init_options(struct latch_gate_options options) {
	const struct latch_limits limits = latch_limits_default();
	init(&limits, options);
}

void world_init(void) {
	world_init_options((struct latch_gate_options){0});
}

void world_init_limited(enum latch_limit limit, uint64_t max) {
	struct latch_limits limits = latch_limits_default();
	limits.max[limit] = max;
	init(&limits, (struct latch_gate_options){0});
}

int setup(void **state) {
	world_init();
	return 0;
}

int setup_shown(void **state) {
	world_init();
	world.shown = true;
	return 0;
}

int teardown(void **state) {
	world_finish();
	return 0;
}

void world_kill_client(void) {
	if (world.client == NULL) {
		return;
	}
	struct server *server = world.server;
	for (int i = 0; i < server->num_surfaces; i++) {
		if (server->surfaces[i]->wl != NULL) {
			wl_proxy_destroy((struct wl_proxy *)server->surfaces[i]->wl);
			server->surfaces[i]->wl = NULL;
		}
	}
	while (server->num_kept > 0) {
		wl_proxy_destroy(server->kept[--server->num_kept]);
	}
	wl_display_disconnect(world.client);
	world.client = NULL;
	world_sync();
	assert_true(wl_list_empty(wl_display_get_client_list(world.server_display)));
}

void world_finish(void) {
	struct server *server = world.server;
	world_kill_client();
	for (int i = 0; i < server->num_surfaces; i++) {
		assert_null(server->surfaces[i]->server);
		surface_drop_release(server->surfaces[i]);
		free(server->surfaces[i]);
	}

	for (int i = 0; i < LATCH_LIMIT_COUNT; i++) {
		assert_int_equal(latch_account_get(world.account, (enum latch_limit)i), 0);
	}
	latch_account_unref(world.account);
	logging = false;

	struct latch_gate_stats stats = world_stats();
	assert_int_equal(stats.surfaces, 0);
	assert_int_equal(stats.held, 0);
	assert_int_equal(stats.watches, 0);

	wl_display_destroy_clients(world.server_display);
	wl_list_remove(&server->new_surface.link);
	latch_gate_destroy(world.gate);
	latch_dmabuf_destroy(server->dmabuf);
	latch_clients_destroy(server->clients);
	wl_display_destroy(world.server_display);
	latch_timeline_device_destroy(server->device);
	assert_int_equal(kernel_count_handles(), 0);
	kernel_reset();
	while (server->num_fds > 0) {
		close(server->fds[--server->num_fds]);
	}
	int fds_before = server->fds_before;
	free(server);
	assert_int_equal(count_fds(), fds_before);
}

int world_error(const char **interface) {
	const char *of;
	world_sync();
	return wire_error(world.client, interface != NULL ? interface : &of);
}

bool world_is_refused(void) {
	world_sync();
	return wire_is_refused(world.client);
}

struct latch_gate_stats world_stats(void) {
	return latch_gate_get_stats(world.gate);
}

void *world_keep(void *proxy) {
	struct server *server = world.server;
	assert_non_null(proxy);
	assert_true(server->num_kept < 64);
	server->kept[server->num_kept++] = proxy;
	return proxy;
}

void *world_forget(void *proxy) {
	struct server *server = world.server;
	int i = 0;
	while (server->kept[i] != proxy) {
		assert_true(++i < server->num_kept);
	}
	server->kept[i] = server->kept[--server->num_kept];
	return proxy;
}

static int keep_fd(int fd) {
	struct server *server = world.server;
	assert_true(server->num_fds < 128);
	server->fds[server->num_fds++] = fd;
	return fd;
}

int world_fence(void) {
	return keep_fd(kernel_fence_create());
}

int world_syncobj(void) {
	return keep_fd(kernel_syncobj_create());
}

void world_signal(int fence_fd) {
	kernel_fence_signal(fence_fd, latch_now_ns());
	world_sync();
}

struct surface *surface_create(char name) {
	struct server *server = world.server;
	struct wl_surface *wl = wl_compositor_create_surface(world.compositor);
	world_sync();
	struct surface *surface = server->surfaces[server->num_surfaces - 1];
	surface->name = name;
	surface->wl = wl;
	if (world.shown) {
		wlr_surface_send_enter(surface->server, &server->output);
	}
	return surface;
}

void surface_destroy(struct surface *surface) {
	wl_surface_destroy(surface->wl);
	surface->wl = NULL;
	world_sync();
	assert_null(surface->server);
}

struct wl_subsurface *surface_make_child(struct surface *child, struct surface *parent) {
	return world_keep(
		wl_subcompositor_get_subsurface(world.subcompositor, child->wl, parent->wl));
}

struct wp_fifo_v1 *surface_get_fifo(struct surface *surface) {
	return world_keep(wp_fifo_manager_v1_get_fifo(world.fifo, surface->wl));
}

struct wp_commit_timer_v1 *surface_get_timer(struct surface *surface) {
	return world_keep(wp_commit_timing_manager_v1_get_timer(world.timing, surface->wl));
}

void timer_set(struct wp_commit_timer_v1 *timer, int64_t ns) {
	uint64_t sec = (uint64_t)ns / 1000000000;
	wp_commit_timer_v1_set_timestamp(
		timer, (uint32_t)(sec >> 32), (uint32_t)sec, (uint32_t)(ns % 1000000000));
}

struct wp_linux_drm_syncobj_surface_v1 *surface_get_syncobj(struct surface *surface) {
	return world_keep(wp_linux_drm_syncobj_manager_v1_get_surface(world.syncobj, surface->wl));
}

struct zwp_linux_surface_synchronization_v1 *surface_get_explicit(struct surface *surface) {
	return world_keep(zwp_linux_explicit_synchronization_v1_get_synchronization(
		world.explicit, surface->wl));
}

struct wp_tearing_control_v1 *surface_get_tearing(struct surface *surface) {
	return world_keep(
		wp_tearing_control_manager_v1_get_tearing_control(world.tearing, surface->wl));
}

struct wp_linux_drm_syncobj_timeline_v1 *timeline_import(int syncobj_fd) {
	return world_keep(
		wp_linux_drm_syncobj_manager_v1_import_timeline(world.syncobj, syncobj_fd));
}

struct points points_create(struct surface *surface) {
	int fd = world_syncobj();
	return (struct points){fd, timeline_import(fd), surface_get_syncobj(surface)};
}

void points_set(const struct points *points, uint64_t acquire, uint64_t release) {
	wp_linux_drm_syncobj_surface_v1_set_acquire_point(
		points->surface, points->timeline, (uint32_t)(acquire >> 32), (uint32_t)acquire);
	wp_linux_drm_syncobj_surface_v1_set_release_point(
		points->surface, points->timeline, (uint32_t)(release >> 32), (uint32_t)release);
}

void points_destroy(const struct points *points) {
	wp_linux_drm_syncobj_timeline_v1_destroy(world_forget(points->timeline));
	wp_linux_drm_syncobj_surface_v1_destroy(world_forget(points->surface));
}

static void handle_fenced(
	void *data, struct zwp_linux_buffer_release_v1 *release, int32_t fence_fd) {
	struct spoken *spoken = data;
	spoken->fenced++;
	spoken->fence_fd = keep_fd(fence_fd);
}

static void handle_immediate(void *data, struct zwp_linux_buffer_release_v1 *release) {
	((struct spoken *)data)->immediate++;
}

void get_release(struct zwp_linux_surface_synchronization_v1 *sync, struct spoken *spoken) {
	static const struct zwp_linux_buffer_release_v1_listener listener = {
		.fenced_release = handle_fenced,
		.immediate_release = handle_immediate,
	};
	zwp_linux_buffer_release_v1_add_listener(
		world_keep(zwp_linux_surface_synchronization_v1_get_release(sync)), &listener,
		spoken);
}

struct wl_buffer *dmabuf_create(int fence_fd) {
	struct zwp_linux_buffer_params_v1 *params = zwp_linux_dmabuf_v1_create_params(world.dmabuf);
	int fd = kernel_dmabuf_create(fence_fd);
	zwp_linux_buffer_params_v1_add(params, fd, 0, 0, 64 * 4, 0, 0);
	close(fd);
	struct wl_buffer *buffer =
		zwp_linux_buffer_params_v1_create_immed(params, 64, 64, DRM_FORMAT_XRGB8888, 0);
	zwp_linux_buffer_params_v1_destroy(params);
	return buffer;
}

struct wl_buffer *shm_create(void) {
	return wire_shm_buffer(world.shm, 64, 64);
}

void surface_commit(struct surface *surface, struct wl_buffer *buffer) {
	wl_surface_attach(surface->wl, buffer, 0, 0);
	wl_surface_commit(surface->wl);
	world_sync();
}

void surface_draw(struct surface *surface, int fence_fd) {
	struct wl_buffer *buffer = dmabuf_create(fence_fd);
	wl_surface_attach(surface->wl, buffer, 0, 0);
	wl_surface_commit(surface->wl);
	wl_buffer_destroy(buffer);
	world_sync();
}

void surface_draw_explicit(struct surface *surface, int fence_fd) {
	zwp_linux_surface_synchronization_v1_set_acquire_fence(
		surface_get_explicit(surface), fence_fd);
	surface_draw(surface, -1);
}

static bool is(void *data, struct wlr_surface *surface) {
	return surface == data;
}

void surface_latch(struct surface *surface) {
	latch_gate_latched(world.gate, is, surface->server);
}

void steps_run(const struct steps *row) {
	const char *interface = NULL;
	for (size_t i = 0; i < LEN(row->steps) && row->steps[i] != NULL; i++) {
		row->steps[i]();
	}
	assert_int_equal(world_error(&interface), row->code);
	if (row->interface != NULL) {
		assert_string_equal(interface, row->interface);
	}
}
