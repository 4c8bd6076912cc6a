/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <stdio.h>
#include <string.h>

#include "util.h"

yyjson_mut_doc *json_create(yyjson_mut_val **root) {
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	*root = doc ? yyjson_mut_obj(doc) : NULL;
	if (*root) {
		yyjson_mut_doc_set_root(doc, *root);
	}
	return doc;
}

bool json_write(yyjson_mut_doc *doc, bool complete, const char *path) {
	const yyjson_write_flag flags = YYJSON_WRITE_PRETTY | YYJSON_WRITE_NEWLINE_AT_END;
	yyjson_write_err error = {0};
	bool ok = complete;
	if (ok && strcmp(path, "-") == 0) {
		ok = yyjson_mut_write_fp(stdout, doc, flags, NULL, &error) && fflush(stdout) == 0;
	} else if (ok) {
		ok = yyjson_mut_write_file(path, doc, flags, NULL, &error);
	}
	if (!ok) {
		say("can't write the report to %s: %s", path, error.msg ? error.msg : "no memory");
	}
	yyjson_mut_doc_free(doc);
	return ok;
}
