/* SPDX-License-Identifier: MIT */
#include "sync/outputs.h"

#include "base/clock.h"
#include "base/minmax.h"
#include "timing/timing.h"

/* The interval where no output is known: 60 Hz. */
#define UNSEEN_INTERVAL_NS INT64_C(16666667)

bool latch_gate_output_shows(
	const struct latch_gate_output *output, const struct wlr_surface *surface) {
	const struct wlr_surface_output *entered;
	wl_list_for_each(entered, &surface->current_outputs, link) {
		if (entered->output == output->wlr_output) {
			return true;
		}
	}
	return false;
}

const struct color_description *latch_outputs_color(
	const struct wl_list *outputs, const struct wlr_surface *surface) {
	const struct color_description *color = NULL;
	const struct latch_gate_output *output;
	wl_list_for_each(output, outputs, link) {
		if (latch_gate_output_shows(output, surface)) {
			return output->color;
		}
		color = color == NULL ? output->color : color;
	}
	return color;
}

int64_t latch_outputs_next_vblank(
	const struct wl_list *outputs, const struct wlr_surface *surface) {
	int64_t now_ns = latch_now_ns(), first_ns = 0;
	const struct latch_gate_output *output;
	wl_list_for_each(output, outputs, link) {
		int64_t vblank_ns = latch_deadline_next_vblank(output->deadline, now_ns);
		if (vblank_ns != 0 && (first_ns == 0 || vblank_ns < first_ns) &&
			latch_gate_output_shows(output, surface)) {
			first_ns = vblank_ns;
		}
	}
	return first_ns;
}

int64_t latch_outputs_ready(const struct wl_list *outputs, const struct wlr_surface *surface,
	int64_t target_ns, int64_t now_ns) {
	int64_t last_ns = 0;
	const struct latch_gate_output *output;
	wl_list_for_each(output, outputs, link) {
		if (*output->active && latch_gate_output_shows(output, surface)) {
			int64_t output_ns =
				latch_clock_ready(&output->deadline->vblank, target_ns, now_ns);
			last_ns = latch_max(output_ns, last_ns);
		}
	}
	return last_ns != 0 ? last_ns : target_ns;
}

int64_t latch_outputs_unseen_interval(
	const struct wl_list *outputs, const struct wlr_surface *surface) {
	int64_t interval_ns = 0;
	const struct latch_gate_output *output;
	wl_list_for_each(output, outputs, link) {
		if (*output->active && latch_gate_output_shows(output, surface)) {
			return 0;
		}
		interval_ns = interval_ns == 0 ? output->deadline->vblank.mode_ns : interval_ns;
	}
	return interval_ns != 0 ? interval_ns : UNSEEN_INTERVAL_NS;
}
