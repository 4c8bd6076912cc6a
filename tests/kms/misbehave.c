/*
 * Clients that break a rule: each gets the error of that rule, and nobody else notices.
 */
#include <drm_fourcc.h>
#include <string.h>
#include <unistd.h>

#include "case.h"
#include "client.h"
#include "victim.h"

/* Frames in a quarter of a second: it may miss a few while the others are set up. */
#define ALIVE 10
#define SIZE 64

/* A case has a process of its own, and one of each of these. */
static struct client client;
static struct surface surface;
static struct buffer buffer;

/* The victim is looked after in the same case, so that a failure has a name. */
static void begin(void) {
	victim_start();
	client_connect(&client);
}

static void begin_with_buffer(enum fence_kind kind) {
	begin();
	surface_init_window(&surface, &client, "misbehave");
	surface_use(&surface, kind);
	buffer_init(&buffer, &client, memory_init_udmabuf, SIZE, SIZE, DRM_FORMAT_XRGB8888);
}

static void end(void) {
	victim_check_alive(ALIVE);
	victim_stop();
}

static void expect(const char *interface, int code) {
	const char *got_interface;
	int got = client_error(&client, &got_interface, 2000);
	CHECK(got == code && strcmp(got_interface, interface) == 0, "error %d of %s, not %d of %s",
		got, got_interface, code, interface);
	end();
}

static void two_roles(void) {
	struct surface sub;
	begin();
	surface_init_window(&surface, &client, "parent");
	surface_init_subsurface(&sub, &client, &surface, 0, 0);
	struct xdg_surface *xdg_surface =
		xdg_wm_base_get_xdg_surface(client.wm_base, sub.wl_surface);
	/* xdg-shell lets the compositor say so here, or when the role is given. */
	xdg_surface_get_toplevel(xdg_surface);
	expect("xdg_wm_base", XDG_WM_BASE_ERROR_ROLE);
}

static void unconfigured(void) {
	begin();
	struct wl_surface *wl_surface = wl_compositor_create_surface(client.compositor);
	xdg_surface_get_toplevel(xdg_wm_base_get_xdg_surface(client.wm_base, wl_surface));
	buffer_init_shm(&buffer, &client, 32, 32, false);
	wl_surface_attach(wl_surface, buffer.wl_buffer, 0, 0);
	wl_surface_commit(wl_surface);
	expect("xdg_surface", XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER);
}

static void bad_viewport(void) {
	begin_with_buffer(KIND_NONE);
	struct wp_viewport *viewport =
		wp_viewporter_get_viewport(client.viewporter, surface.wl_surface);
	wp_viewport_set_source(viewport, wl_fixed_from_int(SIZE / 2), 0, wl_fixed_from_int(SIZE),
		wl_fixed_from_int(SIZE));
	surface_commit(&surface, &buffer, NULL, -1);
	expect("wp_viewport", WP_VIEWPORT_ERROR_OUT_OF_BUFFER);
}

/* --- dma-bufs -------------------------------------------------------------- */

/* What can only be found out by trying is answered by `failed`; the client lives. */
static void expect_failed(struct offer *offer) {
	offer_wait(&client, offer);
	CHECK(offer->answer == ANSWER_FAILED, "the answer is %s",
		offer->answer == ANSWER_CREATED ? "created" : "none");
}

static struct zwp_linux_buffer_params_v1 *make_memfd_params(struct offer *offer) {
	struct memory memory;
	memory_init_memfd(&memory, SIZE, SIZE);
	struct buffer_plane plane = {memory.fd, .stride = memory.stride};
	return params_create(&client, &plane, 1, offer);
}

static void no_dmabuf(void) {
	struct offer offer;
	int fds[2];
	begin();
	zwp_linux_buffer_params_v1_create(
		make_memfd_params(&offer), SIZE, SIZE, DRM_FORMAT_XRGB8888, 0);
	expect_failed(&offer);
	CHECK(pipe(fds) == 0, "pipe");
	struct buffer_plane plane = {fds[0], .stride = SIZE * 4};
	zwp_linux_buffer_params_v1_create(
		params_create(&client, &plane, 1, &offer), SIZE, SIZE, DRM_FORMAT_XRGB8888, 0);
	expect_failed(&offer);
	end();
}

/* The client uses the wl_buffer before it hears that there is nothing behind it. */
static void failed_buffer_shown(void) {
	struct offer offer;
	begin_with_buffer(KIND_NONE);
	buffer_init_from_params(
		&buffer, make_memfd_params(&offer), SIZE, SIZE, DRM_FORMAT_XRGB8888);
	surface_commit(&surface, &buffer, NULL, -1);
	expect_failed(&offer);
	surface_wait_callback(&surface, 2000);
	wl_surface_attach(surface.wl_surface, NULL, 0, 0);
	wl_surface_commit(surface.wl_surface);
	int64_t end_ns = now_ns() + 2000 * MS;
	while (buffer.releases == 0 && client_pump(&client, end_ns)) {
	}
	CHECK(buffer.releases == 1, "%d releases", buffer.releases);
	end();
}

#define PARAMS_ERROR(name) ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_##name

/* Params whose numbers are wrong. The protocol lets the compositor fail some of them as well. */
enum {
	TOO_SMALL,
	NARROW_STRIDE,
	UNKNOWN_FORMAT,
	NO_PLANE,
	PLANE_GAP,
	PLANE_INDEX,
	PLANE_TWICE,
	NO_WIDTH,
};

static const struct bad_params {
	int32_t width, height;
	uint32_t format;
	uint32_t planes, indices[2];
	uint32_t memory_width, memory_height, stride; // of each plane; 0: the memory's stride
	int code;
	bool may_fail;
} bad_params[] = {
	[TOO_SMALL] = {64, 512, DRM_FORMAT_XRGB8888, 1, {0}, 64, 64, 0, PARAMS_ERROR(OUT_OF_BOUNDS),
		true},
	[NARROW_STRIDE] = {256, 64, DRM_FORMAT_XRGB8888, 1, {0}, 256, 64, 64,
		PARAMS_ERROR(OUT_OF_BOUNDS), true},
	[UNKNOWN_FORMAT] = {64, 64, 0x3f3f3f3f, 1, {0}, 64, 64, 0, PARAMS_ERROR(INVALID_FORMAT),
		true},
	[NO_PLANE] = {64, 64, DRM_FORMAT_XRGB8888, 0, {0}, 64, 64, 0, PARAMS_ERROR(INCOMPLETE),
		false},
	[PLANE_GAP] = {64, 64, DRM_FORMAT_YUV420, 2, {0, 2}, 64, 128, 0, PARAMS_ERROR(INCOMPLETE),
		false},
	[PLANE_INDEX] = {64, 64, DRM_FORMAT_XRGB8888, 1, {4}, 64, 64, 0, PARAMS_ERROR(PLANE_IDX),
		false},
	[PLANE_TWICE] = {64, 64, DRM_FORMAT_XRGB8888, 2, {0, 0}, 64, 64, 0, PARAMS_ERROR(PLANE_SET),
		false},
	[NO_WIDTH] = {0, 64, DRM_FORMAT_XRGB8888, 1, {0}, 64, 64, 0,
		PARAMS_ERROR(INVALID_DIMENSIONS), false},
};

static void run_bad_params(int which) {
	const struct bad_params *bad = &bad_params[which];
	struct buffer_plane planes[2];
	struct memory memory;
	struct offer offer;
	begin();
	memory_init_udmabuf(&memory, bad->memory_width, bad->memory_height);
	for (uint32_t i = 0; i < bad->planes; i++) {
		planes[i] = (struct buffer_plane){memory.fd, bad->indices[i],
			.stride = bad->stride != 0 ? bad->stride : memory.stride};
	}
	zwp_linux_buffer_params_v1_create(params_create(&client, planes, bad->planes, &offer),
		bad->width, bad->height, bad->format, 0);
	const char *interface = "none";
	int64_t end_ns = now_ns() + 2000 * MS;
	int code = -1;
	while (offer.answer == ANSWER_NONE && code < 0 && now_ns() < end_ns) {
		code = client_error(&client, &interface, 20);
	}
	CHECK((bad->may_fail && offer.answer == ANSWER_FAILED) ||
			(offer.answer == ANSWER_NONE && code == bad->code &&
				strcmp(interface, "zwp_linux_buffer_params_v1") == 0),
		"error %d of %s; the answer is %d", code, interface, (int)offer.answer);
	end();
}

static void used_twice(void) {
	struct offer offer;
	begin_with_buffer(KIND_NONE);
	struct buffer_plane plane = {buffer.memory.fd, .stride = buffer.memory.stride};
	struct zwp_linux_buffer_params_v1 *params = params_create(&client, &plane, 1, &offer);
	zwp_linux_buffer_params_v1_create(params, SIZE, SIZE, DRM_FORMAT_XRGB8888, 0);
	zwp_linux_buffer_params_v1_create(params, SIZE, SIZE, DRM_FORMAT_XRGB8888, 0);
	expect("zwp_linux_buffer_params_v1", PARAMS_ERROR(ALREADY_USED));
}

/* --- linux-drm-syncobj-v1 --------------------------------------------------- */

#define SYNCOBJ_ERROR(name) WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_##name

static void set_acquire(int point) {
	wp_linux_drm_syncobj_surface_v1_set_acquire_point(
		surface.syncobj, surface.wl_acquire, 0, (uint32_t)point);
}

static void set_release(struct wp_linux_drm_syncobj_timeline_v1 *timeline, int point) {
	wp_linux_drm_syncobj_surface_v1_set_release_point(
		surface.syncobj, timeline, 0, (uint32_t)point);
}

/* Commits with the buffer, or without any. */
static void commit(const struct buffer *attached) {
	if (attached != NULL) {
		wl_surface_attach(surface.wl_surface, attached->wl_buffer, 0, 0);
	}
	wl_surface_commit(surface.wl_surface);
}

static void destroy_surface(void) {
	surface_end_window(&surface);
	wl_surface_destroy(surface.wl_surface);
}

static void expect_syncobj(int code) {
	expect("wp_linux_drm_syncobj_surface_v1", code);
}

static void no_release_point(void) {
	begin_with_buffer(KIND_SYNCOBJ);
	set_acquire(1);
	commit(&buffer);
	expect_syncobj(SYNCOBJ_ERROR(NO_RELEASE_POINT));
}

static void no_acquire_point(void) {
	begin_with_buffer(KIND_SYNCOBJ);
	set_release(surface.wl_release, 1);
	commit(&buffer);
	expect_syncobj(SYNCOBJ_ERROR(NO_ACQUIRE_POINT));
}

static void points_without_buffer(void) {
	begin_with_buffer(KIND_SYNCOBJ);
	set_acquire(1);
	set_release(surface.wl_release, 2);
	commit(NULL);
	expect_syncobj(SYNCOBJ_ERROR(NO_BUFFER));
}

static void conflicting_points(void) {
	begin_with_buffer(KIND_SYNCOBJ);
	set_acquire(7);
	set_release(surface.wl_acquire, 7);
	commit(&buffer);
	expect_syncobj(SYNCOBJ_ERROR(CONFLICTING_POINTS));
}

static void points_with_shm(void) {
	struct buffer shm;
	begin_with_buffer(KIND_SYNCOBJ);
	buffer_init_shm(&shm, &client, SIZE, SIZE, false);
	set_acquire(1);
	set_release(surface.wl_release, 1);
	commit(&shm);
	expect_syncobj(SYNCOBJ_ERROR(UNSUPPORTED_BUFFER));
}

static void points_after_surface(void) {
	begin_with_buffer(KIND_SYNCOBJ);
	destroy_surface();
	set_acquire(1);
	expect_syncobj(SYNCOBJ_ERROR(NO_SURFACE));
}

static void second_syncobj_surface(void) {
	begin_with_buffer(KIND_SYNCOBJ);
	wp_linux_drm_syncobj_manager_v1_get_surface(client.syncobj, surface.wl_surface);
	expect("wp_linux_drm_syncobj_manager_v1",
		WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_SURFACE_EXISTS);
}

static void no_timeline(void) {
	begin_with_buffer(KIND_SYNCOBJ);
	wp_linux_drm_syncobj_manager_v1_import_timeline(client.syncobj, buffer.memory.fd);
	expect("wp_linux_drm_syncobj_manager_v1",
		WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_INVALID_TIMELINE);
}

/* --- zwp_linux_explicit_synchronization_v1 ----------------------------------- */

#define ZWP_ERROR(name) ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_##name

static void set_fence(int fd) {
	zwp_linux_surface_synchronization_v1_set_acquire_fence(surface.explicit_sync, fd);
}

static void expect_zwp(int code) {
	expect("zwp_linux_surface_synchronization_v1", code);
}

static void no_fence(void) {
	begin_with_buffer(KIND_SYNC_FILE);
	set_fence(buffer.memory.fd);
	expect_zwp(ZWP_ERROR(INVALID_FENCE));
}

static void two_fences(void) {
	begin_with_buffer(KIND_SYNC_FILE);
	int fd = drm_fence_signalled();
	set_fence(fd);
	set_fence(fd);
	expect_zwp(ZWP_ERROR(DUPLICATE_FENCE));
}

static void two_releases(void) {
	begin_with_buffer(KIND_SYNC_FILE);
	zwp_linux_surface_synchronization_v1_get_release(surface.explicit_sync);
	zwp_linux_surface_synchronization_v1_get_release(surface.explicit_sync);
	expect_zwp(ZWP_ERROR(DUPLICATE_RELEASE));
}

static void fence_without_buffer(void) {
	begin_with_buffer(KIND_SYNC_FILE);
	set_fence(drm_fence_signalled());
	commit(NULL);
	expect_zwp(ZWP_ERROR(NO_BUFFER));
}

static void fence_with_shm(void) {
	struct buffer shm;
	begin_with_buffer(KIND_SYNC_FILE);
	buffer_init_shm(&shm, &client, SIZE, SIZE, false);
	set_fence(drm_fence_signalled());
	commit(&shm);
	expect_zwp(ZWP_ERROR(UNSUPPORTED_BUFFER));
}

static void second_zwp_surface(void) {
	begin_with_buffer(KIND_SYNC_FILE);
	zwp_linux_explicit_synchronization_v1_get_synchronization(
		client.explicit_sync, surface.wl_surface);
	expect("zwp_linux_explicit_synchronization_v1",
		ZWP_LINUX_EXPLICIT_SYNCHRONIZATION_V1_ERROR_SYNCHRONIZATION_EXISTS);
}

static void fence_after_surface(void) {
	begin_with_buffer(KIND_SYNC_FILE);
	destroy_surface();
	set_fence(drm_fence_signalled());
	expect_zwp(ZWP_ERROR(NO_SURFACE));
}

int main(int argc, char **argv) {
	static const struct test_case cases[] = {
		{"a surface with two roles is refused", two_roles},
		{"a buffer before the first configure is refused", unconfigured},
		{"a viewport beyond its buffer is refused", bad_viewport},
		{"files that are no dma-bufs are refused", no_dmabuf},
		{"a buffer that failed is shown as nothing", failed_buffer_shown},
		{"a dma-buf that is too small is refused", .run_with = run_bad_params,
			.value = TOO_SMALL},
		{"a stride narrower than a row is refused", .run_with = run_bad_params,
			.value = NARROW_STRIDE},
		{"an unknown format is refused", .run_with = run_bad_params,
			.value = UNKNOWN_FORMAT},
		{"a buffer without planes is refused", .run_with = run_bad_params,
			.value = NO_PLANE},
		{"a buffer with a gap in its planes is refused", .run_with = run_bad_params,
			.value = PLANE_GAP},
		{"a fifth plane is refused", .run_with = run_bad_params, .value = PLANE_INDEX},
		{"a plane set twice is refused", .run_with = run_bad_params, .value = PLANE_TWICE},
		{"a buffer without width is refused", .run_with = run_bad_params,
			.value = NO_WIDTH},
		{"params used twice are refused", used_twice},
		{"syncobj: no release point", no_release_point},
		{"syncobj: no acquire point", no_acquire_point},
		{"syncobj: points without a buffer", points_without_buffer},
		{"syncobj: conflicting points", conflicting_points},
		{"syncobj: points with shared memory", points_with_shm},
		{"syncobj: points after the surface", points_after_surface},
		{"syncobj: a second object for a surface", second_syncobj_surface},
		{"syncobj: a timeline that is none", no_timeline},
		{"sync_file: a fence that is none", no_fence},
		{"sync_file: two fences in a commit", two_fences},
		{"sync_file: two releases in a commit", two_releases},
		{"sync_file: a fence without a buffer", fence_without_buffer},
		{"sync_file: a fence with shared memory", fence_with_shm},
		{"sync_file: a second object for a surface", second_zwp_surface},
		{"sync_file: a fence after the surface", fence_after_surface},
	};
	return test_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
