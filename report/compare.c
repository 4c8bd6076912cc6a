#include "compare.h"

#include "run.h"
#include "trace/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct latch_surface_row *find_match(const struct compare *compare,
	const struct latch_surface_row *row, const struct latch_statistics *others) {
	for (size_t i = 0; i < others->surfaces_length; i++) {
		const struct latch_surface_row *other = others->surfaces[i];
		bool taken = other->counts.frames == 0 || strcmp(other->label, row->label) != 0;
		for (size_t j = 0; j < compare->length && !taken; j++) {
			taken = compare->pairs[j].b == other;
		}
		if (!taken) {
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
		if (of_a->surfaces[i]->counts.frames > 0) {
			const struct latch_surface_row *match =
				find_match(compare, of_a->surfaces[i], of_b);
			compare->pairs[compare->length++] =
				(struct compare_pair){.a = of_a->surfaces[i], .b = match};
		}
	}
	const size_t of_both = compare->length;
	for (size_t i = 0; i < of_b->surfaces_length; i++) {
		bool matched = of_b->surfaces[i]->counts.frames == 0;
		for (size_t j = 0; j < of_both && !matched; j++) {
			matched = compare->pairs[j].b == of_b->surfaces[i];
		}
		if (!matched) {
			compare->pairs[compare->length++] =
				(struct compare_pair){.b = of_b->surfaces[i]};
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
	return label[0] != '\0' ? label : "surface";
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

/* Vblanks that were missed through a cause, by its name: the runs may have other causes. */
static double missed_by(
	const struct run *run, const struct latch_surface_row *row, const char *cause) {
	if (row == NULL) {
		return NAN;
	}
	for (size_t i = 0; i < LATCH_MISSED_CAUSES; i++) {
		if (strcmp(latch_missed_cause_name((enum latch_missed_cause)i), cause) == 0) {
			return (double)row->counts.missed_by_cause[i];
		}
	}
	const char *other;
	for (size_t i = 0; (other = latch_statistics_other_cause(run->statistics, i)) != NULL;
		i++) {
		if (strcmp(other, cause) == 0) {
			return (double)row->counts.missed_by_other[i];
		}
	}
	return 0;
}

static void tell_cause(const struct compare *compare, const struct compare_pair *pair,
	const char *cause, const struct teller *teller) {
	const double a = missed_by(compare->a, pair->a, cause);
	const double b = missed_by(compare->b, pair->b, cause);
	if (a > 0 || b > 0) {
		char what[LATCH_TEXT_MAX + 16];
		snprintf(what, sizeof(what), "missed: %s", cause);
		tell(teller, what, "", a, b);
	}
}

static void tell_causes(const struct compare *compare, const struct compare_pair *pair,
	const struct teller *teller) {
	for (size_t i = 0; i < LATCH_MISSED_CAUSES; i++) {
		tell_cause(
			compare, pair, latch_missed_cause_name((enum latch_missed_cause)i), teller);
	}
	const char *other;
	for (size_t i = 0;
		(other = latch_statistics_other_cause(compare->a->statistics, i)) != NULL; i++) {
		tell_cause(compare, pair, other, teller);
	}
	for (size_t i = 0;
		(other = latch_statistics_other_cause(compare->b->statistics, i)) != NULL; i++) {
		bool told = false;
		const char *before;
		for (size_t j = 0;
			(before = latch_statistics_other_cause(compare->a->statistics, j)) != NULL;
			j++) {
			told |= strcmp(before, other) == 0;
		}
		if (!told) {
			tell_cause(compare, pair, other, teller);
		}
	}
}

static double percent(const struct latch_surface_row *row) {
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
	static const struct {
		const char *name;
		double percentile;
	} percentiles[] = {{"p50", 50}, {"p95", 95}, {"p99", 99}, {"max", 100}};
	const struct teller teller = {callback, data};
	const struct latch_surface_counts none = {0};
	const struct latch_surface_counts *a = pair->a != NULL ? &pair->a->counts : &none;
	const struct latch_surface_counts *b = pair->b != NULL ? &pair->b->counts : &none;
	tell(&teller, "frames", "", count_of(pair->a, a->frames), count_of(pair->b, b->frames));
	tell(&teller, "missed", "", count_of(pair->a, a->missed), count_of(pair->b, b->missed));
	tell_causes(compare, pair, &teller);
	tell(&teller, "on plane", "%", percent(pair->a), percent(pair->b));
	for (size_t i = 0; i < LATCH_STAGES; i++) {
		for (size_t j = 0; j < sizeof(percentiles) / sizeof(percentiles[0]); j++) {
			char what[64];
			snprintf(what, sizeof(what), "%s %s", latch_stage_name((enum latch_stage)i),
				percentiles[j].name);
			tell(&teller, what, "ms",
				percentile_ms(pair->a, i, percentiles[j].percentile),
				percentile_ms(pair->b, i, percentiles[j].percentile));
		}
	}
}

#define WHAT_WIDTH 36
#define VALUE_WIDTH 14

static void print_number(FILE *file, double number, const char *unit) {
	char text[32];
	if (isnan(number)) {
		snprintf(text, sizeof(text), "-");
	} else if (unit[0] == '\0') {
		snprintf(text, sizeof(text), "%.0f", number);
	} else {
		snprintf(text, sizeof(text), "%.*f %s", unit[0] == '%' ? 1 : 3, number, unit);
	}
	fprintf(file, "%*s", VALUE_WIDTH, text);
}

static void print_value(void *data, const struct compare_value *value) {
	FILE *file = data;
	fprintf(file, "  %-*s", WHAT_WIDTH, value->what);
	print_number(file, value->a, value->unit);
	print_number(file, value->b, value->unit);
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
