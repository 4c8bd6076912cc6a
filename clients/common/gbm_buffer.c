/* SPDX-License-Identifier: MIT */
#include "allocator.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <gbm.h>

static struct gbm_bo *create_bo(
	struct gbm_device *gbm, const struct plan_step *step, uint32_t flags, struct dmabuf *buf) {
	bool implicit = step->num_modifiers == 1 && step->modifiers[0] == DRM_FORMAT_MOD_INVALID;
	struct gbm_bo *bo = NULL;
	buf->modifier = DRM_FORMAT_MOD_INVALID;
	if (!implicit) {
		bo = gbm_bo_create_with_modifiers2(gbm, buf->width, buf->height, buf->fourcc,
			step->modifiers, (unsigned)step->num_modifiers, flags);
		if (bo) {
			buf->modifier = gbm_bo_get_modifier(bo);
			if (plan_step_allows(step, buf->modifier)) {
				return bo;
			}
			gbm_bo_destroy(bo);
		}
		/* Drivers that know no modifiers refuse every list, but have a flag for linear. */
		if (!plan_step_allows(step, DRM_FORMAT_MOD_LINEAR)) {
			return NULL;
		}
		buf->modifier = DRM_FORMAT_MOD_LINEAR;
		flags |= GBM_BO_USE_LINEAR;
	}
	return gbm_bo_create(gbm, buf->width, buf->height, buf->fourcc, flags);
}

bool gbm_buffer_create(
	struct gbm_device *gbm, const struct plan_step *step, struct dmabuf *buf) {
	uint32_t flags = GBM_BO_USE_RENDERING;
	struct gbm_bo *bo =
		step->scanout ? create_bo(gbm, step, flags | GBM_BO_USE_SCANOUT, buf) : NULL;
	/* The flag speaks of this device's own display, the tranche of its target device: where
	 * they differ a driver may refuse the flag and still make what the target can scan out. */
	if (!bo) {
		bo = create_bo(gbm, step, flags, buf);
	}
	if (!bo) {
		return false;
	}

	buf->allocation = bo;
	int num = gbm_bo_get_plane_count(bo);
	if (num < 1 || num > DMABUF_MAX_PLANES) {
		errno = EINVAL;
		return false;
	}
	buf->num_planes = num;
	buf->num_pieces = 1;
	bool ok = true;
	for (int i = 0; i < num; i++) {
		buf->planes[i] = (struct dmabuf_plane){
			.fd = gbm_bo_get_fd_for_plane(bo, i),
			.offset = gbm_bo_get_offset(bo, i),
			.stride = gbm_bo_get_stride_for_plane(bo, i),
		};
		ok = ok && buf->planes[i].fd >= 0;
	}
	return ok;
}
