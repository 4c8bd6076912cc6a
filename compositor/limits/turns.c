/* SPDX-License-Identifier: MIT */
#include "limits/turns.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <wlr/util/log.h>

#include "base/clock.h"
#include "base/timer.h"
#include "limits/account.h"

/* What has a deadline is looked after when so much time has gone by since the last look. */
#define URGENT_NS INT64_C(500000)
/* latch has little time left when clients take more than this of it. */
#define BUSY_PERCENT 50
/* A client that has asked for something within this time may need the CPU again. */
#define ACTIVE_NS INT64_C(1000000000)
/* A client that has waited for so long in all is named, once. */
#define TOLD_NS INT64_C(1000000000)

struct latch_turns {
	struct latch_turns_options options;
	struct wl_event_loop *loop;
	struct wl_protocol_logger *logger; // calls before each request
	struct latch_timer timer;

	struct latch_share all; // of all clients together
	bool in_round;	      // requests have been handled in this round
	struct latch_turn *current; // whose they are
	int64_t since_cpu_ns; // since when, in CPU time
	int64_t looked_ns;    // when the urgent work was looked after
	struct wl_list turns;  // latch_turn.link
	struct wl_list spent;  // latch_turn.wait_link: have less than nothing left
	struct wl_list paused; // latch_turn.wait_link
	bool told_no_source;
};

static void stop_waiting(struct latch_turn *turn) {
	wl_list_remove(&turn->wait_link);
	wl_list_init(&turn->wait_link);
}

static void spend(struct latch_turn *turn, int64_t now_ns, int64_t cpu_ns) {
	struct latch_turns *turns = turn->turns;
	latch_share_spend(&turns->all, now_ns, cpu_ns);
	latch_share_spend(&turn->share, now_ns, cpu_ns);
	if (turn->share.credit_ns < 0 && wl_list_empty(&turn->wait_link)) {
		wl_list_insert(&turns->spent, &turn->wait_link);
	}
}

/* What was computed since the last look is the current client's. A modeset that it has asked for, a
 * page fault and other processes take latch's time, too, but not by what it can help. */
static void charge(struct latch_turns *turns, int64_t now_ns) {
	const int64_t cpu_ns = latch_cpu_ns();
	if (turns->current != NULL) {
		turns->current->asked_ns = now_ns;
		spend(turns->current, now_ns, cpu_ns - turns->since_cpu_ns);
	}
	turns->since_cpu_ns = cpu_ns;
}

void latch_turns_spend(struct latch_turns *turns, struct wl_client *client, int64_t cpu_ns) {
	struct latch_turn *turn = wl_client_get_user_data(client);
	if (turn != NULL) {
		spend(turn, latch_now_ns(), cpu_ns);
	}
}

void latch_turns_forgive(struct latch_turns *turns) {
	turns->since_cpu_ns = latch_cpu_ns();
}

/* In the midst of a round; at its beginning the event loop looks by itself. */
static void look_after_urgent(struct latch_turns *turns, int64_t now_ns) {
	charge(turns, now_ns);
	turns->options.urgent(turns->options.data);
	/* Not flush_clients: that destroys clients whose socket is broken, and the request of one
	 * of them is about to be handled. */
	struct wl_client *client;
	wl_client_for_each(client, wl_display_get_client_list(turns->options.display)) {
		wl_client_flush(client);
	}
	turns->looked_ns = latch_now_ns();
	latch_turns_forgive(turns);
}

static void handle_message(void *data, enum wl_protocol_logger_type direction,
	const struct wl_protocol_logger_message *message) {
	if (direction != WL_PROTOCOL_LOGGER_REQUEST) {
		return;
	}
	struct latch_turns *turns = data;
	struct latch_turn *turn = wl_client_get_user_data(wl_resource_get_client(message->resource));
	int64_t now_ns = latch_now_ns();
	if (!turns->in_round) {
		turns->in_round = true;
		turns->looked_ns = now_ns;
	}
	if (turns->options.request != NULL) {
		turns->options.request(message->resource);
	}
	if (turns->current != turn) {
		charge(turns, now_ns);
		turns->current = turn;
	}
	if (now_ns - turns->looked_ns > URGENT_NS) {
		look_after_urgent(turns, now_ns);
	}
}

static void tell(struct latch_turn *turn) {
	char who[LATCH_ACCOUNT_TEXT];
	if (!turn->told && turn->waited_ns >= TOLD_NS) {
		turn->told = true;
		wlr_log(WLR_INFO,
			"%s takes more than %u %% of the time (--max-time), which others need: its "
			"requests have to wait",
			latch_account_describe(turn->account, who),
			turn->turns->options.percent);
	}
}

static void resume(struct latch_turn *turn, int64_t now_ns) {
	stop_waiting(turn);
	turn->waited_ns += now_ns - turn->paused_ns;
	turn->paused_ns = 0;
	wl_event_source_fd_update(turn->source, WL_EVENT_READABLE);
	tell(turn);
}

static void handle_timer(void *data) {
	struct latch_turns *turns = data;
	int64_t now_ns = latch_now_ns();
	struct latch_turn *turn, *tmp;
	wl_list_for_each_safe(turn, tmp, &turns->paused, wait_link) {
		const int64_t resume_ns = latch_share_resume_ns(&turn->share);
		if (resume_ns <= now_ns) {
			resume(turn, now_ns);
		} else {
			latch_timer_set_earlier(&turns->timer, resume_ns);
		}
	}
}

/* A line of a file that is registered with epoll, as fs/eventpoll.c writes it:
 *
 *     tfd:        9 events:       19 data:     55d0c0ffee00  pos:0 ino:61f sdev:8
 *
 * tfd is a duplicate of the client's fd that only libwayland knows; it is the same socket, so it
 * has the same inode, and every socket has one of its own. */
static struct wl_event_source *find_in(FILE *file, const struct stat *wanted) {
	char line[256];
	while (fgets(line, sizeof(line), file) != NULL) {
		uint64_t data;
		unsigned long inode;
		if (sscanf(line, "tfd: %*d events: %*x data: %" SCNx64 " pos:%*d ino:%lx", &data,
			    &inode) == 2 &&
			inode == wanted->st_ino) {
			return (struct wl_event_source *)(uintptr_t)data;
		}
	}
	return NULL;
}

struct wl_event_source *latch_client_source_find(
	struct wl_event_loop *loop, struct wl_client *client) {
	struct stat wanted;
	if (fstat(wl_client_get_fd(client), &wanted) != 0) {
		return NULL;
	}
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", wl_event_loop_get_fd(loop));
	FILE *file = fopen(path, "re");
	if (file == NULL) {
		return NULL;
	}
	struct wl_event_source *source = find_in(file, &wanted);
	fclose(file);
	return source;
}

static bool find_source(struct latch_turn *turn) {
	struct latch_turns *turns = turn->turns;
	if (turn->source == NULL) {
		turn->source = latch_client_source_find(turns->loop, turn->client);
	}
	if (turn->source == NULL && !turns->told_no_source) {
		turns->told_no_source = true;
		wlr_log(WLR_ERROR, "clients can't be made to wait: /proc/self/fdinfo does not tell "
				   "their event sources");
	}
	return turn->source != NULL;
}

void latch_turns_begin_round(struct latch_turns *turns) {
	struct latch_turn *turn;
	wl_list_for_each(turn, &turns->paused, wait_link) {
		wl_event_source_fd_update(turn->source, 0);
	}
}

/* The one that has taken most beyond its share; one at a time, as the others may have time enough
 * then. Those that have something left again are let go. */
static struct latch_turn *find_debtor(struct latch_turns *turns, int64_t now_ns) {
	struct latch_turn *debtor = NULL, *turn, *tmp;
	wl_list_for_each_safe(turn, tmp, &turns->spent, wait_link) {
		if (latch_share_resume_ns(&turn->share) <= now_ns) {
			stop_waiting(turn);
		} else if (debtor == NULL || turn->share.credit_ns < debtor->share.credit_ns) {
			debtor = turn;
		}
	}
	return debtor;
}

static bool others_ask(const struct latch_turn *turn, int64_t now_ns) {
	const struct latch_turn *other;
	wl_list_for_each(other, &turn->turns->turns, link) {
		if (other != turn && other->asked_ns != 0 && now_ns - other->asked_ns < ACTIVE_NS) {
			return true;
		}
	}
	return false;
}

void latch_turns_end_round(struct latch_turns *turns) {
	if (!turns->in_round) {
		return;
	}
	turns->in_round = false;
	int64_t now_ns = latch_now_ns();
	charge(turns, now_ns);
	turns->current = NULL;
	struct latch_turn *turn = wl_list_empty(&turns->spent) ? NULL : find_debtor(turns, now_ns);
	if (turn == NULL || turns->all.credit_ns >= 0 || !others_ask(turn, now_ns)) {
		return;
	}
	stop_waiting(turn);
	/* Its end is seen all the same: epoll always tells of EPOLLHUP. */
	if (find_source(turn) && wl_event_source_fd_update(turn->source, 0) == 0) {
		turn->paused_ns = now_ns;
		wl_list_insert(&turns->paused, &turn->wait_link);
		latch_timer_set_earlier(&turns->timer, latch_share_resume_ns(&turn->share));
		/* Without this client there may be time enough for all. */
		latch_share_init(&turns->all, BUSY_PERCENT, now_ns);
	}
}

void latch_turn_begin(struct latch_turn *turn, struct latch_turns *turns, struct wl_client *client,
	struct latch_account *account) {
	*turn = (struct latch_turn){.turns = turns, .client = client, .account = account};
	wl_list_init(&turn->wait_link);
	wl_list_init(&turn->link);
	if (turns != NULL) {
		latch_share_init(&turn->share, turns->options.percent, latch_now_ns());
		wl_list_insert(&turns->turns, &turn->link);
	}
}

void latch_turn_end(struct latch_turn *turn) {
	if (turn->turns != NULL && turn->turns->current == turn) {
		charge(turn->turns, latch_now_ns());
		turn->turns->current = NULL;
	}
	wl_list_remove(&turn->wait_link);
	wl_list_remove(&turn->link);
}

struct latch_turns *latch_turns_create(const struct latch_turns_options *options) {
	struct latch_turns *turns = calloc(1, sizeof(*turns));
	if (turns == NULL) {
		return NULL;
	}
	*turns = (struct latch_turns){
		.options = *options,
		.loop = wl_display_get_event_loop(options->display),
	};
	latch_share_init(&turns->all, BUSY_PERCENT, latch_now_ns());
	wl_list_init(&turns->turns);
	wl_list_init(&turns->spent);
	wl_list_init(&turns->paused);
	turns->logger = wl_display_add_protocol_logger(options->display, handle_message, turns);
	if (!latch_timer_init(&turns->timer, turns->loop, handle_timer, turns) ||
		turns->logger == NULL) {
		latch_turns_destroy(turns);
		return NULL;
	}
	return turns;
}

void latch_turns_destroy(struct latch_turns *turns) {
	if (turns == NULL) {
		return;
	}
	if (turns->logger != NULL) {
		wl_protocol_logger_destroy(turns->logger);
	}
	latch_timer_finish(&turns->timer);
	free(turns);
}
