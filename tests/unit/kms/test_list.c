#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "kms_test.h"
#include "list.h"

static char *print(const struct latch_list_entry *entries, size_t len, bool json) {
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	assert_int_equal(latch_list_print(file, entries, len, json), 0);
	fclose(file);
	return text;
}

static void test_list(void **state) {
	fake_reset();
	fake_add_vkms();
	fake_add_hdr_settings(70);
	fake_add_orientation(70, 82);
	struct kms_device *device = kms_device_create(3, NULL);
	assert_non_null(device);
	const struct latch_list_entry entries[] = {
		{.path = "/dev/dri/card0", .device = device},
		{.path = "/dev/dri/card1", .error = KMS_OPEN_NOT_ATOMIC},
	};
	char *text = print(entries, 2, false);
	assert_non_null(strstr(text, "/dev/dri/card0: vkms"));
	assert_non_null(strstr(text, "1920x1080@60.000 preferred"));
	assert_non_null(strstr(text, "NV12"));
	assert_non_null(strstr(text, "zpos 2 to 5"));
	assert_non_null(strstr(text, "colorspace \"BT2020_RGB\", broadcast_rgb \"Limited 16:235\", "
				     "scaling_mode \"Full\", underscan \"on\", "
				     "max_bpc 12 of 6 to 12, hdr_metadata set\n"));
	assert_non_null(strstr(text, "mounted   Left Side Up\n"));
	assert_non_null(strstr(text, "/dev/dri/card1 has no atomic modesetting"));
	free(text);

	text = print(entries, 2, true);
	yyjson_doc *doc = yyjson_read(text, strlen(text), 0);
	assert_non_null(doc);
	yyjson_val *root = yyjson_doc_get_root(doc);
	const char *const paths[] = {
		"/devices/0/features/atomic",
		"/devices/0/connectors/0/modes/1/refresh_mhz",
		"/devices/0/connectors/0/settings/max_bpc/max",
		"/devices/0/connectors/1/settings/max_bpc",
		"/devices/0/connectors/1/writeback_formats/0/format",
		"/devices/0/planes/3/zpos/max",
		"/devices/0/planes/0/formats/1/modifiers/0",
		"/devices/1/error",
	};
	for (size_t i = 0; i < LEN(paths); i++) {
		assert_non_null(yyjson_ptr_get(root, paths[i]));
	}
	assert_string_equal(yyjson_get_str(yyjson_ptr_get(
				    root, "/devices/0/connectors/0/panel_orientation")),
		"Left Side Up");
	assert_string_equal(yyjson_get_str(yyjson_ptr_get(
				    root, "/devices/0/connectors/0/settings/broadcast_rgb")),
		"Limited 16:235");
	assert_true(yyjson_is_true(
		yyjson_ptr_get(root, "/devices/0/connectors/0/settings/hdr_metadata")));
	assert_true(yyjson_is_null(
		yyjson_ptr_get(root, "/devices/0/connectors/1/settings/colorspace")));
	yyjson_doc_free(doc);
	free(text);
	kms_device_destroy(device);
	fake_finish();
	assert_int_equal(fake.outstanding, 0);
}

TEST_MAIN("list", UNIT(test_list))
