/* SPDX-License-Identifier: MIT */
#include "bad.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <yyjson.h>

#include "common/canvas.h"
#include "common/device.h"
#include "common/json.h"
#include "common/util.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include "run.h"

#define PATIENCE_S 3

static const struct bad_case *const tables[] = {
	bad_fd_cases,
	bad_layout_cases,
	bad_order_cases,
	bad_sync_file_cases,
	bad_syncobj_cases,
};

#define NUM_TABLES (sizeof(tables) / sizeof(tables[0]))

/* What all cases share: memory of exactly BAD_SIZE bytes, a node for timelines. */
struct runner {
	const struct stress_options *options;
	struct canvas_buffer memory;
	struct canvas canvas;
	int node_fd;
	uint64_t ok, not_ok, skipped;
	yyjson_mut_doc *doc; /* of the first round; NULL: none is wanted */
	yyjson_mut_val *cases;
	uint64_t number;
	bool quiet; /* only what is not ok is printed */
};

/* --- a case's connection ------------------------------------------------------- */

static const char *find_missing(const struct connection *conn, const struct bad_case *bad_case) {
	struct zwp_linux_dmabuf_v1 *dmabuf = conn->dmabuf;
	const struct rule rules[] = {
		{!conn->compositor, "the compositor lacks wl_compositor 4"},
		{!dmabuf, "the compositor lacks zwp_linux_dmabuf_v1 3"},
		{dmabuf && zwp_linux_dmabuf_v1_get_version(dmabuf) < bad_case->version,
			"the compositor's linux-dmabuf is older"},
		{bad_case->need == NEED_SYNC_FILE && !conn->explicit_sync,
			"the compositor lacks zwp_linux_explicit_synchronization_v1"},
		{bad_case->need == NEED_SYNCOBJ && !conn->syncobj_manager,
			"the compositor lacks wp_linux_drm_syncobj_manager_v1"},
	};
	return rules_broken(rules, sizeof(rules) / sizeof(rules[0]));
}

static void handle_synced(void *data, struct wl_callback *callback, uint32_t serial) {
	*(bool *)data = true;
}

static const struct wl_callback_listener sync_listener = {.done = handle_synced};

static bool is_true(const void *data) {
	return *(const bool *)data;
}

/* Waits until all that was said is answered. */
static struct outcome wait_for_outcome(struct bad *bad) {
	struct wl_display *display = bad->conn.display;
	bool synced = false;
	struct wl_callback *callback = wl_display_sync(display);
	wl_callback_add_listener(callback, &sync_listener, &synced);
	bool connected = connection_wait(&bad->conn, is_true, &synced, PATIENCE_S);
	wl_callback_destroy(callback);
	if (synced) {
		return (struct outcome){.answer = bad->answer};
	}
	if (connected) {
		return (struct outcome){.answer = ANSWER_LATE};
	}
	if (wl_display_get_error(display) != EPROTO) {
		return (struct outcome){.answer = ANSWER_HANGUP};
	}
	struct outcome outcome = {.answer = ANSWER_ERROR};
	const struct wl_interface *interface = NULL;
	outcome.code = wl_display_get_protocol_error(display, &interface, NULL);
	outcome.interface = interface ? interface->name : NULL;
	return outcome;
}

/* --- a case's process ------------------------------------------------------------ */

/* What a case tells its parent. The strings are in the program, which both have. */
struct result {
	bool connected;
	const char *missing;
	struct outcome outcome;
};

static struct result live_case(const struct runner *runner, const struct bad_case *bad_case) {
	struct result result = {.outcome = {.answer = ANSWER_NOTHING}};
	struct bad bad = {.memory = runner->memory.dmabuf,
		.node_fd = runner->node_fd,
		.need = bad_case->need};
	uint32_t version = bad_case->version ? bad_case->version : CONNECTION_DMABUF;
	result.connected = connection_init(&bad.conn, version);
	bad.missing = result.connected ? find_missing(&bad.conn, bad_case) : NULL;
	if (result.connected && !bad.missing) {
		bad_case->run(&bad, bad_case->data);
		/* Or it turned out that it can't be made. */
		if (!bad.missing) {
			result.outcome = wait_for_outcome(&bad);
		}
	}
	result.missing = bad.missing;
	return result;
}

/* A process of its own leaves nothing behind, however a case ends. */
static bool run_in_process(
	const struct runner *runner, const struct bad_case *bad_case, struct result *result) {
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) != 0) {
		return false;
	}
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		const struct result told = live_case(runner, bad_case);
		_exit(write(fds[1], &told, sizeof(told)) == sizeof(told) ? 0 : 1);
	}
	latch_fd_clear(&fds[1]);
	bool ok = pid > 0 && read(fds[0], result, sizeof(*result)) == sizeof(*result);
	latch_fd_clear(&fds[0]);
	int status;
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status)) {
		say("%s: the client itself crashed: %s", bad_case->name,
			strsignal(WTERMSIG(status)));
	}
	return ok;
}

/* --- the run --------------------------------------------------------------------- */

/* Returns false without memory. */
static bool tell(struct runner *runner, const struct bad_case *bad_case, bool ok,
	const struct result *result) {
	char got[OUTCOME_TEXT_MAX], wanted[OUTCOME_TEXT_MAX];
	const char *text = result->missing ? result->missing : outcome_text(&result->outcome, got);
	expectation_text(&bad_case->expected, wanted);
	if (!runner->quiet || !ok) {
		printf("%s %" PRIu64 " - %s%s%s%s%s\n", ok ? "ok" : "not ok", ++runner->number,
			bad_case->name, result->missing ? " # SKIP " : ": ", text,
			ok ? "" : ", not ", ok ? "" : wanted);
		fflush(stdout);
	}
	if (!runner->doc || runner->quiet) {
		return true;
	}
	const char *word = result->missing ? "skip" : (ok ? "ok" : "not ok");
	yyjson_mut_doc *doc = runner->doc;
	yyjson_mut_val *item = yyjson_mut_arr_add_obj(doc, runner->cases);
	return item && yyjson_mut_obj_add_str(doc, item, "name", bad_case->name) &&
	       yyjson_mut_obj_add_str(doc, item, "result", word) &&
	       yyjson_mut_obj_add_strcpy(doc, item, "got", text) &&
	       yyjson_mut_obj_add_strcpy(doc, item, "wanted", wanted);
}

static enum client_exit run_case(struct runner *runner, const struct bad_case *bad_case) {
	struct result result;
	if (!run_in_process(runner, bad_case, &result)) {
		return failed(CLIENT_EXIT_FAILURE, "%s: can't be run", bad_case->name);
	}
	if (!result.connected) {
		return failed(CLIENT_EXIT_NO_SERVER,
			"no compositor: start one, or set WAYLAND_DISPLAY and XDG_RUNTIME_DIR");
	}
	bool ok = result.missing || outcome_fits(&result.outcome, &bad_case->expected);
	runner->skipped += result.missing != NULL;
	runner->ok += ok && !result.missing;
	runner->not_ok += !ok;
	if (!tell(runner, bad_case, ok, &result)) {
		say("out of memory");
	}
	return CLIENT_EXIT_OK;
}

/* Runs all that are wanted, or names them. */
static enum client_exit run_all(struct runner *runner, int signal_fd) {
	const struct stress_options *options = runner->options;
	enum client_exit status = CLIENT_EXIT_OK;
	for (size_t t = 0; t < NUM_TABLES; t++) {
		for (const struct bad_case *bad_case = tables[t]; bad_case->name; bad_case++) {
			if (options->bad_filter && !strstr(bad_case->name, options->bad_filter)) {
				continue;
			}
			if (options->list) {
				puts(bad_case->name);
				continue;
			}
			status = fd_readable(signal_fd) ? CLIENT_EXIT_FAILURE
							: run_case(runner, bad_case);
			if (status != CLIENT_EXIT_OK) {
				return status;
			}
		}
	}
	return status;
}

/* Whether the compositor takes the memory: a virtual GPU, say, wants its own. */
static bool is_accepted(const struct runner *runner) {
	const struct bad_case good = {
		.name = "a good buffer", .run = bad_take_steps, .data = STEPS(FILLED, {CREATE})};
	struct result result;
	return run_in_process(runner, &good, &result) && result.connected && !result.missing &&
	       result.outcome.answer == ANSWER_CREATED;
}

static void drop_memory(struct runner *runner) {
	canvas_destroy_buffer(&runner->canvas, &runner->memory);
	canvas_finish(&runner->canvas);
}

/* path: of the device for CANVAS_DUMB, else "". What is left when it fails is dropped later. */
static bool try_memory(struct runner *runner, enum canvas_kind kind, const char *path) {
	static const struct plan_step step = {.fourcc = DRM_FORMAT_XRGB8888,
		.num_modifiers = 1,
		.modifiers = {DRM_FORMAT_MOD_LINEAR}};
	static const struct scene_options nothing;
	const char *why;
	drop_memory(runner);
	const struct dmabuf_plane *plane = &runner->memory.dmabuf.planes[0];
	return canvas_init(&runner->canvas, kind, path, &nothing, &why) &&
	       canvas_create_buffer(&runner->canvas, &step, BAD_WIDTH, BAD_HEIGHT,
		       &runner->memory, &why) &&
	       plane->stride == BAD_STRIDE && lseek(plane->fd, 0, SEEK_END) == BAD_SIZE &&
	       is_accepted(runner);
}

/* Exactly BAD_SIZE bytes that the compositor takes. */
static bool make_memory(struct runner *runner) {
	struct device_list devices = {0};
	device_list_add_all(&devices, true);
	bool made = try_memory(runner, CANVAS_UDMABUF, "");
	for (size_t i = 0; i < devices.len && !made; i++) {
		made = try_memory(runner, CANVAS_DUMB, devices.paths[i]);
	}
	return made || try_memory(runner, CANVAS_HEAP, "");
}

/* Why there is nothing to make cases of. */
static enum client_exit say_no_memory(void) {
	struct connection conn;
	if (!connection_open(&conn, CONNECTION_DMABUF)) {
		return CLIENT_EXIT_NO_SERVER;
	}
	bool has_dmabuf = conn.dmabuf != NULL;
	connection_finish(&conn);
	if (!has_dmabuf) {
		return failed(CLIENT_EXIT_NO_GLOBAL, "the compositor lacks zwp_linux_dmabuf_v1 3");
	}
	return failed(CLIENT_EXIT_NO_SOURCE,
		"the compositor takes no dma-buf of %dx%d linear XR24: not from /dev/udmabuf, dumb "
		"buffers or /dev/dma_heap/system, where there are any",
		BAD_WIDTH, BAD_HEIGHT);
}

static bool write_json(const struct runner *runner) {
	yyjson_mut_doc *doc = runner->doc;
	yyjson_mut_val *root = doc ? yyjson_mut_doc_get_root(doc) : NULL;
	bool complete = root && yyjson_mut_obj_add_uint(doc, root, "ok", runner->ok) &&
			yyjson_mut_obj_add_uint(doc, root, "not_ok", runner->not_ok) &&
			yyjson_mut_obj_add_uint(doc, root, "skipped", runner->skipped);
	return json_write(doc, complete, runner->options->json);
}

enum client_exit bad_run(const struct stress_options *options, int signal_fd) {
	struct runner runner = {.options = options, .canvas.fd = -1};
	if (options->list) {
		return run_all(&runner, signal_fd);
	}
	runner.node_fd = timeline_node_open(NULL);
	enum client_exit status = make_memory(&runner) ? CLIENT_EXIT_OK : say_no_memory();
	if (status == CLIENT_EXIT_OK) {
		yyjson_mut_val *root = NULL;
		runner.doc = options->json ? json_create(&root) : NULL;
		runner.cases = root ? yyjson_mut_obj_add_arr(runner.doc, root, "cases") : NULL;
		for (uint64_t n = 0; n < options->repeat && status == CLIENT_EXIT_OK; n++) {
			runner.quiet = n > 0;
			status = run_all(&runner, signal_fd);
		}
		printf("1..%" PRIu64 "\n", runner.number);
		bool told = !options->json || write_json(&runner);
		if (!told || (status == CLIENT_EXIT_OK && runner.not_ok > 0)) {
			status = CLIENT_EXIT_FAILURE;
		}
	}
	drop_memory(&runner);
	latch_fd_clear(&runner.node_fd);
	say("%" PRIu64 " ok, %" PRIu64 " not ok, %" PRIu64 " skipped", runner.ok, runner.not_ok,
		runner.skipped);
	return status;
}
