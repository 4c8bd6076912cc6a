/* SPDX-License-Identifier: MIT */
/* wp_color_management_v1 over the wire: what is told, every error, and when it counts. */

#include "world.h"

#define TF(name) WP_COLOR_MANAGER_V1_TRANSFER_FUNCTION_##name
#define PRIMARIES(name) WP_COLOR_MANAGER_V1_PRIMARIES_##name

static struct {
	struct surface *surface;
	struct wp_color_management_surface_v1 *color;
	struct wp_color_management_surface_feedback_v1 *feedback;
	struct wp_image_description_creator_params_v1 *creator;
	struct wp_image_description_v1 *image;
	struct wl_buffer *buffer;
} scene;

/* What the image and its information have told: one word each. */
static char told[1024];
static uint64_t identity;

static void tell(const char *format, ...) {
	const size_t used = strlen(told);
	va_list args;
	va_start(args, format);
	vsnprintf(told + used, sizeof(told) - used, format, args);
	va_end(args);
}

/* Of an image and of its information; the arguments are in the XML's order. */
static int handle_event(const void *unused, void *proxy, uint32_t opcode,
	const struct wl_message *message, union wl_argument *args) {
	const char *event = message->name;
	/* The one is of version 1, and there is no ICC here. */
	assert_string_not_equal(event, "ready");
	assert_string_not_equal(event, "icc_file");
	if (strcmp(event, "ready2") == 0) {
		identity = (uint64_t)args[0].u << 32 | args[1].u;
		tell("ready ");
	} else if (strcmp(event, "failed") == 0) {
		tell("failed(%u) ", args[0].u);
	} else if (strcmp(event, "done") == 0) {
		tell("done ");
		wl_proxy_destroy(proxy);
	} else {
		/* Without the version that may stand before the types. */
		const char *types = message->signature + strspn(message->signature, "0123456789");
		for (size_t i = 0; i < strlen(types); i++) {
			tell(i > 0 ? ",%d" : "%d", args[i].i);
		}
		tell(" ");
	}
	return 0;
}

static void *listen_to(void *proxy) {
	wl_proxy_add_dispatcher(proxy, handle_event, NULL, NULL);
	return proxy;
}

STEP(creator, scene.creator = wp_color_manager_v1_create_parametric_creator(world.color))

static void create(void) {
	scene.image =
		world_keep(listen_to(wp_image_description_creator_params_v1_create(scene.creator)));
	scene.creator = NULL; // which that request destroys
	world_sync();
}

/* What the creator is told. */
#define SET(name, what, ...)                                                                       \
	STEP(name, wp_image_description_creator_params_v1_set_##what(scene.creator, __VA_ARGS__))

SET(srgb_tf, tf_named, TF(COMPOUND_POWER_2_4))
SET(old_tf, tf_named, TF(SRGB))
SET(hlg, tf_named, TF(HLG))
SET(pq, tf_named, TF(ST2084_PQ))
SET(power_2, tf_power, 20000)
SET(power_small, tf_power, 9999)
SET(power_large, tf_power, 100001)
SET(p3, primaries_named, PRIMARIES(DISPLAY_P3))
SET(pal, primaries_named, PRIMARIES(PAL))
SET(custom, primaries, 650000, 330000, 280000, 620000, 150000, 50000, 312700, 329000)
SET(line, primaries, 640000, 330000, 640000, 330000, 150000, 60000, 312700, 329000)
SET(luminances, luminances, 50, 400, 200)
SET(dark_max, luminances, 4000000, 400, 500)
SET(dark_reference, luminances, 10000, 400, 1)
SET(mastering, mastering_luminance, 1, 400)
SET(dark_mastering, mastering_luminance, 4000000, 400)
SET(mastering_primaries, mastering_display_primaries, 1, 1, 1, 1, 1, 1, 1, 1)
SET(max_cll, max_cll, 400)
SET(max_fall, max_fall, 401)
STEP(color,
	scene.color = world_keep(wp_color_manager_v1_get_surface(world.color, scene.surface->wl)))
STEP(end_color, wp_color_management_surface_v1_destroy(world_forget(scene.color)))
STEP(set, wp_color_management_surface_v1_set_image_description(scene.color, scene.image, 0))
STEP(set_relative,
	wp_color_management_surface_v1_set_image_description(scene.color, scene.image, 1))
STEP(unset, wp_color_management_surface_v1_unset_image_description(scene.color))
STEP(gone, surface_destroy(scene.surface))
STEP(feedback, scene.feedback = world_keep(
		       wp_color_manager_v1_get_surface_feedback(world.color, scene.surface->wl)))
STEP(preferred, scene.image = world_keep(listen_to(
			wp_color_management_surface_feedback_v1_get_preferred(scene.feedback))))
STEP(information, world_keep(wp_image_description_v1_get_information(scene.image)))
STEP(icc, world_keep(wp_color_manager_v1_create_icc_creator(world.color)))
STEP(scrgb, world_keep(wp_color_manager_v1_create_windows_scrgb(world.color)))
STEP(bt2100, world_keep(wp_color_manager_v1_create_windows_bt2100(world.color)))

#define MANAGER "wp_color_manager_v1"
#define SURFACE "wp_color_management_surface_v1"
#define FEEDBACK "wp_color_management_surface_feedback_v1"
#define CREATOR "wp_image_description_creator_params_v1"
#define IMAGE "wp_image_description_v1"
/* The request that is an error has destroyed it, for the client. */
#define DESTROYED ""
#define FINE NULL, -1

/* The codes are those of the XML, in numbers. */
static const struct steps rows[] = {
	{"unsupported_feature, ICC", MANAGER, 0, {icc}, ""},
	{"unsupported_feature, scRGB", MANAGER, 0, {scrgb}, ""},
	{"unsupported_feature, Windows's BT.2100", MANAGER, 0, {bt2100}, ""},
	{"surface_exists", MANAGER, 1, {color, color}, ""},
	{"another one after the first", FINE, {color, end_color, color}, ""},
	{"named", FINE, {creator, srgb_tf, p3, create}, "ready "},
	{"of numbers", FINE, {creator, power_2, custom, luminances, max_cll, create}, "ready "},
	{"incomplete_set, no primaries", DESTROYED, 0, {creator, srgb_tf, create}, ""},
	{"incomplete_set, no transfer", DESTROYED, 0, {creator, p3, create}, ""},
	{"already_set, transfer", CREATOR, 1, {creator, srgb_tf, power_2}, ""},
	{"already_set, power", CREATOR, 1, {creator, power_2, srgb_tf}, ""},
	{"already_set, primaries", CREATOR, 1, {creator, p3, custom}, ""},
	{"already_set, named primaries", CREATOR, 1, {creator, custom, p3}, ""},
	{"already_set, luminances", CREATOR, 1, {creator, luminances, luminances}, ""},
	{"already_set, max_cll", CREATOR, 1, {creator, max_cll, max_cll}, ""},
	{"already_set, mastering", CREATOR, 1, {creator, mastering, mastering}, ""},
	{"already_set, its primaries", CREATOR, 1,
		{creator, mastering_primaries, mastering_primaries}, ""},
	{"invalid_luminance, mastering", CREATOR, 5, {creator, dark_mastering}, ""},
	{"invalid_tf, not offered", CREATOR, 3, {creator, hlg}, ""},
	{"invalid_tf, of version 1", CREATOR, 3, {creator, old_tf}, ""},
	{"invalid_tf, small power", CREATOR, 3, {creator, power_small}, ""},
	{"invalid_tf, large power", CREATOR, 3, {creator, power_large}, ""},
	{"invalid_primaries_named", CREATOR, 4, {creator, pal}, ""},
	{"invalid_luminance, max", CREATOR, 5, {creator, dark_max}, ""},
	{"invalid_luminance, reference", CREATOR, 5, {creator, dark_reference}, ""},
	{"invalid_luminance, light levels", DESTROYED, 5,
		{creator, srgb_tf, p3, max_cll, max_fall, create}, ""},
	{"primaries on a line", FINE, {creator, srgb_tf, line, create}, "failed(1) "},
	{"not_ready", IMAGE, 0, {creator, srgb_tf, line, create, information}, "failed(1) "},
	{"no_information", IMAGE, 1, {creator, srgb_tf, p3, create, information}, "ready "},
	{"render_intent", SURFACE, 0, {color, creator, srgb_tf, p3, create, set_relative},
		"ready "},
	{"image_description", SURFACE, 1, {color, creator, srgb_tf, line, create, set},
		"failed(1) "},
	{"inert, set", SURFACE, 2, {color, creator, srgb_tf, p3, create, gone, set}, "ready "},
	{"inert, unset", SURFACE, 2, {color, gone, unset}, ""},
	{"destroyed after its surface", FINE, {color, gone, end_color}, ""},
	{"preferred", FINE, {feedback, preferred}, "ready "},
	{"inert, preferred", FEEDBACK, 0, {feedback, gone, preferred}, ""},
	{"PQ", FINE, {creator, pq, p3, luminances, create}, "ready "},
};

static int begin(void **state) {
	world_init();
	told[0] = '\0';
	scene.creator = NULL;
	scene.surface = surface_create('s');
	scene.buffer = world_keep(dmabuf_create(-1));
	return 0;
}

static void every_row(void **state) {
	for (size_t i = 0; i < LEN(rows); i++) {
		print_message("# %s\n", rows[i].name);
		begin(state);
		steps_run(&rows[i]);
		assert_string_equal(told, rows[i].told);
		if (scene.creator != NULL) {
			world_keep(scene.creator);
		}
		world_finish();
	}
}

#define SRGB_PRIMARIES "640000,330000,300000,600000,150000,60000,312700,329000 "

static void what_is_preferred(void **state) {
	feedback();
	preferred();
	world_sync();
	const uint64_t first = identity;
	preferred();
	world_sync();
	assert_int_equal(identity, first);
	assert_int_not_equal(identity, 0);
	listen_to(wp_image_description_v1_get_information(scene.image));
	world_sync();
	assert_string_equal(told,
		"ready ready " SRGB_PRIMARIES "1 14 2000,80,80 " SRGB_PRIMARIES "2000,80 done ");
	/* What a client makes has a number of its own. */
	creator();
	srgb_tf();
	p3();
	create();
	world_sync();
	assert_int_not_equal(identity, first);
}

/* The client gets one event when the colours of its output change. */
static void what_is_preferred_changes(void **state) {
	const struct color_description hdr =
		color_description_make(COLOR_PRIMARIES_BT2020, COLOR_PQ, 0);
	feedback();
	listen_to(scene.feedback);
	preferred();
	world_sync();
	const uint64_t first = identity;
	world_set_color(&hdr);
	world_set_color(&hdr);
	world_sync();
	assert_string_equal(told, "ready 0,2 ");
	told[0] = '\0';
	preferred();
	world_sync();
	assert_int_equal(identity, 2);
	listen_to(wp_image_description_v1_get_information(scene.image));
	world_sync();
	assert_non_null(strstr(told, " 6 11 ")); // BT.2020, PQ
	told[0] = '\0';
	world_set_color(NULL);
	world_sync();
	assert_string_equal(told, "0,1 ");
	assert_int_equal(first, 1);
}

static enum color_transfer transfer(void) {
	return scene.surface->sync.current.color.transfer;
}

static void make_pq(void) {
	creator();
	pq();
	mastering();
	max_cll();
	wp_image_description_creator_params_v1_set_primaries_named(
		scene.creator, PRIMARIES(BT2020));
	create();
}

/* It counts with the commit, and not before its buffer is ready. */
static void it_is_double_buffered(void **state) {
	color();
	make_pq();
	set();
	world_sync();
	assert_int_equal(transfer(), COLOR_UNTAGGED);
	const int fence = world_fence();
	surface_draw(scene.surface, fence);
	world_sync();
	assert_int_equal(transfer(), COLOR_UNTAGGED);
	wp_image_description_v1_destroy(world_forget(scene.image));
	unset();
	world_sync();
	world_signal(fence);
	const struct color_description *now = &scene.surface->sync.current.color;
	assert_int_equal(now->transfer, COLOR_PQ);
	assert_int_equal(now->max, 10000);
	assert_int_equal(now->reference, 203);
	assert_int_equal(now->mastering_min, 1);
	assert_int_equal(now->mastering_max, 400);
	assert_int_equal(now->max_cll, 400);
	assert_true(color_primaries_equal(
		&now->primaries, &color_primaries_named[COLOR_PRIMARIES_BT2020]));
	surface_commit(scene.surface, scene.buffer);
	world_sync();
	assert_int_equal(transfer(), COLOR_UNTAGGED);

	/* It stays for commits that say nothing of it, and goes with its object. */
	make_pq();
	set();
	surface_commit(scene.surface, scene.buffer);
	surface_commit(scene.surface, scene.buffer);
	world_sync();
	assert_int_equal(transfer(), COLOR_PQ);
	end_color();
	world_sync();
	assert_int_equal(transfer(), COLOR_PQ);
	surface_commit(scene.surface, scene.buffer);
	world_sync();
	assert_int_equal(transfer(), COLOR_UNTAGGED);
}

#define COLOR(function) cmocka_unit_test_setup_teardown(function, begin, teardown)

TEST_MAIN("color", UNIT(every_row), COLOR(what_is_preferred), COLOR(what_is_preferred_changes),
	COLOR(it_is_double_buffered))
