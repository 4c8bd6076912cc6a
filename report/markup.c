#include "markup.h"

#include <math.h>

void markup_text(FILE *file, const char *text) {
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", file);
			break;
		case '<':
			fputs("&lt;", file);
			break;
		case '>':
			fputs("&gt;", file);
			break;
		case '"':
			fputs("&quot;", file);
			break;
		case '\'':
			fputs("&#39;", file);
			break;
		default:
			fputc(*text, file);
		}
	}
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

double markup_step(double max, unsigned most) {
	if (!(max > 0) || most == 0) {
		return 1;
	}
	const double least = max / most, power = pow(10, floor(log10(least)));
	const double factors[] = {1, 2, 5, 10};
	for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++) {
		if (factors[i] * power >= least * (1 - 1e-9)) {
			return factors[i] * power;
		}
	}
	return 10 * power;
}
