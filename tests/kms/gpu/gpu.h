/* SPDX-License-Identifier: MIT */
/*
 * What the tests with the simulated GPU (lab-gpu, which the job has started) share.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "clients/common/gpu_job.h"
#include "dma.h"

/** A connection; fails the case where there is no simulated GPU. */
int gpu_open(void);

/** A job that writes all of the memory. */
struct gpu_job gpu_job_of(const struct memory *memory, int64_t length_ns, uint32_t flags);

/** Submits a job; fails the case where it is not taken. Returns the fence. */
int gpu_must_submit(int gpu, const struct gpu_job *job);

/** The same of one that writes all of the memory. */
int gpu_submit_memory(int gpu, const struct memory *memory, int64_t length_ns, uint32_t flags);

/** Waits until the fence has signalled: 1, or an error. */
int gpu_wait_status(int fence);

/** Waits until the fence has signalled, well; returns when that was. Closes it. */
int64_t gpu_wait(int fence);

/** As memory_draw(), in tiles: I915_FORMAT_MOD_X_TILED. */
void tiles_draw(struct memory *memory, uint32_t number);

/** Fails the case where a mark is missing in the memory. */
void check_marked(const struct memory *memory, const char *what);

/** How many pixels of the memory are in marks' places, or how many of these have a mark. */
int count_marks(const struct memory *memory, bool marked_only);

/** Fails the case where these rows of the memory are not those of the picture of this number, pixel
 * by pixel; or any row. */
void check_rows(const struct memory *memory, uint32_t from, uint32_t to, uint32_t number);
void check_whole(const struct memory *memory, uint32_t number);
