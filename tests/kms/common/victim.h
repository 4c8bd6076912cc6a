/*
 * A client of good manners beside the one that is tested, one for each case: a small window, a new
 * frame at every refresh. What it sees shows whether the others are disturbed.
 */
#ifndef TESTS_KMS_VICTIM_H
#define TESTS_KMS_VICTIM_H

#include <stdint.h>

/** What it has seen so far. */
struct victim_counts {
	int presented;
	int missed;	    // refreshes without a new frame of its own
	int64_t longest_ns; // between two of its frames
};

/** Starts it in a process of its own, and waits for its tenth frame. */
void victim_start(void);

/** Ends it. Fails the case if it has failed. */
void victim_stop(void);

/** What it has seen since the last call. */
struct victim_counts victim_take(void);

/** Fails the case unless it is presented at least this often in the next 250 ms. */
void victim_check_alive(int least);

#endif
