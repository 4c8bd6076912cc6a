/* SPDX-License-Identifier: MIT */
#include "compare.h"

#include "base/markup.h"
#include "base/minmax.h"
#include "run.h"
#include "trace/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_matched(const struct compare *compare, const struct latch_surface_row *b) {
	for (size_t i = 0; i < compare->length; i++) {
		if (compare->pairs[i].b == b) {
			return true;
		}
	}
	return false;
}

static const struct latch_surface_row *find_match(
	const struct compare *compare, const struct latch_surface_row *row) {
	const struct latch_statistics *others = compare->b->statistics;
	for (size_t i = 0; i < others->surfaces_length; i++) {
		const struct latch_surface_row *other = others->surfaces[i];
		if (other->counts.frames > 0 && strcmp(other->label, row->label) == 0 &&
			!is_matched(compare, other)) {
			return other;
		}
	}
	return NULL;
}

bool compare_init(struct compare *compare, const struct run *a, const struct run *b) {
	*compare = (struct compare){.a = a, .b = b};
	const struct latch_statistics *of_a = a->statistics, *of_b = b->statistics;
	const size_t most = of_a->surfaces_length + of_b->surfaces_length;
	compare->pairs = calloc(most + 1, sizeof(compare->pairs[0]));
	if (compare->pairs == NULL) {
		return false;
	}
	for (size_t i = 0; i < of_a->surfaces_length; i++) {
		const struct latch_surface_row *row = of_a->surfaces[i];
		if (row->counts.frames > 0) {
			const struct compare_pair pair = {row, find_match(compare, row)};
			compare->pairs[compare->length++] = pair;
		}
	}
	for (size_t i = 0; i < of_b->surfaces_length; i++) {
		const struct latch_surface_row *row = of_b->surfaces[i];
		if (row->counts.frames > 0 && !is_matched(compare, row)) {
			compare->pairs[compare->length++] = (struct compare_pair){.b = row};
		}
	}
	return true;
}

void compare_finish(struct compare *compare) {
	free(compare->pairs);
	*compare = (struct compare){0};
}

const char *compare_pair_name(const struct compare_pair *pair) {
	const char *label = pair->a != NULL ? pair->a->label : pair->b->label;
	return markup_or(label, "surface");
}

struct teller {
	void (*tell)(void *data, const struct compare_value *value);
	void *data;
};

static void tell(
	const struct teller *teller, const char *what, const char *unit, double a, double b) {
	struct compare_value value = {.what = what, .unit = unit, .a = a, .b = b, .ratio = NAN};
	if (a > 0) {
		value.ratio = b / a;
	} else if (a == 0 && b == 0) {
		value.ratio = 1;
	}
	teller->tell(teller->data, &value);
}

static double count_of(const struct latch_surface_row *row, uint64_t count) {
	return row != NULL ? (double)count : NAN;
}

const char *compare_cause_name(const struct latch_statistics *statistics, size_t index) {
	return index < LATCH_MISSED_CAUSES
		       ? latch_name(&latch_missed_cause_names, (unsigned)index)
		       : latch_statistics_other_cause(statistics, index - LATCH_MISSED_CAUSES);
}

uint64_t compare_cause_count(const struct latch_surface_counts *counts, size_t index) {
	return index < LATCH_MISSED_CAUSES ? counts->missed_by_cause[index]
					   : counts->missed_by_other[index - LATCH_MISSED_CAUSES];
}

/* Where a run has a cause, by its name: the runs may have other causes. */
static bool find_cause(const struct run *run, const char *cause, size_t *index) {
	const char *name;
	for (*index = 0; (name = compare_cause_name(run->statistics, *index)) != NULL; (*index)++) {
		if (strcmp(name, cause) == 0) {
			return true;
		}
	}
	return false;
}

static double missed_by(
	const struct run *run, const struct latch_surface_row *row, const char *cause) {
	size_t index;
	if (row == NULL || !find_cause(run, cause, &index)) {
		return row == NULL ? NAN : 0;
	}
	return (double)compare_cause_count(&row->counts, index);
}

/* The causes of one run, but for those that the other one has too. */
static void tell_causes(const struct compare *compare, const struct compare_pair *pair,
	const struct run *of, const struct run *but, const struct teller *teller) {
	const char *cause;
	size_t index;
	for (size_t i = 0; (cause = compare_cause_name(of->statistics, i)) != NULL; i++) {
		const double a = missed_by(compare->a, pair->a, cause);
		const double b = missed_by(compare->b, pair->b, cause);
		if ((but == NULL || !find_cause(but, cause, &index)) && (a > 0 || b > 0)) {
			char what[LATCH_TEXT_MAX + 16];
			snprintf(what, sizeof(what), "missed: %s", cause);
			tell(teller, what, "", a, b);
		}
	}
}

double compare_percent(const struct latch_surface_row *row) {
	return row == NULL || row->counts.frames == 0
		       ? NAN
		       : 100.0 * (double)row->counts.on_plane / (double)row->counts.frames;
}

static double percentile_ms(const struct latch_surface_row *row, size_t stage, double percentile) {
	return row == NULL || latch_durations_count(&row->stages[stage]) == 0
		       ? NAN
		       : (double)latch_durations_percentile(&row->stages[stage], percentile) / 1e6;
}

void compare_each(const struct compare *compare, const struct compare_pair *pair,
	void (*callback)(void *data, const struct compare_value *value), void *data) {
	const struct teller teller = {callback, data};
	const struct latch_surface_counts none = {0};
	const struct latch_surface_counts *a = pair->a != NULL ? &pair->a->counts : &none;
	const struct latch_surface_counts *b = pair->b != NULL ? &pair->b->counts : &none;
	tell(&teller, "frames", "", count_of(pair->a, a->frames), count_of(pair->b, b->frames));
	tell(&teller, "missed", "", count_of(pair->a, a->missed), count_of(pair->b, b->missed));
	tell_causes(compare, pair, compare->a, NULL, &teller);
	tell_causes(compare, pair, compare->b, compare->a, &teller);
	for (size_t i = 0; i < LATCH_REASON_COUNT; i++) {
		if (a->by_reason[i] > 0 || b->by_reason[i] > 0) {
			char what[64];
			snprintf(what, sizeof(what), "composed: %s",
				latch_reason_name(UINT64_C(1) << i));
			tell(&teller, what, "", count_of(pair->a, a->by_reason[i]),
				count_of(pair->b, b->by_reason[i]));
		}
	}
	tell(&teller, "on plane", "%", compare_percent(pair->a), compare_percent(pair->b));
	const unsigned stages = latch_max(pair->a != NULL ? latch_stages_told(pair->a) : 0,
		pair->b != NULL ? latch_stages_told(pair->b) : 0);
	for (size_t i = 0; i < stages; i++) {
		for (size_t j = 0; j < PERCENTILES; j++) {
			const double value = told_percentiles[j].value;
			char what[64];
			snprintf(what, sizeof(what), "%s %s", latch_stages[i].name,
				told_percentiles[j].name);
			tell(&teller, what, "ms", percentile_ms(pair->a, i, value),
				percentile_ms(pair->b, i, value));
		}
	}
}

#define WHAT_WIDTH 36
#define VALUE_WIDTH 14

void compare_number(
	char text[COMPARE_TEXT_MAX], double number, const char *unit, const char *ms) {
	if (isnan(number)) {
		snprintf(text, COMPARE_TEXT_MAX, "-");
	} else if (unit[0] == '\0') {
		snprintf(text, COMPARE_TEXT_MAX, "%.0f", number);
	} else if (unit[0] == '%') {
		snprintf(text, COMPARE_TEXT_MAX, "%.1f %%", number);
	} else {
		snprintf(text, COMPARE_TEXT_MAX, "%.3f%s", number, ms);
	}
}

static void print_value(void *data, const struct compare_value *value) {
	FILE *file = data;
	char a[COMPARE_TEXT_MAX], b[COMPARE_TEXT_MAX];
	compare_number(a, value->a, value->unit, " ms");
	compare_number(b, value->b, value->unit, " ms");
	fprintf(file, "  %-*s%*s%*s", WHAT_WIDTH, value->what, VALUE_WIDTH, a, VALUE_WIDTH, b);
	if (isnan(value->ratio)) {
		fprintf(file, "%*s\n", VALUE_WIDTH, "-");
	} else {
		fprintf(file, "%*.2f\n", VALUE_WIDTH, value->ratio);
	}
}

void compare_print(const struct compare *compare, FILE *file) {
	fprintf(file, "A  %s\nB  %s\n\n%-*s%*s%*s%*s\n", compare->a->path, compare->b->path,
		WHAT_WIDTH + 2, "surface", VALUE_WIDTH, "A", VALUE_WIDTH, "B", VALUE_WIDTH,
		"B / A");
	for (size_t i = 0; i < compare->length; i++) {
		const struct compare_pair *pair = &compare->pairs[i];
		fprintf(file, "%s%s\n", compare_pair_name(pair),
			pair->b == NULL	  ? " (in A alone)"
			: pair->a == NULL ? " (in B alone)"
					  : "");
		compare_each(compare, pair, print_value, file);
	}
	if (compare->length == 0) {
		fprintf(file, "(no surface was shown in either)\n");
	}
}
