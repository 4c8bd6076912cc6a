/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * latch's planner and libliftoff on the same layers, planes and kernel. device_fake.c has a device
 * in memory (tests/unit/kms/fake_drm.h under both), device_card.c a real one.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "card.h"
#include "plan/plan.h"

#define BENCH_MAX_LAYERS 16

struct bench_device {
	const char *name;
	struct kms_device *kms;
	const struct kms_crtc *crtc;
	const struct kms_plane *planes[LATCH_PLAN_MAX_PLANES];
	size_t planes_len;
	const struct kms_plane *primary;
	bool stacks_by_id, primary_alpha;
	/** There can be framebuffers of NV12; else videos are RGB. */
	bool yuv;
	void *data;
};

/** How many devices there are to run on. */
size_t bench_devices_len(void);
/** Opens one. Returns false with a message on stderr. */
bool bench_device_open(struct bench_device *device, size_t i);
void bench_device_close(struct bench_device *device);
/** A framebuffer that lives as long as the device. 0 on failure. */
uint32_t bench_device_make_fb(
	struct bench_device *device, uint32_t width, uint32_t height, uint32_t fourcc);
/** For bench_devices_len() == 1 on a card: which one. */
void bench_device_choose(const char *path);

/** Nanoseconds in the kernel, or in what stands in for it, and commits, both since the start. */
int64_t bench_kernel_ns(void);
unsigned bench_commits(void);

struct bench_layout {
	const char *name;
	/** Front to back. Those without a framebuffer are drawn by the compositor. */
	struct latch_layer layers[BENCH_MAX_LAYERS];
	size_t len;
	/** Something that has to be composed is in front of what could be on a plane. */
	bool wants_underlay;
};

size_t bench_layouts_len(void);
void bench_layout_make(struct bench_layout *layout, size_t i, const struct bench_device *device);

/** What one planner did once. */
struct bench_run {
	size_t on_planes;
	unsigned tests;
	/** Apart from the kernel's own time. */
	int64_t planning_ns;
	/** The same once without a time limit to cut it off; 0 where there is none anyway. */
	int64_t patient_ns;
};

/** Two framebuffers of each layer, shown in turns; the last pair is of our own picture. */
struct bench_fbs {
	uint32_t id[BENCH_MAX_LAYERS + 1][2];
};

struct bench_planner;

/** latch. */
struct bench_planner *bench_latch_create(struct bench_device *device,
	const struct bench_layout *layout, const struct bench_fbs *fbs);
void bench_latch_destroy(struct bench_planner *planner);
/** The layout for the first time, or once more with other buffers. */
struct bench_run bench_latch_new(struct bench_planner *planner);
struct bench_run bench_latch_steady(struct bench_planner *planner);

/** libliftoff. */
struct bench_planner *bench_liftoff_create(struct bench_device *device,
	const struct bench_layout *layout, const struct bench_fbs *fbs);
void bench_liftoff_destroy(struct bench_planner *planner);
struct bench_run bench_liftoff_new(struct bench_planner *planner);
struct bench_run bench_liftoff_steady(struct bench_planner *planner);
