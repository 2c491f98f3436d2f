# SPDX-License-Identifier: GPL-2.0
# Names of kernels, as a user gives them and as cmake/kernel.sh has them.

# kernel_list RELEASE|VARIANT|all [CONFIG]: the names of all that this means; a release alone is both configurations.
kernel_list() {
	case $1:${2-} in
	:) echo plain debug ;;
	:*) kernel_name 6.12 "$2" ;;
	all:) echo plain debug 7.2-plain 7.2-debug stock stock-6.1 ;;
	all:plain | all:debug) echo "$2" "7.2-$2" ;;
	6.12:) echo plain debug ;;
	7.2:) echo 7.2-plain 7.2-debug ;;
	*) kernel_name "$1" "${2-}" ;;
	esac
}

# kernel_name RELEASE|VARIANT [CONFIG]: prints the name that cmake/kernel.sh has for it.
kernel_name() {
	case $1:${2-} in
	plain: | debug: | gdb: | stock: | stock:plain | stock-6.1: | 7.2-plain: | 7.2-debug: | 7.2-gdb:) printf '%s\n' "$1" ;;
	plain:plain | debug:debug | gdb:gdb) printf '%s\n' "$1" ;;
	6.12:) printf 'plain\n' ;;
	6.12:plain | 6.12:debug | 6.12:gdb) printf '%s\n' "$2" ;;
	6.1: | 6.1:plain) printf 'stock-6.1\n' ;;
	7.2:) printf '7.2-plain\n' ;;
	7.2:plain | 7.2:debug | 7.2:gdb) printf '7.2-%s\n' "$2" ;;
	:*) wrong "--kernel takes 6.12, 7.2, 6.1 or stock" ;;
	*:) wrong "there is no kernel '$1': 6.12, 7.2, 6.1 or stock" ;;
	*) wrong "there is no kernel '$1' with the configuration '$2'" ;;
	esac
}

# kernel_option "$@": --kernel or --config and its value, which goes into $kernel or $config.
kernel_option() {
	case $1 in
	--kernel) need '6.12, 7.2, 6.1 or stock' "$@"; kernel=$2 ;;
	--config) need 'plain or debug' "$@"; config=$2 ;;
	esac
}
