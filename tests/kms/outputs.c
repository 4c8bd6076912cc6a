/*
 * kms-outputs client WxH|fullscreen [cursor|image]
 *                                     shows a card whose pixels are known, in shared memory, as
 *                                     sharp as wp_fractional_scale_v1 asks for, and prints what
 *                                     it is told of outputs; animated at every frame callback;
 *                                     hides the cursor unless told otherwise; image: one of
 *                                     its own, in a buffer of twice the size
 *
 * The client prints "enter NAME", "leave NAME", "scale N" (of 120), "transform N" and "size WxH" as
 * they come, "shown WxH transform N" when the first buffer of that size is on the screen that was
 * committed after the last of these, and on SIGUSR1 a line of what it has counted: "callbacks N,
 * given N, back N, presented N, discarded N". A buffer that comes back twice ends it with status 3.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <wayland-client.h>

#include "fractional-scale-v1-client-protocol.h"
#include "presentation-time-client-protocol.h"
#include "viewporter-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#define BUFFERS 4
#define OUTPUTS 4
#define CURSOR_SIZE 48

struct output {
	struct wl_output *wl_output;
	uint32_t global;
	char name[32];
};

struct buffer {
	struct wl_buffer *wl_buffer;
	int width, height;
	bool busy;
};

/* A commit, until its feedback comes. */
struct update {
	int width, height;
	uint32_t told; // client.told when it was made
};

static struct {
	struct wl_display *display;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct xdg_wm_base *wm_base;
	struct wp_viewporter *viewporter;
	struct wp_presentation *presentation;
	struct wp_fractional_scale_manager_v1 *scales;
	struct wl_seat *seat;
	struct output outputs[OUTPUTS];

	struct wl_surface *surface;
	struct xdg_toplevel *toplevel;
	struct wp_viewport *viewport;
	struct buffer buffers[BUFFERS];
	int width, height; // in surface units
	uint32_t scale;	   // of 120
	uint32_t transform;
	uint32_t told;	// how often something of these has changed
	uint32_t drawn; // which of them the last commit knew
	uint32_t shown; // with which of them a buffer is on the screen
	struct wl_surface *cursor; // NULL: none is shown
	bool configured;
	int callbacks, given, back, presented, discarded;
} client = {.scale = 120};

static void output_geometry(void *data, struct wl_output *output, int32_t x, int32_t y,
	int32_t width, int32_t height, int32_t subpixel, const char *make, const char *model,
	int32_t transform) {}
static void output_mode(void *data, struct wl_output *output, uint32_t flags, int32_t width,
	int32_t height, int32_t refresh) {}
static void output_done(void *data, struct wl_output *output) {}
static void output_scale(void *data, struct wl_output *output, int32_t factor) {}
static void output_name(void *data, struct wl_output *wl_output, const char *name) {
	struct output *output = data;
	snprintf(output->name, sizeof(output->name), "%s", name);
}
static void output_description(void *data, struct wl_output *output, const char *text) {}

static const struct wl_output_listener output_listener = {
	.geometry = output_geometry,
	.mode = output_mode,
	.done = output_done,
	.scale = output_scale,
	.name = output_name,
	.description = output_description,
};

static const char *name_of(struct wl_output *wl_output) {
	for (size_t i = 0; i < OUTPUTS; i++) {
		if (wl_output != NULL && client.outputs[i].wl_output == wl_output) {
			return client.outputs[i].name;
		}
	}
	return "?";
}

static void *bind(struct wl_registry *registry, uint32_t name, const struct wl_interface *interface,
	uint32_t version) {
	return wl_registry_bind(registry, name, interface, version);
}

static void global(void *data, struct wl_registry *registry, uint32_t name, const char *interface,
	uint32_t version) {
	if (strcmp(interface, wl_compositor_interface.name) == 0) {
		client.compositor = bind(registry, name, &wl_compositor_interface, 6);
	} else if (strcmp(interface, wl_shm_interface.name) == 0) {
		client.shm = bind(registry, name, &wl_shm_interface, 1);
	} else if (strcmp(interface, xdg_wm_base_interface.name) == 0) {
		client.wm_base = bind(registry, name, &xdg_wm_base_interface, 1);
	} else if (strcmp(interface, wp_viewporter_interface.name) == 0) {
		client.viewporter = bind(registry, name, &wp_viewporter_interface, 1);
	} else if (strcmp(interface, wp_presentation_interface.name) == 0) {
		client.presentation = bind(registry, name, &wp_presentation_interface, 1);
	} else if (strcmp(interface, wp_fractional_scale_manager_v1_interface.name) == 0) {
		client.scales = bind(registry, name, &wp_fractional_scale_manager_v1_interface, 1);
	} else if (strcmp(interface, wl_seat_interface.name) == 0) {
		client.seat = bind(registry, name, &wl_seat_interface, 1);
	} else if (strcmp(interface, wl_output_interface.name) == 0) {
		for (size_t i = 0; i < OUTPUTS; i++) {
			struct output *output = &client.outputs[i];
			if (output->wl_output == NULL) {
				output->global = name;
				output->wl_output = bind(registry, name, &wl_output_interface, 4);
				wl_output_add_listener(output->wl_output, &output_listener, output);
				break;
			}
		}
	}
}

static void global_remove(void *data, struct wl_registry *registry, uint32_t name) {
	for (size_t i = 0; i < OUTPUTS; i++) {
		if (client.outputs[i].wl_output != NULL && client.outputs[i].global == name) {
			wl_output_release(client.outputs[i].wl_output);
			client.outputs[i] = (struct output){0};
		}
	}
}

static const struct wl_registry_listener registry_listener = {
	.global = global,
	.global_remove = global_remove,
};

static void buffer_release(void *data, struct wl_buffer *wl_buffer) {
	struct buffer *buffer = data;
	if (!buffer->busy) {
		printf("a buffer came back twice\n");
		exit(3);
	}
	buffer->busy = false;
	client.back++;
}

static const struct wl_buffer_listener buffer_listener = {.release = buffer_release};

/* As latch-client's card, without a frame number: see tests/kms/picture.c. */
static void draw_card(uint32_t *pixels, int width, int height) {
	for (int y = 0; y < height; y++) {
		for (int x = 0; x < width; x++) {
			uint32_t ux = (uint32_t)x, uy = (uint32_t)y;
			pixels[(size_t)y * (size_t)width + (size_t)x] =
				(ux & 255) << 16 | (uy & 255) << 8 | (ux >> 8 & 15) |
				(uy >> 8 & 15) << 4;
		}
	}
}

/* Different in every corner, smooth so that filters do not matter, one colour in the middle, and
 * nothing at the edges, where renderers differ. */
static void draw_cursor(uint32_t *pixels, int width, int height) {
	for (int y = 0; y < height; y++) {
		for (int x = 0; x < width; x++) {
			bool edge = x < 4 || y < 4 || x >= width - 4 || y >= height - 4;
			bool middle = abs(x - width / 2) < 8 && abs(y - height / 2) < 8;
			uint32_t smooth = 0xff000040 | (uint32_t)x * 4 << 16 | (uint32_t)y * 3 << 8;
			pixels[y * width + x] = edge ? 0 : middle ? 0xffff00ff : smooth;
		}
	}
}

static bool make_buffer(struct buffer *buffer, int width, int height, uint32_t format,
	void (*draw)(uint32_t *pixels, int width, int height)) {
	if (buffer->wl_buffer != NULL) {
		wl_buffer_destroy(buffer->wl_buffer);
	}
	size_t size = (size_t)width * (size_t)height * 4;
	int fd = memfd_create("card", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)size) != 0) {
		return false;
	}
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		return false;
	}
	draw(map, width, height);
	munmap(map, size);
	struct wl_shm_pool *pool = wl_shm_create_pool(client.shm, fd, (int32_t)size);
	*buffer = (struct buffer){.width = width, .height = height};
	buffer->wl_buffer = wl_shm_pool_create_buffer(
		pool, 0, width, height, width * 4, format);
	wl_shm_pool_destroy(pool);
	close(fd);
	wl_buffer_add_listener(buffer->wl_buffer, &buffer_listener, buffer);
	return true;
}

static void sync_output(void *data, struct wp_presentation_feedback *feedback,
	struct wl_output *output) {}
static void presented(void *data, struct wp_presentation_feedback *feedback, uint32_t sec_hi,
	uint32_t sec_lo, uint32_t nsec, uint32_t refresh, uint32_t seq_hi, uint32_t seq_lo,
	uint32_t flags) {
	struct update *update = data;
	client.presented++;
	if (update->told == client.told && client.shown != client.told) {
		client.shown = client.told;
		printf("shown %dx%d transform %u\n", update->width, update->height,
			client.transform);
	}
	free(update);
	wp_presentation_feedback_destroy(feedback);
}
static void discarded(void *data, struct wp_presentation_feedback *feedback) {
	client.discarded++;
	free(data);
	wp_presentation_feedback_destroy(feedback);
}

static const struct wp_presentation_feedback_listener feedback_listener = {
	.sync_output = sync_output,
	.presented = presented,
	.discarded = discarded,
};

static void show(void);

static void callback_done(void *data, struct wl_callback *callback, uint32_t time) {
	wl_callback_destroy(callback);
	client.callbacks++;
	show();
}

static const struct wl_callback_listener callback_listener = {.done = callback_done};

static void show(void) {
	int width = (int)(((uint32_t)client.width * client.scale + 60) / 120);
	int height = (int)(((uint32_t)client.height * client.scale + 60) / 120);
	struct buffer *buffer = NULL;
	for (size_t i = 0; i < BUFFERS && buffer == NULL; i++) {
		buffer = client.buffers[i].busy ? NULL : &client.buffers[i];
	}
	struct wl_callback *callback = wl_surface_frame(client.surface);
	wl_callback_add_listener(callback, &callback_listener, NULL);
	bool same = buffer != NULL && buffer->width == width && buffer->height == height;
	/* A buffer of the same size has the same picture: one pixel of damage is enough for a frame. */
	int changed = same && client.told == client.drawn ? 1 : INT32_MAX;
	if (buffer != NULL &&
		(same || make_buffer(buffer, width, height, WL_SHM_FORMAT_XRGB8888, draw_card))) {
		struct update *update = malloc(sizeof(*update));
		if (update == NULL) {
			exit(2);
		}
		*update = (struct update){width, height, client.told};
		wp_presentation_feedback_add_listener(
			wp_presentation_feedback(client.presentation, client.surface),
			&feedback_listener, update);
		wl_surface_attach(client.surface, buffer->wl_buffer, 0, 0);
		wl_surface_damage_buffer(client.surface, 0, 0, changed, changed);
		wp_viewport_set_destination(client.viewport, client.width, client.height);
		buffer->busy = true;
		client.drawn = client.told;
		client.given++;
	}
	wl_surface_commit(client.surface);
}

static void surface_enter(void *data, struct wl_surface *surface, struct wl_output *output) {
	printf("enter %s\n", name_of(output));
}
static void surface_leave(void *data, struct wl_surface *surface, struct wl_output *output) {
	printf("leave %s\n", name_of(output));
}
static void surface_scale(void *data, struct wl_surface *surface, int32_t factor) {
	printf("factor %d\n", factor);
}
static void surface_transform(void *data, struct wl_surface *surface, uint32_t transform) {
	printf("transform %u\n", transform);
	client.transform = transform;
	client.told++;
}

static const struct wl_surface_listener surface_listener = {
	.enter = surface_enter,
	.leave = surface_leave,
	.preferred_buffer_scale = surface_scale,
	.preferred_buffer_transform = surface_transform,
};

static void preferred_scale(
	void *data, struct wp_fractional_scale_v1 *fractional, uint32_t scale) {
	printf("scale %u\n", scale);
	client.scale = scale;
	client.told++;
}

static const struct wp_fractional_scale_v1_listener scale_listener = {
	.preferred_scale = preferred_scale,
};

static void toplevel_configure(void *data, struct xdg_toplevel *toplevel, int32_t width,
	int32_t height, struct wl_array *states) {
	if (width > 0 && height > 0) {
		client.width = width;
		client.height = height;
		printf("size %dx%d\n", width, height);
		client.told++;
	}
}
static void toplevel_close(void *data, struct xdg_toplevel *toplevel) {
	exit(0);
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = toplevel_configure,
	.close = toplevel_close,
};

static void surface_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial) {
	xdg_surface_ack_configure(xdg_surface, serial);
	if (!client.configured) {
		client.configured = true;
		show();
	}
}

static const struct xdg_surface_listener xdg_listener = {.configure = surface_configure};

static void wm_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial) {
	xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_listener = {.ping = wm_ping};

static void pointer_enter(void *data, struct wl_pointer *pointer, uint32_t serial,
	struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y) {
	wl_pointer_set_cursor(
		pointer, serial, client.cursor, CURSOR_SIZE / 4, CURSOR_SIZE / 4);
}
static void pointer_leave(
	void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *surface) {}
static void pointer_motion(
	void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x, wl_fixed_t y) {}
static void pointer_button(void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time,
	uint32_t button, uint32_t state) {}
static void pointer_axis(
	void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis, wl_fixed_t value) {}

static const struct wl_pointer_listener pointer_listener = {
	.enter = pointer_enter,
	.leave = pointer_leave,
	.motion = pointer_motion,
	.button = pointer_button,
	.axis = pointer_axis,
};

static void say_counts(void) {
	printf("callbacks %d, given %d, back %d, presented %d, discarded %d\n", client.callbacks,
		client.given, client.back, client.presented, client.discarded);
}

static int run_loop(void) {
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	struct pollfd fds[] = {
		{.fd = wl_display_get_fd(client.display), .events = POLLIN},
		{.fd = signalfd(-1, &set, SFD_CLOEXEC), .events = POLLIN},
	};
	for (;;) {
		wl_display_flush(client.display);
		if (poll(fds, 2, -1) < 0 && errno != EINTR) {
			return 2;
		}
		if (fds[0].revents != 0 && wl_display_dispatch(client.display) < 0) {
			printf("the connection broke: %s\n", strerror(errno));
			return 2;
		}
		struct signalfd_siginfo info;
		if (fds[1].revents != 0 && read(fds[1].fd, &info, sizeof(info)) > 0) {
			say_counts();
		}
	}
}

static void make_cursor(void) {
	static struct buffer buffer;
	if (!make_buffer(&buffer, CURSOR_SIZE, CURSOR_SIZE, WL_SHM_FORMAT_ARGB8888, draw_cursor)) {
		exit(2);
	}
	buffer.busy = true;
	client.cursor = wl_compositor_create_surface(client.compositor);
	wl_surface_set_buffer_scale(client.cursor, 2);
	wl_surface_attach(client.cursor, buffer.wl_buffer, 0, 0);
	wl_surface_commit(client.cursor);
}

static int run_client(const char *size, const char *cursor) {
	if (strcmp(cursor, "image") == 0) {
		make_cursor();
	}
	if (strcmp(cursor, "cursor") != 0 && client.seat != NULL) {
		wl_pointer_add_listener(
			wl_seat_get_pointer(client.seat), &pointer_listener, NULL);
	}
	client.surface = wl_compositor_create_surface(client.compositor);
	wl_surface_add_listener(client.surface, &surface_listener, NULL);
	client.viewport = wp_viewporter_get_viewport(client.viewporter, client.surface);
	wp_fractional_scale_v1_add_listener(
		wp_fractional_scale_manager_v1_get_fractional_scale(client.scales, client.surface),
		&scale_listener, NULL);
	xdg_wm_base_add_listener(client.wm_base, &wm_listener, NULL);
	struct xdg_surface *xdg_surface =
		xdg_wm_base_get_xdg_surface(client.wm_base, client.surface);
	xdg_surface_add_listener(xdg_surface, &xdg_listener, NULL);
	client.toplevel = xdg_surface_get_toplevel(xdg_surface);
	xdg_toplevel_add_listener(client.toplevel, &toplevel_listener, NULL);
	if (strcmp(size, "fullscreen") == 0) {
		xdg_toplevel_set_fullscreen(client.toplevel, NULL);
	} else if (sscanf(size, "%dx%d", &client.width, &client.height) != 2) {
		return 1;
	}
	wl_surface_commit(client.surface);
	return run_loop();
}

int main(int argc, char **argv) {
	setvbuf(stdout, NULL, _IOLBF, 0);
	client.display = wl_display_connect(NULL);
	if (argc < 3 || client.display == NULL) {
		printf("no compositor, or wrong usage\n");
		return 1;
	}
	struct wl_registry *registry = wl_display_get_registry(client.display);
	wl_registry_add_listener(registry, &registry_listener, NULL);
	wl_display_roundtrip(client.display);
	wl_display_roundtrip(client.display);
	return strcmp(argv[1], "client") == 0
		       ? run_client(argv[2], argc == 4 ? argv[3] : "")
		       : 1;
}
