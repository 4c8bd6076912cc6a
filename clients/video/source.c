/* SPDX-License-Identifier: MIT */
#include "source.h"

#include <drm_fourcc.h>

/* Linear memory is all that is meant here. */
static bool takes(const struct tranche *tranche, uint32_t fourcc) {
	return kms_format_set_has(&tranche->formats, fourcc, DRM_FORMAT_MOD_LINEAR) ||
	       kms_format_set_has(&tranche->formats, fourcc, DRM_FORMAT_MOD_INVALID);
}

uint32_t source_pick(const struct source *source, const uint32_t *fourccs, size_t len) {
	const struct feedback_content *content = &source->buffers->feedback.current;
	const uint32_t wanted = source->options->fourcc;
	for (size_t i = 0; i < content->num_tranches; i++) {
		for (size_t j = 0; j < len; j++) {
			if ((wanted == 0 || wanted == fourccs[j]) &&
				takes(&content->tranches[i], fourccs[j])) {
				return fourccs[j];
			}
		}
	}
	return 0;
}

uint64_t source_modifier(const struct source *source) {
	const struct feedback_content *content = &source->buffers->feedback.current;
	for (size_t i = 0; i < content->num_tranches; i++) {
		if (kms_format_set_has(&content->tranches[i].formats, source->format.fourcc,
			    DRM_FORMAT_MOD_LINEAR)) {
			return DRM_FORMAT_MOD_LINEAR;
		}
	}
	return DRM_FORMAT_MOD_INVALID;
}

enum client_exit source_start_cpu(struct source *source) {
	const struct source_format *format = &source->format;
	return client_buffers_prepare(source->buffers, format->width, format->height)
		       ? CLIENT_EXIT_OK
		       : CLIENT_EXIT_NO_SOURCE;
}
