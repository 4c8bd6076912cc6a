/* SPDX-License-Identifier: MIT */
#include "archive.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BLOCK 512

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type;
	char link[100], magic[6], version[2], user[32], group[32], device[16], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "as POSIX has it");

/* The checksum of a header: the sum of its bytes, where those of the checksum itself count as
 * blanks. */
static unsigned sum(struct header header) {
	unsigned total = 0;
	memset(header.checksum, ' ', sizeof(header.checksum));
	for (size_t i = 0; i < BLOCK; i++) {
		total += ((const unsigned char *)&header)[i];
	}
	return total;
}

bool archive_add(FILE *archive, const char *name, const void *data, size_t size) {
	static const char zeros[BLOCK];
	struct header header = {.mode = "0000644",
		.uid = "0000000",
		.gid = "0000000",
		.type = '0',
		.magic = "ustar",
		.version = {'0', '0'}};
	snprintf(header.name, sizeof(header.name), "%s", name);
	snprintf(header.size, sizeof(header.size), "%011zo", size);
	snprintf(header.mtime, sizeof(header.mtime), "%011llo", (unsigned long long)time(NULL));
	snprintf(header.checksum, sizeof(header.checksum), "%06o", sum(header));
	header.checksum[7] = ' ';
	const size_t rest = (BLOCK - size % BLOCK) % BLOCK;
	return fwrite(&header, BLOCK, 1, archive) == 1 && fwrite(data, 1, size, archive) == size &&
	       fwrite(zeros, 1, rest, archive) == rest;
}

bool archive_end(FILE *archive) {
	static const char zeros[2 * BLOCK];
	return fwrite(zeros, sizeof(zeros), 1, archive) == 1 && fflush(archive) == 0;
}

/* Reads a header. Returns false at the end, or where there is none. */
static bool read_header(FILE *archive, struct header *header, unsigned long *size) {
	if (fread(header, BLOCK, 1, archive) != 1 ||
		memcmp(header->magic, "ustar", 5) != 0) {
		return false;
	}
	header->name[sizeof(header->name) - 1] = '\0';
	*size = strtoul(header->size, NULL, 8);
	return *size <= INT32_MAX && strtoul(header->checksum, NULL, 8) == sum(*header);
}

char *archive_read(const char *path, const char *name, size_t *size_out) {
	FILE *archive = fopen(path, "re");
	if (archive == NULL) {
		return NULL;
	}
	char *text = NULL;
	struct header header;
	unsigned long size;
	while (text == NULL && read_header(archive, &header, &size)) {
		if (strcmp(header.name, name) != 0) {
			fseek(archive, (long)((size + BLOCK - 1) / BLOCK * BLOCK), SEEK_CUR);
			continue;
		}
		text = calloc(size + 1, 1);
		if (text == NULL || fread(text, 1, size, archive) != size) {
			free(text);
			text = NULL;
			break;
		}
		*size_out = size;
	}
	fclose(archive);
	return text;
}
