/* SPDX-License-Identifier: MIT */
/* What latch has counted in a run. */
#pragma once

#include "../text.h"

#define STAGE(count, mean, p50, p99)                                                               \
	"{'count': " #count ", 'mean_ns': " #mean ", 'p50_ns': " #p50 ", 'p95_ns': 0, 'p99_ns': "   \
	#p99 ", 'max_ns': " #p99 "}"

static const char run_text[] =
	"{'outputs': [{'name': 'V-1', 'device': 'vkms (/dev/dri/card7)'}, {'name': 'WL-1', "
	"'device': 'wayland'}], 'surfaces': ["
	"{'id': 1, 'label': 'film', 'pid': 11, 'output': 'V-1', 'frames': 200, 'on_plane': 24, "
	"'by_plane_type': {'primary': 4, 'overlay': 20, 'cursor': 0, 'background': 0}, "
	"'composed': 176, 'reasons': [{'name': 'format', 'text': 'no plane for it can show this "
	"pixel format', 'frames': 170}, {'name': 'scaling', 'text': 'the kernel does not scale "
	"it', 'frames': 170}, {'name': 'settling', 'text': 'it has changed', 'frames': 176}], "
	"'composed_as': {'buffer': {'format': 'P010'}, 'dst': {'width': 640, 'height': 360}, "
	"'test_errno': 0}, 'superseded': 5, 'dropped': 1, 'missed': 3, 'missed_by_cause': "
	"{'client': 2, 'kernel': 1, 'fence': 0}, 'fence_errors': 2, 'stages': "
	"{'commit_to_signalled': " STAGE(200, 2000000, 1, 1) ", 'signalled_to_submit': "
	STAGE(200, 5000000, 1, 1) ", 'submit_to_flip': " STAGE(200, 1000000, 1, 1)
	", 'commit_to_flip': " STAGE(200, 10000000, 9500000, 20000000) "}}, "
	"{'id': 2, 'label': 'panel', 'pid': 12, 'output': 'WL-1', 'frames': 100, 'on_plane': 100, "
	"'by_plane_type': {'primary': 100, 'overlay': 0, 'cursor': 0, 'background': 0}, "
	"'composed': 0, 'reasons': [], 'superseded': 0, 'dropped': 0, 'missed': 0, "
	"'missed_by_cause': {'client': 0}, 'fence_errors': 0, 'stages': {'commit_to_flip': "
	STAGE(100, 30000000, 30000000, 40000000) "}}, "
	"{'id': 3, 'label': '', 'pid': 13, 'output': null, 'frames': 0, 'on_plane': 0, 'composed': "
	"0, 'reasons': [], 'superseded': 0, 'dropped': 1, 'missed': 0, 'fence_errors': 0}], "
	"'others': {'surfaces': 2, 'frames': 100, 'on_plane': 76, 'by_plane_type': {'overlay': "
	"76}, 'composed': 24, 'reasons': [{'name': 'format', 'frames': 24}], 'missed': 1}}";
