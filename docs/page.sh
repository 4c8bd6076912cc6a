#!/bin/sh
# SPDX-License-Identifier: MIT
# page.sh SCDOC: a man page of its source. The first line of one that has tables, see man(1): not every
# man looks for them by itself.
printf '%s\n' "'\\\" t" && exec "$1"
