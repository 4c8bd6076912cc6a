/* SPDX-License-Identifier: MIT */
#include "../text.h"
#include "list.h"
#include "open.h"

static int setup(void **state) {
	return describe_device();
}

static void test_list(void **state) {
	fake_add_hdr_settings(70);
	fake_add_orientation(70, 82);
	open_device();
	const struct latch_list_entry entries[] = {
		{.path = "/dev/dri/card0", .device = device},
		{.path = "/dev/dri/card1", .error = KMS_OPEN_NOT_ATOMIC},
	};
	assert_int_equal(latch_list_print(text_begin(), entries, 2, false), 0);
	ASSERT_HAS(text_end(), "/dev/dri/card0: vkms, 1 CRTCs, 4 planes",
		"connector Virtual-1 (70): connected", "1920x1080@60.000 preferred",
		"plane 31: overlay, CRTCs 50", "/dev/dri/card1 has no atomic modesetting");

	assert_int_equal(latch_list_print(text_begin(), entries, 2, true), 0);
	yyjson_doc *doc = text_end_json();
	ASSERT_JSON(yyjson_doc_get_root(doc), {"/devices/0/features/atomic", "true"},
		{"/devices/0/connectors/0/modes/1/refresh_mhz", "60000"},
		{"/devices/0/connectors/0/settings/max_bpc/max", "12"},
		{"/devices/0/connectors/0/settings/broadcast_rgb", "'Limited 16:235'"},
		{"/devices/0/connectors/0/settings/hdr_metadata", "true"},
		{"/devices/0/connectors/0/panel_orientation", "'Left Side Up'"},
		{"/devices/0/connectors/1/settings/max_bpc", "null"},
		{"/devices/0/connectors/1/settings/colorspace", "null"},
		{"/devices/0/connectors/1/writeback_formats/0/fourccs/0", "'RG16'"},
		{"/devices/0/planes/3/properties/zpos", "[2,5]"},
		{"/devices/0/planes/0/formats/1", "{'fourccs':['NV12'],'modifiers':{'LINEAR':'0x0000000000000000'}}"},
		{"/devices/1/error", "'has no atomic modesetting'"});
	yyjson_doc_free(doc);
}

TEST_MAIN("list", TEST(test_list))
