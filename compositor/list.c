/* SPDX-License-Identifier: MIT */
/*
 * --list. The JSON document has all that is known of the devices; the text for people has what they
 * need to choose an output and a mode.
 */
#include "list.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>
#include <xf86drm.h>
#include <yyjson.h>

#include "backend/exit.h"
#include "profile/profile.h"

#define MAX_DEVICES 8

static const struct {
	const char *name;
	size_t offset; // of the bool in struct kms_features
} features[] = {
#define FEATURE(name, field) {name, offsetof(struct kms_features, field)}
	FEATURE("atomic", atomic),
	FEATURE("universal-planes", universal_planes),
	FEATURE("writeback-connectors", writeback_connectors),
	FEATURE("cursor-hotspot", cursor_hotspot),
	FEATURE("crtc-in-vblank-event", crtc_in_vblank_event),
	FEATURE("timestamp-monotonic", timestamp_monotonic),
	FEATURE("addfb2-modifiers", addfb2_modifiers),
	FEATURE("dumb-buffers", dumb_buffers),
	FEATURE("prime-import", prime_import),
	FEATURE("prime-export", prime_export),
	FEATURE("syncobj-timeline", syncobj_timeline),
	FEATURE("atomic-async-page-flip", atomic_async_page_flip),
#undef FEATURE
};
#define FEATURES (sizeof(features) / sizeof(features[0]))
_Static_assert(FEATURES == sizeof(struct kms_features) / sizeof(bool), "each has its name");

static const char *const setting_names[KMS_SETTINGS] = {
	[KMS_SETTING_COLORSPACE] = "colorspace",
	[KMS_SETTING_BROADCAST_RGB] = "broadcast_rgb",
	[KMS_SETTING_SCALING_MODE] = "scaling_mode",
	[KMS_SETTING_UNDERSCAN] = "underscan",
};

static void add_crtcs(yyjson_mut_doc *doc, yyjson_mut_val *parent, const struct kms_device *device,
	uint32_t possible_crtcs) {
	yyjson_mut_val *crtcs = yyjson_mut_obj_add_arr(doc, parent, "crtcs");
	for (size_t i = 0; i < device->crtcs_len; i++) {
		if ((possible_crtcs & UINT32_C(1) << device->crtcs[i].index) != 0) {
			yyjson_mut_arr_add_uint(doc, crtcs, device->crtcs[i].id);
		}
	}
}

/* Unknown is null. */
static void add_text(
	yyjson_mut_doc *doc, yyjson_mut_val *parent, const char *key, const char *text) {
	yyjson_mut_obj_add_val(doc, parent, key,
		text != NULL ? yyjson_mut_strcpy(doc, text) : yyjson_mut_null(doc));
}

/* What the last master has left on the connector; each is null where there is no such setting. */
static void add_settings(yyjson_mut_doc *doc, yyjson_mut_val *parent, int fd,
	const struct kms_connector_properties *props) {
	yyjson_mut_val *object = yyjson_mut_obj_add_obj(doc, parent, "settings");
	for (size_t i = 0; i < KMS_SETTINGS; i++) {
		char now[DRM_PROP_NAME_LEN];
		kms_property_read_name(fd, &props->settings[i], now);
		add_text(doc, object, setting_names[i], props->settings[i].id != 0 ? now : NULL);
	}
	yyjson_mut_obj_add_val(doc, object, "hdr_metadata",
		props->hdr_output_metadata.id != 0
			? yyjson_mut_bool(doc, props->hdr_output_metadata.value != 0)
			: yyjson_mut_null(doc));
	if (props->max_bpc.id == 0) {
		yyjson_mut_obj_add_null(doc, object, "max_bpc");
		return;
	}
	yyjson_mut_val *bpc = yyjson_mut_obj_add_obj(doc, object, "max_bpc");
	yyjson_mut_obj_add_uint(doc, bpc, "value", props->max_bpc.value);
	yyjson_mut_obj_add_uint(doc, bpc, "min", props->max_bpc.min);
	yyjson_mut_obj_add_uint(doc, bpc, "max", props->max_bpc.max);
}

static void add_connector(yyjson_mut_doc *doc, yyjson_mut_val *array,
	const struct kms_device *device, const struct kms_connector *connector) {
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, array);
	yyjson_mut_obj_add_uint(doc, object, "id", connector->id);
	add_text(doc, object, "name", connector->name);
	add_text(doc, object, "status", kms_connector_status_names[connector->status]);
	add_text(doc, object, "make", connector->make);
	add_text(doc, object, "model", connector->model);
	add_text(doc, object, "serial", connector->serial);
	yyjson_mut_obj_add_uint(doc, object, "width_mm", connector->width_mm);
	yyjson_mut_obj_add_uint(doc, object, "height_mm", connector->height_mm);
	yyjson_mut_obj_add_bool(doc, object, "writeback", connector->writeback);
	yyjson_mut_obj_add_bool(doc, object, "non_desktop", connector->props.non_desktop.value);
	yyjson_mut_obj_add_bool(doc, object, "vrr_capable", connector->props.vrr_capable.value);
	yyjson_mut_obj_add_bool(doc, object, "link_bad", connector->link_bad);
	add_text(doc, object, "panel_orientation",
		connector->props.panel_orientation.id != 0
			? kms_panel_orientation_names[connector->orientation]
			: NULL);
	add_settings(doc, object, device->fd, &connector->props);
	add_crtcs(doc, object, device, connector->possible_crtcs);
	yyjson_mut_val *modes = yyjson_mut_obj_add_arr(doc, object, "modes");
	for (size_t i = 0; i < connector->modes_len; i++) {
		const struct kms_mode *mode = &connector->modes[i];
		yyjson_mut_val *entry = yyjson_mut_arr_add_obj(doc, modes);
		yyjson_mut_obj_add_uint(doc, entry, "width", mode->info.hdisplay);
		yyjson_mut_obj_add_uint(doc, entry, "height", mode->info.vdisplay);
		yyjson_mut_obj_add_uint(doc, entry, "refresh_mhz", (uint64_t)mode->refresh_mhz);
		yyjson_mut_obj_add_bool(doc, entry, "preferred", mode->preferred);
		yyjson_mut_obj_add_bool(doc, entry, "interlaced", mode->interlaced);
	}
	if (connector->writeback) {
		latch_profile_tell_formats(
			doc, object, "writeback_formats", &connector->writeback_formats);
	}
}

static void add_plane(yyjson_mut_doc *doc, yyjson_mut_val *array, const struct kms_device *device,
	const struct kms_plane *plane) {
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, array);
	yyjson_mut_obj_add_uint(doc, object, "id", plane->id);
	add_crtcs(doc, object, device, plane->possible_crtcs);
	yyjson_mut_obj_add_bool(doc, object, "in_use", plane->props.fb_id.value != 0);
	latch_profile_tell_plane(doc, object, plane);
}

static void add_device(
	yyjson_mut_doc *doc, yyjson_mut_val *array, const struct latch_list_entry *entry) {
	const struct kms_device *device = entry->device;
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, array);
	add_text(doc, object, "path", entry->path);
	if (device == NULL) {
		add_text(doc, object, "error", kms_error_string(entry->error));
		return;
	}
	add_text(doc, object, "driver", device->driver);
	add_text(doc, object, "clock", kms_clock_kind_name(device->clock));
	yyjson_mut_obj_add_uint(doc, object, "cursor_width", device->cursor_width);
	yyjson_mut_obj_add_uint(doc, object, "cursor_height", device->cursor_height);
	yyjson_mut_val *has = yyjson_mut_obj_add_obj(doc, object, "features");
	for (size_t i = 0; i < FEATURES; i++) {
		yyjson_mut_obj_add_bool(doc, has, features[i].name,
			*(const bool *)((const char *)&device->features + features[i].offset));
	}
	yyjson_mut_val *crtcs = yyjson_mut_obj_add_arr(doc, object, "crtcs");
	for (size_t i = 0; i < device->crtcs_len; i++) {
		const struct kms_crtc_properties *props = &device->crtcs[i].props;
		yyjson_mut_val *crtc = yyjson_mut_arr_add_obj(doc, crtcs);
		yyjson_mut_obj_add_uint(doc, crtc, "id", device->crtcs[i].id);
		yyjson_mut_obj_add_bool(doc, crtc, "active", props->active.value != 0);
		yyjson_mut_obj_add_bool(doc, crtc, "out_fence", props->out_fence_ptr.id != 0);
	}
	yyjson_mut_val *connectors = yyjson_mut_obj_add_arr(doc, object, "connectors");
	for (size_t i = 0; i < device->connectors_len; i++) {
		add_connector(doc, connectors, device, device->connectors[i]);
	}
	yyjson_mut_val *planes = yyjson_mut_obj_add_arr(doc, object, "planes");
	for (size_t i = 0; i < device->planes_len; i++) {
		add_plane(doc, planes, device, &device->planes[i]);
	}
}

static void print_crtcs(FILE *file, const struct kms_device *device, uint32_t possible_crtcs) {
	for (size_t i = 0; i < device->crtcs_len; i++) {
		if ((possible_crtcs & UINT32_C(1) << device->crtcs[i].index) != 0) {
			fprintf(file, " %" PRIu32, device->crtcs[i].id);
		}
	}
	fputc('\n', file);
}

static void print_connector(
	FILE *file, const struct kms_device *device, const struct kms_connector *connector) {
	fprintf(file, "  connector %s (%" PRIu32 "): %s", connector->name, connector->id,
		connector->writeback ? "writeback, for pictures of the screen"
				     : kms_connector_status_names[connector->status]);
	if (connector->make != NULL || connector->model != NULL) {
		fprintf(file, ", %s %s", connector->make != NULL ? connector->make : "",
			connector->model != NULL ? connector->model : "");
	}
	if (!connector->writeback) {
		fprintf(file, connector->props.vrr_capable.value != 0 ? ", variable refresh"
								      : ", no variable refresh");
	}
	fprintf(file, "%s%s\n      CRTCs    ",
		connector->props.non_desktop.value != 0 ? ", not for a desktop" : "",
		connector->link_bad ? ", link bad" : "");
	print_crtcs(file, device, connector->possible_crtcs);
	for (size_t i = 0; i < connector->modes_len; i++) {
		const struct kms_mode *mode = &connector->modes[i];
		fprintf(file, "      mode      %ux%u@%d.%03d%s%s\n", mode->info.hdisplay,
			mode->info.vdisplay, mode->refresh_mhz / 1000, mode->refresh_mhz % 1000,
			mode->preferred ? " preferred" : "", mode->interlaced ? " interlaced" : "");
	}
}

static void print_device(FILE *file, const struct latch_list_entry *entry) {
	const struct kms_device *device = entry->device;
	if (device == NULL) {
		fprintf(file, "%s %s\n", entry->path, kms_error_string(entry->error));
		return;
	}
	fprintf(file,
		"%s: %s, %zu CRTCs, %zu planes, %s vblank clock, cursor %" PRIu32 "x%" PRIu32 "\n",
		entry->path, device->driver, device->crtcs_len, device->planes_len,
		kms_clock_kind_name(device->clock), device->cursor_width, device->cursor_height);
	for (size_t i = 0; i < device->connectors_len; i++) {
		print_connector(file, device, device->connectors[i]);
	}
	for (size_t i = 0; i < device->planes_len; i++) {
		const struct kms_plane *plane = &device->planes[i];
		fprintf(file, "  plane %" PRIu32 ": %s, CRTCs", plane->id,
			kms_plane_type_name(plane->type));
		print_crtcs(file, device, plane->possible_crtcs);
	}
}

static int print_json(FILE *file, const struct latch_list_entry *entries, size_t len) {
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	if (doc == NULL) {
		return -ENOMEM;
	}
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	yyjson_mut_doc_set_root(doc, root);
	yyjson_mut_val *devices = yyjson_mut_obj_add_arr(doc, root, "devices");
	for (size_t i = 0; i < len; i++) {
		add_device(doc, devices, &entries[i]);
	}
	/* Monitors may call themselves anything; bytes that are no UTF-8 must not fail it. */
	const yyjson_write_flag flags = YYJSON_WRITE_PRETTY | YYJSON_WRITE_NEWLINE_AT_END |
					YYJSON_WRITE_ALLOW_INVALID_UNICODE;
	const bool written = yyjson_mut_write_fp(file, doc, flags, NULL, NULL);
	yyjson_mut_doc_free(doc);
	return written ? 0 : -EIO;
}

int latch_list_print(FILE *file, const struct latch_list_entry *entries, size_t len, bool json) {
	int ret = json ? print_json(file, entries, len) : 0;
	for (size_t i = 0; i < len && !json; i++) {
		fputs(i > 0 ? "\n" : "", file);
		print_device(file, &entries[i]);
	}
	return ret == 0 && (ferror(file) || fflush(file) != 0) ? -EIO : ret;
}

struct list {
	struct latch_list_entry entries[MAX_DEVICES];
	int fds[MAX_DEVICES];
	size_t len, named;
};

static void open_device(struct list *list, const char *path) {
	int fd = open(path, O_RDWR | O_CLOEXEC);
	list->named++;
	if (fd < 0) {
		fprintf(stderr, "latch: %s can't be opened: %s\n", path, strerror(errno));
		return;
	}
	struct latch_list_entry *entry = &list->entries[list->len];
	list->fds[list->len++] = fd;
	entry->path = path;
	entry->device = kms_device_create(fd, &entry->error);
	/* The first program that opens a device becomes its master: don't keep that from others. */
	drmDropMaster(fd);
}

int latch_list(const char *device, bool json) {
	struct list list = {0};
	drmDevice *devices[MAX_DEVICES];
	int len = device == NULL ? drmGetDevices2(0, devices, MAX_DEVICES) : 0;
	if (device != NULL) {
		open_device(&list, device);
	}
	for (int i = 0; i < len; i++) {
		if (devices[i]->available_nodes & (1 << DRM_NODE_PRIMARY)) {
			open_device(&list, devices[i]->nodes[DRM_NODE_PRIMARY]);
		}
	}
	int ret = 0;
	if (list.named == 0) {
		fputs("latch: there is no DRM device\n", stderr);
	} else {
		ret = latch_list_print(stdout, list.entries, list.len, json);
	}
	for (size_t i = 0; i < list.len; i++) {
		kms_device_destroy(list.entries[i].device);
		close(list.fds[i]);
	}
	if (len > 0) {
		drmFreeDevices(devices, len);
	}
	return list.len == 0 ? LATCH_EXIT_NO_DEVICE : ret == 0 ? LATCH_EXIT_OK : LATCH_EXIT_FAILURE;
}
