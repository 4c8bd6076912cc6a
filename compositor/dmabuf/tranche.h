#ifndef LATCH_DMABUF_TRANCHE_H
#define LATCH_DMABUF_TRANCHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "dmabuf/format_list.h"

struct kms_plane;

/** What one device prefers to get; the first tranche of a list is the best. */
struct latch_dmabuf_tranche {
	dev_t target_device;
	/** The client's buffer could be shown on a plane of that device. */
	bool scanout;
	/** Borrowed. Their order means nothing. */
	const struct latch_format *formats;
	size_t formats_len;
};

/** What the buffers of a surface should be allocated for. */
enum latch_tranche_advice {
	/** Leave it as it was: what keeps the surface off its plane now says nothing of that. */
	LATCH_TRANCHE_KEEP,
	/** For planes first. */
	LATCH_TRANCHE_SCANOUT,
	/** For composing only. */
	LATCH_TRANCHE_COMPOSE,
};

/**
 * Decides from the reasons why a surface is on no plane (enum latch_reason bits, 0: it is on one)
 * what its client should be told. planes: those that the surface could go to. With
 * LATCH_TRANCHE_SCANOUT the union of their formats is in *formats, which is emptied first; its
 * memory stays the caller's and is used again.
 *
 * A client allocates anew whenever it is told something else, so it is told only what helps:
 *
 *  - FORMAT, MODIFIER and IMPORT_FAILED are about the buffer itself: other buffers could be shown,
 *    so the formats of the planes come first.
 *  - SCALING, ROTATION, PARTLY_TRANSPARENT, POSITION, ALPHA, BLEND, COLOR_ENCODING, DISABLED and
 *    NO_KMS are about what the surface or latch does with any buffer. They last, and no other
 *    buffer helps: what the renderer likes best is better than what a plane could take. One of
 *    them outweighs those above.
 *  - NO_FREE_PLANE, Z_ORDER, TEST_REFUSED and TESTS_SPENT come from the other layers of the
 *    moment, NOT_READY, CAPTURED, SETTLING and IDLE from the surface's own last few frames. They
 *    go as they came: telling both ways would cost two reallocations for nothing.
 *  - COVERED: nothing of it is to be seen, no buffer is a better one until that ends. It outweighs
 *    all others.
 *  - NO_DMABUF: the client does not use what it is told.
 *
 * Plain function. Returns LATCH_TRANCHE_KEEP when there is no memory.
 */
enum latch_tranche_advice latch_tranche_advise(const struct kms_plane *const *planes,
	size_t planes_len, uint64_t reasons, struct latch_format_list *formats);

#endif
