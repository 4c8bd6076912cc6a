/* SPDX-License-Identifier: MIT */
#pragma once

#include "plan/settle.h"

/** More visible layers than this on one output are composed all. */
#define LATCH_PLAN_MAX_LAYERS 64
/** Planes that one output can use. */
#define LATCH_PLAN_MAX_PLANES 32
/** TEST_ONLY commits that a new arrangement may cost, unless an option says otherwise. */
#define LATCH_PLAN_MAX_TESTS 24
/** Combinations that the kernel refused and that are remembered. */
#define LATCH_PLAN_MAX_REFUSALS 32

/** Which step of the ladder a plan is from. */
enum latch_rung {
	/** Nothing changed but buffers: the last plan, without a question to the kernel. */
	LATCH_RUNG_REUSED,
	/** Every visible layer is on a plane, nothing is composed. */
	LATCH_RUNG_PLANES,
	/** Some are composed, others are on planes above or below that picture. */
	LATCH_RUNG_MIXED,
	/** Everything is composed. */
	LATCH_RUNG_COMPOSED,
};

/** "reused", "planes", "mixed", "composed". */
const char *latch_rung_name(enum latch_rung rung);

/** What to show; each layer's part of it is in the layer. */
struct latch_plan {
	enum latch_rung rung;
	/** Layers of which something is visible, but for the background, and how many of them are
	 * on planes. */
	size_t visible, on_planes;
	/**
	 * The primary plane is not a layer's: it shows the composed picture, or black where no
	 * layer is to be composed.
	 */
	bool primary_is_ours;
	/** Some layers are to be drawn. */
	bool composed;
	/** The composed picture has holes for underlays: its pixels' alpha counts. */
	bool holes;
	/** The colour of a LATCH_LAYER_BACKGROUND, as struct latch_layer has it; 0: there is none. */
	uint64_t background;
	/** For the primary plane when it is ours; -1: not to be written. */
	int64_t primary_zpos;
	/** TEST_ONLY commits that making this plan has cost. */
	unsigned tests;
};

/** What the planner has to know about the output. */
struct latch_plan_input {
	/** Size in pixels of the output's mode. */
	int32_t width, height;
	/**
	 * The planes that this output may use now, the primary one among them. None: the output is
	 * a window.
	 */
	const struct kms_plane *const *planes;
	size_t planes_len;
	const struct kms_plane *primary;
	/** Planes without zpos are stacked by id, whatever their type; else their order is
	 * unknown. */
	bool stacks_by_id;
	/** The primary plane can show the composed picture with its alpha. */
	bool primary_alpha;
	/** The CRTC shows a colour where no plane is. */
	bool has_background;
	/** What the output expects. */
	struct color_description color;
	/** False where an option forbids direct scanout. */
	bool scanout_allowed;
	/** This frame has to be composed whole for a client that takes a picture. */
	bool captured;
	/** Something is composed on screen now, so it is no hurry to stop it. */
	bool composing;
	/** TEST_ONLY commits that one call may make. */
	unsigned max_tests;

	/**
	 * Whether the kernel makes a framebuffer of the layer's buffer with this fourcc. Called
	 * for formats only that the plane has. 0, or the reasons against it.
	 */
	uint64_t (*import)(void *data, const struct latch_layer *layer, uint32_t fourcc);
	/**
	 * Asks the kernel by a TEST_ONLY commit whether these layers can be shown as their place,
	 * plane and zpos say: 0, or negative errno.
	 */
	int (*test)(void *data, const struct latch_layer *layers, size_t len,
		const struct latch_plan *plan);
	void *data;
};

/** A combination of layers on planes that the kernel refused. */
struct latch_refusal {
	/** Bit i: layers[i] of the arrangement is part of it, on a plane of this class. */
	uint64_t layers;
	uint8_t plane_class[LATCH_PLAN_MAX_LAYERS];
};

/**
 * What was decided last time, so that a frame that changes nothing but buffers is not tested, and
 * what the kernel refused. Zero it to begin with; it owns nothing.
 */
struct latch_plan_memory {
	bool valid;
	/** The arrangement that all of this is about, front to back, and where its layers were. */
	struct latch_layer layers[LATCH_PLAN_MAX_LAYERS];
	size_t layers_len;
	const struct kms_plane *planes[LATCH_PLAN_MAX_PLANES];
	size_t planes_len;
	/** Planes of the same class can do the same, but for their height in the stack. */
	uint8_t classes[LATCH_PLAN_MAX_PLANES];
	/** Bit i: layers[i] fits a plane, and only waits until it has settled. */
	uint64_t waiting_candidates;
	bool scanout_allowed, captured, has_background;

	struct latch_plan plan;

	/** Bit p of refused_planes[i]: layers[i] alone was refused on planes[p]. */
	uint32_t refused_planes[LATCH_PLAN_MAX_LAYERS];
	/** Why, as far as it could be found out, and the errno. */
	uint64_t refused_reasons[LATCH_PLAN_MAX_LAYERS];
	int refused_errno[LATCH_PLAN_MAX_LAYERS];
	struct latch_refusal refusals[LATCH_PLAN_MAX_REFUSALS];
	size_t refusals_len;
	/** Real commits of plans that had passed their test, and failed. */
	unsigned refused_commits;
	/** There were too many of those: compose until something changes. */
	bool compose_all;
};

/**
 * Decides which layers are visible, and which of them go to which plane.
 *
 * As many layers as possible are on planes, never at the cost of a wrong picture: overlapping
 * layers keep their order, and nothing shines through where it should not. Tries in this order:
 * the last plan, if nothing changed but buffers; everything on planes; some on planes and the rest
 * composed into one picture on the primary plane, with the others above it or, seen through a
 * hole in it, below; everything composed. Each layer that is not on a plane gets its reasons.
 *
 * layers: front to back; place, plane, zpos, underlay, reasons and test_errno are written.
 *
 * Plain function over plain structs: the two callbacks are the only way out. It allocates nothing.
 */
struct latch_plan latch_plan_make(struct latch_layer *layers, size_t len,
	const struct latch_plan_input *input, struct latch_plan_memory *memory);

/**
 * The kernel refused a commit of the last plan although it had passed its test. The next
 * latch_plan_make() tries something else; error: negative errno.
 */
void latch_plan_refused(struct latch_plan_memory *memory, int error);

/** Forgets everything: after a modeset, a hotplug, a switch of the session. */
void latch_plan_forget(struct latch_plan_memory *memory);
