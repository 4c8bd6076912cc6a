/* Params, buffers and feedback in every order: used twice, too late, destroyed in between. */
#include <drm_fourcc.h>
#include <string.h>
#include <sys/types.h>

#include "bad.h"
#include "linux-dmabuf-v1-client-protocol.h"

#define XRGB DRM_FORMAT_XRGB8888

typedef struct zwp_linux_buffer_params_v1 params;

static params *filled(struct bad *bad) {
	params *made = bad_params(bad);
	bad_add(bad, made, FD_DMABUF, 0, 0, BAD_STRIDE);
	return made;
}

static void create(params *made) {
	zwp_linux_buffer_params_v1_create(made, BAD_WIDTH, BAD_HEIGHT, XRGB, 0);
}

static struct wl_buffer *create_immed(params *made) {
	return zwp_linux_buffer_params_v1_create_immed(made, BAD_WIDTH, BAD_HEIGHT, XRGB, 0);
}

static void show(struct bad *bad, struct wl_buffer *buffer) {
	struct wl_surface *surface = wl_compositor_create_surface(bad->conn.compositor);
	wl_surface_attach(surface, buffer, 0, 0);
	wl_surface_damage_buffer(surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(surface);
}

/* --- used again ------------------------------------------------------------- */

static void create_twice(struct bad *bad, const void *data) {
	params *made = filled(bad);
	create(made);
	create(made);
}

static void create_then_immed(struct bad *bad, const void *data) {
	params *made = filled(bad);
	create(made);
	create_immed(made);
}

static void immed_then_create(struct bad *bad, const void *data) {
	params *made = filled(bad);
	create_immed(made);
	create(made);
}

static void immed_twice(struct bad *bad, const void *data) {
	params *made = filled(bad);
	create_immed(made);
	create_immed(made);
}

static void add_after_create(struct bad *bad, const void *data) {
	params *made = filled(bad);
	create(made);
	bad_add(bad, made, FD_DMABUF, 1, 0, BAD_STRIDE);
}

static void add_after_immed(struct bad *bad, const void *data) {
	params *made = filled(bad);
	create_immed(made);
	bad_add(bad, made, FD_DMABUF, 1, 0, BAD_STRIDE);
}

static void pipe_after_create(struct bad *bad, const void *data) {
	params *made = filled(bad);
	create(made);
	bad_add(bad, made, FD_PIPE, 0, 0, BAD_STRIDE);
}

static params *refused(struct bad *bad) {
	params *made = bad_params(bad);
	bad_add(bad, made, FD_PIPE, 0, 0, BAD_STRIDE);
	create(made);
	wl_display_roundtrip(bad->conn.display);
	return made;
}

static void create_after_failed(struct bad *bad, const void *data) {
	create(refused(bad));
}

static void immed_after_failed(struct bad *bad, const void *data) {
	create_immed(refused(bad));
}

static void add_after_failed(struct bad *bad, const void *data) {
	bad_add(bad, refused(bad), FD_DMABUF, 0, 0, BAD_STRIDE);
}

/* --- destroyed in between ---------------------------------------------------- */

static void destroy_empty(struct bad *bad, const void *data) {
	zwp_linux_buffer_params_v1_destroy(bad_params(bad));
}

static void destroy_filled(struct bad *bad, const void *data) {
	zwp_linux_buffer_params_v1_destroy(filled(bad));
}

static void destroy_filled_with_pipes(struct bad *bad, const void *data) {
	params *made = bad_params(bad);
	for (uint32_t i = 0; i < 4; i++) {
		bad_add(bad, made, FD_PIPE, i, 0, BAD_STRIDE);
	}
	zwp_linux_buffer_params_v1_destroy(made);
}

static void leave_filled(struct bad *bad, const void *data) {
	filled(bad);
}

static void destroy_after_create(struct bad *bad, const void *data) {
	params *made = filled(bad);
	create(made);
	zwp_linux_buffer_params_v1_destroy(made);
}

static void destroy_after_immed(struct bad *bad, const void *data) {
	params *made = filled(bad);
	struct wl_buffer *buffer = create_immed(made);
	zwp_linux_buffer_params_v1_destroy(made);
	show(bad, buffer);
}

static void destroy_after_failed(struct bad *bad, const void *data) {
	zwp_linux_buffer_params_v1_destroy(refused(bad));
	bad->answer = ANSWER_NOTHING;
}

static void destroy_manager(struct bad *bad, const void *data) {
	params *made = filled(bad);
	zwp_linux_dmabuf_v1_destroy(bad->dmabuf);
	bad->dmabuf = NULL;
	show(bad, create_immed(made));
}

static void buffer_destroyed(struct bad *bad, const void *data) {
	wl_buffer_destroy(create_immed(filled(bad)));
}

static void buffer_destroyed_attached(struct bad *bad, const void *data) {
	struct wl_buffer *buffer = create_immed(filled(bad));
	struct wl_surface *surface = wl_compositor_create_surface(bad->conn.compositor);
	wl_surface_attach(surface, buffer, 0, 0);
	wl_buffer_destroy(buffer);
	wl_surface_commit(surface);
}

static void buffer_destroyed_shown(struct bad *bad, const void *data) {
	struct wl_buffer *buffer = create_immed(filled(bad));
	show(bad, buffer);
	wl_buffer_destroy(buffer);
}

static void failed_buffer_destroyed(struct bad *bad, const void *data) {
	params *made = bad_params(bad);
	bad_add(bad, made, FD_PIPE, 0, 0, BAD_STRIDE);
	wl_buffer_destroy(create_immed(made));
}

/* --- feedback ---------------------------------------------------------------- */

static void feedback_after_surface(struct bad *bad, const void *data) {
	struct wl_surface *surface = wl_compositor_create_surface(bad->conn.compositor);
	struct zwp_linux_dmabuf_feedback_v1 *feedback =
		zwp_linux_dmabuf_v1_get_surface_feedback(bad->dmabuf, surface);
	wl_surface_destroy(surface);
	wl_display_roundtrip(bad->conn.display);
	zwp_linux_dmabuf_feedback_v1_destroy(feedback);
}

static void feedback_many(struct bad *bad, const void *data) {
	struct wl_surface *surface = wl_compositor_create_surface(bad->conn.compositor);
	for (int i = 0; i < 100; i++) {
		struct zwp_linux_dmabuf_feedback_v1 *feedback =
			i % 2 ? zwp_linux_dmabuf_v1_get_surface_feedback(bad->dmabuf, surface)
			      : zwp_linux_dmabuf_v1_get_default_feedback(bad->dmabuf);
		if (i % 3) {
			zwp_linux_dmabuf_feedback_v1_destroy(feedback);
		}
	}
}

/* --- the sampling device of version 6 ------------------------------------------ */

static void set_device(struct bad *bad, const void *data) {
	const size_t *size = data;
	params *made = filled(bad);
	struct wl_array device;
	wl_array_init(&device);
	void *bytes = wl_array_add(&device, *size);
	memset(bytes, 0, *size);
	zwp_linux_buffer_params_v1_set_sampling_device(made, &device);
	wl_array_release(&device);
}

static const size_t short_device = sizeof(dev_t) - 1, long_device = sizeof(dev_t) + 1;

#define ERROR(NAME) \
	{ \
		.interface = "zwp_linux_buffer_params_v1", \
		.codes = {ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_##NAME}, .num_codes = 1, \
	}
#define FINE {.nothing = true}

const struct bad_case bad_order_cases[] = {
	{.name = "create twice", .run = create_twice, .expected = ERROR(ALREADY_USED)},
	{.name = "create, then create_immed", .run = create_then_immed,
		.expected = ERROR(ALREADY_USED)},
	{.name = "create_immed, then create", .run = immed_then_create,
		.expected = ERROR(ALREADY_USED)},
	{.name = "create_immed twice", .run = immed_twice, .expected = ERROR(ALREADY_USED)},
	{.name = "add after create", .run = add_after_create, .expected = ERROR(ALREADY_USED)},
	{.name = "add after create_immed", .run = add_after_immed,
		.expected = ERROR(ALREADY_USED)},
	{.name = "a pipe after create", .run = pipe_after_create, .expected = ERROR(ALREADY_USED)},
	{.name = "create after failed", .run = create_after_failed,
		.expected = ERROR(ALREADY_USED)},
	{.name = "create_immed after failed", .run = immed_after_failed,
		.expected = ERROR(ALREADY_USED)},
	{.name = "add after failed", .run = add_after_failed, .expected = ERROR(ALREADY_USED)},
	{.name = "params destroyed at once", .run = destroy_empty, .expected = FINE},
	{.name = "params destroyed with a plane", .run = destroy_filled, .expected = FINE},
	{.name = "params destroyed with four pipes", .run = destroy_filled_with_pipes,
		.expected = FINE},
	{.name = "params left behind with a plane", .run = leave_filled, .expected = FINE},
	{.name = "params destroyed before the answer", .run = destroy_after_create,
		.expected = FINE},
	{.name = "params destroyed before the buffer is shown", .run = destroy_after_immed,
		.expected = FINE},
	{.name = "params destroyed after failed", .run = destroy_after_failed, .expected = FINE},
	{.name = "linux-dmabuf destroyed before its params", .run = destroy_manager,
		.expected = FINE},
	{.name = "a buffer destroyed at once", .run = buffer_destroyed, .expected = FINE},
	{.name = "a buffer destroyed between attach and commit", .run = buffer_destroyed_attached,
		.expected = FINE},
	{.name = "a buffer destroyed while it is shown", .run = buffer_destroyed_shown,
		.expected = FINE},
	{.name = "a buffer that failed is destroyed", .run = failed_buffer_destroyed,
		.expected = {.failed = true, .interface = "zwp_linux_buffer_params_v1",
			.codes = {ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_WL_BUFFER},
			.num_codes = 1}},
	{.name = "feedback that outlives its surface", .run = feedback_after_surface, .version = 4,
		.expected = FINE},
	{.name = "a hundred feedbacks", .run = feedback_many, .version = 4, .expected = FINE},
	{.name = "a sampling device that is too short", .run = set_device, .data = &short_device,
		.version = 6, .expected = ERROR(INVALID_DEV_T_SIZE)},
	{.name = "a sampling device that is too long", .run = set_device, .data = &long_device,
		.version = 6, .expected = ERROR(INVALID_DEV_T_SIZE)},
	{0},
};
