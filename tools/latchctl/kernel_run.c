/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/util.h"
#include "document.h"
#include "kernel.h"
#include "latch-inspector-unstable-v2-client-protocol.h"
#include "options.h"
#include "screen.h"
#include "session.h"

/* Between two answers a frame may be shown. What differs in all of so many looks is different. */
#define LOOKS 5
#define LOOK_AGAIN_S 0.1

char *kernel_state_read(const char *node) {
	struct stat stat_buf;
	char path[64];
	if (stat(node, &stat_buf) != 0) {
		say("%s: %s", node, strerror(errno));
		return NULL;
	}
	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/state", minor(stat_buf.st_rdev));
	FILE *file = fopen(path, "re");
	char *text = file ? text_read(file) : NULL;
	if (!text) {
		say("%s can't be read: %s; only root can, where debugfs is mounted", path,
			strerror(errno));
	}
	if (file) {
		fclose(file);
	}
	return text;
}

/* Leaves the outputs that are to be looked at. Returns false, having said so, where none is. */
static bool keep_outputs(yyjson_mut_val *root, const char *only) {
	return only ? session_keep_output(root, only)
		    : yyjson_mut_arr_size(yyjson_mut_obj_get(root, "outputs")) > 0 ||
			      failed(false, "there is no output at all");
}

/* Returns how many planes differ; -1 after a failure. */
static int look(FILE *file, struct session *session, const struct latchctl_options *options) {
	size_t i, len;
	yyjson_mut_val *output;
	yyjson_mut_doc *doc = session_ask(session, ZLATCH_INSPECTOR_V2_SUBJECT_PLANES);
	yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);
	int differences = doc && keep_outputs(root, options->output) ? 0 : -1;
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(root, "outputs"), i, len, output) {
		const char *node = get_text(output, "/device/node");
		if (differences < 0) {
			break;
		}
		char *state = node[0] != '\0' ? kernel_state_read(node) : NULL;
		const int more =
			state || node[0] == '\0' ? kernel_compare(file, output, state) : -1;
		differences = more < 0 ? -1 : differences + more;
		free(state);
	}
	yyjson_mut_doc_free(doc);
	return differences;
}

int kernel_run(struct session *session, const struct latchctl_options *options) {
	int differences = 1;
	for (int i = 0; i < LOOKS && differences > 0; i++) {
		char *text = NULL;
		size_t size;
		FILE *file = open_memstream(&text, &size);
		if (!file) {
			say("out of memory");
			return LATCHCTL_EXIT_FAILURE;
		}
		differences = look(file, session, options);
		fclose(file);
		if (differences > 0 && i < LOOKS - 1) {
			screen_wait(LOOK_AGAIN_S, -1);
		} else if (differences >= 0) {
			fputs(text, stdout);
		}
		free(text);
	}
	return differences < 0	 ? LATCHCTL_EXIT_FAILURE
	       : differences > 0 ? LATCHCTL_EXIT_DIFFERENT
				 : LATCHCTL_EXIT_OK;
}
