/* A real card, with its kernel. System calls are counted and timed where libc's ioctl() would be,
 * under libdrm, so for both planners alike. */
#include <drm_fourcc.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xf86drm.h>

#include "bench.h"
#include "kms/commit.h"
#include "kms/framebuffer.h"
#include "kms/mode.h"

static const char *card;
static int64_t kernel_ns;
static unsigned commits;

static struct {
	struct kms_dumb_buffer *buffers[64];
	size_t len;
	uint32_t mode_blob;
} owned;

int ioctl(int fd, unsigned long request, ...) {
	va_list args;
	va_start(args, request);
	void *argument = va_arg(args, void *);
	va_end(args);
	int64_t begin_ns = bench_now_ns();
	int ret = (int)syscall(SYS_ioctl, fd, request, argument);
	kernel_ns += bench_now_ns() - begin_ns;
	commits += request == DRM_IOCTL_MODE_ATOMIC;
	return ret;
}

void bench_device_choose(const char *path) {
	card = path;
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
	uint32_t id = 0;
	if (owned.len == sizeof(owned.buffers) / sizeof(owned.buffers[0])) {
		return 0;
	}
	struct kms_dumb_buffer *buffer =
		kms_dumb_buffer_create(device->kms, width, height, fourcc, NULL);
	if (buffer == NULL) {
		return 0;
	}
	owned.buffers[owned.len++] = buffer;
	return kms_dumb_buffer_get_fb(buffer, &id) == 0 ? id : 0;
}

/* The only commit that is more than a test: planes are refused on a CRTC that is off. */
static bool switch_on(struct bench_device *device, const struct kms_connector *connector) {
	struct kms_mode_request wanted = {.width = BENCH_WIDTH, .height = BENCH_HEIGHT};
	int mode = kms_mode_choose(connector->modes, connector->modes_len, &wanted);
	if (mode < 0) {
		fprintf(stderr, "%s has no mode %dx%d\n", connector->name, BENCH_WIDTH,
			BENCH_HEIGHT);
		return false;
	}
	struct kms_plane_state state = kms_plane_state_default();
	state.fb_id = bench_device_make_fb(
		device, BENCH_WIDTH, BENCH_HEIGHT, DRM_FORMAT_XRGB8888);
	state.dst_w = BENCH_WIDTH;
	state.dst_h = BENCH_HEIGHT;
	state.src_w = BENCH_WIDTH << 16;
	state.src_h = BENCH_HEIGHT << 16;
	struct kms_commit commit;
	kms_commit_init(&commit, device->kms);
	kms_commit_disable_all(&commit, device->kms);
	const drmModeModeInfo *info = &connector->modes[mode].info;
	if (kms_mode_blob_create(device->kms, info, &owned.mode_blob) != 0) {
		return false;
	}
	kms_commit_set_mode(&commit, device->crtc, connector, owned.mode_blob);
	kms_commit_set_plane(&commit, device->primary, device->crtc, &state);
	int ret = kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0);
	if (ret != 0) {
		fprintf(stderr, "%s can't be switched on: %s\n", connector->name, strerror(-ret));
	}
	return ret == 0;
}

static const struct kms_connector *find_connector(const struct kms_device *kms) {
	for (size_t i = 0; i < kms->connectors_len; i++) {
		if (kms->connectors[i]->status == KMS_CONNECTOR_CONNECTED &&
			!kms->connectors[i]->writeback) {
			return kms->connectors[i];
		}
	}
	return NULL;
}

bool bench_device_open(struct bench_device *device, size_t i) {
	int fd = card != NULL ? open(card, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0) {
		perror(card != NULL ? card : "which card?");
		return false;
	}
	enum kms_open_error error;
	struct kms_device *kms = kms_device_create(fd, &error);
	if (kms == NULL) {
		fprintf(stderr, "%s: %s\n", card, kms_error_string(error));
		close(fd);
		return false;
	}
	const struct kms_connector *connector = find_connector(kms);
	*device = (struct bench_device){
		.name = kms->driver,
		.kms = kms,
		.crtc = kms->crtcs,
		.stacks_by_id = strcmp(kms->driver, "vkms") == 0,
		.primary_alpha = true,
	};
	for (size_t j = 0; j < kms->planes_len; j++) {
		if ((kms->planes[j].possible_crtcs & 1u << device->crtc->index) != 0) {
			device->planes[device->planes_len++] = &kms->planes[j];
		}
	}
	device->primary = kms_device_find_crtc_plane(kms, device->crtc, KMS_PLANE_PRIMARY);
	if (connector == NULL || device->primary == NULL || !switch_on(device, connector)) {
		fprintf(stderr, "%s can't be used\n", card);
		bench_device_close(device);
		return false;
	}
	return true;
}

void bench_device_close(struct bench_device *device) {
	for (size_t i = 0; i < owned.len; i++) {
		kms_dumb_buffer_destroy(owned.buffers[i]);
	}
	kms_mode_blob_destroy(device->kms, owned.mode_blob);
	owned.len = 0;
	int fd = device->kms->fd;
	kms_device_destroy(device->kms);
	close(fd);
}
