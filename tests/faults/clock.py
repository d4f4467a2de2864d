"""A wall clock that a test can move under a running process: a library loaded before libc's, and a file with seconds.

Monotonic and boot-time clocks stay as they are, as they do when an operator or a time server moves the wall clock.
"""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static volatile long long *ahead;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("CLOCK_AHEAD");
  int file = path ? open(path, O_RDONLY) : -1;
  if (file < 0) return;
  void *map = mmap(0, sizeof(long long), PROT_READ, MAP_SHARED, file, 0);
  if (map != MAP_FAILED) ahead = map;
}

int clock_gettime(clockid_t id, struct timespec *at) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(id, at);
  if (!result && ahead && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) at->tv_sec += *ahead;
  return result;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  struct timespec now;
  (void)zone;
  int result = clock_gettime(CLOCK_REALTIME, &now);
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return result;
}

time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}
"""


class Clock:
    """One that processes started with `env` share. `folder` has to be readable for their user."""

    def __init__(self, folder: Path, name: str) -> None:
        self._library, self._file = folder / "clock.so", folder / f"{name}.ahead"
        if not self._library.exists():
            source = folder / "clock.c"
            source.write_text(SOURCE)
            subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self._library, source, "-ldl"], check=True)
            self._library.chmod(0o755)
        self.ahead(0)
        self._file.chmod(0o644)

    @property
    def env(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(self._library), "CLOCK_AHEAD": str(self._file)}

    def ahead(self, seconds: int) -> None:
        """From now on the wall clock is ahead of the true one by so much; negative: behind."""
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("q", seconds))
