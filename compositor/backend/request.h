/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-protocol.h>

#include "kms/mode.h"

#define LATCH_OUTPUT_REQUESTS_MAX 16

/** What the user asks of an output on the command line. What was not asked for is 0 or false. */
struct latch_output_request {
	char name[32]; /* of the connector; "": of any */
	struct kms_mode_request mode;
	float scale;
	bool turned; /* transform is asked for */
	enum wl_output_transform transform;
	bool placed; /* at x, y in the layout */
	int32_t x, y;
};

struct latch_output_requests {
	struct latch_output_request list[LATCH_OUTPUT_REQUESTS_MAX];
	size_t len;
};

/**
 * Reads "NAME:PART[,PART...]" and adds it. A part is a mode (WxH or WxH@HZ), a scale (xN), a
 * transform (normal, 90, flipped-90, ...) or a position (+X+Y), each once; without a NAME it is of
 * all outputs.
 *
 * Returns false, changing nothing, after a sentence on stderr that names what is wrong.
 */
bool latch_output_request_parse(const char *text, struct latch_output_requests *requests);

/** All that is asked of this output; of what was asked for twice, the last. */
struct latch_output_request latch_output_requests_find(
	const struct latch_output_requests *requests, const char *name);
