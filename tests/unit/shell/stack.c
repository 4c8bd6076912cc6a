#include <string.h>

#include "../test.h"
#include "shell/stack.h"

#define COUNT 8

/* Windows a to h. */
struct window {
	struct latch_stack_item item;
	char name;
};

static struct wl_list stack;
static struct window windows[COUNT];

#define W(name) (&windows[(name) - 'a'].item)

static int setup(void **state) {
	wl_list_init(&stack);
	memset(windows, 0, sizeof(windows));
	for (int i = 0; i < COUNT; i++) {
		windows[i].name = (char)('a' + i);
		wl_list_init(&windows[i].item.link);
	}
	return 0;
}

/* The order front to back, and what holds always. */
static void assert_order(const char *expected) {
	char order[COUNT + 1] = "";
	size_t count = 0;
	struct window *window, *other;
	wl_list_for_each(window, &stack, item.link) {
		assert_true(count < COUNT);
		order[count++] = window->name;
		/* No parent in front of its dialog. */
		for (struct wl_list *link = window->item.link.next; link != &stack;
			link = link->next) {
			other = wl_container_of(link, other, item.link);
			assert_false(other->item.parent == &window->item);
		}
	}
	assert_string_equal(order, expected);
}

static void add_all(const char *names) {
	for (; *names != '\0'; names++) {
		latch_stack_add(&stack, W(*names), NULL);
	}
}

static void test_add_goes_to_the_front(void **state) {
	add_all("abc");
	assert_order("cba");
	latch_stack_remove(&stack, W('b'));
	assert_order("ca");
	latch_stack_remove(&stack, W('a'));
	latch_stack_remove(&stack, W('c'));
	assert_order("");
}

static void test_raise_and_lower(void **state) {
	add_all("abcd");
	latch_stack_raise(&stack, W('b'));
	assert_order("bdca");
	latch_stack_raise(&stack, W('b'));
	assert_order("bdca");
	latch_stack_lower(&stack, W('d'));
	assert_order("bcad");
	latch_stack_lower(&stack, W('d'));
	assert_order("bcad");
	latch_stack_lower(&stack, W('b'));
	assert_order("cadb");
}

static void test_dialogs_follow_their_parent(void **state) {
	add_all("ab");
	latch_stack_add(&stack, W('c'), W('a'));
	assert_order("cab");
	latch_stack_add(&stack, W('d'), W('c'));
	latch_stack_add(&stack, W('e'), W('a'));
	assert_order("edcab");

	latch_stack_raise(&stack, W('b'));
	assert_order("bedca");
	/* A parent brings its dialogs, a dialog its parent and comes before its siblings. */
	latch_stack_raise(&stack, W('a'));
	assert_order("edcab");
	latch_stack_raise(&stack, W('b'));
	latch_stack_raise(&stack, W('c'));
	assert_order("dceab");
	latch_stack_lower(&stack, W('d'));
	assert_order("bdcea");
	assert_ptr_equal(latch_stack_front(&stack, W('a')), W('d'));
	assert_ptr_equal(latch_stack_front(&stack, W('b')), W('b'));
}

static void test_remove_hands_dialogs_on(void **state) {
	add_all("a");
	latch_stack_add(&stack, W('b'), W('a'));
	latch_stack_add(&stack, W('c'), W('b'));
	latch_stack_remove(&stack, W('b'));
	assert_order("ca");
	assert_ptr_equal(W('c')->parent, W('a'));
	latch_stack_remove(&stack, W('a'));
	assert_null(W('c')->parent);
	assert_order("c");
}

static void test_set_parent(void **state) {
	add_all("abcd");
	assert_order("dcba");
	latch_stack_set_parent(&stack, W('d'), W('b'));
	assert_order("cdba");
	latch_stack_set_parent(&stack, W('a'), W('c'));
	assert_order("acdb");
	/* With its own dialogs, to a family further back. */
	latch_stack_set_parent(&stack, W('c'), W('b'));
	assert_order("dacb");
	/* No loops. */
	latch_stack_set_parent(&stack, W('b'), W('a'));
	assert_null(W('b')->parent);
	latch_stack_set_parent(&stack, W('b'), W('b'));
	assert_null(W('b')->parent);
	assert_order("dacb");
	/* Leaving: in front of the family. */
	latch_stack_set_parent(&stack, W('c'), NULL);
	assert_order("acdb");
	latch_stack_set_parent(&stack, W('a'), NULL);
	assert_order("acdb");
	latch_stack_raise(&stack, W('b'));
	assert_order("dbac");
	/* It is where it should be already. */
	latch_stack_set_parent(&stack, W('a'), W('c'));
	assert_order("dbac");
	latch_stack_set_parent(&stack, W('a'), NULL);
	assert_order("dbac");
}

static void assert_cycle(int *position, int direction, char wanted, const char *order) {
	assert_ptr_equal(latch_stack_cycle(&stack, position, direction), W(wanted));
	assert_order(order);
}

static void test_cycle_is_most_recently_used(void **state) {
	int position = 0;
	add_all("dcba");
	assert_order("abcd");
	assert_cycle(&position, 1, 'b', "bacd");
	assert_cycle(&position, 1, 'c', "cabd");
	assert_ptr_equal(latch_stack_cycle(&stack, &position, 1), W('d'));
	assert_cycle(&position, 1, 'a', "abcd");
	assert_cycle(&position, -1, 'd', "dabc");
	assert_cycle(&position, -1, 'c', "cabd");
	/* A new round: back to the one before. */
	position = 0;
	assert_cycle(&position, 1, 'a', "acbd");
}

static void test_cycle_by_families(void **state) {
	int position = 0;
	add_all("cba");
	latch_stack_add(&stack, W('d'), W('b'));
	latch_stack_add(&stack, W('e'), W('c'));
	assert_order("ecdba");
	assert_cycle(&position, 1, 'd', "dbeca");
	assert_cycle(&position, 1, 'a', "aecdb");
	assert_cycle(&position, 1, 'e', "ecdba");
}

static void test_cycle_few(void **state) {
	int position = 0;
	assert_null(latch_stack_cycle(&stack, &position, 1));
	add_all("a");
	assert_ptr_equal(latch_stack_cycle(&stack, &position, 1), W('a'));
	assert_ptr_equal(latch_stack_cycle(&stack, &position, -1), W('a'));
	/* Windows went away in the middle of a round. */
	position = 5;
	add_all("b");
	assert_cycle(&position, 1, 'a', "ab");
}

TEST_MAIN("shell-stack", TEST_BEGIN(test_add_goes_to_the_front), TEST_BEGIN(test_raise_and_lower),
	TEST_BEGIN(test_dialogs_follow_their_parent), TEST_BEGIN(test_remove_hands_dialogs_on),
	TEST_BEGIN(test_set_parent), TEST_BEGIN(test_cycle_is_most_recently_used),
	TEST_BEGIN(test_cycle_by_families), TEST_BEGIN(test_cycle_few))
