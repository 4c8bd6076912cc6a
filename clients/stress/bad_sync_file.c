/* SPDX-License-Identifier: MIT */
/* linux-explicit-synchronization-unstable-v1: every error of its XML, and what is none. */
#include "bad.h"
#include "linux-explicit-synchronization-unstable-v1-client-protocol.h"

#define OF_SURFACE(NAME) \
	BAD_ERRORS("zwp_linux_surface_synchronization_v1", \
		ZWP_LINUX_SURFACE_SYNCHRONIZATION_V1_ERROR_##NAME)
#define ERROR(NAME) {OF_SURFACE(NAME)}
#define CASE(NAME, STEPS, ...) \
	{.name = "sync_file: " NAME, .need = NEED_SYNC_FILE, .run = bad_take_steps, .data = STEPS, \
		.expected = __VA_ARGS__}
#define GOOD_FENCE {FENCE, FD_SYNC_FILE}
#define NO_FENCE(KIND, NAME) \
	CASE(NAME " as a fence", STEPS({OBJECT}, {FENCE, KIND}), ERROR(INVALID_FENCE))
#define EXISTS \
	{BAD_ERRORS("zwp_linux_explicit_synchronization_v1", \
		ZWP_LINUX_EXPLICIT_SYNCHRONIZATION_V1_ERROR_SYNCHRONIZATION_EXISTS)}
/* wl_surface.attach leaves open what becomes of a pending buffer that is destroyed. */
#define FINE_OR_NO_BUFFER {OF_SURFACE(NO_BUFFER), .nothing = true}

const struct bad_case bad_sync_file_cases[] = {
	NO_FENCE(FD_DMABUF, "a dma-buf"),
	BAD_NO_GRAPHICS_FDS(NO_FENCE),
	NO_FENCE(FD_SYNCOBJ, "a syncobj"),
	CASE("two fences in a commit", STEPS({OBJECT}, GOOD_FENCE, GOOD_FENCE),
		ERROR(DUPLICATE_FENCE)),
	CASE("two releases in a commit", STEPS({OBJECT}, {GET_RELEASE}, {GET_RELEASE}),
		ERROR(DUPLICATE_RELEASE)),
	CASE("a fence after the surface", STEPS({OBJECT}, {UNSURFACE}, GOOD_FENCE),
		ERROR(NO_SURFACE)),
	CASE("a release after the surface", STEPS({OBJECT}, {UNSURFACE}, {GET_RELEASE}),
		ERROR(NO_SURFACE)),
	CASE("a fence with shared memory", STEPS({OBJECT}, {SHM}, {ATTACH}, GOOD_FENCE, {COMMIT}),
		ERROR(UNSUPPORTED_BUFFER)),
	CASE("a fence without a buffer", STEPS({OBJECT}, GOOD_FENCE, {COMMIT}), ERROR(NO_BUFFER)),
	CASE("a fence with no buffer attached", STEPS({OBJECT}, GOOD_FENCE, {NOTHING}, {COMMIT}),
		ERROR(NO_BUFFER)),
	CASE("a release without a buffer", STEPS({OBJECT}, {GET_RELEASE}, {COMMIT}),
		ERROR(NO_BUFFER)),
	CASE("a release with no buffer attached",
		STEPS({OBJECT}, {GET_RELEASE}, {NOTHING}, {COMMIT}), ERROR(NO_BUFFER)),
	CASE("a fence with the buffer of an earlier commit",
		STEPS({OBJECT}, BUFFER, {COMMIT}, GOOD_FENCE, {COMMIT}), ERROR(NO_BUFFER)),
	CASE("a second object of a surface", STEPS({OBJECT}, {OBJECT}), EXISTS),
	CASE("a fence and a release", STEPS({OBJECT}, GOOD_FENCE, {GET_RELEASE}, BUFFER, {COMMIT}),
		FINE),
	CASE("neither fence nor release", STEPS({OBJECT}, BUFFER, {COMMIT}), FINE),
	/* The fence goes with the object: nothing is wrong with a commit without a buffer. */
	CASE("an object after another that had a fence",
		STEPS({OBJECT}, GOOD_FENCE, {UNOBJECT}, {COMMIT}, {OBJECT}, GOOD_FENCE, BUFFER,
			{COMMIT}),
		FINE),
	CASE("the surface destroyed before the object",
		STEPS({OBJECT}, GOOD_FENCE, {GET_RELEASE}, {UNSURFACE}, {UNOBJECT}), FINE),
	CASE("the buffer destroyed before the commit",
		STEPS({OBJECT}, GOOD_FENCE, {GET_RELEASE}, BUFFER, {UNBUFFER}, {COMMIT}),
		FINE_OR_NO_BUFFER),
	CASE("the global destroyed before its objects",
		STEPS({OBJECT}, {UNMANAGE}, GOOD_FENCE, {GET_RELEASE}, BUFFER, {COMMIT}), FINE),
	{0},
};
