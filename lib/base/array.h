/* Arrays that grow. */
#ifndef LATCH_BASE_ARRAY_H
#define LATCH_BASE_ARRAY_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/**
 * Makes room for `want` elements of `size` bytes. Returns the array, which may have moved, and sets
 * *capacity; or NULL without memory, then the array and *capacity are as before. The capacity
 * doubles, so that appending n elements costs O(n). `array` is NULL or from malloc(); *capacity is
 * 0 with NULL.
 */
static inline void *latch_array_grow(void *array, size_t *capacity, size_t want, size_t size) {
	if (want <= *capacity) {
		return array;
	}
	size_t wider = *capacity < 8 ? 8 : *capacity;
	while (wider < want) {
		if (wider > SIZE_MAX / 2) {
			return NULL;
		}
		wider *= 2;
	}
	void *grown = wider <= SIZE_MAX / size ? realloc(array, wider * size) : NULL;
	if (grown != NULL) {
		*capacity = wider;
	}
	return grown;
}

#endif
