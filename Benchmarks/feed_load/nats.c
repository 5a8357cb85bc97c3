/* NATS in its text protocol: core publish and subscribe, and JetStream, which stores each message in a file first.
 *
 * Each subscriber has a connection of its own, as each client of NATS has. A JetStream subscriber is a push consumer
 * without acknowledgements, which is how NATS' own clients read a stream in order.
 */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a subscription's number says of its messages. */
enum { FEED = 1, ACKNOWLEDGEMENT = 2, ANSWER = 3 };

static bool streamIsThere;

static bool is_durable(void) { return run.protocol == &jetstream; }

static void write_text(connection *to, const char *text) { connection_write(to, text, strlen(text)); }

static void greet(connection *one) {
  write_text(one, "CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"c\",\"version\":\"1\"}\r\n");
}

/* A request of JetStream's API; its answer comes to subscription ANSWER. */
static void ask(connection *one, const char *subject, const char *body) {
  char text[1024];
  long number = one->subscriber ? one->subscriber - run.subscribers : -1;
  snprintf(text, sizeof text, "SUB answer.%ld %d\r\nPUB $JS.API.%s answer.%ld %zu\r\n%s\r\n", number,
           ANSWER, subject, number, strlen(body), body);
  write_text(one, text);
}

static void follow(subscriber *one) {
  char text[256], organization[ORGANIZATION_BYTES + 1] = {0};
  organization_write(organization, one->next);
  connection *connection = one->connection = connection_open(one);
  greet(connection);
  if (is_durable()) {
    long number = one - run.subscribers;
    snprintf(text, sizeof text, "SUB deliver.%ld %d\r\n", number, FEED);
    write_text(connection, text);
    snprintf(text, sizeof text,
             "{\"stream_name\":\"feed\",\"config\":{\"deliver_subject\":\"deliver.%ld\","
             "\"filter_subject\":\"feed.%s\",\"deliver_policy\":\"all\",\"ack_policy\":\"none\"}}",
             number, organization);
    ask(connection, "CONSUMER.CREATE.feed", text);
  } else {
    snprintf(text, sizeof text, "SUB feed.%s %d\r\nPING\r\n", organization, FEED);
    write_text(connection, text);
  }
  connection_flush(connection);
}

static void follow_all(void) {
  for (int i = 0; i < run.settings.subscribers; i++) follow(&run.subscribers[i]);
}

static void open_all(void) {
  connection *publisher = run.publisher = connection_open(NULL);
  greet(publisher);
  if (is_durable()) {
    char text[64];
    snprintf(text, sizeof text, "SUB acknowledged %d\r\n", ACKNOWLEDGEMENT);
    write_text(publisher, text);
    ask(publisher, "STREAM.CREATE.feed",
        "{\"name\":\"feed\",\"subjects\":[\"feed.*\"],\"storage\":\"file\",\"retention\":\"limits\"}");
  }
  connection_flush(publisher);
  if (!is_durable()) follow_all();
}

static void take_message(connection *one, long subscription, const uint8_t *payload, size_t length) {
  if (subscription == FEED) return event_deliver(one->subscriber, payload, length);
  if (memmem(payload, length, "\"error\"", 7)) fail("JetStream: %.*s", (int)length, payload);
  if (subscription == ACKNOWLEDGEMENT) {
    run.acknowledged++;
  } else if (one->subscriber) {
    subscriber_is_ready(one->subscriber);
  } else if (!streamIsThere) {
    streamIsThere = true;
    follow_all();
  }
}

/* MSG subject subscription [answer to] bytes */
static size_t take_head(const char *line, const char *end, long *subscription) {
  const char *at = memchr(line + 4, ' ', end - line - 4);
  if (!at) fail("NATS: %.*s", (int)(end - line), line);
  *subscription = strtol(at + 1, NULL, 10);
  const char *last = end;
  while (last[-1] != ' ') last--;
  return strtoul(last, NULL, 10);
}

static bool begins(const char *line, size_t lineBytes, const char *word) {
  size_t length = strlen(word);
  return lineBytes > length && memcmp(line, word, length) == 0;
}

static size_t take(void *context, const uint8_t *bytes, size_t length) {
  connection *one = context;
  size_t at = 0;
  while (at < length) {
    const char *line = (const char *)bytes + at;
    const char *end = memchr(line, '\n', length - at);
    if (!end) break;
    size_t lineBytes = end + 1 - line;
    if (begins(line, lineBytes, "MSG ")) {
      long subscription;
      size_t size = take_head(line, end - 1, &subscription);
      if (length - at < lineBytes + size + 2) break;
      take_message(one, subscription, bytes + at + lineBytes, size);
      lineBytes += size + 2;
    } else if (begins(line, lineBytes, "PING")) {
      write_text(one, "PONG\r\n");
    } else if (begins(line, lineBytes, "PONG")) {
      if (one->subscriber) subscriber_is_ready(one->subscriber);
    } else if (!begins(line, lineBytes, "INFO")) {
      fail("NATS: %.*s", (int)(end - line), line);
    }
    at += lineBytes;
  }
  return at;
}

static void receive(connection *one, const uint8_t *bytes, size_t length) {
  carry_take(&one->carry, take, one, bytes, length);
}

static void publish(uint64_t first, size_t count, uint64_t time) {
  uint8_t event[EVENT_BYTES_MAX];
  char head[80], organization[ORGANIZATION_BYTES + 1] = {0};
  const char *answers = is_durable() ? "acknowledged " : "";
  for (uint64_t number = first; number < first + count; number++) {
    organization_write(organization, number % run.settings.organizations);
    int headBytes =
        snprintf(head, sizeof head, "PUB feed.%s %s%zu\r\n", organization, answers, event_bytes());
    event_write(event, number, time);
    connection_write(run.publisher, head, headBytes);
    connection_write(run.publisher, event, event_bytes());
    connection_write(run.publisher, "\r\n", 2);
  }
}

const protocol nats = {.name = "nats", .open = open_all, .receive = receive, .publish = publish};
const protocol jetstream = {.name = "jetstream",
                            .acknowledges = true,
                            .open = open_all,
                            .receive = receive,
                            .publish = publish};
