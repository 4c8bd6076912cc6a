#include "held.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <wayland-client.h>
#include <yyjson.h>

#include "latch-inspector-unstable-v1-client-protocol.h"
#include "model.h"

static void take_text(struct held *held, char **text, const char *source) {
	free(*text);
	*text = model_clean_text(source);
	held->failed = held->failed || !*text;
}

static void handle_update(void *data, struct zlatch_inspector_held_v1 *object, uint32_t surface,
	uint32_t wl_surface, int32_t pid, const char *command, const char *app_id,
	const char *held_by, const char *kind, uint32_t age_hi, uint32_t age_lo, uint32_t fences) {
	struct held *held = data;
	struct held_update *grown =
		reallocarray(held->updates, held->len + 1, sizeof(held->updates[0]));
	if (!grown) {
		held->failed = true;
		return;
	}
	held->updates = grown;
	struct held_update *update = &grown[held->len++];
	*update = (struct held_update){
		.surface = surface,
		.object = wl_surface,
		.pid = pid,
		.age_ns = (uint64_t)age_hi << 32 | age_lo,
		.fences = fences,
	};
	take_text(held, &update->command, command);
	take_text(held, &update->app_id, app_id);
	take_text(held, &update->by, held_by);
	take_text(held, &update->kind, kind);
}

static struct held_update *last(struct held *held) {
	held->failed = held->failed || held->len == 0;
	return held->failed ? NULL : &held->updates[held->len - 1];
}

static void handle_fence(void *data, struct zlatch_inspector_held_v1 *object, const char *driver,
	const char *timeline) {
	struct held *held = data;
	struct held_update *update = last(held);
	if (update) {
		take_text(held, &update->driver, driver);
		take_text(held, &update->timeline, timeline);
	}
}

static void handle_point(void *data, struct zlatch_inspector_held_v1 *object, uint32_t point_hi,
	uint32_t point_lo) {
	struct held_update *update = last(data);
	if (update) {
		update->has_point = true;
		update->point = (uint64_t)point_hi << 32 | point_lo;
	}
}

static void handle_done(void *data, struct zlatch_inspector_held_v1 *object) {
	((struct held *)data)->done = true;
}

static const struct zlatch_inspector_held_v1_listener listener = {
	.update = handle_update,
	.fence = handle_fence,
	.point = handle_point,
	.done = handle_done,
};

void held_listen(struct held *held, struct zlatch_inspector_held_v1 *object) {
	zlatch_inspector_held_v1_add_listener(object, &listener, held);
}

void held_finish(struct held *held) {
	for (size_t i = 0; i < held->len; i++) {
		struct held_update *update = &held->updates[i];
		free(update->command);
		free(update->app_id);
		free(update->by);
		free(update->kind);
		free(update->driver);
		free(update->timeline);
	}
	free(held->updates);
	*held = (struct held){0};
}

static void print_cause(FILE *file, const struct held_update *update) {
	if (strcmp(update->by, "fence") == 0 && update->driver) {
		fprintf(file, "a fence (%s) of driver \"%s\", timeline \"%s\"", update->kind,
			update->driver, update->timeline);
	} else if (strcmp(update->by, "point") == 0) {
		fprintf(file, "point %" PRIu64 " of its timeline, without a fence yet",
			update->point);
	} else if (strcmp(update->by, "timestamp") == 0) {
		fputs("the time that it is for (commit-timing)", file);
	} else if (strcmp(update->by, "fifo-barrier") == 0) {
		fputs("the update before it, which is to be seen first (fifo)", file);
	} else if (strcmp(update->by, "update") == 0) {
		fputs("the update before it, or a subsurface's", file);
	} else {
		fputs(update->by, file);
	}
}

void held_print(FILE *file, const struct held *held) {
	for (size_t i = 0; i < held->len; i++) {
		const struct held_update *update = &held->updates[i];
		fprintf(file, "%s", update->command[0] ? update->command : "a client");
		if (update->pid > 0) {
			fprintf(file, " (pid %d", update->pid);
			fprintf(file, update->app_id[0] ? ", app id \"%s\")" : ")", update->app_id);
		}
		fprintf(file, ": surface %u (wl_surface#%u) for %.3f s, by ", update->surface,
			update->object, (double)update->age_ns / 1e9);
		print_cause(file, update);
		fputc('\n', file);
	}
	if (held->len == 0) {
		fputs("no update is held\n", file);
	}
}

static void add_text(
	yyjson_mut_doc *doc, yyjson_mut_val *object, const char *key, const char *text) {
	if (text) {
		yyjson_mut_obj_add_str(doc, object, key, text);
	} else {
		yyjson_mut_obj_add_null(doc, object, key);
	}
}

static void add_update(
	yyjson_mut_doc *doc, yyjson_mut_val *array, const struct held_update *update) {
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, array);
	yyjson_mut_obj_add_uint(doc, object, "surface", update->surface);
	yyjson_mut_obj_add_uint(doc, object, "wl_surface", update->object);
	if (update->pid > 0) {
		yyjson_mut_obj_add_int(doc, object, "pid", update->pid);
	} else {
		yyjson_mut_obj_add_null(doc, object, "pid");
	}
	add_text(doc, object, "command", update->command);
	add_text(doc, object, "app_id", update->app_id);
	add_text(doc, object, "held_by", update->by);
	add_text(doc, object, "kind", update->kind);
	yyjson_mut_obj_add_uint(doc, object, "age_ns", update->age_ns);
	yyjson_mut_obj_add_uint(doc, object, "fences", update->fences);
	add_text(doc, object, "driver", update->driver);
	add_text(doc, object, "timeline", update->timeline);
	if (update->has_point) {
		yyjson_mut_obj_add_uint(doc, object, "point", update->point);
	} else {
		yyjson_mut_obj_add_null(doc, object, "point");
	}
}

char *held_write_json(const struct held *held) {
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	if (!doc) {
		return NULL;
	}
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	yyjson_mut_doc_set_root(doc, root);
	yyjson_mut_obj_add_uint(doc, root, "version", 1);
	yyjson_mut_val *array = yyjson_mut_obj_add_arr(doc, root, "held");
	for (size_t i = 0; i < held->len; i++) {
		add_update(doc, array, &held->updates[i]);
	}
	char *text = yyjson_mut_write(doc, YYJSON_WRITE_PRETTY | YYJSON_WRITE_NEWLINE_AT_END, NULL);
	yyjson_mut_doc_free(doc);
	return text;
}
