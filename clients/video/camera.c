/* SPDX-License-Identifier: MIT */
/*
 * The driver's own buffers, by either of V4L2's two APIs.
 */
#include "camera.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include "common/util.h"

static int call(int fd, unsigned long request, void *argument) {
	int ret;
	do {
		ret = ioctl(fd, request, argument);
	} while (ret != 0 && errno == EINTR);
	return ret;
}

enum client_exit camera_broken(const struct camera *camera, const char *what) {
	return errno == EBUSY
		       ? failed(CLIENT_EXIT_NO_SOURCE, "another program uses %s", camera->path)
		       : failed(CLIENT_EXIT_NO_SOURCE, "%s can't %s: %s", camera->path, what,
				 strerror(errno));
}

/* Both APIs pass a frame by struct v4l2_buffer; the planes' array is of one only. */
static struct v4l2_buffer make_buffer(
	const struct camera *camera, int index, struct v4l2_plane planes[VIDEO_MAX_PLANES]) {
	struct v4l2_buffer buffer = {
		.index = (uint32_t)index,
		.type = camera->type,
		.memory = V4L2_MEMORY_MMAP,
	};
	if (V4L2_TYPE_IS_MULTIPLANAR(camera->type)) {
		memset(planes, 0, VIDEO_MAX_PLANES * sizeof(*planes));
		buffer.m.planes = planes;
		buffer.length = VIDEO_MAX_PLANES;
	}
	return buffer;
}

static bool queue(struct camera *camera, int index) {
	struct v4l2_plane planes[VIDEO_MAX_PLANES];
	struct v4l2_buffer buffer = make_buffer(camera, index, planes);
	camera->queued[index] = call(camera->fd, VIDIOC_QBUF, &buffer) == 0;
	return camera->queued[index];
}

static bool find_api(struct camera *camera) {
	struct v4l2_capability capability = {0};
	if (call(camera->fd, VIDIOC_QUERYCAP, &capability) != 0) {
		return failed(false, "%s is no V4L2 device", camera->path);
	}
	uint32_t can = capability.capabilities & V4L2_CAP_DEVICE_CAPS ? capability.device_caps
								      : capability.capabilities;
	camera->type = can & V4L2_CAP_VIDEO_CAPTURE_MPLANE ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE
							   : V4L2_BUF_TYPE_VIDEO_CAPTURE;
	return (can & (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE) &&
		       can & V4L2_CAP_STREAMING) ||
	       failed(false, "%s does not capture video into buffers", camera->path);
}

enum client_exit camera_open(struct camera *camera, const char *path) {
	*camera = (struct camera){
		.path = path,
		.fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK),
	};
	if (camera->fd < 0) {
		return camera_broken(camera, "be opened");
	}
	return find_api(camera) ? CLIENT_EXIT_OK : CLIENT_EXIT_NO_SOURCE;
}

void camera_finish(struct camera *camera) {
	latch_fd_clear(&camera->fd);
}

bool camera_has(const struct camera *camera, uint32_t pixelformat) {
	struct v4l2_fmtdesc desc = {.type = camera->type};
	while (call(camera->fd, VIDIOC_ENUM_FMT, &desc) == 0) {
		if (desc.pixelformat == pixelformat) {
			return true;
		}
		desc.index++;
	}
	return false;
}

enum client_exit camera_set_layout(struct camera *camera, const struct v4l2_layout *layout,
	uint32_t width, uint32_t height) {
	struct v4l2_format *format = &camera->format;
	struct v4l2_pix_format *pix = &format->fmt.pix;
	struct v4l2_pix_format_mplane *mplane = &format->fmt.pix_mp;
	*format = (struct v4l2_format){.type = camera->type};
	bool ok = call(camera->fd, VIDIOC_G_FMT, format) == 0;
	/* Both structs begin with width, height, pixelformat, field. */
	pix->width = width ? width : pix->width;
	pix->height = height ? height : pix->height;
	pix->pixelformat = layout->pixelformat;
	pix->field = V4L2_FIELD_NONE;
	if (V4L2_TYPE_IS_MULTIPLANAR(camera->type)) {
		memset(mplane->plane_fmt, 0, sizeof(mplane->plane_fmt));
	} else {
		pix->bytesperline = pix->sizeimage = 0;
	}
	camera->layout = layout;
	if (!ok || call(camera->fd, VIDIOC_S_FMT, format) != 0 ||
		pix->pixelformat != layout->pixelformat) {
		return camera_broken(camera, "take its own format");
	}
	return pix->field == V4L2_FIELD_NONE
		       ? CLIENT_EXIT_OK
		       : failed(CLIENT_EXIT_NO_SOURCE,
				 "%s gives interlaced fields, which can't be shown as they are",
				 camera->path);
}

int64_t camera_set_rate(struct camera *camera, double rate) {
	struct v4l2_streamparm parm = {.type = camera->type};
	struct v4l2_fract *frame = &parm.parm.capture.timeperframe;
	if (rate > 0) {
		*frame = (struct v4l2_fract){1000, (uint32_t)(rate * 1000.0)};
		call(camera->fd, VIDIOC_S_PARM, &parm);
	}
	return call(camera->fd, VIDIOC_G_PARM, &parm) == 0 && frame->denominator > 0
		       ? LATCH_NS_PER_SEC * frame->numerator / frame->denominator
		       : 0;
}

static int export_plane(const struct camera *camera, int index, int plane) {
	struct v4l2_exportbuffer export = {
		.type = camera->type,
		.index = (uint32_t)index,
		.plane = (uint32_t)plane,
		.flags = O_RDWR | O_CLOEXEC,
	};
	return call(camera->fd, VIDIOC_EXPBUF, &export) == 0 ? export.fd : -1;
}

/* The dma-bufs of one of the driver's buffers. The driver says where in them the picture begins
 * only when it has been queued. */
static bool export_buffer(
	struct camera *camera, int index, uint64_t modifier, struct dmabuf *buf) {
	struct v4l2_plane planes[VIDEO_MAX_PLANES];
	uint32_t offsets[VIDEO_MAX_PLANES] = {0};
	struct v4l2_buffer buffer = make_buffer(camera, index, planes);
	if (!queue(camera, index) || call(camera->fd, VIDIOC_QUERYBUF, &buffer) != 0) {
		return false;
	}
	for (uint32_t i = 0; V4L2_TYPE_IS_MULTIPLANAR(camera->type) && i < buffer.length; i++) {
		offsets[i] = planes[i].data_offset;
	}
	*buf = (struct dmabuf){
		.width = camera->format.fmt.pix.width,
		.height = camera->format.fmt.pix.height,
		.fourcc = camera->layout->fourcc,
		.modifier = modifier,
	};
	v4l2_place_planes(&camera->format, camera->layout, offsets, buf);
	buf->num_pieces = camera->layout->apart ? buf->num_planes : 1;
	bool ok = true;
	for (int i = 0; i < buf->num_planes; i++) {
		struct dmabuf_plane *plane = &buf->planes[i];
		/* Each export is a dma-buf of its own, though the memory is the same: whoever shows
		 * it could not tell. */
		plane->fd = !ok			  ? -1
			    : i < buf->num_pieces ? export_plane(camera, index, i)
						  : fcntl(buf->planes[0].fd, F_DUPFD_CLOEXEC, 0);
		ok = plane->fd >= 0;
	}
	return ok;
}

enum client_exit camera_make_buffers(struct camera *camera, uint64_t modifier, int wanted,
	struct dmabuf dmabufs[RING_MAX_BUFFERS], int *len) {
	struct v4l2_requestbuffers request = {
		.count = (uint32_t)wanted,
		.type = camera->type,
		.memory = V4L2_MEMORY_MMAP,
	};
	*len = 0;
	if (call(camera->fd, VIDIOC_REQBUFS, &request) != 0) {
		return camera_broken(camera, "make buffers that can be mapped");
	}
	const int num = request.count < RING_MAX_BUFFERS ? (int)request.count : RING_MAX_BUFFERS;
	for (int i = 0; i < num; i++) {
		*len = i + 1;
		if (!export_buffer(camera, i, modifier, &dmabufs[i])) {
			return camera_broken(camera, "export its buffers (VIDIOC_EXPBUF)");
		}
	}
	return CLIENT_EXIT_OK;
}

void camera_queue_idle(struct camera *camera, const struct ring *ring) {
	for (int i = 0; i < ring->num_buffers; i++) {
		if (!camera->queued[i] && !ring->buffers[i].slot.busy) {
			queue(camera, i);
		}
	}
}

enum client_exit camera_start(struct camera *camera) {
	return call(camera->fd, VIDIOC_STREAMON, &camera->type) == 0
		       ? CLIENT_EXIT_OK
		       : camera_broken(camera, "start");
}

int camera_take(struct camera *camera, struct camera_frame *frame) {
	struct v4l2_plane planes[VIDEO_MAX_PLANES];
	struct v4l2_buffer filled = make_buffer(camera, 0, planes);
	if (call(camera->fd, VIDIOC_DQBUF, &filled) != 0) {
		return errno == EAGAIN ? 0 : -errno;
	}
	camera->queued[filled.index] = false;
	*frame = (struct camera_frame){
		.index = (int)filled.index,
		.sequence = filled.sequence,
		.spoilt = (filled.flags & V4L2_BUF_FLAG_ERROR) != 0,
		.pts_ns = (filled.timestamp.tv_sec * LATCH_NS_PER_SEC) +
			  filled.timestamp.tv_usec * 1000,
	};
	return 1;
}

bool camera_can_fill(const struct camera *camera) {
	bool any = false;
	for (int i = 0; i < RING_MAX_BUFFERS; i++) {
		any = any || camera->queued[i];
	}
	return any;
}
