/* SPDX-License-Identifier: MIT */
/* What clients hold, and who they are. */

#include <drm_fourcc.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_shm.h>
#include <wlr/types/wlr_xdg_shell.h>
#include <wlr/util/log.h>

#include "../test.h"
#include "../wire.h"
#include "limits/client.h"
#include "xdg-shell-client-protocol.h"

struct client {
	struct wl_client *server;
	struct wl_display *display;
	struct latch_account *account;
	struct wl_shm *shm;
	struct wl_compositor *compositor;
	struct xdg_wm_base *wm_base;
};

static struct world {
	struct wl_display *display;
	struct latch_clients *accounts;
	struct client clients[2];
	int logged;
	char log[512];
} world;

static void handle_log(enum wlr_log_importance level, const char *format, va_list args) {
	char line[512];
	vsnprintf(line, sizeof(line), format, args);
	if (strstr(line, "account.c") != NULL) {
		world.logged++;
		snprintf(world.log, sizeof(world.log), "%s", strstr(line, "] ") + 2);
	}
}

static void world_sync(void) {
	for (int i = 0; i < 8; i++) {
		wire_pump(world.display, world.clients[i % 2].display, 1);
	}
}

static bool lives(int client) {
	return wl_display_get_error(world.clients[client].display) == 0;
}

static uint64_t used(enum latch_limit limit) {
	return latch_account_get(world.clients[0].account, limit);
}

/* With one limit that is another than the default. */
static void world_init_limited(enum latch_limit limit, uint64_t max) {
	world = (struct world){.display = wl_display_create()};
	wlr_log_init(WLR_INFO, handle_log);
	const uint32_t formats[] = {DRM_FORMAT_ARGB8888, DRM_FORMAT_XRGB8888};
	assert_non_null(wlr_shm_create(world.display, 1, formats, 2));
	assert_non_null(wlr_compositor_create(world.display, 4, NULL));
	assert_non_null(wlr_xdg_shell_create(world.display, 1));
	struct latch_limits limits = latch_limits_default();
	limits.max[limit] = max;
	world.accounts = latch_clients_create(world.display, &limits, NULL);
	for (int i = 0; i < 2; i++) {
		struct client *client = &world.clients[i];
		client->server = wire_connect(world.display, &client->display);
		client->account = latch_account_ref(latch_account_find(client->server));
		assert_non_null(client->account);
		wire_bind(world.display, client->display,
			(struct wire_global[]){
				{&wl_shm_interface, 1, &client->shm, 0},
				{&wl_compositor_interface, 1, &client->compositor, 0},
				{&xdg_wm_base_interface, 1, &client->wm_base, 0},
				{0},
			});
		assert_true(client->shm != NULL && client->compositor != NULL &&
			    client->wm_base != NULL);
	}
	world_sync();
}

static int setup(void **state) {
	world_init_limited(LATCH_LIMIT_UPDATES, 3);
	return 0;
}

static int teardown(void **state) {
	wl_display_destroy_clients(world.display);
	latch_clients_destroy(world.accounts);
	wl_display_destroy(world.display);
	for (int i = 0; i < 2; i++) {
		struct client *client = &world.clients[i];
		wl_shm_destroy(client->shm);
		wl_compositor_destroy(client->compositor);
		xdg_wm_base_destroy(client->wm_base);
		wl_display_disconnect(client->display);
		assert_int_equal(latch_account_get(client->account, LATCH_LIMIT_BUFFERS), 0);
		latch_account_unref(client->account);
	}
	return 0;
}

static void test_limits(void **state) {
	struct latch_account *account = world.clients[0].account;
	assert_true(latch_account_charge(account, LATCH_LIMIT_UPDATES, 2));
	assert_true(latch_account_charge(account, LATCH_LIMIT_UPDATES, 1));
	assert_false(latch_account_charge(account, LATCH_LIMIT_UPDATES, 1));
	assert_int_equal(latch_account_get(account, LATCH_LIMIT_UPDATES), 3);
	latch_account_discharge(account, LATCH_LIMIT_UPDATES, 1);
	assert_true(latch_account_charge(account, LATCH_LIMIT_UPDATES, 1));
	assert_string_equal(
		latch_account_refusal(account), "at most 3 pending updates (--limits updates=N)");
	/* Nothing wraps around. */
	assert_false(latch_account_charge(account, LATCH_LIMIT_UPDATES, UINT64_MAX));
	assert_false(latch_account_charge(account, LATCH_LIMIT_UPDATES, UINT64_MAX - 2));
	/* Each has an account of its own. */
	assert_true(latch_account_charge(world.clients[1].account, LATCH_LIMIT_UPDATES, 3));
	assert_int_equal(world.logged, 1);

	/* Nobody keeps accounts: there are no limits. */
	assert_true(latch_account_charge(NULL, LATCH_LIMIT_FDS, UINT64_MAX));
	latch_account_discharge(NULL, LATCH_LIMIT_FDS, 1);
	latch_account_unref(latch_account_ref(NULL));
}

static void test_parse(void **state) {
	struct latch_limits limits = latch_limits_default(), before = limits;
	assert_true(latch_limits_parse("updates=3", &limits));
	assert_int_equal(limits.max[LATCH_LIMIT_UPDATES], 3);
	assert_int_equal(limits.max[LATCH_LIMIT_FENCES], before.max[LATCH_LIMIT_FENCES]);
	assert_true(latch_limits_parse("mib=2,rectangles=1000000000,mib=1", &limits));
	assert_int_equal(limits.max[LATCH_LIMIT_BYTES], 1 << 20);
	assert_int_equal(limits.max[LATCH_LIMIT_RECTANGLES], 1000000000);

	static const char *const wrong[] = {"", "updates", "updates=", "updates=0", "updates=-1",
		"updates= 1", "updates=1x", "updates=1000000001", "updates=99999999999999999999",
		"update=1", "updatess=1", "=1", "updates=1,", "updates=1,,fences=1",
		"fences=7,nonsense=1"};
	limits = before;
	for (size_t i = 0; i < LEN(wrong); i++) {
		assert_false(latch_limits_parse(wrong[i], &limits));
		assert_memory_equal(&limits, &before, sizeof(limits));
	}
}

static void test_who_it_is(void **state) {
	struct latch_account *account = world.clients[0].account;
	char text[LATCH_ACCOUNT_TEXT], expected[LATCH_ACCOUNT_TEXT];
	snprintf(expected, sizeof(expected), "client %d (test-limits-acc)", (int)getpid());
	assert_string_equal(latch_account_describe(account, text), expected);
	assert_int_equal(latch_account_pid(account), getpid());
	assert_string_equal(latch_account_comm(account), "test-limits-acc");

	/* What it calls itself goes to a terminal. */
	const struct client *client = &world.clients[0];
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	struct xdg_surface *xdg = xdg_wm_base_get_xdg_surface(client->wm_base, surface);
	struct xdg_toplevel *toplevel = xdg_surface_get_toplevel(xdg);
	world_sync();
	assert_string_equal(latch_account_describe(account, text), expected);
	xdg_toplevel_set_app_id(toplevel, "org.evil\n\033[31m\"");
	world_sync();
	snprintf(expected, sizeof(expected),
		"client %d (test-limits-acc, app id \"org.evil??[31m\"\")", (int)getpid());
	assert_string_equal(latch_account_describe(account, text), expected);
	xdg_toplevel_destroy(toplevel);
	xdg_surface_destroy(xdg);
	wl_surface_destroy(surface);
}

/* The account is there for as long as somebody has to discharge something. */
static void test_outlives(void **state) {
	struct latch_account *account = world.clients[0].account;
	assert_true(latch_account_charge(account, LATCH_LIMIT_BYTES, 10));
	wl_client_destroy(world.clients[0].server);
	char text[LATCH_ACCOUNT_TEXT];
	latch_account_describe(account, text);
	latch_account_end(account, 0, "nobody");
	assert_false(latch_account_is_ending(account));
	latch_account_discharge(account, LATCH_LIMIT_BYTES, 10);
	assert_int_equal(latch_account_get(account, LATCH_LIMIT_BYTES), 0);
}

static void test_shm(void **state) {
	world_init_limited(LATCH_LIMIT_BUFFERS, 3);
	const struct client *client = &world.clients[0];
	int fd = memfd_create("shm", MFD_CLOEXEC);
	assert_int_equal(ftruncate(fd, 4096), 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, 4096);
	close(fd);
	struct wl_buffer *buffers[5];
	for (uint64_t i = 0; i < 5; i++) {
		buffers[i] = wl_shm_pool_create_buffer(pool, 0, 16, 16, 64, WL_SHM_FORMAT_XRGB8888);
		world_sync();
		assert_int_equal(used(LATCH_LIMIT_FDS), i < 4);
		if (i == 2) {
			assert_int_equal(used(LATCH_LIMIT_BUFFERS), 3);
			wl_buffer_destroy(buffers[0]);
			world_sync();
			assert_int_equal(used(LATCH_LIMIT_BUFFERS), 2);
		}
	}
	assert_true(wire_is_refused(client->display));
	assert_true(lives(1));
	for (int i = 1; i < 5; i++) {
		wl_buffer_destroy(buffers[i]);
	}
	wl_shm_pool_destroy(pool);
}

static struct wl_surface *framed;

static void *make_region(void) {
	return wl_compositor_create_region(world.clients[0].compositor);
}

static void *make_callback(void) {
	return wl_surface_frame(framed);
}

/* A client that keeps all has to go: some time after 64, less what its other objects are; a
 * sixteenth may be overdrawn. */
static void assert_bounded(void *(*make)(void), int least, const char *refusal) {
	struct wl_proxy *proxies[80];
	for (int i = 0; i < 80; i++) {
		proxies[i] = make();
		assert_true(i < 70 ? lives(0) || i > least : !lives(0));
		world_sync();
	}
	assert_true(wire_is_refused(world.clients[0].display));
	assert_non_null(strstr(world.log, refusal));
	assert_true(lives(1));
	for (int i = 0; i < 80; i++) {
		wl_proxy_destroy(proxies[i]);
	}
}

static void test_objects(void **state) {
	world_init_limited(LATCH_LIMIT_OBJECTS, 64);
	/* What is destroyed does not count. */
	for (int i = 0; i < 500; i++) {
		wl_region_destroy(make_region());
		world_sync();
	}
	assert_bounded(make_region, 50, "at most 64 objects (--limits objects=N)");
}

/* One commit answers all that wait, so there can't be very many. */
static void test_callbacks(void **state) {
	world_init_limited(LATCH_LIMIT_CALLBACKS, 64);
	for (int i = 0; i < 300; i++) { // those of wl_display.sync are answered at once
		wl_callback_destroy(wl_display_sync(world.clients[0].display));
		world_sync();
	}
	framed = wl_compositor_create_surface(world.clients[0].compositor);
	assert_bounded(make_callback, 60,
		"at most 64 frame callbacks and feedbacks (--limits callbacks=N)");
	wl_surface_destroy(framed);
}

TEST_MAIN("limits-account", TEST(test_limits), UNIT(test_parse), TEST(test_who_it_is),
	TEST(test_outlives), TEST_END(test_shm), TEST_END(test_objects), TEST_END(test_callbacks))
