#include "limits/memory.h"

#include <stdlib.h>
#include <sys/stat.h>

static struct latch_memory *find(struct wl_list *list, const struct stat *file) {
	struct latch_memory *memory;
	wl_list_for_each(memory, list, link) {
		if (memory->inode == file->st_ino && memory->device == file->st_dev) {
			return memory;
		}
	}
	return NULL;
}

struct latch_memory *latch_memory_add(struct wl_list *list, int fd, uint64_t bytes) {
	struct stat file = {0};
	fstat(fd, &file);
	struct latch_memory *memory = find(list, &file);
	if (memory == NULL) {
		memory = calloc(1, sizeof(*memory));
		if (memory == NULL) {
			return NULL;
		}
		*memory = (struct latch_memory){
			.device = file.st_dev, .inode = file.st_ino, .bytes = bytes};
		wl_list_insert(list, &memory->link);
	}
	memory->uses++;
	return memory;
}

uint64_t latch_memory_remove(struct wl_list *list, int fd) {
	struct stat file = {0};
	fstat(fd, &file);
	struct latch_memory *memory = find(list, &file);
	if (memory == NULL || --memory->uses > 0) {
		return 0;
	}
	uint64_t bytes = memory->bytes;
	wl_list_remove(&memory->link);
	free(memory);
	return bytes;
}
