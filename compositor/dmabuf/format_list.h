#ifndef LATCH_DMABUF_FORMAT_LIST_H
#define LATCH_DMABUF_FORMAT_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kms_format_set;
struct wlr_drm_format_set;

/** A pixel format in one memory layout: DRM_FORMAT_* and DRM_FORMAT_MOD_*. */
struct latch_format {
	uint32_t fourcc;
	uint64_t modifier;
};

/** Pairs, each once, in the order in which they were added. Empty when zeroed. */
struct latch_format_list {
	struct latch_format *pairs;
	size_t len, cap;
};

/** Adds one pair if it is not there yet. Returns false when there is no memory. */
bool latch_format_list_add(struct latch_format_list *list, uint32_t fourcc, uint64_t modifier);

/** Adds all pairs of a plane. Returns false when there is no memory; some may be added then. */
bool latch_format_list_add_kms(struct latch_format_list *list, const struct kms_format_set *set);

/** Adds all pairs of a renderer, like latch_format_list_add_kms(). */
bool latch_format_list_add_wlr(
	struct latch_format_list *list, const struct wlr_drm_format_set *set);

/** Makes one list what the other is. Returns false when there is no memory; then it has a part of it. */
bool latch_format_list_copy(struct latch_format_list *to, const struct latch_format_list *from);

/** Takes away what the other list has not. */
void latch_format_list_intersect(
	struct latch_format_list *list, const struct latch_format_list *other);

/** The pair's place in the list, -1 when it is not there. */
ptrdiff_t latch_format_list_find(
	const struct latch_format_list *list, uint32_t fourcc, uint64_t modifier);

/** How many modifiers the list has of this fourcc. */
size_t latch_format_list_count(const struct latch_format_list *list, uint32_t fourcc);

/** Empties the list but keeps its memory. */
void latch_format_list_clear(struct latch_format_list *list);

void latch_format_list_finish(struct latch_format_list *list);

#endif
