#include "example.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>

#include "latch-inspector-unstable-v1-client-protocol.h"

static void add_plane(struct model_output *output, uint32_t id, uint32_t type, uint32_t use,
	const char *user) {
	const uint64_t modifiers[] = {DRM_FORMAT_MOD_LINEAR, I915_FORMAT_MOD_X_TILED};
	struct model_plane *plane = model_add_plane(output);
	*plane = (struct model_plane){
		.id = id,
		.type = type,
		.use = use,
		.user = model_clean_text(user),
		.rotations = ZLATCH_INSPECTOR_PLANES_V1_ROTATION_ROTATE_0,
		.blend_modes = ZLATCH_INSPECTOR_PLANES_V1_BLEND_MODE_PREMULTIPLIED,
	};
	model_add_format(plane, DRM_FORMAT_XRGB8888, modifiers, 2);
	model_add_format(plane, DRM_FORMAT_ARGB8888, modifiers, 1);
}

static struct model_layer *add_layer(struct model_output *output, uint32_t surface,
	const char *app_id, const char *title, int32_t x, int32_t width) {
	struct model_layer *layer = model_add_layer(output);
	*layer = (struct model_layer){
		.surface = surface,
		.pid = surface == 14 ? 0 : 1000 + (int32_t)surface,
		.app_id = model_clean_text(app_id),
		.title = model_clean_text(title),
		.dmabuf = true,
		.buffer_width = width,
		.buffer_height = 500,
		.fourcc = DRM_FORMAT_XRGB8888,
		.src_width = width,
		.src_height = 500,
		.dst_x = x,
		.dst_width = width,
		.dst_height = 500,
		.alpha = 0xffff,
		.zpos = -1,
	};
	return layer;
}

static void add_reason(struct model_layer *layer, const char *name, const char *text) {
	struct model_reason *reason = model_add_reason(layer);
	reason->name = model_clean_text(name);
	reason->text = model_clean_text(text);
}

static void add_planes(struct model_output *output) {
	add_plane(output, 31, ZLATCH_INSPECTOR_PLANES_V1_PLANE_TYPE_PRIMARY,
		ZLATCH_INSPECTOR_PLANES_V1_PLANE_USE_COMPOSED, "");
	add_plane(output, 33, ZLATCH_INSPECTOR_PLANES_V1_PLANE_TYPE_OVERLAY,
		ZLATCH_INSPECTOR_PLANES_V1_PLANE_USE_LAYER, "");
	struct model_plane *plane = &output->planes[1];
	plane->surface = 11;
	plane->has_zpos = true;
	plane->zpos_min = 1;
	plane->zpos_max = 9;
	plane->features = ZLATCH_INSPECTOR_PLANES_V1_FEATURE_ALPHA;
	plane->rotations |= ZLATCH_INSPECTOR_PLANES_V1_ROTATION_ROTATE_180;
	plane->color_encodings = ZLATCH_INSPECTOR_PLANES_V1_COLOR_ENCODING_BT709;
	add_plane(output, 35, ZLATCH_INSPECTOR_PLANES_V1_PLANE_TYPE_OVERLAY,
		ZLATCH_INSPECTOR_PLANES_V1_PLANE_USE_FREE, "");
	add_plane(output, 37, ZLATCH_INSPECTOR_PLANES_V1_PLANE_TYPE_OVERLAY,
		ZLATCH_INSPECTOR_PLANES_V1_PLANE_USE_OTHER_OUTPUT, "Virtual-2");
	add_plane(output, 39, ZLATCH_INSPECTOR_PLANES_V1_PLANE_TYPE_CURSOR,
		ZLATCH_INSPECTOR_PLANES_V1_PLANE_USE_CURSOR, "");
}

static void add_screen(struct model *model) {
	struct model_output *output = model_add_output(model);
	*output = (struct model_output){
		.name = model_clean_text("Virtual-1"),
		.description = model_clean_text("a screen"),
		.node = model_clean_text("/dev/dri/card0"),
		.driver = model_clean_text("vkms"),
		.clock = ZLATCH_INSPECTOR_PLANES_V1_CLOCK_SIMULATED,
		.width = 1000,
		.height = 500,
		.refresh_mhz = 60004,
		.scale = 180,
		.rung = model_clean_text("mixed"),
		.composed = true,
		.visible = 3,
		.on_planes = 1,
		.tests = 4,
	};
	add_planes(output);
	struct model_layer *layer = add_layer(output, 11, "org.example.Player", "a film", 500, 500);
	layer->place = ZLATCH_INSPECTOR_PLANES_V1_LAYER_PLACE_PLANE;
	layer->plane = 33;
	layer->zpos = 5;
	layer->opaque = true;
	layer->modifier = I915_FORMAT_MOD_X_TILED;
	layer = add_layer(output, 12, "foot", "a title", 0, 500);
	layer->dmabuf = false;
	add_reason(layer, "no-dmabuf", "the buffer lives in shared memory");
	layer->held = 2;
	layer->held_by = model_clean_text("fence");
	layer->held_text = model_clean_text("driver vgem, timeline unbound");
	layer->held_age_ms = 1500;
	layer = add_layer(output, 13, "", "only a title", 0, 250);
	layer->place = ZLATCH_INSPECTOR_PLANES_V1_LAYER_PLACE_COVERED;
	add_reason(layer, "covered", "nothing of it is to be seen");
	layer = add_layer(output, 14, "", "", 0, 1000);
	layer->test_errno = EINVAL;
	add_reason(layer, "test-refused", "the kernel refused it");
	add_reason(layer, "modifier", "no plane shows it in this modifier");
}

static void add_window(struct model *model) {
	struct model_output *output = model_add_output(model);
	*output = (struct model_output){
		.name = model_clean_text("WL-1"),
		.description = model_clean_text(""),
		.width = 800,
		.height = 600,
		.scale = 120,
		.rung = model_clean_text("composed"),
		.composed = true,
		.visible = 1,
	};
	add_reason(add_layer(output, 12, "foot", "a title", 0, 500), "no-kms", "it has no planes");
}

struct model example_model(void) {
	struct model model = {0};
	add_screen(&model);
	add_window(&model);
	return model;
}
