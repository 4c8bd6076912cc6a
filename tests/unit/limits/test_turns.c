/* SPDX-License-Identifier: MIT */
/* Clients that ask for more than their share of the time, and what has a deadline beside them. */

#include <wayland-server-protocol.h>
#include <wlr/util/log.h>

#include "../test.h"
#include "../wire.h"
#include "base/clock.h"
#include "limits/client.h"

struct client {
	struct wl_client *server;
	struct wl_display *display;
	struct wl_compositor *compositor;
	int handled; // its slow requests
};

static struct world {
	struct wl_display *display;
	struct latch_turns *turns;
	struct latch_clients *clients;
	struct client greedy, modest;
	int64_t cost_ns;       // of one slow request
	bool sleeps, forgives; // it waits for somebody; it does what was to be done for all
	int urgent;	       // looks at the urgent work
} world;

/* Time passes when the test says so; how busy this computer is would be in the verdicts else. */
static int64_t begin_ns, passed_ns, computed_ns;

int __real_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time) {
	if (begin_ns == 0) {
		__real_clock_gettime(CLOCK_MONOTONIC, time);
		begin_ns = latch_timespec_ns(time);
	}
	*time = latch_ns_timespec(clock == CLOCK_MONOTONIC ? begin_ns + passed_ns : computed_ns);
	return 0;
}

static void rest(int64_t ns) {
	passed_ns += ns;
}

static void burn(int64_t ns) {
	passed_ns += ns;
	computed_ns += ns;
}

static void destroy_region(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static const struct wl_region_interface region_impl = {.destroy = destroy_region};

/* wl_compositor, of which only create_region is used: it takes its time. */
static void create_region(struct wl_client *wl_client, struct wl_resource *resource, uint32_t id) {
	struct client *client = wl_client == world.greedy.server ? &world.greedy : &world.modest;
	client->handled++;
	struct wl_resource *region = wl_resource_create(wl_client, &wl_region_interface, 1, id);
	wl_resource_set_implementation(region, &region_impl, NULL, NULL);
	if (world.sleeps) {
		rest(world.cost_ns);
	} else {
		burn(world.cost_ns);
	}
	if (world.forgives) {
		latch_turns_forgive(world.turns);
	}
}

static const struct wl_compositor_interface compositor_impl = {.create_region = create_region};

static void bind_compositor(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource =
		wl_resource_create(client, &wl_compositor_interface, (int)version, id);
	wl_resource_set_implementation(resource, &compositor_impl, data, NULL);
}

static void handle_urgent(void *data) {
	world.urgent++;
}

static void do_round(int timeout_ms) {
	wl_display_flush_clients(world.display);
	latch_turns_begin_round(world.turns);
	wl_event_loop_dispatch(wl_display_get_event_loop(world.display), timeout_ms);
	latch_turns_end_round(world.turns);
}

static void client_init(struct client *client) {
	client->server = wire_connect(world.display, &client->display);
	wire_bind(world.display, client->display,
		(struct wire_global[]){{&wl_compositor_interface, 1, &client->compositor, 0}, {0}});
	assert_non_null(client->compositor);
	wl_display_flush(client->display);
	do_round(0);
}

static int count_clients(void) {
	return wl_list_length(wl_display_get_client_list(world.display));
}

static void client_finish(struct client *client) {
	wl_compositor_destroy(client->compositor);
	wl_display_disconnect(client->display);
}

static void ask(struct client *client, int times) {
	for (int i = 0; i < times; i++) {
		wl_region_destroy(wl_compositor_create_region(client->compositor));
	}
	assert_true(wl_display_flush(client->display) > 0);
}

/* It asks, and all that it has asked so far is done, or only so much. */
static void assert_round(struct client *client, int times, int handled) {
	ask(client, times);
	do_round(0);
	assert_int_equal(client->handled, handled);
}

static void world_init(unsigned percent) {
	wlr_log_init(WLR_SILENT, NULL);
	world = (struct world){.display = wl_display_create(), .cost_ns = 2 * MS};
	world.turns = latch_turns_create(&(struct latch_turns_options){
		.display = world.display,
		.percent = percent,
		.urgent = handle_urgent,
		.data = &world,
	});
	assert_non_null(world.turns);
	const struct latch_limits limits = latch_limits_default();
	world.clients = latch_clients_create(world.display, &limits, world.turns);
	assert_non_null(world.clients);
	assert_non_null(wl_global_create(
		world.display, &wl_compositor_interface, 1, &world, bind_compositor));
	client_init(&world.greedy);
	client_init(&world.modest);
}

static int teardown(void **state) {
	wl_display_destroy_clients(world.display);
	client_finish(&world.greedy);
	client_finish(&world.modest);
	latch_clients_destroy(world.clients);
	latch_turns_destroy(world.turns);
	wl_display_destroy(world.display);
	return 0;
}

/* The greedy one takes 80 ms, more than three times its burst: it has to wait, and nothing that it
 * asks is lost. */
static void make_it_wait(void) {
	world.cost_ns = 4 * MS;
	assert_round(&world.greedy, 20, 20);
	assert_round(&world.greedy, 1, 20);
}

/* Without anybody who needs the time. */
static void test_alone(void **state) {
	world_init(10);
	rest(1100 * MS);
	world.cost_ns = 4 * MS;
	for (int i = 1; i <= 3; i++) {
		assert_round(&world.greedy, 20, 20 * i);
	}
	assert_round(&world.modest, 1, 1);
	assert_round(&world.greedy, 1, 60);
}

/* A third of the time, by one whose share is one percent. */
static void test_time_for_all(void **state) {
	world_init(1);
	for (int i = 1; i <= 20; i++) {
		ask(&world.modest, 1);
		assert_round(&world.greedy, 5, 5 * i);
		rest(20 * MS);
	}
}

/* One that has taken a little too much goes on when the other one waits. */
static void test_worst_waits(void **state) {
	world_init(1);
	world.cost_ns = 4 * MS;
	ask(&world.modest, 10);
	assert_round(&world.greedy, 20, 20);
	ask(&world.modest, 1);
	ask(&world.greedy, 1);
	do_round(0);
	do_round(0);
	assert_int_equal(world.modest.handled, 11);
	assert_int_equal(world.greedy.handled, 20);
}

/* What is done for a client counts like what it asks for. */
static void test_spend(void **state) {
	world_init(1);
	latch_turns_spend(world.turns, world.greedy.server, 1000 * MS);
	assert_round(&world.modest, 1, 1);
	assert_round(&world.greedy, 1, 0);
}

/* What it can't help is not charged: waiting, and work for all. Nor is anything without a limit. */
static void test_what_is_not_charged(void **state) {
	for (int i = 0; i < 3; i++) {
		world_init(i == 2 ? 100 : 10);
		world.sleeps = i == 0;
		world.forgives = i == 1;
		for (int round = 1; round <= 3; round++) {
			assert_round(&world.greedy, 20, 20 * round);
		}
		teardown(NULL);
	}
}

static void test_greedy_waits(void **state) {
	world_init(10);
	make_it_wait();
	/* Others are served meanwhile. */
	assert_round(&world.modest, 1, 1);
	/* It goes on by itself. */
	for (int i = 0; i < 20 && world.greedy.handled == 20; i++) {
		rest(100 * MS);
		do_round(100);
	}
	assert_int_equal(world.greedy.handled, 21);
}

/* It takes ten seconds until it had its turn again: its end is noticed before. */
static void test_end_while_waiting(void **state) {
	world_init(1);
	make_it_wait();
	shutdown(wl_display_get_fd(world.greedy.display), SHUT_RDWR);
	do_round(1000);
	assert_int_equal(count_clients(), 1);
	assert_round(&world.modest, 1, 1);
}

/* libwayland listens to a client again when its own events do not go out. */
static void test_does_not_read(void **state) {
	world_init(1);
	wl_client_set_max_buffer_size(world.greedy.server, 1 << 20);
	make_it_wait();
	for (int i = 0; i < 40000; i++) {
		struct wl_resource *display = wl_client_get_object(world.greedy.server, 1);
		wl_resource_post_event(display, WL_DISPLAY_DELETE_ID, 1u);
	}
	do_round(0);
	assert_int_equal(count_clients(), 2);
	do_round(0);
	assert_int_equal(world.greedy.handled, 20);
}

/* Before each of 40 ms of requests in one round; not before each short one; and not at all when
 * nothing has taken long. */
static void test_urgent_in_between(void **state) {
	static const struct {
		int64_t cost_ns;
		int times, least, most;
	} rows[] = {{MS, 40, 38, 80}, {MS / 10, 100, 10, 30}, {0, 3, 0, 1}};
	world_init(100);
	for (size_t i = 0; i < LEN(rows); i++) {
		world.cost_ns = rows[i].cost_ns;
		world.urgent = 0;
		ask(&world.greedy, rows[i].times);
		do_round(0);
		assert_int_in_range(world.urgent, rows[i].least, rows[i].most);
	}
}

static void test_finds_sources(void **state) {
	world_init(50);
	struct wl_event_loop *loop = wl_display_get_event_loop(world.display);
	struct wl_event_source *greedy = latch_client_source_find(loop, world.greedy.server);
	struct wl_event_source *modest = latch_client_source_find(loop, world.modest.server);
	assert_non_null(greedy);
	assert_non_null(modest);
	assert_ptr_not_equal(greedy, modest);
	/* It is the right one: without it nobody reads. */
	assert_int_equal(wl_event_source_fd_update(modest, 0), 0);
	assert_round(&world.modest, 1, 0);
	assert_int_equal(wl_event_source_fd_update(modest, WL_EVENT_READABLE), 0);
	do_round(0);
	assert_int_equal(world.modest.handled, 1);
	struct wl_event_loop *other = wl_event_loop_create();
	assert_null(latch_client_source_find(other, world.modest.server));
	wl_event_loop_destroy(other);
}

TEST_MAIN("limits-turns", TEST_END(test_greedy_waits), TEST_END(test_alone),
	TEST_END(test_time_for_all), TEST_END(test_worst_waits), TEST_END(test_spend),
	UNIT(test_what_is_not_charged), TEST_END(test_end_while_waiting),
	TEST_END(test_does_not_read), TEST_END(test_urgent_in_between),
	TEST_END(test_finds_sources))
