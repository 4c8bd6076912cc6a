/* SPDX-License-Identifier: MIT */
/* Profiles out of files: latch's own, and what `drm_info -j` prints. A property is called as the
 * kernel calls it in both, so one table, kms_plane_specs, reads both. */
#include <drm_fourcc.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "profile/private.h"

/* ["rotate-0", "reflect-x"] */
static bool read_names(yyjson_val *names, const struct kms_property_spec *spec, uint32_t *mask) {
	size_t i, len;
	yyjson_val *name;
	bool ok = yyjson_is_arr(names);
	yyjson_arr_foreach(names, i, len, name) {
		ok = profile_add_name(mask, spec, yyjson_get_str(name)) && ok;
	}
	return ok;
}

/* A profile's property: true, its names, a number that can't be changed, or [min, max]. Where an
 * object tells of several planes, the number, or the initial value, of the n-th is greater by n. */
static bool read_property(struct kms_plane *plane, const struct kms_property_spec *spec,
	yyjson_val *value, unsigned n) {
	struct kms_property property = {.max = strcmp(spec->name, "alpha") == 0 ? 0xffff : 0};
	if (spec->names != NULL && !read_names(value, spec, &property.mask)) {
		return false;
	}
	if (yyjson_is_uint(value)) {
		property.immutable = true;
		property.value = property.min = property.max = yyjson_get_uint(value) + n;
	} else if (spec->names == NULL && yyjson_is_arr(value)) {
		property.min = yyjson_get_uint(yyjson_arr_get(value, 0));
		property.max = yyjson_get_uint(yyjson_arr_get(value, 1));
		property.value = property.min + n < property.max ? property.min + n : property.max;
		if (yyjson_arr_size(value) != 2 || property.min > property.max) {
			return false;
		}
	} else if (spec->names == NULL && !yyjson_is_true(value)) {
		return false;
	}
	profile_add_property(plane, spec, property);
	return true;
}

static bool read_limit(const struct latch_profile_limit *limit, yyjson_val *value, void *limits) {
	void *member = (char *)limits + limit->offset;
	const double number = yyjson_get_num(value);
	switch (limit->kind) {
	case LATCH_PROFILE_COUNT:
		*(uint32_t *)member = (uint32_t)yyjson_get_uint(value);
		/* The limit "error" is negated as an int. */
		return yyjson_is_uint(value) && yyjson_get_uint(value) <= INT32_MAX;
	case LATCH_PROFILE_FACTOR:
		*(double *)member = number;
		return number >= 1 && number <= 65536;
	case LATCH_PROFILE_FLAG:
		*(bool *)member = yyjson_is_true(value);
		return yyjson_is_bool(value);
	default:
		return read_names(value, profile_find_spec("rotation"), member);
	}
}

static bool read_limits(struct profile_reader *reader, yyjson_val *object,
	const struct latch_profile_limit *known, size_t known_len, void *limits) {
	yyjson_val *key, *value;
	yyjson_obj_iter iter = yyjson_obj_iter_with(object);
	while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
		value = yyjson_obj_iter_get_val(key);
		const char *name = yyjson_get_str(key);
		size_t n = 0;
		while (n < known_len && strcmp(known[n].name, name) != 0) {
			n++;
		}
		if (n == known_len || !read_limit(&known[n], value, limits)) {
			return profile_fail(reader, "its limit '%s' is %s", name,
				n == known_len ? "not known" : "not what it should be");
		}
	}
	return true;
}

static uint32_t type_of(const char *name) {
	uint32_t type = KMS_PLANE_OVERLAY;
	while (type <= KMS_PLANE_CURSOR &&
		(name == NULL || strcmp(name, kms_plane_type_name(type)) != 0)) {
		type++;
	}
	return type;
}

/* {"fourccs": ["XR24"], "modifiers": {"LINEAR": "0x0"}}, or the name of one of these. */
static bool read_formats(struct kms_plane *plane, yyjson_val *set, struct profile_reader *reader) {
	const char *name = yyjson_get_str(set);
	yyjson_val *key, *value;
	set = name != NULL ? yyjson_obj_get(reader->formats, name) : set;
	yyjson_val *modifiers = yyjson_obj_get(set, "modifiers");
	if (yyjson_obj_size(modifiers) == 0) {
		return profile_fail(
			reader, "its formats '%s' are not there", name != NULL ? name : "{}");
	}
	yyjson_obj_iter iter = yyjson_obj_iter_with(modifiers);
	while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
		value = yyjson_obj_iter_get_val(key);
		char *end = NULL;
		const char *text = yyjson_get_str(value);
		const uint64_t modifier = text != NULL ? strtoull(text, &end, 0) : 0;
		if (text == NULL || end == text || *end != '\0') {
			return profile_fail(
				reader, "its modifier '%s' is no number", yyjson_get_str(key));
		}
		if (!profile_add_formats(plane, yyjson_obj_get(set, "fourccs"), modifier, reader)) {
			return false;
		}
		plane->has_in_formats = plane->has_in_formats || modifier != DRM_FORMAT_MOD_INVALID;
	}
	return true;
}

static bool read_sizes(struct kms_plane *plane, yyjson_val *sizes) {
	size_t i, len;
	yyjson_val *size;
	yyjson_arr_foreach(sizes, i, len, size) {
		const uint64_t width = yyjson_get_uint(yyjson_arr_get(size, 0));
		const uint64_t height = yyjson_get_uint(yyjson_arr_get(size, 1));
		if (width - 1 >= UINT16_MAX || height - 1 >= UINT16_MAX ||
			plane->sizes_len == KMS_PLANE_MAX_SIZES) {
			return false;
		}
		plane->sizes[plane->sizes_len++] =
			(struct kms_plane_size){(uint16_t)width, (uint16_t)height};
	}
	return true;
}

/* Plane n of the `count` that an object tells of. */
static bool read_plane(struct profile_reader *reader, yyjson_val *object, unsigned n) {
	struct kms_plane *plane =
		profile_add_plane(reader, type_of(yyjson_get_str(yyjson_obj_get(object, "type"))));
	size_t i, len;
	yyjson_val *key, *value;
	if (plane == NULL) {
		return false;
	}
	yyjson_obj_iter iter = yyjson_obj_iter_with(yyjson_obj_get(object, "properties"));
	while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
		value = yyjson_obj_iter_get_val(key);
		const struct kms_property_spec *spec = profile_find_spec(yyjson_get_str(key));
		if (spec == NULL || !read_property(plane, spec, value, n)) {
			return profile_fail(reader, "its property '%s' is not what it should be",
				yyjson_get_str(key));
		}
	}
	yyjson_arr_foreach(yyjson_obj_get(object, "formats"), i, len, value) {
		if (!read_formats(plane, value, reader)) {
			return false;
		}
	}
	if (!read_sizes(plane, yyjson_obj_get(object, "sizes"))) {
		return profile_fail(reader, "a plane's sizes are not what they should be");
	}
	return read_limits(reader, yyjson_obj_get(object, "limits"), latch_profile_plane_limits,
		latch_profile_plane_limits_len, &reader->profile->plane_limits[plane->index]);
}

static bool read_profile(struct profile_reader *reader, yyjson_val *root) {
	struct latch_profile *profile = reader->profile;
	size_t i, len;
	yyjson_val *object;
	if (yyjson_get_uint(yyjson_obj_get(root, "profile")) != 1) {
		return profile_fail(reader, "it is of another version than 1");
	}
	reader->formats = yyjson_obj_get(root, "formats");
	profile->stacks_by_id = yyjson_get_bool(yyjson_obj_get(root, "stacks_by_id"));
	profile->primary_alpha = yyjson_get_bool(yyjson_obj_get(root, "primary_alpha"));
	yyjson_arr_foreach(yyjson_obj_get(root, "planes"), i, len, object) {
		yyjson_val *count = yyjson_obj_get(object, "count");
		for (unsigned n = 0; n < (count != NULL ? yyjson_get_uint(count) : 1); n++) {
			if (!read_plane(reader, object, n)) {
				return false;
			}
		}
	}
	return read_limits(reader, yyjson_obj_get(root, "limits"), latch_profile_limits,
		latch_profile_limits_len, &profile->limits);
}

static bool read_root(struct profile_reader *reader, yyjson_val *root) {
	yyjson_val *node = root, *key, *value;
	if (yyjson_obj_get(root, "profile") == NULL && yyjson_obj_get(root, "driver") == NULL) {
		/* One member for each node; the first with planes counts. */
		yyjson_obj_iter iter = yyjson_obj_iter_with(root);
		while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
			value = yyjson_obj_iter_get_val(key);
			if (node == root && yyjson_arr_size(yyjson_obj_get(value, "planes")) > 0) {
				node = value;
			}
		}
	}
	const bool own = yyjson_obj_get(root, "profile") != NULL;
	const char *name = yyjson_get_str(
		own ? yyjson_obj_get(root, "name") : yyjson_ptr_get(node, "/driver/name"));
	if (name == NULL) {
		return profile_fail(reader, "it is neither a profile nor what drm_info -j prints");
	}
	snprintf(reader->profile->name, sizeof(reader->profile->name), "%s", name);
	if (!(own ? read_profile(reader, root) : profile_read_drm_info(reader, node))) {
		return false;
	}
	return reader->profile->primary != NULL || profile_fail(reader, "it has no primary plane");
}

/* Finds the file of a profile: in the build tree that the program is in, or else where it is
 * installed. */
static void find_file(const char *name, char *path, size_t size) {
	char program[512];
	const ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (strchr(name, '/') != NULL || strstr(name, ".json") != NULL) {
		snprintf(path, size, "%s", name);
		return;
	}
	program[len > 0 ? len : 0] = '\0';
	for (char *end; (end = strrchr(program, '/')) != NULL;) {
		*end = '\0';
		snprintf(path, size, "%s/lib/profile/%s.json", program, name);
		if (access(path, R_OK) == 0) {
			return;
		}
	}
	snprintf(path, size, LATCH_PROFILE_DIR "/%s.json", name);
}

struct latch_profile *latch_profile_read(const char *name, char *why, size_t size) {
	char path[1024];
	yyjson_read_err error = {0};
	struct profile_reader reader = {
		.profile = calloc(1, sizeof(*reader.profile)), .why = why, .size = size};
	find_file(name, path, sizeof(path));
	yyjson_doc *doc = yyjson_read_file(path, 0, NULL, &error);
	bool ok = false;
	if (reader.profile == NULL) {
		profile_fail(&reader, "out of memory");
	} else if (doc == NULL) {
		profile_fail(&reader, "%s: %s", path, error.code == YYJSON_READ_ERROR_FILE_OPEN
						      ? strerror(errno)
						      : error.msg);
	} else {
		ok = read_root(&reader, yyjson_doc_get_root(doc));
	}
	yyjson_doc_free(doc);
	if (!ok) {
		latch_profile_destroy(reader.profile);
	}
	return ok ? reader.profile : NULL;
}

void latch_profile_destroy(struct latch_profile *profile) {
	for (size_t i = 0; profile != NULL && i < LATCH_PLAN_MAX_PLANES; i++) {
		kms_format_set_finish(&profile->planes[i].formats);
	}
	free(profile);
}
