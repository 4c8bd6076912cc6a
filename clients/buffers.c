/* SPDX-License-Identifier: MIT */
#include "buffers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"

/* All of them, or those that were given up and are idle. */
static void destroy_rings(struct client_buffers *buffers, bool all) {
	struct ring *ring, *next;
	wl_list_for_each_safe(ring, next, &buffers->rings, link) {
		if (all || (ring != buffers->ring && ring_idle(ring))) {
			ring_destroy(ring);
		}
	}
	buffers->ring = all ? NULL : buffers->ring;
}

/* The nodes to draw with, the compositor's wish first: its main device is the one that clients
 * can surely use; the target of a tranche may be a mere display. */
static struct device_list list_devices(const struct client_buffers *buffers, bool for_dumb) {
	const struct feedback_content *content = &buffers->feedback.current;
	struct device_list list = {0};
	if (buffers->options->device) {
		device_list_add(&list, buffers->options->device);
		return list;
	}
	/* A picture for scan-out is best made by the display's own device, where it has one. */
	for (size_t i = 0; for_dumb && i < content->num_tranches; i++) {
		if (content->tranches[i].scanout) {
			device_list_add_devid(&list, content->tranches[i].target_device, for_dumb);
		}
	}
	device_list_add_devid(&list, content->main_device, for_dumb);
	for (size_t i = 0; i < content->num_tranches; i++) {
		device_list_add_devid(&list, content->tranches[i].target_device, for_dumb);
	}
	if (list.len == 0) {
		device_list_add_all(&list, for_dumb);
	}
	return list;
}

/* Makes a ring, if everybody accepts it. Buffers in hand stay if they are what the step would
 * give. */
static bool take_step(void *data, const struct plan_step *step) {
	struct client_buffers *buffers = data;
	if (client_buffers_fit(buffers, buffers->width, buffers->height) &&
		plan_step_equal(step, &buffers->ring->step)) {
		return true;
	}
	struct ring *ring = ring_create(buffers->conn, &buffers->canvas, &buffers->sync, step,
		buffers->width, buffers->height, buffers->options->buffers, &buffers->why);
	if (ring) {
		wl_list_insert(&buffers->rings, &ring->link);
		buffers->ring = ring;
		buffers->allocations++;
	}
	return ring != NULL;
}

static bool allocate(struct client_buffers *buffers) {
	const struct feedback_content *content = &buffers->feedback.current;
	static const struct plan_wish none;
	buffers->why = "it shares no format with the compositor";
	return plan_try(content->tranches, content->num_tranches, &buffers->canvas.drawable,
		buffers->in_shm ? &none : &buffers->options->wish, take_step, buffers);
}

/* On the first of the nodes that Vulkan knows; or on a device without one, if none was asked for. */
static bool init_vulkan(struct client_buffers *buffers) {
	const struct device_list devices = list_devices(buffers, false);
	const struct vulkan_wish wish = {
		.devices = &devices,
		.any = !buffers->options->device,
		.memory = buffers->options->import_kind ? buffers->options->import_kind
							: CANVAS_VULKAN,
		.scene = buffers->options->scene,
	};
	return canvas_init_vulkan(&buffers->canvas, &wish, &buffers->why);
}

/* Takes a new canvas and gives up the old one with all its buffers. */
static bool switch_canvas(struct client_buffers *buffers, enum canvas_kind kind, const char *path) {
	/* The old one goes first: a thread has one current GL context, and its buffers need it. */
	destroy_rings(buffers, true);
	canvas_finish(&buffers->canvas);

	bool ok = kind == CANVAS_VULKAN ? init_vulkan(buffers)
					: canvas_init(&buffers->canvas, kind, path,
						  &buffers->options->scene, &buffers->why);
	buffers->canvas.encoding = buffers->options->look.encoding;
	buffers->canvas.range = buffers->options->look.range;
	if (ok && allocate(buffers)) {
		return true;
	}
	canvas_finish(&buffers->canvas);
	return failed(false, "%s%s%s can't be used: %s", canvas_kinds[kind].label,
		path[0] ? " on " : "", path, buffers->why);
}

/* The same on the first of the devices that works. */
static bool find_canvas(struct client_buffers *buffers, enum canvas_kind kind) {
	struct device_list devices = list_devices(buffers, kind == CANVAS_DUMB);
	bool found = false;
	for (size_t i = 0; i < devices.len && !found; i++) {
		found = switch_canvas(buffers, kind, devices.paths[i]);
	}
	return found;
}

static bool find_cpu_canvas(struct client_buffers *buffers) {
	enum canvas_kind wanted = buffers->options->software_kind;
	const char *name = buffers->options->heap;
	char heap[DEVICE_PATH_MAX] = "";
	if (name) {
		snprintf(heap, sizeof(heap), "/dev/dma_heap/%s", name);
	}
	bool found = false;
	for (enum canvas_kind kind = CANVAS_DUMB; kind <= CANVAS_VGEM && !found; kind++) {
		if (wanted == CANVAS_GPU || wanted == kind) {
			found = kind == CANVAS_DUMB ? find_canvas(buffers, kind)
						    : switch_canvas(buffers, kind,
							      kind == CANVAS_HEAP ? heap : "");
		}
	}
	return found;
}

/* Whether the compositor still wants the device that we draw with. */
static bool canvas_is_current(struct client_buffers *buffers) {
	if (!buffers->ring || buffers->options->software || buffers->in_shm ||
		buffers->canvas.path[0] == '\0') {
		return buffers->ring != NULL;
	}
	struct device_list devices = list_devices(buffers, false);
	bool found = false;
	for (size_t i = 0; i < devices.len && !found; i++) {
		found = strcmp(devices.paths[i], buffers->canvas.path) == 0;
	}
	return found;
}

bool client_buffers_prepare(struct client_buffers *buffers, uint32_t width, uint32_t height) {
	buffers->width = width;
	buffers->height = height;
	uint64_t before = buffers->allocations;
	buffers->feedback.changed = false;
	bool ok = canvas_is_current(buffers) && allocate(buffers);
	if (!ok) {
		ok = buffers->in_shm		  ? switch_canvas(buffers, CANVAS_SHM, "")
		     : buffers->options->vulkan	  ? switch_canvas(buffers, CANVAS_VULKAN, "")
		     : buffers->options->software ? find_cpu_canvas(buffers)
						  : find_canvas(buffers, CANVAS_GPU);
	}
	if (!ok && buffers->in_shm) {
		return failed(false, "no shared memory for %d buffers of %ux%u: %s",
			buffers->options->buffers, width, height, strerror(errno));
	}
	if (!ok && buffers->options->vulkan) {
		return failed(false, "--api vulkan is not possible");
	}
	if (!ok) {
		return failed(false, buffers->options->software
					     ? "no buffer that the CPU can draw into is accepted "
					       "by the compositor"
					     : "no GPU can be used; --software draws without one");
	}
	if (buffers->allocations != before && buffers->in_shm) {
		say("%d buffers of %ux%u in shared memory, drawn by the CPU",
			buffers->options->buffers, width, height);
	} else if (buffers->allocations != before) {
		char text[CLIENT_BUFFERS_TEXT_MAX];
		say("%d buffers of %s", buffers->ring->num_buffers,
			client_buffers_text(buffers, text));
	}
	return true;
}

const char *client_buffers_text(
	const struct client_buffers *buffers, char text[CLIENT_BUFFERS_TEXT_MAX]) {
	char format[FORMAT_NAME_MAX], modifier[FORMAT_NAME_MAX];
	const struct dmabuf *buf = &buffers->ring->buffers[0].picture.dmabuf;
	const struct canvas *canvas = &buffers->canvas;
	snprintf(text, CLIENT_BUFFERS_TEXT_MAX, "%ux%u %s %s%s, %s%s%s, drawn by %s", buf->width,
		buf->height, fourcc_name(buf->fourcc, format),
		modifier_name(buf->modifier, modifier),
		buffers->ring->step.scanout ? " for scan-out" : "",
		canvas_allocator(canvas), canvas->path[0] ? " on " : "", canvas->path,
		canvas_renderer(canvas));
	return text;
}

bool client_buffers_fit(const struct client_buffers *buffers, uint32_t width, uint32_t height) {
	const struct dmabuf *buf = buffers->ring ? &buffers->ring->buffers[0].picture.dmabuf : NULL;
	return buf && buf->width == width && buf->height == height;
}

enum client_exit client_buffers_open(struct client_buffers *buffers, struct wl_surface *surface) {
	struct connection *conn = buffers->conn;
	struct sync *sync = &buffers->sync;
	if (!feedback_init(&buffers->feedback, conn, surface, buffers->in_shm)) {
		return connection_say_error(conn);
	}
	if (buffers->in_shm) {
		sync->mode = SYNC_IMPLICIT; // wl_buffer.release alone
		return CLIENT_EXIT_OK;
	}
	/* Timelines are best made on the device that draws: fences need no detour then. */
	struct device_list devices = list_devices(buffers, false);
	bool synced = sync_init(sync, conn, surface, buffers->options->sync,
		devices.len > 0 ? devices.paths[0] : NULL);
	if (!synced) {
		return failed(CLIENT_EXIT_NO_GLOBAL, "--sync %s is not possible: %s",
			sync_mode_names[buffers->options->sync], sync->why);
	}
	sync->renderer_timelines = buffers->options->vulkan_timelines;
	return CLIENT_EXIT_OK;
}

nfds_t client_buffers_add_fds(
	const struct client_buffers *buffers, struct pollfd *fds, nfds_t max) {
	nfds_t num = 0;
	struct ring *ring;
	wl_list_for_each(ring, &buffers->rings, link) {
		num += ring_add_fds(ring, &fds[num], max - num);
	}
	return num;
}

void client_buffers_handle_fds(
	struct client_buffers *buffers, const struct pollfd *fds, nfds_t num) {
	struct ring *ring;
	wl_list_for_each(ring, &buffers->rings, link) {
		ring_handle_fds(ring, fds, num);
	}
	destroy_rings(buffers, false);
}

void client_buffers_init(struct client_buffers *buffers, struct connection *conn,
	const struct client_options *options) {
	*buffers = (struct client_buffers){
		.conn = conn, .options = options, .sync.node_fd = -1, .canvas.fd = -1};
	wl_list_init(&buffers->rings);
}

void client_buffers_finish(struct client_buffers *buffers) {
	destroy_rings(buffers, true);
	sync_finish(&buffers->sync);
	feedback_finish(&buffers->feedback);
	canvas_finish(&buffers->canvas);
}
