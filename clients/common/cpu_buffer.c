#include "allocator.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>

#include "base/format.h"

/* Rows begin at multiples of this: several GPUs refuse to import less. */
#define STRIDE_ALIGN 256u

bool cpu_formats(struct format_set *set) {
	size_t len;
	const struct latch_format *formats = latch_formats(&len);
	for (size_t i = 0; i < len; i++) {
		if (!formats[i].is_float &&
			(!format_set_add(set, formats[i].fourcc, DRM_FORMAT_MOD_LINEAR) ||
				!format_set_add(set, formats[i].fourcc, DRM_FORMAT_MOD_INVALID))) {
			return false;
		}
	}
	return true;
}

static uint32_t aligned(uint64_t bytes) {
	return (uint32_t)(bytes + STRIDE_ALIGN - 1) & ~(STRIDE_ALIGN - 1);
}

/* A plane's rows are as much longer than the first plane's as they hold more: several drivers
 * take no other strides. */
static uint32_t stride_of(const struct latch_format *format, int plane, uint32_t pitch) {
	return (uint32_t)(pitch * latch_format_row_bytes(format, plane, format->x_sub) /
			  latch_format_row_bytes(format, 0, format->x_sub));
}

static bool create_together(int device, const struct latch_format *format,
	cpu_piece_func get_piece, struct dmabuf *buf) {
	uint32_t pitch = aligned(latch_format_row_bytes(format, 0, buf->width));
	uint64_t bytes = 0;
	for (int i = 0; i < format->planes; i++) {
		bytes += stride_of(format, i, pitch) * latch_format_rows(format, i, buf->height);
	}
	/* In rows of the first plane, it does not matter when they become longer. */
	uint32_t rows = (uint32_t)((bytes + pitch - 1) / pitch);
	if (!get_piece(device, &pitch, rows, &buf->planes[0].fd, &buf->pieces[0])) {
		return false;
	}
	buf->num_pieces = 1;
	uint32_t offset = 0;
	for (int i = 0; i < format->planes; i++) {
		struct dmabuf_plane *plane = &buf->planes[i];
		if (i > 0) {
			plane->fd = fcntl(buf->planes[0].fd, F_DUPFD_CLOEXEC, 0);
			if (plane->fd < 0) {
				return false;
			}
		}
		plane->stride = stride_of(format, i, pitch);
		plane->offset = offset;
		plane->data = (uint8_t *)buf->pieces[0].map + offset;
		offset += plane->stride * (uint32_t)latch_format_rows(format, i, buf->height);
	}
	return true;
}

static bool create_apart(int device, const struct latch_format *format,
	cpu_piece_func get_piece, struct dmabuf *buf) {
	for (int i = 0; i < format->planes; i++) {
		struct dmabuf_plane *plane = &buf->planes[i];
		plane->stride = aligned(latch_format_row_bytes(format, i, buf->width));
		if (!get_piece(device, &plane->stride,
			    (uint32_t)latch_format_rows(format, i, buf->height), &plane->fd,
			    &buf->pieces[i])) {
			return false;
		}
		plane->data = buf->pieces[i].map;
		buf->num_pieces = i + 1;
	}
	return true;
}

bool cpu_buffer_create(int device, const struct plan_step *step, cpu_piece_func get_piece,
	struct dmabuf *buf) {
	const struct latch_format *format = latch_format_find(buf->fourcc);
	/* Without a modifier the importer assumes its driver's default for memory that it didn't
	 * make, which is linear. */
	buf->modifier = plan_step_allows(step, DRM_FORMAT_MOD_LINEAR) ? DRM_FORMAT_MOD_LINEAR
								      : DRM_FORMAT_MOD_INVALID;
	if (!format || !plan_step_allows(step, buf->modifier)) {
		errno = EINVAL;
		return false;
	}
	bool ok = step->apart ? create_apart(device, format, get_piece, buf)
			      : create_together(device, format, get_piece, buf);
	if (!ok) {
		int saved = errno;
		dmabuf_finish(buf);
		errno = saved;
		return false;
	}
	buf->num_planes = format->planes;
	return true;
}
