/* SPDX-License-Identifier: MIT */
/*
 * Layouts: surfaces of all kinds at known places, with known pixels. kms-layout shows one; what
 * is then on the screen has to be the same whether planes blend it or latch composes it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-client.h>

#include "client.h"
#include "clients/common/pixels.h"

#define LAYOUT_MAX_ITEMS 16
#define LAYOUT_BUFFERS 3

enum layout_role {
	/** A subsurface of the base, at x and y of it. */
	LAYOUT_SUBSURFACE,
	/** The fullscreen window; the first item, if there is one. */
	LAYOUT_BASE,
	/** A window of its own, where the shell puts it. */
	LAYOUT_WINDOW,
};

enum layout_memory {
	LAYOUT_UDMABUF,
	LAYOUT_VGEM,
	LAYOUT_DUMB,
	LAYOUT_SHM,
	/** The same, sealed against shrinking. */
	LAYOUT_SEALED,
	/** One pixel of single-pixel-buffer, 0xff4080c0, as large as the box says. */
	LAYOUT_PIXEL,
};

enum layout_picture {
	/** Every pixel says where it is; YCbCr is smooth. */
	LAYOUT_CARD,
	/** Colours that change slowly, with detail in the brightness: what video is like. */
	LAYOUT_SMOOTH,
	/** The same, transparent at the left to opaque at the right; premultiplied. */
	LAYOUT_FADE,
	/** The same, not premultiplied. */
	LAYOUT_FADE_STRAIGHT,
};

/** One surface. Zero is the usual thing everywhere. */
struct layout_item {
	const char *name;
	/** Its place, and the buffer's size; 0: the output's. */
	struct {
		int x, y;
		uint32_t width, height;
	} box;
	enum layout_role role;
	/** 0: XRGB8888. */
	uint32_t fourcc;
	enum layout_memory memory;
	/** Each plane in a dma-buf of its own. */
	bool apart;
	enum layout_picture picture;
	/** Of YCbCr; told to the compositor unless silent. */
	enum pixel_encoding encoding;
	enum pixel_range range;
	bool silent;
	/** What wp_viewport.set_source and set_destination get; width 0: nothing. */
	struct {
		double x, y, width, height;
	} crop;
	struct {
		int width, height;
	} scaled;
	/** What wl_surface.set_buffer_transform gets: the picture itself is not turned. */
	enum wl_output_transform transform;
	/** Of alpha-modifier; 0: nothing is said. */
	uint32_t multiplier;
	/** Says by its opaque region that all of it is opaque. */
	bool opaque;
	/** Committed once instead of at every refresh. */
	bool still;
};

struct layout {
	const char *name;
	/** So many surfaces have to be on planes of vkms when all has settled. */
	int on_planes;
	struct layout_item items[LAYOUT_MAX_ITEMS];
};

/** All of them; after the last comes one without a name. */
extern const struct layout layouts[];

/** A surface's buffers: different memory, the same pixels. */
struct layout_buffers {
	struct memory memory[LAYOUT_BUFFERS][LATCH_FORMAT_MAX_PLANES];
	struct buffer buffers[LAYOUT_BUFFERS];
};

/**
 * Makes and draws them. Fails the case where it can't.
 *
 * @param number tells the picture from others'
 * @param width, height of each buffer
 * @param len how many, up to LAYOUT_BUFFERS
 */
void layout_buffers_init(struct layout_buffers *buffers, struct client *client,
	const struct layout_item *item, unsigned number, uint32_t width, uint32_t height, int len);

/** One that the compositor does not hold, or NULL. */
struct buffer *layout_buffers_free(struct layout_buffers *buffers);
