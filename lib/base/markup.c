/* SPDX-License-Identifier: MIT */
#include "base/markup.h"

#include <limits.h>
#include <stdarg.h>
#include <string.h>

static void print_text(FILE *file, const char *text) {
	static const char *const entities[UCHAR_MAX + 1] = {
		['&'] = "&amp;",
		['<'] = "&lt;",
		['>'] = "&gt;",
		['"'] = "&quot;",
		['\''] = "&#39;",
	};
	for (; *text != '\0'; text++) {
		const char *entity = entities[(unsigned char)*text];
		if (entity != NULL) {
			fputs(entity, file);
		} else {
			fputc(*text, file);
		}
	}
}

void markup_print(FILE *file, const char *format, ...) {
	va_list args;
	va_start(args, format);
	for (const char *at = format; *at != '\0';) {
		const size_t plain = strcspn(at, "%");
		fwrite(at, 1, plain, file);
		at += plain;
		if (*at == '\0') {
			break;
		}
		/* One conversion on its own, for the C library. */
		char one[16] = "";
		const size_t length = strspn(at + 1, "0123456789.-+lz") + 2;
		memcpy(one, at, length < sizeof(one) ? length : sizeof(one) - 1);
		switch (at[length - 1]) {
		case 's':
			print_text(file, va_arg(args, const char *));
			break;
		case 'f':
		case 'g':
			fprintf(file, one, va_arg(args, double));
			break;
		case '%':
			fputc('%', file);
			break;
		default:
			if (strstr(one, "ll") != NULL) {
				fprintf(file, one, va_arg(args, long long));
			} else if (strpbrk(one, "lz") != NULL) {
				fprintf(file, one, va_arg(args, long));
			} else {
				fprintf(file, one, va_arg(args, int));
			}
		}
		at += length;
	}
	va_end(args);
}

void markup_string(FILE *file, const char *text) {
	fputc('"', file);
	for (; *text != '\0'; text++) {
		const unsigned char c = (unsigned char)*text;
		/* </script> and <!-- mean something to HTML within a string too. */
		if (c < 0x20 || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&') {
			fprintf(file, "\\u%04x", c);
		} else {
			fputc(c, file);
		}
	}
	fputc('"', file);
}

void markup_ms(FILE *file, int64_t ns) {
	const double ms = (double)ns / 1e6;
	fprintf(file, "%.*f", ms < 10 ? 3 : ms < 100 ? 2 : ms < 1000 ? 1 : 0, ms);
}

const char *markup_or(const char *text, const char *other) {
	return text[0] != '\0' ? text : other;
}

void markup_open_picture(
	FILE *file, const char *attributes, int width, int height, const char *title) {
	fprintf(file, "<svg %sclass=\"picture\" viewBox=\"0 0 %d %d\" role=\"img\">", attributes,
		width, height);
	markup_print(file, "<title>%s</title>\n", title);
}

double markup_step(double max, unsigned most) {
	if (!(max > 0) || most == 0) {
		return 1;
	}
	const double least = max / most * (1 - 1e-9);
	static const double factors[] = {2, 2.5, 2};
	double step = 1;
	while (step >= least) {
		step /= 10;
	}
	/* From 1 over 2 and 5 to 10, and on. */
	for (size_t i = 0; step < least; i = (i + 1) % 3) {
		step *= factors[i];
	}
	return step;
}

void markup_draw_axis(FILE *file, const struct markup_axis *axis) {
	const double step = markup_step(axis->max, axis->steps);
	for (double at = 0; at <= axis->max * 1.0001; at += step) {
		const double x = axis->left + (axis->max > 0 ? at / axis->max * axis->width : 0);
		fprintf(file,
			"<path class=\"grid\" d=\"M%.1f %dV%d\"/><text class=\"axis middle\" "
			"x=\"%.1f\" y=\"%d\">%g%s</text>\n",
			x, axis->top, axis->bottom, x, axis->bottom + 16, at,
			at > 0 ? "" : axis->unit);
	}
}
