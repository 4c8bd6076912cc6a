/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

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
 * which formats its feedback should name first.
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
 *  - NO_DMABUF and those of shared memory: the client does not use what it is told.
 *
 * Plain function.
 */
enum latch_tranche_advice latch_tranche_advise(uint64_t reasons);
