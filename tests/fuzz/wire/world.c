/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <dirent.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wlr/interfaces/wlr_output.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/log.h>

#include "clock.h"
#include "devices.h"
#include "dmabuf/device.h"
#include "fds.h"
#include "fence/timeline.h"
#include "kernel.h"
#include "known.h"
#include "limits/account.h"
#include "limits/listen.h"
#include "output/content.h"
#include "output/output.h"
#include "shell/shell.h"
#include "sync/gate.h"

#define OUTPUTS 2
/* Four pictures of each output, the keyboard's keymap twice, the cursor, the table of formats. */
#define MAX_FOR_ALL (4 * OUTPUTS + 5)
/* So long a frame of the old picture may need to go away, all in all. */
#define SETTLE_MS 400u
#define SETTLE_STEP_MS 17u
/* More turns than anything needs: a client that makes the loop spin is a finding. */
#define MAX_TURNS 64

/* Small ones: to compose costs time, and there is nothing to see. */
static const struct home {
	int32_t width, height;
	float scale;
	enum wl_output_transform transform;
} homes[OUTPUTS] = {
	{160, 120, 1, WL_OUTPUT_TRANSFORM_NORMAL},
	{128, 96, 2, WL_OUTPUT_TRANSFORM_90},
};

static _Noreturn void finding(const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	fputs("fuzz: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	abort();
}

/* The linker's --wrap: this machine's DRM nodes are not to be found in the one, and the other says
 * what it says where there is a GPU. */
struct latch_timeline_device *__real_latch_timeline_find_device(int kms_fd);
struct latch_timeline_device *__wrap_latch_timeline_find_device(int kms_fd);
uint32_t __real_latch_dmabuf_find_main_device(int drm_fd, dev_t *main_device);
uint32_t __wrap_latch_dmabuf_find_main_device(int drm_fd, dev_t *main_device);

struct latch_timeline_device *__wrap_latch_timeline_find_device(int kms_fd) {
	if (fds_are_real()) {
		return __real_latch_timeline_find_device(kms_fd);
	}
	int fd = kernel_drm_open(true);
	struct latch_timeline_device *device = latch_timeline_device_create(fd);
	close(fd);
	return device;
}

uint32_t __wrap_latch_dmabuf_find_main_device(int drm_fd, dev_t *main_device) {
	if (fds_are_real()) {
		return __real_latch_dmabuf_find_main_device(drm_fd, main_device);
	}
	*main_device = 0xe280;
	return 5;
}

/* Not shown, but made: what it is made of has to be there. */
static void handle_log(enum wlr_log_importance level, const char *format, va_list args) {
	static char line[1024];
	vsnprintf(line, sizeof(line), format, args);
	if (getenv("LATCH_FUZZ_LOG") != NULL) {
		fprintf(stderr, "%s\n", line);
	}
}

static void handle_client_created(struct wl_listener *listener, void *data) {
	struct world *world = wl_container_of(listener, world, client_created);
	world->accepted = data;
}

static void note_global(struct globals *globals, const union wl_argument *arguments) {
	if (globals->len == MAX_GLOBALS) {
		finding("more globals than there is room for");
	}
	struct global *global = &globals->list[globals->len++];
	global->name = arguments[0].u;
	global->version = arguments[2].u;
	snprintf(global->interface, sizeof(global->interface), "%s", arguments[1].s);
}

static void handle_protocol(void *data, enum wl_protocol_logger_type direction,
	const struct wl_protocol_logger_message *message) {
	struct world *world = data;
	known_look(message, direction == WL_PROTOCOL_LOGGER_EVENT);
	if (direction != WL_PROTOCOL_LOGGER_EVENT) {
		return;
	}
	struct wl_client *wl = wl_resource_get_client(message->resource);
	for (size_t i = 0; i < FUZZ_CLIENTS; i++) {
		if (world->clients[i].wl == wl) {
			told_note(&world->clients[i].told, world->server.core.display, message);
		}
	}
	if (world->contents == 0 && strcmp(message->message->name, "global") == 0) {
		note_global(&world->globals, message->arguments);
	}
}

void world_turn(struct world *world) {
	struct latch_server *server = &world->server;
	for (int i = 0; i < MAX_TURNS; i++) {
		latch_server_round(server, 0);
		known_handled();
		latch_server_settle(server);
		for (size_t j = 0; j < FUZZ_CLIENTS; j++) {
			client_drain(&world->clients[j]);
		}
		struct pollfd pollfd = {
			.fd = wl_event_loop_get_fd(server->core.event_loop),
			.events = POLLIN,
		};
		if (poll(&pollfd, 1, 0) <= 0) {
			return;
		}
	}
	finding("the event loop does not come to rest");
}

static void turn(void *data) {
	world_turn(data);
}

void world_wait(struct world *world, unsigned ms) {
	clock_advance((int64_t)ms * 1000000, turn, world);
}

/* Clients may have configured them, as wlr-randr does. */
static void go_home(struct world *world) {
	size_t i = 0;
	struct latch_output *output;
	wl_list_for_each(output, &world->server.core.outputs, link) {
		const struct home *home = &homes[i++ % OUTPUTS];
		struct wlr_output *wlr_output = output->wlr_output;
		if (wlr_output->width != home->width || wlr_output->height != home->height ||
			wlr_output->scale != home->scale ||
			wlr_output->transform != home->transform) {
			struct wlr_output_state state;
			wlr_output_state_init(&state);
			wlr_output_state_set_custom_mode(&state, home->width, home->height, 0);
			wlr_output_state_set_scale(&state, home->scale);
			wlr_output_state_set_transform(&state, home->transform);
			wlr_output_send_request_state(wlr_output, &state);
			wlr_output_state_finish(&state);
		}
		if (output->placed) {
			output->placed = false;
			latch_output_join(output);
		}
	}
}

static void start_server(struct world *world) {
	char *arguments[] = {"latch", "--renderer", "pixman", NULL};
	char directory[] = "/tmp/latch-fuzz.XXXXXX";
	if (mkdtemp(directory) == NULL) {
		finding("no directory below /tmp");
	}
	setenv("XDG_RUNTIME_DIR", directory, 1);
	setenv("WLR_BACKENDS", "headless", 1);
	setenv("WLR_HEADLESS_OUTPUTS", "2", 1);
	unsetenv("WAYLAND_DISPLAY");
	if (latch_options_parse(&world->options, 3, arguments) >= 0) {
		finding("options");
	}
	wlr_log_init(WLR_INFO, handle_log);
	signal(SIGPIPE, SIG_IGN);
	if (latch_server_init(&world->server, &world->options) != LATCH_EXIT_OK) {
		finding("the server does not start");
	}
	/* Nobody finishes it: what would be left of its socket goes now. */
	latch_listen_destroy(world->server.listen);
	world->server.listen = NULL;
	rmdir(directory);

	/* Ctrl+C and the fuzzer's own signals are the fuzzer's. */
	for (size_t i = 0; i < LATCH_SERVER_SIGNALS; i++) {
		wl_event_source_remove(world->server.signals[i]);
		world->server.signals[i] = NULL;
	}
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Made once and for all, but when they are first needed; they are counted apart. */
static bool is_for_all(const char *file) {
	return strstr(file, "/wlroots-") != NULL || strstr(file, "latch-format-table") != NULL;
}

static int count_open_fds(int *for_all, bool tell) {
	int count = 0;
	DIR *directory = opendir("/proc/self/fd");
	const struct dirent *entry;
	*for_all = 0;
	while ((entry = readdir(directory)) != NULL) {
		char target[128] = {0};
		ssize_t len =
			readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);
		*for_all += is_for_all(target);
		count += !is_for_all(target);
		if (tell && len > 0) {
			fprintf(stderr, "fuzz: fd %s: %s\n", entry->d_name, target);
		}
	}
	closedir(directory);
	return count;
}

static void check_fds(const struct world *world) {
	int for_all;
	int fds = count_open_fds(&for_all, false);
	if (fds != world->fds || for_all > MAX_FOR_ALL) {
		count_open_fds(&for_all, true);
		finding("%d fds, %d before; %d for all", fds, world->fds, for_all);
	}
}

void world_equip(struct world *world, struct client *client) {
	client_connect(client, world->server.core.display);
	uint32_t registry = request_get_registry(client);
	client_flush(client);
	world_turn(world);
	for (size_t i = 0; i < world->globals.len && client->wl != NULL; i++) {
		request_bind(client, registry, &world->globals.list[i]);
	}
	client_flush(client);
	world_turn(world);
}

void world_finish_client(struct world *world, struct client *client) {
	struct latch_account *account = client_finish(client);
	if (account != NULL && world->accounts_len < MAX_ACCOUNTS) {
		world->accounts[world->accounts_len++] = account;
	} else {
		latch_account_unref(account);
	}
}

static void check_accounts(struct world *world) {
	for (size_t i = 0; i < world->accounts_len; i++) {
		for (int j = 0; j < LATCH_LIMIT_COUNT; j++) {
			uint64_t left =
				latch_account_get(world->accounts[i], (enum latch_limit)j);
			if (left != 0) {
				finding("limit %d of a client that has gone is at %" PRIu64, j,
					left);
			}
		}
		latch_account_unref(world->accounts[i]);
	}
	world->accounts_len = 0;
}

void world_start(struct world *world, bool real) {
	if (!fds_start(real)) {
		exit(1);
	}
	clock_freeze();
	start_server(world);
	told_begin(world->server.core.display);
	world->client_created.notify = handle_client_created;
	wl_display_add_client_created_listener(world->server.core.display, &world->client_created);
	wl_display_add_protocol_logger(world->server.core.display, handle_protocol, world);
	devices_start(world->server.core.backend.wlr);
	devices_reset();
	go_home(world);

	/* The first client finds out what there is, and makes latch make what it makes once. */
	world_equip(world, &world->clients[0]);
	world_finish_client(world, &world->clients[0]);
	world_wait(world, SETTLE_MS);
	check_accounts(world);
	kernel_reset();
	world->contents = latch_content_tracker_count(world->server.core.contents);
	if (world->globals.len < 20 || world->contents == 0) {
		finding("this is not all of latch");
	}
}

/* Closed connections and frames that still show the dead need some turns. */
static void settle(struct world *world) {
	for (unsigned ms = 0; ms < SETTLE_MS; ms += SETTLE_STEP_MS) {
		world_wait(world, SETTLE_STEP_MS);
		if (latch_content_tracker_count(world->server.core.contents) <= world->contents) {
			return;
		}
	}
}

static void check_gate(const struct world *world) {
	struct latch_gate_stats stats = latch_gate_get_stats(world->server.core.gate);
	if (stats.surfaces != 0 || stats.held != 0 || stats.watches != 0) {
		finding("left in the gate: %zu surfaces, %zu held, %zu watches",
			(size_t)stats.surfaces, (size_t)stats.held, (size_t)stats.watches);
	}
}

void world_begin_input(struct world *world) {
	int for_all;
	world->fds = count_open_fds(&for_all, false);
}

void world_end_input(struct world *world) {
	struct latch_server *server = &world->server;
	for (size_t i = 0; i < FUZZ_CLIENTS; i++) {
		world_finish_client(world, &world->clients[i]);
	}
	wl_display_destroy_clients(server->core.display);
	fds_end();
	devices_reset();
	go_home(world);
	settle(world);

	check_gate(world);
	check_accounts(world);
	size_t contents = latch_content_tracker_count(server->core.contents);
	if (contents > world->contents) {
		finding("%zu contents, %zu before", contents, world->contents);
	}
	if (server->exit_status >= 0) {
		finding("a client has ended the session");
	}
	if (kernel_count_handles() != 0) {
		finding("syncobj handles are left");
	}
	kernel_reset();
	check_fds(world);
}
