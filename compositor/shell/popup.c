/* SPDX-License-Identifier: MIT */
/*
 * Popups: menus and the like. wlroots places them by their positioner and runs their
 * grabs; what it can't know is how much room there is.
 */
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>

#include "shell/private.h"

struct popup {
	struct wlr_xdg_popup *xdg;
	/* See pose(). */
	bool posing;
	/* It wants a state; all that matters here is when that is applied. */
	struct wlr_surface_synced synced;
	char pending, current;
	struct latch_shell *shell;
	struct wl_listener map, unmap, commit, reposition, destroy;
};

/*
 * wlroots 0.20 asserts that a popup is initialized, by a first commit, when its client asks for
 * another position: one that asks before ends the compositor. So as long as it is not, it poses as
 * such; before the commit that makes it so is applied the pose is given up, and wlroots sees what
 * it is to see.
 */
static void pose(struct popup *popup) {
	if (!popup->xdg->base->initialized) {
		popup->xdg->base->initialized = true;
		popup->posing = true;
	}
}

static void handle_applied(struct wlr_surface_synced *synced) {
	struct popup *popup = wl_container_of(synced, popup, synced);
	if (popup->posing) {
		popup->xdg->base->initialized = false;
		popup->posing = false;
	}
}

static const struct wlr_surface_synced_impl synced_impl = {
	.state_size = sizeof(char),
	.commit = handle_applied,
};

/* Keep the popup inside the output of its window or layer; sends a configure event. */
static void unconstrain(struct wlr_xdg_popup *popup) {
	const struct latch_root root = latch_surface_root(popup->base->surface);
	struct wlr_box room = latch_root_room(&root);
	if (wlr_box_empty(&room)) {
		wlr_xdg_surface_schedule_configure(popup->base);
		return;
	}
	/* Start from what the positioner wants, not from an earlier answer. */
	wlr_xdg_positioner_rules_get_geometry(&popup->scheduled.rules, &popup->scheduled.geometry);
	room.x -= root.x;
	room.y -= root.y;
	wlr_xdg_popup_unconstrain_from_box(popup, &room);
}

static void handle_commit(struct wl_listener *listener, void *data) {
	struct popup *popup = wl_container_of(listener, popup, commit);
	if (popup->xdg->base->initial_commit) {
		unconstrain(popup->xdg);
	}
	pose(popup); // it may have been unmapped
}

static void handle_reposition(struct wl_listener *listener, void *data) {
	struct popup *popup = wl_container_of(listener, popup, reposition);
	struct wlr_xdg_surface *base = popup->xdg->base;
	/* wlroots has scheduled the configure event; it is sent after this. */
	if (!popup->posing) {
		unconstrain(popup->xdg);
	} else if (base->configure_idle != NULL) {
		/* Not before the first commit: what it wants is in the answer to that. */
		wl_event_source_remove(base->configure_idle);
		base->configure_idle = NULL;
	}
}

/* "The top most grabbing popup will always have keyboard focus" (xdg_popup.grab). */
static void refocus(const struct popup *popup) {
	if (popup->xdg->seat != NULL) {
		latch_keyboard_focus(popup->shell);
	}
}

static void handle_map(struct wl_listener *listener, void *data) {
	struct popup *popup = wl_container_of(listener, popup, map);
	refocus(popup);
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct popup *popup = wl_container_of(listener, popup, unmap);
	refocus(popup);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct popup *popup = wl_container_of(listener, popup, destroy);
	latch_unlisten(&popup->map);
	latch_unlisten(&popup->unmap);
	latch_unlisten(&popup->commit);
	latch_unlisten(&popup->reposition);
	latch_unlisten(&popup->destroy);
	wlr_surface_synced_finish(&popup->synced);
	free(popup);
}

/* wlroots 0.20 puts a popup into its seat's list of popups at each grab request, also when it is
 * there already: the list becomes a ring that some of them are no part of, or that has no end, and
 * keeps popups that are freed. The first one in it has just been put there; where it is found a
 * second time, what was before it and what was behind it are joined. */
static void repair_popups(struct wl_list *popups) {
	struct wl_list *first = popups->next, *before = first;
	while (before->next != first && before->next != popups) {
		before = before->next;
	}
	if (first == popups || before->next == popups) {
		return;
	}
	struct wl_list *behind = popups;
	while (behind->prev != first) {
		behind = behind->prev;
	}
	before->next = behind;
	behind->prev = before;
	first->prev = popups;
}

void latch_popups_grabbed(struct latch_shell *shell) {
	struct wlr_xdg_popup_grab *grab;
	wl_list_for_each(grab, &shell->xdg_shell->popup_grabs, link) {
		repair_popups(&grab->popups);
	}
}

struct wlr_surface *latch_popups_get_focus(const struct latch_shell *shell) {
	struct wlr_xdg_popup_grab *grab;
	struct wlr_xdg_popup *popup;
	wl_list_for_each(grab, &shell->xdg_shell->popup_grabs, link) {
		wl_list_for_each(popup, &grab->popups, grab_link) {
			if (popup->base->surface->mapped && wlr_seat_keyboard_has_grab(grab->seat)) {
				return popup->base->surface;
			}
		}
	}
	return NULL;
}

void latch_popups_dismiss(struct latch_shell *shell, const struct latch_toplevel *active) {
	struct wlr_surface *surface = latch_popups_get_focus(shell);
	if (surface != NULL && latch_surface_toplevel(surface) != active) {
		wlr_seat_keyboard_end_grab(shell->seat); // and the pointer's with it
	}
}

void latch_handle_new_popup(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.new_popup);
	struct wlr_xdg_popup *xdg = data;
	struct popup *popup = calloc(1, sizeof(*popup));
	if (popup == NULL || !wlr_surface_synced_init(&popup->synced, xdg->base->surface,
				     &synced_impl, &popup->pending, &popup->current)) {
		free(popup);
		wl_resource_post_no_memory(xdg->resource);
		return;
	}
	popup->shell = shell;
	popup->xdg = xdg;
	latch_listen(&xdg->base->surface->events.map, &popup->map, handle_map);
	latch_listen(&xdg->base->surface->events.unmap, &popup->unmap, handle_unmap);
	latch_listen(&xdg->base->surface->events.commit, &popup->commit, handle_commit);
	latch_listen(&xdg->events.reposition, &popup->reposition, handle_reposition);
	latch_listen(&xdg->events.destroy, &popup->destroy, handle_destroy);
	pose(popup);
}

void latch_popups_reposition(struct wlr_xdg_surface *parent) {
	struct wlr_xdg_popup *popup;
	wl_list_for_each(popup, &parent->popups, link) {
		if (popup->current.reactive && popup->base->configured) {
			unconstrain(popup);
		}
		latch_popups_reposition(popup->base);
	}
}
