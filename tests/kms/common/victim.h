/*
 * A client of good manners beside the one that is tested: a small window, a new frame at every
 * refresh. What it sees shows whether the others are disturbed.
 */
#ifndef TESTS_KMS_VICTIM_H
#define TESTS_KMS_VICTIM_H

#include <stdint.h>
#include <sys/types.h>

struct victim {
	pid_t pid;
	struct victim_counts *counts; // shared with its process
};

/** What it has seen so far. */
struct victim_counts {
	int presented;
	int missed;	    // refreshes without a new frame of its own
	int64_t longest_ns; // between two of its frames
};

/** Starts it in a process of its own, and waits for its tenth frame. */
void victim_start(struct victim *victim);

/** Ends it. Fails the case if it has failed. */
void victim_stop(struct victim *victim);

/** What it has seen since the last call. */
struct victim_counts victim_take(struct victim *victim);

/** Fails the case unless it is presented at least this often in the next 250 ms. */
void victim_check_alive(struct victim *victim, int least);

#endif
