/* SPDX-License-Identifier: MIT */
#include "expect.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/options.h"
#include "document.h"
#include "plan/reason.h"
#include "trace/statistics.h"

/* What a name, a label or a number ends at. */
#define ENDS "<>=:, \t\n"
#define BLANKS ", \t\n"

static bool find_count(struct expectation *to, const char *name) {
	static const char *const counts[][2] = {
		{"frames", "/frames"},
		{"on-plane", "/on_plane"},
		{"on-primary", "/by_plane_type/primary"},
		{"on-overlay", "/by_plane_type/overlay"},
		{"on-cursor", "/by_plane_type/cursor"},
		{"composed", "/composed"},
		{"missed", "/missed"},
		{"superseded", "/superseded"},
		{"dropped", "/dropped"},
		{"fence-errors", "/fence_errors"},
	};
	to->kind = EXPECT_COUNT;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if (strcmp(counts[i][0], name) == 0) {
			snprintf(to->where, sizeof(to->where), "%s", counts[i][1]);
			return true;
		}
	}
	unsigned cause;
	static const char missed[] = "missed-";
	if (strncmp(name, missed, strlen(missed)) == 0 &&
		latch_name_value(&latch_missed_cause_names, name + strlen(missed), &cause)) {
		snprintf(to->where, sizeof(to->where), "/missed_by_cause/%s", name + strlen(missed));
		return true;
	}
	return false;
}

static bool find_reason(struct expectation *to, const char *name) {
	static const char composed[] = "composed-";
	if (strncmp(name, composed, strlen(composed)) != 0 ||
		latch_reason_find(name + strlen(composed)) == 0) {
		return false;
	}
	to->kind = EXPECT_REASON;
	snprintf(to->where, sizeof(to->where), "%s", name + strlen(composed));
	return true;
}

/* "commit-to-flip-p99" is /stages/commit_to_flip/p99_ns. */
static bool find_time(struct expectation *to, const char *name) {
	static const char *const ends[] = {"p50", "p95", "p99", "max", "mean"};
	for (size_t i = 0; i < LATCH_STAGES * sizeof(ends) / sizeof(ends[0]); i++) {
		const char *key = latch_stages[i % LATCH_STAGES].key, *end = ends[i / LATCH_STAGES];
		char known[LATCH_TEXT_MAX];
		snprintf(known, sizeof(known), "%s-%s", key, end);
		for (char *at = known; *at != '\0'; at++) {
			*at = *at == '_' ? '-' : *at;
		}
		if (strcmp(known, name) == 0) {
			to->kind = EXPECT_TIME;
			snprintf(to->where, sizeof(to->where), "/stages/%s/%s_ns", key, end);
			return true;
		}
	}
	return false;
}

/* Copies up to one of ENDS. Returns false where there is nothing, or too much. */
static bool take_word(const char **at, char word[LATCH_TEXT_MAX]) {
	const size_t length = strcspn(*at, ENDS);
	if (length == 0 || length >= LATCH_TEXT_MAX) {
		return false;
	}
	snprintf(word, LATCH_TEXT_MAX, "%.*s", (int)length, *at);
	*at += length;
	return true;
}

/* Behind the figure: "<= 1.5ms". Returns NULL, or what is wrong. */
static const char *take_bound(const char **at, struct expectation *to, bool is_frames) {
	*at += strspn(*at, " ");
	const size_t order = strspn(*at, "<>=");
	snprintf(to->order, sizeof(to->order), "%.*s", (int)order, *at);
	if (order == 0 || order > 2 || (order == 2 && ((*at)[0] == '=' || (*at)[1] != '='))) {
		return "behind a figure comes <, <=, =, >= or >";
	}
	*at += order;
	*at += strspn(*at, " ");
	char word[LATCH_TEXT_MAX], digits[LATCH_TEXT_MAX];
	if (!take_word(at, word)) {
		return "a number is missing";
	}
	const size_t length = strspn(word, "0123456789.");
	snprintf(digits, sizeof(digits), "%.*s", (int)length, word);
	const char *unit = word + length;
	if (!option_parse_real(digits, 0, 1e12, &to->value)) {
		return "a number is digits, and perhaps a point";
	}
	to->is_percent = strcmp(unit, "%") == 0;
	if (to->kind == EXPECT_TIME) {
		return strcmp(unit, "ms") == 0 ? NULL : "a stage's time is in ms, as 16.7ms";
	}
	if (*unit != '\0' && !to->is_percent) {
		return "a count has no unit, or %";
	}
	return to->is_percent && is_frames ? "frames is a count: % is of the frames" : NULL;
}

/* Returns NULL, or what is wrong. */
static const char *take_one(const char **at, struct expectation *to) {
	char name[LATCH_TEXT_MAX];
	if (!take_word(at, name)) {
		return "a figure is missing";
	}
	if (**at == ':') {
		memcpy(to->label, name, sizeof(name));
		++*at;
		if (!take_word(at, name)) {
			return "behind a label comes a figure";
		}
	}
	if (!find_count(to, name) && !find_reason(to, name) && !find_time(to, name)) {
		return "there is no such figure";
	}
	return take_bound(at, to, strcmp(to->where, "/frames") == 0);
}

bool expect_parse(struct expect *expect, const char *text, char problem[EXPECT_PROBLEM_MAX]) {
	const char *at = text + strspn(text, BLANKS), *wrong = NULL;
	if (*at == '\0') {
		wrong = "nothing is expected";
	}
	while (*at != '\0' && wrong == NULL) {
		const char *begin = at;
		if (expect->length == EXPECT_MAX) {
			wrong = "too much is expected";
			break;
		}
		struct expectation *to = &expect->list[expect->length];
		*to = (struct expectation){0};
		wrong = take_one(&at, to);
		if (wrong == NULL && *at != '\0' && strchr(BLANKS, *at) == NULL) {
			wrong = "what comes behind the number is not clear";
		}
		if (wrong != NULL) {
			at = begin;
			break;
		}
		snprintf(to->text, sizeof(to->text), "%.*s", (int)(at - begin), begin);
		expect->length++;
		at += strspn(at, BLANKS);
	}
	if (wrong != NULL) {
		snprintf(problem, EXPECT_PROBLEM_MAX, "%s: '%.120s'", wrong, at);
	}
	return wrong == NULL;
}

bool expect_take(const char *text, void *options) {
	char problem[EXPECT_PROBLEM_MAX];
	if (expect_parse(options, text, problem)) {
		return true;
	}
	fprintf(stderr, "%s: --expect: %s\n", program_invocation_short_name, problem);
	return false;
}

/* What was found of the surfaces. */
struct found {
	size_t surfaces;
	double frames, count; /* the sums */
	double longest_ms;    /* NaN: none has such a time */
	yyjson_mut_val *slowest;
};

static void add_surface(
	struct found *found, const struct expectation *of, yyjson_mut_val *surface) {
	yyjson_mut_val *reasons = yyjson_mut_obj_get(surface, "reasons");
	found->surfaces++;
	found->frames += get_number(surface, "/frames");
	if (of->kind != EXPECT_TIME) {
		found->count += of->kind == EXPECT_REASON
					? get_number(find_text(reasons, "/name", of->where), "/frames")
					: get_number(surface, of->where);
		return;
	}
	char path[LATCH_TEXT_MAX];
	snprintf(path, sizeof(path), "%s", of->where);
	snprintf(strrchr(path, '/'), 7, "/count");
	const double ms = get_number(surface, of->where) / 1e6;
	if (get_int(surface, path) > 0 && !(ms <= found->longest_ms)) {
		found->longest_ms = ms;
		found->slowest = surface;
	}
}

static struct found find_all(const struct expectation *of, yyjson_mut_val *root) {
	struct found found = {.longest_ms = NAN};
	size_t i, len;
	yyjson_mut_val *surface;
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(root, "surfaces"), i, len, surface) {
		if (of->label[0] == '\0' || has_text(surface, "/label", of->label)) {
			add_surface(&found, of, surface);
		}
	}
	if (of->label[0] == '\0') {
		add_surface(&found, of, yyjson_mut_obj_get(root, "others"));
	}
	return found;
}

static bool is_in_order(double is, const char *order, double wanted) {
	/* Nothing is in order with what is not a number. */
	return (order[0] == '<' && is < wanted) || (order[0] == '>' && is > wanted) ||
	       ((order[0] == '=' || order[1] == '=') && is == wanted);
}

static bool check_one(const struct expectation *of, yyjson_mut_val *root, FILE *file) {
	const struct found found = find_all(of, root);
	const double is = of->kind == EXPECT_TIME ? found.longest_ms
			  : of->is_percent	  ? 100 * found.count / found.frames
						  : found.count;
	const bool met = found.surfaces > 0 && is_in_order(is, of->order, of->value);
	fprintf(file, "%s: %s: ", met ? "as expected" : "not as expected", of->text);
	if (found.surfaces == 0) {
		fprintf(file, "there is no surface %s\n", of->label);
	} else if (isnan(is)) {
		fprintf(file, "there is no such frame\n");
	} else if (of->kind == EXPECT_TIME) {
		fprintf(file, "it is %.3f ms of %s (%" PRId64 ")\n", is,
			get_text(found.slowest, "/label"), get_int(found.slowest, "/id"));
	} else if (of->is_percent) {
		fprintf(file, "it is %.2f %% (%.0f / %.0f frames)\n", is, found.count, found.frames);
	} else {
		fprintf(file, "it is %.0f\n", is);
	}
	return met;
}

bool expect_judge(const struct expect *expect, yyjson_mut_val *root, FILE *file) {
	bool met = true;
	for (size_t i = 0; i < expect->length; i++) {
		met = check_one(&expect->list[i], root, file) && met;
	}
	return met;
}
