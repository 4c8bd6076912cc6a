/* SPDX-License-Identifier: MIT */
/* Whatever a client calls itself, terminals and files stay whole. */
#include "base/text.h"
#include "../test.h"

#include <yyjson.h>

static void assert_copy(const char *text, size_t size, const char *expected) {
	char copy[64];
	memset(copy, 'x', sizeof(copy));
	latch_text_copy(copy, size, text);
	assert_string_equal(copy, expected);
}

static void test_copy(void **state) {
	assert_copy(NULL, 64, "");
	assert_copy("", 64, "");
	assert_copy("org.example.App", 64, "org.example.App");
	assert_copy("gr\xc3\xbc\xc3\x9f dich \xe2\x9c\x93 \xf0\x9f\x98\x80", 64,
		"gr\xc3\xbc\xc3\x9f dich \xe2\x9c\x93 \xf0\x9f\x98\x80");
	assert_copy("red \033[31m\r\n\x7f", 64, "red ?[31m???");
	assert_copy("c1 \xc2\x9b", 64, "c1 ??");
	assert_copy("bad \xff\xfe \xc3", 64, "bad ?? ?");
	assert_copy("overlong \xc0\xaf \xe0\x80\xaf \xf0\x80\x80\xaf", 64, "overlong ?? ??? ????");
	assert_copy("surrogate \xed\xa0\x80", 64, "surrogate ???");
	assert_copy("too large \xf4\x90\x80\x80", 64, "too large ????");
	assert_copy("cut \xe2\x9c", 64, "cut ??");
	/* Where there is no room for all of it. */
	assert_copy("abcdef", 1, "");
	assert_copy("abcdef", 4, "abc");
	assert_copy("ab\xe2\x9c\x93", 5, "ab");
	assert_copy("ab\xe2\x9c\x93", 6, "ab\xe2\x9c\x93");

	assert_int_equal(latch_text_length(""), 0);
	assert_int_equal(latch_text_length("abc"), 3);
	assert_int_equal(latch_text_length("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80"), 6);
}

/* Random bytes come out as a string that a strict JSON reader gives back unchanged. */
static void test_random_bytes(void **state) {
	for (int i = 0; i < 20000; i++) {
		char bytes[40], copy[32], escaped[64], json[80];
		for (size_t j = 0; j < sizeof(bytes) - 1; j++) {
			const long kind = random() % 4;
			bytes[j] = (char)(kind == 0 ? '"' : kind == 1 ? '\\' : random() % 255 + 1);
		}
		bytes[sizeof(bytes) - 1] = '\0';
		latch_text_copy(copy, sizeof(copy), bytes);
		latch_text_escape(escaped, sizeof(escaped), copy);
		snprintf(json, sizeof(json), "\"%s\"", escaped);
		yyjson_doc *doc = yyjson_read(json, strlen(json), 0);
		assert_non_null(doc);
		assert_string_equal(yyjson_get_str(yyjson_doc_get_root(doc)), copy);
		yyjson_doc_free(doc);
	}
}

TEST_MAIN("text", UNIT(test_copy), UNIT(test_random_bytes))
