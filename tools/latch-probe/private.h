#pragma once

#include "probe.h"

/* Pixels: what planes show unless the test is about that; and a framebuffer that parts are shown
 * of. */
#define PROBE_SIDE 64
#define PROBE_LARGE_SIDE 1024

/* Planes that are tested together. */
struct probe_set {
	struct {
		size_t plane;
		struct kms_plane_state state;
	} shown[LATCH_PLAN_MAX_PLANES];
	size_t len;
};

/** Tests them, asks for an out-fence too. 0 or negative errno. */
int probe_test(struct probe *probe, const struct probe_set *set, bool out_fence);

/** A framebuffer, made at the first call; 0: there is none. */
uint32_t probe_fb_of(struct probe *probe, uint32_t width, uint32_t height, uint32_t fourcc);

bool probe_is_primary(const struct probe *probe, size_t i);

/** All of the screen; and a plane's usual picture: that where it takes nothing else, or a square
 * beside the others'. */
struct kms_plane_state probe_show_whole(struct probe *probe, uint32_t fourcc);
struct kms_plane_state probe_show(struct probe *probe, size_t i, uint32_t fourcc);

/** The primary plane over all of the screen, as in most pictures; empty where it takes none. */
struct probe_set probe_ground(struct probe *probe);

/** Adds a plane if the set is taken with it. */
bool probe_add(struct probe *probe, struct probe_set *set, size_t i, struct kms_plane_state state);

/** Whether a plane takes this, above the primary one where there is that. */
bool probe_takes(struct probe *probe, size_t i, struct kms_plane_state state);

/** Finds what it can show at all; returns false for nothing. */
bool probe_find_formats(struct probe *probe, size_t i);

void probe_plane_alone(struct probe *probe, size_t i);
void probe_planes_together(struct probe *probe);
void probe_async(struct probe *probe);
