/* SPDX-License-Identifier: MIT */
#include "profile.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/json.h"
#include "document.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What documents call a value, and the kernel; see kms/plane.c. */
static const struct {
	const char *key, *property;
	const char *names[4][2];
} properties[] = {
	{"blend_modes", "pixel blend mode",
		{{"premultiplied", "Pre-multiplied"}, {"coverage", "Coverage"}, {"none", "None"}}},
	{"color_encodings", "COLOR_ENCODING",
		{{"bt601", "ITU-R BT.601 YCbCr"}, {"bt709", "ITU-R BT.709 YCbCr"},
			{"bt2020", "ITU-R BT.2020 YCbCr"}}},
	{"color_ranges", "COLOR_RANGE",
		{{"limited", "YCbCr limited range"}, {"full", "YCbCr full range"}}},
	{"rotations", "rotation", {{NULL, NULL}}},
};

/* Modifiers are compared, and no more: any number does for one that no layer has. */
static uint64_t find_modifier(yyjson_mut_val *output, const char *name) {
	yyjson_mut_val *layer =
		find_text(yyjson_mut_obj_get(output, "layers"), "/buffer/modifier", name);
	char *end;
	uint64_t number = strtoull(get_text(layer, "/buffer/modifier_number"), NULL, 0);
	if (layer != NULL || strcmp(name, "LINEAR") == 0) {
		return number;
	}
	if (strcmp(name, "implicit") == 0) {
		return UINT64_C(0x00ffffffffffffff);
	}
	number = strtoull(name, &end, 0);
	if (*end == '\0') {
		return number;
	}
	for (number = 1; *name != '\0'; name++) {
		number = number * 31 + (unsigned char)*name;
	}
	return number | UINT64_C(1) << 56;
}

static void add_formats(yyjson_mut_doc *doc, yyjson_mut_val *sets, yyjson_mut_val *used,
	yyjson_mut_val *output, yyjson_mut_val *plane) {
	size_t i, len, j, modifiers_len;
	yyjson_mut_val *format, *modifier;
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(plane, "formats"), i, len, format) {
		char name[32], number[20], fourcc[8];
		/* "R8" has two blanks behind it; what is longer has no name in DRM. */
		const int length = snprintf(
			fourcc, sizeof(fourcc), "%-4s", get_text(format, "/format"));
		if (length != 4) {
			continue;
		}
		snprintf(name, sizeof(name), "%" PRIu64, (uint64_t)yyjson_mut_obj_size(sets));
		yyjson_mut_arr_add_strcpy(doc, used, name);
		yyjson_mut_val *set = yyjson_mut_obj(doc);
		yyjson_mut_obj_add(sets, yyjson_mut_strcpy(doc, name), set);
		yyjson_mut_val *fourccs = yyjson_mut_obj_add_arr(doc, set, "fourccs");
		yyjson_mut_arr_add_strcpy(doc, fourccs, fourcc);
		yyjson_mut_val *modifiers = yyjson_mut_obj_add_obj(doc, set, "modifiers");
		yyjson_mut_arr_foreach(
			yyjson_mut_obj_get(format, "modifiers"), j, modifiers_len, modifier) {
			const char *text = yyjson_mut_get_str(modifier);
			snprintf(number, sizeof(number), "0x%016" PRIx64,
				find_modifier(output, text != NULL ? text : ""));
			yyjson_mut_obj_add(modifiers, yyjson_mut_strcpy(doc, text != NULL ? text : ""),
				yyjson_mut_strcpy(doc, number));
		}
	}
}

static const char *kernel_name(size_t property, const char *name) {
	for (size_t i = 0; i < COUNT(properties[property].names); i++) {
		const char *const *names = properties[property].names[i];
		if (names[0] != NULL && strcmp(names[0], name) == 0) {
			return names[1];
		}
	}
	return name;
}

static void add_properties(yyjson_mut_doc *doc, yyjson_mut_val *to, yyjson_mut_val *plane) {
	yyjson_mut_val *zpos = yyjson_mut_obj_get(plane, "zpos"), *value;
	size_t i, len;
	if (get_bool(zpos, "/immutable")) {
		yyjson_mut_obj_add_int(doc, to, "zpos", get_int(zpos, "/min"));
	} else if (yyjson_mut_is_obj(zpos)) {
		yyjson_mut_val *range = yyjson_mut_obj_add_arr(doc, to, "zpos");
		yyjson_mut_arr_add_int(doc, range, get_int(zpos, "/min"));
		yyjson_mut_arr_add_int(doc, range, get_int(zpos, "/max"));
	}
	if (get_bool(plane, "/alpha")) {
		yyjson_mut_obj_add_bool(doc, to, "alpha", true);
	}
	for (size_t p = 0; p < COUNT(properties); p++) {
		yyjson_mut_val *names = yyjson_mut_obj_get(plane, properties[p].key);
		if (yyjson_mut_arr_size(names) == 0) {
			continue;
		}
		yyjson_mut_val *list = yyjson_mut_obj_add_arr(doc, to, properties[p].property);
		yyjson_mut_arr_foreach(names, i, len, value) {
			const char *name = yyjson_mut_get_str(value);
			yyjson_mut_arr_add_strcpy(doc, list, kernel_name(p, name != NULL ? name : ""));
		}
	}
}

/* As latch knows it of a device (compositor/output/assign.c). */
static void add_habits(yyjson_mut_doc *doc, yyjson_mut_val *root, yyjson_mut_val *output) {
	yyjson_mut_val *primary = find_text(yyjson_mut_obj_get(output, "planes"), "/type", "primary");
	yyjson_mut_val *modes = yyjson_mut_obj_get(primary, "blend_modes");
	yyjson_mut_obj_add_bool(
		doc, root, "stacks_by_id", has_text(output, "/device/driver", "vkms"));
	yyjson_mut_obj_add_bool(doc, root, "primary_alpha",
		find_text(modes, "", "premultiplied") &&
			find_text(yyjson_mut_obj_get(primary, "formats"), "/format", "AR24"));
}

static void drop_planes_of_other_outputs(yyjson_mut_val *output) {
	yyjson_mut_arr_iter iter = yyjson_mut_arr_iter_with(yyjson_mut_obj_get(output, "planes"));
	yyjson_mut_val *plane;
	while ((plane = yyjson_mut_arr_iter_next(&iter))) {
		if (has_text(plane, "/use", "other-output")) {
			yyjson_mut_arr_iter_remove(&iter);
		}
	}
}

int replay_profile(yyjson_mut_val *output) {
	yyjson_mut_val *root, *plane;
	yyjson_mut_doc *doc = json_create(&root);
	size_t i, len, size = 0;
	if (doc == NULL) {
		return -1;
	}
	drop_planes_of_other_outputs(output);
	yyjson_mut_obj_add_int(doc, root, "profile", 1);
	yyjson_mut_obj_add_str(doc, root, "name", "NOW");
	add_habits(doc, root, output);
	yyjson_mut_val *sets = yyjson_mut_obj_add_obj(doc, root, "formats");
	yyjson_mut_val *planes = yyjson_mut_obj_add_arr(doc, root, "planes");
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(output, "planes"), i, len, plane) {
		yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, planes);
		yyjson_mut_obj_add_strcpy(doc, object, "type", get_text(plane, "/type"));
		add_formats(doc, sets, yyjson_mut_obj_add_arr(doc, object, "formats"), output, plane);
		add_properties(
			doc, yyjson_mut_obj_add_obj(doc, object, "properties"), plane);
	}
	char *text = yyjson_mut_write(doc, 0, &size);
	yyjson_mut_doc_free(doc);
	int fd = text != NULL ? memfd_create("latch-replay", MFD_CLOEXEC) : -1;
	if (fd >= 0 && write(fd, text, size) != (ssize_t)size) {
		close(fd);
		fd = -1;
	}
	free(text);
	return fd;
}
