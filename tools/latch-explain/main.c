/* SPDX-License-Identifier: MIT */
/*
 * latch-explain: runs a command under latch, and says in words what became of its buffers.
 *
 * options.c sorts the command line, run.c starts latch, whose --stats come back in a memfd, and
 * explain.c makes paragraphs of them. What is expected is judged by common/expect.c.
 */
#include <stdlib.h>

#include "document.h"
#include "explain.h"
#include "options.h"
#include "run.h"

/* One list has the devices of all outputs: there is one, as latch drives one. */
static yyjson_mut_doc *list_planes(yyjson_mut_val *root) {
	char node[LATCH_TEXT_MAX];
	size_t i, len;
	yyjson_mut_val *output;
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(root, "outputs"), i, len, output) {
		if (explain_node(output, node, sizeof(node))) {
			return run_list(node);
		}
	}
	return NULL;
}

static int explain(const struct explain_options *options) {
	yyjson_mut_doc *stats;
	int status = run_latch(options, &stats);
	yyjson_mut_val *root = yyjson_mut_doc_get_root(stats);
	if (!root) {
		fprintf(stderr, "latch-explain: latch has counted nothing, it ended with status %d\n",
			status);
		return status != 0 ? status : EXPLAIN_EXIT_FAILURE;
	}
	yyjson_mut_doc *list = list_planes(root);
	explain_print(stdout, root, yyjson_mut_doc_get_root(list));
	if (options->expect.length > 0) {
		putchar('\n');
		const bool met = expect_judge(&options->expect, root, stdout);
		status = status == 0 && !met ? EXPECT_EXIT_NOT_MET : status;
	}
	yyjson_mut_doc_free(list);
	yyjson_mut_doc_free(stats);
	return fflush(stdout) == 0 ? status : EXPLAIN_EXIT_FAILURE;
}

int main(int argc, char **argv) {
	struct explain_options options;
	int status = explain_options_parse(&options, argc, argv);
	if (status < 0) {
		status = explain(&options);
	}
	free(options.latch);
	return status;
}
