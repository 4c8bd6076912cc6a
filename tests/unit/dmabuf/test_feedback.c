/* SPDX-License-Identifier: MIT */
/* zwp_linux_dmabuf_feedback_v1: what clients are told, when, and what they are not told twice. */

#include "world.h"

#include <drm_fourcc.h>
#include <sys/stat.h>
#include <wlr/render/drm_format_set.h>

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
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s:%zu",
			i > 0 ? "," : "", planes ? "planes" : "gpu", tranche->formats_len);
	}
	assert_string_equal(text, expected);
	assert_int_equal(told->main_device, MAIN_DEVICE);
	assert_int_equal(told->dones, dones);
}

/* As long as there is no advice. */
#define DEFAULT "planes:2,gpu:8"

/* --- Surfaces with feedback -------------------------------------------------- */

/* What tells, a to d. All are of a surface but b, which is the default feedback. */
static struct object {
	struct wl_surface *surface;
	struct told *told;
} objects[4];

static const char *const list_names[] = {"none", "default", "linear", "tiled", "argb", "gpu"};

static const struct list {
	struct pair pairs[3];
	size_t len;
} lists[] = {
	{{{0}}, 0},
	{{{XR24, DRM_FORMAT_MOD_INVALID}, {XR24, LINEAR}}, 2},
	{{{XR24, LINEAR}}, 1},
	{{{XR24, TILED}}, 1},
	{{{DRM_FORMAT_ARGB8888, TILED}}, 1},
	{{{XR24, LINEAR}, {XR24, TILED}, {DRM_FORMAT_NV12, TILED}}, 3},
};

static const struct list *find_list(const char *name) {
	return &lists[test_find_name(list_names, LEN(lists), name)];
}

static void ask(struct object *object) {
	if (object->surface == NULL && object != &objects[1]) {
		object->surface = wl_compositor_create_surface(world.compositor);
	}
	object->told = told_create(
		object->surface != NULL
			? zwp_linux_dmabuf_v1_get_surface_feedback(world.manager, object->surface)
			: zwp_linux_dmabuf_v1_get_default_feedback(world.manager));
	world_sync();
}

static void drop(struct object *object) {
	if (object->told != NULL) {
		told_destroy(object->told);
		object->told = NULL;
	}
	world_sync();
}

static int setup(void **state) {
	arms = 0;
	world_init(5);
	ask(&objects[0]);
	return 0;
}

static int teardown(void **state) {
	for (int i = 0; i < 4; i++) {
		drop(&objects[i]);
		if (objects[i].surface != NULL) {
			wl_surface_destroy(objects[i].surface);
			objects[i].surface = NULL;
		}
	}
	assert_int_equal(world_error(""), -1);
	world_finish();
	assert_null(timer);
	return 0;
}

/* The surface is on a plane that shows these. */
static void wish(const struct object *object, const struct pair *pairs, size_t len) {
	struct kms_plane plane = {0};
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(
			kms_format_set_add(&plane.formats, pairs[i].fourcc, pairs[i].modifier), 0);
	}
	const struct kms_plane *const planes[] = {&plane, &plane};
	latch_dmabuf_advise_surface(world.dmabuf, world_surface(object->surface), planes, 2, 0);
	kms_format_set_finish(&plane.formats);
	world_sync();
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

/* The surface of a is on so many of the planes, or on none for these reasons. */
static void advise(struct latch_dmabuf *dmabuf, const char *name) {
	static const char *const names[] = {
		"primary", "no-free-plane", "modifier", "rotation", "covered", "nowhere"};
	static const struct {
		size_t planes_len;
		uint64_t reasons;
	} advices[] = {
		{1, 0},
		{2, LATCH_REASON_NO_FREE_PLANE},
		{2, LATCH_REASON_MODIFIER},
		{2, LATCH_REASON_ROTATION},
		{2, LATCH_REASON_COVERED},
		{0, LATCH_REASON_FORMAT},
	};
	const size_t i = test_find_name(names, LEN(names), name);
	const struct kms_plane *const planes[] = {&world.planes[0], &world.planes[1]};
	latch_dmabuf_advise_surface(dmabuf, world_surface(objects[0].surface), planes,
		advices[i].planes_len, advices[i].reasons);
}

/*
 * Of a script:
 *
 *   ask:b drop:b      the feedback is asked for; its object goes
 *   gone:a            its surface goes
 *   wish:a,tiled      the surface is on planes that show the formats of this list
 *   advise:modifier   what advise() says
 *   composed:gpu      the renderer composes this list
 *   pass              time passes until something is told, which must be to come
 *   armed idle arms:1 whether something is to come; how often that time began anew
 *   told:a,2,gpu:8    see assert_told()
 *   first:a,tiled     the first format of the first tranche is that of the list
 */
static void take_word(const char *word) {
	char letter, rest[32];
	int count;
	if (sscanf(word, "ask:%c", &letter) == 1) {
		ask(&objects[letter - 'a']);
	} else if (sscanf(word, "drop:%c", &letter) == 1) {
		drop(&objects[letter - 'a']);
	} else if (sscanf(word, "gone:%c", &letter) == 1) {
		wl_surface_destroy(objects[letter - 'a'].surface);
		objects[letter - 'a'].surface = NULL;
		world_sync();
	} else if (sscanf(word, "wish:%c,%31s", &letter, rest) == 2) {
		wish(&objects[letter - 'a'], find_list(rest)->pairs, find_list(rest)->len);
	} else if (sscanf(word, "advise:%31s", rest) == 1) {
		advise(world.dmabuf, rest);
	} else if (sscanf(word, "composed:%31s", rest) == 1) {
		set_composed(find_list(rest)->pairs, find_list(rest)->len);
	} else if (strcmp(word, "pass") == 0) {
		let_time_pass();
	} else if (strcmp(word, "armed") == 0 || strcmp(word, "idle") == 0) {
		assert_int_equal(is_armed(), word[0] == 'a');
	} else if (sscanf(word, "arms:%d", &count) == 1) {
		assert_int_equal(arms, count);
	} else if (sscanf(word, "told:%c,%d,%31s", &letter, &count, rest) == 3) {
		assert_told(objects[letter - 'a'].told, count, rest);
	} else {
		assert_int_equal(sscanf(word, "first:%c,%31s", &letter, rest), 2);
		const struct pair *first = objects[letter - 'a'].told->tranches[0].formats;
		assert_int_equal(first->fourcc, find_list(rest)->pairs[0].fourcc);
		assert_int_equal(first->modifier, find_list(rest)->pairs[0].modifier);
	}
}

static void play(const char *script) {
	test_play(script, take_word);
}

/* --- Tests ------------------------------------------------------------------ */

static void first_feedback(void **state) {
	play("told:a,1," DEFAULT);
	for (int i = 0; i < 2; i++) {
		play("ask:b told:b,1," DEFAULT);
		assert_int_equal(objects[1].told->table_inode, objects[0].told->table_inode);
		play("drop:b");
	}
	/* What the planes have besides is in the table already. */
	assert_int_equal(objects[0].told->table_len, 8 + 2);
	assert_int_equal(world.formats + world.modifiers, 0);
}

static void nobody_can_change_the_table(void **state) {
	int fd = objects[0].told->table_fd;
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(ftruncate(fd, 1 << 20), -1);
	assert_ptr_equal(mmap(NULL, 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
}

static void one_change_after_quiet(void **state) {
	/* In another order than the default, and each named by two planes: it is what is told. */
	play("wish:a,default arms:0");
	play("wish:a,tiled wish:a,tiled wish:a,tiled arms:1");
	/* Another wish: the wait begins again. */
	play("wish:a,linear arms:2 told:a,1," DEFAULT);
	play("pass told:a,2,planes:1,gpu:8 first:a,linear wish:a,linear idle");
	play("wish:a,default pass told:a,3," DEFAULT);
	/* Back before it was told. */
	play("wish:a,tiled armed wish:a,default idle told:a,3," DEFAULT);
}

static void new_table_only_when_it_grew(void **state) {
	const struct told *told = objects[0].told;
	ino_t first = told->table_inode;
	play("ask:b wish:a,tiled pass");
	assert_int_equal(told->table_inode, first);
	play("wish:a,argb pass first:a,argb");
	assert_int_not_equal(told->table_inode, first);
	/* Others have heard nothing of it; a new one gets the same table as the last. */
	play("told:b,1," DEFAULT " ask:c told:c,1," DEFAULT);
	assert_int_equal(objects[2].told->table_inode, told->table_inode);
}

static void own_tranches_first(void **state) {
	play("drop:a wish:a,tiled idle ask:a told:a,1,planes:1,gpu:8 first:a,tiled");
	/* Another surface has the default. */
	play("ask:c told:c,1," DEFAULT);
}

/* More than fits into one message. */
static void long_tranche(void **state) {
	static struct pair formats[3000];
	for (size_t i = 0; i < 3000; i++) {
		formats[i] = (struct pair){DRM_FORMAT_ABGR2101010, i};
	}
	wish(&objects[0], formats, 3000);
	play("pass told:a,2,planes:3000,gpu:8");
	const struct told_tranche *tranche = objects[0].told->tranches;
	assert_int_equal(tranche->events, 3);
	for (size_t i = 0; i < 3000; i++) {
		assert_int_equal(tranche->formats[i].modifier, i);
	}
}

static void surface_or_object_goes_first(void **state) {
	play("wish:a,tiled drop:a pass ask:a first:a,tiled");
	/* Without its surface the object is inert. */
	play("ask:c wish:c,tiled armed gone:c idle composed:linear told:c,1," DEFAULT);
}

static void advice(void **state) {
	/* On the primary plane: as the default says. */
	play("advise:primary advise:no-free-plane arms:0");
	play("advise:modifier pass told:a,2,planes:4,gpu:8");
	play("advise:rotation pass told:a,3,gpu:8");
	/* Planes of no formats, and none, are for composing too. */
	play("advise:covered idle wish:a,none idle advise:nowhere idle");
	advise(NULL, "modifier");
}

/* Another renderer composes: a GPU's with tiles and video, then the CPU after resets. */
static void composed_changes(void **state) {
	play("ask:b advise:rotation pass told:a,2,gpu:8");
	/* For planes only what the GPU reads too, then all that it does. */
	play("composed:gpu told:b,2,planes:1,gpu:3 first:b,linear pass told:a,3,gpu:3");
	play("advise:modifier pass told:a,4,planes:2,gpu:3");
	/* Nothing is sent when nothing has changed. */
	play("composed:gpu idle told:b,2,planes:1,gpu:3");
	/* Tiles are shown, but not composed any more. */
	play("composed:linear told:b,3,planes:1,gpu:1 pass told:a,5,planes:1,gpu:1");
	latch_dmabuf_set_composed(NULL, NULL);
}

/* Each surface waits for itself, and one without advice is told too. */
static void two_surfaces(void **state) {
	/* The first one begins again, and is the last one now. */
	play("ask:c wish:c,tiled wish:a,argb wish:c,linear");
	play("pass told:a,2,planes:1,gpu:8 told:c,1," DEFAULT);
	play("pass told:c,2,planes:1,gpu:8 first:c,linear idle drop:c gone:c");
	play("ask:d composed:linear pass pass told:d,2,planes:1,gpu:1");
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

/* With others besides, linear is named too; video has no such trouble with it. */
static void before_feedback_with_others(void **state) {
	static const struct {
		struct pair composed[5];
		size_t len;
		int modifiers;
	} rows[] = {
		{{{DRM_FORMAT_XBGR8888, LINEAR}, {DRM_FORMAT_XBGR8888, DRM_FORMAT_MOD_INVALID},
			 {DRM_FORMAT_XBGR8888, TILED}, {XR24, LINEAR},
			 {XR24, DRM_FORMAT_MOD_INVALID}},
			5, 3 + 1},
		{{{DRM_FORMAT_NV12, LINEAR}, {DRM_FORMAT_NV12, DRM_FORMAT_MOD_INVALID},
			 {XR24, LINEAR}, {XR24, DRM_FORMAT_MOD_INVALID}},
			4, 2 + 1},
	};
	for (size_t i = 0; i < LEN(rows); i++) {
		set_composed(rows[i].composed, rows[i].len);
		zwp_linux_dmabuf_v1_destroy(world.manager);
		world.manager = NULL;
		world.manager_version = 3;
		world.modifiers = 0;
		world_bind();
		assert_int_equal(world.modifiers, rows[i].modifiers);
	}
}

/* From version 6 on a flag says what the main device did. */
static void sampling_flag(void **state) {
	world_init(6);
	struct told *told =
		told_create(zwp_linux_dmabuf_v1_get_default_feedback(world.manager));
	world_sync();
	assert_int_equal(told->dones, 1);
	assert_int_equal(told->main_device, 0);
	assert_int_equal(told->tranches_len, 2);
	assert_int_equal(
		told->tranches[0].flags, ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SCANOUT);
	assert_int_equal(
		told->tranches[1].flags, ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SAMPLING);
	assert_int_equal(told->tranches[1].device, MAIN_DEVICE);
	told_destroy(told);
	world_finish();
}

/* Feedback objects and wishes come and go; in the end there are as many fds as before. */
static void a_thousand_times(void **state) {
	size_t fds = latch_fds_look().in_use;
	for (int i = 0; i < 1000; i++) {
		struct object object = {.surface = objects[0].surface};
		struct object *asks = i % 2 == 0 ? &object : &objects[1];
		ask(asks);
		wish(&objects[0], find_list(i % 2 == 0 ? "tiled" : "argb")->pairs, 1);
		let_time_pass();
		drop(asks);
	}
	assert_int_equal(objects[0].told->dones, 1001);
	assert_int_equal(latch_fds_look().in_use, fds);
}

TEST_MAIN("dmabuf-feedback", TEST(first_feedback), TEST(nobody_can_change_the_table),
	TEST(one_change_after_quiet), TEST(new_table_only_when_it_grew), TEST(own_tranches_first),
	TEST(long_tranche), TEST(surface_or_object_goes_first), TEST(advice),
	TEST(composed_changes), TEST(two_surfaces), UNIT(before_feedback),
	TEST(before_feedback_with_others), UNIT(sampling_flag), TEST(a_thousand_times))
