/*
 * What one connection says, as far as it is about pictures, and latch-present's own requests in it:
 * a wp_presentation.feedback in front of each commit that brings a buffer.
 *
 * An id of its own can't be any number: libwayland's and other servers take a new id only where it
 * is the next one or was free again, and the client counts on by itself. So latch-present keeps ids
 * that the server has given back: it does not pass on some wl_display.delete_id, and the client, to whom
 * such an id is in use for ever, never takes it again. So no other message has to be understood or
 * changed, of protocols that nobody here knows as well.
 */
#pragma once

#include "objects.h"
#include "wire.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* wl_display, the object that each connection begins with. */
#define TAP_DISPLAY 1

/* Ids that are kept: so many updates of a connection can wait at a time for an answer. */
#define TAP_IDS 64

struct tap_id {
	uint32_t id;
	bool used; /* until its delete_id */
	struct report_surface *surface; /* whose feedback it is; NULL: it is none, or has been told */
	bool answered;
	struct latch_frame_record record;
};

struct tap {
	struct present_report *report;
	struct wire_pipe *requests; /* what goes to the compositor */
	int32_t pid;
	char label[LATCH_TEXT_MAX]; /* of surfaces without an app id */
	int64_t now_ns;		    /* when what is handled came; set before each call */

	struct objects objects;
	struct tap_id ids[TAP_IDS];
	size_t ids_length, unsent, answered;

	uint32_t registry, presentation_name, presentation_version; /* 0: not known */
	uint32_t presentation;					     /* our own wp_presentation */
	clockid_t clock; /* of wp_presentation */
};

/** Empty, for one connection. The report and the pipe are borrowed. */
void tap_init(struct tap *tap, struct present_report *report, struct wire_pipe *requests,
	int32_t pid, const char *label);

/** The connection has ended: what waits is told as of unknown end, and all is freed. */
void tap_finish(struct tap *tap);

/** Passes on a request of the client, and what is to go before it. */
void tap_request(struct tap *tap, const struct wire_message *message);

/** Asks for the feedback of a commit, which goes on next: surface_id is the client's. Returns false
 * where no id is free, or the compositor has no wp_presentation. */
bool tap_ask(struct tap *tap, uint32_t surface_id, struct report_surface *surface,
	const struct latch_frame_record *record);

/** Whether an event of the compositor is for the client; if not, it was for latch-present. */
bool tap_event(struct tap *tap, const struct wire_message *message);

/** What went out is with the compositor: this is the time of its commits. */
void tap_sent(struct tap *tap, int64_t now_ns);

/** Tells of what was answered: not before all has gone on to the client. */
void tap_tell(struct tap *tap);
