/* SPDX-License-Identifier: MIT */
#include "explain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "advice.h"
#include "base/text.h"
#include "document.h"
#include "trace/statistics.h"

#define WIDTH 100

static const char *plural(int64_t count) {
	return count == 1 ? "" : "s";
}

static const char *were(int64_t count) {
	return count == 1 ? " was" : "s were";
}

bool explain_node(yyjson_mut_val *output, char *text, size_t size) {
	const char *begin = strstr(get_text(output, "/device"), "(/dev/");
	if (begin) {
		snprintf(text, size, "%.*s", (int)strcspn(begin + 1, ")"), begin + 1);
	}
	return begin != NULL;
}

/* The list's device that the surface's output is on: its planes say which formats would help. */
static yyjson_mut_val *find_device(
	yyjson_mut_val *root, yyjson_mut_val *list, yyjson_mut_val *surface) {
	char node[LATCH_TEXT_MAX];
	yyjson_mut_val *output = find_text(yyjson_mut_obj_get(root, "outputs"), "/name",
		get_text(surface, "/output"));
	return explain_node(output, node, sizeof(node))
		       ? find_text(yyjson_mut_obj_get(list, "devices"), "/path", node)
		       : NULL;
}

static double percent(int64_t part, int64_t of) {
	return 100 * (double)part / (double)(of > 0 ? of : 1);
}

static void say_planes(FILE *file, yyjson_mut_val *surface) {
	const int64_t frames = get_int(surface, "/frames"), on = get_int(surface, "/on_plane");
	if (on == 0) {
		fprintf(file, "None of them was on a plane. ");
		return;
	}
	if (on == frames) {
		fprintf(file, "All of them were on planes, as they are: ");
	} else {
		fprintf(file, "%" PRId64 " (%.1f %%) were on planes, as they are: ", on,
			percent(on, frames));
	}
	const char *separator = "";
	size_t i, len;
	yyjson_mut_val *type, *count;
	yyjson_mut_obj_foreach(yyjson_mut_obj_get(surface, "by_plane_type"), i, len, type, count) {
		if (yyjson_mut_get_uint(count) > 0) {
			const char *name = yyjson_mut_get_str(type);
			fprintf(file, "%s%" PRIu64 " %s", separator, yyjson_mut_get_uint(count),
				strcmp(name, "background") == 0 ? "as the background of the CRTC"
				: strcmp(name, "overlay") == 0	? "on overlay planes"
				: strcmp(name, "cursor") == 0	? "on the cursor plane"
								: "on the primary plane");
			separator = ", ";
		}
	}
	fprintf(file, ". ");
}

/* The one with the most frames of those that come after the last one in that order; NULL: there is
 * none. */
static yyjson_mut_val *next_reason(yyjson_mut_val *reasons, yyjson_mut_val *last) {
	yyjson_mut_val *best = NULL, *reason;
	bool passed = false;
	size_t i, len;
	yyjson_mut_arr_foreach(reasons, i, len, reason) {
		const int64_t frames = get_int(reason, "/frames");
		const bool later = !last || frames < get_int(last, "/frames") ||
				   (frames == get_int(last, "/frames") && passed);
		passed |= reason == last;
		if (later && (!best || frames > get_int(best, "/frames"))) {
			best = reason;
		}
	}
	return best;
}

static void say_reasons(FILE *file, yyjson_mut_val *reasons, const char *format) {
	yyjson_mut_val *reason = NULL;
	const char *separator = "";
	while ((reason = next_reason(reasons, reason)) != NULL) {
		const char *name = get_text(reason, "/name");
		const bool of_format = strcmp(name, "format") == 0 || strcmp(name, "modifier") == 0;
		fprintf(file, "%s%s%s%s (%s, %" PRId64 " frame%s)", separator,
			get_text(reason, "/text"), of_format && format[0] != '\0' ? ", " : "",
			of_format ? format : "", name, get_int(reason, "/frames"),
			plural(get_int(reason, "/frames")));
		separator = "; ";
	}
	fprintf(file, "%s. ", separator[0] != '\0' ? "" : "nobody said why");
}

static void say_composed(FILE *file, yyjson_mut_val *surface, yyjson_mut_val *device) {
	const int64_t frames = get_int(surface, "/frames"), composed = get_int(surface, "/composed");
	yyjson_mut_val *reasons = yyjson_mut_obj_get(surface, "reasons"), *reason = NULL;
	yyjson_mut_val *layer = yyjson_mut_obj_get(surface, "composed_as");
	if (composed == 0) {
		return;
	}
	fprintf(file, "%" PRId64 " (%.1f %%) %s composed: ", composed, percent(composed, frames),
		composed == 1 ? "was" : "were");
	say_reasons(file, reasons, get_text(layer, "/buffer/format"));
	while ((reason = next_reason(reasons, reason)) != NULL) {
		const char *name = get_text(reason, "/name");
		char help[ADVICE_MAX];
		if (advice_write(help, device, layer, name)) {
			fprintf(file, "What would help against %s: %s. ", name, help);
		}
	}
	if (find_text(reasons, "/name", "no-kms")) {
		fprintf(file, "latch ran in a window: what the planes of a display would have taken "
			      "is not known. ");
	}
}

/* A missing one is 0, and so is the share of nothing. */
static double mean_ms(yyjson_mut_val *surface, enum latch_stage stage) {
	char path[64];
	snprintf(path, sizeof(path), "/stages/%s/mean_ns", latch_stages[stage].key);
	return get_number(surface, path) / 1e6;
}

static void say_latency(FILE *file, yyjson_mut_val *surface) {
	static const struct {
		enum latch_stage stage;
		const char *words;
	} parts[] = {
		{LATCH_STAGE_COMMIT_TO_SIGNALLED, "until the client's fence had signalled"},
		{LATCH_STAGE_SIGNALLED_TO_SUBMIT, "in latch, until its deadline and the submit"},
		{LATCH_STAGE_SUBMIT_TO_FLIP, "in the kernel, until the vblank and the flip"},
	};
	const double whole = mean_ms(surface, LATCH_STAGE_COMMIT_TO_FLIP);
	if (get_int(surface, "/stages/commit_to_flip/count") == 0 || whole <= 0) {
		return;
	}
	fprintf(file, "From the commit to the flip it took %.2f ms in the mean, p50 %.2f ms, p99 %.2f ms. "
		      "Of the mean went by",
		whole, get_number(surface, "/stages/commit_to_flip/p50_ns") / 1e6,
		get_number(surface, "/stages/commit_to_flip/p99_ns") / 1e6);
	double rest = whole;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const double ms = mean_ms(surface, parts[i].stage);
		rest -= ms;
		fprintf(file, "%s %.2f ms (%.0f %%) %s", i > 0 ? "," : "", ms, 100 * ms / whole,
			parts[i].words);
	}
	if (rest > whole / 100) {
		fprintf(file, ", %.2f ms (%.0f %%) until the time that it was meant for (commit-timing, "
			      "fifo)",
			rest, 100 * rest / whole);
	}
	fprintf(file, ". ");
}

static void say_missed(FILE *file, yyjson_mut_val *surface) {
	const int64_t missed = get_int(surface, "/missed");
	if (missed == 0) {
		fprintf(file, "No vblank was missed. ");
		return;
	}
	fprintf(file, "%" PRId64 " vblank%s missed", missed, were(missed));
	const char *separator = ": ";
	size_t i, len;
	yyjson_mut_val *cause, *vblanks;
	yyjson_mut_obj_foreach(yyjson_mut_obj_get(surface, "missed_by_cause"), i, len, cause, vblanks) {
		unsigned known;
		const char *name = yyjson_mut_get_str(cause);
		if (yyjson_mut_get_uint(vblanks) > 0) {
			fprintf(file, "%s%" PRIu64 " by %s", separator, yyjson_mut_get_uint(vblanks), name);
			if (latch_name_value(&latch_missed_cause_names, name, &known)) {
				fprintf(file, " (%s)",
					latch_missed_cause_text((enum latch_missed_cause)known));
			}
			separator = ", ";
		}
	}
	fprintf(file, ". ");
}

static void say_unseen(FILE *file, yyjson_mut_val *surface) {
	const int64_t superseded = get_int(surface, "/superseded");
	const int64_t dropped = get_int(surface, "/dropped");
	const int64_t errors = get_int(surface, "/fence_errors");
	if (superseded + dropped > 0) {
		fprintf(file, "%" PRId64 " update%s never seen: ", superseded + dropped,
			were(superseded + dropped));
		fprintf(file, "%" PRId64 " replaced by newer ones, %" PRId64 " dropped. ", superseded,
			dropped);
	}
	if (errors > 0) {
		fprintf(file, "%" PRId64 " fence%s signalled with an error. ", errors, plural(errors));
	}
}

static void say_surface(FILE *file, yyjson_mut_val *surface, yyjson_mut_val *device) {
	const int64_t frames = get_int(surface, "/frames");
	const char *label = get_text(surface, "/label"), *output = get_text(surface, "/output");
	fprintf(file, "%s (%" PRId64 "), pid %" PRId64 "%s%s: ", label[0] != '\0' ? label : "surface",
		get_int(surface, "/id"), get_int(surface, "/pid"), output[0] != '\0' ? " on " : "",
		output);
	if (frames == 0) {
		fprintf(file, "no frame was shown. ");
	} else {
		fprintf(file, "%" PRId64 " frame%s shown. ", frames, were(frames));
		say_planes(file, surface);
		say_composed(file, surface, device);
		say_latency(file, surface);
		say_missed(file, surface);
	}
	say_unseen(file, surface);
}

void explain_print(FILE *file, yyjson_mut_val *root, yyjson_mut_val *list) {
	size_t i, len;
	yyjson_mut_val *surface, *surfaces = yyjson_mut_obj_get(root, "surfaces");
	yyjson_mut_arr_foreach(surfaces, i, len, surface) {
		char *text = NULL;
		size_t size = 0;
		FILE *paragraph = open_memstream(&text, &size);
		if (paragraph) {
			say_surface(paragraph, surface, find_device(root, list, surface));
			fputc('\n', file);
			if (fclose(paragraph) == 0) {
				latch_text_print_wrapped(file, text, 0, WIDTH);
			}
		}
		free(text);
	}
	const int64_t others = get_int(root, "/others/surfaces");
	if (others > 0) {
		fprintf(file, "\n%" PRId64 " other surface%s gone for longer: latch-report --all on a trace "
			      "(--trace) tells of each.\n",
			others, others == 1 ? " is" : "s are");
	}
	if (yyjson_mut_arr_size(surfaces) == 0) {
		fprintf(file, "\nNo surface was shown.\n");
	}
}
