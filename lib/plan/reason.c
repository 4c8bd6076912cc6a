/* SPDX-License-Identifier: MIT */
#include "plan/reason.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name, *text, *help;
} reasons_table[LATCH_REASON_COUNT] = {
	{"no-dmabuf", "the buffer is memory that no plane can read",
		"allocate with GBM, Vulkan, or from /dev/udmabuf or a dma-buf heap, and attach "
		"by zwp_linux_dmabuf_v1"},
	{"format", "no plane for it can show this pixel format",
		"draw in a format that a plane here has"},
	{"modifier", "no plane for it can show this modifier",
		"allocate with a modifier of the feedback's scanout tranche"},
	{"import-failed", "the kernel makes no framebuffer of the buffer",
		"allocate for scanout (GBM_BO_USE_SCANOUT) on the display's device, or as "
		"linear"},
	{"no-free-plane", "the planes that could show it are taken",
		"show fewer surfaces at once, or make one fullscreen"},
	{"scaling", "the kernel does not scale it",
		"draw in the size that it has on the screen; wl_surface.preferred_buffer_scale "
		"tells the output's scale"},
	{"rotation", "no plane rotates or mirrors it",
		"draw turned as the output is (wl_output.geometry has its transform), and say "
		"so by wl_surface.set_buffer_transform"},
	{"partly-transparent", "what shines through it can't be put below it",
		"set the opaque region (wl_surface.set_opaque_region), or draw in a format "
		"without alpha, as XR24"},
	{"covered", "nothing of it is to be seen"},
	{"test-refused", "the kernel refused it on a plane",
		"the driver says no: the kernel's log has its words after 'echo 0x14 > "
		"/sys/module/drm/parameters/debug'"},
	{"disabled", "direct scanout is switched off by an option",
		"start latch without --no-scanout"},
	{"no-kms", "the output is a window and has no planes",
		"run latch on a TTY, not in a window"},
	{"z-order", "no free plane is at the right height in the stack",
		"show it above or below everything that it overlaps with, or make it opaque"},
	{"position", "the kernel does not show it at this place",
		"keep it away from the screen's edges"},
	{"alpha", "no plane can fade it",
		"draw faded pixels instead of wp_alpha_modifier"},
	{"blend", "no plane blends its alpha in this way",
		"use premultiplied alpha"},
	{"color-encoding", "no plane converts its YCbCr encoding or range",
		"use another encoding or range, or RGB"},
	{"not-ready", "a fence is pending on the buffer again",
		"signal all fences before the commit, or hand them over with it"},
	{"captured", "the frame is composed for a picture of the screen",
		"nothing: it is over with the capture"},
	{"settling", "it has changed its place or shape just now",
		"nothing: it goes to a plane when it stays as it is for some frames"},
	{"idle", "it changes too seldom to be worth a plane"},
	{"tests-spent", "no more test commits for this arrangement",
		"raise latch's --max-tests"},
	{"size", "the image is larger than the cursor plane",
		"use a smaller image: 'latch --list' says how large the plane is"},
	{"crop", "the kernel does not crop its YCbCr at an odd pixel",
		"crop it at even pixels (wp_viewport.set_source), or in RGB"},
	{"shm-unsealed", "the buffer is shared memory that is not sealed against shrinking",
		"make the pool of a memfd (MFD_ALLOW_SEALING), and seal it against shrinking: "
		"fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK)"},
	{"draws-ahead",
		"its client draws ahead of the flips with two buffers of shared memory: it is copied",
		"draw a frame in less than a refresh, or use a third buffer, or dma-bufs"},
	{"color", "no plane converts its colours to the output's",
		"draw in the colours that wp_color_management_surface_feedback_v1 prefers, and "
		"opaque"},
};

static size_t index_of(uint64_t bit) {
	return __builtin_popcountll(bit) == 1 ? (size_t)__builtin_ctzll(bit) : LATCH_REASON_COUNT;
}

const char *latch_reason_name(uint64_t bit) {
	size_t i = index_of(bit);
	return i < LATCH_REASON_COUNT ? reasons_table[i].name : NULL;
}

const char *latch_reason_text(uint64_t bit) {
	size_t i = index_of(bit);
	return i < LATCH_REASON_COUNT ? reasons_table[i].text : NULL;
}

const char *latch_reason_help(uint64_t bit) {
	size_t i = index_of(bit);
	return i < LATCH_REASON_COUNT ? reasons_table[i].help : NULL;
}

uint64_t latch_reason_find(const char *name) {
	size_t i = 0;
	while (i < LATCH_REASON_COUNT && strcmp(reasons_table[i].name, name) != 0) {
		i++;
	}
	return i < LATCH_REASON_COUNT ? UINT64_C(1) << i : 0;
}

const char *latch_reasons_to_str(uint64_t reasons, char *buf, size_t size) {
	size_t used = 0;
	snprintf(buf, size, "none");
	for (size_t i = 0; i < LATCH_REASON_COUNT; i++) {
		if ((reasons & UINT64_C(1) << i) == 0 || used >= size) {
			continue;
		}
		int n = snprintf(buf + used, size - used, "%s%s", used > 0 ? "," : "",
			reasons_table[i].name);
		used += n > 0 ? (size_t)n : 0;
	}
	return buf;
}
