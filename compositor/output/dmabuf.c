#include "output/dmabuf.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_linux_dmabuf_v1.h>
#include <wlr/util/log.h>
#include <xf86drm.h>

#include "backend/output.h"
#include "linux-dmabuf-v1-protocol.h"
#include "output/dmabuf_check.h"
#include "output/renderer.h"

#define MAX_DRM_DEVICES 64

struct latch_dmabuf {
	struct latch_dmabuf_options options;
	struct wlr_linux_dmabuf_v1 *wlr;
};

static bool node_number(const char *path, dev_t *number) {
	struct stat st;
	if (stat(path, &st) != 0) {
		return false;
	}
	*number = st.st_rdev;
	return true;
}

static bool render_node_of(int drm_fd, dev_t *number) {
	drmDevice *device = NULL;
	if (drmGetDevice2(drm_fd, 0, &device) != 0) {
		return false;
	}
	bool found = (device->available_nodes & (1 << DRM_NODE_RENDER)) != 0 &&
		     node_number(device->nodes[DRM_NODE_RENDER], number);
	drmFreeDevice(&device);
	return found;
}

static bool any_render_node(dev_t *number) {
	drmDevice *devices[MAX_DRM_DEVICES];
	int len = drmGetDevices2(0, devices, MAX_DRM_DEVICES);
	bool found = false;
	for (int i = 0; i < len && !found; i++) {
		found = (devices[i]->available_nodes & (1 << DRM_NODE_RENDER)) != 0 &&
			node_number(devices[i]->nodes[DRM_NODE_RENDER], number);
	}
	if (len > 0) {
		drmFreeDevices(devices, len);
	}
	return found;
}

static bool make_feedback(struct wlr_linux_dmabuf_feedback_v1 *feedback,
	const struct latch_dmabuf_options *options, dev_t main_device) {
	*feedback = (struct wlr_linux_dmabuf_feedback_v1){.main_device = main_device};

	struct stat st;
	if (options->scanout_formats != NULL && fstat(options->kms_fd, &st) == 0) {
		struct wlr_linux_dmabuf_feedback_v1_tranche *tranche =
			wlr_linux_dmabuf_feedback_add_tranche(feedback);
		if (tranche == NULL) {
			return false;
		}
		tranche->target_device = st.st_rdev;
		tranche->flags = ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SCANOUT;
		if (!latch_kms_formats_add(&tranche->formats, options->scanout_formats)) {
			return false;
		}
	}

	struct wlr_linux_dmabuf_feedback_v1_tranche *tranche =
		wlr_linux_dmabuf_feedback_add_tranche(feedback);
	if (tranche == NULL) {
		return false;
	}
	tranche->target_device = main_device;
	return latch_renderer_add_formats(options->renderer, &tranche->formats);
}

static bool check_dmabuf(struct wlr_dmabuf_attributes *attributes, void *data) {
	struct latch_dmabuf *dmabuf = data;
	const char *wrong = latch_dmabuf_check(attributes);
	if (wrong != NULL) {
		wlr_log(WLR_DEBUG, "refused a dma-buf: %s", wrong);
		return false;
	}
	return (dmabuf->options.can_scanout != NULL &&
		       dmabuf->options.can_scanout(dmabuf->options.data, attributes)) ||
	       latch_renderer_can_compose(dmabuf->options.renderer, attributes);
}

/* Returns the version of the protocol that can be offered with the main device found. */
static uint32_t find_main_device(const struct latch_dmabuf_options *options, dev_t *main_device) {
	int drm_fd = options->kms_fd;
	if (drm_fd < 0 && options->renderer->wlr_renderer != NULL) {
		drm_fd = wlr_renderer_get_drm_fd(options->renderer->wlr_renderer);
	}
	if ((drm_fd >= 0 && render_node_of(drm_fd, main_device)) || any_render_node(main_device)) {
		return 5;
	}
	struct stat st;
	if (drm_fd < 0 || fstat(drm_fd, &st) != 0) {
		return 0;
	}
	*main_device = st.st_rdev;
	return 3;
}

struct latch_dmabuf *latch_dmabuf_create(const struct latch_dmabuf_options *options) {
	dev_t main_device;
	uint32_t version = find_main_device(options, &main_device);
	if (version == 0) {
		wlr_log(WLR_INFO, "linux-dmabuf: off, there is no DRM device for clients");
		return NULL;
	}
	struct latch_dmabuf *dmabuf = calloc(1, sizeof(*dmabuf));
	if (dmabuf == NULL) {
		return NULL;
	}
	dmabuf->options = *options;

	struct wlr_linux_dmabuf_feedback_v1 feedback;
	if (make_feedback(&feedback, options, main_device)) {
		dmabuf->wlr = wlr_linux_dmabuf_v1_create(options->display, version, &feedback);
	}
	wlr_linux_dmabuf_feedback_v1_finish(&feedback);
	if (dmabuf->wlr == NULL) {
		wlr_log(WLR_ERROR, "linux-dmabuf: off, it could not be set up");
		free(dmabuf);
		return NULL;
	}
	wlr_linux_dmabuf_v1_set_check_dmabuf_callback(dmabuf->wlr, check_dmabuf, dmabuf);
	wlr_log(WLR_INFO, "linux-dmabuf: version %u%s", version,
		version < 4 ? ", without feedback: no render node that clients could use" : "");
	return dmabuf;
}

void latch_dmabuf_destroy(struct latch_dmabuf *dmabuf) {
	/* The global goes with the display. */
	free(dmabuf);
}
