/*
 * Makes one chosen system call of a node fail, or end the node, as a bad disk or a power cut would. Loaded with LD_PRELOAD by
 * `npm run soak -- closing --by syscall`; never part of a serving node.
 *
 * HELIU_FAULT_DIR      only files below it count
 * HELIU_FAULT_CONTROL  eight 32-bit words shared with the harness, see below
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

enum { KILL_BEFORE = 1, KILL_AFTER = 2, IO_ERROR = 3, DISK_FULL = 4 };
enum { WRITE = 1, PWRITE = 2, FSYNC = 3, FDATASYNC = 4, RENAME = 5 };

struct control {
  _Atomic uint32_t armed;  /* calls are counted while it is not 0 */
  _Atomic uint32_t at;     /* the call that is hit, from 1; 0 for none */
  _Atomic uint32_t mode;
  _Atomic uint32_t count;
  _Atomic uint32_t hit;    /* which kinds of calls were hit, in hexadecimal digits */
  _Atomic uint32_t full;   /* the disk stays full until the process ends */
  _Atomic uint32_t later;      /* the next call that is hit, counted from the one that was; 0 for none */
  _Atomic uint32_t later_mode;
};

static struct control *control;
static char folder[4096];
static size_t folder_length;

__attribute__((constructor)) static void load(void) {
  const char *dir = getenv("HELIU_FAULT_DIR");
  const char *file = getenv("HELIU_FAULT_CONTROL");
  if (dir == NULL || file == NULL || realpath(dir, folder) == NULL) return;
  folder_length = strlen(folder);
  int fd = open(file, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *shared = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (shared != MAP_FAILED) control = shared;
}

static int below_folder(const char *path) {
  return strncmp(path, folder, folder_length) == 0 && path[folder_length] == '/';
}

static int below(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return below_folder(path) || strcmp(path, folder) == 0;
}

static int counts_fd(int fd) {
  return control != NULL && control->armed != 0 && below(fd);
}

static int counts_path(const char *path) {
  if (control == NULL || control->armed == 0) return 0;
  char whole[4096];
  const char *slash = strrchr(path, '/');
  if (slash == NULL) return 0;
  char parent[4096];
  snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
  if (realpath(parent, whole) == NULL) return 0;
  return strcmp(whole, folder) == 0 || below_folder(whole);
}

__attribute__((noreturn)) static void end(void) {
  for (;;) kill(getpid(), SIGKILL);
}

/* What happens to this call: 0 nothing, or the mode. */
static int fate(int kind) {
  if (control->full) return DISK_FULL;
  uint32_t number = atomic_fetch_add(&control->count, 1) + 1;
  if (control->at == 0 || number != control->at) return 0;
  control->hit = control->hit * 16 + (uint32_t)kind;
  int mode = (int)control->mode;
  if (mode == DISK_FULL) control->full = 1;
  control->at = control->later == 0 ? 0 : number + control->later;
  control->mode = control->later_mode;
  control->later = 0;
  if (mode == KILL_BEFORE) end();
  return mode;
}

static int failing(int mode) {
  errno = mode == DISK_FULL ? ENOSPC : EIO;
  return -1;
}

#define REAL(name) \
  static __typeof__(&name) real; \
  if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *bytes, size_t size) {
  REAL(write);
  if (!counts_fd(fd)) return real(fd, bytes, size);
  int mode = fate(WRITE);
  /* A full disk takes what fits. */
  if (mode == DISK_FULL && size > 1 && control->hit % 16 == WRITE) real(fd, bytes, size / 2);
  if (mode == IO_ERROR || mode == DISK_FULL) return failing(mode);
  ssize_t done = real(fd, bytes, size);
  if (mode == KILL_AFTER) end();
  return done;
}

/*
 * LevelDB writes through stdio, whose system calls no preloaded library sees. Written straight through, each of its appends is
 * one call: more places to fail than there are without, none fewer.
 */
#undef fwrite_unlocked
size_t fwrite_unlocked(const void *bytes, size_t size, size_t count, FILE *stream) {
  REAL(fwrite_unlocked);
  if (control == NULL || !below(fileno(stream))) return real(bytes, size, count, stream);
  const char *next = bytes;
  size_t left = size * count;
  while (left > 0) {
    ssize_t done = write(fileno(stream), next, left);
    if (done < 0) return (size * count - left) / (size == 0 ? 1 : size);
    next += done;
    left -= (size_t)done;
  }
  return count;
}

static ssize_t positioned(ssize_t (*real)(int, const void *, size_t, off_t), int fd, const void *bytes, size_t size, off_t at) {
  if (!counts_fd(fd)) return real(fd, bytes, size, at);
  int mode = fate(PWRITE);
  if (mode == IO_ERROR || mode == DISK_FULL) return failing(mode);
  ssize_t done = real(fd, bytes, size, at);
  if (mode == KILL_AFTER) end();
  return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
  REAL(pwrite);
  return positioned(real, fd, bytes, size, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
  REAL(pwrite64);
  return positioned((ssize_t(*)(int, const void *, size_t, off_t))real, fd, bytes, size, at);
}

static int synced(int (*real)(int), int kind, int fd) {
  if (!counts_fd(fd)) return real(fd);
  int mode = fate(kind);
  if (mode == IO_ERROR || mode == DISK_FULL) return failing(mode);
  int done = real(fd);
  if (mode == KILL_AFTER) end();
  return done;
}

int fsync(int fd) {
  REAL(fsync);
  return synced(real, FSYNC, fd);
}

int fdatasync(int fd) {
  REAL(fdatasync);
  return synced(real, FDATASYNC, fd);
}

int rename(const char *from, const char *to) {
  REAL(rename);
  if (!counts_path(to)) return real(from, to);
  int mode = fate(RENAME);
  if (mode == IO_ERROR || mode == DISK_FULL) return failing(mode);
  int done = real(from, to);
  if (mode == KILL_AFTER) end();
  return done;
}
