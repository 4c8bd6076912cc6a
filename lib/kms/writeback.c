/* SPDX-License-Identifier: MIT */
#include "kms/writeback.h"

#include <drm_fourcc.h>
#include <stdlib.h>

#include "base/fd.h"

const struct kms_connector *kms_writeback_find(
	const struct kms_device *device, const struct kms_crtc *crtc) {
	for (size_t i = 0; i < device->connectors_len; i++) {
		const struct kms_connector *connector = device->connectors[i];
		if (connector->writeback && !connector->gone &&
			(connector->possible_crtcs & UINT32_C(1) << crtc->index) != 0) {
			return connector;
		}
	}
	return NULL;
}

/* Formats that everybody can make a picture of. */
static uint32_t choose_format(const struct kms_connector *connector) {
	const struct kms_format_set *formats = &connector->writeback_formats;
	return kms_format_set_get(formats, DRM_FORMAT_XRGB8888) != NULL	  ? DRM_FORMAT_XRGB8888
	       : kms_format_set_get(formats, DRM_FORMAT_ARGB8888) != NULL ? DRM_FORMAT_ARGB8888
									  : 0;
}

void kms_writeback_destroy(struct kms_writeback *job) {
	if (job == NULL) {
		return;
	}
	latch_fd_clear(&job->fence_fd);
	kms_dumb_buffer_destroy(job->buffer);
	free(job);
}

struct kms_writeback *kms_writeback_create(
	struct kms_device *device, const struct kms_crtc *crtc, uint32_t width, uint32_t height) {
	const struct kms_connector *connector = kms_writeback_find(device, crtc);
	uint32_t fourcc = connector != NULL ? choose_format(connector) : 0;
	if (fourcc == 0) {
		errno = ENOTSUP;
		return NULL;
	}
	struct kms_writeback *job = calloc(1, sizeof(*job));
	if (job == NULL) {
		return NULL;
	}
	*job = (struct kms_writeback){
		.connector = connector,
		.crtc = crtc,
		.buffer = kms_dumb_buffer_create(device, width, height, fourcc),
		.fence_fd = -1,
	};
	if (job->buffer == NULL || kms_dumb_buffer_map(job->buffer) != 0 ||
		kms_dumb_buffer_get_fb(job->buffer) == 0) {
		int error = errno;
		kms_writeback_destroy(job);
		errno = error;
		return NULL;
	}
	return job;
}

void kms_writeback_add(struct kms_writeback *job, struct kms_commit *commit) {
	latch_fd_clear(&job->fence_fd);
	kms_commit_set_writeback(
		commit, job->connector, job->crtc, job->buffer->fb_id, &job->fence_fd);
}
