/* lab-monitor: speaks to the monitor of the machine that it runs in, QEMU's, over a virtio port.
 * https://www.qemu.org/docs/master/interop/qmp-spec.html */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include <yyjson.h>

static const char usage[] =
	"usage: lab-monitor COMMAND...\n"
	"       lab-monitor --qmp REQUEST...\n"
	"\n"
	"  lab-monitor \"sendkey alt-tab\"\n"
	"  lab-monitor \"mouse_move 100 200\" \"mouse_button 1\" \"mouse_button 0\"\n"
	"  lab-monitor \"screendump /path/in/the/results/directory.ppm\"\n"
	"  lab-monitor --qmp '{\"execute\": \"query-status\"}'\n"
	"\n"
	"Each COMMAND is one line of QEMU's human monitor; its answer is printed. Paths are the\n"
	"host's, and the directory for results is at the same path on both sides. Each REQUEST is\n"
	"JSON as QEMU's control protocol has it.\n";

struct monitor {
	int port;
	unsigned sent;
	size_t len;
	char line[65536];
};

static void fail(const char *what) {
	fprintf(stderr, "lab-monitor: %s\n", what);
	exit(1);
}

/* The port can be open once only; who comes second waits. */
static void monitor_open(struct monitor *monitor) {
	int lock = open("/run/lab-monitor.lock", O_CREAT | O_RDWR | O_CLOEXEC, 0644);
	if (lock < 0 || flock(lock, LOCK_EX) != 0) {
		fail("the port's lock can't be taken");
	}
	monitor->port = open(
		"/dev/virtio-ports/org.latch.monitor", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (monitor->port < 0) {
		fail("this machine has no monitor");
	}
}

static void send_line(struct monitor *monitor, const char *text, size_t len) {
	while (len > 0) {
		ssize_t done = write(monitor->port, text, len);
		if (done < 0 && errno != EAGAIN) {
			fail("the monitor has gone");
		}
		text += done > 0 ? done : 0;
		len -= done > 0 ? (size_t)done : 0;
	}
}

/* In virtual time, sleeping until the host answers takes none of the host's time, but may take
 * seconds of ours: so this processor is kept busy until then. */
static void wait_for_host(struct monitor *monitor, bool busy) {
	struct pollfd pollfd = {.fd = monitor->port, .events = POLLIN};
	if (!busy) {
		poll(&pollfd, 1, -1);
	}
}

/* Returns a line, which the caller frees. */
static char *receive_line(struct monitor *monitor, bool busy) {
	char *end;
	while ((end = memchr(monitor->line, '\n', monitor->len)) == NULL) {
		if (monitor->len == sizeof(monitor->line)) {
			monitor->len = 0; // Longer than any answer.
		}
		ssize_t got = read(monitor->port, monitor->line + monitor->len,
			sizeof(monitor->line) - monitor->len);
		if (got == 0 || (got < 0 && errno != EAGAIN)) {
			fail("the monitor has gone");
		}
		if (got < 0) {
			wait_for_host(monitor, busy);
			continue;
		}
		monitor->len += (size_t)got;
	}
	const size_t len = (size_t)(end - monitor->line);
	char *line = strndup(monitor->line, len);
	if (line == NULL) {
		fail("out of memory");
	}
	monitor->len -= len + 1;
	memmove(monitor->line, end + 1, monitor->len);
	return line;
}

/* Takes the request and returns its answer, past events and what an earlier user left unread. */
static yyjson_doc *ask(struct monitor *monitor, yyjson_mut_doc *request) {
	const char *clock = getenv("LATCH_LAB_CLOCK");
	const bool busy = clock != NULL && strcmp(clock, "virtual") == 0;
	char mark[64];
	size_t len;
	snprintf(mark, sizeof(mark), "%d-%u", (int)getpid(), ++monitor->sent);
	yyjson_mut_obj_add_str(request, yyjson_mut_doc_get_root(request), "id", mark);
	char *text = yyjson_mut_write(request, YYJSON_WRITE_NEWLINE_AT_END, &len);
	if (text == NULL) {
		fail("out of memory");
	}
	send_line(monitor, text, len);
	free(text);
	yyjson_mut_doc_free(request);
	for (;;) {
		char *line = receive_line(monitor, busy);
		yyjson_doc *answer = yyjson_read(line, strlen(line), 0);
		free(line);
		const char *id = yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(answer), "id"));
		if (id != NULL && strcmp(id, mark) == 0) {
			return answer;
		}
		yyjson_doc_free(answer);
	}
}

static yyjson_mut_doc *request_of(const char *text) {
	yyjson_doc *doc = yyjson_read(text, strlen(text), 0);
	if (!yyjson_is_obj(yyjson_doc_get_root(doc))) {
		fail("a request is a JSON object");
	}
	yyjson_mut_doc *request = yyjson_doc_mut_copy(doc, NULL);
	yyjson_doc_free(doc);
	return request;
}

static yyjson_mut_doc *request_for(const char *command) {
	yyjson_mut_doc *request = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(request);
	yyjson_mut_val *arguments = yyjson_mut_obj(request);
	yyjson_mut_obj_add_str(request, arguments, "command-line", command);
	yyjson_mut_obj_add_str(request, root, "execute", "human-monitor-command");
	yyjson_mut_obj_add_val(request, root, "arguments", arguments);
	yyjson_mut_doc_set_root(request, root);
	return request;
}

/* The human monitor knows no status: what it says is a complaint, unless it was asked to show
 * something. */
static bool is_question(const char *command) {
	static const char *const questions[] = {"info", "help", "print", "x", "gpa2"};
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		if (strncmp(command, questions[i], strlen(questions[i])) == 0) {
			return true;
		}
	}
	return false;
}

/* Says what it means; returns whether it went well. */
static bool print_answer(yyjson_val *answer, const char *command, bool raw) {
	yyjson_val *error = yyjson_obj_get(answer, "error");
	yyjson_val *value = yyjson_obj_get(answer, "return");
	if (error != NULL) {
		const char *what = yyjson_get_str(yyjson_obj_get(error, "desc"));
		fprintf(stderr, "lab-monitor: %s\n", what != NULL ? what : "an unnamed error");
		return false;
	}
	if (raw) {
		char *text = yyjson_val_write(value, 0, NULL);
		puts(text != NULL ? text : "");
		free(text);
		return true;
	}
	const char *text = yyjson_get_str(value);
	if (text == NULL || text[0] == '\0') {
		return true;
	}
	for (const char *c = text; *c != '\0'; c++) {
		if (*c != '\r') {
			putchar(*c);
		}
	}
	return is_question(command);
}

int main(int argc, char **argv) {
	static struct monitor monitor;
	const bool raw = argc > 1 && strcmp(argv[1], "--qmp") == 0;
	const int first = raw ? 2 : 1;
	if (argc <= first || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0) {
		fputs(usage, argc > 1 && !raw ? stdout : stderr);
		return argc > 1 && !raw ? 0 : 2;
	}
	monitor_open(&monitor);
	/* Needed once in a machine's life; later it is an error of no effect. */
	yyjson_doc_free(ask(&monitor, request_of("{\"execute\": \"qmp_capabilities\"}")));
	bool ok = true;
	for (int i = first; i < argc; i++) {
		yyjson_doc *answer =
			ask(&monitor, raw ? request_of(argv[i]) : request_for(argv[i]));
		ok = print_answer(yyjson_doc_get_root(answer), argv[i], raw) && ok;
		yyjson_doc_free(answer);
	}
	return ok ? 0 : 1;
}
