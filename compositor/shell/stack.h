/* SPDX-License-Identifier: MIT */
/*
 * Stacking order: a list of windows, front to back, in which a dialog is always
 * in front of its parent and a window's whole family (itself and its dialogs, and
 * theirs) lies together. Plain list surgery; nothing here knows what a window is.
 */
#pragma once

#include <wayland-util.h>

struct latch_stack_item {
	/* In the stack, front first; self-linked while not in one. */
	struct wl_list link;
	/* Always in the same stack, or NULL. Set by the functions below only. */
	struct latch_stack_item *parent;
};

/**
 * Put item in front of everything, or in front of its parent's family when parent
 * is not NULL (then that family comes to the front with it).
 */
void latch_stack_add(
	struct wl_list *stack, struct latch_stack_item *item, struct latch_stack_item *parent);

/** Take item out; its dialogs become its parent's. */
void latch_stack_remove(struct wl_list *stack, struct latch_stack_item *item);

/**
 * Make item a dialog of parent (NULL: of nobody). It moves right in front of its new
 * parent, or in front of the family that it leaves. A parent that is item itself or
 * one of its dialogs is ignored.
 */
void latch_stack_set_parent(
	struct wl_list *stack, struct latch_stack_item *item, struct latch_stack_item *parent);

/**
 * Bring item's family to the front, with item in front of its siblings. Its own
 * dialogs stay in front of it.
 */
void latch_stack_raise(struct wl_list *stack, struct latch_stack_item *item);

/** Send item's family behind everything. */
void latch_stack_lower(struct wl_list *stack, struct latch_stack_item *item);

/** The front item of the family that item belongs to. */
struct latch_stack_item *latch_stack_front(struct wl_list *stack, struct latch_stack_item *item);

/**
 * One step of Alt+Tab through the families. *position is 0 when a round starts, and
 * is kept by the caller until the round ends (Alt is let go); step is 1 or -1.
 * Each step first puts back the family that the step before had brought to the
 * front, so that a round leaves the order as if the choice had been made at once.
 *
 * Returns the item to activate, NULL on an empty stack.
 */
struct latch_stack_item *latch_stack_cycle(struct wl_list *stack, int *position, int step);
