/* Who waits for whom, without any surface. */

#include <stdlib.h>

#include "../test.h"
#include "fence/wait.h"

#define MAX_NODES 8

struct node {
	struct latch_wait wait;
	int name;
};

static struct node nodes[MAX_NODES];
static int ready[MAX_NODES];
static int num_ready;

static void note_ready(struct latch_wait *wait) {
	struct node *node = wl_container_of(wait, node, wait);
	assert_true(num_ready < MAX_NODES);
	ready[num_ready++] = node->name;
}

static int setup(void **state) {
	num_ready = 0;
	for (int i = 0; i < MAX_NODES; i++) {
		nodes[i].name = i;
		latch_wait_init(&nodes[i].wait, note_ready);
	}
	return 0;
}

static int teardown(void **state) {
	for (int i = 0; i < MAX_NODES; i++) {
		latch_wait_finish(&nodes[i].wait);
	}
	return 0;
}

static void need(int waiter, int other) {
	assert_true(latch_wait_add_node(&nodes[waiter].wait, &nodes[other].wait));
}

static void test_last_fence_counts(void **state) {
	assert_true(latch_wait_is_ready(&nodes[0].wait));
	latch_wait_add(&nodes[0].wait);
	latch_wait_add(&nodes[0].wait);
	latch_wait_done(&nodes[0].wait);
	assert_int_equal(num_ready, 0);
	latch_wait_done(&nodes[0].wait);
	assert_int_equal(num_ready, 1);
}

static void test_ready_node_is_no_wait(void **state) {
	need(0, 1);
	assert_true(latch_wait_is_ready(&nodes[0].wait));
}

/* 0 is the parent of 1, which is the parent of 2. */
static void test_children_first(void **state) {
	latch_wait_add(&nodes[2].wait);
	need(1, 2);
	need(0, 1);
	latch_wait_add(&nodes[0].wait);
	latch_wait_done(&nodes[0].wait);
	assert_int_equal(num_ready, 0);
	latch_wait_done(&nodes[2].wait);
	assert_int_equal(num_ready, 3);
	assert_int_equal(ready[0], 2);
	assert_int_equal(ready[1], 1);
	assert_int_equal(ready[2], 0);
}

/* 0 waits for 1 and 2; 3 waits for 1 too. */
static void test_all_children(void **state) {
	latch_wait_add(&nodes[1].wait);
	latch_wait_add(&nodes[2].wait);
	need(0, 1);
	need(0, 2);
	need(3, 1);
	latch_wait_done(&nodes[1].wait);
	assert_int_equal(num_ready, 2);
	assert_int_equal(ready[0], 1);
	assert_int_equal(ready[1], 3);
	latch_wait_done(&nodes[2].wait);
	assert_int_equal(num_ready, 4);
	assert_int_equal(ready[3], 0);
}

static void test_waiter_goes_away(void **state) {
	latch_wait_add(&nodes[1].wait);
	need(0, 1);
	latch_wait_finish(&nodes[0].wait);
	latch_wait_done(&nodes[1].wait);
	assert_int_equal(num_ready, 1);
	assert_int_equal(ready[0], 1);
}

static void test_orphans_are_told_later(void **state) {
	struct wl_list orphans;
	wl_list_init(&orphans);
	latch_wait_add(&nodes[1].wait);
	need(0, 1);
	need(2, 1);
	latch_wait_orphan(&nodes[1].wait, &orphans);
	latch_wait_finish(&nodes[1].wait);
	assert_int_equal(num_ready, 0);
	/* One of them goes away meanwhile. */
	latch_wait_finish(&nodes[0].wait);
	latch_wait_wake(&orphans);
	assert_int_equal(num_ready, 1);
	assert_int_equal(ready[0], 2);
}

static size_t chain_ready;

static void count_ready(struct latch_wait *wait) {
	chain_ready++;
}

/* Deep enough to end a stack of 8 MiB, were it done by recursion. */
static void test_long_chain(void **state) {
	const size_t len = 300000;
	chain_ready = 0;
	struct latch_wait *chain = calloc(len, sizeof(*chain));
	assert_non_null(chain);
	for (size_t i = 0; i < len; i++) {
		latch_wait_init(&chain[i], count_ready);
		if (i == 0) {
			latch_wait_add(&chain[i]);
		} else {
			assert_true(latch_wait_add_node(&chain[i], &chain[i - 1]));
		}
	}
	latch_wait_done(&chain[0]);
	assert_int_equal(chain_ready, len);
	free(chain);
}

TEST_MAIN("wait", TEST(test_last_fence_counts), TEST(test_ready_node_is_no_wait),
	TEST(test_children_first), TEST(test_all_children), TEST(test_waiter_goes_away),
	TEST(test_orphans_are_told_later), UNIT(test_long_chain))
