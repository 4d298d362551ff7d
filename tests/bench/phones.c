/* The phones of a load, cheap enough to leave most of the machine to what is measured: as RtpPhones.run, which calls it.
 *
 * Every millisecond those whose turn it is send a packet, and some read what has come to them; the kernel has stamped it. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { FRAME = 160, HEAD = 12, BATCH = 64, WIDTH = 256, CONTROL = 64, SLOTS = 20, READ_SLOTS = 200 };
enum { SLOT_NS = 1000000, ASIDE_NS = 500000, SECOND_NS = 1000000000 };

struct phone {
    int32_t socket;
    uint32_t ssrc;
    int32_t slot;   /* 0 ... SLOTS - 1 */
    uint32_t said; /* packets so far */
};
struct packet {
    int64_t arrived; /* monotonic clock */
    uint8_t head[HEAD];
    uint32_t phone;
};
struct slot {
    int64_t due, late;
};

static int64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * SECOND_NS + time.tv_nsec;
}

static void put(uint8_t *at, uint32_t number, int octets) {
    for (int i = 0; i < octets; i++) at[i] = number >> 8 * (octets - 1 - i);
}

static void speak(const struct phone *phone, uint32_t said, const uint8_t *frame) {
    uint8_t octets[HEAD + FRAME] = {0x80, 0};
    put(octets + 2, said, 2);
    put(octets + 4, said * FRAME, 4);
    put(octets + 8, phone->ssrc, 4);
    memcpy(octets + HEAD, frame, FRAME);
    send(phone->socket, octets, sizeof octets, MSG_DONTWAIT); /* a full buffer is the mixer's fault, and will be seen */
}

static int64_t read_all(const struct phone *phone, uint32_t number, struct packet *into, int64_t room) {
    static uint8_t octets[BATCH][WIDTH], control[BATCH][CONTROL];
    struct mmsghdr headers[BATCH];
    struct iovec pieces[BATCH];
    int64_t read = 0, behind = now(CLOCK_REALTIME) - now(CLOCK_MONOTONIC);
    for (int count = BATCH; count == BATCH;) {
        for (int i = 0; i < BATCH; i++) {
            pieces[i] = (struct iovec){octets[i], WIDTH};
            headers[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
            headers[i].msg_hdr.msg_control = control[i];
            headers[i].msg_hdr.msg_controllen = CONTROL;
        }
        count = recvmmsg(phone->socket, headers, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < count && read < room; i++) {
            struct timespec stamp;
            memcpy(&stamp, CMSG_DATA((struct cmsghdr *)control[i]), sizeof stamp);
            into[read].arrived = (int64_t)stamp.tv_sec * SECOND_NS + stamp.tv_nsec - behind;
            memcpy(into[read].head, octets[i], HEAD);
            into[read++].phone = number;
        }
    }
    return read;
}

/* Until that moment of the monotonic clock, or until there is no more room.  How many packets were read; slots gets an
 * entry for each millisecond, of which how many come back in *woken. */
int64_t talk(struct phone *phones, int64_t count, const uint8_t *speech, uint32_t frames, const int32_t *says,
             int64_t until, struct packet *packets, int64_t room, struct slot *slots, int64_t *woken) {
    int64_t slot = now(CLOCK_MONOTONIC) / SLOT_NS, read = 0, most = *woken;
    for (*woken = 0; *woken < most; ++*woken) {
        int64_t due = ++slot * SLOT_NS + ASIDE_NS;
        struct timespec wake = {due / SECOND_NS, due % SECOND_NS};
        if (due >= until) break;
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, NULL) == EINTR) {}
        slots[*woken] = (struct slot){due, now(CLOCK_MONOTONIC) - due};
        for (int64_t n = 0; n < count; n++)
            if (phones[n].slot == slot % SLOTS) {
                speak(&phones[n], phones[n].said, speech + ((int64_t)says[n] * frames + phones[n].said % frames) * FRAME);
                phones[n].said++;
            }
        for (int64_t n = slot % READ_SLOTS; n < count; n += READ_SLOTS)
            read += read_all(&phones[n], n, packets + read, room - read);
    }
    for (int64_t n = 0; n < count; n++) read += read_all(&phones[n], n, packets + read, room - read);
    return read;
}
