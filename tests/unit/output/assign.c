/* The planner on tables of layers: which one is scanned out, and why the others are not. */
#include <cmocka.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <drm_fourcc.h>
#include <errno.h>
#include <string.h>

#include "output/assign.h"

#define WIDTH 1024
#define HEIGHT 768

/* A kernel that answers as it is told, and counts the questions. */
struct fake_kernel {
	uint64_t buffer_reasons;
	bool accepts;
	int error; // 0: -EINVAL
	int tests;
};

static uint64_t check_buffer(void *data, const struct latch_layer *layer) {
	struct fake_kernel *kernel = data;
	return kernel->buffer_reasons;
}

static int test_commit(void *data, const struct latch_layer *layer) {
	struct fake_kernel *kernel = data;
	kernel->tests++;
	return kernel->accepts ? 0 : kernel->error != 0 ? kernel->error : -EINVAL;
}

static struct latch_assign_input make_input(struct fake_kernel *kernel) {
	return (struct latch_assign_input){
		.width = WIDTH,
		.height = HEIGHT,
		.has_planes = true,
		.scanout_allowed = true,
		.check_buffer = check_buffer,
		.test = test_commit,
		.data = kernel,
	};
}

static struct latch_layer make_layer(int x, int y, int width, int height) {
	return (struct latch_layer){
		.fourcc = DRM_FORMAT_XRGB8888,
		.is_dmabuf = true,
		.buffer_width = width,
		.buffer_height = height,
		.src = {.width = width, .height = height},
		.dst = {.x = x, .y = y, .width = width, .height = height},
		.opaque = true,
	};
}

static void fullscreen_goes_to_the_plane(void **state) {
	struct fake_kernel kernel = {.accepts = true};
	struct latch_assign_input input = make_input(&kernel);
	struct latch_assign_memory memory = {0};
	struct latch_layer layer = make_layer(0, 0, WIDTH, HEIGHT);
	struct latch_plan plan = latch_assign(&layer, 1, &input, &memory);
	assert_ptr_equal(plan.primary, &layer);
	assert_int_equal(plan.visible, 1);
	assert_true(layer.on_primary);
	assert_int_equal(layer.reasons, 0);
	assert_int_equal(kernel.tests, 1);
}

static void a_small_opaque_layer_alone_goes_too(void **state) {
	struct fake_kernel kernel = {.accepts = true};
	struct latch_assign_input input = make_input(&kernel);
	struct latch_assign_memory memory = {0};
	struct latch_layer layer = make_layer(100, 50, 300, 200);
	assert_ptr_equal(latch_assign(&layer, 1, &input, &memory).primary, &layer);
}

static void new_buffers_are_not_tested_again(void **state) {
	struct fake_kernel kernel = {.accepts = true};
	struct latch_assign_input input = make_input(&kernel);
	struct latch_assign_memory memory = {0};
	for (int i = 0; i < 100; i++) {
		struct latch_layer layer = make_layer(0, 0, WIDTH, HEIGHT);
		layer.content = (struct latch_content *)(uintptr_t)(i + 1);
		assert_non_null(latch_assign(&layer, 1, &input, &memory).primary);
	}
	assert_int_equal(kernel.tests, 1);

	/* Anything but the buffer's content asks again. */
	struct latch_layer moved = make_layer(1, 0, WIDTH, HEIGHT);
	latch_assign(&moved, 1, &input, &memory);
	assert_int_equal(kernel.tests, 2);
	struct latch_layer format = make_layer(1, 0, WIDTH, HEIGHT);
	format.fourcc = DRM_FORMAT_XBGR8888;
	latch_assign(&format, 1, &input, &memory);
	assert_int_equal(kernel.tests, 3);
	latch_assign_forget(&memory);
	latch_assign(&format, 1, &input, &memory);
	assert_int_equal(kernel.tests, 4);
}

static void a_refusal_is_remembered(void **state) {
	struct fake_kernel kernel = {.accepts = false};
	struct latch_assign_input input = make_input(&kernel);
	struct latch_assign_memory memory = {0};
	for (int i = 0; i < 10; i++) {
		struct latch_layer layer = make_layer(0, 0, WIDTH, HEIGHT);
		assert_null(latch_assign(&layer, 1, &input, &memory).primary);
		assert_int_equal(layer.reasons, LATCH_REASON_TEST_REFUSED);
	}
	assert_int_equal(kernel.tests, 1);
}

static void a_busy_kernel_is_asked_again(void **state) {
	struct fake_kernel kernel = {.accepts = false, .error = -EBUSY};
	struct latch_assign_input input = make_input(&kernel);
	struct latch_assign_memory memory = {0};
	struct latch_layer layer = make_layer(0, 0, WIDTH, HEIGHT);
	assert_null(latch_assign(&layer, 1, &input, &memory).primary);
	kernel.accepts = true;
	assert_non_null(latch_assign(&layer, 1, &input, &memory).primary);
	assert_int_equal(kernel.tests, 2);
}

static void what_is_covered_costs_nothing(void **state) {
	struct fake_kernel kernel = {.accepts = true};
	struct latch_assign_input input = make_input(&kernel);
	struct latch_assign_memory memory = {0};
	struct latch_layer layers[] = {
		make_layer(0, 0, WIDTH, HEIGHT),
		make_layer(10, 10, 100, 100),
		make_layer(0, 0, WIDTH, HEIGHT),
	};
	struct latch_plan plan = latch_assign(layers, 3, &input, &memory);
	assert_ptr_equal(plan.primary, &layers[0]);
	assert_int_equal(plan.visible, 1);
	assert_true(layers[1].covered && layers[2].covered);
	assert_int_equal(layers[1].reasons, LATCH_REASON_COVERED);
}

static void two_halves_cover_together(void **state) {
	struct fake_kernel kernel = {.accepts = true};
	struct latch_assign_input input = make_input(&kernel);
	struct latch_assign_memory memory = {0};
	struct latch_layer layers[] = {
		make_layer(0, 0, WIDTH / 2, HEIGHT),
		make_layer(WIDTH / 2, 0, WIDTH / 2, HEIGHT),
		make_layer(100, 100, 824, 500),
	};
	struct latch_plan plan = latch_assign(layers, 3, &input, &memory);
	assert_null(plan.primary);
	assert_int_equal(plan.visible, 2);
	assert_true(layers[2].covered);
	assert_int_equal(layers[0].reasons, LATCH_REASON_NO_FREE_PLANE);
	assert_int_equal(kernel.tests, 0);
}

static void a_translucent_one_covers_nothing(void **state) {
	struct fake_kernel kernel = {.accepts = true};
	struct latch_assign_input input = make_input(&kernel);
	struct latch_assign_memory memory = {0};
	struct latch_layer layers[] = {
		make_layer(0, 0, WIDTH, HEIGHT),
		make_layer(0, 0, WIDTH, HEIGHT),
	};
	layers[0].opaque = false;
	struct latch_plan plan = latch_assign(layers, 2, &input, &memory);
	assert_null(plan.primary);
	assert_int_equal(plan.visible, 2);
	assert_int_equal(
		layers[0].reasons, LATCH_REASON_NO_FREE_PLANE | LATCH_REASON_PARTLY_TRANSPARENT);
}

static void what_is_off_screen_is_covered(void **state) {
	struct fake_kernel kernel = {.accepts = true};
	struct latch_assign_input input = make_input(&kernel);
	struct latch_assign_memory memory = {0};
	struct latch_layer layers[] = {
		make_layer(-300, 0, 300, 300),
		make_layer(WIDTH, 0, 10, 10),
		make_layer(0, 0, 0, 0),
		make_layer(-10, -10, 20, 20),
	};
	struct latch_plan plan = latch_assign(layers, 4, &input, &memory);
	assert_int_equal(plan.visible, 1);
	assert_ptr_equal(plan.primary, &layers[3]);
}

static void every_refusal_has_its_name(void **state) {
	struct fake_kernel kernel = {.accepts = true};
	struct latch_assign_input input = make_input(&kernel);
	struct latch_assign_memory memory = {0};

	struct latch_layer layer = make_layer(0, 0, WIDTH, HEIGHT);
	layer.is_dmabuf = false;
	latch_assign(&layer, 1, &input, &memory);
	assert_int_equal(layer.reasons, LATCH_REASON_NO_DMABUF);

	layer = make_layer(0, 0, WIDTH, HEIGHT);
	layer.opaque = false;
	latch_assign(&layer, 1, &input, &memory);
	assert_int_equal(layer.reasons, LATCH_REASON_PARTLY_TRANSPARENT);

	layer = make_layer(0, 0, WIDTH, HEIGHT);
	layer.src.width = WIDTH / 2;
	latch_assign(&layer, 1, &input, &memory);
	assert_int_equal(layer.reasons, LATCH_REASON_SCALING);

	layer = make_layer(0, 0, WIDTH, HEIGHT);
	layer.transform = WL_OUTPUT_TRANSFORM_180;
	latch_assign(&layer, 1, &input, &memory);
	assert_int_equal(layer.reasons, LATCH_REASON_ROTATION);

	layer = make_layer(0, 0, WIDTH, HEIGHT);
	kernel.buffer_reasons = LATCH_REASON_MODIFIER;
	latch_assign(&layer, 1, &input, &memory);
	assert_int_equal(layer.reasons, LATCH_REASON_MODIFIER);
	kernel.buffer_reasons = 0;

	layer = make_layer(0, 0, WIDTH, HEIGHT);
	input.scanout_allowed = false;
	latch_assign(&layer, 1, &input, &memory);
	assert_int_equal(layer.reasons, LATCH_REASON_DISABLED);
	input.scanout_allowed = true;

	layer = make_layer(0, 0, WIDTH, HEIGHT);
	input.has_planes = false;
	latch_assign(&layer, 1, &input, &memory);
	assert_int_equal(layer.reasons, LATCH_REASON_NO_KMS);
	assert_int_equal(kernel.tests, 0);
}

static void an_empty_screen_is_black(void **state) {
	struct fake_kernel kernel = {.accepts = true};
	struct latch_assign_input input = make_input(&kernel);
	struct latch_assign_memory memory = {0};
	struct latch_plan plan = latch_assign(NULL, 0, &input, &memory);
	assert_null(plan.primary);
	assert_int_equal(plan.visible, 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fullscreen_goes_to_the_plane),
		cmocka_unit_test(a_small_opaque_layer_alone_goes_too),
		cmocka_unit_test(new_buffers_are_not_tested_again),
		cmocka_unit_test(a_refusal_is_remembered),
		cmocka_unit_test(a_busy_kernel_is_asked_again),
		cmocka_unit_test(what_is_covered_costs_nothing),
		cmocka_unit_test(two_halves_cover_together),
		cmocka_unit_test(a_translucent_one_covers_nothing),
		cmocka_unit_test(what_is_off_screen_is_covered),
		cmocka_unit_test(every_refusal_has_its_name),
		cmocka_unit_test(an_empty_screen_is_black),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("assign", tests, NULL, NULL);
}
