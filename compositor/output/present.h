#ifndef LATCH_OUTPUT_PRESENT_H
#define LATCH_OUTPUT_PRESENT_H

#include <stdbool.h>
#include <stdint.h>

#include "kms/vblank.h"

/**
 * What wp_presentation_feedback.presented may say of a flip that a KMS driver has reported (enum
 * wlr_output_present_flag, without ZERO_COPY, which is a layer's matter).
 *
 * VSYNC: the flip took place between two pictures; not so an asynchronous one. HW_COMPLETION and
 * HW_CLOCK: a display controller has said so, and when; not so a timer of the kernel in its place.
 * The event of an asynchronous flip comes from the hardware, but drivers stamp it with the vblank
 * before or after.
 */
uint32_t latch_present_flags(enum kms_clock_kind clock, bool async);

/**
 * How soon after a flip the next one can come, for the same event: 0 where that is not known, as
 * after an asynchronous flip, which says nothing of where vblanks lie.
 */
uint32_t latch_present_refresh(int64_t refresh_ns, bool async);

#endif
