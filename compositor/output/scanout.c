#include "output/scanout.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/log.h>

#include "backend/backend.h"
#include "backend/framebuffer.h"
#include "backend/output.h"
#include "kms/commit.h"
#include "kms/event.h"
#include "output/content.h"
#include "output/frame.h"
#include "output/output.h"
#include "output/renderer.h"
#include "sync/fence.h"

/* A flip event's time may be off from its out-fence's by what the kernel rounds away. */
#define FLIP_FENCE_TOLERANCE_NS INT64_C(1000000)

/* What a layer on the primary plane is imported as: it is opaque, so alpha that its pixels may
 * have is left out where the plane has such a format. */
static bool ignore_alpha(const struct latch_output *output, uint32_t fourcc) {
	return kms_format_set_get(
		       &output->kms->primary->formats, latch_fourcc_without_alpha(fourcc)) != NULL;
}

uint64_t latch_scanout_check_buffer(void *data, const struct latch_layer *layer) {
	struct latch_output *output = data;
	const struct kms_format_set *formats = &output->kms->primary->formats;
	bool opaque = ignore_alpha(output, layer->fourcc);
	uint32_t fourcc = opaque ? latch_fourcc_without_alpha(layer->fourcc) : layer->fourcc;
	if (kms_format_set_get(formats, fourcc) == NULL) {
		return LATCH_REASON_FORMAT;
	}
	/* Without a modifier the driver knows the layout; AddFB2 says whether it can be shown. */
	if (layer->modifier != DRM_FORMAT_MOD_INVALID &&
		!kms_format_set_has(formats, fourcc, layer->modifier)) {
		return LATCH_REASON_MODIFIER;
	}
	if (layer->content->buffer == NULL ||
		latch_framebuffer_get(output->kms->backend, layer->content->buffer, opaque) == 0) {
		return LATCH_REASON_IMPORT_FAILED;
	}
	return 0;
}

static struct kms_plane_state layer_state(
	struct latch_output *output, const struct latch_layer *layer) {
	struct kms_plane_state state = kms_plane_state_default();
	state.fb_id = latch_framebuffer_get(
		output->kms->backend, layer->content->buffer, ignore_alpha(output, layer->fourcc));
	state.src_x = (uint32_t)(layer->src.x * 65536.0);
	state.src_y = (uint32_t)(layer->src.y * 65536.0);
	state.src_w = (uint32_t)(layer->src.width * 65536.0);
	state.src_h = (uint32_t)(layer->src.height * 65536.0);
	state.dst_x = layer->dst.x;
	state.dst_y = layer->dst.y;
	state.dst_w = (uint32_t)layer->dst.width;
	state.dst_h = (uint32_t)layer->dst.height;
	/* It passed the gate: nothing is left to wait for. A fence that has signalled tells the
	 * kernel so; without one it would look for implicit fences itself, and wait for stale ones
	 * (drm_gem_plane_helper_prepare_fb() adds them unless a fence is given). */
	if (output->kms->primary->props.in_fence_fd.id != 0) {
		state.in_fence_fd = output->kms->backend->signalled_fence_fd;
	}
	return state;
}

static struct kms_plane_state whole_screen_state(
	const struct latch_output *output, uint32_t fb_id) {
	struct kms_plane_state state = kms_plane_state_default();
	state.fb_id = fb_id;
	state.dst_w = (uint32_t)output->wlr_output->width;
	state.dst_h = (uint32_t)output->wlr_output->height;
	state.src_w = state.dst_w << 16;
	state.src_h = state.dst_h << 16;
	return state;
}

/* Returns the flags to test or submit it with. */
static uint32_t build(struct latch_output *output, struct kms_commit *commit,
	const struct kms_plane_state *primary) {
	struct latch_kms_output *kms = output->kms;
	uint32_t flags = KMS_COMMIT_NONBLOCK;
	kms_commit_init(commit, kms->device);
	if (kms->needs_modeset) {
		latch_kms_output_add_modeset(kms, commit);
		flags |= KMS_COMMIT_ALLOW_MODESET;
	}
	kms_commit_set_plane(commit, kms->primary, kms->crtc, primary);
	if (kms->cursor != NULL) {
		if (output->cursor.visible) {
			kms_commit_set_plane(commit, kms->cursor, kms->crtc, &output->cursor.state);
		} else {
			kms_commit_disable_plane(commit, kms->cursor);
		}
	}
	return flags;
}

int latch_scanout_test(void *data, const struct latch_layer *layer) {
	struct latch_output *output = data;
	struct kms_plane_state state = layer_state(output, layer);
	struct kms_commit commit;
	uint32_t flags = build(output, &commit, &state);
	int ret = kms_commit_test(&commit, flags);
	if (ret == -EPERM && state.in_fence_fd >= 0) {
		/* The proprietary NVIDIA driver takes no fences but its own. */
		latch_kms_backend_forbid_in_fences(output->kms->backend);
		state.in_fence_fd = -1;
		flags = build(output, &commit, &state);
		ret = kms_commit_test(&commit, flags);
	}
	wlr_log(WLR_DEBUG, "%s: test commit: %d", output->wlr_output->name, ret);
	return ret;
}

static int submit(struct latch_output *output, const struct kms_plane_state *primary) {
	struct latch_kms_output *kms = output->kms;
	struct kms_commit commit;
	uint32_t flags = build(output, &commit, primary);
	latch_fence_clear(&output->out_fence_fd);
	if (kms->crtc->props.out_fence_ptr.id != 0) {
		kms_commit_want_out_fence(&commit, kms->crtc, &output->out_fence_fd);
	}
	if (latch_capture_add(output, &commit)) {
		flags |= KMS_COMMIT_ALLOW_MODESET;
	}
	int ret = latch_kms_output_submit(kms, &commit, flags | KMS_COMMIT_FLIP_EVENT);
	latch_capture_submitted(output, ret == 0);
	return ret;
}

static bool is_refusal(int ret) {
	return ret != 0 && ret != -EBUSY && ret != -EACCES && ret != -EINTR;
}

int latch_scanout_submit(
	struct latch_output *output, const struct latch_layer *primary, struct latch_frame *frame) {
	struct kms_plane_state state;
	if (primary != NULL) {
		state = layer_state(output, primary);
	} else if (frame->composed == NULL && frame->record.composed > 0 &&
		   !output->composer.renderer->failed) {
		return -ENOMEM; // no buffer to compose into just now: what is shown stays
	} else {
		uint32_t fb_id =
			frame->composed != NULL
				? latch_framebuffer_get(output->kms->backend, frame->composed, true)
				: latch_kms_output_black_fb(output->kms);
		if (fb_id == 0) {
			return -ENOMEM;
		}
		state = whole_screen_state(output, fb_id);
	}

	int ret = submit(output, &state);
	if (is_refusal(ret) && output->cursor.visible) {
		/* Perhaps it is the cursor that is not wanted here. */
		output->cursor.visible = false;
		if (submit(output, &state) == 0) {
			latch_cursor_plane_give_up(&output->cursor);
			output->dirty = true;
			ret = 0;
		} else {
			output->cursor.visible = true;
		}
	}
	if (ret != 0) {
		return ret;
	}
	output->kms->needs_modeset = false;
	latch_frame_release_on_fence(output->on_screen, frame, output->out_fence_fd);
	return 0;
}

/* The event has microseconds, the out-fence of the same vblank nanoseconds. */
static int64_t exact_flip_ns(struct latch_output *output, int64_t event_ns) {
	int64_t fence_ns;
	int64_t flip_ns = event_ns;
	if (output->out_fence_fd >= 0 &&
		latch_fence_signal_time_ns(output->out_fence_fd, &fence_ns) == 0 &&
		llabs(fence_ns - event_ns) < FLIP_FENCE_TOLERANCE_NS) {
		flip_ns = fence_ns;
	}
	latch_fence_clear(&output->out_fence_fd);
	return flip_ns;
}

void latch_scanout_handle_flip(void *data, const struct kms_flip *flip, uint64_t sequence) {
	struct latch_output *output = data;
	uint32_t flags = WLR_OUTPUT_PRESENT_VSYNC | WLR_OUTPUT_PRESENT_HW_COMPLETION;
	if (output->kms->device->clock == KMS_CLOCK_HARDWARE) {
		flags |= WLR_OUTPUT_PRESENT_HW_CLOCK;
	}
	latch_output_flipped(output, exact_flip_ns(output, flip->flip_ns), sequence, flags);
}
