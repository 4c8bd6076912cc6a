/* What clients hold, who they are, and who has to go when fds run short. */

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_shm.h>
#include <wlr/types/wlr_xdg_shell.h>
#include <wlr/util/log.h>

#include "../test.h"
#include "../wire.h"
#include "limits/client.h"
#include "limits/fds.h"
#include "xdg-shell-client-protocol.h"

struct client {
	struct wl_client *server; // NULL when it has gone
	struct wl_display *display;
	struct latch_account *account;
	struct wl_shm *shm;
	struct wl_compositor *compositor;
	struct xdg_wm_base *wm_base;
	struct wl_listener destroy;
};

static struct world {
	struct wl_display *display;
	struct latch_clients *accounts;
	struct client clients[3];
	int logged;
	char log[512];
} world;

static void handle_log(enum wlr_log_importance level, const char *format, va_list args) {
	char line[512];
	vsnprintf(line, sizeof(line), format, args);
	if (strstr(line, "account.c") != NULL) {
		world.logged++;
		snprintf(world.log, sizeof(world.log), "%s",
			strstr(line, "] ") + 2);
	}
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct client *client = wl_container_of(listener, client, destroy);
	client->server = NULL;
}

static void world_sync(void) {
	for (int i = 0; i < 12; i++) {
		wire_pump(world.display, world.clients[i % 3].display, 1);
	}
}

/* limits: NULL for the defaults. */
static void world_init(const struct latch_limits *limits) {
	world = (struct world){.display = wl_display_create()};
	wlr_log_init(WLR_INFO, handle_log);
	const uint32_t formats[] = {DRM_FORMAT_ARGB8888, DRM_FORMAT_XRGB8888};
	assert_non_null(wlr_shm_create(world.display, 1, formats, 2));
	assert_non_null(wlr_compositor_create(world.display, 4, NULL));
	assert_non_null(wlr_xdg_shell_create(world.display, 1));
	const struct latch_limits defaults = latch_limits_default();
	world.accounts =
		latch_clients_create(world.display, limits != NULL ? limits : &defaults, NULL);
	for (int i = 0; i < 3; i++) {
		struct client *client = &world.clients[i];
		client->server = wire_connect(world.display, &client->display);
		client->account = latch_account_ref(latch_account_find(client->server));
		assert_non_null(client->account);
		client->destroy.notify = handle_destroy;
		wl_client_add_destroy_listener(client->server, &client->destroy);
		wire_bind(world.display, client->display,
			(struct wire_global[]){
				{&wl_shm_interface, 1, &client->shm},
				{&wl_compositor_interface, 1, &client->compositor},
				{&xdg_wm_base_interface, 1, &client->wm_base},
				{0},
			});
		assert_non_null(client->shm);
		assert_non_null(client->compositor);
		assert_non_null(client->wm_base);
	}
	world_sync();
}

static int teardown(void **state) {
	for (int i = 0; i < 3; i++) {
		wl_shm_destroy(world.clients[i].shm);
		wl_compositor_destroy(world.clients[i].compositor);
		xdg_wm_base_destroy(world.clients[i].wm_base);
		wl_display_disconnect(world.clients[i].display);
	}
	wl_display_destroy_clients(world.display);
	latch_clients_destroy(world.accounts);
	wl_display_destroy(world.display);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
			latch_account_get(world.clients[i].account, LATCH_LIMIT_BUFFERS), 0);
		latch_account_unref(world.clients[i].account);
	}
	return 0;
}

static void test_limits(void **state) {
	struct latch_limits limits = latch_limits_default();
	limits.max[LATCH_LIMIT_UPDATES] = 3;
	limits.max[LATCH_LIMIT_BYTES] = UINT64_MAX;
	world_init(&limits);
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
	assert_true(latch_account_charge(account, LATCH_LIMIT_BYTES, UINT64_MAX - 1));
	assert_false(latch_account_charge(account, LATCH_LIMIT_BYTES, 2));
	assert_true(latch_account_charge(account, LATCH_LIMIT_BYTES, 1));
	assert_false(latch_account_charge(account, LATCH_LIMIT_BYTES, UINT64_MAX));
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
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(latch_limits_parse(wrong[i], &limits));
		assert_memory_equal(&limits, &before, sizeof(limits));
	}
}

static void test_who_it_is(void **state) {
	world_init(NULL);
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
	world_init(NULL);
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
	struct latch_limits limits = latch_limits_default();
	limits.max[LATCH_LIMIT_BUFFERS] = 3;
	world_init(&limits);
	const struct client *client = &world.clients[0];
	int fd = memfd_create("shm", MFD_CLOEXEC);
	assert_int_equal(ftruncate(fd, 4096), 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, 4096);
	close(fd);
	struct wl_buffer *buffers[4];
	for (int i = 0; i < 3; i++) {
		buffers[i] = wl_shm_pool_create_buffer(
			pool, 0, 16, 16, 64, WL_SHM_FORMAT_XRGB8888);
	}
	world_sync();
	assert_int_equal(latch_account_get(client->account, LATCH_LIMIT_FDS), 1);
	assert_int_equal(latch_account_get(client->account, LATCH_LIMIT_BUFFERS), 3);
	wl_buffer_destroy(buffers[0]);
	world_sync();
	assert_int_equal(latch_account_get(client->account, LATCH_LIMIT_BUFFERS), 2);
	for (int i = 0; i < 4; i += 3) {
		buffers[i] = wl_shm_pool_create_buffer(
			pool, 0, 16, 16, 64, WL_SHM_FORMAT_XRGB8888);
	}
	world_sync();
	assert_int_equal(wl_display_get_error(client->display), ENOMEM);
	assert_null(client->server);
	assert_int_equal(latch_account_get(client->account, LATCH_LIMIT_FDS), 0);
	assert_int_equal(wl_display_get_error(world.clients[1].display), 0);
	assert_non_null(world.clients[1].server);
	for (int i = 0; i < 4; i++) {
		wl_buffer_destroy(buffers[i]);
	}
	wl_shm_pool_destroy(pool);
}

/* What is destroyed does not count; a client that keeps all has to go. */
static void test_objects(void **state) {
	struct latch_limits limits = latch_limits_default();
	limits.max[LATCH_LIMIT_OBJECTS] = 64;
	world_init(&limits);
	const struct client *client = &world.clients[0];
	for (int i = 0; i < 500; i++) {
		wl_region_destroy(wl_compositor_create_region(client->compositor));
		world_sync();
	}
	assert_non_null(client->server);
	struct wl_region *regions[80];
	for (int i = 0; i < 80; i++) {
		regions[i] = wl_compositor_create_region(client->compositor);
		/* Its other objects are some, and a sixteenth may be overdrawn. */
		assert_true(i < 70 ? client->server != NULL || i > 50 : client->server == NULL);
		world_sync();
	}
	assert_int_equal(wl_display_get_error(client->display), ENOMEM);
	assert_non_null(strstr(world.log, "at most 64 objects (--limits objects=N)"));
	assert_non_null(world.clients[1].server);
	for (int i = 0; i < 80; i++) {
		wl_region_destroy(regions[i]);
	}
}

/* One commit answers all that wait, so there can't be very many. */
static void test_callbacks(void **state) {
	struct latch_limits limits = latch_limits_default();
	limits.max[LATCH_LIMIT_CALLBACKS] = 64;
	world_init(&limits);
	const struct client *client = &world.clients[0];
	for (int i = 0; i < 300; i++) {
		world_sync(); // those of wl_display.sync are answered at once
	}
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	struct wl_callback *callbacks[80];
	for (int i = 0; i < 80; i++) {
		callbacks[i] = wl_surface_frame(surface);
		assert_true(i < 70 ? client->server != NULL || i > 60 : client->server == NULL);
		world_sync();
	}
	assert_int_equal(wl_display_get_error(client->display), ENOMEM);
	assert_non_null(strstr(
		world.log, "at most 64 frame callbacks and feedbacks (--limits callbacks=N)"));
	assert_non_null(world.clients[1].server);
	for (int i = 0; i < 80; i++) {
		wl_callback_destroy(callbacks[i]);
	}
	wl_surface_destroy(surface);
}

static struct rlimit before;

static void world_init_with_few_fds(void) {
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	const struct rlimit small = {.rlim_cur = 400, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
	world_init(NULL);
}

/* Opens and charges. */
static bool hold(struct latch_account *account, int *fds, int len) {
	for (int i = 0; i < len; i++) {
		if (!latch_account_charge(account, LATCH_LIMIT_FDS, 1)) {
			return false;
		}
		fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		assert_true(fds[i] >= 0);
	}
	return true;
}

static void drop(struct latch_account *account, const int *fds, int len) {
	for (int i = 0; i < len; i++) {
		close(fds[i]);
		latch_account_discharge(account, LATCH_LIMIT_FDS, 1);
	}
}

static void test_short_of_fds(void **state) {
	world_init_with_few_fds();
	struct latch_account *big = world.clients[0].account, *good = world.clients[1].account,
			     *other = world.clients[2].account;
	int big_fds[120], other_fds[80], good_fds[100], hogs[400], hogs_len = 0;

	/* Nobody may have more than half of what is not the reserve, 100 of 400. */
	assert_true(hold(other, other_fds, 80));
	assert_true(hold(big, big_fds, 120));
	assert_true(hold(good, good_fds, 3));
	while (latch_fds_look().in_use < 300) {
		hogs[hogs_len++] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
	/* Who asks is not who has most. */
	int count = 3;
	while (count < 100 && !latch_account_is_ending(big)) {
		assert_true(hold(good, &good_fds[count++], 1));
	}
	/* At once when the reserve is touched, or as soon as it is looked. */
	assert_true(count < 30);
	assert_int_equal(world.logged, 1);
	assert_non_null(strstr(world.log, "it holds most: 120"));
	assert_non_null(world.clients[0].server);
	/* While it ends, what it has will be free: nobody else has to go. */
	assert_true(hold(good, &good_fds[count++], 1));
	assert_false(latch_account_is_ending(other));
	world_sync();
	assert_null(world.clients[0].server);
	assert_int_equal(wl_display_get_error(world.clients[0].display), ENOMEM);
	assert_int_equal(wl_display_get_error(world.clients[1].display), 0);

	/* The next one asks himself. */
	int more[8];
	int got = 0;
	while (got < 8 && hold(other, &more[got], 1)) {
		got++;
	}
	assert_int_equal(got, 0);
	assert_non_null(strstr(latch_account_refusal(other), "it holds most: 80"));
	latch_account_refuse(other);
	drop(big, big_fds, 120);
	drop(other, other_fds, 80);
	assert_true(hold(good, &good_fds[count++], 1));

	/* Somebody holds many that nobody is charged for: who has few is not to blame. */
	while (latch_fds_look().in_use < 320) {
		hogs[hogs_len++] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
	assert_true(count < LATCH_FDS_INNOCENT - 1);
	for (int i = 0; i < 300; i++) {
		int fd = -1;
		assert_true(hold(good, &fd, 1));
		drop(good, &fd, 1);
	}
	assert_non_null(world.clients[1].server);
	drop(good, good_fds, count);
	while (hogs_len > 0) {
		close(hogs[--hogs_len]);
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void test_share(void **state) {
	world_init_with_few_fds();
	struct latch_account *account = world.clients[0].account;
	int fds[200];
	int len = 0;
	while (len < 200 && hold(account, &fds[len], 1)) {
		len++;
	}
	assert_int_equal(len, 150);
	assert_string_equal(
		latch_account_refusal(account), "at most 150 file descriptors (--limits fds=N)");
	drop(account, fds, len);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST_MAIN("limits-account", TEST_END(test_limits), UNIT(test_parse), TEST_END(test_who_it_is),
	TEST_END(test_outlives), TEST_END(test_shm), TEST_END(test_objects),
	TEST_END(test_callbacks), TEST_END(test_short_of_fds), TEST_END(test_share))
