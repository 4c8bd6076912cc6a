/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into latch-client: timeline semaphores that can be exported as opaque fds, which are
 * DRM syncobjs, as GPUs' drivers of Mesa have them. The lab's driver has none. What the driver
 * signals comes to the syncobj some milliseconds later, as from a GPU, so that the point does not
 * exist yet when the client commits.
 *
 * With $VK_TIMELINE=memfd the fds are of something else, as those of other drivers are. With
 * VK_TIMELINE=leak no semaphore is destroyed, for the validation layer to find.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <vulkan/vulkan.h>

#include "clients/common/timeline.h"

#define MAX_EXPORTED 64
#define GPU_NS 3000000

static struct exported {
	VkDevice device;
	VkSemaphore semaphore;
	struct timeline timeline;
	uint64_t point; /* what is being signalled */
	pthread_t signaller;
	bool signals;
} all[MAX_EXPORTED];
static int node_fd = -1;

static bool is_to(const char *fault) {
	const char *wanted = getenv("VK_TIMELINE");
	return wanted && strcmp(wanted, fault) == 0;
}

static void *next(const char *name) {
	void *function = dlsym(RTLD_NEXT, name);
	if (!function) {
		fprintf(stderr, "vk-timeline: no %s\n", name);
		abort();
	}
	return function;
}

static struct exported *find(VkSemaphore semaphore) {
	for (int i = 0; i < MAX_EXPORTED; i++) {
		if (all[i].semaphore == semaphore) {
			return &all[i];
		}
	}
	return NULL;
}

VKAPI_ATTR void VKAPI_CALL vkGetPhysicalDeviceExternalSemaphoreProperties(VkPhysicalDevice physical,
	const VkPhysicalDeviceExternalSemaphoreInfo *info,
	VkExternalSemaphoreProperties *properties) {
	PFN_vkGetPhysicalDeviceExternalSemaphoreProperties real =
		(PFN_vkGetPhysicalDeviceExternalSemaphoreProperties)next(
			"vkGetPhysicalDeviceExternalSemaphoreProperties");
	real(physical, info, properties);
	if (info->handleType == VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT) {
		properties->externalSemaphoreFeatures |=
			VK_EXTERNAL_SEMAPHORE_FEATURE_EXPORTABLE_BIT;
	}
}

/* The client's chain begins with the type, and the export is behind it. */
VKAPI_ATTR VkResult VKAPI_CALL vkCreateSemaphore(VkDevice device, const VkSemaphoreCreateInfo *info,
	const VkAllocationCallbacks *allocator, VkSemaphore *semaphore) {
	PFN_vkCreateSemaphore real = (PFN_vkCreateSemaphore)next("vkCreateSemaphore");
	const VkSemaphoreTypeCreateInfo *type = info->pNext;
	if (!type || type->sType != VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO ||
		type->semaphoreType != VK_SEMAPHORE_TYPE_TIMELINE) {
		return real(device, info, allocator, semaphore);
	}
	VkSemaphoreTypeCreateInfo plain = *type;
	VkSemaphoreCreateInfo changed = *info;
	plain.pNext = NULL;
	changed.pNext = &plain;
	struct exported *exported = find(VK_NULL_HANDLE);
	if (node_fd < 0) {
		node_fd = timeline_node_open(NULL);
	}
	if (!exported || !timeline_init(&exported->timeline, node_fd) ||
		!timeline_signal(&exported->timeline, type->initialValue)) {
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	const VkResult result = real(device, &changed, allocator, semaphore);
	exported->device = device;
	exported->semaphore = *semaphore;
	return result;
}

static void join(struct exported *exported) {
	if (exported->signals) {
		pthread_join(exported->signaller, NULL);
		exported->signals = false;
	}
}

VKAPI_ATTR void VKAPI_CALL vkDestroySemaphore(
	VkDevice device, VkSemaphore semaphore, const VkAllocationCallbacks *allocator) {
	PFN_vkDestroySemaphore real = (PFN_vkDestroySemaphore)next("vkDestroySemaphore");
	struct exported *exported = semaphore ? find(semaphore) : NULL;
	if (exported) {
		join(exported);
		timeline_finish(&exported->timeline);
		*exported = (struct exported){0};
	}
	if (!is_to("leak")) {
		real(device, semaphore, allocator);
	}
}

static VKAPI_ATTR VkResult VKAPI_CALL get_semaphore_fd(
	VkDevice device, const VkSemaphoreGetFdInfoKHR *info, int *fd) {
	struct exported *exported = find(info->semaphore);
	if (!exported) {
		PFN_vkGetDeviceProcAddr get = (PFN_vkGetDeviceProcAddr)next("vkGetDeviceProcAddr");
		return ((PFN_vkGetSemaphoreFdKHR)get(device, "vkGetSemaphoreFdKHR"))(
			device, info, fd);
	}
	*fd = is_to("memfd") ? memfd_create("timeline", MFD_CLOEXEC)
			     : timeline_export(&exported->timeline);
	return *fd >= 0 ? VK_SUCCESS : VK_ERROR_TOO_MANY_OBJECTS;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vkGetDeviceProcAddr(VkDevice device, const char *name) {
	PFN_vkGetDeviceProcAddr real = (PFN_vkGetDeviceProcAddr)next("vkGetDeviceProcAddr");
	return strcmp(name, "vkGetSemaphoreFdKHR") == 0 ? (PFN_vkVoidFunction)get_semaphore_fd
							: real(device, name);
}

static void *signal_later(void *data) {
	const struct exported *exported = data;
	const VkSemaphoreWaitInfo wait = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
		.semaphoreCount = 1,
		.pSemaphores = &exported->semaphore,
		.pValues = &exported->point,
	};
	if (vkWaitSemaphores(exported->device, &wait, UINT64_MAX) == VK_SUCCESS) {
		nanosleep(&(struct timespec){.tv_nsec = GPU_NS}, NULL);
		timeline_signal(&exported->timeline, exported->point);
	}
	return NULL;
}

VKAPI_ATTR VkResult VKAPI_CALL vkQueueSubmit2(
	VkQueue queue, uint32_t num, const VkSubmitInfo2 *submits, VkFence fence) {
	PFN_vkQueueSubmit2 real = (PFN_vkQueueSubmit2)next("vkQueueSubmit2");
	const VkResult result = real(queue, num, submits, fence);
	const VkSemaphoreSubmitInfo *signal = submits[0].pSignalSemaphoreInfos;
	struct exported *exported =
		submits[0].signalSemaphoreInfoCount == 1 ? find(signal->semaphore) : NULL;
	if (result == VK_SUCCESS && exported) {
		join(exported);
		exported->point = signal->value;
		exported->signals =
			pthread_create(&exported->signaller, NULL, signal_later, exported) == 0;
	}
	return result;
}
