/* SPDX-License-Identifier: MIT */
#include "inspect/inspector.h"

#include <linux/sockios.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/sealed_file.h"
#include "latch-inspector-unstable-v2-protocol.h"
#include "limits/resource.h"

#define INSPECTOR_VERSION 2

/* Raised when a key of a document is taken away or changes its meaning. */
#define DOCUMENT_VERSION 1

/* What the kernel may keep of messages that a client has not read, in bytes of its own count: less
 * than a hundred answers. Each holds the memory of a document. */
#define MAX_UNREAD (64 * 1024)

struct latch_inspector {
	struct latch_inspector_options options;
	struct wl_global *global;
	/* Whose record request is being done, and who gets `recorded` at its end; NULL: none is, or
	 * its client has gone. */
	struct wl_resource *recording;
};

/* The document as text, which the caller frees. NULL without memory. */
static char *write_document(
	const struct latch_inspector *inspector, uint32_t subject, size_t *len) {
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	if (doc == NULL) {
		return NULL;
	}
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	yyjson_mut_doc_set_root(doc, root);
	yyjson_mut_obj_add_uint(doc, root, "version", DOCUMENT_VERSION);
	char *text = NULL;
	if (inspector->options.fill[subject](inspector->options.data, doc, root)) {
		text = yyjson_mut_write(doc, YYJSON_WRITE_NOFLAG, len);
	}
	yyjson_mut_doc_free(doc);
	return text;
}

/* Ends a client that leaves too many answers unread. Returns whether it may go on. */
static bool reads_its_answers(struct wl_client *client, struct wl_resource *resource) {
	int unread = 0;
	wl_client_flush(client);
	if (ioctl(wl_client_get_fd(client), SIOCOUTQ, &unread) != 0 || unread <= MAX_UNREAD) {
		return true;
	}
	wl_resource_post_error(
		resource, ZLATCH_INSPECTOR_V2_ERROR_UNREAD, "the answers are not read");
	return false;
}

static void handle_ask(struct wl_client *client, struct wl_resource *resource, uint32_t subject) {
	const struct latch_inspector *inspector = wl_resource_get_user_data(resource);
	if (subject >= LATCH_INSPECTOR_SUBJECTS) {
		wl_resource_post_error(resource, ZLATCH_INSPECTOR_V2_ERROR_INVALID_SUBJECT,
			"there is no subject %u", subject);
		return;
	}
	if (!reads_its_answers(client, resource)) {
		return;
	}
	size_t len = 0;
	char *text = write_document(inspector, subject, &len);
	int fd = text != NULL && len <= UINT32_MAX
			 ? latch_sealed_file_create("latch-inspector", text, len)
			 : -1;
	free(text);
	if (fd < 0) {
		wl_client_post_no_memory(client);
		return;
	}
	zlatch_inspector_v2_send_document(resource, subject, fd, (uint32_t)len);
	close(fd);
}

static void handle_recorded(void *data, int error) {
	struct latch_inspector *inspector = data;
	if (inspector->recording != NULL) {
		zlatch_inspector_v2_send_recorded(inspector->recording, (uint32_t)-error);
	}
	inspector->recording = NULL;
}

static void handle_record(
	struct wl_client *client, struct wl_resource *resource, int32_t fd, uint32_t last_ms) {
	struct latch_inspector *inspector = wl_resource_get_user_data(resource);
	if (!reads_its_answers(client, resource)) {
		close(fd);
		return;
	}
	const int error = inspector->options.record(inspector->options.trace, fd,
		last_ms * INT64_C(1000000), handle_recorded, inspector);
	if (error != 0) {
		zlatch_inspector_v2_send_recorded(resource, (uint32_t)-error);
	} else {
		inspector->recording = resource;
	}
}

static const struct zlatch_inspector_v2_interface inspector_interface = {
	.destroy = latch_resource_handle_destroy,
	.ask = handle_ask,
	.record = handle_record,
};

static void handle_resource_destroyed(struct wl_resource *resource) {
	struct latch_inspector *inspector = wl_resource_get_user_data(resource);
	if (inspector->recording == resource) {
		inspector->recording = NULL;
	}
}

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	latch_resource_create(client, &zlatch_inspector_v2_interface, version, id,
		&inspector_interface, data, handle_resource_destroyed);
}

struct latch_inspector *latch_inspector_create(
	struct wl_display *display, const struct latch_inspector_options *options) {
	struct latch_inspector *inspector = calloc(1, sizeof(*inspector));
	if (inspector == NULL) {
		return NULL;
	}
	inspector->options = *options;
	inspector->global = wl_global_create(display, &zlatch_inspector_v2_interface,
		INSPECTOR_VERSION, inspector, handle_bind);
	if (inspector->global == NULL) {
		free(inspector);
		return NULL;
	}
	return inspector;
}

void latch_inspector_destroy(struct latch_inspector *inspector) {
	if (inspector == NULL) {
		return;
	}
	wl_global_destroy(inspector->global);
	free(inspector);
}
