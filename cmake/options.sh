# SPDX-License-Identifier: GPL-2.0
# The values of options. Whoever reads this in has wrong(), which says what is wrong and ends with 2.

# need WHAT "$@": the option that is $1 of the caller has a value.
need() { [ -n "${3-}" ] || wrong "$2 takes $1"; }

# need_number "$@": that value is a number; need_count: one from 1.
need_number() { case ${2-} in '' | *[!0-9]*) wrong "$1 takes a number, not '${2-}'" ;; esac; }
need_count() { case ${2-} in '' | *[!0-9]* | 0) wrong "$1 takes a number from 1" ;; esac; }
