#include "top.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <wayland-client.h>

#include "common/util.h"
#include "latch-inspector-unstable-v1-client-protocol.h"
#include "options.h"
#include "receive_counted.h"
#include "screen.h"
#include "top_table.h"

#define FIRST_S 0.25

/* What is wrong; told when the terminal is as it was before. */
static const char *problem;

/* Asks, and waits for the whole answer. It is the caller's to finish, also on failure. */
static bool ask(struct wl_display *display, struct zlatch_inspector_v1 *inspector,
	struct counted *counted) {
	struct counted_receiver receiver;
	struct zlatch_inspector_statistics_v1 *statistics =
		zlatch_inspector_v1_get_statistics(inspector);
	counted_receiver_init(&receiver, statistics);
	bool connected = true;
	while (connected && !receiver.done) {
		connected = wl_display_dispatch(display) >= 0;
	}
	zlatch_inspector_statistics_v1_destroy(statistics);
	*counted = receiver.counted;
	if (!connected) {
		problem = "the compositor closed the connection";
	} else if (receiver.failed) {
		problem = "no memory for the answer, or it makes no sense";
	}
	return connected && !receiver.failed;
}

static bool show(const struct span *span, const struct latchctl_options *options, bool on_screen) {
	int columns, lines;
	screen_size(&columns, &lines);
	if (options->json) {
		if (!top_json_print(stdout, span, options->output)) {
			problem = "out of memory";
			return false;
		}
	} else if (on_screen) {
		/* Line by line over what is there: an empty screen in between would flicker. */
		fputs("\033[H", stdout);
		top_table_print(stdout, span, options->output, columns, lines - 1, "\033[K\n");
		fputs("\033[J", stdout);
	} else {
		top_table_print(stdout, span, options->output, columns, 0, "\n");
		fputs(options->once ? "" : "\n", stdout);
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		problem = strerror(errno);
		return false;
	}
	return true;
}

static bool output_is_there(const struct counted *counted, const char *name) {
	if (!name || counted_find_output(counted, name)) {
		return true;
	}
	problem = "there is no such output";
	return false;
}

/* Waits for a span's end; a new size of the terminal shows the last span in it. */
static void wait_for_end(struct wl_display *display, const struct latchctl_options *options,
	const struct span *last, int64_t end_ns) {
	int64_t left_ns;
	while (!screen_interrupted() && (left_ns = end_ns - now_ns()) > 0) {
		screen_wait((double)left_ns / 1e9, wl_display_get_fd(display));
		if (last && now_ns() < end_ns && !screen_interrupted()) {
			show(last, options, true);
		}
		/* Nothing is sent that was not asked for: it is the end of the connection. */
		if (wl_display_prepare_read(display) != 0 || wl_display_read_events(display) < 0) {
			return;
		}
	}
}

bool top_run(struct wl_display *display, struct zlatch_inspector_v1 *inspector,
	const struct latchctl_options *options) {
	const bool on_screen = !options->json && !options->once && isatty(STDOUT_FILENO);
	const double interval = options->watch_s > 0 ? options->watch_s : 1;
	struct counted before = {0}, after = {0};
	problem = NULL;
	screen_catch_signals();
	bool ok = ask(display, inspector, &after) && output_is_there(&after, options->output);
	if (on_screen && ok) {
		screen_enter();
	}
	struct span span = {0};
	/* The first page on a screen comes soon. */
	double wanted = on_screen && interval > FIRST_S ? FIRST_S : interval;
	while (ok && !screen_interrupted()) {
		const int64_t end_ns = after.time_ns + (int64_t)(wanted * 1e9);
		const bool shown = on_screen && span.after != NULL;
		wait_for_end(display, options, shown ? &span : NULL, end_ns);
		wanted = interval;
		if (screen_interrupted()) {
			break;
		}
		counted_finish(&before);
		before = after;
		ok = ask(display, inspector, &after);
		span = span_between(&before, &after);
		ok = ok && show(&span, options, on_screen);
		if (options->once) {
			break;
		}
	}
	if (on_screen) {
		screen_leave();
	}
	counted_finish(&before);
	counted_finish(&after);
	if (!ok) {
		say("%s", problem ? problem : "failed");
	}
	return ok;
}
