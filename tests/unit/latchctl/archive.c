/* SPDX-License-Identifier: MIT */
/* The archive of a report, and what is kept out of it. */
#include "archive.h"

#include "../text.h"
#include "document.h"
#include "hide.h"

static char path[] = "/tmp/latch-test-archive-XXXXXX";

static void what_is_put_in_comes_out(void **state) {
	static char large[100000];
	const int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");
	size_t size = 0;
	memset(large, 'x', sizeof(large) - 1);
	assert_true(archive_add(file, "empty", "", 0));
	assert_true(archive_add(file, "block", large, 512));
	assert_true(archive_add(file, "large.json", large, sizeof(large)));
	assert_true(archive_end(file));
	fclose(file);
	char *text = archive_read(path, "large.json", &size);
	assert_int_equal(size, sizeof(large));
	assert_memory_equal(text, large, sizeof(large));
	free(text);
	text = archive_read(path, "empty", &size);
	assert_string_equal(text, "");
	free(text);
	assert_null(archive_read(path, "large", &size));
	/* A bit of the second header is wrong. */
	file = fopen(path, "r+e");
	fseek(file, 512, SEEK_SET);
	fputc('B', file);
	fclose(file);
	assert_null(archive_read(path, "large.json", &size));
	file = fopen(path, "r+e");
	fseek(file, 512, SEEK_SET);
	fputc('b', file);
	fclose(file);
	text = archive_read(path, "large.json", &size);
	assert_non_null(text);
	free(text);
	/* Cut off in the middle of it. */
	assert_int_equal(truncate(path, 3 * 512 + 512 + 1000), 0);
	assert_null(archive_read(path, "large.json", &size));
	unlink(path);
	assert_null(archive_read(path, "empty", &size));
}

static void a_full_disk_is_told(void **state) {
	FILE *file = fopen("/dev/full", "we");
	setvbuf(file, NULL, _IONBF, 0);
	assert_false(archive_add(file, "x", "x", 1));
	assert_false(archive_end(file));
	fclose(file);
}

static void secrets_are_hidden(void **state) {
	struct secrets secrets = {0};
	yyjson_mut_doc *doc =
		json_parse_mut("{'serial': 'A0B1', 'list': [{'title': 'a diary', 'name': 'DP-1'}], "
			      "'description': null}");
	secrets_take(&secrets, yyjson_mut_doc_get_root(doc));
	assert_string_equal(get_text(yyjson_mut_doc_get_root(doc), "/serial"), "");
	assert_string_equal(get_text(yyjson_mut_doc_get_root(doc), "/list/0/title"), "");
	assert_string_equal(get_text(yyjson_mut_doc_get_root(doc), "/list/0/name"), "DP-1");
	secrets_add(&secrets, "ann");
	secrets_add(&secrets, "/home/ann");
	secrets_add(&secrets, "x");
	secrets_add(&secrets, NULL);
	char text[] = "ann: /home/ann/x A0B1, a planner's a diary, A0B12 ann";
	secrets_hide(&secrets, text);
	assert_string_equal(text, "***: /home/***/x ****, a planner's *******, A0B12 ***");
	secrets_finish(&secrets);
	yyjson_mut_doc_free(doc);
}

TEST_MAIN("archive", UNIT(what_is_put_in_comes_out), UNIT(a_full_disk_is_told),
	UNIT(secrets_are_hidden))
