/* SPDX-License-Identifier: MIT */
/*
 * A camera. The driver's own buffers go to the compositor (VIDIOC_EXPBUF), and back to the driver
 * when the compositor has released them: nothing is copied, and nobody writes into what is read.
 */
#include <errno.h>
#include <stdlib.h>

#include "camera.h"
#include "source.h"

struct v4l2 {
	struct camera camera;
	bool counted; /* sequence is that of a frame */
	uint32_t sequence;
};

/* Of the layouts that the device has and the compositor takes, the first. */
static const struct v4l2_layout *find_layout(struct source *source, const struct camera *camera) {
	size_t len, num = 0;
	const struct v4l2_layout *layouts = v4l2_layouts(&len);
	uint32_t fourccs[64], pixelformats[64];
	for (size_t i = 0; i < len && num < 64; i++) {
		if (camera_has(camera, layouts[i].pixelformat)) {
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

static enum client_exit v4l2_open(struct source *source) {
	const struct video_options *options = source->options;
	struct v4l2 *v4l2 = calloc(1, sizeof(*v4l2));
	if (!v4l2) {
		return failed(CLIENT_EXIT_FAILURE, "out of memory");
	}
	source->own = v4l2;
	struct camera *camera = &v4l2->camera;
	enum client_exit status = camera_open(camera, options->device);
	if (status != CLIENT_EXIT_OK) {
		return status;
	}
	const struct v4l2_layout *layout = find_layout(source, camera);
	if (!layout) {
		return failed(CLIENT_EXIT_NO_SOURCE, "%s has no format that the compositor takes%s",
			options->device, options->fourcc ? " and --format allows" : "");
	}
	status = camera_set_layout(camera, layout, options->width, options->height);
	source->format = (struct source_format){
		.fourcc = layout->fourcc,
		.width = camera->format.fmt.pix.width,
		.height = camera->format.fmt.pix.height,
		.pixel_aspect = 1.0,
		.frame_ns = camera_set_rate(camera, options->rate),
		.live = true,
	};
	source->format.has_color =
		v4l2_color(&camera->format, &source->format.encoding, &source->format.range);
	return status;
}

static enum client_exit v4l2_start(struct source *source) {
	struct v4l2 *v4l2 = source->own;
	struct client_buffers *buffers = source->buffers;
	struct dmabuf dmabufs[RING_MAX_BUFFERS] = {0};
	int num;
	enum client_exit status = camera_make_buffers(&v4l2->camera, source_modifier(source),
		(int)buffers->options->buffers, dmabufs, &num);
	if (status == CLIENT_EXIT_OK) {
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
	return camera_start(&v4l2->camera);
}

static enum source_result v4l2_next(
	struct source *source, struct ring_buffer **buffer, int64_t *pts_ns) {
	struct v4l2 *v4l2 = source->own;
	struct camera *camera = &v4l2->camera;
	struct ring *ring = source->buffers->ring;
	camera_queue_idle(camera, ring);
	struct camera_frame frame;
	int ret = camera_take(camera, &frame);
	if (ret == 0) {
		return SOURCE_LATER;
	}
	if (ret < 0) {
		errno = -ret;
		camera_broken(camera, "go on");
		return SOURCE_BROKEN;
	}
	*buffer = &ring->buffers[frame.index];
	source->lost += v4l2->counted ? frame.sequence - v4l2->sequence - 1 : 0;
	v4l2->sequence = frame.sequence;
	v4l2->counted = true;
	if (frame.spoilt) {
		source->lost++;
		return SOURCE_LATER;
	}
	*pts_ns = frame.pts_ns;
	return SOURCE_FRAME;
}

static int v4l2_fd(const struct source *source) {
	const struct v4l2 *v4l2 = source->own;
	return camera_can_fill(&v4l2->camera) ? v4l2->camera.fd : -1;
}

static void v4l2_finish(struct source *source) {
	struct v4l2 *v4l2 = source->own;
	if (v4l2) {
		camera_finish(&v4l2->camera);
		free(v4l2);
	}
}

const struct source_type source_v4l2 = {
	.name = "v4l2",
	.buffers = 6,
	.open = v4l2_open,
	.start = v4l2_start,
	.next = v4l2_next,
	.fd = v4l2_fd,
	.finish = v4l2_finish,
};
