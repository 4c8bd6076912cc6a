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

const char *latch_record_sync_name(enum latch_record_sync sync) {
	switch (sync) {
	case LATCH_RECORD_SYNC_NONE:
		return "none";
	case LATCH_RECORD_SYNC_IMPLICIT:
		return "implicit";
	case LATCH_RECORD_SYNC_FILE:
		return "sync_file";
	case LATCH_RECORD_SYNC_SYNCOBJ:
		return "syncobj";
	}
	return "unknown";
}
