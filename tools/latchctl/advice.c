#include "advice.h"

#include <stdio.h>
#include <string.h>

#include "document.h"

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

/* Each appends to the words of its reason in the table below. Returns false where it has nothing to
 * say. */

/* The formats that planes can show, or the modifiers of one. */
static bool append_list(char text[ADVICE_MAX], yyjson_mut_val *planes, const char *only_format) {
	const size_t start = strlen(text);
	struct list list = {.text = text + start, .size = ADVICE_MAX - start};
	size_t i, j, k, len, formats_len, modifiers_len;
	yyjson_mut_val *plane, *format, *modifier;
	yyjson_mut_arr_foreach(planes, i, len, plane) {
		yyjson_mut_val *formats =
			counts(plane) ? yyjson_mut_obj_get(plane, "formats") : NULL;
		yyjson_mut_arr_foreach(formats, j, formats_len, format) {
			yyjson_mut_val *modifiers = NULL;
			if (!only_format) {
				add_word(&list, get_text(format, "/format"));
			} else if (has_text(format, "/format", only_format)) {
				modifiers = yyjson_mut_obj_get(format, "modifiers");
			}
			yyjson_mut_arr_foreach(modifiers, k, modifiers_len, modifier) {
				add_word(&list, get_text(modifier, ""));
			}
		}
	}
	return list.words > 0;
}

static bool append_formats(
	char text[ADVICE_MAX], yyjson_mut_val *planes, yyjson_mut_val *layer) {
	return append_list(text, planes, NULL);
}

static bool append_modifiers(
	char text[ADVICE_MAX], yyjson_mut_val *planes, yyjson_mut_val *layer) {
	const char *format = get_text(layer, "/buffer/format");
	text_append(text, ADVICE_MAX, "%s as:", format);
	return append_list(text, planes, format);
}

static bool append_planes(char text[ADVICE_MAX], yyjson_mut_val *planes, yyjson_mut_val *layer) {
	size_t usable = 0, used = 0, i, len;
	yyjson_mut_val *plane;
	yyjson_mut_arr_foreach(planes, i, len, plane) {
		usable += counts(plane);
		used += counts(plane) && !has_text(plane, "/use", "free");
	}
	text_append(text, ADVICE_MAX,
		"%zu of %zu planes besides the cursor's are in use: show fewer surfaces at once, "
		"or make one fullscreen",
		used, usable);
	return true;
}

static bool append_size(char text[ADVICE_MAX], yyjson_mut_val *planes, yyjson_mut_val *layer) {
	text_append(text, ADVICE_MAX,
		"%dx%d; wl_surface.preferred_buffer_scale tells the output's scale",
		(int)get_int(layer, "/dst/width"), (int)get_int(layer, "/dst/height"));
	return true;
}

static bool append_error(char text[ADVICE_MAX], yyjson_mut_val *planes, yyjson_mut_val *layer) {
	const int error = (int)get_int(layer, "/test_errno");
	text_append(text, ADVICE_MAX,
		"%s%s: the kernel's log has its words after 'echo 0x14 > "
		"/sys/module/drm/parameters/debug'",
		error != 0 ? " with " : "", error != 0 ? strerror(error) : "");
	return true;
}

bool advice_write(char text[ADVICE_MAX], yyjson_mut_val *output, yyjson_mut_val *layer,
	const char *reason) {
	static const struct {
		const char *reason, *text;
		bool (*append)(
			char text[ADVICE_MAX], yyjson_mut_val *planes, yyjson_mut_val *layer);
	} rows[] = {
		{"format", "draw in a format that a plane here has:", append_formats},
		{"modifier",
			"allocate with a modifier of the feedback's scanout tranche; planes here "
			"take ",
			append_modifiers},
		{"no-free-plane", "", append_planes},
		{"scaling", "draw in the size that it has on the screen, ", append_size},
		{"test-refused", "the driver says no", append_error},
		{"no-dmabuf", "allocate with GBM, Vulkan, or from /dev/udmabuf or a dma-buf heap, "
			      "and attach by zwp_linux_dmabuf_v1"},
		{"import-failed",
			"allocate for scanout (GBM_BO_USE_SCANOUT) on the display's device, or "
			"as linear"},
		{"rotation", "draw turned as the output is (wl_output.geometry has its transform), "
			     "and say so by wl_surface.set_buffer_transform"},
		{"partly-transparent",
			"set the opaque region (wl_surface.set_opaque_region), or draw in a "
			"format without alpha, as XR24"},
		{"disabled", "start latch without --no-scanout"},
		{"no-kms", "run latch on a TTY, not in a window"},
		{"z-order", "show it above or below everything that it overlaps with, or make it "
			    "opaque"},
		{"position", "keep it away from the screen's edges"},
		{"alpha", "draw faded pixels instead of wp_alpha_modifier"},
		{"blend", "use premultiplied alpha"},
		{"color-encoding", "use another encoding or range, or RGB"},
		{"color", "draw in the colours that wp_color_management_surface_feedback_v1 prefers, "
			  "and opaque"},
		{"not-ready", "signal all fences before the commit, or hand them over with it"},
		{"captured", "nothing: it is over with the capture"},
		{"settling", "nothing: it goes to a plane when it stays as it is for some frames"},
		{"tests-spent", "raise latch's --max-tests"},
		{"crop", "crop it at even pixels (wp_viewport.set_source), or in RGB"},
		{"shm-unsealed", "make the pool of a memfd (MFD_ALLOW_SEALING), and seal it against "
				 "shrinking: fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK)"},
		{"draws-ahead",
			"draw a frame in less than a refresh, or use a third buffer, or dma-bufs"},
		{"size", "use a smaller image: 'latch --list' says how large the plane is"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(reason, rows[i].reason) == 0) {
			snprintf(text, ADVICE_MAX, "%s", rows[i].text);
			return !rows[i].append ||
			       rows[i].append(text, yyjson_mut_obj_get(output, "planes"), layer);
		}
	}
	return false;
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
