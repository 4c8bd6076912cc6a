/* SPDX-License-Identifier: MIT */
#pragma once

#include <yyjson.h>

#include "profile/profile.h"

/* What the readers of the two kinds of files share. */

struct profile_reader {
	struct latch_profile *profile;
	yyjson_val *formats; // named sets of a profile
	char *why;
	size_t size;
};

/** Says why; returns false. */
__attribute__((format(printf, 2, 3))) bool profile_fail(
	struct profile_reader *reader, const char *format, ...);

/** The property that the kernel calls so, NULL when latch doesn't know it. */
const struct kms_property_spec *profile_find_spec(const char *name);

/** Adds one of a property's names. Returns false where it is none. */
bool profile_add_name(uint32_t *mask, const struct kms_property_spec *spec, const char *name);

/** Gives a plane a property; its id and numbers are made up. */
void profile_add_property(struct kms_plane *plane, const struct kms_property_spec *spec,
	struct kms_property value);

/** A plane with what every atomic driver has, and nothing else. NULL when it can't be had. */
struct kms_plane *profile_add_plane(struct profile_reader *reader, uint32_t type);

/** Adds an array of fourccs, each as a text or a number, with this modifier. */
bool profile_add_formats(struct kms_plane *plane, yyjson_val *fourccs, uint64_t modifier,
	struct profile_reader *reader);

/** Fills the profile from the object of one node. */
bool profile_read_drm_info(struct profile_reader *reader, yyjson_val *node);
