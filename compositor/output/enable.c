/* SPDX-License-Identifier: MIT */
/*
 * Lighting an output, in the mode that is wanted or the best one that the kernel takes instead.
 * When it takes none the output is left out: off and not in the layout, until another one changes.
 * One that got a lesser mode gets the better one then, too.
 */
#include <wlr/backend.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/log.h>

#include "backend/configure.h"
#include "backend/crtc.h"
#include "backend/output.h"
#include "output/management.h"
#include "output/output.h"

/* By way of the backend wlroots draws no picture for it. The mode may not be another one, but
 * clients that capture the screen learn from it that there is one. */
static bool commit(
	struct latch_output *output, bool by_backend, bool on, struct wlr_output_mode *mode) {
	struct wlr_backend_output_state one = {.output = output->wlr_output};
	wlr_output_state_init(&one.base);
	wlr_output_state_set_enabled(&one.base, on);
	if (mode != NULL) {
		wlr_output_state_set_mode(&one.base, mode);
	}
	bool ok = by_backend ? wlr_backend_commit(&output->kms->backend->base, &one, 1)
			     : wlr_output_commit_state(output->wlr_output, &one.base);
	wlr_output_state_finish(&one.base);
	return ok;
}

bool latch_output_enable(struct latch_output *output) {
	struct latch_kms_output *kms = output->kms;
	if (kms == NULL) {
		/* wlroots draws its first, black, picture. */
		output->enabled =
			latch_renderer_give(&output->core->renderer, output->wlr_output) &&
			commit(output, false, true, NULL);
		return output->enabled;
	}
	size_t at = 0;
	struct wlr_output_mode *wanted = latch_kms_output_wanted_mode(kms);
	struct wlr_output_mode *mode = latch_kms_find_mode(kms, wanted, &at);
	output->enabled = mode != NULL && commit(output, false, true, mode);
	if (output->enabled) {
		latch_kms_note_mode(kms, wanted);
	}
	return output->enabled;
}

/* In the mode that it has, or else in another. tried: how many of them not to try any more. */
static bool light(struct latch_output *output, size_t tried) {
	struct wlr_output_mode *wanted = output->wlr_output->current_mode, *mode;
	if (wanted == NULL) {
		wanted = latch_kms_output_wanted_mode(output->kms);
	}
	while ((mode = latch_kms_find_mode(output->kms, wanted, &tried)) != NULL) {
		if (commit(output, true, true, mode)) {
			latch_kms_note_mode(output->kms, wanted);
			return true;
		}
	}
	return false;
}

static void leave_out(struct latch_output *output) {
	latch_kms_output_disable(output->kms);
	commit(output, true, false, NULL);
	output->kms->left_out = true;
	output->enabled = false;
	output->powered = true; // when it comes back
	latch_output_reconfigured(output, WLR_OUTPUT_STATE_ENABLED);
	latch_output_part(output);
	latch_management_changed(output->core->management);
}

bool latch_output_modeset_refused(struct latch_output *output, int error) {
	int ret = latch_kms_show_black(output->kms);
	if (!kms_commit_is_refused(ret)) {
		return true;
	}
	wlr_log(WLR_ERROR, "%s: its mode is refused after a good test: %s",
		output->wlr_output->name, strerror(-error));
	if (light(output, 1)) {
		latch_output_reconfigured(output, WLR_OUTPUT_STATE_ENABLED);
	} else {
		leave_out(output);
	}
	return false;
}

bool latch_output_set_power(struct latch_output *output, bool on) {
	if (output->powered == on) {
		return true;
	}
	if (output->kms == NULL || !output->enabled) {
		return false;
	}
	bool ok = on ? light(output, 0) : commit(output, false, false, NULL);
	if (!ok && on) {
		leave_out(output);
	}
	if (!ok) {
		return false;
	}
	output->powered = on;
	latch_output_reconfigured(output, WLR_OUTPUT_STATE_ENABLED);
	latch_outputs_changed(output->core);
	return true;
}

/* Into the mode that was refused when others took what it needs. What is dark for a while takes
 * nothing, but will want it back. */
static void raise_mode(struct latch_output *output) {
	struct wlr_output_mode *mode = output->kms->refused_mode;
	struct latch_output *other;
	wl_list_for_each(other, &output->core->outputs, link) {
		if (other->enabled && !other->powered) {
			return;
		}
	}
	if (latch_kms_takes_refused_mode(output->kms) && commit(output, true, true, mode)) {
		latch_kms_note_mode(output->kms, mode);
		latch_output_reconfigured(output, WLR_OUTPUT_STATE_MODE);
		latch_management_changed(output->core->management);
	}
}

static void retry(void *data) {
	struct latch_core *core = data;
	core->retry_outputs = NULL;
	struct latch_output *output;
	wl_list_for_each(output, &core->outputs, link) {
		struct latch_kms_output *kms = output->kms;
		if (kms == NULL || !core->active) {
			continue;
		}
		if (output->enabled) {
			raise_mode(output);
			continue;
		}
		bool may = kms->left_out || (kms->starved && latch_crtc_match(kms, true));
		if (may && light(output, 0)) {
			output->enabled = true;
			latch_output_reconfigured(output, WLR_OUTPUT_STATE_ENABLED);
			latch_output_join(output);
			latch_management_changed(core->management);
		}
	}
}

void latch_outputs_changed(struct latch_core *core) {
	if (core->retry_outputs == NULL) {
		core->retry_outputs = wl_event_loop_add_idle(core->event_loop, retry, core);
	}
}
