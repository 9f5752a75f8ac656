/* A v4l2loopback device that is not there: LD_PRELOAD this library and STANDIN_DEVICE (say /dev/video97) can be opened,
 * asked for its capabilities, given a format and written to, the way the kernel module answers.
 *
 *   STANDIN_DEVICE      the path that is intercepted; every other call goes to libc untouched
 *   STANDIN_FRAMES      a file: the bytes that the device took, one picture behind the other
 *   STANDIN_LOG         a file, written when the device is closed: "format WIDTH HEIGHT FOURCC SIZEIMAGE" for each
 *                       S_FMT, then "write ASKED TAKEN" for each write, in order
 *   STANDIN_FAULT       "denied" and "busy": open fails; "camera": a capture device; "refused": S_FMT fails;
 *                       "gone" and "short": writes fail, or take half, once STANDIN_FAULT_AFTER pictures were taken
 *
 * What a write takes is written on to STANDIN_FRAMES with one write(2), so the kernel's count of bytes written by the
 * thread moves as it would with the real device. Nothing is logged before the device is closed for the same reason.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_EVENTS 4096

struct event {
    enum { FORMAT, WRITE } kind;
    struct v4l2_pix_format format;
    size_t asked;
    ssize_t taken;
};

static int device = -1;
static struct v4l2_pix_format format;
static struct event events[MOST_EVENTS];
static int event_count;
static int pictures;

static const char *setting(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

static int fault(const char *name) { return strcmp(setting("STANDIN_FAULT"), name) == 0; }

static void note(struct event event) {
    if (event_count < MOST_EVENTS) events[event_count++] = event;
}

static void report(void) {
    FILE *log = fopen(setting("STANDIN_LOG"), "w");
    if (!log) return;
    for (int i = 0; i < event_count; i++) {
        struct v4l2_pix_format *pix = &events[i].format;
        if (events[i].kind == FORMAT)
            fprintf(log, "format %u %u %.4s %u\n", pix->width, pix->height, (char *)&pix->pixelformat, pix->sizeimage);
        else
            fprintf(log, "write %zu %zd\n", events[i].asked, events[i].taken);
    }
    fclose(log);
}

static int open_device(void) {
    if (fault("denied") || fault("busy")) {
        errno = fault("denied") ? EACCES : EBUSY;
        return -1;
    }
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    device = real(setting("STANDIN_FRAMES"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return device;
}

static int opened(const char *symbol, const char *path, int flags, mode_t mode) {
    const char *wanted = setting("STANDIN_DEVICE");
    if (*wanted && strcmp(path, wanted) == 0) return open_device();
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, symbol);
    return real(path, flags, mode);
}

static mode_t mode_of(int flags, va_list arguments) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return opened("open", path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return opened("open64", path, flags, mode);
}

static void fill_sizes(struct v4l2_pix_format *pix) {
    int planar = pix->pixelformat == V4L2_PIX_FMT_YUV420 || pix->pixelformat == V4L2_PIX_FMT_NV12;
    pix->bytesperline = planar ? pix->width : 2 * pix->width;
    pix->sizeimage = planar ? pix->width * pix->height * 3 / 2 : 2 * pix->width * pix->height;
    pix->field = V4L2_FIELD_NONE;
    pix->colorspace = V4L2_COLORSPACE_SRGB;
}

static int answer(unsigned long request, void *argument) {
    if (request == VIDIOC_QUERYCAP) {
        struct v4l2_capability *capability = argument;
        unsigned int direction = fault("camera") ? V4L2_CAP_VIDEO_CAPTURE : V4L2_CAP_VIDEO_OUTPUT;
        memset(capability, 0, sizeof *capability);
        strcpy((char *)capability->driver, fault("camera") ? "uvcvideo" : "v4l2 loopback");
        strcpy((char *)capability->card, "VACE Live");
        strcpy((char *)capability->bus_info, "platform:v4l2loopback-097");
        capability->device_caps = direction | V4L2_CAP_READWRITE | V4L2_CAP_STREAMING;
        capability->capabilities = capability->device_caps | V4L2_CAP_DEVICE_CAPS;
        return 0;
    }
    struct v4l2_format *given = argument;
    if (request == VIDIOC_TRY_FMT || request == VIDIOC_S_FMT) {
        if (fault("refused") && request == VIDIOC_S_FMT) {
            errno = EBUSY;
            return -1;
        }
        fill_sizes(&given->fmt.pix);
        if (request == VIDIOC_S_FMT) {
            format = given->fmt.pix;
            note((struct event){.kind = FORMAT, .format = format});
        }
        return 0;
    }
    if (request == VIDIOC_G_FMT) {
        given->fmt.pix = format;
        return 0;
    }
    errno = ENOTTY;
    return -1;
}

int ioctl(int fd, unsigned long request, ...) {
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (fd >= 0 && fd == device) return answer(request, argument);
    int (*real)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
    return real(fd, request, argument);
}

ssize_t write(int fd, const void *bytes, size_t count) {
    ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    if (fd < 0 || fd != device) return real(fd, bytes, count);
    int spoilt = pictures >= atoi(setting("STANDIN_FAULT_AFTER"));
    ssize_t taken = -1;
    if (fault("gone") && spoilt) {
        errno = ENODEV;
    } else {
        /* The module cuts off what is longer than one picture. */
        size_t most = fault("short") && spoilt ? format.sizeimage / 2 : format.sizeimage;
        taken = real(fd, bytes, count < most ? count : most);
    }
    pictures++;
    note((struct event){.kind = WRITE, .asked = count, .taken = taken});
    return taken;
}

int close(int fd) {
    if (fd >= 0 && fd == device) {
        device = -1;
        report();
    }
    int (*real)(int) = dlsym(RTLD_NEXT, "close");
    return real(fd);
}
