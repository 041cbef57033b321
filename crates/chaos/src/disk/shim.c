/* A disk that loses data that was not synchronised, and that can be slow. It is loaded into a
 * program with LD_PRELOAD.
 *
 * CHAOS_DISK_DATA is the directory whose files are on this disk. CHAOS_DISK_KEPT is another
 * directory, in which the shim keeps the data that would survive a power loss:
 *
 * - for each file, its content at the last fsync or fdatasync, in a file with the name KEY
 * - for each directory, its names at the last fsync or fdatasync, in a file with the name
 *   names-KEY, which has one line "KEY f|d NAME" for each name
 *
 * A KEY is the inode with its time of birth, because the system reuses the number of a deleted
 * inode.
 *
 * The file "delay" in the second directory begins with two numbers of four bytes each. Each read
 * and each synchronisation takes a random time between these two numbers, in milliseconds.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct delay {
    uint32_t shortest, longest;
};

static const char *data, *kept;
static const volatile struct delay *delay;

__attribute__((constructor)) static void begin(void) {
    static const struct delay none;
    char path[PATH_MAX];
    const char *files = getenv("CHAOS_DISK_DATA");
    kept = getenv("CHAOS_DISK_KEPT");
    delay = &none;
    if (!files || !kept) return;
    data = files;
    snprintf(path, sizeof path, "%s/delay", kept);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *mapped = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof none, PROT_READ, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) abort();
    delay = mapped;
    close(fd);
}

/* Returns whether a file or directory is on the disk. */
static int is_ours(int fd) {
    char link[32], path[PATH_MAX];
    if (!data) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    size_t prefix = strlen(data);
    return !strncmp(path, data, prefix) && (path[prefix] == 0 || path[prefix] == '/');
}

static void wait_for_disk(int fd) {
    uint32_t shortest = delay->shortest, longest = delay->longest;
    if (longest == 0 || longest < shortest || !is_ours(fd)) return;
    uint32_t millis = shortest + (uint32_t)rand() % (longest - shortest + 1);
    struct timespec left = {millis / 1000, millis % 1000 * 1000000L};
    while (nanosleep(&left, &left) && errno == EINTR) {}
}

/* Writes the key of an open file, or of a name in an open directory. Returns whether the file
 * exists. */
static int key(int fd, const char *name, char *key, size_t size) {
    struct statx is;
    int flags = AT_SYMLINK_NOFOLLOW | (*name ? 0 : AT_EMPTY_PATH);
    if (statx(fd, name, flags, STATX_INO | STATX_BTIME, &is)) return 0;
    snprintf(key, size, "%llu-%lld-%u", (unsigned long long)is.stx_ino, (long long)is.stx_btime.tv_sec,
             is.stx_btime.tv_nsec);
    return 1;
}

/* Keeps the content of a file. The blocks of the copy are overwritten in place, so each block is
 * the old block or the new block at any time. */
static int keep_content(int fd, const char *key) {
    char path[PATH_MAX], block[65536];
    snprintf(path, sizeof path, "%s/%s", kept, key);
    int to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (to < 0) return -1;
    off_t at = 0;
    ssize_t size;
    while ((size = syscall(SYS_pread64, fd, block, sizeof block, at)) > 0) {
        if (pwrite(to, block, (size_t)size, at) != size) {
            size = -1;
            break;
        }
        at += size;
    }
    int result = size < 0 ? -1 : ftruncate(to, at);
    close(to);
    return result;
}

static int keep_names(int fd, const char *own) {
    char path[PATH_MAX], new[PATH_MAX], name[128];
    snprintf(path, sizeof path, "%s/names-%s", kept, own);
    snprintf(new, sizeof new, "%s/new-%s-%ld", kept, own, syscall(SYS_gettid));
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = copy < 0 ? NULL : fdopendir(copy);
    FILE *out = directory ? fopen(new, "we") : NULL;
    if (!out) return -1;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (entry->d_type != DT_REG && entry->d_type != DT_DIR) continue;
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        if (key(copy, entry->d_name, name, sizeof name)) {
            fprintf(out, "%s %c %s\n", name, entry->d_type == DT_DIR ? 'd' : 'f', entry->d_name);
        }
    }
    closedir(directory);
    return fclose(out) || rename(new, path) ? -1 : 0;
}

static int keep(int fd) {
    struct stat is;
    char name[128];
    if (fstat(fd, &is) || !key(fd, "", name, sizeof name)) return -1;
    if (S_ISDIR(is.st_mode)) return keep_names(fd, name);
    if (!S_ISREG(is.st_mode)) return 0;
    /* Closing a second descriptor of a file would end the locks of this process on that file, and
     * SQLite needs these locks. But SQLite opens its files for reading and writing, so the shim can
     * read them through the descriptor of SQLite. */
    if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_WRONLY) return keep_content(fd, name);
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int readable = open(link, O_RDONLY | O_CLOEXEC);
    if (readable < 0) return -1;
    int result = keep_content(readable, name);
    close(readable);
    return result;
}

static int synchronise(long call, int fd) {
    wait_for_disk(fd);
    int result = (int)syscall(call, fd);
    return result || !is_ours(fd) ? result : keep(fd);
}

int fsync(int fd) { return synchronise(SYS_fsync, fd); }

int fdatasync(int fd) { return synchronise(SYS_fdatasync, fd); }

ssize_t read(int fd, void *to, size_t size) {
    wait_for_disk(fd);
    return syscall(SYS_read, fd, to, size);
}

ssize_t pread(int fd, void *to, size_t size, off_t at) {
    wait_for_disk(fd);
    return syscall(SYS_pread64, fd, to, size, at);
}

ssize_t pread64(int fd, void *to, size_t size, off64_t at) {
    wait_for_disk(fd);
    return syscall(SYS_pread64, fd, to, size, at);
}
