/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

struct wlr_output;
struct wlr_swapchain;

/**
 * Makes the swapchain of an output's composed pictures, or another one where its mode has changed.
 * The output has a renderer. The layout is the best that the renderer and the primary plane have in
 * common; where the kernel refuses that, one that is the driver's own affair (no modifier), at last
 * linear. Returns false where all are refused; then *swapchain is as it was.
 */
bool latch_swapchain_configure(struct wlr_output *output, struct wlr_swapchain **swapchain);
