#ifndef LATCH_INSPECT_SNAPSHOT_H
#define LATCH_INSPECT_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-protocol.h>
#include <wlr/util/box.h>

/*
 * What the inspector tells, as plain data: who fills it knows outputs and planes, who sends it
 * knows the protocol, and neither knows the other.
 */

struct kms_format_set;

/** Room for a name, cut off where it is longer: a Wayland message has 4096 bytes for all. */
#define LATCH_SNAPSHOT_TEXT 256
#define LATCH_SNAPSHOT_MAX_REASONS 32

/* The numbers of these enums are the protocol's. */

enum latch_snapshot_plane_use {
	LATCH_SNAPSHOT_FREE,
	LATCH_SNAPSHOT_LAYER,
	LATCH_SNAPSHOT_COMPOSED_PICTURE,
	LATCH_SNAPSHOT_BLACK,
	LATCH_SNAPSHOT_CURSOR,
	LATCH_SNAPSHOT_OTHER_OUTPUT,
};

enum latch_snapshot_place {
	LATCH_SNAPSHOT_COMPOSED,
	LATCH_SNAPSHOT_COVERED,
	LATCH_SNAPSHOT_ON_PLANE,
};

/** A plane that an output's CRTC can use. */
struct latch_snapshot_plane {
	uint32_t id;
	/** enum kms_plane_type. */
	uint32_t type;
	enum latch_snapshot_plane_use use;
	/** With LATCH_SNAPSHOT_OTHER_OUTPUT its name, borrowed; else NULL. */
	const char *user;
	/** With LATCH_SNAPSHOT_LAYER the layer's surface. */
	uint32_t surface;

	bool has_zpos, zpos_immutable;
	int32_t zpos_min, zpos_max;
	/** Bits as in struct kms_plane. */
	uint32_t rotations, blend_modes, color_encodings, color_ranges;
	bool has_alpha, has_modifiers;
	/** Borrowed. */
	const struct kms_format_set *formats;
};

/** A reason by its stable name and in words, both static. */
struct latch_snapshot_reason {
	const char *name, *text;
};

struct latch_snapshot_layer {
	bool is_cursor;
	uint32_t surface;
	/** 0 when unknown. */
	int32_t pid;
	char app_id[LATCH_SNAPSHOT_TEXT], title[LATCH_SNAPSHOT_TEXT];

	bool is_dmabuf;
	int32_t buffer_width, buffer_height;
	uint32_t fourcc;
	uint64_t modifier;

	/** See struct latch_layer. */
	struct wlr_fbox src;
	struct wlr_box dst;
	enum wl_output_transform transform;
	uint16_t alpha;
	bool opaque;

	enum latch_snapshot_place place;
	/** 0 where it is on none. */
	uint32_t plane_id;
	int32_t zpos;
	bool underlay;
	struct latch_snapshot_reason reasons[LATCH_SNAPSHOT_MAX_REASONS];
	size_t reasons_len;
	/** Positive errno, 0 for none. */
	int test_errno;
};

struct latch_snapshot_output {
	char name[LATCH_SNAPSHOT_TEXT], description[LATCH_SNAPSHOT_TEXT];
	/** Borrowed; node is NULL for a window of another compositor. */
	const char *node, *driver;
	bool simulated_clock;

	int32_t width, height, refresh_mhz;
	float scale;
	enum wl_output_transform transform;

	/** latch_rung_name(). */
	const char *rung;
	bool composed;
	uint32_t visible, on_planes, tests;

	struct latch_snapshot_plane *planes;
	size_t planes_len;
	/** Front to back. */
	struct latch_snapshot_layer *layers;
	size_t layers_len;
};

/** Empty when zeroed. */
struct latch_snapshot {
	struct latch_snapshot_output *outputs;
	size_t outputs_len;
};

void latch_snapshot_finish(struct latch_snapshot *snapshot);

/**
 * Append one zeroed element. NULL without memory; what is there stays. The pointer is valid until
 * the next call for the same array.
 */
struct latch_snapshot_output *latch_snapshot_add_output(struct latch_snapshot *snapshot);
struct latch_snapshot_plane *latch_snapshot_add_plane(struct latch_snapshot_output *output);
struct latch_snapshot_layer *latch_snapshot_add_layer(struct latch_snapshot_output *output);

/** Appends a zeroed element of `size` bytes to any such array, as above. */
void *latch_snapshot_append(void **array, size_t *len, size_t size);

/** Appends a reason; those beyond LATCH_SNAPSHOT_MAX_REASONS are dropped. */
void latch_snapshot_add_reason(
	struct latch_snapshot_layer *layer, const char *name, const char *text);

/** Copies a string; one that is too long is cut between characters. NULL counts as "". */
void latch_snapshot_set_text(char text[LATCH_SNAPSHOT_TEXT], const char *source);

#endif
