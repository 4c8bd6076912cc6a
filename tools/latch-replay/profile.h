/* SPDX-License-Identifier: MIT */
#pragma once

#include <yyjson.h>

/**
 * The planes of an output, from a document of planes, as a profile (profile/profile.h): a file in
 * memory, which the caller closes. The planes that other outputs used are no choice; they are taken
 * out of the document, so that each other one has the same index in both. Returns -1 without memory.
 */
int replay_profile(yyjson_mut_val *output);
