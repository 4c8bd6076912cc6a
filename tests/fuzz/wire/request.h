/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client.h"
#include "reader.h"

#define MAX_GLOBALS 96

/** What the registry offers: from real events, so that no list is kept of it. */
struct globals {
	struct global {
		uint32_t name, version;
		char interface[80];
	} list[MAX_GLOBALS];
	size_t len;
};

/**
 * Reads one request of an input (input.h) and puts it in the client's queue. The client has a
 * wl_client.
 */
void request_read(struct reader *reader, struct client *client, const struct globals *globals,
	bool mangled);

/** Puts a wl_registry.bind of this global in the queue, or wl_display.get_registry. */
void request_bind(struct client *client, uint32_t registry, const struct global *global);
uint32_t request_get_registry(struct client *client);
