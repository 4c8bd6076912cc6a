#include "names.h"

#include <stdio.h>

#include "latch-inspector-unstable-v1-client-protocol.h"

static const char *name(const char *const *names, size_t len, uint32_t value) {
	return value < len ? names[value] : "unknown";
}

#define NAME(names, value) name(names, sizeof(names) / sizeof((names)[0]), value)

const char *name_plane_type(uint32_t type) {
	static const char *const names[] = {"primary", "overlay", "cursor"};
	return NAME(names, type);
}

const char *name_plane_use(uint32_t use) {
	static const char *const names[] = {
		"free", "layer", "composed", "black", "cursor", "other-output"};
	return NAME(names, use);
}

const char *name_place(uint32_t place) {
	static const char *const names[] = {"composed", "covered", "plane"};
	return NAME(names, place);
}

const char *name_clock(uint32_t clock) {
	static const char *const names[] = {"hardware", "simulated"};
	return NAME(names, clock);
}

const char *name_transform(int32_t transform) {
	static const char *const names[] = {"normal", "90", "180", "270", "flipped", "flipped-90",
		"flipped-180", "flipped-270"};
	return NAME(names, (uint32_t)transform);
}

const char *const name_rotations[NAME_BITS] = {
	"rotate-0", "rotate-90", "rotate-180", "rotate-270", "reflect-x", "reflect-y"};
const char *const name_blend_modes[NAME_BITS] = {"premultiplied", "coverage", "none"};
const char *const name_color_encodings[NAME_BITS] = {NULL, "bt601", "bt709", "bt2020"};
const char *const name_color_ranges[NAME_BITS] = {NULL, "limited", "full"};

const char *name_layer(const struct model_layer *layer, char *text, size_t size) {
	if (layer->kind == ZLATCH_INSPECTOR_PLANES_V1_LAYER_KIND_CURSOR) {
		snprintf(text, size, "cursor");
	} else if (layer->app_id[0] != '\0') {
		snprintf(text, size, "%s", layer->app_id);
	} else if (layer->title[0] != '\0') {
		snprintf(text, size, "%s", layer->title);
	} else {
		snprintf(text, size, "surface %u", layer->surface);
	}
	return text;
}
