#include "inspect/statistics_snapshot.h"

#include <stdlib.h>

void latch_statistics_snapshot_finish(struct latch_statistics_snapshot *snapshot) {
	for (size_t i = 0; i < snapshot->surfaces_len; i++) {
		free(snapshot->surfaces[i].places);
	}
	free(snapshot->surfaces);
	free(snapshot->outputs);
	*snapshot = (struct latch_statistics_snapshot){0};
}

struct latch_statistics_output *latch_statistics_snapshot_add_output(
	struct latch_statistics_snapshot *snapshot) {
	return latch_snapshot_append(
		(void **)&snapshot->outputs, &snapshot->outputs_len, sizeof(snapshot->outputs[0]));
}

struct latch_statistics_surface *latch_statistics_snapshot_add_surface(
	struct latch_statistics_snapshot *snapshot) {
	return latch_snapshot_append((void **)&snapshot->surfaces, &snapshot->surfaces_len,
		sizeof(snapshot->surfaces[0]));
}

struct latch_statistics_place *latch_statistics_snapshot_add_place(
	struct latch_statistics_surface *surface) {
	return latch_snapshot_append(
		(void **)&surface->places, &surface->places_len, sizeof(surface->places[0]));
}
