/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** What is left of an input. Past its end all is 0. */
struct reader {
	const uint8_t *bytes;
	size_t len;
};

static inline uint8_t read_u8(struct reader *reader) {
	if (reader->len == 0) {
		return 0;
	}
	reader->len--;
	return *reader->bytes++;
}

static inline uint32_t read_u16(struct reader *reader) {
	uint32_t low = read_u8(reader);
	return low | (uint32_t)read_u8(reader) << 8;
}

static inline uint32_t read_u32(struct reader *reader) {
	uint32_t low = read_u16(reader);
	return low | read_u16(reader) << 16;
}

/* So many bytes, or as many as are left: *len says how many. */
static inline const uint8_t *read_bytes(struct reader *reader, size_t *len) {
	const uint8_t *bytes = reader->bytes;
	*len = *len < reader->len ? *len : reader->len;
	reader->bytes += *len;
	reader->len -= *len;
	return bytes;
}
