/*
 * latch-client: an animation in dma-bufs of its own.
 *
 * One frame goes this way: the compositor's frame callback says that it is time; a buffer that
 * it has released is drawn into; the GPU's fence, which has not signalled yet, goes along with
 * the commit; the client is back in poll() while the GPU still works. Nothing here ever waits
 * for a fence, a buffer or the socket anywhere else than in that one poll().
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/canvas.h"
#include "common/connection.h"
#include "common/device.h"
#include "common/feedback.h"
#include "common/plan.h"
#include "common/presentation.h"
#include "common/ring.h"
#include "common/sync.h"
#include "common/util.h"
#include "common/window.h"
#include "options.h"
#include "report.h"

/* The connection, the signals, and each buffer of the present ring and of a few given up. */
#define MAX_FDS (2 + 6 * RING_MAX_BUFFERS)

struct client {
	struct client_options options;
	struct connection conn;
	struct window window;
	struct feedback feedback;
	struct sync sync;
	struct presentation presentation;
	struct canvas *canvas;
	struct ring *ring;
	struct wl_list retired; /* rings whose last buffers the compositor still holds */
	int signal_fd;

	uint32_t next_frame;
	bool stalled; /* the frame that is due waits for a release */
	bool ended;   /* a signal came */
	uint64_t drawn, stalls, allocations;
	int64_t first_commit_ns;
};

static void destroy_retired(struct client *client, bool only_idle) {
	struct ring *ring, *next;
	wl_list_for_each_safe(ring, next, &client->retired, link) {
		if (!only_idle || ring_idle(ring)) {
			ring_destroy(ring);
		}
	}
}

/* The nodes to draw with, the compositor's wish first: its main device is the one that clients
 * can surely use; the target of a tranche may be a mere display. */
static void list_devices(const struct client *client, struct device_list *list, bool primary_only) {
	const struct feedback_content *content = &client->feedback.current;
	if (client->options.device) {
		device_list_add(list, client->options.device);
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
static void list_dumb_devices(const struct client *client, struct device_list *list) {
	const struct feedback_content *content = &client->feedback.current;
	for (size_t i = 0; !client->options.device && i < content->num_tranches; i++) {
		const struct tranche *tranche = &content->tranches[i];
		if (tranche->scanout && tranche->target_device) {
			device_list_add_devid(list, tranche->target_device, true);
		}
	}
	list_devices(client, list, true);
}

/* Makes a ring by the first step of the plan that everybody accepts. Buffers in hand stay if
 * they are what that step would give. */
static bool allocate(struct client *client, const char **why) {
	const struct feedback_content *content = &client->feedback.current;
	struct window *window = &client->window;
	struct plan plan;
	if (!plan_init(&plan, content->tranches, content->num_tranches, &client->canvas->drawable,
		    &client->options.wish)) {
		*why = "out of memory";
		return false;
	}
	*why = "it shares no format with the compositor";
	const struct ring *old = client->ring;
	bool comparable = old && old->buffers[0].dmabuf.width == window->width &&
			  old->buffers[0].dmabuf.height == window->height;
	bool ok = false;
	for (size_t i = 0; i < plan.len && !ok; i++) {
		if (comparable && plan_step_equal(&plan.steps[i], &old->step)) {
			ok = true;
			break;
		}
		struct ring *ring =
			ring_create(&client->conn, client->canvas, &client->sync, &plan.steps[i],
				window->width, window->height, client->options.buffers, why);
		if (!ring) {
			continue;
		}
		if (client->ring) {
			wl_list_insert(&client->retired, &client->ring->link);
		}
		client->ring = ring;
		client->allocations++;
		ok = true;
	}
	plan_finish(&plan);
	return ok;
}

/* Takes a new canvas and gives up the old one with all its buffers. */
static bool switch_canvas(struct client *client, enum canvas_kind kind, const char *path) {
	static const char *const names[] = {
		[CANVAS_GPU] = "GPU",
		[CANVAS_DUMB] = "dumb buffers",
		[CANVAS_UDMABUF] = "/dev/udmabuf",
		[CANVAS_HEAP] = "/dev/dma_heap/system",
	};
	/* The old one goes first: a thread has one current GL context, and its buffers need it. */
	destroy_retired(client, false);
	ring_destroy(client->ring);
	client->ring = NULL;
	canvas_destroy(client->canvas);

	const char *why;
	client->canvas = canvas_create(kind, path, &client->options.scene, &why);
	if (client->canvas && allocate(client, &why)) {
		return true;
	}
	canvas_destroy(client->canvas);
	client->canvas = NULL;
	say("%s%s%s can't be used: %s", names[kind], path ? " on " : "", path ? path : "", why);
	return false;
}

static bool find_gpu_canvas(struct client *client) {
	struct device_list devices = {0};
	list_devices(client, &devices, false);
	bool found = false;
	for (size_t i = 0; i < devices.len && !found; i++) {
		found = switch_canvas(client, CANVAS_GPU, devices.paths[i]);
	}
	device_list_finish(&devices);
	return found;
}

static bool find_cpu_canvas(struct client *client) {
	const struct client_options *options = &client->options;
	bool found = false;
	for (enum canvas_kind kind = CANVAS_DUMB; kind <= CANVAS_HEAP && !found; kind++) {
		if (options->has_software_kind && kind != options->software_kind) {
			continue;
		}
		if (kind != CANVAS_DUMB) {
			found = switch_canvas(client, kind, NULL);
			continue;
		}
		struct device_list devices = {0};
		list_dumb_devices(client, &devices);
		for (size_t i = 0; i < devices.len && !found; i++) {
			found = switch_canvas(client, kind, devices.paths[i]);
		}
		device_list_finish(&devices);
	}
	return found;
}

/* Whether the compositor still wants the device that we draw with. */
static bool canvas_is_current(struct client *client) {
	if (!client->canvas || client->options.software) {
		return client->canvas != NULL;
	}
	struct device_list devices = {0};
	list_devices(client, &devices, false);
	bool found = false;
	for (size_t i = 0; i < devices.len && !found; i++) {
		found = strcmp(devices.paths[i], client->canvas->path) == 0;
	}
	device_list_finish(&devices);
	return found;
}

/* Makes the buffers fit the window's size and the latest feedback. */
static bool prepare_buffers(struct client *client) {
	uint64_t before = client->allocations;
	client->feedback.changed = false;
	const char *why;
	bool ok = canvas_is_current(client) && allocate(client, &why);
	if (!ok) {
		ok = client->options.software ? find_cpu_canvas(client) : find_gpu_canvas(client);
	}
	if (!ok) {
		say(client->options.software ? "no buffer that the CPU can draw into is accepted "
					       "by the compositor"
					     : "no GPU can be used; --software draws without one");
		return false;
	}
	if (client->allocations == before) {
		return true;
	}
	char format[FORMAT_NAME_MAX], modifier[FORMAT_NAME_MAX];
	const struct dmabuf *buf = &client->ring->buffers[0].dmabuf;
	say("%d buffers of %ux%u %s %s%s, %s%s%s, drawn by %s", client->ring->num_buffers,
		buf->width, buf->height, fourcc_name(buf->fourcc, format),
		modifier_name(buf->modifier, modifier),
		client->ring->step.scanout ? " for scan-out" : "",
		client->canvas->allocator->impl->name, client->canvas->path ? " on " : "",
		client->canvas->path ? client->canvas->path : "", canvas_renderer(client->canvas));
	return true;
}

/* How many frames were on the screen, and how many may still get there. */
static void count_frames(const struct client *client, uint64_t *shown, uint64_t *pending) {
	if (client->conn.presentation) {
		*shown = client->presentation.stats.presented;
		*pending = client->presentation.num_pending;
	} else {
		/* The frame callback is the nearest thing to an answer. */
		*pending = client->window.frame ? 1 : 0;
		*shown = client->drawn - *pending;
	}
}

static bool all_shown(const struct client *client) {
	uint64_t shown, pending;
	count_frames(client, &shown, &pending);
	return client->options.frames && shown >= client->options.frames;
}

static bool resized(const struct client *client) {
	return !client->ring || client->ring->buffers[0].dmabuf.width != client->window.width ||
	       client->ring->buffers[0].dmabuf.height != client->window.height;
}

static bool frame_is_due(const struct client *client) {
	if (!client->window.configured) {
		return false;
	}
	/* The compositor waits for a picture of the new size, even while the last is held. */
	if (resized(client)) {
		return true;
	}
	if (client->window.frame) {
		return false;
	}
	uint64_t shown, pending;
	count_frames(client, &shown, &pending);
	return !client->options.frames || shown + pending < client->options.frames;
}

/* Draws and commits the next frame, or the last one again where all have been shown. Returns
 * false when it can't go on. */
static bool draw_frame(struct client *client, enum client_exit *status) {
	if ((client->feedback.changed || resized(client)) && !prepare_buffers(client)) {
		*status = CLIENT_EXIT_NO_BUFFER;
		return false;
	}
	struct ring_buffer *buffer = ring_free_buffer(client->ring);
	if (!buffer) {
		client->stalls += !client->stalled;
		client->stalled = true;
		return true;
	}
	client->stalled = false;

	bool again = client->next_frame > 0 && all_shown(client);
	uint32_t frame = again ? client->next_frame - 1 : client->next_frame;
	int fence = canvas_draw(client->canvas, &buffer->target, &buffer->dmabuf, frame);

	struct window *window = &client->window;
	window_ack(window);
	window_attach(window, &client->conn, buffer->wl_buffer);
	window_request_frame(window);
	if (!sync_slot_commit(&buffer->slot, fence)) {
		say("the fence can't be passed by %s: %s", sync_mode_name(client->sync.mode),
			strerror(errno));
		*status = CLIENT_EXIT_FAILURE;
		return false;
	}
	int64_t commit_ns = now_ns();
	if (client->conn.presentation && !again) {
		presentation_watch(&client->presentation, window->surface, commit_ns);
	}
	wl_surface_commit(window->surface);
	if (!client->first_commit_ns) {
		client->first_commit_ns = commit_ns;
	}
	client->next_frame = frame + 1;
	client->drawn++;
	return true;
}

static void wait_for_events(struct client *client, struct pollfd *fds, bool *connected) {
	fds[1] = (struct pollfd){.fd = client->signal_fd, .events = POLLIN};
	nfds_t num = 2;
	if (client->ring) {
		num += ring_add_fds(client->ring, &fds[num], MAX_FDS - num);
	}
	struct ring *ring;
	wl_list_for_each(ring, &client->retired, link) num +=
		ring_add_fds(ring, &fds[num], MAX_FDS - num);

	*connected = connection_poll(&client->conn, fds, num);

	struct signalfd_siginfo info;
	if (fds[1].revents & POLLIN && read(client->signal_fd, &info, sizeof(info)) > 0) {
		client->ended = true;
	}
	if (client->ring) {
		ring_handle_fds(client->ring, &fds[2], num - 2);
	}
	wl_list_for_each(ring, &client->retired, link) ring_handle_fds(ring, &fds[2], num - 2);
	destroy_retired(client, true);
}

static enum client_exit run(struct client *client) {
	enum client_exit status = CLIENT_EXIT_OK;
	struct pollfd fds[MAX_FDS];
	for (;;) {
		if (frame_is_due(client) && !draw_frame(client, &status)) {
			return status;
		}
		bool connected;
		wait_for_events(client, fds, &connected);
		if (!connected) {
			connection_say_error(&client->conn);
			return CLIENT_EXIT_CONNECTION;
		}
		bool done = all_shown(client);
		if (done && !client->options.hold) {
			return CLIENT_EXIT_OK;
		}
		if (client->ended || client->window.closed) {
			return client->options.frames && !done ? CLIENT_EXIT_EARLY : CLIENT_EXIT_OK;
		}
		/* A configure of the same size, with no frame to come, still wants its answer. */
		if (done && client->window.needs_ack && !resized(client)) {
			window_ack(&client->window);
			wl_surface_commit(client->window.surface);
		}
	}
}

static enum client_exit check_globals(const struct connection *conn) {
	const struct {
		const void *object;
		const char *name;
	} needed[] = {
		{conn->compositor, "wl_compositor 4"},
		{conn->wm_base, "xdg_wm_base"},
		{conn->dmabuf, "zwp_linux_dmabuf_v1 3"},
	};
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!needed[i].object) {
			say("the compositor lacks %s, without which no dma-buf can be shown",
				needed[i].name);
			return CLIENT_EXIT_NO_GLOBAL;
		}
	}
	if (!conn->presentation) {
		say("the compositor lacks wp_presentation: frames are counted by frame callbacks");
	} else if (conn->presentation_clock != CLOCK_MONOTONIC) {
		say("the compositor's clock is not CLOCK_MONOTONIC: latencies can't be measured");
	}
	return CLIENT_EXIT_OK;
}

/* Sets up all that lasts for the whole run. */
static enum client_exit start(struct client *client) {
	const struct client_options *options = &client->options;
	if (!connection_init(&client->conn)) {
		say("no compositor: %s; start one, or set WAYLAND_DISPLAY and XDG_RUNTIME_DIR",
			strerror(errno));
		return CLIENT_EXIT_NO_SERVER;
	}
	enum client_exit status = check_globals(&client->conn);
	if (status != CLIENT_EXIT_OK) {
		return status;
	}
	if (!presentation_init(&client->presentation, &client->conn) ||
		!window_init(&client->window, &client->conn, options->title, options->width,
			options->height, options->fullscreen)) {
		say("out of memory");
		return CLIENT_EXIT_FAILURE;
	}
	if (!feedback_init(&client->feedback, &client->conn, client->window.surface)) {
		connection_say_error(&client->conn);
		return CLIENT_EXIT_CONNECTION;
	}

	/* Timelines are best made on the device that draws: fences need no detour then. */
	struct device_list devices = {0};
	list_devices(client, &devices, false);
	bool synced = sync_init(&client->sync, &client->conn, client->window.surface, options->sync,
		devices.len > 0 ? devices.paths[0] : NULL);
	device_list_finish(&devices);
	if (!synced) {
		say("--sync %s is not possible: %s", sync_mode_name(options->sync),
			client->sync.why);
		return CLIENT_EXIT_NO_GLOBAL;
	}
	say("fences by %s: %s", sync_mode_name(client->sync.mode), client->sync.why);
	return CLIENT_EXIT_OK;
}

static void stop(struct client *client) {
	presentation_finish(&client->presentation);
	destroy_retired(client, false);
	ring_destroy(client->ring);
	sync_finish(&client->sync);
	feedback_finish(&client->feedback);
	window_finish(&client->window);
	canvas_destroy(client->canvas);
	connection_finish(&client->conn);
	fd_clear(&client->signal_fd);
}

/* From the first commit to the last flip; without flips that can be compared, to now. */
static int64_t run_time_ns(const struct client *client) {
	const struct stats *stats = &client->presentation.stats;
	if (!client->first_commit_ns) {
		return 0;
	}
	return (stats->commit_to_flip && stats->presented ? stats->last_flip_ns : now_ns()) -
	       client->first_commit_ns;
}

static bool report(struct client *client) {
	if (!client->ring || (!client->options.fps && !client->options.json)) {
		return true;
	}
	const struct dmabuf *buf = &client->ring->buffers[0].dmabuf;
	struct report summary = {
		.width = buf->width,
		.height = buf->height,
		.fourcc = buf->fourcc,
		.modifier = buf->modifier,
		.buffers = client->ring->num_buffers,
		.scanout = client->ring->step.scanout,
		.allocator = client->canvas->allocator->impl->name,
		.renderer = canvas_renderer(client->canvas),
		.device = client->canvas->path,
		.sync = sync_mode_name(client->sync.mode),
		.drawn = client->drawn,
		.allocations = client->allocations,
		.stalls = client->stalls,
		.run_ns = run_time_ns(client),
		.stats = client->conn.presentation ? &client->presentation.stats : NULL,
	};
	if (client->options.fps) {
		report_print(&summary);
	}
	return !client->options.json || report_write_json(&summary, client->options.json);
}

int main(int argc, char **argv) {
	struct client client = {.sync.node_fd = -1, .signal_fd = -1};
	wl_list_init(&client.retired);
	int exit_early = client_options_parse(&client.options, argc, argv);
	if (exit_early >= 0) {
		return exit_early;
	}

	/* Before the GL driver starts its threads, which inherit the mask. */
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	client.signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);

	enum client_exit status = start(&client);
	if (status == CLIENT_EXIT_OK) {
		status = run(&client);
		if (!report(&client) && status == CLIENT_EXIT_OK) {
			status = CLIENT_EXIT_FAILURE;
		}
	}
	stop(&client);
	return (int)status;
}
