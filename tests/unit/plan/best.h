/* SPDX-License-Identifier: MIT */
#pragma once

#include "case.h"

/* So few that every arrangement can be tried. */
#define PLAN_BEST_MAX_LAYERS 4
#define PLAN_BEST_MAX_PLANES 5

/**
 * How many layers of a case of that size could be on planes at most: each arrangement of layers on
 * planes is checked as a plan is. zpos that can be written are tried in the order of the layers,
 * with our picture at each height. Fewer than at_least are not looked for.
 */
size_t plan_best(struct plan_case *c, size_t at_least);
