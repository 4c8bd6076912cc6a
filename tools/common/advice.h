/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <yyjson.h>

/** Enough for any advice. */
#define ADVICE_MAX 512

/**
 * What would help a layer against a reason, by its stable name: latch_reason_help(), and what is known
 * of this layer and of the planes of its output. Both are objects as in a document of planes, which
 * may lack keys, or NULL. Returns false where nothing can or need be done, or the reason is not known.
 */
bool advice_write(char text[ADVICE_MAX], yyjson_mut_val *output, yyjson_mut_val *layer,
	const char *reason);

/** Adds that as "help" to every reason of every layer of a document of planes; null for none. */
void advice_add(yyjson_mut_doc *doc);
