#ifndef LATCHCTL_RECEIVE_COUNTED_H
#define LATCHCTL_RECEIVE_COUNTED_H

#include <stdbool.h>

#include "counted.h"

struct zlatch_inspector_statistics_v1;

/** Takes the events of one snapshot. */
struct counted_receiver {
	struct counted counted; // owned by whoever calls
	bool done;
	/** No memory, or events in an order that makes no sense. */
	bool failed;
};

/** Listens. The receiver has to stay where it is until the object is destroyed. */
void counted_receiver_init(
	struct counted_receiver *receiver, struct zlatch_inspector_statistics_v1 *statistics);

#endif
