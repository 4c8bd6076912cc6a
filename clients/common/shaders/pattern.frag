#version 300 es
/* SPDX-License-Identifier: MIT */
// The same integers as pattern_pixel(); n / 255.0 is stored as exactly n in eight bits.
precision highp float;
precision highp int;
uniform uint frame;
out vec4 color;
void main() {
	uvec2 p = uvec2(gl_FragCoord.xy);
	uvec3 rgb;
	if (p.y < 8u && p.x < 256u) {
		rgb = uvec3((frame >> (p.x / 8u) & 1u) * 255u);
	} else {
		uint high = (p.x >> 8 & 15u) | (p.y >> 8 & 15u) << 4;
		rgb = uvec3(p.x & 255u, p.y & 255u, high ^ (frame * 29u & 255u));
	}
	color = vec4(vec3(rgb) / 255.0, 1.0);
}
