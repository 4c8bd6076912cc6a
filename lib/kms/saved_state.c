/* SPDX-License-Identifier: MIT */
#include "kms/saved_state.h"

#include "base/array.h"
#include "kms/commit.h"
#include "kms/framebuffer.h"
#include "kms/log.h"

struct saved {
	uint32_t object, property;
	uint64_t value;
	/* Blob properties: a copy, as a blob dies with its last user. */
	void *blob;
	uint32_t blob_len;
	/* While restoring: the copy's number in the kernel. */
	uint32_t blob_id;
};

/* All that is put back, of all objects. */
struct kms_saved_state {
	int fd;
	struct saved *list;
	size_t len, cap;
};

static int save_blob(int fd, struct saved *saved) {
	drmModePropertyBlobRes *blob = drmModeGetPropertyBlob(fd, (uint32_t)saved->value);
	if (blob == NULL) {
		return kms_errno();
	}
	saved->blob = malloc(blob->length > 0 ? blob->length : 1);
	if (saved->blob != NULL) {
		memcpy(saved->blob, blob->data, blob->length);
		saved->blob_len = blob->length;
	}
	drmModeFreePropertyBlob(blob);
	return saved->blob != NULL ? 0 : -ENOMEM;
}

static int save_property(struct kms_saved_state *state, uint32_t object,
	const struct kms_property *property, uint64_t value) {
	if (!latch_array_reserve(
		    &state->list, &state->cap, state->len + 1, sizeof(state->list[0]))) {
		return -ENOMEM;
	}
	struct saved *saved = &state->list[state->len];
	*saved = (struct saved){.object = object, .property = property->id, .value = value};
	int ret = property->blob && value != 0 ? save_blob(state->fd, saved) : 0;
	state->len += ret == 0;
	return ret;
}

/* What the object has now. properties: a struct of them, size bytes. */
static int save_object(struct kms_saved_state *state, uint32_t id, uint32_t type,
	const void *properties, size_t size) {
	const struct kms_property *property = properties;
	drmModeObjectProperties *now = drmModeObjectGetProperties(state->fd, id, type);
	if (now == NULL) {
		return kms_errno();
	}
	int ret = 0;
	for (size_t i = 0; i < size / sizeof(*property); i++) {
		for (uint32_t j = 0; j < now->count_props && ret == 0; j++) {
			if (property[i].kept && property[i].id == now->props[j]) {
				ret = save_property(state, id, &property[i], now->prop_values[j]);
			}
		}
	}
	drmModeFreeObjectProperties(now);
	return ret;
}

struct kms_saved_state *kms_saved_state_create(const struct kms_device *device) {
	struct kms_saved_state *state = calloc(1, sizeof(*state));
	if (state == NULL) {
		return NULL;
	}
	state->fd = device->fd;
	int ret = 0;
	for (size_t i = 0; i < device->crtcs_len && ret == 0; i++) {
		const struct kms_crtc *crtc = &device->crtcs[i];
		ret = save_object(
			state, crtc->id, DRM_MODE_OBJECT_CRTC, &crtc->props, sizeof(crtc->props));
	}
	for (size_t i = 0; i < device->planes_len && ret == 0; i++) {
		const struct kms_plane *plane = &device->planes[i];
		ret = save_object(state, plane->id, DRM_MODE_OBJECT_PLANE, &plane->props,
			sizeof(plane->props));
	}
	for (size_t i = 0; i < device->connectors_len && ret == 0; i++) {
		const struct kms_connector *connector = device->connectors[i];
		ret = save_object(state, connector->id, DRM_MODE_OBJECT_CONNECTOR,
			&connector->props, sizeof(connector->props));
		ret = ret == -ENOENT ? 0 : ret; // pulled out a moment ago
	}
	if (ret < 0) {
		kms_saved_state_destroy(state);
		errno = -ret;
		return NULL;
	}
	return state;
}

void kms_saved_state_destroy(struct kms_saved_state *state) {
	if (state == NULL) {
		return;
	}
	for (size_t i = 0; i < state->len; i++) {
		free(state->list[i].blob);
	}
	free(state->list);
	free(state);
}

/* 0 also for an object that came later, or has no such property. */
static uint32_t saved_value(
	const struct kms_saved_state *state, uint32_t object, const struct kms_property *property) {
	for (size_t i = 0; i < state->len; i++) {
		if (state->list[i].object == object && state->list[i].property == property->id) {
			return (uint32_t)state->list[i].value;
		}
	}
	return 0;
}

static void add_object(
	struct kms_commit *commit, const struct kms_saved_state *state, uint32_t object) {
	for (size_t i = 0; i < state->len; i++) {
		const struct saved *saved = &state->list[i];
		if (saved->object == object) {
			kms_commit_set(commit, object, saved->property,
				saved->blob != NULL ? saved->blob_id : saved->value);
		}
	}
}

static bool is_there(const struct kms_connector *connector, const drmModeRes *res) {
	return !connector->gone && kms_connector_is_listed(res, connector->id);
}

/* A CRTC without connector must not be on; one whose connectors have all gone stays off. */
static bool is_restored(const struct kms_saved_state *state, const struct kms_device *device,
	const drmModeRes *res, uint32_t crtc_id) {
	const struct kms_crtc *crtc = kms_device_find_crtc(device, crtc_id);
	if (crtc == NULL || saved_value(state, crtc_id, &crtc->props.mode_id) == 0) {
		return crtc != NULL;
	}
	for (size_t i = 0; i < device->connectors_len; i++) {
		const struct kms_connector *connector = device->connectors[i];
		if (is_there(connector, res) &&
			saved_value(state, connector->id, &connector->props.crtc_id) == crtc_id) {
			return true;
		}
	}
	return false;
}

/* What is off in the commit, and stays off where nothing is put back. */
static void add_saved(struct kms_commit *commit, const struct kms_saved_state *state,
	const struct kms_device *device, const drmModeRes *res) {
	for (size_t i = 0; i < device->connectors_len; i++) {
		const struct kms_connector *connector = device->connectors[i];
		if (!is_there(connector, res)) {
			continue;
		}
		uint32_t crtc_id = saved_value(state, connector->id, &connector->props.crtc_id);
		add_object(commit, state, connector->id);
		if (!is_restored(state, device, res, crtc_id)) {
			kms_commit_disable_connector(commit, connector);
		}
	}
	for (size_t i = 0; i < device->crtcs_len; i++) {
		if (is_restored(state, device, res, device->crtcs[i].id)) {
			add_object(commit, state, device->crtcs[i].id);
		}
	}
	for (size_t i = 0; i < device->planes_len; i++) {
		const struct kms_plane *plane = &device->planes[i];
		uint32_t crtc_id = saved_value(state, plane->id, &plane->props.crtc_id);
		uint32_t fb_id = saved_value(state, plane->id, &plane->props.fb_id);
		add_object(commit, state, plane->id);
		/* Whose framebuffer it was may have ended since; then its number is nobody's. */
		if (!is_restored(state, device, res, crtc_id) ||
			!kms_framebuffer_exists(device, fb_id)) {
			kms_commit_disable_plane(commit, plane);
		}
	}
}

int kms_saved_state_restore(struct kms_saved_state *state, struct kms_device *device) {
	drmModeRes *res = drmModeGetResources(device->fd);
	if (res == NULL) {
		return kms_errno();
	}
	for (size_t i = 0; i < state->len; i++) {
		struct saved *saved = &state->list[i];
		/* Where that fails its number stays 0, and the kernel refuses the mode. */
		if (saved->blob != NULL) {
			kms_blob_create(device, saved->blob, saved->blob_len, &saved->blob_id);
		}
	}
	/* By itself: what is put back has encodings of YCbCr, which pipelines hide. */
	kms_commit_reset_color(device);
	struct kms_commit commit;
	kms_commit_init(&commit, device);
	kms_commit_disable_all(&commit, device);
	add_saved(&commit, state, device, res);
	int ret = kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0);
	for (size_t i = 0; i < state->len; i++) {
		kms_blob_destroy(device, state->list[i].blob_id);
		state->list[i].blob_id = 0;
	}
	drmModeFreeResources(res);

	if (ret < 0 && ret != -EACCES) {
		kms_log(KMS_LOG_INFO,
			"the screen can't be put back as it was (%s), switching it off",
			strerror(-ret));
		kms_commit_init(&commit, device);
		kms_commit_disable_all(&commit, device);
		ret = kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0);
	}
	return ret;
}
