/* The floor of what a mixer can cost: every 20 ms all datagrams that came to one socket go back to where they came from.
 *
 *     cc -O2 -o reflector reflector.c && ./reflector PORTS
 *
 * Opens so many sockets on 127.0.0.1, prints their ports on one line, and reflects until it is killed.  recvmmsg and
 * sendmmsg, nothing else: no RTP, no mixing. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 1024, WIDTH = 256, TICK_NS = 20000000, BUFFER = 8 << 20, PRIORITY = 20 };

static struct mmsghdr headers[BATCH];
static struct iovec pieces[BATCH];
static struct sockaddr_in peers[BATCH];
static unsigned char octets[BATCH][WIDTH];

static void prepare(void) {
    for (int i = 0; i < BATCH; i++) {
        pieces[i] = (struct iovec){octets[i], WIDTH};
        headers[i].msg_hdr = (struct msghdr){&peers[i], sizeof peers[i], &pieces[i], 1, NULL, 0, 0};
    }
}

static int opened(void) {
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), size = BUFFER;
    socklen_t length = sizeof own;
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    if (bind(descriptor, (struct sockaddr *)&own, sizeof own) || getsockname(descriptor, (struct sockaddr *)&own, &length)) {
        perror("reflector");
        exit(1);
    }
    printf("%d ", ntohs(own.sin_port));
    return descriptor;
}

static void reflect(int descriptor) {
    int count;
    while ((count = recvmmsg(descriptor, headers, BATCH, MSG_DONTWAIT, NULL)) > 0) {
        for (int i = 0; i < count; i++) pieces[i].iov_len = headers[i].msg_len;
        for (int sent = 0, step; sent < count; sent += step)
            if ((step = sendmmsg(descriptor, headers + sent, count - sent, 0)) <= 0) break;
        for (int i = 0; i < count; i++) {
            pieces[i].iov_len = WIDTH;
            headers[i].msg_hdr.msg_namelen = sizeof peers[i];
        }
        if (count < BATCH) break;
    }
}

int main(int words, char **word) {
    int count = words > 1 ? atoi(word[1]) : 1, *descriptors = calloc(count, sizeof *descriptors);
    struct sched_param priority = {.sched_priority = PRIORITY};
    struct timespec due;
    for (int i = 0; i < count; i++) descriptors[i] = opened();
    printf("\n");
    fflush(stdout);
    prepare();
    sched_setscheduler(0, SCHED_FIFO, &priority); /* as the bridge, where it is allowed */
    clock_gettime(CLOCK_MONOTONIC, &due);
    for (;;) {
        due.tv_nsec += TICK_NS;
        if (due.tv_nsec >= 1000000000) due.tv_sec++, due.tv_nsec -= 1000000000;
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR) {}
        for (int i = 0; i < count; i++) reflect(descriptors[i]);
    }
}
