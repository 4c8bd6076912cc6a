/* zwp_linux_dmabuf_feedback_v1: what clients are told, when, and what they are not told twice. */

#include "told.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/types/wlr_compositor.h>

#include "dmabuf/feedback.h"
#include "plan/reason.h"

#define SCANOUT ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SCANOUT
#define XR24 DRM_FORMAT_XRGB8888
#define LINEAR DRM_FORMAT_MOD_LINEAR
#define TILED I915_FORMAT_MOD_X_TILED

/* --- Time ------------------------------------------------------------------ */

struct timer {
	const int *mark; // &timers, which no other event source begins with
	wl_event_loop_timer_func_t func;
	void *data;
	int armed_ms;
};

static int timers, arms;
static struct timer *last_timer;

struct wl_event_source *__wrap_wl_event_loop_add_timer(
	struct wl_event_loop *loop, wl_event_loop_timer_func_t func, void *data);
int __wrap_wl_event_source_timer_update(struct wl_event_source *source, int ms);
int __wrap_wl_event_source_remove(struct wl_event_source *source);
int __real_wl_event_source_remove(struct wl_event_source *source);

struct wl_event_source *__wrap_wl_event_loop_add_timer(
	struct wl_event_loop *loop, wl_event_loop_timer_func_t func, void *data) {
	struct timer *timer = calloc(1, sizeof(*timer));
	*timer = (struct timer){.mark = &timers, .func = func, .data = data};
	timers++;
	last_timer = timer;
	return (struct wl_event_source *)timer;
}

int __wrap_wl_event_source_timer_update(struct wl_event_source *source, int ms) {
	struct timer *timer = (struct timer *)source;
	timer->armed_ms = ms;
	arms += ms > 0;
	return 0;
}

int __wrap_wl_event_source_remove(struct wl_event_source *source) {
	if (((struct timer *)source)->mark != &timers) {
		return __real_wl_event_source_remove(source);
	}
	timers--;
	if (last_timer == (struct timer *)source) {
		last_timer = NULL;
	}
	free(source);
	return 0;
}

static bool is_armed(void) {
	return last_timer != NULL && last_timer->armed_ms > 0;
}

static void let_time_pass(struct world *world) {
	assert_true(is_armed());
	assert_int_equal(last_timer->armed_ms, LATCH_FEEDBACK_QUIET_MS);
	last_timer->armed_ms = 0;
	last_timer->func(last_timer->data);
	world_sync(world);
}

/* --- A surface with feedback -------------------------------------------------- */

struct scene {
	struct world world;
	struct wl_surface *surface;
	struct wlr_surface *server_surface;
	struct told *told;
};

static void begin(struct scene *scene) {
	arms = 0;
	assert_int_equal(timers, 0);
	world_init(&scene->world, 5);
	scene->surface = wl_compositor_create_surface(scene->world.compositor);
	scene->server_surface = world_surface(&scene->world, scene->surface);
	scene->told = told_create(
		zwp_linux_dmabuf_v1_get_surface_feedback(scene->world.manager, scene->surface));
	world_sync(&scene->world);
}

static void end(struct scene *scene) {
	if (scene->told != NULL) {
		told_destroy(scene->told);
	}
	if (scene->surface != NULL) {
		wl_surface_destroy(scene->surface);
	}
	assert_int_equal(world_error(&scene->world, ""), -1);
	world_finish(&scene->world);
	assert_int_equal(timers, 0);
}

static const struct latch_format xr24_linear[] = {{XR24, LINEAR}};
static const struct latch_format xr24_tiled[] = {{XR24, TILED}};
static const struct latch_format ar24_tiled[] = {{DRM_FORMAT_ARGB8888, TILED}};

static bool wish(struct scene *scene, dev_t device, bool scanout,
	const struct latch_format *formats, size_t len) {
	bool ok = latch_dmabuf_set_surface_tranches(scene->world.dmabuf, scene->server_surface,
		&(struct latch_dmabuf_tranche){
			.target_device = device,
			.scanout = scanout,
			.formats = formats,
			.formats_len = len,
		},
		1);
	world_sync(&scene->world);
	return ok;
}

static void wish_scanout(struct scene *scene, const struct latch_format *formats) {
	assert_true(wish(scene, scene->world.kms_device, true, formats, 1));
}

static void wish_default(struct scene *scene) {
	assert_true(latch_dmabuf_set_surface_tranches(
		scene->world.dmabuf, scene->server_surface, NULL, 0));
	world_sync(&scene->world);
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
	struct scene scene;
	begin(&scene);
	struct told *more[2];
	for (int i = 0; i < 2; i++) {
		more[i] =
			told_create(zwp_linux_dmabuf_v1_get_default_feedback(scene.world.manager));
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
	end(&scene);
}

static void nobody_can_change_the_table(void **state) {
	struct scene scene;
	begin(&scene);
	int fd = scene.told->table_fd;
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(ftruncate(fd, 1 << 20), -1);
	assert_ptr_equal(mmap(NULL, 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	end(&scene);
}

static void one_change_after_quiet(void **state) {
	struct scene scene;
	begin(&scene);
	wish_scanout(&scene, xr24_tiled);
	assert_int_equal(scene.told->dones, 1);
	/* Another wish: the wait begins again. */
	wish_scanout(&scene, xr24_linear);
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
	wish_default(&scene);
	let_time_pass(&scene.world);
	assert_int_equal(scene.told->dones, 3);
	check_default(&scene.world, scene.told);
	end(&scene);
}

static void back_before_quiet(void **state) {
	struct scene scene;
	begin(&scene);
	wish_scanout(&scene, xr24_tiled);
	assert_true(is_armed());
	wish_default(&scene);
	assert_false(is_armed());
	assert_int_equal(scene.told->dones, 1);
	end(&scene);
}

static void same_wish_does_not_wait_longer(void **state) {
	struct scene scene;
	begin(&scene);
	for (int i = 0; i < 10; i++) {
		wish_scanout(&scene, xr24_tiled);
	}
	assert_int_equal(arms, 1);
	/* Said in other words: named twice. */
	static const struct latch_format twice[] = {{XR24, TILED}, {XR24, TILED}};
	assert_true(wish(&scene, scene.world.kms_device, true, twice, 2));
	assert_int_equal(arms, 1);
	let_time_pass(&scene.world);
	assert_int_equal(scene.told->dones, 2);
	assert_int_equal(scene.told->tranches[0].formats_len, 1);
	wish_scanout(&scene, xr24_tiled);
	assert_int_equal(arms, 1);
	assert_int_equal(scene.told->dones, 2);
	end(&scene);
}

static void equal_is_not_sent(void **state) {
	struct scene scene;
	begin(&scene);
	/* The default, in another order. */
	static const struct latch_format same[] = {{XR24, DRM_FORMAT_MOD_INVALID}, {XR24, LINEAR}};
	assert_true(wish(&scene, scene.world.kms_device, true, same, 2));
	assert_int_equal(arms, 0);
	assert_int_equal(scene.told->dones, 1);
	const struct latch_dmabuf_tranche tranche = {scene.world.kms_device, true, same, 2};
	assert_true(latch_dmabuf_set_default(scene.world.dmabuf, &tranche, 1));
	world_sync(&scene.world);
	assert_int_equal(scene.told->dones, 1);
	/* Not for scanout is another thing, and another device too. */
	assert_true(wish(&scene, scene.world.kms_device, false, same, 2));
	assert_int_equal(arms, 1);
	assert_true(wish(&scene, scene.world.kms_device + 1, true, same, 2));
	assert_int_equal(arms, 2);
	end(&scene);
}

static void new_table_only_when_it_grew(void **state) {
	struct scene scene;
	begin(&scene);
	struct told *other =
		told_create(zwp_linux_dmabuf_v1_get_default_feedback(scene.world.manager));
	world_sync(&scene.world);
	ino_t first = scene.told->table_inode;
	wish_scanout(&scene, xr24_tiled);
	let_time_pass(&scene.world);
	assert_int_equal(scene.told->table_inode, first);
	wish_scanout(&scene, ar24_tiled);
	let_time_pass(&scene.world);
	assert_int_not_equal(scene.told->table_inode, first);
	assert_int_equal(scene.told->tranches[0].formats[0].fourcc, DRM_FORMAT_ARGB8888);
	assert_int_equal(scene.told->tranches[0].formats[0].modifier, TILED);
	/* Others have heard nothing of it; a new one gets the same table as the last. */
	assert_int_equal(other->tables, 1);
	struct told *late =
		told_create(zwp_linux_dmabuf_v1_get_default_feedback(scene.world.manager));
	world_sync(&scene.world);
	assert_int_equal(late->table_inode, scene.told->table_inode);
	check_default(&scene.world, late);
	told_destroy(late);
	told_destroy(other);
	end(&scene);
}

static void own_tranches_first(void **state) {
	struct scene scene;
	begin(&scene);
	told_destroy(scene.told);
	world_sync(&scene.world);
	wish_scanout(&scene, xr24_tiled);
	assert_false(is_armed());
	scene.told = told_create(
		zwp_linux_dmabuf_v1_get_surface_feedback(scene.world.manager, scene.surface));
	world_sync(&scene.world);
	assert_int_equal(scene.told->dones, 1);
	assert_int_equal(scene.told->tranches[0].formats[0].modifier, TILED);
	/* Another surface has the default. */
	struct wl_surface *surface = wl_compositor_create_surface(scene.world.compositor);
	struct told *other =
		told_create(zwp_linux_dmabuf_v1_get_surface_feedback(scene.world.manager, surface));
	world_sync(&scene.world);
	check_default(&scene.world, other);
	told_destroy(other);
	wl_surface_destroy(surface);
	end(&scene);
}

static void default_changes_at_once(void **state) {
	struct scene scene;
	begin(&scene);
	struct told *other =
		told_create(zwp_linux_dmabuf_v1_get_default_feedback(scene.world.manager));
	struct wl_surface *surface = wl_compositor_create_surface(scene.world.compositor);
	struct told *own =
		told_create(zwp_linux_dmabuf_v1_get_surface_feedback(scene.world.manager, surface));
	struct wlr_surface *server_surface = world_surface(&scene.world, surface);
	const struct latch_dmabuf_tranche tiled = {scene.world.kms_device, true, xr24_tiled, 1};
	assert_true(
		latch_dmabuf_set_surface_tranches(scene.world.dmabuf, server_surface, &tiled, 1));
	let_time_pass(&scene.world);
	assert_int_equal(own->dones, 2);

	assert_true(latch_dmabuf_set_default(scene.world.dmabuf, NULL, 0));
	world_sync(&scene.world);
	assert_int_equal(scene.told->dones, 2);
	assert_int_equal(other->dones, 2);
	assert_int_equal(own->dones, 2);
	assert_int_equal(other->tranches_len, 1);
	assert_int_equal(other->tranches[0].device, MAIN_DEVICE);
	assert_true(latch_dmabuf_set_default(scene.world.dmabuf, &tiled, 1));
	world_sync(&scene.world);
	assert_int_equal(scene.told->dones, 3);
	assert_int_equal(other->dones, 3);
	assert_int_equal(own->dones, 2);
	told_destroy(own);
	told_destroy(other);
	wl_surface_destroy(surface);
	end(&scene);
}

/* No pair twice for the same device and purpose; a tranche of nothing is none. */
static void tranches_are_tidy(void **state) {
	struct scene scene;
	begin(&scene);
	static const struct latch_format both[] = {{XR24, TILED}, {XR24, LINEAR}};
	dev_t kms = scene.world.kms_device;
	const struct latch_dmabuf_tranche tranches[] = {
		{kms, true, xr24_tiled, 1},
		{kms, true, both, 2},
		{kms, true, both, 2},
		{kms, true, NULL, 0},
		{MAIN_DEVICE, false, both, 2},
	};
	assert_true(latch_dmabuf_set_surface_tranches(
		scene.world.dmabuf, scene.server_surface, tranches, 5));
	let_time_pass(&scene.world);
	assert_int_equal(scene.told->tranches_len, 3);
	assert_int_equal(scene.told->tranches[0].formats_len, 1);
	assert_int_equal(scene.told->tranches[1].formats_len, 1);
	assert_int_equal(scene.told->tranches[1].formats[0].modifier, LINEAR);
	assert_int_equal(scene.told->tranches[2].device, MAIN_DEVICE);
	assert_int_equal(scene.told->tranches[2].formats_len, 2);
	end(&scene);
}

/* More than fits into one message. */
static void long_tranche(void **state) {
	struct scene scene;
	begin(&scene);
	static struct latch_format formats[3000];
	for (size_t i = 0; i < 3000; i++) {
		formats[i] = (struct latch_format){DRM_FORMAT_ABGR2101010, i};
	}
	assert_true(wish(&scene, scene.world.kms_device, true, formats, 3000));
	let_time_pass(&scene.world);
	assert_int_equal(scene.told->dones, 2);
	assert_int_equal(scene.told->tranches[0].formats_len, 3000);
	assert_int_equal(scene.told->tranches[0].events, 3);
	for (size_t i = 0; i < 3000; i++) {
		assert_int_equal(scene.told->tranches[0].formats[i].modifier, i);
	}
	end(&scene);
}

static void surface_goes_first(void **state) {
	struct scene scene;
	begin(&scene);
	wish_scanout(&scene, xr24_tiled);
	assert_true(is_armed());
	wl_surface_destroy(scene.surface);
	scene.surface = NULL;
	world_sync(&scene.world);
	assert_int_equal(timers, 0);
	/* The object is inert. */
	assert_true(latch_dmabuf_set_default(scene.world.dmabuf, NULL, 0));
	world_sync(&scene.world);
	assert_int_equal(scene.told->dones, 1);
	end(&scene);
}

static void object_goes_while_waiting(void **state) {
	struct scene scene;
	begin(&scene);
	wish_scanout(&scene, xr24_tiled);
	told_destroy(scene.told);
	scene.told = NULL;
	world_sync(&scene.world);
	let_time_pass(&scene.world);
	scene.told = told_create(
		zwp_linux_dmabuf_v1_get_surface_feedback(scene.world.manager, scene.surface));
	world_sync(&scene.world);
	assert_int_equal(scene.told->tranches[0].formats[0].modifier, TILED);
	end(&scene);
}

static void advice(void **state) {
	struct scene scene;
	begin(&scene);
	const struct kms_plane *const planes[] = {&scene.world.planes[0], &scene.world.planes[1]};
	struct latch_dmabuf *dmabuf = scene.world.dmabuf;
	/* On the primary plane: as the default says. */
	latch_dmabuf_advise_surface(dmabuf, scene.server_surface, planes, 1, 0);
	latch_dmabuf_advise_surface(
		dmabuf, scene.server_surface, planes, 2, LATCH_REASON_NO_FREE_PLANE);
	assert_int_equal(arms, 0);
	latch_dmabuf_advise_surface(dmabuf, scene.server_surface, planes, 2, LATCH_REASON_MODIFIER);
	let_time_pass(&scene.world);
	assert_int_equal(scene.told->dones, 2);
	assert_int_equal(scene.told->tranches_len, 2);
	assert_int_equal(scene.told->tranches[0].formats_len, 4);
	assert_int_equal(scene.told->tranches[0].device, scene.world.kms_device);
	latch_dmabuf_advise_surface(dmabuf, scene.server_surface, planes, 2, LATCH_REASON_ROTATION);
	let_time_pass(&scene.world);
	assert_int_equal(scene.told->dones, 3);
	assert_int_equal(scene.told->tranches_len, 1);
	assert_int_equal(scene.told->tranches[0].device, MAIN_DEVICE);
	latch_dmabuf_advise_surface(dmabuf, scene.server_surface, planes, 2, LATCH_REASON_COVERED);
	assert_false(is_armed());
	latch_dmabuf_advise_surface(NULL, scene.server_surface, planes, 2, 0);
	end(&scene);
}

/* Another renderer composes: a GPU's with tiles and video, then the CPU after resets. */
static void composed_changes(void **state) {
	struct scene scene;
	begin(&scene);
	const struct kms_plane *const planes[] = {&scene.world.planes[0], &scene.world.planes[1]};
	struct latch_dmabuf *dmabuf = scene.world.dmabuf;
	struct told *other =
		told_create(zwp_linux_dmabuf_v1_get_default_feedback(scene.world.manager));
	latch_dmabuf_advise_surface(dmabuf, scene.server_surface, planes, 2, LATCH_REASON_ROTATION);
	let_time_pass(&scene.world);
	assert_int_equal(scene.told->tranches[0].formats_len, 8);

	struct wlr_drm_format_set gpu = {0};
	assert_true(wlr_drm_format_set_add(&gpu, XR24, LINEAR));
	assert_true(wlr_drm_format_set_add(&gpu, XR24, TILED));
	assert_true(wlr_drm_format_set_add(&gpu, DRM_FORMAT_NV12, TILED));
	assert_true(latch_dmabuf_set_composed(dmabuf, &gpu));
	world_sync(&scene.world);
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
	latch_dmabuf_advise_surface(dmabuf, scene.server_surface, planes, 2, LATCH_REASON_MODIFIER);
	let_time_pass(&scene.world);
	assert_int_equal(scene.told->tranches_len, 2);
	assert_int_equal(scene.told->tranches[0].formats_len, 2);

	/* Nothing is sent when nothing has changed. */
	int dones = other->dones;
	assert_true(latch_dmabuf_set_composed(dmabuf, &gpu));
	world_sync(&scene.world);
	assert_false(is_armed());
	assert_int_equal(other->dones, dones);
	wlr_drm_format_set_finish(&gpu);

	struct wlr_drm_format_set cpu = {0};
	assert_true(wlr_drm_format_set_add(&cpu, XR24, LINEAR));
	assert_true(latch_dmabuf_set_composed(dmabuf, &cpu));
	let_time_pass(&scene.world);
	assert_int_equal(other->tranches[1].formats_len, 1);
	assert_int_equal(scene.told->tranches[1].formats_len, 1);
	wlr_drm_format_set_finish(&cpu);
	assert_true(latch_dmabuf_set_composed(NULL, &cpu));
	told_destroy(other);
	end(&scene);
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
	/* With others besides, linear is named too. */
	struct world world;
	world_init(&world, 5);
	static const struct latch_format tiled[] = {{DRM_FORMAT_XBGR8888, TILED}};
	const struct latch_dmabuf_tranche tranche = {world.kms_device, true, tiled, 1};
	assert_true(latch_dmabuf_set_default(world.dmabuf, &tranche, 1));
	zwp_linux_dmabuf_v1_destroy(world.manager);
	world.manager = NULL;
	world.manager_version = 3;
	world_bind(&world);
	assert_int_equal(world.modifiers, 3 + 3);
	world_finish(&world);
}

/* Feedback objects and wishes come and go; in the end there are as many fds as before. */
static void a_thousand_times(void **state) {
	struct scene scene;
	begin(&scene);
	int fds = count_fds();
	for (int i = 0; i < 1000; i++) {
		struct told *told = told_create(
			i % 2 == 0 ? zwp_linux_dmabuf_v1_get_surface_feedback(
					     scene.world.manager, scene.surface)
				   : zwp_linux_dmabuf_v1_get_default_feedback(scene.world.manager));
		world_sync(&scene.world);
		wish_scanout(&scene, i % 2 == 0 ? xr24_tiled : ar24_tiled);
		let_time_pass(&scene.world);
		told_destroy(told);
	}
	world_sync(&scene.world);
	assert_int_equal(scene.told->dones, 1001);
	assert_int_equal(count_fds(), fds);
	end(&scene);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_feedback),
		cmocka_unit_test(nobody_can_change_the_table),
		cmocka_unit_test(one_change_after_quiet),
		cmocka_unit_test(back_before_quiet),
		cmocka_unit_test(same_wish_does_not_wait_longer),
		cmocka_unit_test(equal_is_not_sent),
		cmocka_unit_test(new_table_only_when_it_grew),
		cmocka_unit_test(own_tranches_first),
		cmocka_unit_test(default_changes_at_once),
		cmocka_unit_test(tranches_are_tidy),
		cmocka_unit_test(long_tranche),
		cmocka_unit_test(surface_goes_first),
		cmocka_unit_test(object_goes_while_waiting),
		cmocka_unit_test(advice),
		cmocka_unit_test(composed_changes),
		cmocka_unit_test(before_feedback),
		cmocka_unit_test(a_thousand_times),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
