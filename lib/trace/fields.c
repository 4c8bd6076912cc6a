/* SPDX-License-Identifier: MIT */
#include "trace/fields.h"

#include <limits.h>
#include <yyjson.h>

#define KIND(record, member)                                                                       \
	_Generic(((record *)NULL)->member,                                                         \
		bool: LATCH_FIELD_BOOL,                                                            \
		int: LATCH_FIELD_INT,                                                              \
		int64_t: LATCH_FIELD_INT64,                                                        \
		uint32_t: LATCH_FIELD_UINT32,                                                      \
		uint64_t: LATCH_FIELD_UINT64,                                                      \
		const char *: LATCH_FIELD_TEXT)

/* The key, and what else there is to say of the member. */
#define FIELD(record, member, ...)                                                                 \
	{.kind = KIND(record, member), .offset = offsetof(record, member), .key = __VA_ARGS__}
#define FRAME(member, ...) FIELD(struct latch_frame_record, member, __VA_ARGS__)
#define FLIP(member, ...) FIELD(struct latch_flip_record, member, __VA_ARGS__)
#define FIELDS(table) {(table), sizeof(table) / sizeof((table)[0])}

#define WAKE(record)                                                                               \
	FIELD(record, wake.why, "wake"), FIELD(record, wake.planned_ns, "planned_ns"),             \
		FIELD(record, wake.vblank_ns, "predicted_ns"),                                     \
		FIELD(record, wake.margin_ns, "margin_ns"),                                        \
		FIELD(record, wake.kernel_ns, "kernel_ns"), FIELD(record, wake.busy_ns, "busy_ns")

/* In the order of the trace, and of the columns of latch-report --csv. A key is never taken away,
 * and never changes its meaning: latch-report reads traces of other versions. */
static const struct latch_field frame_fields[] = {
	FRAME(surface_id, "surface", .column = true),
	FRAME(output_id, "output", .column = true),
	FRAME(update_id, "update", .column = true),
	FRAME(sync, "sync", .column = true, .names = &latch_sync_kind_names),
	FRAME(held_by, "held_by"),
	FRAME(placement, "placement", .column = true, .names = &latch_placement_names),
	FRAME(plane_id, "plane", .column = true),
	FRAME(plane_type, "plane_type", .column = true),
	FRAME(reasons, "reasons", .column = true),
	FRAME(presented, "presented", .column = true),
	FRAME(superseded, "superseded", .column = true),
	FRAME(fence_error, "fence_error", .column = true),
	FRAME(sequence, "sequence", .column = true),
	FRAME(commit_ns, "commit_ns", .column = true),
	FRAME(signalled_ns, "signalled_ns", .column = true),
	FRAME(ready_ns, "ready_ns", .column = true),
	FRAME(latch_ns, "latch_ns", .column = true),
	FRAME(compose_start_ns, "compose_start_ns", .column = true),
	FRAME(compose_end_ns, "compose_end_ns", .column = true),
	FRAME(submit_start_ns, "submit_start_ns", .column = true),
	FRAME(submit_end_ns, "submit_end_ns", .column = true),
	FRAME(flip_ns, "flip_ns", .column = true),
	FRAME(release_ns, "release_ns", .column = true),
	FRAME(refresh_ns, "refresh_ns", .column = true),
	FRAME(replaced_flip_ns, "replaced_flip_ns", .column = true),
	FRAME(visible_ns, "visible_ns", .column = true),
	FRAME(buffer_id, "buffer"),
	FRAME(end, "end", .names = &latch_record_end_names),
	FRAME(release, "release", .names = &latch_record_release_names),
	FRAME(told_ns, "told_ns"),
	FRAME(off_ns, "off_ns"),
	WAKE(struct latch_frame_record),
	FRAME(blocked.from_ns, "blocked_from_ns"),
	FRAME(blocked.until_ns, "blocked_until_ns"),
	FRAME(blocked.cause, "blocked_by", .names = &latch_missed_cause_names,
		.needs = offsetof(struct latch_frame_record, blocked.until_ns)),
	FRAME(paced_ns, "paced_ns"),
	FRAME(callback_ns, "callback_ns"),
	FRAME(input_ns, "input_ns"),
	FRAME(layer.fourcc, "fourcc"),
	FRAME(layer.width, "shown_width"),
	FRAME(layer.height, "shown_height"),
	FRAME(layer.test_errno, "test_errno"),
};
const struct latch_fields latch_frame_fields = FIELDS(frame_fields);

static const struct latch_field commit_fields[] = {
	FRAME(surface_id, "surface"),
	FRAME(update_id, "update"),
	FRAME(buffer_id, "buffer"),
	FRAME(commit_ns, "commit_ns"),
};
const struct latch_fields latch_commit_fields = FIELDS(commit_fields);

static const struct latch_field flip_fields[] = {
	FLIP(output_id, "output"),
	FLIP(sequence, "sequence"),
	FLIP(layers, "layers"),
	FLIP(on_planes, "on_planes"),
	FLIP(composed, "composed"),
	FLIP(latch_ns, "latch_ns"),
	FLIP(compose_start_ns, "compose_start_ns"),
	FLIP(compose_end_ns, "compose_end_ns"),
	FLIP(submit_start_ns, "submit_start_ns"),
	FLIP(submit_end_ns, "submit_end_ns"),
	FLIP(flip_ns, "flip_ns"),
	FLIP(refresh_ns, "refresh_ns"),
	WAKE(struct latch_flip_record),
};
const struct latch_fields latch_flip_fields = FIELDS(flip_fields);

static const struct latch_field surface_fields[] = {
	FIELD(struct latch_trace_surface, id, "id"),
	FIELD(struct latch_trace_surface, label, "label"),
	FIELD(struct latch_trace_surface, pid, "client_pid"),
};
const struct latch_fields latch_surface_fields = FIELDS(surface_fields);

static const struct latch_field output_fields[] = {
	FIELD(struct latch_trace_output, id, "id"),
	FIELD(struct latch_trace_output, name, "name"),
	FIELD(struct latch_trace_output, device, "device"),
	FIELD(struct latch_trace_output, mode, "mode"),
	FIELD(struct latch_trace_output, renderer, "renderer"),
	FIELD(struct latch_trace_output, clock, "clock"),
};
const struct latch_fields latch_output_fields = FIELDS(output_fields);

const char *latch_number_text(
	char buffer[static LATCH_FIELD_MAX], bool negative, uint64_t value) {
	char *at = buffer + LATCH_FIELD_MAX - 1;
	*at = '\0';
	do {
		*--at = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	if (negative) {
		*--at = '-';
	}
	return at;
}

static const char *signed_number(char buffer[static LATCH_FIELD_MAX], int64_t value) {
	return latch_number_text(buffer, value < 0, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

const char *latch_field_text(
	const struct latch_field *field, const void *record, char buffer[static LATCH_FIELD_MAX]) {
	const void *member = (const char *)record + field->offset;
	if (field->needs != 0 && *(const int64_t *)((const char *)record + field->needs) == 0) {
		return "";
	}
	switch (field->kind) {
	case LATCH_FIELD_BOOL:
		return *(const bool *)member ? "true" : "false";
	case LATCH_FIELD_INT:
		return signed_number(buffer, *(const int *)member);
	case LATCH_FIELD_INT64:
		return signed_number(buffer, *(const int64_t *)member);
	case LATCH_FIELD_UINT32: {
		const uint32_t value = *(const uint32_t *)member;
		return field->names != NULL ? latch_name(field->names, value)
					    : latch_number_text(buffer, false, value);
	}
	case LATCH_FIELD_UINT64:
		return latch_number_text(buffer, false, *(const uint64_t *)member);
	case LATCH_FIELD_TEXT:
		break;
	}
	const char *text = *(const char *const *)member;
	return text != NULL ? text : "";
}

/* Returns whether the value, which may be NULL, is one of the field. */
static bool read_field(const struct latch_field *field, yyjson_val *value, void *member) {
	const int64_t integer = yyjson_get_sint(value);
	switch (field->kind) {
	case LATCH_FIELD_BOOL:
		*(bool *)member = yyjson_get_bool(value);
		return yyjson_is_bool(value);
	case LATCH_FIELD_INT:
		*(int *)member = integer >= INT_MIN && integer <= INT_MAX ? (int)integer : 0;
		return yyjson_is_int(value) && *(int *)member == integer;
	case LATCH_FIELD_INT64:
		*(int64_t *)member = integer;
		return yyjson_is_int(value);
	case LATCH_FIELD_UINT32:
		if (field->names != NULL) {
			const char *name = yyjson_get_str(value);
			return latch_name_value(field->names, name != NULL ? name : "", member);
		}
		*(uint32_t *)member = integer >= 0 && integer <= UINT32_MAX ? (uint32_t)integer : 0;
		return yyjson_is_int(value) && *(uint32_t *)member == integer;
	case LATCH_FIELD_UINT64:
		*(uint64_t *)member = yyjson_get_uint(value);
		return yyjson_is_uint(value);
	case LATCH_FIELD_TEXT:
		break;
	}
	return yyjson_is_str(value);
}

const char *latch_fields_read(const struct latch_fields *fields, struct yyjson_val *args,
	void *record, const char *(*keep_text)(void *data, const char *text), void *data) {
	const char *wrong = NULL;
	yyjson_obj_iter keys = yyjson_obj_iter_with(args);
	for (size_t i = 0; i < fields->length; i++) {
		const struct latch_field *field = &fields->fields[i];
		void *member = (char *)record + field->offset;
		yyjson_val *value =
			yyjson_is_obj(args) ? yyjson_obj_iter_get(&keys, field->key) : NULL;
		const bool right = read_field(field, value, member) ||
				   (field->needs != 0 && yyjson_equals_str(value, ""));
		if (field->kind == LATCH_FIELD_TEXT && keep_text != NULL) {
			const char *text = yyjson_get_str(value);
			*(const char **)member = keep_text(data, text != NULL ? text : "");
		}
		wrong = wrong == NULL && !right ? field->key : wrong;
	}
	return wrong;
}
