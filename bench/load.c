/*
 * Load for the wire benches: one thread, epoll, frames made beforehand, so that the server is the limit.
 *
 * The load polls: it does not sleep while something has come in the last 20 ms. A server that wakes a sleeping process
 * pays for it, so the servers that answer fast would pay most. With --sleep it sleeps whenever nothing has come: for
 * servers that need all processors, and for a rate of messages so high that the load can only send several at once.
 *
 *   load echo PORT CONNECTIONS DEPTH SIZE WARM_MS RUN_MS
 *     Every connection keeps DEPTH masked binary messages under way: for each reply it sends a new message, all in one
 *     write. A reply may be cut into fragments, and may be masked, as that of the raw echo. The first reply of each
 *     connection is compared with the sent message. Prints messages per second.
 *   load paced PORT CONNECTIONS SIZE RATE WARM_MS RUN_MS
 *     Sends RATE messages a second at even times, over all connections in turn, whether or not replies have come. The
 *     time of a message counts from when it was due, so that its waiting counts too. Prints replies per second and
 *     the times in milliseconds.
 *   load handshake PORT CONCURRENT WARM_MS RUN_MS
 *     Opens, upgrades and resets connections. Prints handshakes per second.
 *   load readers PORT CONTROL_PORT CONNECTIONS
 *   load inflating-readers PORT CONTROL_PORT CONNECTIONS
 *     Opens connections, the second one with permessage-deflate without context takeover, prints "ready" and reads
 *     frames. When each connection has one more frame, it sends a byte to CONTROL_PORT. The first frames of all
 *     connections have to be equal; prints that frame in base 16.
 *   load idle PORT CONNECTIONS
 *     Opens connections, prints "ready", keeps them until its input ends.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST(EXTENSION)                                                                   \
  "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"         \
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" EXTENSION "\r\n"
static const char *request = REQUEST("");
static const char *request_with_deflate = REQUEST(
    "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n");

struct connection {
  int fd;
  int open;           /* the upgrade has been answered */
  char head[1024];    /* the answer so far */
  size_t head_length;
  uint8_t header[14]; /* of the frame of the reply that is under way */
  size_t header_length;
  uint64_t left;      /* payload of that frame still to come */
  size_t received;    /* payload of the reply so far */
  uint64_t to_send;   /* bytes of frames that are due */
  size_t offset;      /* position in the frame that is being written */
  int writing;        /* EPOLLOUT is asked for */
  int checked;        /* the first reply has been compared */
  double *due;        /* paced: when the messages under way were due, a ring */
  size_t first_due, count_due;
};

static uint8_t *frame, *burst, *payload, *inbox;
static size_t frame_length, burst_length, payload_length;
static int port, poller, sleeps;
static const size_t inbox_length = 1 << 18;
/* Readers: the connection whose first message the messages of all are compared with. */
static struct connection *teacher;

static void fail(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1e3 + at.tv_nsec / 1e6;
}

/* A connected socket, which waits while it is read and written. */
static int connect_to(int its_port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) fail("socket");
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)its_port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) fail("connect");
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

static void connect_one(struct connection *c) {
  memset(c, 0, sizeof *c);
  c->fd = connect_to(port);
  if (write(c->fd, request, strlen(request)) != (ssize_t)strlen(request)) fail("write");
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event) != 0) fail("epoll_ctl");
}

/* Reads the answer to the upgrade. Bytes after it are an error, since nothing was sent yet. */
static int read_head(struct connection *c) {
  ssize_t got = read(c->fd, c->head + c->head_length, sizeof c->head - 1 - c->head_length);
  if (got < 0 && errno == EAGAIN) return 0;
  if (got <= 0) fail("the server refused the upgrade");
  c->head_length += (size_t)got;
  c->head[c->head_length] = 0;
  if (strstr(c->head, "\r\n\r\n") == NULL) return 0;
  if (strncmp(c->head, "HTTP/1.1 101", 12) != 0) {
    fprintf(stderr, "load: %s\n", c->head);
    exit(1);
  }
  return c->open = 1;
}

static void want_writable(struct connection *c, int writing) {
  if (c->writing == writing) return;
  c->writing = writing;
  struct epoll_event event = {.events = EPOLLIN | (writing ? EPOLLOUT : 0), .data.ptr = c};
  epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
}

static void flush(struct connection *c) {
  while (c->to_send != 0) {
    /* The burst is many frames in a row. The write goes on at the place where the last one ended. */
    size_t length = burst_length - c->offset;
    if (length > c->to_send) length = (size_t)c->to_send;
    ssize_t sent = send(c->fd, burst + c->offset, length, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno != EAGAIN) fail("send");
      want_writable(c, 1);
      return;
    }
    c->to_send -= (uint64_t)sent;
    c->offset = (c->offset + (size_t)sent) % frame_length;
  }
  want_writable(c, 0);
}

/* Returns the number of complete replies. */
static uint64_t take(struct connection *c, size_t got) {
  uint64_t whole = 0;
  for (size_t at = 0; at < got;) {
    if (c->left == 0) {
      c->header[c->header_length++] = inbox[at++];
      if (c->header_length < 2) continue;
      size_t form = c->header[1] & 0x7f;
      size_t extended = form == 127 ? 8 : form == 126 ? 2 : 0;
      if (c->header_length < 2 + extended + (c->header[1] >> 7) * 4u) continue;
      c->left = extended == 0 ? form : 0;
      for (size_t byte = 0; byte < extended; byte++) c->left = c->left << 8 | c->header[2 + byte];
    }
    size_t part = got - at < c->left ? got - at : (size_t)c->left;
    if (c == teacher && !c->checked) {
      if (c->received + part > payload_length) fail("the first message is too long");
      memcpy(payload + c->received, inbox + at, part);
    } else if (!c->checked && !(c->header[1] & 0x80) && memcmp(inbox + at, payload + c->received, part) != 0) {
      fprintf(stderr, "load: the reply differs\n");
      exit(1);
    }
    c->received += part;
    c->left -= part;
    at += part;
    if (c->left != 0) break;
    c->header_length = 0;
    if (!(c->header[0] & 0x80)) continue;
    if (c == teacher && !c->checked) payload_length = c->received;
    if (c->received != payload_length) {
      fprintf(stderr, "load: the reply has %zu bytes\n", c->received);
      exit(1);
    }
    c->received = 0;
    c->checked = 1;
    whole++;
  }
  return whole;
}

static struct epoll_event events[256];

/* Waits until something has come, or for so many milliseconds. Returns the number of events. */
static int wait_for_events(double milliseconds) {
  double begin = now(), passed = 0;
  while (!sleeps && passed < 20 && passed < milliseconds) {
    int found = epoll_wait(poller, events, 256, 0);
    if (found != 0) return found;
    passed = now() - begin;
  }
  double left = passed < milliseconds ? milliseconds - passed : 0;
  struct timespec timeout = {.tv_sec = (time_t)(left / 1e3), .tv_nsec = (long)(left * 1e6) % 1000000000};
  return epoll_pwait2(poller, events, 256, &timeout, NULL);
}

/* Waits until something has come. A server that is silent for 5 seconds is an error. */
static int wait_for_server(void) {
  int found = wait_for_events(5000);
  if (found == 0) fail("the server has gone silent");
  return found;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Makes the payload, and a burst of masked frames that is written again and again. */
static void make_frames(size_t depth) {
  payload = malloc(payload_length);
  frame = malloc(payload_length + 14);
  static const uint8_t key[4] = {0x1d, 0xa7, 0x53, 0xe9};
  frame_length = 2;
  frame[0] = 0x82;
  if (payload_length < 126) {
    frame[1] = 0x80 | (uint8_t)payload_length;
  } else if (payload_length < 65536) {
    frame[1] = 0x80 | 126;
    frame[frame_length++] = (uint8_t)(payload_length >> 8);
    frame[frame_length++] = (uint8_t)payload_length;
  } else {
    frame[1] = 0x80 | 127;
    for (int shift = 56; shift >= 0; shift -= 8) frame[frame_length++] = (uint8_t)((uint64_t)payload_length >> shift);
  }
  memcpy(frame + frame_length, key, 4);
  frame_length += 4;
  for (size_t at = 0; at < payload_length; at++) {
    payload[at] = (uint8_t)(at * 31 + (at >> 8));
    frame[frame_length + at] = payload[at] ^ key[at & 3];
  }
  frame_length += payload_length;
  size_t frames = 1 + ((size_t)1 << 18) / frame_length;
  if (frames < depth && frame_length * depth < (size_t)1 << 22) frames = depth;
  burst_length = frames * frame_length;
  burst = malloc(burst_length);
  for (size_t at = 0; at < frames; at++) memcpy(burst + at * frame_length, frame, frame_length);
}

/* Opens connections, at most 100 at once, since the server's queue of new connections is short. */
static struct connection *open_all(int count) {
  struct connection *all = calloc((size_t)count, sizeof *all);
  int ready = 0;
  for (int index = 0; index < count; index++) {
    connect_one(&all[index]);
    while (index - ready >= 100 || (index == count - 1 && ready < count)) {
      int found = wait_for_server();
      for (int at = 0; at < found; at++) {
        struct connection *c = events[at].data.ptr;
        if (!c->open) ready += read_head(c);
      }
    }
  }
  return all;
}

/* Reads what has come, and returns the number of complete replies. */
static uint64_t receive(struct connection *c) {
  ssize_t got = read(c->fd, inbox, inbox_length);
  if (got == 0 || (got < 0 && errno != EAGAIN)) fail("the server ended a connection");
  return got > 0 ? take(c, (size_t)got) : 0;
}

static int echo(char **arguments) {
  int count = atoi(arguments[0]), depth = atoi(arguments[1]);
  payload_length = strtoul(arguments[2], NULL, 10);
  double warm = atof(arguments[3]), run = atof(arguments[4]);
  make_frames((size_t)depth);
  struct connection *all = open_all(count);
  double begin = now(), end = begin + warm + run, measured = begin + warm, last = begin;
  for (int index = 0; index < count; index++) {
    all[index].to_send = (uint64_t)depth * frame_length;
    flush(&all[index]);
  }
  uint64_t messages = 0;
  /* However short the time is, at least one reply is measured. */
  while (last < end || messages == 0) {
    int found = wait_for_server();
    last = now();
    for (int at = 0; at < found; at++) {
      struct connection *c = events[at].data.ptr;
      uint64_t whole = events[at].events & EPOLLIN ? receive(c) : 0;
      if (whole != 0) {
        if (last >= measured) messages += whole;
        c->to_send += whole * frame_length;
      }
      if (c->to_send != 0) flush(c);
    }
  }
  printf("{\"perSecond\":%.1f}\n", messages * 1e3 / (last - measured));
  return 0;
}

static int paced(char **arguments) {
  int count = atoi(arguments[0]);
  payload_length = strtoul(arguments[1], NULL, 10);
  double interval = 1e3 / atof(arguments[2]), warm = atof(arguments[3]), run = atof(arguments[4]);
  static const size_t ring = 1 << 16;
  make_frames(1);
  struct connection *all = open_all(count);
  for (int index = 0; index < count; index++) all[index].due = malloc(ring * sizeof(double));
  double begin = now(), end = begin + warm + run, measured = begin + warm, last = begin, next = begin;
  size_t samples = 0, under_way = 0, turn = 0, room = (size_t)((run + 1) / interval) + 1024;
  double *times = malloc(room * sizeof *times);
  while (next < end || under_way != 0) {
    for (last = now(); next <= last && next < end; next += interval) {
      struct connection *c = &all[turn++ % (size_t)count];
      if (c->count_due == ring) fail("the server has fallen far behind");
      c->due[(c->first_due + c->count_due++) % ring] = next;
      under_way++;
      c->to_send += frame_length;
    }
    for (int index = 0; index < count; index++)
      if (all[index].to_send != 0 && !all[index].writing) flush(&all[index]);
    int found = next < end ? wait_for_events(next - now()) : wait_for_server();
    for (int at = 0; at < found; at++) {
      struct connection *c = events[at].data.ptr;
      uint64_t whole = events[at].events & EPOLLIN ? receive(c) : 0;
      last = now();
      for (; whole != 0; whole--, c->count_due--, under_way--) {
        double due = c->due[c->first_due++ % ring];
        if (due >= measured && samples < room) times[samples++] = last - due;
      }
      if (c->writing) flush(c);
    }
  }
  qsort(times, samples, sizeof *times, by_value);
  if (samples == 0) fail("no message was measured");
  printf("{\"perSecond\":%.1f,\"p50\":%.4f,\"p99\":%.4f,\"p999\":%.4f,\"most\":%.4f}\n", samples * 1e3 / (last - measured),
         times[samples / 2], times[samples * 99 / 100], times[samples * 999 / 1000], times[samples - 1]);
  return 0;
}

static int handshake(char **arguments) {
  int count = atoi(arguments[0]);
  double warm = atof(arguments[1]), run = atof(arguments[2]);
  struct connection *all = calloc((size_t)count, sizeof *all);
  struct linger reset = {.l_onoff = 1, .l_linger = 0};
  for (int index = 0; index < count; index++) connect_one(&all[index]);
  double measured = now() + warm, end = measured + run, last = 0;
  uint64_t done = 0;
  while (last < end || done == 0) {
    int found = wait_for_server();
    last = now();
    for (int at = 0; at < found; at++) {
      struct connection *c = events[at].data.ptr;
      if (!read_head(c)) continue;
      if (last >= measured) done++;
      /* A reset leaves no port in TIME_WAIT. */
      setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
      close(c->fd);
      connect_one(c);
    }
  }
  printf("{\"perSecond\":%.1f}\n", done * 1e3 / (last - measured));
  return 0;
}

static int idle(char **arguments) {
  open_all(atoi(arguments[0]));
  printf("ready\n");
  fflush(stdout);
  while (getchar() != EOF) continue;
  return 0;
}

static int readers(char **arguments) {
  int count = atoi(arguments[1]);
  payload_length = 1 << 20;
  payload = malloc(payload_length);
  open_all(count);
  int control = connect_to(atoi(arguments[0]));
  printf("ready\n");
  fflush(stdout);
  uint64_t messages = 0;
  for (int found; (found = wait_for_events(INT_MAX)) > 0;) {
    for (int at = 0; at < found; at++) {
      struct connection *c = events[at].data.ptr;
      if (teacher == NULL) teacher = c;
      /* What the others have to be equal to is not known yet. */
      if (c != teacher && !teacher->checked) continue;
      int is_first = !teacher->checked;
      uint64_t whole = receive(c);
      if (is_first && teacher->checked) {
        printf("%02x", c->header[0]);
        for (size_t byte = 0; byte < payload_length; byte++) printf("%02x", payload[byte]);
        printf("\n");
        fflush(stdout);
      }
      for (; whole != 0; whole--)
        if (++messages % (uint64_t)count == 0 && write(control, ".", 1) != 1) fail("write");
    }
  }
  return 0;
}

int main(int count, char **arguments) {
  if (count > 1 && strcmp(arguments[1], "--sleep") == 0) {
    sleeps = 1;
    prctl(PR_SET_TIMERSLACK, 1000UL);
    count--;
    arguments++;
  }
  if (count < 4) return 2;
  const char *mode = arguments[1];
  port = atoi(arguments[2]);
  poller = epoll_create1(0);
  inbox = malloc(inbox_length);
  if (strcmp(mode, "echo") == 0 && count == 8) return echo(arguments + 3);
  if (strcmp(mode, "paced") == 0 && count == 8) return paced(arguments + 3);
  if (strcmp(mode, "handshake") == 0 && count == 6) return handshake(arguments + 3);
  if (strcmp(mode, "idle") == 0) return idle(arguments + 3);
  if (strcmp(mode, "readers") == 0 && count == 5) return readers(arguments + 3);
  if (strcmp(mode, "inflating-readers") == 0 && count == 5) {
    request = request_with_deflate;
    return readers(arguments + 3);
  }
  return 2;
}
