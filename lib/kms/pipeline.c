/* SPDX-License-Identifier: MIT */
/* Reading the pipelines of planes, and what is written to them. */
#include "kms/pipeline.h"

#include <math.h>
#include <stdlib.h>
#include <xf86drm.h>

static const char *const type_names[KMS_PROPERTY_NAMES] = {
	[KMS_COLOROP_CURVE] = "1D Curve",
	[KMS_COLOROP_LUT] = "1D LUT",
	[KMS_COLOROP_MATRIX] = "3x4 Matrix",
	[KMS_COLOROP_MULTIPLIER] = "Multiplier",
	[KMS_COLOROP_LUT_3D] = "3D LUT",
};

static const char *const curve_names[KMS_PROPERTY_NAMES] = {
	[KMS_CURVE_SRGB] = "sRGB EOTF",
	[KMS_CURVE_INVERSE_SRGB] = "sRGB Inverse EOTF",
	[KMS_CURVE_PQ_125] = "PQ 125 EOTF",
	[KMS_CURVE_INVERSE_PQ_125] = "PQ 125 Inverse EOTF",
	[KMS_CURVE_GAMMA22] = "Gamma 2.2",
	[KMS_CURVE_INVERSE_GAMMA22] = "Gamma 2.2 Inverse",
};

#define PROPERTY(...) KMS_PROPERTY(struct kms_colorop_properties, __VA_ARGS__)

/* drivers/gpu/drm/drm_colorop.c of the kernel. */
static const struct kms_property_spec specs[] = {
	PROPERTY(type, "TYPE", .names = type_names),
	PROPERTY(bypass, "BYPASS"),
	PROPERTY(next, "NEXT"),
	PROPERTY(curve, "CURVE_1D_TYPE", .names = curve_names),
	PROPERTY(size, "SIZE"),
	PROPERTY(data, "DATA"),
	PROPERTY(multiplier, "MULTIPLIER"),
};

/* A longer one than anybody has is left alone. Returns 0 or negative errno. */
static int read_pipeline(struct kms_pipeline *pipeline, int fd, uint32_t id) {
	for (; id != 0 && pipeline->len < KMS_PIPELINE_MAX_OPS; pipeline->len++) {
		struct kms_colorop *op = &pipeline->ops[pipeline->len];
		op->id = id;
		int ret = kms_properties_read(fd, id, DRM_MODE_OBJECT_COLOROP, specs,
			sizeof(specs) / sizeof(specs[0]), &op->props);
		if (ret < 0) {
			return ret;
		}
		op->type = kms_property_name(&op->props.type, KMS_COLOROP_UNKNOWN);
		id = (uint32_t)op->props.next.value;
	}
	return id == 0 ? 0 : -E2BIG;
}

static int read_all(struct kms_plane_color *color, int fd, const drmModePropertyRes *info) {
	color->pipelines = calloc((size_t)info->count_enums, sizeof(color->pipelines[0]));
	int ret = color->pipelines != NULL || info->count_enums == 0 ? 0 : -ENOMEM;
	for (int i = 0; ret == 0 && i < info->count_enums; i++) {
		struct kms_pipeline *pipeline = &color->pipelines[color->len];
		ret = read_pipeline(pipeline, fd, (uint32_t)info->enums[i].value);
		color->len += ret == 0 && pipeline->len > 0;
		if (ret == -E2BIG) {
			*pipeline = (struct kms_pipeline){0};
			ret = 0;
		}
	}
	return ret;
}

int kms_plane_color_read(struct kms_plane_color *color, int fd, uint32_t plane_id, bool wraps) {
	static const struct kms_property_spec spec = {
		.name = "COLOR_PIPELINE", .offset = offsetof(struct kms_plane_color, property)};
	int ret = kms_properties_read(fd, plane_id, DRM_MODE_OBJECT_PLANE, &spec, 1, color);
	if (ret < 0 || color->property.id == 0 || color->pipelines != NULL) {
		return ret;
	}
	drmModePropertyRes *info = drmModeGetProperty(fd, color->property.id);
	if (info == NULL) {
		return kms_errno();
	}
	ret = read_all(color, fd, info);
	for (size_t i = 0; i < color->len; i++) {
		color->pipelines[i].wraps = wraps;
	}
	drmModeFreeProperty(info);
	return ret;
}

bool kms_color_set(struct kms_color *color, bool is_set) {
	if (color->is_set != is_set &&
		drmSetClientCap(color->fd, DRM_CLIENT_CAP_PLANE_COLOR_PIPELINE, is_set) == 0) {
		color->is_set = is_set;
	}
	return color->is_set == is_set;
}

static void destroy_program(int fd, struct kms_color_program *program) {
	for (size_t i = 0; i < program->blobs_len; i++) {
		drmModeDestroyPropertyBlob(fd, program->blobs[i]);
	}
	free(program);
}

void kms_color_destroy(struct kms_color *color) {
	for (size_t i = 0; color != NULL && i < color->programs_len; i++) {
		destroy_program(color->fd, color->programs[i]);
	}
	free(color);
}

/* S31.32 with the sign in the highest bit. */
static uint64_t fixed(double value) {
	return (uint64_t)llround(fabs(value) * 4294967296.0) | (uint64_t)(value < 0) << 63;
}

static bool add_blob(int fd, struct kms_color_program *program, const void *data, size_t size) {
	uint32_t *blob = &program->blobs[program->blobs_len];
	const bool ok = drmModeCreatePropertyBlob(fd, data, size, blob) == 0;
	program->blobs_len += ok;
	return ok;
}

static bool add_matrix(int fd, struct kms_color_program *program, const double matrix[static 9]) {
	struct drm_color_ctm_3x4 blob = {0};
	for (int i = 0; i < 9; i++) {
		blob.matrix[i / 3 * 4 + i % 3] = fixed(matrix[i]);
	}
	return add_blob(fd, program, &blob, sizeof(blob));
}

static bool add_lut(int fd, struct kms_color_program *program,
	const struct kms_colorop_setting *setting, size_t size) {
	struct drm_color_lut32 *entries = calloc(size, sizeof(*entries));
	for (size_t i = 0; entries != NULL && i < size; i++) {
		const double at = (double)i / (double)(size - 1);
		const double value = setting->inverse ? color_inverse_eotf(&setting->lut, at)
						      : color_eotf(&setting->lut, at);
		const uint32_t level = (uint32_t)llround(fmin(fmax(value, 0), 1) * UINT32_MAX);
		entries[i] = (struct drm_color_lut32){level, level, level, 0};
	}
	const bool ok = entries != NULL && add_blob(fd, program, entries, size * sizeof(*entries));
	free(entries);
	return ok;
}

static void add_value(struct kms_color_program *program, const struct kms_colorop *op,
	const struct kms_property *property, uint64_t value) {
	program->values[program->len++] = (struct kms_colorop_value){op->id, property->id, value};
}

static bool add_op(int fd, struct kms_color_program *program, const struct kms_colorop *op,
	const struct kms_colorop_setting *setting) {
	const struct kms_colorop_properties *props = &op->props;
	bool ok = true;
	if (props->bypass.id != 0) {
		add_value(program, op, &props->bypass, !setting->on);
	}
	if (!setting->on) {
		return true;
	}
	switch (op->type) {
	case KMS_COLOROP_CURVE:
		add_value(program, op, &props->curve, props->curve.values[setting->curve]);
		return true;
	case KMS_COLOROP_MULTIPLIER:
		add_value(program, op, &props->multiplier, fixed(setting->factor));
		return true;
	case KMS_COLOROP_MATRIX:
		ok = add_matrix(fd, program, setting->matrix);
		break;
	default:
		ok = add_lut(fd, program, setting, (size_t)props->size.value);
		break;
	}
	if (ok) {
		add_value(program, op, &props->data, program->blobs[program->blobs_len - 1]);
	}
	return ok;
}

static struct kms_color_program *make_program(int fd, const struct kms_plane_color *plane,
	const struct color_description *from, const struct color_description *to) {
	const struct color_conversion conversion = color_conversion_make(from, to);
	struct kms_pipeline_setting setting;
	const struct kms_pipeline *pipeline = kms_pipeline_find(plane, &conversion, &setting);
	struct kms_color_program *program = calloc(1, sizeof(*program));
	if (program == NULL) {
		return NULL;
	}
	*program = (struct kms_color_program){.plane = plane, .from = *from, .to = *to};
	for (size_t i = 0; pipeline != NULL && i < pipeline->len; i++) {
		if (!add_op(fd, program, &pipeline->ops[i], &setting.ops[i])) {
			destroy_program(fd, program);
			return NULL;
		}
	}
	program->pipeline = pipeline != NULL ? pipeline->ops[0].id : 0;
	return program;
}

const struct kms_color_program *kms_color_program_get(struct kms_color *color,
	const struct kms_plane_color *plane, const struct color_description *from,
	const struct color_description *to) {
	struct kms_color_program *program = NULL;
	size_t place = 0;
	for (size_t i = 0; color != NULL && program == NULL && i < color->programs_len; i++) {
		struct kms_color_program *other = color->programs[i];
		if (other->plane == plane && color_description_equal(&other->from, from) &&
			color_description_equal(&other->to, to)) {
			program = other;
		}
		place = other->used < color->programs[place]->used ? i : place;
	}
	if (program == NULL && color != NULL && plane->len > 0) {
		program = make_program(color->fd, plane, from, to);
		if (program != NULL && color->programs_len == KMS_COLOR_PROGRAMS) {
			destroy_program(color->fd, color->programs[place]);
			color->programs[place] = program;
		} else if (program != NULL) {
			color->programs[color->programs_len++] = program;
		}
	}
	if (program == NULL) {
		return NULL;
	}
	program->used = ++color->used;
	return program->pipeline != 0 ? program : NULL;
}
