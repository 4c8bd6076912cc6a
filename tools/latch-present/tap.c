#include "tap.h"

#include "base/clock.h"

#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>
#include <wayland-client-protocol.h>

#include "linux-dmabuf-v1-client-protocol.h"
#include "linux-drm-syncobj-v1-client-protocol.h"
#include "linux-explicit-synchronization-unstable-v1-client-protocol.h"
#include "presentation-time-client-protocol.h"
#include "xdg-shell-client-protocol.h"

/* The object that each connection begins with, by its id. */
#define DISPLAY 1

enum kind {
	KIND_REGISTRY,
	KIND_COMPOSITOR,
	KIND_SURFACE,
	KIND_SHM,
	KIND_POOL,
	KIND_BUFFER,
	KIND_DMABUF,
	KIND_PARAMS,
	KIND_DRM, /* Mesa's own protocol of before linux-dmabuf */
	KIND_SINGLE_PIXEL,
	KIND_SYNCOBJ,
	KIND_SYNCOBJ_SURFACE,
	KIND_EXPLICIT_SYNC,
	KIND_EXPLICIT_SURFACE,
	KIND_WM_BASE,
	KIND_XDG_SURFACE,
	KIND_TOPLEVEL,
	KIND_OUTPUT,
	KIND_FIXES,
	KIND_OURS,
};

/* The globals that count, by the names of their interfaces. */
static const struct {
	const char *name;
	enum kind kind;
} globals[] = {
	{"wl_compositor", KIND_COMPOSITOR},
	{"wl_shm", KIND_SHM},
	{"wl_output", KIND_OUTPUT},
	{"wl_drm", KIND_DRM},
	{"wl_fixes", KIND_FIXES},
	{"xdg_wm_base", KIND_WM_BASE},
	{"zwp_linux_dmabuf_v1", KIND_DMABUF},
	{"wp_linux_drm_syncobj_manager_v1", KIND_SYNCOBJ},
	{"zwp_linux_explicit_synchronization_v1", KIND_EXPLICIT_SYNC},
	{"wp_single_pixel_buffer_manager_v1", KIND_SINGLE_PIXEL},
};

enum action {
	BIND,
	MAKE,	 /* an object, whose id comes first */
	MAKE_OF, /* the same, of the surface that is named behind it */
	MAKE_ON, /* the same, of the surface that its maker is of */
	BUFFER,	 /* its id comes first, but in `create` */
	MODIFIER,
	ATTACH,
	COMMIT,
	SYNC,
	APP_ID,
	END,
	END_REGISTRY,
};

/* The requests that count. */
static const struct rule {
	enum kind kind;
	uint16_t opcode;
	enum action action;
	unsigned made;	     /* the kind of object, or of synchronisation */
	const char *buffer;  /* what kind it is */
	size_t size, format; /* where its width, before its height, and its format are */
} rules[] = {
	{KIND_REGISTRY, WL_REGISTRY_BIND, BIND},
	{KIND_FIXES, 1 /* destroy_registry */, END_REGISTRY},
	{KIND_COMPOSITOR, WL_COMPOSITOR_CREATE_SURFACE, MAKE, KIND_SURFACE},
	{KIND_SURFACE, WL_SURFACE_ATTACH, ATTACH},
	{KIND_SURFACE, WL_SURFACE_COMMIT, COMMIT},
	{KIND_SURFACE, WL_SURFACE_DESTROY, END},
	{KIND_SHM, WL_SHM_CREATE_POOL, MAKE, KIND_POOL},
	{KIND_POOL, WL_SHM_POOL_CREATE_BUFFER, BUFFER, 0, "shm", 2, 5},
	{KIND_DMABUF, ZWP_LINUX_DMABUF_V1_CREATE_PARAMS, MAKE, KIND_PARAMS},
	{KIND_PARAMS, ZWP_LINUX_BUFFER_PARAMS_V1_ADD, MODIFIER},
	{KIND_PARAMS, ZWP_LINUX_BUFFER_PARAMS_V1_CREATE, BUFFER, 0, "dma-buf", 0, 2},
	{KIND_PARAMS, ZWP_LINUX_BUFFER_PARAMS_V1_CREATE_IMMED, BUFFER, 0, "dma-buf", 1, 3},
	{KIND_DRM, 1 /* create_buffer */, BUFFER, 0, "wl_drm", 2, 5},
	{KIND_DRM, 2 /* create_planar_buffer */, BUFFER, 0, "wl_drm", 2, 4},
	{KIND_DRM, 3 /* create_prime_buffer */, BUFFER, 0, "wl_drm", 1, 3},
	{KIND_SINGLE_PIXEL, 1 /* create_u32_rgba_buffer */, BUFFER, 0, "single-pixel", 9, 9},
	/* The server's own ids have no delete_id. */
	{KIND_BUFFER, WL_BUFFER_DESTROY, END},
	{KIND_SYNCOBJ, WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_GET_SURFACE, MAKE_OF, KIND_SYNCOBJ_SURFACE},
	{KIND_SYNCOBJ_SURFACE, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_SET_ACQUIRE_POINT, SYNC,
		LATCH_SYNC_SYNCOBJ},
	{KIND_EXPLICIT_SYNC, ZWP_LINUX_EXPLICIT_SYNCHRONIZATION_V1_GET_SYNCHRONIZATION, MAKE_OF,
		KIND_EXPLICIT_SURFACE},
	{KIND_EXPLICIT_SURFACE, ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_SET_ACQUIRE_FENCE, SYNC,
		LATCH_SYNC_SYNC_FILE},
	{KIND_WM_BASE, XDG_WM_BASE_GET_XDG_SURFACE, MAKE_OF, KIND_XDG_SURFACE},
	{KIND_XDG_SURFACE, XDG_SURFACE_GET_TOPLEVEL, MAKE_ON, KIND_TOPLEVEL},
	{KIND_TOPLEVEL, XDG_TOPLEVEL_SET_APP_ID, APP_ID},
};

/* An object of the client's; objects name each other by ids, as those can go. */
struct object {
	enum kind kind;
	uint32_t surface;	 /* of what belongs to one */
	uint32_t output_id;	 /* KIND_OUTPUT: the report's number */
	struct tap_id *ours;	 /* KIND_OURS */
	struct report_look look; /* KIND_BUFFER; KIND_PARAMS: of the buffer to come */

	/* KIND_SURFACE */
	struct report_surface *told; /* NULL before its first buffer */
	char label[LATCH_TEXT_MAX];
	struct report_look attached;
	bool has_buffer;	   /* since its last commit */
	enum latch_sync_kind sync; /* said since then; LATCH_SYNC_NONE: nothing was */
	uint64_t updates;
};

void tap_init(struct tap *tap, struct present_report *report, struct wire_pipe *requests,
	int32_t pid, const char *label) {
	*tap = (struct tap){
		.report = report, .requests = requests, .pid = pid, .clock = CLOCK_MONOTONIC};
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

/* Takes it out of the table, when its id stands for something else. */
static void forget(struct tap *tap, uint32_t id) {
	struct object *object = latch_id_map_get(&tap->objects, id);
	if (object == NULL) {
		return;
	}
	if (object->kind == KIND_SURFACE && object->told != NULL) {
		report_remove_surface(tap->report, object->told);
	}
	latch_id_map_remove(&tap->objects, id);
	free(object);
}

void tap_finish(struct tap *tap) {
	for (size_t i = 0; i < tap->ids_length; i++) {
		if (tap->ids[i].surface != NULL) {
			tell_frame(tap, &tap->ids[i]);
		}
	}
	tap->report->without_presentation |= tap->registry != 0 && tap->presentation_name == 0;
	for (size_t i = 0; i < tap->objects.cap; i++) {
		struct object *object = tap->objects.entries[i].value;
		if (tap->objects.entries[i].id != 0 && object->told != NULL) {
			report_remove_surface(tap->report, object->told);
		}
		free(object);
	}
	latch_id_map_finish(&tap->objects);
}

/* NULL without memory, or where the client has said 0: then nothing is known of that object. */
static struct object *add_object(struct tap *tap, uint32_t id, enum kind kind) {
	forget(tap, id);
	struct object *object = id != 0 ? calloc(1, sizeof(*object)) : NULL;
	if (object != NULL && !latch_id_map_put(&tap->objects, id, object)) {
		free(object);
		return NULL;
	}
	if (object != NULL) {
		object->kind = kind;
	}
	return object;
}

static struct object *find(const struct tap *tap, uint32_t id, enum kind kind) {
	struct object *object = latch_id_map_get(&tap->objects, id);
	return object != NULL && object->kind == kind ? object : NULL;
}

static struct tap_id *free_id(struct tap *tap) {
	for (size_t i = 0; i < tap->ids_length; i++) {
		if (!tap->ids[i].used) {
			return &tap->ids[i];
		}
	}
	return NULL;
}

/* Whether another id is worth keeping: the next commit wants one. */
static bool wants_id(const struct tap *tap) {
	size_t spare = 0;
	for (size_t i = 0; i < tap->ids_length; i++) {
		spare += !tap->ids[i].used;
	}
	return spare < 4 && tap->ids_length < TAP_IDS;
}

/* As soon as the global and an id are known. */
static void bind_presentation(struct tap *tap) {
	struct tap_id *ours = free_id(tap);
	if (tap->presentation != 0 || tap->registry == 0 || tap->presentation_name == 0 || ours == NULL) {
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

/* An id that the server has given back: latch-present's own is free again, and another one may
 * become its own. Returns whether the client is to hear of it. */
static bool take_back(struct tap *tap, uint32_t id) {
	struct object *object = find(tap, id, KIND_OURS);
	if (object != NULL) {
		object->ours->used = false;
		return false;
	}
	forget(tap, id);
	object = wants_id(tap) ? add_object(tap, id, KIND_OURS) : NULL;
	if (object == NULL) {
		return true;
	}
	object->ours = &tap->ids[tap->ids_length++];
	*object->ours = (struct tap_id){.id = id};
	bind_presentation(tap);
	return false;
}

static void bind(struct tap *tap, const struct wire_message *message) {
	size_t at = 1;
	const char *name = wire_text(message, &at);
	for (size_t i = 0; name != NULL && i < sizeof(globals) / sizeof(globals[0]); i++) {
		if (strcmp(globals[i].name, name) == 0) {
			add_object(tap, wire_word(message, at + 1), globals[i].kind);
		}
	}
}

/* The surface is seen with a buffer for the first time. */
static bool tell_surface(struct tap *tap, struct object *surface) {
	if (surface->told == NULL) {
		surface->told = report_add_surface(tap->report, tap->pid,
			surface->label[0] != '\0' ? surface->label : tap->label);
	}
	return surface->told != NULL;
}

static void handle_commit(struct tap *tap, struct object *surface, uint32_t surface_id) {
	const bool has_buffer = surface->has_buffer;
	enum latch_sync_kind sync = surface->sync;
	surface->has_buffer = false;
	surface->sync = LATCH_SYNC_NONE;
	if (!has_buffer || !tell_surface(tap, surface)) {
		return;
	}
	if (sync == LATCH_SYNC_NONE && surface->attached.fences) {
		sync = LATCH_SYNC_IMPLICIT;
	}
	const struct latch_frame_record record = {
		.surface_id = surface->told->id,
		.update_id = ++surface->updates,
		.sync = sync,
		.commit_ns = tap->now_ns,
	};
	struct tap_id *ours = tap->presentation != 0 ? free_id(tap) : NULL;
	report_commit(tap->report, surface->told, &surface->attached, &record, ours != NULL);
	if (ours == NULL) {
		return;
	}
	ours->used = true;
	ours->surface = surface->told;
	ours->surface->waiting++;
	ours->record = record;
	ours->record.commit_ns = 0;
	tap->unsent++;
	const uint32_t args[] = {surface_id, ours->id};
	wire_put(tap->requests, tap->presentation, WP_PRESENTATION_FEEDBACK, args, sizeof(args));
}

static void attach(struct tap *tap, struct object *surface, uint32_t id) {
	const struct object *buffer = find(tap, id, KIND_BUFFER);
	surface->has_buffer = id != 0;
	surface->attached = buffer != NULL ? buffer->look : (struct report_look){0};
}

static void add_buffer(struct tap *tap, uint32_t id, struct report_look look) {
	struct object *buffer = add_object(tap, id, KIND_BUFFER);
	if (buffer != NULL) {
		buffer->look = look;
	}
}

static void make_buffer(struct tap *tap, struct object *maker, const struct rule *rule,
	const struct wire_message *message) {
	struct report_look look = maker->look; /* which has the modifier, where there is one */
	const uint32_t format = wire_word(message, rule->format);
	const bool is_shm = maker->kind == KIND_POOL;
	look.kind = rule->buffer;
	look.fences = maker->kind == KIND_PARAMS || maker->kind == KIND_DRM;
	look.width = wire_word(message, rule->size);
	look.height = wire_word(message, rule->size + 1);
	look.fourcc = is_shm && format == WL_SHM_FORMAT_ARGB8888   ? DRM_FORMAT_ARGB8888
		      : is_shm && format == WL_SHM_FORMAT_XRGB8888 ? DRM_FORMAT_XRGB8888
								   : format;
	maker->look = look;
	if (rule->size > 0) {
		add_buffer(tap, wire_word(message, 0), look);
	}
}

static void set_app_id(struct tap *tap, struct object *surface, const char *text) {
	latch_text_copy(surface->label, sizeof(surface->label), text);
	if (surface->told != NULL) {
		report_name_surface(tap->report, surface->told, text);
	}
}

static void follow(struct tap *tap, struct object *object, const struct rule *rule,
	const struct wire_message *message) {
	const uint32_t first = wire_word(message, 0);
	const uint32_t of = rule->action == MAKE_ON ? object->surface : wire_word(message, 1);
	struct object *surface = find(tap, object->surface, KIND_SURFACE), *made = NULL;
	size_t at = 0;
	switch (rule->action) {
	case BIND:
		bind(tap, message);
		break;
	case MAKE:
	case MAKE_OF:
	case MAKE_ON:
		made = add_object(tap, first, rule->made);
		if (made != NULL) {
			made->surface = of;
		}
		break;
	case BUFFER:
		make_buffer(tap, object, rule, message);
		break;
	case MODIFIER:
		object->look.has_modifier = true;
		object->look.modifier =
			(uint64_t)wire_word(message, 3) << 32 | wire_word(message, 4);
		break;
	case ATTACH:
		attach(tap, object, first);
		break;
	case COMMIT:
		handle_commit(tap, object, message->object);
		break;
	case SYNC:
		if (surface != NULL) {
			surface->sync = rule->made;
		}
		break;
	case APP_ID:
		if (surface != NULL) {
			set_app_id(tap, surface, wire_text(message, &at));
		}
		break;
	case END:
		forget(tap, message->object);
		break;
	case END_REGISTRY:
		forget(tap, first);
		tap->registry = first == tap->registry ? 0 : tap->registry;
		break;
	}
}

static void handle_request(struct tap *tap, const struct wire_message *message) {
	if (message->object == DISPLAY) {
		if (message->opcode == WL_DISPLAY_GET_REGISTRY) {
			tap->registry = wire_word(message, 0);
			add_object(tap, tap->registry, KIND_REGISTRY);
		}
		return;
	}
	struct object *object = latch_id_map_get(&tap->objects, message->object);
	for (size_t i = 0; object != NULL && i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].kind == object->kind && rules[i].opcode == message->opcode) {
			follow(tap, object, &rules[i], message);
			return;
		}
	}
}

void tap_request(struct tap *tap, const struct wire_message *message) {
	handle_request(tap, message);
	wire_put(tap->requests, message->object, message->opcode, message->args,
		message->words * sizeof(message->args[0]));
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

/* Events of wp_presentation_feedback; wp_presentation has the one of its clock. */
static void handle_ours(struct tap *tap, struct tap_id *ours, const struct wire_message *message) {
	enum { SYNC_OUTPUT, PRESENTED };
	if (ours->id == tap->presentation) {
		tap->clock = (clockid_t)wire_word(message, 0);
	} else if (ours->surface == NULL || ours->answered) {
		return;
	} else if (message->opcode == SYNC_OUTPUT) {
		const struct object *output = find(tap, wire_word(message, 0), KIND_OUTPUT);
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
		add_buffer(tap, wire_word(message, 0), object->look);
	} else if (object->kind == KIND_OUTPUT && message->opcode == NAME) {
		size_t first = 0;
		const char *name = wire_text(message, &first);
		object->output_id = name != NULL ? report_output(tap->report, name) : 0;
	}
}

bool tap_event(struct tap *tap, const struct wire_message *message) {
	enum { DELETE_ID = 1 };
	if (message->object == DISPLAY) {
		return message->opcode != DELETE_ID || take_back(tap, wire_word(message, 0));
	}
	struct object *object = latch_id_map_get(&tap->objects, message->object);
	if (object != NULL && object->kind == KIND_OURS) {
		handle_ours(tap, object->ours, message);
		return false;
	}
	if (object != NULL) {
		handle_event(tap, object, message);
	}
	return true;
}
