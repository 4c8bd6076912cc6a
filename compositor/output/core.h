/* SPDX-License-Identifier: MIT */
#pragma once

#include "backend/exit.h"
#include "backend/open.h"
#include "output/renderer.h"
#include "output/vblank.h"
#include "timing/pace.h"

struct latch_frame_record;
struct latch_surface;

/** What the outputs, the protocols and the inspector have in common: a session without its process.
 * Its owner makes and ends all of it in order, see server.c. */
struct latch_core {
	/** What the user asked for. */
	bool scanout;	    /* false: everything is composed */
	unsigned max_tests; /* TEST_ONLY commits per new arrangement of layers */
	struct latch_planes_like *planes_like; /* NULL: planes are what they are */
	enum latch_pacing pacing;
	enum latch_vrr_policy vrr; /* of new outputs */
	const struct latch_output_requests *requests;
	uint64_t background; /* the colour where no window is, in sRGB, as latch_layer.solid */
	/** What monitors expect: what --color names; and in the place of an HDR that one can't have. */
	struct color_description color, sdr_color;

	struct wl_display *display;
	struct wl_event_loop *event_loop;
	/** What has a deadline: flips, and the timers that wake outputs. A part of event_loop, and
	 * looked after between requests too, see limits/turns.h. */
	struct wl_event_loop *urgent_loop;
	struct latch_turns *turns;
	struct latch_clients *clients;

	struct latch_backend backend;
	struct latch_renderer renderer;
	struct latch_trace *trace;

	struct wlr_compositor *compositor;
	struct wlr_output_layout *layout;
	struct wlr_content_type_manager_v1 *content_type;
	struct latch_timeline_device *timeline_device;
	struct latch_gate *gate;
	struct latch_content_tracker *contents;
	struct latch_dmabuf *dmabuf;
	struct latch_inspector *inspector;
	struct latch_shell *shell;
	struct latch_management *management;

	struct wl_list outputs; // latch_output.link
	struct wl_list clocks;	// latch_output.clock.link, in the same order
	/** Outputs that were left out are tried again with the next turn; NULL: nothing changed. */
	struct wl_event_source *retry_outputs;
	bool active; // false while the session is switched away
	/** A client may take pictures: all outputs have a renderer, and new ones get it. */
	bool pictures_wanted;

	/** What the owner is told: a frame is on screen; the user asks for another VT; the session
	 * is to end with this status (enum latch_exit). */
	void (*flipped)(struct latch_core *core);
	void (*leave)(struct latch_core *core);
	void (*end)(struct latch_core *core, int exit_status);
};

/* callback.c */

/** A surface that runs ahead (latch_pace.ahead) has committed something, which may be held. Its
 * client, whose jobs are too long, hears with the next vblank, while its job goes on: see
 * timing/pace.h. */
void latch_outputs_surface_ahead(struct latch_core *core, struct latch_surface *surface);

/** A commit was applied: its surface may look different, or wants a frame callback. record: of the
 * update that came with it, NULL: none. */
void latch_outputs_surface_applied(struct latch_core *core, struct latch_surface *surface,
	const struct latch_frame_record *record);
