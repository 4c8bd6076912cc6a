#include "world.h"

#include <dirent.h>
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/util/log.h>

#include "../wire.h"

int count_fds(void) {
	DIR *dir = opendir("/proc/self/fd");
	assert_non_null(dir);
	int count = 0;
	while (readdir(dir) != NULL) {
		count++;
	}
	closedir(dir);
	return count;
}

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

static bool can_scanout(void *data, const struct wlr_dmabuf_attributes *dmabuf) {
	struct world *world = data;
	world->asked++;
	return world->can_scanout;
}

static bool can_compose(void *data, const struct wlr_dmabuf_attributes *dmabuf) {
	struct world *world = data;
	world->asked++;
	return world->can_compose;
}

/* What every renderer can compose. */
static void add_composed_formats(struct wlr_drm_format_set *formats) {
	static const uint32_t fourccs[] = {
		DRM_FORMAT_XRGB8888,
		DRM_FORMAT_ARGB8888,
		DRM_FORMAT_XBGR8888,
		DRM_FORMAT_ABGR8888,
	};
	for (size_t i = 0; i < sizeof(fourccs) / sizeof(fourccs[0]); i++) {
		assert_true(wlr_drm_format_set_add(formats, fourccs[i], DRM_FORMAT_MOD_LINEAR));
		assert_true(wlr_drm_format_set_add(formats, fourccs[i], DRM_FORMAT_MOD_INVALID));
	}
}

static void handle_client_destroy(struct wl_listener *listener, void *data) {
	struct world *world = wl_container_of(listener, world, client_destroy);
	world->server_client = NULL;
}

static void handle_format(void *data, struct zwp_linux_dmabuf_v1 *manager, uint32_t format) {
	((struct world *)data)->formats++;
}

static void handle_modifier(void *data, struct zwp_linux_dmabuf_v1 *manager, uint32_t format,
	uint32_t hi, uint32_t lo) {
	struct world *world = data;
	world->modifiers++;
	world->last_modifier = (uint64_t)hi << 32 | lo;
}

static const struct zwp_linux_dmabuf_v1_listener manager_listener = {
	.format = handle_format,
	.modifier = handle_modifier,
};

void world_sync(struct world *world) {
	wire_pump(world->server, world->client, 4);
}

void world_bind(struct world *world) {
	const bool had_manager = world->manager != NULL;
	struct wire_global globals[] = {
		{&wl_compositor_interface, 4, &world->compositor},
		{&zwp_linux_dmabuf_v1_interface, world->manager_version, &world->manager},
		{0},
	};
	wire_bind(world->server, world->client, globals);
	assert_non_null(world->compositor);
	assert_non_null(world->manager);
	if (!had_manager) {
		assert_int_equal(globals[1].offered, 5);
		zwp_linux_dmabuf_v1_add_listener(world->manager, &manager_listener, world);
	}
	world_sync(world);
}

static void init_planes(struct world *world) {
	struct kms_format_set *primary = &world->planes[0].formats;
	struct kms_format_set *overlay = &world->planes[1].formats;
	int ret = kms_format_set_add(primary, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR) |
		  kms_format_set_add(primary, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_INVALID) |
		  kms_format_set_add(overlay, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR) |
		  kms_format_set_add(overlay, DRM_FORMAT_XRGB8888, I915_FORMAT_MOD_X_TILED) |
		  kms_format_set_add(overlay, DRM_FORMAT_NV12, DRM_FORMAT_MOD_LINEAR);
	assert_int_equal(ret, 0);
}

void world_init(struct world *world, uint32_t version) {
	const struct latch_limits limits = latch_limits_default();
	world_init_with(world, version, &limits);
}

void world_init_with(struct world *world, uint32_t version, const struct latch_limits *limits) {
	wlr_log_init(WLR_SILENT, NULL);
	*world = (struct world){
		.fds_before = count_fds(),
		.can_scanout = true,
		.manager_version = version,
	};
	init_planes(world);
	world->kms_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct stat st;
	assert_int_equal(fstat(world->kms_fd, &st), 0);
	world->kms_device = st.st_rdev;
	world->server = wl_display_create();
	world->clients = latch_clients_create(world->server, limits, NULL);
	assert_non_null(world->clients);
	assert_non_null(wlr_compositor_create(world->server, 6, NULL));
	struct wlr_drm_format_set composed = {0};
	add_composed_formats(&composed);
	world->dmabuf = latch_dmabuf_create(&(struct latch_dmabuf_options){
		.display = world->server,
		.kms_fd = world->kms_fd,
		.planes = world->planes,
		.planes_len = 2,
		.scanout_formats = &world->planes[0].formats,
		.main_device = MAIN_DEVICE,
		.can_scanout = can_scanout,
		.can_compose = can_compose,
		.composed_formats = &composed,
		.data = world,
		.test_probe =
			&(struct latch_dmabuf_probe){.is_dmabuf = is_dmabuf, .size = size_of},
	});
	wlr_drm_format_set_finish(&composed);
	assert_non_null(world->dmabuf);

	world->server_client = wire_connect(world->server, &world->client);
	assert_non_null(world->server_client);
	world->client_destroy.notify = handle_client_destroy;
	wl_client_add_destroy_listener(world->server_client, &world->client_destroy);
	world->account = latch_account_ref(latch_account_find(world->server_client));
	world_bind(world);
}

void world_finish(struct world *world) {
	if (world->manager != NULL) {
		zwp_linux_dmabuf_v1_destroy(world->manager);
	}
	wl_compositor_destroy(world->compositor);
	wl_display_flush(world->client);
	wl_display_disconnect(world->client);
	wl_event_loop_dispatch(wl_display_get_event_loop(world->server), 0);
	wl_event_loop_dispatch(wl_display_get_event_loop(world->server), 0);
	assert_null(world->server_client);
	for (int i = 0; i < LATCH_LIMIT_COUNT; i++) {
		assert_int_equal(latch_account_get(world->account, (enum latch_limit)i), 0);
	}
	latch_account_unref(world->account);
	wl_display_destroy_clients(world->server);
	latch_dmabuf_destroy(world->dmabuf);
	latch_clients_destroy(world->clients);
	wl_display_destroy(world->server);
	close(world->kms_fd);
	kms_format_set_finish(&world->planes[0].formats);
	kms_format_set_finish(&world->planes[1].formats);
	assert_int_equal(count_fds(), world->fds_before);
}

int world_error(struct world *world, const char *interface) {
	world_sync(world);
	int error = wl_display_get_error(world->client);
	if (error == 0) {
		return -1;
	}
	assert_int_equal(error, EPROTO);
	const struct wl_interface *of = NULL;
	uint32_t id;
	int code = (int)wl_display_get_protocol_error(world->client, &of, &id);
	assert_non_null(of);
	assert_string_equal(of->name, interface);
	return code;
}

bool world_is_refused(struct world *world) {
	world_sync(world);
	/* What libwayland makes of it. */
	return wl_display_get_error(world->client) == ENOMEM;
}

struct wlr_surface *world_surface(struct world *world, struct wl_surface *surface) {
	world_sync(world);
	struct wl_resource *resource = wl_client_get_object(
		world->server_client, wl_proxy_get_id((struct wl_proxy *)surface));
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

struct wlr_buffer *world_show(
	struct world *world, struct wl_surface *surface, struct wl_buffer *buffer) {
	struct commit commit = {.listener.notify = handle_commit};
	wl_signal_add(&world_surface(world, surface)->events.commit, &commit.listener);
	wl_surface_attach(surface, buffer, 0, 0);
	wl_surface_commit(surface);
	world_sync(world);
	wl_list_remove(&commit.listener.link);
	assert_non_null(commit.buffer);
	return commit.buffer;
}
