#include "buffers.h"

#include <errno.h>
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
static void list_devices(
	const struct client_buffers *buffers, struct device_list *list, bool primary_only) {
	const struct feedback_content *content = &buffers->feedback.current;
	if (buffers->options->device) {
		device_list_add(list, buffers->options->device);
		return;
	}
	if (content->main_device) {
		device_list_add_devid(list, content->main_device, primary_only);
	}
	for (size_t i = 0; i < content->num_tranches; i++) {
		dev_t target = content->tranches[i].target_device;
		if (target) {
			device_list_add_devid(list, target, primary_only);
		}
	}
	if (list->len == 0) {
		device_list_add_all(list, primary_only);
	}
}

/* A picture for scan-out is best made by the display's own device, where it has one. */
static void list_dumb_devices(const struct client_buffers *buffers, struct device_list *list) {
	const struct feedback_content *content = &buffers->feedback.current;
	for (size_t i = 0; !buffers->options->device && i < content->num_tranches; i++) {
		const struct tranche *tranche = &content->tranches[i];
		if (tranche->scanout && tranche->target_device) {
			device_list_add_devid(list, tranche->target_device, true);
		}
	}
	list_devices(buffers, list, true);
}

/* Makes a ring by the first step of the plan that everybody accepts. Buffers in hand stay if
 * they are what that step would give. */
static bool allocate(struct client_buffers *buffers, const char **why) {
	const struct feedback_content *content = &buffers->feedback.current;
	static const struct plan_wish none;
	struct plan plan;
	if (!plan_init(&plan, content->tranches, content->num_tranches, &buffers->canvas->drawable,
		    buffers->in_shm ? &none : &buffers->options->wish)) {
		*why = "out of memory";
		return false;
	}
	*why = "it shares no format with the compositor";
	const struct ring *old = buffers->ring;
	bool comparable = old && client_buffers_fit(buffers, buffers->width, buffers->height);
	bool ok = false;
	for (size_t i = 0; i < plan.len && !ok; i++) {
		ok = comparable && plan_step_equal(&plan.steps[i], &old->step);
		if (ok) {
			break;
		}
		struct ring *ring =
			ring_create(buffers->conn, buffers->canvas, &buffers->sync, &plan.steps[i],
				buffers->width, buffers->height, buffers->options->buffers, why);
		if (!ring) {
			continue;
		}
		wl_list_insert(&buffers->rings, &ring->link);
		buffers->ring = ring;
		buffers->allocations++;
		ok = true;
	}
	plan_finish(&plan);
	return ok;
}

/* Takes a new canvas and gives up the old one with all its buffers. */
static bool switch_canvas(struct client_buffers *buffers, enum canvas_kind kind, const char *path) {
	/* The old one goes first: a thread has one current GL context, and its buffers need it. */
	destroy_rings(buffers, true);
	canvas_destroy(buffers->canvas);

	const char *why;
	buffers->canvas = canvas_create(kind, path, &buffers->options->scene, &why);
	if (buffers->canvas) {
		buffers->canvas->encoding = buffers->options->look.encoding;
		buffers->canvas->range = buffers->options->look.range;
	}
	if (buffers->canvas && allocate(buffers, &why)) {
		return true;
	}
	canvas_destroy(buffers->canvas);
	buffers->canvas = NULL;
	return failed(false, "%s%s%s can't be used: %s", canvas_label(kind), path ? " on " : "",
		path ? path : "", why);
}

static bool find_gpu_canvas(struct client_buffers *buffers) {
	struct device_list devices = {0};
	list_devices(buffers, &devices, false);
	bool found = false;
	for (size_t i = 0; i < devices.len && !found; i++) {
		found = switch_canvas(buffers, CANVAS_GPU, devices.paths[i]);
	}
	device_list_finish(&devices);
	return found;
}

static bool find_cpu_canvas(struct client_buffers *buffers) {
	const struct client_options *options = buffers->options;
	bool found = false;
	for (enum canvas_kind kind = CANVAS_DUMB; kind <= CANVAS_HEAP && !found; kind++) {
		if (options->software_kind != CANVAS_GPU && kind != options->software_kind) {
			continue;
		}
		if (kind != CANVAS_DUMB) {
			found = switch_canvas(buffers, kind, NULL);
			continue;
		}
		struct device_list devices = {0};
		list_dumb_devices(buffers, &devices);
		for (size_t i = 0; i < devices.len && !found; i++) {
			found = switch_canvas(buffers, kind, devices.paths[i]);
		}
		device_list_finish(&devices);
	}
	return found;
}

/* Whether the compositor still wants the device that we draw with. */
static bool canvas_is_current(struct client_buffers *buffers) {
	if (!buffers->canvas || buffers->options->software || buffers->in_shm) {
		return buffers->canvas != NULL;
	}
	struct device_list devices = {0};
	list_devices(buffers, &devices, false);
	bool found = false;
	for (size_t i = 0; i < devices.len && !found; i++) {
		found = strcmp(devices.paths[i], buffers->canvas->path) == 0;
	}
	device_list_finish(&devices);
	return found;
}

bool client_buffers_prepare(struct client_buffers *buffers, uint32_t width, uint32_t height) {
	buffers->width = width;
	buffers->height = height;
	uint64_t before = buffers->allocations;
	buffers->feedback.changed = false;
	const char *why;
	bool ok = canvas_is_current(buffers) && allocate(buffers, &why);
	if (!ok) {
		ok = buffers->in_shm		  ? switch_canvas(buffers, CANVAS_SHM, NULL)
		     : buffers->options->software ? find_cpu_canvas(buffers)
						  : find_gpu_canvas(buffers);
	}
	if (!ok && buffers->in_shm) {
		return failed(false, "no shared memory for %d buffers of %ux%u: %s",
			buffers->options->buffers, width, height, strerror(errno));
	}
	if (!ok) {
		return failed(false, buffers->options->software
					     ? "no buffer that the CPU can draw into is accepted "
					       "by the compositor"
					     : "no GPU can be used; --software draws without one");
	}
	if (buffers->allocations == before) {
		return true;
	}
	if (buffers->in_shm) {
		say("%d buffers of %ux%u in shared memory, drawn by the CPU",
			buffers->options->buffers, width, height);
		return true;
	}
	char format[FORMAT_NAME_MAX], modifier[FORMAT_NAME_MAX];
	const struct dmabuf *buf = &buffers->ring->buffers[0].dmabuf;
	say("%d buffers of %ux%u %s %s%s, %s%s%s, drawn by %s", buffers->ring->num_buffers,
		buf->width, buf->height, fourcc_name(buf->fourcc, format),
		modifier_name(buf->modifier, modifier),
		buffers->ring->step.scanout ? " for scan-out" : "",
		canvas_allocator(buffers->canvas), buffers->canvas->path ? " on " : "",
		buffers->canvas->path ? buffers->canvas->path : "",
		canvas_renderer(buffers->canvas));
	return true;
}

bool client_buffers_fit(const struct client_buffers *buffers, uint32_t width, uint32_t height) {
	return buffers->ring && buffers->ring->buffers[0].dmabuf.width == width &&
	       buffers->ring->buffers[0].dmabuf.height == height;
}

enum client_exit client_buffers_open(struct client_buffers *buffers, struct wl_surface *surface) {
	struct connection *conn = buffers->conn;
	struct sync *sync = &buffers->sync;
	if (!feedback_init(&buffers->feedback, conn, surface, buffers->in_shm)) {
		connection_say_error(conn);
		return CLIENT_EXIT_CONNECTION;
	}
	if (buffers->in_shm) {
		sync->mode = SYNC_IMPLICIT; // wl_buffer.release alone
		return CLIENT_EXIT_OK;
	}
	/* Timelines are best made on the device that draws: fences need no detour then. */
	struct device_list devices = {0};
	list_devices(buffers, &devices, false);
	bool synced = sync_init(sync, conn, surface, buffers->options->sync,
		devices.len > 0 ? devices.paths[0] : NULL);
	device_list_finish(&devices);
	if (!synced) {
		return failed(CLIENT_EXIT_NO_GLOBAL, "--sync %s is not possible: %s",
			sync_mode_names[buffers->options->sync], sync->why);
	}
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
	*buffers = (struct client_buffers){.conn = conn, .options = options, .sync.node_fd = -1};
	wl_list_init(&buffers->rings);
}

void client_buffers_finish(struct client_buffers *buffers) {
	destroy_rings(buffers, true);
	sync_finish(&buffers->sync);
	feedback_finish(&buffers->feedback);
	canvas_destroy(buffers->canvas);
	buffers->canvas = NULL;
}
