/* SPDX-License-Identifier: MIT */
#include "output/output.h"

#include <stdlib.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/log.h>

#include "base/clock.h"

#define NS_PER_MS INT64_C(1000000)

/* A flip comes with the next vblank. Panels that show a frame now and then have slow modes. */
#define LIMIT_NS (1000 * NS_PER_MS)
#define LIMIT_REFRESHES 30
/* The kernel itself gives each step of a commit 10 s. */
#define MODESET_LIMIT_NS (30000 * NS_PER_MS)

/* A look that comes so late says that latch or the whole machine has stood still, and the event may
 * be waiting to be read. It is given some time. */
#define LATE_NS (100 * NS_PER_MS)
#define GRACE_NS (250 * NS_PER_MS)

int64_t latch_watchdog_next(const struct latch_watchdog_look *look) {
	const int64_t limit_ns = latch_max(
		look->modeset ? MODESET_LIMIT_NS : LIMIT_NS, LIMIT_REFRESHES * look->refresh_ns);
	const int64_t due_ns = look->submit_ns + limit_ns;
	if (look->now_ns < due_ns) {
		return due_ns;
	}
	if (look->now_ns - look->planned_ns > LATE_NS) {
		return look->now_ns + latch_max(GRACE_NS, limit_ns / 4);
	}
	return 0;
}

static void arm(struct latch_watchdog *watchdog, int64_t look_ns) {
	watchdog->look_ns = look_ns;
	latch_timer_set(&watchdog->timer, look_ns);
}

static void handle_timer(void *data) {
	struct latch_output *output = data;
	struct latch_watchdog *watchdog = &output->watchdog;
	const struct latch_frame *pending = output->pending;
	if (!output->flip_pending || !output->active) {
		return; // with the next frame
	}
	const struct latch_watchdog_look look = {
		.now_ns = latch_now_ns(),
		.planned_ns = watchdog->look_ns,
		.submit_ns = pending->record.submit_end_ns,
		.refresh_ns = output->deadline.vblank.mode_ns,
		.modeset = pending->modeset,
	};
	const int64_t next_ns = latch_watchdog_next(&look);
	/* The screen may show either: both are held until a later frame is there for certain. */
	struct latch_frame *lost = next_ns == 0 ? calloc(1, sizeof(*lost)) : NULL;
	if (lost == NULL) {
		arm(watchdog, next_ns != 0 ? next_ns : look.now_ns + LIMIT_NS);
		return;
	}
	wlr_log(WLR_ERROR,
		"%s: the kernel has not told for %d ms that its frame is shown; the mode is set "
		"anew",
		output->wlr_output->name, (int)((look.now_ns - look.submit_ns) / NS_PER_MS));
	*lost = *pending;
	lost->older = watchdog->lost;
	watchdog->lost = lost;
	*output->pending = (struct latch_frame){0};
	latch_output_flip_lost(output, lost);
}

bool latch_watchdog_init(struct latch_output *output) {
	return latch_timer_init(
		&output->watchdog.timer, output->core->urgent_loop, handle_timer, output);
}

void latch_watchdog_submitted(struct latch_output *output) {
	if (output->watchdog.timer.due_ns == 0) {
		arm(&output->watchdog, latch_now_ns() + LIMIT_NS);
	}
}

void latch_watchdog_let_go(
	struct latch_output *output, const struct latch_frame *shown, int64_t time_ns) {
	struct latch_watchdog *watchdog = &output->watchdog;
	while (watchdog->lost != NULL) {
		struct latch_frame *lost = watchdog->lost;
		watchdog->lost = lost->older;
		latch_frame_note_off(lost, shown, time_ns,
			shown != NULL ? LATCH_RELEASED_FLIP : LATCH_RELEASED_DARK);
		latch_frame_finish(lost);
		free(lost);
	}
}
