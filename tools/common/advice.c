/* SPDX-License-Identifier: MIT */
#include "advice.h"

#include <drm_fourcc.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "document.h"
#include "plan/reason.h"

/* Lists are for a line or two; JSON has all of them. */
#define MAX_LISTED 8

/* Words one after the other, each once, each after a space; "..." where there are too many. */
struct list {
	char *text; // empty to begin with
	size_t size;
	int words;
};

static bool has_word(const struct list *list, const char *word) {
	size_t len = strlen(word);
	for (const char *at = strstr(list->text, word); at; at = strstr(at + 1, word)) {
		if (at[-1] == ' ' && (at[len] == ' ' || at[len] == '\0')) {
			return true;
		}
	}
	return false;
}

static void add_word(struct list *list, const char *word) {
	const size_t room = list->size - strlen(list->text);
	if (list->words <= MAX_LISTED && !has_word(list, word) && strlen(word) + 1 < room) {
		text_append(
			list->text, list->size, " %s", list->words == MAX_LISTED ? "..." : word);
		list->words++;
	}
}

/* A cursor plane is small and the cursor's: its formats would mislead. */
static bool counts(yyjson_mut_val *plane) {
	return !has_text(plane, "/type", "cursor") && !has_text(plane, "/use", "other-output");
}

/* Each appends to the help of its reason. Returns false where it knows nothing: then what it has
 * appended is taken away again. */

static bool is_ycbcr(const char *format) {
	char name[] = "    "; // as a fourcc has it
	memcpy(name, format, strnlen(format, sizeof(name) - 1));
	return latch_format_is_ycbcr(fourcc_code(name[0], name[1], name[2], name[3]));
}

static void add_fourccs(struct list *list, yyjson_mut_val *set, bool ycbcr) {
	size_t i, len;
	yyjson_mut_val *fourcc;
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(set, "fourccs"), i, len, fourcc) {
		if (is_ycbcr(get_text(fourcc, "")) == ycbcr) {
			add_word(list, get_text(fourcc, ""));
		}
	}
}

/* The formats that planes can show, those of the layer's kind first: RGB is no help to a film. */
static bool append_formats(
	char text[ADVICE_MAX], yyjson_mut_val *planes, yyjson_mut_val *layer) {
	const bool ycbcr = is_ycbcr(get_text(layer, "/buffer/format"));
	text_append(text, ADVICE_MAX, ":");
	struct list list = {.text = text + strlen(text), .size = ADVICE_MAX - strlen(text)};
	size_t i, j, len, sets_len;
	yyjson_mut_val *plane, *set;
	for (int others = 0; others < 2; others++) {
		yyjson_mut_arr_foreach(planes, i, len, plane) {
			yyjson_mut_val *sets =
				counts(plane) ? yyjson_mut_obj_get(plane, "formats") : NULL;
			yyjson_mut_arr_foreach(sets, j, sets_len, set) {
				add_fourccs(&list, set, others ? !ycbcr : ycbcr);
			}
		}
	}
	return list.words > 0;
}

static bool append_modifiers(
	char text[ADVICE_MAX], yyjson_mut_val *planes, yyjson_mut_val *layer) {
	const char *name = get_text(layer, "/buffer/format");
	text_append(text, ADVICE_MAX, "; planes here take %s as:", name);
	struct list list = {.text = text + strlen(text), .size = ADVICE_MAX - strlen(text)};
	size_t i, j, k, len, sets_len, modifiers_len;
	yyjson_mut_val *plane, *set, *modifier, *number;
	yyjson_mut_arr_foreach(planes, i, len, plane) {
		yyjson_mut_val *sets = counts(plane) ? yyjson_mut_obj_get(plane, "formats") : NULL;
		yyjson_mut_arr_foreach(sets, j, sets_len, set) {
			if (find_text(yyjson_mut_obj_get(set, "fourccs"), "", name) == NULL) {
				continue;
			}
			yyjson_mut_val *modifiers = yyjson_mut_obj_get(set, "modifiers");
			yyjson_mut_obj_foreach(modifiers, k, modifiers_len, modifier, number) {
				add_word(&list, get_text(modifier, ""));
			}
		}
	}
	return list.words > 0;
}

static bool append_planes(char text[ADVICE_MAX], yyjson_mut_val *planes, yyjson_mut_val *layer) {
	size_t usable = 0, used = 0, i, len;
	yyjson_mut_val *plane;
	yyjson_mut_arr_foreach(planes, i, len, plane) {
		usable += counts(plane);
		used += counts(plane) && !has_text(plane, "/use", "free");
	}
	text_append(text, ADVICE_MAX, "; %zu of %zu planes besides the cursor's are in use", used,
		usable);
	/* Not every list of planes says what they are used for. */
	return yyjson_mut_obj_get(yyjson_mut_arr_get_first(planes), "use") != NULL;
}

static bool append_size(char text[ADVICE_MAX], yyjson_mut_val *planes, yyjson_mut_val *layer) {
	const int64_t width = get_int(layer, "/dst/width"), height = get_int(layer, "/dst/height");
	text_append(text, ADVICE_MAX, ": %" PRId64 "x%" PRId64, width, height);
	return width > 0;
}

static bool append_error(char text[ADVICE_MAX], yyjson_mut_val *planes, yyjson_mut_val *layer) {
	const int64_t error = get_int(layer, "/test_errno");
	text_append(text, ADVICE_MAX, "; here it is: %s", strerror((int)error));
	return error > 0;
}

bool advice_write(char text[ADVICE_MAX], yyjson_mut_val *output, yyjson_mut_val *layer,
	const char *reason) {
	static const struct {
		uint64_t reason;
		bool (*append)(
			char text[ADVICE_MAX], yyjson_mut_val *planes, yyjson_mut_val *layer);
	} details[] = {
		{LATCH_REASON_FORMAT, append_formats},
		{LATCH_REASON_MODIFIER, append_modifiers},
		{LATCH_REASON_NO_FREE_PLANE, append_planes},
		{LATCH_REASON_SCALING, append_size},
		{LATCH_REASON_TEST_REFUSED, append_error},
	};
	const uint64_t bit = latch_reason_find(reason);
	const char *help = latch_reason_help(bit);
	if (!help) {
		return false;
	}
	const int length = snprintf(text, ADVICE_MAX, "%s", help);
	for (size_t i = 0; i < sizeof(details) / sizeof(details[0]); i++) {
		if (bit == details[i].reason &&
			!details[i].append(text, yyjson_mut_obj_get(output, "planes"), layer)) {
			text[length] = '\0';
		}
	}
	return true;
}

static void advise(yyjson_mut_doc *doc, yyjson_mut_val *output, yyjson_mut_val *layer) {
	char text[ADVICE_MAX];
	size_t i, len;
	yyjson_mut_val *reason;
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(layer, "reasons"), i, len, reason) {
		bool helps = advice_write(text, output, layer, get_text(reason, "/name"));
		yyjson_mut_obj_add_val(doc, reason, "help",
			helps ? yyjson_mut_strcpy(doc, text) : yyjson_mut_null(doc));
	}
}

void advice_add(yyjson_mut_doc *doc) {
	size_t i, j, len, layers_len;
	yyjson_mut_val *output, *layer;
	yyjson_mut_val *outputs = yyjson_mut_obj_get(yyjson_mut_doc_get_root(doc), "outputs");
	yyjson_mut_arr_foreach(outputs, i, len, output) {
		yyjson_mut_arr_foreach(yyjson_mut_obj_get(output, "layers"), j, layers_len, layer) {
			advise(doc, output, layer);
		}
	}
}
