/* SPDX-License-Identifier: MIT */
#include "backend/backend.h"

#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <wlr/backend/session.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/log.h>
#include <xf86drm.h>

#include "backend/configure.h"
#include "backend/crtc.h"
#include "backend/exit.h"
#include "backend/framebuffer.h"
#include "backend/output.h"
#include "backend/wlr_output.h"
#include "base/source.h"
#include "fence/fence.h"
#include "kms/framebuffer.h"
#include "kms/saved_state.h"

static struct latch_kms_backend *from_base(struct wlr_backend *backend) {
	struct latch_kms_backend *kms = wl_container_of(backend, kms, base);
	return kms;
}

const struct kms_format_set *latch_kms_backend_primary_formats(
	const struct latch_kms_backend *backend) {
	/* Outputs do not exist yet when this is asked. Planes of one type are alike on nearly all
	 * hardware; where they are not, the planner says so for each buffer. */
	for (size_t i = 0; i < backend->device->planes_len; i++) {
		if (backend->device->planes[i].type == KMS_PLANE_PRIMARY) {
			return &backend->device->planes[i].formats;
		}
	}
	return NULL;
}

void latch_kms_backend_create_signalled_fence(struct latch_kms_backend *backend, int timeline_fd) {
	/* Where no node has syncobjs, a buffer that nobody ever writes to has such a fence too. */
	struct kms_dumb_buffer *idle =
		kms_dumb_buffer_create(backend->device, 64, 64, DRM_FORMAT_XRGB8888);
	int idle_fd = idle != NULL ? kms_dumb_buffer_export(idle) : -1;
	int fd = latch_fence_create_signalled(timeline_fd, idle_fd);
	if (fd >= 0) {
		backend->signalled_fence_fd = fd;
	} else {
		wlr_log(WLR_INFO,
			"%s: planes get no IN_FENCE_FD: no signalled fence can be made: %s",
			backend->path, strerror(-fd));
	}
	latch_fd_clear(&idle_fd);
	kms_dumb_buffer_destroy(idle);
}

bool latch_kms_backend_may_have_gpu(const struct latch_kms_backend *backend) {
	/* A display controller without a render node is often driven together with a GPU that is a
	 * device of its own: Mesa knows the pairs. */
	char *render_node = drmGetRenderDeviceNameFromFd(backend->device->fd);
	bool may = render_node != NULL || backend->device->clock == KMS_CLOCK_HARDWARE;
	free(render_node);
	return may;
}

void latch_kms_backend_forbid_in_fences(struct latch_kms_backend *backend) {
	wlr_log(WLR_INFO, "%s: planes get no IN_FENCE_FD: the driver refuses it", backend->path);
	latch_fd_clear(&backend->signalled_fence_fd);
}

static void handle_flip(const struct kms_flip *flip, void *data) {
	struct latch_kms_backend *backend = data;
	struct latch_kms_output *output;
	wl_list_for_each(output, &backend->outputs, link) {
		/* A plane that comes from another CRTC takes that one's state along, and there is
		 * an event for it, too, with the same user_data (prepare_signaling()). */
		if (output->crtc != NULL && flip->crtc_id == output->crtc->id &&
			flip->user_data == latch_kms_output_user_data(output, output->submit_serial)) {
			latch_kms_output_handle_flip(output, flip);
			return;
		}
	}
}

static void destroy_outputs(struct latch_kms_backend *backend) {
	struct latch_kms_output *output, *tmp;
	wl_list_for_each_safe(output, tmp, &backend->outputs, link) {
		wlr_output_destroy(&output->base);
	}
}

static int handle_drm_event(int fd, uint32_t mask, void *data) {
	struct latch_kms_backend *backend = data;
	if (mask & (WL_EVENT_ERROR | WL_EVENT_HANGUP)) {
		/* A GPU in a dock that was pulled out. No flip comes any more, and udev may take
		 * its time. */
		wlr_log(WLR_ERROR, "%s has gone", backend->path);
		latch_source_clear(&backend->drm_event);
		destroy_outputs(backend);
		return 0;
	}
	int ret = kms_event_dispatch(fd, handle_flip, backend);
	if (ret < 0 && ret != -EAGAIN) {
		wlr_log(WLR_ERROR, "%s: reading its events failed: %s", backend->path,
			strerror(-ret));
	}
	return 0;
}

/* Outputs that found no CRTC when they were plugged in are plugged in anew when one is free, those
 * whose modes were all refused when anything was plugged in or out: links may carry more now. */
static void retry_starved(struct latch_kms_backend *backend) {
	struct latch_kms_output *output, *tmp;
	wl_list_for_each_safe(output, tmp, &backend->outputs, link) {
		if (output->left_out || (output->starved && latch_crtc_match(output, true))) {
			wlr_output_destroy(&output->base);
		}
	}
}

/* Outputs of connectors that were unplugged go, those of new ones come. */
static void update_outputs(struct latch_kms_backend *backend) {
	struct kms_device *device = backend->device;
	for (size_t i = 0; i < device->connectors_len; i++) {
		struct kms_connector *connector = device->connectors[i];
		struct latch_kms_output *output = latch_kms_output_find(backend, connector);
		if (output != NULL && (connector->changes & KMS_CONNECTOR_LINK_WENT_BAD)) {
			output->needs_modeset = true;
			wlr_output_update_needs_frame(&output->base);
		}
		/* Another monitor, or other modes: what was known of it is of no use any more. */
		bool other = connector->changes &
			     (KMS_CONNECTOR_EDID_CHANGED | KMS_CONNECTOR_MODES_CHANGED);
		bool gone = !latch_kms_output_is_wanted(backend, connector);
		if (output != NULL && (gone || other)) {
			wlr_log(WLR_INFO, "%s %s", connector->name,
				gone ? "was unplugged" : "has another monitor, or other modes");
			wlr_output_destroy(&output->base);
		}
	}
	retry_starved(backend);
	for (size_t i = 0; i < device->connectors_len; i++) {
		struct kms_connector *connector = device->connectors[i];
		if (latch_kms_output_is_wanted(backend, connector) &&
			latch_kms_output_find(backend, connector) == NULL) {
			latch_kms_output_create(backend, connector);
		}
	}
	kms_device_drop_gone(device);
}

static bool backend_start(struct wlr_backend *wlr_backend) {
	struct latch_kms_backend *backend = from_base(wlr_backend);
	update_outputs(backend);
	if (wl_list_empty(&backend->outputs)) {
		wlr_log(WLR_INFO, "%s: no monitor is connected; one can be plugged in",
			backend->path);
	}
	return true;
}

static void backend_destroy(struct wlr_backend *wlr_backend) {
	struct latch_kms_backend *backend = from_base(wlr_backend);
	destroy_outputs(backend);
	wlr_backend_finish(wlr_backend);
	latch_framebuffers_finish(backend);
	if (backend->saved != NULL && backend->touched && backend->session->active) {
		int ret = kms_saved_state_restore(backend->saved, backend->device);
		if (ret != 0) {
			wlr_log(WLR_ERROR, "%s: what was shown before can't be restored: %s",
				backend->path, strerror(-ret));
		}
	}
	kms_saved_state_destroy(backend->saved);
	latch_source_clear(&backend->drm_event);
	latch_unlisten_all(&backend->on, sizeof(backend->on));
	latch_fd_clear(&backend->signalled_fence_fd);
	latch_fd_clear(&backend->udmabuf_fd);
	kms_device_destroy(backend->device);
	wlr_session_close_file(backend->session, backend->session_device);
	free(backend->path);
	free(backend);
}

static int backend_get_drm_fd(struct wlr_backend *wlr_backend) {
	return from_base(wlr_backend)->device->fd;
}

static bool backend_test(struct wlr_backend *wlr_backend,
	const struct wlr_backend_output_state *states, size_t states_len) {
	return latch_kms_configure(from_base(wlr_backend), states, states_len, true);
}

static bool backend_commit(struct wlr_backend *wlr_backend,
	const struct wlr_backend_output_state *states, size_t states_len) {
	return latch_kms_configure(from_base(wlr_backend), states, states_len, false);
}

static const struct wlr_backend_impl backend_impl = {
	.start = backend_start,
	.destroy = backend_destroy,
	.get_drm_fd = backend_get_drm_fd,
	.test = backend_test,
	.commit = backend_commit,
};

static void refresh(
	struct latch_kms_backend *backend, enum kms_probe probe, uint32_t connector_id) {
	if (!backend->session->active) {
		return; // the switch back will look
	}
	int ret = kms_device_refresh(backend->device, probe, connector_id);
	if (ret < 0) {
		wlr_log(WLR_ERROR, "%s: connectors can't be read: %s", backend->path,
			strerror(-ret));
		return;
	}
	update_outputs(backend);
}

static void handle_session_active(struct wl_listener *listener, void *data) {
	struct latch_kms_backend *backend = wl_container_of(listener, backend, on.active);
	if (backend->session->active) {
		/* Another master may have put connectors on other CRTCs meanwhile: outputs
		 * that are set anew one after another would meet what is left of that. */
		struct kms_commit commit;
		kms_device_refresh_color(backend->device);
		kms_commit_init(&commit, backend->device);
		kms_commit_disable_all(&commit, backend->device);
		int ret = kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0);
		if (ret != 0) {
			wlr_log(WLR_INFO, "%s: can't be cleared of what others have left: %s",
				backend->path, strerror(-ret));
		}
	}
	refresh(backend, KMS_PROBE_ALL, 0);
}

/* Asking the hardware takes long, and everything waits meanwhile: no more of it than the event is
 * about. Those of leases and resets tell nothing of connectors. */
static void handle_device_change(struct wl_listener *listener, void *data) {
	struct latch_kms_backend *backend = wl_container_of(listener, backend, on.change);
	const struct wlr_device_change_event *event = data;
	if (event->type != WLR_DEVICE_HOTPLUG) {
		return;
	}
	const struct wlr_device_hotplug_event *hotplug = &event->hotplug;
	/* The kernel knows what its properties are. */
	const uint32_t asked = hotplug->prop_id == 0 ? hotplug->connector_id : 0;
	const bool named = hotplug->prop_id != 0 || hotplug->connector_id != 0;
	refresh(backend, named ? KMS_PROBE_NAMED : KMS_PROBE_CHANGED, asked);
}

static void handle_device_remove(struct wl_listener *listener, void *data) {
	struct latch_kms_backend *backend = wl_container_of(listener, backend, on.remove);
	wlr_log(WLR_ERROR, "%s was removed", backend->path);
	destroy_outputs(backend);
}

static int open_device(struct latch_kms_backend *backend, int fd) {
	enum kms_open_error error;
	backend->device = kms_device_create(fd, &error);
	if (backend->device == NULL) {
		enum latch_exit status = error == KMS_OPEN_NOT_DRM	? LATCH_EXIT_NO_DEVICE
					 : error == KMS_OPEN_NOT_KMS	? LATCH_EXIT_NOT_KMS
					 : error == KMS_OPEN_NOT_ATOMIC ? LATCH_EXIT_NOT_ATOMIC
									: LATCH_EXIT_FAILURE;
		return latch_exit_with(status, "%s: %s", backend->path, kms_error_string(error));
	}
	if (!drmIsMaster(fd)) {
		return latch_exit_with(LATCH_EXIT_BUSY,
			"%s is in use: another compositor is its master; end that one, or start "
			"latch on a VT of its own",
			backend->path);
	}
	kms_set_client_name(fd, "latch");
	backend->saved = kms_saved_state_create(backend->device);
	if (backend->saved == NULL) {
		wlr_log(WLR_ERROR, "%s: what is shown now can't be read, and will not be restored",
			backend->path);
	}
	return LATCH_EXIT_OK;
}

struct latch_kms_backend *latch_kms_backend_create(struct wlr_session *session,
	struct wl_event_loop *loop, struct wlr_device *session_device, const char *path,
	int *exit_status) {
	*exit_status = LATCH_EXIT_FAILURE;
	struct latch_kms_backend *backend = calloc(1, sizeof(*backend));
	if (backend == NULL) {
		wlr_session_close_file(session, session_device);
		return NULL;
	}
	*backend = (struct latch_kms_backend){
		.session = session,
		.session_device = session_device,
		.loop = loop,
		.path = strdup(path),
		.signalled_fence_fd = -1,
		.udmabuf_fd = -1,
	};
	wlr_backend_init(&backend->base, &backend_impl);
	backend->base.buffer_caps = WLR_BUFFER_CAP_DMABUF;
	wl_list_init(&backend->outputs);
	wl_list_init(&backend->framebuffers);
	latch_listen(&session->events.active, &backend->on.active, handle_session_active);
	latch_listen(&session_device->events.change, &backend->on.change, handle_device_change);
	latch_listen(&session_device->events.remove, &backend->on.remove, handle_device_remove);

	if (backend->path != NULL) {
		*exit_status = open_device(backend, session_device->fd);
	}
	if (*exit_status == LATCH_EXIT_OK) {
		backend->drm_event = wl_event_loop_add_fd(backend->loop, session_device->fd,
			WL_EVENT_READABLE, handle_drm_event, backend);
		*exit_status = backend->drm_event != NULL ? LATCH_EXIT_OK : LATCH_EXIT_FAILURE;
	}
	if (*exit_status != LATCH_EXIT_OK) {
		wlr_backend_destroy(&backend->base);
		return NULL;
	}
	return backend;
}

/* What there is, after a name that is not, or that can't be used. */
static int say_connectors(const struct latch_kms_backend *backend, const char *name) {
	fprintf(stderr, "latch: %s: %s connector '%s'; there are:", backend->path,
		kms_device_find_connector_by_name(backend->device, name) == NULL
			? "no"
			: "nothing can be shown on",
		name);
	for (size_t i = 0; i < backend->device->connectors_len; i++) {
		const struct kms_connector *other = backend->device->connectors[i];
		if (!other->writeback) {
			fprintf(stderr, " %s (%s)", other->name,
				kms_connector_status_names[other->status]);
		}
	}
	fputc('\n', stderr);
	return LATCH_EXIT_NO_CONNECTOR;
}

static int choose_connector(struct latch_kms_backend *backend, const char *name) {
	const struct kms_connector *connector =
		kms_device_find_connector_by_name(backend->device, name);
	if (connector == NULL || connector->writeback || connector->modes_len == 0 ||
		connector->status == KMS_CONNECTOR_DISCONNECTED) {
		return say_connectors(backend, name);
	}
	backend->wanted_connector = name;
	return LATCH_EXIT_OK;
}

/* A monitor that is not there may come, with its modes; and of all that are there one is enough. */
static int check_request(
	const struct latch_kms_backend *backend, const struct latch_output_request *request) {
	const bool named = request->name[0] != '\0';
	if (named && kms_device_find_connector_by_name(backend->device, request->name) == NULL) {
		return say_connectors(backend, request->name);
	}
	bool any = false, found = request->mode.width == 0;
	for (size_t i = 0; i < backend->device->connectors_len && !found; i++) {
		const struct kms_connector *connector = backend->device->connectors[i];
		if (latch_kms_output_is_wanted(backend, connector) &&
			(!named || strcasecmp(connector->name, request->name) == 0)) {
			any = true;
			found = kms_mode_choose(connector->modes, connector->modes_len,
					&request->mode) >= 0;
		}
	}
	if (found || (named && !any)) {
		return LATCH_EXIT_OK;
	}
	return latch_exit_with(LATCH_EXIT_NO_MODE,
		"%s has no mode %dx%d%s; 'latch --list' shows the modes",
		named ? request->name : "what is connected", request->mode.width,
		request->mode.height, request->mode.refresh_mhz > 0 ? " of that rate" : "");
}

int latch_kms_backend_choose(struct latch_kms_backend *backend, const char *connector,
	const struct latch_output_requests *requests) {
	int status = connector != NULL ? choose_connector(backend, connector) : LATCH_EXIT_OK;
	backend->requests = *requests;
	for (size_t i = 0; i < requests->len && status == LATCH_EXIT_OK; i++) {
		status = check_request(backend, &requests->list[i]);
	}
	return status;
}
