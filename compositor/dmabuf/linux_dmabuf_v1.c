#include "dmabuf/linux_dmabuf_v1.h"

#include <drm_fourcc.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/util/log.h>

#include "dmabuf/buffer.h"
#include "dmabuf/device.h"
#include "dmabuf/feedback.h"
#include "dmabuf/params.h"
#include "kms/plane.h"
#include "linux-dmabuf-v1-protocol.h"

struct latch_dmabuf {
	struct latch_dmabuf_options options;
	struct latch_dmabuf_probe probe;
	struct wl_global *global;
	dev_t main_device, scanout_device;

	/* What can be composed. What the primary planes show, and what a surface was advised last, without
	 * what is not in it; the latter only to keep the memory. */
	struct latch_format_list composed, primary, advised;
	struct latch_feedback *feedback;
	struct latch_params_judge judge;

	struct wl_list managers; // wl_resource_get_link(), zwp_linux_dmabuf_v1
	struct wl_list params;	 // dmabuf/params.c
};

/* A surface loses its plane from one frame to the next, and is invisible then if its buffer can't be
 * composed. Such buffers are taken, but no client is asked for them. */
static void keep_what_can_be_composed(
	const struct latch_dmabuf *dmabuf, struct latch_format_list *list) {
	if (dmabuf->options.composed_known) {
		latch_format_list_intersect(list, &dmabuf->composed);
	}
}

/* The primary planes' formats are the default; the tranche borrows them. */
static bool make_default(struct latch_dmabuf *dmabuf, struct latch_dmabuf_tranche *tranche) {
	latch_format_list_clear(&dmabuf->primary);
	if (!latch_format_list_add_kms(&dmabuf->primary, dmabuf->options.scanout_formats)) {
		return false;
	}
	keep_what_can_be_composed(dmabuf, &dmabuf->primary);
	*tranche = (struct latch_dmabuf_tranche){
		.target_device = dmabuf->scanout_device,
		.scanout = true,
		.formats = dmabuf->primary.pairs,
		.formats_len = dmabuf->primary.len,
	};
	return true;
}

/* What the planes show is known to the table from the beginning. */
static bool add_scanout_formats(struct latch_dmabuf *dmabuf) {
	const struct latch_dmabuf_options *options = &dmabuf->options;
	struct stat st;
	if (options->scanout_formats == NULL || fstat(options->kms_fd, &st) != 0) {
		dmabuf->options.scanout_formats = NULL;
		return true;
	}
	dmabuf->scanout_device = st.st_rdev;
	struct latch_dmabuf_tranche tranche;
	struct latch_format_list list = {0};
	bool ok = make_default(dmabuf, &tranche) &&
		  latch_feedback_set_default(dmabuf->feedback, &tranche, 1) &&
		  latch_format_list_add_kms(&list, options->scanout_formats);
	for (size_t i = 0; i < options->planes_len && ok; i++) {
		ok = latch_format_list_add_kms(&list, &options->planes[i].formats);
	}
	ok = ok && latch_feedback_add_formats(dmabuf->feedback, list.pairs, list.len);
	latch_format_list_finish(&list);
	return ok;
}

bool latch_dmabuf_set_composed(
	struct latch_dmabuf *dmabuf, const struct wlr_drm_format_set *formats) {
	if (dmabuf == NULL) {
		return true;
	}
	dmabuf->options.composed_known = true;
	latch_format_list_clear(&dmabuf->composed);
	struct latch_dmabuf_tranche tranche;
	size_t len = dmabuf->options.scanout_formats != NULL ? 1 : 0;
	return latch_format_list_add_wlr(&dmabuf->composed, formats) &&
	       (len == 0 || make_default(dmabuf, &tranche)) &&
	       latch_feedback_set_composed(dmabuf->feedback, &dmabuf->composed, &tranche, len);
}

static bool usable(void *data, const struct wlr_dmabuf_attributes *attributes) {
	const struct latch_dmabuf_options *options = data;
	return (options->can_scanout != NULL && options->can_scanout(options->data, attributes)) ||
	       options->can_compose(options->data, attributes);
}

bool latch_dmabuf_set_default(
	struct latch_dmabuf *dmabuf, const struct latch_dmabuf_tranche *tranches, size_t len) {
	return latch_feedback_set_default(dmabuf->feedback, tranches, len);
}

bool latch_dmabuf_set_surface_tranches(struct latch_dmabuf *dmabuf, struct wlr_surface *surface,
	const struct latch_dmabuf_tranche *tranches, size_t len) {
	return latch_feedback_set_surface(dmabuf->feedback, surface, tranches, len);
}

void latch_dmabuf_advise_surface(struct latch_dmabuf *dmabuf, struct wlr_surface *surface,
	const struct kms_plane *const *planes, size_t planes_len, uint64_t reasons) {
	if (dmabuf == NULL) {
		return;
	}
	enum latch_tranche_advice advice =
		latch_tranche_advise(planes, planes_len, reasons, &dmabuf->advised);
	if (advice == LATCH_TRANCHE_KEEP) {
		return;
	}
	/* One without formats is followed by what can be composed, as each list that lacks it is. */
	struct latch_dmabuf_tranche tranche = {.target_device = dmabuf->main_device};
	if (advice == LATCH_TRANCHE_SCANOUT) {
		keep_what_can_be_composed(dmabuf, &dmabuf->advised);
		tranche = (struct latch_dmabuf_tranche){
			.target_device = dmabuf->scanout_device,
			.scanout = true,
			.formats = dmabuf->advised.pairs,
			.formats_len = dmabuf->advised.len,
		};
	}
	if (!latch_feedback_set_surface(dmabuf->feedback, surface, &tranche, 1)) {
		wlr_log(WLR_ERROR, "no memory for the feedback of a surface");
	}
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static uint32_t version_of(struct wl_resource *resource) {
	return (uint32_t)wl_resource_get_version(resource);
}

static void handle_create_params(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	struct latch_dmabuf *dmabuf = wl_resource_get_user_data(resource);
	if (dmabuf != NULL) {
		latch_params_create(
			client, version_of(resource), id, &dmabuf->judge, &dmabuf->params);
		return;
	}
	struct wl_list nowhere;
	wl_list_init(&nowhere);
	latch_params_create(client, version_of(resource), id, NULL, &nowhere);
	latch_params_detach_all(&nowhere);
}

static void handle_get_default_feedback(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	struct latch_dmabuf *dmabuf = wl_resource_get_user_data(resource);
	latch_feedback_get(
		dmabuf != NULL ? dmabuf->feedback : NULL, client, version_of(resource), id, NULL);
}

static void handle_get_surface_feedback(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, struct wl_resource *surface) {
	struct latch_dmabuf *dmabuf = wl_resource_get_user_data(resource);
	latch_feedback_get(dmabuf != NULL ? dmabuf->feedback : NULL, client, version_of(resource),
		id, wlr_surface_from_resource(surface));
}

static const struct zwp_linux_dmabuf_v1_interface manager_impl = {
	.destroy = handle_destroy,
	.create_params = handle_create_params,
	.get_default_feedback = handle_get_default_feedback,
	.get_surface_feedback = handle_get_surface_feedback,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	wl_list_remove(wl_resource_get_link(resource));
}

/* Before version 3 there are no modifiers: what can be used is what has an implicit one. */
static void send_format(struct wl_resource *resource, const struct latch_format_list *list,
	const struct latch_format *pair) {
	bool implicit = pair->modifier == DRM_FORMAT_MOD_INVALID;
	if (version_of(resource) < ZWP_LINUX_DMABUF_V1_MODIFIER_SINCE_VERSION) {
		if (implicit) {
			zwp_linux_dmabuf_v1_send_format(resource, pair->fourcc);
		}
		return;
	}
	/* Xwayland takes the mention of linear alone for an order to allocate so. */
	if (pair->modifier == DRM_FORMAT_MOD_LINEAR &&
		latch_format_list_count(list, pair->fourcc) == 2 &&
		latch_format_list_find(list, pair->fourcc, DRM_FORMAT_MOD_INVALID) >= 0) {
		return;
	}
	zwp_linux_dmabuf_v1_send_modifier(resource, pair->fourcc, (uint32_t)(pair->modifier >> 32),
		(uint32_t)(pair->modifier & UINT32_MAX));
}

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct latch_dmabuf *dmabuf = data;
	struct wl_resource *resource =
		wl_resource_create(client, &zwp_linux_dmabuf_v1_interface, (int)version, id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_impl, dmabuf, handle_resource_destroy);
	wl_list_insert(&dmabuf->managers, wl_resource_get_link(resource));
	if (version >= ZWP_LINUX_DMABUF_V1_GET_DEFAULT_FEEDBACK_SINCE_VERSION) {
		return;
	}
	struct latch_format_list list = {0};
	if (latch_feedback_default_formats(dmabuf->feedback, &list)) {
		for (size_t i = 0; i < list.len; i++) {
			send_format(resource, &list, &list.pairs[i]);
		}
	} else {
		wl_client_post_no_memory(client);
	}
	latch_format_list_finish(&list);
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
	dmabuf->probe = options->test_probe != NULL ? *options->test_probe : latch_dmabuf_kernel_probe;
	wl_list_init(&dmabuf->managers);
	wl_list_init(&dmabuf->params);

	if (!latch_format_list_add_wlr(&dmabuf->composed, options->composed_formats)) {
		goto error;
	}
	dmabuf->feedback = latch_feedback_create(&(struct latch_feedback_options){
		.loop = wl_display_get_event_loop(options->display),
		.main_device = main_device,
		.composed = &dmabuf->composed,
	});
	if (dmabuf->feedback == NULL || !add_scanout_formats(dmabuf)) {
		goto error;
	}
	dmabuf->judge = (struct latch_params_judge){
		.probe = &dmabuf->probe,
		.advertised = latch_feedback_formats(dmabuf->feedback),
		.usable = usable,
		.data = &dmabuf->options,
	};
	latch_dmabuf_buffer_register();
	dmabuf->global = wl_global_create(options->display, &zwp_linux_dmabuf_v1_interface,
		(int)version, dmabuf, handle_bind);
	if (dmabuf->global == NULL) {
		goto error;
	}
	wlr_log(WLR_INFO, "linux-dmabuf: version %u%s", version,
		version < 4 ? ", without feedback: no render node that clients could use" : "");
	return dmabuf;

error:
	wlr_log(WLR_ERROR, "linux-dmabuf: off, it could not be set up");
	latch_dmabuf_destroy(dmabuf);
	return NULL;
}

void latch_dmabuf_destroy(struct latch_dmabuf *dmabuf) {
	if (dmabuf == NULL) {
		return;
	}
	struct wl_resource *resource, *tmp;
	wl_resource_for_each_safe(resource, tmp, &dmabuf->managers) {
		struct wl_list *link = wl_resource_get_link(resource);
		wl_list_remove(link);
		wl_list_init(link);
		wl_resource_set_user_data(resource, NULL);
	}
	latch_params_detach_all(&dmabuf->params);
	if (dmabuf->global != NULL) {
		wl_global_destroy(dmabuf->global);
	}
	latch_feedback_destroy(dmabuf->feedback);
	latch_format_list_finish(&dmabuf->composed);
	latch_format_list_finish(&dmabuf->primary);
	latch_format_list_finish(&dmabuf->advised);
	free(dmabuf);
}
