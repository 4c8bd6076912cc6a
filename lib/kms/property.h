/* SPDX-License-Identifier: MIT */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xf86drmMode.h>

/*
 * KMS properties have names in the documentation and numbers in the kernel; the numbers differ
 * from boot to boot and sometimes from object to object. Each object's are looked up once.
 */

/** So many values of an enum or a bitmask have a name here, at most. */
#define KMS_PROPERTY_NAMES 8

/** A property of one object. id 0: the object has no such property. */
struct kms_property {
	uint32_t id;
	/** The kernel sets it, we can only read. */
	bool immutable;
	/** The value is the number of a blob, or 0. */
	bool blob;
	/** It is put back at the end, see saved_state.h. */
	bool kept;
	/** When it was read. */
	uint64_t value;
	/** Of a range, int64_t in here where it is signed; where it is immutable, the value; else
	 * 0. */
	uint64_t min, max;
	/** Enums and bitmasks, by the names of the spec. Bit i: the i-th can be had. Without the
	 * property that is the first one, the default. */
	uint32_t mask;
	/** The driver's numbers for the names; for bitmasks the numbers of the bits. */
	uint64_t values[KMS_PROPERTY_NAMES];
};

/** How a member of struct kms_plane_state, of four bytes, is written to a plane's property. */
enum kms_value_kind {
	/** By commit.c in its own way, or not at all. */
	KMS_VALUE_NONE,
	/** As it is, signed or not. */
	KMS_VALUE_NUMBER,
	KMS_VALUE_SIGNED,
	/** It is the place of a name: the driver's number for that. A NULL in the place of a name
	 * is not written: the property stays what it is. */
	KMS_VALUE_NAME,
};

/** Which name goes to which property of an object's struct, a struct of properties alone. */
struct kms_property_spec {
	const char *name;
	/** Of a struct kms_property in the struct. */
	size_t offset;
	/** Whether its value is put back at the end, as far as it can be written. */
	bool kept;
	/** For enums and bitmasks: KMS_PROPERTY_NAMES names, of which some may be NULL. */
	const char *const *names;
	/** Planes: the member that says what it is to be, and whether every plane has it. */
	enum kms_value_kind kind;
	size_t member;
	bool required;
};

/** The property that a spec is about, of a struct of properties. */
static inline const struct kms_property *kms_property_at(
	const void *properties, const struct kms_property_spec *spec) {
	return (const void *)((const char *)properties + spec->offset);
}

/* The property's place in its struct, and name, and what else there is to say of it. */
#define KMS_PROPERTY(properties, field, ...)                                                       \
	{ .offset = offsetof(properties, field), .name = __VA_ARGS__ }

/**
 * Reads all properties of an object (DRM_MODE_OBJECT_*) and fills those named in specs; the others
 * get id 0. Returns 0 or negative errno: -ENOENT when the object has gone.
 */
int kms_properties_read(int fd, uint32_t object_id, uint32_t object_type,
	const struct kms_property_spec *specs, size_t specs_len, void *properties);

/** Which of its names the value has, by the spec; other: none of them. */
unsigned kms_property_name(const struct kms_property *property, unsigned other);

/**
 * Reads how the value of an enum property is called; empty where the property does not exist or has
 * no such value, or can't be read.
 */
void kms_property_read_name(
	int fd, const struct kms_property *property, char name[DRM_PROP_NAME_LEN]);

/** What went wrong in libdrm, which does not always say so: a negative errno. */
static inline int kms_errno(void) {
	return errno != 0 ? -errno : -EIO;
}
