/* SPDX-License-Identifier: MIT */
/*
 * --list. What is known of the devices is put into a JSON document once; the text for people is
 * printed from that document.
 */
#include "list.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>
#include <xf86drm.h>
#include <yyjson.h>

#include "backend/exit.h"

#define MAX_DEVICES 8

/* A feature in words: what it is for, and what follows when it is missing. */
static const struct {
	const char *name;
	size_t offset; // of the bool in struct kms_features
	const char *on, *off;
} features[] = {
#define FEATURE(field, name, on, off) {name, offsetof(struct kms_features, field), on, off}
	FEATURE(atomic, "atomic", "all planes change in one commit", "latch can't work without it"),
	FEATURE(universal_planes, "universal-planes", "primary and cursor planes are visible",
		"only overlay planes are visible"),
	FEATURE(writeback_connectors, "writeback-connectors",
		"pictures of the screen as it is shown, where there is such a connector",
		"pictures of the screen are composed"),
	FEATURE(cursor_hotspot, "cursor-hotspot",
		"a virtual machine: the viewer is told where the cursor points",
		"not needed: the cursor is drawn by the device itself"),
	FEATURE(crtc_in_vblank_event, "crtc-in-vblank-event", "one commit may flip several screens",
		"each screen is committed alone"),
	FEATURE(timestamp_monotonic, "timestamp-monotonic", "flip times are CLOCK_MONOTONIC",
		"flip times can jump when the clock is set"),
	FEATURE(addfb2_modifiers, "addfb2-modifiers", "tiled and compressed buffers can be shown",
		"linear buffers, and those whose layout the driver knows by itself"),
	FEATURE(dumb_buffers, "dumb-buffers", "the CPU can draw cursor and composed pictures",
		"needs a GPU for cursor and composed pictures"),
	FEATURE(prime_import, "prime-import", "clients' dma-bufs can be shown as they are",
		"everything has to be composed"),
	FEATURE(prime_export, "prime-export", "its buffers can be given to a GPU",
		"its buffers can't be given to a GPU"),
	FEATURE(syncobj_timeline, "syncobj-timeline", "timelines live on this device",
		"timelines live on another device, if there is one"),
	FEATURE(atomic_async_page_flip, "atomic-async-page-flip", "games that ask for it may tear",
		"nothing ever tears"),
#undef FEATURE
};
#define FEATURES (sizeof(features) / sizeof(features[0]))
_Static_assert(FEATURES == sizeof(struct kms_features) / sizeof(bool), "each has its words");

static const char *const setting_names[KMS_SETTINGS] = {
	[KMS_SETTING_COLORSPACE] = "colorspace",
	[KMS_SETTING_BROADCAST_RGB] = "broadcast_rgb",
	[KMS_SETTING_SCALING_MODE] = "scaling_mode",
	[KMS_SETTING_UNDERSCAN] = "underscan",
};

static void add_formats(yyjson_mut_doc *doc, yyjson_mut_val *parent, const char *key,
	const struct kms_format_set *set) {
	char name[128];
	yyjson_mut_val *formats = yyjson_mut_obj_add_arr(doc, parent, key);
	for (size_t i = 0; i < set->len; i++) {
		yyjson_mut_val *format = yyjson_mut_arr_add_obj(doc, formats);
		kms_fourcc_name(name, sizeof(name), set->formats[i].fourcc);
		yyjson_mut_obj_add_strcpy(doc, format, "format", name);
		yyjson_mut_val *modifiers = yyjson_mut_obj_add_arr(doc, format, "modifiers");
		for (size_t j = 0; j < set->formats[i].modifiers_len; j++) {
			kms_modifier_name(name, sizeof(name), set->formats[i].modifiers[j]);
			yyjson_mut_arr_add_strcpy(doc, modifiers, name);
		}
	}
}

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
		add_formats(doc, object, "writeback_formats", &connector->writeback_formats);
	}
}

static void add_plane(yyjson_mut_doc *doc, yyjson_mut_val *array, const struct kms_device *device,
	const struct kms_plane *plane) {
	const struct kms_plane_properties *props = &plane->props;
	const struct kms_property *zpos = &props->zpos;
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, array);
	yyjson_mut_obj_add_uint(doc, object, "id", plane->id);
	add_text(doc, object, "type", kms_plane_type_name(plane->type));
	add_crtcs(doc, object, device, plane->possible_crtcs);
	yyjson_mut_val *place = yyjson_mut_obj_add_obj(doc, object, "zpos");
	if (zpos->id != 0) {
		yyjson_mut_obj_add_bool(doc, place, "immutable", zpos->immutable);
		yyjson_mut_obj_add_uint(doc, place, "value", zpos->value);
		yyjson_mut_obj_add_uint(doc, place, "min", zpos->min);
		yyjson_mut_obj_add_uint(doc, place, "max", zpos->max);
	}
	const struct {
		const char *key;
		bool has;
	} abilities[] = {
		{"in_fence", props->in_fence_fd.id != 0},
		{"alpha", props->alpha.id != 0},
		{"blend_mode", props->blend_mode.id != 0},
		{"rotation", (plane->props.rotation.mask & ~(uint32_t)DRM_MODE_ROTATE_0) != 0},
		{"color_encoding", props->color_encoding.id != 0},
		{"color_range", props->color_range.id != 0},
		{"scaling_filter", props->scaling_filter.id != 0},
		{"damage", props->fb_damage_clips.id != 0},
		{"hotspot", props->hotspot_x.id != 0},
		{"modifiers", plane->has_in_formats},
		{"in_use", props->fb_id.value != 0},
	};
	for (size_t i = 0; i < sizeof(abilities) / sizeof(abilities[0]); i++) {
		yyjson_mut_obj_add_bool(doc, object, abilities[i].key, abilities[i].has);
	}
	add_formats(doc, object, "formats", &plane->formats);
}

static yyjson_mut_val *add_device(
	yyjson_mut_doc *doc, yyjson_mut_val *array, const struct latch_list_entry *entry) {
	const struct kms_device *device = entry->device;
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, array);
	add_text(doc, object, "path", entry->path);
	if (device == NULL) {
		add_text(doc, object, "error", kms_error_string(entry->error));
		return object;
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
	return object;
}

/* The text. What is not there, or null, is NULL, 0 and false. */

static yyjson_mut_val *get(yyjson_mut_val *object, const char *key) {
	return yyjson_mut_obj_get(object, key);
}

static const char *text_of(yyjson_mut_val *object, const char *key) {
	const char *text = yyjson_mut_get_str(get(object, key));
	return text != NULL ? text : "";
}

static uint64_t number_of(yyjson_mut_val *object, const char *key) {
	return yyjson_mut_get_uint(get(object, key));
}

static const char *text_if(yyjson_mut_val *object, const char *key, const char *text) {
	return yyjson_mut_get_bool(get(object, key)) ? text : "";
}

/* Formats that take the same modifiers share two lines: most do. */
static void print_formats(FILE *file, yyjson_mut_val *formats) {
	size_t at, others, max, len;
	yyjson_mut_val *first, *other, *modifier;
	yyjson_mut_arr_foreach(formats, at, max, first) {
		yyjson_mut_val *modifiers = get(first, "modifiers");
		bool printed = false;
		yyjson_mut_arr_foreach(formats, others, len, other) {
			if (!yyjson_mut_equals(get(other, "modifiers"), modifiers)) {
				continue;
			}
			if (others < at) {
				printed = true;
				break;
			}
			fprintf(file, "%s %s", others == at ? "      formats  " : "",
				text_of(other, "format"));
		}
		if (printed) {
			continue;
		}
		fprintf(file, "\n        as     ");
		yyjson_mut_arr_foreach(modifiers, others, len, modifier) {
			fprintf(file, " %s", yyjson_mut_get_str(modifier));
		}
		fprintf(file, "\n");
	}
}

static void print_crtcs(FILE *file, yyjson_mut_val *object) {
	size_t i, max;
	yyjson_mut_val *crtc;
	yyjson_mut_arr_foreach(get(object, "crtcs"), i, max, crtc) {
		fprintf(file, " %" PRIu64, yyjson_mut_get_uint(crtc));
	}
}

static void print_settings(FILE *file, yyjson_mut_val *settings) {
	const char *separator = "      settings  ";
	for (size_t i = 0; i < KMS_SETTINGS; i++) {
		yyjson_mut_val *setting = get(settings, setting_names[i]);
		if (yyjson_mut_is_str(setting)) {
			fprintf(file, "%s%s \"%s\"", separator, setting_names[i],
				yyjson_mut_get_str(setting));
			separator = ", ";
		}
	}
	yyjson_mut_val *bpc = get(settings, "max_bpc"), *hdr = get(settings, "hdr_metadata");
	if (yyjson_mut_is_obj(bpc)) {
		fprintf(file, "%smax_bpc %" PRIu64 " of %" PRIu64 " to %" PRIu64, separator,
			number_of(bpc, "value"), number_of(bpc, "min"), number_of(bpc, "max"));
		separator = ", ";
	}
	if (yyjson_mut_is_bool(hdr)) {
		fprintf(file, "%shdr_metadata %s", separator,
			yyjson_mut_get_bool(hdr) ? "set" : "none");
		separator = ", ";
	}
	if (separator[0] == ',') {
		fprintf(file, "\n");
	}
}

static void print_connector(FILE *file, yyjson_mut_val *object) {
	const bool writeback = yyjson_mut_get_bool(get(object, "writeback"));
	const char *make = text_of(object, "make"), *model = text_of(object, "model");
	const char *serial = text_of(object, "serial");
	const char *mounted = yyjson_mut_get_str(get(object, "panel_orientation"));
	fprintf(file, "  connector %s (%" PRIu64 "): %s", text_of(object, "name"),
		number_of(object, "id"),
		writeback ? "writeback, for pictures of the screen" : text_of(object, "status"));
	if (make[0] != '\0' || model[0] != '\0') {
		fprintf(file, ", %s %s%s%s", make, model, serial[0] != '\0' ? " " : "", serial);
	}
	if (number_of(object, "width_mm") != 0 && number_of(object, "height_mm") != 0) {
		fprintf(file, ", %" PRIu64 "x%" PRIu64 " mm", number_of(object, "width_mm"),
			number_of(object, "height_mm"));
	}
	fprintf(file, "%s%s%s\n", text_if(object, "non_desktop", ", not for a desktop"),
		yyjson_mut_get_bool(get(object, "vrr_capable")) ? ", variable refresh"
		: writeback					? ""
								: ", no variable refresh",
		text_if(object, "link_bad", ", link bad"));
	if (mounted != NULL) {
		fprintf(file, "      mounted   %s\n", mounted);
	}
	fprintf(file, "      CRTCs    ");
	print_crtcs(file, object);
	fprintf(file, "\n");
	size_t i, max;
	yyjson_mut_val *mode;
	yyjson_mut_arr_foreach(get(object, "modes"), i, max, mode) {
		const uint64_t mhz = number_of(mode, "refresh_mhz");
		fprintf(file, "      mode      %" PRIu64 "x%" PRIu64 "@%" PRIu64 ".%03" PRIu64 "%s%s\n",
			number_of(mode, "width"), number_of(mode, "height"), mhz / 1000, mhz % 1000,
			text_if(mode, "preferred", " preferred"),
			text_if(mode, "interlaced", " interlaced"));
	}
	print_settings(file, get(object, "settings"));
	print_formats(file, get(object, "writeback_formats"));
}

static void print_plane(FILE *file, yyjson_mut_val *object, const struct kms_plane *plane) {
	yyjson_mut_val *zpos = get(object, "zpos"), *key, *value;
	fprintf(file, "  plane %" PRIu64 ": %s, CRTCs", number_of(object, "id"),
		text_of(object, "type"));
	print_crtcs(file, object);
	if (yyjson_mut_get_bool(get(zpos, "immutable"))) {
		fprintf(file, ", zpos %" PRIu64, number_of(zpos, "value"));
	} else if (yyjson_mut_obj_size(zpos) > 0) {
		fprintf(file, ", zpos %" PRIu64 " to %" PRIu64, number_of(zpos, "min"),
			number_of(zpos, "max"));
	}
	if (plane->props.fb_id.value != 0) {
		fprintf(file, ", in use on CRTC %" PRIu64, plane->props.crtc_id.value);
	}
	fprintf(file, "\n      has      ");
	size_t i, max;
	yyjson_mut_obj_foreach(object, i, max, key, value) {
		const char *at = yyjson_mut_get_str(key);
		if (!yyjson_mut_get_bool(value) || strcmp(at, "in_use") == 0) {
			continue;
		}
		for (fputc(' ', file); *at != '\0'; at++) {
			fputc(*at == '_' ? '-' : *at, file);
		}
	}
	fprintf(file, "\n");
	print_formats(file, get(object, "formats"));
}

static void print_device(FILE *file, yyjson_mut_val *object, const struct kms_device *device) {
	const char *path = text_of(object, "path");
	if (device == NULL) {
		fprintf(file, "%s %s\n", path, text_of(object, "error"));
		return;
	}
	fprintf(file,
		"%s: %s, %zu CRTCs, %zu planes, %s vblank clock, cursor %" PRIu64 "x%" PRIu64 "\n",
		path, text_of(object, "driver"), device->crtcs_len, device->planes_len,
		text_of(object, "clock"), number_of(object, "cursor_width"),
		number_of(object, "cursor_height"));
	fprintf(file, "  features\n");
	for (size_t i = 0; i < FEATURES; i++) {
		bool on = yyjson_mut_get_bool(get(get(object, "features"), features[i].name));
		fprintf(file, "    %-24s %-3s  %s\n", features[i].name, on ? "on" : "off",
			on ? features[i].on : features[i].off);
	}
	size_t i, max;
	yyjson_mut_val *child;
	yyjson_mut_arr_foreach(get(object, "connectors"), i, max, child) {
		print_connector(file, child);
	}
	yyjson_mut_arr_foreach(get(object, "planes"), i, max, child) {
		print_plane(file, child, &device->planes[i]);
	}
}

int latch_list_print(FILE *file, const struct latch_list_entry *entries, size_t len, bool json) {
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	if (doc == NULL) {
		return -ENOMEM;
	}
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	yyjson_mut_doc_set_root(doc, root);
	yyjson_mut_val *devices = yyjson_mut_obj_add_arr(doc, root, "devices");
	for (size_t i = 0; i < len; i++) {
		yyjson_mut_val *object = add_device(doc, devices, &entries[i]);
		if (!json) {
			fputs(i > 0 ? "\n" : "", file);
			print_device(file, object, entries[i].device);
		}
	}
	/* Monitors may call themselves anything; bytes that are no UTF-8 must not fail it. */
	const yyjson_write_flag flags = YYJSON_WRITE_PRETTY | YYJSON_WRITE_ALLOW_INVALID_UNICODE;
	bool written = !json || (yyjson_mut_write_fp(file, doc, flags, NULL, NULL) &&
					fputc('\n', file) != EOF);
	yyjson_mut_doc_free(doc);
	return !written || ferror(file) || fflush(file) != 0 ? -EIO : 0;
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
