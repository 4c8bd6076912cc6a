/* SPDX-License-Identifier: MIT */
#include <hdr/hdr_histogram.h>
#include <stdio.h>

#include "common/json.h"
#include "video.h"

struct count {
	const char *name, *words; /* in JSON, and for people */
	uint64_t value;
};
#define NUM_COUNTS 14

static void collect(const struct video *video, struct count counts[NUM_COUNTS]) {
	const struct stats *stats = &video->presentation.stats;
	const struct hdr_histogram *errors = video->errors;
	const struct count all[NUM_COUNTS] = {
		{"frame_ns", "ns between frames", (uint64_t)video->source.format.frame_ns},
		{"refresh_ns", "ns between vblanks", (uint64_t)video->cadence.refresh_ns},
		{"presented", "frames shown", stats->presented},
		{"zero_copy", "of them from the buffer itself", stats->zero_copy},
		{"late", "of them later than planned", video->late},
		{"uneven", "of them not as many vblanks after the last as planned", video->uneven},
		{"dropped", "dropped, as it was too late or another had the vblank",
			video->dropped},
		{"discarded", "discarded by the compositor", stats->discarded},
		{"lost", "lost by the device", video->source.lost},
		{"slips", "corrections of the pattern by the timestamps", video->cadence.slips},
		{"restarts", "new beginnings after long delays", video->restarts},
		{"error_p50_ns", "ns from the vblank planned, p50",
			(uint64_t)hdr_value_at_percentile(errors, 50.0)},
		{"error_p99_ns", "p99", (uint64_t)hdr_value_at_percentile(errors, 99.0)},
		{"error_max_ns", "max", (uint64_t)hdr_max(errors)},
	};
	for (size_t i = 0; i < NUM_COUNTS; i++) {
		counts[i] = all[i];
	}
}

static void print(const struct video *video, const struct count counts[NUM_COUNTS]) {
	for (size_t i = 0; i < NUM_COUNTS; i++) {
		printf("%10llu  %s\n", (unsigned long long)counts[i].value, counts[i].words);
	}
	for (int i = 0; i <= VIDEO_MAX_STEP; i++) {
		if (video->steps[i] > 0) {
			printf("%10llu  after %d vblanks%s\n", (unsigned long long)video->steps[i],
				i, i == VIDEO_MAX_STEP ? " or more" : "");
		}
	}
}

static bool add_text(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct video *video) {
	char name[FORMAT_NAME_MAX];
	const struct source_format *format = &video->source.format;
	const bool told = video->look.color != NULL;
	return yyjson_mut_obj_add_str(doc, root, "source", video->source.type->name) &&
	       yyjson_mut_obj_add_strcpy(doc, root, "format", fourcc_name(format->fourcc, name)) &&
	       yyjson_mut_obj_add_uint(doc, root, "width", format->width) &&
	       yyjson_mut_obj_add_uint(doc, root, "height", format->height) &&
	       yyjson_mut_obj_add_str(doc, root, "encoding",
		       told ? pixel_encoding_names[format->encoding] : "untold") &&
	       yyjson_mut_obj_add_str(
		       doc, root, "range", told ? pixel_range_names[format->range] : "untold") &&
	       yyjson_mut_obj_add_str(doc, root, "pace", video_pace_name(video));
}

static bool add_frames(yyjson_mut_doc *doc, yyjson_mut_val *frames, const struct video *video) {
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
	struct count counts[NUM_COUNTS];
	collect(video, counts);
	if (video->options.measure) {
		print(video, counts);
	}
	if (!video->options.json) {
		return true;
	}
	yyjson_mut_val *root;
	yyjson_mut_doc *doc = json_create(&root);
	bool ok = root && add_text(doc, root, video);
	for (size_t i = 0; i < NUM_COUNTS && ok; i++) {
		ok = yyjson_mut_obj_add_uint(doc, root, counts[i].name, counts[i].value);
	}
	yyjson_mut_val *steps = ok ? yyjson_mut_obj_add_arr(doc, root, "steps") : NULL;
	ok = steps != NULL;
	for (int i = 0; i <= VIDEO_MAX_STEP && ok; i++) {
		ok = yyjson_mut_arr_add_uint(doc, steps, video->steps[i]);
	}
	ok = ok && add_frames(doc, yyjson_mut_obj_add_arr(doc, root, "frames"), video);
	return json_write(doc, ok, video->options.json);
}
