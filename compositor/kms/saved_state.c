#include "kms/saved_state.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "kms/commit.h"
#include "kms/device.h"
#include "kms/log.h"

/* The most that one object has of what latch writes: a plane. */
#define MAX_SAVED 20

struct saved_property {
	uint32_t id;
	uint64_t value;
	/* Blob properties: a copy, as a blob dies with its last user. */
	void *blob;
	uint32_t blob_len;
	/* While restoring: the copy's number in the kernel. */
	uint32_t blob_id;
};

struct saved_object {
	uint32_t id;
	struct saved_property props[MAX_SAVED];
	size_t props_len;
};

struct kms_saved_state {
	int fd;
	struct saved_object *crtcs, *connectors, *planes;
	size_t crtcs_len, connectors_len, planes_len;
};

static int save_blob(int fd, struct saved_property *saved) {
	if (saved->value == 0) {
		return 0;
	}
	drmModePropertyBlobRes *blob = drmModeGetPropertyBlob(fd, (uint32_t)saved->value);
	if (blob == NULL) {
		return errno != 0 ? -errno : -EIO;
	}
	saved->blob = malloc(blob->length > 0 ? blob->length : 1);
	if (saved->blob != NULL) {
		memcpy(saved->blob, blob->data, blob->length);
		saved->blob_len = blob->length;
	}
	drmModeFreePropertyBlob(blob);
	return saved->blob != NULL ? 0 : -ENOMEM;
}

/* Reads what these properties are now; those that don't exist or are immutable are left out. The
 * first blobs_len of them are blobs. */
static int save_object(int fd, struct saved_object *object, uint32_t id, uint32_t type,
	const struct kms_property *const *wanted, size_t wanted_len, size_t blobs_len) {
	*object = (struct saved_object){.id = id};
	drmModeObjectProperties *list = drmModeObjectGetProperties(fd, id, type);
	if (list == NULL) {
		return errno != 0 ? -errno : -EIO;
	}
	int ret = 0;
	for (size_t i = 0; i < wanted_len && ret == 0; i++) {
		for (uint32_t j = 0; j < list->count_props && ret == 0; j++) {
			if (wanted[i]->id != list->props[j] || wanted[i]->immutable) {
				continue;
			}
			struct saved_property *saved = &object->props[object->props_len++];
			*saved = (struct saved_property){
				.id = list->props[j],
				.value = list->prop_values[j],
			};
			ret = i < blobs_len ? save_blob(fd, saved) : 0;
		}
	}
	drmModeFreeObjectProperties(list);
	return ret;
}

static int save_crtc(int fd, struct saved_object *object, const struct kms_crtc *crtc) {
	const struct kms_crtc_properties *props = &crtc->props;
	const struct kms_property *const wanted[] = {
		&props->mode_id,
		&props->gamma_lut,
		&props->degamma_lut,
		&props->ctm, // blobs
		&props->active,
		&props->vrr_enabled,
	};
	return save_object(fd, object, crtc->id, DRM_MODE_OBJECT_CRTC, wanted,
		sizeof(wanted) / sizeof(wanted[0]), 4);
}

static int save_connector(
	int fd, struct saved_object *object, const struct kms_connector *connector) {
	const struct kms_connector_properties *props = &connector->props;
	const struct kms_property *wanted[4 + KMS_SETTINGS] = {
		&props->hdr_output_metadata, // a blob
		&props->crtc_id,
		&props->max_bpc,
		&props->content_type,
	};
	for (size_t i = 0; i < KMS_SETTINGS; i++) {
		wanted[4 + i] = &props->settings[i];
	}
	return save_object(fd, object, connector->id, DRM_MODE_OBJECT_CONNECTOR, wanted,
		sizeof(wanted) / sizeof(wanted[0]), 1);
}

static int save_plane(int fd, struct saved_object *object, const struct kms_plane *plane) {
	const struct kms_plane_properties *props = &plane->props;
	const struct kms_property *const wanted[] = {
		&props->fb_id,
		&props->crtc_id,
		&props->src_x,
		&props->src_y,
		&props->src_w,
		&props->src_h,
		&props->crtc_x,
		&props->crtc_y,
		&props->crtc_w,
		&props->crtc_h,
		&props->zpos,
		&props->alpha,
		&props->blend_mode,
		&props->rotation,
		&props->color_encoding,
		&props->color_range,
		&props->scaling_filter,
		&props->hotspot_x,
		&props->hotspot_y,
	};
	return save_object(fd, object, plane->id, DRM_MODE_OBJECT_PLANE, wanted,
		sizeof(wanted) / sizeof(wanted[0]), 0);
}

static struct saved_object *make_objects(size_t len) {
	return calloc(len > 0 ? len : 1, sizeof(struct saved_object));
}

struct kms_saved_state *kms_saved_state_create(const struct kms_device *device) {
	int fd = device->fd, ret = 0;
	struct kms_saved_state *state = calloc(1, sizeof(*state));
	if (state == NULL) {
		return NULL;
	}
	state->fd = fd;
	state->crtcs = make_objects(device->crtcs_len);
	state->connectors = make_objects(device->connectors_len);
	state->planes = make_objects(device->planes_len);
	if (state->crtcs == NULL || state->connectors == NULL || state->planes == NULL) {
		ret = -ENOMEM;
	}
	for (size_t i = 0; i < device->crtcs_len && ret == 0; i++) {
		state->crtcs_len++;
		ret = save_crtc(fd, &state->crtcs[i], &device->crtcs[i]);
	}
	for (size_t i = 0; i < device->planes_len && ret == 0; i++) {
		state->planes_len++;
		ret = save_plane(fd, &state->planes[i], &device->planes[i]);
	}
	for (size_t i = 0; i < device->connectors_len && ret == 0; i++) {
		if (device->connectors[i]->gone) {
			continue;
		}
		ret = save_connector(
			fd, &state->connectors[state->connectors_len], device->connectors[i]);
		if (ret == 0) {
			state->connectors_len++;
		} else if (ret == -ENOENT) {
			ret = 0; // pulled out a moment ago
		}
	}
	if (ret < 0) {
		kms_saved_state_destroy(state);
		errno = -ret;
		return NULL;
	}
	return state;
}

static void destroy_objects(int fd, struct saved_object *objects, size_t len) {
	for (size_t i = 0; i < len; i++) {
		for (size_t j = 0; j < objects[i].props_len; j++) {
			free(objects[i].props[j].blob);
		}
	}
	free(objects);
}

void kms_saved_state_destroy(struct kms_saved_state *state) {
	if (state == NULL) {
		return;
	}
	destroy_objects(state->fd, state->crtcs, state->crtcs_len);
	destroy_objects(state->fd, state->connectors, state->connectors_len);
	destroy_objects(state->fd, state->planes, state->planes_len);
	free(state);
}

static uint64_t saved_value(const struct saved_object *object, uint32_t property_id) {
	for (size_t i = 0; i < object->props_len; i++) {
		if (property_id != 0 && object->props[i].id == property_id) {
			return object->props[i].value;
		}
	}
	return 0;
}

static void add_object(struct kms_commit *commit, const struct saved_object *object) {
	for (size_t i = 0; i < object->props_len; i++) {
		const struct saved_property *saved = &object->props[i];
		kms_commit_set(commit, object->id, saved->id,
			saved->blob != NULL ? saved->blob_id : saved->value);
	}
}

/* Whose framebuffer it was may have ended since; then its number is nobody's. */
static bool framebuffer_exists(int fd, uint32_t fb_id) {
	drmModeFB2 *fb = drmModeGetFB2(fd, fb_id);
	if (fb == NULL) {
		return false;
	}
	/* The handles are new ones, made for us as DRM master; the same object has the same. */
	for (size_t i = 0; i < 4; i++) {
		bool closed = fb->handles[i] == 0;
		for (size_t j = 0; j < i && !closed; j++) {
			closed = fb->handles[j] == fb->handles[i];
		}
		if (!closed) {
			drmCloseBufferHandle(fd, fb->handles[i]);
		}
	}
	drmModeFreeFB2(fb);
	return true;
}

static bool has_saved_connector(const struct kms_saved_state *state,
	const struct kms_device *device, const drmModeRes *res, uint32_t crtc_id) {
	for (size_t i = 0; i < state->connectors_len; i++) {
		const struct saved_object *object = &state->connectors[i];
		const struct kms_connector *connector =
			kms_device_find_connector(device, object->id);
		if (connector == NULL ||
			saved_value(object, connector->props.crtc_id.id) != crtc_id) {
			continue;
		}
		if (kms_connector_is_listed(res, object->id)) {
			return true;
		}
	}
	return false;
}

/* A CRTC without connector must not be on; one whose connectors have all gone stays off. */
static bool is_restored(const struct kms_saved_state *state, const struct kms_device *device,
	const drmModeRes *res, const struct saved_object *object) {
	const struct kms_crtc *crtc = kms_device_find_crtc(device, object->id);
	return crtc != NULL && (saved_value(object, crtc->props.mode_id.id) == 0 ||
				       has_saved_connector(state, device, res, object->id));
}

static bool crtc_is_restored(const struct kms_saved_state *state, const struct kms_device *device,
	const drmModeRes *res, uint32_t crtc_id) {
	for (size_t i = 0; i < state->crtcs_len; i++) {
		if (state->crtcs[i].id == crtc_id) {
			return is_restored(state, device, res, &state->crtcs[i]);
		}
	}
	return false;
}

static void add_saved(struct kms_commit *commit, const struct kms_saved_state *state,
	const struct kms_device *device, const drmModeRes *res) {
	for (size_t i = 0; i < state->connectors_len; i++) {
		const struct saved_object *object = &state->connectors[i];
		const struct kms_connector *connector =
			kms_device_find_connector(device, object->id);
		if (connector == NULL || !kms_connector_is_listed(res, object->id)) {
			continue;
		}
		uint64_t crtc_id = saved_value(object, connector->props.crtc_id.id);
		add_object(commit, object);
		if (crtc_id != 0 && !crtc_is_restored(state, device, res, (uint32_t)crtc_id)) {
			kms_commit_disable_connector(commit, connector);
		}
	}
	for (size_t i = 0; i < state->crtcs_len; i++) {
		if (is_restored(state, device, res, &state->crtcs[i])) {
			add_object(commit, &state->crtcs[i]);
		}
	}
	for (size_t i = 0; i < state->planes_len; i++) {
		const struct saved_object *object = &state->planes[i];
		const struct kms_plane *plane = kms_device_find_plane(device, object->id);
		if (plane == NULL) {
			continue;
		}
		uint64_t fb_id = saved_value(object, plane->props.fb_id.id);
		uint64_t crtc_id = saved_value(object, plane->props.crtc_id.id);
		add_object(commit, object);
		if (fb_id == 0 || crtc_id == 0 ||
			!crtc_is_restored(state, device, res, (uint32_t)crtc_id) ||
			!framebuffer_exists(device->fd, (uint32_t)fb_id)) {
			kms_commit_disable_plane(commit, plane);
		}
	}
}

static void create_blobs(int fd, struct saved_object *objects, size_t len) {
	for (size_t i = 0; i < len; i++) {
		for (size_t j = 0; j < objects[i].props_len; j++) {
			struct saved_property *saved = &objects[i].props[j];
			/* Where that fails its number stays 0, and the kernel refuses the mode. */
			if (saved->blob != NULL && drmModeCreatePropertyBlob(fd, saved->blob,
							   saved->blob_len, &saved->blob_id) != 0) {
				saved->blob_id = 0;
			}
		}
	}
}

static void destroy_blobs(int fd, struct saved_object *objects, size_t len) {
	for (size_t i = 0; i < len; i++) {
		for (size_t j = 0; j < objects[i].props_len; j++) {
			struct saved_property *saved = &objects[i].props[j];
			if (saved->blob_id != 0) {
				drmModeDestroyPropertyBlob(fd, saved->blob_id);
			}
			saved->blob_id = 0;
		}
	}
}

int kms_saved_state_restore(struct kms_saved_state *state, struct kms_device *device) {
	drmModeRes *res = drmModeGetResources(device->fd);
	if (res == NULL) {
		return errno != 0 ? -errno : -EIO;
	}
	struct kms_commit commit;
	create_blobs(state->fd, state->crtcs, state->crtcs_len);
	create_blobs(state->fd, state->connectors, state->connectors_len);
	kms_commit_init(&commit, device);
	kms_commit_disable_all(&commit, device);
	add_saved(&commit, state, device, res);
	int ret = kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0);
	destroy_blobs(state->fd, state->crtcs, state->crtcs_len);
	destroy_blobs(state->fd, state->connectors, state->connectors_len);

	if (ret < 0 && ret != -EACCES) {
		kms_log(KMS_LOG_INFO,
			"the screen can't be put back as it was (%s), switching it off",
			strerror(-ret));
		kms_commit_init(&commit, device);
		kms_commit_disable_all(&commit, device);
		ret = kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0);
	}
	drmModeFreeResources(res);
	return ret;
}
