/* SPDX-License-Identifier: MIT */
#include "shell/stack.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether item is ancestor itself or one of its dialogs, however deep. */
static bool is_within(
	const struct latch_stack_item *item, const struct latch_stack_item *ancestor) {
	for (; item != NULL; item = item->parent) {
		if (item == ancestor) {
			return true;
		}
	}
	return false;
}

static struct latch_stack_item *find_root(struct latch_stack_item *item) {
	while (item->parent != NULL) {
		item = item->parent;
	}
	return item;
}

/*
 * Move top and all its dialogs so that they follow `after` (the list's head: to the
 * front), or what is in front of that where it is one of them, in the order they have.
 */
static void move_family(
	struct wl_list *stack, struct latch_stack_item *top, struct wl_list *after) {
	struct wl_list family;
	wl_list_init(&family);

	struct latch_stack_item *item, *tmp;
	wl_list_for_each_safe(item, tmp, stack, link) {
		if (is_within(item, top)) {
			if (after == &item->link) {
				after = after->prev;
			}
			wl_list_remove(&item->link);
			wl_list_insert(family.prev, &item->link);
		}
	}
	wl_list_insert_list(after, &family);
}

void latch_stack_add(
	struct wl_list *stack, struct latch_stack_item *item, struct latch_stack_item *parent) {
	item->parent = parent;
	wl_list_insert(stack, &item->link);
	latch_stack_raise(stack, item);
}

void latch_stack_remove(struct wl_list *stack, struct latch_stack_item *item) {
	struct latch_stack_item *other;
	wl_list_for_each(other, stack, link) {
		if (other->parent == item) {
			other->parent = item->parent;
		}
	}
	wl_list_remove(&item->link);
	wl_list_init(&item->link);
	item->parent = NULL;
}

void latch_stack_set_parent(
	struct wl_list *stack, struct latch_stack_item *item, struct latch_stack_item *parent) {
	if (parent == item->parent || (parent != NULL && is_within(parent, item))) {
		return;
	}
	struct latch_stack_item *front = parent != NULL ? parent : latch_stack_front(stack, item);
	item->parent = parent;
	move_family(stack, item, front->link.prev);
}

void latch_stack_raise(struct wl_list *stack, struct latch_stack_item *item) {
	/* From the root down: each step brings a smaller part of the family to the
	 * front, and the last one is item with its dialogs. */
	if (item->parent != NULL) {
		latch_stack_raise(stack, item->parent);
	}
	move_family(stack, item, stack);
}

void latch_stack_lower(struct wl_list *stack, struct latch_stack_item *item) {
	move_family(stack, find_root(item), stack->prev);
}

struct latch_stack_item *latch_stack_front(struct wl_list *stack, struct latch_stack_item *item) {
	struct latch_stack_item *root = find_root(item), *other;
	wl_list_for_each(other, stack, link) {
		if (is_within(other, root)) {
			return other;
		}
	}
	return item;
}

/* The index-th family from the front, by its root; NULL when there are fewer. */
static struct latch_stack_item *family_at(struct wl_list *stack, int index) {
	struct latch_stack_item *item;
	wl_list_for_each(item, stack, link) {
		/* A root is the last of its family, so roots count families. */
		if (item->parent == NULL && index-- == 0) {
			return item;
		}
	}
	return NULL;
}

struct latch_stack_item *latch_stack_cycle(struct wl_list *stack, int *position, int step) {
	int families = 0;
	struct latch_stack_item *item;
	wl_list_for_each(item, stack, link) {
		families += item->parent == NULL;
	}
	if (families == 0) {
		*position = 0;
		return NULL;
	}
	if (*position > 0 && *position < families) {
		/* It is at 0 and was at *position: behind the family that is there now. */
		struct latch_stack_item *behind = family_at(stack, *position);
		move_family(stack, family_at(stack, 0), &behind->link);
	} else {
		*position = 0;
	}
	*position = (*position + step + families) % families;
	struct latch_stack_item *chosen = family_at(stack, *position);
	move_family(stack, chosen, stack);
	return latch_stack_front(stack, chosen);
}
