#include "inspect/snapshot.h"

#include <stdlib.h>
#include <string.h>

void latch_snapshot_finish(struct latch_snapshot *snapshot) {
	for (size_t i = 0; i < snapshot->outputs_len; i++) {
		free(snapshot->outputs[i].planes);
		free(snapshot->outputs[i].layers);
	}
	free(snapshot->outputs);
	*snapshot = (struct latch_snapshot){0};
}

/* Snapshots are small and rare: one element at a time will do. */
void *latch_snapshot_append(void **array, size_t *len, size_t size) {
	char *grown = reallocarray(*array, *len + 1, size);
	if (grown == NULL) {
		return NULL;
	}
	*array = grown;
	char *element = grown + (*len)++ * size;
	memset(element, 0, size);
	return element;
}

struct latch_snapshot_output *latch_snapshot_add_output(struct latch_snapshot *snapshot) {
	return latch_snapshot_append(
		(void **)&snapshot->outputs, &snapshot->outputs_len, sizeof(snapshot->outputs[0]));
}

struct latch_snapshot_plane *latch_snapshot_add_plane(struct latch_snapshot_output *output) {
	return latch_snapshot_append(
		(void **)&output->planes, &output->planes_len, sizeof(output->planes[0]));
}

struct latch_snapshot_layer *latch_snapshot_add_layer(struct latch_snapshot_output *output) {
	return latch_snapshot_append(
		(void **)&output->layers, &output->layers_len, sizeof(output->layers[0]));
}

void latch_snapshot_add_reason(
	struct latch_snapshot_layer *layer, const char *name, const char *text) {
	if (layer->reasons_len < LATCH_SNAPSHOT_MAX_REASONS) {
		layer->reasons[layer->reasons_len++] =
			(struct latch_snapshot_reason){.name = name, .text = text};
	}
}

void latch_snapshot_set_text(char text[LATCH_SNAPSHOT_TEXT], const char *source) {
	size_t len = source != NULL ? strlen(source) : 0;
	if (len >= LATCH_SNAPSHOT_TEXT) {
		len = LATCH_SNAPSHOT_TEXT - 1;
		/* Bytes 10xxxxxx go on with a character: do not begin one that is not ended. */
		while (len > 0 && ((unsigned char)source[len] & 0xc0) == 0x80) {
			len--;
		}
	}
	if (len > 0) {
		memcpy(text, source, len);
	}
	text[len] = '\0';
}
