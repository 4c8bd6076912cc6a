/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <yyjson.h>

/** Makes a document whose root is an empty object; NULL without memory. */
yyjson_mut_doc *json_create(yyjson_mut_val **root);

/** Writes the document, and frees it; "-" is standard output. Returns false, having said why.
 * @param complete false: it could not be made for want of memory */
bool json_write(yyjson_mut_doc *doc, bool complete, const char *path);
