/* SPDX-License-Identifier: MIT */
/*
 * Text that is not typed key by key (text-input-v3 with input-method-v2): Chinese or Japanese, an
 * on-screen keyboard, dictation. The text field that is enabled in the window with the keyboard is
 * joined to the input method, of which there is one. Its popups, with what it proposes, stand
 * beside the text's cursor.
 */
#include <stdlib.h>
#include <string.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_input_method_v2.h>
#include <wlr/types/wlr_keyboard_group.h>
#include <wlr/types/wlr_text_input_v3.h>

#include "base/minmax.h"
#include "shell/place.h"
#include "shell/private.h"

struct text_input {
	struct latch_shell *shell;
	struct wlr_text_input_v3 *wlr;
	struct {
		struct wl_listener enable, commit, disable, destroy;
	} on;
};

/* The offsets are the client's own, and the input method would have to trust them. */
static bool has_surrounding(const struct wlr_text_input_v3_state *state) {
	const size_t length = state->surrounding.text != NULL ? strlen(state->surrounding.text) : 0;
	return (state->features & WLR_TEXT_INPUT_V3_FEATURE_SURROUNDING_TEXT) &&
	       state->surrounding.cursor <= length && state->surrounding.anchor <= length;
}

/* All that the field has told since it was enabled. */
static void send_state(struct latch_shell *shell) {
	struct latch_input_method *method = &shell->input_method;
	const struct wlr_text_input_v3_state *state = &method->text->current;
	/* "reset to initial at the next zwp_text_input_v3.commit request" */
	method->text->pending.text_change_cause = 0;
	if (method->wlr == NULL) {
		return;
	}
	if (has_surrounding(state)) {
		wlr_input_method_v2_send_surrounding_text(method->wlr, state->surrounding.text,
			state->surrounding.cursor, state->surrounding.anchor);
	}
	wlr_input_method_v2_send_text_change_cause(method->wlr, state->text_change_cause);
	if (state->features & WLR_TEXT_INPUT_V3_FEATURE_CONTENT_TYPE) {
		wlr_input_method_v2_send_content_type(
			method->wlr, state->content_type.hint, state->content_type.purpose);
	}
	wlr_input_method_v2_send_done(method->wlr);
	if (!wl_list_empty(&method->popups)) {
		latch_shell_changed(shell); // the cursor may be elsewhere
	}
}

static void activate(struct latch_shell *shell) {
	struct latch_input_method *method = &shell->input_method;
	if (method->wlr != NULL && method->text != NULL) {
		wlr_input_method_v2_send_activate(method->wlr);
		send_state(shell);
	}
}

/* Fine for a field that is not the one that is joined. */
static void leave_text(struct latch_shell *shell, struct wlr_text_input_v3 *text) {
	struct latch_input_method *method = &shell->input_method;
	if (method->text != text) {
		return;
	}
	method->text = NULL;
	if (method->wlr != NULL) {
		wlr_input_method_v2_send_deactivate(method->wlr);
		wlr_input_method_v2_send_done(method->wlr);
	}
}

/* It has to ask anew. wlroots goes by what the field has asked for last. */
static void forget_enabled(struct wlr_text_input_v3 *text) {
	text->current_enabled = text->pending_enabled = false;
}

static void handle_text_enable(struct wl_listener *listener, void *data) {
	struct text_input *text = wl_container_of(listener, text, on.enable);
	struct latch_input_method *method = &text->shell->input_method;
	/* "must ignore requests from any text input instances until next enter event" (leave), and
	 * "when another text input is enabled" (enable). */
	if (text->wlr->focused_surface == NULL || method->text != NULL) {
		forget_enabled(text->wlr);
		return;
	}
	method->text = text->wlr;
	activate(text->shell);
}

static void handle_text_commit(struct wl_listener *listener, void *data) {
	struct text_input *text = wl_container_of(listener, text, on.commit);
	if (text->shell->input_method.text == text->wlr) {
		send_state(text->shell);
	}
}

static void handle_text_disable(struct wl_listener *listener, void *data) {
	struct text_input *text = wl_container_of(listener, text, on.disable);
	leave_text(text->shell, text->wlr);
}

static void handle_text_destroy(struct wl_listener *listener, void *data) {
	struct text_input *text = wl_container_of(listener, text, on.destroy);
	handle_text_disable(&text->on.disable, NULL);
	latch_unlisten_all(&text->on, sizeof(text->on));
	free(text);
}

static void enter(struct wlr_text_input_v3 *text, struct wlr_surface *surface) {
	if (surface != NULL && wl_resource_get_client(text->resource) ==
				       wl_resource_get_client(surface->resource)) {
		wlr_text_input_v3_send_enter(text, surface);
	}
}

static void handle_focus(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.text_focus);
	const struct wlr_seat_keyboard_focus_change_event *event = data;
	struct wlr_text_input_v3 *text;
	wl_list_for_each(text, &shell->input_method.texts->text_inputs, link) {
		leave_text(shell, text);
		forget_enabled(text);
		if (text->focused_surface != NULL) {
			wlr_text_input_v3_send_leave(text);
		}
		enter(text, event->new_surface);
	}
}

static void handle_new_text(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.new_text_input);
	struct wlr_text_input_v3 *wlr = data;
	struct text_input *text = calloc(1, sizeof(*text));
	if (text == NULL) {
		wl_resource_post_no_memory(wlr->resource);
		return;
	}
	text->shell = shell;
	text->wlr = wlr;
	latch_listen(&wlr->events.enable, &text->on.enable, handle_text_enable);
	latch_listen(&wlr->events.commit, &text->on.commit, handle_text_commit);
	latch_listen(&wlr->events.disable, &text->on.disable, handle_text_disable);
	latch_listen(&wlr->events.destroy, &text->on.destroy, handle_text_destroy);
	enter(wlr, shell->seat->keyboard_state.focused_surface);
}

/* the input method */

/* wlroots drops what it says before it has heard the newest of the field, which may be another. */
static void handle_method_commit(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, input_method.on.commit);
	struct latch_input_method *method = &shell->input_method;
	const struct wlr_input_method_v2_state *state = &method->wlr->current;
	struct wlr_text_input_v3 *text = method->text;
	if (text == NULL) {
		return;
	}
	if (state->preedit.text != NULL) {
		wlr_text_input_v3_send_preedit_string(text, state->preedit.text,
			state->preedit.cursor_begin, state->preedit.cursor_end);
	}
	if (state->commit_text != NULL) {
		wlr_text_input_v3_send_commit_string(text, state->commit_text);
	}
	if (state->delete.before_length != 0 || state->delete.after_length != 0) {
		wlr_text_input_v3_send_delete_surrounding_text(
			text, state->delete.before_length, state->delete.after_length);
	}
	wlr_text_input_v3_send_done(text);
}

static void handle_popup_destroy(struct wl_listener *listener, void *data) {
	struct latch_input_popup *popup = wl_container_of(listener, popup, destroy);
	popup->wlr->data = NULL;
	wl_list_remove(&popup->destroy.link);
	wl_list_remove(&popup->link);
	free(popup);
}

static void handle_new_popup(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, input_method.on.new_popup);
	struct wlr_input_popup_surface_v2 *wlr = data;
	struct latch_input_popup *popup = calloc(1, sizeof(*popup));
	if (popup == NULL) {
		wl_resource_post_no_memory(wlr->resource);
		return;
	}
	popup->wlr = wlr;
	popup->shell = shell;
	wlr->data = popup;
	wl_list_insert(&shell->input_method.popups, &popup->link);
	latch_listen(&wlr->events.destroy, &popup->destroy, handle_popup_destroy);
	latch_shell_changed(shell);
}

/* Clients hear of the modifiers again, which they have missed. */
static void handle_grab_destroy(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.grab_destroy);
	latch_unlisten(&shell->on.grab_destroy);
	const struct wlr_keyboard_group *group = shell->keyboard.group;
	latch_keyboard_take_seat(shell);
	if (group != NULL) {
		wlr_seat_keyboard_notify_modifiers(shell->seat, &group->keyboard.modifiers);
	}
}

static void handle_grab(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, input_method.on.grab);
	struct wlr_input_method_keyboard_grab_v2 *grab = data;
	if (shell->keyboard.group != NULL) {
		wlr_input_method_keyboard_grab_v2_set_keyboard(
			grab, &shell->keyboard.group->keyboard);
	}
	latch_listen(&grab->events.destroy, &shell->on.grab_destroy, handle_grab_destroy);
}

static void handle_method_destroy(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, input_method.on.destroy);
	struct latch_input_method *method = &shell->input_method;
	latch_unlisten_all(&method->on, sizeof(method->on));
	method->wlr = NULL;
	if (method->text != NULL) {
		wlr_text_input_v3_send_done(method->text); // what was being composed goes
	}
}

static void handle_new_method(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.new_input_method);
	struct latch_input_method *method = &shell->input_method;
	struct wlr_input_method_v2 *wlr = data;
	if (method->wlr != NULL) {
		wlr_input_method_v2_send_unavailable(wlr);
		return;
	}
	method->wlr = wlr;
	latch_listen(&wlr->events.commit, &method->on.commit, handle_method_commit);
	latch_listen(&wlr->events.new_popup_surface, &method->on.new_popup, handle_new_popup);
	latch_listen(&wlr->events.grab_keyboard, &method->on.grab, handle_grab);
	latch_listen(&wlr->events.destroy, &method->on.destroy, handle_method_destroy);
	activate(shell);
}

struct wlr_input_method_keyboard_grab_v2 *latch_input_method_get_grab(
	const struct latch_shell *shell) {
	const struct wlr_input_method_v2 *wlr = shell->input_method.wlr;
	return wlr != NULL ? wlr->keyboard_grab : NULL;
}

/* its popups */

/* One axis of the cursor, from the surface's own upper left; outside of the surface is none. */
static void limit(int *at, int *length, int size) {
	const int64_t end = latch_clamp((int64_t)*at + *length, 0, size);
	*at = (int)latch_clamp(*at, 0, size);
	*length = (int)latch_max(end - *at, 0);
}

/* The text's cursor in the layout; where the client doesn't tell it, all of its surface. */
static struct wlr_box find_cursor(const struct wlr_text_input_v3 *text) {
	const struct wlr_surface_state *surface = &text->focused_surface->current;
	struct wlr_box box = {.width = surface->width, .height = surface->height};
	if (text->current.features & WLR_TEXT_INPUT_V3_FEATURE_CURSOR_RECTANGLE) {
		box = text->current.cursor_rectangle;
		limit(&box.x, &box.width, surface->width);
		limit(&box.y, &box.height, surface->height);
	}
	const struct wlr_box at = latch_surface_position(text->focused_surface);
	box.x += at.x;
	box.y += at.y;
	return box;
}

void latch_input_method_place(struct latch_shell *shell) {
	const struct latch_input_method *method = &shell->input_method;
	if (method->text == NULL || method->text->focused_surface == NULL) {
		return;
	}
	const struct latch_root root = latch_surface_root(method->text->focused_surface);
	const struct wlr_box room = latch_root_room(&root);
	const struct wlr_box cursor = find_cursor(method->text);
	struct latch_input_popup *popup;
	wl_list_for_each(popup, &method->popups, link) {
		const struct wlr_surface_state *surface = &popup->wlr->surface->current;
		struct wlr_box box = {.width = surface->width, .height = surface->height};
		latch_place_beside(&room, &cursor, &box);
		popup->x = box.x;
		popup->y = box.y;
		struct wlr_box told = cursor;
		told.x -= box.x;
		told.y -= box.y;
		if (!wlr_box_equal(&told, &popup->told)) {
			popup->told = told;
			wlr_input_popup_surface_v2_send_text_input_rectangle(popup->wlr, &told);
		}
	}
}

struct wlr_surface *latch_input_popup_parent(struct wlr_surface *surface) {
	const struct wlr_input_popup_surface_v2 *wlr =
		wlr_input_popup_surface_v2_try_from_wlr_surface(surface);
	const struct latch_input_popup *popup = wlr != NULL ? wlr->data : NULL;
	const struct wlr_text_input_v3 *text =
		popup != NULL ? popup->shell->input_method.text : NULL;
	return text != NULL ? text->focused_surface : NULL;
}

bool latch_input_method_init(struct latch_shell *shell) {
	struct wl_display *display = shell->options.display;
	struct latch_input_method *method = &shell->input_method;
	wl_list_init(&method->popups);
	method->texts = wlr_text_input_manager_v3_create(display);
	struct wlr_input_method_manager_v2 *methods = wlr_input_method_manager_v2_create(display);
	if (method->texts == NULL || methods == NULL) {
		return false;
	}
	latch_listen(
		&method->texts->events.new_text_input, &shell->on.new_text_input, handle_new_text);
	latch_listen(
		&methods->events.new_input_method, &shell->on.new_input_method, handle_new_method);
	latch_listen(&shell->seat->keyboard_state.events.focus_change, &shell->on.text_focus,
		handle_focus);
	return true;
}
