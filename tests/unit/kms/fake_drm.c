/* SPDX-License-Identifier: MIT */
#include "fake_drm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drm.h>

#include "base/clock.h"

struct fake_drm fake;

#define PROPERTY_ID(object_id, index) ((object_id)*100 + (uint32_t)(index) + 1)

void fake_reset(void) {
	fake_finish();
	fake = (struct fake_drm){
		.driver = "vkms",
		.is_kms = true,
		.fail_errno = ENOMEM,
		.next_id = 500,
	};
	for (size_t i = 0; i < sizeof(fake.caps) / sizeof(fake.caps[0]); i++) {
		fake.caps[i] = 1;
	}
	fake.caps[DRM_CAP_PRIME] = DRM_PRIME_CAP_IMPORT | DRM_PRIME_CAP_EXPORT;
	fake.caps[DRM_CAP_CURSOR_WIDTH] = 512;
	fake.caps[DRM_CAP_CURSOR_HEIGHT] = 256;
}

int fake_finish(void) {
	const int left =
		fake_own_blobs() + fake_open_handles() + fake.wrong_closes + fake.outstanding;
	for (size_t i = 0; i < fake.blobs_len; i++) {
		free(fake.blobs[i].data);
	}
	fake.blobs_len = 0;
	return left;
}

static bool fails(void) {
	if (++fake.fallible_calls == fake.fail_at) {
		errno = fake.fail_errno;
		return true;
	}
	return false;
}

/* A result, with the arrays it points to behind it. */
static void *make(size_t size, size_t arrays_size) {
	fake.outstanding++;
	return calloc(1, size + arrays_size);
}

/* NULL is fine, as it is for libdrm; libliftoff counts on it. */
static void drop(void *pointer) {
	if (pointer != NULL) {
		fake.outstanding--;
		free(pointer);
	}
}

#define FREES(name, type)                                                                          \
	void name(type pointer) {                                                                  \
		drop(pointer);                                                                     \
	}
FREES(drmFreeVersion, drmVersionPtr)
FREES(drmModeFreeResources, drmModeResPtr)
FREES(drmModeFreePlaneResources, drmModePlaneResPtr)
FREES(drmModeFreePlane, drmModePlanePtr)
FREES(drmModeFreeConnector, drmModeConnectorPtr)
FREES(drmModeFreeObjectProperties, drmModeObjectPropertiesPtr)
FREES(drmModeFreeProperty, drmModePropertyPtr)
FREES(drmModeFreePropertyBlob, drmModePropertyBlobPtr)
FREES(drmModeFreeFB2, drmModeFB2Ptr)

struct fake_object *fake_add_object(uint32_t type, uint32_t id) {
	struct fake_object *object = &fake.objects[fake.objects_len++];
	*object = (struct fake_object){.id = id, .type = type, .possible_crtcs = 1};
	return object;
}

struct fake_object *fake_find_object(uint32_t id) {
	for (size_t i = 0; i < fake.objects_len; i++) {
		if (fake.objects[i].id == id) {
			return &fake.objects[i];
		}
	}
	return NULL;
}

struct fake_property *fake_add_property(
	struct fake_object *object, const char *name, uint32_t flags, uint64_t value) {
	struct fake_property *property = &object->props[object->props_len++];
	*property = (struct fake_property){.name = name, .flags = flags, .value = value};
	return property;
}

struct fake_property *fake_find_property(uint32_t object_id, const char *name) {
	struct fake_object *object = fake_find_object(object_id);
	for (size_t i = 0; object != NULL && i < object->props_len; i++) {
		if (strcmp(object->props[i].name, name) == 0) {
			return &object->props[i];
		}
	}
	return NULL;
}

void fake_remove_property(uint32_t object_id, const char *name) {
	/* The numbers of the others stay what they were. */
	fake_find_property(object_id, name)->name = "removed";
}

uint32_t fake_property_id(uint32_t object_id, const char *name) {
	struct fake_object *object = fake_find_object(object_id);
	struct fake_property *property = fake_find_property(object_id, name);
	return property != NULL ? PROPERTY_ID(object_id, property - object->props) : 0;
}

uint32_t fake_add_blob(const void *data, uint32_t len) {
	struct fake_blob *blob = &fake.blobs[fake.blobs_len++];
	*blob = (struct fake_blob){.id = fake.next_id++, .data = malloc(len), .len = len};
	memcpy(blob->data, data, len);
	return blob->id;
}

static struct fake_blob *find_blob(uint64_t id) {
	for (size_t i = 0; i < fake.blobs_len; i++) {
		if (fake.blobs[i].id == id) {
			return &fake.blobs[i];
		}
	}
	return NULL;
}

uint32_t fake_copy_blob(uint64_t id, void *copy, size_t size) {
	const struct fake_blob *blob = id != 0 ? find_blob(id) : NULL;
	if (blob == NULL) {
		return 0;
	}
	memcpy(copy, blob->data, size < blob->len ? size : blob->len);
	return blob->len;
}

int fake_own_blobs(void) {
	int count = 0;
	for (size_t i = 0; i < fake.blobs_len; i++) {
		count += fake.blobs[i].ours;
	}
	return count;
}

int fake_open_handles(void) {
	int count = 0;
	for (size_t i = 0; i < FAKE_MAX; i++) {
		count += fake.handle_of_object[i] != 0;
	}
	return count;
}

bool fake_commit_has(uint32_t object_id, const char *property, uint64_t *value) {
	uint32_t id = fake_property_id(object_id, property);
	for (size_t i = 0; id != 0 && i < fake.commit.len; i++) {
		if (fake.commit.triples[i].object == object_id &&
			fake.commit.triples[i].property == id) {
			if (value != NULL) {
				*value = fake.commit.triples[i].value;
			}
			return true;
		}
	}
	return false;
}

uint64_t fake_commit_value(uint32_t object_id, const char *property) {
	uint64_t value = 0;
	fake_commit_has(object_id, property, &value);
	return value;
}

drmModeModeInfo fake_mode(uint16_t width, uint16_t height, uint32_t clock, uint16_t htotal,
	uint16_t vtotal, uint32_t flags, uint32_t type) {
	return (drmModeModeInfo){
		.clock = clock,
		.hdisplay = width,
		.htotal = htotal,
		.vdisplay = height,
		.vtotal = vtotal,
		.flags = flags,
		.type = type,
	};
}

/* --- the device itself --- */

drmVersionPtr drmGetVersion(int fd) {
	if (fake.driver == NULL || fails()) {
		return NULL;
	}
	drmVersionPtr version = make(sizeof(*version), strlen(fake.driver) + 1);
	version->name = strcpy((char *)(version + 1), fake.driver);
	version->name_len = (int)strlen(fake.driver);
	return version;
}

int drmIsKMS(int fd) {
	return fake.is_kms;
}

int drmIsMaster(int fd) {
	return 1;
}

int drmSetClientCap(int fd, uint64_t cap, uint64_t value) {
	if ((fake.refused_client_caps & UINT64_C(1) << cap) != 0) {
		errno = EOPNOTSUPP;
		return -1;
	}
	fake.client_caps &= ~(UINT64_C(1) << cap);
	fake.client_caps |= value << cap;
	fake.client_cap_calls++;
	return 0;
}

/* What is there for who knows of colour pipelines is not for who does not, and the other way
 * round. */
static bool is_hidden(const struct fake_object *object, const char *name) {
	const bool pipelines = fake.client_caps >> DRM_CLIENT_CAP_PLANE_COLOR_PIPELINE & 1;
	const bool old =
		strcmp(name, "COLOR_ENCODING") == 0 || strcmp(name, "COLOR_RANGE") == 0;
	const bool new = object->type == DRM_MODE_OBJECT_COLOROP ||
			 strcmp(name, "COLOR_PIPELINE") == 0;
	return pipelines ? old : new;
}

int drmGetCap(int fd, uint64_t cap, uint64_t *value) {
	*value = fake.caps[cap];
	return 0;
}

static size_t list_ids(uint32_t type, uint32_t *ids) {
	size_t len = 0;
	for (size_t i = 0; i < fake.objects_len; i++) {
		if (fake.objects[i].type == type && !fake.objects[i].unplugged) {
			ids[len++] = fake.objects[i].id;
		}
	}
	return len;
}

drmModeResPtr drmModeGetResources(int fd) {
	if (fails()) {
		return NULL;
	}
	drmModeResPtr res = make(sizeof(*res), 2 * FAKE_MAX * sizeof(uint32_t));
	res->crtcs = (uint32_t *)(res + 1);
	res->connectors = res->crtcs + FAKE_MAX;
	res->count_crtcs = (int)list_ids(DRM_MODE_OBJECT_CRTC, res->crtcs);
	res->count_connectors = (int)list_ids(DRM_MODE_OBJECT_CONNECTOR, res->connectors);
	return res;
}

drmModePlaneResPtr drmModeGetPlaneResources(int fd) {
	if (fails()) {
		return NULL;
	}
	drmModePlaneResPtr res = make(sizeof(*res), FAKE_MAX * sizeof(uint32_t));
	res->planes = (uint32_t *)(res + 1);
	res->count_planes = (uint32_t)list_ids(DRM_MODE_OBJECT_PLANE, res->planes);
	return res;
}

static struct fake_object *get_object(uint32_t id, uint32_t type) {
	struct fake_object *object = fake_find_object(id);
	if (object == NULL || object->type != type || object->unplugged) {
		errno = ENOENT;
		return NULL;
	}
	return fails() ? NULL : object;
}

drmModePlanePtr drmModeGetPlane(int fd, uint32_t id) {
	struct fake_object *object = get_object(id, DRM_MODE_OBJECT_PLANE);
	if (object == NULL) {
		return NULL;
	}
	drmModePlanePtr plane = make(sizeof(*plane), sizeof(object->formats));
	plane->plane_id = id;
	plane->possible_crtcs = object->possible_crtcs;
	plane->crtc_id = (uint32_t)fake_find_property(id, "CRTC_ID")->value;
	plane->fb_id = (uint32_t)fake_find_property(id, "FB_ID")->value;
	plane->count_formats = object->formats_len;
	plane->formats = memcpy(plane + 1, object->formats, sizeof(object->formats));
	return plane;
}

drmModeConnectorPtr drmModeGetConnector(int fd, uint32_t id) {
	struct fake_object *object = fake_find_object(id);
	if (object != NULL) {
		object->known_connection = object->connection;
		object->known_modes_len = object->modes_len;
		object->probes++;
	}
	return drmModeGetConnectorCurrent(fd, id);
}

drmModeConnectorPtr drmModeGetConnectorCurrent(int fd, uint32_t id) {
	struct fake_object *object = get_object(id, DRM_MODE_OBJECT_CONNECTOR);
	if (object == NULL) {
		return NULL;
	}
	drmModeConnectorPtr connector = make(sizeof(*connector), sizeof(object->modes));
	connector->connector_id = id;
	connector->connector_type = object->connector_type;
	connector->connector_type_id = object->type_id;
	connector->connection = object->known_connection;
	connector->mmWidth = 300;
	connector->mmHeight = 200;
	connector->count_modes = object->known_modes_len;
	connector->modes = memcpy(connector + 1, object->modes, sizeof(object->modes));
	return connector;
}

uint32_t drmModeConnectorGetPossibleCrtcs(int fd, const drmModeConnector *connector) {
	return fake_find_object(connector->connector_id)->possible_crtcs;
}

/* --- properties and blobs --- */

drmModeObjectPropertiesPtr drmModeObjectGetProperties(int fd, uint32_t id, uint32_t type) {
	struct fake_object *object = get_object(id, type);
	if (object == NULL) {
		return NULL;
	}
	drmModeObjectPropertiesPtr list =
		make(sizeof(*list), FAKE_MAX * (sizeof(uint64_t) + sizeof(uint32_t)));
	list->prop_values = (uint64_t *)(list + 1);
	list->props = (uint32_t *)(list->prop_values + FAKE_MAX);
	for (size_t i = 0; i < object->props_len; i++) {
		if (!is_hidden(object, object->props[i].name)) {
			list->props[list->count_props] = PROPERTY_ID(id, i);
			list->prop_values[list->count_props++] = object->props[i].value;
		}
	}
	return list;
}

drmModePropertyPtr drmModeGetProperty(int fd, uint32_t property_id) {
	struct fake_object *object = fake_find_object((property_id - 1) / 100);
	size_t index = (property_id - 1) % 100;
	if (object == NULL || index >= object->props_len) {
		errno = ENOENT;
		return NULL;
	}
	if (fails()) {
		return NULL;
	}
	const struct fake_property *property = &object->props[index];
	drmModePropertyPtr info =
		make(sizeof(*info), sizeof(property->range) + 8 * sizeof(*info->enums));
	info->prop_id = property_id;
	info->flags = property->flags;
	snprintf(info->name, sizeof(info->name), "%s", property->name);
	info->count_values = 2;
	info->values = memcpy(info + 1, property->range, sizeof(property->range));
	info->enums = (struct drm_mode_property_enum *)(info->values + 2);
	for (const char *at = property->enums; at != NULL; at = strchr(at, '|')) {
		struct drm_mode_property_enum *entry = &info->enums[info->count_enums++];
		at += *at == '|';
		sscanf(at, "%31[^=]=%llu", entry->name, &entry->value);
	}
	return info;
}

drmModePropertyBlobPtr drmModeGetPropertyBlob(int fd, uint32_t id) {
	struct fake_blob *found = find_blob(id);
	if (found == NULL) {
		errno = ENOENT;
		return NULL;
	}
	if (fails()) {
		return NULL;
	}
	drmModePropertyBlobPtr blob = make(sizeof(*blob), found->len);
	blob->id = id;
	blob->length = found->len;
	blob->data = memcpy(blob + 1, found->data, found->len);
	return blob;
}

int drmModeCreatePropertyBlob(int fd, const void *data, size_t size, uint32_t *id) {
	if (fails()) {
		return -errno;
	}
	*id = fake_add_blob(data, (uint32_t)size);
	find_blob(*id)->ours = true;
	return 0;
}

int drmModeDestroyPropertyBlob(int fd, uint32_t id) {
	struct fake_blob *blob = find_blob(id);
	if (blob == NULL || !blob->ours) {
		return -ENOENT;
	}
	free(blob->data);
	*blob = fake.blobs[--fake.blobs_len];
	return 0;
}

/* --- buffers --- */

int drmPrimeFDToHandle(int fd, int prime_fd, uint32_t *handle) {
	uint32_t object = fake.object_of_fd[prime_fd];
	if (object == 0) {
		errno = EBADF;
		return -1;
	}
	if (fails()) {
		return -1;
	}
	/* As the kernel: one handle per object and file. */
	if (fake.handle_of_object[object] == 0) {
		fake.handle_of_object[object] = fake.next_id++;
	}
	*handle = fake.handle_of_object[object];
	return 0;
}

/* Which GEM object an open handle is of; FAKE_MAX: there is no such handle. */
static uint32_t object_of(uint32_t handle) {
	uint32_t object = 0;
	while (object < FAKE_MAX && (handle == 0 || fake.handle_of_object[object] != handle)) {
		object++;
	}
	return object;
}

int drmCloseBufferHandle(int fd, uint32_t handle) {
	const uint32_t object = object_of(handle);
	if (object == FAKE_MAX) {
		fake.wrong_closes++;
		errno = EINVAL;
		return -1;
	}
	fake.handle_of_object[object] = 0;
	fake.handles_closed++;
	return 0;
}

int drmPrimeHandleToFD(int fd, uint32_t handle, uint32_t flags, int *prime_fd) {
	if (fails()) {
		return -1;
	}
	const uint32_t object = object_of(handle);
	if (object == FAKE_MAX) {
		errno = ENOENT;
		return -1;
	}
	*prime_fd = FAKE_MAX - 1;
	fake.object_of_fd[*prime_fd] = object;
	return 0;
}

int drmModeAddFB2WithModifiers(int fd, uint32_t width, uint32_t height, uint32_t fourcc,
	const uint32_t handles[4], const uint32_t strides[4], const uint32_t offsets[4],
	const uint64_t modifiers[4], uint32_t *id, uint32_t flags) {
	if (object_of(handles[0]) == FAKE_MAX) {
		errno = ENOENT;
		return -errno;
	}
	if (fails()) {
		return -errno;
	}
	struct fake_fb *fb = &fake.fbs[fake.fbs_len++];
	*fb = (struct fake_fb){
		.id = fake.next_id++,
		.width = width,
		.height = height,
		.fourcc = fourcc,
		.flags = flags,
	};
	memcpy(fb->handles, handles, sizeof(fb->handles));
	memcpy(fb->strides, strides, sizeof(fb->strides));
	memcpy(fb->offsets, offsets, sizeof(fb->offsets));
	if (modifiers != NULL) {
		memcpy(fb->modifiers, modifiers, sizeof(fb->modifiers));
	}
	*id = fb->id;
	return 0;
}

int drmModeAddFB2(int fd, uint32_t width, uint32_t height, uint32_t fourcc,
	const uint32_t handles[4], const uint32_t strides[4], const uint32_t offsets[4],
	uint32_t *id, uint32_t flags) {
	return drmModeAddFB2WithModifiers(
		fd, width, height, fourcc, handles, strides, offsets, NULL, id, flags);
}

struct fake_fb *fake_find_fb(uint64_t id) {
	for (size_t i = 0; i < fake.fbs_len; i++) {
		if (fake.fbs[i].id == id) {
			return &fake.fbs[i];
		}
	}
	errno = ENOENT;
	return NULL;
}

int drmModeCloseFB(int fd, uint32_t id) {
	struct fake_fb *fb = fake_find_fb(id);
	if (fb == NULL) {
		return -errno;
	}
	*fb = fake.fbs[--fake.fbs_len];
	return 0;
}

drmModeFB2Ptr drmModeGetFB2(int fd, uint32_t id) {
	int64_t begin_ns = latch_now_ns();
	const struct fake_fb *found = fake_find_fb(id);
	if (found == NULL) {
		return NULL;
	}
	drmModeFB2Ptr fb = make(sizeof(*fb), 0);
	fb->fb_id = id;
	fb->width = found->width;
	fb->height = found->height;
	fb->pixel_format = found->fourcc;
	fb->modifier = found->modifiers[0];
	fb->flags = found->flags;
	/* Both planes in one object, with a new handle. */
	fake.handle_of_object[40] = fake.next_id++;
	fb->handles[0] = fb->handles[1] = fake.handle_of_object[40];
	fake.kernel_ns += latch_now_ns() - begin_ns;
	return fb;
}

/* Dumb buffers are the GEM objects from 50 on. */
int drmModeCreateDumbBuffer(int fd, uint32_t width, uint32_t height, uint32_t bpp, uint32_t flags,
	uint32_t *handle, uint32_t *pitch, uint64_t *size) {
	if (fails()) {
		return -errno;
	}
	size_t object = 50;
	while (fake.handle_of_object[object] != 0) {
		object++;
	}
	fake.handle_of_object[object] = fake.next_id++;
	*handle = fake.handle_of_object[object];
	*pitch = (width * bpp / 8 + 63) & ~UINT32_C(63);
	*size = (uint64_t)*pitch * height;
	return 0;
}

int drmModeMapDumbBuffer(int fd, uint32_t handle, uint64_t *offset) {
	if (object_of(handle) == FAKE_MAX || fails()) {
		return -errno;
	}
	*offset = 0;
	return 0;
}

int drmModeDestroyDumbBuffer(int fd, uint32_t handle) {
	return drmCloseBufferHandle(fd, handle);
}

/* --- atomic commits --- */

static int atomic(const struct drm_mode_atomic *request) {
	const uint32_t *objects = (const uint32_t *)(uintptr_t)request->objs_ptr;
	const uint32_t *counts = (const uint32_t *)(uintptr_t)request->count_props_ptr;
	const uint32_t *props = (const uint32_t *)(uintptr_t)request->props_ptr;
	const uint64_t *values = (const uint64_t *)(uintptr_t)request->prop_values_ptr;
	struct fake_commit *commit = &fake.commit;
	commit->flags = request->flags;
	commit->user_data = request->user_data;
	commit->len = 0;
	commit->objects = request->count_objs;
	commit->objects_twice = 0;
	size_t at = 0;
	int error = 0;
	for (uint32_t i = 0; i < request->count_objs; i++) {
		for (uint32_t j = 0; j < i; j++) {
			commit->objects_twice += objects[j] == objects[i];
		}
		for (uint32_t j = 0; j < counts[i]; j++, at++) {
			commit->triples[commit->len++] =
				(struct fake_triple){objects[i], props[at], values[at]};
			const struct fake_object *object = fake_find_object((props[at] - 1) / 100);
			if (object != NULL &&
				is_hidden(object, object->props[(props[at] - 1) % 100].name)) {
				error = EINVAL;
			}
		}
	}
	fake.commits++;
	return error != 0 ? error : fake.on_commit != NULL ? fake.on_commit(commit, fake.on_commit_data) : 0;
}

/* libdrm's own drmModeAtomicCommit() ends here too. */
int drmIoctl(int fd, unsigned long request, void *argument) {
	int64_t begin_ns = latch_now_ns();
	int error = request == DRM_IOCTL_MODE_ATOMIC ? atomic(argument) : ENOTTY;
	fake.kernel_ns += latch_now_ns() - begin_ns;
	errno = error;
	return error == 0 ? 0 : -1;
}
