#include "kms/crtc.h"

#include <errno.h>

#define SPEC(name, field) {name, offsetof(struct kms_crtc_properties, field)}

static const struct kms_property_spec specs[] = {
	SPEC("ACTIVE", active),
	SPEC("MODE_ID", mode_id),
	SPEC("OUT_FENCE_PTR", out_fence_ptr),
	SPEC("VRR_ENABLED", vrr_enabled),
	SPEC("GAMMA_LUT", gamma_lut),
	SPEC("DEGAMMA_LUT", degamma_lut),
	SPEC("CTM", ctm),
};

int kms_crtc_init(struct kms_crtc *crtc, int fd, uint32_t id, unsigned index) {
	*crtc = (struct kms_crtc){
		.id = id,
		.index = index,
	};
	int ret = kms_properties_read(fd, id, DRM_MODE_OBJECT_CRTC, specs,
		sizeof(specs) / sizeof(specs[0]), &crtc->props);
	if (ret < 0) {
		return ret;
	}
	drmModeCrtc *current = drmModeGetCrtc(fd, id);
	if (current == NULL) {
		return errno != 0 ? -errno : -EIO;
	}
	crtc->initial.active = crtc->props.active.value != 0;
	crtc->initial.has_mode = current->mode_valid != 0;
	crtc->initial.mode = current->mode;
	drmModeFreeCrtc(current);
	return 0;
}
