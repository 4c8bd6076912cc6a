/* SPDX-License-Identifier: MIT */
#include "deadline_world.h"

#include <math.h>
#include <stddef.h>

#define US INT64_C(1000)
#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)

static uint64_t random_next(struct world *world) {
	world->random ^= world->random << 13;
	world->random ^= world->random >> 7;
	world->random ^= world->random << 17;
	return world->random;
}

static int64_t random_between(struct world *world, int64_t from, int64_t to) {
	return from + (int64_t)(random_next(world) % (uint64_t)(to - from + 1));
}

/* From 0 to 1, 1 excluded. */
static float random_part(struct world *world) {
	return (float)(random_next(world) >> 40) * 0x1p-24f;
}

static int64_t random_tail(struct world *world, int64_t mean_ns) {
	return mean_ns == 0 ? 0 : (int64_t)(-logf(1 - random_part(world)) * (float)mean_ns);
}

/* As many small ones as large ones, by their size. */
static int64_t random_size(struct world *world, int64_t from, int64_t to) {
	return (int64_t)((double)from * pow((double)to / (double)from, random_part(world)));
}

static bool once_in(struct world *world, uint32_t frames) {
	return frames != 0 && random_next(world) % frames == 0;
}

static void set_mode(struct world *world) {
	static const int rates[] = {50, 60, 60, 60, 75, 90, 120, 144, 165, 240};
	struct world_load *load = &world->load;
	const size_t i = random_next(world) % (sizeof(rates) / sizeof(rates[0]));
	load->refresh_ns = SECOND / rates[i];
	load->blank_ns = random_between(world, 0, 1) * load->refresh_ns / 25;
	load->variable = random_between(world, 0, 7) == 0;
	load->drift_ppm = random_between(world, -500, 500);
	load->jitter_ns = random_between(world, 0, 40) * US;
	world->period_ns = (double)load->refresh_ns * (1 + (double)load->drift_ppm * 1e-6);
	latch_deadline_init(&world->deadline, load->refresh_ns, load->blank_ns);
	latch_clock_set_variable(&world->deadline.vblank, load->variable);
}

void world_change(struct world *world) {
	const uint64_t frame_random = world->random;
	world->random = world->load_random;
	if (world->load.refresh_ns == 0 || random_between(world, 0, 3) == 0) {
		set_mode(world);
	}
	struct world_load *load = &world->load;
	const int64_t refresh_ns = load->refresh_ns;
	load->wake_ns = random_size(world, 5 * US, 100 * US);
	load->wake_tail_ns = random_size(world, 2 * US, 300 * US);
	load->work_ns = random_size(world, 20 * US, refresh_ns / 10);
	load->work_tail_ns = load->work_ns / random_between(world, 5, 50);
	load->compose_ns = random_size(world, refresh_ns / 50, refresh_ns / 4);
	load->composed_of_256 = random_between(world, 0, 1) == 0
					? 0
					: (unsigned)random_between(world, 0, 256);
	load->kernel_ns = random_size(world, 30 * US, refresh_ns / 20);
	load->kernel_tail_ns = load->kernel_ns / random_between(world, 10, 50);
	load->stall_every = random_between(world, 0, 1) == 0
				    ? 0
				    : (uint32_t)random_size(world, 5000, 100000);
	load->stall_ns = random_size(world, refresh_ns / 4, 3 * refresh_ns);
	load->idle_every = random_between(world, 0, 1) == 0
				   ? 0
				   : (uint32_t)random_size(world, 100, 10000);
	load->lasts_ns = random_size(world, 60 * SECOND, 1200 * SECOND);
	world->load_random = world->random;
	world->random = frame_random;
	world->since_ns = (int64_t)world->vblank_ns;
}

void world_init(struct world *world, uint64_t seed) {
	/* Neighbouring seeds begin with quite different bits (splitmix64). */
	uint64_t mixed = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
	mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	*world = (struct world){
		.random = mixed | 1, .load_random = mixed | 1, .vblank_ns = 1e9};
	world_change(world);
}

/* The vblank that an ioctl that begins at start_ns is in time for; start_ns is after the last. */
static double flip_of(const struct world *world, int64_t start_ns, int64_t kernel_ns) {
	const double ready_ns = (double)(start_ns + kernel_ns + world->load.blank_ns);
	if (world->load.variable) {
		return fmax(ready_ns, world->vblank_ns + world->period_ns);
	}
	const double periods = ceil((ready_ns - world->vblank_ns) / world->period_ns);
	return world->vblank_ns + fmax(periods, 1) * world->period_ns;
}

static void check_plan(struct world *world, const struct latch_deadline_plan *plan, int64_t now_ns,
	int64_t margin_ns, bool composed) {
	const int64_t refresh_ns = world->load.refresh_ns;
	const int64_t most_ns = composed ? refresh_ns * LATCH_MARGIN_MAX_COMPOSED
					 : refresh_ns * LATCH_MARGIN_MAX_NUM / LATCH_MARGIN_MAX_DEN;
	const int64_t least_ns = latch_margin_kernel_ns(&world->deadline.margin);
	const bool outside = margin_ns < least_ns || margin_ns > most_ns;
	const bool lost = plan->wake_ns < now_ns || plan->wake_ns > now_ns + 3 * refresh_ns;
	world->result.broken += outside || lost;
}

static void note(struct world *world, const struct latch_deadline_plan *plan, int64_t start_ns,
	int64_t kernel_ns, double flip_ns, bool stalled) {
	struct world_result *result = &world->result;
	result->frames++;
	if (plan->why != LATCH_WAKE_DEADLINE || plan->vblank_ns == 0) {
		return;
	}
	const bool missed =
		flip_ns > (double)plan->vblank_ns + (double)world->load.refresh_ns / 2;
	result->missed += missed;
	if ((int64_t)world->vblank_ns - world->since_ns > WORLD_SETTLE_NS) {
		result->steady_frames++;
		result->steady_missed += missed && !stalled;
		result->steady_stalled += missed && stalled;
		result->margin_sum_ns += (double)(plan->vblank_ns - plan->wake_ns);
		result->needed_sum_ns +=
			(double)(start_ns - plan->wake_ns + kernel_ns + world->load.blank_ns);
	}
}

static void run_frame(struct world *world) {
	const struct world_load *load = &world->load;
	int64_t now_ns = (int64_t)world->vblank_ns + random_tail(world, 100 * US);
	if (once_in(world, load->idle_every)) {
		now_ns += random_tail(world, SECOND / 2);
	}
	const bool composed = (random_next(world) & 255) < load->composed_of_256;
	const struct latch_deadline_ask ask = {.now_ns = now_ns, .composed = composed};
	const struct latch_deadline_plan plan = latch_deadline_decide(&world->deadline, &ask);
	check_plan(world, &plan, now_ns, latch_margin_ns(&world->deadline.margin, composed), composed);

	const bool stalled = once_in(world, load->stall_every);
	int64_t start_ns = plan.wake_ns + load->wake_ns + random_tail(world, load->wake_tail_ns) +
			   load->work_ns + random_tail(world, load->work_tail_ns);
	start_ns += (composed ? load->compose_ns : 0) + (stalled ? load->stall_ns : 0);
	const int64_t kernel_ns = load->kernel_ns + random_tail(world, load->kernel_tail_ns);
	const double flip_ns = flip_of(world, start_ns, kernel_ns);
	note(world, &plan, start_ns, kernel_ns, flip_ns, stalled);

	world->vblank_ns = flip_ns;
	const int64_t told_ns =
		(int64_t)flip_ns + (load->jitter_ns > 0 ? random_between(world, -load->jitter_ns,
								  load->jitter_ns)
							: 0);
	latch_deadline_flipped(&world->deadline,
		&(struct latch_deadline_frame){
			.planned_ns = plan.why == LATCH_WAKE_DEADLINE ? plan.wake_ns : 0,
			.vblank_ns = plan.vblank_ns,
			.submit_start_ns = start_ns,
			.submit_end_ns = start_ns + kernel_ns / 2,
			.flip_ns = told_ns,
			.composed = composed,
		});
}

void world_run(struct world *world, int64_t for_ns) {
	const double begin_ns = world->vblank_ns;
	while (world->vblank_ns < begin_ns + (double)for_ns) {
		run_frame(world);
	}
	world->result.simulated_ns += (int64_t)(world->vblank_ns - begin_ns);
	/* A double has 53 bits: times stay exact when they stay small. */
	if (world->vblank_ns > 1e15) {
		world->vblank_ns = 1e9;
		world->deadline.vblank.phase_ns = world->deadline.vblank.last_flip_ns =
			(int64_t)world->vblank_ns;
		world->since_ns = (int64_t)world->vblank_ns;
	}
}

void world_run_random(struct world *world, int64_t for_ns) {
	const int64_t end_ns = world->result.simulated_ns + for_ns;
	while (world->result.simulated_ns < end_ns) {
		world_change(world);
		world_run(world, world->load.lasts_ns);
	}
}
