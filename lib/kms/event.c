/* SPDX-License-Identifier: MIT */
#include "kms/event.h"

#include <drm.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

int kms_event_parse(const void *bytes, size_t len, kms_flip_func func, void *data) {
	const char *at = bytes;
	int flips = 0;
	while (len > 0) {
		/* Nothing promises the alignment of what follows an event. */
		struct drm_event event;
		if (len < sizeof(event)) {
			return -EPROTO;
		}
		memcpy(&event, at, sizeof(event));
		if (event.length < sizeof(event) || event.length > len) {
			return -EPROTO;
		}
		if (event.type == DRM_EVENT_FLIP_COMPLETE) {
			struct drm_event_vblank vblank;
			if (event.length < sizeof(vblank)) {
				return -EPROTO;
			}
			memcpy(&vblank, at, sizeof(vblank));
			struct kms_flip flip = {
				.crtc_id = vblank.crtc_id,
				.sequence = vblank.sequence,
				.flip_ns = vblank.tv_sec * LATCH_NS_PER_SEC +
					   vblank.tv_usec * INT64_C(1000),
				.user_data = vblank.user_data,
			};
			func(&flip, data);
			flips++;
		}
		at += event.length;
		len -= event.length;
	}
	return flips;
}

int kms_event_dispatch(int fd, kms_flip_func func, void *data) {
	/* The kernel hands out whole events only; what has no room is there at the next poll. */
	char buffer[1024];
	ssize_t len;
	do {
		len = read(fd, buffer, sizeof(buffer));
	} while (len < 0 && errno == EINTR);
	if (len < 0) {
		return -errno;
	}
	return kms_event_parse(buffer, (size_t)len, func, data);
}

uint64_t kms_sequence_widen(uint64_t last, uint32_t sequence) {
	if (last == 0) {
		return sequence;
	}
	/* The difference modulo 2^32, read as a signed number, is the way to the nearest. */
	int32_t step = (int32_t)(sequence - (uint32_t)last);
	if (step < 0 && (uint64_t)-(int64_t)step > last) {
		return sequence;
	}
	return last + (uint64_t)(int64_t)step;
}
