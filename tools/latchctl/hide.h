/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <yyjson.h>

/* What a report must not tell: names, serial numbers, titles. Documents are searched for it by key,
 * and other texts then for what was found. */
struct secrets {
	char **texts;
	size_t len, cap;
	bool titles_are_fine;
};

void secrets_finish(struct secrets *secrets);

/** Adds a text; NULL and short ones are left out. */
void secrets_add(struct secrets *secrets, const char *text);

/** Takes the values of keys that are secret from a document, and keeps them to hide them. */
void secrets_take(struct secrets *secrets, yyjson_mut_val *value);

/** Puts stars over each secret in a text, whose length stays, but not inside of words. */
void secrets_hide(const struct secrets *secrets, char *text);
