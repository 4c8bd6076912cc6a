/* SPDX-License-Identifier: MIT */
/*
 * Random clients: three surfaces in a tree, fences that signal in any order, fifo barriers and
 * times in between. Update ids count up over all surfaces, so they tell which of a child's updates
 * belong to which of its parent.
 */

#include "world.h"

#define DEPTH 3
#define MAX_FENCES 64
#define MAX_COMMITS 512

static struct {
	uint32_t seed;
	struct surface *surfaces[DEPTH]; /* the root first; NULL when destroyed */
	struct wl_subsurface *subsurfaces[DEPTH];
	struct wp_fifo_v1 *fifos[DEPTH];
	struct wp_commit_timer_v1 *timers[DEPTH];

	int fences[MAX_FENCES];
	size_t num_fences;

	/* All commits in the order of the wire; the n-th with a buffer has the id n + 1. */
	struct {
		char surface;
		int fence; /* index, -1: none */
		bool sets, waits;
		int64_t target_ns;
	} commits[MAX_COMMITS];
	size_t num_commits;
	bool signalled[MAX_FENCES];
	bool synchronised;	 /* all subsurfaces are, all the time */
	bool barriers[DEPTH];	 /* as they should be */
	uint64_t applied[DEPTH]; /* the last id */
} run;

static uint32_t roll(uint32_t sides) {
	run.seed = run.seed * 1664525 + 1013904223;
	return (run.seed >> 16) % sides;
}

/* The newest update of a surface before the one with this id; 0: none. */
static uint64_t newest_before(char name, uint64_t id) {
	for (uint64_t other = id - 1; other > 0; other--) {
		if (run.commits[other - 1].surface == name) {
			return other;
		}
	}
	return 0;
}

static void check(struct surface *surface) {
	uint64_t id = surface->update.id;
	if (id == 0) {
		return;
	}
	assert_int_equal(run.commits[id - 1].surface, surface->name);

	/* Law 1. */
	int fence = run.commits[id - 1].fence;
	assert_true(fence < 0 || run.signalled[fence]);

	assert_true(latch_now_ns() >= run.commits[id - 1].target_ns);

	size_t index = (size_t)(surface->name - 'a');
	if (id != run.applied[index]) {
		run.applied[index] = id;
		/* Only the root is known not to be a synchronised subsurface. */
		bool waits = index == 0 && run.commits[id - 1].waits;
		assert_false(waits && run.barriers[index]);
		run.barriers[index] = run.barriers[index] || run.commits[id - 1].sets;
	}

	/* A child shows exactly what it had committed when its parent was committed. */
	if (!run.synchronised) {
		return;
	}
	for (size_t i = 0; i + 1 < DEPTH; i++) {
		if (run.surfaces[i] == surface) {
			const struct surface *child = run.surfaces[i + 1];
			uint64_t expected = newest_before(child->name, id);
			assert_int_equal(child->update.id, expected);
		}
	}
}

/* What the surface's next commit, which has a buffer, is to wait for beside its fence. */
static void pace(size_t i) {
	bool sets = roll(3) == 0, waits = roll(3) == 0;
	run.commits[run.num_commits].sets = sets;
	run.commits[run.num_commits].waits = waits;
	if (sets) {
		wp_fifo_v1_set_barrier(run.fifos[i]);
	}
	if (waits) {
		wp_fifo_v1_wait_barrier(run.fifos[i]);
	}
	if (roll(4) == 0) {
		int64_t target_ns = latch_now_ns() + roll(1000) * INT64_C(1000);
		run.commits[run.num_commits].target_ns = target_ns;
		wp_commit_timer_v1_set_timestamp(run.timers[i], 0,
			(uint32_t)(target_ns / 1000000000), (uint32_t)(target_ns % 1000000000));
	}
}

static void latch(size_t i) {
	if (run.surfaces[i] != NULL && run.surfaces[i]->server != NULL) {
		run.barriers[i] = false;
		surface_latch(run.surfaces[i]);
	}
}

/* All that waits for times and barriers, and for nothing else, goes. */
static void settle(void) {
	int64_t start_ns = latch_now_ns();
	size_t held = 0, quiet = 0;
	while (quiet < 20 && latch_now_ns() - start_ns < INT64_C(500000000)) {
		for (size_t i = 0; i < DEPTH; i++) {
			latch(i);
		}
		usleep(200);
		world_sync();
		size_t now = world_stats().held;
		quiet = now == held ? quiet + 1 : 0;
		held = now;
		quiet = now == 0 ? 20 : quiet;
	}
}

static void draw(size_t i) {
	int fence = -1;
	if (run.num_fences < MAX_FENCES && roll(3) != 0) {
		fence = (int)run.num_fences;
		run.fences[run.num_fences++] = world_fence();
	}
	pace(i);
	run.commits[run.num_commits].surface = run.surfaces[i]->name;
	run.commits[run.num_commits++].fence = fence;
	surface_draw(run.surfaces[i], fence < 0 ? -1 : run.fences[fence]);
}

static void signal_fence(size_t i) {
	if (i < run.num_fences && !run.signalled[i]) {
		run.signalled[i] = true;
		kernel_fence_signal(run.fences[i], latch_now_ns());
		if (roll(2) == 0) {
			world_sync();
		}
	}
}

static void run_init(uint32_t seed) {
	memset(&run, 0, sizeof(run));
	run.seed = seed;
	setup_shown(NULL);
	world.applied = check;
	for (size_t i = 0; i < DEPTH; i++) {
		run.surfaces[i] = surface_create((char)('a' + i));
		run.fifos[i] = surface_get_fifo(run.surfaces[i]);
		run.timers[i] = surface_get_timer(run.surfaces[i]);
		if (i > 0) {
			run.subsurfaces[i] =
				surface_make_child(run.surfaces[i], run.surfaces[i - 1]);
		}
	}
}

static void test_synchronised(void **state) {
	for (uint32_t seed = 0; seed < 150; seed++) {
		run_init(seed);
		run.synchronised = true;
		for (int step = 0; step < 60; step++) {
			if (roll(2) == 0) {
				draw(roll(DEPTH));
			} else if (roll(4) == 0) {
				latch(roll(DEPTH));
			} else {
				signal_fence(roll(MAX_FENCES));
			}
		}
		for (size_t i = 0; i < run.num_fences; i++) {
			signal_fence(i);
		}
		/* Leaf to root: then all that was committed is shown. */
		for (size_t i = DEPTH; i-- > 0;) {
			run.commits[run.num_commits].surface = run.surfaces[i]->name;
			run.commits[run.num_commits++].fence = -1;
			surface_draw(run.surfaces[i], -1);
		}
		settle();
		for (size_t i = 0; i < DEPTH; i++) {
			assert_int_equal(run.surfaces[i]->update.id, run.num_commits - i);
		}
		assert_int_equal(world_stats().held, 0);
		world_finish();
	}
}

static void chaos(void) {
	size_t i = roll(DEPTH);
	struct surface *surface = run.surfaces[i];
	struct wl_subsurface *subsurface = run.subsurfaces[i];
	uint32_t what = roll(14);
	if (what < 3) {
		signal_fence(roll(MAX_FENCES));
	} else if (what < 5) {
		latch(i);
	} else if (what == 5 && subsurface != NULL) {
		wl_subsurface_set_sync(subsurface);
	} else if (what == 6 && subsurface != NULL) {
		wl_subsurface_set_desync(subsurface);
	} else if (what == 7 && subsurface != NULL && roll(3) == 0) {
		wl_subsurface_destroy(world_forget(subsurface));
		run.subsurfaces[i] = NULL;
	} else if (what == 8 && surface != NULL && subsurface == NULL && roll(4) == 0) {
		surface_destroy(surface);
		run.surfaces[i] = NULL;
	} else if (what == 9 && surface != NULL) {
		wl_surface_commit(surface->wl);
	} else if (what == 10 && surface != NULL) {
		surface_commit(surface, NULL);
	} else if (what > 10 && surface != NULL) {
		draw(i);
	}
}

static void test_chaos(void **state) {
	for (uint32_t seed = 1000; seed < 1300; seed++) {
		run_init(seed);
		for (int step = 0; step < 80; step++) {
			chaos();
		}
		if (seed % 2 == 0) {
			/* Nobody waits for ever once all has signalled and no parent is left. */
			for (size_t i = 0; i < run.num_fences; i++) {
				signal_fence(i);
			}
			settle();
			assert_int_equal(world_error(NULL), -1);
			for (size_t i = DEPTH; i-- > 0;) {
				if (run.surfaces[i] != NULL) {
					draw(i);
					signal_fence(run.num_fences - 1);
				}
			}
			settle();
			assert_int_equal(world_stats().held, 0);
			for (size_t i = 0; i < DEPTH; i++) {
				if (run.surfaces[i] != NULL &&
					(run.subsurfaces[i] == NULL ||
						run.surfaces[i - 1] != NULL)) {
					uint64_t newest = newest_before(
						run.surfaces[i]->name, run.num_commits + 1);
					assert_int_equal(run.surfaces[i]->update.id, newest);
				}
			}
		}
		world_finish();
	}
}

TEST_MAIN("random", UNIT(test_synchronised), UNIT(test_chaos))
