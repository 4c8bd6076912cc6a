#include "dmabuf/format_list.h"

#include <stdlib.h>
#include <wlr/render/drm_format_set.h>

#include "kms/format.h"

bool latch_format_list_add(struct latch_format_list *list, uint32_t fourcc, uint64_t modifier) {
	if (latch_format_list_find(list, fourcc, modifier) >= 0) {
		return true;
	}
	if (list->len == list->cap) {
		size_t cap = list->cap == 0 ? 32 : list->cap * 2;
		struct latch_format *pairs = reallocarray(list->pairs, cap, sizeof(*pairs));
		if (pairs == NULL) {
			return false;
		}
		list->pairs = pairs;
		list->cap = cap;
	}
	list->pairs[list->len++] = (struct latch_format){fourcc, modifier};
	return true;
}

bool latch_format_list_add_kms(struct latch_format_list *list, const struct kms_format_set *set) {
	for (size_t i = 0; i < set->len; i++) {
		const struct kms_format *format = &set->formats[i];
		for (size_t j = 0; j < format->modifiers_len; j++) {
			if (!latch_format_list_add(list, format->fourcc, format->modifiers[j])) {
				return false;
			}
		}
	}
	return true;
}

bool latch_format_list_add_wlr(
	struct latch_format_list *list, const struct wlr_drm_format_set *set) {
	for (size_t i = 0; i < set->len; i++) {
		const struct wlr_drm_format *format = &set->formats[i];
		for (size_t j = 0; j < format->len; j++) {
			if (!latch_format_list_add(list, format->format, format->modifiers[j])) {
				return false;
			}
		}
	}
	return true;
}

bool latch_format_list_copy(struct latch_format_list *to, const struct latch_format_list *from) {
	latch_format_list_clear(to);
	for (size_t i = 0; i < from->len; i++) {
		if (!latch_format_list_add(to, from->pairs[i].fourcc, from->pairs[i].modifier)) {
			return false;
		}
	}
	return true;
}

void latch_format_list_intersect(
	struct latch_format_list *list, const struct latch_format_list *other) {
	size_t len = 0;
	for (size_t i = 0; i < list->len; i++) {
		const struct latch_format pair = list->pairs[i];
		if (latch_format_list_find(other, pair.fourcc, pair.modifier) >= 0) {
			list->pairs[len++] = pair;
		}
	}
	list->len = len;
}

ptrdiff_t latch_format_list_find(
	const struct latch_format_list *list, uint32_t fourcc, uint64_t modifier) {
	for (size_t i = 0; i < list->len; i++) {
		if (list->pairs[i].fourcc == fourcc && list->pairs[i].modifier == modifier) {
			return (ptrdiff_t)i;
		}
	}
	return -1;
}

size_t latch_format_list_count(const struct latch_format_list *list, uint32_t fourcc) {
	size_t count = 0;
	for (size_t i = 0; i < list->len; i++) {
		count += list->pairs[i].fourcc == fourcc;
	}
	return count;
}

void latch_format_list_clear(struct latch_format_list *list) {
	list->len = 0;
}

void latch_format_list_finish(struct latch_format_list *list) {
	free(list->pairs);
	*list = (struct latch_format_list){0};
}
