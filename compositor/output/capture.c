/* SPDX-License-Identifier: MIT */
#include "output/output.h"

#include <limits.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <wlr/util/log.h>

#include "backend/output.h"
#include "base/clock.h"
#include "base/source.h"
#include "kms/writeback.h"

/* A screen that stands still for longer would be worse than a lost picture. */
#define HOLD_NS INT64_C(1000000000)

static void end_capture(struct latch_capture *capture) {
	void (*done)(void *data) = capture->done;
	capture->done = NULL;
	if (done != NULL) {
		done(capture->data);
	}
}

void latch_capture_finish(struct latch_capture *capture) {
	latch_source_clear(&capture->fence);
	kms_writeback_destroy(capture->job);
	end_capture(capture);
	*capture = (struct latch_capture){0};
}

bool latch_output_capture(
	struct latch_output *output, const char *path, void (*done)(void *data), void *data) {
	struct latch_capture *capture = &output->capture;
	if (output->kms == NULL || !output->enabled || !output->powered ||
		capture->state != LATCH_CAPTURE_IDLE ||
		kms_writeback_find(output->kms->device, output->kms->crtc) == NULL) {
		return false;
	}
	capture->state = LATCH_CAPTURE_WANTED;
	capture->path = path;
	capture->done = done;
	capture->data = data;
	latch_output_schedule(output);
	return true;
}

/* The compositor waits meanwhile: one filter that pays for most pictures, and zlib's fastest level,
 * take a quarter of the time that libpng's choice of filters takes, row by row. */
static bool encode_png(const struct kms_dumb_buffer *buffer, FILE *file) {
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png != NULL ? png_create_info_struct(png) : NULL;
	if (info == NULL || setjmp(png_jmpbuf(png)) != 0) {
		png_destroy_write_struct(&png, &info);
		return false;
	}
	png_init_io(png, file);
	png_set_IHDR(png, info, buffer->width, buffer->height, 8, PNG_COLOR_TYPE_RGB,
		PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_set_compression_level(png, 1);
	png_set_filter(png, PNG_FILTER_TYPE_DEFAULT, PNG_FILTER_SUB);
	png_write_info(png, info);
	/* The screen has no alpha, whatever the hardware writes there. */
	png_set_bgr(png);
	png_set_filler(png, 0, PNG_FILLER_AFTER);
	for (uint32_t y = 0; y < buffer->height; y++) {
		png_write_row(png, (png_const_bytep)buffer->map + (size_t)y * buffer->stride);
	}
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	return true;
}

/* Writes PATH.part and renames it when it is complete, so that nobody reads half a picture. */
static void write_png(const struct kms_dumb_buffer *buffer, const char *path) {
	char part[PATH_MAX];
	if (snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part)) {
		wlr_log(WLR_ERROR, "%s: the name is too long", path);
		return;
	}
	errno = 0;
	FILE *file = fopen(part, "we");
	bool ok = file != NULL && encode_png(buffer, file);
	ok = (file == NULL || fclose(file) == 0) && ok && rename(part, path) == 0;
	if (ok) {
		wlr_log(WLR_INFO, "the screen is in %s", path);
	} else {
		wlr_log(WLR_ERROR, "%s: %s", path,
			errno != 0 ? strerror(errno) : "libpng could not write it");
		unlink(part);
	}
}

/* It is written, or not waited for any more. */
static void end_writing(struct latch_output *output) {
	latch_source_clear(&output->capture.fence);
	output->capture.state = LATCH_CAPTURE_DETACH;
	output->force = true;
	end_capture(&output->capture);
}

static int handle_fence(int fd, uint32_t mask, void *data) {
	struct latch_output *output = data;
	struct latch_capture *capture = &output->capture;
	struct latch_fence_info info = {0};
	int ret = latch_fence_get_info(capture->job->fence_fd, &info);
	if (ret == 0 && info.status != 1) {
		ret = info.status < 0 ? info.status : -EAGAIN;
	}
	if (ret == 0) {
		write_png(capture->job->buffer, capture->path);
	} else {
		wlr_log(WLR_ERROR, "the writeback connector failed: %s", strerror(-ret));
	}
	latch_output_retry(output); // not later: the timer may be set for the end of the hold
	end_writing(output);
	return 0;
}

bool latch_capture_add(struct latch_output *output, struct kms_commit *commit) {
	struct latch_capture *capture = &output->capture;
	if (capture->state == LATCH_CAPTURE_DETACH) {
		kms_commit_disable_connector(commit, capture->job->connector);
		return true;
	}
	if (capture->state != LATCH_CAPTURE_WANTED) {
		return false;
	}
	if (capture->job == NULL) {
		capture->job = kms_writeback_create(output->kms->device, output->kms->crtc,
			(uint32_t)output->wlr_output->width, (uint32_t)output->wlr_output->height);
	}
	if (capture->job == NULL) {
		wlr_log(WLR_ERROR, "no picture: the writeback could not be set up (%d)", -errno);
		latch_capture_finish(capture);
		return false;
	}
	kms_writeback_add(capture->job, commit);
	return true;
}

void latch_capture_submitted(struct latch_output *output, bool ok) {
	struct latch_capture *capture = &output->capture;
	if (capture->state == LATCH_CAPTURE_DETACH && ok) {
		latch_capture_finish(capture);
	} else if (capture->state == LATCH_CAPTURE_WANTED && ok) {
		capture->fence = wl_event_loop_add_fd(output->core->event_loop,
			capture->job->fence_fd, WL_EVENT_READABLE, handle_fence, output);
		capture->state = LATCH_CAPTURE_WRITING;
		capture->hold_until_ns = capture->fence != NULL ? latch_now_ns() + HOLD_NS : 0;
	} // a picture whose commit was refused is tried again with the next frame
}

bool latch_capture_holds(struct latch_output *output, int64_t now_ns) {
	const struct latch_capture *capture = &output->capture;
	if (capture->state != LATCH_CAPTURE_WRITING) {
		return false;
	}
	if (capture->hold_until_ns > now_ns) {
		latch_output_wait_until(output, capture->hold_until_ns);
		return true;
	}
	wlr_log(WLR_ERROR, "no picture: the writeback connector does not finish it");
	end_writing(output);
	return false;
}
