/* SPDX-License-Identifier: MIT */
#include "protocols.h"

#include <drm_fourcc.h>
#include <wlr/types/wlr_content_type_v1.h>
#include <wlr/types/wlr_fixes.h>
#include <wlr/types/wlr_fractional_scale_v1.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_presentation_time.h>
#include <wlr/types/wlr_shm.h>
#include <wlr/types/wlr_single_pixel_buffer_v1.h>
#include <wlr/types/wlr_subcompositor.h>
#include <wlr/types/wlr_viewporter.h>
#include <wlr/types/wlr_xdg_output_v1.h>

#include "backend/backend.h"
#include "backend/framebuffer.h"
#include "base/clock.h"
#include "dmabuf/linux_dmabuf_v1.h"
#include "dmabuf/udmabuf.h"
#include "fence/timeline.h"
#include "inspect/documents.h"
#include "inspect/inspector.h"
#include "latch-inspector-unstable-v2-protocol.h"
#include "limits/security.h"
#include "options.h"
#include "output/content.h"
#include "output/look.h"
#include "output/management.h"
#include "output/output.h"
#include "output/planes_like.h"
#include "output/renderer_reads.h"
#include "shell/shell.h"
#include "sync/gate.h"
#include "trace/trace.h"

static bool create_globals(struct latch_core *core) {
	static const uint32_t shm_formats[] = {
		DRM_FORMAT_ARGB8888,
		DRM_FORMAT_XRGB8888,
		DRM_FORMAT_ABGR8888,
		DRM_FORMAT_XBGR8888,
	};
	struct wl_display *display = core->display;
	/* No renderer: wlroots makes no textures of commits, latch decides what goes where. */
	core->compositor = wlr_compositor_create(display, 6, NULL);
	core->layout = wlr_output_layout_create(display);
	core->content_type = wlr_content_type_manager_v1_create(display, 1);
	return core->compositor != NULL && core->layout != NULL &&
	       core->content_type != NULL &&
	       latch_security_init(display) && wlr_subcompositor_create(display) != NULL &&
	       wlr_shm_create(display, 2, shm_formats,
		       sizeof(shm_formats) / sizeof(shm_formats[0])) != NULL &&
	       wlr_fixes_create(display, 1) != NULL &&
	       wlr_single_pixel_buffer_manager_v1_create(display) != NULL &&
	       wlr_viewporter_create(display) != NULL &&
	       wlr_fractional_scale_manager_v1_create(display, 1) != NULL &&
	       latch_look_create_globals(display, latch_renderer_expects_pixman(&core->renderer)) &&
	       wlr_presentation_create(display, core->backend.wlr, 2) != NULL &&
	       wlr_xdg_output_manager_v1_create(display, core->layout) != NULL;
}

static bool create_sync(struct latch_core *core, const struct latch_options *options) {
	int kms_fd = core->backend.kms != NULL ? core->backend.kms->device->fd : -1;
	core->timeline_device = latch_timeline_find_device(kms_fd);
	if (core->timeline_device == NULL) {
		wlr_log(WLR_INFO, "linux-drm-syncobj: off, no DRM device here has timelines");
	}
	const int timeline_fd = core->timeline_device != NULL
					? latch_timeline_device_get_fd(core->timeline_device)
					: -1;
	core->renderer.timeline_fd = timeline_fd;
	if (core->backend.kms != NULL) {
		latch_kms_backend_create_signalled_fence(core->backend.kms, timeline_fd);
		core->backend.kms->udmabuf_fd = latch_udmabuf_open(core->backend.kms->device);
	}
	core->gate = latch_gate_create(core->display,
		&(struct latch_gate_options){
			.timeline_device = core->timeline_device,
			.outputs = &core->clocks,
			.tearing = options->tearing,
			.color = core->color,
			.hold_warning_ns = options->hold_warning_ns,
			.fence_timeout_ns = options->fence_timeout_ns,
		});
	if (core->gate == NULL) {
		return false;
	}
	core->contents = latch_content_tracker_create(core);
	return core->contents != NULL;
}

static void handle_damage_all(void *data) {
	const struct latch_core *core = data;
	latch_gate_colors_changed(core->gate);
	latch_outputs_each(data, latch_output_schedule);
}

static void handle_cursor_moved(void *data) {
	latch_outputs_each(data, latch_output_cursor_moved);
}

static void handle_input(void *data, struct wlr_surface *wlr_surface, int64_t time_ns) {
	struct latch_core *core = data;
	struct latch_surface *surface = wlr_surface != NULL ? latch_surface_get(wlr_surface) : NULL;
	if (surface != NULL && surface->input_ns == 0) {
		surface->input_ns = time_ns;
	}
	struct latch_output *output;
	wl_list_for_each(output, &core->outputs, link) {
		output->activity.input_ns = latch_now_ns();
	}
}

/* Those that a tool has darkened stay so. While the session is switched away, another's are lit. */
static void handle_idle(void *data, bool is_idle) {
	struct latch_core *core = data;
	struct latch_output *output;
	wl_list_for_each(output, &core->outputs, link) {
		if (is_idle) {
			output->idle = core->active && output->powered &&
				       latch_output_set_power(output, false);
		} else if (output->idle) {
			output->idle = false;
			latch_output_set_power(output, true);
		}
	}
	latch_management_changed(core->management);
}

static void handle_leave(void *data) {
	struct latch_core *core = data;
	core->leave(core);
}

static void handle_record(void *data) {
	const struct latch_core *core = data;
	latch_trace_record_file(core->trace, "Ctrl+Alt+R");
}

static void handle_terminate(void *data) {
	struct latch_core *core = data;
	core->end(core, LATCH_EXIT_OK);
}

static bool create_shell(struct latch_core *core, const struct latch_options *options) {
	core->shell = latch_shell_create(&(struct latch_shell_options){
		.display = core->display,
		.backend = core->backend.wlr,
		.compositor = core->compositor,
		.session = core->backend.session,
		.layout = core->layout,
		.damage_all = handle_damage_all,
		.cursor_moved = handle_cursor_moved,
		.input = handle_input,
		.devices = options->devices,
		.no_cursor = options->no_cursor,
		.no_keys = options->no_keys,
		.idle_off_ns = options->idle_off_ns,
		.idle = handle_idle,
		.leave = handle_leave,
		.record = handle_record,
		.terminate = handle_terminate,
		.data = core,
	});
	if (core->shell == NULL) {
		return false;
	}
	core->management = latch_management_create(core);
	return core->management != NULL && latch_image_capture_create_globals(core);
}

static bool can_scanout(void *data, const struct wlr_dmabuf_attributes *dmabuf) {
	struct latch_core *core = data;
	return latch_kms_backend_can_import(core->backend.kms, dmabuf);
}

static bool can_compose(void *data, const struct wlr_dmabuf_attributes *dmabuf) {
	struct latch_core *core = data;
	return latch_renderer_can_compose(&core->renderer, dmabuf);
}

void latch_protocols_create_dmabuf(struct latch_core *core) {
	struct latch_renderer_reads reads;
	struct latch_dmabuf_options options = {
		.display = core->display,
		.kms_fd = -1,
		.can_compose = can_compose,
		.data = core,
	};
	if (core->backend.kms != NULL) {
		options.kms_fd = core->backend.kms->device->fd;
		options.planes = core->backend.kms->device->planes;
		options.planes_len = core->backend.kms->device->planes_len;
		options.scanout_formats = latch_kms_backend_primary_formats(core->backend.kms);
		options.can_scanout = can_scanout;
	} else if (!latch_renderer_ensure(&core->renderer)) {
		return;
	} else if (core->planes_like != NULL) {
		const struct latch_profile *profile = core->planes_like->profile;
		options.planes = profile->planes;
		options.planes_len = profile->len;
		options.scanout_formats = &profile->primary->formats;
	}
	if (latch_renderer_learn(&core->renderer, &reads)) {
		options.main_device = reads.device;
		options.composed_formats = &reads.formats;
		options.composed_known = reads.known;
		core->dmabuf = latch_dmabuf_create(&options);
	}
	latch_renderer_reads_finish(&reads);
}

void latch_protocols_renderer_changed(struct latch_core *core) {
	struct latch_renderer_reads reads;
	if (core->dmabuf == NULL) {
		return;
	}
	if (latch_renderer_learn(&core->renderer, &reads)) {
		latch_dmabuf_set_composed(core->dmabuf, &reads.formats);
	} else {
		wlr_log(WLR_ERROR, "no memory to tell clients what can be composed now");
	}
	latch_renderer_reads_finish(&reads);
}

static void create_inspector(struct latch_core *core) {
	core->inspector = latch_inspector_create(core->display,
		&(struct latch_inspector_options){
			.fill[ZLATCH_INSPECTOR_V2_SUBJECT_PLANES] = latch_inspect_planes,
			.fill[ZLATCH_INSPECTOR_V2_SUBJECT_HELD] = latch_inspect_held,
			.fill[ZLATCH_INSPECTOR_V2_SUBJECT_STATISTICS] =
				latch_inspect_statistics,
			.record = latch_trace_record,
			.data = core,
			.trace = core->trace,
		});
	if (core->inspector == NULL) {
		wlr_log(WLR_ERROR, "no inspector: no memory for it");
	}
}

bool latch_protocols_create(struct latch_core *core, const struct latch_options *options) {
	if (!create_globals(core) || !create_sync(core, options) || !create_shell(core, options)) {
		return false;
	}
	create_inspector(core);
	return true;
}
