/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "buffers.h"
#include "common/connection.h"
#include "common/look.h"
#include "common/presentation.h"
#include "common/window.h"
#include "options.h"
#include "wsi.h"

struct measure_report;

/** One run of latch-client: a window on a connection, and what it shows. */
struct client {
	struct client_options options;
	struct connection conn;
	struct window window;
	struct presentation presentation;
	struct look look;
	struct client_buffers buffers;
	struct wsi wsi; /* in the place of the buffers */
	int gpu; /* the simulated one, which finishes what the CPU has drawn; -1: none */
	int signal_fd;

	uint32_t next_frame;
	bool stalled; /* the frame that is due waits for a release */
	bool ended;   /* a signal came */
	uint64_t drawn, stalls;
	int64_t first_commit_ns;
	int64_t run_ns; /* known at the end */
};

/** Whether the buffers have not the size that they have to have now. */
bool client_resized(const struct client *client);

/** Makes buffers that fit the window and the latest feedback. Returns false, having said why. */
bool client_prepare_buffers(struct client *client);

/** A buffer that may be drawn into, or NULL; then the frame that is due is counted as stalled. */
struct ring_buffer *client_take_buffer(struct client *client);

/** Gives a picture that is drawn to the simulated GPU. Returns its fence, a sync_file that the caller
 * owns; or -1, having said why. */
int client_finish_picture(struct client *client, const struct ring_buffer *buffer);

/**
 * Commits a buffer, and asks for a frame callback.
 *
 * @param fence as sync_slot_commit() takes it
 * @param clock of the time that presentation feedback is to be compared with
 * @param watch whether it is a frame that counts
 * @return the time, which is taken last of all before; 0 when it can't go on, having said why
 */
int64_t client_commit(
	struct client *client, struct ring_buffer *buffer, int fence, clockid_t clock, bool watch);

/**
 * Waits for what the compositor, a signal or a fence brings, and takes it.
 *
 * @param timer_fd one more to wait for; -1: none
 * @return false when the connection broke
 */
bool client_wait(struct client *client, int timer_fd);

/** How fences pass, for people: "syncobj", ... */
const char *client_sync_name(const struct client *client);

/* What a run was made of, and what came of it. The client has buffers; measured is NULL where
 * nothing was measured. */

/** Prints it for people, on standard output. */
void report_print(const struct client *client, const struct measure_report *measured);

/** Writes it as JSON into --json's file. Returns false, having said why. */
bool report_write_json(const struct client *client, const struct measure_report *measured);
