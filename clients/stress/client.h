/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "buffers.h"
#include "common/connection.h"
#include "common/window.h"
#include "run.h"
#include "source.h"

/** A window with buffers, and fences of a way. */
struct stress_surface {
	struct window window;
	struct client_buffers buffers;
	struct client_options buffer_options;
	int next; /* the buffer that a flood takes */
	const struct sync_slot *previous; /* of the last commit; NULL: there was none */
	struct source *source;	     /* of the fence that waits for the answer to sync */
	struct wl_callback *answer;  /* wl_display.sync, with FENCE_USER */
	bool good; /* the first update, which shows something, was made */
};

/** A connection with surfaces. */
struct stress_client {
	const struct stress_options *options;
	struct connection conn;
	struct stress_surface *surfaces;
	int num_surfaces;
	uint64_t commits;
};

/** Connects, and looks whether the compositor has what is needed. Says what is wrong. */
enum client_exit stress_client_init(
	struct stress_client *client, const struct stress_options *options);
void stress_client_finish(struct stress_client *client);

/** Makes the windows and their buffers, and waits until they may be shown. */
enum client_exit stress_client_make_surfaces(struct stress_client *client);

/**
 * Says for the next commit which buffer and which fence it has, all but the commit itself.
 *
 * @param spec   the fence; not FENCE_RANDOM
 * @param source of the fences
 * @return false where no buffer is free or, after a sentence, where the fence can't be had
 */
bool stress_surface_prepare(struct stress_client *client, struct stress_surface *surface,
	const struct fence_spec *spec, struct source *source);

/** The same, and the commit. */
bool stress_surface_commit(struct stress_client *client, struct stress_surface *surface,
	const struct fence_spec *spec, struct source *source);
