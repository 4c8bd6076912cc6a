/* SPDX-License-Identifier: MIT */
#include "run.h"

#include "base/array.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct percentile told_percentiles[PERCENTILES] = {
	{"p50", 50}, {"p95", 95}, {"p99", 99}, {"max", 100}};

bool run_init(struct run *run, const char *path) {
	*run = (struct run){.path = strdup(path), .statistics = latch_statistics_create()};
	if (run->path == NULL || run->statistics == NULL) {
		run_finish(run);
		return false;
	}
	return true;
}

void run_finish(struct run *run) {
	texts_finish(&run->names);
	free(run->frames);
	free(run->flips);
	free(run->surfaces);
	free(run->path);
	latch_statistics_destroy(run->statistics);
	*run = (struct run){0};
}

/* Appends one zeroed element of `size` bytes to *array, NULL when memory is out. */
static void *append(void **array, size_t *length, size_t *capacity, size_t size) {
	if (!latch_array_reserve(array, capacity, *length + 1, size)) {
		return NULL;
	}
	void *element = (char *)*array + (*length)++ * size;
	memset(element, 0, size);
	return element;
}

struct run_frame *run_add_frame(struct run *run) {
	return append((void **)&run->frames, &run->frames_length, &run->frames_capacity,
		sizeof(run->frames[0]));
}

struct latch_flip_record *run_add_flip(struct run *run) {
	return append((void **)&run->flips, &run->flips_length, &run->flips_capacity,
		sizeof(run->flips[0]));
}

const struct run_surface *run_find_surface(const struct run *run, uint32_t id) {
	for (size_t i = 0; i < run->surfaces_length; i++) {
		if (run->surfaces[i].id == id) {
			return &run->surfaces[i];
		}
	}
	return NULL;
}

struct run_surface *run_get_surface(struct run *run, uint32_t id) {
	const struct run_surface *found = run_find_surface(run, id);
	if (found != NULL) {
		return &run->surfaces[found - run->surfaces];
	}
	struct run_surface *surface = append((void **)&run->surfaces, &run->surfaces_length,
		&run->surfaces_capacity, sizeof(run->surfaces[0]));
	if (surface != NULL) {
		surface->id = id;
	}
	return surface;
}

size_t texts_find(struct texts *texts, const char *text) {
	/* There are some dozens; the ones of late come again. */
	for (size_t i = texts->length; i > 0; i--) {
		if (strcmp(texts->texts[i - 1], text) == 0) {
			return i - 1;
		}
	}
	char *copy = strdup(text);
	char **slot = copy == NULL ? NULL
				   : append((void **)&texts->texts, &texts->length,
					     &texts->capacity, sizeof(texts->texts[0]));
	if (slot == NULL) {
		free(copy);
		return SIZE_MAX;
	}
	*slot = copy;
	return texts->length - 1;
}

void texts_finish(struct texts *texts) {
	for (size_t i = 0; i < texts->length; i++) {
		free(texts->texts[i]);
	}
	free(texts->texts);
	*texts = (struct texts){0};
}

const char *run_name(struct run *run, const char *name) {
	char clean[LATCH_TEXT_MAX];
	latch_text_copy(clean, sizeof(clean), name);
	const size_t index = texts_find(&run->names, clean);
	return index == SIZE_MAX ? NULL : run->names.texts[index];
}

void run_note_time(struct run *run, int64_t ns) {
	if (ns <= 0) {
		return;
	}
	if (run->begin_ns == 0 || ns < run->begin_ns) {
		run->begin_ns = ns;
	}
	if (ns > run->end_ns) {
		run->end_ns = ns;
	}
}

uint32_t run_frame_missed(const struct run_frame *frame) {
	uint32_t total = 0;
	for (size_t i = 0; i < frame->missed_length; i++) {
		total += frame->missed[i].vblanks;
	}
	return total;
}

const char *run_frame_missed_text(const struct run_frame *frame, const char *of,
	const char *separator, char text[RUN_MISSED_MAX]) {
	size_t used = 0;
	text[0] = '\0';
	for (size_t i = 0; i < frame->missed_length; i++) {
		used += (size_t)snprintf(text + used, RUN_MISSED_MAX - used, "%s%s%s%" PRIu32,
			i > 0 ? separator : "", frame->missed[i].cause, of,
			frame->missed[i].vblanks);
	}
	return text;
}
