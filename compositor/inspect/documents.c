/* SPDX-License-Identifier: MIT */
#include "inspect/documents.h"

#include "base/text.h"

/* Room for a title, cut off where it is longer. */
#define TEXT_MAX 256

void latch_inspect_add_text(
	yyjson_mut_doc *doc, yyjson_mut_val *object, const char *key, const char *text) {
	if (text == NULL) {
		yyjson_mut_obj_add_null(doc, object, key);
		return;
	}
	char clean[TEXT_MAX];
	latch_text_copy(clean, sizeof(clean), text);
	yyjson_mut_obj_add_strcpy(doc, object, key, clean);
}

void latch_inspect_add_id(
	yyjson_mut_doc *doc, yyjson_mut_val *object, const char *key, int64_t id) {
	yyjson_mut_obj_add_val(
		doc, object, key, id > 0 ? yyjson_mut_int(doc, id) : yyjson_mut_null(doc));
}

void latch_inspect_add_place(
	yyjson_mut_doc *doc, yyjson_mut_val *object, const struct latch_layer *layer) {
	static const char *const names[] = {
		[LATCH_LAYER_COMPOSED] = "composed",
		[LATCH_LAYER_COVERED] = "covered",
		[LATCH_LAYER_ON_PLANE] = "plane",
		[LATCH_LAYER_BACKGROUND] = "background",
	};
	/* In a window with --planes-like a composed layer has a plane, too: where it would be. */
	const struct kms_plane *plane = layer->plane;
	yyjson_mut_obj_add_str(doc, object, "place",
		names[plane != NULL ? LATCH_LAYER_ON_PLANE : layer->place]);
	latch_inspect_add_id(doc, object, "plane", plane != NULL ? plane->id : 0);
	latch_inspect_add_text(doc, object, "plane_type",
		plane != NULL ? kms_plane_type_name(plane->type) : NULL);
}
