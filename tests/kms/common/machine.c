#include "machine.h"

#include <dirent.h>
#include <errno.h>
#include <png.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case.h"
#include "dma.h"

#define BUFINFO "/sys/kernel/debug/dma_buf/bufinfo"

static const char *need_env(const char *name) {
	const char *value = getenv(name);
	CHECK(value != NULL, "%s is not set: run this from the job", name);
	return value;
}

static pid_t latch_pid(void) {
	return (pid_t)atoi(need_env("LATCH_PID"));
}

bool picture_read(struct picture *picture, const char *path) {
	png_image png = {.version = PNG_IMAGE_VERSION};
	if (!png_image_begin_read_from_file(&png, path)) {
		return false;
	}
	png.format = PNG_FORMAT_BGRA; // in memory; as a little-endian number that is 0xAARRGGBB
	*picture = (struct picture){.width = png.width, .height = png.height};
	picture->pixels = malloc(PNG_IMAGE_SIZE(png));
	CHECK(picture->pixels != NULL, "out of memory");
	bool ok = png_image_finish_read(&png, NULL, picture->pixels, 0, NULL);
	if (!ok) {
		picture_finish(picture);
	}
	return ok;
}

struct picture picture_take(void) {
	struct picture picture;
	const char *path = need_env("LATCH_CAPTURE");
	unlink(path);
	const char *machine = getenv("LATCH_LAB_DEVICE");
	if (machine != NULL && strcmp(machine, "virtio-gpu") == 0) {
		/* No writeback: what the host was told is on its screen, and it writes that. */
		char screen[256], command[300];
		snprintf(screen, sizeof(screen), "%s/screen.png", need_env("LAB_OUT"));
		snprintf(command, sizeof(command), "lab-screenshot '%s'", screen);
		CHECK(system(command) == 0, "no screenshot");
		CHECK(picture_read(&picture, screen), "%s can't be read", screen);
		return picture;
	}
	/* What was there from an earlier request would be an old picture. */
	CHECK(kill(latch_pid(), SIGUSR1) == 0, "latch is gone");
	int64_t end_ns = now_ns() + 5000 * MS;
	while (access(path, F_OK) != 0) { // it is there when it is complete
		CHECK(now_ns() < end_ns, "no picture after 5 s");
		sleep_ms(10);
	}
	CHECK(picture_read(&picture, path), "%s can't be read", path);
	/* latch detaches the writeback connector with one more frame. */
	sleep_ms(50);
	return picture;
}

void picture_finish(struct picture *picture) {
	free(picture->pixels);
	*picture = (struct picture){0};
}

void picture_check(const struct picture *picture, int x, int y, uint32_t width, uint32_t height,
	uint32_t drawn_x, uint32_t drawn_y, uint32_t number) {
	for (uint32_t row = 0; row < height; row++) {
		for (uint32_t column = 0; column < width; column++) {
			uint32_t is = picture_get(picture, x + (int)column, y + (int)row);
			uint32_t drawn =
				picture_pixel(drawn_x + column, drawn_y + row, number) & 0xffffff;
			CHECK(colour_distance(is, drawn) <= 1,
				"%06x at %d,%d: picture %u has %06x at %u,%u", is, x + (int)column,
				y + (int)row, number, drawn, drawn_x + column, drawn_y + row);
		}
	}
}

static void debugfs_path(char *path, size_t size, const char *file) {
	const char *device = need_env("LATCH_DEVICE");
	const char *number = strstr(device, "card");
	CHECK(number != NULL, "%s is no card", device);
	snprintf(path, size, "/sys/kernel/debug/dri/%s/%s", number + strlen("card"), file);
}

static FILE *open_text(const char *path) {
	FILE *file = fopen(path, "re");
	CHECK(file != NULL, "%s: %s", path, strerror(errno));
	return file;
}

static int count_lines(const char *path, const char *start) {
	char line[512];
	int count = 0;
	FILE *file = open_text(path);
	while (fgets(line, sizeof(line), file) != NULL) {
		count += strncmp(line, start, strlen(start)) == 0;
	}
	fclose(file);
	return count;
}

static int count_dmabufs(void) {
	char line[512];
	int count = -1;
	FILE *file = open_text(BUFINFO);
	while (fgets(line, sizeof(line), file) != NULL) {
		sscanf(line, "Total %d objects", &count);
	}
	fclose(file);
	return count;
}

static int count_fds(void) {
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)latch_pid());
	DIR *dir = opendir(path);
	CHECK(dir != NULL, "%s: %s", path, strerror(errno));
	int count = 0;
	while (readdir(dir) != NULL) {
		count++;
	}
	closedir(dir);
	return count - 2;
}

struct holdings holdings_count(void) {
	char path[64];
	debugfs_path(path, sizeof(path), "framebuffer");
	return (struct holdings){
		.fds = count_fds(),
		.framebuffers = count_lines(path, "framebuffer["),
		.dmabufs = count_dmabufs(),
	};
}

void holdings_check(const struct holdings *before, int more, const char *what) {
	int64_t end_ns = now_ns() + 2000 * MS;
	for (;;) {
		struct holdings now = holdings_count();
		if (now.fds <= before->fds + more &&
			now.framebuffers <= before->framebuffers + more &&
			now.dmabufs <= before->dmabufs + more) {
			return;
		}
		CHECK(now_ns() <= end_ns,
			"%s: %d fds, %d framebuffers, %d dma-bufs before; %d, %d, %d after", what,
			before->fds, before->framebuffers, before->dmabufs, now.fds,
			now.framebuffers, now.dmabufs);
		sleep_ms(20);
	}
}

struct plane_state plane_state_read(void) {
	char path[64], line[256];
	struct plane_state state = {0};
	debugfs_path(path, sizeof(path), "state");
	FILE *file = open_text(path);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "plane[", 6) == 0 && state.fb != 0) {
			break;
		}
		sscanf(line, "\tfb=%u", &state.fb);
		if (state.fb == 0) {
			continue;
		}
		char *text = line + strspn(line, "\t ");
		sscanf(text, "format=%31s", state.format);
		uint32_t width, height;
		if (sscanf(text, "size=%ux%u", &width, &height) == 2) {
			state.width = width;
			state.height = height;
		}
		state.imported = state.imported || strncmp(text, "imported=yes", 12) == 0;
	}
	fclose(file);
	CHECK(state.fb != 0, "no framebuffer is on a plane");
	return state;
}

bool dmabuf_is_attached(int dmabuf_fd, const char *device) {
	struct stat st;
	CHECK(fstat(dmabuf_fd, &st) == 0, "fstat: %s", strerror(errno));
	char line[512];
	bool ours = false, found = false;
	FILE *file = open_text(BUFINFO);
	while (fgets(line, sizeof(line), file) != NULL) {
		unsigned long size, flags, mode, count, inode;
		char exporter[64];
		if (sscanf(line, "%lu %lx %lx %lu %63s %lu", &size, &flags, &mode, &count, exporter,
			    &inode) == 6) {
			ours = inode == st.st_ino;
		} else if (ours && line[0] == '\t' && strstr(line, device) != NULL) {
			found = true;
		}
	}
	fclose(file);
	return found;
}
