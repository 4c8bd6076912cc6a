/* SPDX-License-Identifier: MIT */
/* Prints what was found out, as text and as a profile. */
#include <inttypes.h>
#include <yyjson.h>

#include "probe.h"

static const char *answer_text(enum probe_answer answer) {
	static const char *const texts[] = {"not known", "no", "yes"};
	return texts[answer];
}

static void print_count(FILE *file, const char *what, uint32_t limit, const char *all) {
	if (limit != 0) {
		fprintf(file, "%-24s%" PRIu32 "\n", what, limit);
	} else {
		fprintf(file, "%-24s%s\n", what, all);
	}
}

static void print_factor(FILE *file, const char *what, double factor) {
	if (factor == 0) {
		fprintf(file, "%s any", what);
	} else if (factor == 1) {
		fprintf(file, "%s none", what);
	} else {
		fprintf(file, "%s %.4g", what, factor);
	}
}

static void print_rotations(FILE *file, const char *what, uint32_t limit, uint32_t all) {
	const uint32_t mask = (limit != 0 ? limit : all) & ~(uint32_t)DRM_MODE_ROTATE_0;
	fprintf(file, "; %s", what);
	for (size_t i = 1; i < KMS_PROPERTY_NAMES; i++) {
		if ((mask >> i & 1) != 0) {
			fprintf(file, " %s", kms_rotation_names[i]);
		}
	}
	fputs(mask == 0 ? " no rotation" : "", file);
}

static void print_plane(FILE *file, const struct probe *probe, size_t i) {
	const struct kms_plane *plane = &probe->profile.planes[i];
	const struct latch_profile_plane_limits *limits = &probe->profile.plane_limits[i];
	const struct probe_plane *found = &probe->planes[i];
	char rgb[16], ycbcr[16] = "no YCbCr";
	kms_fourcc_name(rgb, sizeof(rgb), found->rgb);
	if (found->ycbcr != 0) {
		kms_fourcc_name(ycbcr, sizeof(ycbcr), found->ycbcr);
	}
	fprintf(file, "plane %" PRIu32 ", %s: %s, %s; %s; ", plane->id,
		kms_plane_type_name(plane->type), rgb, ycbcr,
		limits->covers	 ? "all of the screen"
		: limits->inside ? "inside the screen"
				 : "anywhere");
	print_factor(file, "larger:", limits->max_upscale);
	print_factor(file, ", smaller:", limits->max_downscale);
	print_rotations(file, "RGB:", limits->linear_rotations, plane->props.rotation.mask);
	if (found->ycbcr != 0) {
		print_rotations(
			file, "YCbCr:", limits->ycbcr_rotations, plane->props.rotation.mask);
	}
	if (plane->props.zpos.id != 0) {
		fprintf(file, "; zpos %" PRIu64 " to %" PRIu64 "%s", plane->props.zpos.min,
			plane->props.zpos.max, found->moves == PROBE_YES ? "" : " (fixed)");
	}
	if (plane->sizes_len > 0) {
		fputs("; sizes", file);
		for (size_t j = 0; j < plane->sizes_len; j++) {
			fprintf(file, " %ux%u", plane->sizes[j].width, plane->sizes[j].height);
		}
	}
	fprintf(file, "; IN_FENCE_FD: %s\n", answer_text(found->fence));
}

void probe_print(FILE *file, const struct probe *probe, const char *path) {
	const struct latch_profile *profile = &probe->profile;
	const struct latch_profile_limits *limits = &profile->limits;
	fprintf(file, "%s: %s, CRTC %" PRIu32 ", %s at %ux%u; %u test commits\n", path,
		probe->device->driver, probe->crtc->id, probe->connector->name,
		probe->mode->info.hdisplay, probe->mode->info.vdisplay, probe->tests);
	char all[32];
	snprintf(all, sizeof(all), "all %zu", profile->len);
	print_count(file, "planes at once", limits->max_planes, all);
	print_count(file, "of them scaled", limits->max_scaled, "all that can");
	print_count(file, "of them YCbCr", limits->max_ycbcr, "all that can");
	fprintf(file, "%-24s%s\n", "without the primary one",
		limits->primary_required ? "no" : "yes");
	fprintf(file, "%-24s%s\n", "crops inside pixels", limits->whole_crops ? "no" : "yes");
	fprintf(file, "%-24s%s\n", "OUT_FENCE_PTR", answer_text(probe->out_fence));
	fprintf(file, "%-24s%s\n", "asynchronous flips", answer_text(probe->async));
	for (size_t i = 0; i < profile->len; i++) {
		print_plane(file, probe, i);
	}
}

static void add_limits(yyjson_mut_doc *doc, yyjson_mut_val *object,
	const struct latch_profile_limit *known, size_t len, const void *limits) {
	yyjson_mut_val *to = yyjson_mut_obj_add_obj(doc, object, "limits");
	for (size_t i = 0; i < len; i++) {
		const void *member = (const char *)limits + known[i].offset;
		const char *name = known[i].name;
		if (known[i].kind == LATCH_PROFILE_FACTOR && *(const double *)member != 0) {
			yyjson_mut_obj_add_real(doc, to, name, *(const double *)member);
		} else if (known[i].kind == LATCH_PROFILE_FLAG && *(const bool *)member) {
			yyjson_mut_obj_add_bool(doc, to, name, true);
		} else if (known[i].kind == LATCH_PROFILE_COUNT && *(const uint32_t *)member != 0) {
			yyjson_mut_obj_add_uint(doc, to, name, *(const uint32_t *)member);
		} else if (known[i].kind == LATCH_PROFILE_ROTATIONS &&
			   *(const uint32_t *)member != 0) {
			latch_profile_tell_names(doc, to, name, kms_rotation_names,
				*(const uint32_t *)member);
		}
	}
}

static void add_plane(yyjson_mut_doc *doc, yyjson_mut_val *planes, const struct probe *probe,
	size_t i) {
	const struct kms_plane *plane = &probe->profile.planes[i];
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, planes);
	latch_profile_tell_plane(doc, object, plane);
	yyjson_mut_val *sizes = yyjson_mut_obj_add_arr(doc, object, "sizes");
	for (size_t j = 0; j < plane->sizes_len; j++) {
		yyjson_mut_val *size = yyjson_mut_arr_add_arr(doc, sizes);
		yyjson_mut_arr_add_uint(doc, size, plane->sizes[j].width);
		yyjson_mut_arr_add_uint(doc, size, plane->sizes[j].height);
	}
	add_limits(doc, object, latch_profile_plane_limits, latch_profile_plane_limits_len,
		&probe->profile.plane_limits[i]);
	yyjson_mut_obj_add_str(doc, object, "in_fence", answer_text(probe->planes[i].fence));
}

bool probe_write(FILE *file, const struct probe *probe) {
	const struct latch_profile *profile = &probe->profile;
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	if (doc == NULL) {
		return false;
	}
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	yyjson_mut_doc_set_root(doc, root);
	yyjson_mut_obj_add_uint(doc, root, "profile", 1);
	yyjson_mut_obj_add_str(doc, root, "name", profile->name);
	yyjson_mut_obj_add_str(doc, root, "about", "by latch-probe " LATCH_VERSION);
	yyjson_mut_obj_add_bool(doc, root, "stacks_by_id", profile->stacks_by_id);
	yyjson_mut_obj_add_bool(doc, root, "primary_alpha", profile->primary_alpha);
	yyjson_mut_val *planes = yyjson_mut_obj_add_arr(doc, root, "planes");
	for (size_t i = 0; i < profile->len; i++) {
		add_plane(doc, planes, probe, i);
	}
	add_limits(doc, root, latch_profile_limits, latch_profile_limits_len, &profile->limits);
	yyjson_mut_obj_add_str(doc, root, "out_fence", answer_text(probe->out_fence));
	yyjson_mut_obj_add_str(doc, root, "async", answer_text(probe->async));
	const yyjson_write_flag flags = YYJSON_WRITE_PRETTY_TWO_SPACES;
	const bool ok = yyjson_mut_write_fp(file, doc, flags, NULL, NULL) &&
			fputc('\n', file) != EOF;
	yyjson_mut_doc_free(doc);
	return ok;
}
