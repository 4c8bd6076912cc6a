/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <yyjson.h>

/* The output at this place. */
enum {
	/*
	 * vkms, 1000x500. Planes: 31 primary with the composed picture, 33 overlay with layer 1,
	 * 35 overlay, free, 37 of another output, 39 cursor. Layers, front to back: 0 a player on
	 * plane 33 in the right half; 1 a terminal in shared memory, over all of the left half; 2
	 * covered by it; 3 of a client without a name, refused by the kernel, behind everything.
	 */
	EXAMPLE_SCREEN,
	/* No planes; one layer. */
	EXAMPLE_WINDOW,
};

/* A document of planes, another one in each test. */
extern yyjson_mut_doc *example;
#define EXAMPLE_TEST(function) \
	cmocka_unit_test_setup_teardown(function, example_begin, example_end)
int example_begin(void **state);
int example_end(void **state);

/* By JSON pointer; fails the test where there is none. */
yyjson_mut_val *example_at(const char *path);
