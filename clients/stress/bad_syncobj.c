/* linux-drm-syncobj-v1: every error of its XML, and what is none. */
#include "bad.h"
#include "common/util.h"
#include "linux-drm-syncobj-v1-client-protocol.h"

#define HIGH(POINT) ((uint32_t)((uint64_t)(POINT) >> 32))
#define LOW(POINT) ((uint32_t)((uint64_t)(POINT) & UINT32_MAX))

/* A surface without a role: the rules of the protocol are the same for it. */
struct scene {
	struct wl_surface *surface;
	struct wp_linux_drm_syncobj_surface_v1 *sync;
	struct wp_linux_drm_syncobj_timeline_v1 *acquire, *release;
};

static struct wp_linux_drm_syncobj_timeline_v1 *import(struct bad *bad, enum bad_fd kind) {
	int fd = bad_open(bad, kind);
	if (fd < 0) {
		return NULL;
	}
	struct wp_linux_drm_syncobj_timeline_v1 *timeline =
		wp_linux_drm_syncobj_manager_v1_import_timeline(bad->conn.syncobj_manager, fd);
	fd_clear(&fd);
	return timeline;
}

/* The same timeline for both, and another one: equal points are a conflict only within one. */
static struct scene begin(struct bad *bad, bool same) {
	struct scene scene = {.surface = wl_compositor_create_surface(bad->conn.compositor)};
	scene.sync = wp_linux_drm_syncobj_manager_v1_get_surface(
		bad->conn.syncobj_manager, scene.surface);
	scene.acquire = import(bad, FD_SYNCOBJ);
	scene.release = same ? scene.acquire : import(bad, FD_SYNCOBJ);
	return scene;
}

static void set_acquire(const struct scene *scene, uint64_t point) {
	if (scene->acquire) {
		wp_linux_drm_syncobj_surface_v1_set_acquire_point(
			scene->sync, scene->acquire, HIGH(point), LOW(point));
	}
}

static void set_release(const struct scene *scene, uint64_t point) {
	if (scene->release) {
		wp_linux_drm_syncobj_surface_v1_set_release_point(
			scene->sync, scene->release, HIGH(point), LOW(point));
	}
}

static void attach(const struct scene *scene, struct wl_buffer *buffer) {
	wl_surface_attach(scene->surface, buffer, 0, 0);
}

static void no_timeline(struct bad *bad, const void *data) {
	import(bad, *(const enum bad_fd *)data);
}

static void second_object(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad, true);
	wp_linux_drm_syncobj_manager_v1_get_surface(bad->conn.syncobj_manager, scene.surface);
}

static void acquire_after_surface(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad, true);
	wl_surface_destroy(scene.surface);
	set_acquire(&scene, 1);
}

static void release_after_surface(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad, true);
	wl_surface_destroy(scene.surface);
	set_release(&scene, 1);
}

/* A commit with what the bits say. */
enum {
	ACQUIRE = 1,
	RELEASE = 2,
	DMABUF = 4,
	SHM = 8,
	NULL_BUFFER = 16,
};

static void commit(struct bad *bad, const void *data) {
	int parts = *(const int *)data;
	const struct scene scene = begin(bad, true);
	if (parts & ACQUIRE) {
		set_acquire(&scene, 1);
	}
	if (parts & RELEASE) {
		set_release(&scene, 2);
	}
	if (parts & DMABUF) {
		attach(&scene, bad_make_buffer(bad));
	}
	if (parts & SHM) {
		attach(&scene, bad_make_shm_buffer(bad));
	}
	if (parts & NULL_BUFFER) {
		attach(&scene, NULL);
	}
	wl_surface_commit(scene.surface);
}

/** Points of one timeline, or of two. */
struct points {
	uint64_t acquire, release;
	bool two;
};

static void commit_points(struct bad *bad, const void *data) {
	const struct points *points = data;
	const struct scene scene = begin(bad, !points->two);
	attach(&scene, bad_make_buffer(bad));
	set_acquire(&scene, points->acquire);
	set_release(&scene, points->release);
	wl_surface_commit(scene.surface);
}

static void points_with_old_buffer(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad, true);
	attach(&scene, bad_make_buffer(bad));
	set_acquire(&scene, 1);
	set_release(&scene, 2);
	wl_surface_commit(scene.surface);
	set_acquire(&scene, 3);
	set_release(&scene, 4);
	wl_surface_commit(scene.surface);
}

static void points_replaced(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad, true);
	attach(&scene, bad_make_buffer(bad));
	set_acquire(&scene, 9);
	set_release(&scene, 2);
	set_acquire(&scene, 1);
	wl_surface_commit(scene.surface);
}

static void timeline_destroyed_first(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad, true);
	attach(&scene, bad_make_buffer(bad));
	set_acquire(&scene, 1);
	set_release(&scene, 2);
	if (scene.acquire) {
		wp_linux_drm_syncobj_timeline_v1_destroy(scene.acquire);
	}
	wl_surface_commit(scene.surface);
}

static void buffer_destroyed_first(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad, true);
	struct wl_buffer *buffer = bad_make_buffer(bad);
	attach(&scene, buffer);
	wl_buffer_destroy(buffer);
	set_acquire(&scene, 1);
	set_release(&scene, 2);
	wl_surface_commit(scene.surface);
}

static void object_destroyed_before_commit(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad, true);
	set_acquire(&scene, 1);
	set_release(&scene, 2);
	wp_linux_drm_syncobj_surface_v1_destroy(scene.sync);
	wl_surface_commit(scene.surface);
	attach(&scene, bad_make_buffer(bad));
	wl_surface_commit(scene.surface);
}

static void object_destroyed_after_commit(struct bad *bad, const void *data) {
	struct scene scene = begin(bad, true);
	attach(&scene, bad_make_buffer(bad));
	set_acquire(&scene, 1);
	set_release(&scene, 2);
	wl_surface_commit(scene.surface);
	wp_linux_drm_syncobj_surface_v1_destroy(scene.sync);
	scene.sync = wp_linux_drm_syncobj_manager_v1_get_surface(
		bad->conn.syncobj_manager, scene.surface);
	wl_surface_commit(scene.surface);
}

static void surface_destroyed_pending(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad, true);
	attach(&scene, bad_make_buffer(bad));
	set_acquire(&scene, 1);
	set_release(&scene, 2);
	wl_surface_commit(scene.surface);
	wl_surface_destroy(scene.surface);
	wp_linux_drm_syncobj_surface_v1_destroy(scene.sync);
}

static void manager_destroyed(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad, true);
	wp_linux_drm_syncobj_manager_v1_destroy(bad->conn.syncobj_manager);
	bad->conn.syncobj_manager = NULL;
	attach(&scene, bad_make_buffer(bad));
	set_acquire(&scene, 1);
	set_release(&scene, 2);
	wl_surface_commit(scene.surface);
}

static void two_surfaces(struct bad *bad, const void *data) {
	const struct scene first = begin(bad, true);
	struct scene second = {.surface = wl_compositor_create_surface(bad->conn.compositor),
		.acquire = first.acquire,
		.release = first.release};
	second.sync = wp_linux_drm_syncobj_manager_v1_get_surface(
		bad->conn.syncobj_manager, second.surface);
	const struct scene *both[] = {&first, &second};
	for (uint64_t i = 0; i < 2; i++) {
		attach(both[i], bad_make_buffer(bad));
		set_acquire(both[i], 1 + 2 * i);
		set_release(both[i], 2 + 2 * i);
		wl_surface_commit(both[i]->surface);
	}
}

static const enum bad_fd kinds[FD_NUM_KINDS] = {
	[FD_DMABUF] = FD_DMABUF,
	[FD_PIPE] = FD_PIPE,
	[FD_FILE] = FD_FILE,
	[FD_DIRECTORY] = FD_DIRECTORY,
	[FD_MEMFD] = FD_MEMFD,
	[FD_NULL] = FD_NULL,
	[FD_EVENTFD] = FD_EVENTFD,
	[FD_SOCKET] = FD_SOCKET,
	[FD_EPOLL] = FD_EPOLL,
	[FD_PATH] = FD_PATH,
	[FD_SYNC_FILE] = FD_SYNC_FILE,
};

#define ERRORS(...) \
	{ \
		.interface = "wp_linux_drm_syncobj_surface_v1", .codes = {__VA_ARGS__}, \
		.num_codes = sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t), \
	}
#define ERROR(NAME) ERRORS(WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_##NAME)
#define OF_MANAGER(NAME) \
	{ \
		.interface = "wp_linux_drm_syncobj_manager_v1", \
		.codes = {WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_##NAME}, .num_codes = 1, \
	}
#define WITH(NAME, RUN, DATA, ...) \
	{ \
		.name = "syncobj: " NAME, .need = NEED_SYNCOBJ, .run = RUN, .data = DATA, \
		.expected = __VA_ARGS__ \
	}
#define CASE(NAME, RUN, ...) WITH(NAME, RUN, NULL, __VA_ARGS__)
#define COMMIT(NAME, PARTS, ...) WITH(NAME, commit, &(const int){PARTS}, __VA_ARGS__)
#define POINTS(NAME, ACQUIRE_POINT, RELEASE_POINT, TWO, ...) \
	WITH(NAME, commit_points, (&(const struct points){ACQUIRE_POINT, RELEASE_POINT, TWO}), \
		__VA_ARGS__)
#define NO_TIMELINE(KIND, NAME) \
	WITH(NAME " as a timeline", no_timeline, &kinds[KIND], OF_MANAGER(INVALID_TIMELINE))
#define FINE {.nothing = true}
/* wl_surface.attach leaves open what becomes of a pending buffer that is destroyed. */
#define FINE_OR_NO_BUFFER \
	{ \
		.nothing = true, .interface = "wp_linux_drm_syncobj_surface_v1", \
		.codes = {WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_BUFFER}, .num_codes = 1, \
	}

const struct bad_case bad_syncobj_cases[] = {
	NO_TIMELINE(FD_DMABUF, "a dma-buf"),
	NO_TIMELINE(FD_PIPE, "a pipe"),
	NO_TIMELINE(FD_FILE, "a regular file"),
	NO_TIMELINE(FD_DIRECTORY, "a directory"),
	NO_TIMELINE(FD_MEMFD, "a memfd"),
	NO_TIMELINE(FD_NULL, "/dev/null"),
	NO_TIMELINE(FD_EVENTFD, "an eventfd"),
	NO_TIMELINE(FD_SOCKET, "a socket"),
	NO_TIMELINE(FD_EPOLL, "an epoll"),
	NO_TIMELINE(FD_PATH, "an O_PATH"),
	NO_TIMELINE(FD_SYNC_FILE, "a sync_file"),
	CASE("a second object of a surface", second_object, OF_MANAGER(SURFACE_EXISTS)),
	CASE("an acquire point after the surface", acquire_after_surface, ERROR(NO_SURFACE)),
	CASE("a release point after the surface", release_after_surface, ERROR(NO_SURFACE)),
	COMMIT("points with shared memory", ACQUIRE | RELEASE | SHM, ERROR(UNSUPPORTED_BUFFER)),
	COMMIT("points without a buffer", ACQUIRE | RELEASE, ERROR(NO_BUFFER)),
	COMMIT("an acquire point without a buffer", ACQUIRE, ERROR(NO_BUFFER)),
	COMMIT("a release point without a buffer", RELEASE, ERROR(NO_BUFFER)),
	COMMIT("points with no buffer attached", ACQUIRE | RELEASE | NULL_BUFFER,
		ERROR(NO_BUFFER)),
	COMMIT("a buffer without an acquire point", RELEASE | DMABUF, ERROR(NO_ACQUIRE_POINT)),
	COMMIT("a buffer without a release point", ACQUIRE | DMABUF, ERROR(NO_RELEASE_POINT)),
	COMMIT("a buffer without points", DMABUF,
		ERRORS(WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_ACQUIRE_POINT,
			WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_RELEASE_POINT)),
	CASE("points with the buffer of an earlier commit", points_with_old_buffer,
		ERROR(NO_BUFFER)),
	POINTS("equal points", 7, 7, false, ERROR(CONFLICTING_POINTS)),
	POINTS("a release point below the acquire point", 7, 6, false, ERROR(CONFLICTING_POINTS)),
	POINTS("a release point below in its upper half", UINT64_C(1) << 32, UINT32_MAX, false,
		ERROR(CONFLICTING_POINTS)),
	POINTS("equal points at the very end", UINT64_MAX, UINT64_MAX, false,
		ERROR(CONFLICTING_POINTS)),
	POINTS("points that differ in their upper halves", 5, UINT64_C(1) << 32 | 5, false, FINE),
	POINTS("the last point of all", UINT64_MAX - 1, UINT64_MAX, false, FINE),
	POINTS("point 0", 0, 1, false, FINE),
	POINTS("equal points of two timelines", 7, 7, true, FINE),
	POINTS("a release point below, of another timeline", 7, 1, true, FINE),
	COMMIT("points and a buffer", ACQUIRE | RELEASE | DMABUF, FINE),
	COMMIT("neither points nor buffer", 0, FINE),
	COMMIT("no buffer attached", NULL_BUFFER, FINE),
	CASE("a point replaced before the commit", points_replaced, FINE),
	CASE("the timeline destroyed before the commit", timeline_destroyed_first, FINE),
	CASE("the buffer destroyed before the commit", buffer_destroyed_first, FINE_OR_NO_BUFFER),
	CASE("the object destroyed before the commit", object_destroyed_before_commit, FINE),
	CASE("the object destroyed and made again after the commit",
		object_destroyed_after_commit, FINE),
	CASE("the surface destroyed while its point is waited for", surface_destroyed_pending,
		FINE),
	CASE("the global destroyed before its objects", manager_destroyed, FINE),
	CASE("two surfaces on one timeline", two_surfaces, FINE),
	{0},
};
