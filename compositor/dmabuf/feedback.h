#ifndef LATCH_DMABUF_FEEDBACK_H
#define LATCH_DMABUF_FEEDBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "dmabuf/format_list.h"
#include "dmabuf/tranche.h"

struct wl_client;
struct wl_event_loop;
struct wlr_surface;

/**
 * How long a surface's tranches have to stay as they are before its client hears of them: it will
 * allocate all its buffers anew.
 */
#define LATCH_FEEDBACK_QUIET_MS 500

struct latch_feedback_options {
	struct wl_event_loop *loop;
	dev_t main_device;
	/** What can be composed on the main device; copied. */
	const struct latch_format_list *composed;
};

/** All zwp_linux_dmabuf_feedback_v1 objects and what they have told their clients. */
struct latch_feedback;

/** The default is a tranche of what can be composed. Returns NULL when there is no memory. */
struct latch_feedback *latch_feedback_create(const struct latch_feedback_options *options);

/** Remaining resources become inert. NULL is fine. */
void latch_feedback_destroy(struct latch_feedback *feedback);

/** Puts pairs into the table that tranches may name later, so that the table need not grow then. */
bool latch_feedback_add_formats(
	struct latch_feedback *feedback, const struct latch_format *pairs, size_t len);

/** All pairs that may have been sent to clients. Borrowed. */
const struct latch_format_list *latch_feedback_formats(const struct latch_feedback *feedback);

/**
 * Says anew what can be composed on the main device, and the default tranches with it; both are copied.
 * Clients whose tranches end with what can be composed hear of it, and what they were told before stays
 * valid. Returns false when there is no memory; then some may not have heard.
 */
bool latch_feedback_set_composed(struct latch_feedback *feedback,
	const struct latch_format_list *composed, const struct latch_dmabuf_tranche *tranches,
	size_t len);

/** The pairs of the default tranches, into an empty list. False when there is no memory. */
bool latch_feedback_default_formats(
	const struct latch_feedback *feedback, struct latch_format_list *list);

/** See latch_dmabuf_set_default(). */
bool latch_feedback_set_default(
	struct latch_feedback *feedback, const struct latch_dmabuf_tranche *tranches, size_t len);

/** See latch_dmabuf_set_surface_tranches(). */
bool latch_feedback_set_surface(struct latch_feedback *feedback, struct wlr_surface *surface,
	const struct latch_dmabuf_tranche *tranches, size_t len);

/**
 * Makes a zwp_linux_dmabuf_feedback_v1 and sends its parameters. surface: NULL for the default
 * feedback. feedback may be NULL: then the object stays silent.
 */
void latch_feedback_get(struct latch_feedback *feedback, struct wl_client *client, uint32_t version,
	uint32_t id, struct wlr_surface *surface);

#endif
