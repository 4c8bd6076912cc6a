/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What <wlr/types/wlr_output_power_management_v1.h> wants of the protocol's own header. The
 * protocol is part of wlroots' library, but no package has its XML to generate a header from.
 */

/** The numbers of zwlr_output_power_v1.mode. */
enum zwlr_output_power_v1_mode {
	ZWLR_OUTPUT_POWER_V1_MODE_OFF = 0,
	ZWLR_OUTPUT_POWER_V1_MODE_ON = 1,
};
