/* zwp_linux_dmabuf_feedback_v1: what clients are told, when, and what they are not told twice. */

#include "told.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/types/wlr_compositor.h>

#include "base/clock.h"
#include "base/timer.h"
#include "plan/reason.h"

#define SCANOUT ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SCANOUT
#define XR24 DRM_FORMAT_XRGB8888
#define LINEAR DRM_FORMAT_MOD_LINEAR
#define TILED I915_FORMAT_MOD_X_TILED

/* --- Time ------------------------------------------------------------------ */

static int arms;
static struct latch_timer *timer;

bool __wrap_latch_timer_init(struct latch_timer *made, struct wl_event_loop *loop,
	void (*handle)(void *data), void *data);
void __wrap_latch_timer_set(struct latch_timer *set, int64_t due_ns);
void __wrap_latch_timer_finish(struct latch_timer *finished);

bool __wrap_latch_timer_init(struct latch_timer *made, struct wl_event_loop *loop,
	void (*handle)(void *data), void *data) {
	assert_null(timer);
	*made = (struct latch_timer){.handle = handle, .data = data};
	timer = made;
	return true;
}

void __wrap_latch_timer_set(struct latch_timer *set, int64_t due_ns) {
	arms += due_ns > set->due_ns;
	set->due_ns = due_ns;
}

void __wrap_latch_timer_finish(struct latch_timer *finished) {
	assert_ptr_equal(finished, timer);
	timer = NULL;
}

static bool is_armed(void) {
	return timer->due_ns > 0;
}

static void let_time_pass(struct world *world) {
	assert_true(is_armed());
	assert_true(timer->due_ns - latch_now_ns() <= LATCH_FEEDBACK_QUIET_MS * INT64_C(1000000));
	timer->due_ns = 0;
	timer->handle(timer->data);
	world_sync(world);
}

/* --- A surface with feedback -------------------------------------------------- */

static struct scene {
	struct world world;
	struct wl_surface *surface;
	struct wlr_surface *server_surface;
	struct told *told;
} scene;

/* What the feedback of a surface tells; NULL: the default feedback. */
static struct told *ask(struct wl_surface *surface) {
	struct zwp_linux_dmabuf_v1 *manager = scene.world.manager;
	struct told *told = told_create(
		surface != NULL ? zwp_linux_dmabuf_v1_get_surface_feedback(manager, surface)
				: zwp_linux_dmabuf_v1_get_default_feedback(manager));
	world_sync(&scene.world);
	return told;
}

static int setup(void **state) {
	arms = 0;
	world_init(&scene.world, 5);
	scene.surface = wl_compositor_create_surface(scene.world.compositor);
	scene.server_surface = world_surface(&scene.world, scene.surface);
	scene.told = ask(scene.surface);
	return 0;
}

static int teardown(void **state) {
	if (scene.told != NULL) {
		told_destroy(scene.told);
	}
	if (scene.surface != NULL) {
		wl_surface_destroy(scene.surface);
	}
	assert_int_equal(world_error(&scene.world, ""), -1);
	world_finish(&scene.world);
	assert_null(timer);
	return 0;
}

static const struct pair xr24_linear = {XR24, LINEAR};
static const struct pair xr24_tiled = {XR24, TILED};
static const struct pair ar24_tiled = {DRM_FORMAT_ARGB8888, TILED};

/* It is on a plane that shows these. */
static void wish(struct wlr_surface *surface, const struct pair *pairs, size_t len) {
	struct kms_plane plane = {0};
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(kms_format_set_add(&plane.formats, pairs[i].fourcc,
					 pairs[i].modifier),
			0);
	}
	const struct kms_plane *const planes[] = {&plane, &plane};
	latch_dmabuf_advise_surface(scene.world.dmabuf, surface, planes, 2, 0);
	kms_format_set_finish(&plane.formats);
	world_sync(&scene.world);
}

static void wish_scanout(struct pair pair) {
	wish(scene.server_surface, &pair, 1);
}

static void wish_default(void) {
	static const struct pair defaults[] = {{XR24, DRM_FORMAT_MOD_INVALID}, {XR24, LINEAR}};
	wish(scene.server_surface, defaults, 2);
}

static void set_composed(const struct pair *pairs, size_t len) {
	struct wlr_drm_format_set formats = {0};
	for (size_t i = 0; i < len; i++) {
		assert_true(wlr_drm_format_set_add(&formats, pairs[i].fourcc, pairs[i].modifier));
	}
	latch_dmabuf_set_composed(scene.world.dmabuf, &formats);
	wlr_drm_format_set_finish(&formats);
	world_sync(&scene.world);
}

static void check_default(const struct world *world, const struct told *told) {
	assert_int_equal(told->main_device, MAIN_DEVICE);
	assert_int_equal(told->tranches_len, 2);
	assert_int_equal(told->tranches[0].device, world->kms_device);
	assert_int_equal(told->tranches[0].flags, SCANOUT);
	assert_int_equal(told->tranches[0].formats_len, 2);
	assert_int_equal(told->tranches[1].device, MAIN_DEVICE);
	assert_int_equal(told->tranches[1].flags, 0);
	assert_int_equal(told->tranches[1].formats_len, 8);
}

/* --- Tests ------------------------------------------------------------------ */

static void first_feedback(void **state) {
	struct told *more[2];
	for (int i = 0; i < 2; i++) {
		more[i] = ask(NULL);
	}
	world_sync(&scene.world);
	assert_int_equal(scene.told->dones, 1);
	check_default(&scene.world, scene.told);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(more[i]->dones, 1);
		check_default(&scene.world, more[i]);
		assert_int_equal(more[i]->table_inode, scene.told->table_inode);
		told_destroy(more[i]);
	}
	/* What the planes have besides is in the table already. */
	assert_int_equal(scene.told->table_len, 8 + 2);
	assert_int_equal(scene.world.formats + scene.world.modifiers, 0);
}

static void nobody_can_change_the_table(void **state) {
	int fd = scene.told->table_fd;
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(ftruncate(fd, 1 << 20), -1);
	assert_ptr_equal(mmap(NULL, 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
}

static void one_change_after_quiet(void **state) {
	wish_scanout(xr24_tiled);
	assert_int_equal(scene.told->dones, 1);
	/* Another wish: the wait begins again. */
	wish_scanout(xr24_linear);
	assert_int_equal(arms, 2);
	assert_int_equal(scene.told->dones, 1);
	let_time_pass(&scene.world);
	assert_int_equal(scene.told->dones, 2);
	assert_int_equal(scene.told->tranches_len, 2);
	assert_int_equal(scene.told->tranches[0].formats_len, 1);
	assert_int_equal(scene.told->tranches[0].formats[0].modifier, LINEAR);
	assert_int_equal(scene.told->tranches[0].flags, SCANOUT);
	assert_int_equal(scene.told->tranches[1].device, MAIN_DEVICE);
	assert_int_equal(scene.told->tranches[1].formats_len, 8);
	assert_false(is_armed());
	wish_default();
	let_time_pass(&scene.world);
	assert_int_equal(scene.told->dones, 3);
	check_default(&scene.world, scene.told);
}

static void back_before_quiet(void **state) {
	wish_scanout(xr24_tiled);
	assert_true(is_armed());
	wish_default();
	assert_false(is_armed());
	assert_int_equal(scene.told->dones, 1);
}

static void same_wish_does_not_wait_longer(void **state) {
	for (int i = 0; i < 10; i++) {
		wish_scanout(xr24_tiled);
	}
	assert_int_equal(arms, 1);
	assert_int_equal(arms, 1);
	let_time_pass(&scene.world);
	assert_int_equal(scene.told->dones, 2);
	assert_int_equal(scene.told->tranches[0].formats_len, 1);
	wish_scanout(xr24_tiled);
	assert_int_equal(arms, 1);
	assert_int_equal(scene.told->dones, 2);
}

static void equal_is_not_sent(void **state) {
	/* In another order, and each named by two planes. */
	wish_default();
	assert_int_equal(arms, 0);
	assert_int_equal(scene.told->dones, 1);
}

static void new_table_only_when_it_grew(void **state) {
	struct told *other = ask(NULL);
	ino_t first = scene.told->table_inode;
	wish_scanout(xr24_tiled);
	let_time_pass(&scene.world);
	assert_int_equal(scene.told->table_inode, first);
	wish_scanout(ar24_tiled);
	let_time_pass(&scene.world);
	assert_int_not_equal(scene.told->table_inode, first);
	assert_int_equal(scene.told->tranches[0].formats[0].fourcc, DRM_FORMAT_ARGB8888);
	assert_int_equal(scene.told->tranches[0].formats[0].modifier, TILED);
	/* Others have heard nothing of it; a new one gets the same table as the last. */
	assert_int_equal(other->tables, 1);
	struct told *late = ask(NULL);
	assert_int_equal(late->table_inode, scene.told->table_inode);
	check_default(&scene.world, late);
	told_destroy(late);
	told_destroy(other);
}

static void own_tranches_first(void **state) {
	told_destroy(scene.told);
	world_sync(&scene.world);
	wish_scanout(xr24_tiled);
	assert_false(is_armed());
	scene.told = ask(scene.surface);
	assert_int_equal(scene.told->dones, 1);
	assert_int_equal(scene.told->tranches[0].formats[0].modifier, TILED);
	/* Another surface has the default. */
	struct wl_surface *surface = wl_compositor_create_surface(scene.world.compositor);
	struct told *other = ask(surface);
	check_default(&scene.world, other);
	told_destroy(other);
	wl_surface_destroy(surface);
}

/* More than fits into one message. */
static void long_tranche(void **state) {
	static struct pair formats[3000];
	for (size_t i = 0; i < 3000; i++) {
		formats[i] = (struct pair){DRM_FORMAT_ABGR2101010, i};
	}
	wish(scene.server_surface, formats, 3000);
	let_time_pass(&scene.world);
	assert_int_equal(scene.told->dones, 2);
	assert_int_equal(scene.told->tranches[0].formats_len, 3000);
	assert_int_equal(scene.told->tranches[0].events, 3);
	for (size_t i = 0; i < 3000; i++) {
		assert_int_equal(scene.told->tranches[0].formats[i].modifier, i);
	}
}

static void surface_goes_first(void **state) {
	wish_scanout(xr24_tiled);
	assert_true(is_armed());
	wl_surface_destroy(scene.surface);
	scene.surface = NULL;
	world_sync(&scene.world);
	assert_false(is_armed());
	/* The object is inert. */
	set_composed(&xr24_linear, 1);
	assert_int_equal(scene.told->dones, 1);
}

static void object_goes_while_waiting(void **state) {
	wish_scanout(xr24_tiled);
	told_destroy(scene.told);
	scene.told = NULL;
	world_sync(&scene.world);
	let_time_pass(&scene.world);
	scene.told = ask(scene.surface);
	assert_int_equal(scene.told->tranches[0].formats[0].modifier, TILED);
}

/* For the first of the planes, or both. */
static void advise(struct latch_dmabuf *dmabuf, size_t planes_len, uint64_t reasons) {
	const struct kms_plane *const planes[] = {&scene.world.planes[0], &scene.world.planes[1]};
	latch_dmabuf_advise_surface(dmabuf, scene.server_surface, planes, planes_len, reasons);
}

static void advice(void **state) {
	struct latch_dmabuf *dmabuf = scene.world.dmabuf;
	/* On the primary plane: as the default says. */
	advise(dmabuf, 1, 0);
	advise(dmabuf, 2, LATCH_REASON_NO_FREE_PLANE);
	assert_int_equal(arms, 0);
	advise(dmabuf, 2, LATCH_REASON_MODIFIER);
	let_time_pass(&scene.world);
	assert_int_equal(scene.told->dones, 2);
	assert_int_equal(scene.told->tranches_len, 2);
	assert_int_equal(scene.told->tranches[0].formats_len, 4);
	assert_int_equal(scene.told->tranches[0].device, scene.world.kms_device);
	advise(dmabuf, 2, LATCH_REASON_ROTATION);
	let_time_pass(&scene.world);
	assert_int_equal(scene.told->dones, 3);
	assert_int_equal(scene.told->tranches_len, 1);
	assert_int_equal(scene.told->tranches[0].device, MAIN_DEVICE);
	advise(dmabuf, 2, LATCH_REASON_COVERED);
	assert_false(is_armed());
	/* Planes of no formats, and none, are for composing too. */
	wish(scene.server_surface, NULL, 0);
	latch_dmabuf_advise_surface(dmabuf, scene.server_surface, NULL, 0, LATCH_REASON_FORMAT);
	assert_false(is_armed());
	advise(NULL, 2, 0);
}

/* Another renderer composes: a GPU's with tiles and video, then the CPU after resets. */
static void composed_changes(void **state) {
	struct latch_dmabuf *dmabuf = scene.world.dmabuf;
	struct told *other = ask(NULL);
	advise(dmabuf, 2, LATCH_REASON_ROTATION);
	let_time_pass(&scene.world);
	assert_int_equal(scene.told->tranches[0].formats_len, 8);

	static const struct pair gpu[] = {{XR24, LINEAR}, {XR24, TILED}, {DRM_FORMAT_NV12, TILED}};
	set_composed(gpu, 3);
	/* For planes only what the GPU reads too, then all that it does. */
	assert_int_equal(other->tranches_len, 2);
	assert_int_equal(other->tranches[0].flags, SCANOUT);
	assert_int_equal(other->tranches[0].formats_len, 1);
	assert_int_equal(other->tranches[0].formats[0].modifier, LINEAR);
	assert_int_equal(other->tranches[1].flags, 0);
	assert_int_equal(other->tranches[1].formats_len, 3);
	let_time_pass(&scene.world);
	assert_int_equal(scene.told->tranches_len, 1);
	assert_int_equal(scene.told->tranches[0].device, MAIN_DEVICE);
	assert_int_equal(scene.told->tranches[0].formats_len, 3);
	advise(dmabuf, 2, LATCH_REASON_MODIFIER);
	let_time_pass(&scene.world);
	assert_int_equal(scene.told->tranches_len, 2);
	assert_int_equal(scene.told->tranches[0].formats_len, 2);

	/* Nothing is sent when nothing has changed. */
	int dones = other->dones;
	set_composed(gpu, 3);
	assert_false(is_armed());
	assert_int_equal(other->dones, dones);

	/* Tiles are shown, but not composed any more. */
	set_composed(&xr24_linear, 1);
	assert_int_equal(other->tranches[1].formats_len, 1);
	let_time_pass(&scene.world);
	assert_int_equal(scene.told->tranches[0].formats_len, 1);
	assert_int_equal(scene.told->tranches[1].formats_len, 1);
	latch_dmabuf_set_composed(NULL, NULL);
	told_destroy(other);
}

/* Each surface waits for itself, and one without advice is told too. */
static void two_surfaces(void **state) {
	struct wl_surface *surface = wl_compositor_create_surface(scene.world.compositor);
	struct told *own = ask(surface);
	struct wlr_surface *server_surface = world_surface(&scene.world, surface);
	wish(server_surface, &xr24_tiled, 1);
	wish_scanout(ar24_tiled);
	/* The first one begins again, and is the last one now. */
	wish(server_surface, &xr24_linear, 1);
	let_time_pass(&scene.world);
	assert_int_equal(scene.told->dones, 2);
	assert_int_equal(own->dones, 1);
	let_time_pass(&scene.world);
	assert_int_equal(own->dones, 2);
	assert_int_equal(own->tranches[0].formats[0].modifier, LINEAR);
	assert_false(is_armed());
	told_destroy(own);
	wl_surface_destroy(surface);

	surface = wl_compositor_create_surface(scene.world.compositor);
	own = ask(surface);
	set_composed(&xr24_linear, 1);
	let_time_pass(&scene.world);
	let_time_pass(&scene.world);
	assert_int_equal(own->dones, 2);
	assert_int_equal(own->tranches[1].formats_len, 1);
	told_destroy(own);
	wl_surface_destroy(surface);
}

static void before_feedback(void **state) {
	static const struct {
		uint32_t version;
		int formats, modifiers;
	} rows[] = {
		{1, 4, 0},
		{2, 4, 0},
		/* Implicit and linear: only the former is named. */
		{3, 0, 4},
		{4, 0, 0},
	};
	for (size_t i = 0; i < 4; i++) {
		struct world world;
		world_init(&world, rows[i].version);
		assert_int_equal(world.formats, rows[i].formats);
		assert_int_equal(world.modifiers, rows[i].modifiers);
		if (world.modifiers > 0) {
			assert_int_equal(world.last_modifier, DRM_FORMAT_MOD_INVALID);
		}
		world_finish(&world);
	}
}

/* With others besides, linear is named too. */
static void before_feedback_with_tiles(void **state) {
	static const struct pair composed[] = {{DRM_FORMAT_XBGR8888, LINEAR},
		{DRM_FORMAT_XBGR8888, DRM_FORMAT_MOD_INVALID}, {DRM_FORMAT_XBGR8888, TILED},
		{XR24, LINEAR}, {XR24, DRM_FORMAT_MOD_INVALID}};
	set_composed(composed, 5);
	zwp_linux_dmabuf_v1_destroy(scene.world.manager);
	scene.world.manager = NULL;
	scene.world.manager_version = 3;
	world_bind(&scene.world);
	assert_int_equal(scene.world.modifiers, 3 + 1);
}

/* Feedback objects and wishes come and go; in the end there are as many fds as before. */
static void a_thousand_times(void **state) {
	int fds = count_fds();
	for (int i = 0; i < 1000; i++) {
		struct told *told = ask(i % 2 == 0 ? scene.surface : NULL);
		wish_scanout(i % 2 == 0 ? xr24_tiled : ar24_tiled);
		let_time_pass(&scene.world);
		told_destroy(told);
	}
	world_sync(&scene.world);
	assert_int_equal(scene.told->dones, 1001);
	assert_int_equal(count_fds(), fds);
}

TEST_MAIN("dmabuf-feedback", TEST(first_feedback), TEST(nobody_can_change_the_table),
	TEST(one_change_after_quiet), TEST(back_before_quiet), TEST(same_wish_does_not_wait_longer),
	TEST(equal_is_not_sent), TEST(new_table_only_when_it_grew), TEST(own_tranches_first),
	TEST(long_tranche), TEST(surface_goes_first), TEST(object_goes_while_waiting), TEST(advice),
	TEST(composed_changes), TEST(two_surfaces), UNIT(before_feedback),
	TEST(before_feedback_with_tiles), TEST(a_thousand_times))
