/* SPDX-License-Identifier: MIT */
#include "base/box.h"

const char *const latch_transform_names[LATCH_TRANSFORMS] = {"normal", "90", "180", "270", "flipped",
	"flipped-90", "flipped-180", "flipped-270"};
