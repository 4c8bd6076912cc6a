#ifndef LATCH_SYNC_TREE_H
#define LATCH_SYNC_TREE_H

#include "sync/types.h"

/** Whether it is a subsurface whose commits wait for its parent's. */
bool latch_tree_is_synchronised(struct wlr_surface *surface);

/** Lets update, which is being committed, wait for what must be shown before it or together
 * with it. False without memory. */
bool latch_tree_depend(struct latch_held_update *update);
/** Keeps update, which is being committed, behind its parent's pending ones (takes a lock). */
void latch_tree_put_barrier(struct latch_held_update *update);
/** The surface's state was applied: lets those go that waited for it. */
void latch_tree_handle_applied(struct latch_surface_sync *sync);
/** The surface goes away: lets go all that waited for it, and stops waiting for its parent. */
void latch_tree_detach(struct latch_surface_sync *sync);

#endif
