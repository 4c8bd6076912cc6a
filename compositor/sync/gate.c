/* SPDX-License-Identifier: MIT */
#include "sync/gate.h"

#include <assert.h>
#include <stdlib.h>
#include <wlr/util/log.h>

#include "fence/timeline.h"
#include "sync/extension.h"
#include "sync/held.h"
#include "sync/pacing.h"
#include "sync/private.h"

static bool offer_all(struct latch_gate *gate, struct wl_display *display) {
	const struct latch_extension *extensions[LATCH_EXTENSIONS] = {
		[LATCH_EXTENSION_EXPLICIT] = &latch_explicit_extension,
		[LATCH_EXTENSION_FIFO] = &latch_fifo_extension,
		[LATCH_EXTENSION_TIMING] = &latch_timing_extension,
		[LATCH_EXTENSION_TEARING] = gate->options.tearing ? &latch_tearing_extension : NULL,
		[LATCH_EXTENSION_SYNCOBJ] =
			gate->options.timeline_device != NULL ? &latch_syncobj_extension : NULL,
		[LATCH_EXTENSION_COLOR] =
			gate->options.color.transfer != COLOR_UNTAGGED ? &latch_color_extension
								       : NULL,
	};
	for (size_t i = 0; i < LATCH_EXTENSIONS; i++) {
		struct latch_extension_global *global = &gate->globals[i];
		*global = (struct latch_extension_global){extensions[i], gate};
		if (extensions[i] != NULL &&
			wl_global_create(display, extensions[i]->manager, extensions[i]->version,
				global, latch_extension_bind) == NULL) {
			return false;
		}
	}
	return true;
}

struct latch_gate *latch_gate_create(
	struct wl_display *display, const struct latch_gate_options *options) {
	struct latch_gate *gate = calloc(1, sizeof(*gate));
	if (gate != NULL) {
		gate->loop = wl_display_get_event_loop(display);
		gate->options = *options;
		wl_list_init(&gate->surfaces);
		wl_list_init(&gate->free);
		wl_list_init(&gate->colored);
		if (latch_hold_init(gate) && latch_pacing_init(gate) && offer_all(gate, display)) {
			return gate;
		}
		latch_gate_destroy(gate);
	}
	wlr_log(WLR_ERROR, "Can't create the gate: out of memory");
	return NULL;
}

void latch_gate_destroy(struct latch_gate *gate) {
	if (gate == NULL) {
		return;
	}
	assert(wl_list_empty(&gate->surfaces));
	struct latch_held_update *update, *update_tmp;
	wl_list_for_each_safe(update, update_tmp, &gate->free, link) {
		free(update);
	}
	latch_timer_finish(&gate->pacing.timer);
	latch_timer_finish(&gate->hold_timer);
	free(gate);
}

void latch_gate_listen(struct latch_gate *gate, const struct latch_gate_events *events) {
	gate->events = *events;
}

struct latch_gate_stats latch_gate_get_stats(const struct latch_gate *gate) {
	return gate->stats;
}
