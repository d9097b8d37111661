#!/usr/bin/python3
"""A system in a folder, started by its own systemd as process 1.

    booted.py ROOT COMMAND...

Runs COMMAND in it when it is up, and ends like COMMAND; the system ends with it.
It has processes, mounts and names of its own, and the network of this host.  As
root.  What its console showed is in ROOT.console.  99: it did not come up.
"""

import os
import pathlib
import pty
import subprocess
import sys
import threading
import time

PATIENCE_S = 60
# A console, the devices that all may have, and one cgroup tree for systemd.
START = r"""
set -e
mount --make-rprivate /
mount --bind "$0" "$0"
cd "$0"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
for place in run tmp dev; do mount -t tmpfs -o mode=755 tmpfs $place; done
chmod 1777 tmp
for device in null zero full random urandom tty; do
	touch dev/$device
	mount --bind /dev/$device dev/$device
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
touch dev/console
mount --bind "$1" dev/console
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
	mount -t cgroup2 cgroup2 sys/fs/cgroup
else
	mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
	mkdir sys/fs/cgroup/systemd
	mount -t cgroup -o none,name=systemd systemd sys/fs/cgroup/systemd
fi
# As on a host: what systemd mounts for a service is seen by it.
mount --make-rshared .
exec env -i container=test PATH=/usr/sbin:/usr/bin TERM=dumb \
	chroot . /lib/systemd/systemd --unit=multi-user.target
"""


def children_of(pid):
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def drain(terminal, into):
    with open(into, "wb") as console:
        while True:
            try:
                console.write(os.read(terminal, 4096))
            except OSError:
                return


def inside(pid, command, **how):
    enter = ["nsenter", "-t", pid, "-m", "-p", "-u", "-i", "-C", "-r", "-w",
             "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
             "TZ=UTC", "LC_ALL=C"]
    return subprocess.run(enter + command, check=False, **how)


def is_up(pid):
    said = inside(pid, ["systemctl", "is-system-running"],
                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return said.stdout.strip() in (b"running", b"degraded")


def first_process(system):
    """Its number; None where it does not come up."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and system.poll() is None:
        processes = children_of(system.pid)
        if processes and is_up(processes[0]):
            return processes[0]
        time.sleep(0.2)
    return None


def main():
    root = os.path.realpath(sys.argv[1])
    terminal, console = pty.openpty()
    with subprocess.Popen(
            ["unshare", "--pid", "--fork", "--mount", "--uts", "--ipc",
             "--cgroup", "--kill-child", "sh", "-c", START, root,
             os.ttyname(console)],
            stdin=console, stdout=console, stderr=console) as system:
        threading.Thread(target=drain, args=(terminal, root + ".console"),
                         daemon=True).start()
        try:
            pid = first_process(system)
            status = inside(pid, sys.argv[2:]).returncode if pid else 99
        finally:
            system.kill()
    sys.exit(status)


main()
