/* SPDX-License-Identifier: MIT */
/* Who waits for whom, without any surface. */

#include "../test.h"
#include "fence/wait.h"

#define MAX_NODES 8

struct node {
	struct latch_wait wait;
	char name;
};

static struct node nodes[MAX_NODES];
/* The names of those that got ready, in their order. */
static char ready[MAX_NODES + 1];

static void note_ready(struct latch_wait *wait) {
	const struct node *node = wl_container_of(wait, node, wait);
	const size_t len = strlen(ready);
	assert_true(len < MAX_NODES);
	ready[len] = node->name;
}

static int setup(void **state) {
	memset(ready, 0, sizeof(ready));
	for (int i = 0; i < MAX_NODES; i++) {
		nodes[i].name = (char)('0' + i);
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

static void add(int node) {
	latch_wait_add(&nodes[node].wait);
}

/* So far these are ready. */
static void done(int node, const char *expected) {
	latch_wait_done(&nodes[node].wait);
	assert_string_equal(ready, expected);
}

static void test_last_fence_counts(void **state) {
	/* A ready node is no wait. */
	need(0, 1);
	assert_true(latch_wait_is_ready(&nodes[0].wait));
	add(0);
	add(0);
	done(0, "");
	done(0, "0");
}

/* 0 is the parent of 1, which is the parent of 2. */
static void test_children_first(void **state) {
	add(2);
	need(1, 2);
	need(0, 1);
	add(0);
	done(0, "");
	done(2, "210");
}

/* 0 waits for 1 and 2; 3 waits for 1 too; so does 4, which goes away. */
static void test_all_children(void **state) {
	add(1);
	add(2);
	need(0, 1);
	need(0, 2);
	need(3, 1);
	need(4, 1);
	latch_wait_finish(&nodes[4].wait);
	done(1, "13");
	done(2, "1320");
}

static void test_orphans_are_told_later(void **state) {
	struct wl_list orphans;
	wl_list_init(&orphans);
	add(1);
	need(0, 1);
	need(2, 1);
	latch_wait_orphan(&nodes[1].wait, &orphans);
	latch_wait_finish(&nodes[1].wait);
	assert_string_equal(ready, "");
	/* One of them goes away meanwhile. */
	latch_wait_finish(&nodes[0].wait);
	latch_wait_wake(&orphans);
	assert_string_equal(ready, "2");
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

TEST_MAIN("wait", TEST(test_last_fence_counts), TEST(test_children_first), TEST(test_all_children),
	TEST(test_orphans_are_told_later), UNIT(test_long_chain))
