/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <stdio.h>

#include "common/json.h"
#include "common/util.h"
#include "measure_report.h"

static const struct {
	const char *name;
	double percentile;
} percentiles[] = {{"p50", 50.0}, {"p95", 95.0}, {"p99", 99.0}, {"max", 100.0}};

#define NUM_PERCENTILES (sizeof(percentiles) / sizeof(percentiles[0]))

static double frames_per_second(const struct client *client) {
	return client->run_ns > 0
		       ? (double)client->presentation.stats.presented * 1e9 / (double)client->run_ns
		       : 0.0;
}

const char *client_sync_name(const struct client *client) {
	return client->buffers.in_shm			 ? "none"
	       : client->options.wsi			 ? "wsi"
	       : client->buffers.sync.renderer_timelines ? "vk-timeline"
							 : sync_mode_names[client->buffers.sync.mode];
}

void report_print(const struct client *client, const struct measure_report *measured) {
	char text[CLIENT_BUFFERS_TEXT_MAX];
	const struct wsi *wsi = &client->wsi;
	if (wsi->chain) {
		printf("buffers        %u of %ux%u, by the driver's WSI (%s), drawn by %s\n",
			wsi->num_images, wsi->width, wsi->height,
			client_wsi_names[client->options.wsi], wsi->facts.renderer);
	} else {
		printf("buffers        %d of %s\n", client->buffers.ring->num_buffers,
			client_buffers_text(&client->buffers, text));
	}
	printf("fences         %s\n", client_sync_name(client));
	printf("drawn          %llu, %llu of them after waiting for a release\n",
		(unsigned long long)client->drawn, (unsigned long long)client->stalls);
	if (measured) {
		measure_report_print(measured);
		return;
	}
	const struct stats *stats = &client->presentation.stats;
	if (!client->conn.presentation) {
		printf("presented      unknown: the compositor lacks wp_presentation\n");
		return;
	}
	printf("presented      %llu (%.1f a second), discarded %llu, missed refreshes %llu\n",
		(unsigned long long)stats->presented, frames_per_second(client),
		(unsigned long long)stats->discarded, (unsigned long long)stats->missed);
	printf("zero-copy      %.1f %%\n", stats_percent(stats->zero_copy, stats->presented));
	if (!stats->commit_to_flip) {
		printf("commit->flip   unknown: the compositor's clock is not CLOCK_MONOTONIC\n");
		return;
	}
	printf("commit->flip  ");
	for (size_t i = 0; i < NUM_PERCENTILES; i++) {
		printf(" %s %.2f ms", percentiles[i].name,
			(double)stats_percentile_ns(stats, percentiles[i].percentile) / 1e6);
	}
	printf("\n");
}

static bool add_stats(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct client *client) {
	const struct stats *stats = &client->presentation.stats;
	bool ok =
		yyjson_mut_obj_add_uint(doc, root, "presented", stats->presented) &&
		yyjson_mut_obj_add_uint(doc, root, "discarded", stats->discarded) &&
		yyjson_mut_obj_add_uint(doc, root, "missed", stats->missed) &&
		yyjson_mut_obj_add_int(doc, root, "longest_gap_ns", stats->longest_ns) &&
		yyjson_mut_obj_add_uint(doc, root, "zero_copy", stats->zero_copy) &&
		yyjson_mut_obj_add_real(doc, root, "zero_copy_percent",
			stats_percent(stats->zero_copy, stats->presented)) &&
		yyjson_mut_obj_add_uint(doc, root, "vsync", stats->vsync) &&
		yyjson_mut_obj_add_uint(doc, root, "hw_clock", stats->hw_clock) &&
		yyjson_mut_obj_add_uint(doc, root, "hw_completion", stats->hw_completion) &&
		yyjson_mut_obj_add_int(doc, root, "refresh_ns", stats->refresh_ns) &&
		yyjson_mut_obj_add_real(doc, root, "frames_per_second", frames_per_second(client));
	if (!ok || !stats->commit_to_flip) {
		return ok;
	}
	yyjson_mut_val *latency = yyjson_mut_obj_add_obj(doc, root, "commit_to_flip_ns");
	ok = latency != NULL;
	for (size_t i = 0; ok && i < NUM_PERCENTILES; i++) {
		ok = yyjson_mut_obj_add_int(doc, latency, percentiles[i].name,
			stats_percentile_ns(stats, percentiles[i].percentile));
	}
	return ok;
}

/* Which format and device they have, the driver tells nobody. */
static bool add_wsi(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct client *client) {
	const struct wsi *wsi = &client->wsi;
	return yyjson_mut_obj_add_uint(doc, root, "width", wsi->width) &&
	       yyjson_mut_obj_add_uint(doc, root, "height", wsi->height) &&
	       yyjson_mut_obj_add_uint(
		       doc, root, "buffers", wsi->num_images) &&
	       yyjson_mut_obj_add_str(doc, root, "allocator", "wsi") &&
	       yyjson_mut_obj_add_str(
		       doc, root, "present_mode", client_wsi_names[client->options.wsi]) &&
	       yyjson_mut_obj_add_str(doc, root, "renderer", wsi->facts.renderer);
}

static bool add_buffers(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct client *client) {
	char format[FORMAT_NAME_MAX], modifier[FORMAT_NAME_MAX];
	const struct ring *ring = client->buffers.ring;
	const struct dmabuf *buf = &ring->buffers[0].picture.dmabuf;
	const char *device = ring->canvas->path;
	fourcc_name(buf->fourcc, format);
	modifier_name(buf->modifier, modifier);
	/* How often dma-bufs were made, the first time included. */
	uint64_t allocations = client->buffers.in_shm ? 0 : client->buffers.allocations;
	return yyjson_mut_obj_add_uint(doc, root, "width", buf->width) &&
	       yyjson_mut_obj_add_uint(doc, root, "height", buf->height) &&
	       yyjson_mut_obj_add_strcpy(doc, root, "format", format) &&
	       yyjson_mut_obj_add_strcpy(doc, root, "modifier", modifier) &&
	       yyjson_mut_obj_add_int(doc, root, "buffers", ring->num_buffers) &&
	       yyjson_mut_obj_add_bool(doc, root, "scanout", ring->step.scanout) &&
	       yyjson_mut_obj_add_str(doc, root, "allocator", canvas_allocator(ring->canvas)) &&
	       yyjson_mut_obj_add_str(doc, root, "renderer", canvas_renderer(ring->canvas)) &&
	       (!device[0] || yyjson_mut_obj_add_str(doc, root, "device", device)) &&
	       yyjson_mut_obj_add_uint(doc, root, "allocations", allocations);
}

static bool add_run(yyjson_mut_doc *doc, yyjson_mut_val *root, const struct client *client) {
	return (client->wsi.chain ? add_wsi : add_buffers)(doc, root, client) &&
	       yyjson_mut_obj_add_str(doc, root, "sync", client_sync_name(client)) &&
	       yyjson_mut_obj_add_uint(doc, root, "drawn", client->drawn) &&
	       yyjson_mut_obj_add_uint(doc, root, "stalls", client->stalls) &&
	       yyjson_mut_obj_add_int(doc, root, "run_ns", client->run_ns);
}

bool report_write_json(const struct client *client, const struct measure_report *measured) {
	yyjson_mut_val *root;
	yyjson_mut_doc *doc = json_create(&root);
	bool complete = root && add_run(doc, root, client) &&
			(!client->conn.presentation || add_stats(doc, root, client)) &&
			(!measured || measure_report_add(measured, doc, root));
	return json_write(doc, complete, client->options.json);
}
