#include "dmabuf/feedback.h"

#include <assert.h>
#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wayland-server-core.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/util/addon.h>
#include <wlr/util/log.h>

#include "base/clock.h"
#include "base/sealed_file.h"
#include "base/timer.h"
#include "kms/plane.h"
#include "linux-dmabuf-v1-protocol.h"

/* A GPU and its display have some thousand pairs. What finds no place is not told to anybody. */
#define PAIRS_MAX 8192

/* A message of the Wayland protocol has 4096 bytes; longer lists go in several events. */
#define INDICES_PER_EVENT 1024

/* A pixel format in one memory layout, as zwp_linux_dmabuf_feedback_v1.format_table has it. */
struct pair {
	uint32_t fourcc;
	uint32_t padding;
	uint64_t modifier;
};

static_assert(sizeof(struct pair) == 16, "an entry of the table has 16 bytes");

/* Some of the pairs in the table, by their places in it. */
struct set {
	uint64_t bits[PAIRS_MAX / 64];
};

struct tranches {
	struct set scanout, composed;
};

/* Feedback objects that get the same events: those of one surface, or those of the default
 * feedback. */
struct audience {
	struct wl_list objects; // wl_resource_get_link(), zwp_linux_dmabuf_feedback_v1
	/* What the planes show that the buffers should be allocated for. */
	struct set planes;
	struct tranches told;
};

struct surface {
	struct latch_feedback *feedback;
	struct wlr_addon addon; // wlr_surface.addons
	struct wl_list link;
	struct audience audience;
	/* Its client hears of what has changed at due_ns. */
	struct wl_list waiting;
	int64_t due_ns;
};

struct latch_feedback {
	dev_t main_device, scanout_device;
	struct set composed;
	bool composed_known;

	/*
	 * Every pair that any client may have been sent. The table only grows, so an index means
	 * the same in each of its versions, and a client that allocates by an older version names
	 * nothing unknown. All objects get the same file; there is a new one only after the table
	 * grew.
	 */
	struct pair table[PAIRS_MAX];
	size_t table_len;
	int table_fd; // -1: it was not asked for
	size_t table_fd_len;

	struct audience defaults;
	struct wl_list surfaces; // surface.link
	/* Those whose clients are to hear of something, the first one first: surface.waiting. */
	struct wl_list waiting;
	struct latch_timer quiet;
};

static bool set_has(const struct set *set, size_t place) {
	return (set->bits[place / 64] >> place % 64 & 1) != 0;
}

static bool set_is_empty(const struct set *set) {
	static const struct set nothing;
	return memcmp(set, &nothing, sizeof(nothing)) == 0;
}

static size_t find(const struct latch_feedback *feedback, uint32_t fourcc, uint64_t modifier) {
	size_t place = 0;
	while (place < feedback->table_len && (feedback->table[place].fourcc != fourcc ||
						      feedback->table[place].modifier != modifier)) {
		place++;
	}
	return place;
}

bool latch_feedback_has(const struct latch_feedback *feedback, uint32_t fourcc, uint64_t modifier) {
	return find(feedback, fourcc, modifier) < feedback->table_len;
}

static void add(
	struct latch_feedback *feedback, struct set *set, uint32_t fourcc, uint64_t modifier) {
	size_t place = find(feedback, fourcc, modifier);
	if (place == PAIRS_MAX) {
		return;
	}
	if (place == feedback->table_len) {
		feedback->table[place] = (struct pair){.fourcc = fourcc, .modifier = modifier};
		if (++feedback->table_len == PAIRS_MAX) {
			wlr_log(WLR_ERROR, "linux-dmabuf: not all formats can be offered");
		}
	}
	set->bits[place / 64] |= UINT64_C(1) << place % 64;
}

static void add_kms(
	struct latch_feedback *feedback, struct set *set, const struct kms_format_set *formats) {
	for (size_t i = 0; i < formats->len; i++) {
		const struct kms_format *format = &formats->formats[i];
		for (size_t j = 0; j < format->modifiers_len; j++) {
			add(feedback, set, format->fourcc, format->modifiers[j]);
		}
	}
}

static void add_wlr(
	struct latch_feedback *feedback, struct set *set, const struct wlr_drm_format_set *formats) {
	for (size_t i = 0; i < formats->len; i++) {
		const struct wlr_drm_format *format = &formats->formats[i];
		for (size_t j = 0; j < format->len; j++) {
			add(feedback, set, format->format, format->modifiers[j]);
		}
	}
}

/* A surface loses its plane from one frame to the next, and is invisible then if its buffer can't
 * be composed. Such buffers are taken, but no client is asked for them. */
static struct tranches make_tranches(
	const struct latch_feedback *feedback, const struct audience *audience) {
	struct tranches tranches = {audience->planes, feedback->composed};
	for (size_t i = 0; i < PAIRS_MAX / 64 && feedback->composed_known; i++) {
		tranches.scanout.bits[i] &= feedback->composed.bits[i];
	}
	return tranches;
}

static bool is_told(const struct latch_feedback *feedback, const struct audience *audience) {
	const struct tranches tranches = make_tranches(feedback, audience);
	return memcmp(&tranches, &audience->told, sizeof(tranches)) == 0;
}

/* The table as a file, read-only and of constant size for everybody. Returns false without one. */
static bool make_table_file(struct latch_feedback *feedback) {
	if (feedback->table_fd >= 0 && feedback->table_fd_len == feedback->table_len) {
		return true;
	}
	const size_t size = feedback->table_len * sizeof(feedback->table[0]);
	const int fd = latch_sealed_file_create("latch-format-table", feedback->table, size);
	if (fd < 0) {
		wlr_log(WLR_ERROR, "linux-dmabuf: no format table: %s", strerror(errno));
		return false;
	}
	if (feedback->table_fd >= 0) {
		close(feedback->table_fd);
	}
	feedback->table_fd = fd;
	feedback->table_fd_len = feedback->table_len;
	return true;
}

static void send_tranche(const struct latch_feedback *feedback, struct wl_resource *object,
	dev_t device, uint32_t flags, const struct set *set) {
	if (set_is_empty(set)) {
		return;
	}
	uint16_t indices[INDICES_PER_EVENT];
	struct wl_array array = {.size = sizeof(device), .data = &device};
	zwp_linux_dmabuf_feedback_v1_send_tranche_target_device(object, &array);
	zwp_linux_dmabuf_feedback_v1_send_tranche_flags(object, flags);
	size_t len = 0;
	for (size_t i = 0; i < feedback->table_len; i++) {
		if (set_has(set, i)) {
			indices[len++] = (uint16_t)i;
		}
		if (len == INDICES_PER_EVENT || (len > 0 && i + 1 == feedback->table_len)) {
			array = (struct wl_array){.size = len * sizeof(indices[0]), .data = indices};
			zwp_linux_dmabuf_feedback_v1_send_tranche_formats(object, &array);
			len = 0;
		}
	}
	zwp_linux_dmabuf_feedback_v1_send_tranche_done(object);
}

static bool tell(struct latch_feedback *feedback, const struct tranches *tranches,
	struct wl_resource *object) {
	if (!make_table_file(feedback)) {
		return false;
	}
	struct wl_array array = {
		.size = sizeof(feedback->main_device), .data = &feedback->main_device};
	zwp_linux_dmabuf_feedback_v1_send_main_device(object, &array);
	/* libwayland duplicates the fd when it queues the event. */
	zwp_linux_dmabuf_feedback_v1_send_format_table(object, feedback->table_fd,
		(uint32_t)(feedback->table_len * sizeof(feedback->table[0])));
	send_tranche(feedback, object, feedback->scanout_device,
		ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SCANOUT, &tranches->scanout);
	send_tranche(feedback, object, feedback->main_device, 0, &tranches->composed);
	zwp_linux_dmabuf_feedback_v1_send_done(object);
	return true;
}

static void tell_all(struct latch_feedback *feedback, struct audience *audience) {
	if (is_told(feedback, audience)) {
		return;
	}
	audience->told = make_tranches(feedback, audience);
	struct wl_resource *object;
	wl_resource_for_each(object, &audience->objects) {
		tell(feedback, &audience->told, object);
	}
}

static void set_timer(struct latch_feedback *feedback) {
	struct surface *first = wl_container_of(feedback->waiting.next, first, waiting);
	latch_timer_set(&feedback->quiet, wl_list_empty(&feedback->waiting) ? 0 : first->due_ns);
}

static void stop_waiting(struct surface *surface) {
	wl_list_remove(&surface->waiting);
	wl_list_init(&surface->waiting);
	set_timer(surface->feedback);
}

static void handle_quiet(void *data) {
	struct latch_feedback *feedback = data;
	struct surface *first = wl_container_of(feedback->waiting.next, first, waiting);
	stop_waiting(first);
	tell_all(feedback, &first->audience);
	const bool scanout = !set_is_empty(&first->audience.told.scanout);
	wlr_log(WLR_DEBUG, "feedback of a surface: %s first, %d tranches",
		scanout ? "scanout" : "composing", scanout ? 2 : 1);
}

/* The surface's tranches may have changed. Its client gets them after LATCH_FEEDBACK_QUIET_MS, if
 * it has a feedback object and they are not the ones that it got last. */
static void reconsider(struct surface *surface) {
	struct latch_feedback *feedback = surface->feedback;
	if (wl_list_empty(&surface->audience.objects)) {
		tell_all(feedback, &surface->audience);
	}
	stop_waiting(surface);
	if (!is_told(feedback, &surface->audience)) {
		surface->due_ns = latch_now_ns() + LATCH_FEEDBACK_QUIET_MS * INT64_C(1000000);
		wl_list_insert(feedback->waiting.prev, &surface->waiting);
		set_timer(feedback);
	}
}

static void handle_surface_destroy(struct wlr_addon *addon) {
	struct surface *surface = wl_container_of(addon, surface, addon);
	/* The objects stay, but nothing will be sent. */
	struct wl_resource *object, *tmp;
	wl_resource_for_each_safe(object, tmp, &surface->audience.objects) {
		wl_list_remove(wl_resource_get_link(object));
		wl_list_init(wl_resource_get_link(object));
	}
	stop_waiting(surface);
	wl_list_remove(&surface->link);
	wlr_addon_finish(&surface->addon);
	free(surface);
}

static const struct wlr_addon_interface addon_impl = {
	.name = "latch_feedback",
	.destroy = handle_surface_destroy,
};

/* Returns NULL when there is no memory. */
static struct surface *get_surface(
	struct latch_feedback *feedback, struct wlr_surface *wlr_surface) {
	struct surface *surface;
	struct wlr_addon *addon = wlr_addon_find(&wlr_surface->addons, feedback, &addon_impl);
	if (addon != NULL) {
		return wl_container_of(addon, surface, addon);
	}
	surface = calloc(1, sizeof(*surface));
	if (surface == NULL) {
		return NULL;
	}
	surface->feedback = feedback;
	surface->audience = feedback->defaults;
	wl_list_init(&surface->audience.objects);
	wl_list_init(&surface->waiting);
	wl_list_insert(&feedback->surfaces, &surface->link);
	wlr_addon_init(&surface->addon, &wlr_surface->addons, feedback, &addon_impl);
	return surface;
}

struct latch_feedback *latch_feedback_create(const struct latch_feedback_options *options) {
	struct latch_feedback *feedback = calloc(1, sizeof(*feedback));
	if (feedback == NULL ||
		!latch_timer_init(&feedback->quiet, options->loop, handle_quiet, feedback)) {
		free(feedback);
		return NULL;
	}
	feedback->main_device = options->main_device;
	feedback->scanout_device = options->scanout_device;
	feedback->composed_known = options->composed_known;
	feedback->table_fd = -1;
	wl_list_init(&feedback->defaults.objects);
	wl_list_init(&feedback->surfaces);
	wl_list_init(&feedback->waiting);
	add_wlr(feedback, &feedback->composed, options->composed);
	if (options->scanout_formats != NULL) {
		add_kms(feedback, &feedback->defaults.planes, options->scanout_formats);
	}
	struct set others = {0};
	for (size_t i = 0; i < options->planes_len; i++) {
		add_kms(feedback, &others, &options->planes[i].formats);
	}
	tell_all(feedback, &feedback->defaults);
	return feedback;
}

void latch_feedback_destroy(struct latch_feedback *feedback) {
	if (feedback == NULL) {
		return;
	}
	latch_timer_finish(&feedback->quiet);
	if (feedback->table_fd >= 0) {
		close(feedback->table_fd);
	}
	free(feedback);
}

void latch_feedback_set_composed(
	struct latch_feedback *feedback, const struct wlr_drm_format_set *composed) {
	struct set set = {0};
	add_wlr(feedback, &set, composed);
	if (feedback->composed_known && memcmp(&set, &feedback->composed, sizeof(set)) == 0) {
		return;
	}
	feedback->composed = set;
	feedback->composed_known = true;
	tell_all(feedback, &feedback->defaults);
	struct surface *surface;
	wl_list_for_each(surface, &feedback->surfaces, link) {
		reconsider(surface);
	}
}

bool latch_feedback_advise(struct latch_feedback *feedback, struct wlr_surface *wlr_surface,
	const struct kms_plane *const *planes, size_t len) {
	struct surface *surface = get_surface(feedback, wlr_surface);
	if (surface == NULL) {
		return false;
	}
	struct set set = {0};
	for (size_t i = 0; i < len; i++) {
		add_kms(feedback, &set, &planes[i]->formats);
	}
	if (memcmp(&set, &surface->audience.planes, sizeof(set)) != 0) {
		surface->audience.planes = set;
		reconsider(surface);
	}
	return true;
}

/* Whether a fourcc has one modifier besides the implicit one in the default tranches. */
static bool has_one_modifier(const struct latch_feedback *feedback, uint32_t fourcc) {
	const struct tranches *told = &feedback->defaults.told;
	size_t modifiers = 0;
	bool implicit = false;
	for (size_t i = 0; i < feedback->table_len; i++) {
		const struct pair *pair = &feedback->table[i];
		if (pair->fourcc == fourcc &&
			(set_has(&told->scanout, i) || set_has(&told->composed, i))) {
			implicit = implicit || pair->modifier == DRM_FORMAT_MOD_INVALID;
			modifiers++;
		}
	}
	return implicit && modifiers == 2;
}

void latch_feedback_send_formats(
	const struct latch_feedback *feedback, struct wl_resource *manager) {
	const struct tranches *told = &feedback->defaults.told;
	/* Before version 3 there are no modifiers: what can be used is what has an implicit one. */
	const bool modifiers = wl_resource_get_version(manager) >=
			       ZWP_LINUX_DMABUF_V1_MODIFIER_SINCE_VERSION;
	for (size_t i = 0; i < feedback->table_len; i++) {
		const struct pair *pair = &feedback->table[i];
		if (!set_has(&told->scanout, i) && !set_has(&told->composed, i)) {
			continue;
		}
		if (!modifiers && pair->modifier == DRM_FORMAT_MOD_INVALID) {
			zwp_linux_dmabuf_v1_send_format(manager, pair->fourcc);
		}
		/* Xwayland takes the mention of linear alone for an order to allocate so. */
		if (modifiers && (pair->modifier != DRM_FORMAT_MOD_LINEAR ||
					 !has_one_modifier(feedback, pair->fourcc))) {
			zwp_linux_dmabuf_v1_send_modifier(manager, pair->fourcc,
				(uint32_t)(pair->modifier >> 32), (uint32_t)pair->modifier);
		}
	}
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static const struct zwp_linux_dmabuf_feedback_v1_interface object_impl = {
	.destroy = handle_destroy,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	wl_list_remove(wl_resource_get_link(resource));
}

void latch_feedback_get(struct latch_feedback *feedback, struct wl_client *client, uint32_t version,
	uint32_t id, struct wlr_surface *wlr_surface) {
	struct surface *surface = wlr_surface != NULL ? get_surface(feedback, wlr_surface) : NULL;
	struct audience *audience = surface != NULL ? &surface->audience : &feedback->defaults;
	struct wl_resource *object = wl_resource_create(
		client, &zwp_linux_dmabuf_feedback_v1_interface, (int)version, id);
	if (object == NULL || (surface == NULL && wlr_surface != NULL)) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(object, &object_impl, NULL, handle_resource_destroy);
	wl_list_insert(&audience->objects, wl_resource_get_link(object));
	/* The client waits for its first feedback: an error is better than no answer. */
	if (!tell(feedback, &audience->told, object)) {
		wl_client_post_no_memory(client);
	}
}
