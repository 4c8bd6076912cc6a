#include "run.h"

#include "common/json.h"

static bool begin(const struct stress_options *options, enum client_exit status,
	yyjson_mut_doc **doc, yyjson_mut_val **root) {
	*doc = json_create(root);
	return *root && yyjson_mut_obj_add_int(*doc, *root, "status", status) &&
	       yyjson_mut_obj_add_str(
		       *doc, *root, "fence", fence_kind_name(options->fence.kind)) &&
	       yyjson_mut_obj_add_int(*doc, *root, "late_ns", options->fence.late_ns);
}

bool stress_report_hostile(const struct stress_options *options,
	const struct hostile_report *report, enum client_exit status) {
	yyjson_mut_doc *doc;
	yyjson_mut_val *root;
	bool ok = begin(options, status, &doc, &root) &&
		  (!report->sync || yyjson_mut_obj_add_str(doc, root, "sync", report->sync)) &&
		  yyjson_mut_obj_add_bool(doc, root, "flood", options->flood) &&
		  yyjson_mut_obj_add_int(doc, root, "surfaces", options->surfaces) &&
		  yyjson_mut_obj_add_int(doc, root, "buffers", options->buffers) &&
		  yyjson_mut_obj_add_uint(doc, root, "commits", report->commits) &&
		  yyjson_mut_obj_add_uint(doc, root, "fences", report->fences) &&
		  yyjson_mut_obj_add_uint(doc, root, "fences_ended", report->ended) &&
		  yyjson_mut_obj_add_uint(doc, root, "busy_buffers", report->busy) &&
		  yyjson_mut_obj_add_bool(doc, root, "closed", report->closed) &&
		  yyjson_mut_obj_add_int(doc, root, "run_ns", report->run_ns);
	return json_write(doc, ok, options->json);
}

bool stress_report_die(const struct stress_options *options, const struct die_report *report,
	enum client_exit status) {
	yyjson_mut_doc *doc;
	yyjson_mut_val *root;
	bool ok = begin(options, status, &doc, &root) &&
		  yyjson_mut_obj_add_uint(doc, root, "killed", report->killed) &&
		  yyjson_mut_obj_add_uint(doc, root, "escaped", report->escaped);
	yyjson_mut_val *steps = ok ? yyjson_mut_obj_add_obj(doc, root, "steps") : NULL;
	ok = steps != NULL;
	for (int step = 0; ok && step < DIE_ALL; step++) {
		ok = yyjson_mut_obj_add_uint(
			doc, steps, die_step_name((enum die_step)step), report->by_step[step]);
	}
	return json_write(doc, ok, options->json);
}
