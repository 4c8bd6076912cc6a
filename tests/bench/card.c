/* SPDX-License-Identifier: MIT */
#include "card.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kms/commit.h"
#include "kms/mode.h"

static const struct kms_connector *find_connector(const struct kms_device *kms) {
	for (size_t i = 0; i < kms->connectors_len; i++) {
		if (kms->connectors[i]->status == KMS_CONNECTOR_CONNECTED &&
			!kms->connectors[i]->writeback) {
			return kms->connectors[i];
		}
	}
	return NULL;
}

bool bench_card_open(struct bench_card *card, const char *path) {
	int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0) {
		perror(path != NULL ? path : "which card?");
		return false;
	}
	enum kms_open_error error;
	struct kms_device *kms = kms_device_create(fd, &error);
	if (kms == NULL) {
		fprintf(stderr, "%s: %s\n", path, kms_error_string(error));
		close(fd);
		return false;
	}
	*card = (struct bench_card){
		.kms = kms,
		.crtc = kms->crtcs,
		.primary = kms_device_find_crtc_plane(kms, kms->crtcs, KMS_PLANE_PRIMARY, 0),
		.connector = find_connector(kms),
	};
	if (card->connector == NULL || card->primary == NULL) {
		fprintf(stderr, "%s can't be used\n", path);
		bench_card_close(card);
		return false;
	}
	return true;
}

bool bench_card_switch_on(struct bench_card *card, uint32_t fb_id, int32_t hz) {
	const struct kms_connector *connector = card->connector;
	const struct kms_mode_request wanted = {
		.width = BENCH_WIDTH,
		.height = BENCH_HEIGHT,
		.refresh_mhz = hz * 1000,
	};
	int mode = kms_mode_choose(connector->modes, connector->modes_len, &wanted);
	if (mode < 0) {
		fprintf(stderr, "%s has no mode %dx%d at %d Hz\n", connector->name, BENCH_WIDTH,
			BENCH_HEIGHT, hz);
		return false;
	}
	const drmModeModeInfo *info = &connector->modes[mode].info;
	int ret = kms_blob_create(card->kms, info, sizeof(*info), &card->mode_blob);
	if (ret == 0) {
		const struct kms_plane_state state =
			kms_plane_state_whole(fb_id, BENCH_WIDTH, BENCH_HEIGHT);
		struct kms_commit commit;
		kms_commit_init(&commit, card->kms);
		kms_commit_disable_all(&commit, card->kms);
		kms_commit_set_mode(&commit, card->crtc, connector, card->mode_blob);
		kms_commit_set_plane(&commit, card->primary, card->crtc, &state);
		ret = kms_commit_submit(&commit, KMS_COMMIT_ALLOW_MODESET, 0);
	}
	if (ret != 0) {
		fprintf(stderr, "%s can't be switched on: %s\n", connector->name, strerror(-ret));
	}
	return ret == 0;
}

void bench_card_close(struct bench_card *card) {
	kms_blob_destroy(card->kms, card->mode_blob);
	int fd = card->kms->fd;
	kms_device_destroy(card->kms);
	close(fd);
}
