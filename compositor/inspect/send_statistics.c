#include "inspect/send_statistics.h"

#include <stdint.h>
#include <wayland-server-core.h>

#include "inspect/statistics_snapshot.h"
#include "latch-inspector-unstable-v1-protocol.h"
#include "trace/statistics.h"

/* Pairs in one event: a message has at most 4096 bytes. */
#define MAX_BINS 500

/* The enum's numbers go over the wire as they are, and bins as the pairs they are. */
#define SAME(ours, wire) _Static_assert((int)(ours) == (int)(wire), #ours " is sent as " #wire)
SAME(LATCH_STAGE_COMMIT_TO_SIGNALLED, ZLATCH_INSPECTOR_STATISTICS_V1_STAGE_COMMIT_TO_SIGNALLED);
SAME(LATCH_STAGE_SIGNALLED_TO_SUBMIT, ZLATCH_INSPECTOR_STATISTICS_V1_STAGE_SIGNALLED_TO_SUBMIT);
SAME(LATCH_STAGE_SUBMIT_TO_FLIP, ZLATCH_INSPECTOR_STATISTICS_V1_STAGE_SUBMIT_TO_FLIP);
SAME(LATCH_STAGE_COMMIT_TO_FLIP, ZLATCH_INSPECTOR_STATISTICS_V1_STAGE_COMMIT_TO_FLIP);
_Static_assert(sizeof(struct latch_duration_bin) == 8, "a bin is two integers of 32 bits");

static void send_missed(struct wl_resource *resource, const struct latch_surface_counts *counts) {
	for (size_t i = 0; i < LATCH_MISSED_CAUSES; i++) {
		const enum latch_missed_cause cause = (enum latch_missed_cause)i;
		zlatch_inspector_statistics_v1_send_missed(resource, latch_missed_cause_name(cause),
			latch_missed_cause_text(cause), (uint32_t)counts->missed_by_cause[i]);
	}
}

static void send_stage(
	struct wl_resource *resource, uint32_t stage, const struct latch_durations *durations) {
	struct latch_duration_bin bins[LATCH_DURATIONS_BINS];
	const size_t length = latch_durations_bins(durations, bins);
	for (size_t i = 0; i < length; i += MAX_BINS) {
		const size_t here = length - i < MAX_BINS ? length - i : MAX_BINS;
		struct wl_array array = {.size = here * sizeof(bins[0]), .data = &bins[i]};
		zlatch_inspector_statistics_v1_send_stage(resource, stage, &array);
	}
}

static void send_place(struct wl_resource *resource, const struct latch_statistics_place *place) {
	zlatch_inspector_statistics_v1_send_place(
		resource, place->output, place->place, place->plane_id, place->plane_type);
	for (size_t i = 0; i < place->reasons_len; i++) {
		zlatch_inspector_statistics_v1_send_reason(
			resource, place->reasons[i].name, place->reasons[i].text);
	}
}

static void send_surface(
	struct wl_resource *resource, const struct latch_statistics_surface *surface) {
	const struct latch_surface_row *row = surface->row;
	zlatch_inspector_statistics_v1_send_surface(resource, row->id, row->pid, row->label,
		(uint32_t)row->counts.frames, (uint32_t)row->counts.on_plane,
		(uint32_t)row->counts.superseded, (uint32_t)row->counts.dropped);
	send_missed(resource, &row->counts);
	for (uint32_t i = 0; i < LATCH_STAGES; i++) {
		send_stage(resource, i, &row->stages[i]);
	}
	for (size_t i = 0; i < surface->places_len; i++) {
		send_place(resource, &surface->places[i]);
	}
}

void latch_inspector_send_statistics(
	struct wl_resource *resource, const struct latch_statistics_snapshot *snapshot) {
	const uint64_t time_ns = (uint64_t)snapshot->time_ns;
	zlatch_inspector_statistics_v1_send_time(
		resource, (uint32_t)(time_ns >> 32), (uint32_t)time_ns);
	for (size_t i = 0; i < snapshot->outputs_len; i++) {
		const struct latch_statistics_output *output = &snapshot->outputs[i];
		zlatch_inspector_statistics_v1_send_output(resource, output->name,
			(uint32_t)output->flips, (uint32_t)output->late, (uint32_t)output->wakeups);
	}
	for (size_t i = 0; i < snapshot->surfaces_len; i++) {
		send_surface(resource, &snapshot->surfaces[i]);
	}
	zlatch_inspector_statistics_v1_send_done(resource);
}
