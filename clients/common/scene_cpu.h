#ifndef CLIENT_SCENE_CPU_H
#define CLIENT_SCENE_CPU_H

#include "dmabuf.h"
#include "scene.h"

/** Draws a frame into buf->map: linear, 32 bits a pixel, XRGB8888 or ARGB8888. Call it between
 * dmabuf_begin_cpu() and dmabuf_end_cpu(). */
void scene_cpu_draw(const struct scene_options *options, const struct dmabuf *buf, uint32_t frame);

#endif
