/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the fuzzer's bytes mean. record.c writes them, run.c and request.c read them.
 *
 * An input is a row of operations. The first byte of each:
 *
 *   bits 0-3  the operation; values that are not below are requests too, as most ought to be
 *   bits 4-5  which of the clients
 *   bit 6     the request is not sent yet but with the next one of this client, in one write
 *   bit 7     the request is mangled
 *
 * Then, all numbers in little endian:
 *
 *   REQUEST   u16 object, u8 opcode, [u8 how it is mangled, u8 how much,] the arguments
 *   TIME      u8 milliseconds that pass
 *   POINTER   u8 what, u16 x, u16 y
 *   KEYS      u8 what, u8 which
 *   FENCE     u8 which, u8 what happens to it
 *   CLIENT    u8 what happens to it
 *   RAW       u8 length, so many bytes for the socket
 *
 * Object: the client's id; of the server's own, 0x8000 + what is above 0xff000000. One that is not
 * there, or is not of the interface that the argument has to be of, stands for any other. So an
 * input stays sensible when pieces of it are cut out, and a recording keeps all its ids.
 *
 * Arguments follow the signature in the object's wl_interface:
 *
 *   i u f     4 bytes. Some values of u stand for numbers that nobody can know beforehand, as
 *             serials: see below
 *   s         u8 length, the text without its 0; 255: null
 *   a         u8 length, bytes
 *   o         u16; 0: null
 *   n         u16; an id that can't be new stands for the lowest that can
 *   h         u8: bits 0-3 are an enum fuzz_fd, bits 4-7 its size: 4096 << n
 *
 * wl_registry.bind has the interface's name instead of the global's number, which is not the same
 * in each session: s name, u8 version, n. Version 0: any.
 */

enum fuzz_op {
	FUZZ_REQUEST = 0,
	FUZZ_TIME = 8,
	FUZZ_POINTER = 9,
	FUZZ_KEYS = 10,
	FUZZ_FENCE = 11,
	FUZZ_CLIENT = 12,
	FUZZ_RAW = 13,
};

#define FUZZ_OP_MASK 0x0f
#define FUZZ_CLIENT_SHIFT 4
#define FUZZ_CLIENTS 4
#define FUZZ_QUEUE 0x40
#define FUZZ_MANGLE 0x80

/** u: the number that this object told the client last, see told.h. */
#define FUZZ_TOLD_BY_OBJECT 0xfffffff0u
/** u: from here on, the n-th newest serial that the client was told. */
#define FUZZ_TOLD_RECENTLY 0xffffffe0u
#define FUZZ_TOLD_RECENT_COUNT 16u

#define FUZZ_SERVER_OBJECT 0x8000u
#define FUZZ_NULL_STRING 255u

/** Of fds that have a size: page << n, 16 MiB at most. */
#define FUZZ_PAGE 4096
#define FUZZ_MAX_SIZE_SHIFT 12

enum fuzz_fd {
	FUZZ_FD_MEMFD,
	FUZZ_FD_SEALED_MEMFD, /* against shrinking, as compositors like shm */
	FUZZ_FD_PIPE_READ,
	FUZZ_FD_PIPE_WRITE,
	FUZZ_FD_NULL, /* /dev/null */
	FUZZ_FD_DIRECTORY,
	FUZZ_FD_EVENTFD,
	FUZZ_FD_DMABUF,		/* idle */
	FUZZ_FD_PENDING_DMABUF, /* its writer's fence has not signalled */
	FUZZ_FD_PENDING_SYNC_FILE,
	FUZZ_FD_SYNC_FILE, /* signalled */
	FUZZ_FD_SYNCOBJ,
	FUZZ_FD_LISTENING_SOCKET,
	FUZZ_FD_SOCKET,
	FUZZ_FD_AGAIN, /* the newest fd that was sent: planes of one buffer, one timeline twice */
	FUZZ_FD_PATH,  /* O_PATH: no read, no write, no ioctl */
};

enum fuzz_pointer {
	FUZZ_POINTER_MOVE,
	FUZZ_POINTER_PRESS,
	FUZZ_POINTER_RELEASE,
	FUZZ_POINTER_SCROLL,
	FUZZ_POINTER_TOUCH_DOWN,
	FUZZ_POINTER_TOUCH_MOVE,
	FUZZ_POINTER_TOUCH_UP,
	FUZZ_POINTER_TOUCH_CANCEL,
	FUZZ_POINTER_COUNT,
};

enum fuzz_fence {
	FUZZ_FENCE_SIGNAL,
	FUZZ_FENCE_FAIL,
	FUZZ_FENCE_POINT,	/* of a timeline: signals */
	FUZZ_FENCE_MATERIALISE, /* of a timeline: the next point gets a fence */
	FUZZ_FENCE_TRUNCATE,	/* a memfd under its mapping */
	FUZZ_FENCE_HANG_UP,	/* the other end of a pipe or socket is closed */
	FUZZ_FENCE_COUNT,
};

enum fuzz_client {
	FUZZ_CLIENT_CONNECT,
	/* With a registry and each global bound. */
	FUZZ_CLIENT_EQUIP,
	/* By the newest listening socket that was sent, e.g. as a sandbox's. */
	FUZZ_CLIENT_CONNECT_SANDBOXED,
	/* Its socket is closed, as when the process dies. */
	FUZZ_CLIENT_DIE,
	/* It is still there but does not write any more. */
	FUZZ_CLIENT_SHUT,
	/* The server ends it. */
	FUZZ_CLIENT_KILL,
	FUZZ_CLIENT_COUNT,
};
