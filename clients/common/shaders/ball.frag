#version 300 es
/* SPDX-License-Identifier: MIT */
// A ball is a square whose normals are known; its rim fades over one pixel.
precision highp float;
uniform bool mirrored;
uniform float floor_y;
uniform vec2 size;
in vec2 uv;
flat in vec3 albedo;
flat in float radius;
flat in float depth;
out vec4 color;
void main() {
	float square = dot(uv, uv);
	float cover = clamp((1.0 - sqrt(square)) * radius + 0.5, 0.0, 1.0);
	if (cover <= 0.0)
		discard;
	vec3 n = vec3(uv, sqrt(max(1.0 - square, 0.0)));
	const vec3 light = vec3(-0.451, -0.621, 0.641);
	const vec3 halfway = vec3(-0.249, -0.343, 0.906);
	float lambert = max(dot(n, light), 0.0);
	float shine = pow(max(dot(n, normalize(light + vec3(0.0, 0.0, 1.0))), 0.0), 60.0);
	float rim = pow(1.0 - n.z, 3.0);
	vec3 sky = mix(vec3(0.36, 0.24, 0.34), vec3(0.16, 0.20, 0.36), 0.5 - 0.5 * n.y);
	vec3 linear = albedo * albedo * (lambert + sky * 0.75);
	linear += shine * 0.55 + rim * vec3(0.30, 0.16, 0.24);
	vec3 c = sqrt(linear);
	c = mix(vec3(0.12, 0.11, 0.20), c, 0.42 + 0.58 * depth);
	if (mirrored) {
		float below = (gl_FragCoord.y - floor_y) / (size.y - floor_y);
		cover *= below <= 0.0 ? 0.0 : 0.26 * max(1.0 - below, 0.0);
	}
	color = vec4(c * cover, cover);
}
