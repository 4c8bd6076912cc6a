/*
 * Clients that break a rule: each gets the error of that rule, and nobody else notices.
 */
#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "case.h"
#include "client.h"
#include "victim.h"

/* Frames in a quarter of a second: it may miss a few while the others are set up. */
#define ALIVE 10

static struct victim victim;

/* The victim is looked after in the same case, so that a failure has a name. */
static void begin(struct client *client) {
	victim_start(&victim);
	client_connect(client);
}

static void expect(struct client *client, const char *interface, int code) {
	const char *got_interface;
	int got = client_error(client, &got_interface, 2000);
	CHECK(got == code && strcmp(got_interface, interface) == 0, "error %d of %s, not %d of %s",
		got, got_interface, code, interface);
	victim_check_alive(&victim, ALIVE);
	victim_stop(&victim);
}

static void two_roles(void) {
	struct client client;
	struct surface parent, sub;
	begin(&client);
	surface_init_window(&parent, &client, "parent");
	surface_init_subsurface(&sub, &client, &parent, 0, 0);
	struct xdg_surface *xdg_surface =
		xdg_wm_base_get_xdg_surface(client.wm_base, sub.wl_surface);
	/* xdg-shell lets the compositor say so here, or when the role is given. */
	xdg_surface_get_toplevel(xdg_surface);
	expect(&client, "xdg_wm_base", XDG_WM_BASE_ERROR_ROLE);
}

static void unconfigured(void) {
	struct client client;
	struct memory memory;
	struct buffer buffer;
	begin(&client);
	struct wl_surface *surface = wl_compositor_create_surface(client.compositor);
	struct xdg_surface *xdg_surface = xdg_wm_base_get_xdg_surface(client.wm_base, surface);
	xdg_surface_get_toplevel(xdg_surface);
	buffer_init_shm(&buffer, &client, &memory, 32, 32, false);
	wl_surface_attach(surface, buffer.wl_buffer, 0, 0);
	wl_surface_commit(surface);
	expect(&client, "xdg_surface", XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER);
}

static void bad_viewport(void) {
	struct client client;
	struct surface surface;
	struct memory memory;
	struct buffer buffer;
	begin(&client);
	surface_init_window(&surface, &client, "viewport");
	memory_init_udmabuf(&memory, 64, 64);
	buffer_init(&buffer, &client, &memory, DRM_FORMAT_XRGB8888);
	struct wp_viewport *viewport =
		wp_viewporter_get_viewport(client.viewporter, surface.wl_surface);
	wp_viewport_set_source(
		viewport, wl_fixed_from_int(32), 0, wl_fixed_from_int(64), wl_fixed_from_int(64));
	surface_commit(&surface, &buffer, NULL, -1);
	expect(&client, "wp_viewport", WP_VIEWPORT_ERROR_OUT_OF_BUFFER);
}

/* --- dma-bufs -------------------------------------------------------------- */

struct answer {
	bool created, failed;
};

static void handle_created(
	void *data, struct zwp_linux_buffer_params_v1 *params, struct wl_buffer *buffer) {
	struct answer *answer = data;
	answer->created = true;
}

static void handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params) {
	struct answer *answer = data;
	answer->failed = true;
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = handle_created,
	.failed = handle_failed,
};

struct plane {
	int fd;
	uint32_t index, offset, stride;
};

static struct zwp_linux_buffer_params_v1 *make_params(
	struct client *client, struct answer *answer, const struct plane *planes, size_t len) {
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(client->dmabuf);
	*answer = (struct answer){0};
	zwp_linux_buffer_params_v1_add_listener(params, &params_listener, answer);
	for (size_t i = 0; i < len; i++) {
		zwp_linux_buffer_params_v1_add(params, planes[i].fd, planes[i].index,
			planes[i].offset, planes[i].stride, 0, 0);
	}
	return params;
}

/* What can only be found out by trying is answered by `failed`; the client lives. */
static void expect_failed(struct client *client, struct answer *answer, const char *what) {
	int64_t end_ns = now_ns() + 2000 * MS;
	while (!answer->created && !answer->failed && client_pump(client, end_ns)) {
	}
	CHECK(!answer->created, "%s: a buffer was created", what);
	CHECK(answer->failed, "%s: no answer", what);
}

static void no_dmabuf(void) {
	struct client client;
	struct answer answer;
	begin(&client);
	int memfd = memfd_create("no dma-buf", MFD_CLOEXEC);
	CHECK(memfd >= 0 && ftruncate(memfd, 1 << 20) == 0, "memfd");
	struct plane plane = {memfd, 0, 0, 256};
	zwp_linux_buffer_params_v1_create(
		make_params(&client, &answer, &plane, 1), 64, 64, DRM_FORMAT_XRGB8888, 0);
	expect_failed(&client, &answer, "a memfd");
	int fds[2];
	CHECK(pipe(fds) == 0, "pipe");
	plane.fd = fds[0];
	zwp_linux_buffer_params_v1_create(
		make_params(&client, &answer, &plane, 1), 64, 64, DRM_FORMAT_XRGB8888, 0);
	expect_failed(&client, &answer, "a pipe");
	victim_check_alive(&victim, ALIVE);
	victim_stop(&victim);
}

static void handle_release(void *data, struct wl_buffer *wl_buffer) {
	struct buffer *buffer = data;
	buffer->releases++;
}

static const struct wl_buffer_listener buffer_listener = {.release = handle_release};

/* The client uses the wl_buffer before it hears that there is nothing behind it. */
static void failed_buffer_shown(void) {
	struct client client;
	struct answer answer;
	struct surface surface;
	struct buffer buffer = {0};
	begin(&client);
	surface_init_window(&surface, &client, "failed");
	int memfd = memfd_create("no dma-buf", MFD_CLOEXEC);
	CHECK(memfd >= 0 && ftruncate(memfd, 1 << 20) == 0, "memfd");
	struct plane plane = {memfd, 0, 0, 256};
	buffer.wl_buffer = zwp_linux_buffer_params_v1_create_immed(
		make_params(&client, &answer, &plane, 1), 64, 64, DRM_FORMAT_XRGB8888, 0);
	wl_buffer_add_listener(buffer.wl_buffer, &buffer_listener, &buffer);
	surface_commit(&surface, &buffer, NULL, -1);
	expect_failed(&client, &answer, "a memfd");
	surface_wait_callback(&surface, 2000);
	wl_surface_attach(surface.wl_surface, NULL, 0, 0);
	wl_surface_commit(surface.wl_surface);
	int64_t end_ns = now_ns() + 2000 * MS;
	while (buffer.releases == 0 && client_pump(&client, end_ns)) {
	}
	CHECK(buffer.releases == 1, "%d releases", buffer.releases);
	victim_check_alive(&victim, ALIVE);
	victim_stop(&victim);
}

/* Either `failed`, or the protocol error that is made for it. */
static void expect_failed_or(
	struct client *client, struct answer *answer, const char *what, int code) {
	int64_t end_ns = now_ns() + 2000 * MS;
	const char *interface = "none";
	int got = -1;
	while (!answer->created && !answer->failed && got < 0 && now_ns() < end_ns) {
		got = client_error(client, &interface, 20);
	}
	CHECK(!answer->created, "%s: a buffer was created", what);
	CHECK(answer->failed ||
			(got == code && strcmp(interface, "zwp_linux_buffer_params_v1") == 0),
		"%s: error %d of %s", what, got, interface);
	victim_check_alive(&victim, ALIVE);
	victim_stop(&victim);
}

/* The protocol has out_of_bounds for what a look at the numbers tells. */
static void too_small(void) {
	struct client client;
	struct answer answer;
	struct memory memory;
	begin(&client);
	memory_init_udmabuf(&memory, 64, 64);
	struct plane plane = {memory.fd, 0, 0, memory.stride};
	zwp_linux_buffer_params_v1_create(
		make_params(&client, &answer, &plane, 1), 64, 512, DRM_FORMAT_XRGB8888, 0);
	expect_failed_or(&client, &answer, "larger than its memory",
		ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_OUT_OF_BOUNDS);
}

static void narrow_stride(void) {
	struct client client;
	struct answer answer;
	struct memory memory;
	begin(&client);
	memory_init_udmabuf(&memory, 256, 64);
	struct plane plane = {memory.fd, 0, 0, 64};
	zwp_linux_buffer_params_v1_create(
		make_params(&client, &answer, &plane, 1), 256, 64, DRM_FORMAT_XRGB8888, 0);
	expect_failed_or(&client, &answer, "rows that overlap",
		ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_OUT_OF_BOUNDS);
}

static void bad_params(
	const struct plane *planes, size_t len, int32_t width, uint32_t format, int code) {
	struct client client;
	struct answer answer;
	begin(&client);
	zwp_linux_buffer_params_v1_create(
		make_params(&client, &answer, planes, len), width, 64, format, 0);
	expect(&client, "zwp_linux_buffer_params_v1", code);
}

static void unknown_format(void) {
	struct client client;
	struct answer answer;
	struct memory memory;
	begin(&client);
	memory_init_udmabuf(&memory, 64, 64);
	struct plane plane = {memory.fd, 0, 0, memory.stride};
	zwp_linux_buffer_params_v1_create(
		make_params(&client, &answer, &plane, 1), 64, 64, 0x3f3f3f3f, 0);
	expect_failed_or(
		&client, &answer, "no format", ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT);
}

static void no_plane(void) {
	bad_params(NULL, 0, 64, DRM_FORMAT_XRGB8888, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE);
}

static void plane_gap(void) {
	struct memory memory;
	memory_init_udmabuf(&memory, 64, 128);
	const struct plane planes[] = {
		{memory.fd, 0, 0, memory.stride}, {memory.fd, 2, 0, memory.stride}};
	bad_params(planes, 2, 64, DRM_FORMAT_YUV420, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE);
}

static void plane_index(void) {
	struct memory memory;
	memory_init_udmabuf(&memory, 64, 64);
	const struct plane planes[] = {{memory.fd, 4, 0, memory.stride}};
	bad_params(planes, 1, 64, DRM_FORMAT_XRGB8888, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_IDX);
}

static void plane_twice(void) {
	struct memory memory;
	memory_init_udmabuf(&memory, 64, 64);
	const struct plane planes[] = {
		{memory.fd, 0, 0, memory.stride}, {memory.fd, 0, 0, memory.stride}};
	bad_params(planes, 2, 64, DRM_FORMAT_XRGB8888, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_SET);
}

static void no_width(void) {
	struct memory memory;
	memory_init_udmabuf(&memory, 64, 64);
	const struct plane planes[] = {{memory.fd, 0, 0, memory.stride}};
	bad_params(planes, 1, 0, DRM_FORMAT_XRGB8888,
		ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_DIMENSIONS);
}

static void used_twice(void) {
	struct client client;
	struct answer answer;
	struct memory memory;
	begin(&client);
	memory_init_udmabuf(&memory, 64, 64);
	struct plane plane = {memory.fd, 0, 0, memory.stride};
	struct zwp_linux_buffer_params_v1 *params = make_params(&client, &answer, &plane, 1);
	zwp_linux_buffer_params_v1_create(params, 64, 64, DRM_FORMAT_XRGB8888, 0);
	zwp_linux_buffer_params_v1_create(params, 64, 64, DRM_FORMAT_XRGB8888, 0);
	expect(&client, "zwp_linux_buffer_params_v1",
		ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_ALREADY_USED);
}

/* --- linux-drm-syncobj-v1 --------------------------------------------------- */

struct syncobj_scene {
	struct client client;
	struct surface surface;
	struct memory memory;
	struct buffer buffer;
};

static void syncobj_begin(struct syncobj_scene *scene) {
	begin(&scene->client);
	surface_init_window(&scene->surface, &scene->client, "syncobj");
	surface_use(&scene->surface, KIND_SYNCOBJ);
	memory_init_udmabuf(&scene->memory, 64, 64);
	buffer_init(&scene->buffer, &scene->client, &scene->memory, DRM_FORMAT_XRGB8888);
}

static void set_points(struct surface *surface, int acquire, int release) {
	if (acquire > 0) {
		wp_linux_drm_syncobj_surface_v1_set_acquire_point(
			surface->syncobj, surface->wl_acquire, 0, (uint32_t)acquire);
	}
	if (release > 0) {
		wp_linux_drm_syncobj_surface_v1_set_release_point(
			surface->syncobj, surface->wl_release, 0, (uint32_t)release);
	}
}

static void expect_syncobj(struct syncobj_scene *scene, struct wl_buffer *buffer, int code) {
	if (buffer != NULL) {
		wl_surface_attach(scene->surface.wl_surface, buffer, 0, 0);
	}
	wl_surface_commit(scene->surface.wl_surface);
	expect(&scene->client, "wp_linux_drm_syncobj_surface_v1", code);
}

static void no_release_point(void) {
	struct syncobj_scene scene;
	syncobj_begin(&scene);
	set_points(&scene.surface, 1, 0);
	expect_syncobj(&scene, scene.buffer.wl_buffer,
		WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_RELEASE_POINT);
}

static void no_acquire_point(void) {
	struct syncobj_scene scene;
	syncobj_begin(&scene);
	set_points(&scene.surface, 0, 1);
	expect_syncobj(&scene, scene.buffer.wl_buffer,
		WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_ACQUIRE_POINT);
}

static void points_without_buffer(void) {
	struct syncobj_scene scene;
	syncobj_begin(&scene);
	set_points(&scene.surface, 1, 2);
	expect_syncobj(&scene, NULL, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_BUFFER);
}

static void conflicting_points(void) {
	struct syncobj_scene scene;
	syncobj_begin(&scene);
	wp_linux_drm_syncobj_surface_v1_set_acquire_point(
		scene.surface.syncobj, scene.surface.wl_acquire, 0, 7);
	wp_linux_drm_syncobj_surface_v1_set_release_point(
		scene.surface.syncobj, scene.surface.wl_acquire, 0, 7);
	expect_syncobj(&scene, scene.buffer.wl_buffer,
		WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_CONFLICTING_POINTS);
}

static void points_with_shm(void) {
	struct syncobj_scene scene;
	struct memory memory;
	struct buffer buffer;
	syncobj_begin(&scene);
	buffer_init_shm(&buffer, &scene.client, &memory, 64, 64, false);
	set_points(&scene.surface, 1, 1);
	expect_syncobj(
		&scene, buffer.wl_buffer, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_UNSUPPORTED_BUFFER);
}

static void points_after_surface(void) {
	struct syncobj_scene scene;
	syncobj_begin(&scene);
	xdg_toplevel_destroy(scene.surface.toplevel);
	xdg_surface_destroy(scene.surface.xdg_surface);
	wl_surface_destroy(scene.surface.wl_surface);
	set_points(&scene.surface, 1, 0);
	expect(&scene.client, "wp_linux_drm_syncobj_surface_v1",
		WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_SURFACE);
}

static void second_syncobj_surface(void) {
	struct syncobj_scene scene;
	syncobj_begin(&scene);
	wp_linux_drm_syncobj_manager_v1_get_surface(scene.client.syncobj, scene.surface.wl_surface);
	expect(&scene.client, "wp_linux_drm_syncobj_manager_v1",
		WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_SURFACE_EXISTS);
}

static void no_timeline(void) {
	struct syncobj_scene scene;
	syncobj_begin(&scene);
	wp_linux_drm_syncobj_manager_v1_import_timeline(scene.client.syncobj, scene.memory.fd);
	expect(&scene.client, "wp_linux_drm_syncobj_manager_v1",
		WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_INVALID_TIMELINE);
}

/* --- zwp_linux_explicit_synchronization_v1 ----------------------------------- */

static void zwp_begin(struct syncobj_scene *scene) {
	begin(&scene->client);
	surface_init_window(&scene->surface, &scene->client, "zwp");
	surface_use(&scene->surface, KIND_SYNC_FILE);
	memory_init_udmabuf(&scene->memory, 64, 64);
	buffer_init(&scene->buffer, &scene->client, &scene->memory, DRM_FORMAT_XRGB8888);
}

static void expect_zwp(struct syncobj_scene *scene, int code) {
	expect(&scene->client, "zwp_linux_surface_synchronization_v1", code);
}

static void no_fence(void) {
	struct syncobj_scene scene;
	zwp_begin(&scene);
	zwp_linux_surface_synchronization_v1_set_acquire_fence(
		scene.surface.explicit_sync, scene.memory.fd);
	expect_zwp(&scene, ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_INVALID_FENCE);
}

static void two_fences(void) {
	struct syncobj_scene scene;
	zwp_begin(&scene);
	int fd = drm_fence_signalled();
	zwp_linux_surface_synchronization_v1_set_acquire_fence(scene.surface.explicit_sync, fd);
	zwp_linux_surface_synchronization_v1_set_acquire_fence(scene.surface.explicit_sync, fd);
	expect_zwp(&scene, ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_DUPLICATE_FENCE);
}

static void two_releases(void) {
	struct syncobj_scene scene;
	zwp_begin(&scene);
	zwp_linux_surface_synchronization_v1_get_release(scene.surface.explicit_sync);
	zwp_linux_surface_synchronization_v1_get_release(scene.surface.explicit_sync);
	expect_zwp(&scene, ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_DUPLICATE_RELEASE);
}

static void fence_without_buffer(void) {
	struct syncobj_scene scene;
	zwp_begin(&scene);
	zwp_linux_surface_synchronization_v1_set_acquire_fence(
		scene.surface.explicit_sync, drm_fence_signalled());
	wl_surface_commit(scene.surface.wl_surface);
	expect_zwp(&scene, ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_NO_BUFFER);
}

static void fence_with_shm(void) {
	struct syncobj_scene scene;
	struct memory memory;
	struct buffer buffer;
	zwp_begin(&scene);
	buffer_init_shm(&buffer, &scene.client, &memory, 64, 64, false);
	zwp_linux_surface_synchronization_v1_set_acquire_fence(
		scene.surface.explicit_sync, drm_fence_signalled());
	wl_surface_attach(scene.surface.wl_surface, buffer.wl_buffer, 0, 0);
	wl_surface_commit(scene.surface.wl_surface);
	expect_zwp(&scene, ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_UNSUPPORTED_BUFFER);
}

static void second_zwp_surface(void) {
	struct syncobj_scene scene;
	zwp_begin(&scene);
	zwp_linux_explicit_synchronization_v1_get_synchronization(
		scene.client.explicit_sync, scene.surface.wl_surface);
	expect(&scene.client, "zwp_linux_explicit_synchronization_v1",
		ZWP_LINUX_EXPLICIT_SYNCHRONIZATION_V1_ERROR_SYNCHRONIZATION_EXISTS);
}

static void fence_after_surface(void) {
	struct syncobj_scene scene;
	zwp_begin(&scene);
	xdg_toplevel_destroy(scene.surface.toplevel);
	xdg_surface_destroy(scene.surface.xdg_surface);
	wl_surface_destroy(scene.surface.wl_surface);
	zwp_linux_surface_synchronization_v1_set_acquire_fence(
		scene.surface.explicit_sync, drm_fence_signalled());
	expect_zwp(&scene, ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_NO_SURFACE);
}

int main(int argc, char **argv) {
	static const struct test_case cases[] = {
		{"a surface with two roles is refused", two_roles, 0},
		{"a buffer before the first configure is refused", unconfigured, 0},
		{"a viewport beyond its buffer is refused", bad_viewport, 0},
		{"files that are no dma-bufs are refused", no_dmabuf, 0},
		{"a buffer that failed is shown as nothing", failed_buffer_shown, 0},
		{"a dma-buf that is too small is refused", too_small, 0},
		{"a stride narrower than a row is refused", narrow_stride, 0},
		{"an unknown format is refused", unknown_format, 0},
		{"a buffer without planes is refused", no_plane, 0},
		{"a buffer with a gap in its planes is refused", plane_gap, 0},
		{"a fifth plane is refused", plane_index, 0},
		{"a plane set twice is refused", plane_twice, 0},
		{"a buffer without width is refused", no_width, 0},
		{"params used twice are refused", used_twice, 0},
		{"syncobj: no release point", no_release_point, 0},
		{"syncobj: no acquire point", no_acquire_point, 0},
		{"syncobj: points without a buffer", points_without_buffer, 0},
		{"syncobj: conflicting points", conflicting_points, 0},
		{"syncobj: points with shared memory", points_with_shm, 0},
		{"syncobj: points after the surface", points_after_surface, 0},
		{"syncobj: a second object for a surface", second_syncobj_surface, 0},
		{"syncobj: a timeline that is none", no_timeline, 0},
		{"sync_file: a fence that is none", no_fence, 0},
		{"sync_file: two fences in a commit", two_fences, 0},
		{"sync_file: two releases in a commit", two_releases, 0},
		{"sync_file: a fence without a buffer", fence_without_buffer, 0},
		{"sync_file: a fence with shared memory", fence_with_shm, 0},
		{"sync_file: a second object for a surface", second_zwp_surface, 0},
		{"sync_file: a fence after the surface", fence_after_surface, 0},
	};
	return test_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
