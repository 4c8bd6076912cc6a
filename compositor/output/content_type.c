#include "output/content_type.h"

#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_content_type_v1.h>
#include <wlr/types/wlr_output.h>

#include "output/content.h"
#include "output/output.h"
#include "server.h"

struct wlr_surface *latch_output_fullscreen_surface(const struct latch_output *output) {
	const struct latch_layer_list *list = &output->layers;
	for (size_t i = 0; i < list->len; i++) {
		const struct latch_layer *layer = &list->layers[i];
		if (layer->surface == NULL || layer->place == LATCH_LAYER_COVERED) {
			continue;
		}
		/* Whatever is in front would be seen before it. */
		bool fills = latch_layer_fills_screen(
			layer, output->wlr_output->width, output->wlr_output->height);
		return fills ? layer->surface->wlr_surface : NULL;
	}
	return NULL;
}

enum kms_content_type latch_content_type_for_frame(const struct latch_output *output) {
	struct wlr_surface *surface = latch_output_fullscreen_surface(output);
	if (surface == NULL) {
		return KMS_CONTENT_NO_DATA;
	}
	switch (wlr_surface_get_content_type_v1(output->server->content_type, surface)) {
	case WP_CONTENT_TYPE_V1_TYPE_NONE:
		return KMS_CONTENT_NO_DATA;
	case WP_CONTENT_TYPE_V1_TYPE_PHOTO:
		return KMS_CONTENT_PHOTO;
	case WP_CONTENT_TYPE_V1_TYPE_VIDEO:
		return KMS_CONTENT_CINEMA;
	case WP_CONTENT_TYPE_V1_TYPE_GAME:
		return KMS_CONTENT_GAME;
	}
	return KMS_CONTENT_NO_DATA;
}
