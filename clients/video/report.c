#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "common/json.h"
#include "video.h"

/* How far from their vblanks the frames were shown, in nanoseconds; of none: 0. */
struct errors {
	int64_t p50_ns, p99_ns, max_ns;
};

static int compare(const void *a, const void *b) {
	const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
	return (left > right) - (left < right);
}

static bool sum_up(const struct video *video, struct errors *errors) {
	*errors = (struct errors){0};
	int64_t *values = malloc((video->num_frames + 1) * sizeof(*values));
	size_t num = 0;
	for (size_t i = 0; values && i < video->num_frames; i++) {
		const struct video_frame *frame = &video->frames[i];
		if (frame->planned_ns > 0) {
			values[num++] = llabs(frame->shown_ns - frame->planned_ns);
		}
	}
	if (num > 0) {
		qsort(values, num, sizeof(*values), compare);
		errors->p50_ns = values[(num - 1) / 2];
		errors->p99_ns = values[(num - 1) * 99 / 100];
		errors->max_ns = values[num - 1];
	}
	free(values);
	return values != NULL;
}

static void print(const struct video *video, const struct errors *errors) {
	const struct stats *stats = &video->presentation.stats;
	const double refresh_ms = (double)video->cadence.refresh_ns / 1e6;
	printf("shown          %" PRIu64 ", dropped %" PRIu64 ", discarded %" PRIu64
	       ", late %" PRIu64 ", lost %" PRIu64 "\n",
		stats->presented, video->dropped, stats->discarded, video->late,
		video->source.lost);
	printf("from its time  p50 %.3f ms, p99 %.3f ms, max %.3f ms\n",
		(double)errors->p50_ns / 1e6, (double)errors->p99_ns / 1e6,
		(double)errors->max_ns / 1e6);
	printf("refreshes      ");
	for (int i = 0; i <= VIDEO_MAX_STEP; i++) {
		if (video->steps[i] > 0) {
			printf("%d%s: %" PRIu64 "  ", i, i == VIDEO_MAX_STEP ? "+" : "",
				video->steps[i]);
		}
	}
	printf("of %.4f ms between frames, %" PRIu64 " not as planned\n", refresh_ms,
		video->uneven);
	printf("zero-copy      %.1f %%\n", stats_percent(stats->zero_copy, stats->presented));
}

static bool add_source(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct video *video) {
	char name[FORMAT_NAME_MAX], modifier[FORMAT_NAME_MAX];
	const struct source_format *format = &video->source.format;
	const struct ring *ring = video->buffers.ring;
	const struct dmabuf *buf = &ring->buffers[0].picture.dmabuf;
	const char *memory =
		ring->canvas ? canvas_kinds[ring->canvas->kind].name : video->source.type->name;
	const char *pace = video_pace_names[video->timer ? VIDEO_PACE_TIMING : VIDEO_PACE_TIMER];
	return yyjson_mut_obj_add_str(doc, root, "source", video->source.type->name) &&
	       yyjson_mut_obj_add_uint(doc, root, "width", buf->width) &&
	       yyjson_mut_obj_add_uint(doc, root, "height", buf->height) &&
	       yyjson_mut_obj_add_strcpy(doc, root, "format", fourcc_name(buf->fourcc, name)) &&
	       yyjson_mut_obj_add_strcpy(
		       doc, root, "modifier", modifier_name(buf->modifier, modifier)) &&
	       yyjson_mut_obj_add_int(doc, root, "memory_pieces", buf->num_pieces) &&
	       yyjson_mut_obj_add_str(doc, root, "memory", memory) &&
	       yyjson_mut_obj_add_int(doc, root, "buffers", ring->num_buffers) &&
	       (!format->has_color || (yyjson_mut_obj_add_str(doc, root, "encoding",
					       video_encoding_names[format->encoding]) &&
					      yyjson_mut_obj_add_str(doc, root, "range",
						      video_range_names[format->range]))) &&
	       yyjson_mut_obj_add_bool(doc, root, "told", video->look.color != NULL) &&
	       yyjson_mut_obj_add_int(doc, root, "frame_ns", format->frame_ns) &&
	       yyjson_mut_obj_add_str(doc, root, "pace", pace) &&
	       yyjson_mut_obj_add_str(doc, root, "sync", sync_mode_names[video->buffers.sync.mode]);
}

static bool add_counts(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct video *video,
	const struct errors *errors) {
	const struct stats *stats = &video->presentation.stats;
	const struct {
		const char *name;
		uint64_t value;
	} counts[] = {
		{"committed", video->committed},
		{"presented", stats->presented},
		{"zero_copy", stats->zero_copy},
		{"dropped", video->dropped},
		{"discarded", stats->discarded},
		{"late", video->late},
		{"uneven", video->uneven},
		{"lost", video->source.lost},
		{"slips", video->cadence.slips},
		{"restarts", video->restarts},
		{"refresh_ns", (uint64_t)video->cadence.refresh_ns},
		{"error_p50_ns", (uint64_t)errors->p50_ns},
		{"error_p99_ns", (uint64_t)errors->p99_ns},
		{"error_max_ns", (uint64_t)errors->max_ns},
	};
	bool ok = true;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]) && ok; i++) {
		ok = yyjson_mut_obj_add_uint(doc, root, counts[i].name, counts[i].value);
	}
	yyjson_mut_val *steps = ok ? yyjson_mut_obj_add_arr(doc, root, "steps") : NULL;
	ok = steps != NULL;
	for (int i = 0; i <= VIDEO_MAX_STEP && ok; i++) {
		ok = yyjson_mut_arr_add_uint(doc, steps, video->steps[i]);
	}
	return ok;
}

static bool add_frames(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct video *video) {
	yyjson_mut_val *frames = yyjson_mut_obj_add_arr(doc, root, "frames");
	bool ok = frames != NULL;
	for (size_t i = 0; i < video->num_frames && ok; i++) {
		const struct video_frame *frame = &video->frames[i];
		yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, frames);
		ok = object && yyjson_mut_obj_add_int(doc, object, "pts_ns", frame->pts_ns) &&
		     yyjson_mut_obj_add_int(doc, object, "due_ns", frame->due_ns) &&
		     yyjson_mut_obj_add_int(doc, object, "planned_ns", frame->planned_ns) &&
		     yyjson_mut_obj_add_int(doc, object, "committed_ns", frame->commit_ns) &&
		     yyjson_mut_obj_add_int(doc, object, "shown_ns", frame->shown_ns);
	}
	return ok;
}

bool video_report(struct video *video) {
	struct errors errors;
	if (!video->options.measure && !video->options.json) {
		return true;
	}
	if (!sum_up(video, &errors)) {
		return failed(false, "out of memory");
	}
	if (video->options.measure) {
		print(video, &errors);
	}
	if (!video->options.json) {
		return true;
	}
	yyjson_mut_val *root;
	yyjson_mut_doc *doc = json_create(&root);
	bool complete = root && add_source(doc, root, video) &&
			add_counts(doc, root, video, &errors) && add_frames(doc, root, video);
	return json_write(doc, complete, video->options.json);
}
