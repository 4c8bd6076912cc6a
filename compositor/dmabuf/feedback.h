#ifndef LATCH_DMABUF_FEEDBACK_H
#define LATCH_DMABUF_FEEDBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct kms_format_set;
struct kms_plane;
struct wl_client;
struct wl_event_loop;
struct wl_resource;
struct wlr_drm_format_set;
struct wlr_surface;

/**
 * How long a surface's tranches have to stay as they are before its client hears of them: it will
 * allocate all its buffers anew.
 */
#define LATCH_FEEDBACK_QUIET_MS 500

struct latch_feedback_options {
	struct wl_event_loop *loop;
	dev_t main_device, scanout_device;
	/** The scanout tranche of surfaces before latch_feedback_advise(); NULL: they have none. */
	const struct kms_format_set *scanout_formats;
	/** Whose pairs are in the table from the beginning, so that it need not grow then. */
	const struct kms_plane *planes;
	size_t planes_len;
	/** What can be composed on the main device. */
	const struct wlr_drm_format_set *composed;
	/** That is all of it, and not a guess: clients are asked for nothing else. */
	bool composed_known;
};

/**
 * All zwp_linux_dmabuf_feedback_v1 objects and what they have told their clients: a tranche for
 * planes, which may be missing, then one of what can be composed.
 */
struct latch_feedback;

/** Copies what it is given. Returns NULL when there is no memory or no fd. */
struct latch_feedback *latch_feedback_create(const struct latch_feedback_options *options);

/** After the last client. NULL is fine. */
void latch_feedback_destroy(struct latch_feedback *feedback);

/** Whether clients may have been told of this pair. */
bool latch_feedback_has(const struct latch_feedback *feedback, uint32_t fourcc, uint64_t modifier);

/**
 * Says anew what can be composed on the main device, for certain. Clients hear of it if it changes
 * what they were told, and what they were told before stays valid.
 */
void latch_feedback_set_composed(
	struct latch_feedback *feedback, const struct wlr_drm_format_set *composed);

/**
 * Says for which planes a surface's buffers should be allocated; len 0: for composing only. The
 * client hears of the newest advice when it has stayed the same for LATCH_FEEDBACK_QUIET_MS. What
 * is kept of the surface goes with it. Returns false when there is no memory; then nothing changes.
 */
bool latch_feedback_advise(struct latch_feedback *feedback, struct wlr_surface *surface,
	const struct kms_plane *const *planes, size_t len);

/** Sends what the default tranches name to a zwp_linux_dmabuf_v1 of a version without feedback. */
void latch_feedback_send_formats(
	const struct latch_feedback *feedback, struct wl_resource *manager);

/**
 * Makes a zwp_linux_dmabuf_feedback_v1 and sends its parameters. surface: NULL for the default
 * feedback.
 */
void latch_feedback_get(struct latch_feedback *feedback, struct wl_client *client, uint32_t version,
	uint32_t id, struct wlr_surface *surface);

#endif
