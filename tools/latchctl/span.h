/* SPDX-License-Identifier: MIT */
#pragma once

#include <yyjson.h>

/**
 * What happened between two documents of statistics, as a document of the same shape: counters are
 * of the span; "seconds" and "fps" are new; each stage has percentiles in the place of its
 * histogram. See docs/latchctl.1.scd. The caller frees it; NULL without memory.
 */
yyjson_mut_doc *span_between(yyjson_mut_doc *before, yyjson_mut_doc *after);
