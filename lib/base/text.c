#include "base/text.h"

#include <stdbool.h>

static bool is_continuation(unsigned char c) {
	return (c & 0xc0) == 0x80;
}

/* The length of the valid and printable UTF-8 character here, 0 when there is none. */
static size_t character_length(const unsigned char *s) {
	if (s[0] < 0x80) {
		return s[0] >= 0x20 && s[0] != 0x7f ? 1 : 0;
	}
	if (s[0] >= 0xc2 && s[0] <= 0xdf && is_continuation(s[1])) {
		/* U+0080 to U+009f steer terminals as escape sequences do. */
		return s[0] == 0xc2 && s[1] < 0xa0 ? 0 : 2;
	}
	if (s[0] >= 0xe0 && s[0] <= 0xef && is_continuation(s[1]) && is_continuation(s[2])) {
		const bool overlong = s[0] == 0xe0 && s[1] < 0xa0;
		const bool surrogate = s[0] == 0xed && s[1] >= 0xa0;
		return overlong || surrogate ? 0 : 3;
	}
	if (s[0] >= 0xf0 && s[0] <= 0xf4 && is_continuation(s[1]) && is_continuation(s[2]) &&
		is_continuation(s[3])) {
		const bool overlong = s[0] == 0xf0 && s[1] < 0x90;
		const bool too_large = s[0] == 0xf4 && s[1] >= 0x90;
		return overlong || too_large ? 0 : 4;
	}
	return 0;
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
