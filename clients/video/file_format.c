/* SPDX-License-Identifier: MIT */
#include "file_format.h"

#define OTHER_FLAGS                                                                                \
	(AV_PIX_FMT_FLAG_BE | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM |                    \
		AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_FLOAT |            \
		AV_PIX_FMT_FLAG_BAYER | AV_PIX_FMT_FLAG_XYZ)

bool file_components(const AVPixFmtDescriptor *desc, struct latch_component components[3]) {
	if (!desc || desc->nb_components < 3 || desc->flags & OTHER_FLAGS) {
		return false;
	}
	for (int i = 0; i < 3; i++) {
		const AVComponentDescriptor *from = &desc->comp[i];
		if (from->plane >= LATCH_FORMAT_MAX_PLANES || from->depth < 8 || from->depth > 16) {
			return false;
		}
		components[i] = (struct latch_component){
			.plane = (uint8_t)from->plane,
			.step = (uint8_t)from->step,
			.shift = (uint8_t)(8 * from->offset + from->shift),
			.bits = (uint8_t)from->depth,
		};
	}
	return true;
}

/* 0 is best; 3: not these. */
static int rank(const struct latch_format *format, const AVPixFmtDescriptor *desc) {
	if (!format->ycbcr || format->x_sub != 1 << desc->log2_chroma_w ||
		format->y_sub != 1 << desc->log2_chroma_h) {
		return 3;
	}
	int more = format->components[0].bits - desc->comp[0].depth;
	return more == 0 ? 0 : more > 0 ? 1 : 2;
}

size_t file_candidates(const AVPixFmtDescriptor *desc, uint32_t *fourccs, size_t max) {
	size_t len, num = 0;
	const struct latch_format *formats = latch_formats(&len);
	static const int planes[] = {2, 3, 1};
	for (int wanted = 0; wanted < 9; wanted++) {
		for (size_t i = 0; i < len && num < max; i++) {
			if (rank(&formats[i], desc) == wanted / 3 &&
				formats[i].planes == planes[wanted % 3]) {
				fourccs[num++] = formats[i].fourcc;
			}
		}
	}
	return num;
}

bool file_color(enum AVColorSpace space, enum AVColorRange av_range, bool full_format, int height,
	enum pixel_encoding *encoding, enum pixel_range *range) {
	const bool full =
		av_range == AVCOL_RANGE_UNSPECIFIED ? full_format : av_range == AVCOL_RANGE_JPEG;
	*range = full ? PIXEL_FULL : PIXEL_LIMITED;
	switch (space) {
	case AVCOL_SPC_UNSPECIFIED:
		*encoding = height >= 720 ? PIXEL_BT709 : PIXEL_BT601;
		return true;
	case AVCOL_SPC_BT709:
		*encoding = PIXEL_BT709;
		return true;
	case AVCOL_SPC_BT470BG:
	case AVCOL_SPC_SMPTE170M:
		*encoding = PIXEL_BT601;
		return true;
	case AVCOL_SPC_BT2020_NCL:
		*encoding = PIXEL_BT2020;
		return true;
	default:
		return false;
	}
}
