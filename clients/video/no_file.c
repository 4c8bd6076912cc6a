/* SPDX-License-Identifier: MIT */
/* In the place of file.c where there is no libavformat. */
#include "source.h"

const struct source_type *const video_file_source = NULL;
