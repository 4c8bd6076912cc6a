/* zwp_linux_dmabuf_feedback_v1: what clients are told, when, and what they are not told twice. */

#include "world.h"

#include <drm_fourcc.h>
#include <sys/stat.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/types/wlr_compositor.h>

#include "base/clock.h"
#include "base/timer.h"
#include "plan/reason.h"

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

static void let_time_pass(void) {
	assert_true(is_armed());
	assert_true(timer->due_ns - latch_now_ns() <= LATCH_FEEDBACK_QUIET_MS * INT64_C(1000000));
	timer->due_ns = 0;
	timer->handle(timer->data);
	world_sync();
}

/* --- What a feedback object tells ---------------------------------------------- */

struct pair {
	uint32_t fourcc;
	uint64_t modifier;
};

struct told_tranche {
	dev_t device;
	uint32_t flags;
	struct pair formats[4096];
	size_t formats_len;
	int events;
};

/* What a feedback object has told, as of its last done event. */
struct told {
	struct zwp_linux_dmabuf_feedback_v1 *object;
	int dones;
	dev_t main_device;
	struct told_tranche tranches[4];
	size_t tranches_len;
	/* The last table: a copy, and its file. */
	struct pair table[4096];
	size_t table_len;
	ino_t table_inode;
	int table_fd;
};

/* As in a file of format_table. */
struct entry {
	uint32_t fourcc, padding;
	uint64_t modifier;
};

static struct told_tranche *current(struct told *told) {
	assert_true(told->tranches_len < 4);
	return &told->tranches[told->tranches_len];
}

static void take_table(struct told *told, int fd, uint32_t size) {
	struct stat st;
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, size);
	assert_int_equal(size % sizeof(struct entry), 0);
	told->table_inode = st.st_ino;
	told->table_len = size / sizeof(struct entry);
	assert_true(told->table_len <= 4096);
	struct entry entries[4096];
	assert_int_equal(pread(fd, entries, size, 0), size);
	for (size_t i = 0; i < told->table_len; i++) {
		told->table[i] = (struct pair){entries[i].fourcc, entries[i].modifier};
	}
	if (told->table_fd >= 0) {
		close(told->table_fd);
	}
	told->table_fd = fd;
	/* A new set of parameters begins. */
	told->tranches_len = 0;
	*current(told) = (struct told_tranche){0};
}

static dev_t device_of(const struct wl_array *array) {
	dev_t device;
	assert_int_equal(array->size, sizeof(device));
	memcpy(&device, array->data, sizeof(device)); // not aligned in a message
	return device;
}

/* Of zwp_linux_dmabuf_feedback_v1; the arguments are in the XML's order. */
static int handle_event(const void *unused, void *proxy, uint32_t opcode,
	const struct wl_message *message, union wl_argument *args) {
	struct told *told = wl_proxy_get_user_data(proxy);
	struct told_tranche *tranche = current(told);
	if (strcmp(message->name, "done") == 0) {
		told->dones++;
	} else if (strcmp(message->name, "format_table") == 0) {
		take_table(told, args[0].h, args[1].u);
	} else if (strcmp(message->name, "main_device") == 0) {
		told->main_device = device_of(args[0].a);
	} else if (strcmp(message->name, "tranche_target_device") == 0) {
		tranche->device = device_of(args[0].a);
	} else if (strcmp(message->name, "tranche_flags") == 0) {
		tranche->flags = args[0].u;
	} else if (strcmp(message->name, "tranche_formats") == 0) {
		tranche->events++;
		const uint16_t *index;
		wl_array_for_each(index, args[0].a) {
			assert_true(*index < told->table_len);
			tranche->formats[tranche->formats_len++] = told->table[*index];
		}
	} else {
		assert_string_equal(message->name, "tranche_done");
		assert_true(tranche->formats_len > 0);
		told->tranches_len++;
		*current(told) = (struct told_tranche){0};
	}
	return 0;
}

/* Takes the object; told_destroy() destroys it. */
static struct told *told_create(struct zwp_linux_dmabuf_feedback_v1 *object) {
	struct told *told = calloc(1, sizeof(*told));
	assert_non_null(told);
	told->object = object;
	told->table_fd = -1;
	wl_proxy_add_dispatcher((struct wl_proxy *)object, handle_event, NULL, told);
	return told;
}

static void told_destroy(struct told *told) {
	zwp_linux_dmabuf_feedback_v1_destroy(told->object);
	if (told->table_fd >= 0) {
		close(told->table_fd);
	}
	free(told);
}

/* How often it has told all in all, and the tranches of the last time: "planes" to scan out on the
 * KMS device, "gpu" of the main device, each with its number of formats. */
static void assert_told(const struct told *told, int dones, const char *expected) {
	char text[128] = "";
	struct stat kms;
	assert_int_equal(fstat(world.kms_fd, &kms), 0);
	for (size_t i = 0; i < told->tranches_len; i++) {
		const struct told_tranche *tranche = &told->tranches[i];
		bool planes = tranche->flags == ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SCANOUT;
		assert_int_equal(tranche->device, planes ? kms.st_rdev : MAIN_DEVICE);
		assert_true(planes || tranche->flags == 0);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s %zu",
			i > 0 ? ", " : "", planes ? "planes" : "gpu", tranche->formats_len);
	}
	assert_string_equal(text, expected);
	assert_int_equal(told->main_device, MAIN_DEVICE);
	assert_int_equal(told->dones, dones);
}

/* The first format of the first tranche. */
static void assert_first(const struct told *told, struct pair pair) {
	assert_int_equal(told->tranches[0].formats[0].fourcc, pair.fourcc);
	assert_int_equal(told->tranches[0].formats[0].modifier, pair.modifier);
}

/* As long as there is no advice. */
#define DEFAULT "planes 2, gpu 8"

/* --- A surface with feedback -------------------------------------------------- */

static struct {
	struct wl_surface *surface;
	struct wlr_surface *server_surface;
	struct told *told;
} scene;

/* What the feedback of a surface tells; NULL: the default feedback. */
static struct told *ask(struct wl_surface *surface) {
	struct told *told = told_create(
		surface != NULL ? zwp_linux_dmabuf_v1_get_surface_feedback(world.manager, surface)
				: zwp_linux_dmabuf_v1_get_default_feedback(world.manager));
	world_sync();
	return told;
}

static int setup(void **state) {
	arms = 0;
	world_init(5);
	scene.surface = wl_compositor_create_surface(world.compositor);
	scene.server_surface = world_surface(scene.surface);
	scene.told = ask(scene.surface);
	return 0;
}

static int teardown(void **state) {
	told_destroy(scene.told);
	if (scene.surface != NULL) {
		wl_surface_destroy(scene.surface);
	}
	assert_int_equal(world_error(""), -1);
	world_finish();
	assert_null(timer);
	return 0;
}

/* Time passes; then the surface's feedback has told this. */
static void assert_next(int dones, const char *expected) {
	let_time_pass();
	assert_told(scene.told, dones, expected);
}

static const struct pair xr24_linear = {XR24, LINEAR};
static const struct pair xr24_tiled = {XR24, TILED};
static const struct pair ar24_tiled = {DRM_FORMAT_ARGB8888, TILED};

/* It is on a plane that shows these. */
static void wish(struct wlr_surface *surface, const struct pair *pairs, size_t len) {
	struct kms_plane plane = {0};
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(
			kms_format_set_add(&plane.formats, pairs[i].fourcc, pairs[i].modifier), 0);
	}
	const struct kms_plane *const planes[] = {&plane, &plane};
	latch_dmabuf_advise_surface(world.dmabuf, surface, planes, 2, 0);
	kms_format_set_finish(&plane.formats);
	world_sync();
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
	latch_dmabuf_set_composed(world.dmabuf, &formats);
	wlr_drm_format_set_finish(&formats);
	world_sync();
}

/* --- Tests ------------------------------------------------------------------ */

static void first_feedback(void **state) {
	assert_told(scene.told, 1, DEFAULT);
	for (int i = 0; i < 2; i++) {
		struct told *more = ask(NULL);
		assert_told(more, 1, DEFAULT);
		assert_int_equal(more->table_inode, scene.told->table_inode);
		told_destroy(more);
	}
	/* What the planes have besides is in the table already. */
	assert_int_equal(scene.told->table_len, 8 + 2);
	assert_int_equal(world.formats + world.modifiers, 0);
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
	/* In another order than the default, and each named by two planes: it is what is told. */
	wish_default();
	assert_int_equal(arms, 0);
	for (int i = 0; i < 10; i++) {
		wish_scanout(xr24_tiled);
	}
	assert_int_equal(arms, 1);
	/* Another wish: the wait begins again. */
	wish_scanout(xr24_linear);
	assert_int_equal(arms, 2);
	assert_told(scene.told, 1, DEFAULT);
	assert_next(2, "planes 1, gpu 8");
	assert_first(scene.told, xr24_linear);
	wish_scanout(xr24_linear);
	assert_false(is_armed());
	wish_default();
	assert_next(3, DEFAULT);
	/* Back before it was told. */
	wish_scanout(xr24_tiled);
	assert_true(is_armed());
	wish_default();
	assert_false(is_armed());
	assert_told(scene.told, 3, DEFAULT);
}

static void new_table_only_when_it_grew(void **state) {
	struct told *other = ask(NULL);
	ino_t first = scene.told->table_inode;
	wish_scanout(xr24_tiled);
	let_time_pass();
	assert_int_equal(scene.told->table_inode, first);
	wish_scanout(ar24_tiled);
	let_time_pass();
	assert_int_not_equal(scene.told->table_inode, first);
	assert_first(scene.told, ar24_tiled);
	/* Others have heard nothing of it; a new one gets the same table as the last. */
	assert_told(other, 1, DEFAULT);
	struct told *late = ask(NULL);
	assert_int_equal(late->table_inode, scene.told->table_inode);
	assert_told(late, 1, DEFAULT);
	told_destroy(late);
	told_destroy(other);
}

static void own_tranches_first(void **state) {
	told_destroy(scene.told);
	world_sync();
	wish_scanout(xr24_tiled);
	assert_false(is_armed());
	scene.told = ask(scene.surface);
	assert_told(scene.told, 1, "planes 1, gpu 8");
	assert_first(scene.told, xr24_tiled);
	/* Another surface has the default. */
	struct wl_surface *surface = wl_compositor_create_surface(world.compositor);
	struct told *other = ask(surface);
	assert_told(other, 1, DEFAULT);
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
	assert_next(2, "planes 3000, gpu 8");
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
	world_sync();
	assert_false(is_armed());
	/* The object is inert. */
	set_composed(&xr24_linear, 1);
	assert_told(scene.told, 1, DEFAULT);
}

static void object_goes_while_waiting(void **state) {
	wish_scanout(xr24_tiled);
	told_destroy(scene.told);
	world_sync();
	let_time_pass();
	scene.told = ask(scene.surface);
	assert_first(scene.told, xr24_tiled);
}

/* For the first of the planes, or both. */
static void advise(struct latch_dmabuf *dmabuf, size_t planes_len, uint64_t reasons) {
	const struct kms_plane *const planes[] = {&world.planes[0], &world.planes[1]};
	latch_dmabuf_advise_surface(dmabuf, scene.server_surface, planes, planes_len, reasons);
}

static void advice(void **state) {
	/* On the primary plane: as the default says. */
	advise(world.dmabuf, 1, 0);
	advise(world.dmabuf, 2, LATCH_REASON_NO_FREE_PLANE);
	assert_int_equal(arms, 0);
	advise(world.dmabuf, 2, LATCH_REASON_MODIFIER);
	assert_next(2, "planes 4, gpu 8");
	advise(world.dmabuf, 2, LATCH_REASON_ROTATION);
	assert_next(3, "gpu 8");
	advise(world.dmabuf, 2, LATCH_REASON_COVERED);
	assert_false(is_armed());
	/* Planes of no formats, and none, are for composing too. */
	wish(scene.server_surface, NULL, 0);
	latch_dmabuf_advise_surface(
		world.dmabuf, scene.server_surface, NULL, 0, LATCH_REASON_FORMAT);
	assert_false(is_armed());
	advise(NULL, 2, 0);
}

/* Another renderer composes: a GPU's with tiles and video, then the CPU after resets. */
static void composed_changes(void **state) {
	struct told *other = ask(NULL);
	advise(world.dmabuf, 2, LATCH_REASON_ROTATION);
	assert_next(2, "gpu 8");

	static const struct pair gpu[] = {{XR24, LINEAR}, {XR24, TILED}, {DRM_FORMAT_NV12, TILED}};
	set_composed(gpu, 3);
	/* For planes only what the GPU reads too, then all that it does. */
	assert_told(other, 2, "planes 1, gpu 3");
	assert_first(other, xr24_linear);
	assert_next(3, "gpu 3");
	advise(world.dmabuf, 2, LATCH_REASON_MODIFIER);
	assert_next(4, "planes 2, gpu 3");

	/* Nothing is sent when nothing has changed. */
	set_composed(gpu, 3);
	assert_false(is_armed());
	assert_int_equal(other->dones, 2);

	/* Tiles are shown, but not composed any more. */
	set_composed(&xr24_linear, 1);
	assert_told(other, 3, "planes 1, gpu 1");
	assert_next(5, "planes 1, gpu 1");
	latch_dmabuf_set_composed(NULL, NULL);
	told_destroy(other);
}

/* Each surface waits for itself, and one without advice is told too. */
static void two_surfaces(void **state) {
	struct wl_surface *surfaces[2];
	struct told *own[2];
	for (int i = 0; i < 2; i++) {
		surfaces[i] = wl_compositor_create_surface(world.compositor);
		own[i] = ask(surfaces[i]);
	}
	struct wlr_surface *server_surface = world_surface(surfaces[0]);
	wish(server_surface, &xr24_tiled, 1);
	wish_scanout(ar24_tiled);
	/* The first one begins again, and is the last one now. */
	wish(server_surface, &xr24_linear, 1);
	assert_next(2, "planes 1, gpu 8");
	assert_int_equal(own[0]->dones, 1);
	let_time_pass();
	assert_told(own[0], 2, "planes 1, gpu 8");
	assert_first(own[0], xr24_linear);
	assert_false(is_armed());
	told_destroy(own[0]);
	wl_surface_destroy(surfaces[0]);
	world_sync();

	set_composed(&xr24_linear, 1);
	let_time_pass();
	let_time_pass();
	assert_told(own[1], 2, "planes 1, gpu 1");
	told_destroy(own[1]);
	wl_surface_destroy(surfaces[1]);
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
		world_init(rows[i].version);
		assert_int_equal(world.formats, rows[i].formats);
		assert_int_equal(world.modifiers, rows[i].modifiers);
		assert_int_equal(
			world.last_modifier, world.modifiers > 0 ? DRM_FORMAT_MOD_INVALID : 0);
		world_finish();
	}
}

/* With others besides, linear is named too. */
static void before_feedback_with_tiles(void **state) {
	static const struct pair composed[] = {{DRM_FORMAT_XBGR8888, LINEAR},
		{DRM_FORMAT_XBGR8888, DRM_FORMAT_MOD_INVALID}, {DRM_FORMAT_XBGR8888, TILED},
		{XR24, LINEAR}, {XR24, DRM_FORMAT_MOD_INVALID}};
	set_composed(composed, 5);
	zwp_linux_dmabuf_v1_destroy(world.manager);
	world.manager = NULL;
	world.manager_version = 3;
	world_bind();
	assert_int_equal(world.modifiers, 3 + 1);
}

/* Feedback objects and wishes come and go; in the end there are as many fds as before. */
static void a_thousand_times(void **state) {
	size_t fds = latch_fds_look().in_use;
	for (int i = 0; i < 1000; i++) {
		struct told *told = ask(i % 2 == 0 ? scene.surface : NULL);
		wish_scanout(i % 2 == 0 ? xr24_tiled : ar24_tiled);
		let_time_pass();
		told_destroy(told);
	}
	world_sync();
	assert_int_equal(scene.told->dones, 1001);
	assert_int_equal(latch_fds_look().in_use, fds);
}

TEST_MAIN("dmabuf-feedback", TEST(first_feedback), TEST(nobody_can_change_the_table),
	TEST(one_change_after_quiet), TEST(new_table_only_when_it_grew), TEST(own_tranches_first),
	TEST(long_tranche), TEST(surface_goes_first), TEST(object_goes_while_waiting), TEST(advice),
	TEST(composed_changes), TEST(two_surfaces), UNIT(before_feedback),
	TEST(before_feedback_with_tiles), TEST(a_thousand_times))
