/* SPDX-License-Identifier: MIT */
#include "output/renderer_reads.h"

#include <drm_fourcc.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/log.h>
#include <xf86drm.h>

#include "output/convert.h"
#include "output/renderer.h"

/* A GL driver starts in some 0.1 s, in an emulated machine with other work in 10 s. One that hangs
 * must not keep the session from starting. */
#define ANSWER_S 20

/* Some ten times what the GPU with most of them reads. */
#define MAX_PAIRS 8192

/* What the process sends, as one message, up to pairs[len]. */
struct answer {
	dev_t device;
	enum latch_renderer_kind kind;
	size_t len;
	struct {
		uint64_t modifier;
		uint32_t fourcc;
	} pairs[MAX_PAIRS];
};

static bool add_linear(struct wlr_drm_format_set *formats, uint32_t fourcc) {
	return wlr_drm_format_set_add(formats, fourcc, DRM_FORMAT_MOD_LINEAR) &&
	       wlr_drm_format_set_add(formats, fourcc, DRM_FORMAT_MOD_INVALID);
}

/* Those that all GL drivers read come first. */
static const uint32_t of_pixman[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_XBGR8888,
	DRM_FORMAT_ABGR8888, DRM_FORMAT_RGB565, DRM_FORMAT_XRGB2101010, DRM_FORMAT_ARGB2101010,
	DRM_FORMAT_XBGR2101010, DRM_FORMAT_ABGR2101010};

#define COMMON_LEN 4
#define OF_PIXMAN_LEN (sizeof(of_pixman) / sizeof(of_pixman[0]))

static bool add_rgb(struct wlr_drm_format_set *formats, size_t len) {
	bool ok = true;
	for (size_t i = 0; i < len && ok; i++) {
		ok = add_linear(formats, of_pixman[i]);
	}
	return ok;
}

static bool add_of_pixman(struct wlr_drm_format_set *formats) {
	size_t len;
	const struct latch_format *all = latch_formats(&len);
	bool ok = add_rgb(formats, OF_PIXMAN_LEN);
	for (size_t i = 0; i < len && ok; i++) {
		ok = !latch_convert_is_needed(all[i].fourcc) || add_linear(formats, all[i].fourcc);
	}
	return ok;
}

static dev_t render_node(int drm_fd) {
	struct stat st;
	const bool ok = drm_fd >= 0 && drmGetNodeTypeFromFd(drm_fd) == DRM_NODE_RENDER &&
			fstat(drm_fd, &st) == 0;
	return ok ? st.st_rdev : 0;
}

/* Of a renderer that is there, or will be pixman. */
static bool read_renderer(
	const struct latch_renderer *renderer, struct latch_renderer_reads *reads) {
	reads->known = true;
	if (latch_renderer_expects_pixman(renderer)) {
		return add_of_pixman(&reads->formats);
	}
	const struct wlr_drm_format_set *formats =
		wlr_renderer_get_texture_formats(renderer->wlr_renderer, WLR_BUFFER_CAP_DMABUF);
	reads->device = render_node(wlr_renderer_get_drm_fd(renderer->wlr_renderer));
	return formats == NULL ||
	       wlr_drm_format_set_union(&reads->formats, &reads->formats, formats);
}

static void ignore(void *data) {
}

/* In the process. What drivers print comes again when the renderer is made to compose. */
static bool send_answer(struct latch_renderer *renderer, int fd) {
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	wlr_log_init(WLR_SILENT, NULL);
	renderer->events.made = ignore;
	renderer->loop = NULL; // its epoll instance is the parent's as well
	struct latch_renderer_reads reads = {0};
	struct answer *answer = calloc(1, sizeof(*answer));
	if (answer == NULL || !latch_renderer_ensure(renderer) ||
		!read_renderer(renderer, &reads)) {
		return false;
	}
	answer->device = reads.device;
	answer->kind = renderer->kind;
	for (size_t i = 0; i < reads.formats.len; i++) {
		const struct wlr_drm_format *format = &reads.formats.formats[i];
		for (size_t j = 0; j < format->len && answer->len < MAX_PAIRS; j++) {
			answer->pairs[answer->len].modifier = format->modifiers[j];
			answer->pairs[answer->len++].fourcc = format->format;
		}
	}
	const size_t size = offsetof(struct answer, pairs) + answer->len * sizeof(answer->pairs[0]);
	return send(fd, answer, size, 0) == (ssize_t)size;
}

void latch_renderer_ask(struct latch_renderer *renderer) {
	int fds[2];
	if (renderer->wlr_renderer != NULL || latch_renderer_expects_pixman(renderer) ||
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
		return;
	}
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(send_answer(renderer, fds[1]) ? 0 : 1);
	}
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return;
	}
	renderer->asked = pid;
	renderer->answer_fd = fds[0];
}

static bool receive(int fd, struct answer *answer) {
	const struct timeval timeout = {.tv_sec = ANSWER_S};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	ssize_t got;
	do {
		got = recv(fd, answer, sizeof(*answer), 0);
	} while (got < 0 && errno == EINTR);
	return got > 0;
}

static bool hear_answer(struct latch_renderer *renderer, struct latch_renderer_reads *reads) {
	struct answer *answer = calloc(1, sizeof(*answer));
	bool ok = renderer->asked > 0 && answer != NULL && receive(renderer->answer_fd, answer);
	for (size_t i = 0; ok && i < answer->len; i++) {
		ok = wlr_drm_format_set_add(
			&reads->formats, answer->pairs[i].fourcc, answer->pairs[i].modifier);
	}
	if (ok) {
		close(renderer->answer_fd);
		waitpid(renderer->asked, NULL, 0);
		renderer->asked = 0;
		reads->device = answer->device;
		reads->known = true;
		/* Not looked for a second time. */
		renderer->gpu_possible = answer->kind != LATCH_RENDERER_PIXMAN;
	} else {
		wlr_log(WLR_ERROR, "the process that asks the GPU for its formats failed: clients "
				   "are offered common formats only, without modifiers");
		latch_renderer_forget_question(renderer);
	}
	free(answer);
	return ok;
}

bool latch_renderer_learn(struct latch_renderer *renderer, struct latch_renderer_reads *reads) {
	*reads = (struct latch_renderer_reads){0};
	if (renderer->wlr_renderer != NULL || latch_renderer_expects_pixman(renderer)) {
		latch_renderer_forget_question(renderer);
		return read_renderer(renderer, reads);
	}
	if (hear_answer(renderer, reads)) {
		return true;
	}
	latch_renderer_reads_finish(reads);
	return add_rgb(&reads->formats, COMMON_LEN);
}

void latch_renderer_reads_finish(struct latch_renderer_reads *reads) {
	wlr_drm_format_set_finish(&reads->formats);
	*reads = (struct latch_renderer_reads){0};
}
