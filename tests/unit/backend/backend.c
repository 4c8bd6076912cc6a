/* SPDX-License-Identifier: MIT */
/*
 * The backend on a made-up device and session: hotplug events, which CRTC an output gets, how its
 * pictures lie in memory, the end of a device.
 */
#include <drm_fourcc.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/render/allocator.h>
#include <wlr/render/interface.h>
#include <wlr/render/swapchain.h>

#include "backend/output.h"
#include "backend/wlr_output.h"
#include "output/swapchain.h"
#include "seat.h"

static struct {
	struct wl_listener new_output;
	bool refuse;
	/* What the upper layers heard. */
	int flips, moves;
} world;

static int setup(void **state) {
	memset(&world, 0, sizeof(world));
	return seat_init();
}

static int teardown(void **state) {
	wl_list_remove(&world.new_output.link);
	return seat_finish();
}

static void happen(struct wlr_device_change_event event) {
	wl_signal_emit_mutable(&seat.device.events.change, &event);
}

/* Of a connector, of a property of it; 0: of nothing that is named. */
static void plug(uint32_t connector_id, uint32_t prop_id) {
	happen((struct wlr_device_change_event){.type = WLR_DEVICE_HOTPLUG,
		.hotplug = {.connector_id = connector_id, .prop_id = prop_id}});
}

static void note_flip(void *data, const struct kms_flip *flip, uint64_t sequence) {
	world.flips++;
}

static void note_moved(void *data) {
	world.moves++;
}

static void light(struct wl_listener *listener, void *data) {
	struct wlr_output *output = data;
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_enabled(&state, true);
	wlr_output_state_set_mode(&state, wlr_output_preferred_mode(output));
	wlr_output_commit_state(output, &state);
	wlr_output_state_finish(&state);
	latch_kms_output_from_wlr_output(output)->handlers =
		(struct latch_kms_handlers){note_flip, note_moved, NULL};
}

static struct latch_kms_output *find_output(const char *name) {
	struct latch_kms_output *output;
	wl_list_for_each(output, &seat.backend->outputs, link) {
		if (strcmp(output->base.name, name) == 0) {
			return output;
		}
	}
	return NULL;
}

/* A frame, as far as the backend sees it. */
static void submit(struct latch_kms_output *output) {
	struct kms_commit commit;
	kms_commit_init(&commit, output->device);
	latch_kms_output_add_modeset(output, &commit);
	assert_int_equal(latch_kms_output_submit(output, &commit, KMS_COMMIT_FLIP_EVENT, 0), 0);
	output->needs_modeset = false;
}

static void flip(uint32_t crtc_id, uint64_t user_data) {
	const struct drm_event_vblank event = {
		.base = {.type = DRM_EVENT_FLIP_COMPLETE, .length = sizeof(event)},
		.user_data = user_data,
		.crtc_id = crtc_id,
	};
	assert_int_equal(write(seat.kernel_fd, &event, sizeof(event)), sizeof(event));
	wl_event_loop_dispatch(seat.loop, 0);
}

static uint64_t sent(uint32_t object, const char *property) {
	uint64_t value = UINT64_MAX;
	return fake_commit_has(object, property, &value) ? value : UINT64_MAX;
}

static int refuse_when_told(const struct fake_commit *commit, void *data) {
	return world.refuse ? EINVAL : 0;
}

static void start(void) {
	seat_create_backend();
	world.new_output.notify = light;
	wl_signal_add(&seat.backend->base.events.new_output, &world.new_output);
	assert_true(wlr_backend_start(&seat.backend->base));
}

/* Two CRTCs, each with a primary plane. Virtual-1 can be on both and is on the first; DP-1, which
 * is plugged in later, can be on that one only: HDMI and DSI of an rk3588, HDMI1 of a vc4. */
static struct latch_kms_output *start_with_two_crtcs(void) {
	struct fake_object *crtc = fake_add_object(DRM_MODE_OBJECT_CRTC, 51);
	*crtc = *fake_find_object(50);
	crtc->id = 51;
	struct fake_object *primary = fake_add_object(DRM_MODE_OBJECT_PLANE, 34);
	*primary = *fake_find_object(30);
	primary->id = 34;
	primary->possible_crtcs = 2;
	fake_find_object(70)->possible_crtcs = 3;
	fake_find_property(70, "CRTC_ID")->value = 50;
	fake.on_commit = refuse_when_told;
	start();
	struct latch_kms_output *first = find_output("Virtual-1");
	assert_int_equal(first->crtc->id, 50);
	submit(first);
	fake_add_connector(72, DRM_MODE_CONNECTOR_DisplayPort, 1);
	return first;
}

static void test_moves_another(void **state) {
	struct latch_kms_output *first = start_with_two_crtcs();
	const uint64_t before = latch_kms_output_user_data(first, first->submit_serial);
	plug(0, 0);
	/* One commit for both: in between neither order would be taken. */
	assert_int_equal(sent(70, "CRTC_ID"), 51);
	assert_int_equal(sent(72, "CRTC_ID"), 50);
	assert_int_not_equal(sent(34, "FB_ID"), 0);
	assert_int_equal(sent(34, "CRTC_ID"), 51);
	assert_int_equal(sent(30, "CRTC_ID"), 50);
	struct latch_kms_output *second = find_output("DP-1");
	assert_int_equal(first->crtc->id, 51);
	assert_int_equal(first->primary->id, 34);
	assert_int_equal(second->crtc->id, 50);
	assert_true(first->needs_modeset && second->needs_modeset);
	assert_int_equal(world.moves, 1);

	/* An event of before is nobody's, and each hears of its own alone. */
	submit(second);
	submit(first);
	flip(50, before);
	assert_int_equal(world.flips, 0);
	flip(50, latch_kms_output_user_data(second, second->submit_serial));
	assert_int_equal(world.flips, 1);
	flip(51, latch_kms_output_user_data(first, first->submit_serial));
	assert_int_equal(world.flips, 2);
}

static void test_move_is_refused(void **state) {
	struct latch_kms_output *first = start_with_two_crtcs();
	uint32_t blob = first->mode_blob;
	world.refuse = true;
	plug(0, 0);
	assert_int_equal(first->crtc->id, 50);
	assert_int_equal(first->primary->id, 30);
	assert_int_equal(first->mode_blob, blob);
	assert_false(first->needs_modeset);
	assert_int_equal(world.moves, 0);
	assert_null(find_output("DP-1")->crtc);
	assert_true(find_output("DP-1")->starved);
	/* It is tried again with what happens next. */
	world.refuse = false;
	plug(0, 0);
	assert_int_equal(find_output("DP-1")->crtc->id, 50);
	assert_int_equal(first->crtc->id, 51);
}

/* Before another session gets the screen, by Ctrl+Alt+F2: what it may not know of is off, and what
 * is on the primary plane stays until it sets that. */
static void test_bare(void **state) {
	start();
	struct latch_kms_output *output = find_output("Virtual-1");
	submit(output);
	int commits = fake.commits;
	output->planes_held =
		kms_plane_bit(output->primary) | kms_plane_bit(&output->device->planes[2]);
	latch_kms_output_bare(output);
	assert_int_equal(fake.commits, commits + 1);
	assert_int_equal(fake.commit.flags, 0);
	assert_int_equal(sent(32, "FB_ID"), 0);
	assert_int_equal(sent(33, "FB_ID"), 0);
	assert_int_equal(fake.commit.objects, 2);
}

static size_t count_outputs(void) {
	return (size_t)wl_list_length(&seat.backend->outputs);
}

/* Since the last look the connectors have been probed so often, and so many outputs are there. */
static void assert_probes(int first, int second, size_t outputs) {
	struct fake_object *connectors[] = {fake_find_object(70), fake_find_object(72)};
	assert_int_equal(connectors[0]->probes, first);
	assert_int_equal(connectors[1]->probes, second);
	assert_int_equal(count_outputs(), outputs);
	connectors[0]->probes = connectors[1]->probes = 0;
}

static void test_uevents(void **state) {
	fake_add_connector(72, DRM_MODE_CONNECTOR_DisplayPort, 1);
	start();
	assert_probes(1, 1, 2);

	/* Of a lease, of a property (HDCP), of a connector, of nothing that is named. */
	happen((struct wlr_device_change_event){.type = WLR_DEVICE_LEASE});
	happen((struct wlr_device_change_event){0});
	plug(72, 5);
	assert_probes(0, 0, 2);
	plug(72, 0);
	assert_probes(0, 1, 2);
	plug(0, 0);
	assert_probes(1, 1, 2);

	/* What went while another session had the device: all are looked at. */
	fake_find_object(72)->unplugged = true;
	wl_signal_emit_mutable(&seat.session.events.active, NULL);
	assert_probes(1, 0, 1);
	assert_true(fake_commit_has(70, "CRTC_ID", NULL));
	assert_false(fake_commit_has(72, "CRTC_ID", NULL));
}

enum layout {
	TILED = 1,
	IMPLICIT = 2,
	LINEAR = 4,
};

/* The kernel refuses pictures in these: i915 with interlaced modes or three 4K screens, amdgpu with
 * large compressed ones, vc4 with too many tiles in a line. */
static unsigned refused_layouts, shown_layout;

static int refuse_layouts(const struct fake_commit *commit, void *data) {
	const uint64_t fb_id = sent(30, "FB_ID");
	for (size_t i = 0; i < fake.fbs_len; i++) {
		const struct fake_fb *fb = &fake.fbs[i];
		if (fb->id == fb_id) {
			bool tiled = fb->modifiers[0] == I915_FORMAT_MOD_X_TILED;
			shown_layout = (fb->flags & DRM_MODE_FB_MODIFIERS) == 0 ? IMPLICIT
				       : tiled					? TILED
										: LINEAR;
			return refused_layouts & shown_layout ? EINVAL : 0;
		}
	}
	return 0;
}

struct picture {
	struct wlr_buffer base;
	struct wlr_dmabuf_attributes dmabuf;
};

static void picture_destroy(struct wlr_buffer *base) {
	struct picture *picture = wl_container_of(base, picture, base);
	wlr_buffer_finish(base);
	free(picture);
}

static bool picture_get_dmabuf(struct wlr_buffer *base, struct wlr_dmabuf_attributes *dmabuf) {
	struct picture *picture = wl_container_of(base, picture, base);
	*dmabuf = picture->dmabuf;
	return true;
}

static const struct wlr_buffer_impl picture_impl = {
	.destroy = picture_destroy,
	.get_dmabuf = picture_get_dmabuf,
};

/* As GBM: the best of the list, none when that is what it says. */
static struct wlr_buffer *allocate(struct wlr_allocator *allocator, int width, int height,
	const struct wlr_drm_format *format) {
	struct picture *picture = calloc(1, sizeof(*picture));
	assert_non_null(picture);
	wlr_buffer_init(&picture->base, &picture_impl, width, height);
	picture->dmabuf = (struct wlr_dmabuf_attributes){
		.width = width,
		.height = height,
		.format = format->format,
		.modifier = format->modifiers[0],
		.n_planes = 1,
		.stride = {(uint32_t)width * 4},
		.fd = {seat.device.fd},
	};
	for (size_t i = 0; i < format->len; i++) {
		if (format->modifiers[i] == I915_FORMAT_MOD_X_TILED) {
			picture->dmabuf.modifier = I915_FORMAT_MOD_X_TILED;
		}
	}
	return &picture->base;
}

static void leave_allocator(struct wlr_allocator *allocator) {
}

static const struct wlr_allocator_interface allocator_impl = {
	.create_buffer = allocate,
	.destroy = leave_allocator,
};

static struct wlr_drm_format_set gpu_formats;

static const struct wlr_drm_format_set *get_gpu_formats(struct wlr_renderer *renderer) {
	return &gpu_formats;
}

static void leave_renderer(struct wlr_renderer *renderer) {
}

static struct wlr_render_pass *draw_nothing(struct wlr_renderer *renderer,
	struct wlr_buffer *buffer, const struct wlr_buffer_pass_options *options) {
	return NULL;
}

static const struct wlr_drm_format_set *get_texture_formats(
	struct wlr_renderer *renderer, uint32_t buffer_caps) {
	return &gpu_formats;
}

static const struct wlr_renderer_impl renderer_impl = {
	.get_texture_formats = get_texture_formats,
	.get_render_formats = get_gpu_formats,
	.begin_buffer_pass = draw_nothing,
	.destroy = leave_renderer,
};

static void test_layout_of_pictures(void **state) {
	static const struct {
		unsigned refused, expected; // 0: none is left
	} cases[] = {
		{0, TILED},
		{LINEAR | IMPLICIT, TILED},
		{TILED, IMPLICIT},
		{TILED | IMPLICIT, LINEAR},
		{TILED | IMPLICIT | LINEAR, 0},
	};
	const uint64_t modifiers[] = {
		DRM_FORMAT_MOD_LINEAR, I915_FORMAT_MOD_X_TILED, DRM_FORMAT_MOD_INVALID};
	for (size_t i = 0; i < 3; i++) {
		wlr_drm_format_set_add(&gpu_formats, DRM_FORMAT_XRGB8888, modifiers[i]);
	}
	struct wlr_allocator allocator;
	struct wlr_renderer renderer = {0};
	wlr_allocator_init(&allocator, &allocator_impl, WLR_BUFFER_CAP_DMABUF);
	wlr_renderer_init(&renderer, &renderer_impl, WLR_BUFFER_CAP_DMABUF);
	start();
	struct latch_kms_output *output = find_output("Virtual-1");
	assert_true(wlr_output_init_render(&output->base, &allocator, &renderer));
	fake.object_of_fd[seat.device.fd] = 7;
	fake.on_commit = refuse_layouts;
	for (size_t i = 0; i < LEN(cases); i++) {
		struct wlr_swapchain *swapchain = NULL;
		refused_layouts = cases[i].refused;
		bool ok = latch_swapchain_configure(&output->base, &swapchain);
		assert_int_equal(ok, cases[i].expected != 0);
		if (ok) {
			assert_int_equal(shown_layout, cases[i].expected);
			/* And it stays. */
			const struct wlr_swapchain *before = swapchain;
			assert_true(latch_swapchain_configure(&output->base, &swapchain));
			assert_ptr_equal(swapchain, before);
		}
		wlr_swapchain_destroy(swapchain);
	}
	refused_layouts = 0;
	wlr_output_destroy(&output->base);
	wlr_renderer_destroy(&renderer);
	wlr_allocator_destroy(&allocator);
	wlr_drm_format_set_finish(&gpu_formats);
}

/* A GPU in a dock is pulled out: no flip comes any more, and udev may take its time. */
static void test_hangup(void **state) {
	start();
	assert_int_equal(count_outputs(), 1);
	assert_int_equal(shutdown(seat.kernel_fd, SHUT_RDWR), 0);
	wl_event_loop_dispatch(seat.loop, 0);
	assert_int_equal(count_outputs(), 0);
	wl_event_loop_dispatch(seat.loop, 0);
	wl_signal_emit_mutable(&seat.device.events.remove, NULL);
}

TEST_MAIN("backend", TEST(test_uevents), TEST(test_moves_another), TEST(test_move_is_refused),
	TEST(test_bare), TEST(test_layout_of_pictures), TEST(test_hangup))
