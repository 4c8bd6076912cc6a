#include "dmabuf/feedback.h"

#include <stdlib.h>
#include <string.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/util/addon.h>
#include <wlr/util/log.h>

#include "dmabuf/feedback_params.h"
#include "linux-dmabuf-v1-protocol.h"

struct latch_feedback {
	struct wl_event_loop *loop;
	dev_t main_device;
	struct latch_format_list composed;
	struct latch_format_table table;
	struct latch_feedback_params *default_params;
	struct wl_list default_objects; // object.link
	struct wl_list surfaces;	// surface.link
};

struct object {
	struct wl_resource *resource;
	struct wl_list link;
	/* What the client was told last; NULL: nothing. */
	struct latch_feedback_params *told;
};

/* A copy of the tranches that were set last. Most calls set the same ones again; and the parameters that
 * are sent for them are made anew when the formats that can be composed change. */
struct asked {
	struct latch_dmabuf_tranche *tranches;
	size_t len;
	struct latch_format *formats; // of all tranches
};

struct surface {
	struct latch_feedback *feedback;
	struct wlr_addon addon; // wlr_surface.addons
	struct wl_list link;
	struct wl_list objects; // object.link

	struct asked asked;
	/* What the objects have been told, NULL: the default. */
	struct latch_feedback_params *current;
	/* What they will be told when the timer ends, NULL: the default. */
	bool waits;
	struct latch_feedback_params *wish;
	struct wl_event_source *timer;
};

/* Returns false when the table can't be made. */
static bool tell(struct latch_feedback *feedback, struct object *object,
	struct latch_feedback_params *params) {
	if (latch_feedback_params_equal(object->told, params)) {
		return true;
	}
	int ret = latch_feedback_params_send(params, &feedback->table, object->resource);
	if (ret < 0) {
		wlr_log(WLR_ERROR, "linux-dmabuf: no format table: %s", strerror(-ret));
		return false;
	}
	latch_feedback_params_unref(object->told);
	object->told = latch_feedback_params_ref(params);
	return true;
}

static void tell_all(struct latch_feedback *feedback, struct wl_list *objects,
	struct latch_feedback_params *params) {
	struct object *object;
	wl_list_for_each(object, objects, link) {
		tell(feedback, object, params);
	}
}

/* Their surface or the whole compositor is gone: they stay, but nothing will be sent. */
static void make_inert(struct wl_list *objects) {
	struct object *object, *tmp;
	wl_list_for_each_safe(object, tmp, objects, link) {
		wl_list_remove(&object->link);
		wl_list_init(&object->link);
	}
}

static void object_handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static const struct zwp_linux_dmabuf_feedback_v1_interface object_impl = {
	.destroy = object_handle_destroy,
};

static void object_handle_resource_destroy(struct wl_resource *resource) {
	struct object *object = wl_resource_get_user_data(resource);
	wl_list_remove(&object->link);
	latch_feedback_params_unref(object->told);
	free(object);
}

static void asked_finish(struct asked *asked) {
	free(asked->tranches);
	free(asked->formats);
	*asked = (struct asked){0};
}

static bool asked_init(
	struct asked *asked, const struct latch_dmabuf_tranche *tranches, size_t len) {
	*asked = (struct asked){.len = len};
	if (len == 0) {
		return true;
	}
	size_t total = 0;
	for (size_t i = 0; i < len; i++) {
		total += tranches[i].formats_len;
	}
	asked->tranches = calloc(len, sizeof(asked->tranches[0]));
	asked->formats = calloc(total + 1, sizeof(asked->formats[0]));
	if (asked->tranches == NULL || asked->formats == NULL) {
		asked_finish(asked);
		return false;
	}
	struct latch_format *next = asked->formats;
	for (size_t i = 0; i < len; i++) {
		asked->tranches[i] = tranches[i];
		asked->tranches[i].formats = next;
		for (size_t j = 0; j < tranches[i].formats_len; j++) {
			*next++ = tranches[i].formats[j];
		}
	}
	return true;
}

static bool asked_same(
	const struct asked *asked, const struct latch_dmabuf_tranche *tranches, size_t len) {
	if (asked->len != len) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		const struct latch_dmabuf_tranche *a = &asked->tranches[i], *b = &tranches[i];
		if (a->target_device != b->target_device || a->scanout != b->scanout ||
			a->formats_len != b->formats_len) {
			return false;
		}
		for (size_t j = 0; j < a->formats_len; j++) {
			if (a->formats[j].fourcc != b->formats[j].fourcc ||
				a->formats[j].modifier != b->formats[j].modifier) {
				return false;
			}
		}
	}
	return true;
}

static void stop_waiting(struct surface *surface) {
	if (surface->waits) {
		wl_event_source_timer_update(surface->timer, 0);
	}
	surface->waits = false;
	latch_feedback_params_unref(surface->wish);
	surface->wish = NULL;
}

static void surface_destroy(struct surface *surface) {
	make_inert(&surface->objects);
	stop_waiting(surface);
	if (surface->timer != NULL) {
		wl_event_source_remove(surface->timer);
	}
	latch_feedback_params_unref(surface->current);
	asked_finish(&surface->asked);
	wl_list_remove(&surface->link);
	wlr_addon_finish(&surface->addon);
	free(surface);
}

static void handle_addon_destroy(struct wlr_addon *addon) {
	struct surface *surface = wl_container_of(addon, surface, addon);
	surface_destroy(surface);
}

static const struct wlr_addon_interface addon_impl = {
	.name = "latch_feedback",
	.destroy = handle_addon_destroy,
};

static struct surface *surface_find(
	struct latch_feedback *feedback, struct wlr_surface *wlr_surface) {
	struct wlr_addon *addon = wlr_addon_find(&wlr_surface->addons, feedback, &addon_impl);
	if (addon == NULL) {
		return NULL;
	}
	struct surface *surface = wl_container_of(addon, surface, addon);
	return surface;
}

static struct surface *surface_get(
	struct latch_feedback *feedback, struct wlr_surface *wlr_surface) {
	struct surface *surface = surface_find(feedback, wlr_surface);
	if (surface != NULL) {
		return surface;
	}
	surface = calloc(1, sizeof(*surface));
	if (surface == NULL) {
		return NULL;
	}
	surface->feedback = feedback;
	wl_list_init(&surface->objects);
	wl_list_insert(&feedback->surfaces, &surface->link);
	wlr_addon_init(&surface->addon, &wlr_surface->addons, feedback, &addon_impl);
	return surface;
}

static struct latch_feedback_params *or_default(
	const struct surface *surface, struct latch_feedback_params *params) {
	return params != NULL ? params : surface->feedback->default_params;
}

/* Takes over params. */
static void apply(struct surface *surface, struct latch_feedback_params *params) {
	latch_feedback_params_unref(surface->current);
	surface->current = params;
	tell_all(surface->feedback, &surface->objects, or_default(surface, params));
}

static int handle_quiet(void *data) {
	struct surface *surface = data;
	if (surface->waits) {
		struct latch_feedback_params *wish = latch_feedback_params_ref(surface->wish);
		stop_waiting(surface);
		const struct latch_feedback_params *told = or_default(surface, wish);
		wlr_log(WLR_DEBUG, "feedback of a surface: %s first, %zu tranches",
			told->tranches[0].scanout ? "scanout" : "composing", told->tranches_len);
		apply(surface, wish);
	}
	return 0;
}

static bool start_waiting(struct surface *surface) {
	if (surface->timer == NULL) {
		surface->timer =
			wl_event_loop_add_timer(surface->feedback->loop, handle_quiet, surface);
	}
	return surface->timer != NULL &&
	       wl_event_source_timer_update(surface->timer, LATCH_FEEDBACK_QUIET_MS) == 0;
}

/* Takes over params. */
static void wish_for(struct surface *surface, struct latch_feedback_params *params) {
	struct latch_feedback_params *wanted = or_default(surface, params);
	if (surface->waits &&
		latch_feedback_params_equal(wanted, or_default(surface, surface->wish))) {
		latch_feedback_params_unref(surface->wish);
		surface->wish = params;
		return;
	}
	stop_waiting(surface);
	/* Nobody listens, or nobody would hear a difference. */
	if (wl_list_empty(&surface->objects) ||
		latch_feedback_params_equal(wanted, or_default(surface, surface->current))) {
		apply(surface, params);
		return;
	}
	if (!start_waiting(surface)) {
		apply(surface, params);
		return;
	}
	surface->waits = true;
	surface->wish = params;
}

static struct latch_feedback_params *make_params(
	struct latch_feedback *feedback, const struct latch_dmabuf_tranche *tranches, size_t len) {
	return latch_feedback_params_create(
		&feedback->table, feedback->main_device, &feedback->composed, tranches, len);
}

struct latch_feedback *latch_feedback_create(const struct latch_feedback_options *options) {
	struct latch_feedback *feedback = calloc(1, sizeof(*feedback));
	if (feedback == NULL) {
		return NULL;
	}
	feedback->loop = options->loop;
	feedback->main_device = options->main_device;
	wl_list_init(&feedback->default_objects);
	wl_list_init(&feedback->surfaces);
	latch_format_table_init(&feedback->table);
	if (!latch_feedback_set_composed(feedback, options->composed, NULL, 0)) {
		latch_feedback_destroy(feedback);
		return NULL;
	}
	return feedback;
}

void latch_feedback_destroy(struct latch_feedback *feedback) {
	if (feedback == NULL) {
		return;
	}
	struct surface *surface, *tmp;
	wl_list_for_each_safe(surface, tmp, &feedback->surfaces, link) {
		surface_destroy(surface);
	}
	make_inert(&feedback->default_objects);
	latch_feedback_params_unref(feedback->default_params);
	latch_format_table_finish(&feedback->table);
	latch_format_list_finish(&feedback->composed);
	free(feedback);
}

bool latch_feedback_add_formats(
	struct latch_feedback *feedback, const struct latch_format *pairs, size_t len) {
	return latch_format_table_add(&feedback->table, pairs, len) == 0;
}

const struct latch_format_list *latch_feedback_formats(const struct latch_feedback *feedback) {
	return &feedback->table.list;
}

bool latch_feedback_default_formats(
	const struct latch_feedback *feedback, struct latch_format_list *list) {
	const struct latch_feedback_params *params = feedback->default_params;
	for (size_t i = 0; i < params->tranches_len; i++) {
		for (size_t j = 0; j < params->tranches[i].indices_len; j++) {
			const struct latch_format *pair =
				&feedback->table.list.pairs[params->tranches[i].indices[j]];
			if (!latch_format_list_add(list, pair->fourcc, pair->modifier)) {
				return false;
			}
		}
	}
	return true;
}

bool latch_feedback_set_default(
	struct latch_feedback *feedback, const struct latch_dmabuf_tranche *tranches, size_t len) {
	struct latch_feedback_params *params = make_params(feedback, tranches, len);
	if (params == NULL) {
		return false;
	}
	latch_feedback_params_unref(feedback->default_params);
	feedback->default_params = params;
	tell_all(feedback, &feedback->default_objects, params);
	struct surface *surface;
	wl_list_for_each(surface, &feedback->surfaces, link) {
		if (surface->current == NULL) {
			tell_all(feedback, &surface->objects, params);
		}
	}
	return true;
}

bool latch_feedback_set_composed(struct latch_feedback *feedback,
	const struct latch_format_list *composed, const struct latch_dmabuf_tranche *tranches,
	size_t len) {
	if (!latch_format_list_copy(&feedback->composed, composed) ||
		!latch_feedback_set_default(feedback, tranches, len)) {
		return false;
	}
	struct surface *surface;
	wl_list_for_each(surface, &feedback->surfaces, link) {
		const struct asked *asked = &surface->asked;
		struct latch_feedback_params *params =
			asked->len > 0 ? make_params(feedback, asked->tranches, asked->len) : NULL;
		if (params != NULL) {
			wish_for(surface, params);
		}
	}
	return true;
}

bool latch_feedback_set_surface(struct latch_feedback *feedback, struct wlr_surface *wlr_surface,
	const struct latch_dmabuf_tranche *tranches, size_t len) {
	if (len == 0 && surface_find(feedback, wlr_surface) == NULL) {
		return true;
	}
	struct surface *surface = surface_get(feedback, wlr_surface);
	if (surface == NULL) {
		return false;
	}
	if (asked_same(&surface->asked, tranches, len)) {
		return true;
	}
	struct asked asked;
	if (!asked_init(&asked, tranches, len)) {
		return false;
	}
	struct latch_feedback_params *params = NULL;
	if (len > 0) {
		params = make_params(feedback, tranches, len);
		if (params == NULL) {
			asked_finish(&asked);
			return false;
		}
	}
	asked_finish(&surface->asked);
	surface->asked = asked;
	wish_for(surface, params);
	return true;
}

static struct object *object_create(struct wl_client *client, uint32_t version, uint32_t id) {
	struct object *object = calloc(1, sizeof(*object));
	if (object == NULL) {
		return NULL;
	}
	object->resource = wl_resource_create(
		client, &zwp_linux_dmabuf_feedback_v1_interface, (int)version, id);
	if (object->resource == NULL) {
		free(object);
		return NULL;
	}
	wl_list_init(&object->link);
	wl_resource_set_implementation(
		object->resource, &object_impl, object, object_handle_resource_destroy);
	return object;
}

void latch_feedback_get(struct latch_feedback *feedback, struct wl_client *client, uint32_t version,
	uint32_t id, struct wlr_surface *wlr_surface) {
	struct surface *surface = NULL;
	if (feedback != NULL && wlr_surface != NULL) {
		surface = surface_get(feedback, wlr_surface);
		if (surface == NULL) {
			wl_client_post_no_memory(client);
			return;
		}
	}
	struct object *object = object_create(client, version, id);
	if (object == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	if (feedback == NULL) {
		return;
	}
	struct latch_feedback_params *params = feedback->default_params;
	if (surface != NULL) {
		wl_list_insert(&surface->objects, &object->link);
		params = or_default(surface, surface->current);
	} else {
		wl_list_insert(&feedback->default_objects, &object->link);
	}
	/* The client waits for its first feedback: an error is better than no answer. */
	if (!tell(feedback, object, params)) {
		wl_client_post_no_memory(client);
	}
}
