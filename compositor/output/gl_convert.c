/* SPDX-License-Identifier: MIT */
/*
 * Another display's colours by GL: wlroots' gles2 renderer draws numbers as they are, so they are
 * made the output's before, in a buffer of our own.
 */
#include <EGL/egl.h>
#include <GLES2/gl2.h>
#include <GLES2/gl2ext.h>
#include <drm_fourcc.h>
#include <wlr/render/allocator.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/egl.h>
#include <wlr/render/gles2.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/render/wlr_texture.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/log.h>

#include "output/convert.h"
#include "output/renderer.h"
#include "output/texture.h"

static const char vertex_source[] = "attribute vec2 at;\n"
				    "varying vec2 from;\n"
				    "void main() {\n"
				    "	from = at;\n"
				    "	gl_Position = vec4(at * 2.0 - 1.0, 0.0, 1.0);\n"
				    "}\n";

/* As lib/color/curve.c has them; kind is enum color_transfer. White and black of a power are those
 * of (1 + offset) and offset. */
static const char fragment_source[] =
	"#ifdef GL_FRAGMENT_PRECISION_HIGH\n"
	"precision highp float;\n"
	"#else\n"
	"precision mediump float;\n"
	"#endif\n"
	"varying vec2 from;\n"
	"uniform SAMPLER pixels;\n"
	"uniform float has_alpha;\n"
	"uniform mat3 matrix;\n"
	"uniform vec3 in_curve, out_curve;\n" // kind, exponent, offset
	"uniform vec2 tone;\n" // as color_conversion.tone_from and tone_to
	"float scale(vec3 c) { return pow(1.0 + c.z, c.y) - pow(c.z, c.y); }\n"
	"vec3 eotf(vec3 c, vec3 v) {\n"
	"	if (c.x == 1.0) return mix(pow((v + 0.055) / 1.055, vec3(2.4)), v / 12.92,\n"
	"		vec3(lessThanEqual(v, vec3(0.04045))));\n"
	"	if (c.x == 2.0 || c.x == 3.0)\n"
	"		return (pow(v + c.z, vec3(c.y)) - pow(c.z, c.y)) / scale(c);\n"
	"	if (c.x == 4.0) {\n" // v^(1 / m2) is near 1: what counts is how near
	"		vec3 t = log2(max(v, 1e-6)) * (0.6931472 / 78.84375);\n"
	"		vec3 e = t * (1.0 + t * (0.5 + t * (1.0 / 6.0 + t * (1.0 / 24.0 + t / "
	"120.0))));\n"
	"		return pow(max(0.1640625 + e, 0.0) / (0.1640625 - 18.6875 * e),\n"
	"			vec3(6.2773946));\n"
	"	}\n"
	"	return v;\n"
	"}\n"
	"vec3 encode(vec3 c, vec3 l) {\n"
	"	if (c.x == 1.0) return mix(1.055 * pow(l, vec3(1.0 / 2.4)) - 0.055, l * 12.92,\n"
	"		vec3(lessThanEqual(l, vec3(0.0031308))));\n"
	"	if (c.x == 2.0 || c.x == 3.0)\n"
	"		return pow(l * scale(c) + pow(c.z, c.y), vec3(1.0 / c.y)) - c.z;\n"
	"	if (c.x == 4.0) {\n"
	"		vec3 r = pow(l, vec3(0.1593017578125));\n"
	"		return pow((0.8359375 + 18.8515625 * r) / (1.0 + 18.6875 * r), "
	"vec3(78.84375));\n"
	"	}\n"
	"	return l;\n"
	"}\n"
	"vec3 tone_map(vec3 l, float v) {\n" // color_tone_gain()
	"	float most = tone.y / tone.x, knee = 1.5 * most - 0.5;\n"
	"	float t = (min(v / tone.x, 1.0) - knee) / (1.0 - knee);\n"
	"	if (v <= 0.0 || t < 0.0) return l;\n"
	"	float e = ((2.0 * t - 3.0) * t * t + 1.0) * knee\n"
	"		+ ((t - 2.0) * t + 1.0) * t * (1.0 - knee)\n"
	"		+ (3.0 - 2.0 * t) * t * t * most;\n"
	"	return l * (eotf(in_curve, vec3(e * tone.x)) / eotf(in_curve, vec3(v))).x;\n"
	"}\n"
	/* PQ's levels of 8 bits can be seen: an ordered dither, as in lib/color/table.c. */
	"float quarter(vec2 at) { return fract(at.x * 0.5 + at.y * at.y * 0.75); }\n"
	"float dither() {\n"
	"	vec2 at = mod(floor(gl_FragCoord.xy), 4.0);\n"
	"	return quarter(floor(at * 0.5)) * 0.25 + quarter(at) - 0.46875;\n"
	"}\n"
	"void main() {\n"
	"	vec4 pixel = texture2D(pixels, from);\n"
	"	float alpha = mix(1.0, pixel.a, has_alpha);\n"
	"	vec3 v = alpha > 0.0 ? clamp(pixel.rgb / alpha, 0.0, 1.0) : vec3(0.0);\n"
	"	vec3 light = eotf(in_curve, v);\n"
	"	if (tone.x > 0.0) light = tone_map(light, max(max(v.r, v.g), v.b));\n"
	"	light = matrix * light;\n"
	"	vec3 shown = encode(out_curve, clamp(light, 0.0, 1.0));\n"
	"	if (out_curve.x == 4.0) shown += dither() / 255.0;\n"
	"	gl_FragColor = vec4(shown * alpha, alpha);\n"
	"}\n";

static GLuint compile(GLenum type, const char *first, const char *second) {
	const GLuint shader = glCreateShader(type);
	glShaderSource(shader, 2, (const char *[]){first, second}, NULL);
	glCompileShader(shader);
	return shader;
}

/* external: of a texture that GL itself may convert from YCbCr. Returns 0 where it does not work.
 */
static GLuint make_program(bool external) {
	const GLuint vertex = compile(GL_VERTEX_SHADER, "", vertex_source);
	const GLuint fragment = compile(GL_FRAGMENT_SHADER,
		external ? "#extension GL_OES_EGL_image_external : require\n"
			   "#define SAMPLER samplerExternalOES\n"
			 : "#define SAMPLER sampler2D\n",
		fragment_source);
	GLuint program = glCreateProgram();
	GLint linked = GL_FALSE;
	glAttachShader(program, vertex);
	glAttachShader(program, fragment);
	glBindAttribLocation(program, 0, "at");
	glLinkProgram(program);
	glGetProgramiv(program, GL_LINK_STATUS, &linked);
	glDeleteShader(vertex);
	glDeleteShader(fragment);
	if (linked == GL_FALSE) {
		char why[256] = "";
		glGetProgramInfoLog(program, sizeof(why), NULL, why);
		wlr_log(WLR_ERROR, "GL can't convert colours: %s", why);
		glDeleteProgram(program);
		return 0;
	}
	return program;
}

/* They are the context's, and go with it. */
static GLuint find_program(struct latch_renderer *renderer, bool external) {
	if (renderer->gl_generation != renderer->generation) {
		renderer->gl_generation = renderer->generation;
		renderer->gl_programs[0] = make_program(false);
		renderer->gl_programs[1] = make_program(true);
	}
	return renderer->gl_programs[external];
}

static void set_curve(GLuint program, const char *name, const struct color_curve *curve) {
	glUniform3f(glGetUniformLocation(program, name), (float)curve->transfer,
		(float)curve->exponent, (float)curve->offset);
}

static void set_uniforms(
	GLuint program, const struct color_conversion *conversion, bool has_alpha) {
	float columns[9];
	for (int i = 0; i < 9; i++) {
		columns[i % 3 * 3 + i / 3] = (float)conversion->matrix[i];
	}
	glUniformMatrix3fv(glGetUniformLocation(program, "matrix"), 1, GL_FALSE, columns);
	glUniform1f(glGetUniformLocation(program, "has_alpha"), has_alpha);
	glUniform1i(glGetUniformLocation(program, "pixels"), 0);
	glUniform2f(glGetUniformLocation(program, "tone"), (float)conversion->tone_from,
		(float)conversion->tone_to);
	set_curve(program, "in_curve", &conversion->from);
	set_curve(program, "out_curve", &conversion->to);
}

static void draw(GLuint fbo, const struct wlr_gles2_texture_attribs *texture,
	const struct wlr_buffer *buffer) {
	static const GLfloat corners[] = {0, 0, 1, 0, 0, 1, 1, 1};
	glBindFramebuffer(GL_FRAMEBUFFER, fbo);
	glViewport(0, 0, buffer->width, buffer->height);
	glDisable(GL_BLEND);
	glDisable(GL_SCISSOR_TEST);
	glActiveTexture(GL_TEXTURE0);
	glBindTexture(texture->target, texture->tex);
	glTexParameteri(texture->target, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
	glTexParameteri(texture->target, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
	glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, corners);
	glEnableVertexAttribArray(0);
	glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
	glDisableVertexAttribArray(0);
	glBindTexture(texture->target, 0);
}

/* What wlroots' pass has set while it draws, and counts on. */
struct gl_state {
	GLint framebuffer, viewport[4], program;
	GLboolean blend, scissor;
};

static struct gl_state save(void) {
	struct gl_state state = {
		.blend = glIsEnabled(GL_BLEND), .scissor = glIsEnabled(GL_SCISSOR_TEST)};
	glGetIntegerv(GL_FRAMEBUFFER_BINDING, &state.framebuffer);
	glGetIntegerv(GL_VIEWPORT, state.viewport);
	glGetIntegerv(GL_CURRENT_PROGRAM, &state.program);
	return state;
}

static void restore(const struct gl_state *state) {
	glBindFramebuffer(GL_FRAMEBUFFER, (GLuint)state->framebuffer);
	glViewport(state->viewport[0], state->viewport[1], state->viewport[2], state->viewport[3]);
	glUseProgram((GLuint)state->program);
	(state->blend ? glEnable : glDisable)(GL_BLEND);
	(state->scissor ? glEnable : glDisable)(GL_SCISSOR_TEST);
}

static bool draw_into(struct latch_renderer *renderer, struct wlr_buffer *buffer,
	const struct wlr_gles2_texture_attribs *texture,
	const struct color_conversion *conversion) {
	struct wlr_egl *egl = wlr_gles2_renderer_get_egl(renderer->wlr_renderer);
	const EGLDisplay display = wlr_egl_get_display(egl);
	const EGLContext context = wlr_egl_get_context(egl), before = eglGetCurrentContext();
	if (before != context &&
		!eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context)) {
		return false;
	}
	const struct gl_state state = save();
	const GLuint fbo = wlr_gles2_renderer_get_buffer_fbo(renderer->wlr_renderer, buffer);
	const GLuint program = find_program(renderer, texture->target == GL_TEXTURE_EXTERNAL_OES);
	const bool ok = fbo != 0 && program != 0;
	if (ok) {
		glUseProgram(program);
		set_uniforms(program, conversion, texture->has_alpha);
		draw(fbo, texture, buffer);
	}
	restore(&state);
	if (before != context) {
		eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
	}
	return ok;
}

struct wlr_texture *latch_gl_convert(struct latch_renderer *renderer, struct wlr_texture *texture,
	const struct latch_color *color) {
	struct wlr_gles2_texture_attribs attributes;
	if (!wlr_texture_is_gles2(texture) || renderer->allocator == NULL) {
		return NULL;
	}
	wlr_gles2_texture_get_attribs(texture, &attributes);
	const struct wlr_drm_format_set *formats = wlr_renderer_get_texture_formats(
		renderer->wlr_renderer, renderer->allocator->buffer_caps);
	const struct wlr_drm_format *format =
		formats != NULL
			? wlr_drm_format_set_get(formats,
				  attributes.has_alpha ? DRM_FORMAT_ARGB8888 : DRM_FORMAT_XRGB8888)
			: NULL;
	struct wlr_buffer *buffer =
		format != NULL ? wlr_allocator_create_buffer(renderer->allocator,
					 (int)texture->width, (int)texture->height, format)
			       : NULL;
	if (buffer == NULL) {
		return NULL;
	}
	const struct color_conversion conversion = color_conversion_make(&color->from, color->to);
	struct wlr_texture *converted =
		draw_into(renderer, buffer, &attributes, &conversion)
			? wlr_texture_from_buffer(renderer->wlr_renderer, buffer)
			: NULL;
	wlr_buffer_drop(buffer);
	return converted;
}
