/*
 * The session is switched away and back: frames stop, and come back, and nothing is lost.
 */
#include <drm_fourcc.h>
#include <stdlib.h>

#include "case.h"
#include "client.h"

#define BUFFERS 4

struct scene {
	struct client client;
	struct surface surface;
	struct memory memory[BUFFERS];
	struct buffer buffers[BUFFERS];
	unsigned commits;
};

static void commit(struct scene *scene, struct frame *frame) {
	surface_commit(&scene->surface, &scene->buffers[scene->commits++ % BUFFERS], frame, -1);
}

static void away_and_back(void) {
	struct scene scene = {0};
	struct frame frame, away, next;
	client_connect(&scene.client);
	surface_init_fullscreen(&scene.surface, &scene.client);
	for (unsigned i = 0; i < BUFFERS; i++) {
		memory_init_dumb(&scene.memory[i], (uint32_t)scene.surface.width,
			(uint32_t)scene.surface.height);
		memory_fill(&scene.memory[i], 0x00203040 * (i + 1));
		buffer_init(
			&scene.buffers[i], &scene.client, &scene.memory[i], DRM_FORMAT_XRGB8888);
	}
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 20; i++) {
			commit(&scene, &frame);
			frame_wait(&frame, 3000);
		}
		CHECK(system("chvt 2") == 0, "chvt 2");
		sleep_ms(300);
		client_roundtrip(&scene.client);
		commit(&scene, &away);
		int64_t end_ns = now_ns() + 700 * MS;
		while (client_pump(&scene.client, end_ns)) {
		}
		CHECK(away.state != FRAME_PRESENTED, "a frame was presented on another VT");
		/* It still answers. */
		int64_t start_ns = now_ns();
		client_roundtrip(&scene.client);
		CHECK(now_ns() - start_ns < 100 * MS, "no answer while away");

		CHECK(system("chvt 1") == 0, "chvt 1");
		start_ns = now_ns();
		commit(&scene, &next);
		frame_wait(&next, 3000);
		note("the first frame came %.0f ms after the way back",
			(double)(next.presented_ns - start_ns) / 1e6);
		CHECK(away.state != FRAME_PENDING, "the frame of meanwhile got no feedback");
	}
	commit(&scene, &frame);
	frame_wait(&frame, 1000);
	int64_t end_ns = now_ns() + 200 * MS;
	while (client_pump(&scene.client, end_ns)) {
	}
	unsigned shown = (scene.commits - 1) % BUFFERS;
	for (unsigned i = 0; i < BUFFERS; i++) {
		int out = scene.buffers[i].commits - scene.buffers[i].releases;
		CHECK(out == (i == shown), "buffer %u: %d commits, %d releases", i,
			scene.buffers[i].commits, scene.buffers[i].releases);
	}
}

int main(int argc, char **argv) {
	static const struct test_case cases[] = {
		{"the session goes to another VT and comes back", away_and_back, 30},
	};
	return test_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
