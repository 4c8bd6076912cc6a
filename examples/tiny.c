/* SPDX-License-Identifier: MIT */
/*
 * tiny: a whole Wayland compositor for one client that fills the screen, to be read from top to
 * bottom.
 *
 *	tiny [--in-fence] DEVICE COMMAND [ARG...]	tiny /dev/dri/card0 latch-client --fullscreen
 *
 * The client draws into memory of its own, a dma-buf, and that very memory is scanned out: nothing
 * is copied, and no GPU is needed here. One frame goes this way, and the functions below follow it:
 *
 *	commit		the client says: here is a picture, or will be when its GPU is done
 *	signalled	its GPU is done; until then the picture must not be shown
 *	submit		one atomic commit asks the kernel to show it from the next vblank on
 *	flip		the kernel says that it is on the screen
 *	release		another picture is there instead, and the client may draw into it again
 *
 * tiny prints a line with these times for each frame. With --in-fence it does what latch never
 * does: it submits at the commit, and the kernel waits for the client's fence. docs/learn/ has
 * lessons on all this. What latch does beside it: several windows and planes, composing what can't
 * be scanned out, deadlines instead of "at once", input, limits on clients.
 */
#include <drm_fourcc.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/sync_file.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wayland-server-core.h>
#include <wlr/backend/session.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/drm_syncobj.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_linux_dmabuf_v1.h>
#include <wlr/types/wlr_linux_drm_syncobj_v1.h>
#include <wlr/types/wlr_xdg_shell.h>

#include "base/clock.h"
#include "base/format.h"
#include "fence/fence.h"
#include "kms/commit.h"
#include "kms/device.h"
#include "kms/event.h"
#include "kms/framebuffer.h"

/* The tranche flag of linux-dmabuf-v1: these formats can be scanned out. */
#define TRANCHE_SCANOUT 1

struct frame;

struct tiny {
	struct wl_display *wl_display;
	struct wl_event_loop *loop;
	int status;    /* that tiny ends with */
	bool in_fence; /* fences go to the kernel before they have signalled */

	/* The display: one connector (a monitor), the CRTC that drives it, the plane that it
	 * shows. */
	struct wlr_session *session;
	struct wlr_device *device;
	struct kms_device *kms;
	struct kms_connector *connector;
	struct kms_crtc *crtc;
	struct kms_plane *plane;
	const struct kms_mode *mode;
	uint32_t mode_blob;
	bool lit; /* the mode is set */
	struct wl_event_source *flips;
	struct wl_listener active;

	/* The client's window. */
	struct wlr_xdg_toplevel *toplevel; /* NULL: there is none */
	struct wl_listener new_toplevel, commit, destroy;
	pid_t child;

	/* Its frames: those that wait for their fences, oldest first; the one that was submitted;
	 * the one on the screen. NULL: there is none. */
	struct wl_list waiting;
	struct frame *submitted, *shown;
	uint64_t frames; /* counted */
};

struct frame {
	struct tiny *tiny;
	struct wl_list link; /* tiny.waiting */
	uint64_t number;
	struct wlr_buffer *buffer; /* locked: not the client's until it is unlocked */
	uint32_t fb_id;

	/* What is waited for: a fence in a file, or a point of a timeline. */
	struct wl_event_source *fence_source;
	int fence;
	struct wlr_drm_syncobj_timeline_waiter waiter;
	bool has_waiter;
	bool ready;

	/* CLOCK_MONOTONIC; 0: it has not come to that. */
	int64_t commit_ns, signalled_ns, submit_ns, flip_ns;
};

static void fail(struct tiny *tiny, const char *what, int error) {
	fprintf(stderr, "tiny: %s: %s\n", what, strerror(error));
	tiny->status = 1;
	wl_display_terminate(tiny->wl_display);
}

/*
 * 1. The memory becomes a framebuffer: what KMS calls a picture that a plane can show. The dma-buf
 * is imported into the display's driver, which looks whether it can read such memory at all.
 */

static uint32_t import(
	struct tiny *tiny, const struct wlr_dmabuf_attributes *dmabuf, int *error) {
	struct kms_framebuffer_desc desc = {
		.width = (uint32_t)dmabuf->width,
		.height = (uint32_t)dmabuf->height,
		/* There is nothing below the primary plane that alpha could let through. */
		.fourcc = latch_format_without_alpha(dmabuf->format),
		.modifier = dmabuf->modifier,
		.n_planes = dmabuf->n_planes,
	};
	for (int i = 0; i < dmabuf->n_planes; i++) {
		desc.fd[i] = dmabuf->fd[i];
		desc.offset[i] = dmabuf->offset[i];
		desc.stride[i] = dmabuf->stride[i];
	}
	uint32_t fb_id = 0;
	*error = -kms_framebuffer_import(tiny->kms, &desc, &fb_id);
	return fb_id;
}

/* Asked by wlroots for each buffer that the client makes: one that can't be shown is refused at
 * once. */
static bool can_be_shown(struct wlr_dmabuf_attributes *dmabuf, void *data) {
	struct tiny *tiny = data;
	int error;
	uint32_t fb_id = import(tiny, dmabuf, &error);
	kms_framebuffer_destroy(tiny->kms, fb_id);
	return fb_id != 0;
}

/*
 * 2. A frame's end, at whatever time. Unlocking the buffer lets wlroots tell the client that it may
 * draw into it: by wl_buffer.release, or by a point of its timeline.
 */

static double ms(int64_t from_ns, int64_t to_ns) {
	return (double)(to_ns - from_ns) / 1e6;
}

/* A sync_file knows when its fence has signalled; 0: not yet. */
static int64_t signal_time(int fence) {
	struct latch_fence_info info = {0};
	latch_fence_get_info(fence, &info);
	return info.signal_time_ns;
}

/* The fence of what was drawn long ago says so. */
static void note_signal(struct frame *frame, int64_t signalled_ns) {
	frame->signalled_ns =
		signalled_ns > frame->commit_ns ? signalled_ns : frame->commit_ns;
}

static void stop_waiting(struct frame *frame) {
	if (frame->fence_source != NULL) {
		wl_event_source_remove(frame->fence_source);
		frame->fence_source = NULL;
	}
	latch_fd_clear(&frame->fence);
	if (frame->has_waiter) {
		wlr_drm_syncobj_timeline_waiter_finish(&frame->waiter);
		frame->has_waiter = false;
	}
}

static void frame_release(struct frame *frame) {
	if (frame == NULL) {
		return;
	}
	int64_t now_ns = latch_now_ns(), start_ns = frame->commit_ns;
	if (frame->fence >= 0) {
		note_signal(frame, signal_time(frame->fence)); /* the kernel has waited for it */
	}
	printf("frame %" PRIu64 ": commit %.3f ms", frame->number, (double)start_ns / 1e6);
	if (frame->flip_ns != 0) {
		printf(", signalled +%.3f, submit +%.3f, flip +%.3f, release +%.3f\n",
			ms(start_ns, frame->signalled_ns), ms(start_ns, frame->submit_ns),
			ms(start_ns, frame->flip_ns), ms(start_ns, now_ns));
	} else {
		printf(", not shown, release +%.3f\n", ms(start_ns, now_ns));
	}
	stop_waiting(frame);
	wl_list_remove(&frame->link);
	/* A plane that still shows it goes on doing so: the kernel has a reference of its own. */
	kms_framebuffer_destroy(frame->tiny->kms, frame->fb_id);
	wlr_buffer_unlock(frame->buffer);
	free(frame);
}

/*
 * 3. Submit: everything that is to change on the display goes into one atomic request, which the
 * kernel takes or refuses as a whole. Nonblocking: the call returns at once, and an event tells of
 * the flip.
 */

static int submit(struct tiny *tiny, struct frame *frame) {
	struct kms_commit commit;
	uint32_t flags = KMS_COMMIT_NONBLOCK | KMS_COMMIT_FLIP_EVENT;
	kms_commit_init(&commit, tiny->kms);
	if (!tiny->lit) {
		/* The first picture lights the monitor; whatever was on before goes off. */
		kms_commit_disable_all(&commit, tiny->kms);
		kms_commit_set_mode(&commit, tiny->crtc, tiny->connector, tiny->mode_blob);
		kms_commit_set_neutral(&commit, tiny->crtc, tiny->connector, 8);
		flags |= KMS_COMMIT_ALLOW_MODESET;
	}
	struct kms_plane_state state = kms_plane_state_whole(
		frame->fb_id, (uint32_t)frame->buffer->width, (uint32_t)frame->buffer->height);
	/* No IN_FENCE_FD: the client's fence has signalled and is closed, there is nothing that the
	 * kernel had to wait for. With --in-fence it waits for as long as the client's GPU likes, and
	 * nothing else can be shown. */
	state.in_fence_fd = frame->fence;
	kms_commit_set_plane(&commit, tiny->plane, tiny->crtc, &state);
	frame->submit_ns = latch_now_ns();
	int ret = kms_commit_submit(&commit, flags, 0);
	tiny->lit |= ret == 0;
	return ret;
}

/* Shows the newest frame that is ready; those before it come too late. One commit at a time: the
 * kernel would refuse another one until it has flipped. */
static void show_next(struct tiny *tiny) {
	if (tiny->submitted != NULL || !tiny->session->active) {
		return;
	}
	struct frame *frame, *next, *newest = NULL;
	wl_list_for_each(frame, &tiny->waiting, link) {
		newest = frame->ready ? frame : newest;
	}
	if (newest == NULL) {
		return;
	}
	wl_list_for_each_safe(frame, next, &tiny->waiting, link) {
		if (frame == newest) {
			break;
		}
		frame_release(frame);
	}
	wl_list_remove(&newest->link);
	wl_list_init(&newest->link);
	int ret = submit(tiny, newest);
	if (ret != 0) {
		frame_release(newest);
		fail(tiny, "the kernel refused a frame", -ret);
		return;
	}
	tiny->submitted = newest;
}

/*
 * 4. Flip: the frame is on the screen, so the one before it is not read any more and goes back. Now
 * the client may draw the next one: that is what the frame callback says.
 */

static void handle_flip(const struct kms_flip *flip, void *data) {
	struct tiny *tiny = data;
	struct frame *frame = tiny->submitted;
	if (frame == NULL) {
		return;
	}
	if (frame != tiny->shown) {
		/* Where no vblank was counted yet, as with a mode that was just set, it has no
		 * time. */
		frame->flip_ns = flip->flip_ns != 0 ? flip->flip_ns : latch_now_ns();
		frame_release(tiny->shown);
	}
	tiny->shown = frame;
	tiny->submitted = NULL;
	if (tiny->toplevel != NULL) {
		struct timespec when = latch_ns_timespec(flip->flip_ns);
		wlr_surface_send_frame_done(tiny->toplevel->base->surface, &when);
	}
	show_next(tiny);
}

static int handle_drm_event(int fd, uint32_t mask, void *data) {
	kms_event_dispatch(fd, handle_flip, data);
	return 0;
}

/*
 * 5. Fences: a commit may come long before the GPU has drawn. Nothing here waits for it; the event
 * loop calls when it is done, and meanwhile the last frame stays up.
 */

static void frame_is_ready(struct frame *frame, int64_t signalled_ns) {
	note_signal(frame, signalled_ns);
	frame->ready = true;
	stop_waiting(frame);
	show_next(frame->tiny);
}

/* A sync_file becomes readable when its fence has signalled. */
static int handle_fence(int fd, uint32_t mask, void *data) {
	frame_is_ready(data, signal_time(fd));
	return 0;
}

static void handle_point(struct wlr_drm_syncobj_timeline_waiter *waiter) {
	struct frame *frame = wl_container_of(waiter, frame, waiter);
	frame_is_ready(frame, latch_now_ns());
}

/* One fence that signals when both have; negative errno. */
static int merge_fences(int a, int b) {
	struct sync_merge_data merge = {.name = "tiny", .fd2 = b};
	return ioctl(a, SYNC_IOC_MERGE, &merge) == 0 ? merge.fence : -errno;
}

/* Drivers put their fences on the dma-buf itself. Planes may lie in memory of their own. */
static int export_fence(const struct wlr_dmabuf_attributes *dmabuf) {
	int fence = latch_fence_export_from_dmabuf(dmabuf->fd[0]);
	for (int i = 1; i < dmabuf->n_planes && fence >= 0; i++) {
		int one = latch_fence_export_from_dmabuf(dmabuf->fd[i]);
		int both = one >= 0 ? merge_fences(fence, one) : one;
		latch_fd_clear(&fence);
		latch_fd_clear(&one);
		fence = both;
	}
	return fence;
}

/* Returns false where the fence can't be watched: then the frame can't be shown. */
static bool watch_fence(struct frame *frame, struct wlr_surface *surface,
	const struct wlr_dmabuf_attributes *dmabuf) {
	struct wl_event_loop *loop = frame->tiny->loop;
	/* Explicit synchronisation: the client names two points of a timeline, one that says when
	 * it has drawn, and one for us to signal when we are done with the buffer. */
	struct wlr_linux_drm_syncobj_surface_v1_state *points =
		wlr_linux_drm_syncobj_v1_get_surface_state(surface);
	if (points != NULL && points->acquire_timeline != NULL) {
		frame->has_waiter = wlr_drm_syncobj_timeline_waiter_init(&frame->waiter,
			points->acquire_timeline, points->acquire_point, 0, loop, handle_point);
		return wlr_linux_drm_syncobj_v1_state_signal_release_with_buffer(
			       points, frame->buffer) &&
		       frame->has_waiter;
	}
	/* Implicit synchronisation: what sits on the dma-buf now is all of it. */
	frame->fence = export_fence(dmabuf);
	if (frame->tiny->in_fence) {
		frame->ready = frame->fence >= 0; /* the kernel is to wait */
		return frame->ready;
	}
	if (frame->fence >= 0) {
		frame->fence_source = wl_event_loop_add_fd(
			loop, frame->fence, WL_EVENT_READABLE, handle_fence, frame);
	}
	return frame->fence_source != NULL;
}

/*
 * 6. Commit: the client's request. wlroots has checked it and tells us what is new.
 */

/* Returns what is wrong, or NULL. */
static const char *frame_init(struct frame *frame, struct wlr_surface *surface) {
	struct tiny *tiny = frame->tiny;
	struct wlr_dmabuf_attributes dmabuf;
	int error;
	if (!wlr_buffer_get_dmabuf(frame->buffer, &dmabuf)) {
		return "its buffer is no dma-buf";
	}
	if (dmabuf.width != tiny->mode->info.hdisplay ||
		dmabuf.height != tiny->mode->info.vdisplay) {
		return "it is not as large as the screen";
	}
	frame->fb_id = import(tiny, &dmabuf, &error);
	if (frame->fb_id == 0) {
		return strerror(error);
	}
	return watch_fence(frame, surface, &dmabuf) ? NULL : "its fence can't be watched";
}

static void handle_commit(struct wl_listener *listener, void *data) {
	struct tiny *tiny = wl_container_of(listener, tiny, commit);
	struct wlr_surface *surface = data;
	if (tiny->toplevel->base->initial_commit) {
		/* It asks how large it is to be. Pictures come after it has heard. */
		wlr_xdg_toplevel_set_size(tiny->toplevel, tiny->mode->info.hdisplay,
			tiny->mode->info.vdisplay);
		wlr_xdg_toplevel_set_fullscreen(tiny->toplevel, true);
		wlr_xdg_toplevel_set_activated(tiny->toplevel, true);
		return;
	}
	if (surface->current.buffer == NULL) {
		return; /* nothing new to see */
	}
	struct frame *frame = calloc(1, sizeof(*frame));
	if (frame == NULL) {
		fail(tiny, "a frame", ENOMEM);
		return;
	}
	*frame = (struct frame){
		.tiny = tiny,
		.number = ++tiny->frames,
		.buffer = wlr_buffer_lock(surface->current.buffer),
		.fence = -1,
		.commit_ns = latch_now_ns(),
	};
	wl_list_insert(tiny->waiting.prev, &frame->link);
	const char *wrong = frame_init(frame, surface);
	if (wrong != NULL) {
		fprintf(stderr, "tiny: frame %" PRIu64 ": %s\n", frame->number, wrong);
		frame_release(frame);
	} else if (frame->ready) {
		show_next(tiny);
	}
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct tiny *tiny = wl_container_of(listener, tiny, destroy);
	wl_list_remove(&tiny->commit.link);
	wl_list_remove(&tiny->destroy.link);
	tiny->toplevel = NULL;
}

static void handle_new_toplevel(struct wl_listener *listener, void *data) {
	struct tiny *tiny = wl_container_of(listener, tiny, new_toplevel);
	struct wlr_xdg_toplevel *toplevel = data;
	if (tiny->toplevel != NULL) {
		wlr_xdg_toplevel_send_close(toplevel); /* there is no room for two */
		return;
	}
	tiny->toplevel = toplevel;
	tiny->commit.notify = handle_commit;
	wl_signal_add(&toplevel->base->surface->events.commit, &tiny->commit);
	tiny->destroy.notify = handle_destroy;
	wl_signal_add(&toplevel->events.destroy, &tiny->destroy);
}

/*
 * 7. What clients are offered. dma-buf feedback says which device shows their memory, and which
 * formats and layouts (modifiers) its plane takes: a client that allocates one of those is shown
 * without a copy.
 */

static bool offer_dmabuf(struct tiny *tiny) {
	struct stat node;
	struct wlr_linux_dmabuf_feedback_v1 feedback = {0};
	struct wlr_linux_dmabuf_feedback_v1_tranche *tranche =
		wlr_linux_dmabuf_feedback_add_tranche(&feedback);
	if (tranche == NULL || fstat(tiny->device->fd, &node) != 0) {
		return false;
	}
	feedback.main_device = tranche->target_device = node.st_rdev;
	tranche->flags = TRANCHE_SCANOUT;
	for (size_t i = 0; i < tiny->plane->formats.len; i++) {
		const struct kms_format *format = &tiny->plane->formats.formats[i];
		for (size_t j = 0; j < format->modifiers_len; j++) {
			wlr_drm_format_set_add(
				&tranche->formats, format->fourcc, format->modifiers[j]);
		}
	}
	struct wlr_linux_dmabuf_v1 *global =
		wlr_linux_dmabuf_v1_create(tiny->wl_display, 4, &feedback);
	wlr_linux_dmabuf_feedback_v1_finish(&feedback);
	if (global != NULL) {
		wlr_linux_dmabuf_v1_set_check_dmabuf_callback(global, can_be_shown, tiny);
	}
	return global != NULL;
}

static bool offer_protocols(struct tiny *tiny) {
	struct wl_display *display = tiny->wl_display;
	struct wlr_xdg_shell *shell = wlr_xdg_shell_create(display, 3);
	if (shell == NULL || wlr_compositor_create(display, 5, NULL) == NULL ||
		!offer_dmabuf(tiny)) {
		return false;
	}
	tiny->new_toplevel.notify = handle_new_toplevel;
	wl_signal_add(&shell->events.new_toplevel, &tiny->new_toplevel);
	/* Timelines, where the display's driver has them. Their points are no files for the kernel. */
	return tiny->in_fence || !tiny->kms->features.syncobj_timeline ||
	       wlr_linux_drm_syncobj_manager_v1_create(display, 1, tiny->device->fd) != NULL;
}

/*
 * 8. The display. The session gives us the device, and takes it away while another VT is in front.
 */

static void handle_active(struct wl_listener *listener, void *data) {
	struct tiny *tiny = wl_container_of(listener, tiny, active);
	if (!tiny->session->active) {
		return;
	}
	/* Whoever was there has set a mode of its own. */
	tiny->lit = false;
	show_next(tiny);
	if (tiny->submitted == NULL && tiny->shown != NULL && submit(tiny, tiny->shown) == 0) {
		tiny->submitted = tiny->shown;
	}
}

static const char *choose_output(struct tiny *tiny) {
	for (size_t i = 0; i < tiny->kms->connectors_len && tiny->connector == NULL; i++) {
		struct kms_connector *connector = tiny->kms->connectors[i];
		if (!connector->writeback && connector->status == KMS_CONNECTOR_CONNECTED) {
			tiny->connector = connector;
		}
	}
	if (tiny->connector == NULL) {
		return "no monitor is connected";
	}
	for (size_t i = 0; i < tiny->kms->crtcs_len && tiny->plane == NULL; i++) {
		tiny->crtc = &tiny->kms->crtcs[i];
		if (tiny->connector->possible_crtcs & (1u << tiny->crtc->index)) {
			tiny->plane = kms_device_find_crtc_plane(
				tiny->kms, tiny->crtc, KMS_PLANE_PRIMARY, 0);
		}
	}
	int mode = kms_mode_choose(tiny->connector->modes, tiny->connector->modes_len, NULL);
	if (tiny->plane == NULL || mode < 0) {
		return "the monitor has no mode, or nothing drives it";
	}
	tiny->mode = &tiny->connector->modes[mode];
	int ret = kms_blob_create(
		tiny->kms, &tiny->mode->info, sizeof(tiny->mode->info), &tiny->mode_blob);
	return ret == 0 ? NULL : strerror(-ret);
}

/* Returns what is wrong, or NULL. */
static const char *open_display(struct tiny *tiny, const char *path) {
	tiny->session = wlr_session_create(tiny->loop);
	if (tiny->session == NULL) {
		return "there is no seat: seatd or logind is needed";
	}
	/* A seat may say only a little later that it is ours. */
	for (int i = 0; i < 50 && !tiny->session->active; i++) {
		wl_event_loop_dispatch(tiny->loop, 100);
	}
	tiny->active.notify = handle_active;
	wl_signal_add(&tiny->session->events.active, &tiny->active);
	tiny->device = wlr_session_open_file(tiny->session, path);
	if (tiny->device == NULL) {
		return "the seat does not open it";
	}
	enum kms_open_error error;
	tiny->kms = kms_device_create(tiny->device->fd, &error);
	if (tiny->kms == NULL) {
		return kms_error_string(error);
	}
	tiny->flips = wl_event_loop_add_fd(
		tiny->loop, tiny->device->fd, WL_EVENT_READABLE, handle_drm_event, tiny);
	return choose_output(tiny);
}

static void close_display(struct tiny *tiny) {
	if (tiny->flips != NULL) {
		wl_event_source_remove(tiny->flips);
	}
	if (tiny->kms != NULL) {
		kms_blob_destroy(tiny->kms, tiny->mode_blob);
		kms_device_destroy(tiny->kms);
	}
	if (tiny->device != NULL) {
		wlr_session_close_file(tiny->session, tiny->device);
	}
	if (tiny->session != NULL) {
		wl_list_remove(&tiny->active.link);
		wlr_session_destroy(tiny->session);
	}
}

/*
 * 9. The client's process, signals, and the loop that all of the above is called from.
 */

static int handle_signal(int number, void *data) {
	struct tiny *tiny = data;
	int status;
	if (number == SIGCHLD && waitpid(tiny->child, &status, WNOHANG) == tiny->child) {
		tiny->child = 0;
		tiny->status = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	}
	if (number != SIGCHLD || tiny->child == 0) {
		wl_display_terminate(tiny->wl_display);
	}
	return 0;
}

static void start_client(struct tiny *tiny, char **command) {
	tiny->child = fork();
	if (tiny->child == 0) {
		/* The event loop has blocked the signals that it reads. */
		sigset_t none;
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		execvp(command[0], command);
		fprintf(stderr, "tiny: %s: %s\n", command[0], strerror(errno));
		_exit(127);
	}
	if (tiny->child < 0) {
		fail(tiny, "fork", errno);
	}
}

static void run(struct tiny *tiny, char **command) {
	static const int numbers[] = {SIGCHLD, SIGINT, SIGTERM};
	struct wl_event_source *signals[3];
	for (size_t i = 0; i < 3; i++) {
		signals[i] = wl_event_loop_add_signal(tiny->loop, numbers[i], handle_signal, tiny);
	}
	const char *socket = wl_display_add_socket_auto(tiny->wl_display);
	if (socket == NULL) {
		fail(tiny, "the socket in XDG_RUNTIME_DIR", errno);
	} else {
		setenv("WAYLAND_DISPLAY", socket, true);
		start_client(tiny, command);
		wl_display_run(tiny->wl_display);
	}
	if (tiny->child > 0) {
		kill(tiny->child, SIGTERM);
	}
	for (size_t i = 0; i < 3; i++) {
		wl_event_source_remove(signals[i]);
	}
	wl_display_destroy_clients(tiny->wl_display);
	struct frame *frame, *next;
	wl_list_for_each_safe(frame, next, &tiny->waiting, link) {
		frame_release(frame);
	}
	if (tiny->submitted != tiny->shown) {
		frame_release(tiny->submitted);
	}
	frame_release(tiny->shown);
	wl_list_remove(&tiny->new_toplevel.link);
}

int main(int argc, char **argv) {
	bool in_fence = argc > 1 && strcmp(argv[1], "--in-fence") == 0;
	argv += in_fence;
	argc -= in_fence;
	if (argc < 3 || argv[1][0] == '-') {
		fputs("usage: tiny [--in-fence] DEVICE COMMAND [ARG...]\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	struct tiny tiny = {.wl_display = wl_display_create(), .in_fence = in_fence};
	if (tiny.wl_display == NULL) {
		return 1;
	}
	tiny.loop = wl_display_get_event_loop(tiny.wl_display);
	wl_list_init(&tiny.waiting);
	const char *wrong = open_display(&tiny, argv[1]);
	if (wrong == NULL && !offer_protocols(&tiny)) {
		wrong = "the protocols can't be offered";
	}
	if (wrong != NULL) {
		fprintf(stderr, "tiny: %s: %s\n", argv[1], wrong);
		tiny.status = 1;
	} else {
		run(&tiny, &argv[2]);
	}
	close_display(&tiny);
	wl_display_destroy(tiny.wl_display);
	return tiny.status;
}
