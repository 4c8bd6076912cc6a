#ifndef LATCH_LIMITS_CLIENT_SOURCE_H
#define LATCH_LIMITS_CLIENT_SOURCE_H

struct wl_client;
struct wl_event_loop;
struct wl_event_source;

/**
 * Returns the event source by which libwayland reads the client's requests, borrowed as long as the
 * client lives; NULL if it can't be found. For wl_event_source_fd_update(): libwayland itself has
 * no way to let one client wait.
 *
 * It is asked of the kernel: libwayland registers sources with epoll under their own address
 * (epoll_event.data.ptr), and /proc/self/fdinfo tells of each registered file what it was
 * registered with (Documentation/filesystems/proc.rst, "Eventpoll files"). One file is read: not
 * for every frame.
 *
 * It relies on what libwayland 1.26 and those before it do inside, and can go when libwayland can
 * pause a client. Where it finds nothing, no client is made to wait: one that floods latch with
 * requests delays the others.
 */
struct wl_event_source *latch_client_source_find(
	struct wl_event_loop *loop, struct wl_client *client);

#endif
