/* The least that delivering can cost without joining events: one send() for each delivery.
 *
 * One room, nobody is asked who they are, nothing is stored or limited, and a line that takes no
 * more holds up all others. It knows no handshake but the load generator's.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINES = 4096, BYTES = 16384 };

static const char ANSWER[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: SzBV44rq9cUNrampp3cgXLxc9GQ=\r\n\r\n";

struct line {
    int is_open;
    size_t have;
    unsigned char bytes[BYTES];
};

static struct line *lines[LINES];

static void tell_everybody(const unsigned char *payload, size_t size) {
    unsigned char frame[BYTES];
    size_t head = size < 126 ? 2 : 4;
    frame[0] = 0x81;
    frame[1] = size < 126 ? size : 126;
    if (head == 4) {
        frame[2] = size >> 8;
        frame[3] = size;
    }
    memcpy(frame + head, payload, size);
    for (int socket = 0; socket < LINES; socket++)
        if (lines[socket] && lines[socket]->is_open)
            send(socket, frame, head + size, MSG_NOSIGNAL);
}

/* How many bytes the frame has at whose beginning we are; 0 where it is not complete. */
static size_t take_frame(unsigned char *at, size_t have) {
    size_t head = 2, size;
    if (have < 4)
        return 0;
    size = at[1] & 127;
    if (size == 126) {
        size = at[2] << 8 | at[3];
        head = 4;
    }
    if (have < head + 4 + size)
        return 0;
    unsigned char *mask = at + head, *payload = mask + 4;
    for (size_t i = 0; i < size; i++)
        payload[i] ^= mask[i % 4];
    if ((at[0] & 15) == 1)
        tell_everybody(payload, size);
    return head + 4 + size;
}

static void take_bytes(int socket, struct line *line) {
    size_t used = 0, frame;
    if (!line->is_open) {
        unsigned char *end = memmem(line->bytes, line->have, "\r\n\r\n", 4);
        if (!end)
            return;
        used = end + 4 - line->bytes;
        line->is_open = 1;
        send(socket, ANSWER, sizeof ANSWER - 1, MSG_NOSIGNAL);
    }
    while ((frame = take_frame(line->bytes + used, line->have - used)))
        used += frame;
    line->have -= used;
    memmove(line->bytes, line->bytes + used, line->have);
}

static void hear(int socket) {
    struct line *line = lines[socket];
    ssize_t got = recv(socket, line->bytes + line->have, BYTES - line->have, MSG_DONTWAIT);
    if (got > 0) {
        line->have += got;
        take_bytes(socket, line);
    } else if (got == 0) {
        free(line);
        lines[socket] = NULL;
        close(socket);
    }
}

int main(int count, char **arguments) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct epoll_event ready[256], wanted = {.events = EPOLLIN};
    int yes = 1, listener = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0);
    if (count != 2)
        return 2;
    address.sin_port = htons(atoi(arguments[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024))
        return 1;
    wanted.data.fd = listener;
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &wanted);
    for (;;) {
        int events = epoll_wait(poll, ready, 256, -1);
        for (int i = 0; i < events; i++) {
            int socket = ready[i].data.fd;
            if (socket != listener) {
                hear(socket);
                continue;
            }
            socket = accept(listener, NULL, NULL);
            if (socket < 0 || socket >= LINES)
                return 1;
            setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            lines[socket] = calloc(1, sizeof(struct line));
            wanted.data.fd = socket;
            epoll_ctl(poll, EPOLL_CTL_ADD, socket, &wanted);
        }
    }
}
