/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool is_continuation(unsigned char c) {
	return (c & 0xc0) == 0x80;
}

/* The length of the valid and printable UTF-8 character here, 0 when there is none. */
static size_t character_length(const unsigned char *s) {
	/* What is below has a shorter form, or steers terminals as escape sequences do. */
	static const uint32_t least[] = {0, 0x20, 0xa0, 0x800, 0x10000};
	const size_t length = s[0] < 0x80	  ? 1
			      : s[0] >> 5 == 0x06 ? 2
			      : s[0] >> 4 == 0x0e ? 3
			      : s[0] >> 3 == 0x1e ? 4
						  : 0;
	uint32_t code = length > 1 ? s[0] & 0xffu >> (length + 1) : s[0];
	for (size_t i = 1; i < length; i++) {
		if (!is_continuation(s[i])) {
			return 0;
		}
		code = code << 6 | (s[i] & 0x3fu);
	}
	const bool surrogate = code >= 0xd800 && code <= 0xdfff;
	return code < least[length] || code == 0x7f || surrogate || code > 0x10ffff ? 0 : length;
}

void latch_text_copy(char *to, size_t size, const char *text) {
	const unsigned char *from = (const unsigned char *)(text != NULL ? text : "");
	size_t used = 0;
	while (*from != '\0') {
		const size_t length = character_length(from);
		const size_t room = length > 0 ? length : 1;
		if (used + room >= size) {
			break;
		}
		for (size_t i = 0; i < length; i++) {
			to[used++] = (char)from[i];
		}
		if (length == 0) {
			to[used++] = '?';
		}
		from += room;
	}
	to[used] = '\0';
}

size_t latch_text_length(const char *text) {
	size_t length = 0;
	for (; *text != '\0'; text++) {
		if (!is_continuation((unsigned char)*text)) {
			length++;
		}
	}
	return length;
}

void latch_text_print_wrapped(FILE *file, const char *text, int indent, int width) {
	int room = width - indent, column = 0;
	fprintf(file, "%*s", indent, "");
	while (*text != '\0') {
		const size_t bytes = strcspn(text, " ");
		const int is = (int)(latch_text_length(text) - latch_text_length(text + bytes));
		if (column > 0 && column + 1 + is > room) {
			fprintf(file, "\n%*s", indent + 2, "");
			room = width - indent - 2;
			column = 0;
		}
		column += fprintf(file, column > 0 ? " " : "") + is;
		fwrite(text, 1, bytes, file);
		text += bytes + strspn(text + bytes, " ");
	}
	fputc('\n', file);
}

void latch_text_escape(char *to, size_t size, const char *text) {
	size_t used = 0;
	for (; *text != '\0' && used + 2 < size; text++) {
		if (*text == '"' || *text == '\\') {
			to[used++] = '\\';
		}
		to[used++] = *text;
	}
	to[used] = '\0';
}
