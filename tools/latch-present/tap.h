/* SPDX-License-Identifier: MIT */
/*
 * One connection: what its messages say about pictures, and the requests that latch-present adds to
 * them, a wp_presentation.feedback in front of each commit that brings a buffer.
 *
 * latch-present can't choose the ids of its own objects freely: a server takes a new id only where
 * it is the next one or one that was deleted, and the client goes on counting by itself. So
 * latch-present uses ids of the client's that the server has deleted: it keeps some
 * wl_display.delete_id events to itself, and the client, which takes such an id for one that is in
 * use, never uses it again. No message has to be renumbered, so that those of protocols which
 * latch-present does not know can go by as they are.
 */
#pragma once

#include "objects.h"
#include "wire.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* wl_display, the object that each connection begins with. */
#define TAP_DISPLAY 1

/* How many ids are kept at most: so many updates of a connection can wait for their feedback. */
#define TAP_IDS 64

struct tap_id {
	uint32_t id;
	bool used; /* from the request that takes it to the server's delete_id */
	struct report_surface *surface; /* whose feedback it is; NULL: nobody's, or the report has it */
	bool answered; /* presented or discarded has come, and the report does not have it yet */
	struct latch_frame_record record;
};

struct tap {
	struct present_report *report;
	struct wire_pipe *requests; /* what goes to the compositor */
	int32_t pid;
	char label[LATCH_TEXT_MAX]; /* of surfaces without an app id */
	int64_t now_ns;		    /* when the message came; the caller sets it before each call */

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

/** The connection has ended: updates that still wait are told with an unknown end, all is freed. */
void tap_finish(struct tap *tap);

/** Passes on a request of the client, after the request for feedback where it is such a commit. */
void tap_request(struct tap *tap, const struct wire_message *message);

/** Asks for the feedback of a commit, which goes on next: surface_id is the client's. Returns false
 * where no id is free, or the compositor has no wp_presentation. */
bool tap_ask(struct tap *tap, uint32_t surface_id, struct report_surface *surface,
	const struct latch_frame_record *record);

/** Whether an event of the compositor is for the client; if not, it was for latch-present. */
bool tap_event(struct tap *tap, const struct wire_message *message);

/** All requests were sent to the compositor at this time, which is that of their commits. */
void tap_sent(struct tap *tap, int64_t now_ns);

/** Tells the report of all updates that were answered. It takes time, so it is to be called after
 * the events have gone on to the client. */
void tap_tell(struct tap *tap);
