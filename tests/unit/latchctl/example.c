/* SPDX-License-Identifier: MIT */
#include "../text.h"
#include "example.h"

yyjson_mut_doc *example;

#define FORMATS \
	"'formats': [{'fourccs': ['XR24'], 'modifiers': {'LINEAR': '0x0', 'X_TILED': " \
	"'0x0100000000000001'}}, {'fourccs': ['AR24'], 'modifiers': {'LINEAR': '0x0'}}]"
#define PLANE(id, type, use, output, surface, rotations, properties) \
	"{'id': " #id ", 'type': '" type "', 'use': '" use "', 'output': " output \
	", 'surface': " surface ", 'tells_modifiers': true, 'properties': {'rotation': " \
	"['rotate-0'" rotations "], 'pixel blend mode': ['Pre-multiplied']" properties "}, " FORMATS "}"
#define LAYER(surface, pid, app_id, title, x, width, buffer, place, reasons, error, held) \
	"{'kind': 'surface', 'surface': " #surface ", 'pid': " pid ", 'app_id': '" app_id \
	"', 'title': '" title "', 'buffer': {'width': " #width \
	", 'height': 500, 'format': 'XR24', " buffer "}, 'src': {'x': 0, 'y': 0, 'width': " \
	#width ", 'height': 500}, 'dst': {'x': " #x \
	", 'y': 0, 'width': " #width ", 'height': 500}, 'transform': 'normal', " place \
	", 'underlay': false, 'reasons': [" reasons "], 'test_errno': " error \
	", 'held': " held "}"
#define REASON(name, text) "{'name': '" name "', 'text': '" text "'}"
#define DMABUF "'dmabuf': true, 'modifier': 'LINEAR'"
#define SHM "'dmabuf': false, 'modifier': null"
#define COMPOSED "'place': 'composed', 'plane': null, 'plane_type': null"

static const char planes[] =
	"{'version': 1, 'outputs': [{'name': 'Virtual-1', 'description': 'a screen', 'device': "
	"{'node': '/dev/dri/card0', 'driver': 'vkms', 'clock': 'simulated'}, 'mode': {'width': "
	"1000, 'height': 500, 'refresh_mhz': 60004}, 'scale': 1.5, 'transform': 'normal', 'plan': "
	"{'rung': 'mixed', 'composed': true, 'visible': 3, 'on_planes': 1, 'tests': 4}, 'planes': ["
	PLANE(31, "primary", "composed", "null", "null", "", "") ", "
	PLANE(33, "overlay", "layer", "null", "11",
		", 'rotate-180'", ", 'zpos': [1, 9], 'alpha': true, "
		"'COLOR_ENCODING': ['ITU-R BT.709 YCbCr']") ", "
	PLANE(35, "overlay", "free", "null", "null", "", "") ", "
	PLANE(37, "overlay", "other-output", "'Virtual-2'", "null", "", "") ", "
	PLANE(39, "cursor", "cursor", "null", "null", "", "") "], 'layers': ["
	LAYER(11, "1011", "org.example.Player", "a film", 500, 500,
		"'dmabuf': true, 'modifier': 'X_TILED', 'modifier_number': '0x0100000000000001'",
		"'place': 'plane', 'plane': 33, 'plane_type': 'overlay'", "", "null", "null") ", "
	LAYER(12, "1012", "foot", "a title", 0, 500, SHM, COMPOSED,
		REASON("no-dmabuf", "the buffer lives in shared memory"), "null",
		"{'by': 'fence', 'text': 'driver vgem, timeline unbound', 'age_ms': 1500, "
		"'updates': 2}") ", "
	LAYER(13, "1013", "", "only a title", 0, 250, DMABUF,
		"'place': 'covered', 'plane': null, 'plane_type': null",
		REASON("covered", "nothing of it is to be seen"), "null", "null") ", "
	LAYER(14, "null", "", "", 0, 1000, DMABUF, COMPOSED,
		REASON("test-refused", "the kernel refused it") ", "
		REASON("modifier", "no plane shows it in this modifier"), "22", "null")
	"]}, {'name': 'WL-1', 'description': '', 'device': null, 'mode': {'width': 800, 'height': "
	"600, 'refresh_mhz': 0}, 'scale': 1.0, 'transform': 'normal', 'plan': {'rung': "
	"'composed', 'composed': true, 'visible': 1, 'on_planes': 0, 'tests': 0}, 'planes': [], "
	"'layers': ["
	LAYER(12, "1012", "foot", "a title", 0, 500, DMABUF, COMPOSED,
		REASON("no-kms", "it has no planes"), "null", "null") "]}]}";

int example_begin(void **state) {
	example = json_parse_mut(planes);
	return 0;
}

int example_end(void **state) {
	yyjson_mut_doc_free(example);
	return 0;
}

yyjson_mut_val *example_at(const char *path) {
	yyjson_mut_val *value = yyjson_mut_doc_ptr_get(example, path);
	if (value == NULL) {
		fail_msg("no %s", path);
	}
	return value;
}
