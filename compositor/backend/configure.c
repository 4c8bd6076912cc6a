/* SPDX-License-Identifier: MIT */
/*
 * A configuration of several outputs as one atomic commit.
 *
 * Frames are submitted for each output alone. A configuration can't be: to exchange the modes of
 * two outputs, or to hand a CRTC from one to the other, every order of single steps may be refused
 * half-way. So it goes to the kernel whole, with black on every output that is set anew, and is
 * either done or has not happened.
 */
#include "backend/configure.h"

#include <drm_fourcc.h>
#include <stdlib.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/log.h>

#include "backend/crtc.h"
#include "backend/output.h"
#include "kms/framebuffer.h"

/* One output's part: what it is to be, and what it was, to go back to. */
struct change {
	struct latch_kms_output *output;
	bool off;     // to be switched off
	bool modeset; // to be set anew
	bool wake;    // from standby, in the same mode: by its next frame
	bool moved;   // to another CRTC, for one that could have no other than its own
	struct wlr_output_mode *mode;
	struct latch_kms_output before;
};

static bool read_state(struct change *change, const struct latch_kms_backend *backend,
	const struct wlr_backend_output_state *wanted) {
	struct latch_kms_output *output = wl_container_of(wanted->output, output, base);
	const struct wlr_output_state *state = &wanted->base;
	if (wanted->output->backend != &backend->base ||
		!latch_kms_output_supports(wanted->output, state)) {
		return false;
	}
	bool named = (state->committed & WLR_OUTPUT_STATE_ENABLED) != 0;
	bool enabled = named ? state->enabled : output->base.enabled;
	struct wlr_output_mode *mode = output->base.current_mode;
	if (state->committed & WLR_OUTPUT_STATE_MODE) {
		mode = state->mode;
	}
	*change = (struct change){
		.output = output,
		.off = named && !enabled,
		.before = *output,
	};
	if (!enabled) {
		return change->off || (state->committed & WLR_OUTPUT_STATE_MODE) == 0;
	}
	if (mode == NULL) {
		return false;
	}
	change->mode = mode;
	bool other_mode = mode != output->base.current_mode;
	change->wake = output->standby && !other_mode;
	change->modeset = !change->wake && (other_mode || !output->base.enabled);
	return true;
}

/* The change of this output, or an empty one at the end of the list. */
static struct change *find_change(
	struct latch_kms_output *output, struct change *changes, size_t *len) {
	for (size_t i = 0; i < *len; i++) {
		if (changes[i].output == output) {
			return &changes[i];
		}
	}
	changes[*len] = (struct change){.output = output, .before = *output};
	return &changes[(*len)++];
}

/* Lit outputs get other CRTCs, so that there is one for this one. */
static bool move_others(struct latch_kms_output *output, struct change *changes, size_t *len) {
	if (!latch_crtc_match(output, true)) {
		return false;
	}
	struct latch_kms_output *other;
	wl_list_for_each(other, &output->backend->outputs, link) {
		if (other->matched == NULL || other->matched == other->crtc || other == output) {
			continue;
		}
		struct change *change = find_change(other, changes, len);
		if (change->mode == NULL) {
			change->mode = other->base.current_mode;
		}
		change->wake = false;
		change->modeset = change->moved = true;
		latch_kms_output_drop_crtc(other);
	}
	wl_list_for_each(other, &output->backend->outputs, link) {
		if (other->matched != NULL && other->crtc == NULL &&
			!latch_crtc_give(other, other->matched)) {
			return false;
		}
	}
	return true;
}

/* Outputs that are set anew and have no CRTC get one. */
static bool take_crtcs(struct change *changes, size_t *len) {
	const size_t wanted = *len;
	for (size_t i = 0; i < wanted; i++) {
		/* What is left for the later ones is not taken by the first. */
		changes[i].output->starved = changes[i].output->starved || changes[i].modeset;
	}
	for (size_t i = 0; i < wanted; i++) {
		struct latch_kms_output *output = changes[i].output;
		if (!changes[i].modeset || latch_kms_output_take_crtc(output)) {
			continue;
		}
		if (!move_others(output, changes, len)) {
			wlr_log(WLR_INFO, "%s: no CRTC is free for it", output->base.name);
			return false;
		}
	}
	return true;
}

/* Gives the output what it needs for its new mode. */
static bool prepare(struct change *change) {
	struct latch_kms_output *output = change->output;
	const drmModeModeInfo *info = latch_kms_output_mode_info(output, change->mode);
	output->mode_blob = 0;
	output->black = NULL;
	output->signal = output->backend->wants_hdr &&
					 kms_connector_lacks_hdr(output->connector) == NULL
				 ? LATCH_SIGNAL_HDR
				 : LATCH_SIGNAL_DEEP;
	if (kms_blob_create(output->device, info, sizeof(*info), &output->mode_blob) != 0) {
		return false;
	}
	output->black = kms_dumb_buffer_create(
		output->device, info->hdisplay, info->vdisplay, DRM_FORMAT_XRGB8888);
	return output->black != NULL || !output->device->features.dumb_buffers;
}

static void add_black(struct latch_kms_output *output, struct kms_commit *commit) {
	uint32_t fb_id = latch_kms_output_black_fb(output);
	latch_kms_output_add_modeset(output, commit);
	/* Without one the plane stays off, and the output waits for its first frame. */
	if (fb_id != 0) {
		struct kms_plane_state state =
			kms_plane_state_whole(fb_id, output->black->width, output->black->height);
		kms_commit_set_plane(commit, output->primary, output->crtc, &state);
	}
}

static bool is_changed(
	const struct latch_kms_output *output, const struct change *changes, size_t len) {
	for (size_t i = 0; i < len; i++) {
		if (changes[i].output == output && (changes[i].off || changes[i].modeset)) {
			return true;
		}
	}
	return false;
}

/* Returns false when there is nothing to ask the kernel for. An output that is to wake up is set
 * anew by its next frame, but a test asks for it. */
static bool build(struct latch_kms_backend *backend, struct kms_commit *commit,
	const struct change *changes, size_t len, bool test) {
	bool any = false;
	kms_commit_init(commit, backend->device);
	/* What goes off goes first: what is set later for the same object wins. */
	for (size_t i = 0; i < len; i++) {
		if (changes[i].off) {
			latch_kms_output_add_disable(&changes[i].before, commit);
			any = any || changes[i].before.crtc != NULL;
		}
	}
	for (size_t i = 0; i < len; i++) {
		if (changes[i].modeset || (test && changes[i].wake)) {
			add_black(changes[i].output, commit);
			any = true;
		}
	}
	/* Others whose first frame is still to come count as well: they were told that they are on.
	 */
	struct latch_kms_output *output;
	wl_list_for_each(output, &backend->outputs, link) {
		if (any && output->crtc != NULL && output->base.enabled && output->needs_modeset &&
			!is_changed(output, changes, len)) {
			add_black(output, commit);
		}
	}
	return any;
}

static int ask_kernel(struct latch_kms_backend *backend, const struct change *changes, size_t len,
	bool test) {
	struct kms_commit commit;
	if (!build(backend, &commit, changes, len, test)) {
		return 0;
	}
	if (test) {
		return kms_commit_test(&commit, KMS_COMMIT_ALLOW_MODESET);
	}
	backend->touched = true;
	return kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0);
}

/* Half of what a link has to carry may be the depth: with less once more. */
static int ask_for_less_and_less(struct latch_kms_backend *backend, const struct change *changes,
	size_t len, bool test) {
	int ret;
	bool less;
	do {
		ret = ask_kernel(backend, changes, len, test);
		less = false;
		for (size_t i = 0; i < len && kms_commit_is_refused(ret); i++) {
			if ((changes[i].modeset || changes[i].wake) &&
				latch_kms_output_ask_less(changes[i].output)) {
				less = true;
			}
		}
	} while (less);
	return ret;
}

static void finish(struct change *change) {
	struct latch_kms_output *output = change->output;
	if (change->modeset) {
		kms_blob_destroy(output->device, change->before.mode_blob);
		kms_dumb_buffer_destroy(change->before.black);
		output->planes_on = output->planes_held = 0;
		output->starved = false;
	}
	if (change->modeset || change->wake) {
		output->needs_modeset = true;
		output->standby = false;
		output->left_out = false;
	}
	if (change->moved) {
		wlr_log(WLR_INFO, "%s has another CRTC, as another output could use only the one "
				  "it had", output->base.name);
	}
	if (change->off) {
		output->starved = output->left_out = false; // the user wants it so
	}
	if (change->off || (change->modeset && !change->moved)) {
		output->refused_mode = NULL;
	}
}

static void roll_back(struct change *change) {
	struct latch_kms_output *output = change->output;
	const struct latch_kms_output *before = &change->before;
	if (output->mode_blob != before->mode_blob) {
		kms_blob_destroy(output->device, output->mode_blob);
		output->mode_blob = before->mode_blob;
	}
	if (output->black != before->black) {
		kms_dumb_buffer_destroy(output->black);
		output->black = before->black;
	}
	if (before->primary != NULL && output->primary != before->primary) {
		latch_crtc_read_formats(output, before->primary);
	}
	output->crtc = before->crtc;
	output->primary = before->primary;
	output->cursor = before->cursor;
	output->planes_on = before->planes_on;
	output->planes_held = before->planes_held;
	output->needs_modeset = before->needs_modeset;
	output->standby = before->standby;
	output->starved = before->starved;
	output->signal = before->signal;
}

/* *signal: what the kernel took for the first of them. */
static int configure(struct latch_kms_backend *backend,
	const struct wlr_backend_output_state *states, size_t len, bool test,
	enum latch_kms_signal *signal) {
	/* Others that are moved come behind those that are asked for. */
	size_t max = len + (size_t)wl_list_length(&backend->outputs);
	struct change *changes = calloc(max, sizeof(*changes));
	if (changes == NULL) {
		return max == 0 ? 0 : -ENOMEM;
	}
	size_t read = 0;
	while (read < len && read_state(&changes[read], backend, &states[read])) {
		read++;
	}
	int ret = read == len ? 0 : -ENOTSUP;
	for (size_t i = 0; i < read; i++) {
		if (changes[i].off) {
			latch_kms_output_drop_crtc(changes[i].output);
		}
	}
	if (ret == 0 && !take_crtcs(changes, &read)) {
		ret = -ENOSPC;
	}
	for (size_t i = 0; i < read && ret == 0; i++) {
		ret = changes[i].modeset && !prepare(&changes[i]) ? -ENOMEM : 0;
	}
	if (ret == 0) {
		ret = ask_for_less_and_less(backend, changes, read, test);
	}
	*signal = read > 0 ? changes[0].output->signal : LATCH_SIGNAL_DEEP;
	for (size_t i = 0; i < read; i++) {
		if (ret == 0 && !test) {
			finish(&changes[i]);
		} else {
			roll_back(&changes[i]);
		}
	}
	for (size_t i = 0; i < read && ret == 0 && !test; i++) {
		const struct latch_kms_handlers *handlers = &changes[i].output->handlers;
		if (changes[i].moved && handlers->moved != NULL) {
			handlers->moved(handlers->data);
		}
	}
	free(changes);
	return ret;
}

bool latch_kms_configure(struct latch_kms_backend *backend,
	const struct wlr_backend_output_state *states, size_t len, bool test) {
	enum latch_kms_signal signal;
	int ret = configure(backend, states, len, test, &signal);
	backend->refusal = ret;
	return ret == 0;
}

/* Where it was wanted. */
static void note_hdr(const struct latch_kms_output *output) {
	const char *lacking = kms_connector_lacks_hdr(output->connector);
	if (output->backend->wants_hdr && output->signal != LATCH_SIGNAL_HDR) {
		wlr_log(WLR_INFO, "%s: no HDR: %s", output->base.name,
			lacking != NULL ? lacking : "the kernel refuses it");
	}
}

int latch_kms_show_black(struct latch_kms_output *output) {
	const enum latch_kms_signal before = output->signal;
	int ret;
	output->backend->touched = true;
	do {
		struct kms_commit commit;
		kms_commit_init(&commit, output->device);
		add_black(output, &commit);
		ret = kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0);
	} while (kms_commit_is_refused(ret) && latch_kms_output_ask_less(output));
	if (ret == 0) {
		output->planes_on = output->planes_held = kms_plane_bit(output->primary);
		output->needs_modeset = false;
		output->connector->link_bad = false;
		if (before == LATCH_SIGNAL_HDR) {
			note_hdr(output);
		}
	}
	return ret;
}

static int index_of(const struct latch_kms_output *output, struct wlr_output_mode *wanted) {
	return wanted != NULL ? (int)(wanted - output->modes) : -1;
}

static int test_mode(struct latch_kms_output *output, struct wlr_output_mode *mode) {
	struct wlr_backend_output_state one = {.output = &output->base};
	wlr_output_state_init(&one.base);
	wlr_output_state_set_enabled(&one.base, true);
	wlr_output_state_set_mode(&one.base, mode);
	enum latch_kms_signal signal;
	int ret = configure(output->backend, &one, 1, true, &signal);
	wlr_output_state_finish(&one.base);
	output->signal = ret == 0 ? signal : output->signal;
	return ret;
}

struct wlr_output_mode *latch_kms_find_mode(
	struct latch_kms_output *output, struct wlr_output_mode *first, size_t *at) {
	const struct kms_connector *connector = output->connector;
	const bool had_crtc = output->crtc != NULL;
	size_t *order = calloc(connector->modes_len, sizeof(*order));
	if (order == NULL ||
		(!latch_kms_output_take_crtc(output) && !latch_crtc_match(output, true))) {
		wlr_log(WLR_INFO, "%s: no CRTC is free for it", output->base.name);
		free(order);
		return NULL;
	}
	const int chosen[] = {
		index_of(output, first),
		index_of(output, latch_kms_output_wanted_mode(output)),
		kms_mode_choose(connector->modes, connector->modes_len, NULL),
	};
	kms_mode_order(connector->modes, connector->modes_len, chosen,
		sizeof(chosen) / sizeof(chosen[0]), order);
	const bool known = output->left_out;
	struct wlr_output_mode *found = NULL;
	int error = 0;
	while (found == NULL && *at < connector->modes_len) {
		struct wlr_output_mode *mode = latch_kms_output_mode(output, order[(*at)++]);
		int ret = test_mode(output, mode);
		if (!kms_commit_is_refused(ret)) {
			found = mode;
		} else if (error == 0) {
			error = ret;
		}
	}
	output->left_out = found == NULL;
	if (found == NULL && !known) {
		wlr_log(WLR_ERROR, "%s is left out: the kernel refuses all its modes%s%s",
			output->base.name, error != 0 ? ": " : "",
			error != 0 ? strerror(-error) : "");
	}
	if (found == NULL && !had_crtc) {
		latch_kms_output_drop_crtc(output);
	}
	free(order);
	return found;
}

bool latch_kms_takes_refused_mode(struct latch_kms_output *output) {
	const enum latch_kms_signal signal = output->signal;
	bool takes = output->refused_mode != NULL && test_mode(output, output->refused_mode) == 0;
	output->signal = signal;
	return takes;
}

void latch_kms_note_mode(struct latch_kms_output *output, struct wlr_output_mode *wanted) {
	const struct wlr_output_mode *now = output->base.current_mode;
	char wanted_name[48], name[48];
	kms_mode_name(name, sizeof(name), now->width, now->height, now->refresh);
	if (wanted != now) {
		output->refused_mode = wanted;
		kms_mode_name(wanted_name, sizeof(wanted_name), wanted->width, wanted->height,
			wanted->refresh);
		wlr_log(WLR_INFO, "%s: %s instead of %s, which the kernel refuses",
			output->base.name, name, wanted_name);
	}
	note_hdr(output);
	if (output->signal == LATCH_SIGNAL_SHALLOW) {
		wlr_log(WLR_INFO, "%s: %s with 8 bits per colour, as more are refused",
			output->base.name, name);
	}
}
