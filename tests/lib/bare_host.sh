# shellcheck shell=sh
# A host in a folder, to be changed into: nothing but some programs and what
# they load.  Beside tests/lib/e2e.sh.

# bare_host ROOT PROGRAM...: makes it; programs keep their paths, but ours lie in
# /usr/bin.
bare_host() {
	host=$1
	shift
	mkdir -p "$host/usr/bin" "$host/usr/lib" "$host/usr/lib64" "$host/etc" "$host/dev" \
		"$host/root" "$host/var/lib"
	mkdir -m 1777 "$host/tmp" "$host/var/tmp"
	for link in bin lib lib64; do
		[ ! -h "/$link" ] || cp -P "/$link" "$host/"
	done
	: >"$host/dev/null" # a file will do
	echo 'root:x:0:0:root:/root:/bin/sh' >"$host/etc/passwd"
	for program; do
		from=$(command -v "$program")
		case $from in
		"${BK_BUILD:?}"/*) cp "$from" "$host/usr/bin/" ;;
		*) cp -L --parents "$from" "$host/" ;;
		esac
		ldd "$from" | grep -o '/[^ ]*' | while read -r library; do
			[ -e "$host/$library" ] ||
				cp -L --parents "$library" "$host/"
		done
	done
}

# on_host ROOT COMMAND...: as root there, with a clean environment.
on_host() {
	host=$1
	shift
	if [ "$(id -u)" = 0 ]; then
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TZ=UTC \
			chroot "$host" "$@"
	else
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TZ=UTC \
			unshare -r chroot "$host" "$@"
	fi
}
