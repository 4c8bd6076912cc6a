/* SPDX-License-Identifier: MIT */
/* linux-drm-syncobj-v1: every error of its XML, and what is none. */
#include "bad.h"
#include "linux-drm-syncobj-v1-client-protocol.h"

#define ERRORS(...) BAD_ERRORS("wp_linux_drm_syncobj_surface_v1", __VA_ARGS__)
#define OF_SURFACE(NAME) WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_##NAME
#define ERROR(NAME) {ERRORS(OF_SURFACE(NAME))}
#define OF_MANAGER(NAME) \
	{BAD_ERRORS("wp_linux_drm_syncobj_manager_v1", \
		WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_##NAME)}
#define CASE(NAME, STEPS, ...) \
	{.name = "syncobj: " NAME, .need = NEED_SYNCOBJ, .run = bad_take_steps, .data = STEPS, \
		.expected = __VA_ARGS__}
#define POINTS {ACQUIRE, 1}, {RELEASE, 2}
#define OF_ONE(A, R) STEPS({OBJECT}, BUFFER, {ACQUIRE, A}, {RELEASE, R}, {COMMIT})
#define OF_TWO(A, R) STEPS({OBJECT}, {OTHER}, BUFFER, {ACQUIRE, A}, {RELEASE, R}, {COMMIT})
#define NO_TIMELINE(KIND, NAME) \
	CASE(NAME " as a timeline", STEPS({TIMELINE, KIND}), OF_MANAGER(INVALID_TIMELINE))
/* wl_surface.attach leaves open what becomes of a pending buffer that is destroyed. */
#define FINE_OR_NO_BUFFER {ERRORS(OF_SURFACE(NO_BUFFER)), .nothing = true}

const struct bad_case bad_syncobj_cases[] = {
	NO_TIMELINE(FD_DMABUF, "a dma-buf"),
	BAD_NO_GRAPHICS_FDS(NO_TIMELINE),
	NO_TIMELINE(FD_SYNC_FILE, "a sync_file"),
	CASE("a second object of a surface", STEPS({OBJECT}, {OBJECT}), OF_MANAGER(SURFACE_EXISTS)),
	CASE("an acquire point after the surface", STEPS({OBJECT}, {UNSURFACE}, {ACQUIRE, 1}),
		ERROR(NO_SURFACE)),
	CASE("a release point after the surface", STEPS({OBJECT}, {UNSURFACE}, {RELEASE, 1}),
		ERROR(NO_SURFACE)),
	CASE("points with shared memory", STEPS({OBJECT}, POINTS, {SHM}, {ATTACH}, {COMMIT}),
		ERROR(UNSUPPORTED_BUFFER)),
	CASE("points without a buffer", STEPS({OBJECT}, POINTS, {COMMIT}), ERROR(NO_BUFFER)),
	CASE("an acquire point without a buffer", STEPS({OBJECT}, {ACQUIRE, 1}, {COMMIT}),
		ERROR(NO_BUFFER)),
	CASE("a release point without a buffer", STEPS({OBJECT}, {RELEASE, 2}, {COMMIT}),
		ERROR(NO_BUFFER)),
	CASE("points with no buffer attached", STEPS({OBJECT}, POINTS, {NOTHING}, {COMMIT}),
		ERROR(NO_BUFFER)),
	CASE("a buffer without an acquire point", STEPS({OBJECT}, {RELEASE, 2}, BUFFER, {COMMIT}),
		ERROR(NO_ACQUIRE_POINT)),
	CASE("a buffer without a release point", STEPS({OBJECT}, {ACQUIRE, 1}, BUFFER, {COMMIT}),
		ERROR(NO_RELEASE_POINT)),
	CASE("a buffer without points", STEPS({OBJECT}, BUFFER, {COMMIT}),
		{ERRORS(OF_SURFACE(NO_ACQUIRE_POINT), OF_SURFACE(NO_RELEASE_POINT))}),
	CASE("points with the buffer of an earlier commit",
		STEPS({OBJECT}, BUFFER, POINTS, {COMMIT}, {ACQUIRE, 3}, {RELEASE, 4}, {COMMIT}),
		ERROR(NO_BUFFER)),
	CASE("equal points", OF_ONE(7, 7), ERROR(CONFLICTING_POINTS)),
	CASE("a release point below the acquire point", OF_ONE(7, 6), ERROR(CONFLICTING_POINTS)),
	CASE("a release point below in its upper half", OF_ONE(UINT64_C(1) << 32, UINT32_MAX),
		ERROR(CONFLICTING_POINTS)),
	CASE("equal points at the very end", OF_ONE(UINT64_MAX, UINT64_MAX),
		ERROR(CONFLICTING_POINTS)),
	CASE("points that differ in their upper halves", OF_ONE(5, UINT64_C(1) << 32 | 5), FINE),
	CASE("the last point of all", OF_ONE(UINT64_MAX - 1, UINT64_MAX), FINE),
	CASE("point 0", OF_ONE(0, 1), FINE),
	CASE("equal points of two timelines", OF_TWO(7, 7), FINE),
	CASE("a release point below, of another timeline", OF_TWO(7, 1), FINE),
	CASE("points and a buffer", OF_ONE(1, 2), FINE),
	CASE("neither points nor buffer", STEPS({OBJECT}, {COMMIT}), FINE),
	CASE("no buffer attached", STEPS({OBJECT}, {NOTHING}, {COMMIT}), FINE),
	CASE("a point replaced before the commit",
		STEPS({OBJECT}, BUFFER, {ACQUIRE, 9}, {RELEASE, 2}, {ACQUIRE, 1}, {COMMIT}), FINE),
	CASE("the timeline destroyed before the commit",
		STEPS({OBJECT}, BUFFER, POINTS, {UNTIMELINE}, {COMMIT}), FINE),
	CASE("the buffer destroyed before the commit",
		STEPS({OBJECT}, BUFFER, {UNBUFFER}, POINTS, {COMMIT}), FINE_OR_NO_BUFFER),
	CASE("the object destroyed before the commit",
		STEPS({OBJECT}, POINTS, {UNOBJECT}, {COMMIT}, BUFFER, {COMMIT}), FINE),
	CASE("the object destroyed and made again after the commit",
		STEPS({OBJECT}, BUFFER, POINTS, {COMMIT}, {UNOBJECT}, {OBJECT}, {COMMIT}), FINE),
	CASE("the surface destroyed while its point is waited for",
		STEPS({OBJECT}, BUFFER, POINTS, {COMMIT}, {UNSURFACE}, {UNOBJECT}), FINE),
	CASE("the global destroyed before its objects",
		STEPS({OBJECT}, {UNMANAGE}, BUFFER, POINTS, {COMMIT}), FINE),
	CASE("two surfaces on one timeline",
		STEPS({OBJECT}, BUFFER, POINTS, {COMMIT}, {SURFACE}, {OBJECT}, BUFFER, {ACQUIRE, 3},
			{RELEASE, 4}, {COMMIT}),
		FINE),
	{0},
};
