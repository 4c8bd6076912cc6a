#ifndef LATCHCTL_RECEIVE_H
#define LATCHCTL_RECEIVE_H

#include <stdbool.h>

#include "model.h"

struct zlatch_inspector_planes_v1;

/** Takes the events of one snapshot into a model. */
struct receiver {
	struct model model;
	/** The snapshot is complete. */
	bool done;
	/** Memory ran out, or the events came in an order that makes no sense. */
	bool failed;
};

/** Listens; the receiver has to outlive the snapshot object. Its model is the caller's to finish. */
void receiver_init(struct receiver *receiver, struct zlatch_inspector_planes_v1 *planes);

#endif
