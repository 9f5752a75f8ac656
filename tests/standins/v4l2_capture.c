/* Cameras made of files: a stand-in for Video4Linux2 capture devices, loaded with LD_PRELOAD.
 *
 * The folder in V4L2_CAPTURE_FOLDER is shown in place of /dev. Each file video<N> in it is a camera, described in lines:
 *
 *   card NAME          what VIDIOC_QUERYCAP calls it
 *   bus NAME           where it is plugged in
 *   capabilities HEX   V4L2_CAP_* bits of the node; 1 (video capture) without this line
 *   denied             open() fails with EACCES
 *   mute               it streams, but no picture ever comes
 *   jammed             VIDIOC_STREAMON fails with ENOSPC, as on a USB bus without bandwidth
 *   format FOURCC WIDTH HEIGHT RATE FILE
 *                      FILE holds the pictures, each a 32-bit length in native order and its bytes; they come in turn
 *
 * Making the file plugs a camera in, deleting it pulls it out: open handles then answer ENODEV, and poll POLLERR. As with
 * the kernel's UVC driver, anybody may open a camera, but one handle at a time may set it up and stream. What a program
 * asks for is noted in the file "log" in the folder.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MOST_HANDLES 1024
#define MOST_FORMATS 16
#define MOST_BUFFERS 16

struct format {
    unsigned fourcc, width, height, rate;
    char file[512];
};

struct camera {
    char path[512];
    ino_t inode;
    char card[32], bus[32];
    unsigned capabilities;
    int mute, jammed, format_count;
    struct format formats[MOST_FORMATS];
    int format; /* the chosen one */
    unsigned rate;
    int memory; /* memfd of all buffers */
    unsigned char *bytes;
    size_t buffer_size;
    unsigned buffer_count;
    unsigned queue[MOST_BUFFERS], queued; /* oldest first */
    int streaming;
    double begun;
    unsigned pictures; /* handed out since STREAMON */
    unsigned char *recording;
    size_t recording_size, position;
};

static struct camera *cameras[MOST_HANDLES];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static const char *folder(void) { return getenv("V4L2_CAPTURE_FOLDER"); }

/* Where a path under /dev really lies; NULL for any other path. */
static const char *moved(const char *path, char *buffer, size_t size)
{
    if (!folder() || !path || strncmp(path, "/dev/video", 10) != 0)
        return NULL;
    snprintf(buffer, size, "%s/%s", folder(), path + 5);
    return buffer;
}

static struct camera *camera_of(int handle)
{
    return handle >= 0 && handle < MOST_HANDLES ? cameras[handle] : NULL;
}

static int gone(const struct camera *camera)
{
    struct stat status;
    return stat(camera->path, &status) != 0 || status.st_ino != camera->inode;
}

static void note(const char *what, unsigned a, unsigned b, unsigned c)
{
    char path[600], line[128];
    snprintf(path, sizeof path, "%s/log", folder());
    int handle = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int size = snprintf(line, sizeof line, "%s %u %u %u\n", what, a, b, c);
    if (handle >= 0 && write(handle, line, (size_t)size) != size)
        abort();
    if (handle >= 0)
        REAL(close)(handle);
}

/* 0, or the errno that open() fails with. */
static int describe(struct camera *camera, const char *path)
{
    char line[1024], fourcc[8];
    FILE *file = fopen(path, "r");
    if (!file)
        return errno;
    int denied = 0;
    camera->capabilities = V4L2_CAP_VIDEO_CAPTURE;
    while (fgets(line, sizeof line, file)) {
        struct format *f = &camera->formats[camera->format_count];
        line[strcspn(line, "\n")] = 0;
        if (!strncmp(line, "card ", 5))
            strncpy(camera->card, line + 5, sizeof camera->card - 1);
        else if (!strncmp(line, "bus ", 4))
            strncpy(camera->bus, line + 4, sizeof camera->bus - 1);
        else if (!strcmp(line, "denied"))
            denied = 1;
        else if (!strcmp(line, "mute"))
            camera->mute = 1;
        else if (!strcmp(line, "jammed"))
            camera->jammed = 1;
        else if (sscanf(line, "capabilities %x", &camera->capabilities) == 1)
            continue;
        else if (camera->format_count < MOST_FORMATS && sscanf(line, "format %4s %u %u %u %511s", fourcc, &f->width,
                                                               &f->height, &f->rate, f->file) == 5) {
            f->fourcc = v4l2_fourcc(fourcc[0], fourcc[1], fourcc[2], fourcc[3]);
            camera->format_count++;
        }
    }
    fclose(file);
    snprintf(camera->path, sizeof camera->path, "%s", path);
    struct stat status;
    if (stat(path, &status) != 0)
        return errno;
    camera->inode = status.st_ino;
    camera->memory = -1;
    if (camera->format_count)
        camera->rate = camera->formats[0].rate;
    return denied ? EACCES : 0;
}

static int open_camera(const char *path, int flags)
{
    struct camera *camera = calloc(1, sizeof *camera);
    int failure = describe(camera, path);
    int handle = failure ? -1 : REAL(open)(path, (flags & ~O_ACCMODE) | O_RDONLY);
    if (handle < 0 || handle >= MOST_HANDLES) {
        free(camera);
        errno = failure ? failure : errno;
        return -1;
    }
    cameras[handle] = camera;
    return handle;
}

static void stop(struct camera *camera)
{
    camera->streaming = 0;
    camera->queued = 0;
    if (camera->recording)
        munmap(camera->recording, camera->recording_size);
    camera->recording = NULL;
}

static void free_buffers(struct camera *camera)
{
    stop(camera);
    if (camera->bytes)
        munmap(camera->bytes, camera->buffer_size * camera->buffer_count);
    if (camera->memory >= 0)
        REAL(close)(camera->memory);
    camera->bytes = NULL;
    camera->memory = -1;
    camera->buffer_count = 0;
}

/* Whether this handle may set the camera up: the first one to do so keeps the right until it frees its buffers. */
static int may_set_up(int handle) { return flock(handle, LOCK_EX | LOCK_NB) == 0; }

static void tell_format(const struct camera *camera, struct v4l2_format *format)
{
    const struct format *f = &camera->formats[camera->format];
    memset(&format->fmt, 0, sizeof format->fmt);
    format->fmt.pix.width = f->width;
    format->fmt.pix.height = f->height;
    format->fmt.pix.pixelformat = f->fourcc;
    format->fmt.pix.field = V4L2_FIELD_NONE;
    format->fmt.pix.bytesperline = f->fourcc == V4L2_PIX_FMT_YUYV ? f->width * 2 : 0;
    format->fmt.pix.sizeimage = f->width * f->height * 2;
    format->fmt.pix.colorspace = V4L2_COLORSPACE_SRGB;
}

/* The offered format nearest to the wanted one: its own kind of pixels if there is any, then the nearest size. */
static int nearest(const struct camera *camera, const struct v4l2_pix_format *wanted)
{
    int best = 0;
    long best_distance = -1;
    for (int i = 0; i < camera->format_count; i++) {
        const struct format *f = &camera->formats[i];
        long distance = labs((long)f->width - (long)wanted->width) + labs((long)f->height - (long)wanted->height);
        distance += f->fourcc == wanted->pixelformat ? 0 : 1000000 + i;
        if (best_distance < 0 || distance < best_distance) {
            best = i;
            best_distance = distance;
        }
    }
    return best;
}

static int set_format(struct camera *camera, int handle, struct v4l2_format *format, int try_only)
{
    if (!try_only && (camera->buffer_count || !may_set_up(handle)))
        return EBUSY;
    int before = camera->format;
    camera->format = nearest(camera, &format->fmt.pix);
    const struct format *f = &camera->formats[camera->format];
    tell_format(camera, format);
    if (try_only)
        camera->format = before;
    else {
        if (camera->rate > f->rate || camera->format != before)
            camera->rate = f->rate;
        note("S_FMT", f->fourcc, f->width, f->height);
    }
    return 0;
}

static int set_rate(struct camera *camera, struct v4l2_streamparm *wanted, int set)
{
    struct v4l2_captureparm *capture = &wanted->parm.capture;
    if (set && capture->timeperframe.numerator && capture->timeperframe.denominator) {
        unsigned most = camera->formats[camera->format].rate;
        unsigned rate = capture->timeperframe.denominator / capture->timeperframe.numerator;
        camera->rate = rate < 1 ? 1 : rate > most ? most : rate;
        note("S_PARM", camera->rate, 0, 0);
    }
    memset(capture, 0, sizeof *capture);
    capture->capability = V4L2_CAP_TIMEPERFRAME;
    capture->timeperframe.numerator = 1;
    capture->timeperframe.denominator = camera->rate;
    return 0;
}

static int request_buffers(struct camera *camera, int handle, struct v4l2_requestbuffers *request)
{
    if (request->memory != V4L2_MEMORY_MMAP)
        return EINVAL;
    if (!may_set_up(handle))
        return EBUSY;
    free_buffers(camera);
    if (request->count == 0) {
        flock(handle, LOCK_UN);
        return 0;
    }
    if (request->count > MOST_BUFFERS)
        request->count = MOST_BUFFERS;
    const struct format *f = &camera->formats[camera->format];
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    camera->buffer_size = ((size_t)f->width * f->height * 2 + page - 1) / page * page;
    camera->buffer_count = request->count;
    camera->memory = memfd_create("buffers", MFD_CLOEXEC);
    if (camera->memory < 0 || ftruncate(camera->memory, (off_t)(camera->buffer_size * camera->buffer_count)) != 0)
        return ENOMEM;
    camera->bytes = REAL(mmap)(NULL, camera->buffer_size * camera->buffer_count, PROT_READ | PROT_WRITE, MAP_SHARED,
                               camera->memory, 0);
    note("REQBUFS", camera->buffer_count, 0, 0);
    return camera->bytes == MAP_FAILED ? ENOMEM : 0;
}

static void tell_buffer(const struct camera *camera, struct v4l2_buffer *buffer)
{
    buffer->length = (unsigned)camera->buffer_size;
    buffer->m.offset = (unsigned)(buffer->index * camera->buffer_size);
    buffer->field = V4L2_FIELD_NONE;
    buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
}

static int queue_buffer(struct camera *camera, struct v4l2_buffer *buffer)
{
    if (buffer->index >= camera->buffer_count || camera->queued >= camera->buffer_count)
        return EINVAL;
    camera->queue[camera->queued++] = buffer->index;
    tell_buffer(camera, buffer);
    buffer->flags |= V4L2_BUF_FLAG_QUEUED;
    return 0;
}

static int start(struct camera *camera)
{
    struct stat status;
    const struct format *f = &camera->formats[camera->format];
    if (camera->jammed)
        return ENOSPC;
    int handle = REAL(open)(f->file, O_RDONLY);
    if (handle < 0 || fstat(handle, &status) != 0)
        return EIO;
    camera->recording_size = (size_t)status.st_size;
    camera->recording = REAL(mmap)(NULL, camera->recording_size, PROT_READ, MAP_PRIVATE, handle, 0);
    REAL(close)(handle);
    if (camera->recording == MAP_FAILED)
        return EIO;
    camera->position = 0;
    camera->pictures = 0;
    camera->begun = now();
    camera->streaming = 1;
    note("STREAMON", camera->rate, camera->buffer_count, 0);
    return 0;
}

/* Seconds until the next picture is there; negative when it is. A stopped or starved camera has none for an hour. */
static double until_picture(const struct camera *camera)
{
    if (camera->mute || !camera->streaming || camera->queued == 0)
        return 3600.0;
    return camera->begun + (camera->pictures + 1.0) / camera->rate - now();
}

static int dequeue_buffer(struct camera *camera, struct v4l2_buffer *buffer)
{
    unsigned length;
    if (!camera->streaming)
        return EINVAL;
    if (until_picture(camera) > 0)
        return EAGAIN;
    memset(buffer, 0, sizeof *buffer);
    buffer->index = camera->queue[0];
    buffer->type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    buffer->memory = V4L2_MEMORY_MMAP;
    memmove(camera->queue, camera->queue + 1, --camera->queued * sizeof camera->queue[0]);
    if (camera->position + sizeof length > camera->recording_size)
        camera->position = 0;
    memcpy(&length, camera->recording + camera->position, sizeof length);
    if (length > camera->buffer_size || camera->position + sizeof length + length > camera->recording_size)
        return EIO;
    memcpy(camera->bytes + buffer->index * camera->buffer_size, camera->recording + camera->position + sizeof length,
           length);
    camera->position += sizeof length + length;
    tell_buffer(camera, buffer);
    buffer->bytesused = length;
    buffer->flags |= V4L2_BUF_FLAG_DONE;
    buffer->sequence = camera->pictures++;
    double time = now();
    buffer->timestamp.tv_sec = (time_t)time;
    buffer->timestamp.tv_usec = (suseconds_t)((time - (double)buffer->timestamp.tv_sec) * 1e6);
    return 0;
}

static void tell_capability(const struct camera *camera, struct v4l2_capability *capability)
{
    memset(capability, 0, sizeof *capability);
    memcpy(capability->driver, "uvcvideo", 8);
    memcpy(capability->card, camera->card, sizeof camera->card);
    memcpy(capability->bus_info, camera->bus, sizeof camera->bus);
    capability->device_caps = camera->capabilities | V4L2_CAP_STREAMING;
    capability->capabilities = capability->device_caps | V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_DEVICE_CAPS;
}

/* 0, or the errno that the request fails with. */
static int answer(struct camera *camera, int handle, unsigned request, void *argument)
{
    if (gone(camera) && request != (unsigned)VIDIOC_STREAMOFF)
        return ENODEV;
    switch (request) {
    case (unsigned)VIDIOC_QUERYCAP:
        tell_capability(camera, argument);
        return 0;
    case (unsigned)VIDIOC_G_FMT:
        tell_format(camera, argument);
        return 0;
    case (unsigned)VIDIOC_TRY_FMT:
        return set_format(camera, handle, argument, 1);
    case (unsigned)VIDIOC_S_FMT:
        return set_format(camera, handle, argument, 0);
    case (unsigned)VIDIOC_G_PARM:
        return set_rate(camera, argument, 0);
    case (unsigned)VIDIOC_S_PARM:
        return set_rate(camera, argument, 1);
    case (unsigned)VIDIOC_REQBUFS:
        return request_buffers(camera, handle, argument);
    case (unsigned)VIDIOC_QUERYBUF:
        tell_buffer(camera, argument);
        return 0;
    case (unsigned)VIDIOC_QBUF:
        return queue_buffer(camera, argument);
    case (unsigned)VIDIOC_DQBUF:
        return dequeue_buffer(camera, argument);
    case (unsigned)VIDIOC_STREAMON:
        return start(camera);
    case (unsigned)VIDIOC_STREAMOFF:
        stop(camera);
        return 0;
    }
    return ENOTTY;
}

int ioctl(int handle, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    struct camera *camera = camera_of(handle);
    if (!camera)
        return REAL(ioctl)(handle, request, argument);
    errno = answer(camera, handle, (unsigned)request, argument);
    return errno ? -1 : 0;
}

int open(const char *path, int flags, ...)
{
    char place[600];
    va_list arguments;
    va_start(arguments, flags);
    unsigned mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(arguments, unsigned) : 0;
    va_end(arguments);
    if (moved(path, place, sizeof place))
        return open_camera(place, flags);
    return REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    char place[600];
    va_list arguments;
    va_start(arguments, flags);
    unsigned mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(arguments, unsigned) : 0;
    va_end(arguments);
    if (moved(path, place, sizeof place))
        return open_camera(place, flags);
    return REAL(open64)(path, flags, mode);
}

int close(int handle)
{
    struct camera *camera = camera_of(handle);
    if (camera) {
        cameras[handle] = NULL;
        free_buffers(camera);
        free(camera);
    }
    return REAL(close)(handle);
}

DIR *opendir(const char *path)
{
    int devices = folder() && (!strcmp(path, "/dev") || !strcmp(path, "/dev/"));
    return REAL(opendir)(devices ? folder() : path);
}

int stat(const char *path, struct stat *status)
{
    char place[600];
    return REAL(stat)(moved(path, place, sizeof place) ? place : path, status);
}

int stat64(const char *path, struct stat64 *status)
{
    char place[600];
    return REAL(stat64)(moved(path, place, sizeof place) ? place : path, status);
}

void *mmap(void *address, size_t length, int protection, int flags, int handle, off_t offset)
{
    struct camera *camera = camera_of(handle);
    return REAL(mmap)(address, length, protection, flags, camera ? camera->memory : handle, offset);
}

void *mmap64(void *address, size_t length, int protection, int flags, int handle, off64_t offset)
{
    struct camera *camera = camera_of(handle);
    return REAL(mmap64)(address, length, protection, flags, camera ? camera->memory : handle, offset);
}

/* Wait for a picture of ``camera``, ``limit`` seconds at most (negative: for ever). The events of poll(). */
static int wait_for_picture(struct camera *camera, double limit)
{
    double end = now() + limit;
    for (;;) {
        if (gone(camera) || !camera->streaming)
            return POLLERR | POLLHUP;
        if (until_picture(camera) <= 0)
            return POLLIN | POLLRDNORM;
        if (limit >= 0 && now() >= end)
            return 0;
        usleep(1000);
    }
}

/* glibc declares that poll() only writes the array, which is not so. */
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

int poll(struct pollfd *handles, nfds_t count, int timeout_ms)
{
    struct camera *camera = count == 1 ? camera_of(handles[0].fd) : NULL;
    if (!camera)
        return REAL(poll)(handles, count, timeout_ms);
    handles[0].revents = (short)(wait_for_picture(camera, timeout_ms / 1000.0) & (handles[0].events | POLLERR | POLLHUP));
    return handles[0].revents != 0;
}

int select(int count, fd_set *readable, fd_set *writable, fd_set *exceptional, struct timeval *timeout)
{
    for (int handle = 0; readable && handle < count; handle++) {
        struct camera *camera = FD_ISSET(handle, readable) ? camera_of(handle) : NULL;
        if (camera) {
            double limit = timeout ? (double)timeout->tv_sec + (double)timeout->tv_usec * 1e-6 : -1;
            int events = wait_for_picture(camera, limit);
            FD_ZERO(readable);
            if (events)
                FD_SET(handle, readable);
            return events != 0;
        }
    }
    return REAL(select)(count, readable, writable, exceptional, timeout);
}
