/* Redis in RESP: publish and subscribe, and streams that are read by blocking XREADs.
 *
 * Each subscriber has a connection of its own: one that has subscribed, or blocks, can do nothing else.
 */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_stream(void) { return run.protocol == &redisStreams; }

static void write_text(connection *to, const char *text) { connection_write(to, text, strlen(text)); }

/* Asks for what comes behind the last entry; the answer comes when there is something. */
static void read_on(subscriber *one) {
  char text[256], organization[ORGANIZATION_BYTES + 1] = {0};
  organization_write(organization, one->next % run.settings.organizations);
  snprintf(text, sizeof text,
           "*8\r\n$5\r\nXREAD\r\n$5\r\nCOUNT\r\n$4\r\n1000\r\n$5\r\nBLOCK\r\n$1\r\n0\r\n$7\r\nSTREAMS\r\n"
           "$%d\r\n%s\r\n$%zu\r\n%s\r\n",
           ORGANIZATION_BYTES, organization, strlen(one->lastID), one->lastID);
  write_text(one->connection, text);
}

static void open_all(void) {
  run.publisher = connection_open(NULL);
  for (int i = 0; i < run.settings.subscribers; i++) {
    subscriber *one = &run.subscribers[i];
    one->connection = connection_open(one);
    if (is_stream()) {
      /* From the beginning of a stream that is not there yet: nothing is missed. */
      strcpy(one->lastID, "0-0");
      read_on(one);
      subscriber_is_ready(one);
    } else {
      char text[64], organization[ORGANIZATION_BYTES + 1] = {0};
      organization_write(organization, one->next);
      snprintf(text, sizeof text, "*2\r\n$9\r\nSUBSCRIBE\r\n$%d\r\n%s\r\n", ORGANIZATION_BYTES,
               organization);
      write_text(one->connection, text);
    }
    connection_flush(one->connection);
  }
}

/* The number of a line like "*3" or "$617"; false when the line is not whole. */
static bool take_number(const uint8_t *bytes, size_t length, size_t *at, char kind, long *number) {
  const uint8_t *end = memchr(bytes + *at, '\n', length - *at);
  if (!end) return false;
  if (bytes[*at] != kind) fail("Redis: %.*s", (int)(end - bytes - *at), bytes + *at);
  *number = strtol((const char *)bytes + *at + 1, NULL, 10);
  *at = end + 1 - bytes;
  return true;
}

static bool take_text(const uint8_t *bytes, size_t length, size_t *at, const uint8_t **text,
                      long *textBytes) {
  if (!take_number(bytes, length, at, '$', textBytes)) return false;
  if (length - *at < (size_t)*textBytes + 2) return false;
  *text = bytes + *at;
  *at += *textBytes + 2;
  return true;
}

/* message, channel, payload; or subscribe, channel, count. Bytes taken; 0 when it is not whole. */
static size_t take_pushed(subscriber *one, const uint8_t *bytes, size_t length) {
  size_t at = 0;
  const uint8_t *kind, *channel, *payload;
  long number, kindBytes, channelBytes, payloadBytes;
  if (!take_number(bytes, length, &at, '*', &number)) return 0;
  if (!take_text(bytes, length, &at, &kind, &kindBytes)) return 0;
  if (!take_text(bytes, length, &at, &channel, &channelBytes)) return 0;
  if (kindBytes == 9) {
    if (!take_number(bytes, length, &at, ':', &number)) return 0;
    subscriber_is_ready(one);
    return at;
  }
  if (!take_text(bytes, length, &at, &payload, &payloadBytes)) return 0;
  event_deliver(one, payload, payloadBytes);
  return at;
}

/* One stream of an XREAD's answer, up to its entries. */
static size_t take_stream_head(subscriber *one, const uint8_t *bytes, size_t length) {
  size_t at = 0;
  const uint8_t *key;
  long number, keyBytes;
  if (!take_number(bytes, length, &at, '*', &number)) return 0;
  if (!take_number(bytes, length, &at, '*', &number)) return 0;
  if (!take_text(bytes, length, &at, &key, &keyBytes)) return 0;
  if (!take_number(bytes, length, &at, '*', &number)) return 0;
  if (number < 1) fail("an XREAD without end ended");
  one->eventsLeft = number;
  return at;
}

static size_t take_entry(subscriber *one, const uint8_t *bytes, size_t length) {
  size_t at = 0;
  const uint8_t *identity, *field, *payload;
  long number, identityBytes, fieldBytes, payloadBytes;
  if (!take_number(bytes, length, &at, '*', &number)) return 0;
  if (!take_text(bytes, length, &at, &identity, &identityBytes)) return 0;
  if (!take_number(bytes, length, &at, '*', &number)) return 0;
  if (!take_text(bytes, length, &at, &field, &fieldBytes)) return 0;
  if (!take_text(bytes, length, &at, &payload, &payloadBytes)) return 0;
  event_deliver(one, payload, payloadBytes);
  if (--one->eventsLeft == 0) {
    snprintf(one->lastID, sizeof one->lastID, "%.*s", (int)identityBytes, identity);
    read_on(one);
  }
  return at;
}

/* The publisher's answers: subscribers reached of a PUBLISH, the ID of an XADD. */
static size_t take_answer(const uint8_t *bytes, size_t length) {
  size_t at = 0;
  const uint8_t *identity;
  long number;
  bool isWhole = is_stream() ? take_text(bytes, length, &at, &identity, &number)
                             : take_number(bytes, length, &at, ':', &number);
  if (!isWhole) return 0;
  run.acknowledged++;
  return at;
}

static size_t take(void *context, const uint8_t *bytes, size_t length) {
  subscriber *one = ((connection *)context)->subscriber;
  size_t at = 0, taken = 1;
  while (at < length && taken > 0) {
    const uint8_t *from = bytes + at;
    if (!one) {
      taken = take_answer(from, length - at);
    } else if (!is_stream()) {
      taken = take_pushed(one, from, length - at);
    } else if (one->eventsLeft == 0) {
      taken = take_stream_head(one, from, length - at);
    } else {
      taken = take_entry(one, from, length - at);
    }
    at += taken;
  }
  return at;
}

static void receive(connection *one, const uint8_t *bytes, size_t length) {
  carry_take(&one->carry, take, one, bytes, length);
}

static void publish(uint64_t first, size_t count, uint64_t time) {
  uint8_t event[EVENT_BYTES_MAX];
  char head[128], organization[ORGANIZATION_BYTES + 1] = {0};
  const char *command =
      is_stream() ? "*5\r\n$4\r\nXADD\r\n$%d\r\n%s\r\n$1\r\n*\r\n$1\r\ne\r\n$%zu\r\n"
                  : "*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%s\r\n$%zu\r\n";
  for (uint64_t number = first; number < first + count; number++) {
    organization_write(organization, number % run.settings.organizations);
    int headBytes =
        snprintf(head, sizeof head, command, ORGANIZATION_BYTES, organization, event_bytes());
    event_write(event, number, time);
    connection_write(run.publisher, head, headBytes);
    connection_write(run.publisher, event, event_bytes());
    connection_write(run.publisher, "\r\n", 2);
  }
}

const protocol redis = {.name = "redis",
                        .acknowledges = true,
                        .open = open_all,
                        .receive = receive,
                        .publish = publish};
const protocol redisStreams = {.name = "redis-streams",
                               .acknowledges = true,
                               .open = open_all,
                               .receive = receive,
                               .publish = publish};
