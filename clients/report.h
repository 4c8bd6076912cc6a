#ifndef CLIENT_REPORT_H
#define CLIENT_REPORT_H

#include <stdbool.h>

#include "client.h"
#include "measure_report.h"

/* What a run was made of, and what came of it. The client has buffers; measured is NULL where
 * nothing was measured. */

/** Prints it for people, on standard output. */
void report_print(const struct client *client, const struct measure_report *measured);

/** Writes it as JSON into --json's file. Returns false, having said why. */
bool report_write_json(const struct client *client, const struct measure_report *measured);

#endif
