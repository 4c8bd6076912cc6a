#ifndef CLIENT_SCENE_GL_H
#define CLIENT_SCENE_GL_H

#include <GLES3/gl3.h>
#include <stdbool.h>

#include "scene.h"

struct scene_gl;

/** Compiles the programs in the current GLES 3 context. Returns NULL, having said why. */
struct scene_gl *scene_gl_create(const struct scene_options *options);

/** NULL is fine. The context of scene_gl_create() must be current. */
void scene_gl_destroy(struct scene_gl *scene);

/** Draws a frame into the framebuffer, whose first row in memory is the top of the picture. */
void scene_gl_draw(struct scene_gl *scene, GLuint framebuffer, uint32_t width, uint32_t height,
	uint32_t frame);

#endif
