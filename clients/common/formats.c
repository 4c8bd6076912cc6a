#include "formats.h"

#include "base/array.h"

bool format_set_has(const struct format_set *set, uint32_t fourcc, uint64_t modifier) {
	for (size_t i = 0; i < set->len; i++) {
		if (set->items[i].fourcc == fourcc && set->items[i].modifier == modifier) {
			return true;
		}
	}
	return false;
}

bool format_set_add(struct format_set *set, uint32_t fourcc, uint64_t modifier) {
	if (format_set_has(set, fourcc, modifier)) {
		return true;
	}
	if (!latch_array_reserve(
		    &set->items, &set->capacity, set->len + 1, sizeof(set->items[0]))) {
		return false;
	}
	set->items[set->len++] = (struct format){.fourcc = fourcc, .modifier = modifier};
	return true;
}

void format_set_finish(struct format_set *set) {
	free(set->items);
	*set = (struct format_set){0};
}
