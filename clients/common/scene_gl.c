#include "scene_gl.h"

#include <stdlib.h>

#include "util.h"

/*
 * Framebuffers of dma-bufs have no flip on their way to the screen: GL's row 0 is the first row
 * in memory, hence the top. All coordinates here count from there, in pixels.
 */

/* One triangle that covers everything; positions come from the vertex number. */
static const char cover_vertex[] =
	"#version 300 es\n"
	"void main() {\n"
	"	vec2 corner = vec2(float((gl_VertexID & 1) << 2), float((gl_VertexID & 2) << 1));\n"
	"	gl_Position = vec4(corner - 1.0, 0.0, 1.0);\n"
	"}\n";

/* The same integers as pattern.c; n / 255.0 is stored as exactly n in eight bits. */
static const char pattern_fragment[] =
	"#version 300 es\n"
	"precision highp float;\n"
	"precision highp int;\n"
	"uniform uint frame;\n"
	"out vec4 color;\n"
	"void main() {\n"
	"	uvec2 p = uvec2(gl_FragCoord.xy);\n"
	"	uvec3 rgb;\n"
	"	if (p.y < 8u && p.x < 256u) {\n"
	"		rgb = uvec3((frame >> (p.x / 8u) & 1u) * 255u);\n"
	"	} else {\n"
	"		uint high = (p.x >> 8 & 15u) | (p.y >> 8 & 15u) << 4;\n"
	"		rgb = uvec3(p.x & 255u, p.y & 255u, high ^ (frame * 29u & 255u));\n"
	"	}\n"
	"	color = vec4(vec3(rgb) / 255.0, 1.0);\n"
	"}\n";

/*
 * A dusk with a glow behind the floor's edge, and a vignette. The colours are worked out at the
 * corners of a mesh and only interpolated in between: software renderers pay for each pixel.
 */
#define MESH_COLUMNS 16
#define MESH_ROWS 64
#define MESH_VERTICES ((MESH_COLUMNS + 1) * 2)

/* One instance is one row of the mesh, a strip from left to right. */
static const char background_vertex[] =
	"#version 300 es\n"
	"uniform float floor_y;\n"
	"out vec3 dusk;\n"
	"void main() {\n"
	"	vec2 at = vec2(float(gl_VertexID >> 1) / 16.0,\n"
	"	               float(gl_InstanceID + (gl_VertexID & 1)) / 64.0);\n"
	"	float far = at.y - floor_y;\n"
	"	float side = at.x - 0.5;\n"
	"	float glow = exp(-far * far * (far > 0.0 ? 60.0 : 22.0) - side * side * 5.0);\n"
	"	vec3 c = mix(vec3(0.030, 0.042, 0.115), vec3(0.105, 0.090, 0.190), at.y);\n"
	"	c *= 1.0 - 0.38 * smoothstep(0.0, 0.08, far);\n"
	"	c += glow * vec3(0.34, 0.17, 0.27);\n"
	"	c *= 1.0 - 0.9 * dot(at - 0.5, at - 0.5);\n"
	"	dusk = c;\n"
	"	gl_Position = vec4(at * 2.0 - 1.0, 0.0, 1.0);\n"
	"}\n";

/* A dither of less than one step of eight bits keeps the gradient from banding. `load` adds
 * arithmetic whose result the compiler can't foresee and the eye can't see. */
static const char background_fragment[] =
	"#version 300 es\n"
	"precision highp float;\n"
	"precision highp int;\n"
	"uniform int load;\n"
	"in vec3 dusk;\n"
	"out vec4 color;\n"
	"void main() {\n"
	"	ivec2 p = ivec2(gl_FragCoord.xy);\n"
	"	float dither = float(((p.x ^ p.y) & 1) * 2 + (p.y & 1)) * 0.25 - 0.375;\n"
	"	for (int i = 0; i < load; i++)\n"
	"		dither = fract(sin(dither * 91.3458 + dusk.x) * 47453.5453) - 0.5;\n"
	"	color = vec4(dusk + dither / 255.0, 1.0);\n"
	"}\n";

static const char ball_vertex[] =
	"#version 300 es\n"
	"uniform vec2 size;\n"
	"uniform float floor_y;\n"
	"uniform bool mirrored;\n"
	"uniform vec4 place[44];\n"
	"uniform vec4 tint[44];\n"
	"out vec2 uv;\n"
	"flat out vec3 albedo;\n"
	"flat out float radius;\n"
	"flat out float depth;\n"
	"void main() {\n"
	"	vec4 ball = place[gl_InstanceID];\n"
	"	vec2 corner = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1)) * 2.0 - 1.0;\n"
	"	uv = corner * (1.0 + 1.0 / ball.z);\n"
	"	vec2 at = ball.xy + uv * ball.z;\n"
	"	if (mirrored)\n"
	"		at.y = floor_y + (floor_y - at.y) * 0.35;\n"
	"	albedo = tint[gl_InstanceID].rgb;\n"
	"	radius = ball.z;\n"
	"	depth = ball.w;\n"
	"	gl_Position = vec4(at / size * 2.0 - 1.0, 0.0, 1.0);\n"
	"}\n";

/* A ball is a square whose normals are known; its rim fades over one pixel. */
static const char ball_fragment[] =
	"#version 300 es\n"
	"precision highp float;\n"
	"uniform bool mirrored;\n"
	"uniform float floor_y;\n"
	"uniform vec2 size;\n"
	"in vec2 uv;\n"
	"flat in vec3 albedo;\n"
	"flat in float radius;\n"
	"flat in float depth;\n"
	"out vec4 color;\n"
	"void main() {\n"
	"	float square = dot(uv, uv);\n"
	"	float cover = clamp((1.0 - sqrt(square)) * radius + 0.5, 0.0, 1.0);\n"
	"	if (cover <= 0.0)\n"
	"		discard;\n"
	"	vec3 n = vec3(uv, sqrt(max(1.0 - square, 0.0)));\n"
	"	const vec3 light = vec3(-0.451, -0.621, 0.641);\n"
	"	const vec3 halfway = vec3(-0.249, -0.343, 0.906);\n"
	"	float lambert = max(dot(n, light), 0.0);\n"
	"	float shine = pow(max(dot(n, normalize(light + vec3(0.0, 0.0, 1.0))), 0.0), "
	"60.0);\n"
	"	float rim = pow(1.0 - n.z, 3.0);\n"
	"	vec3 sky = mix(vec3(0.36, 0.24, 0.34), vec3(0.16, 0.20, 0.36), 0.5 - 0.5 * n.y);\n"
	"	vec3 linear = albedo * albedo * (lambert + sky * 0.75);\n"
	"	linear += shine * 0.55 + rim * vec3(0.30, 0.16, 0.24);\n"
	"	vec3 c = sqrt(linear);\n"
	"	c = mix(vec3(0.12, 0.11, 0.20), c, 0.42 + 0.58 * depth);\n"
	"	if (mirrored) {\n"
	"		float below = (gl_FragCoord.y - floor_y) / (size.y - floor_y);\n"
	"		cover *= below <= 0.0 ? 0.0 : 0.26 * max(1.0 - below, 0.0);\n"
	"	}\n"
	"	color = vec4(c * cover, cover);\n"
	"}\n";

struct scene_gl {
	struct scene_options options;
	GLuint vertex_array;
	GLuint cover; /* the program of the whole picture; none for one colour */
	GLint cover_frame, cover_floor, cover_load;
	GLuint ball;
	GLint ball_size, ball_floor, ball_mirrored, ball_place, ball_tint;
};

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

struct scene_gl *scene_gl_create(const struct scene_options *options) {
	struct scene_gl *scene = calloc(1, sizeof(*scene));
	if (!scene) {
		return NULL;
	}
	*scene = (struct scene_gl){.options = *options};
	glGenVertexArrays(1, &scene->vertex_array);
	if (options->picture == PICTURE_SOLID) {
		return scene;
	}

	bool balls = options->picture == PICTURE_SCENE;
	scene->cover = balls ? link_program(background_vertex, background_fragment)
			     : link_program(cover_vertex, pattern_fragment);
	if (!scene->cover) {
		goto error;
	}
	scene->cover_frame = glGetUniformLocation(scene->cover, "frame");
	scene->cover_floor = glGetUniformLocation(scene->cover, "floor_y");
	scene->cover_load = glGetUniformLocation(scene->cover, "load");
	if (!balls) {
		return scene;
	}

	scene->ball = link_program(ball_vertex, ball_fragment);
	if (!scene->ball) {
		goto error;
	}
	scene->ball_size = glGetUniformLocation(scene->ball, "size");
	scene->ball_floor = glGetUniformLocation(scene->ball, "floor_y");
	scene->ball_mirrored = glGetUniformLocation(scene->ball, "mirrored");
	scene->ball_place = glGetUniformLocation(scene->ball, "place");
	scene->ball_tint = glGetUniformLocation(scene->ball, "tint");
	return scene;

error:
	scene_gl_destroy(scene);
	return NULL;
}

void scene_gl_destroy(struct scene_gl *scene) {
	if (!scene) {
		return;
	}
	glDeleteProgram(scene->ball);
	glDeleteProgram(scene->cover);
	glDeleteVertexArrays(1, &scene->vertex_array);
	free(scene);
}

static void draw_balls(struct scene_gl *scene, uint32_t width, uint32_t height, uint32_t frame) {
	struct ball balls[SCENE_BALLS];
	scene_layout(width, height, frame, balls);
	GLfloat place[SCENE_BALLS][4], tint[SCENE_BALLS][4];
	for (size_t i = 0; i < SCENE_BALLS; i++) {
		const struct ball *ball = &balls[i];
		place[i][0] = ball->x;
		place[i][1] = ball->y;
		place[i][2] = ball->radius;
		place[i][3] = ball->depth;
		tint[i][0] = ball->red;
		tint[i][1] = ball->green;
		tint[i][2] = ball->blue;
		tint[i][3] = 1.0f;
	}
	glUseProgram(scene->ball);
	glUniform2f(scene->ball_size, (float)width, (float)height);
	glUniform1f(scene->ball_floor, scene_floor(height));
	glUniform4fv(scene->ball_place, SCENE_BALLS, &place[0][0]);
	glUniform4fv(scene->ball_tint, SCENE_BALLS, &tint[0][0]);
	glEnable(GL_BLEND);
	glBlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
	for (GLint mirrored = 1; mirrored >= 0; mirrored--) {
		glUniform1i(scene->ball_mirrored, mirrored);
		glDrawArraysInstanced(GL_TRIANGLE_STRIP, 0, 4, SCENE_BALLS);
	}
	glDisable(GL_BLEND);
}

static void clear_to(uint32_t color) {
	glClearColor((float)(color >> 16 & 255) / 255.0f, (float)(color >> 8 & 255) / 255.0f,
		(float)(color & 255) / 255.0f, 1.0f);
	glClear(GL_COLOR_BUFFER_BIT);
}

void scene_gl_draw(struct scene_gl *scene, GLuint framebuffer, uint32_t width, uint32_t height,
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
		glUniform1ui(scene->cover_frame, frame);
		glDrawArrays(GL_TRIANGLES, 0, 3);
		return;
	}
	glUniform1f(scene->cover_floor, scene_floor(height) / (float)height);
	glUniform1i(scene->cover_load, (GLint)scene->options.load);
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
