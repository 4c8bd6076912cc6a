#version 300 es
/* SPDX-License-Identifier: MIT */
// One triangle that covers everything; positions come from the vertex number.
void main() {
	vec2 corner = vec2(float((gl_VertexID & 1) << 2), float((gl_VertexID & 2) << 1));
	gl_Position = vec4(corner - 1.0, 0.0, 1.0);
}
