/* Sockets that do not block, one epoll set for all of them. */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int set = -1;

static void watch(connection *one, int operation) {
  uint32_t wanted = one->isStuck ? 0 : EPOLLIN | (one->awaitsRoom ? EPOLLOUT : 0);
  struct epoll_event event = {.events = wanted, .data.ptr = one};
  if (epoll_ctl(set, operation, one->descriptor, &event)) fail("epoll: %s", strerror(errno));
}

connection *connection_open(subscriber *subscriber) {
  return connection_open_at(run.settings.port, subscriber);
}

connection *connection_open_at(int port, subscriber *subscriber) {
  if (set < 0) set = epoll_create1(EPOLL_CLOEXEC);
  connection *one = calloc(1, sizeof *one);
  if (!one) fail("no memory");
  one->subscriber = subscriber;
  one->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(one->descriptor, (struct sockaddr *)&address, sizeof address))
    fail("cannot connect: %s", strerror(errno));
  int on = 1;
  setsockopt(one->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(one->descriptor, F_SETFL, O_NONBLOCK);
  watch(one, EPOLL_CTL_ADD);
  return one;
}

void connection_write(connection *one, const void *bytes, size_t length) {
  if (one->outFirst > 0 && one->outEnd + length > one->outRoom) {
    memmove(one->out, one->out + one->outFirst, one->outEnd - one->outFirst);
    one->outEnd -= one->outFirst;
    one->outFirst = 0;
  }
  if (one->outEnd + length > one->outRoom) {
    one->outRoom = 2 * (one->outEnd + length);
    one->out = realloc(one->out, one->outRoom);
    if (!one->out) fail("no memory");
  }
  memcpy(one->out + one->outEnd, bytes, length);
  one->outEnd += length;
}

void connection_flush(connection *one) {
  bool awaitsRoom = false;
  for (;;) {
    if (run.protocol->fill && one->outFirst == one->outEnd) run.protocol->fill(one);
    if (one->outFirst == one->outEnd) break;
    ssize_t sent = send(one->descriptor, one->out + one->outFirst, one->outEnd - one->outFirst,
                        MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) fail("cannot send: %s", strerror(errno));
    awaitsRoom = sent < 0;
    if (awaitsRoom) break;
    one->outFirst += sent;
    if (one->outFirst == one->outEnd) one->outFirst = one->outEnd = 0;
  }
  bool isStuck = one->subscriber && one->subscriber->stuck && one->subscriber->ready;
  if (awaitsRoom == one->awaitsRoom && isStuck == one->isStuck) return;
  one->awaitsRoom = awaitsRoom;
  one->isStuck = isStuck;
  watch(one, EPOLL_CTL_MOD);
}

static void receive(connection *one) {
  static uint8_t bytes[RECEIVE_BYTES];
  ssize_t length = recv(one->descriptor, bytes, sizeof bytes, 0);
  if (length < 0 && errno == EAGAIN) return;
  if (length < 0) fail("cannot receive: %s", strerror(errno));
  if (length == 0) fail("the server closed a connection");
  run.receivedAt = now();
  run.protocol->receive(one, bytes, length);
}

void connections_turn(uint64_t until) {
  enum { EVENTS = 512 };
  struct epoll_event events[EVENTS];
  uint64_t at = now(), wait = until > at ? until - at : 0;
  struct timespec time = {.tv_sec = wait / 1000000000, .tv_nsec = wait % 1000000000};
  int count = epoll_pwait2(set, events, EVENTS, &time, NULL);
  if (count < 0 && errno != EINTR) fail("epoll: %s", strerror(errno));
  for (int i = 0; i < count; i++) {
    connection *one = events[i].data.ptr;
    bool hasEnded = events[i].events & (EPOLLERR | EPOLLHUP);
    if (hasEnded && one->isStuck) fail("the server closed the connection of a stuck subscriber");
    if (events[i].events & EPOLLIN || hasEnded) receive(one);
    connection_flush(one);
  }
}

void carry_take(carry *left, taker *take, void *context, const uint8_t *bytes, size_t length) {
  enum { PIECE = 2048 };
  while (left->length > 0 && length > 0) {
    /* Only so much is copied as the part needs that is not whole; the rest is taken where it is. */
    size_t before = left->length, piece = length < PIECE ? length : PIECE;
    if (before + piece > CARRY_BYTES_MAX) fail("a part of what came has no end");
    memcpy(left->bytes + before, bytes, piece);
    size_t taken = take(context, left->bytes, before + piece);
    if (taken < before) {
      left->length = before + piece - taken;
      memmove(left->bytes, left->bytes + taken, left->length);
      bytes += piece;
      length -= piece;
    } else {
      left->length = 0;
      bytes += taken - before;
      length -= taken - before;
    }
  }
  if (length == 0) return;
  size_t taken = take(context, bytes, length);
  size_t rest = length - taken;
  if (rest == 0) return;
  if (rest > CARRY_BYTES_MAX) fail("a part of what came has no end");
  if (!left->bytes && !(left->bytes = malloc(CARRY_BYTES_MAX))) fail("no memory");
  memcpy(left->bytes, bytes + taken, rest);
  left->length = rest;
}
