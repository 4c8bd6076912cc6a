#include "realtime.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <wlr/util/log.h>

void latch_realtime_enter(void) {
	const struct sched_param param = {.sched_priority = sched_get_priority_min(SCHED_RR)};
	if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param) == 0) {
		wlr_log(WLR_INFO, "scheduled as SCHED_RR, priority %d", param.sched_priority);
	} else {
		wlr_log(WLR_INFO, "no real-time scheduling (%s): wake-ups may come late when the "
				  "computer is busy",
			strerror(errno));
	}
}
