/* SPDX-License-Identifier: MIT */
#include "kms/device.h"

#include <stdio.h>
#include <strings.h>
#include <sys/utsname.h>
#include <xf86drm.h>

#include "base/array.h"
#include "kms/log.h"

/* Documentation/gpu/drm-kms.rst, "KMS Properties". */
static const struct kms_property_spec crtc_specs[] = {
#define PROPERTY(...) KMS_PROPERTY(struct kms_crtc_properties, __VA_ARGS__)
	PROPERTY(active, "ACTIVE", .kept = true),
	PROPERTY(mode_id, "MODE_ID", .kept = true),
	PROPERTY(out_fence_ptr, "OUT_FENCE_PTR"),
	PROPERTY(vrr_enabled, "VRR_ENABLED", .kept = true),
	PROPERTY(gamma_lut, "GAMMA_LUT", .kept = true),
	PROPERTY(degamma_lut, "DEGAMMA_LUT", .kept = true),
	PROPERTY(ctm, "CTM", .kept = true),
	PROPERTY(background_color, "BACKGROUND_COLOR", .kept = true),
};

const char *kms_error_string(enum kms_open_error error) {
	static const char *const texts[] = {
		[KMS_OPEN_OK] = "is fine",
		[KMS_OPEN_NOT_DRM] = "is not a DRM device",
		[KMS_OPEN_NOT_KMS] = "drives no display (it has no KMS)",
		[KMS_OPEN_NOT_ATOMIC] = "has no atomic modesetting",
		[KMS_OPEN_NO_MEMORY] = "can't be opened: out of memory",
		[KMS_OPEN_FAILED] = "could not be read",
	};
	return texts[error];
}

static bool read_driver_name(struct kms_device *device) {
	drmVersion *version = drmGetVersion(device->fd);
	if (version == NULL) {
		return false;
	}
	snprintf(device->driver, sizeof(device->driver), "%.*s", version->name_len,
		version->name != NULL ? version->name : "");
	drmFreeVersion(version);
	return true;
}

void kms_set_client_name(int fd, const char *name) {
#ifdef DRM_IOCTL_SET_CLIENT_NAME
	struct drm_set_client_name request = {
		.name_len = strlen(name), .name = (uintptr_t)name};
	drmIoctl(fd, DRM_IOCTL_SET_CLIENT_NAME, &request);
#endif
}

static uint64_t get_cap(const struct kms_device *device, uint64_t cap) {
	uint64_t value = 0;
	return drmGetCap(device->fd, cap, &value) == 0 ? value : 0;
}

static bool set_client_cap(const struct kms_device *device, uint64_t cap) {
	return drmSetClientCap(device->fd, cap, 1) == 0;
}

static void read_features(struct kms_device *device) {
	uint64_t prime = get_cap(device, DRM_CAP_PRIME);
	uint64_t cursor_width = get_cap(device, DRM_CAP_CURSOR_WIDTH);
	uint64_t cursor_height = get_cap(device, DRM_CAP_CURSOR_HEIGHT);
	struct kms_features *features = &device->features;

	features->universal_planes = set_client_cap(device, DRM_CLIENT_CAP_UNIVERSAL_PLANES);
	/* The kernel takes these two only after ATOMIC. */
	features->writeback_connectors =
		set_client_cap(device, DRM_CLIENT_CAP_WRITEBACK_CONNECTORS);
	/* Drivers of virtual machines hide their cursor plane from those who don't set it; all
	 * others answer EOPNOTSUPP. */
	features->cursor_hotspot = set_client_cap(device, DRM_CLIENT_CAP_CURSOR_PLANE_HOTSPOT);
	features->crtc_in_vblank_event = get_cap(device, DRM_CAP_CRTC_IN_VBLANK_EVENT) != 0;
	features->timestamp_monotonic = get_cap(device, DRM_CAP_TIMESTAMP_MONOTONIC) != 0;
	features->addfb2_modifiers = get_cap(device, DRM_CAP_ADDFB2_MODIFIERS) != 0;
	features->dumb_buffers = get_cap(device, DRM_CAP_DUMB_BUFFER) != 0;
	features->prime_import = (prime & DRM_PRIME_CAP_IMPORT) != 0;
	features->prime_export = (prime & DRM_PRIME_CAP_EXPORT) != 0;
	features->syncobj_timeline = get_cap(device, DRM_CAP_SYNCOBJ_TIMELINE) != 0;
	features->atomic_async_page_flip = get_cap(device, DRM_CAP_ATOMIC_ASYNC_PAGE_FLIP) != 0;
	device->cursor_width = cursor_width != 0 ? (uint32_t)cursor_width : 64;
	device->cursor_height = cursor_height != 0 ? (uint32_t)cursor_height : 64;
	struct utsname kernel = {0};
	uname(&kernel);
	device->clock = kms_clock_kind_of_driver(device->driver, kernel.release);
}

static int read_crtcs(struct kms_device *device, const drmModeRes *res) {
	size_t len = (size_t)res->count_crtcs;
	device->crtcs = calloc(len, sizeof(*device->crtcs));
	if (device->crtcs == NULL) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < len; i++) {
		struct kms_crtc *crtc = &device->crtcs[i];
		*crtc = (struct kms_crtc){.id = res->crtcs[i], .index = (unsigned)i};
		int ret = kms_properties_read(device->fd, crtc->id, DRM_MODE_OBJECT_CRTC,
			crtc_specs, sizeof(crtc_specs) / sizeof(crtc_specs[0]), &crtc->props);
		if (ret < 0) {
			return ret;
		}
		device->crtcs_len++;
	}
	return 0;
}

static int read_planes(struct kms_device *device) {
	drmModePlaneRes *res = drmModeGetPlaneResources(device->fd);
	if (res == NULL) {
		return kms_errno();
	}
	device->planes = calloc(res->count_planes, sizeof(*device->planes));
	int ret = device->planes != NULL ? 0 : -ENOMEM;
	for (uint32_t i = 0; ret == 0 && i < res->count_planes; i++) {
		/* One that failed has to be finished, too. */
		ret = kms_plane_init(&device->planes[device->planes_len++], device->fd,
			res->planes[i], i);
	}
	drmModeFreePlaneResources(res);
	return ret;
}

void kms_device_refresh_color(struct kms_device *device) {
	struct kms_color *color = device->color;
	if (color == NULL || !kms_color_set(color, true)) {
		return;
	}
	color->planes_on = 0;
	for (size_t i = 0; i < device->planes_len; i++) {
		struct kms_plane *plane = &device->planes[i];
		kms_plane_color_read(&plane->color, device->fd, plane->id, false);
		color->planes_on |= plane->color.property.value != 0 ? kms_plane_bit(plane) : 0;
	}
	kms_color_set(color, false);
}

static int read_color(struct kms_device *device) {
	struct kms_color color = {.fd = device->fd};
	if (!kms_color_set(&color, true)) {
		return 0;
	}
	const bool wraps = strcmp(device->driver, "vkms") == 0;
	bool found = false;
	int ret = 0;
	for (size_t i = 0; ret == 0 && i < device->planes_len; i++) {
		struct kms_plane *plane = &device->planes[i];
		ret = kms_plane_color_read(&plane->color, device->fd, plane->id, wraps);
		found = found || plane->color.len > 0;
	}
	kms_color_set(&color, false);
	if (ret == 0 && found) {
		device->color = malloc(sizeof(color));
		ret = device->color != NULL ? 0 : -ENOMEM;
	}
	if (device->color != NULL) {
		*device->color = color;
		kms_device_refresh_color(device);
	}
	return ret;
}

/* Appends it, marked as new. Returns 0 or negative errno. */
static int add_connector(struct kms_device *device, uint32_t id) {
	if (!latch_array_reserve(&device->connectors, &device->connectors_cap,
		    device->connectors_len + 1, sizeof(struct kms_connector *))) {
		return -ENOMEM;
	}
	int error = 0;
	struct kms_connector *connector = kms_connector_create(device->fd, id, true, &error);
	if (connector == NULL) {
		return error;
	}
	connector->changes = KMS_CONNECTOR_ADDED;
	device->connectors[device->connectors_len++] = connector;
	return 0;
}

static int read_connectors(struct kms_device *device, const drmModeRes *res) {
	for (int i = 0; i < res->count_connectors; i++) {
		int ret = add_connector(device, res->connectors[i]);
		/* -ENOENT: pulled out since the list was made. */
		if (ret < 0 && ret != -ENOENT) {
			return ret;
		}
	}
	return 0;
}

static enum kms_open_error read_device(struct kms_device *device) {
	if (!read_driver_name(device)) {
		return KMS_OPEN_NOT_DRM;
	}
	if (drmIsKMS(device->fd) != 1) {
		return KMS_OPEN_NOT_KMS;
	}
	device->features.atomic = set_client_cap(device, DRM_CLIENT_CAP_ATOMIC);
	if (!device->features.atomic) {
		return KMS_OPEN_NOT_ATOMIC;
	}
	read_features(device);

	drmModeRes *res = drmModeGetResources(device->fd);
	if (res == NULL) {
		return KMS_OPEN_FAILED;
	}
	int ret = read_crtcs(device, res);
	ret = ret == 0 ? read_planes(device) : ret;
	ret = ret == 0 ? read_color(device) : ret;
	ret = ret == 0 ? read_connectors(device, res) : ret;
	drmModeFreeResources(res);
	if (ret < 0) {
		kms_log(KMS_LOG_ERROR, "reading the KMS device failed: %s", strerror(-ret));
	}
	return ret == 0 ? KMS_OPEN_OK : ret == -ENOMEM ? KMS_OPEN_NO_MEMORY : KMS_OPEN_FAILED;
}

struct kms_device *kms_device_create(int fd, enum kms_open_error *error) {
	struct kms_device *device = calloc(1, sizeof(*device));
	enum kms_open_error result = KMS_OPEN_NO_MEMORY;
	if (device != NULL) {
		device->fd = fd;
		result = read_device(device);
	}
	if (error != NULL) {
		*error = result;
	}
	if (result != KMS_OPEN_OK) {
		kms_device_destroy(device);
		return NULL;
	}
	return device;
}

void kms_device_destroy(struct kms_device *device) {
	if (device == NULL) {
		return;
	}
	for (size_t i = 0; i < device->connectors_len; i++) {
		kms_connector_destroy(device->connectors[i]);
	}
	for (size_t i = 0; i < device->planes_len; i++) {
		kms_format_set_finish(&device->planes[i].formats);
		kms_format_set_finish(&device->planes[i].async_formats);
		free(device->planes[i].color.pipelines);
	}
	kms_color_destroy(device->color);
	free(device->connectors);
	free(device->planes);
	free(device->crtcs);
	free(device);
}

struct probed {
	bool panels, others; // the built-in ones, and all that a monitor can be plugged into
	uint32_t id;	     // this one, whatever it is
};

static bool is_probed(const struct kms_connector *connector, const struct probed *probed) {
	bool fixed = connector->panel || connector->writeback;
	return connector->id == probed->id || (fixed ? probed->panels : probed->others);
}

/* Returns how many have changed, or negative errno. */
static int refresh_connectors(
	struct kms_device *device, const drmModeRes *res, const struct probed *probed) {
	int failed = 0, changed = 0;
	for (size_t i = 0; i < device->connectors_len; i++) {
		struct kms_connector *connector = device->connectors[i];
		connector->changes = 0;
		if (connector->gone) {
			continue;
		}
		int ret = -ENOENT;
		if (kms_connector_is_listed(res, connector->id)) {
			ret = kms_connector_refresh(
				connector, device->fd, is_probed(connector, probed));
		}
		if (ret == -ENOENT) {
			connector->gone = true;
			connector->status = KMS_CONNECTOR_DISCONNECTED;
			connector->changes = KMS_CONNECTOR_REMOVED;
		} else if (ret < 0) {
			failed = ret;
		}
	}
	for (int i = 0; i < res->count_connectors; i++) {
		if (kms_device_find_connector(device, res->connectors[i]) == NULL) {
			int ret = add_connector(device, res->connectors[i]);
			if (ret < 0 && ret != -ENOENT) {
				failed = ret;
			}
		}
	}
	for (size_t i = 0; i < device->connectors_len; i++) {
		changed += device->connectors[i]->changes != 0;
	}
	return failed < 0 ? failed : changed;
}

int kms_device_refresh(struct kms_device *device, enum kms_probe probe, uint32_t connector_id) {
	drmModeRes *res = drmModeGetResources(device->fd);
	if (res == NULL) {
		return kms_errno();
	}
	const struct probed first = {
		.panels = probe == KMS_PROBE_ALL,
		.others = probe == KMS_PROBE_ALL,
		.id = probe == KMS_PROBE_NAMED ? connector_id : 0,
	};
	int changed = refresh_connectors(device, res, &first);
	if (changed == 0 && probe == KMS_PROBE_CHANGED) {
		changed = refresh_connectors(device, res, &(struct probed){.others = true});
	}
	drmModeFreeResources(res);
	return changed;
}

void kms_device_drop_gone(struct kms_device *device) {
	size_t kept = 0;
	for (size_t i = 0; i < device->connectors_len; i++) {
		if (device->connectors[i]->gone) {
			kms_connector_destroy(device->connectors[i]);
		} else {
			device->connectors[kept++] = device->connectors[i];
		}
	}
	device->connectors_len = kept;
}

struct kms_crtc *kms_device_find_crtc(const struct kms_device *device, uint32_t id) {
	for (size_t i = 0; i < device->crtcs_len; i++) {
		if (device->crtcs[i].id == id) {
			return &device->crtcs[i];
		}
	}
	return NULL;
}

struct kms_connector *kms_device_find_connector(const struct kms_device *device, uint32_t id) {
	for (size_t i = 0; i < device->connectors_len; i++) {
		if (!device->connectors[i]->gone && device->connectors[i]->id == id) {
			return device->connectors[i];
		}
	}
	return NULL;
}

struct kms_connector *kms_device_find_connector_by_name(
	const struct kms_device *device, const char *name) {
	for (size_t i = 0; i < device->connectors_len; i++) {
		if (!device->connectors[i]->gone &&
			strcasecmp(device->connectors[i]->name, name) == 0) {
			return device->connectors[i];
		}
	}
	return NULL;
}

/*
 * The kernel knows which primary plane is a CRTC's own and does not tell. Drivers make them in the
 * order of the CRTCs, so where a plane can go to several, the n-th of them is the n-th
 * CRTC's (the convention that the kernel's drm_plane.c documents).
 */
struct kms_plane *kms_device_find_crtc_plane(const struct kms_device *device,
	const struct kms_crtc *crtc, enum kms_plane_type type, uint64_t taken) {
	uint32_t bit = UINT32_C(1) << crtc->index;
	struct kms_plane *first = NULL, *nth = NULL;
	unsigned seen = 0;
	for (size_t i = 0; i < device->planes_len; i++) {
		struct kms_plane *plane = &device->planes[i];
		if (plane->type != type) {
			continue;
		}
		unsigned place = seen++;
		if ((plane->possible_crtcs & bit) == 0 || (kms_plane_bit(plane) & ~taken) == 0) {
			continue;
		}
		if (plane->possible_crtcs == bit) {
			return plane;
		}
		if (place == crtc->index) {
			nth = plane;
		}
		if (first == NULL) {
			first = plane;
		}
	}
	return nth != NULL ? nth : first;
}
