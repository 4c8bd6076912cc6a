/* SPDX-License-Identifier: MIT */
/*
 * kms-layout --list             prints the names of the layouts
 * kms-layout NAME [FRAMES]      shows one: each surface gets a new buffer, of the same pixels, at
 *                               every refresh, FRAMES times; then it keeps still
 *
 * When it keeps still it prints how many of each surface's last frames were zero-copy, in all
 * "planes N of M, wanted W", and "ready"; and stays until it is ended. Status 77: latch lacks a
 * protocol that the layout needs.
 */
#include "case.h"
#include "layout.h"

#define MAX_FRAMES 240
/** Of each surface's last frames, so many are looked at. */
#define LAST_FRAMES 8
/** A surface that is hidden gets no frame callback; nobody waits longer for it. */
#define LIMIT_MS 8000

struct shown {
	const struct layout_item *item;
	struct surface surface;
	struct layout_buffers buffers;
	struct frame frames[MAX_FRAMES];
	int commits;
};

static struct {
	struct client client;
	const struct layout *layout;
	struct shown shown[LAYOUT_MAX_ITEMS];
	int len;
	int frames;
} show;

static const struct layout *find_layout(const char *name) {
	const struct layout *layout = layouts;
	while (layout->name != NULL && strcmp(layout->name, name) != 0) {
		layout++;
	}
	return layout->name != NULL ? layout : NULL;
}

static void need(const void *global, const char *name) {
	if (global == NULL) {
		skip("latch has no %s", name);
	}
}

static void say_colours(const struct shown *shown) {
	static const uint32_t coefficients[] = {
		[PIXEL_BT601] = WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_BT601,
		[PIXEL_BT709] = WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_BT709,
		[PIXEL_BT2020] = WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_BT2020,
	};
	const struct layout_item *item = shown->item;
	bool straight = item->picture == LAYOUT_FADE_STRAIGHT;
	bool ycbcr = latch_format_is_ycbcr(item->fourcc) && !item->silent;
	if (!straight && !ycbcr) {
		return;
	}
	need(show.client.color_representation, "wp_color_representation_manager_v1");
	struct wp_color_representation_surface_v1 *colours =
		wp_color_representation_manager_v1_get_surface(
			show.client.color_representation, shown->surface.wl_surface);
	if (straight) {
		wp_color_representation_surface_v1_set_alpha_mode(
			colours, WP_COLOR_REPRESENTATION_SURFACE_V1_ALPHA_MODE_STRAIGHT);
	}
	if (ycbcr) {
		wp_color_representation_surface_v1_set_coefficients_and_range(colours,
			coefficients[item->encoding],
			item->range == PIXEL_FULL
				? WP_COLOR_REPRESENTATION_SURFACE_V1_RANGE_FULL
				: WP_COLOR_REPRESENTATION_SURFACE_V1_RANGE_LIMITED);
	}
}

/* Everything that the surface is told once: it takes effect with the first commit. */
static void say_shape(const struct shown *shown) {
	const struct layout_item *item = shown->item;
	struct wl_surface *surface = shown->surface.wl_surface;
	wl_surface_set_buffer_transform(surface, (int32_t)item->transform);
	if (item->crop.width > 0 || item->scaled.width > 0) {
		struct wp_viewport *viewport =
			wp_viewporter_get_viewport(show.client.viewporter, surface);
		if (item->crop.width > 0) {
			wp_viewport_set_source(viewport, wl_fixed_from_double(item->crop.x),
				wl_fixed_from_double(item->crop.y),
				wl_fixed_from_double(item->crop.width),
				wl_fixed_from_double(item->crop.height));
		}
		if (item->scaled.width > 0) {
			wp_viewport_set_destination(
				viewport, item->scaled.width, item->scaled.height);
		}
	}
	if (item->multiplier != 0) {
		need(show.client.alpha_modifier, "wp_alpha_modifier_v1");
		struct wp_alpha_modifier_surface_v1 *alpha =
			wp_alpha_modifier_v1_get_surface(show.client.alpha_modifier, surface);
		wp_alpha_modifier_surface_v1_set_multiplier(alpha, item->multiplier);
	}
	if (item->opaque) {
		struct wl_region *all = wl_compositor_create_region(show.client.compositor);
		wl_region_add(all, 0, 0, INT32_MAX, INT32_MAX);
		wl_surface_set_opaque_region(surface, all);
		wl_region_destroy(all);
	}
	say_colours(shown);
}

static void commit(struct shown *shown) {
	struct buffer *buffer = layout_buffers_free(&shown->buffers);
	if (buffer != NULL) {
		surface_commit(&shown->surface, buffer, &shown->frames[shown->commits++], -1);
	}
}

static void init_shown(const struct layout_item *item) {
	unsigned number = (unsigned)show.len;
	struct shown *shown = &show.shown[show.len++];
	*shown = (struct shown){.item = item};
	struct surface *surface = &shown->surface;
	switch (item->role) {
	case LAYOUT_BASE:
		surface_init_fullscreen(surface, &show.client);
		/* Else the subsurfaces belong to it, and it is moved until all are on the screen. */
		xdg_surface_set_window_geometry(
			surface->xdg_surface, 0, 0, surface->width, surface->height);
		break;
	case LAYOUT_WINDOW:
		surface_init_window(surface, &show.client, item->name);
		break;
	case LAYOUT_SUBSURFACE:
		surface_init_subsurface(
			surface, &show.client, &show.shown[0].surface, item->box.x, item->box.y);
		break;
	}
	uint32_t width = item->box.width ? item->box.width : (uint32_t)surface->width;
	uint32_t height = item->box.height ? item->box.height : (uint32_t)surface->height;
	if (item->memory == LAYOUT_PIXEL) {
		need(show.client.single_pixel, "wp_single_pixel_buffer_manager_v1");
		wp_viewport_set_destination(wp_viewporter_get_viewport(show.client.viewporter,
						    surface->wl_surface),
			(int32_t)width, (int32_t)height);
	}
	layout_buffers_init(&shown->buffers, &show.client, item, number, width, height,
		item->still || show.frames == 1 ? 1 : LAYOUT_BUFFERS);
	say_shape(shown);
}

static bool is_done(const struct shown *shown) {
	return shown->commits >= (shown->item->still ? 1 : show.frames);
}

/* Returns false when the time is up. */
static bool animate(void) {
	/* The base comes last: it brings the others' places, and all appears in one frame. */
	for (int i = show.len - 1; i >= 0; i--) {
		commit(&show.shown[i]);
	}
	int64_t end_ns = latch_now_ns() + LIMIT_MS * MS;
	for (;;) {
		bool done = true;
		for (int i = 0; i < show.len; i++) {
			struct shown *shown = &show.shown[i];
			if (!is_done(shown)) {
				done = false;
				if (shown->surface.frame_done) {
					commit(shown);
				}
			} else if (shown->frames[shown->commits - 1].state == FRAME_PENDING) {
				done = false;
			}
		}
		if (done || !client_pump(&show.client, end_ns)) {
			return done;
		}
	}
}

/* How many of the last frames were shown from the client's own memory. */
static int count_zero_copy(const struct shown *shown, int *of) {
	int zero_copy = 0;
	*of = 0;
	for (int i = shown->commits - 1; i >= 0 && *of < LAST_FRAMES; i--) {
		if (shown->frames[i].state == FRAME_PRESENTED) {
			(*of)++;
			zero_copy += (shown->frames[i].flags &
					     WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY) != 0;
		}
	}
	return zero_copy;
}

static void report(void) {
	int planes = 0;
	for (int i = 0; i < show.len; i++) {
		int of, zero_copy = count_zero_copy(&show.shown[i], &of);
		printf("surface %s: zero-copy %d of %d\n", show.shown[i].item->name, zero_copy, of);
		planes += of > 0 && zero_copy == of;
	}
	printf("planes %d of %d, wanted %d\n", planes, show.len, show.layout->on_planes);
}

static _Noreturn void run(void) {
	client_connect(&show.client);
	for (int i = 0; i < LAYOUT_MAX_ITEMS && show.layout->items[i].name != NULL; i++) {
		init_shown(&show.layout->items[i]);
	}
	if (!animate()) {
		printf("not every surface got its frames\n");
	}
	report();
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		client_pump(&show.client, latch_now_ns() + 50 * MS);
	}
}

int main(int argc, char **argv) {
	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (const struct layout *layout = layouts; layout->name != NULL; layout++) {
			puts(layout->name);
		}
		return 0;
	}
	show.layout = argc >= 2 ? find_layout(argv[1]) : NULL;
	show.frames = argc == 3 ? atoi(argv[2]) : 40;
	if (show.layout == NULL || argc > 3 || show.frames < 1 || show.frames > MAX_FRAMES) {
		fprintf(stderr, "usage: kms-layout --list | NAME [FRAMES]\n");
		return 2;
	}
	run();
}
