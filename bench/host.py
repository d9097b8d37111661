"""The machine that is measured on, and what is there to measure with."""

import os
import platform
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")


def has_sha_instructions():
    return " sha_ni " in Path("/proc/cpuinfo").read_text()


def machine():
    info = Path("/proc/cpuinfo").read_text()
    model = next((line.split(": ")[1] for line in info.splitlines()
                  if line.startswith("model name")), platform.machine())
    sha = "with" if has_sha_instructions() else "without"
    return (f"{os.cpu_count()} cores of {model}, {sha} SHA instructions, "
            f"Linux {platform.release()}")


def missing_programs(names):
    return [name for name in names if not shutil.which(name)]


def place_in_memory(needed):
    """A folder in memory that takes so many bytes, or None."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return None
    return MEMORY if shutil.disk_usage(MEMORY).free > needed else None
