/*
 * A camera. The driver's own buffers go to the compositor (VIDIOC_EXPBUF), and back to the driver
 * when the compositor has released them: nothing is copied, and nobody writes into what is read.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "source.h"
#include "v4l2_format.h"

struct camera {
	int fd;
	uint32_t type; /* enum v4l2_buf_type: which of the two APIs */
	struct v4l2_format format;
	const struct v4l2_layout *layout;
	bool streaming;
	bool queued[RING_MAX_BUFFERS]; /* the driver has it */
	bool counted;		       /* sequence is that of a frame */
	uint32_t sequence;
};

static int call(int fd, unsigned long request, void *argument) {
	int ret;
	do {
		ret = ioctl(fd, request, argument);
	} while (ret != 0 && errno == EINTR);
	return ret;
}

static enum client_exit broken(const struct source *source, const char *what) {
	return errno == EBUSY ? failed(CLIENT_EXIT_NO_SOURCE, "somebody else uses %s",
					source->options->device)
			      : failed(CLIENT_EXIT_NO_SOURCE, "%s can't %s: %s",
					source->options->device, what, strerror(errno));
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

static bool find_api(struct source *source, struct camera *camera) {
	struct v4l2_capability capability = {0};
	if (call(camera->fd, VIDIOC_QUERYCAP, &capability) != 0) {
		return failed(false, "%s is no V4L2 device", source->options->device);
	}
	uint32_t can = capability.capabilities & V4L2_CAP_DEVICE_CAPS ? capability.device_caps
								      : capability.capabilities;
	camera->type = can & V4L2_CAP_VIDEO_CAPTURE_MPLANE ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE
							   : V4L2_BUF_TYPE_VIDEO_CAPTURE;
	return (can & (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE) &&
		       can & V4L2_CAP_STREAMING) ||
	       failed(false, "%s does not capture video into buffers", source->options->device);
}

static bool has_pixelformat(const struct camera *camera, uint32_t pixelformat) {
	struct v4l2_fmtdesc desc = {.type = camera->type};
	while (call(camera->fd, VIDIOC_ENUM_FMT, &desc) == 0) {
		if (desc.pixelformat == pixelformat) {
			return true;
		}
		desc.index++;
	}
	return false;
}

/* Of the layouts that the device has and the compositor takes, the first. */
static const struct v4l2_layout *find_layout(struct source *source, struct camera *camera) {
	size_t len, num = 0;
	const struct v4l2_layout *layouts = v4l2_layouts(&len);
	uint32_t fourccs[64], pixelformats[64];
	for (size_t i = 0; i < len && num < 64; i++) {
		if (has_pixelformat(camera, layouts[i].pixelformat)) {
			pixelformats[num] = layouts[i].pixelformat;
			fourccs[num++] = layouts[i].fourcc;
		}
	}
	uint32_t fourcc = source_pick(source, fourccs, num);
	for (size_t i = 0; i < num && fourcc; i++) {
		if (fourccs[i] == fourcc) {
			return v4l2_layout_find(pixelformats[i]);
		}
	}
	return NULL;
}

static bool set_format(struct source *source, struct camera *camera) {
	struct v4l2_format *format = &camera->format;
	struct v4l2_pix_format *pix = &format->fmt.pix;
	struct v4l2_pix_format_mplane *mplane = &format->fmt.pix_mp;
	const bool many = V4L2_TYPE_IS_MULTIPLANAR(camera->type);
	const struct video_options *options = source->options;
	*format = (struct v4l2_format){.type = camera->type};
	bool ok = call(camera->fd, VIDIOC_G_FMT, format) == 0;
	/* Both structs begin with width, height, pixelformat, field. */
	pix->width = options->width ? options->width : pix->width;
	pix->height = options->height ? options->height : pix->height;
	pix->pixelformat = camera->layout->pixelformat;
	pix->field = V4L2_FIELD_NONE;
	if (many) {
		memset(mplane->plane_fmt, 0, sizeof(mplane->plane_fmt));
	} else {
		pix->bytesperline = pix->sizeimage = 0;
	}
	return ok && call(camera->fd, VIDIOC_S_FMT, format) == 0 &&
	       pix->pixelformat == camera->layout->pixelformat;
}

/* The device's rate, which it may not tell. */
static int64_t set_rate(struct source *source, struct camera *camera) {
	struct v4l2_streamparm parm = {.type = camera->type};
	struct v4l2_fract *frame = &parm.parm.capture.timeperframe;
	if (source->options->rate > 0) {
		*frame = (struct v4l2_fract){1000, (uint32_t)(source->options->rate * 1000.0)};
		call(camera->fd, VIDIOC_S_PARM, &parm);
	}
	return call(camera->fd, VIDIOC_G_PARM, &parm) == 0 && frame->denominator > 0
		       ? LATCH_NS_PER_SEC * frame->numerator / frame->denominator
		       : 0;
}

static enum client_exit camera_open(struct source *source) {
	struct camera *camera = calloc(1, sizeof(*camera));
	if (!camera) {
		return failed(CLIENT_EXIT_FAILURE, "out of memory");
	}
	source->own = camera;
	camera->fd = open(source->options->device, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (camera->fd < 0) {
		return broken(source, "be opened");
	}
	if (!find_api(source, camera)) {
		return CLIENT_EXIT_NO_SOURCE;
	}
	camera->layout = find_layout(source, camera);
	if (!camera->layout) {
		return failed(CLIENT_EXIT_NO_SOURCE, "%s has no format that the compositor takes%s",
			source->options->device,
			source->options->fourcc ? " and --format allows" : "");
	}
	if (!set_format(source, camera)) {
		return broken(source, "take its own format");
	}
	const struct v4l2_pix_format *pix = &camera->format.fmt.pix;
	if (pix->field != V4L2_FIELD_NONE) {
		return failed(CLIENT_EXIT_NO_SOURCE,
			"%s gives interlaced fields, which can't be shown as they are",
			source->options->device);
	}
	source->format = (struct source_format){
		.fourcc = camera->layout->fourcc,
		.width = pix->width,
		.height = pix->height,
		.pixel_aspect = 1.0,
		.frame_ns = set_rate(source, camera),
		.live = true,
	};
	source->format.has_color =
		v4l2_color(&camera->format, &source->format.encoding, &source->format.range);
	return CLIENT_EXIT_OK;
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
	struct source *source, struct camera *camera, int index, struct dmabuf *buf) {
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
		.width = source->format.width,
		.height = source->format.height,
		.fourcc = source->format.fourcc,
		.modifier = source_modifier(source),
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

static enum client_exit camera_start(struct source *source) {
	struct camera *camera = source->own;
	struct client_buffers *buffers = source->buffers;
	struct dmabuf dmabufs[RING_MAX_BUFFERS] = {0};
	struct v4l2_requestbuffers request = {
		.count = (uint32_t)buffers->options->buffers,
		.type = camera->type,
		.memory = V4L2_MEMORY_MMAP,
	};
	if (call(camera->fd, VIDIOC_REQBUFS, &request) != 0) {
		return broken(source, "make buffers that can be mapped");
	}
	int num = request.count < RING_MAX_BUFFERS ? (int)request.count : RING_MAX_BUFFERS;
	bool ok = true;
	for (int i = 0; i < num && ok; i++) {
		ok = export_buffer(source, camera, i, &dmabufs[i]);
	}
	enum client_exit status =
		ok ? CLIENT_EXIT_OK : broken(source, "export its buffers (VIDIOC_EXPBUF)");
	if (ok) {
		buffers->ring =
			ring_adopt(buffers->conn, &buffers->sync, dmabufs, num, &buffers->why);
		status = buffers->ring ? CLIENT_EXIT_OK
				       : failed(CLIENT_EXIT_NO_SOURCE, "the buffers of %s: %s",
						 source->options->device, buffers->why);
	}
	if (status != CLIENT_EXIT_OK) {
		for (int i = 0; i < num; i++) {
			dmabuf_finish(&dmabufs[i]);
		}
		return status;
	}
	wl_list_insert(&buffers->rings, &buffers->ring->link);
	camera->streaming = call(camera->fd, VIDIOC_STREAMON, &camera->type) == 0;
	return camera->streaming ? CLIENT_EXIT_OK : broken(source, "start");
}

static void count_lost(struct source *source, struct camera *camera, uint32_t sequence) {
	source->lost += camera->counted ? sequence - camera->sequence - 1 : 0;
	camera->sequence = sequence;
	camera->counted = true;
}

static void camera_drop(struct source *source, struct ring_buffer *buffer) {
	queue(source->own, (int)(buffer - source->buffers->ring->buffers));
}

static enum source_result camera_next(
	struct source *source, struct ring_buffer **buffer, int64_t *pts_ns) {
	struct camera *camera = source->own;
	struct ring *ring = source->buffers->ring;
	for (int i = 0; i < ring->num_buffers; i++) {
		if (!camera->queued[i] && !ring->buffers[i].slot.busy) {
			queue(camera, i);
		}
	}
	struct v4l2_plane planes[VIDEO_MAX_PLANES];
	struct v4l2_buffer filled = make_buffer(camera, 0, planes);
	if (call(camera->fd, VIDIOC_DQBUF, &filled) != 0) {
		if (errno == EAGAIN) {
			return SOURCE_LATER;
		}
		broken(source, "go on");
		return SOURCE_BROKEN;
	}
	camera->queued[filled.index] = false;
	*buffer = &ring->buffers[filled.index];
	count_lost(source, camera, filled.sequence);
	if (filled.flags & V4L2_BUF_FLAG_ERROR) {
		camera_drop(source, *buffer);
		source->lost++;
		return SOURCE_LATER;
	}
	*pts_ns = (filled.timestamp.tv_sec * LATCH_NS_PER_SEC) + filled.timestamp.tv_usec * 1000;
	return SOURCE_FRAME;
}

static int camera_fd(const struct source *source) {
	const struct camera *camera = source->own;
	bool any = false;
	for (int i = 0; i < RING_MAX_BUFFERS; i++) {
		any = any || camera->queued[i];
	}
	/* Without a buffer to fill it would be readable all the time, with an error. */
	return any ? camera->fd : -1;
}

static void camera_finish(struct source *source) {
	struct camera *camera = source->own;
	if (camera) {
		/* Closing ends the stream; what the compositor still reads lives on in its
		 * dma-bufs. */
		latch_fd_clear(&camera->fd);
		free(camera);
	}
}

const struct source_type source_v4l2 = {
	.name = "v4l2",
	.buffers = 6,
	.open = camera_open,
	.start = camera_start,
	.next = camera_next,
	.drop = camera_drop,
	.fd = camera_fd,
	.finish = camera_finish,
};
