#include "vulkan.h"

#include "canvas.h"

/* What a build without libvulkan has. vulkan_create() gives nothing that the others could take. */

const char *const vulkan_pace_names[] = {
	[VULKAN_PACE_FIFO] = "fifo", [VULKAN_PACE_MAILBOX] = "mailbox", NULL};

bool vulkan_is_built(void) {
	return false;
}

struct vulkan *vulkan_create(const struct vulkan_wish *wish, struct kms_format_set *drawable,
	char path[DEVICE_PATH_MAX], const char **why) {
	*why = "this program was built without libvulkan";
	return NULL;
}

void vulkan_destroy(struct vulkan *vulkan) {
}

const char *vulkan_renderer(const struct vulkan *vulkan) {
	return "none";
}

enum canvas_kind vulkan_memory(const struct vulkan *vulkan) {
	return CANVAS_VULKAN;
}

struct vulkan_target *vulkan_target_create(struct vulkan *vulkan, const struct plan_step *step,
	struct dmabuf *buf, const char **why) {
	return NULL;
}

void vulkan_target_destroy(struct vulkan *vulkan, struct vulkan_target *target) {
}

int vulkan_target_export_timeline(
	struct vulkan *vulkan, struct vulkan_target *target, uint64_t start, const char **why) {
	return -1;
}

const struct dmabuf *vulkan_upload_of(const struct vulkan_target *target) {
	return NULL;
}

int vulkan_draw(
	struct vulkan *vulkan, struct vulkan_target *target, uint32_t frame, uint64_t point) {
	return CANVAS_FAILED;
}

struct vulkan_swapchain *vulkan_swapchain_create(struct vulkan *vulkan, struct wl_display *display,
	struct wl_surface *surface, enum vulkan_pace pace) {
	return NULL;
}

void vulkan_swapchain_destroy(struct vulkan_swapchain *chain) {
}

bool vulkan_swapchain_resize(
	struct vulkan_swapchain *chain, uint32_t width, uint32_t height, uint32_t num_images) {
	return false;
}

uint32_t vulkan_swapchain_length(const struct vulkan_swapchain *chain) {
	return 0;
}

int vulkan_swapchain_acquire(struct vulkan_swapchain *chain, uint64_t timeout_ns) {
	return -1;
}

bool vulkan_swapchain_draw(struct vulkan_swapchain *chain, uint32_t frame) {
	return false;
}

bool vulkan_swapchain_present(struct vulkan_swapchain *chain) {
	return false;
}
