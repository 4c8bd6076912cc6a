/* SPDX-License-Identifier: MIT */
#include "tap.h"

#include "base/clock.h"

#include <string.h>
#include <wayland-client-protocol.h>

#include "presentation-time-client-protocol.h"

void tap_init(struct tap *tap, struct present_report *report, struct wire_pipe *requests,
	int32_t pid, const char *label) {
	*tap = (struct tap){
		.report = report,
		.objects.report = report,
		.requests = requests,
		.pid = pid,
		.clock = CLOCK_MONOTONIC,
	};
	latch_text_copy(tap->label, sizeof(tap->label), label);
}

static void tell_frame(struct tap *tap, struct tap_id *ours) {
	struct report_surface *surface = ours->surface;
	ours->surface = NULL;
	surface->waiting--;
	report_frame(tap->report, &ours->record);
}

void tap_sent(struct tap *tap, int64_t now_ns) {
	for (size_t i = 0; tap->unsent > 0; i++) {
		if (tap->ids[i].surface != NULL && tap->ids[i].record.commit_ns == 0) {
			tap->ids[i].record.commit_ns = now_ns;
			tap->unsent--;
		}
	}
}

void tap_tell(struct tap *tap) {
	for (size_t i = 0; tap->answered > 0; i++) {
		if (tap->ids[i].answered) {
			tap->ids[i].answered = false;
			tap->answered--;
			tell_frame(tap, &tap->ids[i]);
		}
	}
}

void tap_finish(struct tap *tap) {
	for (size_t i = 0; i < tap->ids_length; i++) {
		if (tap->ids[i].surface != NULL) {
			tell_frame(tap, &tap->ids[i]);
		}
	}
	tap->report->without_presentation |= tap->registry != 0 && tap->presentation_name == 0;
	objects_finish(&tap->objects);
}

static struct tap_id *free_id(struct tap *tap) {
	for (size_t i = 0; i < tap->ids_length; i++) {
		if (!tap->ids[i].used) {
			return &tap->ids[i];
		}
	}
	return NULL;
}

/* Whether another id is worth keeping: a few are to be free for the next commits. */
static bool wants_id(const struct tap *tap) {
	size_t spare = 0;
	for (size_t i = 0; i < tap->ids_length; i++) {
		spare += !tap->ids[i].used;
	}
	return spare < 4 && tap->ids_length < TAP_IDS;
}

/* Binds wp_presentation once, as soon as its global and an id are known. */
static void bind_presentation(struct tap *tap) {
	struct tap_id *ours = free_id(tap);
	if (tap->presentation != 0 || tap->registry == 0 || tap->presentation_name == 0 ||
		ours == NULL) {
		return;
	}
	struct {
		uint32_t name, length;
		char interface[16];
		uint32_t version, id;
	} args = {
		.name = tap->presentation_name,
		.length = sizeof("wp_presentation"),
		.interface = "wp_presentation",
		.version = tap->presentation_version < 2 ? tap->presentation_version : 2,
		.id = ours->id,
	};
	wire_put(tap->requests, tap->registry, WL_REGISTRY_BIND, &args, sizeof(args));
	ours->used = true;
	tap->presentation = ours->id;
}

bool tap_ask(struct tap *tap, uint32_t surface_id, struct report_surface *surface,
	const struct latch_frame_record *record) {
	struct tap_id *ours = tap->presentation != 0 ? free_id(tap) : NULL;
	if (ours == NULL) {
		return false;
	}
	ours->used = true;
	ours->surface = surface;
	ours->surface->waiting++;
	ours->record = *record;
	ours->record.commit_ns = 0;
	tap->unsent++;
	const uint32_t args[] = {surface_id, ours->id};
	wire_put(tap->requests, tap->presentation, WP_PRESENTATION_FEEDBACK, args, sizeof(args));
	return true;
}

/* An id that the server has given back: latch-present's own is free again, and another one may
 * become its own. Returns whether the client is to hear of it. */
static bool take_back(struct tap *tap, uint32_t id) {
	struct object *object = objects_find(&tap->objects, id, KIND_OURS);
	if (object != NULL) {
		object->ours->used = false;
		return false;
	}
	objects_remove(&tap->objects, id);
	object = wants_id(tap) ? objects_add(&tap->objects, id, KIND_OURS) : NULL;
	if (object == NULL) {
		return true;
	}
	object->ours = &tap->ids[tap->ids_length++];
	*object->ours = (struct tap_id){.id = id};
	bind_presentation(tap);
	return false;
}

/* wp_presentation_feedback.presented, in CLOCK_MONOTONIC whatever the compositor's clock is. */
static void handle_presented(
	struct tap *tap, struct tap_id *ours, const struct wire_message *message) {
	struct latch_frame_record *record = &ours->record;
	const uint32_t flags = wire_word(message, 6);
	/* The upper half of the seconds is 0 for 136 years. */
	record->flip_ns = wire_word(message, 1) * LATCH_NS_PER_SEC + wire_word(message, 2);
	if (tap->clock != CLOCK_MONOTONIC) {
		record->flip_ns += latch_now_ns() - latch_clock_ns(tap->clock);
	}
	record->refresh_ns = wire_word(message, 3);
	record->sequence = (uint64_t)wire_word(message, 4) << 32 | wire_word(message, 5);
	record->presented = true;
	record->end = LATCH_END_SHOWN;
	record->placement = (flags & WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY) != 0 ? LATCH_ON_PLANE
										   : LATCH_COMPOSED;
	record->replaced_flip_ns = ours->surface->flip_ns;
	ours->surface->flip_ns = record->flip_ns;
	if (record->output_id != 0) {
		ours->surface->output_id = record->output_id;
	}
}

/* An event of a wp_presentation_feedback, or the only one of wp_presentation, clock_id. */
static void handle_ours(struct tap *tap, struct tap_id *ours, const struct wire_message *message) {
	enum { SYNC_OUTPUT, PRESENTED };
	if (ours->id == tap->presentation) {
		tap->clock = (clockid_t)wire_word(message, 0);
	} else if (ours->surface == NULL || ours->answered) {
		return;
	} else if (message->opcode == SYNC_OUTPUT) {
		const struct object *output = objects_find(&tap->objects, wire_word(message, 0), KIND_OUTPUT);
		ours->record.output_id = output != NULL ? output->output_id : 0;
	} else {
		ours->answered = true;
		tap->answered++;
		if (message->opcode == PRESENTED) {
			handle_presented(tap, ours, message);
		} else {
			ours->record.superseded = !ours->surface->gone;
			ours->record.end = ours->surface->gone ? LATCH_END_SURFACE_GONE
							       : LATCH_END_SUPERSEDED;
		}
	}
}

static void handle_global(struct tap *tap, const struct wire_message *message) {
	size_t at = 1;
	const char *interface = wire_text(message, &at);
	if (interface != NULL && strcmp(interface, "wp_presentation") == 0) {
		tap->presentation_name = wire_word(message, 0);
		tap->presentation_version = wire_word(message, at);
		bind_presentation(tap);
	}
}

static void handle_event(
	struct tap *tap, struct object *object, const struct wire_message *message) {
	enum { GLOBAL = 0, CREATED = 0, NAME = 4 };
	if (object->kind == KIND_REGISTRY && message->opcode == GLOBAL) {
		handle_global(tap, message);
	} else if (object->kind == KIND_PARAMS && message->opcode == CREATED) {
		objects_add_buffer(&tap->objects, wire_word(message, 0), object->look);
	} else if (object->kind == KIND_OUTPUT && message->opcode == NAME) {
		size_t first = 0;
		const char *name = wire_text(message, &first);
		object->output_id = name != NULL ? report_output(tap->report, name) : 0;
	}
}

bool tap_event(struct tap *tap, const struct wire_message *message) {
	enum { DELETE_ID = 1 };
	if (message->object == TAP_DISPLAY) {
		return message->opcode != DELETE_ID || take_back(tap, wire_word(message, 0));
	}
	struct object *object = objects_get(&tap->objects, message->object);
	if (object != NULL && object->kind == KIND_OURS) {
		handle_ours(tap, object->ours, message);
		return false;
	}
	if (object != NULL) {
		handle_event(tap, object, message);
	}
	return true;
}
