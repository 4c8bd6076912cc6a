/*
 * What the machine says of latch, whatever latch says of itself: the screen as the writeback
 * connector has it, planes and framebuffers in debugfs, descriptors in /proc.
 *
 * $LATCH_PID, $LATCH_DEVICE and $LATCH_CAPTURE (latch's --capture FILE) come from the job.
 */
#ifndef TESTS_KMS_MACHINE_H
#define TESTS_KMS_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

pid_t latch_pid(void);

struct picture {
	uint32_t width, height;
	uint32_t *pixels; // 0x??RRGGBB, rows without gaps
};

/** Reads a PNG. False while there is none that is complete. */
bool picture_read(struct picture *picture, const char *path);

/** Has latch take a picture of the screen. Fails the case when it does not come. */
void picture_take(struct picture *picture);
void picture_finish(struct picture *picture);

/** The pixel without its alpha; black outside. */
static inline uint32_t picture_get(const struct picture *picture, int x, int y) {
	bool inside = x >= 0 && y >= 0 && (uint32_t)x < picture->width &&
		      (uint32_t)y < picture->height;
	return inside ? picture->pixels[(size_t)y * picture->width + (size_t)x] & 0xffffff : 0;
}

/** The largest difference of a channel. */
static inline int colour_distance(uint32_t a, uint32_t b) {
	int most = 0;
	for (int shift = 0; shift < 24; shift += 8) {
		int distance = (int)(a >> shift & 255) - (int)(b >> shift & 255);
		distance = distance < 0 ? -distance : distance;
		most = distance > most ? distance : most;
	}
	return most;
}

/** What latch holds. */
struct holdings {
	int fds;
	int framebuffers; // of the KMS device, whoever made them
	int dmabufs;	  // of the machine
};

struct holdings holdings_count(void);

/** Waits up to two seconds until no more are held than in `before`. */
bool holdings_return(const struct holdings *before, struct holdings *now);

/** What debugfs says of the first plane that a framebuffer is on. */
struct plane_state {
	uint32_t fb;
	char format[32];
	uint32_t width, height;
	bool imported;
};

bool plane_state_read(struct plane_state *state);

/** Whether the dma-buf is attached to a device whose name contains this. */
bool dmabuf_is_attached(int dmabuf_fd, const char *device);

#endif
