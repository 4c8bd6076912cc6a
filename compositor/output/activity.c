#include "output/activity.h"

void latch_activity_note(struct latch_activity *activity, uint32_t source, int64_t now_ns) {
	if (activity->source != source) {
		activity->source = source;
		activity->other_ns = activity->last_ns;
	}
	activity->last_ns = now_ns;
}

void latch_activity_note_input(struct latch_activity *activity, int64_t now_ns) {
	activity->input_ns = now_ns;
}

bool latch_activity_is_alone(const struct latch_activity *activity, int64_t now_ns) {
	return now_ns - activity->other_ns > LATCH_ALONE_NS;
}

bool latch_activity_is_quiet(const struct latch_activity *activity, int64_t now_ns) {
	return now_ns - activity->other_ns > LATCH_QUIET_NS &&
	       now_ns - activity->input_ns > LATCH_QUIET_NS;
}
