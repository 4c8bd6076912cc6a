/* SPDX-License-Identifier: MIT */
/* The pictures of a report, as SVG, and the files of its pages. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct latch_surface_row;
struct run;

/*
 * Each writes an svg element for a page that has style.css. Some return false when memory is out;
 * whether the file took it all is for the caller to ask.
 */

/** A frame's life: percentiles of each stage, stacked, per surface that was shown. */
bool picture_life(FILE *file, const struct run *run);

/** How long a stage of the table took, as a histogram with percentiles marked. */
void picture_histogram(
	FILE *file, const struct run *run, const struct latch_surface_row *row, unsigned stage);

/** Missed vblanks over time, stacked by cause. Writes nothing when none was missed. */
bool picture_missed(FILE *file, const struct run *run);

/** How many layers of an output were on planes and how many composed, over time. */
void picture_layers(FILE *file, const struct run *run, uint32_t output_id);

/** Which surface was on which plane of an output, over time. */
bool picture_planes(FILE *file, const struct run *run, uint32_t output_id);

/** The colour of a surface in picture_planes(), and of a cause in picture_missed(). */
unsigned picture_surface_colour(const struct run *run, uint32_t surface_id);
unsigned picture_cause_colour(const char *cause);

/* Files that are embedded in the program, see clients/common/embed.py. Ended by a 0. */
extern const char picture_style[];  /* style.css: of pictures, in a page or alone */
extern const char page_style[];	    /* page.css: of the page around them */
extern const char page_head[];	    /* head.html: up to the title */
extern const char timeline_place[]; /* timeline.html: where timeline.js draws */
extern const char timeline_script[];
