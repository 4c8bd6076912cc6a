/* SPDX-License-Identifier: MIT */
/*
 * Windows in front of each other, as scripts. Windows are letters; a word of a script is one of:
 *
 *   +a +ba    a is new; b, a dialog of a, is new
 *   -a        a goes
 *   ^a va     a is raised, lowered
 *   pba       b becomes a dialog of a, of none ("pb-")
 *   =cba      the order from the front to the back
 *   ?ba       the parent of b is a, none ("?b-")
 *   fad       of a's family the front one is d
 *   >a <a     the next window in the order of use, the previous one, is a ("-": there is none)
 *   @5        a round of those begins at this position
 */

#include "shell/stack.h"
#include "../test.h"

#define COUNT 8

/* Windows a to h. */
struct window {
	struct latch_stack_item item;
	char name;
};

static struct wl_list stack;
static struct window windows[COUNT];
static int position;

static struct latch_stack_item *item(char name) {
	return name >= 'a' ? &windows[name - 'a'].item : NULL;
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

static void take_word(const char *word) {
	struct latch_stack_item *first = item(word[1]);
	struct latch_stack_item *second = word[1] != '\0' ? item(word[2]) : NULL;
	switch (word[0]) {
	case '+':
		latch_stack_add(&stack, first, second);
		break;
	case '-':
		latch_stack_remove(&stack, first);
		break;
	case '^':
		latch_stack_raise(&stack, first);
		break;
	case 'v':
		latch_stack_lower(&stack, first);
		break;
	case 'p':
		latch_stack_set_parent(&stack, first, second);
		break;
	case '=':
		assert_order(word + 1);
		break;
	case '?':
		assert_ptr_equal(first->parent, second);
		break;
	case 'f':
		assert_ptr_equal(latch_stack_front(&stack, first), second);
		break;
	case '@':
		position = atoi(word + 1);
		break;
	default:
		assert_ptr_equal(
			latch_stack_cycle(&stack, &position, word[0] == '>' ? 1 : -1), first);
	}
}

static const char *const scripts[] = {
	/* A new one is in front. */
	"+a +b +c =cba -b =ca -a -c =",
	"+a +b +c +d ^b =bdca ^b =bdca vd =bcad vd =bcad vb =cadb",
	/* Dialogs follow their parent: a parent brings its dialogs, a dialog its parent and comes
	 * before its siblings. */
	"+a +b +ca =cab +dc +ea =edcab ^b =bedca ^a =edcab ^b ^c =dceab vd =bdcea fad fbb",
	/* One that goes hands its dialogs on. */
	"+a +ba +cb -b =ca ?ca -a ?c- =c",
	/* With its own dialogs to a family further back; no loops. */
	"+a +b +c +d =dcba pdb =cdba pac =acdb pcb =dacb pba ?b- pbb ?b- =dacb",
	/* Leaving, in front of the family; where it should be already. */
	"+a +b +c +d pdb pac pcb pc- =acdb pa- =acdb ^b =dbac pac =dbac pa- =dbac",
	/* By use; a new round goes back to the one before. */
	"+d +c +b +a =abcd >b =bacd >c =cabd >d >a =abcd <d =dabc <c =cabd @0 >a =acbd",
	/* By families. */
	"+c +b +a +db +ec =ecdba >d =dbeca >a =aecdb >e =ecdba",
	/* Of few; windows went away in the middle of a round. */
	">- +a >a <a @5 +b >a =ab",
};

static void every_script(void **state) {
	for (size_t i = 0; i < LEN(scripts); i++) {
		wl_list_init(&stack);
		memset(windows, 0, sizeof(windows));
		for (int j = 0; j < COUNT; j++) {
			windows[j].name = (char)('a' + j);
			wl_list_init(&windows[j].item.link);
		}
		position = 0;
		test_play(scripts[i], take_word);
	}
}

TEST_MAIN("shell-stack", UNIT(every_script))
