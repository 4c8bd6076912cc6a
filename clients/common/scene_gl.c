/* SPDX-License-Identifier: MIT */
#include <GLES3/gl3.h>
#include <string.h>

#include "scene.h"
#include "util.h"

/*
 * Framebuffers of dma-bufs have no flip on their way to the screen: GL's row 0 is the first row
 * in memory, hence the top. All coordinates here count from there, in pixels.
 */

/* Files of shaders/, see embed.py. */
extern const char cover_vertex[], pattern_fragment[];
extern const char background_vertex[], background_fragment[];
extern const char ball_vertex[], ball_fragment[];

/* Of the mesh that background.vert is for. */
#define MESH_COLUMNS 16
#define MESH_ROWS 64
#define MESH_VERTICES ((MESH_COLUMNS + 1) * 2)

static GLuint compile(GLenum type, const char *source) {
	GLuint shader = glCreateShader(type);
	glShaderSource(shader, 1, &source, NULL);
	glCompileShader(shader);
	GLint ok = GL_FALSE;
	glGetShaderiv(shader, GL_COMPILE_STATUS, &ok);
	if (ok) {
		return shader;
	}
	char log[512] = "";
	glGetShaderInfoLog(shader, sizeof(log), NULL, log);
	say("the GL driver refuses a shader: %s", log);
	glDeleteShader(shader);
	return 0;
}

static GLuint link_program(const char *vertex_source, const char *fragment_source) {
	GLuint program = 0;
	GLuint vertex = compile(GL_VERTEX_SHADER, vertex_source);
	GLuint fragment = vertex ? compile(GL_FRAGMENT_SHADER, fragment_source) : 0;
	if (fragment) {
		program = glCreateProgram();
		glAttachShader(program, vertex);
		glAttachShader(program, fragment);
		glLinkProgram(program);
		GLint ok = GL_FALSE;
		glGetProgramiv(program, GL_LINK_STATUS, &ok);
		if (!ok) {
			char log[512] = "";
			glGetProgramInfoLog(program, sizeof(log), NULL, log);
			say("the GL driver refuses a program: %s", log);
			glDeleteProgram(program);
			program = 0;
		}
	}
	/* 0 is ignored; the others live on inside the program. */
	glDeleteShader(vertex);
	glDeleteShader(fragment);
	return program;
}

bool scene_gl_init(struct scene_gl *scene, const struct scene_options *options) {
	*scene = (struct scene_gl){.options = *options};
	glGenVertexArrays(1, &scene->vertex_array);
	if (options->picture == PICTURE_SOLID) {
		return true;
	}

	bool balls = options->picture == PICTURE_SCENE;
	scene->cover = balls ? link_program(background_vertex, background_fragment)
			     : link_program(cover_vertex, pattern_fragment);
	scene->ball = scene->cover && balls ? link_program(ball_vertex, ball_fragment) : 0;
	return scene->cover && (!balls || scene->ball);
}

void scene_gl_finish(struct scene_gl *scene) {
	if (scene->vertex_array) {
		glDeleteProgram(scene->ball);
		glDeleteProgram(scene->cover);
		glDeleteVertexArrays(1, &scene->vertex_array);
	}
}

static GLint uniform(GLuint program, const char *name) {
	return glGetUniformLocation(program, name);
}

static void draw_balls(struct scene_gl *scene, uint32_t width, uint32_t height, uint32_t frame) {
	struct ball balls[SCENE_BALLS];
	scene_layout(width, height, frame, balls);
	GLfloat place[SCENE_BALLS][4], tint[SCENE_BALLS][4];
	for (size_t i = 0; i < SCENE_BALLS; i++) {
		const struct ball *ball = &balls[i];
		memcpy(place[i], (GLfloat[]){ball->x, ball->y, ball->radius, ball->depth},
			sizeof(place[i]));
		memcpy(tint[i], (GLfloat[]){ball->red, ball->green, ball->blue, 1.0f},
			sizeof(tint[i]));
	}
	glUseProgram(scene->ball);
	glUniform2f(uniform(scene->ball, "size"), (float)width, (float)height);
	glUniform1f(uniform(scene->ball, "floor_y"), scene_floor(height));
	glUniform4fv(uniform(scene->ball, "place"), SCENE_BALLS, &place[0][0]);
	glUniform4fv(uniform(scene->ball, "tint"), SCENE_BALLS, &tint[0][0]);
	glEnable(GL_BLEND);
	glBlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
	for (GLint mirrored = 1; mirrored >= 0; mirrored--) {
		glUniform1i(uniform(scene->ball, "mirrored"), mirrored);
		glDrawArraysInstanced(GL_TRIANGLE_STRIP, 0, 4, SCENE_BALLS);
	}
	glDisable(GL_BLEND);
}

static void clear_to(uint32_t color) {
	glClearColor((float)(color >> 16 & 255) / 255.0f, (float)(color >> 8 & 255) / 255.0f,
		(float)(color & 255) / 255.0f, 1.0f);
	glClear(GL_COLOR_BUFFER_BIT);
}

void scene_gl_draw(struct scene_gl *scene, unsigned framebuffer, uint32_t width, uint32_t height,
	uint32_t frame) {
	glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
	glViewport(0, 0, (GLsizei)width, (GLsizei)height);
	glBindVertexArray(scene->vertex_array);
	if (scene->options.picture == PICTURE_SOLID) {
		clear_to(scene->options.solid);
		return;
	}

	glUseProgram(scene->cover);
	if (scene->options.picture == PICTURE_PATTERN) {
		glUniform1ui(uniform(scene->cover, "frame"), frame);
		glDrawArrays(GL_TRIANGLES, 0, 3);
		return;
	}
	glUniform1f(uniform(scene->cover, "floor_y"), scene_floor(height) / (float)height);
	glUniform1i(uniform(scene->cover, "load"), (GLint)scene->options.load);
	glDrawArraysInstanced(GL_TRIANGLE_STRIP, 0, MESH_VERTICES, MESH_ROWS);
	draw_balls(scene, width, height, frame);

	struct mark marks[SCENE_MARKS];
	size_t num = scene_marks(width, height, frame, marks);
	glEnable(GL_SCISSOR_TEST);
	for (size_t i = 0; i < num; i++) {
		glScissor(marks[i].x, marks[i].y, marks[i].width, marks[i].height);
		clear_to(marks[i].color);
	}
	glDisable(GL_SCISSOR_TEST);
}
