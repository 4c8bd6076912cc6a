/* SPDX-License-Identifier: MIT */
#include "marks.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clients/common/gpu_job.h"

static void destroy_memory(struct gpu_memories *memories, struct gpu_memory *memory) {
	struct gpu_memory **link = &memories->first;
	while (*link != memory) {
		link = &(*link)->next;
	}
	*link = memory->next;
	munmap(memory->map, memory->size);
	free(memory);
}

static struct gpu_memory *map_memory(struct gpu_memories *memories, int dmabuf, ino_t inode) {
	/* The size is the exporter's word, not the client's. */
	off_t size = lseek(dmabuf, 0, SEEK_END);
	struct gpu_memory *memory = size > 0 ? calloc(1, sizeof(*memory)) : NULL;
	if (memory == NULL) {
		return NULL;
	}
	*memory =
		(struct gpu_memory){.next = memories->first, .inode = inode, .size = (size_t)size};
	memory->map = mmap(NULL, memory->size, PROT_READ | PROT_WRITE, MAP_SHARED, dmabuf, 0);
	if (memory->map == MAP_FAILED) {
		free(memory);
		return NULL;
	}
	memories->first = memory;
	return memory;
}

struct gpu_memory *gpu_memory_use(struct gpu_memories *memories, int dmabuf, uint64_t owner) {
	struct stat stat;
	if (fstat(dmabuf, &stat) != 0) {
		return NULL;
	}
	struct gpu_memory *memory = memories->first;
	while (memory != NULL && memory->inode != stat.st_ino) {
		memory = memory->next;
	}
	memory = memory != NULL ? memory : map_memory(memories, dmabuf, stat.st_ino);
	if (memory != NULL) {
		memory->owner = memory->owner == 0 ? owner : memory->owner;
		memory->users++;
	}
	return memory;
}

void gpu_memory_unuse(struct gpu_memories *memories, struct gpu_memory *memory) {
	if (memory != NULL && --memory->users == 0 && memory->owner == 0) {
		destroy_memory(memories, memory);
	}
}

void gpu_memory_forget(struct gpu_memories *memories, uint64_t owner) {
	for (struct gpu_memory *memory = memories->first, *next; memory != NULL; memory = next) {
		next = memory->next;
		if (memory->owner == owner) {
			memory->owner = 0;
			memory->users++;
			gpu_memory_unuse(memories, memory);
		}
	}
}

bool marks_fit(const struct marks *marks) {
	uint64_t row = (uint64_t)marks->width * marks->bytes_per_pixel;
	return marks->width > 0 && marks->height > 0 && marks->bytes_per_pixel > 0 &&
	       marks->bytes_per_pixel <= 8 && row <= marks->stride &&
	       marks->offset + (uint64_t)marks->stride * (marks->height - 1) + row <=
		       marks->memory->size;
}

/* A row of a mark, as it lies in memory. */
static void fill_mark(uint8_t *row, uint32_t bytes_per_pixel) {
	static const uint8_t of_16_bits[] = {0x1f, 0xf8};
	const uint32_t of_32_bits = GPU_MARK;
	for (uint32_t i = 0; i < GPU_MARK_SIZE * bytes_per_pixel; i++) {
		row[i] = bytes_per_pixel == 2 ? of_16_bits[i % 2]
					      : (uint8_t)(of_32_bits >> i % 4 * 8);
	}
}

static uint32_t smaller(uint32_t a, uint32_t b) {
	return a < b ? a : b;
}

/* Calls with each row of each mark: its bytes in the picture, and how many. */
static size_t each_row(const struct marks *marks, void (*visit)(void *, uint8_t *, size_t),
	void *data) {
	size_t total = 0;
	uint8_t *picture = marks->memory->map + marks->offset;
	for (uint32_t y = 0; y < marks->height; y++) {
		if (y % GPU_MARK_STEP >= GPU_MARK_SIZE) {
			y += GPU_MARK_STEP - GPU_MARK_SIZE - 1;
			continue;
		}
		for (uint32_t x = 0; x < marks->width; x += GPU_MARK_STEP) {
			size_t bytes = smaller(GPU_MARK_SIZE, marks->width - x) *
				       (size_t)marks->bytes_per_pixel;
			if (visit != NULL) {
				visit(data, picture + (size_t)y * marks->stride +
						    (size_t)x * marks->bytes_per_pixel,
					bytes);
			}
			total += bytes;
		}
	}
	return total;
}

struct pass {
	uint8_t mark[GPU_MARK_SIZE * 8];
	uint8_t *saved;		/* the next row of this job's */
	const uint8_t *earlier; /* the same of the job whose marks are there already; or NULL */
	uint32_t bytes_per_pixel;
};

static void hide(void *data, uint8_t *row, size_t bytes) {
	struct pass *pass = data;
	memcpy(pass->saved, row, bytes);
	/* A pixel that the earlier job's mark still covers was not drawn since. */
	for (size_t i = 0; pass->earlier != NULL && i < bytes; i += pass->bytes_per_pixel) {
		if (memcmp(&row[i], &pass->mark[i], pass->bytes_per_pixel) == 0) {
			memcpy(&pass->saved[i], &pass->earlier[i], pass->bytes_per_pixel);
		}
	}
	memcpy(row, pass->mark, bytes);
	pass->saved += bytes;
	pass->earlier += pass->earlier != NULL ? bytes : 0;
}

static void put_back(void *data, uint8_t *row, size_t bytes) {
	struct pass *pass = data;
	/* Mostly all of it is there, and what this takes is the fence's delay. */
	if (memcmp(row, pass->mark, bytes) == 0) {
		memcpy(row, pass->saved, bytes);
	} else {
		for (size_t i = 0; i < bytes; i += pass->bytes_per_pixel) {
			if (memcmp(&row[i], &pass->mark[i], pass->bytes_per_pixel) == 0) {
				memcpy(&row[i], &pass->saved[i], pass->bytes_per_pixel);
			}
		}
	}
	pass->saved += bytes;
}

static bool same_place(const struct marks *a, const struct marks *b) {
	return a->offset == b->offset && a->stride == b->stride && a->width == b->width &&
	       a->height == b->height && a->bytes_per_pixel == b->bytes_per_pixel;
}

bool marks_place(struct marks *marks) {
	struct marks *earlier = marks->memory->marks;
	if (earlier != NULL && !same_place(earlier, marks)) {
		marks_lift(earlier);
		earlier = NULL;
	}
	marks->saved = malloc(each_row(marks, NULL, NULL));
	if (marks->saved == NULL) {
		return false;
	}
	struct pass pass = {
		.saved = marks->saved,
		.earlier = earlier != NULL ? earlier->saved : NULL,
		.bytes_per_pixel = marks->bytes_per_pixel,
	};
	fill_mark(pass.mark, marks->bytes_per_pixel);
	each_row(marks, hide, &pass);
	if (earlier != NULL) {
		marks_abandon(earlier);
	}
	marks->memory->marks = marks;
	return true;
}

void marks_lift(struct marks *marks) {
	if (marks->saved != NULL) {
		struct pass pass = {
			.saved = marks->saved, .bytes_per_pixel = marks->bytes_per_pixel};
		fill_mark(pass.mark, marks->bytes_per_pixel);
		each_row(marks, put_back, &pass);
	}
	marks_abandon(marks);
}

void marks_abandon(struct marks *marks) {
	if (marks->memory != NULL && marks->memory->marks == marks) {
		marks->memory->marks = NULL;
	}
	free(marks->saved);
	marks->saved = NULL;
}
