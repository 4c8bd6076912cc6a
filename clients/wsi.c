/* SPDX-License-Identifier: MIT */
#include "wsi.h"

#include "client.h"
#include "common/util.h"

/* How long one waits for an image: the driver has no fd that tells of it. */
#define TAKE_NS UINT64_C(20000000)

bool wsi_open(struct client *client) {
	struct wsi *wsi = &client->wsi;
	struct device_list devices = {0};
	device_list_add(&devices, client->options.device);
	const struct vulkan_wish wish = {
		.devices = &devices,
		.any = !client->options.device,
		.scene = client->options.scene,
	};
	const char *why;
	wsi->vulkan = vulkan_api->create(&wish, NULL, &wsi->facts, &why);
	if (!wsi->vulkan) {
		return failed(false, "--wsi is not possible: %s", why);
	}
	wsi->chain = vulkan_api->create_swapchain(
		wsi->vulkan, client->conn.display, client->window.surface, client->options.wsi);
	return wsi->chain != NULL;
}

void wsi_finish(struct wsi *wsi) {
	if (wsi->vulkan) {
		vulkan_api->destroy_swapchain(wsi->chain);
		vulkan_api->destroy(wsi->vulkan);
	}
	*wsi = (struct wsi){0};
}

static bool resize(struct client *client, uint32_t width, uint32_t height) {
	struct wsi *wsi = &client->wsi;
	if (wsi->width == width && wsi->height == height) {
		return true;
	}
	wsi->width = width;
	wsi->height = height;
	wsi->num_images =
		vulkan_api->resize(wsi->chain, width, height, (uint32_t)client->options.buffers);
	if (wsi->num_images == 0) {
		return false;
	}
	say("%u buffers of %ux%u, in the present mode %s, drawn by %s", wsi->num_images, width,
		height, client_wsi_names[client->options.wsi], wsi->facts.renderer);
	return true;
}

/* As client_commit(), but that the driver attaches its buffer and tells when it is drawn. */
static bool commit(struct client *client, bool watch) {
	struct window *window = &client->window;
	window_ack(window);
	look_set_size(&client->look, window->width, window->height);
	window_request_frame(window);
	const int64_t commit_ns = latch_now_ns();
	if (watch) {
		presentation_watch(&client->presentation, window->surface, commit_ns);
	}
	if (!vulkan_api->present(client->wsi.chain)) {
		return false;
	}
	if (!client->first_commit_ns) {
		client->first_commit_ns = commit_ns;
	}
	client->drawn++;
	return true;
}

bool wsi_draw(struct client *client, uint32_t width, uint32_t height, uint32_t frame, bool watch) {
	struct vulkan_swapchain *chain = client->wsi.chain;
	if (!resize(client, width, height)) {
		return false;
	}
	const int taken = vulkan_api->acquire(chain, TAKE_NS);
	client->stalls += taken == 0 && !client->stalled;
	client->stalled = taken == 0;
	if (taken <= 0) {
		return taken == 0;
	}
	return vulkan_api->draw_image(chain, frame) && commit(client, watch);
}
