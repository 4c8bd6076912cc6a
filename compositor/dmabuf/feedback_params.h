#ifndef LATCH_DMABUF_FEEDBACK_PARAMS_H
#define LATCH_DMABUF_FEEDBACK_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "dmabuf/format_table.h"
#include "dmabuf/tranche.h"

struct wl_resource;

struct latch_feedback_tranche {
	dev_t target_device;
	bool scanout;
	/** Places in the format table, ascending. */
	uint16_t *indices;
	size_t indices_len;
};

/**
 * What a feedback object tells its client, but for the table: a counted value that never changes,
 * shared by all objects that told it.
 */
struct latch_feedback_params {
	size_t refs;
	dev_t main_device;
	size_t tranches_len;
	struct latch_feedback_tranche tranches[];
};

/**
 * Makes parameters of tranches, best first. Their pairs are added to the table. As the protocol
 * wants it, no pair is named twice for the same device and purpose, and there is always a tranche
 * for the main device: where none of these is, the fallback list becomes the last one.
 *
 * Returns NULL when there is no memory or the table is full.
 */
struct latch_feedback_params *latch_feedback_params_create(struct latch_format_table *table,
	dev_t main_device, const struct latch_format_list *fallback,
	const struct latch_dmabuf_tranche *tranches, size_t len);

/** Both take NULL. */
struct latch_feedback_params *latch_feedback_params_ref(struct latch_feedback_params *params);
void latch_feedback_params_unref(struct latch_feedback_params *params);

/** Whether a client would be told the same. NULL equals nothing. */
bool latch_feedback_params_equal(
	const struct latch_feedback_params *a, const struct latch_feedback_params *b);

/**
 * Sends all events of one zwp_linux_dmabuf_feedback_v1, with the table as it is now. Returns 0, or
 * negative errno when the table can't be made; then nothing is sent.
 */
int latch_feedback_params_send(const struct latch_feedback_params *params,
	struct latch_format_table *table, struct wl_resource *resource);

#endif
