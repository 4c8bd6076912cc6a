/* SPDX-License-Identifier: MIT */
#include "output/renderer_reads.h"

#include <drm_fourcc.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wlr/backend.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/log.h>
#include <xf86drm.h>

#include "base/minmax.h"
#include "output/convert.h"
#include "output/renderer.h"

/* A GL driver starts in some 0.1 s, in an emulated machine with other work in 10 s. One that hangs
 * must not keep the session from starting. */
#define ANSWER_S 20

/* Some ten times what the GPU with most of them reads. */
#define MAX_PAIRS 8192

/* Until another process tries buffers; the exit status of one that has broken GL. */
#define PAUSE_MAX_S 4096
#define GO_ON 2

/* What the process sends, as one message, up to pairs[len]. */
struct answer {
	dev_t device;
	enum latch_renderer_kind kind;
	/* It tries buffers from now on. */
	bool tries;
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

static bool send_answer(struct latch_renderer *renderer, int fd, bool tries) {
	struct latch_renderer_reads reads = {0};
	struct answer *answer = calloc(1, sizeof(*answer));
	if (answer == NULL || !read_renderer(renderer, &reads)) {
		return false;
	}
	answer->device = reads.device;
	answer->kind = renderer->kind;
	answer->tries = tries;
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

/* In a process with GL. Returns whether another one is to go on, as a buffer has broken GL.
 * *answered is memory of all these processes. */
static bool answer_and_try(struct latch_renderer *renderer, int fd, bool *answered) {
	if (!latch_renderer_ensure(renderer)) {
		return false;
	}
	const bool tries = renderer->kind == LATCH_RENDERER_GLES2 &&
			   latch_trial_is_needed(wlr_renderer_get_drm_fd(renderer->wlr_renderer));
	*answered = *answered || send_answer(renderer, fd, tries);
	return *answered && tries &&
	       latch_trial_serve(renderer->wlr_renderer, renderer->allocator, fd);
}

/* Whether another process is to go on after this one: a buffer has broken its GL, or crashed it. */
static bool goes_on(pid_t pid, int fd, const bool *answered) {
	int status;
	if (waitpid(pid, &status, 0) != pid) {
		return false;
	}
	const bool crashed = WIFSIGNALED(status) && *answered;
	if (crashed) {
		latch_trial_tell_broken(fd);
	}
	return crashed || (WIFEXITED(status) && WEXITSTATUS(status) == GO_ON);
}

/* What is latch's is not kept open by a process that may outlive it by a moment, the display least
 * of all: GL needs no more of it than the render node, which takes the number of its fd. */
static void keep_open(int fd, int drm_fd) {
	char *name = drmGetRenderDeviceNameFromFd(drm_fd);
	const int node = name != NULL ? open(name, O_RDWR | O_CLOEXEC) : -1;
	free(name);
	if (node >= 0) {
		dup3(node, drm_fd, O_CLOEXEC);
	}
	const unsigned low = (unsigned)latch_min(fd, drm_fd);
	const unsigned high = (unsigned)latch_max(fd, drm_fd);
	close_range(STDERR_FILENO + 1, low - 1, 0);
	close_range(low + 1, high - 1, 0);
	close_range(high + 1, UINT_MAX, 0);
}

/* In a process without GL, which makes those that have it: GL can't be made anew in a process that
 * has broken it. It waits twice as long each time, so that no client keeps the machine busy. */
static void run_processes(struct latch_renderer *renderer, int fd) {
	/* What drivers print comes again when the renderer is made to compose. */
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	wlr_log_init(WLR_SILENT, NULL);
	renderer->events.made = ignore;
	renderer->loop = NULL; // its epoll instance is latch's as well
	const int drm_fd = wlr_backend_get_drm_fd(renderer->backend);
	if (drm_fd >= 0) {
		keep_open(fd, drm_fd);
	}
	bool *answered = mmap(NULL, sizeof(*answered), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned pause_s = 0;
	while (answered != MAP_FAILED && pause_s < PAUSE_MAX_S) {
		pid_t pid = fork();
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			_exit(answer_and_try(renderer, fd, answered) ? GO_ON : 0);
		}
		if (!goes_on(pid, fd, answered)) {
			return;
		}
		sleep(pause_s);
		pause_s = pause_s > 0 ? 2 * pause_s : 1;
	}
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
		run_processes(renderer, fds[1]);
		_exit(0);
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
		if (answer->tries) {
			latch_trial_init(&renderer->trial, renderer->answer_fd);
		} else {
			close(renderer->answer_fd);
			waitpid(renderer->asked, NULL, 0);
		}
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
	if (latch_renderer_expects_pixman(renderer) ||
		(renderer->wlr_renderer != NULL && renderer->asked <= 0)) {
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
