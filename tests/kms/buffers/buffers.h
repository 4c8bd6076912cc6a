/* SPDX-License-Identifier: MIT */
/*
 * The matrix of buffers: every allocator that the clients have, with every format that they draw
 * and every way to pass fences, on planes, composed, and both at once. kms-buffers shows some of
 * its cells; what is then on the screen has to be what the CPU draws.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clients/common/canvas.h"
#include "clients/common/connection.h"
#include "clients/common/feedback.h"
#include "clients/common/look.h"
#include "clients/common/presentation.h"
#include "clients/common/ring.h"
#include "clients/common/sync.h"
#include "clients/video/camera.h"
#include "machine.h"

/** Of a window that does not fill the screen. */
#define TILE_WIDTH 48
#define TILE_HEIGHT 36

#define TEXT_MAX 128

enum placement {
	PLACE_PLANE,	/* nothing stands in the way of a plane */
	PLACE_COMPOSED, /* latch composes everything: --no-scanout */
	PLACE_MIXED,	/* two windows of one cell: something composed covers a part of the first */
};

/** One of the matrix, and what came of it. */
struct cell {
	uint32_t fourcc;
	enum sync_mode sync;
	enum placement placement;

	bool unavailable; /* it can't be made here, for this reason */
	char why[TEXT_MAX];
	bool on_plane;		/* where it went; of PLACE_MIXED, its second window */
	char reasons[TEXT_MAX]; /* why on no plane, by name; of PLACE_MIXED also its first */
	int wrong;		/* pixels that are not what the CPU draws */
	int most;		/* the largest difference of a channel */
	char fault[TEXT_MAX];	/* what else is wrong; "": nothing */
};

/** Where buffers come from. */
struct allocator {
	const char *name;
	/** What draws into them, and the path of its device; NULL: the display's own. */
	enum canvas_kind kind;
	const char *path;
	/** None of these: V4L2 cameras fill them, as many as there are windows. */
	bool camera;
	/** Each plane has memory of its own. */
	bool apart;
};

/** A window of a cell. Empty when zeroed, but for the fds. */
struct tile {
	struct cell *cell;
	struct wl_surface *surface;
	struct wl_subsurface *subsurface; /* NULL: the surface is the fullscreen window's */
	int x, y;
	uint32_t width, height;
	bool covered; /* its first rows are below something composed */

	struct feedback feedback;
	struct sync sync;
	struct look look;
	struct presentation presentation;
	struct ring *ring;
	enum pixel_encoding encoding;	 /* of its YCbCr */
	struct camera camera;		 /* of an allocator that is one */
	const struct ring_buffer *shown; /* by the last commit */
	bool zero_copy; /* the last frame was */
	bool discarded; /* some frame was */
};

/**
 * Connects, and starts what draws.
 *
 * @return NULL, or why this allocator can't be used, a text that needs no freeing
 */
const char *batch_start(const struct allocator *allocator);
void batch_stop(void);

/** How many cells of a placement can be on the screen at once; 0: it is not possible here. */
unsigned batch_size(enum placement placement);

/** Shows cells of one placement and fills in what came of them. */
void batch_run(struct cell *cells, unsigned len);

/** How many rows of a covered tile are not to be seen. */
#define COVER_HEIGHT 4

/**
 * Makes a tile's buffers, as the compositor's feedback asks for them. Where it can't be done the
 * cell is unavailable.
 */
void tile_init(struct tile *tile, struct connection *conn, struct canvas *canvas);

/** The same of a camera's buffers. */
void tile_init_camera(struct tile *tile, struct connection *conn, const char *path, bool apart);
void tile_finish(struct tile *tile);

/** Gives back the tile's last buffer. It is idle when ring_idle(). */
void tile_hide(struct tile *tile);

/**
 * Draws a frame and commits it.
 *
 * @param fence a sync_file that has not signalled, borrowed: the frame is ready then; -1: at once
 * @return false, with a fault in the cell, when no buffer was given back in time
 */
bool tile_commit(struct tile *tile, uint32_t frame, int fence);

/** Compares its part of the screen with what the CPU draws, or reads where others have drawn. */
void tile_compare(struct tile *tile, const struct screen *screen, uint32_t frame);

/** What the CPU draws of the test card's frame in this format, as a display reads it: 0xRRGGBB,
 * rows without gaps. It stays until the next call. */
const uint32_t *reference_draw(uint32_t fourcc, uint32_t width, uint32_t height, uint32_t frame);

/** What the CPU reads of a linear dma-buf, in the same way. Fails the program where it can't. */
const uint32_t *reference_read(const struct dmabuf *buf, enum pixel_encoding encoding);

/**
 * How far from that a channel may be: what rounding differs in.
 *
 * @param by_gpu who drew it may round colours of few bits up or down, as the GL specification
 * allows
 */
int reference_tolerance(uint32_t fourcc, bool by_gpu);

/** What latch says by its inspector of the output and of this process's windows. */
struct places {
	int overlays; /* planes that are not the primary one's or the cursor's */
	struct yyjson_doc *doc;
};

/** Fails the program where latch does not answer. */
struct places places_ask(void);
void places_finish(struct places *places);

/** Whether the window there is on a plane; else the reasons, "unknown" for one that is not told of.
 */
bool places_on_plane(const struct places *places, const struct tile *tile, char reasons[TEXT_MAX]);
