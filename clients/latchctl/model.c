#include "model.h"

#include <stdlib.h>
#include <string.h>

static void plane_finish(struct model_plane *plane) {
	for (size_t i = 0; i < plane->formats_len; i++) {
		free(plane->formats[i].modifiers);
	}
	free(plane->formats);
	free(plane->user);
}

static void layer_finish(struct model_layer *layer) {
	for (size_t i = 0; i < layer->reasons_len; i++) {
		free(layer->reasons[i].name);
		free(layer->reasons[i].text);
	}
	free(layer->reasons);
	free(layer->held_by);
	free(layer->held_text);
	free(layer->app_id);
	free(layer->title);
}

static void output_finish(struct model_output *output) {
	for (size_t i = 0; i < output->planes_len; i++) {
		plane_finish(&output->planes[i]);
	}
	for (size_t i = 0; i < output->layers_len; i++) {
		layer_finish(&output->layers[i]);
	}
	free(output->planes);
	free(output->layers);
	free(output->name);
	free(output->description);
	free(output->node);
	free(output->driver);
	free(output->rung);
}

void model_finish(struct model *model) {
	for (size_t i = 0; i < model->outputs_len; i++) {
		output_finish(&model->outputs[i]);
	}
	free(model->outputs);
	*model = (struct model){0};
}

void *model_append(void **array, size_t *len, size_t size) {
	char *grown = reallocarray(*array, *len + 1, size);
	if (!grown) {
		return NULL;
	}
	*array = grown;
	char *element = grown + (*len)++ * size;
	memset(element, 0, size);
	return element;
}

struct model_output *model_add_output(struct model *model) {
	return model_append((void **)&model->outputs, &model->outputs_len, sizeof(model->outputs[0]));
}

struct model_plane *model_add_plane(struct model_output *output) {
	return output ? model_append((void **)&output->planes, &output->planes_len,
				sizeof(output->planes[0]))
		      : NULL;
}

struct model_layer *model_add_layer(struct model_output *output) {
	return output ? model_append((void **)&output->layers, &output->layers_len,
				sizeof(output->layers[0]))
		      : NULL;
}

struct model_reason *model_add_reason(struct model_layer *layer) {
	return layer ? model_append((void **)&layer->reasons, &layer->reasons_len,
			       sizeof(layer->reasons[0]))
		     : NULL;
}

bool model_add_format(
	struct model_plane *plane, uint32_t fourcc, const uint64_t *modifiers, size_t len) {
	if (!plane) {
		return false;
	}
	struct model_format *format = (struct model_format *)model_find_format(plane, fourcc);
	if (!format) {
		format = model_append((void **)&plane->formats, &plane->formats_len,
			sizeof(plane->formats[0]));
		if (!format) {
			return false;
		}
		format->fourcc = fourcc;
	}
	if (len == 0) {
		return true;
	}
	uint64_t *grown = reallocarray(
		format->modifiers, format->modifiers_len + len, sizeof(format->modifiers[0]));
	if (!grown) {
		return false;
	}
	memcpy(grown + format->modifiers_len, modifiers, len * sizeof(modifiers[0]));
	format->modifiers = grown;
	format->modifiers_len += len;
	return true;
}

/* The length of the character that begins here, 0 when none does: RFC 3629, section 4. */
static size_t character_length(const unsigned char *text) {
	static const struct {
		unsigned char first, last, second_min, second_max;
		size_t length;
	} rows[] = {
		{0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	if (text[0] < 0x80) {
		return 1;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (text[0] < rows[i].first || text[0] > rows[i].last) {
			continue;
		}
		if (text[1] < rows[i].second_min || text[1] > rows[i].second_max) {
			return 0;
		}
		for (size_t j = 2; j < rows[i].length; j++) {
			if ((text[j] & 0xc0) != 0x80) {
				return 0;
			}
		}
		return rows[i].length;
	}
	return 0;
}

static bool is_control(const unsigned char *text, size_t length) {
	return (length == 1 && (text[0] < 0x20 || text[0] == 0x7f)) ||
	       (length == 2 && text[0] == 0xc2 && text[1] < 0xa0);
}

char *model_clean_text(const char *text) {
	if (!text) {
		text = "";
	}
	char *clean = malloc(strlen(text) + 1);
	if (!clean) {
		return NULL;
	}
	char *end = clean;
	for (const unsigned char *at = (const unsigned char *)text; *at;) {
		size_t length = character_length(at);
		if (length == 0 || is_control(at, length)) {
			*end++ = '?';
			at += length > 0 ? length : 1;
			continue;
		}
		memcpy(end, at, length);
		end += length;
		at += length;
	}
	*end = '\0';
	return clean;
}

const struct model_output *model_find_output(const struct model *model, const char *name) {
	for (size_t i = 0; i < model->outputs_len; i++) {
		if (strcmp(model->outputs[i].name, name) == 0) {
			return &model->outputs[i];
		}
	}
	return NULL;
}

const struct model_plane *model_find_plane(const struct model_output *output, uint32_t id) {
	for (size_t i = 0; i < output->planes_len; i++) {
		if (output->planes[i].id == id) {
			return &output->planes[i];
		}
	}
	return NULL;
}

const struct model_layer *model_find_layer(const struct model_output *output, uint32_t surface) {
	for (size_t i = 0; i < output->layers_len; i++) {
		if (output->layers[i].surface == surface) {
			return &output->layers[i];
		}
	}
	return NULL;
}

const struct model_format *model_find_format(const struct model_plane *plane, uint32_t fourcc) {
	for (size_t i = 0; i < plane->formats_len; i++) {
		if (plane->formats[i].fourcc == fourcc) {
			return &plane->formats[i];
		}
	}
	return NULL;
}
