#version 300 es
/* SPDX-License-Identifier: MIT */
// A square around each ball, or around its mirrored image in the floor.
uniform vec2 size;
uniform float floor_y;
uniform bool mirrored;
uniform vec4 place[44];
uniform vec4 tint[44];
out vec2 uv;
flat out vec3 albedo;
flat out float radius;
flat out float depth;
void main() {
	vec4 ball = place[gl_InstanceID];
	vec2 corner = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1)) * 2.0 - 1.0;
	uv = corner * (1.0 + 1.0 / ball.z);
	vec2 at = ball.xy + uv * ball.z;
	if (mirrored)
		at.y = floor_y + (floor_y - at.y) * 0.35;
	albedo = tint[gl_InstanceID].rgb;
	radius = ball.z;
	depth = ball.w;
	gl_Position = vec4(at / size * 2.0 - 1.0, 0.0, 1.0);
}
