#include "limits/holder.h"

#include <stdlib.h>

#include "limits/security.h"

struct latch_holder *latch_holder_get(
	struct wl_list *holders, struct wl_client *client, pid_t pid) {
	uint64_t sandbox = latch_security_sandbox(client);
	struct latch_holder *holder;
	wl_list_for_each(holder, holders, link) {
		if (holder->sandbox == sandbox && (sandbox != 0 || holder->pid == pid)) {
			holder->accounts++;
			return holder;
		}
	}
	holder = calloc(1, sizeof(*holder));
	if (holder != NULL) {
		*holder = (struct latch_holder){.pid = pid, .sandbox = sandbox, .accounts = 1};
		wl_list_insert(holders, &holder->link);
	}
	return holder;
}

void latch_holder_put(struct latch_holder *holder) {
	if (holder != NULL && --holder->accounts == 0) {
		wl_list_remove(&holder->link);
		free(holder);
	}
}

void latch_holders_forget(struct wl_list *holders) {
	struct latch_holder *holder, *tmp;
	wl_list_for_each_safe(holder, tmp, holders, link) {
		wl_list_remove(&holder->link);
		wl_list_init(&holder->link);
	}
}
