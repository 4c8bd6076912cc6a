/* SPDX-License-Identifier: MIT */
/*
 * What a test program of the lab is made of: cases, each run in a process of its own with a
 * time limit, each printing one TAP line without a number (the job counts them). With the headers
 * that most of them want.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

struct test_case {
	const char *name;
	void (*run)(int value);
	/** For what is done in several ways: which. */
	int value;
	/** 0: 20 s. */
	int limit_s;
};

/** A program's cases, and one without a name. main() is main.c's. */
extern const struct test_case test_cases[];

/**
 * Runs the cases whose names contain one of the arguments (all without any) and prints TAP.
 *
 * @param cases the last one has no name
 * @return the program's exit status: 0 when none failed
 */
int test_main(int argc, char **argv, const struct test_case *cases);

/** Ends the case: "not ok", with this reason. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Ends the case: "ok ... # SKIP" with this reason. */
_Noreturn void skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** A line for the reader of the log. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define CHECK(condition, ...)                                                                      \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fail(__VA_ARGS__);                                                         \
		}                                                                                  \
	} while (0)

#define MS INT64_C(1000000)

/** Whether time says something about latch: in the lab's virtual time, and without sanitizers, a
 * case may demand what the protocol allows latch at its best. Else the computer's load is in each
 * figure: those are told, and order alone is judged. */
bool time_is_exact(void);

void sleep_ms(int ms);
