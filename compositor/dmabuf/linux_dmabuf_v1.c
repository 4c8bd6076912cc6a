#include "dmabuf/linux_dmabuf_v1.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/util/log.h>

#include "dmabuf/device.h"
#include "dmabuf/feedback.h"
#include "dmabuf/params.h"
#include "dmabuf/tranche.h"
#include "linux-dmabuf-v1-protocol.h"

struct latch_dmabuf {
	struct latch_dmabuf_options options;
	struct latch_dmabuf_probe probe;
	struct wl_global *global;
	struct latch_feedback *feedback;
	struct latch_params_judge judge;
};

static bool usable(void *data, const struct wlr_dmabuf_attributes *attributes) {
	const struct latch_dmabuf_options *options = data;
	return (options->can_scanout != NULL && options->can_scanout(options->data, attributes)) ||
	       options->can_compose(options->data, attributes);
}

void latch_dmabuf_set_composed(
	struct latch_dmabuf *dmabuf, const struct wlr_drm_format_set *formats) {
	if (dmabuf != NULL) {
		latch_feedback_set_composed(dmabuf->feedback, formats);
	}
}

void latch_dmabuf_advise_surface(struct latch_dmabuf *dmabuf, struct wlr_surface *surface,
	const struct kms_plane *const *planes, size_t planes_len, uint64_t reasons) {
	const enum latch_tranche_advice advice = latch_tranche_advise(reasons);
	if (dmabuf == NULL || advice == LATCH_TRANCHE_KEEP) {
		return;
	}
	if (!latch_feedback_advise(dmabuf->feedback, surface, planes,
		    advice == LATCH_TRANCHE_SCANOUT ? planes_len : 0)) {
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
	latch_params_create(client, version_of(resource), id, &dmabuf->judge);
}

static void handle_get_default_feedback(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	struct latch_dmabuf *dmabuf = wl_resource_get_user_data(resource);
	latch_feedback_get(dmabuf->feedback, client, version_of(resource), id, NULL);
}

static void handle_get_surface_feedback(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, struct wl_resource *surface) {
	struct latch_dmabuf *dmabuf = wl_resource_get_user_data(resource);
	latch_feedback_get(dmabuf->feedback, client, version_of(resource), id,
		wlr_surface_from_resource(surface));
}

static const struct zwp_linux_dmabuf_v1_interface manager_impl = {
	.destroy = handle_destroy,
	.create_params = handle_create_params,
	.get_default_feedback = handle_get_default_feedback,
	.get_surface_feedback = handle_get_surface_feedback,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct latch_dmabuf *dmabuf = data;
	struct wl_resource *resource =
		wl_resource_create(client, &zwp_linux_dmabuf_v1_interface, (int)version, id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_impl, dmabuf, NULL);
	if (version < ZWP_LINUX_DMABUF_V1_GET_DEFAULT_FEEDBACK_SINCE_VERSION) {
		latch_feedback_send_formats(dmabuf->feedback, resource);
	}
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
	struct stat st;
	const bool scans_out = options->scanout_formats != NULL && fstat(options->kms_fd, &st) == 0;
	dmabuf->feedback = latch_feedback_create(&(struct latch_feedback_options){
		.loop = wl_display_get_event_loop(options->display),
		.main_device = main_device,
		.scanout_device = scans_out ? st.st_rdev : 0,
		.scanout_formats = scans_out ? options->scanout_formats : NULL,
		.planes = options->planes,
		.planes_len = scans_out ? options->planes_len : 0,
		.composed = options->composed_formats,
		.composed_known = options->composed_known,
	});
	dmabuf->options = *options;
	dmabuf->probe = options->test_probe != NULL ? *options->test_probe : latch_dmabuf_kernel_probe;
	dmabuf->judge = (struct latch_params_judge){
		.probe = &dmabuf->probe,
		.feedback = dmabuf->feedback,
		.usable = usable,
		.data = &dmabuf->options,
	};
	latch_params_register_buffers();
	if (dmabuf->feedback != NULL) {
		dmabuf->global = wl_global_create(options->display, &zwp_linux_dmabuf_v1_interface,
			(int)version, dmabuf, handle_bind);
	}
	if (dmabuf->global == NULL) {
		wlr_log(WLR_ERROR, "linux-dmabuf: off, it could not be set up");
		latch_dmabuf_destroy(dmabuf);
		return NULL;
	}
	wlr_log(WLR_INFO, "linux-dmabuf: version %u%s", version,
		version < 4 ? ", without feedback: no render node that clients could use" : "");
	return dmabuf;
}

void latch_dmabuf_destroy(struct latch_dmabuf *dmabuf) {
	if (dmabuf == NULL) {
		return;
	}
	if (dmabuf->global != NULL) {
		wl_global_destroy(dmabuf->global);
	}
	latch_feedback_destroy(dmabuf->feedback);
	free(dmabuf);
}
