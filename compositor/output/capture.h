#ifndef LATCH_OUTPUT_CAPTURE_H
#define LATCH_OUTPUT_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

struct kms_commit;
struct kms_writeback;
struct latch_output;
struct wl_event_source;

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

#endif
