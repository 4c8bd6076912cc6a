/*
 * The session is switched away and back: frames stop, and come back, and nothing is lost.
 */
#include <stdlib.h>

#include "case.h"
#include "scene.h"

#define BUFFERS 4

static void away_and_back(int unused) {
	struct frame away, next;
	scene_init(KIND_NONE, 0, BUFFERS, memory_init_dumb);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 20; i++) {
			surface_show(&scene.surface, scene_next(), NULL, 3000);
		}
		CHECK(system("chvt 2") == 0, "chvt 2");
		sleep_ms(300);
		client_roundtrip(&scene.client);
		surface_commit(&scene.surface, scene_next(), &away, -1);
		client_pump_ms(&scene.client, 700);
		CHECK(away.state != FRAME_PRESENTED, "a frame was presented on another VT");
		/* It still answers. */
		int64_t start_ns = now_ns();
		client_roundtrip(&scene.client);
		CHECK(now_ns() - start_ns < 100 * MS, "no answer while away");

		CHECK(system("chvt 1") == 0, "chvt 1");
		start_ns = now_ns();
		surface_show(&scene.surface, scene_next(), &next, 3000);
		note("the first frame came %.0f ms after the way back",
			(double)(next.presented_ns - start_ns) / 1e6);
		CHECK(away.state != FRAME_PENDING, "the frame of meanwhile got no feedback");
	}
	surface_show(&scene.surface, scene_next(), NULL, 1000);
	client_pump_ms(&scene.client, 200);
	unsigned shown = (scene.commits - 1) % BUFFERS;
	for (unsigned i = 0; i < BUFFERS; i++) {
		int out = scene.buffers[i].commits - scene.buffers[i].releases;
		CHECK(out == (i == shown), "buffer %u: %d commits, %d releases", i,
			scene.buffers[i].commits, scene.buffers[i].releases);
	}
}

const struct test_case test_cases[] = {
	{"the session goes to another VT and comes back", away_and_back, 0, 30},
	{0},
};
