/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/canvas.h"
#include "common/draw_time.h"
#include "common/look.h"
#include "common/plan.h"
#include "common/scene.h"
#include "common/sync.h"

/** As many flips tell where the vblanks are. */
#define CLIENT_MIN_WARM_UP 30

/** What --measure shows. */
enum client_measure {
	CLIENT_MEASURE_NONE,
	CLIENT_MEASURE_RANDOM, /* a frame every two to three refreshes, at any phase */
	CLIENT_MEASURE_PACED,  /* a frame for each callback */
	CLIENT_MEASURE_INPUT,  /* a frame for each key, which is pressed at any phase */
	CLIENT_MEASURE_INPUT_PACED, /* the same, in the midst of a frame for each callback */
};

/** By enum client_measure, NULL at its begin and end. */
extern const char *const client_measure_names[];

/** By enum vulkan_pace, NULL at its begin and end. */
extern const char *const client_wsi_names[];

struct client_options {
	uint32_t width, height;
	bool fullscreen;
	uint32_t output; /* 1 is the first one that the compositor tells of; 0: it chooses */
	uint64_t frames; /* 0: without end; never with measure */
	bool hold;
	int buffers;
	enum sync_mode sync;
	bool software;
	enum canvas_kind software_kind; /* CANVAS_GPU: the kinds are tried in turn */
	bool vulkan;			/* draw with it */
	enum canvas_kind import_kind;	/* with vulkan: the memory; CANVAS_GPU: its own */
	bool vulkan_timelines;		/* with vulkan: its semaphores are the protocol's timelines */
	enum vulkan_pace wsi; /* with vulkan: the driver's own buffers; VULKAN_PACE_NONE: ours */
	const char *heap;  /* with CANVAS_HEAP: its name in /dev/dma_heap; NULL: the system's */
	bool has_gpu_time; /* with software: the simulated GPU finishes the pictures */
	struct draw_time gpu_time;
	bool has_cpu_time; /* measuring: what each frame takes of the CPU */
	struct draw_time cpu_time;
	const char *device; /* NULL: what the compositor names */
	const char *title;
	bool fps;
	const char *json; /* NULL: no file */
	enum client_measure measure;
	bool late_fence;  /* with measure: the fence signals when the frame is to be ready */
	bool shm;	  /* with measure: not in dma-bufs */
	uint32_t seed;	  /* of the phases */
	uint32_t warm_up; /* frames before those that count */
	struct plan_wish wish;
	struct look_options look;
	struct scene_options scene;
};

/**
 * Reads the command line.
 *
 * @return -1 to go on, else the status to exit with: --help, --version, or an error that has
 *         been said
 */
int client_options_parse(struct client_options *options, int argc, char **argv);
