/* SPDX-License-Identifier: MIT */
/*
 * zwp_linux_dmabuf_v1, and all zwp_linux_dmabuf_feedback_v1 objects with what they have told their
 * clients: a tranche for planes, which may be missing, then one of what can be composed.
 */
#include "dmabuf/linux_dmabuf_v1.h"

#include <assert.h>
#include <drm_fourcc.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/util/log.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/format.h"
#include "base/sealed_file.h"
#include "base/timer.h"
#include "dmabuf/device.h"
#include "dmabuf/params.h"
#include "dmabuf/tranche.h"
#include "kms/plane.h"
#include "limits/addon.h"
#include "limits/resource.h"
#include "linux-dmabuf-v1-protocol.h"

/* A GPU and its display have some thousand pairs. What finds no place is not told to anybody. */
#define PAIRS_MAX 8192

/* A message of the Wayland protocol has 4096 bytes; longer lists go in several events. */
#define INDICES_PER_EVENT 1024

#define FEEDBACK_SINCE ZWP_LINUX_DMABUF_V1_GET_DEFAULT_FEEDBACK_SINCE_VERSION
/* From this version on a tranche's flag tells what the main device was for. */
#define SAMPLING_SINCE ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SAMPLING_SINCE_VERSION

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
	struct wlr_addon addon; // wlr_surface.addons
	struct latch_dmabuf *dmabuf;
	struct wl_list link;
	struct audience audience;
	/* Its client hears of what has changed at due_ns. */
	struct wl_list waiting;
	int64_t due_ns;
};

struct latch_dmabuf {
	struct latch_dmabuf_options options;
	uint32_t version; /* of the global */

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

static size_t find(const struct latch_dmabuf *dmabuf, uint32_t fourcc, uint64_t modifier) {
	size_t place = 0;
	while (place < dmabuf->table_len && (dmabuf->table[place].fourcc != fourcc ||
						    dmabuf->table[place].modifier != modifier)) {
		place++;
	}
	return place;
}

bool latch_dmabuf_advertises(
	const struct latch_dmabuf *dmabuf, uint32_t fourcc, uint64_t modifier) {
	return find(dmabuf, fourcc, modifier) < dmabuf->table_len;
}

static void add(struct latch_dmabuf *dmabuf, struct set *set, uint32_t fourcc, uint64_t modifier) {
	size_t place = find(dmabuf, fourcc, modifier);
	if (place == PAIRS_MAX) {
		return;
	}
	if (place == dmabuf->table_len) {
		dmabuf->table[place] = (struct pair){.fourcc = fourcc, .modifier = modifier};
		if (++dmabuf->table_len == PAIRS_MAX) {
			wlr_log(WLR_ERROR, "linux-dmabuf: not all formats can be offered");
		}
	}
	set->bits[place / 64] |= UINT64_C(1) << place % 64;
}

static void add_kms(
	struct latch_dmabuf *dmabuf, struct set *set, const struct kms_format_set *formats) {
	for (size_t i = 0; i < formats->len; i++) {
		const struct kms_format *format = &formats->formats[i];
		for (size_t j = 0; j < format->modifiers_len; j++) {
			add(dmabuf, set, format->fourcc, format->modifiers[j]);
		}
	}
}

static void add_wlr(
	struct latch_dmabuf *dmabuf, struct set *set, const struct wlr_drm_format_set *formats) {
	for (size_t i = 0; i < formats->len; i++) {
		const struct wlr_drm_format *format = &formats->formats[i];
		for (size_t j = 0; j < format->len; j++) {
			add(dmabuf, set, format->format, format->modifiers[j]);
		}
	}
}

/* A surface loses its plane from one frame to the next, and is invisible then if its buffer can't
 * be composed. Such buffers are taken, but no client is asked for them. */
static struct tranches make_tranches(
	const struct latch_dmabuf *dmabuf, const struct audience *audience) {
	struct tranches tranches = {audience->planes, dmabuf->composed};
	for (size_t i = 0; i < PAIRS_MAX / 64 && dmabuf->composed_known; i++) {
		tranches.scanout.bits[i] &= dmabuf->composed.bits[i];
	}
	return tranches;
}

static bool is_told(const struct latch_dmabuf *dmabuf, const struct audience *audience) {
	const struct tranches tranches = make_tranches(dmabuf, audience);
	return memcmp(&tranches, &audience->told, sizeof(tranches)) == 0;
}

/* The table as a file, read-only and of constant size for everybody. Returns false without one. */
static bool make_table_file(struct latch_dmabuf *dmabuf) {
	if (dmabuf->table_fd >= 0 && dmabuf->table_fd_len == dmabuf->table_len) {
		return true;
	}
	const size_t size = dmabuf->table_len * sizeof(dmabuf->table[0]);
	const int fd = latch_sealed_file_create("latch-format-table", dmabuf->table, size);
	if (fd < 0) {
		wlr_log(WLR_ERROR, "linux-dmabuf: no format table: %s", strerror(errno));
		return false;
	}
	latch_fd_clear(&dmabuf->table_fd);
	dmabuf->table_fd = fd;
	dmabuf->table_fd_len = dmabuf->table_len;
	return true;
}

static void send_tranche(const struct latch_dmabuf *dmabuf, struct wl_resource *object,
	dev_t device, uint32_t flags, const struct set *set) {
	if (set_is_empty(set)) {
		return;
	}
	uint16_t indices[INDICES_PER_EVENT];
	struct wl_array array = {.size = sizeof(device), .data = &device};
	zwp_linux_dmabuf_feedback_v1_send_tranche_target_device(object, &array);
	zwp_linux_dmabuf_feedback_v1_send_tranche_flags(object, flags);
	size_t len = 0;
	for (size_t i = 0; i < dmabuf->table_len; i++) {
		if (set_has(set, i)) {
			indices[len++] = (uint16_t)i;
		}
		if (len == INDICES_PER_EVENT || (len > 0 && i + 1 == dmabuf->table_len)) {
			array = (struct wl_array){
				.size = len * sizeof(indices[0]), .data = indices};
			zwp_linux_dmabuf_feedback_v1_send_tranche_formats(object, &array);
			len = 0;
		}
	}
	zwp_linux_dmabuf_feedback_v1_send_tranche_done(object);
}

static bool tell(
	struct latch_dmabuf *dmabuf, const struct tranches *tranches, struct wl_resource *object) {
	if (!make_table_file(dmabuf)) {
		return false;
	}
	const bool has_main_device = wl_resource_get_version(object) < SAMPLING_SINCE;
	if (has_main_device) {
		struct wl_array array = {
			.size = sizeof(dmabuf->main_device), .data = &dmabuf->main_device};
		zwp_linux_dmabuf_feedback_v1_send_main_device(object, &array);
	}
	/* libwayland duplicates the fd when it queues the event. */
	zwp_linux_dmabuf_feedback_v1_send_format_table(
		object, dmabuf->table_fd, (uint32_t)(dmabuf->table_len * sizeof(dmabuf->table[0])));
	send_tranche(dmabuf, object, dmabuf->scanout_device,
		ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SCANOUT, &tranches->scanout);
	send_tranche(dmabuf, object, dmabuf->main_device,
		has_main_device ? 0 : ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SAMPLING,
		&tranches->composed);
	zwp_linux_dmabuf_feedback_v1_send_done(object);
	return true;
}

static void tell_all(struct latch_dmabuf *dmabuf, struct audience *audience) {
	if (is_told(dmabuf, audience)) {
		return;
	}
	audience->told = make_tranches(dmabuf, audience);
	struct wl_resource *object;
	wl_resource_for_each(object, &audience->objects) {
		tell(dmabuf, &audience->told, object);
	}
}

static void set_timer(struct latch_dmabuf *dmabuf) {
	struct surface *first = wl_container_of(dmabuf->waiting.next, first, waiting);
	latch_timer_set(&dmabuf->quiet, wl_list_empty(&dmabuf->waiting) ? 0 : first->due_ns);
}

static void stop_waiting(struct surface *surface) {
	wl_list_remove(&surface->waiting);
	wl_list_init(&surface->waiting);
	set_timer(surface->dmabuf);
}

static void handle_quiet(void *data) {
	struct latch_dmabuf *dmabuf = data;
	struct surface *first = wl_container_of(dmabuf->waiting.next, first, waiting);
	stop_waiting(first);
	tell_all(dmabuf, &first->audience);
	const bool scanout = !set_is_empty(&first->audience.told.scanout);
	wlr_log(WLR_DEBUG, "feedback of a surface: %s first, %d tranches",
		scanout ? "scanout" : "composing", scanout ? 2 : 1);
}

/* The surface's tranches may have changed. Its client gets them after LATCH_FEEDBACK_QUIET_MS, if
 * it has a feedback object and they are not the ones that it got last. */
static void reconsider(struct surface *surface) {
	struct latch_dmabuf *dmabuf = surface->dmabuf;
	if (wl_list_empty(&surface->audience.objects)) {
		tell_all(dmabuf, &surface->audience);
	}
	stop_waiting(surface);
	if (!is_told(dmabuf, &surface->audience)) {
		surface->due_ns = latch_now_ns() + LATCH_FEEDBACK_QUIET_MS * INT64_C(1000000);
		wl_list_insert(dmabuf->waiting.prev, &surface->waiting);
		set_timer(dmabuf);
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
	latch_addon_free(addon);
}

static const struct wlr_addon_interface addon_impl = {
	.name = "latch_feedback",
	.destroy = handle_surface_destroy,
};

/* Returns NULL when there is no memory. */
static struct surface *get_surface(struct latch_dmabuf *dmabuf, struct wlr_surface *wlr_surface) {
	struct surface *surface =
		latch_addon_get(&wlr_surface->addons, &addon_impl, sizeof(*surface));
	if (surface != NULL && surface->dmabuf == NULL) {
		surface->dmabuf = dmabuf;
		surface->audience = dmabuf->defaults;
		wl_list_init(&surface->audience.objects);
		wl_list_init(&surface->waiting);
		wl_list_insert(&dmabuf->surfaces, &surface->link);
	}
	return surface;
}

void latch_dmabuf_set_composed(
	struct latch_dmabuf *dmabuf, const struct wlr_drm_format_set *formats) {
	if (dmabuf == NULL) {
		return;
	}
	struct set set = {0};
	add_wlr(dmabuf, &set, formats);
	if (dmabuf->composed_known && memcmp(&set, &dmabuf->composed, sizeof(set)) == 0) {
		return;
	}
	dmabuf->composed = set;
	dmabuf->composed_known = true;
	tell_all(dmabuf, &dmabuf->defaults);
	struct surface *surface;
	wl_list_for_each(surface, &dmabuf->surfaces, link) {
		reconsider(surface);
	}
}

void latch_dmabuf_advise_surface(struct latch_dmabuf *dmabuf, struct wlr_surface *wlr_surface,
	const struct kms_plane *const *planes, size_t planes_len, uint64_t reasons) {
	const enum latch_tranche_advice advice = latch_tranche_advise(reasons);
	if (dmabuf == NULL || advice == LATCH_TRANCHE_KEEP) {
		return;
	}
	struct surface *surface = get_surface(dmabuf, wlr_surface);
	if (surface == NULL) {
		wlr_log(WLR_ERROR, "no memory for the feedback of a surface");
		return;
	}
	struct set set = {0};
	for (size_t i = 0; i < planes_len && advice == LATCH_TRANCHE_SCANOUT; i++) {
		add_kms(dmabuf, &set, &planes[i]->formats);
	}
	if (memcmp(&set, &surface->audience.planes, sizeof(set)) != 0) {
		surface->audience.planes = set;
		reconsider(surface);
	}
}

/* Whether a fourcc has one modifier besides the implicit one in the default tranches. */
static bool has_one_modifier(const struct latch_dmabuf *dmabuf, uint32_t fourcc) {
	const struct tranches *told = &dmabuf->defaults.told;
	size_t modifiers = 0;
	bool implicit = false;
	for (size_t i = 0; i < dmabuf->table_len; i++) {
		const struct pair *pair = &dmabuf->table[i];
		if (pair->fourcc == fourcc &&
			(set_has(&told->scanout, i) || set_has(&told->composed, i))) {
			implicit = implicit || pair->modifier == DRM_FORMAT_MOD_INVALID;
			modifiers++;
		}
	}
	return implicit && modifiers == 2;
}

/* Xwayland takes the mention of linear alone for an order to allocate so. It allocates RGB, on a
 * render node; players of video look for linear by name. */
static bool is_taken_for_order(const struct latch_dmabuf *dmabuf, uint32_t fourcc) {
	return !latch_format_is_ycbcr(fourcc) && dmabuf->version >= FEEDBACK_SINCE &&
	       has_one_modifier(dmabuf, fourcc);
}

/* What the default tranches name, for a version without feedback. */
static void send_formats(const struct latch_dmabuf *dmabuf, struct wl_resource *manager) {
	const struct tranches *told = &dmabuf->defaults.told;
	/* Before version 3 there are no modifiers: what can be used is what has an implicit one. */
	const bool modifiers =
		wl_resource_get_version(manager) >= ZWP_LINUX_DMABUF_V1_MODIFIER_SINCE_VERSION;
	for (size_t i = 0; i < dmabuf->table_len; i++) {
		const struct pair *pair = &dmabuf->table[i];
		if (!set_has(&told->scanout, i) && !set_has(&told->composed, i)) {
			continue;
		}
		if (!modifiers && pair->modifier == DRM_FORMAT_MOD_INVALID) {
			zwp_linux_dmabuf_v1_send_format(manager, pair->fourcc);
		}
		if (modifiers && (pair->modifier != DRM_FORMAT_MOD_LINEAR ||
					 !is_taken_for_order(dmabuf, pair->fourcc))) {
			zwp_linux_dmabuf_v1_send_modifier(manager, pair->fourcc,
				(uint32_t)(pair->modifier >> 32), (uint32_t)pair->modifier);
		}
	}
}

static const struct zwp_linux_dmabuf_feedback_v1_interface object_impl = {
	.destroy = latch_resource_handle_destroy,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	wl_list_remove(wl_resource_get_link(resource));
}

static void get_feedback(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wlr_surface *wlr_surface) {
	struct latch_dmabuf *dmabuf = wl_resource_get_user_data(manager);
	struct surface *surface = wlr_surface != NULL ? get_surface(dmabuf, wlr_surface) : NULL;
	struct audience *audience = surface != NULL ? &surface->audience : &dmabuf->defaults;
	struct wl_resource *object = latch_resource_create(client,
		&zwp_linux_dmabuf_feedback_v1_interface, (uint32_t)wl_resource_get_version(manager),
		id, &object_impl, NULL, handle_resource_destroy);
	if (object == NULL) {
		return;
	}
	wl_list_insert(&audience->objects, wl_resource_get_link(object));
	/* The client waits for its first feedback: an error is better than no answer. */
	if ((surface == NULL && wlr_surface != NULL) || !tell(dmabuf, &audience->told, object)) {
		wl_client_post_no_memory(client);
	}
}

const struct latch_dmabuf_probe *latch_dmabuf_get_probe(const struct latch_dmabuf *dmabuf) {
	const struct latch_dmabuf_probe *probe = dmabuf->options.test_probe;
	return probe != NULL ? probe : &latch_dmabuf_kernel_probe;
}

bool latch_dmabuf_samples_on(const struct latch_dmabuf *dmabuf, dev_t device) {
	return latch_dmabuf_is_same_device(device, dmabuf->main_device);
}

bool latch_dmabuf_can_show(
	const struct latch_dmabuf *dmabuf, const struct wlr_dmabuf_attributes *attributes) {
	const struct latch_dmabuf_options *options = &dmabuf->options;
	return (options->can_scanout != NULL && options->can_scanout(options->data, attributes)) ||
	       options->can_compose(options->data, attributes);
}

static void handle_create_params(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	latch_params_create(client, (uint32_t)wl_resource_get_version(resource), id,
		wl_resource_get_user_data(resource));
}

static void handle_get_default_feedback(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	get_feedback(client, resource, id, NULL);
}

static void handle_get_surface_feedback(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, struct wl_resource *surface) {
	get_feedback(client, resource, id, wlr_surface_from_resource(surface));
}

static const struct zwp_linux_dmabuf_v1_interface manager_impl = {
	.destroy = latch_resource_handle_destroy,
	.create_params = handle_create_params,
	.get_default_feedback = handle_get_default_feedback,
	.get_surface_feedback = handle_get_surface_feedback,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct latch_dmabuf *dmabuf = data;
	struct wl_resource *resource = latch_resource_create(
		client, &zwp_linux_dmabuf_v1_interface, version, id, &manager_impl, dmabuf, NULL);
	if (resource != NULL && version < FEEDBACK_SINCE) {
		send_formats(dmabuf, resource);
	}
}

/* What clients are told at first. */
static void init_formats(struct latch_dmabuf *dmabuf) {
	const struct latch_dmabuf_options *options = &dmabuf->options;
	struct stat st;
	add_wlr(dmabuf, &dmabuf->composed, options->composed_formats);
	if (options->scanout_formats != NULL) {
		dmabuf->scanout_device =
			fstat(options->kms_fd, &st) == 0 ? st.st_rdev : dmabuf->main_device;
		add_kms(dmabuf, &dmabuf->defaults.planes, options->scanout_formats);
		/* In the table from the beginning, so that it need not grow then. */
		struct set others = {0};
		for (size_t i = 0; i < options->planes_len; i++) {
			add_kms(dmabuf, &others, &options->planes[i].formats);
		}
	}
	tell_all(dmabuf, &dmabuf->defaults);
}

struct latch_dmabuf *latch_dmabuf_create(const struct latch_dmabuf_options *options) {
	dev_t main_device = options->main_device;
	uint32_t version = LATCH_DMABUF_VERSION;
	if (main_device == 0) {
		version = latch_dmabuf_find_main_device(options->kms_fd, &main_device);
	}
	if (version == 0) {
		wlr_log(WLR_INFO, "linux-dmabuf: off, there is no DRM device for clients");
		return NULL;
	}
	struct latch_dmabuf *dmabuf = calloc(1, sizeof(*dmabuf));
	if (dmabuf == NULL) {
		return NULL;
	}
	dmabuf->options = *options;
	dmabuf->main_device = main_device;
	dmabuf->version = version;
	dmabuf->composed_known = options->composed_known;
	dmabuf->table_fd = -1;
	wl_list_init(&dmabuf->defaults.objects);
	wl_list_init(&dmabuf->surfaces);
	wl_list_init(&dmabuf->waiting);
	init_formats(dmabuf);
	latch_params_register_buffers();
	if (!latch_timer_init(&dmabuf->quiet, wl_display_get_event_loop(options->display),
		    handle_quiet, dmabuf) ||
		wl_global_create(options->display, &zwp_linux_dmabuf_v1_interface, (int)version,
			dmabuf, handle_bind) == NULL) {
		wlr_log(WLR_ERROR, "linux-dmabuf: off, it could not be set up");
		latch_dmabuf_destroy(dmabuf);
		return NULL;
	}
	wlr_log(WLR_INFO, "linux-dmabuf: version %u%s", version,
		version < FEEDBACK_SINCE
			? ", without feedback: no render node that clients could use"
			: "");
	return dmabuf;
}

void latch_dmabuf_destroy(struct latch_dmabuf *dmabuf) {
	if (dmabuf == NULL) {
		return;
	}
	latch_timer_finish(&dmabuf->quiet);
	latch_fd_clear(&dmabuf->table_fd);
	free(dmabuf);
}
