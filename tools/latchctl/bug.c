/* SPDX-License-Identifier: MIT */
#include "bug.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <wayland-client.h>

#include "archive.h"
#include "common/json.h"
#include "common/util.h"
#include "document.h"
#include "hide.h"
#include "kernel.h"
#include "latch-inspector-unstable-v2-client-protocol.h"
#include "options.h"
#include "session.h"

#define LOG_TAIL (64 * 1024)

struct bug {
	FILE *archive;
	struct secrets secrets;
	pid_t latch;
	int error; /* errno of the first write to the archive that failed; 0: none has */
};

static void add(struct bug *bug, const char *name, const char *text, size_t size) {
	if (bug->error != 0) {
		return;
	}
	if (archive_add(bug->archive, name, text, size)) {
		printf(" %s", name);
	} else {
		bug->error = errno;
	}
}

/* Adds a text in which secrets may be, and frees it. NULL: nothing is added. */
static void add_text(struct bug *bug, const char *name, char *text) {
	if (text != NULL) {
		secrets_hide(&bug->secrets, text);
		add(bug, name, text, strlen(text));
	}
	free(text);
}

/* Adds a document without its secrets, and frees it. */
static void add_document(struct bug *bug, const char *name, yyjson_mut_doc *doc) {
	size_t size = 0;
	secrets_take(&bug->secrets, yyjson_mut_doc_get_root(doc));
	char *text = yyjson_mut_write(
		doc, YYJSON_WRITE_PRETTY | YYJSON_WRITE_NEWLINE_AT_END, &size);
	if (text != NULL) {
		add(bug, name, text, size);
	}
	free(text);
	yyjson_mut_doc_free(doc);
}

static void add_list(struct bug *bug) {
	FILE *pipe = popen("latch --list=json 2>/dev/null", "re");
	char *text = pipe != NULL ? text_read(pipe) : NULL;
	if (pipe != NULL) {
		pclose(pipe);
	}
	yyjson_mut_doc *doc = text != NULL ? document_parse(text, strlen(text)) : NULL;
	if (doc != NULL) {
		add_document(bug, "list.json", doc);
	} else {
		say("latch --list=json says nothing");
	}
	free(text);
}

/* The last `tail` bytes of a regular file in the compositor's /proc/PID, with blanks for zeros.
 * NULL where it can't be read. */
static char *read_of_latch(const struct bug *bug, const char *name, long tail) {
	char path[64];
	struct stat is;
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)bug->latch, name);
	FILE *file = stat(path, &is) == 0 && S_ISREG(is.st_mode) ? fopen(path, "re") : NULL;
	char *text = file != NULL ? calloc((size_t)tail + 1, 1) : NULL;
	if (text != NULL) {
		fseek(file, is.st_size > tail ? -tail : 0, is.st_size > tail ? SEEK_END : SEEK_SET);
		const size_t length = fread(text, 1, (size_t)tail, file);
		for (size_t i = 0; i < length; i++) {
			text[i] = text[i] != '\0' ? text[i] : ' ';
		}
	}
	if (file != NULL) {
		fclose(file);
	}
	return text;
}

static void add_versions(struct bug *bug) {
	yyjson_mut_val *root;
	yyjson_mut_doc *doc = json_create(&root);
	struct utsname kernel;
	uname(&kernel);
	yyjson_mut_obj_add_str(doc, root, "latchctl", LATCH_VERSION);
	yyjson_mut_obj_add_str(doc, root, "kernel", kernel.release);
	yyjson_mut_obj_add_str(doc, root, "machine", kernel.machine);
	char *command = read_of_latch(bug, "cmdline", 4096);
	FILE *release = fopen("/etc/os-release", "re");
	char *system = release != NULL ? text_read(release) : NULL;
	if (release != NULL) {
		fclose(release);
	}
	if (command != NULL) {
		secrets_hide(&bug->secrets, command);
	}
	yyjson_mut_obj_add_str(doc, root, "command", command);
	yyjson_mut_obj_add_str(doc, root, "system", system);
	add_document(bug, "versions.json", doc);
	free(command);
	free(system);
}

static bool add_trace(struct bug *bug, struct session *session, uint32_t last_ms) {
	int fd = memfd_create("latch-bug", MFD_CLOEXEC);
	struct stat is;
	if (fd < 0 || !session_record(session, fd, last_ms) || fstat(fd, &is) != 0) {
		latch_fd_clear(&fd);
		return false;
	}
	char *text = is.st_size > 0
			     ? mmap(NULL, (size_t)is.st_size, PROT_READ, MAP_PRIVATE, fd, 0)
			     : MAP_FAILED;
	close(fd);
	if (text != MAP_FAILED) {
		add(bug, "trace.json", text, (size_t)is.st_size);
		munmap(text, (size_t)is.st_size);
	}
	return true;
}

static void add_states(struct bug *bug, yyjson_mut_val *planes) {
	size_t i, len;
	yyjson_mut_val *output;
	char done[64] = "";
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(planes, "outputs"), i, len, output) {
		const char *node = get_text(output, "/device/node"), *base = strrchr(node, '/');
		char name[64];
		if (base == NULL || strcmp(done, node) == 0) {
			continue;
		}
		snprintf(done, sizeof(done), "%s", node);
		snprintf(name, sizeof(name), "state-%s.txt", base + 1);
		add_text(bug, name, kernel_state_read(node));
	}
}

static bool add_answers(struct bug *bug, struct session *session) {
	static const char *const names[] = {
		[ZLATCH_INSPECTOR_V2_SUBJECT_PLANES] = "planes.json",
		[ZLATCH_INSPECTOR_V2_SUBJECT_HELD] = "held.json",
		[ZLATCH_INSPECTOR_V2_SUBJECT_STATISTICS] = "statistics.json",
	};
	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		yyjson_mut_doc *doc = session_ask(session, i);
		if (doc == NULL) {
			return false;
		}
		if (i == ZLATCH_INSPECTOR_V2_SUBJECT_PLANES) {
			add_states(bug, yyjson_mut_doc_get_root(doc));
		}
		add_document(bug, names[i], doc);
	}
	return true;
}

/* The names of those who run latch and this program, and the home folder. */
static void know_user(struct secrets *secrets) {
	const struct passwd *user = getpwuid(getuid());
	secrets_add(secrets, getenv("HOME"));
	secrets_add(secrets, getuid() != 0 && user != NULL ? user->pw_name : NULL);
	secrets_add(secrets, getenv("SUDO_USER"));
}

bool bug_run(struct session *session, const struct latchctl_options *options) {
	const char *path = options->file != NULL ? options->file : "latch-bug.tar";
	struct bug bug = {
		.archive = fopen(path, "we"), .secrets.titles_are_fine = options->titles};
	struct ucred peer = {0};
	socklen_t size = sizeof(peer);
	if (bug.archive == NULL) {
		return failed(false, "%s can't be written: %s", path, strerror(errno));
	}
	getsockopt(wl_display_get_fd(session->display), SOL_SOCKET, SO_PEERCRED, &peer, &size);
	bug.latch = peer.pid;
	know_user(&bug.secrets);
	printf("%s:", path);
	/* The documents first: with them it is known what has to be hidden in the texts. */
	add_list(&bug);
	bool ok = add_answers(&bug, session) &&
		  add_trace(&bug, session, latchctl_last_ms(options));
	add_versions(&bug);
	char *log = read_of_latch(&bug, "fd/2", LOG_TAIL);
	if (log == NULL) {
		say("latch's log goes to no file that can be read: please add it");
	}
	add_text(&bug, "log.txt", log);
	puts("");
	if (bug.error == 0 && !archive_end(bug.archive)) {
		bug.error = errno;
	}
	if (fclose(bug.archive) != 0 && bug.error == 0) {
		bug.error = errno;
	}
	if (bug.error != 0) {
		ok = failed(false, "%s can't be written: %s", path, strerror(bug.error));
	}
	secrets_finish(&bug.secrets);
	return ok;
}
