/* SPDX-License-Identifier: MIT */
#pragma once

#include "probe.h"

/* In pixels: a side of the square that a plane shows where the test is not about sizes, and a side
 * of the framebuffer that this square is cut out of. */
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

/** Asks for these planes in one test commit, with an out-fence if that is wanted. Returns 0 or
 * negative errno. */
int probe_test(struct probe *probe, const struct probe_set *set, bool out_fence);

/** A framebuffer, made at the first call; 0: there is none. */
uint32_t probe_fb_of(struct probe *probe, uint32_t width, uint32_t height, uint32_t fourcc);

bool probe_is_primary(const struct probe *probe, size_t i);

/** A picture over all of the screen. */
struct kms_plane_state probe_show_whole(struct probe *probe, uint32_t fourcc);

/** A plane's usual picture: a square beside those of the other planes; a cursor of a size that it
 * takes; or all of the screen, where the plane takes nothing else. */
struct kms_plane_state probe_show(struct probe *probe, size_t i, uint32_t fourcc);

/** What is below the others in most tests: the primary plane over all of the screen. Empty where it
 * takes no picture. */
struct probe_set probe_ground(struct probe *probe);

/** Adds a plane to the set if the driver takes both together. Returns whether it does. */
bool probe_add(struct probe *probe, struct probe_set *set, size_t i, struct kms_plane_state state);

/** Whether the driver takes this plane, with the ground below it where it is not the primary
 * one. */
bool probe_takes(struct probe *probe, size_t i, struct kms_plane_state state);

/** Finds the formats that a plane shows. Returns false where it shows nothing. */
bool probe_find_formats(struct probe *probe, size_t i);

void probe_plane_alone(struct probe *probe, size_t i);
void probe_planes_together(struct probe *probe);
void probe_async(struct probe *probe);
