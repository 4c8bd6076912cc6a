/* SPDX-License-Identifier: MIT */
#include "limits/account.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <wayland-server-protocol.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_xdg_shell.h>
#include <wlr/util/log.h>

#include "base/source.h"
#include "base/text.h"
#include "limits/fds.h"
#include "limits/security.h"

/* The kernel's TASK_COMM_LEN. */
#define COMM_LEN 16
#define APP_ID_LEN 48
#define OVERDRAFT_DEN 16

/*
 * Several connections can be one program's, and hold together what each of them must not hold. So
 * fds are also counted by program: by its sandbox, where it has one, else by its process.
 */
struct holder {
	struct wl_list link; // latch_accounts.holders, or alone when these have gone
	pid_t pid;
	uint64_t sandbox; // latch_security_sandbox(), 0 for none
	size_t accounts;
	uint64_t fds; // of all accounts
};

/*
 * The memory behind a client's buffers. A pool of buffers can be one dma-buf, and each plane of
 * each buffer comes with an fd of its own: a dma-buf is known by its inode, which no two have
 * (drivers/dma-buf/dma-buf.c, dma_buf_getfile()).
 */
struct memory {
	struct wl_list link; // latch_account.memory
	dev_t device;
	ino_t inode;
	uint64_t bytes;
	uint64_t uses; // planes of buffers that are in it
};

struct latch_account {
	size_t refs;
	struct latch_accounts *owner; // NULL when it or the client has gone
	struct wl_client *client;     // NULL when it has gone
	struct wl_list link;	      // latch_accounts.accounts
	pid_t pid;
	char comm[COMM_LEN];

	uint64_t used[LATCH_LIMIT_COUNT];
	struct holder *holder; // whose fds these are; NULL before the first one
	struct wl_list memory; // memory.link
	/* Of what is counted now and then: so many may be made until it is counted again. */
	uint64_t until_look[LATCH_LIMIT_COUNT];
	char refusal[LATCH_ACCOUNT_TEXT];
	bool logged;
	struct wl_event_source *ending; // idle source that closes the connection
};

/* A resource that is counted for as long as it lives. */
struct counted_resource {
	struct latch_account *account;
	enum latch_limit limit;
	struct wl_listener destroy;
};

/* The process's name as /proc/PID/comm has it, printable. */
static void read_comm(struct latch_account *account) {
	char path[64], line[64];
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)account->pid);
	FILE *file = account->pid > 0 ? fopen(path, "re") : NULL;
	if (file == NULL) {
		return;
	}
	if (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		latch_text_copy(account->comm, sizeof(account->comm), line);
	}
	fclose(file);
}

static enum wl_iterator_result find_app_id(struct wl_resource *resource, void *data) {
	const char **app_id = data;
	if (strcmp(wl_resource_get_class(resource), "xdg_toplevel") != 0) {
		return WL_ITERATOR_CONTINUE;
	}
	const struct wlr_xdg_toplevel *toplevel = wlr_xdg_toplevel_from_resource(resource);
	*app_id = toplevel != NULL ? toplevel->app_id : NULL;
	return *app_id != NULL ? WL_ITERATOR_STOP : WL_ITERATOR_CONTINUE;
}

const char *latch_account_app_id(const struct latch_account *account) {
	const char *app_id = NULL;
	if (account != NULL && account->client != NULL) {
		wl_client_for_each_resource(account->client, find_app_id, &app_id);
	}
	return app_id != NULL ? app_id : "";
}

const char *latch_account_describe(
	const struct latch_account *account, char text[static LATCH_ACCOUNT_TEXT]) {
	if (account == NULL) {
		snprintf(text, LATCH_ACCOUNT_TEXT, "a client");
		return text;
	}
	char printable[APP_ID_LEN];
	latch_text_copy(printable, sizeof(printable), latch_account_app_id(account));
	if (printable[0] != '\0') {
		snprintf(text, LATCH_ACCOUNT_TEXT, "client %d (%s, app id \"%s\")",
			(int)account->pid, account->comm, printable);
	} else {
		snprintf(text, LATCH_ACCOUNT_TEXT, "client %d (%s)", (int)account->pid,
			account->comm);
	}
	return text;
}

/* Once per client: the first refusal ends it. */
static void log_once(struct latch_account *account, const char *text) {
	char who[LATCH_ACCOUNT_TEXT];
	if (!account->logged) {
		wlr_log(WLR_ERROR, "%s is ended: %s", latch_account_describe(account, who), text);
		account->logged = true;
	}
}

static bool refuse_limit(struct latch_account *account, enum latch_limit limit, uint64_t max) {
	latch_limit_describe(limit, max, account->refusal, sizeof(account->refusal));
	log_once(account, account->refusal);
	return false;
}

void latch_account_refuse(struct latch_account *account) {
	wl_resource_post_error(wl_client_get_object(account->client, 1),
		WL_DISPLAY_ERROR_NO_MEMORY, "%s", account->refusal);
}

const char *latch_account_refusal(const struct latch_account *account) {
	return account != NULL ? account->refusal : "";
}

static void handle_end(void *data) {
	struct latch_account *account = data;
	/* libwayland removes an idle source after its function has run. */
	account->ending = NULL;
	wl_client_destroy(account->client);
}

void latch_account_end(struct latch_account *account, uint32_t code, const char *text) {
	if (account == NULL || account->owner == NULL || account->ending != NULL) {
		return;
	}
	wl_resource_post_error(wl_client_get_object(account->client, 1), code, "%s", text);
	/* The client may be the one whose request is being handled. */
	account->ending = wl_event_loop_add_idle(account->owner->loop, handle_end, account);
}

bool latch_account_is_ending(const struct latch_account *account) {
	return account != NULL && account->ending != NULL;
}

/* The largest client of the holder with the most fds. */
static struct latch_account *find_biggest(struct latch_account *account) {
	struct latch_account *biggest = account, *other;
	wl_list_for_each(other, &account->owner->accounts, link) {
		if (other->holder == NULL) {
			continue;
		}
		uint64_t most = biggest->holder->fds;
		if (other->holder->fds > most ||
			(other->holder == biggest->holder &&
				other->used[LATCH_LIMIT_FDS] > biggest->used[LATCH_LIMIT_FDS])) {
			biggest = other;
		}
	}
	return biggest;
}

/*
 * The reserve is touched. The client has to go that holds most, or whose process or sandbox does
 * with all its connections; the one that asks just now may need no more than its third buffer.
 * Where none holds much, the reserve is there to be used.
 */
static bool share_out(struct latch_account *account, const struct latch_fds *fds) {
	struct latch_account *biggest = find_biggest(account);
	if (biggest->holder->fds < LATCH_FDS_INNOCENT) {
		return true;
	}
	int length = snprintf(biggest->refusal, sizeof(biggest->refusal),
		"%zu of %zu file descriptors are in use, it holds most: %" PRIu64, fds->in_use,
		fds->limit, biggest->used[LATCH_LIMIT_FDS]);
	if (biggest->holder->accounts > 1) {
		snprintf(biggest->refusal + length, sizeof(biggest->refusal) - (size_t)length,
			", with its other connections %" PRIu64, biggest->holder->fds);
	}
	log_once(biggest, biggest->refusal);
	if (biggest == account) {
		return false;
	}
	latch_account_end(biggest, WL_DISPLAY_ERROR_NO_MEMORY, biggest->refusal);
	return true;
}

static uint64_t share_of(const struct latch_fds *fds) {
	return (fds->limit - fds->reserve) / LATCH_FDS_SHARE_DEN;
}

static bool refuse_memory(struct latch_account *account) {
	snprintf(account->refusal, sizeof(account->refusal), "no memory");
	return false;
}

/* Not before the client's first request: until then it is not known to be in a sandbox. */
static bool find_holder(struct latch_account *account) {
	const uint64_t sandbox = latch_security_sandbox(account->client);
	struct holder *holder;
	wl_list_for_each(holder, &account->owner->holders, link) {
		if (holder->sandbox == sandbox && (sandbox != 0 || holder->pid == account->pid)) {
			holder->accounts++;
			account->holder = holder;
			return true;
		}
	}
	holder = calloc(1, sizeof(*holder));
	if (holder == NULL) {
		return refuse_memory(account);
	}
	*holder = (struct holder){.pid = account->pid, .sandbox = sandbox, .accounts = 1};
	wl_list_insert(&account->owner->holders, &holder->link);
	account->holder = holder;
	return true;
}

static bool is_below(
	struct latch_account *account, enum latch_limit limit, uint64_t amount, uint64_t share) {
	uint64_t max = account->owner->limits.max[limit];
	max = max < share ? max : share;
	return (amount <= max && account->used[limit] <= max - amount) ||
	       refuse_limit(account, limit, max);
}

/* To look is a system call: it is made again when a quarter of what was left may be gone. */
static bool fds_are_within(struct latch_account *account, uint64_t amount) {
	struct latch_accounts *owner = account->owner;
	if ((account->holder == NULL && !find_holder(account)) ||
		!is_below(account, LATCH_LIMIT_FDS, amount, owner->fds_share)) {
		return false;
	}
	if (amount < owner->fds_until_look) {
		owner->fds_until_look -= amount;
		return true;
	}
	struct latch_fds fds = latch_fds_look();
	size_t spare = latch_fds_spare(&fds);
	owner->fds_until_look = spare / 4;
	owner->fds_share = share_of(&fds);
	return spare >= amount || share_out(account, &fds);
}

static bool is_within(struct latch_account *account, enum latch_limit limit, uint64_t amount) {
	return account->owner == NULL ||
	       (limit == LATCH_LIMIT_FDS ? fds_are_within(account, amount)
					 : is_below(account, limit, amount, UINT64_MAX));
}

static void count(struct latch_account *account, enum latch_limit limit, uint64_t amount) {
	if (account == NULL) {
		return;
	}
	account->used[limit] += amount;
	if (limit == LATCH_LIMIT_FDS && account->holder != NULL) {
		account->holder->fds += amount;
	}
}

void latch_account_check_request(struct wl_resource *resource) {
	if (wl_resource_get_class(resource) != wl_region_interface.name) {
		return;
	}
	struct latch_account *account = latch_account_find(wl_resource_get_client(resource));
	const pixman_region32_t *region = wlr_region_from_resource(resource);
	if (account != NULL && !latch_account_is_ending(account) &&
		!is_within(account, LATCH_LIMIT_RECTANGLES,
			(uint64_t)pixman_region32_n_rects(region))) {
		latch_account_end(account, WL_DISPLAY_ERROR_NO_MEMORY, account->refusal);
	}
}

bool latch_account_charge(struct latch_account *account, enum latch_limit limit, uint64_t amount) {
	if (account != NULL && !is_within(account, limit, amount)) {
		return false;
	}
	count(account, limit, amount);
	return true;
}

void latch_account_discharge(
	struct latch_account *account, enum latch_limit limit, uint64_t amount) {
	count(account, limit, -amount);
}

static struct memory *find_memory(struct latch_account *account, int fd, struct stat *file) {
	struct memory *memory;
	*file = (struct stat){0};
	fstat(fd, file);
	wl_list_for_each(memory, &account->memory, link) {
		if (memory->inode == file->st_ino && memory->device == file->st_dev) {
			return memory;
		}
	}
	return NULL;
}

bool latch_account_charge_memory(struct latch_account *account, int fd, uint64_t bytes) {
	if (account == NULL) {
		return true;
	}
	struct stat file;
	struct memory *memory = find_memory(account, fd, &file);
	if (memory != NULL) {
		memory->uses++;
		return true;
	}
	memory = calloc(1, sizeof(*memory));
	if (memory == NULL) {
		return refuse_memory(account);
	}
	if (!latch_account_charge(account, LATCH_LIMIT_BYTES, bytes)) {
		free(memory);
		return false;
	}
	*memory = (struct memory){
		.device = file.st_dev, .inode = file.st_ino, .bytes = bytes, .uses = 1};
	wl_list_insert(&account->memory, &memory->link);
	return true;
}

void latch_account_discharge_memory(struct latch_account *account, int fd) {
	struct stat file;
	struct memory *memory = account != NULL ? find_memory(account, fd, &file) : NULL;
	if (memory != NULL && --memory->uses == 0) {
		latch_account_discharge(account, LATCH_LIMIT_BYTES, memory->bytes);
		wl_list_remove(&memory->link);
		free(memory);
	}
}

uint64_t latch_account_get(const struct latch_account *account, enum latch_limit limit) {
	return account != NULL ? account->used[limit] : 0;
}

pid_t latch_account_pid(const struct latch_account *account) {
	return account != NULL ? account->pid : 0;
}

const char *latch_account_comm(const struct latch_account *account) {
	return account != NULL ? account->comm : "";
}

struct latch_account *latch_account_ref(struct latch_account *account) {
	if (account != NULL) {
		account->refs++;
	}
	return account;
}

void latch_account_unref(struct latch_account *account) {
	if (account == NULL || --account->refs > 0) {
		return;
	}
	if (account->holder != NULL && --account->holder->accounts == 0) {
		wl_list_remove(&account->holder->link);
		free(account->holder);
	}
	free(account);
}

static void handle_counted_destroy(struct wl_listener *listener, void *data) {
	struct counted_resource *counted = wl_container_of(listener, counted, destroy);
	latch_account_discharge(counted->account, counted->limit, 1);
	latch_account_unref(counted->account);
	free(counted);
}

static bool is_callback(const char *class) {
	return strcmp(class, "wl_callback") == 0 || strcmp(class, "wp_presentation_feedback") == 0;
}

static enum wl_iterator_result count_object(struct wl_resource *resource, void *data) {
	++*(uint64_t *)data;
	return WL_ITERATOR_CONTINUE;
}

static enum wl_iterator_result count_callback(struct wl_resource *resource, void *data) {
	*(uint64_t *)data += is_callback(wl_resource_get_class(resource));
	return WL_ITERATOR_CONTINUE;
}

/* Objects come and go with each frame. Instead of a listener for the end of each, they are counted
 * when so many have been made that the limit may have been reached; it may be overdrawn by a part,
 * or a client at its limit would have them counted each time. */
static bool are_within(struct latch_account *account, enum latch_limit limit,
	wl_client_for_each_resource_iterator_func_t count_one) {
	if (account->until_look[limit] > 0) {
		account->until_look[limit]--;
		return true;
	}
	uint64_t max = account->owner->limits.max[limit], count = 0;
	wl_client_for_each_resource(account->client, count_one, &count);
	account->used[limit] = count;
	if (count > max) {
		return refuse_limit(account, limit, max);
	}
	uint64_t least = max / OVERDRAFT_DEN;
	account->until_look[limit] = max - count > least ? max - count : least;
	return true;
}

/* wl_shm's objects are made by wlroots, so they are seen from here only. A pool has one fd. What
 * a pool's buffers keep of it after its object is gone is bounded by their own number. */
void latch_account_note_resource(struct latch_account *account, struct wl_resource *resource) {
	const char *class = wl_resource_get_class(resource);
	if (!are_within(account, LATCH_LIMIT_OBJECTS, count_object) ||
		(is_callback(class) &&
			!are_within(account, LATCH_LIMIT_CALLBACKS, count_callback))) {
		latch_account_refuse(account);
		return;
	}
	bool is_pool = strcmp(class, "wl_shm_pool") == 0;
	if (!is_pool && strcmp(class, "wl_buffer") != 0) {
		return;
	}
	enum latch_limit limit = is_pool ? LATCH_LIMIT_FDS : LATCH_LIMIT_BUFFERS;
	if (!latch_account_charge(account, limit, 1)) {
		latch_account_refuse(account);
		return;
	}
	struct counted_resource *counted = calloc(1, sizeof(*counted));
	if (counted == NULL) {
		latch_account_discharge(account, limit, 1);
		wl_client_post_no_memory(account->client);
		return;
	}
	*counted = (struct counted_resource){
		.account = latch_account_ref(account),
		.limit = limit,
		.destroy.notify = handle_counted_destroy,
	};
	wl_resource_add_destroy_listener(resource, &counted->destroy);
}

struct latch_account *latch_account_open(
	struct latch_accounts *accounts, struct wl_client *client) {
	struct latch_account *account = calloc(1, sizeof(*account));
	if (account == NULL) {
		return NULL;
	}
	*account = (struct latch_account){.refs = 1, .owner = accounts, .client = client};
	wl_list_init(&account->memory);
	wl_client_get_credentials(client, &account->pid, NULL, NULL);
	read_comm(account);
	wl_list_insert(&accounts->accounts, &account->link);
	return account;
}

void latch_account_close(struct latch_account *account) {
	if (account == NULL) {
		return;
	}
	latch_source_clear(&account->ending);
	wl_list_remove(&account->link);
	account->owner = NULL;
	account->client = NULL;
	/* They went with it. */
	account->used[LATCH_LIMIT_OBJECTS] = account->used[LATCH_LIMIT_CALLBACKS] = 0;
	latch_account_unref(account);
}

void latch_accounts_init(struct latch_accounts *accounts, struct wl_display *display,
	const struct latch_limits *limits) {
	struct latch_fds fds = latch_fds_look();
	*accounts = (struct latch_accounts){
		.fds_share = share_of(&fds),
		.loop = wl_display_get_event_loop(display),
		.limits = *limits,
	};
	wl_list_init(&accounts->accounts);
	wl_list_init(&accounts->holders);
}

void latch_accounts_finish(struct latch_accounts *accounts) {
	/* They live on for the accounts that have them. */
	struct holder *holder, *tmp;
	wl_list_for_each_safe(holder, tmp, &accounts->holders, link) {
		wl_list_remove(&holder->link);
		wl_list_init(&holder->link);
	}
}
