#include "output/scanout.h"

#include <errno.h>
#include <string.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/log.h>

#include "backend/backend.h"
#include "backend/framebuffer.h"
#include "backend/output.h"
#include "base/clock.h"
#include "kms/commit.h"
#include "kms/event.h"
#include "output/content.h"
#include "output/content_type.h"
#include "output/frame.h"
#include "output/output.h"
#include "output/renderer.h"
#include "sync/fence.h"

#define MAX_SHOWN (sizeof((struct latch_scanout){0}.shown) / sizeof(struct latch_plane_shown))

uint64_t latch_scanout_import(void *data, const struct latch_layer *layer, uint32_t fourcc) {
	struct latch_output *output = data;
	bool without_alpha = fourcc != layer->fourcc;
	if (layer->content->buffer == NULL ||
		latch_framebuffer_get(
			output->kms->backend, layer->content->buffer, without_alpha) == 0) {
		return LATCH_REASON_IMPORT_FAILED;
	}
	return 0;
}

static struct latch_plane_shown show_layer(
	struct latch_output *output, const struct latch_layer *layer) {
	const struct kms_plane *plane = layer->plane;
	struct latch_plane_shown show = {
		.plane = plane,
		.state = latch_layer_plane_state(layer, plane),
		.serial = layer->serial,
	};
	bool without_alpha = latch_layer_fourcc_on(layer, plane) != layer->fourcc;
	show.state.fb_id = latch_framebuffer_get(
		output->kms->backend, layer->content->buffer, without_alpha);
	/* It passed the gate: nothing is left to wait for. A fence that has signalled tells the
	 * kernel so; without one it would look for implicit fences itself, and wait for stale ones
	 * (drm_gem_plane_helper_prepare_fb() adds them unless a fence is given). */
	if (plane->props.in_fence_fd.id != 0) {
		show.state.in_fence_fd = output->kms->backend->signalled_fence_fd;
	}
	return show;
}

/* The composed picture, or black where there is none (yet). Our own job has ended by the time that
 * this is submitted, and the kernel need not look for its fence. */
static struct latch_plane_shown show_own(const struct latch_output *output,
	struct wlr_buffer *composed, const struct latch_plan *plan) {
	struct latch_plane_shown show = {
		.plane = output->kms->primary,
		.state = kms_plane_state_default(),
	};
	struct kms_plane_state *state = &show.state;
	state->fb_id = composed != NULL ? latch_framebuffer_get(output->kms->backend, composed,
						  !plan->holes)
					: latch_kms_output_black_fb(output->kms);
	state->dst_w = (uint32_t)output->wlr_output->width;
	state->dst_h = (uint32_t)output->wlr_output->height;
	state->src_w = state->dst_w << 16;
	state->src_h = state->dst_h << 16;
	state->zpos = plan->primary_zpos;
	if (show.plane->props.in_fence_fd.id != 0) {
		state->in_fence_fd = output->kms->backend->signalled_fence_fd;
	}
	return show;
}

/* What the planes are to show; returns false when a framebuffer is missing. */
static bool show_plan(struct latch_output *output, const struct latch_layer *layers, size_t len,
	const struct latch_plan *plan, struct wlr_buffer *composed, struct latch_scanout *scanout) {
	bool ok = true;
	scanout->shown_len = 0;
	if (plan->primary_is_ours) {
		scanout->shown[scanout->shown_len++] = show_own(output, composed, plan);
	}
	for (size_t i = 0; i < len && scanout->shown_len < MAX_SHOWN; i++) {
		if (layers[i].place == LATCH_LAYER_ON_PLANE) {
			scanout->shown[scanout->shown_len++] = show_layer(output, &layers[i]);
		}
	}
	for (size_t i = 0; i < scanout->shown_len; i++) {
		ok = ok && scanout->shown[i].state.fb_id != 0;
	}
	latch_scanout_set_cursor(output, scanout);
	return ok;
}

void latch_scanout_set_cursor(struct latch_output *output, struct latch_scanout *scanout) {
	scanout->cursor_shown = output->kms->cursor != NULL && output->cursor.visible;
	scanout->cursor = output->cursor.state;
}

bool latch_scanout_replace(struct latch_output *output, struct latch_scanout *scanout,
	const struct latch_frame_item *item, const struct latch_layer *layer) {
	struct latch_layer placed = *layer;
	placed.plane = item->layer.plane;
	placed.zpos = item->layer.zpos;
	const struct latch_plane_shown show = show_layer(output, &placed);
	for (size_t i = 0; i < scanout->shown_len && show.state.fb_id != 0; i++) {
		if (scanout->shown[i].plane == show.plane) {
			scanout->shown[i] = show;
			return true;
		}
	}
	return false;
}

static const struct latch_plane_shown *find_shown(
	const struct latch_scanout *scanout, const struct kms_plane *plane) {
	for (size_t i = 0; i < scanout->shown_len; i++) {
		if (scanout->shown[i].plane == plane) {
			return &scanout->shown[i];
		}
	}
	return NULL;
}

static bool same_show(const struct latch_plane_shown *a, const struct latch_plane_shown *b) {
	return a->serial == b->serial && kms_plane_state_equal(&a->state, &b->state);
}

static void add_cursor(struct latch_output *output, struct kms_commit *commit,
	const struct latch_scanout *before, const struct latch_scanout *now) {
	struct latch_kms_output *kms = output->kms;
	if (kms->cursor == NULL) {
		return;
	}
	if (!now->cursor_shown) {
		if (before == NULL || before->cursor_shown) {
			kms_commit_disable_plane(commit, kms->cursor);
		}
	} else if (before == NULL || !before->cursor_shown) {
		kms_commit_set_plane(commit, kms->cursor, kms->crtc, &now->cursor);
	} else if (!kms_plane_state_equal(&before->cursor, &now->cursor)) {
		kms_commit_change_plane(
			commit, kms->cursor, kms->crtc, &before->cursor, &now->cursor);
	}
}

/* Planes of before that are not used now are switched off; those that look the same are left out,
 * so a cursor that moves leaves other planes alone. before: NULL writes everything. Returns the flags
 * to test or submit it with. */
static uint32_t build(struct latch_output *output, struct kms_commit *commit,
	const struct latch_scanout *before, const struct latch_scanout *now) {
	struct latch_kms_output *kms = output->kms;
	uint32_t flags = KMS_COMMIT_NONBLOCK;
	kms_commit_init(commit, kms->device);
	if (kms->needs_modeset) {
		latch_kms_output_add_modeset(kms, commit);
		flags |= KMS_COMMIT_ALLOW_MODESET;
		before = NULL;
	}
	const struct latch_scanout *was = &output->scanout;
	for (size_t i = 0; i < was->shown_len && !kms->needs_modeset; i++) {
		if (find_shown(now, was->shown[i].plane) == NULL) {
			kms_commit_disable_plane(commit, was->shown[i].plane);
		}
	}
	for (size_t i = 0; i < now->shown_len; i++) {
		const struct latch_plane_shown *show = &now->shown[i];
		const struct latch_plane_shown *old =
			before != NULL ? find_shown(before, show->plane) : NULL;
		if (old == NULL) {
			kms_commit_set_plane(commit, show->plane, kms->crtc, &show->state);
		} else if (!same_show(old, show)) {
			kms_commit_change_plane(
				commit, show->plane, kms->crtc, &old->state, &show->state);
		}
	}
	add_cursor(output, commit, before, now);
	return flags;
}

static void drop_fences(struct latch_scanout *scanout) {
	for (size_t i = 0; i < scanout->shown_len; i++) {
		scanout->shown[i].state.in_fence_fd = -1;
	}
}

int latch_scanout_test(void *data, const struct latch_layer *layers, size_t len,
	const struct latch_plan *plan) {
	struct latch_output *output = data;
	struct latch_scanout scanout;
	/* The picture is not composed yet: the last one stands in for it. */
	if (!show_plan(output, layers, len, plan,
		    plan->composed ? output->composer.front : NULL, &scanout)) {
		return -ENOMEM;
	}
	struct kms_commit commit;
	uint32_t flags = build(output, &commit, NULL, &scanout);
	int ret = kms_commit_test(&commit, flags);
	if (ret == -EPERM && output->kms->backend->signalled_fence_fd >= 0) {
		/* The proprietary NVIDIA driver takes no fences but its own. */
		latch_kms_backend_forbid_in_fences(output->kms->backend);
		drop_fences(&scanout);
		flags = build(output, &commit, NULL, &scanout);
		ret = kms_commit_test(&commit, flags);
	}
	wlr_log(WLR_DEBUG, "%s: test commit, %zu of %zu on planes: %d", output->wlr_output->name,
		plan->on_planes, plan->visible, ret);
	return ret;
}

static uint64_t planes_of(const struct latch_scanout *scanout) {
	uint64_t planes = 0;
	for (size_t i = 0; i < scanout->shown_len; i++) {
		planes |= UINT64_C(1) << (scanout->shown[i].plane->index & 63);
	}
	return planes;
}

/* What is not a plane's: left out of tests, so that nobody is refused a plane for it. */
static void add_extras(struct latch_output *output, struct kms_commit *commit,
	const struct latch_scanout *before, const struct latch_scanout *now) {
	const struct latch_kms_output *kms = output->kms;
	if (kms->crtc->props.vrr_enabled.id != 0 && (before == NULL || before->vrr != now->vrr)) {
		kms_commit_set_vrr(commit, kms->crtc, now->vrr);
	}
	if (before == NULL || before->content_type != now->content_type) {
		kms_commit_set_content_type(commit, kms->connector, now->content_type);
	}
}

/* With more rectangles the kernel gets the one that encloses them. */
#define MAX_DAMAGE 8

/* Since Linux 6.8 these take all of a framebuffer that was not on the plane before, and ours never was
 * (ignore_damage_clips of struct drm_plane_state). */
static bool ignores_damage(const struct kms_device *device) {
	return strcmp(device->driver, "virtio_gpu") == 0 || strcmp(device->driver, "vmwgfx") == 0;
}

/* Tells a driver that wants to know what of our own picture differs from the one that its plane shows: it
 * then sends less over a bus or to a host, or has the panel refresh itself in part. That costs two short
 * ioctls, so not where all of it differs. Returns the state that was told so, or NULL. */
static struct kms_plane_state *tell_damage(
	struct latch_output *output, struct latch_frame *frame) {
	struct latch_scanout *now = &frame->scanout;
	const struct kms_plane *primary = output->kms->primary;
	const struct latch_plane_shown *old = find_shown(&output->scanout, primary);
	if (primary->props.fb_damage_clips.id == 0 || ignores_damage(output->kms->device) ||
		output->force ||
		output->kms->needs_modeset || frame->composed == NULL ||
		frame->composed != output->composer.front || now->shown_len == 0 ||
		now->shown[0].plane != primary || now->shown[0].serial != 0 || old == NULL ||
		old->state.fb_id == now->shown[0].state.fb_id) {
		return NULL;
	}
	pixman_region32_t seen;
	pixman_region32_init(&seen);
	pixman_region32_intersect_rect(&seen, &output->composer.unseen, 0, 0,
		now->shown[0].state.dst_w, now->shown[0].state.dst_h);
	int len;
	const pixman_box32_t *boxes = pixman_region32_rectangles(&seen, &len);
	const pixman_box32_t whole = {
		.x2 = (int32_t)now->shown[0].state.dst_w, .y2 = (int32_t)now->shown[0].state.dst_h};
	if (pixman_region32_contains_rectangle(&seen, &whole) == PIXMAN_REGION_IN) {
		len = 0;
	} else if (len > MAX_DAMAGE) {
		boxes = pixman_region32_extents(&seen);
		len = 1;
	}
	struct drm_mode_rect rects[MAX_DAMAGE];
	for (int i = 0; i < len; i++) {
		rects[i] = (struct drm_mode_rect){
			boxes[i].x1, boxes[i].y1, boxes[i].x2, boxes[i].y2};
	}
	pixman_region32_fini(&seen);
	struct kms_plane_state *state = &now->shown[0].state;
	return len > 0 && kms_damage_blob_create(output->kms->device, rects, (size_t)len,
				  &state->damage_blob) == 0
		       ? state
		       : NULL;
}

/* *out_fence_fd: as kms_commit_want_out_fence() has it; -1 where nobody wants it. */
static int submit(
	struct latch_output *output, const struct latch_frame *frame, int *out_fence_fd) {
	const struct latch_scanout *scanout = &frame->scanout;
	struct latch_kms_output *kms = output->kms;
	struct kms_commit commit;
	/* A writeback job is started by a plane's update (vkms waits for one). */
	bool all = output->force || output->capture.state == LATCH_CAPTURE_WANTED;
	uint32_t flags = build(output, &commit, all ? NULL : &output->scanout, scanout);
	add_extras(output, &commit, all || kms->needs_modeset ? NULL : &output->scanout, scanout);
	if (kms->crtc->props.out_fence_ptr.id != 0 &&
		latch_frame_wants_fence(output->on_screen, frame)) {
		kms_commit_want_out_fence(&commit, kms->crtc, out_fence_fd);
	}
	if (commit.objects_len == 0 && scanout->shown_len > 0) {
		/* Everything looks as before, but a client waits for a flip: the kernel reports one for
		 * a CRTC that has something in the commit. */
		kms_commit_set_plane_fb(
			&commit, scanout->shown[0].plane, scanout->shown[0].state.fb_id);
	}
	if (latch_capture_add(output, &commit)) {
		flags |= KMS_COMMIT_ALLOW_MODESET;
	}
	int ret = latch_kms_output_submit(
		kms, &commit, flags | KMS_COMMIT_FLIP_EVENT, planes_of(scanout));
	latch_capture_submitted(output, ret == 0);
	return ret;
}

/* Perhaps it is the cursor that is not wanted here. */
static int submit_without_cursor(
	struct latch_output *output, struct latch_frame *frame, int *out_fence_fd) {
	frame->scanout.cursor_shown = false;
	int ret = submit(output, frame, out_fence_fd);
	if (ret == 0) {
		latch_cursor_plane_give_up(&output->cursor);
		output->dirty = true;
	} else {
		frame->scanout.cursor_shown = true;
	}
	return ret;
}

/* The same frame without what some drivers take with a modeset only, or not at all. */
static int submit_without_extras(struct latch_output *output, struct latch_frame *frame,
	int *out_fence_fd, int refusal) {
	struct latch_scanout *scanout = &frame->scanout;
	bool vrr = scanout->vrr;
	enum kms_content_type type = scanout->content_type;
	scanout->vrr = false;
	scanout->content_type = KMS_CONTENT_NO_DATA;
	if (submit(output, frame, out_fence_fd) != 0) {
		scanout->vrr = vrr;
		scanout->content_type = type;
		return refusal;
	}
	output->vrr.refused = vrr;
	if (type != KMS_CONTENT_NO_DATA) {
		output->content_type_refused = true;
		wlr_log(WLR_INFO, "%s: the content type is not told: the kernel refuses it: %s",
			output->wlr_output->name, strerror(-refusal));
	}
	return 0;
}

/* Another buffer at once, without waiting for the vblank. There is no out-fence, as only the buffer
 * may change: its predecessor goes back with the flip event. */
static int submit_async(struct latch_output *output, const struct latch_scanout *scanout) {
	struct kms_commit commit;
	kms_commit_init(&commit, output->kms->device);
	kms_commit_set_plane_fb(&commit, output->kms->primary, scanout->shown[0].state.fb_id);
	return latch_kms_output_submit(output->kms, &commit,
		KMS_COMMIT_NONBLOCK | KMS_COMMIT_FLIP_EVENT | KMS_COMMIT_ASYNC, planes_of(scanout));
}

static int submit_vsync(
	struct latch_output *output, struct latch_frame *frame, int *out_fence_fd) {
	const struct latch_scanout *scanout = &frame->scanout;
	int ret = submit(output, frame, out_fence_fd);
	if (kms_commit_is_refused(ret) &&
		(scanout->vrr || scanout->content_type != KMS_CONTENT_NO_DATA)) {
		ret = submit_without_extras(output, frame, out_fence_fd, ret);
	}
	if (kms_commit_is_refused(ret) && scanout->cursor_shown && output->plan.on_planes == 0) {
		ret = submit_without_cursor(output, frame, out_fence_fd) == 0 ? 0 : ret;
	}
	return ret;
}

/* Returns what the kernel says of the asynchronous flip, or 1 when it is to be a usual one. */
static int try_async(struct latch_output *output, const struct latch_scanout *scanout) {
	if (latch_tearing_for_frame(output, scanout) != LATCH_TEARING_OK) {
		return 1;
	}
	int ret = submit_async(output, scanout);
	if (kms_commit_is_refused(ret)) {
		latch_tearing_refused(output, ret);
		return 1;
	}
	return ret;
}

int latch_scanout_prepare(struct latch_output *output, struct latch_frame *frame) {
	const struct latch_plan *plan = &output->plan;
	const struct latch_layer_list *list = &output->collection.layers;
	if (plan->composed && frame->composed == NULL && !output->composer.renderer->failed) {
		return -ENOMEM; // no buffer to compose into just now: what is shown stays
	}
	struct latch_scanout *scanout = &frame->scanout;
	if (!show_plan(output, list->layers, list->len, plan, frame->composed, scanout)) {
		return -ENOMEM;
	}
	enum kms_content_type type = latch_content_type_for_frame(output);
	scanout->content_type = output->content_type_refused ? KMS_CONTENT_NO_DATA : type;
	scanout->vrr = latch_vrr_for_frame(output, latch_output_fullscreen_surface(output) != NULL,
		type == KMS_CONTENT_PHOTO);
	return 0;
}

int latch_scanout_submit(struct latch_output *output, struct latch_frame *frame) {
	int ret = try_async(output, &frame->scanout);
	frame->async = ret == 0;
	int out_fence_fd = -1;
	if (ret > 0) {
		struct kms_plane_state *told = tell_damage(output, frame);
		ret = submit_vsync(output, frame, &out_fence_fd);
		if (told != NULL) {
			kms_damage_blob_destroy(output->kms->device, told->damage_blob);
			told->damage_blob = 0;
		}
	}
	if (ret != 0) {
		return ret;
	}
	output->tearing.active = frame->async;
	output->scanout = frame->scanout;
	const struct latch_plane_shown *own = find_shown(&frame->scanout, output->kms->primary);
	latch_composer_note_shown(
		&output->composer, own != NULL && own->serial == 0 ? frame->composed : NULL);
	latch_vrr_submitted(output, frame->scanout.vrr);
	frame->modeset = output->kms->needs_modeset;
	if (frame->modeset) {
		output->kms->needs_modeset = false;
		kms_connector_link_set_good(output->kms->connector);
	}
	latch_frame_release_on_fence(output->on_screen, frame, out_fence_fd);
	latch_fence_clear(&out_fence_fd);
	return 0;
}

/* The event of a modeset has the time of the last vblank that was counted before it, however long
 * ago, or none at all (drm_crtc_send_vblank_event()): then it is now. That of a flip that did not wait
 * for a vblank has the time of the last one, too. */
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
