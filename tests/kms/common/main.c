/* SPDX-License-Identifier: MIT */
/* Of the programs that are nothing but cases. */
#include "case.h"

int main(int argc, char **argv) {
	return test_main(argc, argv, test_cases);
}
