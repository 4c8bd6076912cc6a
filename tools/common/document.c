/* SPDX-License-Identifier: MIT */
#include "document.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

yyjson_mut_doc *document_parse(const char *text, size_t size) {
	yyjson_doc *doc = yyjson_read(text, size, 0);
	yyjson_mut_doc *copy = doc ? yyjson_doc_mut_copy(doc, NULL) : NULL;
	yyjson_doc_free(doc);
	return copy;
}

yyjson_mut_doc *document_read(int fd, size_t size) {
	char *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED) {
		return NULL;
	}
	yyjson_mut_doc *doc = document_parse(text, size);
	munmap(text, size);
	return doc;
}

bool document_print(yyjson_mut_doc *doc, yyjson_write_flag flags) {
	char *text = yyjson_mut_write(doc, flags | YYJSON_WRITE_NEWLINE_AT_END, NULL);
	fputs(text ? text : "", stdout);
	free(text);
	return text != NULL;
}

const char *get_text(yyjson_mut_val *value, const char *path) {
	const char *text = yyjson_mut_get_str(yyjson_mut_ptr_get(value, path));
	return text ? text : "";
}

double get_number(yyjson_mut_val *value, const char *path) {
	return yyjson_mut_get_num(yyjson_mut_ptr_get(value, path));
}

int64_t get_int(yyjson_mut_val *value, const char *path) {
	return yyjson_mut_get_sint(yyjson_mut_ptr_get(value, path));
}

bool get_bool(yyjson_mut_val *value, const char *path) {
	return yyjson_mut_get_bool(yyjson_mut_ptr_get(value, path));
}

bool has_text(yyjson_mut_val *value, const char *path, const char *text) {
	return strcmp(get_text(value, path), text) == 0;
}

yyjson_mut_val *find_number(yyjson_mut_val *array, const char *path, int64_t number) {
	size_t i, len;
	yyjson_mut_val *value;
	yyjson_mut_arr_foreach(array, i, len, value) {
		if (get_int(value, path) == number) {
			return value;
		}
	}
	return NULL;
}

yyjson_mut_val *find_text(yyjson_mut_val *array, const char *path, const char *text) {
	size_t i, len;
	yyjson_mut_val *value;
	yyjson_mut_arr_foreach(array, i, len, value) {
		if (has_text(value, path, text)) {
			return value;
		}
	}
	return NULL;
}

void keep_text(yyjson_mut_val *array, const char *path, const char *text) {
	yyjson_mut_arr_iter iter = yyjson_mut_arr_iter_with(array);
	yyjson_mut_val *value;
	while ((value = yyjson_mut_arr_iter_next(&iter))) {
		if (!has_text(value, path, text)) {
			yyjson_mut_arr_iter_remove(&iter);
		}
	}
}

const char *layer_name(yyjson_mut_val *layer, char *text, size_t size) {
	if (has_text(layer, "/kind", "cursor")) {
		snprintf(text, size, "cursor");
	} else if (!has_text(layer, "/app_id", "")) {
		snprintf(text, size, "%s", get_text(layer, "/app_id"));
	} else if (!has_text(layer, "/title", "")) {
		snprintf(text, size, "%s", get_text(layer, "/title"));
	} else {
		snprintf(text, size, "surface %d", (int)get_int(layer, "/surface"));
	}
	return text;
}

int text_bytes(const char *text, int characters) {
	int bytes = 0;
	for (; text[bytes] != '\0'; bytes++) {
		/* Bytes 10xxxxxx go on with a character. */
		if (((unsigned char)text[bytes] & 0xc0) != 0x80 && characters-- <= 0) {
			break;
		}
	}
	return bytes;
}

char *text_read(FILE *file) {
	char *text = NULL;
	size_t size = 0;
	if (getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		text = NULL;
	}
	return text;
}

void text_append(char *text, size_t size, const char *format, ...) {
	size_t used = strlen(text);
	va_list args;
	va_start(args, format);
	vsnprintf(text + used, size - used, format, args);
	va_end(args);
}
