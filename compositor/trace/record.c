#include "trace/record.h"

const char *latch_placement_name(enum latch_placement placement) {
	switch (placement) {
	case LATCH_NOT_SHOWN:
		return "not shown";
	case LATCH_ON_PLANE:
		return "on plane";
	case LATCH_COMPOSED:
		return "composed";
	}
	return "unknown";
}

const char *latch_sync_kind_name(enum latch_sync_kind sync) {
	switch (sync) {
	case LATCH_SYNC_NONE:
		return "none";
	case LATCH_SYNC_IMPLICIT:
		return "implicit";
	case LATCH_SYNC_SYNC_FILE:
		return "sync_file";
	case LATCH_SYNC_SYNCOBJ:
		return "syncobj";
	}
	return "unknown";
}

const char *latch_record_end_name(enum latch_record_end end) {
	switch (end) {
	case LATCH_END_UNKNOWN:
		break;
	case LATCH_END_SHOWN:
		return "shown";
	case LATCH_END_SUPERSEDED:
		return "superseded";
	case LATCH_END_FENCE_ERROR:
		return "fence error";
	case LATCH_END_UNMAPPED:
		return "unmapped";
	case LATCH_END_SURFACE_GONE:
		return "surface gone";
	case LATCH_END_REFUSED:
		return "refused";
	}
	return "unknown";
}

const char *latch_record_release_name(enum latch_record_release release) {
	switch (release) {
	case LATCH_RELEASED_AT_ONCE:
		return "at once";
	case LATCH_RELEASED_FENCE:
		return "out-fence";
	case LATCH_RELEASED_FLIP:
		return "flip";
	case LATCH_RELEASED_DARK:
		return "dark";
	case LATCH_RELEASED_COPY:
		return "copy";
	}
	return "unknown";
}
