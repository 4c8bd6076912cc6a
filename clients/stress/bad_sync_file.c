/* linux-explicit-synchronization-unstable-v1: every error of its XML, and what is none. */
#include "bad.h"
#include "common/util.h"
#include "linux-explicit-synchronization-unstable-v1-client-protocol.h"

/* A surface without a role: the rules of the protocol are the same for it. */
struct scene {
	struct wl_surface *surface;
	struct zwp_linux_surface_synchronization_v1 *sync;
};

static struct scene begin(struct bad *bad) {
	struct scene scene = {.surface = wl_compositor_create_surface(bad->conn.compositor)};
	scene.sync = zwp_linux_explicit_synchronization_v1_get_synchronization(
		bad->conn.explicit_sync, scene.surface);
	return scene;
}

static void set_fence(struct bad *bad, const struct scene *scene, enum bad_fd kind) {
	int fd = bad_open(bad, kind);
	if (fd >= 0) {
		zwp_linux_surface_synchronization_v1_set_acquire_fence(scene->sync, fd);
	}
	fd_clear(&fd);
}

static void get_release(const struct scene *scene) {
	zwp_linux_surface_synchronization_v1_get_release(scene->sync);
}

static void commit(const struct scene *scene, struct wl_buffer *buffer) {
	wl_surface_attach(scene->surface, buffer, 0, 0);
	wl_surface_commit(scene->surface);
}

static void no_fence(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad);
	set_fence(bad, &scene, *(const enum bad_fd *)data);
}

static void two_fences(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad);
	set_fence(bad, &scene, FD_SYNC_FILE);
	set_fence(bad, &scene, FD_SYNC_FILE);
}

static void two_releases(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad);
	get_release(&scene);
	get_release(&scene);
}

static void fence_after_surface(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad);
	wl_surface_destroy(scene.surface);
	set_fence(bad, &scene, FD_SYNC_FILE);
}

static void release_after_surface(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad);
	wl_surface_destroy(scene.surface);
	get_release(&scene);
}

static void fence_with_shm(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad);
	struct wl_buffer *buffer = bad_make_shm_buffer(bad);
	set_fence(bad, &scene, FD_SYNC_FILE);
	commit(&scene, buffer);
}

static void fence_without_buffer(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad);
	set_fence(bad, &scene, FD_SYNC_FILE);
	wl_surface_commit(scene.surface);
}

static void fence_with_null(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad);
	set_fence(bad, &scene, FD_SYNC_FILE);
	commit(&scene, NULL);
}

static void release_without_buffer(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad);
	get_release(&scene);
	wl_surface_commit(scene.surface);
}

static void release_with_null(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad);
	get_release(&scene);
	commit(&scene, NULL);
}

static void fence_with_old_buffer(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad);
	commit(&scene, bad_make_buffer(bad));
	set_fence(bad, &scene, FD_SYNC_FILE);
	wl_surface_commit(scene.surface);
}

static void second_object(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad);
	zwp_linux_explicit_synchronization_v1_get_synchronization(
		bad->conn.explicit_sync, scene.surface);
}

static void good(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad);
	set_fence(bad, &scene, FD_SYNC_FILE);
	get_release(&scene);
	commit(&scene, bad_make_buffer(bad));
}

static void no_fence_at_all(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad);
	commit(&scene, bad_make_buffer(bad));
}

static void object_again(struct bad *bad, const void *data) {
	struct scene scene = begin(bad);
	set_fence(bad, &scene, FD_SYNC_FILE);
	zwp_linux_surface_synchronization_v1_destroy(scene.sync);
	/* The fence went with the object: nothing is wrong with a commit without a buffer. */
	wl_surface_commit(scene.surface);
	scene.sync = zwp_linux_explicit_synchronization_v1_get_synchronization(
		bad->conn.explicit_sync, scene.surface);
	set_fence(bad, &scene, FD_SYNC_FILE);
	commit(&scene, bad_make_buffer(bad));
}

static void surface_destroyed_first(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad);
	set_fence(bad, &scene, FD_SYNC_FILE);
	get_release(&scene);
	wl_surface_destroy(scene.surface);
	zwp_linux_surface_synchronization_v1_destroy(scene.sync);
}

static void buffer_destroyed_first(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad);
	struct wl_buffer *buffer = bad_make_buffer(bad);
	set_fence(bad, &scene, FD_SYNC_FILE);
	get_release(&scene);
	wl_surface_attach(scene.surface, buffer, 0, 0);
	wl_buffer_destroy(buffer);
	wl_surface_commit(scene.surface);
}

static void manager_destroyed(struct bad *bad, const void *data) {
	const struct scene scene = begin(bad);
	zwp_linux_explicit_synchronization_v1_destroy(bad->conn.explicit_sync);
	bad->conn.explicit_sync = NULL;
	set_fence(bad, &scene, FD_SYNC_FILE);
	get_release(&scene);
	commit(&scene, bad_make_buffer(bad));
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
	[FD_SYNCOBJ] = FD_SYNCOBJ,
};

#define ERROR(NAME) \
	{ \
		.interface = "zwp_linux_surface_synchronization_v1", \
		.codes = {ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_##NAME}, .num_codes = 1, \
	}
#define CASE(NAME, RUN, ...) \
	{ \
		.name = "sync_file: " NAME, .need = NEED_SYNC_FILE, .run = RUN, \
		.expected = __VA_ARGS__ \
	}
#define NO_FENCE(KIND, NAME) \
	{ \
		.name = "sync_file: " NAME " as a fence", .need = NEED_SYNC_FILE, .run = no_fence, \
		.data = &kinds[KIND], .expected = ERROR(INVALID_FENCE) \
	}
#define EXISTS \
	{ \
		.interface = "zwp_linux_explicit_synchronization_v1", \
		.codes = {ZWP_LINUX_EXPLICIT_SYNCHRONIZATION_V1_ERROR_SYNCHRONIZATION_EXISTS}, \
		.num_codes = 1, \
	}
#define FINE {.nothing = true}
/* wl_surface.attach leaves open what becomes of a pending buffer that is destroyed. */
#define FINE_OR_NO_BUFFER \
	{ \
		.nothing = true, .interface = "zwp_linux_surface_synchronization_v1", \
		.codes = {ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_NO_BUFFER}, .num_codes = 1, \
	}

const struct bad_case bad_sync_file_cases[] = {
	NO_FENCE(FD_DMABUF, "a dma-buf"),
	NO_FENCE(FD_PIPE, "a pipe"),
	NO_FENCE(FD_FILE, "a regular file"),
	NO_FENCE(FD_DIRECTORY, "a directory"),
	NO_FENCE(FD_MEMFD, "a memfd"),
	NO_FENCE(FD_NULL, "/dev/null"),
	NO_FENCE(FD_EVENTFD, "an eventfd"),
	NO_FENCE(FD_SOCKET, "a socket"),
	NO_FENCE(FD_EPOLL, "an epoll"),
	NO_FENCE(FD_PATH, "an O_PATH"),
	NO_FENCE(FD_SYNCOBJ, "a syncobj"),
	CASE("two fences in a commit", two_fences, ERROR(DUPLICATE_FENCE)),
	CASE("two releases in a commit", two_releases, ERROR(DUPLICATE_RELEASE)),
	CASE("a fence after the surface", fence_after_surface, ERROR(NO_SURFACE)),
	CASE("a release after the surface", release_after_surface, ERROR(NO_SURFACE)),
	CASE("a fence with shared memory", fence_with_shm, ERROR(UNSUPPORTED_BUFFER)),
	CASE("a fence without a buffer", fence_without_buffer, ERROR(NO_BUFFER)),
	CASE("a fence with no buffer attached", fence_with_null, ERROR(NO_BUFFER)),
	CASE("a release without a buffer", release_without_buffer, ERROR(NO_BUFFER)),
	CASE("a release with no buffer attached", release_with_null, ERROR(NO_BUFFER)),
	CASE("a fence with the buffer of an earlier commit", fence_with_old_buffer,
		ERROR(NO_BUFFER)),
	CASE("a second object of a surface", second_object, EXISTS),
	CASE("a fence and a release", good, FINE),
	CASE("neither fence nor release", no_fence_at_all, FINE),
	CASE("an object after another that had a fence", object_again, FINE),
	CASE("the surface destroyed before the object", surface_destroyed_first, FINE),
	CASE("the buffer destroyed before the commit", buffer_destroyed_first, FINE_OR_NO_BUFFER),
	CASE("the global destroyed before its objects", manager_destroyed, FINE),
	{0},
};
