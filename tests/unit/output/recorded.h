#ifndef R
#define R
#include <stddef.h>
struct recorded_flip { int64_t submit_end_ns, flip_ns; };
struct recording { const char *name; int64_t refresh_ns; const struct recorded_flip *flips; size_t len; };
static const struct recording recordings[] = {{"x",1,NULL,0}};
#endif
