/* SPDX-License-Identifier: MIT */
/* What the kernel says of planes, beside what latch says. */
#include "../text.h"
#include "example.h"
#include "kernel.h"

/* As in drm_atomic_plane_print_state(). */
#define NONE(id) "plane[" id "]: plane-x\n\tcrtc=(null)\n\tfb=0\n\tcrtc-pos=0x0+0+0\n"
#define SHOWS(id, format, size, dst, src) \
	"plane[" id "]: plane-x\n\tcrtc=crtc-0\n\tfb=62\n\t\tallocated by = latch\n\t\trefcount=2\n" \
	"\t\tformat=" format " little-endian (0x34325258)\n\t\tmodifier=0x0\n\t\tsize=" size "\n" \
	"\t\tlayers:\n\t\t\tsize[0]=1x1\n\t\t\tobj[0]:\n\t\t\t\tsize=1000000\n\tcrtc-pos=" dst \
	"\n\tsrc-pos=" src "\n\trotation=1\n"
#define OTHERS \
	SHOWS("31", "XR24", "1000x500", "1000x500+0+0", "1000.0x500.0+0.0+0.0") NONE("35") \
	NONE("37") SHOWS("39", "AR24", "64x64", "64x64-3+7", "64.0x64.0+0.0+0.0") \
	"crtc[51]: crtc-0\n\tenable=1\n"
#define PLAYER(format, size, dst, src) SHOWS("33", format, size, dst, src) OTHERS

static const char *compare(const char *state, int differences) {
	FILE *file = text_begin();
	assert_int_equal(kernel_compare(file, example_at("/outputs/0"), state), differences);
	return text_end();
}

static void all_is_as_latch_says(void **state) {
	ASSERT_HAS(compare(PLAYER("XR24", "500x500", "500x500+500+0",
				   "500.000000x500.000000+0.000000+0.000000"),
			   0),
		"Virtual-1: /dev/dri/card0", "  33     62        XR24    500x500      500x500+500+0",
		"layer: org.example.Player", "64x64-3+7", "other-output", "free");
}

static void each_difference_is_told(void **state) {
	ASSERT_HAS(compare(PLAYER("AR24", "500x500", "500x500+500+0", "500.0x500.0+0.0+0.0"), 1),
		"format: latch says XR24, the kernel AR24");
	ASSERT_HAS(compare(PLAYER("R8  ", "500x500", "500x500+500+0", "500.0x500.0+0.0+0.0"), 1),
		"format: latch says XR24, the kernel R8\n");
	ASSERT_HAS(compare(PLAYER("XR24", "640x480", "500x500+500+0", "500.0x500.0+0.0+0.0"), 1),
		"framebuffer: latch says 500x500, the kernel 640x480");
	ASSERT_HAS(compare(PLAYER("XR24", "500x500", "500x500+400-1", "500.0x500.0+0.0+0.0"), 1),
		"rectangle: latch says 500x500+500+0, the kernel 500x500+400-1");
	ASSERT_HAS(compare(PLAYER("XR24", "500x500", "500x500+500+0", "499.5x500.0+0.5+0.0"), 1),
		"part of the buffer: latch says 500x500+0+0, the kernel 499.5x500+0.5+0");
	ASSERT_HAS(compare(NONE("33") OTHERS, 1),
		"shows: latch says a framebuffer, the kernel nothing");
	ASSERT_HAS(compare(OTHERS, 1), "the kernel knows no such plane");
	/* The number of a plane is not the end of another's. */
	ASSERT_HAS(compare(NONE("133") OTHERS, 1), "the kernel knows no such plane");
	ASSERT_HAS(compare("", 5), "31", "39");
}

static void a_window_has_no_planes(void **state) {
	FILE *file = text_begin();
	assert_int_equal(kernel_compare(file, example_at("/outputs/1"), NULL), 0);
	ASSERT_HAS(text_end(), "WL-1: a window");
}

TEST_MAIN("kernel", EXAMPLE_TEST(all_is_as_latch_says), EXAMPLE_TEST(each_difference_is_told),
	EXAMPLE_TEST(a_window_has_no_planes))
