/* SPDX-License-Identifier: MIT */
#pragma once

#include "kms/commit.h"
#include "kms/framebuffer.h"

/*
 * A picture of what a CRTC really shows, all planes blended, written by the display hardware
 * itself. For capture and for tests; can take several refreshes (vkms: 100 ms).
 *
 *	job = kms_writeback_create(...);
 *	kms_writeback_add(job, &commit);	// any commit of that CRTC, with ALLOW_MODESET
 *	kms_commit_submit(...), or kms_writeback_add() to another one
 *	poll job->fence_fd until it has signalled, without an error
 *	... read job->buffer->map ...
 *	kms_commit_disable_connector(&commit, job->connector);	// a later one, with ALLOW_MODESET
 *	kms_writeback_destroy(job);
 */
struct kms_writeback {
	const struct kms_connector *connector;
	const struct kms_crtc *crtc;
	/** Owned, mapped: the picture. */
	struct kms_dumb_buffer *buffer;
	/** Owned: a sync_file, which the kernel fills in when the commit is submitted; -1 before.
	 */
	int32_t fence_fd;
};

/** The writeback connector of a device that can be on a CRTC; NULL when there is none. */
const struct kms_connector *kms_writeback_find(
	const struct kms_device *device, const struct kms_crtc *crtc);

/**
 * Prepares a capture of the size of the CRTC's mode. XRGB8888 where the connector has it, else
 * ARGB8888. Returns NULL with errno set: ENOTSUP when there is no
 * writeback connector for this CRTC, or no format.
 */
struct kms_writeback *kms_writeback_create(
	struct kms_device *device, const struct kms_crtc *crtc, uint32_t width, uint32_t height);

/** Frees it. When it was added to a commit that went through, wait for it first. NULL is fine. */
void kms_writeback_destroy(struct kms_writeback *job);

/** Adds the capture to a commit. job must not move until that is submitted. */
void kms_writeback_add(struct kms_writeback *job, struct kms_commit *commit);
