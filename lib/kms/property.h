#ifndef LATCH_KMS_PROPERTY_H
#define LATCH_KMS_PROPERTY_H

#include <errno.h>
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
	/** The value is the number of a blob, or 0. */
	bool blob;
	/** It is put back at the end, see saved_state.h. */
	bool kept;
	/** When it was read. */
	uint64_t value;
	/** Range properties only, else 0. Signed ranges are int64_t in here. */
	uint64_t min, max;
};

/** The numbers that a driver gave to the names of an enum or bitmask property. */
struct kms_enum_values {
	/** Bit i: names[i] exists. */
	uint32_t mask;
	/** For bitmasks the number of the bit. */
	uint64_t values[8];
};

/** Which name goes to which field of an object's struct. */
struct kms_property_spec {
	const char *name;
	/** Of a struct kms_property in the struct. */
	size_t offset;
	/** Whether its value is put back at the end, as far as it can be written. */
	bool kept;
	/** For enums and bitmasks: up to 8 names (NULL: left out), and the place of their values, a
	 * struct kms_enum_values, in the struct. */
	const char *const *names;
	size_t names_len;
	size_t values;
};

/**
 * Reads all properties of an object (DRM_MODE_OBJECT_*) and fills the fields named in specs; the
 * others get id 0, and names that do not exist an empty mask. Returns 0 or negative errno: -ENOENT
 * when the object has gone.
 */
int kms_properties_read(int fd, uint32_t object_id, uint32_t object_type,
	const struct kms_property_spec *specs, size_t specs_len, void *object);

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

#endif
