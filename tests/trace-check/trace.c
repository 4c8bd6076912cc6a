/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include <stdarg.h>
#include <stdlib.h>

const struct latch_names rule_names = {
	.names = (const char *const[RULES]){"trace", "one-release", "ready-order", "shown-early",
		"release-early", "release-order", "times", "flips", "end", "buffer"},
	.length = RULES,
};

void trace_init(struct trace *trace, FILE *messages, uint64_t max_messages) {
	*trace = (struct trace){.messages = messages, .max_messages = max_messages};
}

void trace_finish(struct trace *trace) {
	for (size_t i = 0; i < trace->surfaces_len; i++) {
		free(trace->surfaces[i].updates);
	}
	for (size_t i = 0; i < trace->buffers_len; i++) {
		free(trace->buffers[i].uses);
	}
	for (size_t i = 0; i < trace->outputs_len; i++) {
		free(trace->outputs[i].on.uses);
		free(trace->outputs[i].next.uses);
	}
	free(trace->surfaces);
	free(trace->buffers);
	free(trace->outputs);
	*trace = (struct trace){0};
}

void trace_found(struct trace *trace, enum rule rule, const char *format, ...) {
	const uint64_t count = ++trace->findings[rule];
	if (trace->messages == NULL || count > trace->max_messages) {
		return;
	}
	fprintf(trace->messages, "%s: ", latch_name(&rule_names, rule));
	va_list arguments;
	va_start(arguments, format);
	vfprintf(trace->messages, format, arguments);
	va_end(arguments);
	fputc('\n', trace->messages);
	if (count == trace->max_messages) {
		fprintf(trace->messages, "%s: more of it is only counted\n",
			latch_name(&rule_names, rule));
	}
}

bool trace_flip_fits(const struct trace_output *output, int64_t submit_start_ns, int64_t flip_ns) {
	const int64_t allowance_ns = output->simulated ? output->flip.refresh_ns : 0;
	return submit_start_ns - flip_ns <= allowance_ns;
}

struct trace_update *trace_find_update(
	const struct trace *trace, uint32_t surface, uint64_t number) {
	if (surface >= trace->surfaces_len || number <= trace->surfaces[surface].before ||
		number > trace->surfaces[surface].before + trace->surfaces[surface].len) {
		return NULL;
	}
	return &trace->surfaces[surface].updates[number - 1 - trace->surfaces[surface].before];
}
