#version 300 es
/* SPDX-License-Identifier: MIT */
// A dither of less than one step of eight bits keeps the gradient from banding. `load` adds
// arithmetic whose result the compiler can't foresee and the eye can't see.
precision highp float;
precision highp int;
uniform int load;
in vec3 dusk;
out vec4 color;
void main() {
	ivec2 p = ivec2(gl_FragCoord.xy);
	float dither = float(((p.x ^ p.y) & 1) * 2 + (p.y & 1)) * 0.25 - 0.375;
	for (int i = 0; i < load; i++)
		dither = fract(sin(dither * 91.3458 + dusk.x) * 47453.5453) - 0.5;
	color = vec4(dusk + dither / 255.0, 1.0);
}
