#ifndef TEST_INSPECT_WORLD_H
#define TEST_INSPECT_WORLD_H

/* An inspector and its client, both in this process with one socket between them. */

#include <stdbool.h>
#include <stdint.h>

struct latch_inspector;
struct latch_inspector_options;
struct wl_display;
struct wl_registry;
struct zlatch_inspector_v1;

struct world {
	struct wl_display *server;
	struct latch_inspector *inspector;

	struct wl_display *client;
	struct wl_registry *registry;
	struct zlatch_inspector_v1 *bound;
	uint32_t max_version, offered_version;
};

/* Binds the version that is offered, but none above max_version. Fails the test where it can't. */
void world_init(
	struct world *world, const struct latch_inspector_options *options, uint32_t max_version);
void world_finish(struct world *world);

/* Lets the two talk until they have nothing more to say. False when the connection broke. */
bool world_pump(struct world *world);

#endif
