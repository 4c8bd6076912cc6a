/* SPDX-License-Identifier: MIT */
#include "profile.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/json.h"
#include "document.h"

/* As latch knows it of a device (compositor/output/assign.c). */
static void add_habits(yyjson_mut_doc *doc, yyjson_mut_val *root, yyjson_mut_val *output) {
	yyjson_mut_val *primary = find_text(yyjson_mut_obj_get(output, "planes"), "/type", "primary");
	yyjson_mut_val *modes = yyjson_mut_ptr_get(primary, "/properties/pixel blend mode");
	bool has_alpha = false;
	size_t i, len;
	yyjson_mut_val *set;
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(primary, "formats"), i, len, set) {
		has_alpha = has_alpha ||
			    find_text(yyjson_mut_obj_get(set, "fourccs"), "", "AR24") != NULL;
	}
	yyjson_mut_obj_add_bool(
		doc, root, "stacks_by_id", has_text(output, "/device/driver", "vkms"));
	yyjson_mut_obj_add_bool(doc, root, "primary_alpha",
		has_alpha && find_text(modes, "", "Pre-multiplied") != NULL);
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
	yyjson_mut_val *root;
	yyjson_mut_doc *doc = json_create(&root);
	size_t size = 0;
	if (doc == NULL) {
		return -1;
	}
	drop_planes_of_other_outputs(output);
	yyjson_mut_obj_add_int(doc, root, "profile", 1);
	yyjson_mut_obj_add_str(doc, root, "name", "NOW");
	add_habits(doc, root, output);
	yyjson_mut_obj_add_val(doc, root, "planes",
		yyjson_mut_val_mut_copy(doc, yyjson_mut_obj_get(output, "planes")));
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
