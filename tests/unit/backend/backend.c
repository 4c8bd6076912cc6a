/*
 * The backend on a made-up device and session: hotplug events, the end of a device.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

static void start(void) {
	int status;
	world.backend = latch_kms_backend_create(
		&world.session, world.loop, &world.device, "/dev/dri/card9", &status);
	assert_non_null(world.backend);
	assert_true(wlr_backend_start(&world.backend->base));
}

static int teardown(void **state) {
	wlr_backend_destroy(&world.backend->base);
	close(world.device.fd);
	close(world.kernel_fd);
	wl_event_loop_destroy(world.loop);
	fake_finish();
	return fake.outstanding;
}

static size_t count_outputs(void) {
	return (size_t)wl_list_length(&world.backend->outputs);
}

static int probes(uint32_t id) {
	int count = fake_find_object(id)->probes;
	fake_find_object(id)->probes = 0;
	return count;
}

static void happen(struct wlr_device_change_event event) {
	wl_signal_emit_mutable(&world.device.events.change, &event);
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
		cmocka_unit_test_setup_teardown(test_hangup, setup, teardown),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("backend", tests, NULL, NULL);
}
