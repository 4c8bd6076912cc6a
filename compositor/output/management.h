/* SPDX-License-Identifier: MIT */
#pragma once

struct latch_core;

/**
 * The globals by which tools configure outputs: wlr-output-management-unstable-v1 (wlr-randr,
 * kanshi) and wlr-output-power-management-unstable-v1 (standby). After the layout and the shell,
 * before the backend starts. Returns NULL without memory.
 */
struct latch_management *latch_management_create(struct latch_core *core);

/** Before the layout goes. NULL is fine. */
void latch_management_destroy(struct latch_management *management);

/** Outputs came, went, or are configured otherwise: tools are told, once, soon. NULL is fine. */
void latch_management_changed(struct latch_management *management);
