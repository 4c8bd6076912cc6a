/* SPDX-License-Identifier: MIT */
/*
 * zwp_input_timestamps_v1: when an event was, in nanoseconds, right before it is sent.
 *
 * wlroots hands on libinput's events in whole ms. An event that is read within its ms, as most are, was
 * before it was read, which is how the rest is known to some ten microseconds.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/minmax.h"
#include "input-timestamps-unstable-v1-protocol.h"
#include "limits/resource.h"
#include "shell/private.h"

/* A wl_keyboard, wl_pointer or wl_touch whose client wants to know. */
struct target {
	struct wl_listener destroy;
	struct wl_list subscriptions; // zwp_input_timestamps_v1, wl_resource_get_link()
};

int64_t latch_event_ns(uint32_t time_msec) {
	const int64_t now_ns = latch_now_ns(), now_ms = now_ns / 1000000;
	const int64_t event_ms = now_ms - (uint32_t)((uint32_t)now_ms - time_msec);
	return latch_min(event_ms * 1000000 + 999999, now_ns);
}

static void handle_target_destroy(struct wl_listener *listener, void *data) {
	struct target *target = wl_container_of(listener, target, destroy);
	struct wl_resource *resource, *next;
	wl_resource_for_each_safe(resource, next, &target->subscriptions) {
		wl_list_remove(wl_resource_get_link(resource));
		wl_list_init(wl_resource_get_link(resource));
	}
	free(target);
}

static struct target *find_target(struct wl_resource *resource) {
	struct wl_listener *listener =
		wl_resource_get_destroy_listener(resource, handle_target_destroy);
	struct target *target;
	return listener != NULL ? wl_container_of(listener, target, destroy) : NULL;
}

void latch_timestamps_send(const struct wl_list *resources, int64_t time_ns) {
	const uint64_t seconds = (uint64_t)time_ns / 1000000000;
	struct wl_resource *resource, *subscription;
	wl_resource_for_each(resource, resources) {
		const struct target *target = find_target(resource);
		if (target == NULL) {
			continue;
		}
		wl_resource_for_each(subscription, &target->subscriptions) {
			zwp_input_timestamps_v1_send_timestamp(subscription,
				(uint32_t)(seconds >> 32), (uint32_t)seconds,
				(uint32_t)((uint64_t)time_ns % 1000000000));
		}
	}
}

static const struct zwp_input_timestamps_v1_interface subscription_impl = {
	.destroy = latch_resource_handle_destroy,
};

static void handle_subscription_destroy(struct wl_resource *resource) {
	wl_list_remove(wl_resource_get_link(resource));
}

static void subscribe(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wl_resource *resource) {
	struct wl_resource *subscription = latch_resource_create(client,
		&zwp_input_timestamps_v1_interface, 1, id, &subscription_impl, NULL,
		handle_subscription_destroy);
	if (subscription == NULL) {
		return;
	}
	wl_list_init(wl_resource_get_link(subscription));
	struct target *target = find_target(resource);
	if (target == NULL) {
		target = calloc(1, sizeof(*target));
		if (target == NULL) {
			wl_client_post_no_memory(client);
			return;
		}
		wl_list_init(&target->subscriptions);
		target->destroy.notify = handle_target_destroy;
		wl_resource_add_destroy_listener(resource, &target->destroy);
	}
	wl_list_insert(&target->subscriptions, wl_resource_get_link(subscription));
}

static const struct zwp_input_timestamps_manager_v1_interface manager_impl = {
	.destroy = latch_resource_handle_destroy,
	.get_keyboard_timestamps = subscribe,
	.get_pointer_timestamps = subscribe,
	.get_touch_timestamps = subscribe,
};

static void bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	latch_resource_create(client, &zwp_input_timestamps_manager_v1_interface, version, id,
		&manager_impl, NULL, NULL);
}

bool latch_timestamps_init(struct wl_display *display) {
	return wl_global_create(display, &zwp_input_timestamps_manager_v1_interface, 1, NULL,
		       bind) != NULL;
}
