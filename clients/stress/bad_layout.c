/* SPDX-License-Identifier: MIT */
/* Buffers that can't be: what their params say is wrong in itself. */
#include <drm_fourcc.h>

#include "bad.h"
#include "common/util.h"
#include "linux-dmabuf-v1-client-protocol.h"

#define MAX_PLANES 5

struct plane {
	enum bad_fd kind;
	uint32_t index, offset, stride;
	uint64_t modifier;
};

/** A buffer as a client might describe it. */
struct layout {
	int32_t width, height;
	uint32_t format;
	int num_planes;
	struct plane planes[MAX_PLANES];
};

static struct zwp_linux_buffer_params_v1 *describe(
	struct bad *bad, const struct layout *layout) {
	struct zwp_linux_buffer_params_v1 *params = bad_params(bad);
	for (int i = 0; i < layout->num_planes; i++) {
		const struct plane *plane = &layout->planes[i];
		int fd = bad_open(bad, plane->kind);
		if (fd < 0) {
			break;
		}
		zwp_linux_buffer_params_v1_add(params, fd, plane->index, plane->offset,
			plane->stride, (uint32_t)(plane->modifier >> 32),
			(uint32_t)(plane->modifier & UINT32_MAX));
		latch_fd_clear(&fd);
	}
	return params;
}

static void create(struct bad *bad, const void *data) {
	const struct layout *layout = data;
	zwp_linux_buffer_params_v1_create(describe(bad, layout), layout->width, layout->height,
		layout->format, 0);
}

static void create_immed(struct bad *bad, const void *data) {
	const struct layout *layout = data;
	zwp_linux_buffer_params_v1_create_immed(describe(bad, layout), layout->width, layout->height,
		layout->format, 0);
}

#define XRGB DRM_FORMAT_XRGB8888
#define ERROR(NAME) ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_##NAME
#define PLANE(...) {__VA_ARGS__}
/* The whole of the memory, as plane INDEX. */
#define WHOLE(INDEX) PLANE(FD_DMABUF, INDEX, 0, BAD_STRIDE)

/* An answer of these codes. "Any argument errors may be indicated by fatal protocol errors", and so
 * they may be by the failed event; but not by a buffer. */
#define ANY_OF(...) {BAD_ERRORS("zwp_linux_buffer_params_v1", __VA_ARGS__), .failed = true}

#define WRONG(NAME) ANY_OF(ERROR(NAME))
/* An answer that the protocol leaves no choice about. */
#define FATAL(NAME) {BAD_ERRORS("zwp_linux_buffer_params_v1", ERROR(NAME))}

/* The same buffer by both requests. */
#define BOTH_IN(NAME, VERSION, BUFFER, ...) \
	{.name = NAME " (create)", .run = create, .data = &BUFFER, .version = VERSION, \
		.expected = __VA_ARGS__}, \
	{.name = NAME " (create_immed)", .run = create_immed, .data = &BUFFER, \
		.version = VERSION, .expected = __VA_ARGS__}
#define BOTH(NAME, BUFFER, ...) BOTH_IN(NAME, 0, BUFFER, __VA_ARGS__)

#define BEYOND(NAME, BUFFER) BOTH(NAME, BUFFER, WRONG(OUT_OF_BOUNDS))
#define TOO_LARGE(NAME, BUFFER) \
	BOTH(NAME, BUFFER, ANY_OF(ERROR(OUT_OF_BOUNDS), ERROR(INVALID_DIMENSIONS)))
#define UNKNOWN(NAME, BUFFER) BOTH_IN(NAME, 4, BUFFER, FATAL(INVALID_FORMAT))

#define LAYOUT(W, H, F, N, ...) ((const struct layout){W, H, F, N, {__VA_ARGS__}})
#define XRGB_OF(N, ...) LAYOUT(BAD_WIDTH, BAD_HEIGHT, XRGB, N, __VA_ARGS__)
/* The first plane is good. */
#define NV12_OF(H, ...) LAYOUT(BAD_WIDTH, H, DRM_FORMAT_NV12, 2, WHOLE(0), __VA_ARGS__)
#define SIZED(W, H) LAYOUT(W, H, XRGB, 1, WHOLE(0))
#define PLACED(OFFSET, STRIDE) XRGB_OF(1, PLANE(FD_DMABUF, 0, OFFSET, STRIDE))
#define FORMATTED(FORMAT, MODIFIER) \
	LAYOUT(BAD_WIDTH, BAD_HEIGHT, FORMAT, 1, PLANE(FD_DMABUF, 0, 0, BAD_STRIDE, MODIFIER))
#define OF_KIND(KIND) XRGB_OF(1, PLANE(KIND, 0, 0, BAD_STRIDE))

/* Not what a client could know to be wrong before it has looked at the fd: `failed`; or, as an
 * alternative of create_immed alone, an error without a name of its own. */
#define NO_DMABUF(KIND, WHAT) \
	{.name = WHAT " as a dma-buf (create)", .run = create, .data = &OF_KIND(KIND), \
		.expected = {.failed = true}}, \
	{.name = WHAT " as a dma-buf (create_immed)", .run = create_immed, .data = &OF_KIND(KIND), \
		.expected = WRONG(INVALID_WL_BUFFER)}

const struct bad_case bad_fd_cases[] = {
	BAD_NO_GRAPHICS_FDS(NO_DMABUF),
	NO_DMABUF(FD_SYNC_FILE, "a sync_file"),
	NO_DMABUF(FD_SYNCOBJ, "a syncobj"),
	{0},
};

/* A multiple of 2^32 bytes, which 32 bits take for 0. */
#define WRAPPING_STRIDE (UINT32_C(1) << 26)
#define WRAPPING_OFFSET (UINT32_MAX - BAD_SIZE + 1)

const struct bad_case bad_layout_cases[] = {
	/* Bounds. */
	BEYOND("a row too many", SIZED(BAD_WIDTH, BAD_HEIGHT + 1)),
	BEYOND("an offset that leaves too little", PLACED(BAD_STRIDE, BAD_STRIDE)),
	BEYOND("an offset of one byte", PLACED(1, BAD_STRIDE)),
	BEYOND("an offset at the end", PLACED(BAD_SIZE, BAD_STRIDE)),
	BEYOND("an offset beyond the end", PLACED(BAD_SIZE * 16, BAD_STRIDE)),
	BEYOND("the greatest offset", PLACED(UINT32_MAX, BAD_STRIDE)),
	BEYOND("an offset that wraps around", PLACED(WRAPPING_OFFSET, BAD_STRIDE)),
	BEYOND("a stride of 0", PLACED(0, 0)),
	BEYOND("a stride of 1", PLACED(0, 1)),
	BEYOND("a stride one byte below a row", PLACED(0, BAD_STRIDE - 1)),
	BEYOND("a stride of half a row", PLACED(0, BAD_STRIDE / 2)),
	BEYOND("a stride of two rows", PLACED(0, BAD_STRIDE * 2)),
	BEYOND("a negative stride", PLACED(0, UINT32_C(0) - BAD_STRIDE)),
	BEYOND("the greatest stride", PLACED(0, UINT32_MAX)),
	BEYOND("stride x height that wraps around", PLACED(0, WRAPPING_STRIDE)),
	BEYOND("a width that the stride does not hold", SIZED(BAD_WIDTH + 1, 1)),
	TOO_LARGE("a width whose bytes wrap around", SIZED(0x40000001, 1)),
	TOO_LARGE("the greatest width", SIZED(INT32_MAX, 1)),
	TOO_LARGE("the greatest height", SIZED(1, INT32_MAX)),
	TOO_LARGE("the greatest of both", SIZED(INT32_MAX, INT32_MAX)),

	/* Dimensions. */
	BOTH("no width", SIZED(0, BAD_HEIGHT), WRONG(INVALID_DIMENSIONS)),
	BOTH("no height", SIZED(BAD_WIDTH, 0), WRONG(INVALID_DIMENSIONS)),
	BOTH("neither", SIZED(0, 0), WRONG(INVALID_DIMENSIONS)),
	BOTH("a negative width", SIZED(-BAD_WIDTH, BAD_HEIGHT), WRONG(INVALID_DIMENSIONS)),
	BOTH("a negative height", SIZED(BAD_WIDTH, -BAD_HEIGHT), WRONG(INVALID_DIMENSIONS)),
	BOTH("the least width and height", SIZED(INT32_MIN, INT32_MIN), WRONG(INVALID_DIMENSIONS)),

	/* Formats and modifiers. */
	UNKNOWN("an unknown format", FORMATTED(fourcc_code('Z', 'Z', 'Z', 'Z'), 0)),
	UNKNOWN("format 0", FORMATTED(0, 0)),
	UNKNOWN("the greatest format", FORMATTED(UINT32_MAX, 0)),
	UNKNOWN("a format with the bytes turned round", FORMATTED(XRGB | DRM_FORMAT_BIG_ENDIAN, 0)),
	UNKNOWN("an unknown modifier", FORMATTED(XRGB, UINT64_C(0x7f00000000000001))),
	UNKNOWN("the greatest modifier", FORMATTED(XRGB, UINT64_MAX)),
	BOTH_IN("an unknown format, before version 4", 3,
		FORMATTED(fourcc_code('Z', 'Z', 'Z', 'Z'), 0), WRONG(INVALID_FORMAT)),

	/* Planes. */
	BOTH("no plane", XRGB_OF(0, {0}), WRONG(INCOMPLETE)),
	BOTH("plane 1 alone", XRGB_OF(1, WHOLE(1)), WRONG(INCOMPLETE)),
	BOTH("plane 3 alone", XRGB_OF(1, WHOLE(3)), WRONG(INCOMPLETE)),
	BOTH("planes 0 and 2", XRGB_OF(2, WHOLE(0), WHOLE(2)), WRONG(INCOMPLETE)),
	BOTH("a second plane of a format that has one", XRGB_OF(2, WHOLE(0), WHOLE(1)),
		WRONG(INCOMPLETE)),
	BOTH("four planes of a format that has one",
		XRGB_OF(4, WHOLE(0), WHOLE(1), WHOLE(2), WHOLE(3)), WRONG(INCOMPLETE)),
	BOTH("one plane of a format that has two", FORMATTED(DRM_FORMAT_NV12, 0),
		ANY_OF(ERROR(INCOMPLETE), ERROR(INVALID_FORMAT))),
	BOTH("two planes of a format that has three",
		LAYOUT(BAD_WIDTH, BAD_HEIGHT / 2, DRM_FORMAT_YUV420, 2, WHOLE(0),
			PLANE(FD_DMABUF, 1, BAD_SIZE / 2, BAD_STRIDE / 2)),
		ANY_OF(ERROR(INCOMPLETE), ERROR(INVALID_FORMAT))),
	BOTH("a second plane that is out of bounds",
		NV12_OF(BAD_HEIGHT, PLANE(FD_DMABUF, 1, BAD_SIZE - BAD_STRIDE, BAD_STRIDE)),
		ANY_OF(ERROR(OUT_OF_BOUNDS), ERROR(INVALID_FORMAT))),
	BOTH("a second plane with a short stride",
		NV12_OF(BAD_HEIGHT / 2, PLANE(FD_DMABUF, 1, BAD_SIZE / 2, BAD_WIDTH - 1)),
		ANY_OF(ERROR(OUT_OF_BOUNDS), ERROR(INVALID_FORMAT))),
	BOTH("a second plane that is a pipe",
		NV12_OF(BAD_HEIGHT / 2, PLANE(FD_PIPE, 1, 0, BAD_STRIDE)),
		ANY_OF(ERROR(INVALID_FORMAT), ERROR(INVALID_WL_BUFFER))),
	BOTH("plane 0 twice", XRGB_OF(2, WHOLE(0), WHOLE(0)), FATAL(PLANE_SET)),
	BOTH("plane 2 twice", XRGB_OF(2, WHOLE(2), WHOLE(2)), FATAL(PLANE_SET)),
	BOTH("a pipe in the place of a plane that is set",
		XRGB_OF(2, WHOLE(0), PLANE(FD_PIPE, 0, 0, BAD_STRIDE)), FATAL(PLANE_SET)),
	BOTH("plane 4", XRGB_OF(1, WHOLE(4)), FATAL(PLANE_IDX)),
	BOTH("plane 5, and all before it",
		XRGB_OF(5, WHOLE(0), WHOLE(1), WHOLE(2), WHOLE(3), WHOLE(5)), FATAL(PLANE_IDX)),
	BOTH("plane -1", XRGB_OF(1, WHOLE(UINT32_MAX)), FATAL(PLANE_IDX)),
	BOTH("the least negative plane", XRGB_OF(1, WHOLE(UINT32_C(0x80000000))), FATAL(PLANE_IDX)),
	BOTH_IN("planes with two modifiers", 5,
		NV12_OF(BAD_HEIGHT / 2,
			PLANE(FD_DMABUF, 1, BAD_SIZE / 2, BAD_STRIDE, DRM_FORMAT_MOD_INVALID)),
		FATAL(INVALID_FORMAT)),

	/* And one that is right, or nothing of this says anything. */
	{.name = "a good buffer (create)", .run = create, .data = &SIZED(BAD_WIDTH, BAD_HEIGHT),
		.expected = {.created = true}},
	{.name = "a good buffer (create_immed)", .run = create_immed,
		.data = &SIZED(BAD_WIDTH, BAD_HEIGHT), .expected = FINE},
	{0},
};
