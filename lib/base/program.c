/* SPDX-License-Identifier: MIT */
#include "base/program.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool latch_program_find(const char *name, char path[static PATH_MAX]) {
	char own[PATH_MAX], tool[PATH_MAX];
	const ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);
	if (length <= 0) {
		return false;
	}
	own[length] = '\0';
	*strrchr(own, '/') = '\0';
	snprintf(tool, sizeof(tool), "../tools/%s", name);
	const char *const folders[] = {".", tool, "../../compositor"};
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		const int used = snprintf(path, PATH_MAX, "%s/%s/%s", own, folders[i], name);
		if (used < PATH_MAX && access(path, X_OK) == 0) {
			return true;
		}
	}
	return false;
}
