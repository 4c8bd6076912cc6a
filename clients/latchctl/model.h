#ifndef LATCHCTL_MODEL_H
#define LATCHCTL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What latch told of its outputs, planes and layers, as plain data. receive.c fills it from the
 * events of zlatch_inspector_planes_v1; table.c, json.c and svg.c write it. Enums and bits are the
 * protocol's, see protocols/latch-inspector-unstable-v1.xml.
 */

struct model_format {
	uint32_t fourcc;
	uint64_t *modifiers;
	size_t modifiers_len;
};

struct model_plane {
	uint32_t id;
	uint32_t type, use;
	/** Owned; with use other_output the other's name, else empty. */
	char *user;
	/** With use layer the layer's surface. */
	uint32_t surface;
	bool has_zpos, zpos_immutable;
	int32_t zpos_min, zpos_max;
	uint32_t features, rotations, blend_modes, color_encodings, color_ranges;
	struct model_format *formats;
	size_t formats_len;
};

struct model_reason {
	char *name, *text;
};

struct model_layer {
	uint32_t kind;
	uint32_t surface;
	int32_t pid;
	char *app_id, *title;

	bool dmabuf;
	int32_t buffer_width, buffer_height;
	uint32_t fourcc;
	uint64_t modifier;

	double src_x, src_y, src_width, src_height;
	int32_t dst_x, dst_y, dst_width, dst_height;
	int32_t transform;
	/** 0 to 65535. */
	uint32_t alpha;
	bool opaque;

	uint32_t place;
	/** 0 where it has none. */
	uint32_t plane;
	/** -1 where none was written. */
	int32_t zpos;
	bool underlay;
	struct model_reason *reasons;
	size_t reasons_len;
	/** Positive errno, 0 for none. */
	int32_t test_errno;
	/** How many updates of its surface are held; then why, and for how long. */
	uint32_t held;
	char *held_by, *held_text; /* NULL for none */
	uint32_t held_age_ms;
};

struct model_output {
	char *name, *description;
	/** NULL for a window of another compositor: then there are no planes. */
	char *node, *driver;
	uint32_t clock;
	int32_t width, height, refresh_mhz;
	/** 120ths. */
	uint32_t scale;
	int32_t transform;

	char *rung;
	bool composed;
	uint32_t visible, on_planes, tests;

	struct model_plane *planes;
	size_t planes_len;
	/** Front to back. */
	struct model_layer *layers;
	size_t layers_len;
};

/** Empty when zeroed. Every string is owned, valid UTF-8 and without control characters. */
struct model {
	struct model_output *outputs;
	size_t outputs_len;
};

void model_finish(struct model *model);

/**
 * Append one zeroed element to the last output, plane or layer. NULL without memory, or where there
 * is nothing to append to. The pointer is valid until the next call.
 */
struct model_output *model_add_output(struct model *model);
struct model_plane *model_add_plane(struct model_output *output);
struct model_layer *model_add_layer(struct model_output *output);
struct model_reason *model_add_reason(struct model_layer *layer);

/** Appends a zeroed element of `size` bytes to any such array. NULL without memory. */
void *model_append(void **array, size_t *len, size_t size);

/** Adds modifiers to a format, which is made when it is not there. False without memory. */
bool model_add_format(
	struct model_plane *plane, uint32_t fourcc, const uint64_t *modifiers, size_t len);

/**
 * A copy that can be printed anywhere: '?' takes the place of each byte that is no UTF-8 and of
 * each control character. Titles come from any client, and a terminal obeys what it is sent. The
 * caller frees it; NULL without memory. NULL counts as "".
 */
char *model_clean_text(const char *text);

/** By name, NULL when there is none. */
const struct model_output *model_find_output(const struct model *model, const char *name);

/** By KMS id, NULL when there is none. */
const struct model_plane *model_find_plane(const struct model_output *output, uint32_t id);

/** The layer of this surface, NULL when there is none. */
const struct model_layer *model_find_layer(const struct model_output *output, uint32_t surface);

/** The format of a plane, NULL when it can't show it. */
const struct model_format *model_find_format(const struct model_plane *plane, uint32_t fourcc);

#endif
