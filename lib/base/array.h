/* SPDX-License-Identifier: MIT */
/* Arrays that grow. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/**
 * Makes room for `want` elements of `size` bytes. array: a pointer to the pointer to the first one,
 * which is NULL or from malloc(), and may move; *capacity is 0 with NULL. Returns false without
 * memory, then all is as before. The capacity doubles, so that appending n elements costs O(n).
 */
static inline bool latch_array_reserve(void *array, size_t *capacity, size_t want, size_t size) {
	if (want <= *capacity) {
		return true;
	}
	size_t wider = *capacity < 8 ? 8 : *capacity;
	while (wider < want) {
		if (wider > SIZE_MAX / 2) {
			return false;
		}
		wider *= 2;
	}
	void *elements;
	memcpy(&elements, array, sizeof(elements));
	elements = wider <= SIZE_MAX / size ? realloc(elements, wider * size) : NULL;
	if (elements == NULL) {
		return false;
	}
	memcpy(array, &elements, sizeof(elements));
	*capacity = wider;
	return true;
}
