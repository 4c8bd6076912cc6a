/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/timer.h"
#include "output/compose.h"
#include "output/core.h"
#include "output/cursor_plane.h"
#include "output/frame.h"
#include "plan/plan.h"
#include "sync/types.h"
#include "timing/timing.h"

struct kms_flip;

#define LATCH_OUTPUT_FRAMES 4

enum latch_capture_state {
	LATCH_CAPTURE_IDLE,
	/** The next frame takes the picture. */
	LATCH_CAPTURE_WANTED,
	/** The hardware writes it. */
	LATCH_CAPTURE_WRITING,
	/** The next frame takes the writeback connector off the CRTC. */
	LATCH_CAPTURE_DETACH,
};

/** A picture of what an output really shows, all planes blended, by its writeback connector. */
struct latch_capture {
	enum latch_capture_state state;
	const char *path; // borrowed
	struct kms_writeback *job;
	struct wl_event_source *fence;
	int64_t hold_until_ns; // see latch_capture_holds()
	void (*done)(void *data);
	void *data;
};

/** What an output keeps of tearing. */
struct latch_tearing {
	/** The last frame was flipped to at once: the next one does not wait for a deadline. */
	bool active;
	enum latch_tearing_refusal logged;
	/** What buffers that the kernel refused were like (refresh.c); 0: it has refused none. */
	uint64_t refused;
};

/**
 * Some drivers lose the event of a flip (the kernel logs "flip_done timed out"), and without it the
 * output would stand still for ever. Then the mode is set anew with the next frame. A steady output
 * costs one wake-up a second.
 */
struct latch_watchdog {
	struct latch_timer timer;
	/** What the timer was set to last. */
	int64_t look_ns;
	/** Frames whose flip was lost: they may be on the screen until the flip of a later one. */
	struct latch_frame *lost;
};

/**
 * One output and its frames: what it shows, what is under way to it, and when it latches next.
 *
 * life.c      life, schedule, the latch timer
 * latch.c     one latch: collect, assign, compose, submit
 * collect.c   the surfaces become a list of layers
 * awaited.c   what is shown while a picture of ours is being drawn
 * assign.c    the planner's questions and answers
 * scanout.c   the submit of a KMS output: one atomic commit
 * refresh.c   how the display gets that frame: tearing, variable refresh, content type
 * window.c    the submit of a window of another compositor
 * callback.c  clients hear that they may draw again
 * flip.c      what happens when a frame is on screen
 * watchdog.c  what happens when a flip never comes
 * enable.c    it is lit, in the best mode that the kernel takes
 * capture.c   a picture of it by the writeback connector
 * image_capture.c  pictures for clients
 */
struct latch_output {
	struct wl_list link; // latch_core.outputs
	struct latch_core *core;
	struct wlr_output *wlr_output;
	/** NULL in a window. */
	struct latch_kms_output *kms;
	/** Number in traces and statistics, from 1. */
	uint32_t id;

	/** The surfaces on it, as of the last latch_output_collect(); and the room to list them. */
	struct latch_layer_list layers;
	struct latch_shell_surface *shell_surfaces;
	size_t shell_surfaces_cap;
	/** Where the layers go, and what that was decided by. */
	struct latch_plan plan;
	struct latch_plan_memory plan_memory;
	struct latch_settle settle;
	/** This latch's frame is composed whole, for a client that takes pictures. */
	bool picture_wanted;
	struct latch_composer composer;
	struct latch_cursor_plane cursor;
	/** The colour where no window is, in the output's own numbers, as of the last
	 * latch_output_collect(): black beside a fullscreen window, as xdg-shell asks. */
	uint64_t background;
	/** The cursor's image as a layer, where it has to be composed. */
	struct latch_content *cursor_content;
	struct latch_deadline deadline;
	/** What the gate reads of it. */
	struct latch_gate_output clock;
	struct latch_activity activity;
	struct latch_tearing tearing;
	struct {
		enum latch_vrr_policy policy;
		/** The display waits for frames: deadline.refresh_ns is the shortest time. */
		bool active;
		bool refused;
		enum latch_vrr_refusal logged;
	} vrr;
	/** The kernel takes no content type without a modeset. */
	bool content_type_refused;
	struct latch_capture capture;
	/** The last picture that was handed to clients (output/image_capture.c), locked, to see
	 * whether the next is another one. */
	struct wlr_buffer *last_picture;

	/**
	 * on_screen was flipped to, pending waits for its flip (while flip_pending), awaited for
	 * its picture (while awaits_picture), next is being put together. Pointers into frames[],
	 * exchanged.
	 */
	struct latch_frame frames[LATCH_OUTPUT_FRAMES];
	struct latch_frame *on_screen, *pending, *awaited, *next;
	bool flip_pending, awaits_picture;
	struct latch_watchdog watchdog; // KMS only
	/** The last picture was outdated when it was done, and was not shown. The next one is. */
	bool dropped_picture;

	/** Something may look different: a latch has to have a look. */
	bool dirty;
	/** What is on screen has to be submitted again though nothing changed. */
	bool force;
	/** Number of latch attempts, for statistics. */
	uint64_t wakeups;
	/** What the log said of the last frame that failed; 0 after one that did not. */
	int logged_error;
	/**
	 * enabled: it is a part of the layout, clients see it. powered: it is lit, unless a user
	 * asked for standby. What is wanted, also while the session is switched away.
	 */
	bool enabled, powered;
	/** Not powered as long as nobody touches anything. */
	bool idle;
	/** Where it is in the layout, or was; placed: at a position that a tool has set. */
	int32_t x, y;
	bool placed;
	/** Enabled, powered, and the session is not switched away: it latches. */
	bool active;
	int64_t active_since_ns;

	/** For the next latch; wake_ns is 0 when there is none. It comes by the timer, or, when
	 * due, as soon as all has been read that has arrived. */
	struct latch_deadline_plan planned;
	struct latch_timer timer;
	bool due;
	/** The last flip was late for its vblank. */
	struct latch_blocked blocked;
	/** The kernel has said EBUSY to the frame that is wanted, since then; 0: it has not. */
	int64_t busy_ns;
	/** Surfaces whose callback waits for its time (latch_surface.callback_link), and the timer
	 * for the first of them. */
	struct wl_list callbacks;
	struct latch_timer callback_timer;
	/** Frame callbacks of a latch that showed nothing are not sent again before this. */
	int64_t callbacks_after_ns;

	uint32_t window_seq; // window only: wlr_output.commit_seq of the last frame
	struct {
		struct wl_listener present, frame; // window only
		struct wl_listener request, needs_frame, destroy;
	} on;
};

/**
 * Sets up a new wlr_output: enables it, puts it in the layout, offers it to clients, shows the
 * first frame. A KMS output that can't be enabled now (no CRTC is free) stays off and can be
 * enabled later. Returns NULL on failure, which has been logged. Goes with the wlr_output.
 */
struct latch_output *latch_output_create(struct latch_core *core, struct wlr_output *wlr_output);

void latch_output_destroy(struct latch_output *output);

/** Calls func, which must destroy none, for each of them. */
void latch_outputs_each(struct latch_core *core, void (*func)(struct latch_output *output));

/** What its monitor expects: what the user has named, or sRGB in the place of an HDR that it can't
 * have. One of two, which stay where they are. */
const struct color_description *latch_output_color(const struct latch_output *output);

/** Updates what latch_output_color() returns, as the kernel may have taken or refused HDR since, and
 * sends clients an event when it has changed. */
void latch_output_find_color(struct latch_output *output);

/** Whether no frame can be submitted now: it is switched off or away, a flip is pending, or the
 * compositor whose window it is has not asked for the next frame yet. */
bool latch_output_is_busy(const struct latch_output *output);

/** Something may look different: latch in time for the next vblank. */
void latch_output_schedule(struct latch_output *output);

/** The same, because of a surface (struct latch_surface.id). waits: it shows nothing newer before
 * its frame callback. */
void latch_output_surface_committed(struct latch_output *output, uint32_t surface_id, bool waits);


/** Nothing is under way any more: submits the awaited frame, or schedules for what came meanwhile.
 * late: the last flip was late for its vblank. */
void latch_output_look_again(struct latch_output *output, bool late);

/** The next latch, if it is to come at once: to be called before the event loop sleeps. Returns
 * whether there was one. */
bool latch_output_latch_due(struct latch_output *output);

/** The cursor moved or changed. */
void latch_output_cursor_moved(struct latch_output *output);

/** Whether a surface is on this output, as its clients know from wl_surface.enter. */
bool latch_output_shows(const struct latch_output *output, struct wlr_surface *surface);

/**
 * The flip of the pending frame does not come. What was in it is with the watchdog; the output
 * begins anew.
 */
void latch_output_flip_lost(struct latch_output *output, const struct latch_frame *frame);

/**
 * The user is about to switch to another session: it latches no more, and all is taken off the
 * screen that would stay above that session's picture.
 */
void latch_output_leave(struct latch_output *output);

/** Nothing was switched: it latches again. */
void latch_output_stay(struct latch_output *output);

/** The session was switched to or away from (latch_core.active). */
void latch_output_session_changed(struct latch_output *output);

/**
 * Follows a configuration that its wlr_output has taken (enum wlr_output_state_field): after a
 * mode, or being switched on or off, nothing of what it showed is held any more; the next frame is
 * drawn anew. It is not in or out of the layout by this, see latch_output_join() and
 * latch_output_part().
 */
void latch_output_reconfigured(struct latch_output *output, uint32_t committed);

/** Puts an enabled output into the layout at its x and y; where it is placed, else
 * automatically. */
void latch_output_join(struct latch_output *output);

/** Takes it out of the layout: its surfaces leave it, windows move to other outputs. */
void latch_output_part(struct latch_output *output);

/**
 * Lights the output: in the mode that is wanted, or the best one that the kernel takes. Returns
 * false when it can't be; one of KMS may be tried again later then, see latch_outputs_changed().
 */
bool latch_output_enable(struct latch_output *output);

/**
 * A frame with a mode was refused though its test was not. Sets the mode with black, and returns
 * true when that is taken: the frame is to be tried again, without a mode. Else sets the best mode
 * that is taken, or leaves the output out.
 */
bool latch_output_modeset_refused(struct latch_output *output, int error);

/**
 * One went off, into standby or away, or has another mode: those that were left out may be lit now.
 * With the next turn of the loop.
 */
void latch_outputs_changed(struct latch_core *core);

/**
 * Standby: off is dark at once, buffers go back to their clients, and no frame is latched; on is a
 * frame at once, in another mode if the kernel refuses the one before. The output stays in the
 * layout. Returns false when that is not possible: it is a window or not enabled, or the kernel
 * refuses all; an output that can't be lit is left out of the layout then.
 */
bool latch_output_set_power(struct latch_output *output, bool on);

/** The renderer goes: so do the pictures that are not on the screen yet. */
void latch_output_renderer_gone(struct latch_output *output);

/** There is another renderer; everything is drawn anew. */
void latch_output_renderer_made(struct latch_output *output);

/** Tells the trace what the output is like now: after a change of its mode or renderer. */
void latch_output_describe(struct latch_output *output);

/** Have another look at this time, and not before. */
void latch_output_wait_until(struct latch_output *output, int64_t time_ns);

/** The kernel was busy: have another look in a moment. */
void latch_output_retry(struct latch_output *output);

/** Makes the timer of late callbacks. Returns false without an fd or memory. */
bool latch_output_callbacks_init(struct latch_output *output);

/** Callbacks that wait stay with their surfaces, for another output. */
void latch_output_callbacks_finish(struct latch_output *output);

/** Tells the surfaces that are on screen that they may draw again: now, or when their time has
 * come. */
void latch_output_send_callbacks(struct latch_output *output);

/** Calls back those that run ahead and are in the frame that was just submitted. */
void latch_output_send_callbacks_ahead(struct latch_output *output);

/** No latch is planned any more. */
void latch_output_cancel(struct latch_output *output);

/** One latch: collect, assign, compose, submit; as it was planned. */
void latch_output_latch(struct latch_output *output, const struct latch_deadline_plan *plan);

/**
 * Makes the flat list of the output's layers, front to back, from the shell's surfaces, and says of
 * each whether planes may have it (layer->ready). with_cursor: the cursor is the frontmost of them.
 *
 * This is where wlroots' objects end: what comes after sees plain structs. Surfaces without a
 * ready buffer are left out. Returns false without memory. Allocates only while the list grows.
 */
bool latch_output_collect(struct latch_output *output, bool with_cursor);

/** Takes the shell's cursor over for the cursor's plane, of a KMS output. Returns whether the plane
 * has to look different from before. */
bool latch_output_update_cursor(struct latch_output *output);

/**
 * Lets the planner decide where the output's layers go (see plan/plan.h), and logs for each surface
 * when that has changed. Sets output->plan and the layers' places.
 */
void latch_output_assign(struct latch_output *output);

/** What the trace has to know of how a frame was planned. */
struct latch_flip_record latch_output_frame_record(const struct latch_output *output,
	const struct latch_deadline_plan *plan, int64_t latch_ns);

/**
 * Submits a prepared frame, *slot, which gets another frame in exchange. lifts: whose fifo barriers
 * fall with it; NULL: those of all surfaces on the output. Returns 0; or negative errno, and then
 * the frame is unchanged.
 */
int latch_output_submit(struct latch_output *output, struct latch_frame **slot,
	bool (*lifts)(void *data, struct wlr_surface *surface));

/** Nothing was submitted: what is on screen stays. Tries again, soon when the kernel was only busy,
 * else at a pace that costs nothing. */
void latch_output_failed(struct latch_output *output, int error);

/** Its own job has ended, or a buffer for it was made; data is the struct latch_output. */
void latch_output_picture_done(void *data);

/** The next frame is prepared, but its picture is still being drawn, or a buffer for it made. */
void latch_output_await_picture(struct latch_output *output);

/** Submits the awaited frame, if there is one, its picture is done, and nothing else is under way.
 * Returns whether it was. */
bool latch_output_submit_awaited(struct latch_output *output);

/** A latch while a frame is awaited: what is on planes now and then goes on without it. */
void latch_output_latch_planes(struct latch_output *output, const struct latch_deadline_plan *plan);

/** Whether a newer content of this surface is in the awaited picture than the one that is on
 * screen. */
bool latch_output_awaits(const struct latch_output *output, uint32_t surface_id,
	const struct latch_content *content);

/**
 * What was submitted is on screen. sequence: the vblank's number, 0 if unknown. flags: enum
 * wlr_output_present_flag without ZERO_COPY.
 */
void latch_output_flipped(
	struct latch_output *output, int64_t flip_ns, uint64_t sequence, uint32_t flags);

/** What was submitted was replaced before anybody saw it; it is what would be on screen now. */
void latch_output_not_flipped(struct latch_output *output);

/* scanout.c */

/** Of the planner's questions (see struct latch_plan_input); data is the struct latch_output.
 * LATCH_REASON_IMPORT_FAILED when the kernel makes no framebuffer of the layer's buffer, or 0. */
uint64_t latch_scanout_import(void *data, const struct latch_layer *layer, uint32_t fourcc);

/** Whether a colour is shown now where no plane is (BACKGROUND_COLOR): black needs no primary plane
 * then. Not with a new mode, for which drivers want a plane. On KMS only. */
bool latch_scanout_has_background(const struct latch_output *output);

/** The other one: asks the kernel for a whole plan, by a TEST_ONLY commit. 0 or -errno. */
int latch_scanout_test(
	void *data, const struct latch_layer *layers, size_t len, const struct latch_plan *plan);

/**
 * Fills in frame->scanout as the output's plan says. Returns 0, or -ENOMEM where there is no
 * picture to show.
 */
int latch_scanout_prepare(struct latch_output *output, struct latch_frame *frame);

/** The cursor's plane is to be as output->cursor has it now. Returns whether it differs from
 * before. */
bool latch_scanout_set_cursor(struct latch_output *output, struct latch_scanout *scanout);

/**
 * Submits one prepared frame of a KMS output by one nonblocking atomic commit: what is different
 * from the frame on screen. Planes that look as before are left out.
 *
 * Returns 0, or negative errno: -EBUSY when the last commit is not done yet, -EACCES when we are
 * not DRM master.
 */
int latch_scanout_submit(struct latch_output *output, struct latch_frame *frame);

/** The flip event of the output; data is the struct latch_output. */
void latch_scanout_handle_flip(void *data, const struct kms_flip *flip, uint64_t sequence);

/* window.c */

/** Listens to what the other compositor says of its frames. */
void latch_window_init(struct latch_output *output);

/** Shows the frame's composed picture in the window. Returns 0 or negative errno. */
int latch_window_submit(struct latch_output *output, struct latch_frame *frame);

/* refresh.c */

/**
 * The content type of the frame for the monitor (the connector's "content type", which HDMI's
 * infoframes carry): what the surface that fills the screen says by content-type-v1, else nothing.
 */
enum kms_content_type latch_content_type_for_frame(const struct latch_output *output);

/** Decides on tearing for the frame that is about to be submitted; logs changes for clients that
 * ask for it. */
enum latch_tearing_refusal latch_tearing_for_frame(
	struct latch_output *output, const struct latch_frame *now);

/** The kernel has refused the frame that was decided for last. */
void latch_tearing_refused(struct latch_output *output, int error);

/** Decides on variable refresh for the frame that is about to be submitted; logs a change where it
 * is wanted. */
bool latch_vrr_for_frame(struct latch_output *output, enum kms_content_type type);

/** A frame was submitted with it on or off: tells the tools. */
void latch_vrr_submitted(struct latch_output *output, bool on);

/* capture.c */

/** Drops the picture that is being taken, if one is; it is idle then, as it is when zeroed. */
void latch_capture_finish(struct latch_capture *capture);

/**
 * Takes a picture with the next frame and writes it to a PNG. path is borrowed until then. done
 * (may be NULL) is called when the file is there, or when it failed, which has been logged.
 * Returns false when the output has no writeback connector, or is taking a picture already.
 */
bool latch_output_capture(
	struct latch_output *output, const char *path, void (*done)(void *data), void *data);

/** Adds to a commit what the state asks for; returns whether it needs ALLOW_MODESET. */
bool latch_capture_add(struct latch_output *output, struct kms_commit *commit);

/**
 * Whether no other frame should be submitted now, because the picture is being written: drivers may
 * start with it a refresh late, and a frame that comes before is what they lose it by (vkms then
 * never signals). The output has another look later then.
 */
bool latch_capture_holds(struct latch_output *output, int64_t now_ns);

/** The commit was submitted, or failed. */
void latch_capture_submitted(struct latch_output *output, bool ok);

/* watchdog.c */

/** A look at a flip that is under way. */
struct latch_watchdog_look {
	/** Now, and when the look was planned for. */
	int64_t now_ns, planned_ns;
	int64_t submit_ns;
	/** Of the mode; 0 when unknown. */
	int64_t refresh_ns;
	/** The commit set a mode: links are trained, panels are powered. */
	bool modeset;
};

/** When to look again; 0: the flip is lost. Plain function. */
int64_t latch_watchdog_next(const struct latch_watchdog_look *look);

/** Makes the timer of the watchdog. Returns false without an fd or memory. */
bool latch_watchdog_init(struct latch_output *output);

/** A frame was submitted, whose flip has to come. */
void latch_watchdog_submitted(struct latch_output *output);

/**
 * Nothing reads the buffers of lost frames any more. shown: the frame that is on the screen now,
 * NULL: none.
 */
void latch_watchdog_let_go(
	struct latch_output *output, const struct latch_frame *shown, int64_t time_ns);

/* image_capture.c */

/** The globals, which end with the display. Before the backend starts. Returns false without
 * memory. */
bool latch_image_capture_create_globals(struct latch_core *core);

/** A new output; those that take pictures may want it. */
void latch_image_capture_add(struct latch_output *output);

/** Lets go of the last picture that was handed over. */
void latch_output_forget_picture(struct latch_output *output);

/**
 * Whether the next frame has to be composed whole, because a client captures it. False for
 * windows, where wlroots sees each frame anyway. Ask once per latch, before the plan is made: it
 * also lets go of what is kept for pictures when nobody takes any more.
 */
bool latch_output_wants_picture(struct latch_output *output);

/**
 * Hands a composed picture of the whole output to everybody who waits for one; they copy it before
 * this returns, or have their GPU job queued. To be called once per frame that was composed because
 * of latch_output_wants_picture(), after it was submitted. buffer stays the caller's.
 */
void latch_output_give_picture(
	struct latch_output *output, struct wlr_buffer *buffer, int64_t when_ns);
