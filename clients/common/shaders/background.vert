#version 300 es
/* SPDX-License-Identifier: MIT */
// A dusk with a glow behind the floor's edge, and a vignette. The colours are worked out at the
// corners of a mesh of 16x64 and only interpolated in between: software renderers pay for each
// pixel. One instance is one row of the mesh, a strip from left to right.
uniform float floor_y;
out vec3 dusk;
void main() {
	vec2 at = vec2(float(gl_VertexID >> 1) / 16.0,
	               float(gl_InstanceID + (gl_VertexID & 1)) / 64.0);
	float far = at.y - floor_y;
	float side = at.x - 0.5;
	float glow = exp(-far * far * (far > 0.0 ? 60.0 : 22.0) - side * side * 5.0);
	vec3 c = mix(vec3(0.030, 0.042, 0.115), vec3(0.105, 0.090, 0.190), at.y);
	c *= 1.0 - 0.38 * smoothstep(0.0, 0.08, far);
	c += glow * vec3(0.34, 0.17, 0.27);
	c *= 1.0 - 0.9 * dot(at - 0.5, at - 0.5);
	dusk = c;
	gl_Position = vec4(at * 2.0 - 1.0, 0.0, 1.0);
}
