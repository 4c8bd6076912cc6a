/* SPDX-License-Identifier: MIT */
#include "hide.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* A shorter text is found by chance. */
#define LEAST_LENGTH 3

void secrets_finish(struct secrets *secrets) {
	for (size_t i = 0; i < secrets->len; i++) {
		free(secrets->texts[i]);
	}
	free(secrets->texts);
	*secrets = (struct secrets){0};
}

void secrets_add(struct secrets *secrets, const char *text) {
	if (text == NULL || strlen(text) < LEAST_LENGTH ||
		!latch_array_reserve(&secrets->texts, &secrets->cap, secrets->len + 1,
			sizeof(secrets->texts[0]))) {
		return;
	}
	char *copy = strdup(text);
	if (copy != NULL) {
		secrets->texts[secrets->len++] = copy;
	}
}

/* A description has the monitor's serial number in it. */
static bool is_secret(const struct secrets *secrets, const char *key) {
	return strcmp(key, "serial") == 0 || strcmp(key, "description") == 0 ||
	       (strcmp(key, "title") == 0 && !secrets->titles_are_fine);
}

void secrets_take(struct secrets *secrets, yyjson_mut_val *value) {
	size_t i, len;
	yyjson_mut_val *key, *member;
	if (yyjson_mut_is_arr(value)) {
		yyjson_mut_arr_foreach(value, i, len, member) {
			secrets_take(secrets, member);
		}
	} else if (yyjson_mut_is_obj(value)) {
		yyjson_mut_obj_foreach(value, i, len, key, member) {
			if (is_secret(secrets, yyjson_mut_get_str(key))) {
				secrets_add(secrets, yyjson_mut_get_str(member));
				yyjson_mut_set_null(member);
			} else {
				secrets_take(secrets, member);
			}
		}
	}
}

static bool is_word(const char *text, const char *at, size_t length) {
	return (at == text || !isalnum((unsigned char)at[-1])) &&
	       !isalnum((unsigned char)at[length]);
}

void secrets_hide(const struct secrets *secrets, char *text) {
	for (size_t i = 0; i < secrets->len; i++) {
		const size_t length = strlen(secrets->texts[i]);
		for (char *at = text; (at = strstr(at, secrets->texts[i])) != NULL; at += length) {
			if (is_word(text, at, length)) {
				memset(at, '*', length);
			}
		}
	}
}
