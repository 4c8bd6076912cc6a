/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct wl_client;
struct wl_display;

/**
 * Whether a client may see a global of this interface. Those that show, change or fake what belongs
 * to others are not for sandboxed clients; all the rest is for everybody.
 */
bool latch_security_allows(const char *interface, bool sandboxed);

/**
 * A number for the sandboxed program that a client is, the same for all its connections; 0 for a
 * client in no sandbox. Not known yet while the client is being created.
 */
uint64_t latch_security_sandbox(struct wl_client *client);

/**
 * Offers wp_security_context_manager_v1, by which a sandbox (Flatpak's, for example) tells which
 * connections are its own, and hides from those what latch_security_allows() keeps from them. To
 * be called before the first client connects. Goes with the display. Returns false without memory.
 */
bool latch_security_init(struct wl_display *display);
