/* SPDX-License-Identifier: MIT */
#include "output/management.h"

#include <stdlib.h>
#include <wlr/backend.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_output_management_v1.h>
#include <wlr/types/wlr_output_power_management_v1.h>
#include <wlr/util/log.h>

#include "backend/output.h"
#include "base/source.h"
#include "output/output.h"

/* Beyond these nothing can be read, or nothing fits the screen. */
#define MIN_SCALE 0.25f
/* Of a window: no renderer has textures that are larger, and pixman's pictures end at 32767. */
#define MAX_CUSTOM_SIZE 16384
#define MAX_SCALE 16.0f

struct latch_management {
	struct latch_core *core;
	struct wlr_output_manager_v1 *manager;
	struct wlr_output_power_manager_v1 *power;
	struct wl_event_source *idle;
	struct {
		struct wl_listener apply, test, power, layout;
	} on;
};

static struct wlr_output_mode *find_mode(
	struct latch_output *output, const struct wlr_output_head_v1_state *head) {
	struct wlr_output *wlr_output = output->wlr_output;
	if (head->mode != NULL || output->kms == NULL) {
		return head->mode;
	}
	/* A custom mode is good when it is one of the list after all. 0x0: nobody chose one. */
	if (head->custom_mode.width == 0) {
		return wlr_output->current_mode != NULL ? wlr_output->current_mode
							: latch_kms_output_wanted_mode(output->kms);
	}
	struct wlr_output_mode *mode;
	wl_list_for_each(mode, &wlr_output->modes, link) {
		if (mode->width == head->custom_mode.width &&
			mode->height == head->custom_mode.height &&
			(head->custom_mode.refresh == 0 ||
				mode->refresh == head->custom_mode.refresh)) {
			return mode;
		}
	}
	return NULL;
}

/* Copies the requested changes into the state. False if one of them is not supported. */
static bool make_state(struct latch_output *output, const struct wlr_output_head_v1_state *head,
	struct wlr_output_state *state) {
	const struct wlr_output *now = output->wlr_output;
	if (!head->enabled) {
		if (output->enabled) {
			wlr_output_state_set_enabled(state, false);
		}
		return output->kms != NULL; // a window is closed, not switched off
	}
	struct wlr_output_mode *mode = find_mode(output, head);
	bool vrr = now->adaptive_sync_status == WLR_OUTPUT_ADAPTIVE_SYNC_ENABLED;
	if (head->custom_mode.width > MAX_CUSTOM_SIZE ||
		head->custom_mode.height > MAX_CUSTOM_SIZE ||
		(head->adaptive_sync_enabled && !now->adaptive_sync_supported) ||
		!(head->scale >= MIN_SCALE && head->scale <= MAX_SCALE) ||
		(mode == NULL && output->kms != NULL)) {
		return false;
	}
	bool other_mode = mode != NULL && mode != now->current_mode;
	if (!output->enabled || (other_mode && !output->powered)) {
		wlr_output_state_set_enabled(state, true);
	}
	if (mode != NULL && (other_mode || !output->enabled)) {
		wlr_output_state_set_mode(state, mode);
	} else if (mode == NULL && head->custom_mode.width > 0 &&
		   (head->custom_mode.width != now->width ||
			   head->custom_mode.height != now->height)) {
		wlr_output_state_set_custom_mode(state, head->custom_mode.width,
			head->custom_mode.height, head->custom_mode.refresh);
	}
	if (head->adaptive_sync_enabled != vrr) {
		wlr_output_state_set_adaptive_sync_enabled(state, head->adaptive_sync_enabled);
	}
	if (head->scale != now->scale) {
		wlr_output_state_set_scale(state, head->scale);
	}
	if (head->transform != now->transform) {
		wlr_output_state_set_transform(state, head->transform);
	}
	return true;
}

static bool read_config(
	const struct wlr_output_configuration_v1 *config, struct wlr_backend_output_state *states) {
	size_t i = 0;
	const struct wlr_output_configuration_head_v1 *head;
	wl_list_for_each(head, &config->heads, link) {
		struct latch_output *output = head->state.output->data;
		states[i].output = head->state.output;
		wlr_output_state_init(&states[i].base);
		if (output == NULL || !make_state(output, &head->state, &states[i].base)) {
			return false;
		}
		i++;
	}
	return true;
}

/* What takes a window back to what it is. */
static struct wlr_output_state note_before(const struct wlr_backend_output_state *state) {
	const struct wlr_output *now = state->output;
	struct wlr_output_state before;
	wlr_output_state_init(&before);
	if (state->base.committed & WLR_OUTPUT_STATE_MODE) {
		wlr_output_state_set_custom_mode(&before, now->width, now->height, now->refresh);
	}
	wlr_output_state_set_scale(&before, now->scale);
	wlr_output_state_set_transform(&before, now->transform);
	return before;
}

/* Windows of another compositor know no common commit: one after another, and all back when one
 * refuses. */
static bool commit_windows(const struct wlr_backend_output_state *states, size_t len) {
	if (len == 0) {
		return true;
	}
	const struct wlr_output_state before = note_before(states);
	if (!wlr_output_commit_state(states->output, &states->base)) {
		return false;
	}
	bool ok = commit_windows(states + 1, len - 1);
	if (!ok) {
		wlr_output_commit_state(states->output, &before);
	}
	return ok;
}

/* The layout follows: first those that come or move, so that the windows of those that go have a
 * place to go to. */
static void arrange(const struct wlr_output_configuration_v1 *config) {
	const struct wlr_output_configuration_head_v1 *head;
	wl_list_for_each(head, &config->heads, link) {
		struct latch_output *output = head->state.output->data;
		if (!output->enabled) {
			continue;
		}
		if (head->state.x != output->x || head->state.y != output->y) {
			output->placed = true;
			output->x = head->state.x;
			output->y = head->state.y;
		}
		latch_output_join(output);
	}
	wl_list_for_each(head, &config->heads, link) {
		struct latch_output *output = head->state.output->data;
		if (!output->enabled) {
			latch_output_part(output);
		}
	}
}

static void follow(const struct wlr_backend_output_state *states, size_t len) {
	for (size_t i = 0; i < len; i++) {
		struct latch_output *output = states[i].output->data;
		uint32_t committed = states[i].base.committed;
		if (committed & WLR_OUTPUT_STATE_ENABLED) {
			output->enabled = states[i].base.enabled;
			output->powered = true; // by a tool that lights it; or for the next time
		}
		if (committed & WLR_OUTPUT_STATE_ADAPTIVE_SYNC_ENABLED) {
			output->vrr.policy =
				states[i].base.adaptive_sync_enabled ? LATCH_VRR_ON : LATCH_VRR_OFF;
		}
		if (committed != 0) {
			latch_output_reconfigured(output, committed);
		}
	}
}

static bool configure(struct latch_management *management,
	const struct wlr_output_configuration_v1 *config, bool test) {
	struct latch_core *core = management->core;
	size_t len = (size_t)wl_list_length(&config->heads);
	struct wlr_backend_output_state *states = calloc(len, sizeof(*states));
	bool ok = states != NULL && read_config(config, states);
	if (ok && core->backend.kms != NULL) {
		/* Directly, not through the backend that has the input devices as well: that one
		 * would tell everything twice. */
		struct wlr_backend *backend = &core->backend.kms->base;
		ok = test ? wlr_backend_test(backend, states, len)
			  : wlr_backend_commit(backend, states, len);
		if (!ok) {
			wlr_log(WLR_INFO, "%s: a configuration of its outputs was refused: %s",
				core->backend.kms->path, strerror(-core->backend.kms->refusal));
		}
	} else {
		for (size_t i = 0; i < len && ok; i++) {
			ok = wlr_output_test_state(states[i].output, &states[i].base);
		}
		ok = ok && (test || commit_windows(states, len));
	}
	if (ok && !test) {
		follow(states, len);
		arrange(config);
		latch_outputs_changed(core);
	}
	for (size_t i = 0; i < len && states != NULL; i++) {
		wlr_output_state_finish(&states[i].base);
	}
	free(states);
	return ok;
}

static void answer(struct latch_management *management, struct wlr_output_configuration_v1 *config,
	bool test) {
	if (configure(management, config, test)) {
		wlr_output_configuration_v1_send_succeeded(config);
	} else {
		wlr_output_configuration_v1_send_failed(config);
	}
	wlr_output_configuration_v1_destroy(config);
	/* Also after a failure: a tool may have read a state that was about to change. */
	latch_management_changed(management);
}

static void handle_apply(struct wl_listener *listener, void *data) {
	struct latch_management *management = wl_container_of(listener, management, on.apply);
	answer(management, data, false);
}

static void handle_test(struct wl_listener *listener, void *data) {
	struct latch_management *management = wl_container_of(listener, management, on.test);
	answer(management, data, true);
}

static void handle_power(struct wl_listener *listener, void *data) {
	struct latch_management *management = wl_container_of(listener, management, on.power);
	const struct wlr_output_power_v1_set_mode_event *event = data;
	struct latch_output *output = event->output->data;
	bool on = event->mode == ZWLR_OUTPUT_POWER_V1_MODE_ON;
	if (output == NULL || !latch_output_set_power(output, on)) {
		wlr_log(WLR_INFO, "%s can't be switched %s", event->output->name,
			on ? "on" : "to standby");
	}
	latch_management_changed(management);
}

static void tell(void *data) {
	struct latch_management *management = data;
	management->idle = NULL;
	struct wlr_output_configuration_v1 *config = wlr_output_configuration_v1_create();
	if (config == NULL) {
		return;
	}
	struct latch_output *output;
	wl_list_for_each(output, &management->core->outputs, link) {
		struct wlr_output_configuration_head_v1 *head =
			wlr_output_configuration_head_v1_create(config, output->wlr_output);
		if (head == NULL) {
			break;
		}
		/* An output that is off keeps the place that it had. */
		const struct wlr_output_layout_output *placed =
			wlr_output_layout_get(management->core->layout, output->wlr_output);
		if (placed != NULL) {
			output->x = placed->x;
			output->y = placed->y;
		}
		/* Standby is not "off" here: the output is a part of the layout. */
		head->state.enabled = output->enabled;
		head->state.x = output->x;
		head->state.y = output->y;
	}
	wlr_output_manager_v1_set_configuration(management->manager, config);
}

void latch_management_changed(struct latch_management *management) {
	if (management != NULL && management->idle == NULL) {
		management->idle =
			wl_event_loop_add_idle(management->core->event_loop, tell, management);
	}
}

static void handle_layout(struct wl_listener *listener, void *data) {
	struct latch_management *management = wl_container_of(listener, management, on.layout);
	latch_management_changed(management);
}

struct latch_management *latch_management_create(struct latch_core *core) {
	struct latch_management *management = calloc(1, sizeof(*management));
	if (management == NULL) {
		return NULL;
	}
	*management = (struct latch_management){
		.core = core,
		.manager = wlr_output_manager_v1_create(core->display),
		.power = wlr_output_power_manager_v1_create(core->display),
	};
	if (management->manager == NULL || management->power == NULL) {
		free(management); // the globals go with the display
		return NULL;
	}
	latch_listen(&management->manager->events.apply, &management->on.apply, handle_apply);
	latch_listen(&management->manager->events.test, &management->on.test, handle_test);
	latch_listen(&management->power->events.set_mode, &management->on.power, handle_power);
	latch_listen(&core->layout->events.change, &management->on.layout, handle_layout);
	return management;
}

void latch_management_destroy(struct latch_management *management) {
	if (management == NULL) {
		return;
	}
	latch_source_clear(&management->idle);
	latch_unlisten_all(&management->on, sizeof(management->on));
	free(management);
}
