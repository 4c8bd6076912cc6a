/* SPDX-License-Identifier: MIT */
/* The requests of a client that are about pictures: what latch-present learns of them. */
#include "tap.h"

#include <drm_fourcc.h>
#include <string.h>
#include <wayland-client-protocol.h>

#include "linux-dmabuf-v1-client-protocol.h"
#include "linux-drm-syncobj-v1-client-protocol.h"
#include "linux-explicit-synchronization-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"

/* The globals that count, by the names of their interfaces. */
static const struct {
	const char *name;
	enum object_kind kind;
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
	enum object_kind kind;
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

static void bind(struct tap *tap, const struct wire_message *message) {
	size_t at = 1;
	const char *name = wire_text(message, &at);
	for (size_t i = 0; name != NULL && i < sizeof(globals) / sizeof(globals[0]); i++) {
		if (strcmp(globals[i].name, name) == 0) {
			objects_add(&tap->objects, wire_word(message, at + 1), globals[i].kind);
		}
	}
}

/* Tells the report of a surface at its first commit with a buffer. Returns false without memory. */
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
	const bool measured = tap_ask(tap, surface_id, surface->told, &record);
	report_commit(tap->report, surface->told, &surface->attached, &record, measured);
}

static void attach(struct tap *tap, struct object *surface, uint32_t id) {
	const struct object *buffer = objects_find(&tap->objects, id, KIND_BUFFER);
	surface->has_buffer = id != 0;
	surface->attached = buffer != NULL ? buffer->look : (struct report_look){0};
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
		objects_add_buffer(&tap->objects, wire_word(message, 0), look);
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
	struct object *surface = objects_find(&tap->objects, object->surface, KIND_SURFACE);
	struct object *made;
	size_t at = 0;
	switch (rule->action) {
	case BIND:
		bind(tap, message);
		break;
	case MAKE:
	case MAKE_OF:
	case MAKE_ON:
		made = objects_add(&tap->objects, first, rule->made);
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
		objects_remove(&tap->objects, message->object);
		break;
	case END_REGISTRY:
		objects_remove(&tap->objects, first);
		tap->registry = first == tap->registry ? 0 : tap->registry;
		break;
	}
}

static void handle_request(struct tap *tap, const struct wire_message *message) {
	if (message->object == TAP_DISPLAY) {
		if (message->opcode == WL_DISPLAY_GET_REGISTRY) {
			tap->registry = wire_word(message, 0);
			objects_add(&tap->objects, tap->registry, KIND_REGISTRY);
		}
		return;
	}
	struct object *object = objects_get(&tap->objects, message->object);
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

