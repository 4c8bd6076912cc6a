#include "allocator.h"

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
