/* SPDX-License-Identifier: MIT */
#include <yyjson.h>

#include "buffers.h"
#include "case.h"

/* The most that latch says of ten planes and some forty windows is a tenth of it. */
static char answer[1 << 20];

static yyjson_val *output_of(const struct places *places) {
	yyjson_val *outputs = yyjson_obj_get(yyjson_doc_get_root(places->doc), "outputs");
	return yyjson_arr_get_first(outputs);
}

struct places places_ask(void) {
	FILE *pipe = popen("latchctl planes --json", "r");
	size_t len = pipe != NULL ? fread(answer, 1, sizeof(answer), pipe) : 0;
	CHECK(pipe != NULL && pclose(pipe) == 0, "latchctl fails");
	struct places places = {.doc = yyjson_read(answer, len, 0)};
	yyjson_val *output = output_of(&places), *plane;
	CHECK(output != NULL, "latchctl tells of no output");
	size_t i, max;
	yyjson_arr_foreach(yyjson_obj_get(output, "planes"), i, max, plane) {
		const char *type = yyjson_get_str(yyjson_obj_get(plane, "type"));
		places.overlays += type != NULL && strcmp(type, "overlay") == 0;
	}
	return places;
}

void places_finish(struct places *places) {
	yyjson_doc_free(places->doc);
	*places = (struct places){0};
}

static int number(yyjson_val *object, const char *key) {
	return (int)yyjson_get_num(yyjson_obj_get(object, key));
}

static bool is_there(yyjson_val *layer, const struct tile *tile) {
	yyjson_val *dst = yyjson_obj_get(layer, "dst");
	return number(layer, "pid") == getpid() && number(dst, "x") == tile->x &&
	       number(dst, "y") == tile->y && number(dst, "width") == (int)tile->width &&
	       number(dst, "height") == (int)tile->height;
}

bool places_on_plane(const struct places *places, const struct tile *tile, char reasons[TEXT_MAX]) {
	size_t i, max;
	yyjson_val *layer, *reason;
	yyjson_arr_foreach(yyjson_obj_get(output_of(places), "layers"), i, max, layer) {
		/* The one in front comes first: the base may fill the same place. */
		if (!is_there(layer, tile)) {
			continue;
		}
		size_t used = 0, j, len;
		reasons[0] = '\0';
		yyjson_arr_foreach(yyjson_obj_get(layer, "reasons"), j, len, reason) {
			int n = snprintf(reasons + used, TEXT_MAX - used, "%s%s", used ? "," : "",
				yyjson_get_str(yyjson_obj_get(reason, "name")));
			used = used + (size_t)n < TEXT_MAX ? used + (size_t)n : TEXT_MAX - 1;
		}
		const char *place = yyjson_get_str(yyjson_obj_get(layer, "place"));
		return place != NULL && strcmp(place, "plane") == 0;
	}
	snprintf(reasons, TEXT_MAX, "unknown");
	return false;
}
