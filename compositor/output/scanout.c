/* SPDX-License-Identifier: MIT */
#include "output/output.h"

#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/log.h>

#include "backend/backend.h"
#include "backend/framebuffer.h"
#include "backend/output.h"
#include "base/clock.h"
#include "dmabuf/udmabuf.h"
#include "output/content.h"
#include "output/planes_like.h"

uint64_t latch_scanout_import(void *data, const struct latch_layer *layer, uint32_t fourcc) {
	struct latch_output *output = data;
	struct latch_content *content = layer->content;
	if (content->is_shm && !latch_udmabuf_create(output->kms->backend->udmabuf_fd,
				       content->buffer, layer->surface->account)) {
		return LATCH_REASON_IMPORT_FAILED;
	}
	const uint32_t fb_id = latch_framebuffer_get(
		output->kms->backend, content->buffer, fourcc != layer->fourcc);
	return fb_id != 0 ? 0 : LATCH_REASON_IMPORT_FAILED;
}

/* For a commit: a display sees what is in the buffer now. */
static uint32_t framebuffer_of(struct latch_output *output, const struct latch_layer *layer) {
	if (layer->content->is_shm) {
		latch_udmabuf_flush(layer->content->buffer);
	}
	bool without_alpha = latch_layer_fourcc_on(layer, layer->plane) != layer->fourcc;
	return latch_framebuffer_get(output->kms->backend, layer->content->buffer, without_alpha);
}

/* What is shown passed the gate, or is our own and its job has ended: nothing is left to wait for.
 * A fence that has signalled tells the kernel so; without one it would look for implicit fences
 * itself, and wait for stale ones (drm_gem_plane_helper_prepare_fb() adds them unless a fence is
 * given). */
static int fence_for(const struct latch_output *output, const struct kms_plane *plane) {
	return plane->props.in_fence_fd.id != 0 ? output->kms->backend->signalled_fence_fd : -1;
}

bool latch_scanout_has_background(const struct latch_output *output) {
	const struct latch_kms_output *kms = output->kms;
	return kms->crtc->props.background_color.id != 0 && !kms->needs_primary &&
	       !kms->needs_modeset;
}

/* The composed picture, or black where there is none (yet). Returns false where its framebuffer is
 * missing. */
static bool set_own(struct latch_output *output, const struct latch_plan *plan,
	struct wlr_buffer *composed, struct latch_scanout *scanout) {
	scanout->own = (struct kms_plane_state){0};
	scanout->background = plan->background != 0 ? plan->background : output->background;
	if (!plan->primary_is_ours || (!plan->composed && latch_scanout_has_background(output))) {
		return true;
	}
	const uint32_t fb_id = composed != NULL ? latch_framebuffer_get(output->kms->backend,
							  composed, !plan->holes)
						: latch_kms_output_black_fb(output->kms);
	scanout->own = kms_plane_state_whole(
		fb_id, (uint32_t)output->wlr_output->width, (uint32_t)output->wlr_output->height);
	scanout->own.zpos = plan->primary_zpos;
	return fb_id != 0;
}

bool latch_scanout_set_cursor(struct latch_output *output, struct latch_scanout *scanout) {
	const struct kms_plane_state before = scanout->cursor;
	const bool shown = output->kms->cursor != NULL && output->cursor.visible;
	scanout->cursor = shown ? output->cursor.state : (struct kms_plane_state){0};
	return !kms_plane_state_equal(&before, &scanout->cursor);
}

static const struct latch_layer *find_on(
	const struct latch_frame *frame, const struct kms_plane *plane) {
	for (size_t i = 0; i < frame->len; i++) {
		if (frame->layers[i].plane == plane) {
			return &frame->layers[i];
		}
	}
	return NULL;
}

/* Returns false without memory for what the plane's colour pipeline has to be told. */
static bool state_of(const struct latch_output *output, const struct latch_layer *layer,
	const struct kms_plane *plane, struct kms_plane_state *state) {
	*state = latch_layer_plane_state(layer, plane);
	if (layer->color.transfer == COLOR_UNTAGGED) {
		return true;
	}
	state->color = kms_color_program_get(output->kms->device->color, &plane->color,
		&layer->color, latch_output_color(output));
	return state->color != NULL;
}

/* Writes what differs from the frame before; NULL: everything. Returns false where the framebuffer
 * is missing. */
static bool write_plane(struct latch_output *output, struct kms_commit *commit,
	const struct latch_frame *before, const struct kms_plane *plane,
	struct kms_plane_state state) {
	const struct kms_crtc *crtc = output->kms->crtc;
	const bool own =
		before != NULL && before->scanout.own.fb_id != 0 && plane == output->kms->primary;
	const struct latch_layer *was = before != NULL && !own ? find_on(before, plane) : NULL;
	state.in_fence_fd = fence_for(output, plane);
	struct kms_plane_state old;
	if (was != NULL && state_of(output, was, plane, &old)) {
		kms_commit_change_plane(commit, plane, crtc, &old, &state);
	} else if (!own || !kms_plane_state_equal(&before->scanout.own, &state)) {
		kms_commit_change_plane(
			commit, plane, crtc, own ? &before->scanout.own : NULL, &state);
	}
	return state.fb_id != 0;
}

static bool add_layer(struct latch_output *output, struct kms_commit *commit,
	const struct latch_frame *before, const struct latch_layer *layer) {
	const struct kms_plane *plane = layer->plane;
	const struct latch_layer *was =
		before != NULL ? latch_frame_layer_of(before, layer->id) : NULL;
	const bool alike = was != NULL && was->plane == plane && was->zpos == layer->zpos &&
			   latch_layer_same_shape(was, layer);
	if (alike && was->serial == layer->serial) {
		return true;
	}
	struct kms_plane_state state;
	if (!state_of(output, layer, plane, &state)) {
		return false;
	}
	state.fb_id = framebuffer_of(output, layer);
	if (alike) {
		/* Another buffer, and nothing else. */
		state.in_fence_fd = fence_for(output, plane);
		kms_commit_change_plane(commit, plane, output->kms->crtc, &state, &state);
		return state.fb_id != 0;
	}
	return write_plane(output, commit, before, plane, state);
}

static void add_cursor(struct latch_output *output, struct kms_commit *commit,
	const struct latch_scanout *before, const struct latch_scanout *now) {
	struct latch_kms_output *kms = output->kms;
	const bool was_shown = before != NULL && before->cursor.fb_id != 0;
	if (kms->cursor == NULL) {
		return;
	}
	if (now->cursor.fb_id == 0) {
		if (before == NULL || was_shown) {
			kms_commit_disable_plane(commit, kms->cursor);
		}
	} else if (!was_shown || !kms_plane_state_equal(&before->cursor, &now->cursor)) {
		kms_commit_change_plane(commit, kms->cursor, kms->crtc,
			was_shown ? &before->cursor : NULL, &now->cursor);
	}
}

/* The planes that the frame uses, but for the cursor's. */
static uint64_t planes_of(const struct latch_output *output, const struct latch_frame *frame) {
	uint64_t planes = frame->scanout.own.fb_id != 0 ? kms_plane_bit(output->kms->primary) : 0;
	for (size_t i = 0; i < frame->len; i++) {
		const struct kms_plane *plane = frame->layers[i].plane;
		planes |= plane != NULL ? kms_plane_bit(plane) : 0;
	}
	return planes;
}

/* Planes that look the same as before are left out, so a cursor that moves leaves other planes
 * alone. before: NULL writes everything. *flags: to test or submit it with. Returns false when a
 * framebuffer is missing. */
static bool build(struct latch_output *output, struct kms_commit *commit,
	const struct latch_frame *before, const struct latch_frame *now, uint32_t *flags) {
	struct latch_kms_output *kms = output->kms;
	bool ok = true;
	*flags = KMS_COMMIT_NONBLOCK;
	kms_commit_init(commit, kms->device);
	if (kms->needs_modeset) {
		latch_kms_output_add_modeset(kms, commit);
		*flags |= KMS_COMMIT_ALLOW_MODESET;
	} else {
		uint64_t off = kms->planes_on & ~planes_of(output, now);
		for (; off != 0; off &= off - 1) {
			const struct kms_plane *plane = &kms->device->planes[__builtin_ctzll(off)];
			kms_commit_disable_plane(commit, plane);
		}
	}
	if (now->scanout.own.fb_id != 0) {
		ok = write_plane(output, commit, before, kms->primary, now->scanout.own);
	}
	for (size_t i = 0; i < now->len; i++) {
		const struct latch_layer *layer = &now->layers[i];
		if (layer->plane != NULL) {
			ok = add_layer(output, commit, before, layer) && ok;
		}
	}
	add_cursor(output, commit, before != NULL ? &before->scanout : NULL, &now->scanout);
	if (before == NULL || before->scanout.background != now->scanout.background) {
		kms_commit_set_background(commit, kms->crtc, now->scanout.background);
	}
	return ok;
}

static bool leaves_primary_off(const struct latch_plan *plan, const struct latch_frame *frame) {
	return plan->primary_is_ours && frame->scanout.own.fb_id == 0;
}

int latch_scanout_test(
	void *data, const struct latch_layer *layers, size_t len, const struct latch_plan *plan) {
	struct latch_output *output = data;
	/* The layers are only read. The picture is not composed yet: the last one stands in for
	 * it. */
	struct latch_frame frame = {.layers = (struct latch_layer *)(uintptr_t)layers, .len = len};
	struct wlr_buffer *composed = plan->composed ? output->composer.front : NULL;
	struct kms_commit commit;
	uint32_t flags;
	latch_scanout_set_cursor(output, &frame.scanout);
	if (!set_own(output, plan, composed, &frame.scanout) ||
		!build(output, &commit, NULL, &frame, &flags)) {
		return -ENOMEM;
	}
	int ret = latch_planes_like_check(output, &frame);
	ret = ret != 0 ? ret : kms_commit_test(&commit, flags);
	if (leaves_primary_off(plan, &frame)) {
		struct latch_kms_output *kms = output->kms;
		kms->does_without_primary = kms->does_without_primary || ret == 0;
		if (kms_commit_is_refused(ret) && !kms->does_without_primary &&
			plan->background == 0) {
			kms->needs_primary = true;
			ret = latch_scanout_test(data, layers, len, plan);
			kms->needs_primary = ret == 0;
			return ret;
		}
	}
	if (ret == -EPERM && output->kms->backend->signalled_fence_fd >= 0) {
		/* The proprietary NVIDIA driver takes no fences but its own. */
		latch_kms_backend_forbid_in_fences(output->kms->backend);
		build(output, &commit, NULL, &frame, &flags);
		ret = kms_commit_test(&commit, flags);
	}
	wlr_log(WLR_DEBUG, "%s: test commit, %zu of %zu on planes: %d", output->wlr_output->name,
		plan->on_planes, plan->visible, ret);
	return ret;
}

/* What is not a plane's: left out of tests, so that nobody is refused a plane for it. */
static void add_extras(struct latch_output *output, struct kms_commit *commit,
	const struct latch_scanout *before, const struct latch_scanout *now) {
	const struct latch_kms_output *kms = output->kms;
	if (before == NULL || before->vrr != now->vrr) {
		kms_commit_set_vrr(commit, kms->crtc, now->vrr);
	}
	if (before == NULL || before->content_type != now->content_type) {
		kms_commit_set_content_type(commit, kms->connector, now->content_type);
	}
}

/* With more rectangles the kernel gets the one that encloses them. */
#define MAX_DAMAGE 8

/* Since Linux 6.8 these take all of a framebuffer that was not on the plane before, and ours never
 * was (ignore_damage_clips of struct drm_plane_state). */
static bool ignores_damage(const struct kms_device *device) {
	return strcmp(device->driver, "virtio_gpu") == 0 || strcmp(device->driver, "vmwgfx") == 0;
}

/* Tells a driver that wants to know what of our own picture differs from the one that its plane
 * shows: it then sends less over a bus or to a host, or has the panel refresh itself in part. That
 * costs two short ioctls, so not where all of it differs. The blob is the caller's. */
static void tell_damage(struct latch_output *output, struct latch_frame *frame) {
	const struct latch_scanout *before = &output->on_screen->scanout;
	struct kms_plane_state *state = &frame->scanout.own;
	if (output->kms->primary->props.fb_damage_clips.id == 0 ||
		ignores_damage(output->kms->device) || output->force ||
		output->kms->needs_modeset || frame->composed == NULL ||
		frame->composed != output->composer.front || state->fb_id == 0 ||
		before->own.fb_id == 0 || before->own.fb_id == state->fb_id) {
		return;
	}
	pixman_region32_t seen;
	pixman_region32_init(&seen);
	pixman_region32_intersect_rect(
		&seen, &output->composer.unseen, 0, 0, state->dst_w, state->dst_h);
	int len;
	const pixman_box32_t *boxes = pixman_region32_rectangles(&seen, &len);
	const pixman_box32_t whole = {.x2 = (int32_t)state->dst_w, .y2 = (int32_t)state->dst_h};
	if (pixman_region32_contains_rectangle(&seen, &whole) == PIXMAN_REGION_IN) {
		len = 0;
	} else if (len > MAX_DAMAGE) {
		boxes = pixman_region32_extents(&seen);
		len = 1;
	}
	struct drm_mode_rect rects[MAX_DAMAGE];
	for (int i = 0; i < len; i++) {
		rects[i] =
			(struct drm_mode_rect){boxes[i].x1, boxes[i].y1, boxes[i].x2, boxes[i].y2};
	}
	pixman_region32_fini(&seen);
	if (len > 0) {
		kms_blob_create(output->kms->device, rects, (size_t)len * sizeof(rects[0]),
			&state->damage_blob);
	}
}

/* Everything looks as before, but a client waits for a flip: the kernel reports one for a CRTC that
 * has something in the commit. */
static void add_something(
	struct latch_output *output, struct kms_commit *commit, const struct latch_frame *frame) {
	if (frame->scanout.own.fb_id != 0) {
		kms_commit_set_plane_fb(commit, output->kms->primary, frame->scanout.own.fb_id);
		return;
	}
	for (size_t i = 0; i < frame->len && commit->objects_len == 0; i++) {
		const struct latch_layer *layer = &frame->layers[i];
		if (layer->plane != NULL) {
			kms_commit_set_plane_fb(
				commit, layer->plane, framebuffer_of(output, layer));
		}
	}
	if (commit->objects_len == 0) {
		kms_commit_set_background(commit, output->kms->crtc, frame->scanout.background);
	}
}

/* *out_fence_fd: as kms_commit_want_out_fence() has it; -1 where nobody wants it. */
static int submit(struct latch_output *output, const struct latch_frame *frame, int *out_fence_fd) {
	struct latch_kms_output *kms = output->kms;
	struct kms_commit commit;
	uint32_t flags;
	/* A writeback job is started by a plane's update (vkms waits for one). */
	bool all = output->force || kms->needs_modeset ||
		   output->capture.state == LATCH_CAPTURE_WANTED;
	const struct latch_frame *before = all ? NULL : output->on_screen;
	if (!build(output, &commit, before, frame, &flags)) {
		return -ENOMEM;
	}
	add_extras(output, &commit, before != NULL ? &before->scanout : NULL, &frame->scanout);
	if (kms->crtc->props.out_fence_ptr.id != 0 &&
		latch_frame_wants_fence(output->on_screen, frame)) {
		kms_commit_want_out_fence(&commit, kms->crtc, out_fence_fd);
	}
	if (commit.objects_len == 0) {
		add_something(output, &commit, frame);
	}
	if (latch_capture_add(output, &commit)) {
		flags |= KMS_COMMIT_ALLOW_MODESET;
	}
	int ret = latch_kms_output_submit(
		kms, &commit, flags | KMS_COMMIT_FLIP_EVENT, planes_of(output, frame));
	latch_capture_submitted(output, ret == 0);
	return ret;
}

/* Refused, it goes without what some drivers take with a modeset only, or not at all; at last
 * without the cursor, as it may be that which is not wanted here. */
static int submit_vsync(struct latch_output *output, struct latch_frame *frame, int *out_fence_fd) {
	struct latch_scanout *scanout = &frame->scanout;
	const struct latch_scanout wanted = *scanout;
	const bool typed = wanted.content_type != KMS_CONTENT_NO_DATA;
	int ret = submit(output, frame, out_fence_fd);
	if (kms_commit_is_refused(ret) && (wanted.vrr || typed)) {
		scanout->vrr = false;
		scanout->content_type = KMS_CONTENT_NO_DATA;
		if (submit(output, frame, out_fence_fd) == 0) {
			output->vrr.refused = wanted.vrr;
			if (typed) {
				output->content_type_refused = true;
				wlr_log(WLR_INFO,
					"%s: the content type is not told: the kernel refuses it: "
					"%s",
					output->wlr_output->name, strerror(-ret));
			}
			return 0;
		}
		*scanout = wanted;
	}
	if (kms_commit_is_refused(ret) && wanted.cursor.fb_id != 0 && output->plan.on_planes == 0) {
		scanout->cursor = (struct kms_plane_state){0};
		if (submit(output, frame, out_fence_fd) == 0) {
			latch_cursor_plane_give_up(&output->cursor, "the cursor plane was refused",
				LATCH_REASON_TEST_REFUSED);
			output->dirty = true;
			return 0;
		}
		*scanout = wanted;
	}
	return ret;
}

/* Another buffer at once, without waiting for the vblank. There is no out-fence, as only the buffer
 * may change: its predecessor goes back with the flip event. Returns what the kernel says, or 1
 * when it is to be a usual flip. */
static int submit_async(struct latch_output *output, const struct latch_frame *frame) {
	if (latch_tearing_for_frame(output, frame) != LATCH_TEARING_OK) {
		return 1;
	}
	struct kms_commit commit;
	kms_commit_init(&commit, output->kms->device);
	kms_commit_set_plane_fb(
		&commit, output->kms->primary, framebuffer_of(output, &frame->layers[0]));
	int ret = latch_kms_output_submit(output->kms, &commit,
		KMS_COMMIT_NONBLOCK | KMS_COMMIT_FLIP_EVENT | KMS_COMMIT_ASYNC,
		planes_of(output, frame));
	if (kms_commit_is_refused(ret)) {
		latch_tearing_refused(output, ret);
		return 1;
	}
	return ret;
}

int latch_scanout_prepare(struct latch_output *output, struct latch_frame *frame) {
	const struct latch_plan *plan = &output->plan;
	struct latch_scanout *scanout = &frame->scanout;
	if ((plan->composed && frame->composed == NULL && !output->composer.renderer->failed) ||
		!set_own(output, plan, frame->composed, scanout)) {
		return -ENOMEM; // no buffer to compose into just now: what is shown stays
	}
	latch_scanout_set_cursor(output, scanout);
	enum kms_content_type type = latch_content_type_for_frame(output);
	scanout->content_type = output->content_type_refused ? KMS_CONTENT_NO_DATA : type;
	scanout->vrr = latch_vrr_for_frame(output, type);
	return 0;
}

int latch_scanout_submit(struct latch_output *output, struct latch_frame *frame) {
	int ret = submit_async(output, frame);
	frame->async = ret == 0;
	int out_fence_fd = -1;
	if (ret > 0) {
		uint32_t *blob = &frame->scanout.own.damage_blob;
		tell_damage(output, frame);
		ret = submit_vsync(output, frame, &out_fence_fd);
		kms_blob_destroy(output->kms->device, *blob);
		*blob = 0;
	}
	if (ret != 0) {
		output->kms->needs_primary =
			output->kms->needs_primary ||
			(kms_commit_is_refused(ret) && leaves_primary_off(&output->plan, frame));
		return ret;
	}
	output->tearing.active = frame->async;
	latch_composer_note_shown(
		&output->composer, frame->scanout.own.fb_id != 0 ? frame->composed : NULL);
	latch_vrr_submitted(output, frame->scanout.vrr);
	frame->modeset = output->kms->needs_modeset;
	if (frame->modeset) {
		output->kms->needs_modeset = false;
		output->kms->connector->link_bad = false;
	}
	latch_frame_release_on_fence(output->on_screen, frame, out_fence_fd);
	latch_fd_clear(&out_fence_fd);
	return 0;
}

/* The event of a modeset has the time of the last vblank that was counted before it, however long
 * ago, or none at all (drm_crtc_send_vblank_event()): then it is now. That of a flip that did not
 * wait for a vblank has the time of the last one, too. */
static int64_t flip_time_ns(const struct latch_output *output, int64_t event_ns) {
	const struct latch_flip_record *record = &output->pending->record;
	const int64_t before_ns = output->pending->async ? record->refresh_ns : 0;
	return event_ns < record->submit_start_ns - before_ns ? latch_now_ns() : event_ns;
}

void latch_scanout_handle_flip(void *data, const struct kms_flip *flip, uint64_t sequence) {
	struct latch_output *output = data;
	const bool hardware = output->kms->device->clock == KMS_CLOCK_HARDWARE;
	uint32_t flags = latch_present_flags(hardware, output->pending->async);
	latch_output_flipped(output, flip_time_ns(output, flip->flip_ns), sequence, flags);
}
