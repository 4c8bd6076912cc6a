/* Files that are embedded in the program, see clients/common/embed.py. Ended by a 0. */
#ifndef REPORT_ASSETS_H
#define REPORT_ASSETS_H

extern const char picture_style[]; /* style.css: of pictures, in a page or alone */
extern const char page_style[];	   /* page.css: of the page around them */
extern const char page_head[];	   /* head.html: up to the title */
extern const char timeline_place[]; /* timeline.html: where timeline.js draws */
extern const char timeline_script[];

#endif
