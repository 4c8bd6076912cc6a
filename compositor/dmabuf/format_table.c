#include "dmabuf/format_table.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* zwp_linux_dmabuf_feedback_v1.format_table. */
struct entry {
	uint32_t fourcc;
	uint32_t padding;
	uint64_t modifier;
};

static_assert(sizeof(struct entry) == 16, "an entry of the table has 16 bytes");

/* A page of the table at a time. */
#define CHUNK 256

void latch_format_table_init(struct latch_format_table *table) {
	*table = (struct latch_format_table){.fd = -1};
}

void latch_format_table_finish(struct latch_format_table *table) {
	if (table->fd >= 0) {
		close(table->fd);
	}
	latch_format_list_finish(&table->list);
	latch_format_table_init(table);
}

int latch_format_table_add(
	struct latch_format_table *table, const struct latch_format *pairs, size_t len) {
	for (size_t i = 0; i < len; i++) {
		if (table->list.len == LATCH_FORMAT_TABLE_MAX &&
			latch_format_list_find(&table->list, pairs[i].fourcc, pairs[i].modifier) <
				0) {
			return -ENOSPC;
		}
		if (!latch_format_list_add(&table->list, pairs[i].fourcc, pairs[i].modifier)) {
			return -ENOMEM;
		}
	}
	return 0;
}

static int write_entries(int fd, const struct latch_format_list *list) {
	struct entry entries[CHUNK];
	size_t n = 0;
	for (size_t i = 0; i < list->len; i++) {
		entries[n++] = (struct entry){
			.fourcc = list->pairs[i].fourcc,
			.modifier = list->pairs[i].modifier,
		};
		if (n == CHUNK || i + 1 == list->len) {
			/* A memfd takes all or has no memory. */
			ssize_t ret = write(fd, entries, n * sizeof(entries[0]));
			if (ret != (ssize_t)(n * sizeof(entries[0]))) {
				return ret < 0 ? -errno : -ENOMEM;
			}
			n = 0;
		}
	}
	return 0;
}

int latch_format_table_fd(struct latch_format_table *table, uint32_t *size) {
	*size = (uint32_t)(table->list.len * sizeof(struct entry));
	if (table->fd >= 0 && table->fd_len == table->list.len) {
		return table->fd;
	}
	int fd = memfd_create("latch-format-table", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0) {
		return -errno;
	}
	int ret = write_entries(fd, &table->list);
	/* One file for all clients: none may change what the others read. */
	if (ret == 0 && fcntl(fd, F_ADD_SEALS,
				F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
		ret = -errno;
	}
	if (ret < 0) {
		close(fd);
		return ret;
	}
	if (table->fd >= 0) {
		close(table->fd);
	}
	table->fd = fd;
	table->fd_len = table->list.len;
	return fd;
}
