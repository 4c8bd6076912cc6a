/*
 * The backend on a made-up device and session: hotplug events, which CRTC an output gets, the end of
 * a device.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wlr/backend/session.h>
#include <xf86drm.h>

#include "backend/backend.h"
#include "backend/output.h"
#include "fake_drm.h"

static struct {
	struct wl_event_loop *loop;
	struct wlr_session session;
	struct wlr_device device;
	int kernel_fd; // what is written to it are the device's events
	struct latch_kms_backend *backend;
	struct wl_listener new_output;
	bool refuse;
	/* What the upper layers heard. */
	int flips, moves;
} world;

/* The seat's part in the place of wlroots'. */
void wlr_session_close_file(struct wlr_session *session, struct wlr_device *device) {
}

static int setup(void **state) {
	int fds[2];
	fake_reset();
	fake_add_vkms();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0) {
		return -1;
	}
	memset(&world, 0, sizeof(world));
	world.loop = wl_event_loop_create();
	world.session.active = true;
	wl_signal_init(&world.session.events.active);
	world.device.fd = fds[0];
	wl_signal_init(&world.device.events.change);
	wl_signal_init(&world.device.events.remove);
	world.kernel_fd = fds[1];
	return 0;
}

static int teardown(void **state) {
	wl_list_remove(&world.new_output.link);
	wlr_backend_destroy(&world.backend->base);
	close(world.device.fd);
	close(world.kernel_fd);
	wl_event_loop_destroy(world.loop);
	fake_finish();
	return fake.outstanding;
}

static void happen(struct wlr_device_change_event event) {
	wl_signal_emit_mutable(&world.device.events.change, &event);
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
	latch_kms_output_set_handlers(
		latch_kms_output_from_wlr_output(output), note_flip, note_moved, NULL);
}

static struct latch_kms_output *find_output(const char *name) {
	struct latch_kms_output *output;
	wl_list_for_each(output, &world.backend->outputs, link) {
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
	assert_int_equal(write(world.kernel_fd, &event, sizeof(event)), sizeof(event));
	wl_event_loop_dispatch(world.loop, 0);
}

static uint64_t sent(uint32_t object, const char *property) {
	uint64_t value = UINT64_MAX;
	return fake_commit_has(object, property, &value) ? value : UINT64_MAX;
}

static int refuse_when_told(const struct fake_commit *commit, void *data) {
	return world.refuse ? EINVAL : 0;
}

static void start(void) {
	int status;
	world.backend = latch_kms_backend_create(
		&world.session, world.loop, &world.device, "/dev/dri/card9", &status);
	assert_non_null(world.backend);
	world.new_output.notify = light;
	wl_signal_add(&world.backend->base.events.new_output, &world.new_output);
	assert_true(wlr_backend_start(&world.backend->base));
}

/* Two CRTCs, each with a primary plane. Virtual-1 can be on both and is on the first; DP-1, which is
 * plugged in later, can be on that one only: HDMI and DSI of an rk3588, HDMI1 of a vc4. */
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
	happen((struct wlr_device_change_event){.type = WLR_DEVICE_HOTPLUG});
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
	happen((struct wlr_device_change_event){.type = WLR_DEVICE_HOTPLUG});
	assert_int_equal(first->crtc->id, 50);
	assert_int_equal(first->primary->id, 30);
	assert_int_equal(first->mode_blob, blob);
	assert_false(first->needs_modeset);
	assert_int_equal(world.moves, 0);
	assert_null(find_output("DP-1")->crtc);
	assert_true(find_output("DP-1")->starved);
	/* It is tried again with what happens next. */
	world.refuse = false;
	happen((struct wlr_device_change_event){.type = WLR_DEVICE_HOTPLUG});
	assert_int_equal(find_output("DP-1")->crtc->id, 50);
	assert_int_equal(first->crtc->id, 51);
}

static size_t count_outputs(void) {
	return (size_t)wl_list_length(&world.backend->outputs);
}

static int probes(uint32_t id) {
	int count = fake_find_object(id)->probes;
	fake_find_object(id)->probes = 0;
	return count;
}

static void test_uevents(void **state) {
	fake_add_connector(72, DRM_MODE_CONNECTOR_DisplayPort, 1);
	start();
	assert_int_equal(count_outputs(), 2);
	assert_int_equal(probes(70) + probes(72), 2);

	/* Of a lease, of a property (HDCP), of a connector, of nothing that is named. */
	happen((struct wlr_device_change_event){.type = WLR_DEVICE_LEASE});
	happen((struct wlr_device_change_event){0});
	happen((struct wlr_device_change_event){.type = WLR_DEVICE_HOTPLUG,
		.hotplug = {.connector_id = 72, .prop_id = 5}});
	assert_int_equal(probes(70) + probes(72), 0);
	happen((struct wlr_device_change_event){
		.type = WLR_DEVICE_HOTPLUG, .hotplug = {.connector_id = 72}});
	assert_int_equal(probes(70), 0);
	assert_int_equal(probes(72), 1);
	happen((struct wlr_device_change_event){.type = WLR_DEVICE_HOTPLUG});
	assert_int_equal(probes(70), 1);
	assert_int_equal(probes(72), 1);
	assert_int_equal(count_outputs(), 2);

	/* What went while another session had the device: all are looked at. */
	fake_find_object(72)->unplugged = true;
	wl_signal_emit_mutable(&world.session.events.active, NULL);
	assert_int_equal(probes(70), 1);
	assert_int_equal(count_outputs(), 1);
	assert_true(fake_commit_has(70, "CRTC_ID", NULL));
	assert_false(fake_commit_has(72, "CRTC_ID", NULL));
}

/* A GPU in a dock is pulled out: no flip comes any more, and udev may take its time. */
static void test_hangup(void **state) {
	start();
	assert_int_equal(count_outputs(), 1);
	assert_int_equal(shutdown(world.kernel_fd, SHUT_RDWR), 0);
	wl_event_loop_dispatch(world.loop, 0);
	assert_int_equal(count_outputs(), 0);
	wl_event_loop_dispatch(world.loop, 0);
	wl_signal_emit_mutable(&world.device.events.remove, NULL);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_uevents, setup, teardown),
		cmocka_unit_test_setup_teardown(test_moves_another, setup, teardown),
		cmocka_unit_test_setup_teardown(test_move_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hangup, setup, teardown),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("backend", tests, NULL, NULL);
}
