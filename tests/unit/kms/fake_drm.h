/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A KMS device without a kernel. Its functions have the names of libdrm's and are linked before
 * them, so that kms/ talks to a table in memory: objects with properties, GEM handles, blobs,
 * framebuffers. A test describes a device, lets kms/ work on it, and looks at the table.
 *
 * Property numbers are different on every object, so that a mixed-up one is noticed. Functions of
 * libdrm that only compute (names, the modifier iterator) are the real ones.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xf86drmMode.h>

#define FAKE_MAX 128

struct fake_property {
	const char *name;
	uint32_t flags;
	uint64_t value;
	uint64_t range[2];
	/** "name=value|name=value", eight at most. */
	const char *enums;
};

struct fake_object {
	uint32_t id;
	/** DRM_MODE_OBJECT_* */
	uint32_t type;
	struct fake_property props[FAKE_MAX];
	size_t props_len;

	uint32_t possible_crtcs;
	/* Planes. */
	uint32_t formats[8];
	uint32_t formats_len;
	/* Connectors. */
	uint32_t connector_type, type_id;
	drmModeConnection connection;
	drmModeModeInfo modes[8];
	int modes_len;
	/* What the kernel knows of it, which is from the last probe; and how many there were. */
	drmModeConnection known_connection;
	int known_modes_len;
	int probes;
	/* Connectors: not in the list of the device. */
	bool unplugged;
};

struct fake_blob {
	uint32_t id;
	void *data;
	uint32_t len;
	/** Made by DRM_IOCTL_MODE_CREATEPROPBLOB, not part of the device. */
	bool ours;
};

struct fake_triple {
	uint32_t object, property;
	uint64_t value;
};

/** An atomic request as it arrived. */
struct fake_commit {
	uint32_t flags;
	uint64_t user_data;
	struct fake_triple triples[2048];
	size_t len;
	/** How many objects it named, and how many of them twice. */
	size_t objects, objects_twice;
};

struct fake_fb {
	uint32_t id;
	uint32_t width, height, fourcc, flags;
	uint32_t handles[4], strides[4], offsets[4];
	uint64_t modifiers[4];
};

struct fake_drm {
	/* The device. */
	const char *driver; // NULL: not a DRM device
	bool is_kms;
	uint64_t refused_client_caps; // bit DRM_CLIENT_CAP_*
	/** With values of 1; and how often one was set. */
	uint64_t client_caps;
	int client_cap_calls;
	uint64_t caps[64];
	struct fake_object objects[FAKE_MAX];
	size_t objects_len;
	struct fake_blob blobs[FAKE_MAX];
	size_t blobs_len;
	struct fake_fb fbs[FAKE_MAX];
	size_t fbs_len;

	/* Which GEM object a dma-buf fd is of, and the number of its open handle, 0: none. */
	uint32_t object_of_fd[FAKE_MAX];
	uint32_t handle_of_object[FAKE_MAX];

	/* What happened. */
	int handles_closed;
	int wrong_closes; // of handles that were not open
	int outstanding; // results that were not freed
	struct fake_commit commit;
	int commits;
	/** Time spent in commits, and in reading framebuffers. */
	int64_t kernel_ns;

	/** The answer to a commit, 0 or an errno; NULL: 0. */
	int (*on_commit)(const struct fake_commit *commit, void *data);
	void *on_commit_data;

	/** The n-th call that can fail (from 1) fails with ENOMEM; 0: none. */
	int fail_at;
	int fallible_calls;
	int fail_errno;
	uint32_t next_id;
};

extern struct fake_drm fake;

/** An empty device that can do everything, without objects. */
void fake_reset(void);

/** Frees blobs; to be called at the end of a test. Returns 0 when nothing of ours was left: no
 * blob, handle or result, and none was given back twice. */
int fake_finish(void);

/** One CRTC (50), planes: primary 30, overlays 31 and 32, cursor 33; connectors: Virtual-1 (70)
 * with three modes, Writeback-1 (71). Everything is off. */
void fake_add_vkms(void);

/** A colorop; the properties that its type ("1D Curve", ...) has. value: of CURVE_1D_TYPE the names
 * as fake_property.enums has them, of a LUT its SIZE. The one before it, if not 0, leads to it. */
void fake_add_colorop(uint32_t id, uint32_t before, const char *type, const char *curves,
	uint64_t size);

/** The settings of an HDMI connector of amdgpu or i915, as an HDR compositor has left them. */
void fake_add_hdr_settings(uint32_t connector_id);

/** The panel of a handheld: "panel orientation", 80 to 83 in the kernel's order of names. */
void fake_add_orientation(uint32_t connector_id, uint64_t value);

struct fake_object *fake_add_object(uint32_t type, uint32_t id);
struct fake_object *fake_find_object(uint32_t id);
void fake_add_connector(uint32_t id, uint32_t connector_type, uint32_t type_id);

struct fake_property *fake_add_property(
	struct fake_object *object, const char *name, uint32_t flags, uint64_t value);
struct fake_property *fake_find_property(uint32_t object_id, const char *name);
void fake_remove_property(uint32_t object_id, const char *name);
/** The number of a property, 0: none. */
uint32_t fake_property_id(uint32_t object_id, const char *name);

/** A blob of the device; the bytes are copied. */
uint32_t fake_add_blob(const void *data, uint32_t len);

/** Copies a blob, or what it begins with. Returns its length, 0: there is none, nor a copy. */
uint32_t fake_copy_blob(uint64_t id, void *copy, size_t size);

/** How many blobs made by kms/ are alive. */
int fake_own_blobs(void);

/** How many GEM handles are open. */
int fake_open_handles(void);

/** Whether the last commit set this; *value may be NULL. */
bool fake_commit_has(uint32_t object_id, const char *property, uint64_t *value);
/** What the last commit set this to, 0: it did not set it. */
uint64_t fake_commit_value(uint32_t object_id, const char *property);

/** A framebuffer that is there; NULL with ENOENT in errno where none has this id. */
struct fake_fb *fake_find_fb(uint64_t id);

/** A mode of these timings: 60 Hz where clock is htotal * vtotal * 60 / 1000. */
drmModeModeInfo fake_mode(uint16_t width, uint16_t height, uint32_t clock, uint16_t htotal,
	uint16_t vtotal, uint32_t flags, uint32_t type);
