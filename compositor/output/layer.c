#include "output/layer.h"

#include <stdlib.h>

void latch_layer_list_finish(struct latch_layer_list *list) {
	free(list->layers);
	*list = (struct latch_layer_list){0};
}

struct latch_layer *latch_layer_list_add(struct latch_layer_list *list) {
	if (list->len == list->cap) {
		size_t cap = list->cap == 0 ? 16 : list->cap * 2;
		struct latch_layer *layers = realloc(list->layers, cap * sizeof(*layers));
		if (layers == NULL) {
			return NULL;
		}
		list->layers = layers;
		list->cap = cap;
	}
	struct latch_layer *layer = &list->layers[list->len++];
	*layer = (struct latch_layer){0};
	return layer;
}

bool latch_layer_same_shape(const struct latch_layer *a, const struct latch_layer *b) {
	return a->fourcc == b->fourcc && a->modifier == b->modifier &&
	       a->is_dmabuf == b->is_dmabuf && a->buffer_width == b->buffer_width &&
	       a->buffer_height == b->buffer_height && wlr_fbox_equal(&a->src, &b->src) &&
	       wlr_box_equal(&a->dst, &b->dst) && a->transform == b->transform &&
	       a->opaque == b->opaque;
}
