#ifndef LATCH_KMS_PROPERTY_H
#define LATCH_KMS_PROPERTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xf86drmMode.h>

/*
 * KMS properties have names in the documentation and numbers in the kernel; the numbers differ
 * from boot to boot and sometimes from object to object. Each object's are looked up once.
 */

/** A property of one object. id 0: the object has no such property. */
struct kms_property {
	uint32_t id;
	/** The kernel sets it, we can only read. */
	bool immutable;
	/** When it was read. */
	uint64_t value;
	/** Range properties only, else 0. Signed ranges are int64_t in here. */
	uint64_t min, max;
};

/** Which name goes to which field of a struct of struct kms_property. */
struct kms_property_spec {
	const char *name;
	size_t offset;
};

/**
 * Reads all properties of an object (DRM_MODE_OBJECT_*) and fills the fields named in specs; the
 * others get id 0. Returns 0 or negative errno: -ENOENT when the object has gone.
 */
int kms_properties_read(int fd, uint32_t object_id, uint32_t object_type,
	const struct kms_property_spec *specs, size_t specs_len, void *fields);

/** The numbers that a driver gave to the names of an enum or bitmask property. */
struct kms_enum_values {
	/** Bit i: names[i] exists. */
	uint32_t mask;
	/** For bitmasks the number of the bit. */
	uint64_t values[8];
};

/** Looks up to 8 names up. An id of 0 gives an empty mask. Returns 0 or negative errno. */
int kms_property_read_enum(int fd, uint32_t property_id, const char *const *names, size_t names_len,
	struct kms_enum_values *values);

/**
 * Reads how the value of an enum property is called; empty where the property does not exist or has
 * no such value. Returns 0 or negative errno.
 */
int kms_property_read_name(
	int fd, const struct kms_property *property, char name[DRM_PROP_NAME_LEN]);

#endif
