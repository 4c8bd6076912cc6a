/* SPDX-License-Identifier: MIT */
/*
 * kms-outputs WxH|fullscreen [cursor|image]: shows a card whose pixels are known, in shared memory,
 * as sharp as wp_fractional_scale_v1 asks for, and prints what it is told of outputs; animated at
 * every frame callback; hides the cursor unless told otherwise; image: one of its own, in a buffer
 * of twice the size
 *
 * It prints "enter NAME", "leave NAME", "scale N" (of 120), "transform N" and "size WxH" as
 * they come, "shown WxH transform N" when the first buffer of that size is on the screen that was
 * committed after the last of these, and on SIGUSR1 a line of what it has counted: "callbacks N,
 * given N, back N, presented N, discarded N". A buffer that comes back twice ends it with status 3.
 */
#include <signal.h>

#include "case.h"
#include "client.h"

#define BUFFERS 4
/* More than ever wait for their feedback. */
#define UPDATES 8
#define CURSOR_SIZE 48

/* A commit, until its feedback comes. */
struct update {
	struct frame frame;
	int width, height;
	uint32_t told; // state.told when it was made
};

static struct client client;
static struct surface surface;

static struct {
	struct wp_viewport *viewport;
	struct buffer buffers[BUFFERS];
	struct update updates[UPDATES];
	int width, height; // in surface units
	uint32_t scale;	   // of 120
	uint32_t transform;
	uint32_t told;	// how often something of these has changed
	uint32_t drawn; // which of them the last commit knew
	uint32_t shown; // with which of them a buffer is on the screen
	int callbacks, given, presented, discarded;
} state = {.scale = 120};

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

static void draw_buffer(struct buffer *buffer, int width, int height, bool alpha,
	void (*draw)(uint32_t *pixels, int width, int height)) {
	buffer_init_shm(buffer, &client, (uint32_t)width, (uint32_t)height, alpha);
	draw(buffer->memory.map, width, height);
}

/* One that the compositor does not hold, with the card in this size. */
static struct buffer *free_buffer(int width, int height, bool *same) {
	for (struct buffer *buffer = state.buffers; buffer < state.buffers + BUFFERS; buffer++) {
		const struct memory *memory = &buffer->memory;
		if (buffer->commits > buffer->releases) {
			continue;
		}
		*same = memory->width == (uint32_t)width && memory->height == (uint32_t)height;
		if (!*same) {
			if (buffer->wl_buffer != NULL) {
				buffer_finish(buffer);
			}
			draw_buffer(buffer, width, height, false, draw_card);
		}
		return buffer;
	}
	return NULL;
}

/* How many the compositor holds. */
static int count_held(void) {
	int held = 0;
	for (size_t i = 0; i < BUFFERS; i++) {
		const struct buffer *buffer = &state.buffers[i];
		if (buffer->releases > buffer->commits) {
			printf("a buffer came back twice\n");
			exit(3);
		}
		held += buffer->commits - buffer->releases;
	}
	return held;
}

static void show(void) {
	int width = (int)(((uint32_t)state.width * state.scale + 60) / 120);
	int height = (int)(((uint32_t)state.height * state.scale + 60) / 120);
	bool same = false;
	struct buffer *buffer = free_buffer(width, height, &same);
	struct update *update = NULL;
	if (buffer != NULL) {
		update = &state.updates[state.given++ % UPDATES];
		CHECK(update->frame.state != FRAME_PENDING, "no answer to a commit");
		update->width = width;
		update->height = height;
		update->told = state.told;
		/* A buffer of the same size has the same picture: one pixel is enough for a frame.
		 */
		int changed = same && state.told == state.drawn ? 1 : INT32_MAX;
		wl_surface_damage_buffer(surface.wl_surface, 0, 0, changed, changed);
		wp_viewport_set_destination(state.viewport, state.width, state.height);
		state.drawn = state.told;
	}
	surface_commit_same(&surface, buffer, update != NULL ? &update->frame : NULL, -1);
}

/* What became of the commits. */
static void look_at_updates(void) {
	for (struct update *update = state.updates; update < state.updates + UPDATES; update++) {
		bool presented = update->frame.state == FRAME_PRESENTED;
		state.presented += presented;
		state.discarded += update->frame.state == FRAME_DISCARDED;
		if (presented && update->told == state.told && state.shown != state.told) {
			state.shown = state.told;
			printf("shown %dx%d transform %u\n", update->width, update->height,
				state.transform);
		}
		if (update->frame.state != FRAME_PENDING) {
			update->frame.state = FRAME_NONE;
		}
	}
}

/* Of the registry, of outputs, which keep their names, of the surface and its scale; the arguments
 * are in the XML's order. */
static int handle_event(const void *unused, void *proxy, uint32_t opcode,
	const struct wl_message *message, union wl_argument *args) {
	const char *event = message->name;
	if (strcmp(event, "global") == 0 && strcmp(args[1].s, wl_output_interface.name) == 0) {
		wl_proxy_add_dispatcher(wl_registry_bind(proxy, args[0].u, &wl_output_interface, 4),
			handle_event, NULL, NULL);
	} else if (strcmp(event, "name") == 0) {
		wl_proxy_set_user_data(proxy, strdup(args[0].s));
	} else if (strcmp(event, "enter") == 0 || strcmp(event, "leave") == 0) {
		struct wl_proxy *output = (struct wl_proxy *)args[0].o;
		printf("%s %s\n", event, (const char *)wl_proxy_get_user_data(output));
	} else if (strcmp(event, "preferred_buffer_scale") == 0) {
		printf("factor %d\n", args[0].i);
	} else if (strcmp(event, "preferred_buffer_transform") == 0) {
		printf("transform %u\n", args[0].u);
		state.transform = args[0].u;
		state.told++;
	} else if (strcmp(event, "preferred_scale") == 0) {
		printf("scale %u\n", args[0].u);
		state.scale = args[0].u;
		state.told++;
	}
	return 0;
}

static void look_at_size(void) {
	bool wanted = surface.width > 0 && surface.height > 0;
	if (wanted && (surface.width != state.width || surface.height != state.height)) {
		state.width = surface.width;
		state.height = surface.height;
		printf("size %dx%d\n", state.width, state.height);
		state.told++;
	}
}

static void say_counts(void) {
	printf("callbacks %d, given %d, back %d, presented %d, discarded %d\n", state.callbacks,
		state.given, state.given - count_held(), state.presented, state.discarded);
}

static volatile sig_atomic_t asked;

static void handle_signal(int number) {
	asked = 1;
}

static _Noreturn void run_loop(void) {
	signal(SIGUSR1, handle_signal);
	for (;;) {
		client_pump(&client, latch_now_ns() + 50 * MS);
		count_held();
		look_at_size();
		look_at_updates();
		if (surface.closed) {
			exit(0);
		}
		if (surface.frame_done) {
			state.callbacks++;
			show();
		}
		if (asked) {
			asked = 0;
			say_counts();
		}
	}
}

static void make_cursor(void) {
	static struct buffer buffer;
	draw_buffer(&buffer, CURSOR_SIZE, CURSOR_SIZE, true, draw_cursor);
	client.cursor_hotspot = CURSOR_SIZE / 4;
	client.cursor = wl_compositor_create_surface(client.compositor);
	wl_surface_set_buffer_scale(client.cursor, 2);
	wl_surface_attach(client.cursor, buffer.wl_buffer, 0, 0);
	wl_surface_commit(client.cursor);
}

static _Noreturn void run_client(const char *size, const char *cursor) {
	if (strcmp(cursor, "image") == 0) {
		make_cursor();
	} else if (strcmp(cursor, "cursor") == 0 && client.pointer != NULL) {
		wl_pointer_destroy(client.pointer);
	}
	client.surface_events = handle_event;
	if (strcmp(size, "fullscreen") == 0) {
		surface_init_fullscreen(&surface, &client);
	} else {
		CHECK(sscanf(size, "%dx%d", &state.width, &state.height) == 2, "wrong usage");
		surface_init_window(&surface, &client, "outputs");
	}
	state.viewport = wp_viewporter_get_viewport(client.viewporter, surface.wl_surface);
	wl_proxy_add_dispatcher(
		(struct wl_proxy *)wp_fractional_scale_manager_v1_get_fractional_scale(
			client.scales, surface.wl_surface),
		handle_event, NULL, NULL);
	look_at_size();
	show();
	run_loop();
}

int main(int argc, char **argv) {
	setvbuf(stdout, NULL, _IOLBF, 0);
	CHECK(argc >= 2, "wrong usage");
	client_connect(&client);
	wl_proxy_add_dispatcher((struct wl_proxy *)wl_display_get_registry(client.display),
		handle_event, NULL, NULL);
	wl_display_roundtrip(client.display);
	wl_display_roundtrip(client.display);
	run_client(argv[1], argc == 3 ? argv[2] : "");
}
