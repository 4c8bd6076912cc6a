/* SPDX-License-Identifier: MIT */
#include <drm_fourcc.h>

#include "open.h"

static int setup(void **state) {
	return describe_device();
}

static void test_objects(void **state) {
	open_device();
	assert_string_equal(device->driver, "vkms");
	assert_int_equal(device->clock, KMS_CLOCK_SIMULATED);
	assert_int_equal(device->cursor_width, 512);
	assert_int_equal(device->cursor_height, 256);
	assert_int_equal(device->crtcs_len, 1);
	assert_int_equal(device->planes_len, 4);
	assert_int_equal(device->connectors_len, 2);
	static const enum kms_plane_type types[] = {
		KMS_PLANE_PRIMARY, KMS_PLANE_OVERLAY, KMS_PLANE_OVERLAY, KMS_PLANE_CURSOR};
	for (size_t i = 0; i < LEN(types); i++) {
		assert_int_equal(device->planes[i].type, types[i]);
	}

	const struct kms_connector *connector = device->connectors[0];
	assert_string_equal(connector->name, "Virtual-1");
	assert_int_equal(connector->status, KMS_CONNECTOR_CONNECTED);
	assert_int_equal(connector->changes, KMS_CONNECTOR_ADDED);
	assert_int_equal(connector->modes_len, 3);
	assert_true(connector->modes[1].preferred);
	assert_int_equal(connector->modes[1].refresh_mhz, 60000);
	assert_false(connector->writeback);

	const struct kms_connector *writeback = device->connectors[1];
	assert_string_equal(writeback->name, "Writeback-1");
	assert_true(writeback->writeback);
	assert_int_equal(writeback->writeback_formats.len, 2);
	assert_true(kms_format_set_has(
		&writeback->writeback_formats, DRM_FORMAT_RGB565, DRM_FORMAT_MOD_LINEAR));

	assert_ptr_equal(kms_device_find_connector_by_name(device, "virtual-1"), connector);
	assert_null(kms_device_find_connector_by_name(device, "Virtual-2"));
}

static void test_formats(void **state) {
	fake_remove_property(31, "IN_FORMATS");
	fake_add_property(fake_find_object(31), "IN_FORMATS_ASYNC",
		DRM_MODE_PROP_BLOB | DRM_MODE_PROP_IMMUTABLE,
		fake_find_property(32, "IN_FORMATS")->value);
	const uint16_t sizes[] = {64, 64, 32, 48};
	fake_add_property(fake_find_object(32), "SIZE_HINTS",
		DRM_MODE_PROP_BLOB | DRM_MODE_PROP_IMMUTABLE, fake_add_blob(sizes, sizeof(sizes)));
	/* Without the blob the plain list is better than nothing. */
	fake_find_property(32, "IN_FORMATS")->value = UINT32_MAX;
	/* So is it when the blob names none. */
	const struct drm_format_modifier_blob empty = {.version = FORMAT_BLOB_CURRENT};
	fake_find_property(33, "IN_FORMATS")->value = fake_add_blob(&empty, sizeof(empty));
	open_device();
	const struct kms_plane *primary = &device->planes[0];
	assert_true(primary->has_in_formats);
	assert_true(kms_format_set_has(
		&primary->formats, DRM_FORMAT_XRGB8888, I915_FORMAT_MOD_X_TILED));
	assert_true(kms_format_set_has(&primary->formats, DRM_FORMAT_NV12, DRM_FORMAT_MOD_LINEAR));
	assert_false(
		kms_format_set_has(&primary->formats, DRM_FORMAT_NV12, I915_FORMAT_MOD_X_TILED));
	assert_true(kms_format_set_has(
		&device->planes[1].async_formats, DRM_FORMAT_XRGB8888, I915_FORMAT_MOD_X_TILED));
	assert_int_equal(device->planes[2].async_formats.len, 0);
	assert_int_equal(device->planes[1].sizes_len, 0);
	assert_int_equal(device->planes[2].sizes_len, 2);
	assert_int_equal(device->planes[2].sizes[1].width, 32);
	assert_int_equal(device->planes[2].sizes[1].height, 48);
	for (size_t i = 1; i < 4; i++) {
		assert_false(device->planes[i].has_in_formats);
		assert_int_equal(device->planes[i].formats.len, 1);
		assert_true(kms_format_set_has(
			&device->planes[i].formats, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_INVALID));
	}
}

static void test_features(void **state) {
	fake.caps[DRM_CAP_SYNCOBJ_TIMELINE] = 0;
	fake.caps[DRM_CAP_PRIME] = DRM_PRIME_CAP_IMPORT;
	fake.caps[DRM_CAP_CURSOR_WIDTH] = 0;
	fake.refused_client_caps = UINT64_C(1) << DRM_CLIENT_CAP_CURSOR_PLANE_HOTSPOT;
	open_device();
	assert_true(device->features.atomic);
	assert_true(device->features.writeback_connectors);
	assert_false(device->features.cursor_hotspot);
	assert_false(device->features.syncobj_timeline);
	assert_true(device->features.prime_import);
	assert_false(device->features.prime_export);
	assert_int_equal(device->cursor_width, 64);
}

static void assert_not_opened(enum kms_open_error expected) {
	enum kms_open_error error = KMS_OPEN_OK;
	assert_null(kms_device_create(device_fd, &error));
	assert_int_equal(error, expected);
	assert_int_equal(fake.outstanding, 0);
}

static void test_open_errors(void **state) {
	fake.driver = NULL;
	assert_not_opened(KMS_OPEN_NOT_DRM);
	fake.driver = "vgem";
	fake.is_kms = false;
	assert_not_opened(KMS_OPEN_NOT_KMS);
	fake.is_kms = true;
	fake.refused_client_caps = UINT64_C(1) << DRM_CLIENT_CAP_ATOMIC;
	assert_not_opened(KMS_OPEN_NOT_ATOMIC);
	assert_null(kms_device_create(device_fd, NULL));
}

/* Whatever call fails, nothing stays behind. ASan sees what the fake does not. */
static void test_every_failure(void **state) {
	int calls = 0;
	for (int i = 1;; i++) {
		enum kms_open_error error = KMS_OPEN_OK;
		fake.fallible_calls = 0;
		fake.fail_at = i;
		struct kms_device *another = kms_device_create(device_fd, &error);
		kms_device_destroy(another);
		assert_int_equal(fake.outstanding, 0);
		if (another != NULL && fake.fallible_calls < i) {
			break;
		}
		/* Only formats can be had in another way. */
		assert_true(another != NULL || error != KMS_OPEN_OK);
		calls++;
	}
	assert_true(calls > 50);
}

/* As i915: its hotplug interrupt looks what is plugged in, but reads no modes. */
static void plug(uint32_t id, drmModeConnection connection, int modes, bool noticed) {
	struct fake_object *object = fake_find_object(id);
	object->connection = connection;
	object->modes_len = modes;
	object->known_connection = noticed ? connection : object->known_connection;
}

/* All are asked, and this of the first one has changed. */
static void assert_changes(uint32_t changes) {
	assert_int_equal(kms_device_refresh(device, KMS_PROBE_ALL, 0), changes != 0);
	assert_int_equal(device->connectors[0]->changes, changes);
}

static void test_refresh(void **state) {
	const uint32_t plugged = KMS_CONNECTOR_STATUS_CHANGED | KMS_CONNECTOR_MODES_CHANGED;
	open_device();
	struct kms_connector *connector = device->connectors[0];
	assert_changes(0);
	plug(70, DRM_MODE_DISCONNECTED, 0, false);
	assert_changes(plugged);
	assert_int_equal(connector->status, KMS_CONNECTOR_DISCONNECTED);
	assert_int_equal(connector->modes_len, 0);
	plug(70, DRM_MODE_CONNECTED, 2, false);
	assert_changes(plugged);
	assert_int_equal(connector->modes_len, 2);

	fake_find_property(70, "link-status")->value = DRM_MODE_LINK_STATUS_BAD;
	assert_changes(KMS_CONNECTOR_LINK_WENT_BAD);
	assert_true(connector->link_bad);
	/* Training at a lower rate fails as well: i915 and amdgpu go down in steps. */
	connector->link_bad = false;
	assert_changes(KMS_CONNECTOR_LINK_WENT_BAD);
	fake_find_property(70, "link-status")->value = DRM_MODE_LINK_STATUS_GOOD;
	assert_changes(0);
	assert_false(connector->link_bad);
}

/* A refresh finds so many changes, and has probed these since the last time: Virtual-1, DP-1, DP-2,
 * eDP-1 as digits. */
static void assert_probes(enum kms_probe probe, uint32_t id, int changes, int expected) {
	static const uint32_t ids[] = {70, 72, 73, 74};
	int probes = 0;
	assert_int_equal(kms_device_refresh(device, probe, id), changes);
	for (size_t i = 0; i < LEN(ids); i++) {
		struct fake_object *object = fake_find_object(ids[i]);
		probes = probes * 10 + object->probes;
		object->probes = 0;
	}
	assert_int_equal(probes, expected);
}

static void test_probes(void **state) {
	fake_add_connector(72, DRM_MODE_CONNECTOR_DisplayPort, 1);
	fake_add_connector(73, DRM_MODE_CONNECTOR_DisplayPort, 2);
	fake_add_connector(74, DRM_MODE_CONNECTOR_eDP, 1);
	open_device();
	struct kms_connector *first = kms_device_find_connector(device, 72);
	assert_probes(KMS_PROBE_NAMED, 0, 0, 1111); // as it was opened

	plug(72, DRM_MODE_DISCONNECTED, 0, false);
	assert_probes(KMS_PROBE_NAMED, 72, 1, 100);
	assert_int_equal(first->status, KMS_CONNECTOR_DISCONNECTED);

	/* An event of a property, or of another one, finds nothing new without a probe. */
	plug(72, DRM_MODE_CONNECTED, 3, false);
	assert_probes(KMS_PROBE_NAMED, 0, 0, 0);
	assert_probes(KMS_PROBE_NAMED, 73, 0, 10);
	/* What the kernel has noticed is not left for later, nor taken without its modes. */
	plug(72, DRM_MODE_CONNECTED, 3, true);
	assert_probes(KMS_PROBE_NAMED, 73, 1, 110);
	assert_int_equal(first->modes_len, 3);

	/* Link status is a property: it is seen without a probe; one follows for the modes. */
	fake_find_property(73, "link-status")->value = DRM_MODE_LINK_STATUS_BAD;
	assert_probes(KMS_PROBE_CHANGED, 0, 1, 10);

	/* Without a name: what the kernel has noticed. */
	fake_find_property(73, "link-status")->value = DRM_MODE_LINK_STATUS_GOOD;
	plug(73, DRM_MODE_DISCONNECTED, 0, true);
	assert_probes(KMS_PROBE_CHANGED, 0, 1, 10);
	/* Behind an MST hub, amdgpu: the kernel does not know until it is asked. */
	plug(73, DRM_MODE_CONNECTED, 2, false);
	assert_probes(KMS_PROBE_CHANGED, 0, 1, 1110);
	assert_int_equal(kms_device_find_connector(device, 73)->modes_len, 2);
	/* One that has gone explains the event. */
	fake_find_object(73)->unplugged = true;
	assert_probes(KMS_PROBE_CHANGED, 0, 1, 0);
	kms_device_drop_gone(device);
}

/* msm gives all planes, the cursor's too, a zpos that begins at 0. */
static void test_top_zpos(void **state) {
	struct kms_plane plane = {0};
	assert_int_equal(kms_plane_top_zpos(&plane), -1);
	plane.props.zpos = (struct kms_property){.id = 1, .max = 7};
	assert_int_equal(kms_plane_top_zpos(&plane), 7);
	plane.props.zpos.immutable = true;
	assert_int_equal(kms_plane_top_zpos(&plane), -1);
}

static void test_connectors_come_and_go(void **state) {
	open_device();
	fake_add_connector(72, DRM_MODE_CONNECTOR_DisplayPort, 3);
	assert_int_equal(kms_device_refresh(device, KMS_PROBE_ALL, 0), 1);
	assert_int_equal(device->connectors_len, 3);
	struct kms_connector *added = device->connectors[2];
	assert_string_equal(added->name, "DP-3");
	assert_int_equal(added->changes, KMS_CONNECTOR_ADDED);

	fake_find_object(72)->unplugged = true;
	assert_int_equal(kms_device_refresh(device, KMS_PROBE_ALL, 0), 1);
	assert_int_equal(added->changes, KMS_CONNECTOR_REMOVED);
	assert_true(added->gone);
	assert_int_equal(added->status, KMS_CONNECTOR_DISCONNECTED);
	assert_null(kms_device_find_connector(device, 72));
	assert_null(kms_device_find_connector_by_name(device, "DP-3"));
	assert_int_equal(kms_device_refresh(device, KMS_PROBE_ALL, 0), 0);
	kms_device_drop_gone(device);
	assert_int_equal(device->connectors_len, 2);

	/* Another connector with the same number is another connector. */
	fake_find_object(70)->type_id = 9;
	struct kms_connector *old = device->connectors[0];
	assert_int_equal(kms_device_refresh(device, KMS_PROBE_ALL, 0), 2);
	assert_true(old->gone);
	assert_string_equal(old->name, "Virtual-1");
	assert_string_equal(kms_device_find_connector(device, 70)->name, "Virtual-9");
	kms_device_drop_gone(device);
}

/* The number of the plane that a CRTC gets, 0: none. */
static void assert_crtc_plane(
	size_t crtc, enum kms_plane_type type, uint32_t taken, uint32_t expected) {
	const struct kms_plane *plane =
		kms_device_find_crtc_plane(device, &device->crtcs[crtc], type, taken);
	assert_int_equal(plane != NULL ? plane->id : 0, expected);
}

static void test_crtc_planes(void **state) {
	struct fake_object *crtc = fake_add_object(DRM_MODE_OBJECT_CRTC, 51);
	fake_add_property(crtc, "ACTIVE", DRM_MODE_PROP_RANGE, 0);
	fake_add_property(crtc, "MODE_ID", DRM_MODE_PROP_BLOB, 0);
	fake_find_object(30)->possible_crtcs = 3;
	fake_find_object(31)->possible_crtcs = 3;
	fake_find_property(31, "type")->value = DRM_PLANE_TYPE_PRIMARY;
	fake_find_object(33)->possible_crtcs = 3;
	open_device();
	/* Both could have either: the n-th is the n-th CRTC's. */
	assert_crtc_plane(0, KMS_PLANE_PRIMARY, 0, 30);
	assert_crtc_plane(1, KMS_PLANE_PRIMARY, 0, 31);
	/* rockchip, msm: a primary that another CRTC has is not taken from it. */
	assert_crtc_plane(1, KMS_PLANE_PRIMARY, kms_plane_bit(&device->planes[1]), 30);
	assert_crtc_plane(1, KMS_PLANE_PRIMARY, 3, 0);
	/* One cursor for two: better than none. */
	assert_crtc_plane(1, KMS_PLANE_CURSOR, 0, 33);
	/* The overlay is on the first only. */
	assert_crtc_plane(0, KMS_PLANE_OVERLAY, 0, 32);
	assert_crtc_plane(1, KMS_PLANE_OVERLAY, 0, 0);

	/* A plane that is a CRTC's alone goes before one that is shared. */
	fake_find_object(31)->possible_crtcs = 1;
	open_device();
	assert_crtc_plane(0, KMS_PLANE_PRIMARY, 0, 31);
}

TEST_MAIN("kms-device", TEST(test_objects), TEST(test_formats), TEST(test_features),
	TEST(test_open_errors), TEST(test_every_failure), TEST(test_refresh), TEST(test_probes),
	TEST(test_top_zpos), TEST(test_connectors_come_and_go), TEST(test_crtc_planes))
