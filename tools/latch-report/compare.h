/* SPDX-License-Identifier: MIT */
/* Two runs side by side: whose surfaces are the same, and how much more of each thing one has. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct latch_statistics;
struct latch_surface_counts;
struct latch_surface_row;
struct run;

struct compare_pair {
	/* Of the statistics of a run; NULL where the other run alone has it. */
	const struct latch_surface_row *a, *b;
};

struct compare {
	const struct run *a, *b;
	struct compare_pair *pairs;
	size_t length;
};

/*
 * A row of the comparison. NaN stands for what one run has not. ratio is b / a; it is NaN too
 * where a is 0 and b is not.
 */
struct compare_value {
	const char *what; /* "frames", "missed", "missed: fence", "on plane", "commit->flip p50" */
	const char *unit; /* "", "%" or "ms" */
	double a, b, ratio;
};

/**
 * Matches the surfaces that were shown: by label, those of the same label in the order in which
 * they came. Process and surface numbers differ between runs and say nothing. Returns false when
 * memory is out.
 */
bool compare_init(struct compare *compare, const struct run *a, const struct run *b);

void compare_finish(struct compare *compare);

/** Calls `tell` with each value of a pair that both, or one of them, have. */
void compare_each(const struct compare *compare, const struct compare_pair *pair,
	void (*tell)(void *data, const struct compare_value *value), void *data);

/** Names of causes of missed vblanks: latch's, then what else the trace has; NULL after the
 * last. */
const char *compare_cause_name(const struct latch_statistics *statistics, size_t index);

/** How many vblanks were missed through the cause at the same place. */
uint64_t compare_cause_count(const struct latch_surface_counts *counts, size_t index);

#define COMPARE_TEXT_MAX 32

/** Writes a number of a value with the decimals that suit its unit, "-" for NaN; ms: what stands
 * behind milliseconds. */
void compare_number(
	char text[COMPARE_TEXT_MAX], double number, const char *unit, const char *ms);

/** How many percent of the frames were on a plane; NaN where there were none. */
double compare_percent(const struct latch_surface_row *row);

/** The label, "surface" where there is none. */
const char *compare_pair_name(const struct compare_pair *pair);

/** Prints the comparison for people, at most 100 columns wide. */
void compare_print(const struct compare *compare, FILE *file);
