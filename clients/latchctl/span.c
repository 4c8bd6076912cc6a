#include "span.h"

#include <math.h>
#include <string.h>

struct span span_between(const struct counted *before, const struct counted *after) {
	double seconds = (double)(after->time_ns - before->time_ns) / 1e9;
	return (struct span){
		.before = before,
		.after = after,
		.seconds = seconds > 1e-3 ? seconds : 1e-3,
	};
}

static uint32_t before_of(const struct span_surface *surface, uint32_t count) {
	return surface->before ? count : 0;
}

uint32_t span_missed(const struct span_surface *surface, size_t cause) {
	const struct counted_cause *after = &surface->after->causes[cause];
	for (size_t i = 0; surface->before && i < surface->before->causes_len; i++) {
		if (strcmp(surface->before->causes[i].name, after->name) == 0) {
			return after->vblanks - surface->before->causes[i].vblanks;
		}
	}
	return after->vblanks;
}

struct span_surface span_surface(const struct span *span, size_t index) {
	static const struct counted_surface none = {0};
	const struct counted_surface *after = &span->after->surfaces[index];
	struct span_surface surface = {
		.after = after,
		.before = counted_find_surface(span->before, after->id),
	};
	const struct counted_surface *before = surface.before ? surface.before : &none;
	surface.frames = after->frames - before_of(&surface, before->frames);
	surface.on_plane = after->on_plane - before_of(&surface, before->on_plane);
	surface.superseded = after->superseded - before_of(&surface, before->superseded);
	surface.dropped = after->dropped - before_of(&surface, before->dropped);
	for (size_t i = 0; i < after->causes_len; i++) {
		surface.missed += span_missed(&surface, i);
	}
	return surface;
}

struct span_output span_output(const struct span *span, size_t index) {
	static const struct counted_output none = {0};
	const struct counted_output *after = &span->after->outputs[index];
	const struct counted_output *before = counted_find_output(span->before, after->name);
	if (!before) {
		before = &none;
	}
	return (struct span_output){
		.after = after,
		.flips = after->flips - before->flips,
		.late = after->late - before->late,
		.wakeups = after->wakeups - before->wakeups,
	};
}

/* Both lists rise, so that one walk is enough: *at is where the last call has ended. */
static uint32_t count_before(const struct counted_bins *before, size_t *at, uint32_t up_to_us) {
	while (*at < before->len && before->bins[*at].up_to_us < up_to_us) {
		(*at)++;
	}
	return *at < before->len && before->bins[*at].up_to_us == up_to_us ? before->bins[*at].count
									   : 0;
}

static uint64_t sum(const struct counted_bins *before, const struct counted_bins *after) {
	uint64_t total = 0;
	size_t at = 0;
	for (size_t i = 0; i < after->len; i++) {
		const struct counted_bin *bin = &after->bins[i];
		total += (uint32_t)(bin->count - count_before(before, &at, bin->up_to_us));
	}
	return total;
}

int64_t span_percentile(const struct span_surface *surface, unsigned stage, double percentile) {
	static const struct counted_bins none = {0};
	const struct counted_bins *after = &surface->after->stages[stage];
	const struct counted_bins *before =
		surface->before ? &surface->before->stages[stage] : &none;
	const uint64_t total = sum(before, after);
	if (total == 0) {
		return -1;
	}
	const double rank = ceil(percentile / 100 * (double)total);
	uint64_t seen = 0;
	size_t at = 0;
	for (size_t i = 0; i < after->len; i++) {
		const struct counted_bin *bin = &after->bins[i];
		seen += (uint32_t)(bin->count - count_before(before, &at, bin->up_to_us));
		if ((double)seen >= rank) {
			return bin->up_to_us;
		}
	}
	return after->bins[after->len - 1].up_to_us;
}

const char *span_stage_name(unsigned stage) {
	static const char *const names[COUNTED_STAGES] = {
		"commit_to_signalled", "signalled_to_submit", "submit_to_flip", "commit_to_flip"};
	return stage < COUNTED_STAGES ? names[stage] : "unknown";
}
