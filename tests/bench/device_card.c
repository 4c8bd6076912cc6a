/* SPDX-License-Identifier: MIT */
/* A real card, with its kernel. System calls are counted and timed where libc's ioctl() would be,
 * under libdrm, so for both planners alike. */
#include <drm_fourcc.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "bench.h"
#include "kms/framebuffer.h"

static const char *card_path;
static struct bench_card card;
static int64_t kernel_ns;
static unsigned commits;

int ioctl(int fd, unsigned long request, ...) {
	va_list args;
	va_start(args, request);
	void *argument = va_arg(args, void *);
	va_end(args);
	int64_t begin_ns = latch_now_ns();
	int ret = (int)syscall(SYS_ioctl, fd, request, argument);
	kernel_ns += latch_now_ns() - begin_ns;
	commits += request == DRM_IOCTL_MODE_ATOMIC;
	return ret;
}

void bench_device_choose(const char *path) {
	card_path = path;
}

size_t bench_devices_len(void) {
	return 1;
}

int64_t bench_kernel_ns(void) {
	return kernel_ns;
}

unsigned bench_commits(void) {
	return commits;
}

uint32_t bench_device_make_fb(
	struct bench_device *device, uint32_t width, uint32_t height, uint32_t fourcc) {
	/* The kernel's part of it goes with the device's fd. */
	struct kms_dumb_buffer *buffer = kms_dumb_buffer_create(device->kms, width, height, fourcc);
	return buffer != NULL ? kms_dumb_buffer_get_fb(buffer) : 0;
}

bool bench_device_open(struct bench_device *device, size_t i) {
	if (!bench_card_open(&card, card_path)) {
		return false;
	}
	struct kms_device *kms = card.kms;
	*device = (struct bench_device){
		.name = kms->driver,
		.kms = kms,
		.crtc = card.crtc,
		.primary = card.primary,
		.stacks_by_id = strcmp(kms->driver, "vkms") == 0,
		.primary_alpha = true,
	};
	for (size_t j = 0; j < kms->planes_len; j++) {
		if ((kms->planes[j].possible_crtcs & 1u << device->crtc->index) != 0) {
			device->planes[device->planes_len++] = &kms->planes[j];
		}
	}
	/* The only commit that is more than a test: planes are refused on a CRTC that is off. */
	uint32_t fb_id =
		bench_device_make_fb(device, BENCH_WIDTH, BENCH_HEIGHT, DRM_FORMAT_XRGB8888);
	if (!bench_card_switch_on(&card, fb_id, 0)) {
		bench_device_close(device);
		return false;
	}
	return true;
}

void bench_device_close(struct bench_device *device) {
	bench_card_close(&card);
}
