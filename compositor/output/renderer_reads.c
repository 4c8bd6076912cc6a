#include "output/renderer_reads.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/log.h>
#include <xf86drm.h>

#include "base/clock.h"
#include "base/format.h"
#include "output/convert.h"
#include "output/renderer.h"

/* A GL driver starts in some 0.1 s, in an emulated machine with other work in 10 s. One that hangs
 * must not keep the session from starting. */
#define ANSWER_NS INT64_C(20000000000)

/* The process writes one of these and then the pairs. */
struct answer {
	uint64_t device;
	uint32_t kind; // enum latch_renderer_kind
	uint32_t len;
};

struct pair {
	uint64_t modifier;
	uint64_t fourcc;
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
	return drm_fd >= 0 && drmGetNodeTypeFromFd(drm_fd) == DRM_NODE_RENDER &&
			       fstat(drm_fd, &st) == 0
		       ? st.st_rdev
		       : 0;
}

/* Of a renderer that is there. */
static bool read_renderer(
	const struct latch_renderer *renderer, struct latch_renderer_reads *reads) {
	reads->known = true;
	if (renderer->kind == LATCH_RENDERER_PIXMAN) {
		return add_of_pixman(&reads->formats);
	}
	const struct wlr_drm_format_set *formats = wlr_renderer_get_texture_formats(
		renderer->wlr_renderer, WLR_BUFFER_CAP_DMABUF);
	reads->device = render_node(wlr_renderer_get_drm_fd(renderer->wlr_renderer));
	return formats == NULL || wlr_drm_format_set_union(&reads->formats, &reads->formats, formats);
}

static void ignore(void *data) {
}

static bool write_all(int fd, const void *data, size_t size) {
	return write(fd, data, size) == (ssize_t)size;
}

/* In the process. What drivers print comes again when the renderer is made to compose. */
static bool answer(struct latch_renderer *renderer, int fd) {
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	wlr_log_init(WLR_SILENT, NULL);
	renderer->events.made = ignore;
	struct latch_renderer_reads reads = {0};
	if (!latch_renderer_ensure(renderer) || !read_renderer(renderer, &reads)) {
		return false;
	}
	struct answer head = {.device = reads.device, .kind = renderer->kind};
	for (size_t i = 0; i < reads.formats.len; i++) {
		head.len += (uint32_t)reads.formats.formats[i].len;
	}
	bool ok = write_all(fd, &head, sizeof(head));
	for (size_t i = 0; i < reads.formats.len; i++) {
		const struct wlr_drm_format *format = &reads.formats.formats[i];
		for (size_t j = 0; j < format->len && ok; j++) {
			const struct pair pair = {format->modifiers[j], format->format};
			ok = write_all(fd, &pair, sizeof(pair));
		}
	}
	return ok;
}

void latch_renderer_ask(struct latch_renderer *renderer) {
	int fds[2];
	if (renderer->wlr_renderer != NULL || latch_renderer_expects_pixman(renderer) ||
		pipe2(fds, O_CLOEXEC) != 0) {
		return;
	}
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(answer(renderer, fds[1]) ? 0 : 1);
	}
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return;
	}
	renderer->asked = pid;
	renderer->answer_fd = fds[0];
}

static bool read_all(int fd, void *data, size_t size, int64_t until_ns) {
	char *next = data;
	while (size > 0) {
		const int64_t left_ns = until_ns - latch_now_ns();
		struct pollfd pollfd = {.fd = fd, .events = POLLIN};
		int ready = left_ns > 0 ? poll(&pollfd, 1, (int)(left_ns / 1000000) + 1) : 0;
		ssize_t got = ready > 0 ? read(fd, next, size) : ready;
		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got <= 0) {
			return false;
		}
		next += got;
		size -= (size_t)got;
	}
	return true;
}

static bool read_answer(int fd, struct answer *head, struct wlr_drm_format_set *formats) {
	const int64_t until_ns = latch_now_ns() + ANSWER_NS;
	if (!read_all(fd, head, sizeof(*head), until_ns)) {
		return false;
	}
	for (uint32_t i = 0; i < head->len; i++) {
		struct pair pair;
		if (!read_all(fd, &pair, sizeof(pair), until_ns) ||
			!wlr_drm_format_set_add(formats, (uint32_t)pair.fourcc, pair.modifier)) {
			return false;
		}
	}
	return true;
}

static bool hear_answer(struct latch_renderer *renderer, struct latch_renderer_reads *reads) {
	struct answer head;
	bool ok = renderer->asked > 0 && read_answer(renderer->answer_fd, &head, &reads->formats);
	if (ok) {
		close(renderer->answer_fd);
		waitpid(renderer->asked, NULL, 0);
		renderer->asked = 0;
		reads->device = (dev_t)head.device;
		reads->known = true;
		/* Not looked for a second time. */
		renderer->gpu_possible = head.kind != LATCH_RENDERER_PIXMAN;
		return true;
	}
	wlr_log(WLR_ERROR, "the process that asks the GPU for its formats failed: clients are "
			   "offered common formats only, without modifiers");
	latch_renderer_forget_question(renderer);
	return false;
}

bool latch_renderer_learn(struct latch_renderer *renderer, struct latch_renderer_reads *reads) {
	*reads = (struct latch_renderer_reads){0};
	if (renderer->wlr_renderer != NULL) {
		latch_renderer_forget_question(renderer);
		return read_renderer(renderer, reads);
	}
	if (latch_renderer_expects_pixman(renderer)) {
		reads->known = true;
		return add_of_pixman(&reads->formats);
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
