/* SPDX-License-Identifier: MIT */
/*
 * latch-probe: asks a KMS driver by TEST_ONLY commits what its planes really take. run.c, plane.c
 * and together.c ask, write.c prints the answers; this file opens the device and makes the
 * buffers.
 */
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "base/options.h"
#include "common/allocator.h"
#include "common/device.h"
#include "common/util.h"
#include "fence/fence.h"
#include "kms/framebuffer.h"
#include "probe.h"

#define PROBE_OK 0
#define PROBE_FAILED 1 // no plane is accepted, interrupted, or it can't be written
#define PROBE_USAGE 2
#define PROBE_NO_DEVICE 3 // no such device or connector, or without KMS
#define PROBE_BUSY 4 // another program is its master

/* Says what failed; its value is the status. */
#define FAIL(status, ...) (say(__VA_ARGS__), (status))

struct options {
	const char *device, *connector;
	bool json;
};

#define MEMBER(name) OPTION_MEMBER(struct options, name)
static const struct option_row rows[] = {
	{.help = "Usage: latch-probe [OPTION]...\n"
		 "Asks a KMS driver by test commits what its planes really take. Nothing on the\n"
		 "screen changes. No compositor may be on the device.\n"
		 "\n"},
	{"device", "PATH", "the KMS device (the first with a monitor)", OPTION_TEXT,
		MEMBER(device)},
	{"connector", "NAME", "its planes (the first that is connected)", OPTION_TEXT,
		MEMBER(connector)},
	{"json", NULL, "a profile, for --planes-like and latchctl planes --as", OPTION_SET,
		MEMBER(json), .min = 1},
	{.help = "  --version, --help\n"
		 "\n"
		 "Exit status: 0 done; 1 no plane is accepted, interrupted, or can't be written;\n"
		 "2 wrong usage; 3 no such device or connector; 4 another program is the device's\n"
		 "master.\n"},
};

static const struct option_table table = {
	.program = "latch-probe",
	.rows = rows,
	.length = sizeof(rows) / sizeof(rows[0]),
	.column = 20,
	.rest = OPTION_REST_NONE,
	.usage_status = PROBE_USAGE,
	.hint = "Try 'latch-probe --help'.",
};

static volatile sig_atomic_t interrupted;

static void handle_signal(int number) {
	(void)number;
	interrupted = 1;
}

/* Where a framebuffer's memory comes from: the device itself, opened once more, or else from what
 * the kernel has without a device. */
#define MEMORY_KINDS 3
struct memory {
	struct kms_device *device;
	struct {
		enum canvas_kind kind;
		int fd;
	} kinds[MEMORY_KINDS];
};

/* Returns the id of a framebuffer of that memory, 0 where the device takes none. */
static uint32_t import(struct kms_device *device, const struct dmabuf *buf) {
	struct kms_framebuffer_desc desc = {.width = buf->width,
		.height = buf->height,
		.fourcc = buf->fourcc,
		.modifier = device->features.addfb2_modifiers ? buf->modifier
							      : DRM_FORMAT_MOD_INVALID,
		.n_planes = buf->num_planes};
	for (int i = 0; i < buf->num_planes; i++) {
		desc.fd[i] = buf->planes[i].fd;
		desc.offset[i] = buf->planes[i].offset;
		desc.stride[i] = buf->planes[i].stride;
	}
	uint32_t id;
	return kms_framebuffer_import(device, &desc, &id) == 0 ? id : 0;
}

static uint32_t make_fb(void *data, uint32_t width, uint32_t height, uint32_t fourcc) {
	const struct memory *memory = data;
	const struct plan_step step = {.fourcc = fourcc,
		.num_modifiers = 2,
		.modifiers = {DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_MOD_INVALID}};
	uint32_t id = 0;
	for (size_t i = 0; i < MEMORY_KINDS && id == 0; i++) {
		struct dmabuf buf = {.width = width, .height = height, .fourcc = fourcc};
		const int fd = memory->kinds[i].fd;
		if (fd >= 0 && cpu_buffer_create(memory->kinds[i].kind, fd, &step, &buf)) {
			id = import(memory->device, &buf);
		}
		dmabuf_finish(&buf);
	}
	return id;
}

static bool usable(const struct kms_connector *connector, const char *name) {
	return connector->modes_len > 0 && !connector->writeback &&
	       (name != NULL ? strcasecmp(connector->name, name) == 0
			     : connector->status == KMS_CONNECTOR_CONNECTED);
}

/* The connector that is asked about, and a CRTC for it: its own, where it has one. */
static bool choose(struct probe *probe, const char *name) {
	const struct kms_device *device = probe->device;
	for (size_t i = 0; i < device->connectors_len && probe->connector == NULL; i++) {
		if (usable(device->connectors[i], name)) {
			probe->connector = device->connectors[i];
		}
	}
	if (probe->connector == NULL) {
		return false;
	}
	probe->crtc = kms_device_find_crtc(device, probe->connector->initial_crtc_id);
	for (size_t i = 0; i < device->crtcs_len && probe->crtc == NULL; i++) {
		if ((probe->connector->possible_crtcs & 1u << device->crtcs[i].index) != 0) {
			probe->crtc = &device->crtcs[i];
		}
	}
	const struct kms_connector *connector = probe->connector;
	const int mode = kms_mode_choose(connector->modes, connector->modes_len, NULL);
	probe->mode = mode >= 0 ? &connector->modes[mode] : NULL;
	return probe->crtc != NULL && probe->mode != NULL;
}

static int show(const struct probe *probe, const struct options *options, const char *path) {
	if (options->json && !probe_write(stdout, probe)) {
		return FAIL(PROBE_FAILED, "no memory, or standard output can't be written");
	}
	if (!options->json) {
		probe_print(stdout, probe, path);
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		return FAIL(PROBE_FAILED, "standard output can't be written: %s", strerror(errno));
	}
	return PROBE_OK;
}

static int tell_failure(const struct kms_device *device, const char *path, int error) {
	switch (error) {
	case -ENOENT:
		return FAIL(PROBE_NO_DEVICE, "%s: there is no such monitor, or none", path);
	case -EOPNOTSUPP:
		return FAIL(PROBE_FAILED, "%s: the driver (%s) takes no plane in a test commit",
			path, device->driver);
	case -EACCES:
		return FAIL(PROBE_BUSY, "%s: another program has become its master", path);
	default:
		return FAIL(PROBE_FAILED, "%s: %s", path,
			error == -EINTR ? "interrupted" : strerror(-error));
	}
}

static int run(struct kms_device *device, const struct options *options, const char *path) {
	struct memory memory = {device,
		{{CANVAS_DUMB, device_open(path)},
			{CANVAS_UDMABUF, open("/dev/udmabuf", O_RDWR | O_CLOEXEC)},
			{CANVAS_HEAP, open("/dev/dma_heap/system", O_RDONLY | O_CLOEXEC)}}};
	struct kms_dumb_buffer *idle =
		kms_dumb_buffer_create(device, 64, 64, DRM_FORMAT_XRGB8888);
	int idle_fd = idle != NULL ? kms_dumb_buffer_export(idle) : -1;
	struct probe *probe = calloc(1, sizeof(*probe));
	int status = PROBE_FAILED;
	if (probe == NULL) {
		say("out of memory");
	} else {
		probe->device = device;
		probe->make_fb = make_fb;
		probe->data = &memory;
		probe->signalled_fence = latch_fence_create_signalled(device->fd, idle_fd);
		probe->interrupted = &interrupted;
		const int ret = choose(probe, options->connector) ? probe_run(probe) : -ENOENT;
		status = ret == 0 ? show(probe, options, path) : tell_failure(device, path, ret);
		probe_finish(probe);
		latch_fd_clear(&probe->signalled_fence);
	}
	free(probe);
	latch_fd_clear(&idle_fd);
	kms_dumb_buffer_destroy(idle);
	for (size_t i = 0; i < MEMORY_KINDS; i++) {
		latch_fd_clear(&memory.kinds[i].fd);
	}
	return status;
}

/* Opens a device; NULL where it is none for KMS, then errno counts with KMS_OPEN_FAILED. */
static struct kms_device *open_kms(const char *path, enum kms_open_error *error) {
	int fd = open(path, O_RDWR | O_CLOEXEC);
	*error = KMS_OPEN_FAILED;
	struct kms_device *device = fd >= 0 ? kms_device_create(fd, error) : NULL;
	if (device == NULL) {
		latch_fd_clear(&fd);
	}
	return device;
}

static int probe_device(const char *path, const struct options *options, bool named) {
	enum kms_open_error error;
	struct kms_device *device = open_kms(path, &error);
	if (device == NULL) {
		if (named) {
			say("%s: %s", path, error == KMS_OPEN_FAILED ? strerror(errno)
								     : kms_error_string(error));
		}
		return PROBE_NO_DEVICE;
	}
	const int fd = device->fd;
	int status;
	if (!drmIsMaster(fd) && drmSetMaster(fd) != 0) {
		status = FAIL(PROBE_BUSY,
			"%s is in use: another program is its master; end that one, or probe from "
			"a VT without it",
			path);
	} else {
		kms_device_refresh(device, KMS_PROBE_CHANGED, 0);
		status = run(device, options, path);
		drmDropMaster(fd);
	}
	kms_device_destroy(device);
	close(fd);
	return status;
}

int main(int argc, char **argv) {
	struct options options = {0};
	int status = options_parse(&table, &options, argc, argv);
	if (status >= 0) {
		return status;
	}
	const struct sigaction action = {.sa_handler = handle_signal};
	const int ends[] = {SIGINT, SIGTERM, SIGHUP};
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		sigaction(ends[i], &action, NULL);
	}
	if (options.device != NULL) {
		return probe_device(options.device, &options, true);
	}
	struct device_list list = {0};
	device_list_add_all(&list, true);
	status = PROBE_NO_DEVICE;
	for (size_t i = 0; i < list.len && status == PROBE_NO_DEVICE; i++) {
		status = probe_device(list.paths[i], &options, false);
	}
	return status;
}
