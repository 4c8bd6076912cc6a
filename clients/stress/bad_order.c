/* SPDX-License-Identifier: MIT */
/* Params, buffers and feedback in every order: used twice, too late, destroyed in between. */
#include <string.h>
#include <sys/types.h>

#include "bad.h"
#include "linux-dmabuf-v1-client-protocol.h"

/* --- feedback ---------------------------------------------------------------- */

static void feedback_after_surface(struct bad *bad, const void *data) {
	struct wl_surface *surface = wl_compositor_create_surface(bad->conn.compositor);
	struct zwp_linux_dmabuf_feedback_v1 *feedback =
		zwp_linux_dmabuf_v1_get_surface_feedback(bad->conn.dmabuf, surface);
	wl_surface_destroy(surface);
	wl_display_roundtrip(bad->conn.display);
	zwp_linux_dmabuf_feedback_v1_destroy(feedback);
}

static void feedback_many(struct bad *bad, const void *data) {
	struct wl_surface *surface = wl_compositor_create_surface(bad->conn.compositor);
	for (int i = 0; i < 100; i++) {
		struct zwp_linux_dmabuf_feedback_v1 *feedback =
			i % 2 ? zwp_linux_dmabuf_v1_get_surface_feedback(bad->conn.dmabuf, surface)
			      : zwp_linux_dmabuf_v1_get_default_feedback(bad->conn.dmabuf);
		if (i % 3) {
			zwp_linux_dmabuf_feedback_v1_destroy(feedback);
		}
	}
}

/* --- the sampling device of version 6 ------------------------------------------ */

static void set_device(struct bad *bad, const void *data) {
	const size_t *size = data;
	struct wl_array device;
	wl_array_init(&device);
	void *bytes = wl_array_add(&device, *size);
	memset(bytes, 0, *size);
	bad_take_steps(bad, STEPS(FILLED));
	zwp_linux_buffer_params_v1_set_sampling_device(bad->params, &device);
	wl_array_release(&device);
}

static const size_t short_device = sizeof(dev_t) - 1, long_device = sizeof(dev_t) + 1;

#define ERRORS(NAME) \
	BAD_ERRORS("zwp_linux_buffer_params_v1", ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_##NAME)
#define ERROR(NAME) {ERRORS(NAME)}
#define CASE(NAME, STEPS, ...) \
	{.name = NAME, .run = bad_take_steps, .data = STEPS, .expected = __VA_ARGS__}
#define ADD_PIPE {ADD, FD_PIPE, 0}
#define REFUSED {PARAMS}, ADD_PIPE, {CREATE}, {ROUNDTRIP}

const struct bad_case bad_order_cases[] = {
	CASE("create twice", STEPS(FILLED, {CREATE}, {CREATE}), ERROR(ALREADY_USED)),
	CASE("create, then create_immed", STEPS(FILLED, {CREATE}, {CREATE_IMMED}),
		ERROR(ALREADY_USED)),
	CASE("create_immed, then create", STEPS(FILLED, {CREATE_IMMED}, {CREATE}),
		ERROR(ALREADY_USED)),
	CASE("create_immed twice", STEPS(FILLED, {CREATE_IMMED}, {CREATE_IMMED}),
		ERROR(ALREADY_USED)),
	CASE("add after create", STEPS(FILLED, {CREATE}, {ADD, FD_DMABUF, 1}), ERROR(ALREADY_USED)),
	CASE("add after create_immed", STEPS(FILLED, {CREATE_IMMED}, {ADD, FD_DMABUF, 1}),
		ERROR(ALREADY_USED)),
	CASE("a pipe after create", STEPS(FILLED, {CREATE}, ADD_PIPE), ERROR(ALREADY_USED)),
	CASE("create after failed", STEPS(REFUSED, {CREATE}), ERROR(ALREADY_USED)),
	CASE("create_immed after failed", STEPS(REFUSED, {CREATE_IMMED}), ERROR(ALREADY_USED)),
	CASE("add after failed", STEPS(REFUSED, {ADD, FD_DMABUF, 0}), ERROR(ALREADY_USED)),
	CASE("params destroyed at once", STEPS({PARAMS}, {UNPARAMS}), FINE),
	CASE("params destroyed with a plane", STEPS(FILLED, {UNPARAMS}), FINE),
	CASE("params destroyed with four pipes",
		STEPS({PARAMS}, ADD_PIPE, {ADD, FD_PIPE, 1}, {ADD, FD_PIPE, 2}, {ADD, FD_PIPE, 3},
			{UNPARAMS}),
		FINE),
	CASE("params left behind with a plane", STEPS(FILLED), FINE),
	CASE("params destroyed before the answer", STEPS(FILLED, {CREATE}, {UNPARAMS}), FINE),
	CASE("params destroyed before the buffer is shown",
		STEPS(FILLED, {CREATE_IMMED}, {UNPARAMS}, SHOW), FINE),
	CASE("params destroyed after failed", STEPS(REFUSED, {UNPARAMS}, {FORGET_ANSWER}), FINE),
	CASE("linux-dmabuf destroyed before its params",
		STEPS(FILLED, {UNMANAGE}, {CREATE_IMMED}, SHOW), FINE),
	CASE("a buffer destroyed at once", STEPS(FILLED, {CREATE_IMMED}, {UNBUFFER}), FINE),
	CASE("a buffer destroyed between attach and commit",
		STEPS(FILLED, {CREATE_IMMED}, {ATTACH}, {UNBUFFER}, {COMMIT}), FINE),
	CASE("a buffer destroyed while it is shown",
		STEPS(FILLED, {CREATE_IMMED}, SHOW, {UNBUFFER}), FINE),
	CASE("a buffer that failed is destroyed",
		STEPS({PARAMS}, ADD_PIPE, {CREATE_IMMED}, {UNBUFFER}),
		{ERRORS(INVALID_WL_BUFFER), .failed = true}),
	{.name = "feedback that outlives its surface", .run = feedback_after_surface, .version = 4,
		.expected = FINE},
	{.name = "a hundred feedbacks", .run = feedback_many, .version = 4, .expected = FINE},
	{.name = "a sampling device that is too short", .run = set_device, .data = &short_device,
		.version = 6, .expected = ERROR(INVALID_DEV_T_SIZE)},
	{.name = "a sampling device that is too long", .run = set_device, .data = &long_device,
		.version = 6, .expected = ERROR(INVALID_DEV_T_SIZE)},
	{0},
};
