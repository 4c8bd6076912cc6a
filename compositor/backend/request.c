/* SPDX-License-Identifier: MIT */
#include "backend/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/box.h"
#include "base/options.h"

/* As tools for outputs have them, see output/management.c. */
#define MIN_SCALE 0.25
#define MAX_SCALE 16.0
/* No layout is as large. */
#define MAX_POSITION 100000

static bool parse_position(const char *text, struct latch_output_request *request) {
	char *y_text, *end;
	const long x = strtol(text, &y_text, 10);
	const bool has_y = *y_text == '+' || *y_text == '-';
	const long y = has_y ? strtol(y_text, &end, 10) : 0;
	if (!has_y || end == y_text || *end != '\0' || labs(x) > MAX_POSITION ||
		labs(y) > MAX_POSITION) {
		return false;
	}
	request->placed = true;
	request->x = (int32_t)x;
	request->y = (int32_t)y;
	return true;
}

static bool parse_transform(const char *text, struct latch_output_request *request) {
	for (size_t i = 0; i < LATCH_TRANSFORMS; i++) {
		if (strcmp(text, latch_transform_names[i]) == 0) {
			request->turned = true;
			request->transform = (enum wl_output_transform)i;
			return true;
		}
	}
	return false;
}

/* Each kind once: another one would be a mistake. */
static bool parse_part(const char *text, struct latch_output_request *request) {
	double scale;
	if (text[0] == '+' || text[0] == '-') {
		return !request->placed && parse_position(text, request);
	}
	if (text[0] == 'x') {
		bool ok = request->scale == 0 &&
			  option_parse_real(text + 1, MIN_SCALE, MAX_SCALE, &scale);
		request->scale = ok ? (float)scale : request->scale;
		return ok;
	}
	return (!request->turned && parse_transform(text, request)) ||
	       (request->mode.width == 0 && kms_mode_request_parse(&request->mode, text));
}

bool latch_output_request_parse(const char *text, struct latch_output_requests *requests) {
	struct latch_output_request request = {0};
	const size_t name_len = strcspn(text, ":");
	if (text[name_len] == '\0' || name_len >= sizeof(request.name)) {
		fprintf(stderr, "latch: --output takes NAME:PART[,PART...], not '%s'\n", text);
		return false;
	}
	if (requests->len == LATCH_OUTPUT_REQUESTS_MAX) {
		fprintf(stderr, "latch: more than %d times --output or --mode\n",
			LATCH_OUTPUT_REQUESTS_MAX);
		return false;
	}
	memcpy(request.name, text, name_len);
	for (text += name_len; *text != '\0'; text += strcspn(text, ",")) {
		char part[32];
		const int len = (int)strcspn(++text, ",");
		snprintf(part, sizeof(part), "%.*s", len, text);
		if (len >= (int)sizeof(part) || !parse_part(part, &request)) {
			fprintf(stderr,
				"latch: --output: '%.*s' is no mode (WxH@HZ), scale (x1.5), "
				"transform (flipped-90) or position (+X+Y), or the second one\n",
				len, text);
			return false;
		}
	}
	requests->list[requests->len++] = request;
	return true;
}

struct latch_output_request latch_output_requests_find(
	const struct latch_output_requests *requests, const char *name) {
	struct latch_output_request found = {0};
	for (size_t i = 0; i < requests->len; i++) {
		const struct latch_output_request *one = &requests->list[i];
		if (one->name[0] != '\0' && strcasecmp(one->name, name) != 0) {
			continue;
		}
		found.mode = one->mode.width > 0 ? one->mode : found.mode;
		found.scale = one->scale > 0 ? one->scale : found.scale;
		if (one->turned) {
			found.turned = true;
			found.transform = one->transform;
		}
		if (one->placed) {
			found.placed = true;
			found.x = one->x;
			found.y = one->y;
		}
	}
	return found;
}
