// Preloaded into a process: reads of one sector of one file fail as a disk's do, after what comes before it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { sector_bytes = 512 };

static int is_bad_file(int descriptor) {
  const char *bad = getenv("BAD_SECTOR_FILE");
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t count = readlink(link, path, sizeof path - 1);
  if (!bad || count < 0) return 0;
  path[count] = 0;
  return strcmp(path, bad) == 0;
}

static ssize_t read_at(const char *name, int descriptor, void *buffer, size_t count, off_t offset) {
  ssize_t (*real)(int, void *, size_t, off_t) =
      (ssize_t (*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, name);
  if (is_bad_file(descriptor)) {
    off_t bad = atoll(getenv("BAD_SECTOR_OFFSET")) / sector_bytes * sector_bytes;
    if (offset < bad + sector_bytes && offset + (off_t)count > bad) {
      if (offset >= bad) {
        errno = EIO;
        return -1;
      }
      count = bad - offset;
    }
  }
  return real(descriptor, buffer, count, offset);
}

ssize_t pread(int descriptor, void *buffer, size_t count, off_t offset) {
  return read_at("pread", descriptor, buffer, count, offset);
}

ssize_t pread64(int descriptor, void *buffer, size_t count, off_t offset) {
  return read_at("pread64", descriptor, buffer, count, offset);
}
