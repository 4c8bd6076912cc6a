#include "output/converted_buffer.h"

#include <stdlib.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/render/dmabuf.h>
#include <wlr/types/wlr_buffer.h>

#include "output/convert.h"
#include "output/mapped_buffer.h"

struct converted_buffer {
	struct wlr_buffer base;
	void *data;
	size_t stride;
	uint32_t fourcc;
};

static bool begin_data_ptr_access(
	struct wlr_buffer *buffer, uint32_t flags, void **data, uint32_t *format, size_t *stride) {
	struct converted_buffer *converted = wl_container_of(buffer, converted, base);
	if (flags & WLR_BUFFER_DATA_PTR_ACCESS_WRITE) {
		return false;
	}
	*data = converted->data;
	*format = converted->fourcc;
	*stride = converted->stride;
	return true;
}

static void end_data_ptr_access(struct wlr_buffer *buffer) {
	/* It is our own memory. */
}

static void destroy(struct wlr_buffer *buffer) {
	struct converted_buffer *converted = wl_container_of(buffer, converted, base);
	wlr_buffer_finish(buffer);
	free(converted->data);
	free(converted);
}

static const struct wlr_buffer_impl buffer_impl = {
	.destroy = destroy,
	.begin_data_ptr_access = begin_data_ptr_access,
	.end_data_ptr_access = end_data_ptr_access,
};

static struct converted_buffer *convert(
	const struct latch_image *image, const struct latch_color *color) {
	struct converted_buffer *converted = calloc(1, sizeof(*converted));
	if (converted == NULL) {
		return NULL;
	}
	converted->fourcc = latch_convert_result(image->fourcc);
	converted->stride = (size_t)image->width * 4;
	converted->data = reallocarray(NULL, (size_t)image->height, converted->stride);
	if (converted->data == NULL ||
		!latch_convert(image, color, converted->data, converted->stride)) {
		free(converted->data);
		free(converted);
		return NULL;
	}
	wlr_buffer_init(&converted->base, &buffer_impl, image->width, image->height);
	return converted;
}

struct wlr_buffer *latch_converted_buffer_create(
	struct wlr_buffer *source, const struct latch_color *color) {
	struct converted_buffer *converted;
	struct latch_image image = {.width = source->width, .height = source->height};
	struct wlr_dmabuf_attributes dmabuf;
	if (wlr_buffer_get_dmabuf(source, &dmabuf)) {
		if (!latch_mapped_buffer_begin(source, &image)) {
			return NULL;
		}
		converted = convert(&image, color);
		latch_mapped_buffer_end(source);
	} else {
		void *data;
		size_t stride;
		if (!wlr_buffer_begin_data_ptr_access(source, WLR_BUFFER_DATA_PTR_ACCESS_READ,
			    &data, &image.fourcc, &stride)) {
			return NULL;
		}
		image.planes[0].data = data;
		image.planes[0].stride = (uint32_t)stride;
		converted = convert(&image, color);
		wlr_buffer_end_data_ptr_access(source);
	}
	return converted != NULL ? &converted->base : NULL;
}
