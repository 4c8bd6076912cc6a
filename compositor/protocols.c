#include "protocols.h"

#include <drm_fourcc.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_content_type_v1.h>
#include <wlr/types/wlr_fractional_scale_v1.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_presentation_time.h>
#include <wlr/types/wlr_shm.h>
#include <wlr/types/wlr_single_pixel_buffer_v1.h>
#include <wlr/types/wlr_subcompositor.h>
#include <wlr/types/wlr_viewporter.h>
#include <wlr/types/wlr_xdg_output_v1.h>
#include <wlr/util/log.h>

#include "backend/backend.h"
#include "base/clock.h"
#include "dmabuf/linux_dmabuf_v1.h"
#include "fence/timeline.h"
#include "inspect/documents.h"
#include "inspect/inspector.h"
#include "latch-inspector-unstable-v2-protocol.h"
#include "output/content.h"
#include "output/image_capture.h"
#include "output/look.h"
#include "output/management.h"
#include "output/output.h"
#include "output/renderer_reads.h"
#include "security.h"
#include "server.h"
#include "shell/shell.h"
#include "sync/gate.h"

#define COMPOSITOR_VERSION 6
#define PRESENTATION_VERSION 2
#define SHM_VERSION 2
#define FRACTIONAL_SCALE_VERSION 1
#define CONTENT_TYPE_VERSION 1

/* The pace of a surface that is on no output, when there is none: 60 Hz. */
#define UNSEEN_INTERVAL_NS INT64_C(16666667)

static bool create_globals(struct latch_server *server) {
	static const uint32_t shm_formats[] = {
		DRM_FORMAT_ARGB8888,
		DRM_FORMAT_XRGB8888,
		DRM_FORMAT_ABGR8888,
		DRM_FORMAT_XBGR8888,
	};
	struct wl_display *display = server->display;
	/* No renderer: wlroots makes no textures of commits, latch decides what goes where. */
	server->compositor = wlr_compositor_create(display, COMPOSITOR_VERSION, NULL);
	server->layout = wlr_output_layout_create(display);
	server->content_type = wlr_content_type_manager_v1_create(display, CONTENT_TYPE_VERSION);
	return server->compositor != NULL && server->layout != NULL &&
	       server->content_type != NULL &&
	       latch_security_init(display) && wlr_subcompositor_create(display) != NULL &&
	       wlr_shm_create(display, SHM_VERSION, shm_formats,
		       sizeof(shm_formats) / sizeof(shm_formats[0])) != NULL &&
	       wlr_single_pixel_buffer_manager_v1_create(display) != NULL &&
	       wlr_viewporter_create(display) != NULL &&
	       wlr_fractional_scale_manager_v1_create(display, FRACTIONAL_SCALE_VERSION) != NULL &&
	       latch_look_create_globals(
		       display, latch_renderer_expects_pixman(&server->renderer)) &&
	       wlr_presentation_create(display, server->backend.wlr, PRESENTATION_VERSION) !=
		       NULL &&
	       wlr_xdg_output_manager_v1_create(display, server->layout) != NULL;
}

static void handle_surface_committed(void *data, struct latch_surface *surface) {
	struct latch_server *server = data;
	struct latch_output *output;
	/* On two outputs it hears by the first flip, and the other one could still show what is newer. */
	bool waits = latch_pace_waits(&surface->pace) &&
		     !wl_list_empty(&surface->wlr_surface->current.frame_callback_list) &&
		     wl_list_length(&surface->wlr_surface->current_outputs) == 1;
	wl_list_for_each(output, &server->outputs, link) {
		if (latch_output_shows(output, surface->wlr_surface)) {
			latch_pace_ready(&surface->pace, latch_now_ns(),
				output->deadline.vblank.mode_ns);
			latch_output_surface_committed(output, surface->id, waits);
		}
	}
}

/* On several outputs: the first of their vblanks. */
static int64_t next_vblank_ns(void *data, struct wlr_surface *surface) {
	struct latch_server *server = data;
	int64_t now_ns = latch_now_ns(), first_ns = 0;
	struct latch_output *output;
	wl_list_for_each(output, &server->outputs, link) {
		int64_t vblank_ns = latch_deadline_next_vblank(&output->deadline, now_ns);
		if (vblank_ns != 0 && (first_ns == 0 || vblank_ns < first_ns) &&
			latch_output_shows(output, surface)) {
			first_ns = vblank_ns;
		}
	}
	return first_ns;
}

/* On several outputs: not before its time on any of them. */
static int64_t ready_ns(
	void *data, struct wlr_surface *surface, int64_t target_ns, int64_t now_ns) {
	struct latch_server *server = data;
	int64_t last_ns = 0;
	struct latch_output *output;
	wl_list_for_each(output, &server->outputs, link) {
		if (output->active && latch_output_shows(output, surface)) {
			int64_t output_ns =
				latch_clock_ready(&output->deadline.vblank, target_ns, now_ns);
			last_ns = output_ns > last_ns ? output_ns : last_ns;
		}
	}
	return last_ns != 0 ? last_ns : target_ns;
}

/* A surface that is nowhere to be seen goes on as if it were on the first output. */
static int64_t unseen_interval_ns(void *data, struct wlr_surface *surface) {
	struct latch_server *server = data;
	int64_t interval_ns = 0;
	struct latch_output *output;
	wl_list_for_each(output, &server->outputs, link) {
		if (output->active && latch_output_shows(output, surface)) {
			return 0;
		}
		interval_ns = interval_ns == 0 ? output->deadline.vblank.mode_ns : interval_ns;
	}
	return interval_ns != 0 ? interval_ns : UNSEEN_INTERVAL_NS;
}

static bool create_sync(struct latch_server *server) {
	int kms_fd = server->backend.kms != NULL ? latch_kms_backend_fd(server->backend.kms) : -1;
	server->timeline_device = latch_timeline_find_device(kms_fd);
	if (server->timeline_device == NULL) {
		wlr_log(WLR_INFO, "linux-drm-syncobj: off, no DRM device here has timelines");
	}
	const int timeline_fd = server->timeline_device != NULL
					? latch_timeline_device_get_fd(server->timeline_device)
					: -1;
	server->renderer.timeline_fd = timeline_fd;
	if (server->backend.kms != NULL) {
		latch_kms_backend_create_signalled_fence(server->backend.kms, timeline_fd);
	}
	server->gate = latch_gate_create(server->display,
		&(struct latch_gate_options){
			.timeline_device = server->timeline_device,
			.tearing = server->options->tearing,
			.hold_warning_ns = server->options->hold_warning_ns,
			.fence_timeout_ns = server->options->fence_timeout_ns,
			.next_vblank_ns = next_vblank_ns,
			.ready_ns = ready_ns,
			.unseen_interval_ns = unseen_interval_ns,
			.data = server,
		});
	if (server->gate == NULL) {
		return false;
	}
	server->contents = latch_content_tracker_create(&(struct latch_content_tracker_options){
		.compositor = server->compositor,
		.gate = server->gate,
		.trace = server->trace,
		.renderer = &server->renderer,
		.committed = handle_surface_committed,
		.data = server,
	});
	return server->contents != NULL;
}

static void schedule_all(struct latch_server *server) {
	struct latch_output *output;
	wl_list_for_each(output, &server->outputs, link) {
		latch_output_schedule(output);
	}
}

static void handle_damage_all(void *data) {
	schedule_all(data);
}

static void handle_cursor_moved(void *data) {
	struct latch_server *server = data;
	struct latch_output *output;
	wl_list_for_each(output, &server->outputs, link) {
		latch_output_cursor_moved(output);
	}
}

static void handle_input(void *data) {
	struct latch_server *server = data;
	struct latch_output *output;
	wl_list_for_each(output, &server->outputs, link) {
		latch_output_note_input(output);
	}
}

static void handle_leave(void *data) {
	latch_server_leave(data);
}

static void handle_terminate(void *data) {
	latch_server_end(data, LATCH_EXIT_OK);
}

static bool create_shell(struct latch_server *server) {
	server->shell = latch_shell_create(&(struct latch_shell_options){
		.display = server->display,
		.backend = server->backend.wlr,
		.compositor = server->compositor,
		.session = server->backend.session,
		.layout = server->layout,
		.damage_all = handle_damage_all,
		.cursor_moved = handle_cursor_moved,
		.input = handle_input,
		.leave = handle_leave,
		.terminate = handle_terminate,
		.data = server,
	});
	if (server->shell == NULL) {
		return false;
	}
	server->management = latch_management_create(server);
	server->image_capture = latch_image_capture_create(server);
	return server->management != NULL && server->image_capture != NULL;
}

static bool can_scanout(void *data, const struct wlr_dmabuf_attributes *dmabuf) {
	struct latch_server *server = data;
	return latch_kms_backend_can_import(server->backend.kms, dmabuf);
}

static bool can_compose(void *data, const struct wlr_dmabuf_attributes *dmabuf) {
	struct latch_server *server = data;
	return latch_renderer_can_compose(&server->renderer, dmabuf);
}

void latch_protocols_create_dmabuf(struct latch_server *server) {
	struct latch_renderer_reads reads;
	struct latch_dmabuf_options options = {
		.display = server->display,
		.kms_fd = -1,
		.can_compose = can_compose,
		.data = server,
	};
	if (server->backend.kms != NULL) {
		options.kms_fd = latch_kms_backend_fd(server->backend.kms);
		options.planes = server->backend.kms->device->planes;
		options.planes_len = server->backend.kms->device->planes_len;
		options.scanout_formats = latch_kms_backend_primary_formats(server->backend.kms);
		options.can_scanout = can_scanout;
	} else if (!latch_renderer_ensure(&server->renderer)) {
		return;
	}
	if (latch_renderer_learn(&server->renderer, &reads)) {
		options.main_device = reads.device;
		options.composed_formats = &reads.formats;
		options.composed_known = reads.known;
		server->dmabuf = latch_dmabuf_create(&options);
	}
	latch_renderer_reads_finish(&reads);
}

void latch_protocols_renderer_changed(struct latch_server *server) {
	struct latch_renderer_reads reads;
	if (server->dmabuf == NULL) {
		return;
	}
	if (latch_renderer_learn(&server->renderer, &reads)) {
		latch_dmabuf_set_composed(server->dmabuf, &reads.formats);
	} else {
		wlr_log(WLR_ERROR, "no memory to tell clients what can be composed now");
	}
	latch_renderer_reads_finish(&reads);
}

static void create_inspector(struct latch_server *server) {
	server->inspector = latch_inspector_create(server->display,
		&(struct latch_inspector_options){
			.fill[ZLATCH_INSPECTOR_V2_SUBJECT_PLANES] = latch_inspect_planes,
			.fill[ZLATCH_INSPECTOR_V2_SUBJECT_HELD] = latch_inspect_held,
			.fill[ZLATCH_INSPECTOR_V2_SUBJECT_STATISTICS] =
				latch_inspect_statistics,
			.data = server,
		});
	if (server->inspector == NULL) {
		wlr_log(WLR_ERROR, "no inspector: no memory for it");
	}
}

bool latch_protocols_create(struct latch_server *server) {
	if (!create_globals(server) || !create_sync(server) || !create_shell(server)) {
		return false;
	}
	create_inspector(server);
	return true;
}
