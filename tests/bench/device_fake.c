/* SPDX-License-Identifier: MIT */
/* Devices in memory: the planes of tests/unit/plan/planes.h as objects with properties, behind the
 * names of libdrm's functions. So libliftoff and kms/ read the same, and ask the same kernel. */
#include <drm_fourcc.h>

#include "bench.h"
#include "fake_drm.h"
#include "kernel.h"

#define CRTC 900

struct fake_device {
	struct latch_profile set;
	struct plan_kernel kernel;
};

size_t bench_devices_len(void) {
	return plan_sets_len;
}

void bench_device_choose(const char *path) {
	fprintf(stderr, "this benchmark runs on devices in memory, not on %s\n", path);
	exit(2);
}

int64_t bench_kernel_ns(void) {
	return fake.kernel_ns;
}

unsigned bench_commits(void) {
	return (unsigned)fake.commits;
}

/* --- properties --- */

static uint32_t add_in_formats(const struct kms_format_set *set) {
	struct {
		struct drm_format_modifier_blob head;
		uint32_t formats[8];
		struct drm_format_modifier modifiers[32];
	} blob = {0};
	/* One entry for each modifier, as the kernel writes them: libliftoff looks at the first. */
	uint32_t modifiers = 0;
	for (uint32_t i = 0; i < set->len; i++) {
		blob.formats[i] = set->formats[i].fourcc;
		for (size_t j = 0; j < set->formats[i].modifiers_len; j++) {
			uint64_t modifier = set->formats[i].modifiers[j];
			uint32_t at = 0;
			while (at < modifiers && blob.modifiers[at].modifier != modifier) {
				at++;
			}
			blob.modifiers[at].modifier = modifier;
			blob.modifiers[at].formats |= UINT64_C(1) << i;
			modifiers += at == modifiers;
		}
	}
	blob.head = (struct drm_format_modifier_blob){
		.version = FORMAT_BLOB_CURRENT,
		.count_formats = (uint32_t)set->len,
		.formats_offset = (uint32_t)((char *)blob.formats - (char *)&blob),
		.count_modifiers = modifiers,
		.modifiers_offset = (uint32_t)((char *)blob.modifiers - (char *)&blob),
	};
	return fake_add_blob(&blob, sizeof(blob));
}

static void add_plane(const struct kms_plane *plane) {
	/* With their ranges, as libliftoff looks at them. */
	static const struct {
		const char *name;
		uint32_t flags;
		int64_t min, max;
	} plain[] = {
		{"FB_ID", DRM_MODE_PROP_OBJECT, (int64_t)DRM_MODE_OBJECT_FB, 0},
		{"CRTC_ID", DRM_MODE_PROP_OBJECT, (int64_t)DRM_MODE_OBJECT_CRTC, 0},
		{"SRC_X", DRM_MODE_PROP_RANGE, 0, UINT32_MAX},
		{"SRC_Y", DRM_MODE_PROP_RANGE, 0, UINT32_MAX},
		{"SRC_W", DRM_MODE_PROP_RANGE, 0, UINT32_MAX},
		{"SRC_H", DRM_MODE_PROP_RANGE, 0, UINT32_MAX},
		{"CRTC_X", DRM_MODE_PROP_SIGNED_RANGE, INT32_MIN, INT32_MAX},
		{"CRTC_Y", DRM_MODE_PROP_SIGNED_RANGE, INT32_MIN, INT32_MAX},
		{"CRTC_W", DRM_MODE_PROP_RANGE, 0, INT32_MAX},
		{"CRTC_H", DRM_MODE_PROP_RANGE, 0, INT32_MAX},
	};
	static const uint64_t types[] = {
		DRM_PLANE_TYPE_PRIMARY, DRM_PLANE_TYPE_OVERLAY, DRM_PLANE_TYPE_CURSOR};
	struct fake_object *object = fake_add_object(DRM_MODE_OBJECT_PLANE, plane->id);
	for (size_t i = 0; i < plane->formats.len; i++) {
		object->formats[object->formats_len++] = plane->formats.formats[i].fourcc;
	}
	fake_add_property(object, "type", DRM_MODE_PROP_ENUM | DRM_MODE_PROP_IMMUTABLE,
		types[plane->type]);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		struct fake_property *property =
			fake_add_property(object, plain[i].name, plain[i].flags, 0);
		property->range[0] = (uint64_t)plain[i].min;
		property->range[1] = (uint64_t)plain[i].max;
	}
	fake_add_property(object, "IN_FENCE_FD", DRM_MODE_PROP_SIGNED_RANGE, UINT64_MAX);
	if (plane->has_in_formats) {
		fake_add_property(object, "IN_FORMATS",
			DRM_MODE_PROP_BLOB | DRM_MODE_PROP_IMMUTABLE,
			add_in_formats(&plane->formats));
	}
	const struct kms_property *zpos = &plane->props.zpos;
	if (zpos->id != 0) {
		struct fake_property *property = fake_add_property(object, "zpos",
			DRM_MODE_PROP_RANGE | (zpos->immutable ? DRM_MODE_PROP_IMMUTABLE : 0u),
			zpos->value);
		property->range[0] = zpos->min;
		property->range[1] = zpos->max;
	}
	if (plane->props.alpha.id != 0) {
		fake_add_property(object, "alpha", DRM_MODE_PROP_RANGE, 0xffff)->range[1] = 0xffff;
	}
	if (plane->props.blend_mode.id != 0) {
		fake_add_property(object, "pixel blend mode", DRM_MODE_PROP_ENUM, 0)->enums =
			"None=2|Pre-multiplied=0|Coverage=1";
	}
	if (plane->props.rotation.id != 0) {
		fake_add_property(object, "rotation", DRM_MODE_PROP_BITMASK, 1)->enums =
			"rotate-0=0|rotate-90=1|rotate-180=2|rotate-270=3|reflect-x=4|reflect-y=5";
	}
}

/* --- commits --- */

static int check_commit(const struct fake_commit *commit, void *data) {
	const struct bench_device *device = data;
	struct fake_device *fake_device = device->data;
	struct plan_shown shown[LATCH_PLAN_MAX_PLANES];
	size_t len = 0;
	for (size_t i = 0; i < device->planes_len; i++) {
		const struct kms_plane *plane = device->planes[i];
		const struct fake_fb *fb = fake_find_fb(fake_commit_value(plane->id, "FB_ID"));
		if (fb == NULL) {
			continue;
		}
		if (!kms_format_set_has(&plane->formats, fb->fourcc, fb->modifiers[0])) {
			return EINVAL;
		}
		/* The limits know the set's own planes. */
		struct plan_shown *s = &shown[len++];
		*s = (struct plan_shown){.plane = plan_set_find(&fake_device->set, plane->id)};
		s->state = kms_plane_state_default();
		s->state.src_w = (uint32_t)fake_commit_value(plane->id, "SRC_W");
		s->state.src_h = (uint32_t)fake_commit_value(plane->id, "SRC_H");
		s->state.dst_x = (int32_t)fake_commit_value(plane->id, "CRTC_X");
		s->state.dst_y = (int32_t)fake_commit_value(plane->id, "CRTC_Y");
		s->state.dst_w = (uint32_t)fake_commit_value(plane->id, "CRTC_W");
		s->state.dst_h = (uint32_t)fake_commit_value(plane->id, "CRTC_H");
		s->yuv = fb->fourcc == DRM_FORMAT_NV12;
	}
	return -plan_kernel_check_shown(&fake_device->kernel, shown, len);
}

/* --- the device --- */

bool bench_device_open(struct bench_device *device, size_t i) {
	struct fake_device *fake_device = calloc(1, sizeof(*fake_device));
	if (fake_device == NULL) {
		return false;
	}
	plan_sets[i](&fake_device->set);
	fake_device->kernel = plan_kernel_make(&fake_device->set, BENCH_WIDTH, BENCH_HEIGHT);

	fake_reset();
	struct fake_object *crtc = fake_add_object(DRM_MODE_OBJECT_CRTC, CRTC);
	fake_add_property(crtc, "ACTIVE", DRM_MODE_PROP_RANGE, 1);
	fake_add_property(crtc, "MODE_ID", DRM_MODE_PROP_BLOB, 0);
	for (size_t j = 0; j < fake_device->set.len; j++) {
		add_plane(fake_device->set.list[j]);
	}
	enum kms_open_error error;
	/* libliftoff makes a copy of the fd. */
	struct kms_device *kms = kms_device_create(open("/dev/null", O_RDWR | O_CLOEXEC), &error);
	if (kms == NULL) {
		fprintf(stderr, "%s: %s\n", fake_device->set.name, kms_error_string(error));
		free(fake_device);
		return false;
	}
	*device = (struct bench_device){
		.name = fake_device->set.name,
		.kms = kms,
		.crtc = &kms->crtcs[0],
		.stacks_by_id = fake_device->set.stacks_by_id,
		.primary_alpha = fake_device->set.primary_alpha,
		.yuv = true,
		.data = fake_device,
	};
	for (size_t j = 0; j < kms->planes_len; j++) {
		device->planes[device->planes_len++] = &kms->planes[j];
		if (kms->planes[j].type == KMS_PLANE_PRIMARY) {
			device->primary = &kms->planes[j];
		}
	}
	fake.on_commit = check_commit;
	fake.on_commit_data = device;
	return true;
}

void bench_device_close(struct bench_device *device) {
	close(device->kms->fd);
	kms_device_destroy(device->kms);
	fake_finish();
	free(device->data);
}

uint32_t bench_device_make_fb(
	struct bench_device *device, uint32_t width, uint32_t height, uint32_t fourcc) {
	if (fake.fbs_len == FAKE_MAX) {
		return 0;
	}
	struct fake_fb *fb = &fake.fbs[fake.fbs_len++];
	*fb = (struct fake_fb){
		.id = fake.next_id++,
		.width = width,
		.height = height,
		.fourcc = fourcc,
		.flags = DRM_MODE_FB_MODIFIERS,
	};
	return fb->id;
}
