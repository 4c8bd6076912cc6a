/* SPDX-License-Identifier: MIT */
#include "output/renderer_trial.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wlr/render/allocator.h>
#include <wlr/render/dmabuf.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/pass.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/render/wlr_texture.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/log.h>
#include <xf86drm.h>

#include "base/message.h"
#include "limits/addon.h"

#define TARGET_SIZE 16
/* Far more than it takes. One that hangs must not hold up latch for long. */
#define ANSWER_MS 500

/* What the process sends. */
enum message { READY, PASSED, BROKEN };

bool latch_trial_is_needed(int drm_fd) {
	drmVersion *version = drmGetVersion(drm_fd);
	const bool needed = version != NULL && strcmp(version->name, "virtio_gpu") == 0;
	drmFreeVersion(version);
	return needed;
}

/* --- in latch --- */

/* What came of a buffer. */
struct verdict {
	struct wlr_addon addon; // wlr_buffer.addons
	bool tried, passed;
};

static const struct wlr_addon_interface addon_impl = {
	.name = "latch_trial",
	.destroy = latch_addon_free,
};

void latch_trial_init(struct latch_trial *trial, int fd) {
	*trial = (struct latch_trial){.fd = fd};
}

void latch_trial_finish(struct latch_trial *trial) {
	if (trial->fd > 0) {
		close(trial->fd);
	}
	*trial = (struct latch_trial){0};
}

static bool send_buffer(int fd, const struct wlr_dmabuf_attributes *attributes) {
	return latch_message_send(fd, attributes, sizeof(*attributes), attributes->fd,
		       (size_t)attributes->n_planes,
		       MSG_DONTWAIT) == (ssize_t)sizeof(*attributes);
}

/* Returns false where nothing came within the time; a process that has ended sends nothing more. */
static bool receive(int fd, int timeout_ms, enum message *message) {
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};
	int ret;
	do {
		ret = poll(&pollfd, 1, timeout_ms);
	} while (ret < 0 && errno == EINTR);
	return ret > 0 &&
	       recv(fd, message, sizeof(*message), MSG_DONTWAIT) == (ssize_t)sizeof(*message);
}

static bool is_ready(struct latch_trial *trial) {
	enum message message;
	while (receive(trial->fd, 0, &message)) {
		trial->ready = message != BROKEN; // or it has passed a buffer too late
	}
	return trial->ready;
}

static bool try_buffer(struct latch_trial *trial, struct wlr_buffer *buffer) {
	struct wlr_dmabuf_attributes attributes;
	enum message message = BROKEN;
	const bool passed = wlr_buffer_get_dmabuf(buffer, &attributes) &&
			    send_buffer(trial->fd, &attributes) &&
			    receive(trial->fd, ANSWER_MS, &message) && message == PASSED;
	if (!passed) {
		trial->ready = false;
		wlr_log(WLR_INFO, "a client's dma-buf breaks GL on this device: the CPU reads it");
	}
	return passed;
}

bool latch_trial_passes(struct latch_trial *trial, struct wlr_buffer *buffer) {
	if (trial->fd == 0) {
		return true;
	}
	struct verdict *verdict = latch_addon_get(&buffer->addons, &addon_impl, sizeof(*verdict));
	if (verdict != NULL && !verdict->tried && is_ready(trial)) {
		verdict->tried = true;
		verdict->passed = try_buffer(trial, buffer);
	}
	return verdict != NULL && verdict->passed;
}

/* --- in the process --- */

/* Another one each time: what is ignored leaves the one before. */
static uint8_t color;

static bool draw(struct wlr_renderer *renderer, struct wlr_buffer *target,
	struct wlr_texture *texture) {
	struct wlr_render_pass *pass = wlr_renderer_begin_buffer_pass(renderer, target, NULL);
	if (pass == NULL) {
		return false;
	}
	wlr_render_pass_add_texture(
		pass, &(struct wlr_render_texture_options){
			      .texture = texture,
			      .dst_box = {.width = TARGET_SIZE, .height = TARGET_SIZE},
		      });
	return wlr_render_pass_submit(pass);
}

/* By a texture, so that GL keeps nothing of the buffer (see latch_renderer_forget_textures()). */
static bool draw_color(struct wlr_renderer *renderer, struct wlr_buffer *target) {
	const uint32_t pixel = UINT32_C(0xff000000) | ++color;
	struct wlr_texture *texture = wlr_texture_from_pixels(
		renderer, DRM_FORMAT_ABGR8888, sizeof(pixel), 1, 1, &pixel);
	const bool ok = texture != NULL && draw(renderer, target, texture);
	wlr_texture_destroy(texture);
	return ok;
}

static bool shows_color(struct wlr_renderer *renderer, struct wlr_buffer *target) {
	uint32_t pixels[TARGET_SIZE * TARGET_SIZE] = {0};
	struct wlr_texture *texture = wlr_texture_from_buffer(renderer, target);
	const bool ok = texture != NULL &&
			wlr_texture_read_pixels(
				texture, &(struct wlr_texture_read_pixels_options){
						 .data = pixels,
						 .format = DRM_FORMAT_ABGR8888,
						 .stride = TARGET_SIZE * sizeof(pixels[0]),
					 });
	wlr_texture_destroy(texture);
	return ok && (pixels[0] & UINT8_MAX) == color;
}

/* What is no texture here is none in latch, which finds that out itself. */
static bool survives(struct wlr_renderer *renderer, struct wlr_buffer *target,
	struct wlr_dmabuf_attributes *attributes) {
	struct wlr_texture *texture = wlr_texture_from_dmabuf(renderer, attributes);
	const bool ok = texture == NULL || (draw(renderer, target, texture) &&
						   draw_color(renderer, target) &&
						   shows_color(renderer, target));
	wlr_texture_destroy(texture);
	return ok;
}

static bool receive_buffer(int fd, struct wlr_dmabuf_attributes *attributes) {
	int fds[WLR_DMABUF_MAX_PLANES];
	size_t fds_len;
	if (latch_message_receive(fd, attributes, sizeof(*attributes), fds, WLR_DMABUF_MAX_PLANES,
		    &fds_len, 0) != (ssize_t)sizeof(*attributes)) {
		return false;
	}
	memcpy(attributes->fd, fds, fds_len * sizeof(fds[0]));
	return true;
}

static bool send_message(int fd, enum message message) {
	return send(fd, &message, sizeof(message), MSG_NOSIGNAL) == (ssize_t)sizeof(message);
}

void latch_trial_tell_broken(int fd) {
	send_message(fd, BROKEN);
}

bool latch_trial_serve(struct wlr_renderer *renderer, struct wlr_allocator *allocator, int fd) {
	uint64_t modifier = DRM_FORMAT_MOD_INVALID;
	struct wlr_dmabuf_attributes attributes;
	struct wlr_buffer *target = wlr_allocator_create_buffer(allocator, TARGET_SIZE, TARGET_SIZE,
		&(struct wlr_drm_format){
			.format = DRM_FORMAT_ARGB8888, .len = 1, .modifiers = &modifier});
	bool ok = target != NULL && send_message(fd, READY);
	while (ok && receive_buffer(fd, &attributes)) {
		if (!survives(renderer, target, &attributes)) {
			send_message(fd, BROKEN);
			return true;
		}
		wlr_dmabuf_attributes_finish(&attributes);
		ok = send_message(fd, PASSED);
	}
	return false;
}
