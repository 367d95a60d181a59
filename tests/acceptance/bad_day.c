/* A bad day for one process and its children: a full disk, a slow one, a clock that was set.
 *
 * Loaded before the C library. What is wrong is said by files in the folder BAD_DAY: "full" lets no file below
 * BAD_DAY_DISK grow, "slow" makes each flush to disk take half a second, and "clock" holds the seconds by which
 * the clock on the wall was set. Elapsed time goes on as it does.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

static int told(const char *what, char *text, size_t length) {
    const char *folder = getenv("BAD_DAY");
    char path[PATH_MAX];
    if (folder == NULL) return 0;
    snprintf(path, sizeof path, "%s/%s", folder, what);
    if (access(path, F_OK) != 0) return 0;
    if (text == NULL) return 1;
    FILE *file = fopen(path, "r");
    if (file == NULL) return 0;
    int read = fgets(text, (int)length, file) != NULL;
    fclose(file);
    return read;
}

static int has_no_room(int fd, off_t end) {
    const char *disk = getenv("BAD_DAY_DISK");
    char name[64], path[PATH_MAX];
    struct stat status;
    if (disk == NULL || !told("full", NULL, 0)) return 0;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (strncmp(path, disk, strlen(disk)) != 0 || strstr(path, "/pg_wal/") != NULL) return 0;
    if (end >= 0 && end <= status.st_size) return 0;
    errno = ENOSPC;
    return 1;
}

static off_t total(const struct iovec *parts, int count) {
    off_t length = 0;
    for (int number = 0; number < count; number++) length += (off_t)parts[number].iov_len;
    return length;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t at) {
    return has_no_room(fd, at + (off_t)length) ? -1 : REAL(pwrite)(fd, data, length, at);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at) {
    return has_no_room(fd, at + (off_t)length) ? -1 : REAL(pwrite64)(fd, data, length, at);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    return has_no_room(fd, at + total(parts, count)) ? -1 : REAL(pwritev)(fd, parts, count, at);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) {
    return has_no_room(fd, at + total(parts, count)) ? -1 : REAL(pwritev64)(fd, parts, count, at);
}

int posix_fallocate(int fd, off_t at, off_t length) {
    return has_no_room(fd, at + length) ? ENOSPC : REAL(posix_fallocate)(fd, at, length);
}

int posix_fallocate64(int fd, off64_t at, off64_t length) {
    return has_no_room(fd, at + length) ? ENOSPC : REAL(posix_fallocate64)(fd, at, length);
}

static void be_slow(void) {
    if (told("slow", NULL, 0)) {
        struct timespec half = {0, 500000000};
        nanosleep(&half, NULL);
    }
}

int fsync(int fd) {
    be_slow();
    return REAL(fsync)(fd);
}

int fdatasync(int fd) {
    be_slow();
    return REAL(fdatasync)(fd);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    char text[32];
    int status = REAL(clock_gettime)(clock, now);
    if (status == 0 && clock == CLOCK_REALTIME && told("clock", text, sizeof text)) now->tv_sec += atol(text);
    return status;
}
