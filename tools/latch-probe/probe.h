/* SPDX-License-Identifier: MIT */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

#include "kms/device.h"
#include "profile/profile.h"

/** An answer that a run can find, or not. */
enum probe_answer {
	PROBE_UNKNOWN,
	PROBE_NO,
	PROBE_YES,
};

/** What is known of a plane beside its limits; by its index in the profile. */
struct probe_plane {
	/** The plane of the device. */
	const struct kms_plane *plane;
	/** A linear format of each kind that it took, 0: it took none. */
	uint32_t rgb, ycbcr;
	/** Whether it took an IN_FENCE_FD, and both ends of the range of its zpos. */
	enum probe_answer fence, moves;
};

/** A framebuffer that was made, to be used again. */
struct probe_fb {
	uint32_t width, height, fourcc, id;
};

#define PROBE_MAX_FBS 128

/** All of a run. Zero it, fill in what is above "found out", run it, and finish it. */
struct probe {
	struct kms_device *device;
	const struct kms_crtc *crtc;
	const struct kms_connector *connector;
	const struct kms_mode *mode;
	/** Makes a linear framebuffer. Returns its id, which probe_finish() gives back, or 0. */
	uint32_t (*make_fb)(void *data, uint32_t width, uint32_t height, uint32_t fourcc);
	void *data;
	/** A sync_file that has signalled, borrowed; -1: none could be made. */
	int signalled_fence;
	/** Becomes true when the run is to end. */
	const volatile sig_atomic_t *interrupted;

	/** What was found out. The planes' formats are the device's. */
	struct latch_profile profile;
	struct probe_plane planes[LATCH_PLAN_MAX_PLANES];
	enum probe_answer out_fence, async;
	unsigned tests;

	/** What ended the run, a negative errno: the device stayed busy or got another master, memory
	 * was out, or the run was interrupted. */
	int error;
	int refusal; // the errno, positive, of the last commit that was refused
	uint32_t mode_blob;
	struct probe_fb fbs[PROBE_MAX_FBS];
	size_t fbs_len;
};

/**
 * Asks the driver by TEST_ONLY commits what the planes of a CRTC can do; nothing on the screen
 * changes. The device's file must be DRM master. Returns 0 or negative errno: -EOPNOTSUPP when no
 * plane was accepted in any way.
 */
int probe_run(struct probe *probe);

/** Gives framebuffers and the mode's blob back, in the middle of a run too. */
void probe_finish(struct probe *probe);

/** Prints what was found out, for people. */
void probe_print(FILE *file, const struct probe *probe, const char *path);

/** Writes it as a profile, see docs/planes.md. Returns false without memory, or errno. */
bool probe_write(FILE *file, const struct probe *probe);
