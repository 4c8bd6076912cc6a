#include "counted.h"

#include <stdlib.h>
#include <string.h>

#include "model.h"

static void surface_finish(struct counted_surface *surface) {
	for (size_t i = 0; i < surface->causes_len; i++) {
		free(surface->causes[i].name);
		free(surface->causes[i].text);
	}
	for (size_t i = 0; i < surface->places_len; i++) {
		free(surface->places[i].output);
		free(surface->places[i].reasons);
	}
	for (size_t i = 0; i < COUNTED_STAGES; i++) {
		free(surface->stages[i].bins);
	}
	free(surface->causes);
	free(surface->places);
	free(surface->label);
}

void counted_finish(struct counted *counted) {
	for (size_t i = 0; i < counted->surfaces_len; i++) {
		surface_finish(&counted->surfaces[i]);
	}
	for (size_t i = 0; i < counted->outputs_len; i++) {
		free(counted->outputs[i].name);
	}
	free(counted->surfaces);
	free(counted->outputs);
	*counted = (struct counted){0};
}

struct counted_output *counted_add_output(struct counted *counted) {
	return model_append(
		(void **)&counted->outputs, &counted->outputs_len, sizeof(counted->outputs[0]));
}

struct counted_surface *counted_add_surface(struct counted *counted) {
	return model_append(
		(void **)&counted->surfaces, &counted->surfaces_len, sizeof(counted->surfaces[0]));
}

struct counted_cause *counted_add_cause(struct counted_surface *surface) {
	return !surface ? NULL
			: model_append((void **)&surface->causes, &surface->causes_len,
				  sizeof(surface->causes[0]));
}

struct counted_place *counted_add_place(struct counted_surface *surface) {
	return !surface ? NULL
			: model_append((void **)&surface->places, &surface->places_len,
				  sizeof(surface->places[0]));
}

bool counted_add_bins(struct counted_bins *bins, const struct counted_bin *added, size_t len) {
	struct counted_bin *grown = reallocarray(bins->bins, bins->len + len + 1, sizeof(*grown));
	if (!grown) {
		return false;
	}
	bins->bins = grown;
	memcpy(grown + bins->len, added, len * sizeof(*grown));
	bins->len += len;
	return true;
}

const struct counted_surface *counted_find_surface(const struct counted *counted, uint32_t id) {
	for (size_t i = 0; i < counted->surfaces_len; i++) {
		if (counted->surfaces[i].id == id) {
			return &counted->surfaces[i];
		}
	}
	return NULL;
}

const struct counted_output *counted_find_output(const struct counted *counted, const char *name) {
	for (size_t i = 0; i < counted->outputs_len; i++) {
		if (strcmp(counted->outputs[i].name, name) == 0) {
			return &counted->outputs[i];
		}
	}
	return NULL;
}
