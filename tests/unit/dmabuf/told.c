#include "told.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct entry {
	uint32_t fourcc, padding;
	uint64_t modifier;
};

static struct told_tranche *current(struct told *told) {
	assert_true(told->tranches_len < 4);
	return &told->tranches[told->tranches_len];
}

static void handle_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *object) {
	((struct told *)data)->dones++;
}

static void handle_format_table(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *object, int32_t fd, uint32_t size) {
	struct told *told = data;
	struct stat st;
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, size);
	assert_int_equal(size % sizeof(struct entry), 0);
	told->table_inode = st.st_ino;
	told->table_len = size / sizeof(struct entry);
	assert_true(told->table_len <= 4096);
	const struct entry *entries = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_ptr_not_equal(entries, MAP_FAILED);
	for (size_t i = 0; i < told->table_len; i++) {
		told->table[i] = (struct pair){entries[i].fourcc, entries[i].modifier};
	}
	munmap((void *)entries, size);
	if (told->table_fd >= 0) {
		close(told->table_fd);
	}
	told->table_fd = fd;
	told->tables++;
	/* A new set of parameters begins. */
	told->tranches_len = 0;
	*current(told) = (struct told_tranche){0};
}

static dev_t device_of(const struct wl_array *array) {
	dev_t device;
	assert_int_equal(array->size, sizeof(device));
	memcpy(&device, array->data, sizeof(device)); // not aligned in a message
	return device;
}

static void handle_main_device(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *object, struct wl_array *device) {
	((struct told *)data)->main_device = device_of(device);
}

static void handle_tranche_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *object) {
	struct told *told = data;
	assert_true(current(told)->formats_len > 0);
	told->tranches_len++;
	*current(told) = (struct told_tranche){0};
}

static void handle_target_device(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *object, struct wl_array *device) {
	current(data)->device = device_of(device);
}

static void handle_formats(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *object, struct wl_array *indices) {
	struct told *told = data;
	struct told_tranche *tranche = current(told);
	tranche->events++;
	const uint16_t *index;
	wl_array_for_each(index, indices) {
		assert_true(*index < told->table_len);
		tranche->formats[tranche->formats_len++] = told->table[*index];
	}
}

static void handle_flags(void *data, struct zwp_linux_dmabuf_feedback_v1 *object, uint32_t flags) {
	current(data)->flags = flags;
}

static const struct zwp_linux_dmabuf_feedback_v1_listener listener = {
	.done = handle_done,
	.format_table = handle_format_table,
	.main_device = handle_main_device,
	.tranche_done = handle_tranche_done,
	.tranche_target_device = handle_target_device,
	.tranche_formats = handle_formats,
	.tranche_flags = handle_flags,
};

struct told *told_create(struct zwp_linux_dmabuf_feedback_v1 *object) {
	struct told *told = calloc(1, sizeof(*told));
	assert_non_null(told);
	told->object = object;
	told->table_fd = -1;
	zwp_linux_dmabuf_feedback_v1_add_listener(object, &listener, told);
	return told;
}

void told_destroy(struct told *told) {
	zwp_linux_dmabuf_feedback_v1_destroy(told->object);
	if (told->table_fd >= 0) {
		close(told->table_fd);
	}
	free(told);
}
