#include "advice.h"

#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "latch-inspector-unstable-v1-client-protocol.h"
#include "names.h"

/* Lists are for a line or two; JSON has all of them. */
#define MAX_LISTED 8

/* Words one after the other, each once, each after a space; "..." where there are too many. */
struct list {
	char *text; // empty to begin with
	size_t size, len;
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
	if (has_word(list, word)) {
		return;
	}
	if (list->words == MAX_LISTED) {
		word = "...";
	} else if (list->words > MAX_LISTED) {
		return;
	}
	int written = snprintf(list->text + list->len, list->size - list->len, " %s", word);
	if (written > 0 && (size_t)written < list->size - list->len) {
		list->len += (size_t)written;
		list->words++;
	} else {
		list->text[list->len] = '\0';
	}
}

/* A cursor plane is small and the cursor's: its formats would mislead. */
static bool counts(const struct model_plane *plane) {
	return plane->type != ZLATCH_INSPECTOR_PLANES_V1_PLANE_TYPE_CURSOR &&
	       plane->use != ZLATCH_INSPECTOR_PLANES_V1_PLANE_USE_OTHER_OUTPUT;
}

static bool write_formats(char text[ADVICE_MAX], const struct model_output *output) {
	int start = snprintf(text, ADVICE_MAX, "draw in a format that a plane here has:");
	struct list list = {.text = text + start, .size = ADVICE_MAX - (size_t)start};
	char name[FORMAT_NAME_MAX];
	for (size_t i = 0; i < output->planes_len; i++) {
		const struct model_plane *plane = &output->planes[i];
		for (size_t j = 0; counts(plane) && j < plane->formats_len; j++) {
			add_word(&list, fourcc_name(plane->formats[j].fourcc, name));
		}
	}
	return list.words > 0;
}

static bool write_modifiers(char text[ADVICE_MAX], const struct model_output *output,
	const struct model_layer *layer) {
	char name[FORMAT_NAME_MAX];
	int start = snprintf(text, ADVICE_MAX,
		"allocate with a modifier of the feedback's scanout tranche; planes here take %s "
		"as:",
		fourcc_name(layer->fourcc, name));
	struct list list = {.text = text + start, .size = ADVICE_MAX - (size_t)start};
	for (size_t i = 0; i < output->planes_len; i++) {
		const struct model_plane *plane = &output->planes[i];
		const struct model_format *format = model_find_format(plane, layer->fourcc);
		for (size_t j = 0; counts(plane) && format && j < format->modifiers_len; j++) {
			add_word(&list, modifier_name(format->modifiers[j], name));
		}
	}
	return list.words > 0;
}

static bool write_planes(char text[ADVICE_MAX], const struct model_output *output) {
	size_t usable = 0, used = 0;
	for (size_t i = 0; i < output->planes_len; i++) {
		if (counts(&output->planes[i])) {
			usable++;
			used += output->planes[i].use != ZLATCH_INSPECTOR_PLANES_V1_PLANE_USE_FREE;
		}
	}
	snprintf(text, ADVICE_MAX,
		"%zu of %zu planes besides the cursor's are in use: show fewer surfaces at once, "
		"or make one fullscreen",
		used, usable);
	return true;
}

static bool write_scaling(char text[ADVICE_MAX], const struct model_layer *layer) {
	snprintf(text, ADVICE_MAX,
		"draw in the size that it has on the screen, %dx%d; "
		"wl_surface.preferred_buffer_scale tells the output's scale",
		layer->dst_width, layer->dst_height);
	return true;
}

static bool write_test(char text[ADVICE_MAX], const struct model_layer *layer) {
	snprintf(text, ADVICE_MAX,
		"the driver says no%s%s: the kernel's log has its words after 'echo 0x14 > "
		"/sys/module/drm/parameters/debug'",
		layer->test_errno != 0 ? " with " : "",
		layer->test_errno != 0 ? strerror(layer->test_errno) : "");
	return true;
}

static bool find_advice(char text[ADVICE_MAX], const struct model_output *output,
	const struct model_layer *layer, const char *reason) {
	static const struct {
		const char *reason, *text;
	} fixed[] = {
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
		{"not-ready", "signal all fences before the commit, or hand them over with it"},
		{"captured", "nothing: it is over with the capture"},
		{"settling", "nothing: it goes to a plane when it stays as it is for some frames"},
		{"tests-spent", "raise latch's --max-tests"},
		{"crop", "crop it at even pixels (wp_viewport.set_source), or in RGB"},
		{"size", "use a smaller image: 'latch --list' says how large the plane is"},
	};
	if (strcmp(reason, "format") == 0) {
		return write_formats(text, output);
	}
	if (strcmp(reason, "modifier") == 0) {
		return write_modifiers(text, output, layer);
	}
	if (strcmp(reason, "no-free-plane") == 0) {
		return write_planes(text, output);
	}
	if (strcmp(reason, "scaling") == 0) {
		return write_scaling(text, layer);
	}
	if (strcmp(reason, "test-refused") == 0) {
		return write_test(text, layer);
	}
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		if (strcmp(reason, fixed[i].reason) == 0) {
			snprintf(text, ADVICE_MAX, "%s", fixed[i].text);
			return true;
		}
	}
	return false;
}

bool advice_write(char text[ADVICE_MAX], const struct model_output *output,
	const struct model_layer *layer, const char *reason) {
	bool found = find_advice(text, output, layer, reason);
	if (!found) {
		text[0] = '\0';
	}
	return found;
}
