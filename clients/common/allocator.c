#include "allocator.h"

#include <drm_fourcc.h>
#include <errno.h>

bool allocator_create_buffer(struct allocator *allocator, const struct plan_step *step,
	uint32_t width, uint32_t height, struct dmabuf *buf) {
	dmabuf_init(buf, width, height, step->fourcc);
	return allocator->impl->create_buffer(allocator, step, buf);
}

void allocator_destroy_buffer(struct allocator *allocator, struct dmabuf *buf) {
	allocator->impl->destroy_buffer(allocator, buf);
}

void allocator_destroy(struct allocator *allocator) {
	if (allocator) {
		allocator->impl->destroy(allocator);
	}
}

bool cpu_formats(struct format_set *set) {
	static const uint32_t formats[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888};
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (!format_set_add(set, formats[i], DRM_FORMAT_MOD_LINEAR) ||
			!format_set_add(set, formats[i], DRM_FORMAT_MOD_INVALID)) {
			return false;
		}
	}
	return true;
}

bool cpu_modifier(const struct plan_step *step, uint64_t *modifier) {
	for (size_t i = 0; i < step->num_modifiers; i++) {
		/* Without a modifier the importer assumes its driver's default for memory that it
		 * didn't make, which is linear. */
		if (step->modifiers[i] == DRM_FORMAT_MOD_LINEAR ||
			step->modifiers[i] == DRM_FORMAT_MOD_INVALID) {
			*modifier = step->modifiers[i];
			return true;
		}
	}
	errno = EINVAL;
	return false;
}
