#include "receive_counted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wayland-client.h>

#include "latch-inspector-unstable-v1-client-protocol.h"
#include "model.h"

/* Events belong to the last surface or place before them. */

static struct counted_surface *last_surface(struct counted_receiver *receiver) {
	struct counted *counted = &receiver->counted;
	return counted->surfaces_len > 0 ? &counted->surfaces[counted->surfaces_len - 1] : NULL;
}

static bool check(struct counted_receiver *receiver, const void *object) {
	receiver->failed = receiver->failed || !object;
	return !receiver->failed;
}

static void take_text(struct counted_receiver *receiver, char **text, const char *source) {
	*text = model_clean_text(source);
	check(receiver, *text);
}

static void handle_time(
	void *data, struct zlatch_inspector_statistics_v1 *statistics, uint32_t hi, uint32_t lo) {
	struct counted_receiver *receiver = data;
	receiver->counted.time_ns = (int64_t)((uint64_t)hi << 32 | lo);
}

static void handle_output(void *data, struct zlatch_inspector_statistics_v1 *statistics,
	const char *name, uint32_t flips, uint32_t late, uint32_t wakeups) {
	struct counted_receiver *receiver = data;
	struct counted_output *output = counted_add_output(&receiver->counted);
	if (check(receiver, output)) {
		take_text(receiver, &output->name, name);
		output->flips = flips;
		output->late = late;
		output->wakeups = wakeups;
	}
}

static void handle_surface(void *data, struct zlatch_inspector_statistics_v1 *statistics,
	uint32_t id, int32_t pid, const char *label, uint32_t frames, uint32_t on_plane,
	uint32_t superseded, uint32_t dropped) {
	struct counted_receiver *receiver = data;
	struct counted_surface *surface = counted_add_surface(&receiver->counted);
	if (check(receiver, surface)) {
		surface->id = id;
		surface->pid = pid;
		take_text(receiver, &surface->label, label);
		surface->frames = frames;
		surface->on_plane = on_plane;
		surface->superseded = superseded;
		surface->dropped = dropped;
	}
}

static void handle_missed(void *data, struct zlatch_inspector_statistics_v1 *statistics,
	const char *cause, const char *text, uint32_t vblanks) {
	struct counted_receiver *receiver = data;
	struct counted_cause *added = counted_add_cause(last_surface(receiver));
	if (check(receiver, added)) {
		take_text(receiver, &added->name, cause);
		take_text(receiver, &added->text, text);
		added->vblanks = vblanks;
	}
}

static void handle_stage(void *data, struct zlatch_inspector_statistics_v1 *statistics,
	uint32_t stage, struct wl_array *bins) {
	struct counted_receiver *receiver = data;
	struct counted_surface *surface = last_surface(receiver);
	/* Stages that later versions may have are nothing to this one. */
	if (check(receiver, surface) && stage < COUNTED_STAGES &&
		!counted_add_bins(&surface->stages[stage], bins->data,
			bins->size / sizeof(struct counted_bin))) {
		receiver->failed = true;
	}
}

static void handle_place(void *data, struct zlatch_inspector_statistics_v1 *statistics,
	const char *output, uint32_t place, uint32_t plane, uint32_t plane_type) {
	struct counted_receiver *receiver = data;
	struct counted_place *added = counted_add_place(last_surface(receiver));
	if (check(receiver, added)) {
		take_text(receiver, &added->output, output);
		take_text(receiver, &added->reasons, "");
		added->place = place;
		added->plane = plane;
		added->plane_type = plane_type;
	}
}

static void handle_reason(void *data, struct zlatch_inspector_statistics_v1 *statistics,
	const char *name, const char *text) {
	struct counted_receiver *receiver = data;
	struct counted_surface *surface = last_surface(receiver);
	if (!check(receiver, surface && surface->places_len > 0 ? surface : NULL)) {
		return;
	}
	struct counted_place *place = &surface->places[surface->places_len - 1];
	char *joined = NULL, *clean = model_clean_text(name);
	if (!clean || asprintf(&joined, "%s%s%s", place->reasons,
			      place->reasons[0] != '\0' ? "," : "", clean) < 0) {
		joined = NULL;
	}
	free(clean);
	if (check(receiver, joined)) {
		free(place->reasons);
		place->reasons = joined;
	}
}

static void handle_done(void *data, struct zlatch_inspector_statistics_v1 *statistics) {
	struct counted_receiver *receiver = data;
	receiver->done = true;
}

static const struct zlatch_inspector_statistics_v1_listener listener = {
	.time = handle_time,
	.output = handle_output,
	.surface = handle_surface,
	.missed = handle_missed,
	.stage = handle_stage,
	.place = handle_place,
	.reason = handle_reason,
	.done = handle_done,
};

void counted_receiver_init(
	struct counted_receiver *receiver, struct zlatch_inspector_statistics_v1 *statistics) {
	*receiver = (struct counted_receiver){0};
	zlatch_inspector_statistics_v1_add_listener(statistics, &listener, receiver);
}
