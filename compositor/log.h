/* SPDX-License-Identifier: MIT */
#pragma once

#include <wlr/util/log.h>

/**
 * Sends wlr_log() and kms_log() to stderr: "latch 1.234: text". At WLR_INFO only what latch itself
 * has to say is shown, wlroots' own information with WLR_DEBUG; errors are always.
 */
void latch_log_init(enum wlr_log_importance level);
