/* SPDX-License-Identifier: MIT */
#include "run.h"

#include "common/json.h"

bool stress_report_begin(const struct stress_options *options, enum client_exit status,
	yyjson_mut_doc **doc, yyjson_mut_val **root) {
	*doc = json_create(root);
	return *root && yyjson_mut_obj_add_int(*doc, *root, "status", status) &&
	       yyjson_mut_obj_add_str(
		       *doc, *root, "fence", fence_kind_names[options->fence.kind]) &&
	       yyjson_mut_obj_add_int(*doc, *root, "late_ns", options->fence.late_ns);
}
